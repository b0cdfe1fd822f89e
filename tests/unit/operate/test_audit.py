"""The audit: rows are only ever added, and come out as CSV without formulas or as JSON lines."""

import argparse
import asyncio
import csv
import io
import json
import sqlite3
import sys
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlite_utils import Database as Connection

from bot.operate import audit_page as report
from storage import audit
from storage.audit import Act, Entry, Source
from storage.database import DatabaseError
from tests.harness.house import ROOT
from tests.harness.rows import NOW, after, opened

ENTRY = Entry(NOW, "U1", Act.LINK_SHOWN, 1, "C1", Source.BUTTON, "privately")


def record(db: Connection, *entries: Entry) -> None:
    for each in entries:
        audit.add(db, each)


async def test_rows_come_back_in_their_order(tmp_path: Path) -> None:
    """What was recorded is what is read, from a moment on."""
    later = replace(ENTRY, at=after(1), export_number=None, act=Act.REFUSED)
    async with opened(tmp_path / "a.db") as database:
        await database.write(lambda db: record(db, ENTRY, later))
        assert await database.read(lambda db: list(audit.since(db))) == [ENTRY, later]
        assert await database.read(lambda db: list(audit.since(db, after(1)))) == [later]


@pytest.mark.parametrize(
    "sql",
    [
        "UPDATE audit SET person = 'U2'",
        "DELETE FROM audit",
        "DELETE FROM audit WHERE id = 1",
        "REPLACE INTO audit VALUES (1, '', 'U2', 'requested', 1, '', 'bot', '', '')",
        "INSERT INTO audit VALUES (1, '', 'U2', 'requested', 1, '', 'bot', '', '') ON CONFLICT DO UPDATE SET at = ''",
    ],
)
async def test_no_row_changes_or_goes(tmp_path: Path, sql: str) -> None:
    """The database itself refuses it, whatever code asks."""
    async with opened(tmp_path / "a.db") as database:
        await database.write(lambda db: audit.add(db, ENTRY))
        with pytest.raises(sqlite3.IntegrityError, match="the audit only grows"):
            await database.write(lambda db: db.conn.execute(sql))
        assert await database.read(lambda db: list(audit.since(db))) == [ENTRY]


async def written(folder: Path, style: str, since: datetime | None = None) -> str:
    """The record of two rows, as the command writes it beside an open database."""
    out = io.StringIO()
    async with opened(folder / "a.db") as database:
        hostile = replace(ENTRY, at=after(1), channel="=HYPERLINK(1)", result='two "lines"\nhere, é')
        await database.write(lambda db: record(db, ENTRY, hostile))
        report.write(database.path, since, style, out)
    return out.getvalue()


async def test_csv_for_a_spreadsheet(tmp_path: Path) -> None:
    """A header, one row each, and no cell that is a formula."""
    rows = list(csv.DictReader(io.StringIO(await written(tmp_path, "csv"))))
    assert list(rows[0]) == list(report.COLUMNS)
    assert rows[0] == {
        "at": NOW.isoformat(),
        "person": "U1",
        "act": "link shown",
        "export": "1",
        "channel": "C1",
        "from": "button",
        "result": "privately",
    }
    assert rows[1]["channel"] == "'=HYPERLINK(1)"
    assert rows[1]["result"] == 'two "lines"\nhere, é'


async def test_json_lines_for_a_machine(tmp_path: Path) -> None:
    """One object in each line, as it was stored."""
    lines = (await written(tmp_path, "jsonl", after(1))).splitlines()
    assert [json.loads(line)["channel"] for line in lines] == ["=HYPERLINK(1)"]
    assert list(json.loads(lines[0])) == list(report.COLUMNS)


@pytest.fixture
async def many(tmp_path: Path) -> Path:
    """A folder with a database of more rows than a pipe holds, and the settings that the command needs."""
    async with opened(tmp_path / "data" / "tokenflex.db") as database:
        await database.write(lambda db: record(db, *[ENTRY] * 3000))
    (tmp_path / ".env").write_text("SLACK_BOT_TOKEN=xoxb-1\nSLACK_APP_TOKEN=xapp-1\nAPS_CLIENT_ID=id\n")
    return tmp_path


@pytest.mark.parametrize("style", report.STYLES)
async def test_a_reader_that_has_enough(many: Path, style: str) -> None:
    """`audit | head` ends quietly: nothing is wrong with the database, or at all."""
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "bot", "audit", "--format", style, cwd=many, env={"PYTHONPATH": str(ROOT)},
        stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE,
    )  # fmt: skip
    assert process.stdout is not None
    assert process.stderr is not None
    assert await process.stdout.readline()
    process._transport.get_pipe_transport(1).close()  # type: ignore[attr-defined]
    assert await process.stderr.read() == b""
    assert await process.wait() == 0


async def test_a_disk_that_takes_no_more(many: Path) -> None:
    """What cannot be written is not said of the database."""

    def _write() -> None:
        with Path("/dev/full").open("w", encoding="utf-8") as full:
            report.write(many / "data" / "tokenflex.db", None, "csv", full)

    with pytest.raises(report.UnwritableError) as caught:
        await asyncio.to_thread(_write)
    assert str(caught.value) == "The record could not be written to its end (No space left on device)."


@given(st.text())
def test_no_cell_is_a_formula(text: str) -> None:
    """Whatever a cell holds, a spreadsheet takes it for text, and nothing else is changed."""
    cell = report.neutral(text)
    assert not cell.startswith(("=", "+", "-", "@", "\t", "\r", "\n"))
    assert cell in {text, f"'{text}"}


@pytest.mark.parametrize(
    ("text", "moment"),
    [
        ("2026-01-31", datetime(2026, 1, 31, tzinfo=UTC)),
        ("2026-01-31T12:00", datetime(2026, 1, 31, 12, tzinfo=UTC)),
        ("2026-01-31T12:00:00+02:00", datetime(2026, 1, 31, 10, tzinfo=UTC)),
    ],
)
def test_since(text: str, moment: datetime) -> None:
    """A day, or a moment; without a zone it is UTC."""
    assert report.moment(text) == moment


@pytest.mark.parametrize("text", ["yesterday", "31.1.2026", ""])
def test_no_date(text: str) -> None:
    """What is no date is said to be none."""
    with pytest.raises(argparse.ArgumentTypeError, match="is no date; write it as in"):
        report.moment(text)


def test_without_a_database(tmp_path: Path) -> None:
    """Nothing is made; the sentence says why there is nothing."""
    with pytest.raises(DatabaseError, match="There is no database"):
        report.write(tmp_path / "none.db", None, "csv", io.StringIO())
    assert not (tmp_path / "none.db").exists()


def test_an_older_database(tmp_path: Path) -> None:
    """A database from before the audit says what to do."""
    sqlite3.connect(tmp_path / "old.db").executescript("CREATE TABLE exports (number); CREATE TABLE x (y);").close()
    with pytest.raises(DatabaseError, match="start the bot once"):
        report.write(tmp_path / "old.db", None, "csv", io.StringIO())
