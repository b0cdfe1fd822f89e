"""The calendar of schedules, judged by another library's arithmetic."""

from dataclasses import replace
from datetime import UTC, datetime, time, timedelta
from itertools import islice, pairwise
from typing import Final
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.schedules import calendar
from bot.schedules.rule import (
    Cron,
    Daily,
    Days,
    MonthDay,
    NthWeekday,
    Rule,
    Timed,
    Weekday,
    Weekly,
    WorkingDay,
)
from tests.unit.schedules import judge

MINUTE = timedelta(minutes=1)
BERLIN = "Europe/Berlin"


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


# --- moments of written times -------------------------------------------------------------------------------------


@pytest.mark.timeout(60)
def test_every_move_of_every_clock_in_twenty_years() -> None:
    """A complete table: each zone that there is, each of its transitions, written times before, within and after."""
    wrong, moves = [], 0
    for name in judge.ZONES:
        zone = ZoneInfo(name)
        for transition in judge.transitions(name):
            moves += 1
            moment = transition.to_instant().to_stdlib()
            ends = [(moment - MINUTE).astimezone(zone), moment.astimezone(zone)]
            first, last = sorted(each.replace(tzinfo=None, fold=0) for each in ends)
            middle = first + (last - first) / 2
            probes = {first - MINUTE, first, first + MINUTE, middle.replace(second=0), last - MINUTE, last}
            wrong += [
                (name, written)
                for written in probes
                if calendar.moment_of(written, zone) != judge.moment(written, name)
            ]
            for now in (moment - MINUTE, moment, moment + timedelta(minutes=7), moment + timedelta(hours=1)):
                shown = calendar.reading(now, zone)
                if not judge.moment(shown, name) <= now < judge.moment(shown + MINUTE, name):
                    wrong.append((name, now))
    assert not wrong
    assert moves > 3000


@given(judge.near_a_move())
def test_what_the_clock_has_shown(place: tuple[str, datetime]) -> None:
    zone, now = place
    shown = calendar.reading(now, ZoneInfo(zone))
    assert judge.moment(shown, zone) <= now < judge.moment(shown + MINUTE, zone)


@pytest.mark.parametrize(
    ("written", "zone", "moment"),
    [
        ("2026-03-29T02:30", BERLIN, "2026-03-29T01:00"),  # in a gap: the first moment after it
        ("2026-03-29T03:00", BERLIN, "2026-03-29T01:00"),
        ("2026-10-25T02:30", BERLIN, "2026-10-25T00:30"),  # in an overlap: the first of both
        ("2026-10-25T03:00", BERLIN, "2026-10-25T02:00"),
        ("2011-12-30T08:00", "Pacific/Apia", "2011-12-30T10:00"),  # a day that there was not
        ("2026-10-04T02:15", "Australia/Lord_Howe", "2026-10-03T15:30"),  # half an hour
        ("2018-11-04T00:00", "America/Sao_Paulo", "2018-11-04T03:00"),  # a day that began at one
    ],
)
def test_gaps_and_overlaps_as_the_rule_says(written: str, zone: str, moment: str) -> None:
    assert calendar.moment_of(datetime.fromisoformat(written), ZoneInfo(zone)) == at(moment)


# --- runs ---------------------------------------------------------------------------------------------------------


@given(judge.days, judge.times, judge.zones, judge.moments)
@settings(max_examples=150, deadline=None)
def test_runs_are_those_that_the_judge_finds_day_by_day(days: Days, hour: time, zone: str, after: datetime) -> None:
    rule = Timed(days, hour, zone)
    until = after + timedelta(days=100)
    found = list(calendar.runs_between(rule, after, until))
    judged = judge.runs(rule, after - timedelta(days=3), 107)
    assert found == [run for run in judged if after < run.moment <= until]


@given(judge.near_a_move(), judge.days, judge.times)
@settings(max_examples=150, deadline=None)
def test_and_so_they_are_where_clocks_move(place: tuple[str, datetime], days: Days, hour: time) -> None:
    zone, after = place
    rule = Timed(days, hour, zone)
    until = after + timedelta(days=5)
    judged = judge.runs(rule, after - timedelta(days=3), 12)
    assert list(calendar.runs_between(rule, after, until)) == [run for run in judged if after < run.moment <= until]


@given(judge.rules, judge.moments, st.lists(st.timedeltas(timedelta(0), timedelta(days=40)), max_size=8))
@settings(max_examples=150, deadline=None)
def test_no_run_is_lost_or_doubled_in_whatever_steps_one_asks(
    rule: Rule, after: datetime, steps: list[timedelta]
) -> None:
    until, found = after, list[calendar.Run]()
    for step in steps:
        found += calendar.runs_between(rule, until, until + step)
        until += step
    assert found == list(calendar.runs_between(rule, after, until))


