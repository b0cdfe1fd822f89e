"""What a calendar must say, by another library's arithmetic, day by day; and strategies for rules."""

from collections.abc import Iterator
from datetime import UTC, datetime, time, timedelta
from functools import cache
from itertools import groupby
from typing import Final
from zoneinfo import available_timezones

from hypothesis import strategies as st
from whenever import Date, Instant, PlainDateTime, RepeatedTime, SkippedTime, Time, ZonedDateTime
from whenever import Weekday as Named

from bot.schedules.calendar import Run
from bot.schedules.rule import (
    ENDS,
    LAST,
    NTHS,
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

FIRST, LAST_YEAR = 2016, 2036
ZONES: Final = tuple(sorted(available_timezones() - {"Factory", "localtime", "posixrules", "EST", "MST", "HST"}))
#: Where clocks do the most: half an hour, two hours, back in spring and forth in autumn, whole days, at midnight.
ODD_ZONES: Final = (
    *("Europe/Berlin", "America/New_York", "Australia/Lord_Howe", "Antarctica/Troll", "Africa/Casablanca"),
    *("Africa/El_Aaiun", "America/Havana", "Asia/Gaza", "Europe/Dublin", "Asia/Kathmandu", "Antarctica/Casey"),
    *("America/Nuuk", "Asia/Pyongyang", "Pacific/Norfolk", "America/Caracas", "Africa/Juba", "Asia/Beirut"),
)
_WEEKDAYS: Final = (
    *(Named.MONDAY, Named.TUESDAY, Named.WEDNESDAY, Named.THURSDAY, Named.FRIDAY, Named.SATURDAY, Named.SUNDAY),
)


def moment(written: datetime, zone: str) -> datetime:
    """Return the moment of a written time as the judge knows it."""
    plain = PlainDateTime(written)
    try:
        found = plain.assume_tz(zone, disambiguation="raise")
    except RepeatedTime:
        found = plain.assume_tz(zone, disambiguation="earlier")
    except SkippedTime:
        jump = plain.assume_tz(zone, disambiguation="earlier").next_transition()
        assert jump is not None
        found = jump
    return found.to_instant().to_stdlib().astimezone(UTC)


def transitions(zone: str) -> Iterator[ZonedDateTime]:
    """Yield all moments of twenty years at which the clocks of a zone move, or its name changes."""
    at = Instant.from_utc(FIRST, 1, 1).to_tz(zone).next_transition()
    while at is not None and at.year < LAST_YEAR:
        yield at
        at = at.next_transition()


def matches(days: Days, day: Date) -> bool:
    """Return whether a schedule runs on a day."""
    number, month_end = day.day, day.days_in_month()
    weekday = _WEEKDAYS.index(day.day_of_week())
    match days:
        case Daily():
            return True
        case Weekly():
            return list(Weekday)[weekday] in days.days
        case MonthDay():
            return number == min(days.day, month_end)
        case NthWeekday():
            if weekday != list(Weekday).index(days.weekday):
                return False
            return number + 7 > month_end if days.nth == LAST else (number + 6) // 7 == days.nth
        case WorkingDay():
            others = range(1, number) if days.nth == 1 else range(number + 1, month_end + 1)
            working = [day.replace(day=each) for each in others]
            return weekday < 5 and not any(_WEEKDAYS.index(each.day_of_week()) < 5 for each in working)


def runs(rule: Timed, first: datetime, days: int) -> list[Run]:
    """Return the runs whose written time is on one of so many days from a first one."""
    begins = Date(first.date())
    found = [begins.add(days=each) for each in range(days)]
    written = [day.at(Time(rule.at)).to_stdlib() for day in found if matches(rule.days, day)]
    each = [Run(moment(at, rule.zone), at) for at in written]
    return [list(same)[-1] for _, same in groupby(each, key=lambda run: run.moment)]


# --- strategies ---------------------------------------------------------------------------------------------------

zones = st.sampled_from(ODD_ZONES) | st.sampled_from(ZONES)
#: Where clocks move, mostly.
times = st.builds(time, st.sampled_from([0, 1, 2, 2, 3, 8, 23]), st.sampled_from([0, 0, 15, 30, 59]))
days = st.one_of(
    st.just(Daily()),
    st.builds(Weekly, st.lists(st.sampled_from(Weekday), min_size=1).map(tuple)),
    st.builds(MonthDay, st.integers(1, 31)),
    st.builds(NthWeekday, st.sampled_from(NTHS), st.sampled_from(Weekday)),
    st.builds(WorkingDay, st.sampled_from(ENDS)),
)
timed = st.builds(Timed, days, times, zones)
lines = st.builds(
    "{} {} {} {} {}".format,
    st.sampled_from(["0", "15", "30", "59"]),
    st.sampled_from(["*", "*/2", "1,2,3", "2", "0-4", "8"]),
    st.sampled_from(["*", "L", "1", "28,31", "LW"]),
    st.sampled_from(["*", "3,10", "*/3"]),
    st.sampled_from(["*", "SUN", "MON-FRI", "5L", "1#2"]),
)
crons = st.builds(Cron, lines, zones)
rules: st.SearchStrategy[Rule] = timed | crons
moments = st.integers(0, 7200).map(
    lambda days: datetime(FIRST, 1, 2, 3, 4, 5, tzinfo=UTC) + timedelta(days, 9876 * days)
)


@cache
def moves() -> tuple[tuple[str, datetime], ...]:
    """Return each zone that moves its clocks with each moment at which it does."""
    return tuple((zone, each.to_instant().to_stdlib()) for zone in ODD_ZONES for each in transitions(zone))


@st.composite
def near_a_move(draw: st.DrawFn) -> tuple[str, datetime]:
    """Return a zone, and a moment up to three days before its clocks move."""
    zone, at = draw(st.sampled_from(moves()))
    return zone, at.replace(second=0) - draw(st.timedeltas(timedelta(0), timedelta(days=3)))
