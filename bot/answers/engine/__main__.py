"""The process that reads a CSV: `python -m bot.answers.engine`, one task on its standard input, one document back.

It is the only one that loads DuckDB, lives for one file, is handed no secret, and stops when whoever started it stops
reading. Of the file nothing leaves it but the figures that were asked for: errors are told by a word of ours, since the
texts of DuckDB's quote rows.
"""

import json
import os
import re
import sys
import threading
from collections.abc import Callable, Sequence
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any, Final, TextIO

import duckdb

from bot.answers.engine.confined import confine
from bot.answers.engine.document import MOST_POINTS, MOST_TEXT, Count, Grouping, Limits, Task, task_of
from bot.answers.engine.header import UnreadableError, read_header
from bot.answers.engine.scan import Scan, scan
from bot.answers.engine.sql import BAD, Query, Statement
from bot.cards.figures import Fault

_LINE: Final = re.compile(r"[A-Za-z ]+: CSV Error on Line: (\d{1,12})\n")
_COLUMN: Final = re.compile(r"^Column c(\d{1,6}) is being converted", re.MULTILINE)
_BAD: Final = re.compile(rf"^Invalid Input Error: {BAD}(\d{{1,6}})$")


def main(stdin: TextIO = sys.stdin, stdout: TextIO = sys.stdout) -> None:
    """Read one line with a task, write one line with what was found."""
    asked = json.loads(stdin.readline())
    limits = Limits(**asked["limits"])
    confine(limits, stdin)
    said = answer(Path(asked["path"]), Path(asked["folder"]), task_of(asked["task"]), limits)
    stdout.write(f"{json.dumps(said)}\n")
    stdout.flush()
    # Neither the thread that reads nor a library's threads have anything to tidy up.
    os._exit(0)


def answer(path: Path, folder: Path, task: Task, limits: Limits) -> dict[str, Any]:
    """Return what was found in a file, or why nothing was; `folder` holds what does not fit into memory."""
    try:
        return {"found": _found(path, folder, task, limits)}
    except UnreadableError as error:
        cause = type(error.__cause__).__name__ if error.__cause__ else ""
        return {"fault": error.fault.value, "columns": error.columns, "line": error.line, "error": cause}
    except Exception as error:  # noqa: BLE001 - its text may quote a row, so only its kind is told
        return {"fault": Fault.CRASH.value, "columns": [], "line": 0, "error": type(error).__name__}


def _found(path: Path, folder: Path, task: Task, limits: Limits) -> dict[str, Any]:
    header = read_header(path, [source.name for source in task.columns])
    connection = _connection(path, folder, limits)
    scanning = _Scanning(path, connection.interrupt)
    query = Query(task, header)
    try:
        figures = _figures(connection, query, path, task)
    except (duckdb.Error, MemoryError) as error:
        scanning.result()  # what it has to say explains this
        raise _explained(error, query) from error
    read = scanning.result()
    return figures | {"size": read.size, "sha256": read.sha256}


class _Scanning:
    """The pass over the bytes, beside DuckDB's own; it interrupts DuckDB where the file is none for it."""

    def __init__(self, path: Path, interrupt: Callable[[], None]) -> None:
        self._outcome: Scan | UnreadableError | None = None
        self._thread = threading.Thread(target=self._run, args=(path, interrupt), daemon=True)
        self._thread.start()

    def _run(self, path: Path, interrupt: Callable[[], None]) -> None:
        try:
            self._outcome = scan(path)
        except UnreadableError as error:
            self._outcome = error
            interrupt()

    def result(self) -> Scan:
        """Return the receipt.

        Raises:
            UnreadableError: the bytes are no CSV's.

        """
        self._thread.join()
        if isinstance(self._outcome, Scan):
            return self._outcome
        raise self._outcome or UnreadableError(Fault.CRASH)


def _connection(path: Path, folder: Path, limits: Limits) -> duckdb.DuckDBPyConnection:
    """Return a database in memory that can read this file, write to this folder, and be told nothing else."""
    connection = duckdb.connect(
        ":memory:",
        config={
            "memory_limit": f"{limits.memory}MiB",
            "threads": limits.threads,
            "temp_directory": str(folder),
            "max_temp_directory_size": f"{limits.disk}MiB",
            "preserve_insertion_order": False,
            "autoinstall_known_extensions": False,
            "autoload_known_extensions": False,
            "allow_community_extensions": False,
        },
    )
    connection.execute("SET allowed_paths = [?]", [str(path)])
    connection.execute("SET enable_external_access = false")
    connection.execute("SET lock_configuration = true")
    return connection


