"""The Slack app as `manifest.yaml` describes it: what it asks for, and the pages where it is made and updated."""

from pathlib import Path
from typing import Final
from urllib.parse import quote

MANIFEST: Final = Path(__file__).parents[2] / "manifest.yaml"


def bot_scopes(path: Path = MANIFEST) -> frozenset[str]:
    """Return the scopes of the bot token."""
    return _listed("    bot:", path)


def optional_scopes(path: Path = MANIFEST) -> frozenset[str]:
    """Return those that whoever installs the app may leave out."""
    return _listed("    bot_optional:", path)


def bot_events(path: Path = MANIFEST) -> frozenset[str]:
    """Return the events that the app subscribes to."""
    return _listed("    bot_events:", path)


def _listed(head: str, path: Path) -> frozenset[str]:
    """Return the plain list beneath a line, so that no YAML library is needed."""
    lines = path.read_text(encoding="utf-8").splitlines()
    found = set()
    for line in lines[lines.index(head) + 1 :]:
        if not line.startswith("      - "):
            break
        found.add(line.removeprefix("      - ").partition("#")[0].strip())
    return frozenset(found)


def update_link(app_token: str) -> str:
    """Return the address of the page where the manifest of our app is pasted anew; the app's id is in its token."""
    parts = app_token.split("-")
    is_known = len(parts) > 3 and parts[2].startswith("A") and parts[2].isalnum()
    return f"https://api.slack.com/apps/{parts[2]}/app-manifest" if is_known else "https://api.slack.com/apps"


def creation_link(path: Path = MANIFEST) -> str:
    """Return the address that opens Slack's page for a new app with our manifest filled in (source: app manifests)."""
    return f"https://api.slack.com/apps?new_app=1&manifest_yaml={quote(path.read_text(encoding='utf-8'), safe='')}"
