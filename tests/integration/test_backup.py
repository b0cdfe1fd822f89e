"""Copies of the database: beside a live bot, private, never over something else; and the way back."""

import asyncio
import sqlite3
import stat
from collections.abc import Callable
from contextlib import closing
from datetime import UTC, datetime
from functools import partial
from pathlib import Path

import pytest
from sqlite_utils import Database as Connection

from bot.runtime.process_lock import ProcessLock
from storage import backup, facts
from storage.database import Database, DatabaseError
from tests.harness.house import House
from tests.harness.once import check_once, undelivered
from tests.harness.process import BotProcess, fork_process
from tests.harness.talk import asks, eventually, knows_contracts
from tests.integration.conftest import OpenHouse
from tests.integration.test_start_autodesk import EXPORT

NOW = datetime(2026, 11, 24, 12, tzinfo=UTC)
UNCHECKED_SETTINGS = {"SLACK_BOT_TOKEN": "xoxb-1", "SLACK_APP_TOKEN": "xapp-1", "APS_CLIENT_ID": "id"}


async def make(path: Path, value: str) -> None:
    """Make a database that holds one fact."""
    database = Database(path)
    await database.open()
    await database.write(lambda db: facts.put(db, "fact", value, NOW))
    await database.close()


async def fact_of(path: Path) -> str | None:
    """Read that fact with the bot's own eyes."""
    database = Database(path)
    await database.open()
    value = await database.read(lambda db: facts.get(db, "fact"))
    await database.close()
    return value


def state_of(path: Path, subject: str) -> tuple[str, str] | None:
    """How it stands with a message, and what went wrong with it last."""
    with closing(sqlite3.connect(path)) as db:
        row: tuple[str, str] | None = db.execute(
            "SELECT state, last_error FROM outbox WHERE subject = ?", [subject]
        ).fetchone()
        return row


def mode_of(path: Path) -> int:
    """Who may do what with a file."""
    return stat.S_IMODE(path.stat().st_mode)


def names_in(folder: Path) -> list[str]:
    """The files of a folder."""
    return sorted(path.name for path in folder.iterdir())


async def command(folder: Path, *words: str) -> BotProcess:
    """Run a command to its end in a folder with the database at its default place."""
    process = await fork_process(folder, *words, environment=UNCHECKED_SETTINGS, name="_".join(words[:1]))
    await process.ends()
    return process


async def test_a_backup_is_complete_private_and_one_file(tmp_path: Path) -> None:
    """It opens as the bot opens its own, only its owner may read it, and nothing else is left in the folder."""
    await make(tmp_path / "data.db", "here")
    target = tmp_path / "copies" / "copy.db"
    target.parent.mkdir()
    assert backup.back_up(tmp_path / "data.db", target, NOW) == target.stat().st_size
    assert [path.name for path in target.parent.iterdir()] == ["copy.db"]
    assert mode_of(target) == 0o600
    assert await fact_of(target) == "here"


async def test_the_folder_of_a_backup_is_made(tmp_path: Path) -> None:
    """As docs/install.md names one; only its owner may look into it. One that cannot be made is said."""
    await make(tmp_path / "data" / "tokenflex.db", "here")
    made = await command(tmp_path, "backup", "copies/2026/x.db")
    assert made.process.returncode == 0, made.err
    assert await fact_of(tmp_path / "copies" / "2026" / "x.db") == "here"
    assert mode_of(tmp_path / "copies" / "2026") == 0o700
    (tmp_path / "file").touch()
    refused = await command(tmp_path, "backup", "file/x.db")
    assert (refused.process.returncode, refused.lines) == (
        2,
        ["file cannot be made (File exists); choose another folder."],
    )


async def test_what_is_in_the_log_of_writes_is_in_the_backup(tmp_path: Path) -> None:
    """A bot that has the file open, with writes that have not reached the main file yet, loses nothing."""
    database = Database(tmp_path / "data.db")
    await database.open()
    await database.write(lambda db: facts.put(db, "fact", "fresh", NOW))
    await asyncio.to_thread(backup.back_up, tmp_path / "data.db", tmp_path / "copy.db", NOW)
    await database.close()
    assert await fact_of(tmp_path / "copy.db") == "fresh"


