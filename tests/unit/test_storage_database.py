"""The database file: transactions, two threads, other processes, and everything that can be wrong with a file."""

import asyncio
import os
import shutil
import sqlite3
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from threading import Event, current_thread

import pytest
from sqlite_utils import Database as Connection

from storage import database as database_module
from storage import exports, facts
from storage.database import (
    BUSY_TIMEOUT,
    CorruptDatabaseError,
    Database,
    DatabaseError,
    NewerDatabaseError,
    StorageFullError,
)
from tests.support.house import ROOT
from tests.support.rows import NOW, accepted, opened


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
            await database.write(lambda db: db.execute("INSERT INTO messages VALUES ('card:9', 9, 'C', '1', NULL)"))


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
    writes = [asyncio.ensure_future(database.write(lambda db, n=n: accepted(db, f"command:{n}"))) for n in range(20)]
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

    monkeypatch.setattr(database_module.migrations, "apply", _full)
    with pytest.raises(StorageFullError, match="free some disk space"):
        await Database(tmp_path / "a.db").open()


# Files that cannot be used


def content(path: Path) -> bytes:
    return path.read_bytes()


async def refused(path: Path, kind: type[DatabaseError], words: str) -> None:
    """Opening is refused with these words, and no byte of the file is changed."""
    before = content(path)
    database = Database(path)
    with pytest.raises(kind, match=words) as caught:
        await database.open()
    await database.close()
    assert type(caught.value) is kind
    assert str(path) in str(caught.value)
    assert content(path) == before


@pytest.mark.parametrize("data", [b"x", b"not a database at all\n" * 10, b"\x00" * 5000, b"PK\x03\x04" * 4000])
async def test_a_file_that_is_no_database_is_left_alone(tmp_path: Path, data: bytes) -> None:
    """It is said what it is not, that it is as it was, and what can be done."""
    (tmp_path / "a.db").write_bytes(data)
    await refused(tmp_path / "a.db", CorruptDatabaseError, "is not a SQLite database; it was left as it is. Restore")


async def _filled(path: Path, exports_wanted: int = 300) -> None:
    def _fill(db: Connection) -> None:
        for number in range(exports_wanted):
            accepted(db, f"command:{number}")

    async with opened(path) as database:
        await database.write(_fill)


@pytest.mark.parametrize("whole", [True, False], ids=["small", "large"])
@pytest.mark.parametrize("damage", ["page", "cut", "header", "schema"])
async def test_a_damaged_database_is_left_alone(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, damage: str, whole: bool
) -> None:
    """Overwritten pages, a cut end, a broken header: refused, also where the file is too large for a whole check."""
    path = tmp_path / "a.db"
    await _filled(path)
    data = bytearray(path.read_bytes())
    match damage:
        case "page":
            data[-4096 * 3 :] = os.urandom(4096 * 3)
        case "cut":
            del data[-4096 * 5 :]
        case "header":
            data[16:24] = b"\xff" * 8
        case "schema":
            data[100:4096] = b"\xff" * 3996
    path.write_bytes(data)
    if not whole:
        monkeypatch.setattr(database_module, "WHOLE_CHECK_UP_TO", 0)
    await refused(path, CorruptDatabaseError, "is damaged or is not a SQLite database; it was left as it is")


async def test_a_damaged_database_keeps_what_its_log_holds(tmp_path: Path) -> None:
    """After a kill the newest changes are in the WAL: a refused start does not move them into a broken file."""
    path = tmp_path / "a.db"
    await _filled(path)
    async with opened(path) as database:
        await database.write(lambda db: accepted(db, "command:new"))
        copy = tmp_path / "copy" / "a.db"
        copy.parent.mkdir()
        for suffix in ("", "-wal"):
            shutil.copy(f"{path}{suffix}", f"{copy}{suffix}")
    data = bytearray(copy.read_bytes())
    data[-4096 * 4 :] = os.urandom(4096 * 4)
    copy.write_bytes(data)
    log = content(Path(f"{copy}-wal"))
    await refused(copy, CorruptDatabaseError, "is damaged")
    assert content(Path(f"{copy}-wal")) == log


async def test_a_killed_process_leaves_a_database_that_opens(tmp_path: Path) -> None:
    """The log that a kill leaves behind is read, with everything that was stored in it."""
    path, copy = tmp_path / "a.db", tmp_path / "copy.db"
    async with opened(path) as database:
        await database.write(accepted)
        for suffix in ("", "-wal"):
            shutil.copy(f"{path}{suffix}", f"{copy}{suffix}")
    async with opened(copy) as database:
        assert await database.read(count) == 1


