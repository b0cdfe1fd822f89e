"""What schedules do by themselves: each run once, by its owner's rights, and what people hear of it."""

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, time, timedelta
from typing import Any

import pytest

from bot.cards.pauses import Paused
from bot.cards.schedule_card import NotDone
from bot.delivery.kinds import Words, load
from bot.errors import MembershipUnknownError
from bot.exports import announcements
from bot.exports.progress import _vanished
from bot.exports.submissions import refuse
from bot.people.permissions import Named, Rules
from bot.schedules import outcome
from bot.schedules.rule import Timed, WorkingDay
from storage import exports, outbox, runs, schedules
from storage.audit import Act
from storage.models import MessageKind, Refusal
from storage.runs import RunState
from storage.states import Event, ExportState
from tests.unit.schedules.house import ADMINISTRATOR, CHANNEL, DAY, DUE, OWNER, House
from tests.unit.schedules.reading import text_of, whole

_K, _R = MessageKind, RunState


async def test_a_run_asks_for_its_export_once(house: House) -> None:
    """However often the loop goes round, and also where the process died before it had noted that it had asked."""
    schedule = house.schedule()
    await house.until(DUE - timedelta(minutes=1))
    assert house.made() == []
    await house.until(DUE)
    (made,) = house.made()
    assert (made.requester, made.channel, made.period) == (OWNER, CHANNEL, "last-month")
    assert made.request.where == "usageDate >= '2026-10-01' AND usageDate <= '2026-10-31'"
    assert house.states(schedule) == [("2026-11-25T08:00", _R.ASKED)]
    assert made.run == house.runs(schedule)[0].id
    house.db.execute("UPDATE runs SET state = 'wanted', export = NULL")
    house.begin()
    await house.looks()
    assert house.made() == [made]
    assert house.runs(schedule)[0].export == made.number
    assert house.acts(Act.REQUESTED) == [f"for channel {CHANNEL}"]


async def test_what_was_missed_happens_once_with_a_word(house: House) -> None:
    """It is about the days that it would have been about in time."""
    first_of_month = Timed(WorkingDay(1), time(8), "Europe/Berlin")
    schedule = house.schedule(first_of_month)
    await house.until(datetime(2026, 12, 24, 12, 0, tzinfo=UTC))
    (made,) = house.made()
    assert "2026-11-01" in made.request.where
    await house.ends(made.number)
    assert "It was due on Tuesday, 1 December 2026, 08:00, when I was not running." in whole(house, _K.REPORT)
    await house.until(datetime(2027, 3, 24, 12, 0, tzinfo=UTC))
    assert house.states(schedule) == [
        ("2026-12-01T08:00", _R.ASKED if house.runs(schedule)[0].state is _R.ASKED else _R.DONE),
        ("2027-01-01T08:00", _R.LEFT_OUT),
        ("2027-02-01T08:00", _R.LEFT_OUT),
        ("2027-03-01T08:00", _R.ASKED),
    ]
    assert "run 2027-01-01T08:00 of schedule 1 was left out: replaced" in house.acts(Act.RUN)


async def test_a_clock_that_is_set_back_loses_no_run_and_doubles_none(house: House) -> None:
    """What has happened does not happen again; what lies ahead again is due in its time."""
    schedule = house.schedule()
    for days in range(3):
        await house.until(DUE + days * DAY)
    await house.until(DUE - DAY)
    assert len(house.made()) == 3
    for days in range(5):
        await house.until(DUE + days * DAY)
    assert [identity for identity, _ in house.states(schedule)] == [f"2026-11-{25 + days}T08:00" for days in range(5)]
    assert len(house.made()) == 5


@pytest.mark.parametrize("state", [ExportState.FAILED, ExportState.REFUSED, ExportState.VANISHED])
async def test_a_final_failure_is_told_once_to_its_owner_and_said_in_the_channel(
    house: House, state: ExportState
) -> None:
    """The next run is as planned."""
    schedule = house.schedule()
    await house.until(DUE)
    await fails(house, state)
    await house.looks()
    assert [run.state for run in house.runs(schedule)] == [_R.FAILED]
    private = [row for row in house.told() if row.recipient == OWNER]
    public = [row for row in house.told() if row.recipient == CHANNEL]
    assert (len(private), len(public)) == (1, 1)
    assert house.now(schedule).failures == 1
    assert not house.now(schedule).is_paused
    await house.until(DUE + DAY)
    assert len(house.made()) == 2


