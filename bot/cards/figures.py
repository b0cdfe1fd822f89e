"""An answer as a neutral value, before anybody draws it: what was found, facts, a table, series, a receipt.

It knows nothing of Slack. Texts in it are as the file has them: whoever draws them escapes them.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from enum import StrEnum
from typing import Final

from bot.cards.text import day

#: What stands in a place of a table; None: the file has no value there, or none that would be true.
Cell = str | Decimal | int | date | None


class Shape(StrEnum):
    """How a series is best drawn."""

    LINE = "line"
    BAR = "bar"
    PIE = "pie"


@dataclass(frozen=True, slots=True)
class Fact:
    """One number with what it counts: "Tokens", 1204.5."""

    title: str
    value: Decimal | int


@dataclass(frozen=True, slots=True)
class Column:
    """A column of a table; `is_personal`: its texts name people; `is_number`: it sorts by number."""

    title: str
    is_number: bool = False
    is_personal: bool = False


@dataclass(frozen=True, slots=True)
class Table:
    """The first of so many rows; `groups` counts all that there are, shown or not."""

    caption: str
    columns: tuple[Column, ...]
    rows: tuple[tuple[Cell, ...], ...]
    groups: int

    @property
    def names_people(self) -> bool:
        """Whether somebody who must not see names must not see this."""
        return any(column.is_personal for column in self.columns)


@dataclass(frozen=True, slots=True)
class Point:
    """One value of a series under its label."""

    label: str
    value: Decimal


@dataclass(frozen=True, slots=True)
class Series:
    """Values for a chart; `by` says what the labels are, `of` what is counted."""

    title: str
    by: str
    of: str
    shape: Shape
    points: tuple[Point, ...]
    names_people: bool = False


@dataclass(frozen=True, slots=True)
class Receipt:
    """What was read: rows and bytes of the file, its SHA-256 in hexadecimal, the last day in it where it has days."""

    rows: int
    size: int
    sha256: str
    last_day: date | None = None


@dataclass(frozen=True, slots=True)
class Answer:
    """The figures of a file; `finding` is one sentence that stands alone, `notes` say what must not be misread.

    `period` is what the file has usage of, in words; "" where nothing in it says so. `comparison` has sentences on how
    that differs from earlier answers to the same question; the table then has columns for it.
    """

    finding: str
    facts: tuple[Fact, ...]
    receipt: Receipt
    period: str = ""
    table: Table | None = None
    series: tuple[Series, ...] = ()
    notes: tuple[str, ...] = ()
    names_people: bool = False
    comparison: tuple[str, ...] = ()


class Fault(StrEnum):
    """Why there are no figures of a file; `FAULTS` has what people read."""

    EMPTY = "empty"
    PAGE = "page"
    SEPARATOR = "separator"
    COLUMNS = "columns"
    TOO_WIDE = "too-wide"
    UTF_16 = "utf-16"
    ENCODING = "encoding"
    NUL = "nul"
    LONG_LINE = "long-line"
    ROWS = "rows"
    VALUES = "values"
    GONE = "gone"
    MEMORY = "memory"
    DISK = "disk"
    TIME = "time"
    CRASH = "crash"
    HOST = "host"
    ADDRESS = "address"
    REDIRECT = "redirect"
    REFUSED = "refused"
    UNREACHABLE = "unreachable"
    SERVER = "server"
    CUT_OFF = "cut-off"
    PACKED = "packed"
    ENDLESS = "endless"
    TOO_LARGE = "too-large"
    ROOM = "room"
    NO_LINK = "no-link"


#: What happened; what follows is the same for all. Tested to be total.
FAULTS: Final[Mapping[Fault, str]] = {
    Fault.EMPTY: "it is empty, without even a header",
    Fault.PAGE: "a web page came instead",
    Fault.SEPARATOR: "its columns are not separated by commas",
    Fault.COLUMNS: "its columns are not the ones that were asked for",
    Fault.TOO_WIDE: "it has far more columns than were asked for",
    Fault.UTF_16: "it is written in UTF-16, and files of Token Flex are in UTF-8",
    Fault.ENCODING: "it is not written in UTF-8, so names in it could be misread",
    Fault.NUL: "it has NUL bytes, which no CSV has, so it may be damaged",
    Fault.LONG_LINE: "a line in it is longer than two million characters",
    Fault.ROWS: "a row in it does not fit its header",
    Fault.VALUES: "a column has values of another kind than it should have",
    Fault.GONE: "it was gone before it could be read",
    Fault.MEMORY: "reading it took more memory than it may",
    Fault.DISK: "reading it took more room on the disk than it may",
    Fault.TIME: "reading it took longer than it may",
    Fault.CRASH: "the program that reads it stopped unexpectedly",
    Fault.HOST: "its link leads to a host that DOWNLOAD_HOSTS does not name, or not by HTTPS, so it was not downloaded",
    Fault.ADDRESS: "its host is in a private network that DOWNLOAD_HOSTS does not name, so it was not downloaded",
    Fault.REDIRECT: "its link only leads on to others, without an end",
    Fault.REFUSED: "its server refused to give it",
    Fault.UNREACHABLE: "its server could not be reached",
    Fault.SERVER: "its server did not answer as it should",
    Fault.CUT_OFF: "its download stopped in the middle",
    Fault.PACKED: "it came packed in a way that cannot be read",
    Fault.ENDLESS: "its download took longer than it may",
    Fault.TOO_LARGE: "it is larger than ANSWER_MAX_MB allows",
    Fault.ROOM: "the disk of the bot has no room for it",
    Fault.NO_LINK: "Autodesk gave no link to it, however often I asked",
}
#: Where it did not come, nobody knows whether the link works for others.
_NOT_CAME: Final = frozenset(
    {
        *(Fault.REDIRECT, Fault.REFUSED, Fault.UNREACHABLE, Fault.SERVER, Fault.CUT_OFF),
        *(Fault.ENDLESS, Fault.GONE, Fault.NO_LINK),
    }
)


#: What there may be one of.
_ONE: Final[Mapping[str, str]] = {
    "tokens": "token",
    "hours of use": "hour of use",
    "minutes of use": "minute of use",
    "different users": "different user",
    "users": "user",
    "sessions": "session",
    "entries": "entry",
    "rows": "row",
    "bytes": "byte",
}


@dataclass(frozen=True, slots=True)
class Unread:
    """A file without figures; `columns` are names of ours that it is about, `line` where in the file, 0: unknown."""

    fault: Fault
    columns: tuple[str, ...] = ()
    line: int = 0

    @property
    def sentence(self) -> str:
        """What people read under the link; it holds nothing of the file."""
        about = f" ({', '.join(self.columns[:5])}{'…' if len(self.columns) > 5 else ''})" if self.columns else ""
        at = f" (line {self.line:,})" if self.line else ""
        link = "may work" if self.fault in _NOT_CAME else "works"
        which = "A later link" if self.fault is Fault.NO_LINK else "The link"
        return f"There are no figures of this file: {FAULTS[self.fault]}{about}{at}. {which} {link} all the same."


def number(value: Decimal | int) -> str:
    """Return a number as people read it: at most two digits behind the point, and none that are zeros."""
    rounded = round(value, 2) if isinstance(value, Decimal) else Decimal(value)
    text = f"{rounded:,.2f}".rstrip("0").rstrip(".")
    return "0" if text == "-0" else text


def counted(value: Decimal | int, words: str) -> str:
    """Return a number of what these words name in the plural: "1,204.5 tokens", "1 token"."""
    said = number(value)
    return f"{said} {_ONE.get(words, words) if said == '1' else words}"


def cell_text(cell: Cell) -> str:
    """Return what stands in a place of a table, as the file has it; never empty, since Slack takes no empty cell."""
    if cell is None:
        return "–"
    if isinstance(cell, date):
        return day(cell)
    return (cell or "(empty)") if isinstance(cell, str) else number(cell)
