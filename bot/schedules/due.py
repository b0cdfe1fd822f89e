"""Which runs of a schedule happen now, and which are said not to: pure, whatever the clock does.

Each run that has come due is decided once: it happens, or it is said not to. What was decided is known by written
times (`calendar`), so that a run happens once even if its zone's rules change between, or the clock is set back.

A schedule's mark, `through`, is a written time: all up to it is decided. Where the clock is set back behind the mark,
the mark goes back with it, since what lies ahead must not be lost. Runs that happened meanwhile are on record and do
not happen again; of those said not to happen, the ones that lie ahead now (`Decision.withdraws`) are decided anew.
"""

from collections.abc import Container
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from itertools import takewhile
from typing import Final
from zoneinfo import ZoneInfo

from bot.schedules.calendar import Run, reading, runs_written_after
from bot.schedules.rule import Rule

ON_TIME: Final = timedelta(minutes=15)  #: a run that is no later than that needs no word about it
MOST_AT_ONCE: Final = 31  #: missed runs that happen for `Missed.ALL`: a month of daily ones
FURTHEST_BACK: Final = timedelta(days=400)  #: what was due earlier is not counted one by one


class Missed(StrEnum):
    """What becomes of runs that came due while the bot was down, or the schedule's login was lost."""

    ONCE = "once"  #: the newest of them happens, for all
    SKIP = "skip"
    ALL = "all"


class NotRun(StrEnum):
    """Why a run does not happen that has come due."""

    MISSED = "missed"  #: nobody was there, and the schedule says to leave it
    REPLACED = "replaced"  #: a later one happens in its place
    TOO_MANY = "too-many"  #: more were missed than happen at once
    ASKED = "asked"  #: a person said so


@dataclass(frozen=True, slots=True)
class Happens:
    """A run that happens now; `late` ones say when they were due."""

    run: Run
    late: bool


@dataclass(frozen=True, slots=True)
class LeftOut:
    """A run that has come due and does not happen."""

    run: Run
    why: NotRun


@dataclass(frozen=True, slots=True)
class Decision:
    """What becomes of everything that has come due since the mark; each in the order of its moments.

    `through` is the new mark. `uncounted`: there may be runs so long ago that they are not listed; none happens.
    """

    happen: tuple[Happens, ...]
    left_out: tuple[LeftOut, ...]
    through: datetime
    uncounted: bool = False

    def withdraws(self, written: datetime) -> bool:
        """Return whether a run that was said not to happen is still to be decided, since it lies ahead again."""
        return written > self.through


def begin(rule: Rule, now: datetime) -> datetime:
    """Return the mark of a schedule that begins, is resumed or was edited now: nothing before now comes due."""
    return reading(now, ZoneInfo(rule.zone))


def decide(
    rule: Rule,
    through: datetime,
    now: datetime,
    missed: Missed,
    ran: Container[datetime] = (),
    asked_not: Container[datetime] = (),
) -> Decision:
    """Return what becomes of the runs that are due by now.

    `ran` are the written times of runs on record that happened, of those after the clock's reading at least;
    `asked_not` those of runs that a person said to leave out.
    """
    shown = reading(now, ZoneInfo(rule.zone))
    mark = min(through, shown)
    since = max(mark, shown - FURTHEST_BACK)
    due = tuple(takewhile(lambda run: run.moment <= now, runs_written_after(rule, since)))
    left_out = [LeftOut(run, NotRun.ASKED) for run in due if run.written in asked_not and run.written not in ran]
    open_ = [run for run in due if run.written not in asked_not and run.written not in ran]
    on_time = [run for run in open_ if now - run.moment <= ON_TIME]
    late = open_[: len(open_) - len(on_time)]
    happen = _of_missed(late, missed, replaced=bool(on_time))
    why = {Missed.ONCE: NotRun.REPLACED, Missed.SKIP: NotRun.MISSED, Missed.ALL: NotRun.TOO_MANY}[missed]
    left_out += [LeftOut(run, why) for run in late if run not in happen]
    return Decision(
        happen=(*(Happens(run, late=True) for run in happen), *(Happens(run, late=False) for run in on_time)),
        left_out=tuple(sorted(left_out, key=lambda each: each.run)),
        through=max(mark, due[-1].written) if due else mark,
        uncounted=since > mark,
    )


def _of_missed(late: list[Run], missed: Missed, *, replaced: bool) -> list[Run]:
    """Return the missed runs that happen; `replaced`: one happens in time, which stands for all of them."""
    match missed:
        case Missed.ALL:
            return late[-MOST_AT_ONCE:]
        case Missed.ONCE:
            return [] if replaced else late[-1:]
        case Missed.SKIP:
            return []