async def fails(house: House, state: ExportState) -> None:
    """Let the newest export come to such an end."""
    number, now = house.made()[-1].number, house.clock.now()
    if state is ExportState.FAILED:
        await house.ends(number, "Error")
    elif state is ExportState.REFUSED:
        exports.move(house.db, number, Event.TAKE, now)
        await house.database.write(refuse, number, "No such column.", now)
    else:
        await house.ends(number, "Requested")
        await house.database.write(_vanished, number, now)


async def test_three_failures_in_a_row_pause_it(house: House) -> None:
    """One that comes between begins the count anew."""
    schedule = house.schedule()
    for days, status in enumerate(("Error", "Error", "Download", "Error", "Error", "Error")):
        assert not house.now(schedule).is_paused
        await house.until(DUE + days * DAY)
        await house.ends(house.made()[-1].number, status)
        await house.looks()
    assert house.now(schedule).paused_why == Paused.FAILING
    await house.until(DUE + 9 * DAY)
    assert len(house.made()) == 6
    told = house.told(_K.SCHEDULE)
    assert len(told) == 1
    assert "*Resume* lets it go on." in text_of(house, _K.SCHEDULE)


async def test_a_run_that_somebody_has_tried_again_came(house: House) -> None:
    """It counts as no failure any more, and what its owner was told says so; later ones still count."""
    schedule = house.schedule()
    for days in range(2):
        await house.until(DUE + days * DAY)
        await house.ends(house.made()[days].number, "Error")
        await house.looks()
    assert house.now(schedule).failures == 2
    first = house.made()[0].number
    await house.database.write(_made_again, first, house.clock.now())
    await house.looks()
    assert [run.state for run in house.runs(schedule)] == [_R.DONE, _R.FAILED]
    assert house.now(schedule).failures == 1
    told = next(row for row in house.told(_K.PRIVATE_SCHEDULE))
    said = load(house.db, told).message(None, Words()).text
    assert "has its report of Wednesday, 25 November 2026, 08:00 after all." in said
    assert "run 2026-11-25T08:00 of schedule 1 came in the end" in house.acts(Act.RUN)


def _made_again(db: Any, number: int, now: datetime) -> None:
    exports.move(db, number, Event.RETRY, now)
    made = exports.move(db, number, Event.FINISH, now)
    assert made is not None
    announcements.result(db, made, now)


@pytest.mark.parametrize("column", ["rule", "missed", "question"])
async def test_one_that_nobody_understands_holds_up_no_other(house: House, column: str) -> None:
    """A newer version may have written what this one cannot read."""
    house.schedule()
    house.db.execute(f"UPDATE schedules SET {column} = '?'")
    house.schedule()
    await house.until(DUE)
    assert len(house.made()) == (2 if column == "missed" else 1)


REASONS: dict[Paused, Callable[[House], None]] = {
    Paused.OWNER: lambda house: house.people.gone.add(OWNER),
    Paused.CLOSED: lambda house: house.places.closed.add(CHANNEL),
    Paused.CONTRACT: lambda house: setattr(house.access, "rules", replace(house.rules, contracts=frozenset({"9"}))),
    Paused.CHANNEL: lambda house: setattr(house.access, "rules", replace(house.rules, channels=frozenset({"C9"}))),
    Paused.RULE: lambda house: setattr(house, "done", house.db.execute("UPDATE schedules SET rule = '{}'")),
}


@pytest.mark.parametrize("why", REASONS)
async def test_what_its_owner_may_not_have_any_more_is_not_asked_for(house: House, why: Paused) -> None:
    """It is paused, one message says so, where it is read, and it can be taken over or mended."""
    schedule = house.schedule()
    REASONS[why](house)
    await house.until(DUE)
    await house.until(DUE + DAY)
    assert house.made() == []
    assert house.now(schedule).paused_why == why
    told = house.told()
    recipients = {row.recipient for row in told}
    assert recipients == ({OWNER, ADMINISTRATOR} if why is Paused.CLOSED else {CHANNEL})
    assert len(told) == len(recipients)
    assert len([act for act in house.acts(Act.SCHEDULE) if "paused" in act]) == 1
    assert all(state is _R.LEFT_OUT for _, state in house.states(schedule))


