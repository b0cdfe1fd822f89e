"""Reports of schedules: when one waits for its data, and what one says that found what the last one did."""

from datetime import date, timedelta

import pytest

from bot.delivery.kinds import Words, load
from storage import attachments
from storage.attachments import AttachmentState
from storage.audit import Act
from storage.models import MessageKind
from storage.runs import RunState
from tests.unit.schedules.house import CHANNEL, DAY, DUE, House
from tests.unit.schedules.reading import text_of, whole

_K, _R = MessageKind, RunState


async def test_a_report_is_a_message_of_its_own(house: House) -> None:
    """No card, also while it waits; what it says of its file is a reply to it."""
    schedule = house.schedule()
    await house.until(DUE)
    export = await house.ends(house.made()[0].number)
    await house.looks()
    assert house.states(schedule) == [("2026-11-25T08:00", _R.DONE)]
    await house.found(export)
    report, answer = house.told()
    assert (report.kind, report.recipient, report.thread, report.after) == (_K.REPORT, CHANNEL, None, None)
    assert (answer.kind, answer.thread, answer.after) == (_K.ANSWER, report.id, report.id)
    assert text_of(house, _K.REPORT) == "Report #1, *Tokens by product*, is ready."
    assert house.acts(Act.RUN) == ["run 2026-11-25T08:00 of schedule 1 done"]


async def test_data_is_waited_for_and_asked_about_once_an_hour(house: House) -> None:
    """It goes as soon as usage covers the period, at the latest at its hour."""
    schedule = house.schedule(period="last-7-days", waits_until="14:00")
    house.freshness.told = date(2026, 11, 22)
    await house.until(DUE)
    assert house.states(schedule) == [("2026-11-25T08:00", _R.WAITING)]
    for minutes in range(10, 130, 10):
        await house.until(DUE + timedelta(minutes=minutes))
    assert house.freshness.asked == [DUE, DUE + timedelta(hours=1), DUE + timedelta(hours=2)]
    house.freshness.told = date(2026, 11, 24)
    await house.until(DUE + timedelta(hours=3))
    assert len(house.made()) == 1
    house.freshness.told = date(2026, 11, 23)  # and no more until 14:00
    for hours in range(7):
        house.freshness.known = None if hours == 0 else house.freshness.known
        await house.until(DUE + DAY + timedelta(hours=hours))
    assert len(house.made()) == 2
    assert [state for _, state in house.states(schedule)] == [_R.ASKED, _R.ASKED]


async def test_a_run_that_waited_in_vain_says_so(house: House) -> None:
    """Nobody knows what is missing then; it comes all the same."""
    house.schedule(period="last-7-days", waits_until="14:00")
    await house.until(DUE)
    await house.until(DUE + timedelta(hours=6))
    await house.ends(house.made()[0].number)
    await house.looks()
    assert "Through which day usage was known nobody could tell." in whole(house, _K.REPORT)


async def test_what_has_not_changed_leaves_a_line_on_the_last_report(house: House) -> None:
    """A report that says something else is posted, with its figures."""
    schedule = house.schedule(only_changes=True)
    for days, rows in enumerate((3, 3, 3, 4)):
        await house.until(DUE + days * DAY)
        export = await house.ends(house.made()[-1].number)
        await house.looks()
        await house.found(export, kept=rows, sha256=f"{days:064d}")
        await house.looks()
    assert [state for _, state in house.states(schedule)] == [_R.DONE, _R.UNCHANGED, _R.UNCHANGED, _R.DONE]
    assert [row.about_id for row in house.told(_K.REPORT)] == [1, 4]
    assert [row.about_id for row in house.told(_K.ANSWER)] == [1, 4]
    first = load(house.db, house.told(_K.REPORT)[0]).message(None, Words())
    assert "Nothing has changed since" in str(first.blocks)
    assert "Nothing has changed since" not in whole(house, _K.REPORT)


@pytest.mark.parametrize(
    "change",
    ["UPDATE schedules SET channel = 'C0OTHER01'", "UPDATE exports SET state = 'vanished' WHERE number = 1"],
)
async def test_what_has_not_changed_is_posted_where_the_last_report_is_not_read(house: House, change: str) -> None:
    """In another channel, and where it says no more than that its export is gone."""
    house.schedule(only_changes=True)
    for days in range(2):
        await house.until(DUE + days * DAY)
        export = await house.ends(house.made()[-1].number)
        await house.looks()
        await house.found(export)
        await house.looks()
        house.db.execute(change)
    assert [row.about_id for row in house.told(_K.REPORT)] == [1, 2]


async def test_a_file_of_a_report_that_is_not_posted_is_taken_from_slack(house: House) -> None:
    """It would wait for its thread for ever."""
    house.schedule(only_changes=True)
    for days in range(2):
        await house.until(DUE + days * DAY)
        export = await house.ends(house.made()[-1].number)
        await house.looks()
        attachments.want(house.db, export.number, 1, "csv", house.clock.now())
        await house.found(export)
        await house.looks()
    kept, gone = (attachments.of_export(house.db, number) for number in (1, 2))
    assert [each.state for each in kept] == [AttachmentState.WANTED]
    assert not [each for each in gone if each.state is AttachmentState.WANTED]


async def test_a_report_whose_file_has_no_figures_is_posted(house: House) -> None:
    """Nobody can say then whether something has changed; so too where the settings have no file read."""
    schedule = house.schedule(only_changes=True)
    for days in range(2):
        await house.until(DUE + days * DAY)
        await house.ends(house.made()[-1].number)
        await house.looks()
        house.db.execute("DELETE FROM answers")
        await house.looks()
    assert [state for _, state in house.states(schedule)] == [_R.DONE, _R.DONE]
    assert len(house.told(_K.REPORT)) == 2
