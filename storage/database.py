"""The only door to SQLite: one writer thread, one reader thread, immediate transactions.

sqlite-utils' `atomic()` is deferred, so that a read followed by a write can end in "database is locked" at once;
each write therefore begins with `BEGIN IMMEDIATE` and the stores' own `atomic()` blocks become savepoints in it.
"""

import asyncio
import sqlite3  # noqa: TID251 - the one place
from collections import deque
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, contextmanager
from enum import StrEnum
from functools import partial
from pathlib import Path
from typing import Concatenate, ParamSpec, TypeVar

from sqlite_utils import Database as Connection

from .migrations import migrations

T = TypeVar("T")
P = ParamSpec("P")

BUSY_TIMEOUT = 5.0  #: seconds that a write waits for another process (`login`, `backup`)
#: Bytes up to which every page of the file is checked at a start, which takes about 0.1 s; of a larger file only the
#: schema, the length and the newest rows are, so that a start does not become slower with every export.
WHOLE_CHECK_UP_TO = 64 * 2**20
_NEWEST = 1000  #: rows of each table
_SMALLEST = 512  #: bytes of a page, of which a database has one at least (source: SQLite file format)
#: What SQLite says when there is no room: on the disk, within a quota, for the file shared between connections.
_FULL = {"SQLITE_FULL", "SQLITE_IOERR_WRITE", "SQLITE_IOERR_SHMSIZE"}
#: Tables that are there before the first step of our schema.
_NOBODYS = {"sqlite_sequence", "_sqlite_migrations"}


class Table(StrEnum):
    """The tables whose changes somebody waits for."""

    ALERTS = "alerts"
    ANSWERS = "answers"
    ATTACHMENTS = "attachments"
    EXPORTS = "exports"
    OUTBOX = "outbox"
    RUNS = "runs"
    SCHEDULES = "schedules"
    TEMPLATES = "templates"


class DatabaseError(Exception):
    """The database cannot be used; the message says what to do."""


class NewerDatabaseError(DatabaseError):
    """The file was written by a newer version of this program."""


class CorruptDatabaseError(DatabaseError):
    """The file is damaged, or is no SQLite database."""


class StorageFullError(DatabaseError):
    """There is no room left on the disk."""


