"""`make stand-ins` and `make demo` install the app as the manifest says."""

from pathlib import Path

from sandbox import installed
from sandbox.page.server import Command
from sandbox.slack.server import SlackSandbox
from tests.harness.house import manifest
from tests.sandbox.slack_support import HandClock

OTHER = """
features:
  app_home:
    home_tab_enabled: true
    messages_tab_enabled: true
    messages_tab_read_only_enabled: true
  slash_commands:
    - command: /export
      description: Exports
      should_escape: true
  shortcuts:
    - name: New export
      type: global
      callback_id: new
      description: Opens the form
    - name: Of a message
      type: message
      callback_id: other
      description: Does something else
settings:
  event_subscriptions:
    bot_events:
      - app_home_opened
      - message.im
"""


def test_the_manifest_is_taken_as_it_is() -> None:
    """Scopes, events, commands and switches of the app that people install."""
    found, app = installed.arguments(), manifest()
    scopes = app["oauth_config"]["scopes"]
    assert found["scopes"] == [*scopes["bot"], *scopes["bot_optional"]]
    assert found["events"] == app["settings"]["event_subscriptions"]["bot_events"]
    assert found["commands"] == ["/tokenflex"]
    assert found["home_tab"] == app["features"]["app_home"]["home_tab_enabled"]
    assert found["messages_tab_read_only"] == app["features"]["app_home"]["messages_tab_read_only_enabled"]


def test_another_manifest(tmp_path: Path) -> None:
    """Shortcuts and subscriptions, and nothing that is not there; the stand-in takes all of it."""
    path = tmp_path / "manifest.yaml"
    path.write_text(OTHER, encoding="utf-8")
    found = installed.arguments(path)
    assert found == {
        "scopes": [],
        "commands": ["/export"],
        "should_escape": True,
        "shortcuts": {"New export": "new"},
        "events": ["app_home_opened", "message.im"],
        "home_tab": True,
        "messages_tab": True,
        "messages_tab_read_only": True,
    }
    assert SlackSandbox(clock=HandClock(), **found).typing.shortcuts == {"New export": "new"}
    assert installed.commands(path) == (Command("/export", "Exports"),)