async def test_a_backup_beside_a_writer_is_one_moment(tmp_path: Path) -> None:
    """Two facts that always change together are never apart in a copy, however fast somebody writes."""
    database = Database(tmp_path / "data.db")
    await database.open()
    stop = asyncio.Event()

    def _put_both(db: Connection, value: str) -> None:
        for name in ("a", "b"):
            facts.put(db, name, value, NOW)

    async def _write() -> None:
        number = 0
        while not stop.is_set():
            number += 1
            await database.write(partial(_put_both, value=str(number)))

    writing = asyncio.create_task(_write())
    for number in range(8):
        await asyncio.to_thread(backup.back_up, tmp_path / "data.db", tmp_path / f"copy{number}.db", NOW)
    stop.set()
    await writing
    await database.close()
    for number in range(8):
        copy = Database(tmp_path / f"copy{number}.db")
        await copy.open()
        one, other = await copy.read(lambda db: (facts.get(db, "a"), facts.get(db, "b")))
        await copy.close()
        assert one == other


async def test_nothing_is_overwritten(tmp_path: Path) -> None:
    """A file that is there already is left as it is, and said."""
    await make(tmp_path / "data.db", "here")
    (tmp_path / "copy.db").write_text("precious")
    with pytest.raises(DatabaseError, match="exists already"):
        backup.back_up(tmp_path / "data.db", tmp_path / "copy.db", NOW)
    assert (tmp_path / "copy.db").read_text() == "precious"


@pytest.mark.parametrize(
    ("spoil", "sentence"),
    [
        (lambda folder: None, "nothing to back up"),
        (lambda folder: (folder / "data.db").write_bytes(b"nonsense" * 1000), "damaged"),
    ],
)
def test_a_backup_that_fails_leaves_nothing(tmp_path: Path, spoil: Callable[[Path], object], sentence: str) -> None:
    """No database, or a damaged one: no file with the name of a backup remains."""
    spoil(tmp_path)
    with pytest.raises(DatabaseError, match=sentence):
        backup.back_up(tmp_path / "data.db", tmp_path / "copy.db", NOW)
    assert not list(tmp_path.glob("copy*"))


def test_a_file_that_cannot_be_made(tmp_path: Path) -> None:
    """The sentence names what could not be made."""
    sqlite3.connect(tmp_path / "data.db").close()
    with pytest.raises(DatabaseError, match=r"/proc/copy\.db cannot be written"):
        backup.back_up(tmp_path / "data.db", Path("/proc/copy.db"), NOW)


async def test_the_database_is_no_backup_of_itself(tmp_path: Path) -> None:
    """By whichever path it is named: nothing is changed, and no numbers are left out."""
    await make(tmp_path / "data.db", "here")
    (tmp_path / "link.db").symlink_to(tmp_path / "data.db")
    for name in ("data.db", "link.db"):
        with pytest.raises(DatabaseError, match="is the database itself"):
            backup.restore(tmp_path / "data.db", tmp_path / name, NOW)
    assert await fact_of(tmp_path / "data.db") == "here"


async def test_a_restore_keeps_what_was_there(tmp_path: Path) -> None:
    """The backup is the database now; the old one, with its log of writes, opens under its new name; 0600."""
    await make(tmp_path / "data.db", "old")
    backup.back_up(tmp_path / "data.db", tmp_path / "copy.db", NOW)
    await make(tmp_path / "data.db", "new")
    restored = backup.restore(tmp_path / "data.db", tmp_path / "copy.db", NOW)
    assert await fact_of(tmp_path / "data.db") == "old"
    assert mode_of(tmp_path / "data.db") == 0o600
    assert restored.kept is not None
    assert await fact_of(restored.kept) == "new"
    assert await fact_of(tmp_path / "copy.db") == "old"


async def test_a_log_of_writes_does_not_get_mixed_up(tmp_path: Path) -> None:
    """The writes that a killed bot left beside the file stay with the old file, and do not go into the backup."""
    await make(tmp_path / "data.db", "old")
    backup.back_up(tmp_path / "data.db", tmp_path / "copy.db", NOW)
    await make(tmp_path / "data.db", "new")
    killed = sqlite3.connect(tmp_path / "data.db")
    killed.execute("UPDATE facts SET value = 'newest'")
    killed.commit()
    restored = await asyncio.to_thread(backup.restore, tmp_path / "data.db", tmp_path / "copy.db", NOW)
    killed.close()
    assert await fact_of(tmp_path / "data.db") == "old"
    assert restored.kept is not None
    assert await fact_of(restored.kept) == "newest"


async def test_a_restore_where_there_is_no_database(tmp_path: Path) -> None:
    """On a new machine the folder is made as well, and there is nothing to keep."""
    await make(tmp_path / "copy.db", "old")
    restored = backup.restore(tmp_path / "data" / "data.db", tmp_path / "copy.db", NOW)
    assert restored.kept is None
    assert await fact_of(tmp_path / "data" / "data.db") == "old"


