"""The store of attachments: the files of exports that were handed to Slack, or are to be.

A row is written before anything is asked of Slack, and has the id of the file before its bytes go there, so that
whatever dies in between, no file of ours is unknown to us, and none is shown twice.
"""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import datetime
from enum import StrEnum

from sqlite_utils import Database as Connection

from . import rows
from .models import Stored, from_text, to_text


class AttachmentState(StrEnum):
    """How far a file is."""

    WANTED = "wanted"
    UPLOADING = "uploading"  #: Slack has an id for it; its bytes are on their way, and nobody is shown it
    UPLOADED = "uploaded"  #: the bytes are there; nobody is shown them
    HANDING = "handing"  #: Slack is asked to show it; after a crash, or a lost answer, it is in doubt
    HANDED = "handed"  #: Slack has taken it, and is looked at for where it shows it
    SHOWN = "shown"  #: Slack has said where
    UNSEEN = "unseen"  #: it was handed to Slack, which does not tell this app more
    LOST = "lost"  #: Slack has taken it and shows it nowhere
    REFUSED = "refused"  #: there is none, for good; the reason says why
    DELETING = "deleting"  #: to be taken from Slack
    DELETED = "deleted"
    KEPT = "kept"  #: Slack refuses to delete it


#: A file of these Slack may be showing.
_AT_SLACK = frozenset(
    {
        *(AttachmentState.UPLOADED, AttachmentState.HANDING, AttachmentState.HANDED),
        *(AttachmentState.SHOWN, AttachmentState.UNSEEN, AttachmentState.LOST, AttachmentState.KEPT),
    }
)


class UnknownAttachmentError(LookupError):
    """There is no attachment of that id."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Begun:
    """A file that Slack has given an id; fields as in `Attachment`."""

    slack_id: str
    name: str
    size: int
    rows: int = 0
    total: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Attachment(Stored):
    """The file of an announcement, for its thread; `rows` of `total` are in it, both 0 where it is the CSV itself."""

    id: int
    export: int  #: its number
    announcement: int  #: which of the export's
    format: str  #: `csv` or `xlsx`
    state: AttachmentState
    wanted_at: datetime
    changed_at: datetime
    slack_id: str = ""  #: Slack's id of the file; "" before there is one
    name: str = ""
    size: int = 0  #: bytes
    rows: int = 0
    total: int = 0
    handed_at: datetime | None = None  #: when Slack was asked to show it, the last time
    times_handed: int = 0
    reason: str = ""  #: why there is none, or why it waits, in one word
    attempts: int = 0  #: how often in a row it was tried in vain
    next_try_at: datetime | None = None  #: the end of its pause; None: it has none


_OPEN = "state IN ('wanted', 'uploading', 'uploaded', 'handing', 'handed', 'deleting')"


def want(db: Connection, export: int, announcement: int, form: str, now: datetime) -> Attachment:
    """Store that the file of an announcement is wanted; the same again changes nothing."""
    sql = """
        INSERT INTO attachments (export, announcement, format, state, wanted_at, changed_at)
        VALUES (:export, :announcement, :form, 'wanted', :now, :now) ON CONFLICT (export, announcement) DO NOTHING
    """
    db.execute(sql, {"export": export, "announcement": announcement, "form": form, "now": to_text(now)})
    found = of(db, export, announcement)
    if found is None:
        raise UnknownAttachmentError(export)
    return found


def get(db: Connection, attachment: int) -> Attachment:
    """Return one attachment.

    Raises:
        UnknownAttachmentError: there is none of that id.

    """
    for row in db.query("SELECT * FROM attachments WHERE id = ?", [attachment]):
        return Attachment.from_row(row)
    raise UnknownAttachmentError(attachment)


def of(db: Connection, export: int, announcement: int) -> Attachment | None:
    """Return the attachment of an announcement, if there is one."""
    found = db.query("SELECT * FROM attachments WHERE export = ? AND announcement = ?", [export, announcement])
    return next(map(Attachment.from_row, found), None)


def of_export(db: Connection, export: int) -> tuple[Attachment, ...]:
    """Return all attachments of an export, oldest first."""
    found = db.query("SELECT * FROM attachments WHERE export = ? ORDER BY announcement", [export])
    return tuple(map(Attachment.from_row, found))


def to_do(db: Connection, now: datetime) -> tuple[Attachment, ...]:
    """Return those for which something is to be done at Slack, and that do not pause, oldest first."""
    sql = f"SELECT * FROM attachments WHERE {_OPEN} AND (next_try_at IS NULL OR next_try_at <= ?) ORDER BY id"  # noqa: S608
    return tuple(map(Attachment.from_row, db.query(sql, [to_text(now)])))


def waiting(db: Connection, since: datetime) -> tuple[Attachment, ...]:
    """Return those that have been wanted since before a moment and for which something is still to be done."""
    sql = f"SELECT * FROM attachments WHERE {_OPEN} AND wanted_at < ? ORDER BY id"  # noqa: S608
    return tuple(map(Attachment.from_row, db.query(sql, [to_text(since)])))


def to_upload(db: Connection) -> frozenset[tuple[int, int]]:
    """Return the exports and announcements whose files have not gone to Slack yet."""
    sql = f"SELECT export, announcement FROM attachments WHERE {_OPEN} AND state IN ('wanted', 'uploading')"  # noqa: S608
    return frozenset((row["export"], row["announcement"]) for row in db.query(sql))


def next_try(db: Connection, now: datetime) -> datetime | None:
    """Return when the first pause of one ends; None where none pauses."""
    sql = f"SELECT min(next_try_at) FROM attachments WHERE {_OPEN} AND next_try_at > ?"  # noqa: S608
    return from_text(db.execute(sql, [to_text(now)]).fetchone()[0])


def pause(db: Connection, seen: Attachment, next_try_at: datetime, now: datetime, reason: str = "") -> None:
    """Note that it could not be handed over, or deleted, in a word why, and when that is tried again.

    Where it was not to be deleted when it was `seen`, and is now, that waits for nothing.
    """
    known = get(db, seen.id)
    if known.state is AttachmentState.DELETING and seen.state is not AttachmentState.DELETING:
        return
    changes = {"attempts": known.attempts + 1, "next_try_at": next_try_at, "changed_at": now, "reason": reason}
    rows.update(db, "attachments", "id", seen.id, changes)


def begun(db: Connection, attachment: int, file: Begun, now: datetime) -> Attachment | None:
    """Note Slack's id, name, size and rows of a file before its bytes go there; None: it is not wanted any more."""
    return _move(db, attachment, _STARTS, AttachmentState.UPLOADING, now, asdict(file))


