"""When a schedule runs: local times as written in its rule become moments, and there is one rule for clocks that move.

A *written* time is a local date and time without a zone, in whole minutes: that is the identity of a run, which stays
the same whatever becomes of the zone's rules. The moment of a written time is found by `moment_of` alone:

- in a gap, which clocks jump over, it is the first moment after the gap;
- in an overlap, which clocks go through twice, it is the first of both.

Written times in their order have moments in the same order. Several that fall on one moment, since a gap swallowed
them, are one run, which is known by the last of them.

The zone's rules are those of the machine, else those of the pinned `tzdata`: a machine that is kept up to date learns
of a change before the next version of the bot comes.
"""

from bisect import bisect_right
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import partial
from itertools import groupby, islice, takewhile
from typing import Final
from zoneinfo import ZoneInfo

from cronsim import CronSim
from dateutil import rrule

from bot.schedules.rule import (
    WORKING_DAYS,
    Cron,
    Daily,
    MonthDay,
    NthWeekday,
    Rule,
    Timed,
    Weekly,
    WorkingDay,
)

MINUTE: Final = timedelta(minutes=1)
_SURELY_THERE: Final = 28  #: the last day that each month has
_WEEKDAYS: Final = (rrule.MO, rrule.TU, rrule.WE, rrule.TH, rrule.FR, rrule.SA, rrule.SU)
#: Times outside of these are those of a machine that does not know the time; no zone takes them beyond a year's end.
_EARLIEST, _LATEST = datetime(1970, 1, 2), datetime(9998, 1, 1)  # noqa: DTZ001 # written times have no zone
_EARLIEST_MOMENT, _LATEST_MOMENT = _EARLIEST.replace(tzinfo=UTC), _LATEST.replace(tzinfo=UTC)


@dataclass(frozen=True, slots=True, order=True)
class Run:
    """One time that a schedule comes due: the moment in UTC, and the local date and time as written in its rule."""

    moment: datetime
    written: datetime

    @property
    def identity(self) -> str:
        """What tells this run of a schedule from its others, for ever: `2026-11-02T08:00`."""
        return identity(self.written)


def identity(written: datetime) -> str:
    """Return the identity of the run at a written time."""
    return written.isoformat(timespec="minutes")


def runs(rule: Rule, after: datetime) -> Iterator[Run]:
    """Yield the runs after a moment, one by one, without an end but that of the calendar."""
    return runs_written_after(rule, reading(after, ZoneInfo(rule.zone)))


def next_runs(rule: Rule, after: datetime, count: int) -> tuple[Run, ...]:
    """Return so many runs after a moment; fewer where the rule has no more."""
    return tuple(islice(runs(rule, after), count))


def runs_between(rule: Rule, after: datetime, until: datetime) -> Iterator[Run]:
    """Yield the runs after one moment, up to and including another."""
    return takewhile(lambda run: run.moment <= until, runs(rule, after))


def runs_written_after(rule: Rule, written: datetime) -> Iterator[Run]:
    """Yield the runs whose written time is after another."""
    zone = ZoneInfo(rule.zone)
    each = (Run(moment_of(found, zone), found) for found in _written_after(rule, max(written, _EARLIEST)))
    for _, swallowed in groupby(each, key=lambda run: run.moment):
        *_, last = swallowed
        yield last


# --- clocks that move ---------------------------------------------------------------------------------------------


def moment_of(written: datetime, zone: ZoneInfo) -> datetime:
    """Return the moment of a written time, by the one rule for gaps and overlaps that is told above."""
    moment = written.replace(tzinfo=zone).astimezone(UTC)
    if moment.astimezone(zone).replace(tzinfo=None) == written:
        return moment
    before = written.replace(tzinfo=zone, fold=1).astimezone(UTC)  # by the clock after the gap, so before it
    seconds = range(1, int((moment - before).total_seconds()) + 1)
    jump = bisect_right(seconds, written, key=lambda second: _wall(before + timedelta(seconds=second), zone))
    return before + timedelta(seconds=seconds[jump])


def reading(moment: datetime, zone: ZoneInfo) -> datetime:
    """Return the last written time whose moment has come.

    That is what the clock shows; but in the second half of an overlap it is the end of the first half, since all of it
    has been before.
    """
    moment = min(max(moment.astimezone(UTC), _EARLIEST_MOMENT), _LATEST_MOMENT)
    local = moment.astimezone(zone)
    shown = local.replace(tzinfo=None, fold=0, second=0, microsecond=0)
    if not local.fold:
        return shown
    minutes = range(int((moment - local.replace(fold=0).astimezone(UTC)) / MINUTE) + 1)
    passed = bisect_right(minutes, moment, key=lambda minute: moment_of(shown + minute * MINUTE, zone))
    return shown + (passed - 1) * MINUTE


def _wall(moment: datetime, zone: ZoneInfo) -> datetime:
    return moment.astimezone(zone).replace(tzinfo=None, fold=0)


# --- days ---------------------------------------------------------------------------------------------------------


def _written_after(rule: Rule, written: datetime) -> Iterator[datetime]:
    found = CronSim(rule.line, written) if isinstance(rule, Cron) else _of_days(rule, written)
    return takewhile(lambda each: each < _LATEST, found)


def _of_days(rule: Timed, written: datetime) -> Iterator[datetime]:
    begins = written.replace(second=0, microsecond=0) + MINUTE
    each = partial(rrule.rrule, dtstart=begins, byhour=rule.at.hour, byminute=rule.at.minute, bysecond=0)
    match rule.days:
        case Daily():
            return iter(each(rrule.DAILY))
        case Weekly(days):
            return iter(each(rrule.WEEKLY, byweekday=[_WEEKDAYS[day.number] for day in days]))
        case MonthDay(day):
            nearest = list(range(min(day, _SURELY_THERE), day + 1))
            return iter(each(rrule.MONTHLY, bymonthday=nearest, bysetpos=-1))
        case NthWeekday(nth, weekday):
            return iter(each(rrule.MONTHLY, byweekday=_WEEKDAYS[weekday.number](nth)))
        case WorkingDay(nth):
            working = [_WEEKDAYS[day.number] for day in WORKING_DAYS]
            return iter(each(rrule.MONTHLY, byweekday=working, bysetpos=nth))
