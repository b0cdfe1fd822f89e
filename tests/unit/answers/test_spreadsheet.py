"""The copy for spreadsheets, read by another program: typed, guarded, whole as far as a sheet can be."""

import codecs
import subprocess
import sys
import zipfile
from collections.abc import Mapping, Sequence
from datetime import datetime
from pathlib import Path

import openpyxl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from openpyxl.worksheet.worksheet import Worksheet

from bot.answers.engine import process, spreadsheet
from bot.answers.engine.document import Limits, Source
from bot.answers.engine.spreadsheet import MOST_TEXT, fitting, guarded
from bot.answers.files import copies
from bot.answers.files.copies import Copy
from bot.cards.figures import Fault, Unread
from bot.cards.names import Names
from bot.tokenflex.catalogue import Catalogue
from tests.unit.answers import processes
from tests.unit.answers.processes import after_asking, left_in, program_of

NAMES = Names(Catalogue(), {"customField1": "Cost centre", "customField2": "=Danger"})
COLUMNS = (
    Source("userName", "text"),
    Source("usageDate", "date"),
    Source("usageMonth", "month"),
    Source("sessionStartDate", "datetime"),
    Source("contractYear", "integer"),
    Source("customField1", "text"),
    Source("tokensConsumed", "metric"),
)
HEADER = ",".join(each.name for each in COLUMNS)


def _asked(path: Path, columns: Sequence[Source] = COLUMNS) -> dict[str, object]:
    return {
        "path": str(path),
        "target": str(path.with_suffix(".xlsx")),
        "folder": str(path.parent),
        "title": "usage",
        "about": [["Contract", "110000123456"]],
        "columns": [{"name": each.name, "kind": each.kind, "title": NAMES.title(each.name)} for each in columns],
    }


def _said(folder: Path, content: bytes, columns: Sequence[Source] = COLUMNS) -> Mapping[str, object]:
    path = folder / "export.csv"
    path.write_bytes(content)
    return spreadsheet.answer(_asked(path, columns))


def _sheet(folder: Path, content: bytes, columns: Sequence[Source] = COLUMNS) -> Worksheet:
    said = _said(folder, content, columns)
    assert "made" in said, said
    sheet = openpyxl.load_workbook(folder / "export.xlsx")["Usage"]
    assert isinstance(sheet, Worksheet)
    return sheet


def _values(sheet: Worksheet) -> list[list[object]]:
    return [[cell.value for cell in row] for row in sheet.iter_rows(min_row=2)]


def test_values_have_the_kinds_of_the_catalogue(tmp_path: Path) -> None:
    row = "jdoe,2026-10-01,2026-10-01,2026-10-01T08:30:00,3,0815,4.25"
    sheet = _sheet(tmp_path, f"{HEADER}\n{row}\n".encode())
    assert [cell.value for cell in sheet[1]] == [NAMES.title(each.name) for each in COLUMNS]
    day = datetime(2026, 10, 1)  # noqa: DTZ001 - a spreadsheet knows no time zones
    assert _values(sheet) == [["jdoe", day, day, day.replace(hour=8, minute=30), 3, "0815", 4.25]]
    shapes = ["General", "yyyy-mm-dd", "yyyy-mm", "yyyy-mm-dd hh:mm:ss", "General", "General", "General"]
    assert [cell.number_format for cell in sheet[2]] == shapes


def test_the_header_stays_there_is_a_filter_and_columns_are_as_wide_as_they_need(tmp_path: Path) -> None:
    sheet = _sheet(tmp_path, f"{HEADER}\n{'j' * 40},,,,,,1\nk,,,,,,2\n".encode())
    assert sheet.freeze_panes == "A2"
    assert sheet.auto_filter.ref == "A1:G3"
    assert sheet["A1"].font.bold
    wide, narrow = sheet.column_dimensions["A"].width, sheet.column_dimensions["G"].width
    assert 40 <= wide < 60
    assert narrow < 15


def test_autodesks_names_stand_on_a_sheet_of_their_own(tmp_path: Path) -> None:
    _sheet(tmp_path, f"{HEADER}\n".encode())
    about = openpyxl.load_workbook(tmp_path / "export.xlsx")["About"]
    told = {str(row[0].value): row[1].value for row in about.iter_rows()}
    assert told["Cost centre"] == "customField1"
    assert told["Contract"] == "110000123456"
    assert told["Rows"] == "0"


