"""`python -m bot run` on a database that it cannot use: a sentence, exit status 2, and the file as it was."""

import asyncio
import sqlite3
from collections.abc import Awaitable, Callable
from pathlib import Path

import pytest

from storage.database import Database
from tests.harness.process import start_process

SETTINGS = {
    "SLACK_BOT_TOKEN": "xoxb-1",
    "SLACK_APP_TOKEN": "xapp-1",
    "APS_CLIENT_ID": "client",
    "SLACK_BASE_URL": "http://127.0.0.1:9/api/",
}


async def _newer(path: Path) -> None:
    database = Database(path)
    await database.open()
    await database.close()
    _execute(path, "INSERT INTO _sqlite_migrations VALUES (99, 'tokenflex-slack', 'm999_later', '2030')")


async def _foreign(path: Path) -> None:
    _execute(path, "CREATE TABLE customers (id INTEGER)")


async def _no_database(path: Path) -> None:
    await asyncio.to_thread(path.write_bytes, b"a letter to my aunt\n" * 100)


def _execute(path: Path, sql: str) -> None:
    connection = sqlite3.connect(path, isolation_level=None)
    connection.execute(sql)
    connection.close()


@pytest.mark.parametrize("command", [("run",), ("logout",)], ids=lambda words: words[0])
@pytest.mark.parametrize(
    ("make", "sentence"),
    [
        (_newer, "was written by a newer version of this program (it knows m999_later); start that version, or"),
        (_foreign, "belongs to another program; give the bot a DATABASE_PATH of its own."),
        (_no_database, "is damaged or is not a SQLite database; it was left as it is. Restore a backup, or move"),
    ],
    ids=["newer", "foreign", "no database"],
)
async def test_a_database_that_cannot_be_used(
    tmp_path: Path, make: Callable[[Path], Awaitable[None]], sentence: str, command: tuple[str, ...]
) -> None:
    """The path, what is wrong and what to do, in the last line; not one byte of the file is changed."""
    path = tmp_path / "bot.db"
    await make(path)
    before = await asyncio.to_thread(path.read_bytes)
    bot = await start_process(tmp_path, *command, environment=SETTINGS | {"DATABASE_PATH": str(path)})
    assert await bot.ends() == 2
    assert bot.lines[-1].startswith(f"{path} {sentence}")
    assert "Traceback" not in bot.err
    assert await asyncio.to_thread(path.read_bytes) == before


async def test_a_path_that_leads_nowhere(tmp_path: Path) -> None:
    """A file where the folder should be is said with the path."""
    (tmp_path / "file").touch()
    path = tmp_path / "file" / "bot.db"
    bot = await start_process(tmp_path, "run", environment=SETTINGS | {"DATABASE_PATH": str(path)})
    assert await bot.ends() == 2
    assert bot.lines[-1].endswith("check the folder of DATABASE_PATH and its rights.")
    assert "Traceback" not in bot.err
