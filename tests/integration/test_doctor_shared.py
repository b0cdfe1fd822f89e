"""`doctor` on shared channels: whether Slack tells which ones are, and what follows where it does not."""

import pytest

from bot.operate.findings import Level
from bot.settings import SharedChannels
from tests.harness.house import House
from tests.integration.test_doctor import examined, wrong_lines

LINE = "Shared channels"


async def test_with_the_scopes_it_says_what_is_posted(sound_house: House) -> None:
    """For each value of the setting, and nothing is wrong."""
    told = {}
    for rule in SharedChannels:
        report = await examined(sound_house, {"SHARED_CHANNELS": rule})
        assert report[LINE].level is Level.OK
        told[rule] = report[LINE].found
    assert len(set(told.values())) == len(SharedChannels)
    assert "cards without where clause" in (await examined(sound_house))[LINE].found
    assert "conversations.info" not in {call.method for call in sound_house.slack.calls}


@pytest.mark.parametrize("missing", [{"channels:read"}, {"groups:read"}, {"channels:read", "groups:read"}])
async def test_without_the_scopes_it_says_what_follows(sound_house: House, missing: set[str]) -> None:
    """By default as before, which is said plainly; where the setting was written down, all channels count as shared."""
    granted = sound_house.slack._context.scopes
    sound_house.slack.grant(granted - missing)
    report = await examined(sound_house)
    assert wrong_lines(report) == {"Slack scopes"}
    assert report[LINE].level is Level.WARNING
    assert all(scope in report[LINE].found for scope in missing)
    assert "people of other organisations see where clauses and links" in report[LINE].found
    assert "Reinstall to Workspace" in report[LINE].mend
    written = (await examined(sound_house, {"SHARED_CHANNELS": "private"}))[LINE]
    assert "each channel counts as shared: cards without where clause" in written.found
    allowed = (await examined(sound_house, {"SHARED_CHANNELS": "allow"}))[LINE]
    assert allowed.level is Level.OK


async def test_a_server_without_the_method(sound_house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where Slack names no scopes it is asked once, for a channel that nobody has."""
    monkeypatch.setattr("bot.slack.api.SlackApi._learn_scopes", lambda *_: None)
    assert (await examined(sound_house))[LINE].level is Level.OK
    end = sound_house.slack.controls.refuse("conversations.info", "unknown_method")
    found = (await examined(sound_house))[LINE]
    assert (found.level, "unknown_method" in found.found) == (Level.WARNING, True)
    end()
    sound_house.slack.controls.fail_next("conversations.info", status=503)
    assert (await examined(sound_house))[LINE].level is Level.SKIPPED
