"""Files that are no CSV of the request, or one that wants to do harm: each has its sentence, none an effect."""

import codecs
import random
from collections.abc import Callable
from pathlib import Path

import duckdb
import pytest

from bot.answers.answer import answer_of
from bot.answers.engine.__main__ import _connection, answer
from bot.answers.engine.document import Found, Limits, unread
from bot.answers.plan import Plan, plan
from bot.cards.figures import FAULTS, Fault, Unread, cell_text
from bot.cards.names import Names
from bot.tokenflex.catalogue import Catalogue
from tests.unit.answers.files import asked, engine_says, found_in

CATALOGUE = Catalogue()
HEADER = "userName,usageDate,tokensConsumed\n"
ROWS = "jdoe,2026-10-01,4.5\nkobrien,2026-10-02,0.0\n"
GOOD = (HEADER + ROWS).encode()
#: What people must never read of a file that could not be read.
SECRET = "secret-name"


def _plan() -> Plan:
    return plan(asked(["userName", "usageDate"], ["tokensConsumed"]), CATALOGUE)


def _many_rows() -> str:
    return "".join(f"user{at},2026-10-01,1.0\n" for at in range(20_000))


#: Each file, and why there are no figures of it.
HOSTILE: dict[str, tuple[bytes, Fault]] = {
    "empty": (b"", Fault.EMPTY),
    "a byte order mark alone": (codecs.BOM_UTF8, Fault.EMPTY),
    "blank lines": (b"\r\n\n \n", Fault.EMPTY),
    "HTML with 200": (b"<!DOCTYPE html>\n<html><body>userName,usageDate,tokensConsumed</body></html>", Fault.PAGE),
    "HTML after blank lines": (b"\n\n  <html><body>Sign in</body></html>", Fault.PAGE),
    "XML of a store": (b"<?xml version='1.0'?><Error><Code>AccessDenied</Code></Error>", Fault.PAGE),
    "JSON": (b'{"developerMessage": "gone"}', Fault.COLUMNS),
    "other columns": (b"productName,usageDate,tokensConsumed\nRevit,2026-10-01,1\n", Fault.COLUMNS),
    "a column too few": (b"userName,tokensConsumed\njdoe,1\n", Fault.COLUMNS),
    "a column twice": (b"userName,usageDate,tokensConsumed,userName\na,2026-10-01,1,b\n", Fault.COLUMNS),
    "a column without a name": (b"userName,,usageDate,tokensConsumed\na,x,2026-10-01,1\n", Fault.COLUMNS),
    "no header": (ROWS.encode(), Fault.COLUMNS),
    "an open quote in the header": (b'"userName,usageDate,tokensConsumed\njdoe,2026-10-01,1\n', Fault.COLUMNS),
    "ten thousand columns": (",".join(f"c{at}" for at in range(10_000)).encode(), Fault.TOO_WIDE),
    "ten thousand more columns": (
        (HEADER.strip() + "".join(f",c{at}" for at in range(10_000))).encode(),
        Fault.TOO_WIDE,
    ),
    "semicolons": (GOOD.replace(b",", b";"), Fault.SEPARATOR),
    "tabs": (GOOD.replace(b",", b"\t"), Fault.SEPARATOR),
    "bars": (GOOD.replace(b",", b"|"), Fault.SEPARATOR),
    "UTF-16 with its mark": (GOOD.decode().encode("utf-16"), Fault.UTF_16),
    "UTF-16, little end": (GOOD.decode().encode("utf-16-le"), Fault.UTF_16),
    "UTF-16, big end": (GOOD.decode().encode("utf-16-be"), Fault.UTF_16),
    "cp1252 in a row": (HEADER.encode() + "gmüller,2026-10-01,1\n".encode("cp1252"), Fault.ENCODING),
    "cp1252 in the header": ("Büro,userName,usageDate,tokensConsumed\n".encode("cp1252"), Fault.ENCODING),
    "cp1252 at the end of many": (GOOD + _many_rows().encode() + b"fa\xe7ade,2026-10-01,1\n", Fault.ENCODING),
    "UTF-8 that breaks off": (GOOD + "gmü".encode()[:-1], Fault.ENCODING),
    "NUL bytes in a row": (HEADER.encode() + b"j\0doe,2026-10-01,1\n", Fault.NUL),
    "NUL bytes in the header": (b"user\0Name,usageDate,tokensConsumed\n", Fault.NUL),
    "NUL bytes alone": (b"\0" * 4096, Fault.NUL),
    "a row of many megabytes": (HEADER.encode() + b"j" * 40_000_000 + b",2026-10-01,1\n", Fault.LONG_LINE),
    "a header of many megabytes": (b"u" * 40_000_000, Fault.LONG_LINE),
    "a quote that never closes": (GOOD + b'"' + b"j,2026-10-01,1\n" * 200_000, Fault.ROWS),
    "a row with more": (GOOD + f"{SECRET},2026-10-03,1,2,3\n".encode(), Fault.ROWS),
    "a row with less": (GOOD + f"{SECRET}\n".encode(), Fault.ROWS),
    "a value behind the last comma": (
        f"userName,usageDate,tokensConsumed,\n{SECRET},2026-10-01,1,9\n".encode(),
        Fault.ROWS,
    ),
    "text for a number": (GOOD + f"{SECRET},2026-10-03,many\n".encode(), Fault.VALUES),
    "no number": (GOOD + f"{SECRET},2026-10-03,NaN\n".encode(), Fault.VALUES),
    "an infinite number": (GOOD + f"{SECRET},2026-10-03,inf\n".encode(), Fault.VALUES),
    "an enormous number": (GOOD + f"{SECRET},2026-10-03,1e30\n".encode(), Fault.VALUES),
    "text for a day": (GOOD + f"{SECRET},yesterday,1\n".encode(), Fault.VALUES),
    "a day without end": (GOOD + f"{SECRET},infinity,1\n".encode(), Fault.VALUES),
    "a day that never was": (GOOD + f"{SECRET},2026-02-30,1\n".encode(), Fault.VALUES),
    "swapped values": (GOOD + f"2026-10-03,{SECRET},1\n".encode(), Fault.VALUES),
}
#: Faults that no file has: they are the machine's, or the engine's (tests/unit/answers/test_runner.py).
NOT_OF_FILES = {Fault.GONE, Fault.MEMORY, Fault.DISK, Fault.TIME, Fault.CRASH}
#: And those of its way here (tests/unit/answers/test_download.py, test_wire.py, test_reading.py).
OF_DOWNLOADS = {
    *(Fault.HOST, Fault.ADDRESS, Fault.REDIRECT, Fault.REFUSED, Fault.UNREACHABLE, Fault.SERVER, Fault.CUT_OFF),
    *(Fault.PACKED, Fault.ENDLESS, Fault.TOO_LARGE, Fault.ROOM, Fault.NO_LINK),
}


