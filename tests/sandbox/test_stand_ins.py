"""`make stand-ins` installs the app as the manifest says."""

from pathlib import Path

import pytest
import yaml

from sandbox import stand_ins

OTHER = """
features:
  app_home:
    home_tab_enabled: true
settings:
  event_subscriptions:
    bot_events:
      - app_home_opened
      - message.im
  interactivity:
    is_enabled: true
"""


def test_the_manifest_is_read_as_it_is() -> None:
    """Scopes, events and switches, as a real reader of YAML finds them."""
    manifest = yaml.safe_load(stand_ins.MANIFEST.read_text(encoding="utf-8"))
    events = manifest["settings"].get("event_subscriptions", {}).get("bot_events", [])
    assert list(stand_ins.listed("bot")) == manifest["oauth_config"]["scopes"]["bot"]
    assert list(stand_ins.listed("bot_events")) == events
    for key in ("home_tab_enabled", "messages_tab_enabled"):
        assert stand_ins.switched_on(key) == manifest["features"]["app_home"][key]


def test_another_manifest(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A Home tab and subscriptions, and nothing that is not there."""
    path = tmp_path / "manifest.yaml"
    path.write_text(OTHER, encoding="utf-8")
    monkeypatch.setattr(stand_ins, "MANIFEST", path)
    assert list(stand_ins.listed("bot_events")) == ["app_home_opened", "message.im"]
    assert list(stand_ins.listed("bot")) == []
    assert stand_ins.switched_on("home_tab_enabled")
    assert not stand_ins.switched_on("socket_mode_enabled")
