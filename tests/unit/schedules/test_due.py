"""What becomes of runs that have come due: cases as the issue's table has them."""

from datetime import UTC, datetime, time, timedelta
from typing import Final

import pytest

from bot.schedules import due
from bot.schedules.due import FURTHEST_BACK, MOST_AT_ONCE, ON_TIME, Missed, NotRun
from bot.schedules.rule import Cron, Daily, Timed

DAILY: Final = Timed(Daily(), time(8), "UTC")


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def written(text: str) -> datetime:
    return datetime.fromisoformat(text)


def happened(decision: due.Decision) -> list[tuple[str, bool]]:
    return [(each.run.identity, each.late) for each in decision.happen]


def left_out(decision: due.Decision) -> list[tuple[str, NotRun]]:
    return [(each.run.identity, each.why) for each in decision.left_out]


THROUGH: Final = written("2026-11-01T08:00")


def test_a_run_happens_when_it_is_due_and_not_before() -> None:
    before = due.decide(DAILY, THROUGH, at("2026-11-02T07:59:59"), Missed.ONCE)
    assert (before.happen, before.left_out, before.through) == ((), (), THROUGH)
    then = due.decide(DAILY, THROUGH, at("2026-11-02T08:00"), Missed.ONCE)
    assert (happened(then), then.through) == ([("2026-11-02T08:00", False)], written("2026-11-02T08:00"))


@pytest.mark.parametrize(("after", "late"), [(timedelta(0), False), (timedelta(seconds=1), True)])
def test_a_quarter_of_an_hour_is_in_time(after: timedelta, late: bool) -> None:
    found = due.decide(DAILY, THROUGH, at("2026-11-02T08:00") + ON_TIME + after, Missed.ONCE)
    assert happened(found) == [("2026-11-02T08:00", late)]


@pytest.mark.parametrize(
    ("missed", "happen", "not_run"),
    [
        (
            Missed.ONCE,
            [("2026-11-04T08:00", True)],
            [("2026-11-02T08:00", NotRun.REPLACED), ("2026-11-03T08:00", NotRun.REPLACED)],
        ),
        (Missed.SKIP, [], [(f"2026-11-0{day}T08:00", NotRun.MISSED) for day in (2, 3, 4)]),
        (Missed.ALL, [(f"2026-11-0{day}T08:00", True) for day in (2, 3, 4)], []),
    ],
)
def test_the_bot_was_down_for_days(
    missed: Missed, happen: list[tuple[str, bool]], not_run: list[tuple[str, NotRun]]
) -> None:
    found = due.decide(DAILY, THROUGH, at("2026-11-04T12:00"), missed)
    assert (happened(found), left_out(found)) == (happen, not_run)
    assert found.through == written("2026-11-04T08:00")


def test_one_in_time_stands_for_those_that_were_missed() -> None:
    found = due.decide(DAILY, THROUGH, at("2026-11-04T08:01"), Missed.ONCE)
    assert happened(found) == [("2026-11-04T08:00", False)]
    assert [why for _, why in left_out(found)] == [NotRun.REPLACED] * 2


def test_all_of_them_are_still_not_endlessly_many() -> None:
    found = due.decide(Cron("0 * * * *", "UTC"), THROUGH, at("2026-11-20T12:30"), Missed.ALL)
    assert len(found.happen) == MOST_AT_ONCE
    assert {why for _, why in left_out(found)} == {NotRun.TOO_MANY}
    assert max(each.run for each in found.left_out) < min(each.run for each in found.happen)


def test_what_is_very_long_ago_is_not_listed() -> None:
    now = at("2029-11-20T12:30")
    found = due.decide(DAILY, THROUGH, now, Missed.ONCE)
    assert found.uncounted
    assert len(found.left_out) + len(found.happen) == FURTHEST_BACK.days
    assert found.through == written("2029-11-20T08:00")


def test_a_person_said_to_leave_one_out() -> None:
    found = due.decide(DAILY, THROUGH, at("2026-11-02T08:01"), Missed.ALL, asked_not={written("2026-11-02T08:00")})
    assert (happened(found), left_out(found)) == ([], [("2026-11-02T08:00", NotRun.ASKED)])


def test_a_clock_set_back_repeats_nothing_and_loses_nothing() -> None:
    """A machine that believes for a moment that it is a year later."""
    ahead = due.decide(DAILY, THROUGH, at("2027-11-02T09:00"), Missed.ONCE)
    assert happened(ahead) == [("2027-11-02T08:00", True)]
    ran = {each.run.written for each in ahead.happen}
    back = due.decide(DAILY, ahead.through, at("2026-11-01T09:00"), Missed.ONCE, ran)
    assert (back.happen, back.left_out, back.through) == ((), (), written("2026-11-01T09:00"))
    assert all(back.withdraws(each.run.written) for each in ahead.left_out)
    morning = due.decide(DAILY, back.through, at("2026-11-02T08:00"), Missed.ONCE, ran)
    assert happened(morning) == [("2026-11-02T08:00", False)]
    year_later = due.decide(DAILY, written("2027-11-01T08:00"), at("2027-11-02T08:00"), Missed.ONCE, ran)
    assert (year_later.happen, year_later.left_out) == ((), ())


def test_a_run_does_not_happen_again_when_its_zone_moves() -> None:
    """The zone goes an hour back after the run: eight o'clock comes again."""
    east, west = Timed(Daily(), time(8), "Etc/GMT-2"), Timed(Daily(), time(8), "Etc/GMT-1")
    first = due.decide(east, THROUGH, at("2026-11-02T06:00"), Missed.ONCE)
    assert happened(first) == [("2026-11-02T08:00", False)]
    ran = {written("2026-11-02T08:00")}
    between = due.decide(west, first.through, at("2026-11-02T06:30"), Missed.ONCE, ran)
    again = due.decide(west, between.through, at("2026-11-02T07:00"), Missed.ONCE, ran)
    assert (happened(between), happened(again)) == ([], [])


def test_a_run_is_not_lost_when_its_zone_moves() -> None:
    """The zone goes an hour forth half an hour before the run: eight o'clock was half an hour ago."""
    moved = Timed(Daily(), time(8), "Etc/GMT-2")
    found = due.decide(moved, THROUGH, at("2026-11-02T06:30"), Missed.SKIP)
    assert left_out(found) == [("2026-11-02T08:00", NotRun.MISSED)]
    assert happened(due.decide(moved, THROUGH, at("2026-11-02T06:30"), Missed.ONCE)) == [("2026-11-02T08:00", True)]


@pytest.mark.parametrize("minute", [0, 1, 30, 59])
def test_nothing_before_its_beginning_comes_due_even_where_an_hour_comes_twice(minute: int) -> None:
    """At 02:15 for the second time, 02:45 has been."""
    rule = Timed(Daily(), time(2, 45), "Europe/Berlin")
    now = at("2026-10-25T01:00") + timedelta(minutes=minute)
    mark = due.begin(rule, now)
    assert not due.decide(rule, mark, now, Missed.ONCE).happen
    assert happened(due.decide(rule, mark, at("2026-10-26T01:45"), Missed.ONCE)) == [("2026-10-26T02:45", False)]
