"""The machine's clock is set back, or ahead, while no bot runs: what was accepted goes on at once."""

import sqlite3
from contextlib import closing
from datetime import datetime, timedelta

import pytest

from tests.harness.house import House
from tests.harness.once import check_once, submissions, undelivered
from tests.harness.patient_clock import ClockBeside
from tests.harness.talk import OpenHouse, asks, card_of, eventually, export, gets, quick_house

HOURS = timedelta(hours=5)


async def restarted(house: House, jump: timedelta) -> None:
    """Start the bot again on a clock that differs from the one before."""
    await house.stop_bot()
    house.clock = ClockBeside(house.clock, jump)
    await house.start_bot()


def handed_over_at(house: House, subject: str) -> datetime:
    """Return when a message was handed to Slack, as it is stored."""
    with closing(sqlite3.connect(house.folder / "tokenflex.db")) as db:
        (found,) = db.execute("SELECT handed_over_at FROM outbox WHERE subject = ?", [subject]).fetchone()
    return datetime.fromisoformat(found)


@pytest.mark.parametrize("jump", [-HOURS, HOURS])
async def test_an_export_goes_on_after_the_clock_was_set(new_house: OpenHouse, jump: timedelta) -> None:
    """It is looked at and announced within minutes, once, and its link leaves the message in time."""
    house = await quick_house(new_house)
    ana = house.member("ana")
    house.token_flex.controls.hold()
    await asks(ana)
    await ana.waits(lambda: "In progress" in card_of(ana).visible_text(), timeout=20)
    await restarted(house, jump)
    house.token_flex.controls.release()
    await ana.hears("#finance", "export #1 is ready", private=False, timeout=30)
    await eventually(lambda: not undelivered(house))
    check_once(house, 1)


@pytest.mark.parametrize("jump", [-HOURS, HOURS])
async def test_a_lost_answer_is_found_after_the_clock_was_set(new_house: OpenHouse, jump: timedelta) -> None:
    """The process dies in doubt, and the next one has another clock: what has arrived is adopted, not sent again."""
    house = await quick_house(new_house)
    ana = house.member("ana")
    house.token_flex.controls.hold()
    house.token_flex.controls.drop_answer_next(method="POST", path_contains="/requests")
    await asks(ana)
    await ana.waits(lambda: "did not answer" in card_of(ana).visible_text(), timeout=20)
    await restarted(house, jump)
    house.token_flex.controls.release()
    await ana.hears("#finance", "export #1 is ready", private=False, timeout=60)
    check_once(house, 1)
    assert submissions(house) == 1


@pytest.mark.parametrize("jump", [-HOURS, HOURS])
async def test_a_message_in_doubt_is_found_by_slacks_clock(new_house: OpenHouse, jump: timedelta) -> None:
    """Our clock is far off Slack's: the card whose answer was lost is found in the channel and not posted again."""
    house = await quick_house(new_house)
    ana = house.member("ana")
    await restarted(house, jump)
    house.slack.controls.drop_answer_next("chat.postMessage", after_effect=True)
    await ana.types("#finance", export())
    await ana.hears("#finance", "export #1 is ready", private=False, timeout=60)
    await eventually(lambda: not undelivered(house))
    check_once(house, 1)
    assert abs(house.slack.workspace.now() - handed_over_at(house, "card:1")) < timedelta(minutes=10)


async def test_a_link_leaves_its_message_after_the_clock_was_set_back(
    new_house: OpenHouse, caplog: pytest.LogCaptureFixture
) -> None:
    """The end of a link that was shown does not wait until the clock has caught up; the log says what happened."""
    house = await quick_house(new_house)
    ana = house.member("ana")
    message = await gets(ana)
    await ana.waits(lambda: bool(message.links()))
    await restarted(house, -HOURS)
    await ana.waits(lambda: not message.links(), timeout=30)
    assert any("set back" in record.getMessage() for record in caplog.records)