@pytest.mark.parametrize("content", [b"", b"no database at all" * 400])
async def test_a_bad_backup_changes_nothing(tmp_path: Path, content: bytes) -> None:
    """It is checked before anything is moved."""
    await make(tmp_path / "data.db", "here")
    (tmp_path / "copy.db").write_bytes(content)
    before = names_in(tmp_path)
    with pytest.raises(DatabaseError):
        backup.restore(tmp_path / "data.db", tmp_path / "copy.db", NOW)
    with pytest.raises(DatabaseError, match="no such file"):
        backup.restore(tmp_path / "data.db", tmp_path / "missing.db", NOW)
    assert names_in(tmp_path) == before
    assert await fact_of(tmp_path / "data.db") == "here"


async def test_somebody_elses_database_is_no_backup(tmp_path: Path) -> None:
    """A SQLite file of another program is refused."""
    with sqlite3.connect(tmp_path / "other.db") as other:
        other.execute("CREATE TABLE theirs (a)")
    other.close()
    with pytest.raises(DatabaseError, match="another program"):
        backup.restore(tmp_path / "data.db", tmp_path / "other.db", NOW)
    assert not (tmp_path / "data.db").exists()


async def test_the_commands(tmp_path: Path) -> None:
    """`backup` and `restore` say what they did in a sentence, and refuse with exit status 2."""
    (tmp_path / "data").mkdir()
    await make(tmp_path / "data" / "tokenflex.db", "here")
    made = await command(tmp_path, "backup", "copy.db")
    assert made.process.returncode == 0
    assert "copy.db holds all of the database" in made.out
    again = await command(tmp_path, "backup", "copy.db")
    assert again.process.returncode == 2
    assert "exists already" in again.err
    restored = await command(tmp_path, "restore", "copy.db")
    assert restored.process.returncode == 0
    assert "tokenflex.db is the backup now. What was there before is kept as" in restored.out
    assert await fact_of(tmp_path / "data" / "tokenflex.db") == "here"


async def test_a_restore_beside_a_bot_is_refused(tmp_path: Path) -> None:
    """While a bot holds the lock the file is not taken from under it."""
    (tmp_path / "data").mkdir()
    path = tmp_path / "data" / "tokenflex.db"
    await make(path, "here")
    backup.back_up(path, tmp_path / "copy.db", NOW)
    with ProcessLock(path):
        refused = await command(tmp_path, "restore", "copy.db")
    assert refused.process.returncode == 2
    assert "Another bot is running" in refused.err
    assert sorted(file.name for file in path.parent.iterdir() if "before" in file.name) == []


async def test_a_bot_goes_on_after_a_backup_and_from_one(new_house: OpenHouse) -> None:
    """A backup beside a live bot holds its exports; a bot that starts from it knows them."""
    house: House = await new_house()
    await house.start_bot()
    ana = house.member("ana")
    await ana.types("#finance", EXPORT)
    await ana.hears("#finance", "is ready", "Download")
    path = Path(house.environment["DATABASE_PATH"])
    await asyncio.to_thread(backup.back_up, path, house.folder / "copy.db", NOW)
    await ana.types("#finance", EXPORT.replace("year1", "year2"))
    await ana.hears("#finance", "year2", "Download")
    await house.stop_bot()
    await asyncio.to_thread(backup.restore, path, house.folder / "copy.db", NOW)
    await house.start_bot()
    await ana.types("#finance", "/tokenflex list")
    await ana.hears("#finance", "year1", private=True)


async def test_what_was_posted_after_the_copy_is_not_posted_again(new_house: OpenHouse) -> None:
    """The copy holds an announcement that is still to be posted; it stands in the channel when the copy is put back."""
    house: House = await new_house()
    await house.start_bot()
    await knows_contracts(house)
    ana = house.member("ana")
    house.token_flex.controls.hold()
    await asks(ana)
    await eventually(lambda: not undelivered(house))
    house.slack.controls.fail_next("chat.postMessage", retry_after=60)
    house.token_flex.controls.release()
    path = Path(house.environment["DATABASE_PATH"])
    await eventually(lambda: state_of(path, "result:1:1") == ("waiting", "rate limited"))
    await asyncio.to_thread(backup.back_up, path, house.folder / "copy.db", NOW)
    await ana.hears("#finance", "export #1 is ready", private=False, timeout=60)
    await house.stop_bot()
    await asyncio.to_thread(backup.restore, path, house.folder / "copy.db", NOW)
    await house.start_bot()
    await eventually(lambda: not undelivered(house))
    check_once(house, 1)
