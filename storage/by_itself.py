"""How what runs by itself stands, for administrators and `doctor`."""

from dataclasses import dataclass
from datetime import datetime

from sqlite_utils import Database as Connection

from .alerts import Alert
from .models import from_text, to_text
from .schedules import Schedule


@dataclass(frozen=True, slots=True)
class SchedulesNow:
    """Schedules and their runs; `next_runs` and `paused` are the first of those that there are.

    The next due is first of those that run, the newest of those that are paused.
    """

    count: int = 0
    paused_count: int = 0
    next_runs: tuple[Schedule, ...] = ()
    paused: tuple[Schedule, ...] = ()
    wait_for_data: int = 0  #: runs
    begin_late: int = 0  #: runs that were decided before a moment and have not begun
    begin_late_since: datetime | None = None


@dataclass(frozen=True, slots=True)
class AlertsNow:
    """Alerts; `paused` are the newest of those that are, `useless` those that people found so, most often first."""

    count: int = 0
    paused_count: int = 0
    paused: tuple[Alert, ...] = ()
    useless: tuple[Alert, ...] = ()
    useless_count: int = 0  #: how often people said so, of all
    unseen: Alert | None = None  #: the one of those that are not paused that was looked at by the oldest figures


def schedules_now(db: Connection, limit: int, moment: datetime) -> SchedulesNow:
    """Return how schedules stand, with so many of each kind; runs are late that were decided before a moment."""
    count, paused = db.execute("SELECT count(*), coalesce(sum(paused_why <> ''), 0) FROM schedules").fetchone()
    ahead = "SELECT * FROM schedules WHERE paused_why = '' AND next_at IS NOT NULL ORDER BY next_at, id LIMIT ?"
    stopped = "SELECT * FROM schedules WHERE paused_why <> '' ORDER BY changed_at DESC, id DESC LIMIT ?"
    still = "FROM runs WHERE state IN ('wanted', 'waiting', 'asked')"  # word for word as the index has it
    waits = db.execute(f"SELECT count(*) {still} AND state = 'waiting'").fetchone()[0]
    late = f"SELECT count(*), min(decided_at) {still} AND state = 'wanted' AND decided_at < ?"
    begin_late, since = db.execute(late, [to_text(moment)]).fetchone()
    return SchedulesNow(
        count,
        paused,
        tuple(map(Schedule.from_row, db.query(ahead, [limit]))),
        tuple(map(Schedule.from_row, db.query(stopped, [limit]))),
        waits,
        begin_late,
        from_text(since),
    )


def alerts_now(db: Connection, limit: int) -> AlertsNow:
    """Return how alerts stand, with so many of each kind."""
    sql = "SELECT count(*), coalesce(sum(paused_why <> ''), 0), coalesce(sum(useless), 0) FROM alerts"
    count, paused, useless = db.execute(sql).fetchone()
    stopped = "SELECT * FROM alerts WHERE paused_why <> '' ORDER BY changed_at DESC, id DESC LIMIT ?"
    least = "SELECT * FROM alerts WHERE useless > 0 ORDER BY useless DESC, id LIMIT ?"
    looked = "SELECT * FROM alerts WHERE paused_why = '' ORDER BY coalesce(looked_at, created_at), id LIMIT 1"
    return AlertsNow(
        count,
        paused,
        tuple(map(Alert.from_row, db.query(stopped, [limit]))),
        tuple(map(Alert.from_row, db.query(least, [limit]))),
        useless,
        next(map(Alert.from_row, db.query(looked)), None),
    )
