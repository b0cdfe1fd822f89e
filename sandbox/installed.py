"""The app as it is installed in the workspace: what `manifest.yaml` says."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import yaml

from sandbox.page.server import Command

MANIFEST = Path(__file__).parents[1] / "manifest.yaml"


def manifest(path: Path = MANIFEST) -> Mapping[str, Any]:
    """Return what the manifest holds; keys that it may leave out are there, empty."""
    read: dict[str, Any] = yaml.safe_load(path.read_text(encoding="utf-8"))
    features: dict[str, Any] = {"slash_commands": [], "shortcuts": [], "app_home": {}} | read.get("features", {})
    events = read.get("settings", {}).get("event_subscriptions", {}).get("bot_events", [])
    asked = read.get("oauth_config", {}).get("scopes", {})
    scopes = [*asked.get("bot", []), *asked.get("bot_optional", [])]  # as whoever installs it finds them ticked
    return {"features": features, "events": events, "scopes": scopes}


def arguments(path: Path = MANIFEST) -> dict[str, Any]:
    """Return the arguments of `SlackSandbox` that install the app as its manifest says."""
    app = manifest(path)
    commands, home = app["features"]["slash_commands"], app["features"]["app_home"]
    return {
        "scopes": app["scopes"],
        "commands": [each["command"] for each in commands],
        "should_escape": any(each.get("should_escape") for each in commands),
        "shortcuts": {
            each["name"]: each["callback_id"] for each in app["features"]["shortcuts"] if each["type"] == "global"
        },
        "events": app["events"],
        "home_tab": bool(home.get("home_tab_enabled")),
        "messages_tab": bool(home.get("messages_tab_enabled")),
        "messages_tab_read_only": bool(home.get("messages_tab_read_only_enabled")),
    }


def commands(path: Path = MANIFEST) -> tuple[Command, ...]:
    """Return the slash commands as the line at the bottom offers them."""
    declared = manifest(path)["features"]["slash_commands"]
    return tuple(Command(each["command"], each["description"], each.get("usage_hint", "")) for each in declared)
