"""The SQL that a task becomes. Columns of the file are `c0`, `c1`, … by their place, so no name of it stands in SQL.

`f` is the file, each column cast once; `g` are the rows of it that a condition keeps.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from bot.answers.document import Compared, Count, Grouping, Kind, Measure, Source, Task, Timeline, Where
from bot.answers.header import MOST_LINE, Header

#: Products whose users are machines (source: Token Flex, machine-based metering).
_METERED: Final = ("Arnold", "RenderNode", "VRED")
_OPERATORS: Final = {"=": "=", "!=": "<>", "<": "<", "<=": "<=", ">": ">", ">=": ">=", "LIKE": "LIKE"}
_FIRST, _LAST = "1900-01-01", "2200-12-31"  #: days that a calendar of ours can hold; 'infinity' is a date to DuckDB


@dataclass(slots=True)
class Statement:
    """SQL with what stands for its question marks."""

    sql: str
    values: list[Any] = field(default_factory=list)


class Query:
    """The statements of one task on one file."""

    def __init__(self, task: Task, header: Header) -> None:
        self._task = task
        self._names = header.names
        self._place = {name: f"c{place}" for place, name in enumerate(header.names) if name}

    def load(self, path: str) -> Statement:
        """Return what reads the file into `f`, with all columns that are needed, `keep`, and `bad`.

        `bad` is the place of the first column whose value is none of its kind, the number of columns for one more.
        """
        stated = Statement("")
        needed = [source for source in self._task.columns if source.name in _needed(self._task)]
        columns = ", ".join(f"v{self._place[source.name]} AS {self._place[source.name]}" for source in needed)
        keep = self._condition(self._task.where, stated) if self._task.where else "true"
        stated.sql = (
            f"CREATE TABLE f AS SELECT {columns + ', ' if columns else ''}{self._bad()} AS bad, "  # noqa: S608 - places, no names
            f"coalesce({keep}, false) AS keep FROM (SELECT *, {self._casts()} FROM {self._csv(path)})"
        )
        return stated

    def _csv(self, path: str) -> str:
        columns = ", ".join(f"'c{place}': 'VARCHAR'" for place in range(len(self._names)))
        quoted = path.replace("'", "''")
        options = "auto_detect = false, header = true, delim = ',', quote = '\"', escape = '\"', nullstr = ''"
        options += ", compression = 'none', hive_partitioning = false"
        return f"read_csv('{quoted}', {options}, max_line_size = {MOST_LINE}, columns = {{{columns}}})"

    def _casts(self) -> str:
        placed = ((source, self._place[source.name]) for source in self._task.columns)
        return ", ".join(f"{_cast(source, place)} AS v{place}" for source, place in placed)

    def _bad(self) -> str:
        places = {self._place[source.name] for source in self._task.columns if source.kind not in _TEXTS}
        cases = [f"WHEN {place} IS NOT NULL AND v{place} IS NULL THEN {place[1:]}" for place in sorted(places)]
        cases += [f"WHEN c{len(self._names) - 1} IS NOT NULL THEN {len(self._names)}"] if not self._names[-1] else []
        return f"CASE {' '.join(cases)} END::INTEGER" if cases else "NULL::INTEGER"

    def column_at(self, place: int) -> str:
        """Return the name of the column that `bad` speaks of; "" for a value behind the last."""
        return self._names[place] if place < len(self._names) else ""

    # --- what is read from it -------------------------------------------------------------------------------------

    def whole(self) -> Statement:
        """Return what counts the rows that are kept: rows, people, machines, period, then a sum for each metric."""
        days = self._place[self._task.days] if self._task.days else "NULL"
        people = self._distinct(self._task.people) if self._task.people else "NULL"
        sums = "".join(f", coalesce(sum({self._place[name]}), 0)" for name in self._task.adds)
        columns = f"count(*), {people}, {self._machines()}, min({days})::DATE, max({days})::DATE{sums}"
        return Statement(f"SELECT {columns} FROM g", list(_METERED) if self._metered else [])  # noqa: S608

    @property
    def _metered(self) -> bool:
        return bool(self._task.people) and "productName" in _needed(self._task)

    def _machines(self) -> str:
        if not self._metered:
            return "0"
        return f"count(*) FILTER ({self._place['productName']} IN ({', '.join('?' * len(_METERED))}))"

    def alone(self) -> Statement:
        """Return what reads the metrics that may not be added, of the only row."""
        return Statement(f"SELECT {', '.join(self._place[name] for name in self._task.lone)} FROM g")  # noqa: S608

    def groups(self, grouping: Grouping) -> Statement:
        """Return what makes `t`: keys as `k0`…, figures as `m0`…, and `n`, the rows of each group."""
        keys = [f"{self._place[name]} AS k{at}" for at, name in enumerate(grouping.by)]
        figures = [f"{self._figure(each)} AS m{at}" for at, each in enumerate(grouping.measures)]
        places = ", ".join(self._place[name] for name in grouping.by)
        columns = ", ".join([*keys, *figures, "count(*) AS n"])
        where = f" WHERE {self._place[grouping.filled]} <> ''" if grouping.filled else ""
        return Statement(f"CREATE OR REPLACE TEMP TABLE t AS SELECT {columns} FROM g{where} GROUP BY {places}")  # noqa: S608

    def top(self, grouping: Grouping) -> Statement:
        """Return what reads the first groups of `t`; what is equal stands in the order of its keys."""
        direction = "ASC" if grouping.ascending else "DESC"
        order = [f"m{grouping.order} {direction} NULLS LAST"] if grouping.measures else []
        order += [f"m{at} DESC NULLS LAST" for at in range(len(grouping.measures)) if at != grouping.order]
        order += [f"k{at} NULLS LAST" for at in range(len(grouping.by))]
        columns = [f"k{at}" for at in range(len(grouping.by))] + [f"m{at}" for at in range(len(grouping.measures))]
        return Statement(f"SELECT {', '.join(columns)} FROM t ORDER BY {', '.join(order)} LIMIT ?", [grouping.top])  # noqa: S608

    def timeline(self, timeline: Timeline, most: int) -> Statement:
        """Return what reads the newest days or months with their sums, newest first."""
        day = f"date_trunc('{timeline.unit}', {self._place[timeline.column]})::DATE"
        sums = "".join(f", coalesce(sum({self._place[name]}), 0)" for name in timeline.metrics)
        where = f"{self._place[timeline.column]} IS NOT NULL"
        return Statement(f"SELECT {day} AS d{sums} FROM g WHERE {where} GROUP BY d ORDER BY d DESC LIMIT ?", [most])  # noqa: S608

    def _figure(self, measure: Measure) -> str:
        place = self._place.get(measure.column, "")
        match measure.count:
            case Count.SUM:
                return f"coalesce(sum({place}), 0)"
            case Count.ALONE:
                return f"any_value({place})"
            case Count.ROWS:
                return "count(*)"
            case Count.DISTINCT:
                return self._distinct(measure.column)
            case Count.NEWEST:
                return f"max({place})"

    def _distinct(self, column: str) -> str:
        place = self._place[column]
        filled = f"nullif({place}, '')" if self._task.kind(column) in _TEXTS else place
        return f"count(DISTINCT {filled})"

    # --- conditions -----------------------------------------------------------------------------------------------

    def _condition(self, where: Where, stated: Statement) -> str:
        if not isinstance(where, Compared):
            parts = [self._condition(part, stated) for part in where.parts]
            return f"({f' {where.word} '.join(parts)})"
        kind, place = self._task.kind(where.column), f"v{self._place[where.column]}"
        mark = f"CAST(? AS {_TYPES.get(kind, 'VARCHAR')})"
        stated.values += where.values
        if where.operator == "IN":
            return f"{place} IN ({', '.join([mark] * len(where.values))})"
        if where.operator == "BETWEEN":
            return f"{place} BETWEEN {mark} AND {mark}"
        return f"{place} {_OPERATORS[where.operator]} {mark}"


def _needed(task: Task) -> set[str]:
    return set(_needs(task)) - {""}


def _needs(task: Task) -> Iterator[str]:
    yield from (task.people, task.days, *task.adds)
    yield from (each.name for each in task.columns if each.kind == "metric")
    if task.people:
        yield from (each.name for each in task.columns if each.name == "productName")
    for grouping in task.groupings:
        yield from grouping.by
        yield from (measure.column for measure in grouping.measures)
    for timeline in task.timelines:
        yield from (timeline.column, *timeline.metrics)


def _cast(source: Source, place: str) -> str:
    if source.kind in _TEXTS:
        return f"coalesce({_renamed(source, place)}, '')"
    if source.kind in {"date", "month", "datetime"}:
        moment = f"TRY_CAST({place} AS TIMESTAMP)"
        bounded = f"CASE WHEN {moment} BETWEEN TIMESTAMP '{_FIRST}' AND TIMESTAMP '{_LAST}' THEN {moment} END"
        return f"CAST({bounded} AS {_TYPES[source.kind]})"
    number = f"TRY_CAST({place} AS {_TYPES['metric']})"
    if source.kind == "metric":
        return number
    whole = f"TRY_CAST({place} AS {_TYPES[source.kind]})"  # which rounds, so a fraction is compared away
    return f"CASE WHEN {number} = {whole} THEN {whole} END"


def _renamed(source: Source, place: str) -> str:
    """Return a column with older values as today's; both are names of ours."""
    cases = "".join(f" WHEN {_quoted(old)} THEN {_quoted(new)}" for old, new in source.renamed)
    return f"CASE {place}{cases} ELSE {place} END" if cases else place


def _quoted(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"


_TEXTS: Final = frozenset({"text", "enum", "any"})
_TYPES: Final[Mapping[Kind, str]] = {
    "date": "DATE",
    "month": "DATE",
    "datetime": "TIMESTAMP",
    "integer": "BIGINT",
    "metric": "DECIMAL(38, 18)",
}
