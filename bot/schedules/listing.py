"""Schedules as somebody sees them: how each stands, and its next run that is not left out."""

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from sqlite_utils import Database as Connection

from bot.cards import pages
from bot.cards.pages import Page
from bot.cards.pauses import Paused
from bot.schedules import calendar, decisions
from bot.schedules.rule import Rule, RuleError
from storage import runs, schedules
from storage.runs import Run, RunState
from storage.schedules import Schedule


@dataclass(frozen=True, slots=True)
class Listed:
    """A schedule as somebody sees it: its next run that is not left out, the last one, what they may do with it."""

    schedule: Schedule
    rule: Rule | None  #: None where what is stored is understood no more
    next_run: calendar.Run | None
    left_out: frozenset[str]  #: the identities of runs ahead that are to be left out
    last: Run | None
    may_change: bool


@dataclass(frozen=True, slots=True)
class AtHome:
    """What a Home tab shows of schedules, of so many."""

    shown: tuple[Listed, ...] = ()
    count: int = 0


Seen = tuple[Schedule, Rule | None, calendar.Run | None, frozenset[str], Run | None]
MOST_AT_HOME: Final = 5


def page(
    db: Connection, channels: Collection[str], person: str, now: datetime, first: int, most: int, holds: int
) -> Page[Seen]:
    """Return a page of so many schedules of channels and of a person, the one that has the `first`.

    It is the page that has the schedule `holds`, where there is one of that id. Each has what `Listed` has of it, but
    what may be done.
    """
    found = schedules.seen_from(db, channels, person)
    place = next((place for place, each in enumerate(found) if each.id == holds), None)
    return pages.cut(found, first, most, place=place).drawn(lambda schedule: _seen(db, schedule, now))


def at_home(db: Connection, channels: Collection[str], person: str, now: datetime) -> tuple[list[Seen], int]:
    """Return those that matter most, as `seen`, and how many there are: what has paused by itself, what is due next."""
    found = sorted(schedules.seen_from(db, channels, person), key=_matters_less)
    return [_seen(db, schedule, now) for schedule in found[:MOST_AT_HOME]], len(found)


def _matters_less(schedule: Schedule) -> int:
    return 1 if not schedule.is_paused else 2 if schedule.paused_why == Paused.PERSON else 0


def _seen(db: Connection, schedule: Schedule, now: datetime) -> Seen:
    left_out = runs.asked_not(db, schedule.id)
    try:
        rule: Rule | None = decisions.rule_of(schedule)
    except RuleError:
        rule = None
    ahead = None if rule is None or schedule.is_paused else next_run(rule, left_out, now)
    last = next((run for run in runs.of_schedule(db, schedule.id) if run.state is not RunState.AHEAD), None)
    return schedule, rule, ahead, left_out, last


def next_run(rule: Rule, left_out: Iterable[str], now: datetime) -> calendar.Run | None:
    """Return the next run that is not left out."""
    left = frozenset(left_out)
    return next((each for each in calendar.next_runs(rule, now, len(left) + 1) if each.identity not in left), None)
