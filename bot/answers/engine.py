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

from bot.answers.confined import confine
from bot.answers.document import MOST_POINTS, MOST_TEXT, Count, Grouping, Limits, Task, task_of
from bot.answers.header import UnreadableError, read_header
from bot.answers.scan import Scan, scan
from bot.answers.sql import Query, Statement
from bot.cards.figures import Fault

_LINE: Final = re.compile(r"CSV Error on Line: (\d{1,12})")


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
    try:
        figures = _figures(connection, Query(task, header), path, task)
    except UnreadableError:
        scanning.result()  # what it has to say explains this
        raise
    except (duckdb.Error, MemoryError) as error:
        scanning.result()
        raise _explained(error) from error
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


def _explained(error: duckdb.Error | MemoryError) -> UnreadableError:
    """Return what an error means; its text quotes the file and is read here only for the number of a line."""
    if isinstance(error, (duckdb.OutOfMemoryException, MemoryError)):
        full = "max_temp_directory_size" in str(error)
        return UnreadableError(Fault.DISK if full else Fault.MEMORY)
    if isinstance(error, duckdb.IOException):
        return UnreadableError(Fault.DISK if "write" in str(error) else Fault.GONE)
    at = _LINE.search(str(error))
    if at is None and isinstance(error, duckdb.InvalidInputException):
        return UnreadableError(Fault.ROWS)  # quotes and line ends that no CSV has
    if at is None:
        return UnreadableError(Fault.VALUES if isinstance(error, duckdb.OutOfRangeException) else Fault.CRASH)
    return UnreadableError(Fault.ROWS, line=int(at[1]))


# --- figures ------------------------------------------------------------------------------------------------------


def _figures(connection: duckdb.DuckDBPyConnection, query: Query, path: Path, task: Task) -> dict[str, Any]:
    _run(connection, query.load(str(path)))
    rows = _check_values(connection, query)
    _run(connection, Statement("CREATE VIEW g AS SELECT * FROM f WHERE keep"))
    (kept, people, machines, first, last, *sums), *_ = _run(connection, query.whole())
    return {
        "rows": rows,
        "kept": kept,
        "people": people,
        "machines": machines,
        "first_day": _plain(first),
        "last_day": _plain(last),
        "totals": dict(zip(task.adds, map(_plain, sums), strict=True)),
        "alone": _alone(connection, query, task, kept),
        "grouped": [_grouped(connection, query, each) for each in task.groupings],
        "timelines": [_moments(_rows(connection, query.timeline(each, MOST_POINTS))) for each in task.timelines],
    }


def _check_values(connection: duckdb.DuckDBPyConnection, query: Query) -> int:
    """Return how many rows there are, if each value is of its column's kind."""
    found = _run(connection, Statement("SELECT bad, count(*) FROM f GROUP BY bad"))
    places = sorted(place for place, _ in found if place is not None)
    if places:
        names = [query.column_at(place) for place in places]
        raise UnreadableError(Fault.VALUES if all(names) else Fault.ROWS, [name for name in names if name])
    return sum(count for _, count in found)


def _alone(connection: duckdb.DuckDBPyConnection, query: Query, task: Task, kept: int) -> dict[str, Any]:
    if kept != 1 or not task.lone:
        return {}
    (values,) = _rows(connection, query.alone())
    return {name: value for name, value in zip(task.lone, values, strict=True) if value is not None}


def _grouped(connection: duckdb.DuckDBPyConnection, query: Query, grouping: Grouping) -> dict[str, Any]:
    _run(connection, query.groups(grouping))
    ((groups, most),) = _run(connection, Statement("SELECT count(*), max(n) FROM t"))
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
