"""Copies of the database that are consistent although a bot writes to it, and the way back from one."""

import os
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from sqlite_utils import Database as Connection

from . import database, outbox
from .database import DatabaseError
from .migrations import migrations

#: What SQLite keeps beside a file: it belongs to that file and to no other.
_BESIDE = ("-wal", "-shm")


@dataclass(frozen=True, slots=True)
class Restored:
    """How a restore ended; `kept` is where the database of before lies now, None where there was none."""

    kept: Path | None


def back_up(path: Path, target: Path) -> int:
    """Copy the database into a new file that only its owner can read; return its size in bytes.

    The folder is made if there is none. The copy is complete and checked before it has the name of `target`.

    Raises:
        DatabaseError: there is nothing to copy, the target exists, or the copy did not work; then nothing is left.

    """
    if not path.exists():
        raise DatabaseError(f"There is no database at {path} yet, so there is nothing to back up.")
    database.check(path)
    _make_folder(target)
    _reserve(target)
    try:
        _copy(path, target)
    except BaseException:
        target.unlink(missing_ok=True)
        raise
    return target.stat().st_size


def restore(path: Path, source: Path, now: datetime) -> Restored:
    """Put a backup in the place of the database; the caller holds the lock of the bot.

    The backup is checked and copied first. What it was about to post may have been posted since, so it is looked for
    before anything is posted. The old files are moved aside under one new name, so that they still
    belong together.

    Raises:
        DatabaseError: the backup cannot be used; then nothing has changed.

    """
    if not source.is_file() or not source.stat().st_size:
        raise DatabaseError(f"{source} is no backup: there is no such file, or it is empty.")
    database.check(source)
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    fresh = path.with_name(f"{path.name}.restoring")
    fresh.unlink(missing_ok=True)
    _reserve(fresh)
    try:
        _copy(source, fresh)
        with database.plain_file(fresh) as db:
            database.in_transaction(db, _made_ready)
        kept = _move_aside(path, now)
        fresh.replace(path)
    except BaseException:
        fresh.unlink(missing_ok=True)
        raise
    _sync_folder(path.parent)
    return Restored(kept)


def _made_ready(db: Connection) -> None:
    """Bring a backup, of whichever version, to today's schema, and have looked for what it was about to post."""
    migrations.apply(db)
    outbox.doubt_what_waits(db)


def _make_folder(target: Path) -> None:
    try:
        target.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    except OSError as error:
        raise DatabaseError(f"{target.parent} cannot be made ({error.strerror}); choose another folder.") from None


def _reserve(target: Path) -> None:
    try:
        os.close(os.open(target, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600))
    except FileExistsError:
        raise DatabaseError(f"{target} exists already and was left as it is; choose another name.") from None
    except OSError as error:
        raise DatabaseError(
            f"{target} cannot be written ({error.strerror}); check the folder and its rights."
        ) from None


def _copy(path: Path, target: Path) -> None:
    """Fill a copy beside `target`, check it, and give it the name of `target`."""
    part = target.with_name(f"{target.name}.part")
    part.unlink(missing_ok=True)
    _reserve(part)
    try:
        with database.read_only(path) as old, database.plain_file(part) as new:
            old.conn.backup(new.conn)
            new.execute("PRAGMA journal_mode = DELETE")  # one file, complete in itself
        database.check(part)
        _sync(part)
        part.replace(target)
    finally:
        for left in (part, *(part.with_name(part.name + ending) for ending in _BESIDE)):
            left.unlink(missing_ok=True)
    _sync_folder(target.parent)


def _move_aside(path: Path, now: datetime) -> Path | None:
    if not path.exists():
        return None
    kept = path.with_name(f"{path.name}.before-restore-{now:%Y%m%dT%H%M%S%f}")
    for ending in (*_BESIDE, ""):
        old = path.with_name(path.name + ending)
        if old.exists():
            old.rename(kept.with_name(kept.name + ending))
    return kept


def _sync(path: Path) -> None:
    file = os.open(path, os.O_RDONLY)
    try:
        os.fsync(file)
    finally:
        os.close(file)


def _sync_folder(path: Path) -> None:
    _sync(path)