async def test_a_newer_database_is_refused(tmp_path: Path) -> None:
    """A step that this program does not know means that a newer one was here: nothing is touched."""
    path = tmp_path / "a.db"
    await _make(path)
    _execute(path, "INSERT INTO _sqlite_migrations VALUES (99, 'tokenflex-slack', 'm999_later', '2030')")
    await refused(
        path, NewerDatabaseError, r"newer version of this program \(it knows m999_later\); start that version"
    )


async def test_a_database_of_another_program_is_refused(tmp_path: Path) -> None:
    """A wrong DATABASE_PATH does not put our tables into somebody else's database."""
    path = tmp_path / "a.db"
    _execute(path, "CREATE TABLE exports (id INTEGER)")
    await refused(path, DatabaseError, "belongs to another program; give the bot a DATABASE_PATH of its own")


async def test_an_empty_file_is_a_new_database(tmp_path: Path) -> None:
    """`touch` and a first start that was killed at once do no harm."""
    (tmp_path / "a.db").touch()
    async with opened(tmp_path / "a.db") as database:
        assert await database.read(count) == 0


async def test_a_folder_in_place_of_the_file_is_said(tmp_path: Path) -> None:
    """A path that is a folder, or leads through a file, ends in a sentence with what to check."""
    (tmp_path / "a.db").mkdir()
    with pytest.raises(DatabaseError, match=r"a\.db cannot be opened \(.*\); check the folder"):
        await Database(tmp_path / "a.db").open()
    (tmp_path / "file").touch()
    with pytest.raises(DatabaseError, match=r"a\.db cannot be opened \(.*\); check the folder"):
        await Database(tmp_path / "file" / "a.db").open()


OPEN = """
import asyncio, os, sys
from pathlib import Path
from sqlite_utils import Database as Connection
from storage.database import Database, DatabaseError
Connection(memory=True).close()  # loads what it needs later
if os.geteuid() == 0:  # whom no rights hold up
    os.setuid(65534)
async def main():
    database = Database(Path(sys.argv[1]))
    try:
        await database.open()
    except DatabaseError as error:
        print(error)
    await database.close()
asyncio.run(main())
"""


@pytest.mark.parametrize("there", [True, False], ids=["existing file", "no file"])
def test_a_folder_without_the_right_to_write_is_said(there: bool) -> None:
    """An account that may only read is told which path and what to check; the file stays as it is."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        if there:
            asyncio.run(_make(folder / "a.db"))
            (folder / "a.db").chmod(0o444)
        before = sorted(path.name for path in folder.iterdir())
        folder.chmod(0o555)
        try:
            said = subprocess.run(
                [sys.executable, "-c", OPEN, folder / "a.db"],
                cwd=ROOT,
                capture_output=True,
                text=True,
                check=False,
            )
        finally:
            folder.chmod(0o755)
        assert said.stderr == ""
        assert f"{folder}/a.db cannot be opened (" in said.stdout
        assert "check the folder" in said.stdout
        assert sorted(path.name for path in folder.iterdir()) == before


async def test_a_large_file_is_not_read_whole_at_a_start(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Above the limit only the newest rows are looked at, so that a start costs the same with ever more exports."""
    path = tmp_path / "a.db"
    await _filled(path, 50)
    whole, bounded = [await _statements(path, monkeypatch, limit) for limit in (database_module.WHOLE_CHECK_UP_TO, 0)]
    assert any("quick_check" in statement for statement in whole)
    assert not any("quick_check" in statement for statement in bounded)
    assert any("limit 1000" in statement.lower() for statement in bounded)


async def _statements(path: Path, monkeypatch: pytest.MonkeyPatch, limit: int) -> list[str]:
    said: list[str] = []

    def _traced(*arguments: object, **words: object) -> sqlite3.Connection:
        connection = sqlite3.connect(*arguments, **words)
        connection.set_trace_callback(said.append)
        return connection

    class Traced:
        connect = staticmethod(_traced)

        def __getattr__(self, name: str) -> object:
            return getattr(sqlite3, name)

    with monkeypatch.context() as patch:
        patch.setattr(database_module, "sqlite3", Traced())
        patch.setattr(database_module, "WHOLE_CHECK_UP_TO", limit)
        async with opened(path) as database:
            assert await database.read(exports.count_queued) == 50
    return said


def _execute(path: Path, sql: str) -> None:
    connection = sqlite3.connect(path, isolation_level=None)
    connection.execute(sql)
    connection.close()
