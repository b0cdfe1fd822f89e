"""What a person typed or chose for a schedule becomes a rule, or sentences on what is wrong with it."""

import re
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import UTC, datetime, time, timedelta
from functools import cache, partial
from typing import Final, Literal, TypeVar, cast
from zoneinfo import ZoneInfo, available_timezones

from cronsim import CronSim, CronSimError

from bot.schedules.calendar import next_runs
from bot.schedules.rule import (
    LAST_DAY,
    Cron,
    Daily,
    Days,
    MonthDay,
    NthWeekday,
    Rule,
    RuleError,
    Timed,
    Weekday,
    Weekly,
    WorkingDay,
)
from bot.tokenflex.catalogue import nearest

Part = Literal["kind", "days", "day", "nth", "at", "line", "zone"]
Kind = Literal["", "daily", "weekly", "month-day", "nth-weekday", "working-day", "cron"]
_Value = TypeVar("_Value")
_TIME: Final = re.compile(r"(\d{1,2})(?:[:.h]?([0-5]\d)|h)?(?:\s*([ap])\.?m\.?)?(?:\s*(?:uhr|o'?clock))?", re.ASCII)
_LINE: Final = re.compile(r"[0-9A-Za-z*,/#\s-]+", re.ASCII)
_LONGEST_LINE: Final = 100
#: Zones that are no place, and those that never change their clocks though who writes them thinks of a place that does;
#: `posix/…` and `right/…` are others' second copies.
_NO_PLACES: Final = frozenset({"Factory", "localtime", "posixrules", "EST", "MST", "HST"})
_LONGEST_ABBREVIATION: Final = 5  #: those mean other hours elsewhere, so that the one most like it would mislead
_FIELDS: Final = "minute, hour, day of the month, month, day of the week"
_EXAMPLE: Final = "write it as in 0 8 * * 1 (Mondays at 08:00)"
_ANY: Final = datetime(2000, 1, 1)  # noqa: DTZ001 # a line is as good whenever it is read


@dataclass(frozen=True, slots=True)
class Typed:
    """What a form holds, or words of a command: of each only what its kind needs is looked at."""

    kind: Kind = ""
    days: tuple[Weekday, ...] = ()  #: of `weekly`; `nth-weekday` has one
    day: str = ""  #: of `month-day`
    nth: int = 1  #: of `nth-weekday` and `working-day`
    at: str = ""
    line: str = ""
    zone: str = ""


@dataclass(frozen=True, slots=True)
class RuleProblem:
    """What is wrong in one part of what was typed, and how to mend it: plain text that may quote what was typed."""

    part: Part
    message: str


def read(typed: Typed) -> Rule | tuple[RuleProblem, ...]:
    """Return the rule that is meant, else everything that is wrong."""
    problems: list[RuleProblem] = []
    zone = _tried("zone", partial(zone_of, typed.zone), problems)
    if typed.kind == "cron":
        line = _tried("line", partial(cron_of, typed.line, zone or "UTC"), problems)
        return line if line and not problems else tuple(problems)
    days = _tried(_PART_OF[typed.kind], partial(_days, typed), problems)
    at = _tried("at", partial(time_of, typed.at), problems)
    return Timed(days, at, zone) if days and at is not None and zone else tuple(problems)


def typed_of(rule: Rule) -> Typed:
    """Return what somebody would have typed for a rule."""
    if isinstance(rule, Cron):
        return Typed(kind="cron", at="08:00", line=rule.line, zone=rule.zone)
    kind = cast("Kind", rule.as_json()["kind"])
    at = f"{rule.at:%H:%M}"
    match rule.days:
        case Weekly(days):
            return Typed(kind, days, at=at, zone=rule.zone)
        case MonthDay(day):
            return Typed(kind, day=str(day), at=at, zone=rule.zone)
        case NthWeekday(nth, weekday):
            return Typed(kind, (weekday,), nth=nth, at=at, zone=rule.zone)
        case WorkingDay(nth):
            return Typed(kind, nth=nth, at=at, zone=rule.zone)
    return Typed(kind, at=at, zone=rule.zone)


def checked(rule: Rule) -> Rule:
    """Return a rule that comes from a file or from long ago as it is, if it still is one.

    Raises:
        RuleError: its zone is not known, or its line is none.

    """
    zone = zone_of(rule.zone)
    return cron_of(rule.line, zone) if isinstance(rule, Cron) else replace(rule, zone=zone)


def time_of(text: str) -> time:
    """Return a time of day as people write it: 8, 8:00, 08.00, 8 am, 8 Uhr.

    Raises:
        RuleError: it is none.

    """
    found = _TIME.fullmatch(text.strip().lower())
    if not found:
        raise RuleError(f"{_quoted(text)} is not a time of day: write it as in 08:00." if text.strip() else _NO_TIME)
    hour, minute, half = int(found[1]), int(found[2] or 0), found[3]
    if half and not 1 <= hour <= 12:
        raise RuleError(f"{_quoted(text)} is not a time of day: with am or pm the hours go from 1 to 12.")
    if half:
        hour = hour % 12 + (12 if half == "p" else 0)
    if hour > 23:
        raise RuleError(f"{_quoted(text)} is not a time of day: hours go from 0 to 23.")
    return time(hour, minute)