async def test_a_guest_who_is_named_may_and_who_is_gone_may_not(house: House) -> None:
    """The settings name accounts; one that nobody can act by does nothing by itself either."""
    house.access.rules = Rules(people=Named(frozenset({OWNER})), administrators=house.rules.administrators)
    schedule = house.schedule()
    house.people.guests.add(OWNER)
    await house.until(DUE)
    assert len(house.made()) == 1
    house.people.gone.add(OWNER)
    await house.until(DUE + DAY)
    assert len(house.made()) == 1
    assert house.now(schedule).paused_why == Paused.OWNER


async def test_a_guest_who_was_a_member_pauses_it(house: House) -> None:
    """By their rights at that moment, not at the one when they made it."""
    schedule = house.schedule()
    house.people.guests.add(OWNER)
    await house.until(DUE)
    assert house.now(schedule).paused_why == Paused.OWNER


async def test_runs_are_forgotten_after_more_than_a_year(house: House) -> None:
    """Their exports stay, and what they say still stands."""
    schedule = house.schedule()
    await house.until(DUE)
    await house.ends(house.made()[0].number)
    await house.looks()
    await house.until(DUE + 401 * DAY)
    assert all(run.due_at > DUE for run in house.runs(schedule))
    assert text_of(house, _K.REPORT)


async def test_a_channel_that_takes_no_report_pauses_it(house: House) -> None:
    """It was archived, or the bot removed, since its report was asked for."""
    schedule = house.schedule()
    await house.until(DUE)
    await house.ends(house.made()[0].number)
    (report,) = house.told(_K.REPORT)
    outbox.refused(house.db, report, Refusal.PLACE, house.clock.now())
    await house.looks()
    assert house.now(schedule).paused_why == Paused.CLOSED
    assert {row.recipient for row in house.told(_K.PRIVATE_SCHEDULE)} == {OWNER, ADMINISTRATOR}


async def test_what_is_missed_and_not_begun_does_not_begin_after_a_pause(house: House) -> None:
    """Of many runs that are made up for, three fail in a row."""
    schedule = house.schedule(missed="all", period="this-contract-year")
    house.contracts.offered = tuple(replace(each, number="9") for each in house.contracts.offered)
    await house.until(DUE + 9 * DAY)
    states = [state for _, state in house.states(schedule)]
    assert states == [*[_R.FAILED] * 3, *[_R.LEFT_OUT] * 7]
    assert house.now(schedule).paused_why == Paused.FAILING


async def test_names_of_files_have_the_month_and_the_number(house: House) -> None:
    """By the days that they are about."""
    house.schedule(file_name="tokens_{year}_{month}")
    await house.until(DUE)
    assert house.made()[0].request.file_name == "tokens_2026_10_1"


async def test_a_period_that_has_no_days_fails_with_a_word(house: House) -> None:
    """The year of a contract that nobody knows any more."""
    schedule = house.schedule(period="this-contract-year")
    known = house.contracts.offered
    house.contracts.offered = ()
    await house.until(DUE)
    assert house.states(schedule) == [("2026-11-25T08:00", _R.WANTED)]
    house.contracts.offered = tuple(replace(each, number="9") for each in known)
    await house.until(DUE + timedelta(minutes=1))
    assert [(run.state, run.why) for run in house.runs(schedule)] == [(_R.FAILED, NotDone.PERIOD)]
    assert "there are no days that it could be about" in text_of(house, _K.SCHEDULE)


async def test_slack_that_does_not_tell_delays_a_run_and_ends_none(house: House) -> None:
    """Whether its owner may is asked again in a minute."""
    schedule = house.schedule()
    account = house.people.account

    async def _silent(_person: str) -> Any:
        raise MembershipUnknownError

    house.people.account = _silent  # type: ignore[method-assign,assignment]
    await house.until(DUE)
    assert house.states(schedule) == [("2026-11-25T08:00", _R.WANTED)]
    house.people.account = account  # type: ignore[method-assign]
    await house.until(DUE + timedelta(minutes=1))
    assert len(house.made()) == 1


async def test_fifty_at_once_are_all_asked_for(house: House) -> None:
    """On the first of a month."""
    for _ in range(50):
        house.schedule()
    await house.until(DUE)
    assert len(house.made()) == 50
    assert len({export.origin for export in house.made()}) == 50
    assert schedules.next_due(house.db) == DUE + DAY


def test_a_run_is_looked_at_as_soon_as_its_export_has_come_to_an_end() -> None:
    """Of every state of an export it is known whether a run has anything to do then."""
    assert set(runs.ON_ITS_WAY) == set(ExportState) - set(outcome._ENDS) - {ExportState.READY}
