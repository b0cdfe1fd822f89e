"""When a schedule runs, as a frozen value: on which days, at what local time, in which zone; and as JSON.

A rule speaks of local dates and times as they are written on a wall; which moments these are is `calendar`'s affair.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import time
from enum import StrEnum
from typing import Any, Final, Self

LAST: Final = -1
#: Which of its kind in a month; what some months lack is not offered.
NTHS: Final = (1, 2, 3, 4, LAST)
ENDS: Final = (1, LAST)
LAST_DAY: Final = 31  #: means the last day of a month, whichever that is


class RuleError(ValueError):
    """There is no such rule; the text says why and what to write, for the person."""


class Weekday(StrEnum):
    """The days of a week, in the order of the calendar."""

    MONDAY = "monday"
    TUESDAY = "tuesday"
    WEDNESDAY = "wednesday"
    THURSDAY = "thursday"
    FRIDAY = "friday"
    SATURDAY = "saturday"
    SUNDAY = "sunday"

    @property
    def number(self) -> int:
        """Its place in the week, from 0."""
        return tuple(Weekday).index(self)


#: No holidays: nobody knows which of them an office keeps.
WORKING_DAYS: Final = tuple(Weekday)[:5]


@dataclass(frozen=True, slots=True)
class Daily:
    """Every day."""


@dataclass(frozen=True, slots=True)
class Weekly:
    """On some days of each week, of which there is at least one; they are kept in the order of the calendar."""

    days: tuple[Weekday, ...]

    def __post_init__(self) -> None:
        if not self.days:
            raise RuleError("Choose at least one day of the week.")
        object.__setattr__(self, "days", tuple(day for day in Weekday if day in self.days))


@dataclass(frozen=True, slots=True)
class MonthDay:
    """On a day of each month, from 1; a month that is too short for it has its last day instead."""

    day: int

    def __post_init__(self) -> None:
        if not 1 <= self.day <= LAST_DAY:
            raise RuleError(f"A month has no day {self.day}: choose 1 to {LAST_DAY}, which means the last day.")


@dataclass(frozen=True, slots=True)
class NthWeekday:
    """On the first, second, third, fourth or last of one day of the week in each month."""

    nth: int
    weekday: Weekday

    def __post_init__(self) -> None:
        if self.nth not in NTHS:
            raise RuleError("Choose the first, second, third, fourth or last one: some months have no fifth.")


@dataclass(frozen=True, slots=True)
class WorkingDay:
    """On the first or last day of each month that is none of a weekend."""

    nth: int

    def __post_init__(self) -> None:
        if self.nth not in ENDS:
            raise RuleError("Choose the first or the last working day.")


Days = Daily | Weekly | MonthDay | NthWeekday | WorkingDay
_KINDS: Final[Mapping[str, type[Days]]] = {
    "daily": Daily,
    "weekly": Weekly,
    "month-day": MonthDay,
    "nth-weekday": NthWeekday,
    "working-day": WorkingDay,
}
_CRON: Final = "cron"


@dataclass(frozen=True, slots=True)
class Timed:
    """At a local time of some days; it has whole minutes, and `zone` is the IANA name of its zone."""

    days: Days
    at: time
    zone: str

    def __post_init__(self) -> None:
        if self.at.tzinfo or self.at != self.at.replace(second=0, microsecond=0):
            raise RuleError("A schedule runs at a full minute: write the time as in 08:00.")

    def as_json(self) -> dict[str, Any]:
        """Return what `of_json` reads."""
        kind = next(name for name, made in _KINDS.items() if isinstance(self.days, made))
        said = {name: getattr(self.days, name) for name in self.days.__dataclass_fields__}
        if isinstance(self.days, Weekly):
            said["days"] = [day.value for day in self.days.days]
        return {"kind": kind, **said, "at": f"{self.at:%H:%M}", "zone": self.zone}


@dataclass(frozen=True, slots=True)
class Cron:
    """By a line of five fields, as Debian's cron reads it, in local time; `typed.cron_of` checks one."""

    line: str
    zone: str

    def as_json(self) -> dict[str, Any]:
        """Return what `of_json` reads."""
        return {"kind": _CRON, "line": self.line, "zone": self.zone}

    @classmethod
    def of_json(cls, kept: Mapping[str, Any]) -> Self:
        """Return the rule that was written."""
        return cls(str(kept["line"]), str(kept["zone"]))


Rule = Timed | Cron


def of_json(kept: Mapping[str, Any]) -> Rule:
    """Return the rule that `as_json` wrote; lines and zones are taken as they are.

    Raises:
        RuleError: it is none.

    """
    try:
        if kept["kind"] == _CRON:
            return Cron.of_json(kept)
        days = _days(_KINDS[kept["kind"]], kept)
        return Timed(days, time.fromisoformat(kept["at"]), str(kept["zone"]))
    except RuleError:
        raise
    except (KeyError, TypeError, ValueError) as error:
        raise RuleError("This is no rule of a schedule.") from error


def _days(kind: type[Days], kept: Mapping[str, Any]) -> Days:
    if kind is Weekly:
        return Weekly(tuple(map(Weekday, kept["days"])))
    if kind is MonthDay:
        return MonthDay(int(kept["day"]))
    if kind is NthWeekday:
        return NthWeekday(int(kept["nth"]), Weekday(kept["weekday"]))
    return WorkingDay(int(kept["nth"])) if kind is WorkingDay else Daily()
