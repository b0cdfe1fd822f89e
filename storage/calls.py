"""The log of calls to Token Flex; the budget is computed from it, so a restart forgets nothing."""

from datetime import UTC, datetime, timedelta

from sqlite_utils import Database as Connection

from . import rows
from .models import LoggedCall, from_text, to_text

_LONGEST = timedelta(hours=1)  #: no call takes as long


def start(db: Connection, *, name: str, rank: int, person: str, burst: bool, now: datetime) -> int:
    """Note, before it goes out, that a call is made; return its id."""
    row = {"started_at": now, "name": name, "rank": rank, "person": person, "burst": burst}
    return rows.insert(db, "calls", row)


def end(db: Connection, call_id: int, *, now: datetime, rate_limited: bool, retry_after: float | None) -> None:
    """Note that a call has ended, and whether it was refused for its rate (`retry_after` in seconds)."""
    changes = {"ended_at": now, "rate_limited": rate_limited, "retry_after": retry_after}
    rows.update(db, "calls", "id", call_id, changes)


def since(db: Connection, moment: datetime) -> tuple[LoggedCall, ...]:
    """Return the calls that started at or after a moment, oldest first."""
    found = db.query("SELECT * FROM calls WHERE started_at >= ? ORDER BY started_at, id", [to_text(moment)])
    return tuple(map(LoggedCall.from_row, found))


def count_by_name(db: Connection, rank: int, moment: datetime) -> dict[str, int]:
    """Return how many calls of a rank, by their names, started at or after a moment."""
    sql = "SELECT name, count(*) AS n FROM calls WHERE rank = ? AND started_at >= ? GROUP BY name"
    return {row["name"]: row["n"] for row in db.query(sql, [rank, to_text(moment)])}


def last(db: Connection, name: str, moment: datetime) -> datetime | None:
    """Return when the newest call of a name started, of those at or after a moment; None where there is none."""
    sql = "SELECT max(started_at) FROM calls WHERE started_at >= ? AND name = ?"
    return from_text(db.execute(sql, [to_text(moment), name]).fetchone()[0])


def between(db: Connection, name: str, first: datetime, last: datetime) -> tuple[int, datetime | None]:
    """Return how many calls of a name started from one moment to another, and when the newest of them did."""
    sql = "SELECT count(*), max(started_at) FROM calls WHERE started_at BETWEEN ? AND ? AND name = ?"
    count, newest = db.execute(sql, [to_text(first), to_text(last), name]).fetchone()
    return int(count), from_text(newest)


def bring_back(db: Connection, now: datetime) -> timedelta:
    """Shift the whole log so that nothing in it lies ahead of `now`; return how far, nothing where nothing does.

    The calls keep their distances, so that the budget takes them for what they were.
    """
    sql = "SELECT max(max(started_at, coalesce(ended_at, started_at))) FROM calls WHERE started_at >= ?"
    furthest = from_text(db.execute(sql, [to_text(now - _LONGEST)]).fetchone()[0])
    if furthest is None or furthest <= now:
        return timedelta()
    by = furthest - now
    for call in since(db, datetime.min.replace(tzinfo=UTC)):
        ended_at = call.ended_at and call.ended_at - by
        rows.update(db, "calls", "id", call.id, {"started_at": call.started_at - by, "ended_at": ended_at})
    return by


def end_open(db: Connection, now: datetime) -> None:
    """End the calls whose process died: the server counted them at some moment before now."""
    db.execute("UPDATE calls SET ended_at = ? WHERE ended_at IS NULL", [to_text(now)])


def forget_before(db: Connection, moment: datetime) -> None:
    """Drop the calls that no rule looks at any more."""
    db.execute("DELETE FROM calls WHERE started_at < ?", [to_text(moment)])


def forget(db: Connection, call_id: int) -> None:
    """Drop a call that was not made after all."""
    db.table("calls").delete(call_id)
