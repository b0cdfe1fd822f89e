"""Numbers never come twice: where a copy has taken the place of the database, they go on above all that were given.

Those are the numbers of exports, which people read and buttons hold, and the ids of messages and of templates.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from math import ceil

from sqlite_utils import Database as Connection

from . import facts
from .models import to_text

_EXPORTS, _OUTBOX, _TEMPLATES = "exports", "outbox", "templates"
_COPIED = "copied at"
#: How many exports a minute has room for (source: Token Flex, five calls a minute), and rows of the outbox at most.
_IN_A_MINUTE = {_EXPORTS: 5, _OUTBOX: 100, _TEMPLATES: 5}
#: Where nobody knows which numbers were given, they go on after a full thousand, with so many to spare at least.
_STEP, _TO_SPARE = 1000, 100


@dataclass(frozen=True, slots=True)
class Given:
    """The highest numbers that a database has given, and whether it has gone on from the copy in question."""

    highest: Mapping[str, int]
    is_successor: bool


def note_copy(db: Connection, now: datetime) -> None:
    """Write into a copy that it is one: whoever opens it as the database knows that another has gone on since."""
    if _is_there(db, "facts"):
        facts.put(db, _COPIED, to_text(now), now)


def newest_origin(db: Connection) -> str | None:
    """Return the act that asked for the newest export."""
    if not _is_there(db, _EXPORTS):
        return None
    newest = db.query("SELECT origin FROM exports ORDER BY number DESC LIMIT 1")
    return next((str(row["origin"]) for row in newest), None)


def given(db: Connection, origin: str | None) -> Given:
    """Return what a database has given; it has gone on from a copy whose newest export has this origin."""
    known = origin is not None and any(db.query("SELECT 1 FROM exports WHERE origin = ?", [origin]))
    return Given(_highest(db), known)


def go_on(db: Connection, replaced: Given | None, now: datetime) -> int | None:
    """Have numbers go on above those that were given since this copy was made.

    `replaced` is the database in whose place the copy is put. Where it is lost, or is none that has gone on from the
    copy, more numbers are left out than can have been given: then return the next one.
    """
    own, others = _highest(db), {} if replaced is None else replaced.highest
    is_known = replaced is not None and replaced.is_successor
    minutes = max((now - _copied_at(db, now)).total_seconds() / 60, 0.0)
    for table, in_a_minute in _IN_A_MINUTE.items():
        highest = max(own.get(table, 0), others.get(table, 0))
        if not is_known:
            highest = ceil((highest + minutes * in_a_minute + _TO_SPARE) / _STEP) * _STEP
        _raise(db, table, highest)
    facts.forget(db, _COPIED)
    return None if is_known else _highest(db)[_EXPORTS] + 1


def is_copy(db: Connection) -> bool:
    """Return whether this is a copy that was put in the place of the database by hand."""
    return facts.get(db, _COPIED) is not None


def _highest(db: Connection) -> dict[str, int]:
    return {row["name"]: row["seq"] for row in db.query("SELECT name, seq FROM sqlite_sequence")}


def _raise(db: Connection, table: str, highest: int) -> None:
    if db.execute("UPDATE sqlite_sequence SET seq = ? WHERE name = ?", [highest, table]).rowcount == 0:
        db.execute("INSERT INTO sqlite_sequence (name, seq) VALUES (?, ?)", [table, highest])


def _copied_at(db: Connection, now: datetime) -> datetime:
    """Return when a copy was made; one of an older version does not say it, but what is in it is not younger."""
    noted = facts.get(db, _COPIED)
    if noted is not None:
        return datetime.fromisoformat(noted)
    sql = """
        SELECT max(at) AS at FROM (
            SELECT max(saved_at) AS at FROM facts
            UNION ALL SELECT max(changed_at) FROM exports UNION ALL SELECT max(at) FROM audit
        )
    """
    newest = next(iter(db.query(sql)))["at"]
    return now if newest is None else datetime.fromisoformat(newest)


def _is_there(db: Connection, table: str) -> bool:
    return table in db.table_names()
