"""What has come due of a schedule is decided and stored, in one transaction; `due` has the rules."""

import json
from datetime import datetime
from zoneinfo import ZoneInfo

from sqlite_utils import Database as Connection

from bot.schedules import due
from bot.schedules.calendar import Run as Planned
from bot.schedules.calendar import identity, next_runs, reading
from bot.schedules.due import Missed, NotRun
from bot.schedules.rule import Rule, RuleError, of_json
from bot.schedules.typed import checked
from storage import runs
from storage.runs import Due, Run
from storage.schedules import Schedule


def rule_of(schedule: Schedule) -> Rule:
    """Return when a schedule runs.

    Raises:
        RuleError: what is stored is no rule, or its zone is not known any more.

    """
    try:
        kept = json.loads(schedule.rule)
    except ValueError:
        raise RuleError("This is no rule of a schedule.") from None
    return checked(of_json(kept))


def missed_of(schedule: Schedule) -> Missed:
    """Return what becomes of runs of a schedule that were missed; what is not understood means as little as can be."""
    known = frozenset(each.value for each in Missed)
    return Missed(schedule.missed) if schedule.missed in known else Missed.ONCE


def begins(rule: Rule, now: datetime) -> tuple[str, datetime | None]:
    """Return the mark and the next run of a schedule that begins, goes on or has another rule now."""
    return identity(due.begin(rule, now)), next_at(rule, now)


def next_at(rule: Rule, now: datetime) -> datetime | None:
    """Return when the next run is due; None: never."""
    return next((run.moment for run in next_runs(rule, now, 1)), None)


def settle(db: Connection, schedule: Schedule, now: datetime) -> tuple[Run, ...]:
    """Decide what has come due of a schedule, store that, and return the runs that happen.

    Raises:
        RuleError: what is stored is no rule, or its zone is not known any more.

    """
    rule = rule_of(schedule)
    shown = identity(reading(now, ZoneInfo(rule.zone)))
    decided = due.decide(
        rule,
        datetime.fromisoformat(schedule.through),
        now,
        missed_of(schedule),
        frozenset(map(datetime.fromisoformat, runs.happened_after(db, schedule.id, min(shown, schedule.through)))),
        frozenset(map(datetime.fromisoformat, runs.asked_not(db, schedule.id))),
    )
    happen = [_due(each.run, late=each.late) for each in decided.happen]
    left_out = [_due(each.run, why=each.why) for each in decided.left_out]
    return runs.decide(db, schedule, [*happen, *left_out], identity(decided.through), next_at(rule, now), now)


def _due(run: Planned, *, late: bool = False, why: NotRun | None = None) -> Due:
    return Due(identity=run.identity, due_at=run.moment, late=late, left_out=why or "")
