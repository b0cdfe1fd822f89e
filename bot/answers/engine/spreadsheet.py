"""The process that makes a spreadsheet of a CSV: `python -m bot.answers.engine.spreadsheet`, one task in, one out.

It is the only one that loads XlsxWriter, lives for one file, is handed no secret, and stops when whoever started it
stops reading. Values have the kinds of the catalogue; what is none of its kind stays text, so that nothing is lost.
Texts are never formulas or addresses, and those that a spreadsheet could take for a formula, also after somebody saves
them as CSV, get an apostrophe in front (source: OWASP ASVS 1.2.10).
"""

import csv
import json
import os
import re
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from decimal import Decimal, InvalidOperation
from functools import lru_cache
from pathlib import Path
from typing import Any, Final, TextIO

import xlsxwriter
from xlsxwriter.format import Format
from xlsxwriter.worksheet import Worksheet

from bot.answers.engine.confined import confine
from bot.answers.engine.document import Kind, Limits
from bot.answers.engine.header import MOST_LINE, UnreadableError, read_header
from bot.cards.figures import Fault

MOST_ROWS: Final = 200_000  #: of a spreadsheet; more are in the CSV alone
MOST_TEXT: Final = 32_767  #: characters of a cell, as UTF-16 counts them (source: Excel specifications and limits)
_DIGITS: Final = 15  #: of a number; what has more would not be the same number any more (source: the same)
_LARGEST: Final = Decimal("9.99999999999999E307")  #: (source: the same)
_FIRST_DAY: Final = date(1900, 3, 1)  #: before it spreadsheets count a day that never was
_WIDEST, _NARROWEST = 60, 8  #: characters of a column
_FORMULA: Final = ("=", "+", "-", "@", "\t", "\r", "\0", "＝", "＋", "－", "＠")
#: What XML cannot hold, or nobody can see: control characters, halves of pairs, and two that are no characters.
_UNSEEN: Final = re.compile("[\0-\x08\x0b\x0c\x0e-\x1f\x7f\ud800-\udfff\ufffe\uffff]")
_MADE: Final = datetime(2000, 1, 1, tzinfo=UTC).replace(tzinfo=None)  #: the same file becomes the same bytes
_FORMATS: Final[Mapping[Kind, str]] = {"date": "yyyy-mm-dd", "month": "yyyy-mm", "datetime": "yyyy-mm-dd hh:mm:ss"}


@dataclass(slots=True)
class _Sheet:
    """A sheet while it is written: how wide its columns have to be, and how many cells were cut."""

    worksheet: Worksheet
    formats: Mapping[Kind, Format]
    widths: list[int] = field(default_factory=list)
    cut: int = 0

    def row(self, at: int, values: Sequence[str], kinds: Sequence[Kind]) -> None:
        """Write a row."""
        for place, (text, kind) in enumerate(zip(values, kinds, strict=True)):
            self.widths[place] = max(self.widths[place], min(len(text), _WIDEST))
            self._cell(at, place, text, kind)

    def _cell(self, at: int, place: int, text: str, kind: Kind) -> None:
        value = _value(text, kind)
        if isinstance(value, datetime):
            self.worksheet.write_datetime(at, place, value, self.formats[kind])
        elif isinstance(value, float):
            self.worksheet.write_number(at, place, value)
        elif value:
            whole = guarded(value)
            shown = fitting(whole)
            self.cut += shown is not whole
            self.worksheet.write_string(at, place, shown)


def main(stdin: TextIO = sys.stdin, stdout: TextIO = sys.stdout) -> None:
    """Read one line with a task, write one line that says what was made."""
    asked = json.loads(stdin.readline())
    limits = Limits(**asked["limits"])
    confine(limits, stdin)
    stdout.write(f"{json.dumps(answer(asked))}\n")
    stdout.flush()
    os._exit(0)


def answer(asked: Mapping[str, Any]) -> dict[str, Any]:
    """Return what was made of a file, or why nothing was."""
    try:
        return {"made": _made(asked)}
    except UnreadableError as error:
        return {"fault": error.fault.value, "columns": error.columns, "line": error.line}
    except (MemoryError, OSError) as error:
        return {"fault": (Fault.MEMORY if isinstance(error, MemoryError) else Fault.DISK).value}
    except Exception as error:  # noqa: BLE001 - its text may quote a row, so only its kind is told
        return {"fault": Fault.CRASH.value, "error": type(error).__name__}


def _made(asked: Mapping[str, Any]) -> dict[str, int]:
    """Write the spreadsheet: a sheet of the rows, and one that says what they are."""
    path, kinds = Path(asked["path"]), {each["name"]: each["kind"] for each in asked["columns"]}
    titles = {each["name"]: each["title"] for each in asked["columns"]}
    header = read_header(path, list(kinds))
    options = {
        "constant_memory": True,
        "tmpdir": asked["folder"],
        "strings_to_formulas": False,
        "strings_to_urls": False,
        "strings_to_numbers": False,
    }
    with xlsxwriter.Workbook(asked["target"], options) as book:
        book.set_properties({"title": guarded(asked["title"]), "created": _MADE})
        bold = book.add_format({"bold": True})
        formats = {kind: book.add_format({"num_format": shape}) for kind, shape in _FORMATS.items()}
        names = header.names[:-1] if header.names[-1] == "" else header.names
        sheet = _Sheet(book.add_worksheet("Usage"), formats, [_NARROWEST] * len(names))
        rows, total = _rows(sheet, bold, _lines(path), names, [titles.get(name, name) for name in names], kinds)
        _about(book.add_worksheet("About"), bold, [*asked["about"], *_told(rows, total, sheet.cut)], titles)
    return {"rows": rows, "total": total, "cut": sheet.cut}


