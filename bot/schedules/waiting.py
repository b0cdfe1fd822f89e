"""A run that waits for its data: until usage is known through the last day that it is about, or it is late. Pure."""

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Final
from zoneinfo import ZoneInfo

from bot.questions.periods import Days
from bot.schedules.calendar import Run, moment_of

PACE: Final = timedelta(hours=1)  #: how often at most it is asked how far usage is known
_DAY: Final = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Go:
    """It runs now; `untold`: it has waited in vain, and nobody knows through which day usage is known."""

    untold: bool = False


@dataclass(frozen=True, slots=True)
class Ask:
    """It is to be asked how far usage is known."""


@dataclass(frozen=True, slots=True)
class Wait:
    """There is nothing to do before a moment."""

    until: datetime


def latest(run: Run, until: time, zone: str) -> datetime:
    """Return until when a run waits: a local time of its day, or of the next one where that is before the run."""
    day = run.written.date() + (_DAY if until <= run.written.time() else timedelta(0))
    return moment_of(datetime.combine(day, until), ZoneInfo(zone))


def waits(
    days: Days | None, known_through: date | None, asked_at: datetime | None, end: datetime, now: datetime
) -> Go | Ask | Wait:
    """Return what a run does now that is about some days and waits until a moment at the latest.

    `known_through` is the last day of known usage, None where nobody knows; `asked_at` is when that was asked last.
    A run about all days has nothing to wait for.
    """
    if days is None or (known_through is not None and known_through >= days.last):
        return Go()
    was_asked = asked_at is not None and timedelta(0) <= now - asked_at < PACE  # the clock may have been set back
    if now >= end and (was_asked or known_through is not None):
        return Go(untold=known_through is None)
    return Wait(min(asked_at + PACE, end)) if asked_at is not None and was_asked else Ask()