def zone_of(text: str) -> str:
    """Return the IANA name of a zone that was written in any case, or by its city alone.

    `GMT+5` is none by itself: what bears that name is five hours behind, of which few people would think.

    Raises:
        RuleError: there is no such zone, or there are several.

    """
    wanted = re.sub(r"\s+", "_", text.strip()).lower()
    if not wanted:
        raise RuleError("Whose time is meant? Write a zone, as in Europe/Berlin.")
    known = _zones()
    whole = [name for name in known if name.lower() == wanted]
    found = whole or [name for name in known if name.lower().partition("/")[0] != "etc" and _city(name) == wanted]
    if found and (len(found) == 1 or len({_clock(name) for name in found}) == 1):
        return found[0]
    if found:
        raise RuleError(f"There are several zones {_quoted(text)}: write {' or '.join(found[:3])}.")
    near = nearest(wanted, known) if len(wanted) > _LONGEST_ABBREVIATION else None
    hint = f"did you mean {near}?" if near else "write continent and city, as in Europe/Berlin."
    raise RuleError(f"I don't know the zone {_quoted(text)}: {hint}")


def cron_of(line: str, zone: str) -> Cron:
    """Return the rule of a line for cron.

    Raises:
        RuleError: it is none, never comes due, or comes due more than once in an hour.

    """
    plain = " ".join(line.split())
    fields = plain.split(" ")
    if len(plain) > _LONGEST_LINE or not _LINE.fullmatch(plain):
        raise RuleError(f"A cron line has digits, names of days and months, and the signs * , - / # L: {_EXAMPLE}.")
    if len(fields) != 5:
        counted = "one field" if len(fields) == 1 else f"{len(fields)} fields"
        raise RuleError(f"A cron line has five fields ({_FIELDS}), this one has {counted}: {_EXAMPLE}.")
    try:
        minutes = CronSim(plain, _ANY).minutes
    except CronSimError as error:
        raise RuleError(f"{_unreadable(str(error))}: {_EXAMPLE}.") from None
    except (AssertionError, TypeError, ValueError):  # what its parser lets through, and then stumbles over
        raise RuleError(f"Nobody can read this cron line: {_EXAMPLE}.") from None
    rule = Cron(plain, zone)
    if len(minutes) > 1:
        raise RuleError(
            "This line comes due more than once in an hour, and usage is counted once a day: name one minute."
        )
    if not next_runs(rule, _ANY.replace(tzinfo=UTC), 1):
        raise RuleError("This line never comes due: no month has such a day.")
    return rule


_NO_TIME: Final = "At what time? Write it as in 08:00."
_PART_OF: Final[dict[Kind, Part]] = {
    "": "kind",
    "daily": "kind",
    "weekly": "days",
    "month-day": "day",
    "nth-weekday": "nth",
    "working-day": "nth",
}


def _tried(part: Part, make: Callable[[], _Value], problems: list[RuleProblem]) -> _Value | None:
    try:
        return make()
    except RuleError as error:
        problems.append(RuleProblem(part, str(error)))
        return None


def _days(typed: Typed) -> Days:
    match typed.kind:
        case "daily":
            return Daily()
        case "weekly":
            return Weekly(typed.days)
        case "month-day":
            return MonthDay(_day_of(typed.day))
        case "nth-weekday":
            if len(typed.days) != 1:
                raise RuleError("Choose one day of the week.")
            return NthWeekday(typed.nth, typed.days[0])
        case "working-day":
            return WorkingDay(typed.nth)
    raise RuleError("How often? Choose daily, weekly or monthly.")


def _day_of(text: str) -> int:
    found = re.fullmatch(r"(\d{1,2})(?:st|nd|rd|th|\.)?", text.strip().lower(), re.ASCII)
    if text.strip().lower() == "last":
        return LAST_DAY
    if not found:
        raise RuleError(f"Which day of the month? Write 1 to {LAST_DAY}; {LAST_DAY} means the last day.")
    return int(found[1])


def _unreadable(said: str) -> str:
    """Return what is said of the field that cron's reader names: "Bad minute", "Bad day-of-week"."""
    return f"The {said.removeprefix('Bad ').replace('-', ' ')} of this cron line is wrong"


@cache
def _zones() -> tuple[str, ...]:
    """Return all zones, which takes reading a folder or two; which there are does not change while a bot runs."""
    return tuple(sorted(available_timezones() - _NO_PLACES))


def _city(zone: str) -> str:
    return zone.lower().rpartition("/")[2]


def _clock(name: str) -> tuple[timedelta | None, ...]:
    """Return what tells zones apart that only bear the same last name: their clocks through the last years."""
    zone = ZoneInfo(name)
    return tuple(datetime(year, month, 1, tzinfo=zone).utcoffset() for year in range(2020, 2027) for month in (1, 7))


def _quoted(text: str) -> str:
    return f"“{text.strip()[:40]}”"
