"""Databases from the first step on: each released schema, with rows in it, becomes today's."""

import sqlite3
from collections.abc import Callable
from pathlib import Path

import pytest
from sqlite_utils import Database as Connection

from storage import calls, database, exports, logins
from storage.migrations import migrations
from storage.states import ExportState
from tests.harness.house import ROOT
from tests.harness.rows import NOW, accepted, is_open, opened, posted

SCHEMAS = sorted((ROOT / "tests" / "schemas").glob("*.sql"))
KEY = "a long enough database key"


def schema(db: Connection) -> list[tuple[str, str, str]]:
    """What tables and indexes there are, and of what."""
    rows = db.execute("SELECT type, name, sql FROM sqlite_schema ORDER BY type, name").fetchall()
    return [(kind, name, " ".join((sql or "").split())) for kind, name, sql in rows]


def released(file: Path, path: Path) -> None:
    """Make a database as a release of then left it."""
    connection = sqlite3.connect(path, isolation_level=None)
    connection.executescript(file.read_text())
    connection.close()


async def test_every_step_has_its_schema() -> None:
    """Whoever adds a step also keeps the schema that it leads to, so that the next step is tested from there."""
    empty = Connection(memory=True)
    names = [step.name for step in migrations.pending(empty)]
    empty.close()
    assert [file.stem for file in SCHEMAS] == [f"{number:03d}" for number in range(1, len(names) + 1)]
    assert [name[1:4] for name in names] == [file.stem for file in SCHEMAS]


async def test_the_newest_schema_is_todays(tmp_path: Path) -> None:
    """A released step that was changed afterwards would show here."""
    for file, step in zip(SCHEMAS, (*[file.stem for file in SCHEMAS[1:]], None), strict=True):
        released(file, tmp_path / file.stem)
        kept, today = Connection(tmp_path / file.stem), Connection(memory=True)
        names = {name[1:4]: name for name in (each.name for each in migrations.pending(today))}
        migrations.apply(today, stop_before=None if step is None else names[step])
        assert schema(kept) == schema(today), file.name
        kept.close()
        today.close()


@pytest.mark.parametrize("file", SCHEMAS, ids=lambda file: file.stem)
async def test_an_old_database_becomes_todays_with_its_rows(tmp_path: Path, file: Path) -> None:
    """Same tables and indexes as a new one; what was stored is read as records of today, and new rows fit in."""
    released(file, tmp_path / "old.db")
    async with opened(tmp_path / "new.db") as new, opened(tmp_path / "old.db") as old:
        assert await old.read(schema) == await new.read(schema)
        ready, queued = await old.read(lambda db: (exports.get(db, 1), exports.get(db, 2)))
        assert (ready.state, ready.request.fields, ready.announcement) == (ExportState.READY, ("productName",), 1)
        assert (queued.state, queued.request.file_name) == (ExportState.QUEUED, "zwölf")
        assert (await old.write(lambda db: accepted(db, "command:3"))).number == 3
        if file.stem >= "002":
            assert await old.read(is_open, "result:1:1")
            assert await old.read(posted, "card:1") is not None
        if file.stem >= "003":
            assert len(await old.read(lambda db: calls.since(db, NOW.replace(month=1, day=1)))) == 1
        if file.stem >= "004":
            login = await old.write(lambda db: logins.load(db, logins.cipher(db, KEY, NOW)))
            assert login is not None
            assert login.refresh_token == "refresh-token-of-an-old-release"


async def test_a_step_that_fails_leaves_the_old_database(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """All steps of a start are one transaction: after a crash in the middle the version before still starts."""
    released(SCHEMAS[0], tmp_path / "old.db")
    before = Connection(tmp_path / "old.db")
    shape = schema(before)
    before.close()
    apply: Callable[[Connection], None] = migrations.apply

    def _then_crash(db: Connection) -> None:
        apply(db)
        raise sqlite3.OperationalError("disk I/O error")

    monkeypatch.setattr(migrations, "apply", _then_crash)
    with pytest.raises(database.DatabaseError):
        await database.Database(tmp_path / "old.db").open()
    after = Connection(tmp_path / "old.db")
    assert schema(after) == shape
    after.close()


async def test_opening_twice_changes_nothing(tmp_path: Path) -> None:
    """A second start finds nothing to do."""
    async with opened(tmp_path / "a.db") as first:
        shape = await first.read(schema)
    async with opened(tmp_path / "a.db") as second:
        assert await second.read(schema) == shape
        assert await second.read(migrations.pending) == []