class Database:
    """A SQLite file behind two threads; the event loop awaits functions and never sees a connection.

    What runs in these threads is a function of values: it is given a connection and values, and returns values.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._writer = ThreadPoolExecutor(1, thread_name_prefix="database-writer")
        self._reader = ThreadPoolExecutor(1, thread_name_prefix="database-reader")
        self._write_connection: Connection | None = None
        self._read_connection: Connection | None = None
        self._loop: asyncio.AbstractEventLoop | None = None
        self._changed: set[Table] = set()  # only the writer's thread uses it
        self._listeners: dict[Table, list[Callable[[], None]]] = {table: [] for table in Table}

    @property
    def path(self) -> Path:
        """Where the file is."""
        return self._path

    async def open(self) -> None:
        """Open the file, making it if it is not there, and bring its schema up to date.

        Raises:
            NewerDatabaseError: it holds migrations that this program does not know.
            CorruptDatabaseError: it is damaged; it is left as it is.
            StorageFullError: there is no room for it.
            DatabaseError: it cannot be opened, with what to do.

        """
        loop = self._loop = asyncio.get_running_loop()
        try:
            for_writing = partial(_open_for_writing, changed=self._changed.add)
            self._write_connection = await loop.run_in_executor(self._writer, _opened, self._path, for_writing)
            self._read_connection = await loop.run_in_executor(self._reader, _opened, self._path, _open_for_reading)
        except BaseException:
            await self.close()
            raise

    def subscribe(self, table: Table, heard: Callable[[], None]) -> None:
        """Have `heard` called on the event loop after each commit that changed a row of this table."""
        self._listeners[table].append(heard)

    async def write(self, work: Callable[Concatenate[Connection, P], T], *args: P.args, **kwargs: P.kwargs) -> T:
        """Run `work` in one immediate transaction; all of it is stored, or nothing.

        The write goes on when the waiter is cancelled, so that a shutdown loses no result.

        Raises:
            StorageFullError: the disk is full; nothing was stored.
            sqlite3.Error: as SQLite says it.

        """
        job = partial(self._in_transaction, work, *args, **kwargs)
        return await asyncio.shield(asyncio.get_running_loop().run_in_executor(self._writer, job))

    async def read(self, work: Callable[Concatenate[Connection, P], T], *args: P.args, **kwargs: P.kwargs) -> T:
        """Run `work` on a connection that can only read."""
        job = partial(self._reading, work, *args, **kwargs)
        return await asyncio.get_running_loop().run_in_executor(self._reader, job)

    def write_blocking(self, work: Callable[Concatenate[Connection, P], T], *args: P.args, **kwargs: P.kwargs) -> T:
        """Do as `write` does, for worker threads."""
        return self._writer.submit(partial(self._in_transaction, work, *args, **kwargs)).result()

    async def close(self) -> None:
        """Finish what is queued and close the file; safe to call twice."""
        for executor, connection in ((self._reader, self._read_connection), (self._writer, self._write_connection)):
            if connection is not None:
                await asyncio.get_running_loop().run_in_executor(executor, connection.close)
            executor.shutdown(wait=True)
        self._read_connection = self._write_connection = None
        self._reader = ThreadPoolExecutor(1, thread_name_prefix="database-reader")
        self._writer = ThreadPoolExecutor(1, thread_name_prefix="database-writer")

    def _in_transaction(self, work: Callable[Concatenate[Connection, P], T], *args: P.args, **kwargs: P.kwargs) -> T:
        if self._write_connection is None or self._loop is None:
            raise DatabaseError("the database is closed")
        self._changed.clear()
        result = in_transaction(self._write_connection, work, *args, **kwargs)
        if self._changed:
            self._loop.call_soon_threadsafe(self._tell, frozenset(self._changed))
        return result

    def _reading(self, work: Callable[Concatenate[Connection, P], T], *args: P.args, **kwargs: P.kwargs) -> T:
        if self._read_connection is None:
            raise DatabaseError("the database is closed")
        return work(self._read_connection, *args, **kwargs)

    def _tell(self, changed: frozenset[Table]) -> None:
        for table in changed:
            for heard in self._listeners[table]:
                heard()


def _watch(db: Connection, changed: Callable[[Table], None]) -> None:
    """Have SQLite itself say which of the tables a transaction changes, so that no line of ours can forget to.

    Triggers of the temporary schema belong to this connection alone.
    """
    db.conn.create_function("changed", 1, lambda name: changed(Table(name)))
    for table in Table:
        for event in ("INSERT", "UPDATE", "DELETE"):
            db.execute(
                f"CREATE TEMP TRIGGER {table}_{event} AFTER {event} ON main.{table}"
                f" BEGIN SELECT changed('{table}'); END"
            )


def in_transaction(
    db: Connection, work: Callable[Concatenate[Connection, P], T], *args: P.args, **kwargs: P.kwargs
) -> T:
    """Run `work` in one immediate transaction of this connection.

    Raises:
        StorageFullError: the disk is full; nothing was stored.

    """
    try:
        db.conn.execute("BEGIN IMMEDIATE")
        result = work(db, *args, **kwargs)
        db.conn.execute("COMMIT")
    except sqlite3.Error as error:
        db.conn.rollback()
        if getattr(error, "sqlite_errorname", "") in _FULL:
            raise StorageFullError("There is no room left for the database; free some disk space.") from error
        raise
    except BaseException:
        db.conn.rollback()
        raise
    return result


def check(path: Path) -> None:
    """Check a file as `Database.open` does, without changing it; a file that is not there or empty passes.

    Raises:
        DatabaseError: as `Database.open` says it.

    """
    with _explaining(path):
        if path.exists() and path.stat().st_size:
            _check(path)


@contextmanager
def read_only(path: Path) -> Iterator[Connection]:
    """Give out a connection that cannot change a byte of the file; good beside a running bot.

    Raises:
        DatabaseError: it cannot be opened or read, with what to do.

    """
    with _explaining(path), closing(_connect_read_only(path)) as conn:
        yield Connection(conn)


@contextmanager
def plain_file(path: Path) -> Iterator[Connection]:
    """Give out a connection to a copy: one file, without a log of writes beside it.

    Raises:
        DatabaseError: it cannot be opened or written, with what to do.

    """
    with _explaining(path), closing(sqlite3.connect(path, timeout=BUSY_TIMEOUT, isolation_level=None)) as conn:
        yield Connection(conn)


@contextmanager
def _explaining(path: Path) -> Iterator[None]:
    if path.is_dir():
        raise DatabaseError(f"{path} is a folder; DATABASE_PATH has to name a file, such as {path / 'tokenflex.db'}.")
    try:
        yield
    except OSError as error:
        raise DatabaseError(f"{path} cannot be opened ({error.strerror}); check the folder and its rights.") from error
    except sqlite3.DatabaseError as error:
        raise _explained(path, error) from error


def _opened(path: Path, opener: Callable[[Path], Connection]) -> Connection:
    """Return what `opener` returns, with every failure said in words that help."""
    with _explaining(path):
        return opener(path)


def _open_for_writing(path: Path, changed: Callable[[Table], None]) -> Connection:
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    if not path.exists():
        path.touch(mode=0o600)
    if path.is_file() and path.stat().st_size:
        _check(path)
    db = _connect(path)
    with _closed_on_failure(db.conn):
        if migrations.pending(db):
            in_transaction(db, migrations.apply)  # one bot or `login` at a time, and all of the steps or none
        _watch(db, changed)
    return db


def _open_for_reading(path: Path) -> Connection:
    db = _connect(path)
    with _closed_on_failure(db.conn):
        db.conn.execute("PRAGMA query_only = ON")
    return db


def _connect(path: Path) -> Connection:
    conn = sqlite3.connect(path, timeout=BUSY_TIMEOUT, isolation_level=None, check_same_thread=False)
    with _closed_on_failure(conn):
        conn.execute("PRAGMA journal_mode = WAL")
        conn.execute("PRAGMA synchronous = FULL")  # an accepted request survives a power cut, not only a crash
        conn.execute("PRAGMA foreign_keys = ON")
        conn.execute("PRAGMA secure_delete = ON")
        return Connection(conn)


@contextmanager
def _closed_on_failure(conn: sqlite3.Connection) -> Iterator[None]:
    try:
        yield
    except BaseException:
        conn.close()
        raise


def _check(path: Path) -> None:
    """Refuse a file that is damaged or not ours, through a connection that cannot change a byte of it."""
    if path.stat().st_size < _SMALLEST:
        raise sqlite3.DatabaseError("too short for a database; SQLite would begin a new one in it")
    with closing(_connect_read_only(path)) as conn:
        db = Connection(conn)
        if path.stat().st_size <= WHOLE_CHECK_UP_TO and _first(db, "PRAGMA quick_check(1)") != "ok":
            raise sqlite3.DatabaseError("quick_check failed")
        for table in db.table_names():
            deque(db.table(table).rows_where(order_by="rowid desc", limit=_NEWEST), maxlen=0)
        _check_schema(path, db)


def _connect_read_only(path: Path) -> sqlite3.Connection:
    address = f"{path.absolute().as_uri()}?mode=ro"
    return sqlite3.connect(address, uri=True, timeout=BUSY_TIMEOUT, isolation_level=None)


def _check_schema(path: Path, db: Connection) -> None:
    applied = {migration.name for migration in migrations.applied(db)}
    unknown = applied - _all_names()
    if unknown:
        raise NewerDatabaseError(
            f"{path} was written by a newer version of this program (it knows {', '.join(sorted(unknown))}); "
            "start that version, or restore a backup from before."
        )
    if not applied and set(db.table_names()) - _NOBODYS:
        raise DatabaseError(f"{path} belongs to another program; give the bot a DATABASE_PATH of its own.")


def _all_names() -> set[str]:
    empty = Connection(memory=True)
    try:
        return {migration.name for migration in migrations.pending(empty)}
    finally:
        empty.close()


def _first(db: Connection, sql: str) -> object:
    return db.execute(sql).fetchone()[0]


def _explained(path: Path, error: sqlite3.DatabaseError) -> DatabaseError:
    if getattr(error, "sqlite_errorname", "") in _FULL:
        return StorageFullError(f"There is no room for {path}; free some disk space and start again.")
    if isinstance(error, sqlite3.OperationalError):
        return DatabaseError(f"{path} cannot be opened ({error}); check the folder, its rights and other processes.")
    return CorruptDatabaseError(
        f"{path} is damaged or is not a SQLite database; it was left as it is. Restore a backup, or move the file "
        "away to begin with an empty one; if it is not the bot's, change DATABASE_PATH."
    )