#: What stays text where a number or a day should be.
NO_VALUES = {
    "tokensConsumed": ["1e400", "NaN", "inf", "-inf", "1,5", "12345678901234567890", "0.1234567890123456789", "x"],
    "contractYear": ["third", "１２x", "9" * 400],
    "usageDate": ["1900-02-29", "0001-01-01", "infinity", "2026-13-01", "yesterday"],
    "sessionStartDate": ["2026-10-01T08:00:00Z", "2026-10-01T08:00:00+02:00", "noon"],
}


@pytest.mark.parametrize(("name", "text"), [(name, text) for name, texts in NO_VALUES.items() for text in texts])
def test_what_is_none_of_its_kind_stays_as_it_is_written(name: str, text: str, tmp_path: Path) -> None:
    (source,) = [each for each in COLUMNS if each.name == name]
    sheet = _sheet(tmp_path, f'{name}\n"{text}"\n'.encode(), [source])
    assert _values(sheet) == [[guarded(text)]]


@pytest.mark.parametrize("text", ["-4.5", "+1", "1E3", "007", "0.10"])
def test_numbers_stay_numbers(text: str, tmp_path: Path) -> None:
    sheet = _sheet(tmp_path, f"tokensConsumed\n{text}\n".encode(), [Source("tokensConsumed", "metric")])
    assert _values(sheet) == [[float(text)]]


FORMULAS = [
    *("=1+1", "+1", "-1", "@SUM(A1)", "\tx", "\rx", '=HYPERLINK("http://x")', "=cmd|' /C calc'!A0", "＝1", "－1"),
    *("\0=1",),
]


@pytest.mark.parametrize("text", FORMULAS)
def test_a_text_is_never_a_formula(text: str, tmp_path: Path) -> None:
    quoted = text.replace('"', '""')
    sheet = _sheet(tmp_path, f'userName\n"{quoted}"\n'.encode(), [Source("userName", "text")])
    cell = sheet["A2"]
    assert cell.data_type == "s"
    assert str(cell.value).startswith("'")


def test_a_label_of_the_customer_is_no_formula_either(tmp_path: Path) -> None:
    sheet = _sheet(tmp_path, b"customField2\nx\n", [Source("customField2", "text")])
    assert sheet["A1"].value == "'=Danger"


@pytest.mark.parametrize("text", ["http://example.org", "mailto:a@b", "internal:Sheet1!A1", "external:x", "{=1}"])
def test_an_address_is_a_text(text: str, tmp_path: Path) -> None:
    sheet = _sheet(tmp_path, f"userName\n{text}\n".encode(), [Source("userName", "text")])
    assert (sheet["A2"].value, sheet["A2"].hyperlink) == (text, None)
    with zipfile.ZipFile(tmp_path / "export.xlsx") as made:
        sheet_xml = made.read("xl/worksheets/sheet1.xml")
    assert b"<f>" not in sheet_xml
    assert b"hyperlink" not in sheet_xml


def test_what_cannot_be_seen_is_replaced(tmp_path: Path) -> None:
    hostile = b"userName\na\0b\x01\x1b\x7fc\xff\xfe" + b"\xed\xa0\x80" + "\ufffe\uffff".encode() + b"d\n"
    value = str(_values(_sheet(tmp_path, hostile, [Source("userName", "text")]))[0][0])
    assert value.replace("\ufffd", "") == "abcd"


def test_a_cell_that_is_too_long_is_cut_and_that_is_said(tmp_path: Path) -> None:
    whole, long = "x" * MOST_TEXT, "😀" * MOST_TEXT
    said = _said(tmp_path, f"userName\n{whole}\n{long}\n".encode(), [Source("userName", "text")])
    assert said["made"] == {"rows": 2, "total": 2, "cut": 1}
    book = openpyxl.load_workbook(tmp_path / "export.xlsx")
    kept, cut = (str(book["Usage"].cell(row, 1).value) for row in (2, 3))
    assert kept == whole
    assert len(cut.encode("utf-16-le")) // 2 <= MOST_TEXT
    assert cut.endswith("😀…")
    assert any("Cells that were cut" in str(row[0].value) for row in book["About"].iter_rows())


