"""The Slack app as it is installed: what Slack accepts, and what the code needs, neither less nor more."""

import json
import re
from pathlib import Path
from typing import Any

import pytest
import yaml
from jsonschema import Draft7Validator
from slack_sdk.web.async_client import AsyncWebClient

from bot.slack.manifest import update_link
from handlers.commands import COMMAND
from handlers.events import CHANNEL_ID_CHANGED, MENTION
from handlers.forms.question_form import NEW_EXPORT
from handlers.home import APP_HOME_OPENED
from handlers.words.grammar import WORDS
from tests.harness.house import ROOT

SCHEMA = ROOT.parent / "shared" / "reference" / "slack-app-manifest.schema.json"

#: Scopes of the bot token for each Web API method (source: Slack's method pages); of these the app needs all.
_READ_BACK = {"channels:history", "groups:history", "im:history", "mpim:history", "metadata.message:read"}
SCOPES: dict[str, set[str]] = {
    "apps.connections.open": set(),  # the app-level token's own, connections:write
    "auth.test": set(),
    "chat.postEphemeral": {"chat:write"},
    "chat.postMessage": {"chat:write"},
    "chat.update": {"chat:write"},
    "chat.delete": {"chat:write"},
    "conversations.history": _READ_BACK,
    "conversations.info": {"channels:read", "groups:read"},
    "conversations.list": {"channels:read", "groups:read"},
    "conversations.replies": _READ_BACK,
    "files.completeUploadExternal": {"files:write"},
    "files.delete": {"files:write"},
    "files.getUploadURLExternal": {"files:write"},
    "files.info": {"files:read"},
    "usergroups.list": {"usergroups:read"},
    "usergroups.users.list": {"usergroups:read"},
    "users.conversations": {"channels:read", "groups:read"},
    "users.info": {"users:read"},
    "users.list": {"users:read"},
    "views.open": set(),
    "views.publish": set(),
    "views.push": set(),
    "views.update": set(),
}
#: Scopes of what the settings may want; without them that alone is missing.
OPTIONAL = {"files:read", "files:write"}
#: Scopes for each event that the code listens to (source: Slack's event pages): one of them for each kind of channel.
EVENTS: dict[str, set[str]] = {
    APP_HOME_OPENED: set(),
    MENTION: {"app_mentions:read"},
    CHANNEL_ID_CHANGED: {"groups:read"},  # only ids of private channels change
    "message.im": {"im:history"},
}


@pytest.fixture(scope="module")
def manifest() -> dict[str, Any]:
    read: dict[str, Any] = yaml.safe_load((ROOT / "manifest.yaml").read_text())
    return read


def source() -> str:
    """All of the bot's own code."""
    files = [path for room in ("bot", "handlers") for path in sorted(Path(ROOT, room).rglob("*.py"))]
    return "\n".join(path.read_text() for path in files)


def methods_called() -> set[str]:
    """Find the Web API methods that the code uses: words that slack_sdk has as methods of its client."""
    names = set(re.findall(r'"([a-z]+(?:\.\w+)+)"', source()))
    return {name for name in names if hasattr(AsyncWebClient, name.replace(".", "_"))}


def test_slack_accepts_the_manifest(manifest: dict[str, Any]) -> None:
    """The manifest follows Slack's schema, in which unknown keys are refused."""
    if not SCHEMA.is_file():
        pytest.skip("Slack's schema does not lie beside the project")
    faults = [fault.message for fault in Draft7Validator(json.loads(SCHEMA.read_text())).iter_errors(manifest)]
    assert faults == []


def test_a_wrong_manifest_would_be_noticed(manifest: dict[str, Any]) -> None:
    """The schema is really applied: a key that Slack does not know is found."""
    if not SCHEMA.is_file():
        pytest.skip("Slack's schema does not lie beside the project")
    wrong = manifest | {"surprise": True}
    assert list(Draft7Validator(json.loads(SCHEMA.read_text())).iter_errors(wrong))


def test_texts_are_as_long_as_slack_takes_them(manifest: dict[str, Any]) -> None:
    """Names and descriptions are within the limits of the settings page."""
    display = manifest["display_information"]
    assert 1 <= len(display["name"]) <= 35
    assert 1 <= len(display["description"]) <= 140
    assert re.fullmatch(r"#[0-9a-f]{6}", display["background_color"])
    assert 1 <= len(manifest["features"]["bot_user"]["display_name"]) <= 80


