"""What `doctor` asks of a database file, through a connection that changes nothing."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from sqlite_utils import Database as Connection

from . import database
from .migrations import migrations
from .models import Export, from_text, to_text


@dataclass(frozen=True, slots=True)
class Inspection:
    """A database file that can be used; `applied` are steps of the schema, `pending` those that a start would add."""

    size: int  #: bytes, with the log of writes beside it
    applied: tuple[str, ...]
    pending: tuple[str, ...]


def inspect(path: Path) -> Inspection | None:
    """Check every page of the file and its schema; None where there is no file yet.

    Raises:
        DatabaseError: it is damaged, newer than this program, somebody else's, or cannot be opened.

    """
    if not path.exists() or (path.is_file() and not path.stat().st_size):
        return None
    database.check(path)
    with database.read_only(path) as db:
        if db.execute("PRAGMA quick_check(1)").fetchone()[0] != "ok":  # `check` reads large files in part only
            raise database.CorruptDatabaseError(f"{path} is damaged; it was left as it is. Restore a backup.")
        applied = tuple(migration.name for migration in migrations.applied(db))
        pending = tuple(migration.name for migration in migrations.pending(db))
    log = path.with_name(f"{path.name}-wal")
    return Inspection(path.stat().st_size + (log.stat().st_size if log.exists() else 0), applied, pending)


@dataclass(frozen=True, slots=True)
class AnswersKept:
    """How the reading of files stands: `faults` counts the files without figures by why, `kept` those with some."""

    wanted: int
    wanted_since: datetime | None
    attempts: int  #: how often the one that waits for longest was tried in vain
    faults: Mapping[str, int]
    kept: int
    kept_since: datetime | None


def answers(db: Connection, since: datetime) -> AnswersKept:
    """Return how the reading of files stands, with the faults since a moment, the most frequent first."""
    sql = "SELECT count(*), min({}) FROM answers WHERE state = ?"
    wanted, first = db.execute(sql.format("wanted_at"), ["wanted"]).fetchone()
    kept, oldest = db.execute(sql.format("changed_at"), ["found"]).fetchone()
    attempts = db.execute("SELECT attempts FROM answers WHERE state = 'wanted' ORDER BY wanted_at, id LIMIT 1")
    tried = next((int(row[0]) for row in attempts.fetchall()), 0)
    faults = db.query(
        "SELECT fault, count(*) AS files FROM answers WHERE state = 'unread' AND changed_at >= ?"
        " GROUP BY fault ORDER BY files DESC, fault",
        [to_text(since)],
    )
    counted = {str(row["fault"]): int(row["files"]) for row in faults}
    return AnswersKept(wanted, from_text(first), tried, counted, kept, from_text(oldest))


def undelivered(db: Connection, moment: datetime) -> tuple[int, str]:
    """Return how many messages have waited since before a moment, and what Slack said of the newest attempt."""
    rows = tuple(
        db.query(
            "SELECT last_error FROM outbox WHERE state IN ('waiting', 'sending') AND kind != 'expiry'"
            " AND created_at < ? AND attempts > 0 ORDER BY due_at DESC",
            [moment.isoformat(timespec="microseconds")],
        )
    )
    return len(rows), str(rows[0]["last_error"]) if rows else ""


def oldest_outstanding(db: Connection) -> datetime | None:
    """Return since when the oldest export waits for Token Flex, None where none does."""
    row = db.execute("SELECT min(changed_at) FROM exports WHERE state = 'requested'").fetchone()
    return from_text(row[0])


def stuck(db: Connection, moment: datetime) -> tuple[Export, ...]:
    """Return the exports that have waited for something since before a moment, the one that waits longest first.

    What Token Flex is preparing waits for nothing unless its note says so.
    """
    sql = """
        SELECT * FROM exports
        WHERE state IN ('queued', 'submitting', 'requested', 'retrying', 'deleting')
            AND (note <> '' OR state <> 'requested') AND coalesce(noted_at, changed_at) < ?
        ORDER BY coalesce(noted_at, changed_at), number
    """
    return tuple(map(Export.from_row, db.query(sql, [to_text(moment)])))
