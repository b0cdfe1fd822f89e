"""Copies of the database that are consistent although a bot writes to it, and the way back from one."""

import os
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Concatenate, ParamSpec, TypeVar

from sqlite_utils import Database as Connection

from . import database, numbers, outbox
from .database import DatabaseError
from .migrations import migrations
from .numbers import Given

P = ParamSpec("P")
T = TypeVar("T")

#: What SQLite keeps beside a file: it belongs to that file and to no other.
_BESIDE = ("-wal", "-shm")


@dataclass(frozen=True, slots=True)
class Restored:
    """How a restore ended."""

    kept: Path | None  #: where the database of before lies now, None where there was none
    goes_on_at: int | None  #: the number of the next export, where nobody knows which were given after the copy


def back_up(path: Path, target: Path, now: datetime) -> int:
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
        _copy(path, target, numbers.note_copy, now)
    except BaseException:
        target.unlink(missing_ok=True)
        raise
    return target.stat().st_size


def restore(path: Path, source: Path, now: datetime) -> Restored:
    """Put a backup in the place of the database; the caller holds the lock of the bot.

    The backup is checked and copied first. What it was about to post may have been posted since, so it is looked for
    before anything is posted; numbers that were given since are not given again. The old files are moved aside under
    one new name, so that they still belong together.

    Raises:
        DatabaseError: the backup cannot be used; then nothing has changed.

    """
    if not source.is_file() or not source.stat().st_size:
        raise DatabaseError(f"{source} is no backup: there is no such file, or it is empty.")
    if path.exists() and path.samefile(source):
        raise DatabaseError(f"{source} is the database itself; name a file that `backup` made.")
    database.check(source)
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    fresh = path.with_name(f"{path.name}.restoring")
    fresh.unlink(missing_ok=True)
    _reserve(fresh)
    try:
        goes_on_at = _copy(source, fresh, _made_ready, _given_since(path, source), now)
        kept = _move_aside(path, now)
        fresh.replace(path)
    except BaseException:
        fresh.unlink(missing_ok=True)
        raise
    _sync_folder(path.parent)
    return Restored(kept, goes_on_at)


def take_up_copy(db: Connection, now: datetime) -> int | None:
    """Do what `restore` does where the file of a backup was put in the place of the database by hand.

    Return the number of the next export; None where nobody did that.
    """
    return _made_ready(db, None, now) if numbers.is_copy(db) else None


def _made_ready(db: Connection, replaced: Given | None, now: datetime) -> int | None:
    """Bring a backup, of whichever version, to today's schema, and have looked for what it was about to post."""
    migrations.apply(db)
    outbox.doubt_what_waits(db)
    return numbers.go_on(db, replaced, now)


def _given_since(path: Path, source: Path) -> Given | None:
    """Return the numbers that the database has given which is to be replaced; None where it cannot be read."""
    with database.read_only(source) as copy:
        origin = numbers.newest_origin(copy)
    try:
        with database.read_only(path) as db:
            return numbers.given(db, origin)
    except DatabaseError:
        return None


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


def _copy(
    path: Path, target: Path, finish: Callable[Concatenate[Connection, P], T], *args: P.args, **kwargs: P.kwargs
) -> T:
    """Fill a copy beside `target`, have it finished, check it and give it that name; return what `finish` does."""
    part = target.with_name(f"{target.name}.part")
    part.unlink(missing_ok=True)
    _reserve(part)
    try:
        with database.read_only(path) as old, database.plain_file(part) as new:
            old.conn.backup(new.conn)
            new.execute("PRAGMA journal_mode = DELETE")  # one file, complete in itself
            result = database.in_transaction(new, finish, *args, **kwargs)
        database.check(part)
        _sync(part)
        part.replace(target)
    finally:
        for left in (part, *(part.with_name(part.name + ending) for ending in _BESIDE)):
            left.unlink(missing_ok=True)
    _sync_folder(target.parent)
    return result


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