def uploaded(db: Connection, attachment: int, now: datetime) -> Attachment | None:
    """Note that the bytes of a file are at Slack; None where it is not wanted any more."""
    changes = {"attempts": 0, "next_try_at": None, "reason": ""}
    return _move(db, attachment, {AttachmentState.UPLOADING}, AttachmentState.UPLOADED, now, changes)


def handing(db: Connection, attachment: int, now: datetime) -> Attachment | None:
    """Note, before the call, that Slack is asked to show a file; None where that is not to be done any more."""
    changes = {"handed_at": now, "times_handed": get(db, attachment).times_handed + 1, "next_try_at": None}
    return _move(db, attachment, _TAKEN, AttachmentState.HANDING, now, changes)


def not_handed(db: Connection, attachment: int, now: datetime) -> Attachment | None:
    """Note that Slack has certainly not taken a file."""
    changes = {"times_handed": get(db, attachment).times_handed - 1}
    return _move(db, attachment, {AttachmentState.HANDING}, AttachmentState.UPLOADED, now, changes)


def handed(db: Connection, attachment: int, now: datetime) -> Attachment | None:
    """Note that Slack has taken a file."""
    changes = {"attempts": 0, "next_try_at": None, "reason": ""}
    return _move(db, attachment, {AttachmentState.HANDING}, AttachmentState.HANDED, now, changes)


def settled(
    db: Connection, attachment: int, state: AttachmentState, now: datetime, reason: str = ""
) -> Attachment | None:
    """Note what became of a file: shown, lost, unseen, refused, or deleted at Slack; None where it is over already."""
    return _move(db, attachment, _STARTS | _TAKEN, state, now, {"reason": reason})


def refused(db: Connection, attachment: int, reason: str, now: datetime) -> Attachment | None:
    """Note why there will be no file; None where it is over already."""
    return _move(db, attachment, _STARTS | _TAKEN, AttachmentState.REFUSED, now, {"reason": reason})


def again(db: Connection, attachment: int, now: datetime) -> Attachment | None:
    """Have a file handed over anew whose bytes Slack has thrown away before anybody was shown them."""
    changes: Mapping[str, object] = {"attempts": get(db, attachment).attempts + 1, "slack_id": ""}
    return _move(db, attachment, _TAKEN, AttachmentState.WANTED, now, changes)


def delete(db: Connection, attachment: int, now: datetime) -> Attachment | None:
    """Note that a file is to be taken from Slack, if it may be there; None where there is nothing to do."""
    changes = {"attempts": 0, "next_try_at": None}
    deleting = _move(db, attachment, _AT_SLACK, AttachmentState.DELETING, now, changes)
    if deleting is None:
        _move(db, attachment, _STARTS, AttachmentState.DELETED, now, changes)
    return deleting


def kept(db: Connection, attachment: int, reason: str, now: datetime) -> Attachment | None:
    """Note that Slack does not delete a file, and why."""
    return _move(db, attachment, {AttachmentState.DELETING}, AttachmentState.KEPT, now, {"reason": reason})


def deleted(db: Connection, attachment: int, now: datetime) -> Attachment | None:
    """Note that a file is not at Slack any more."""
    return _move(db, attachment, {AttachmentState.DELETING}, AttachmentState.DELETED, now, {})


_STARTS = frozenset({AttachmentState.WANTED, AttachmentState.UPLOADING})
_TAKEN = frozenset({AttachmentState.UPLOADED, AttachmentState.HANDING, AttachmentState.HANDED})


def _move(
    db: Connection,
    attachment: int,
    before: frozenset[AttachmentState] | set[AttachmentState],
    after: AttachmentState,
    now: datetime,
    changes: Mapping[str, object],
) -> Attachment | None:
    """Give an attachment another state; None where it is in none from which that could be."""
    if get(db, attachment).state not in before:
        return None
    rows.update(db, "attachments", "id", attachment, {**changes, "state": after.value, "changed_at": now})
    return get(db, attachment)
