"""What the engine is asked of a file and what it says, as plain records and as JSON: the border between two processes.

The engine reads files of strangers, so nothing that it says is taken for granted: `Found.read` refuses what is not of
the kind that was asked for.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from datetime import date
from decimal import Decimal, InvalidOperation
from enum import StrEnum
from typing import Any, Final, Literal, TypeVar

from bot.cards.figures import Cell, Fault, Unread
from bot.tokenflex.catalogue import ValueType

T = TypeVar("T")

#: A value of the catalogue's kinds, or a metric.
Kind = ValueType | Literal["metric"]
MOST_TEXT: Final = 200  #: characters of a value that come back
MOST_ROWS: Final = 100  #: of a table (source: Slack, `data_table`: 101 rows with the header)
MOST_POINTS: Final = 1200  #: of a series: three years of days, with room


class DocumentError(ValueError):
    """The engine said something that nobody asked it for; the text says nothing of the file."""


@dataclass(frozen=True, slots=True)
class Source:
    """A column that the file should have; `renamed` pairs older values with those that stand for them today."""

    name: str
    kind: Kind
    renamed: tuple[tuple[str, str], ...] = ()


class Count(StrEnum):
    """What a column of figures counts in each group of rows."""

    SUM = "sum"  #: of a metric that may be added
    ALONE = "alone"  #: a metric that may not: its value, only where every group is a single row
    ROWS = "rows"
    DISTINCT = "distinct"  #: different values of a column, empty ones left out
    NEWEST = "newest"  #: the last day in a column


@dataclass(frozen=True, slots=True)
class Measure:
    """One column of figures; `column` is empty for rows."""

    count: Count
    column: str = ""


@dataclass(frozen=True, slots=True)
class Grouping:
    """A table: by which columns, what is counted, and by which measure (its place) the first rows are first.

    `filled` is a column of texts that must not be empty: bookings by hand are nobody's, for example.
    """

    by: tuple[str, ...]
    measures: tuple[Measure, ...]
    top: int
    order: int = 0
    ascending: bool = False
    filled: str = ""


@dataclass(frozen=True, slots=True)
class Timeline:
    """A series: sums of metrics by the days or months of a column, the newest ones."""

    column: str
    unit: Literal["day", "month"]
    metrics: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Compared:
    """One comparison of a checked where clause; values are plain, without quotes."""

    column: str
    operator: str
    values: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Joined:
    """Conditions of which all have to hold (`AND`) or one (`OR`)."""

    word: Literal["AND", "OR"]
    parts: tuple["Where", ...]


Where = Compared | Joined


@dataclass(frozen=True, slots=True)
class Limits:
    """What the engine may take: MiB of memory and of disk, threads, seconds."""

    memory: int = 256
    disk: int = 4096
    threads: int = 2
    seconds: int = 300


@dataclass(frozen=True, slots=True)
class Task:
    """Everything that is asked of one file; `adds` are the metrics that may be added up."""

    columns: tuple[Source, ...]
    adds: tuple[str, ...] = ()
    people: str = ""  #: the column whose different values are people
    days: str = ""  #: the column that says the period
    groupings: tuple[Grouping, ...] = ()
    timelines: tuple[Timeline, ...] = ()
    where: Where | None = None

    @property
    def lone(self) -> tuple[str, ...]:
        """The metrics that may not be added up."""
        return tuple(each.name for each in self.columns if each.kind == "metric" and each.name not in self.adds)

    def kind(self, column: str) -> Kind:
        """Return the kind of a column.

        Raises:
            KeyError: the file should have none of that name.

        """
        return {each.name: each.kind for each in self.columns}[column]

    def json(self) -> dict[str, Any]:
        """Return the task as it is written to the engine."""
        return asdict(self)


def task_of(said: Mapping[str, Any]) -> Task:
    """Return the task that was written by `Task.json`."""
    return Task(
        tuple(Source(**{**each, "renamed": tuple(map(tuple, each["renamed"]))}) for each in said["columns"]),
        tuple(said["adds"]),
        said["people"],
        said["days"],
        tuple(_grouping(each) for each in said["groupings"]),
        tuple(Timeline(**{**each, "metrics": tuple(each["metrics"])}) for each in said["timelines"]),
        _where(said["where"]) if said["where"] else None,
    )


def _grouping(said: Mapping[str, Any]) -> Grouping:
    measures = tuple(Measure(Count(each["count"]), each["column"]) for each in said["measures"])
    return Grouping(**{**said, "by": tuple(said["by"]), "measures": measures})


def _where(said: Mapping[str, Any]) -> Where:
    if "word" in said:
        return Joined(said["word"], tuple(map(_where, said["parts"])))
    return Compared(said["column"], said["operator"], tuple(said["values"]))


# --- what comes back ----------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Group:
    """One row of a table: the values of the columns it is by, and its figures."""

    keys: tuple[Cell, ...]
    figures: tuple[Cell, ...]


@dataclass(frozen=True, slots=True)
class Grouped:
    """The first groups of a grouping; `groups` counts all. `is_single`: no group is of more than one row."""

    grouping: Grouping
    rows: tuple[Group, ...]
    groups: int
    is_single: bool


@dataclass(frozen=True, slots=True)
class Moment:
    """One day or the first day of a month, with the sums of a timeline's metrics."""

    day: date
    sums: tuple[Decimal, ...]


