"""The store of what alerts have told: a row for each message, with what it says, as a text of `bot.cards.alert_told`.

It outlives its alert, since the message may be drawn again.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from sqlite_utils import Database as Connection

from . import rows
from .models import Stored, to_text


@dataclass(frozen=True, slots=True, kw_only=True)
class NewTelling:
    """One message of an alert; `mark` tells the alert from one of the same id in another life of the database."""

    alert: int
    mark: str
    told: str
    counted: str = ""  #: how its contract stood at that moment, as a text; "" where it is about a file


@dataclass(frozen=True, slots=True, kw_only=True)
class Telling(NewTelling, Stored):
    """What one message of an alert says."""

    id: int
    told_at: datetime
    changed_at: datetime


def add(db: Connection, new: NewTelling, now: datetime) -> Telling:
    """Store what a new message says."""
    columns: Mapping[str, object] = {"told_at": now, "changed_at": now}
    said = {name: getattr(new, name) for name in NewTelling.__dataclass_fields__}
    added = rows.insert(db, "tellings", {**said, **columns})
    return next(map(Telling.from_row, db.query("SELECT * FROM tellings WHERE id = ?", [added])))


def find(db: Connection, telling_id: int) -> Telling | None:
    """Return what one message says, None where nobody knows any more."""
    return next(map(Telling.from_row, db.query("SELECT * FROM tellings WHERE id = ?", [telling_id])), None)


def newest(db: Connection, alert: int, mark: str) -> Telling | None:
    """Return what the newest message of an alert says, None where it has none."""
    sql = "SELECT * FROM tellings WHERE alert = ? AND mark = ? ORDER BY id DESC LIMIT 1"
    return next(map(Telling.from_row, db.query(sql, [alert, mark])), None)


def change(db: Connection, telling_id: int, told: str, now: datetime) -> None:
    """Store what a message says from now on."""
    rows.update(db, "tellings", "id", telling_id, {"told": told, "changed_at": now})


def forget(db: Connection, before: datetime) -> int:
    """Forget what messages say that were changed last before a time, but for the newest of an alert that there is."""
    sql = """
        DELETE FROM tellings WHERE changed_at < ? AND id NOT IN (
            SELECT max(tellings.id) FROM tellings JOIN alerts ON alerts.id = tellings.alert GROUP BY tellings.alert
        )
    """
    return int(db.execute(sql, [to_text(before)]).rowcount)
