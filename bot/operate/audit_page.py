"""`python -m bot audit`: the record of who did what, as CSV for a spreadsheet or JSON lines for a machine."""

import argparse
import csv
import json
from collections.abc import Callable, Iterable, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Final, TextIO

from storage import audit, database
from storage.audit import Entry
from storage.database import DatabaseError

COLUMNS: Final = ("at", "person", "act", "export", "channel", "from", "result")
#: A cell that begins with one of these is a formula to a spreadsheet.
_FORMULA: Final = ("=", "+", "-", "@", "\t", "\r", "\n")


def moment(text: str) -> datetime:
    """Return the time that a person gave: a day, or a day and a time of day; without a zone it is UTC.

    Raises:
        argparse.ArgumentTypeError: it is neither.

    """
    try:
        given = datetime.fromisoformat(text)
    except ValueError:
        raise argparse.ArgumentTypeError(f"“{text}” is no date; write it as in 2026-01-31") from None
    return given if given.tzinfo else given.replace(tzinfo=UTC)


class UnwritableError(Exception):
    """The record could be read and not be written; the message says why."""


def write(path: Path, since: datetime | None, style: str, out: TextIO) -> None:
    """Write the record from a moment on, as `csv` or `jsonl`; nothing is changed, a bot may run meanwhile.

    Raises:
        DatabaseError: the database cannot be read, or has no record yet.
        BrokenPipeError: nobody reads on.
        UnwritableError: what is written to takes no more.

    """
    if not path.exists():
        raise DatabaseError(f"There is no database at {path} yet, so nobody has done anything.")
    with database.read_only(path) as db:
        if "audit" not in db.table_names():
            raise DatabaseError(f"{path} is of an older version and has no record yet; start the bot once.")
        trouble = _trouble_of_writing(map(_row, audit.since(db, since)), style, out)
    if isinstance(trouble, BrokenPipeError):
        raise trouble
    if trouble is not None:
        raise UnwritableError(f"The record could not be written to its end ({trouble.strerror}).")


def _trouble_of_writing(rows: Iterable[Mapping[str, str | int | None]], style: str, out: TextIO) -> OSError | None:
    """Write the rows; return what went wrong with that, since it says nothing of the database."""
    try:
        _WRITERS[style](rows, out)
        out.flush()
    except OSError as error:
        return error
    return None


def neutral(value: str) -> str:
    """Return a cell that no spreadsheet takes for a formula: an apostrophe goes in front of one."""
    return f"'{value}" if value.startswith(_FORMULA) else value


def _row(entry: Entry) -> dict[str, str | int | None]:
    return {
        "at": entry.at.isoformat(),
        "person": entry.person,
        "act": entry.act.value,
        "export": entry.export_number,
        "channel": entry.channel,
        "from": entry.source.value,
        "result": entry.result,
    }


def _as_csv(rows: Iterable[Mapping[str, str | int | None]], out: TextIO) -> None:
    writer = csv.DictWriter(out, COLUMNS, lineterminator="\n")
    writer.writeheader()
    for row in rows:
        writer.writerow({name: neutral(value) if isinstance(value, str) else value for name, value in row.items()})


def _as_json_lines(rows: Iterable[Mapping[str, str | int | None]], out: TextIO) -> None:
    out.writelines(f"{json.dumps(row, ensure_ascii=False)}\n" for row in rows)


_WRITERS: Final[dict[str, Callable[[Iterable[Mapping[str, str | int | None]], TextIO], None]]] = {
    "csv": _as_csv,
    "jsonl": _as_json_lines,
}
STYLES: Final = tuple(_WRITERS)
