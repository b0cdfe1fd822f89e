"""The header line of a file, read and checked before any library looks at the file: columns are found by name.

Source: Token Flex, CSV (assumptions, and what was seen in four files of a recorded run: a comma more at the end of
every line). Case, blanks and signs make no difference ("Usage Date", `usage_date`); another order than the one asked
for is read as it is.
"""

import codecs
import csv
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from bot.cards.figures import Fault

MOST_LINE: Final = 2_000_000  #: bytes of a line; DuckDB's own limit
MOST_COLUMNS: Final = 200  #: a request has some forty at most
_HEAD: Final = 1 << 20  #: bytes in which the first line has to end
_WIDE: Final = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)


class UnreadableError(Exception):
    """There will be no figures of this file; it knows why, and of the file it holds nothing but names we asked for."""

    def __init__(self, fault: Fault, columns: Sequence[str] = (), line: int = 0) -> None:
        super().__init__(fault.value)
        self.fault, self.columns, self.line = fault, tuple(columns), line


@dataclass(frozen=True, slots=True)
class Header:
    """The columns in the file's own order, those we asked for by our spelling; "" is the empty one at the end."""

    names: tuple[str, ...]


def read_header(path: Path, expected: Sequence[str]) -> Header:
    """Return the header of a file that has the expected columns, in any order and perhaps among others.

    Raises:
        UnreadableError: it is no CSV of this request.

    """
    try:
        with path.open("rb") as file:
            head = file.read(_HEAD)
    except OSError:
        raise UnreadableError(Fault.GONE) from None
    line = _first_line(head)
    names = _names(line, ",")
    found = _known(names, expected)
    missing = [name for name in expected if name not in found]
    if missing:
        raise UnreadableError(*_why(line, names, expected, missing))
    if len(names) > MOST_COLUMNS:
        raise UnreadableError(Fault.TOO_WIDE)
    body = found[:-1] if found[-1] == "" else found
    if "" in body or len(set(body)) < len(body):
        raise UnreadableError(Fault.COLUMNS)
    return Header(tuple(found))


def _first_line(head: bytes) -> str:
    if not head.strip(codecs.BOM_UTF8 + b" \t\r\n"):
        raise UnreadableError(Fault.EMPTY)
    if head.startswith(_WIDE) or (head[:1] == b"\0") != (head[1:2] == b"\0"):
        raise UnreadableError(Fault.UTF_16)
    line = head.removeprefix(codecs.BOM_UTF8).splitlines()[0]
    if b"\0" in line:
        raise UnreadableError(Fault.NUL)
    if len(line) >= _HEAD - len(codecs.BOM_UTF8):
        raise UnreadableError(Fault.LONG_LINE)
    if head.removeprefix(codecs.BOM_UTF8).lstrip().startswith(b"<"):
        raise UnreadableError(Fault.PAGE)
    try:
        return line.decode()
    except UnicodeDecodeError:
        raise UnreadableError(Fault.ENCODING) from None


def _names(line: str, separator: str) -> list[str]:
    try:
        return [name.strip() for name in next(csv.reader([line], delimiter=separator, strict=True), [])]
    except csv.Error:
        return []


def _known(names: Sequence[str], expected: Sequence[str]) -> list[str]:
    """Return the names with those we asked for spelled our way."""
    ours = {_letters(name): name for name in expected}
    return [ours.get(_letters(name), name) for name in names]


def _letters(name: str) -> str:
    return "".join(filter(str.isalnum, name)).casefold()


def _why(
    line: str, names: Sequence[str], expected: Sequence[str], missing: Sequence[str]
) -> tuple[Fault, Sequence[str]]:
    if any(set(expected) <= set(_known(_names(line, other), expected)) for other in ";\t|"):
        return Fault.SEPARATOR, ()
    return (Fault.TOO_WIDE, ()) if len(names) > MOST_COLUMNS else (Fault.COLUMNS, missing)