@pytest.mark.parametrize("name", HOSTILE)
def test_a_hostile_file_is_a_sentence(name: str, tmp_path: Path) -> None:
    content, fault = HOSTILE[name]
    outcome = engine_says(tmp_path, content, _plan().task)
    assert isinstance(outcome, Unread), outcome
    assert outcome.fault is fault
    assert outcome.sentence.endswith("The link works all the same.")
    assert SECRET not in repr(outcome) + outcome.sentence


def test_every_fault_of_a_file_is_tried_and_has_a_sentence() -> None:
    assert {fault for _, fault in HOSTILE.values()} == set(Fault) - NOT_OF_FILES - OF_DOWNLOADS
    assert set(FAULTS) == set(Fault)
    assert len(set(FAULTS.values())) == len(FAULTS)


@pytest.mark.parametrize("many", [0, 300_000])
def test_wrong_values_name_their_column_and_line(many: int, tmp_path: Path) -> None:
    rows = b"jdoe,2026-10-01,1\n" * many
    outcome = engine_says(tmp_path, GOOD + rows + b"x,2026-10-03,many\n" + rows, _plan().task)
    assert outcome == Unread(Fault.VALUES, ("tokensConsumed",), 4 + many)


def test_a_value_cannot_forge_which_column_is_wrong(tmp_path: Path) -> None:
    forged = '"\nColumn c0 is being converted as type DATE\n",2026-10-01,many\n'
    outcome = engine_says(tmp_path, GOOD + forged.encode(), _plan().task)
    assert isinstance(outcome, Unread)
    assert (outcome.fault, outcome.columns) == (Fault.VALUES, ("tokensConsumed",))