@given(judge.near_a_move(), judge.rules)
@settings(max_examples=150, deadline=None)
def test_runs_grow_and_each_leads_to_the_next(place: tuple[str, datetime], rule: Rule) -> None:
    zone, after = place
    rule = replace(rule, zone=zone)
    found = list(islice(calendar.runs(rule, after), 40))
    for one, other in pairwise(found):
        assert one.moment < other.moment
        assert one.written < other.written
        assert one.identity < other.identity
        assert next(calendar.runs(rule, one.moment)) == other
        assert next(calendar.runs_written_after(rule, one.written)) == other
    assert all(run.moment > after for run in found)


#: Lines for cron, and the rule that says the same in words.
SAME: Final[dict[str, Days]] = {
    "30 2 * * *": Daily(),
    "30 2 * * MON,FRI": Weekly((Weekday.MONDAY, Weekday.FRIDAY)),
    "30 2 * * 1-5": Weekly(tuple(Weekday)[:5]),
    "30 2 15 * *": MonthDay(15),
    "30 2 L * *": MonthDay(31),
    "30 2 * * 2#1": NthWeekday(1, Weekday.TUESDAY),
    "30 2 * * 0L": NthWeekday(-1, Weekday.SUNDAY),
    "30 2 LW * *": WorkingDay(-1),
}


@pytest.mark.parametrize("line", SAME)
@pytest.mark.parametrize("zone", judge.ODD_ZONES)
def test_a_line_for_cron_runs_when_the_rule_does_that_says_the_same(line: str, zone: str) -> None:
    after = at("2025-12-31T12:00")
    said = calendar.next_runs(Timed(SAME[line], time(2, 30), zone), after, 60)
    assert calendar.next_runs(Cron(line, zone), after, 60) == said


def test_hours_that_a_gap_swallows_are_one_run_and_those_of_an_overlap_come_once() -> None:
    hourly = Cron("0 * * * *", BERLIN)
    spring = calendar.runs_between(hourly, at("2026-03-29T00:30"), at("2026-03-29T02:30"))
    assert [(run.identity, run.moment) for run in spring] == [
        ("2026-03-29T03:00", at("2026-03-29T01:00")),
        ("2026-03-29T04:00", at("2026-03-29T02:00")),
    ]
    autumn = calendar.runs_between(hourly, at("2026-10-24T23:30"), at("2026-10-25T03:30"))
    assert [(run.identity, run.moment) for run in autumn] == [
        ("2026-10-25T02:00", at("2026-10-25T00:00")),
        ("2026-10-25T03:00", at("2026-10-25T02:00")),
        ("2026-10-25T04:00", at("2026-10-25T03:00")),
    ]


@pytest.mark.parametrize("now", ["0001-01-01T00:00", "1970-01-01T00:00", "9999-12-31T23:59"])
@pytest.mark.parametrize("zone", ["Pacific/Kiritimati", "Pacific/Niue"])
@pytest.mark.parametrize("rule", [Daily(), Cron("0 8 * * *", "UTC")])
def test_a_machine_that_does_not_know_the_time_breaks_nothing(now: str, zone: str, rule: Daily | Cron) -> None:
    made = replace(rule, zone=zone) if isinstance(rule, Cron) else Timed(rule, time(8), zone)
    assert len(calendar.next_runs(made, at(now), 5)) in {0, 5}


@pytest.mark.parametrize(
    ("days", "identities"),
    [
        (MonthDay(31), ["2028-01-31", "2028-02-29", "2028-03-31", "2028-04-30"]),
        (MonthDay(30), ["2028-01-30", "2028-02-29", "2028-03-30", "2028-04-30"]),
        (WorkingDay(1), ["2028-01-03", "2028-02-01", "2028-03-01", "2028-04-03"]),
        (WorkingDay(-1), ["2028-01-31", "2028-02-29", "2028-03-31", "2028-04-28"]),
        (NthWeekday(2, Weekday.TUESDAY), ["2028-01-11", "2028-02-08", "2028-03-14", "2028-04-11"]),
    ],
)
def test_days_of_months_as_a_paper_calendar_has_them(days: MonthDay, identities: list[str]) -> None:
    found = calendar.next_runs(Timed(days, time(8), BERLIN), at("2028-01-01T00:00"), 4)
    assert [run.identity for run in found] == [f"{day}T08:00" for day in identities]