def test_the_slash_command_is_the_one_that_is_listened_to(manifest: dict[str, Any]) -> None:
    """There is one command, and the code answers to its name."""
    assert [command["command"] for command in manifest["features"]["slash_commands"]] == [COMMAND]


def test_the_usage_hint_names_every_word(manifest: dict[str, Any]) -> None:
    """What Slack shows while somebody types are the words of the command, all of them, in their order."""
    hint = manifest["features"]["slash_commands"][0]["usage_hint"]
    assert re.findall(r"[a-z]+", hint) == list(WORDS)


def test_a_bot_user_that_people_can_read_private_messages_of(manifest: dict[str, Any]) -> None:
    """Private messages need the messages tab; without it Slack refuses them."""
    assert manifest["features"]["app_home"]["messages_tab_enabled"] is True
    assert manifest["features"]["app_home"]["messages_tab_read_only_enabled"] is False  # commands work there too
    assert manifest["features"]["bot_user"]["display_name"]


def test_every_method_called_is_known() -> None:
    """A new Web API method has to be looked up for its scopes before this test passes."""
    assert methods_called() == set(SCOPES)


def test_the_scopes_are_exactly_those_of_the_methods(manifest: dict[str, Any]) -> None:
    """The app asks for nothing that it does not use, and for everything that it uses."""
    asked = manifest["oauth_config"]["scopes"]
    needed = set().union(*(SCOPES[method] for method in methods_called()), *EVENTS.values()) | {"commands"}
    assert set(asked) == {"bot", "bot_optional"}
    assert sorted(asked["bot"]) == sorted(needed - OPTIONAL)
    assert set(asked["bot_optional"]) == OPTIONAL <= needed


def test_the_events_are_exactly_those_that_are_listened_to(manifest: dict[str, Any]) -> None:
    """Each event that is asked for has a listener, and each listener's event is asked for; no address is needed."""
    assert manifest["settings"]["event_subscriptions"] == {"bot_events": sorted(EVENTS)}
    heard = ["CHANNEL_ID_CHANGED", "MESSAGE", "MENTION", "APP_HOME_OPENED", "re"]
    assert re.findall(r"\bapp\.(?:event|message)\((\w+)", source()) == heard


def test_the_shortcut_is_the_one_that_is_listened_to(manifest: dict[str, Any]) -> None:
    """There is one, it works everywhere, and its words are as long as Slack takes them."""
    (shortcut,) = manifest["features"]["shortcuts"]
    assert (shortcut["type"], shortcut["callback_id"]) == ("global", NEW_EXPORT)
    assert re.findall(r"\bapp\.shortcut\((\w+)", source()) == ["NEW_EXPORT"]
    assert len(shortcut["name"]) <= 24
    assert len(shortcut["description"]) <= 150


def test_the_home_tab_is_on(manifest: dict[str, Any]) -> None:
    """Without it Slack refuses what is published, and nobody can open it."""
    assert manifest["features"]["app_home"]["home_tab_enabled"] is True


def test_interactivity_and_socket_mode_are_on(manifest: dict[str, Any]) -> None:
    """Buttons and forms arrive over the socket; no address of ours is in the manifest."""
    assert manifest["settings"]["interactivity"] == {"is_enabled": True}
    assert manifest["settings"]["socket_mode_enabled"] is True
    assert "url" not in manifest["features"]["slash_commands"][0]


def test_tokens_are_not_rotated(manifest: dict[str, Any]) -> None:
    """A token pasted into the environment must not run out after twelve hours."""
    assert manifest["settings"]["token_rotation_enabled"] is False


@pytest.mark.parametrize(
    ("app_token", "page"),
    [("xapp-1-A0SBX-123-abc", "/A0SBX/app-manifest"), ("xapp-sandbox-app", ""), ("", ""), ("xapp-1-?-1-a", "")],
)
def test_the_page_where_an_app_is_updated(app_token: str, page: str) -> None:
    """The app's own where its token tells the id, else the list of apps; nothing else of a token is in it."""
    assert update_link(app_token) == f"https://api.slack.com/apps{page}"
