"""The record of who did what: rows are added, never changed or removed; the database itself refuses that.

A row holds IDs and words of ours: no link, no where clause, no text that a person typed.
"""

from collections.abc import Iterator
from dataclasses import asdict, dataclass
from datetime import datetime
from enum import StrEnum

from sqlite_utils import Database as Connection

from . import rows
from .models import Stored, to_text


class Act(StrEnum):
    """What somebody did, or was refused."""

    REQUESTED = "requested"
    EDITED = "edited"  #: an export was sent again, changed or not, under a new number
    LINK_SHOWN = "link shown"
    LINK_NOT_SHOWN = "link not shown"  #: after all; the row before it said that it was about to be
    RETRIED = "retried"
    DELETED = "deleted"
    GIVEN_UP = "given up"  #: a retry or a deletion that waited
    REFUSED = "refused"
    SENT_AGAIN = "message sent again"
    ANSWER = "figures shown"  #: of the file of an export
    USAGE = "usage shown"  #: how a contract stands, to one person or for a channel
    SCHEDULE = "schedule changed"  #: made, edited, paused, handed over, deleted, …
    RUN = "schedule ran"  #: or was to, and did not
    ALERT = "alert changed"  #: made, paused, acknowledged, put off, taken over, deleted, …
    ALERT_TOLD = "alert told"  #: or told again, or over
    TEMPLATE = "template changed"  #: a saved question: saved, edited, renamed, shared, deleted


class Source(StrEnum):
    """By what an act reached us."""

    COMMAND = "command"
    BUTTON = "button"
    FORM = "form"
    MESSAGE = "message"  #: typed to the bot
    MENTION = "mention"  #: typed to it in a channel
    SHORTCUT = "shortcut"
    HOME = "home"  #: in the Home tab
    BOT = "bot"  #: by itself, for the person who asked for the export
    SCHEDULE = "schedule"  #: by itself, for the owner of a schedule
    ALERT = "alert"  #: by itself, for the owner of an alert
    HOST = "host"  #: by a command of who administers the machine, of whom we know no account


@dataclass(frozen=True, slots=True)
class Entry(Stored):
    """One row; `channel` is where the person acted, or where the bot showed a link."""

    at: datetime
    person: str
    act: Act
    export_number: int | None
    channel: str
    source: Source
    result: str


def add(db: Connection, entry: Entry) -> int:
    """Add a row, in the transaction of the act itself where there is one, and return its id."""
    return rows.insert(db, "audit", asdict(entry))


def get(db: Connection, identity: int) -> Entry:
    """Return one row.

    Raises:
        LookupError: there is none.

    """
    for row in db.query("SELECT * FROM audit WHERE id = ?", [identity]):
        return Entry.from_row(row)
    raise LookupError(f"no act {identity}")


def since(db: Connection, moment: datetime | None = None) -> Iterator[Entry]:
    """Yield the rows from a moment on, all of them without one, oldest first."""
    start = "" if moment is None else to_text(moment)
    return map(Entry.from_row, db.query("SELECT * FROM audit WHERE at >= ? ORDER BY id", [start]))