@dataclass(frozen=True, slots=True)
class Found:
    """What the engine found. `rows`, `size` and `sha256` are the file's, all else is of the rows that a condition kept.

    `alone` has the values of metrics that may not be added, where there is but one row. `machines` counts rows of
    products whose users are machines (source: Token Flex, machine-based metering).
    `is_measured`: its server said where the file ends; the engine cannot know that, but what is kept of an answer does.
    """

    rows: int
    kept: int
    size: int
    sha256: str
    totals: Mapping[str, Decimal]
    alone: Mapping[str, Decimal] = field(default_factory=dict)
    people: int | None = None
    machines: int = 0
    first_day: date | None = None
    last_day: date | None = None
    grouped: tuple[Grouped, ...] = ()
    timelines: tuple[tuple[Moment, ...], ...] = ()
    is_measured: bool = True

    @classmethod
    def read(cls, said: object, task: Task) -> "Found":
        """Return what the engine's JSON says about a task.

        Raises:
            DocumentError: it is not of the form that was agreed upon.

        """
        try:
            return cls._read(_of(dict, said), task)
        except (KeyError, ValueError, TypeError, InvalidOperation) as error:
            raise DocumentError(type(error).__name__) from None

    @classmethod
    def _read(cls, said: Mapping[str, Any], task: Task) -> "Found":
        return cls(
            _counted(said["rows"]),
            _counted(said["kept"]),
            _counted(said["size"]),
            _digest(said["sha256"]),
            {name: _amount(said["totals"][name]) for name in task.adds},
            {name: _amount(said["alone"][name]) for name in task.lone if name in said["alone"]},
            _maybe(_counted, said["people"]),
            _counted(said["machines"]),
            _maybe(_day, said["first_day"]),
            _maybe(_day, said["last_day"]),
            tuple(_grouped(*each, task) for each in zip(said["grouped"], task.groupings, strict=True)),
            tuple(_moments(*each) for each in zip(said["timelines"], task.timelines, strict=True)),
            _of(bool, said.get("is_measured", True)),
        )


def unread(said: Mapping[str, Any], task: Task) -> Unread:
    """Return the fault that the engine's JSON tells; of columns it may name only those of the task.

    Raises:
        DocumentError: it is not of the form that was agreed upon.

    """
    try:
        known = {each.name for each in task.columns}
        columns = tuple(name for name in said["columns"] if name in known)
        return Unread(Fault(said["fault"]), columns, _counted(said["line"]))
    except (KeyError, ValueError, TypeError) as error:
        raise DocumentError(type(error).__name__) from None


def _grouped(said: Mapping[str, Any], grouping: Grouping, task: Task) -> Grouped:
    reads = [_CELLS[task.kind(name)] for name in grouping.by], [_figure(each) for each in grouping.measures]
    rows = tuple(
        Group(*(_cells(*each) for each in zip(row, reads, strict=True))) for row in said["rows"][: grouping.top]
    )
    return Grouped(grouping, rows, _counted(said["groups"]), _of(bool, said["is_single"]))


def _cells(said: Sequence[Any], reads: Sequence[Callable[[Any], Cell]]) -> tuple[Cell, ...]:
    return tuple(_maybe(read, value) for read, value in zip(reads, said, strict=True))


def _moments(said: Sequence[Any], timeline: Timeline) -> tuple[Moment, ...]:
    read = [Moment(_day(day), tuple(map(_amount, sums))) for day, sums in said[:MOST_POINTS]]
    if any(len(each.sums) != len(timeline.metrics) for each in read):
        raise ValueError("sums are missing")
    return tuple(read)


def _figure(measure: Measure) -> Callable[[Any], Cell]:
    if measure.count is Count.NEWEST:
        return _day
    return _amount if measure.count in {Count.SUM, Count.ALONE} else _counted


def _maybe(read: Callable[[Any], T], value: object) -> T | None:
    return None if value is None else read(value)


def _of(kind: type[T], value: object) -> T:
    if type(value) is not kind:
        raise TypeError(kind.__name__)
    return value


def _counted(value: object) -> int:
    if _of(int, value) < 0:
        raise ValueError("a count below zero")
    return _of(int, value)


def _amount(value: object) -> Decimal:
    amount = Decimal(_of(str, value)[:60])
    if not amount.is_finite():
        raise ValueError("no finite number")
    return amount


def _text(value: object) -> str:
    return _of(str, value)[:MOST_TEXT]


def _day(value: object) -> date:
    return date.fromisoformat(_of(str, value))


def _digest(value: object) -> str:
    if len(bytes.fromhex(_of(str, value))) != 32:
        raise ValueError("no SHA-256")
    return _of(str, value)


_CELLS: Final[Mapping[Kind, Callable[[Any], Cell]]] = {
    "text": _text,
    "enum": _text,
    "any": _text,
    "datetime": _text,
    "date": _day,
    "month": _day,
    "integer": lambda value: _of(int, value),
    "metric": _amount,
}