def _rows(
    sheet: _Sheet,
    bold: Format,
    lines: Iterator[str],
    names: Sequence[str],
    titles: Sequence[str],
    kinds: Mapping[str, Kind],
) -> tuple[int, int]:
    """Write header and rows; return how many rows were written, and how many there are."""
    sheet.worksheet.write_row(0, 0, [fitting(guarded(title)) for title in titles], bold)
    sheet.widths = [max(_NARROWEST, min(len(title) + 3, _WIDEST)) for title in titles]
    typed = [kinds.get(name, "any") for name in names]
    written = total = 0
    for values in _read(lines, len(names)):
        total += 1
        if total <= MOST_ROWS:
            sheet.row(total, values, typed)
            written = total
    sheet.worksheet.freeze_panes(1, 0)
    sheet.worksheet.autofilter(0, 0, written, len(names) - 1)
    for place, width in enumerate(sheet.widths):
        sheet.worksheet.set_column(place, place, width + 1)
    return written, total


def _read(lines: Iterator[str], width: int) -> Iterator[list[str]]:
    """Return the rows behind the header, each as wide as it; an empty column at the end is none.

    Raises:
        UnreadableError: a row does not fit.

    """
    csv.field_size_limit(MOST_LINE)
    reader = csv.reader(lines, strict=True)
    try:
        next(reader, None)
        for values in reader:
            if not values:
                continue
            body = values[:-1] if len(values) == width + 1 and values[-1] == "" else values
            if len(body) != width:
                raise UnreadableError(Fault.ROWS, line=reader.line_num)
            yield body
    except csv.Error:
        raise UnreadableError(Fault.ROWS, line=reader.line_num) from None


def _lines(path: Path) -> Iterator[str]:
    """Return the lines of a file, of which none is too long to be held; what is no UTF-8 is replaced."""
    try:
        with path.open(encoding="utf-8-sig", errors="replace", newline="") as file:
            while line := file.readline(MOST_LINE + 1):
                if len(line) > MOST_LINE:
                    raise UnreadableError(Fault.LONG_LINE)
                yield line
    except OSError:
        raise UnreadableError(Fault.GONE) from None


def _about(worksheet: Worksheet, bold: Format, facts: Sequence[tuple[str, str]], titles: Mapping[str, str]) -> None:
    """Write what the rows are, and what Autodesk calls each column."""
    told = [*facts, ("", ""), ("Column", "Name at Autodesk"), *((title, name) for name, title in titles.items())]
    worksheet.set_column(0, 0, 30, bold)
    worksheet.set_column(1, 1, _WIDEST)
    for at, (what, value) in enumerate(told):
        worksheet.write_string(at, 0, fitting(guarded(what)))
        worksheet.write_string(at, 1, fitting(guarded(value)))


def _told(rows: int, total: int, cut: int) -> Iterator[tuple[str, str]]:
    left_out = f", the first of {total:,}: the others are in the CSV" if rows < total else ""
    yield "Rows", f"{rows:,}{left_out}"
    if cut:
        yield "Cells that were cut", f"{cut:,}: a cell holds {MOST_TEXT:,} characters, the CSV has them whole"


def _value(text: str, kind: Kind) -> datetime | float | str:
    """Return the value that a text stands for; a text that is none of its kind stays one."""
    read = _READ.get(kind)
    value = None if read is None else read(text)
    return text if value is None else value


def _number(text: str) -> float | None:
    try:
        value = Decimal(text)
    except InvalidOperation:
        return None
    if not value.is_finite() or abs(value) > _LARGEST or len(value.normalize().as_tuple().digits) > _DIGITS:
        return None
    return float(value)


@lru_cache(maxsize=1024)
def _moment(text: str) -> datetime | None:
    try:
        value = datetime.fromisoformat(text)
    except ValueError:
        return None
    # A spreadsheet knows no time zones, so a time that has one stays as it is written.
    return value if value.tzinfo is None and value.date() >= _FIRST_DAY else None


_READ: Final[Mapping[Kind, Callable[[str], datetime | float | None]]] = {
    "metric": _number,
    "integer": _number,
    "date": _moment,
    "month": _moment,
    "datetime": _moment,
}


def guarded(text: str) -> str:
    """Return a text that no spreadsheet takes for a formula, without what cannot be shown."""
    return _UNSEEN.sub("\ufffd", f"'{text}" if text.startswith(_FORMULA) else text)


def fitting(text: str) -> str:
    """Return a text that fits into a cell; one that does not ends with an ellipsis."""
    if len(text) <= MOST_TEXT // 2:
        return text
    units = text.encode("utf-16-le")
    if len(units) <= 2 * MOST_TEXT:
        return text
    return f"{units[: 2 * (MOST_TEXT - 1)].decode('utf-16-le', errors='ignore')}…"


if __name__ == "__main__":
    main()