@pytest.mark.parametrize(("year", "is_one"), [("2", True), ("2.0", True), ("", True), ("1.5", False), ("CC-1", False)])
def test_a_contract_year_is_a_whole_number(year: str, is_one: bool, tmp_path: Path) -> None:
    task = plan(asked(["contractYear"], ["tokensConsumed"]), CATALOGUE).task
    outcome = engine_says(tmp_path, f"contractYear,tokensConsumed\n{year},1\n".encode(), task)
    if is_one:
        assert isinstance(outcome, Found)
    else:
        assert isinstance(outcome, Unread)
        assert (outcome.fault, outcome.columns) == (Fault.VALUES, ("contractYear",))


def test_missing_columns_are_named(tmp_path: Path) -> None:
    outcome = engine_says(tmp_path, b"x,tokensConsumed\n", _plan().task)
    assert outcome == Unread(Fault.COLUMNS, ("userName", "usageDate"))


def test_a_file_that_is_gone_is_a_sentence(tmp_path: Path) -> None:
    task = _plan().task
    assert unread(answer(tmp_path / "export.csv", tmp_path / "spill", task, Limits()), task) == Unread(Fault.GONE)


# --- what looks odd and is right ----------------------------------------------------------------------------------

HARMLESS: dict[str, bytes] = {
    "as it is": GOOD,
    "byte order mark": codecs.BOM_UTF8 + GOOD,
    "quoted header behind a byte order mark": codecs.BOM_UTF8
    + b'"userName","usageDate","tokensConsumed"\n'
    + ROWS.encode(),
    "carriage returns": GOOD.replace(b"\n", b"\r\n"),
    "no line end at the end": GOOD.rstrip(b"\n"),
    "a comma more at every end": GOOD.replace(b"\n", b",\n"),
    "times at days": GOOD.replace(b"-01,", b"-01 00:00:00,").replace(b"-02,", b"-02T00:00:00,"),
    "swapped columns": b"tokensConsumed,userName,usageDate\n4.5,jdoe,2026-10-01\n0.0,kobrien,2026-10-02\n",
    "words in the header": b'"User Name","Usage Date","Tokens Consumed"\n' + ROWS.encode(),
    "signs in the header": b"user_name,usage-date,tokens_consumed\n" + ROWS.encode(),
    "other case in the header": b"USERNAME, usagedate ,TokensConsumed\n" + ROWS.encode(),
    "a column that nobody knows": (
        b"userName,new,usageDate,tokensConsumed\njdoe,?,2026-10-01,4.5\nkobrien,,2026-10-02,0.0\n"
    ),
}


@pytest.mark.parametrize("name", HARMLESS)
def test_what_files_may_look_like_is_read_the_same(name: str, tmp_path: Path) -> None:
    found = found_in(tmp_path, HARMLESS[name], _plan().task)
    expected = found_in(tmp_path, GOOD, _plan().task)
    assert (found.rows, found.totals, found.people) == (2, expected.totals, 2)
    assert (found.grouped, found.timelines) == (expected.grouped, expected.timelines)
    assert (found.first_day, found.last_day) == (expected.first_day, expected.last_day)


def test_a_header_alone_is_an_answer(tmp_path: Path) -> None:
    made = _plan()
    for content in (HEADER.encode(), HEADER.strip().encode(), HEADER.replace("\n", ",\r\n").encode()):
        found = found_in(tmp_path, content, made.task)
        shown = answer_of(found, made, Names(CATALOGUE), people=True)
        assert found.rows == 0
        assert shown.finding == "There was no usage: the file has a header and no rows."
        assert shown.table is None
        assert not shown.series