def test_there_are_so_many_rows_and_no_more(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(spreadsheet, "MOST_ROWS", 3)
    said = _said(tmp_path, b"userName\n" + b"j\n" * 5, [Source("userName", "text")])
    assert said["made"] == {"rows": 3, "total": 5, "cut": 0}
    book = openpyxl.load_workbook(tmp_path / "export.xlsx")
    assert book["Usage"].max_row == 4
    assert book["Usage"].auto_filter.ref == "A1:A4"
    about = {row[0].value: str(row[1].value) for row in book["About"].iter_rows()}
    assert about["Rows"].startswith("3, the first of 5")


def test_columns_come_in_the_files_own_order_with_those_nobody_asked_for(tmp_path: Path) -> None:
    sheet = _sheet(
        tmp_path,
        codecs.BOM_UTF8 + b"tokensConsumed,@more,userName,\n1.5,=x,jdoe,\n",
        [Source("userName", "text"), Source("tokensConsumed", "metric")],
    )
    assert [cell.value for cell in sheet[1]] == ["Tokens", "'@more", "User name"]
    assert _values(sheet) == [[1.5, "'=x", "jdoe"]]


#: Files that are none of the request, or that would be read wrongly.
HOSTILE = {
    "empty": (b"", Fault.EMPTY),
    "a page": (b"<html></html>", Fault.PAGE),
    "other columns": (b"productName\nRevit\n", Fault.COLUMNS),
    "semicolons": (b"userName;tokensConsumed\nj;1\n", Fault.SEPARATOR),
    "UTF-16": ("userName,tokensConsumed\n".encode("utf-16"), Fault.UTF_16),
    "a row with more": (b"userName,tokensConsumed\nj,1,2\n", Fault.ROWS),
    "a row with less": (b"userName,tokensConsumed\nj\n", Fault.ROWS),
    "a quote that never closes": (b'userName,tokensConsumed\n"j,1\n' + b"k,1\n" * 600_000, Fault.ROWS),
    "an endless line": (b"userName,tokensConsumed\n" + b"j" * 5_000_000, Fault.LONG_LINE),
}


@pytest.mark.parametrize("name", HOSTILE)
def test_of_a_file_that_is_no_csv_of_the_request_there_is_none(name: str, tmp_path: Path) -> None:
    content, fault = HOSTILE[name]
    said = _said(tmp_path, content, [Source("userName", "text"), Source("tokensConsumed", "metric")])
    assert said["fault"] == fault.value


@given(text=st.text(st.characters(codec=None), max_size=60))
@settings(max_examples=300, deadline=None)
def test_any_text_is_guarded_and_can_be_written(text: str) -> None:
    shown = fitting(guarded(text))
    assert not shown.startswith(("=", "+", "-", "@", "\t", "\r"))
    shown.encode()


@given(text=st.text(min_size=1).map(lambda text: text * (MOST_TEXT // len(text) + 2)))
@settings(max_examples=50, deadline=None)
def test_any_text_fits(text: str) -> None:
    assert len(fitting(guarded(text)).encode("utf-16-le")) // 2 <= MOST_TEXT


# --- as a process --------------------------------------------------------------------------------------------------


async def _copy(folder: Path, content: str, program: Sequence[str] | None = None) -> Copy | Unread:
    path = folder / "export.csv"
    path.write_text(content, encoding="utf-8")
    started = program or process.program("bot.answers.engine.spreadsheet")
    columns = (Source("userName", "text"), Source("tokensConsumed", "metric"))
    return await copies.spreadsheet(path, folder, columns, NAMES, {"Contract": "1"}, Limits(), program=started)


async def test_the_process_makes_the_file_and_leaves_nothing_else(tmp_path: Path) -> None:
    made = await _copy(tmp_path, "userName,tokensConsumed\njdoe,4.5\n")
    assert made == Copy(tmp_path / "export.xlsx", 1, 1)
    assert left_in(tmp_path) == ["export.csv", "export.xlsx"]
    assert openpyxl.load_workbook(tmp_path / "export.xlsx")["Usage"]["B2"].value == 4.5


#: What stands in the process's place, and what becomes of that.
ENDS = {
    **processes.ENDS,
    "another document": ('print(\'{"made": {"rows": 1}}\')', Fault.CRASH),
    "a fault that nobody knows": ('print(\'{"fault": "secret"}\')', Fault.CRASH),
    "a fault": ('print(\'{"fault": "disk"}\')', Fault.DISK),
}


@pytest.mark.parametrize("name", ENDS)
async def test_however_the_process_ends_there_is_a_reason_and_nothing_left(name: str, tmp_path: Path) -> None:
    script, fault = ENDS[name]
    program = program_of(after_asking(script))
    assert await _copy(tmp_path, "userName,tokensConsumed\n", program) == Unread(fault)
    assert left_in(tmp_path) == ["export.csv"]


def test_the_process_that_starts_it_never_loads_the_library() -> None:
    script = "import sys, bot.answers.files.copies, bot.app; sys.exit('xlsxwriter' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", script], check=False).returncode == 0
