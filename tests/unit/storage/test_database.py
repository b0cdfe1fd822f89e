"""The database file: transactions, two threads, other processes, and everything that can be wrong with a file."""

import asyncio
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from threading import Event, current_thread
from typing import Any

import pytest
from sqlite_utils import Database as Connection

from storage import facts
from storage.database import BUSY_TIMEOUT, Database, DatabaseError, StorageFullError
from storage.migrations import migrations
from tests.harness.rows import NOW, accepted, opened


def count(db: Connection) -> int:
    return db.table("exports").count


def pragma(db: Connection, name: str) -> object:
    return db.execute(f"PRAGMA {name}").fetchone()[0]


@pytest.mark.parametrize(
    ("name", "value"),
    [("journal_mode", "wal"), ("synchronous", 2), ("foreign_keys", 1), ("busy_timeout", BUSY_TIMEOUT * 1000)],
)
async def test_both_connections_have_the_pragmas(tmp_path: Path, name: str, value: object) -> None:
    """WAL, full synchronisation, foreign keys and a busy timeout hold for reading and for writing."""
    async with opened(tmp_path / "a.db") as database:
        assert await database.write(lambda db: pragma(db, name)) == value
        assert await database.read(lambda db: pragma(db, name)) == value


async def test_a_new_file_is_private_and_so_is_its_folder(tmp_path: Path) -> None:
    """Nobody but the bot's account can read them."""
    async with opened(tmp_path / "deep" / "er" / "a.db") as database:
        assert database.path.stat().st_mode & 0o777 == 0o600
        assert database.path.parent.stat().st_mode & 0o777 == 0o700


async def test_a_transaction_is_stored_whole_or_not_at_all(tmp_path: Path) -> None:
    """An error of any kind in the middle leaves nothing behind, and the next write works."""

    def _half(db: Connection) -> None:
        accepted(db)
        raise ValueError("in the middle")

    async with opened(tmp_path / "a.db") as database:
        with pytest.raises(ValueError, match="in the middle"):
            await database.write(_half)
        assert await database.read(count) == 0
        await database.write(accepted)
        assert await database.read(count) == 1


async def test_foreign_keys_hold(tmp_path: Path) -> None:
    """A message about an export that is not there cannot be stored."""
    async with opened(tmp_path / "a.db") as database:
        with pytest.raises(sqlite3.IntegrityError):
            await database.write(lambda db: db.execute("INSERT INTO messages VALUES ('card:9', 9, 'C', '1', NULL, 0)"))


async def test_a_reader_cannot_write(tmp_path: Path) -> None:
    """What is given to `read` changes nothing."""
    async with opened(tmp_path / "a.db") as database:
        with pytest.raises(sqlite3.OperationalError, match="readonly"):
            await database.read(accepted)


async def test_reads_go_on_while_something_is_written(tmp_path: Path) -> None:
    """A reader sees the state before the transaction, without waiting for it."""
    inside, go_on = Event(), Event()

    def _slowly(db: Connection) -> None:
        accepted(db)
        inside.set()
        assert go_on.wait(10)

    async with opened(tmp_path / "a.db") as database:
        writing = asyncio.ensure_future(database.write(_slowly))
        await asyncio.to_thread(inside.wait, 10)
        assert await database.read(count) == 0
        go_on.set()
        await writing
        assert await database.read(count) == 1


async def test_a_cancelled_waiter_does_not_lose_the_write(tmp_path: Path) -> None:
    """A shutdown that cancels whoever waits still records what was about to be recorded."""
    inside, go_on = Event(), Event()

    def _slowly(db: Connection) -> None:
        inside.set()
        assert go_on.wait(10)
        accepted(db)

    async with opened(tmp_path / "a.db") as database:
        writing = asyncio.ensure_future(database.write(_slowly))
        await asyncio.to_thread(inside.wait, 10)
        queued = asyncio.ensure_future(database.write(lambda db: accepted(db, "command:2")))
        await asyncio.sleep(0)
        writing.cancel()
        queued.cancel()
        await asyncio.wait([writing, queued])
        go_on.set()
    async with opened(tmp_path / "a.db") as database:
        assert await database.read(count) == 2


async def test_closing_finishes_what_was_begun_and_can_be_repeated(tmp_path: Path) -> None:
    """Whatever was handed over before is stored; the file can be opened again."""
    database = Database(tmp_path / "a.db")
    await database.open()
    writes = [asyncio.ensure_future(database.write(partial(accepted, origin=f"command:{n}"))) for n in range(20)]
    await asyncio.sleep(0)
    await database.close()
    await database.close()
    await asyncio.gather(*writes)
    await database.open()
    assert await database.read(count) == 20
    await database.close()
    assert not (tmp_path / "a.db-wal").exists()


async def test_a_closed_database_says_so(tmp_path: Path) -> None:
    """Reading and writing before `open` and after `close` are clear errors."""
    database = Database(tmp_path / "a.db")
    for attempt in (database.read(count), database.write(count)):
        with pytest.raises(DatabaseError, match="the database is closed"):
            await attempt
    await database.close()
    with pytest.raises(DatabaseError, match="the database is closed"):
        await asyncio.to_thread(database.write_blocking, count)
    await database.close()


async def test_writes_of_worker_threads_take_the_same_way(tmp_path: Path) -> None:
    """`write_blocking` runs on the one writer thread, in a transaction."""
    async with opened(tmp_path / "a.db") as database:
        names = {
            await asyncio.to_thread(database.write_blocking, lambda _: current_thread().name),
            await database.write(lambda _: current_thread().name),
        }
        assert len(names) == 1
        await asyncio.to_thread(database.write_blocking, accepted)
        assert await database.read(count) == 1