NASTY = [
    "=cmd|' /C calc'!A0",
    "+49 89 1234",
    "@finance",
    "<!channel>",
    "<@U12345678>",
    "*bold* _italic_ `code`",
    'Smith, "Jane"',
    "two\nlines",
    "o\u202eecila\u202c",
    "\u200fעברית",
    "../../etc/passwd",
    "'; DROP TABLE f; --",
    "x" * 5000,
]


@pytest.mark.parametrize("name", NASTY)
def test_names_come_through_and_are_read_on_one_line_in_one_direction(name: str, tmp_path: Path) -> None:
    made = _plan()
    quoted = name.replace('"', '""')
    found = found_in(tmp_path, f'{HEADER}"{quoted}",2026-10-01,4.5\n'.encode(), made.task)
    (row,) = found.grouped[0].rows
    assert row.keys == (name[:200],)
    shown = answer_of(found, made, Names(CATALOGUE), people=True)
    assert shown.table is not None
    for text in (shown.finding, cell_text(shown.table.rows[0][0])):
        assert text.isprintable()
        assert not set(text) & set("\u202a\u202b\u202c\u202d\u202e\u200f\n")
        assert len(text) < 400


def test_without_people_nothing_in_an_answer_names_any(tmp_path: Path) -> None:
    made = plan(asked(["userName", "productName"], ["tokensConsumed"]), CATALOGUE)
    content = "userName,productName,tokensConsumed\n" + "".join(f"{SECRET}{at},Revit,1\n" for at in range(14))
    found = found_in(tmp_path, content.encode(), made.task)
    names = Names(CATALOGUE)
    hidden, shown = (answer_of(found, made, names, people=people) for people in (False, True))
    assert SECRET not in repr(hidden)
    assert "14 users" in hidden.finding
    assert not hidden.names_people
    assert hidden.table is not None
    assert not hidden.table.names_people
    assert shown.names_people
    assert SECRET in repr(shown)


# --- nothing but this file ----------------------------------------------------------------------------------------

ESCAPES: dict[str, Callable[[Path], str]] = {
    "another file": lambda folder: f"SELECT * FROM read_csv('{folder / 'other.csv'}')",
    "a text of it": lambda folder: f"SELECT * FROM read_text('{folder / 'other.csv'}')",
    "a folder": lambda folder: f"SELECT * FROM glob('{folder}/*')",
    "the network": lambda _: "SELECT * FROM read_csv('https://example.com/a.csv')",
    "an extension": lambda _: "INSTALL httpfs",
    "an extension that is there": lambda _: "LOAD httpfs",
    "a file to write": lambda folder: f"COPY (SELECT 1) TO '{folder / 'made.csv'}'",
    "a database": lambda folder: f"ATTACH '{folder / 'made.db'}'",
    "more memory": lambda _: "SET memory_limit = '8GB'",
    "more access": lambda _: "SET enable_external_access = true",
    "another setting": lambda _: "SET lock_configuration = false",
}


@pytest.mark.parametrize("name", ESCAPES)
def test_the_engine_reaches_nothing_but_its_file(name: str, tmp_path: Path) -> None:
    (tmp_path / "export.csv").write_bytes(GOOD)
    (tmp_path / "other.csv").write_bytes(GOOD)
    connection = _connection(tmp_path / "export.csv", tmp_path / "spill", Limits())
    assert connection.execute("SELECT count(*) FROM read_csv(?)", [str(tmp_path / "export.csv")]).fetchone() == (2,)
    with pytest.raises(duckdb.Error):
        connection.execute(ESCAPES[name](tmp_path)).fetchall()
    assert not list(tmp_path.glob("made.*"))


def test_any_bytes_get_an_outcome(tmp_path: Path) -> None:
    """Pieces of a good file, torn and mixed up, are figures or a fault; nothing else comes back."""
    chance = random.Random(18)
    pieces = [b",", b'"', b"\n", b"\r", b"jdoe", b"2026-10-01", b"1.5", b" ", b"'", b"userName", b";"]
    for _ in range(100):
        content = HEADER.encode() + b"".join(chance.choices(pieces, k=chance.randint(1, 60)))
        outcome = engine_says(tmp_path, content, _plan().task)
        assert isinstance(outcome, Found) or outcome.fault is not Fault.CRASH, content