def _explained(error: duckdb.Error | MemoryError, query: Query) -> UnreadableError:
    """Return what an error means; its text quotes the file and is read here for the numbers of line and column only."""
    said = str(error)
    if isinstance(error, (duckdb.OutOfMemoryException, MemoryError)):
        return UnreadableError(Fault.DISK if "max_temp_directory_size" in said else Fault.MEMORY)
    if isinstance(error, duckdb.IOException):
        return UnreadableError(Fault.DISK if "write" in said else Fault.GONE)
    if isinstance(error, duckdb.OutOfRangeException):
        return UnreadableError(Fault.VALUES)  # a sum that no number of ours holds
    line = int(at[1]) if (at := _LINE.match(said)) else 0
    places = _COLUMN.findall(said) if isinstance(error, duckdb.ConversionException) else _BAD.findall(said)
    if places and (name := query.column_at(int(places[-1]))):
        return UnreadableError(Fault.VALUES, [name], line)
    if places or isinstance(error, duckdb.InvalidInputException):
        return UnreadableError(Fault.ROWS, line=line)  # quotes, line ends and lengths that no CSV of this header has
    return UnreadableError(Fault.CRASH)


# --- figures ------------------------------------------------------------------------------------------------------


def _figures(connection: duckdb.DuckDBPyConnection, query: Query, path: Path, task: Task) -> dict[str, Any]:
    _run(connection, query.load(str(path)))
    ((rows,),) = _run(connection, query.rows())
    ((kept, people, machines, first, last, *values),) = _run(connection, query.whole())
    told = [_plain(value) for value in values]
    sums, lone = told[: len(task.adds)], told[len(task.adds) :]
    return {
        "rows": rows,
        "kept": kept,
        "people": people,
        "machines": machines,
        "first_day": _plain(first),
        "last_day": _plain(last),
        "totals": dict(zip(task.adds, sums, strict=True)),
        "alone": {name: value for name, value in zip(task.lone, lone, strict=True) if kept == 1 and value is not None},
        "grouped": [_grouped(connection, query, each) for each in task.groupings],
        "timelines": [_moments(_rows(connection, query.timeline(each, MOST_POINTS))) for each in task.timelines],
    }


def _grouped(connection: duckdb.DuckDBPyConnection, query: Query, grouping: Grouping) -> dict[str, Any]:
    _run(connection, query.groups(grouping))
    ((groups, most),) = _run(connection, Statement("SELECT count(*), max(rows) FROM u"))
    keys = len(grouping.by)
    is_single = (most or 1) == 1
    told = [is_single or measure.count is not Count.ALONE for measure in grouping.measures]
    rows = [
        (row[:keys], [value if is_true else None for value, is_true in zip(row[keys:], told, strict=True)])
        for row in _rows(connection, query.top(grouping))
    ]
    return {"rows": rows, "groups": groups, "is_single": is_single}


def _moments(rows: Sequence[Sequence[Any]]) -> list[tuple[Any, Sequence[Any]]]:
    return [(day, sums) for day, *sums in reversed(rows)]


def _run(connection: duckdb.DuckDBPyConnection, statement: Statement) -> list[tuple[Any, ...]]:
    return connection.execute(statement.sql, statement.values).fetchall()


def _rows(connection: duckdb.DuckDBPyConnection, statement: Statement) -> list[list[Any]]:
    return [[_plain(value) for value in row] for row in _run(connection, statement)]


def _plain(value: object) -> str | int | None:
    """Return a value as JSON has it: numbers of metrics and days as texts, texts cut to what anybody would read."""
    if isinstance(value, Decimal):
        return f"{value:f}".rstrip("0").rstrip(".") if "." in f"{value:f}" else f"{value:f}"
    if isinstance(value, (datetime, date)):
        return value.isoformat()
    return value[:MOST_TEXT] if isinstance(value, str) else value if isinstance(value, int) else None


if __name__ == "__main__":
    main()
