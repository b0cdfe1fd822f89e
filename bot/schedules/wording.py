"""A rule in words, as plain text: "on the first working day of each month at 08:00, Europe/Berlin"."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final
from zoneinfo import ZoneInfo

from cronsim import CronSim

from bot.cards.text import day as day_said
from bot.questions import periods
from bot.questions.periods import Period, PeriodError, Relative
from bot.schedules.calendar import Run, next_runs
from bot.schedules.rule import (
    LAST,
    LAST_DAY,
    WORKING_DAYS,
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

_NTHS: Final = {1: "first", 2: "second", 3: "third", 4: "fourth", LAST: "last"}
_SHORTEST_MONTH: Final = 28
_NUMBERED: Final = re.compile(r"\b(\d+)th\b")
_NO_HOLIDAYS: Final = "Working days are Monday to Friday; I don't know your holidays."
_EITHER: Final = "A day of the month and a day of the week stand in this line: it runs on each day that is either."
_ANY: Final = datetime(2000, 1, 1)  # noqa: DTZ001 # a line says the same whenever it is read


def words(rule: Rule) -> str:
    """Return when a schedule runs, such that "It runs " may stand in front."""
    if isinstance(rule, Cron):
        return f"{explained(rule.line)}, {rule.zone} ({rule.line})"
    return f"{_days(rule.days)} at {rule.at:%H:%M}, {rule.zone}"


def explained(line: str) -> str:
    """Return what a line for cron says."""
    said = CronSim(line, _ANY).explain()
    return _NUMBERED.sub(lambda found: ordinal(int(found[1])), said[:1].lower() + said[1:])


def run_said(run: Run) -> str:
    """Return when a run is due as its rule writes it, whoever reads it: "Monday, 2 November 2026, 08:00"."""
    return f"{run.written:%A}, {day_said(run.written.date())}, {run.written:%H:%M}"


@dataclass(frozen=True, slots=True)
class Preview:
    """What a form shows before a schedule is saved: when it runs in words, its next runs, what else to know of them."""

    words: str
    runs: tuple[str, ...]
    notes: tuple[str, ...]


def preview(rule: Rule, now: datetime, period: Period = Relative.ALL, count: int = 5) -> Preview:
    """Return when a schedule would run from now on that asks about a period."""
    runs, zone = next_runs(rule, now, count), ZoneInfo(rule.zone)
    notes = [_NO_HOLIDAYS] if isinstance(rule, Timed) and isinstance(rule.days, WorkingDay) else []
    notes += [_EITHER] if isinstance(rule, Cron) and _names_both_days(rule.line) else []
    notes += _without_days(period, runs)
    notes += [_moved(run, zone) for run in runs if _shown(run, zone) != run.written]
    return Preview(words(rule), tuple(map(run_said, runs)), tuple(notes))


def _without_days(period: Period, runs: Sequence[Run]) -> list[str]:
    """Return what to know where no day of a period is over when it runs; the years of a contract are not known here."""
    if period in {Relative.THIS_CONTRACT_YEAR, Relative.LAST_CONTRACT_YEAR}:
        return []
    for run in runs:
        try:
            periods.days_of(period, run.written.date())
        except PeriodError as error:
            return [f"It has no report on {day_said(run.written.date())}. {error}"]
    return []


def _names_both_days(line: str) -> bool:
    """Return whether a line names days of the month and of the week, as it is read: a star makes it need both."""
    _, _, of_month, _, of_week = line.split(" ")
    return not (of_month.startswith("*") or of_week.startswith("*"))


def ordinal(number: int) -> str:
    """Return 1st, 2nd, 3rd, 4th and so on."""
    if number % 100 in {11, 12, 13}:
        return f"{number}th"
    return f"{number}{({1: 'st', 2: 'nd', 3: 'rd'}).get(number % 10, 'th')}"


def _shown(run: Run, zone: ZoneInfo) -> datetime:
    """Return what a clock shows when a run happens, which is not what is written where clocks jump over that."""
    return run.moment.astimezone(zone).replace(tzinfo=None, fold=0)


def _moved(run: Run, zone: ZoneInfo) -> str:
    day = day_said(run.written.date())
    return f"On {day} clocks jump over {run.written:%H:%M}: it then runs at {_shown(run, zone):%H:%M}."


def _days(days: Days) -> str:
    match days:
        case Daily():
            return "every day"
        case Weekly():
            return _of_week(days.days)
        case MonthDay(day=number) if number == LAST_DAY:
            return "on the last day of each month"
        case MonthDay(day=number):
            short = ", or the last day of a shorter one," if number > _SHORTEST_MONTH else ""
            return f"on the {ordinal(number)} of each month{short}"
        case NthWeekday():
            return f"on the {_NTHS[days.nth]} {days.weekday.capitalize()} of each month"
        case WorkingDay():
            return f"on the {_NTHS[days.nth]} working day of each month"


def _of_week(days: Sequence[Weekday]) -> str:
    if len(days) == len(Weekday):
        return "every day"
    if tuple(days) == WORKING_DAYS:
        return "Monday to Friday"
    *others, last = (day.capitalize() for day in days)
    return f"every {', '.join(others)} and {last}" if others else f"every {last}"
