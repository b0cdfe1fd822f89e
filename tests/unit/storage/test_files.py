"""What can be wrong with the file of a database, and that it is left as it was."""

import asyncio
import os
import shutil
import sqlite3
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

import pytest
from sqlite_utils import Database as Connection

from storage import database as database_module
from storage import exports
from storage.database import CorruptDatabaseError, Database, DatabaseError, NewerDatabaseError
from storage.states import ExportState
from tests.harness.house import ROOT
from tests.harness.rows import accepted, opened


def count(db: Connection) -> int:
    return db.table("exports").count


async def _make(path: Path) -> None:
    async with opened(path):
        pass


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
    with pytest.raises(DatabaseError, match=r"a\.db is a folder; DATABASE_PATH has to name a file, such as .*/a\.db/"):
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

    def _traced(*arguments: Any, **words: Any) -> sqlite3.Connection:
        connection: sqlite3.Connection = sqlite3.connect(*arguments, **words)
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
            assert await database.read(exports.count_by_state) == {ExportState.QUEUED: 50}
    return said


def _execute(path: Path, sql: str) -> None:
    connection = sqlite3.connect(path, isolation_level=None)
    connection.execute(sql)
    connection.close()