WRITER = """
import sqlite3, sys
db = sqlite3.connect(sys.argv[1], timeout=0, isolation_level=None)
db.execute("BEGIN IMMEDIATE")
db.execute("INSERT INTO facts VALUES ('other', '1', '2026')")
print("writing", flush=True)
sys.stdin.readline()
db.execute("COMMIT")
"""


@pytest.fixture
def other_writer(tmp_path: Path) -> Iterator["subprocess.Popen[str]"]:
    """Another process that is in the middle of a transaction until a line is sent to it."""
    asyncio.run(_make(tmp_path / "a.db"))
    process = subprocess.Popen(
        [sys.executable, "-c", WRITER, tmp_path / "a.db"], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    assert process.stdout is not None
    assert process.stdout.readline() == "writing\n"
    yield process
    process.communicate()


async def _make(path: Path) -> None:
    async with opened(path):
        pass


def test_a_write_waits_for_another_process(tmp_path: Path, other_writer: "subprocess.Popen[str]") -> None:
    """BEGIN IMMEDIATE waits for the lock, so that a read followed by a write never meets "database is locked"."""

    async def _write() -> str | None:
        async with opened(tmp_path / "a.db") as database:
            begun = Event()

            def _read_then_write(db: Connection) -> str | None:
                seen = facts.get(db, "other")
                facts.put(db, "ours", "2", NOW)
                return seen

            await database.read(lambda _: begun.set())
            writing = asyncio.ensure_future(database.write(_read_then_write))
            await asyncio.sleep(0)
            assert not writing.done()
            assert await database.read(lambda db: facts.get(db, "other")) is None
            assert other_writer.stdin is not None
            other_writer.stdin.write("\n")
            other_writer.stdin.flush()
            return await writing

    assert asyncio.run(_write()) == "1"


async def test_every_write_begins_immediate(tmp_path: Path) -> None:
    """A second connection cannot write from the first statement on, even before anything was changed."""
    inside, go_on = Event(), Event()

    def _reads_only(db: Connection) -> None:
        count(db)
        inside.set()
        assert go_on.wait(10)

    async with opened(tmp_path / "a.db") as database:
        writing = asyncio.ensure_future(database.write(_reads_only))
        await asyncio.to_thread(inside.wait, 10)
        other = sqlite3.connect(tmp_path / "a.db", timeout=0, isolation_level=None)
        with pytest.raises(sqlite3.OperationalError, match="locked"):
            other.execute("BEGIN IMMEDIATE")
        other.close()
        go_on.set()
        await writing


# Full disks


async def test_a_full_disk_stores_nothing_by_halves(tmp_path: Path) -> None:
    """No room is a named error with what to do; nothing of the transaction is there, and it goes on when there is."""
    async with opened(tmp_path / "a.db") as database:
        await database.write(accepted)
        pages = await database.write(lambda db: pragma(db, "page_count"))
        await database.write(lambda db: pragma(db, f"max_page_count = {pages}"))

        def _much(db: Connection) -> None:
            for number in range(2, 200):
                accepted(db, f"command:{number}")

        with pytest.raises(StorageFullError, match="free some disk space"):
            await database.write(_much)
        assert await database.read(count) == 1
        await database.write(lambda db: pragma(db, "max_page_count = 100000"))
        await database.write(_much)
        assert await database.read(count) == 199


@pytest.mark.parametrize("name", ["SQLITE_FULL", "SQLITE_IOERR_WRITE", "SQLITE_IOERR_SHMSIZE"])
async def test_every_way_of_having_no_room_is_the_same(tmp_path: Path, name: str) -> None:
    """A full disk, a quota and no room for the shared file are one error to the rest of the bot."""

    def _full(db: Connection) -> None:
        accepted(db)
        error = sqlite3.OperationalError("disk I/O error")
        error.sqlite_errorname = name
        raise error

    async with opened(tmp_path / "a.db") as database:
        with pytest.raises(StorageFullError):
            await database.write(_full)
        assert await database.read(count) == 0


async def test_no_room_at_the_start_is_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A start on a full disk ends with the path and what to do."""
    error = sqlite3.OperationalError("database or disk is full")
    error.sqlite_errorname = "SQLITE_FULL"

    def _full(*_: object) -> None:
        raise error

    monkeypatch.setattr(migrations, "apply", _full)
    with pytest.raises(StorageFullError, match="free some disk space"):
        await Database(tmp_path / "a.db").open()


class Failing(sqlite3.Connection):
    """A connection whose statements count, over all of them; the one of a given number fails."""

    open = 0
    statements = 0
    fails_at = 0

    def __init__(self, *given: Any, **named: Any) -> None:
        super().__init__(*given, **named)
        Failing.open += 1

    def execute(self, *given: Any) -> sqlite3.Cursor:
        Failing.statements += 1
        if Failing.statements == Failing.fails_at:
            raise sqlite3.OperationalError("disk I/O error")
        return super().execute(*given)

    def close(self) -> None:
        Failing.open -= 1
        super().close()


async def test_a_start_that_fails_leaves_no_connection(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whichever statement of opening a file fails, new or old, all that was opened is closed (3.13 warns of it)."""
    connect = sqlite3.connect
    monkeypatch.setattr(sqlite3, "connect", partial(connect, factory=Failing))
    failed = 0
    while True:
        database = Database(tmp_path / f"{failed // 2}.db")
        Failing.statements, Failing.open, Failing.fails_at = 0, 0, failed + 1
        try:
            await database.open()
        except DatabaseError:
            assert Failing.open == 0, failed
            failed += 1
        else:
            break
    assert Failing.statements < Failing.fails_at  # every statement has failed once
    assert failed > 10
    await database.close()
    assert Failing.open == 0
