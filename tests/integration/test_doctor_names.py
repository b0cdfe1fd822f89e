"""`doctor` on names that settings give: whether Slack knows the people, groups and channels, Autodesk the contracts."""

import json
from datetime import timedelta

import pytest
from sqlite_utils import Database as Connection

from bot.contracts.cache import CONTRACTS as KEPT
from bot.operate.checks.names import _ASKED
from bot.operate.findings import Level
from bot.operate.guide import IDS
from bot.runtime.process_lock import ProcessLock
from storage import facts
from storage.database import Database
from tests.harness.house import House
from tests.integration.conftest import OpenHouse
from tests.integration.test_doctor import database_path, examined, wrong_lines


@pytest.fixture
def telling_house(sound_house: House) -> House:
    """A house whose app may look at channels, too, and finds a user group."""
    sound_house.slack.grant(sound_house.slack._context.scopes | {"channels:read", "groups:read", "im:read"})
    sound_house.slack.workspace.add_usergroup("licensing", ["ana"])
    sound_house.slack.workspace.add_usergroup("nobody", [])
    return sound_house


def ids_of(house: House) -> dict[str, str]:
    """IDs by a short name."""
    space = house.slack.workspace
    groups = {group.handle: group.id for group in space.usergroups.values()}
    channels = {channel.name: channel.id for channel in space.channels.values()}
    return {name: space.user(name).id for name in ("ana", "ben")} | groups | channels


def test_every_kind_of_id_can_be_asked_for() -> None:
    """The first letters that the settings let in are those that are asked for."""
    assert set(_ASKED) == set("UWSCGD")


async def test_names_that_are_there(telling_house: House) -> None:
    """People, groups and channels that Slack knows, and contracts that the login sees."""
    ids = ids_of(telling_house)
    people = f"members,{ids['ana']},{ids['licensing']}"
    named = {
        "ALLOWED_PEOPLE": people,
        "ADMINISTRATORS": ids["ben"],
        "ALLOWED_CHANNELS": ids["finance"],
        "ALLOWED_CONTRACTS": "110000123456",
    }
    report = await examined(telling_house, named)
    assert not wrong_lines(report)
    assert report["ALLOWED_PEOPLE"].found == f"Slack knows {ids['ana']}, {ids['licensing']}."
    assert report["ALLOWED_CONTRACTS"].found == "The Autodesk login sees 110000123456."
    assert {report[name].level for name in named} == {Level.OK}


@pytest.mark.parametrize(
    ("name", "value", "alone"),
    [
        ("ALLOWED_PEOPLE", "U999", "So nobody may use the bot."),
        ("ALLOWED_PEOPLE", "W999,S999", "So nobody may use the bot."),
        ("ALLOWED_CHANNELS", "C999", "So nobody can export anywhere."),
        ("ADMINISTRATORS", "U0SBX00099", "So nobody is an administrator."),
    ],
)
async def test_names_that_nobody_has(telling_house: House, name: str, value: str, alone: str) -> None:
    """It is wrong, says what follows, and where Slack shows the right ID."""
    report = await examined(telling_house, {name: value})
    assert wrong_lines(report) == {name}
    listed = ", ".join(value.split(","))
    assert report[name].found == f"Slack knows nothing of {listed}, or does not show it to me. {alone}"
    assert IDS in report[name].mend
    assert f"init {name}" in report[name].mend


async def test_one_wrong_name_among_others(telling_house: House) -> None:
    """It is named alone, and nothing is said of everybody."""
    report = await examined(telling_house, {"ALLOWED_PEOPLE": f"{ids_of(telling_house)['ana']},U999"})
    assert report["ALLOWED_PEOPLE"].found == "Slack knows nothing of U999, or does not show it to me."


async def test_names_that_are_of_no_use(telling_house: House) -> None:
    """Somebody who has left, an archived channel and an empty group are looked at, but are no mistake."""
    telling_house.slack.workspace.user("ben").deleted = True
    ids = ids_of(telling_house)
    next(each for each in telling_house.slack.workspace.channels.values() if each.name == "finance").archived = True
    named = {"ADMINISTRATORS": ids["ben"], "ALLOWED_CHANNELS": ids["finance"], "ALLOWED_PEOPLE": ids["nobody"]}
    report = await examined(telling_house, named)
    assert {report[name].level for name in named} == {Level.WARNING}
    assert not wrong_lines(report)


async def test_an_app_that_may_not_look(sound_house: House) -> None:
    """Without the scope nothing is claimed."""
    channel = ids_of(sound_house)["finance"]
    sound_house.slack.grant(
        sound_house.slack._context.scopes - {"channels:read", "groups:read", "im:read", "mpim:read"}
    )
    report = await examined(sound_house, {"ALLOWED_CHANNELS": channel})
    assert report["ALLOWED_CHANNELS"].level is Level.SKIPPED
    assert "see “Slack scopes”" in report["ALLOWED_CHANNELS"].found


@pytest.mark.parametrize(("value", "alone"), [("555", " So nobody can export."), ("110000123456,555", "")])
async def test_a_contract_that_the_login_does_not_see(telling_house: House, value: str, alone: str) -> None:
    """The contracts that it does see are named."""
    report = await examined(telling_house, {"ALLOWED_CONTRACTS": value})
    assert wrong_lines(report) == {"ALLOWED_CONTRACTS"}
    assert report["ALLOWED_CONTRACTS"].found == f"The Autodesk login does not see 555.{alone}"
    assert "It sees 110000123456, 11000099871, RomeoAgree-0." in report["ALLOWED_CONTRACTS"].mend


@pytest.mark.parametrize(("hours", "told"), [(0.5, ""), (12, ", as the running bot saw them at ")])
async def test_what_a_running_bot_has_kept_has_its_age(new_house: OpenHouse, hours: float, told: str) -> None:
    """A list of contracts from hours ago is not shown as if it were of now."""
    house = await new_house(speed=1.0, slack={"rate_profile": "none"})
    (house.folder / ".env").touch(mode=0o600)
    database = Database(database_path(house))
    await database.open()
    saved = house.clock.now() - timedelta(hours=hours)

    def _keep(db: Connection) -> None:
        facts.put(db, KEPT, json.dumps([{"number": "110000123456"}]), saved)

    await database.write(_keep)
    await database.close()
    with ProcessLock(database_path(house)):
        report = await examined(house, {"ALLOWED_CONTRACTS": "555"})
    assert report["ALLOWED_CONTRACTS"].found.startswith(f"The Autodesk login does not see 555{told}")
    assert report["Contracts"].found.startswith(f"110000123456{told}")
    assert ("12 h ago" in report["Contracts"].found) == bool(told)
