"""The SQL that a task becomes. Columns of the file are `c0`, `c1`, … by their place, so no name of it stands in SQL.

`d0` is the day of a time that stands in `c0`.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from bot.answers.engine.document import Compared, Count, Grouping, Kind, Measure, Source, Task, Timeline, Where
from bot.answers.engine.header import MOST_LINE, Header

#: Products whose users are machines (source: Token Flex, machine-based metering).
_METERED: Final = ("Arnold", "RenderNode", "VRED")
_OPERATORS: Final = {"=": "=", "!=": "<>", "<": "<", "<=": "<=", ">": ">", ">=": ">=", "LIKE": "LIKE"}
BAD: Final = "no value of column "  #: what our own error says, before the place of a column
_NOTHING: Final = "''"
_FIRST, _LAST = "1900-01-01", "2200-12-31"  #: days that a calendar of ours can hold; 'infinity' is a date to DuckDB


@dataclass(slots=True)
class Statement:
    """SQL with what stands for its question marks."""

    sql: str
    values: list[Any] = field(default_factory=list)


class Query:
    """The statements of one task on one file.

    The file is read once, into the groups of all sets of columns that are needed, each with its rows and sums. All
    else is read from these, which are few unless hardly two rows are alike.
    """

    def __init__(self, task: Task, header: Header) -> None:
        self._task = task
        self._names = header.names
        self._place = {name: f"c{place}" for place, name in enumerate(header.names) if name}
        self._sets = self._whole_sets()
        self._keys = sorted({key for keys in self._sets for key in keys})

    def load(self, path: str) -> Statement:
        """Return what reads the file into `t`; a value that is none of its column's kind is an error.

        `g` says of which set of columns a group is, `keep` whether a condition keeps its rows, `n` how many it has.
        """
        stated = Statement("")
        source, keep = self._source(path), []
        keys = [*self._keys]
        if self._task.where:
            source = f"(SELECT *, coalesce({self._condition(self._task.where, stated)}, false) AS keep FROM {source})"  # noqa: S608 - places, no names
            keep, keys = ["keep"], [f"CASE WHEN keep THEN {key} END AS {key}" for key in keys]
        metrics = [self._place[each.name] for each in self._task.columns if each.kind == "metric"]
        figures = [f"sum({self._place[name]}) AS {self._place[name]}" for name in self._task.adds]
        figures += [f"any_value({self._place[name]}) AS {self._place[name]}" for name in self._task.lone]
        mask = f"grouping({', '.join(self._keys)})" if self._keys else "0"
        made = ", ".join([f"{mask} AS g", *keep, *self._keys, "count(*) AS n", *figures])
        read = ", ".join([*keep, *keys, *metrics]) or "1"
        sets = ", ".join(f"({', '.join([*keep, *sorted(each)])})" for each in self._sets)
        stated.sql = (
            f"CREATE TABLE t AS SELECT {made} FROM (SELECT {read} FROM {source}) GROUP BY GROUPING SETS ({sets})"  # noqa: S608
        )
        return stated

    def _source(self, path: str) -> str:
        """Return the file as a table, all of whose values are checked, with the names that values have today."""
        placed = [(source, self._place[source.name]) for source in self._task.columns]
        checks = [check for source, place in placed if (check := _check(source.kind, place))]
        if not self._names[-1]:
            checks.append(_checked(f"c{len(self._names) - 1} IS NULL", f"c{len(self._names)}"))
        where = f" WHERE {' AND '.join(checks)}" if checks else ""
        columns = ", ".join(f"{_value(source, place)} AS {place}" for source, place in placed)
        days = "".join(
            f", CAST({place} AS DATE) AS d{place[1:]}" for source, place in placed if source.kind == "datetime"
        )
        return f"(SELECT {columns}{days} FROM (SELECT * FROM {self._csv(path)}{where}))"  # noqa: S608

    def _csv(self, path: str) -> str:
        kinds = {self._place[each.name]: _READ.get(each.kind, "VARCHAR") for each in self._task.columns}
        places = (f"c{place}" for place in range(len(self._names)))
        columns = ", ".join(f"'{place}': '{kinds.get(place, 'VARCHAR')}'" for place in places)
        quoted = path.replace("'", "''")
        options = "auto_detect = false, header = true, delim = ',', quote = '\"', escape = '\"', nullstr = ''"
        options += ", compression = 'none', hive_partitioning = false"
        return f"read_csv('{quoted}', {options}, max_line_size = {MOST_LINE}, columns = {{{columns}}})"

    def column_at(self, place: int) -> str:
        """Return the name of the column of which an error speaks; "" for a value behind the last."""
        return self._names[place] if place < len(self._names) else ""

    # --- sets of columns ------------------------------------------------------------------------------------------

    def _whole_sets(self) -> list[frozenset[str]]:
        """Return the sets of columns whose groups are needed, without those that are part of another."""
        wanted = {self._set_of(grouping) for grouping in self._task.groupings}
        wanted |= {frozenset([self._day(each.column)]) for each in self._task.timelines}
        wanted |= {frozenset([self._day(self._task.days)])} if self._task.days else set()
        wanted |= {frozenset([self._place[name]]) for name in (self._task.people, *self._metered) if name}
        largest = [each for each in wanted if not any(each < other for other in wanted)]
        return sorted(largest, key=lambda keys: (len(keys), sorted(keys))) or [frozenset()]

    def _set_of(self, grouping: Grouping) -> frozenset[str]:
        """Return the columns whose groups tell all figures of a grouping."""
        told = {each.column for each in grouping.measures if each.count in {Count.DISTINCT, Count.NEWEST}}
        return frozenset(self._place[name] for name in {*grouping.by, *told, grouping.filled} - {""})

    def _groups_of(self, columns: Collection[str]) -> str:
        """Return the source with the groups of the smallest set that has these columns."""
        chosen = next(keys for keys in self._sets if keys.issuperset(columns))
        mask = sum((key not in chosen) << bit for bit, key in enumerate(reversed(self._keys)))
        return f"(SELECT * FROM t WHERE g = {mask}{' AND keep' if self._task.where else ''})"  # noqa: S608

    def _day(self, column: str) -> str:
        place = self._place[column]
        return f"d{place[1:]}" if self._task.kind(column) == "datetime" else place

    @property
    def _metered(self) -> Sequence[str]:
        """The column of products, where it tells which of the users are machines."""
        return [each.name for each in self._task.columns if each.name == "productName" and self._task.people]

    # --- what is read from them -----------------------------------------------------------------------------------

    def rows(self) -> Statement:
        """Return what counts all rows of the file."""
        return Statement("SELECT coalesce(sum(n), 0) FROM t WHERE g = (SELECT min(g) FROM t)")

    def whole(self) -> Statement:
        """Return what counts the rows that are kept: how many, people, machines, period, then each metric."""
        days = self._day(self._task.days) if self._task.days else ""
        period = (self._one(f"{which}({days})", [days]) if days else "NULL" for which in ("min", "max"))
        people = self._task.people
        counted = self._one(self._distinct(people), [self._place[people]]) if people else "NULL"
        sums = [f"coalesce(sum({self._place[name]}), 0)" for name in self._task.adds]
        lone = [f"any_value({self._place[name]})" for name in self._task.lone]
        told = ", ".join(["coalesce(sum(n), 0)::BIGINT", counted, self._machines(), *period, *sums, *lone])
        return Statement(f"SELECT {told} FROM {self._groups_of(())}", list(_METERED) if self._metered else [])  # noqa: S608

    def _machines(self) -> str:
        if not self._metered:
            return "0"
        place = self._place["productName"]
        marks = ", ".join("?" * len(_METERED))
        return self._one(f"coalesce(sum(n) FILTER ({place} IN ({marks})), 0)::BIGINT", [place])

    def _one(self, value: str, columns: Collection[str]) -> str:
        return f"(SELECT {value} FROM {self._groups_of(columns)})"  # noqa: S608

    def groups(self, grouping: Grouping) -> Statement:
        """Return what makes `u`: keys as `k0`…, figures as `m0`…, and `rows`, how many rows each group has."""
        places = [self._place[name] for name in grouping.by]
        keys = [f"{place} AS k{at}" for at, place in enumerate(places)]
        figures = [f"{self._figure(each)} AS m{at}" for at, each in enumerate(grouping.measures)]
        columns = ", ".join([*keys, *figures, "sum(n) AS rows"])
        where = f" WHERE {self._place[grouping.filled]} <> ''" if grouping.filled else ""
        source = f"{self._groups_of(self._set_of(grouping))}{where}"
        return Statement(f"CREATE OR REPLACE TABLE u AS SELECT {columns} FROM {source} GROUP BY {', '.join(places)}")  # noqa: S608

    def top(self, grouping: Grouping) -> Statement:
        """Return what reads the first groups of `u`; what is equal stands in the order of its keys."""
        direction = "ASC" if grouping.ascending else "DESC"
        order = [f"m{grouping.order} {direction} NULLS LAST"] if grouping.measures else []
        order += [f"m{at} DESC NULLS LAST" for at in range(len(grouping.measures)) if at != grouping.order]
        order += [f"k{at} NULLS LAST" for at in range(len(grouping.by))]
        columns = [f"k{at}" for at in range(len(grouping.by))] + [f"m{at}" for at in range(len(grouping.measures))]
        return Statement(f"SELECT {', '.join(columns)} FROM u ORDER BY {', '.join(order)} LIMIT ?", [grouping.top])  # noqa: S608

    def timeline(self, timeline: Timeline, most: int) -> Statement:
        """Return what reads the newest days or months with their sums, newest first."""
        key = self._day(timeline.column)
        sums = "".join(f", coalesce(sum({self._place[name]}), 0)" for name in timeline.metrics)
        told = f"date_trunc('{timeline.unit}', {key})::DATE AS day{sums}"
        source = f"{self._groups_of([key])} WHERE {key} IS NOT NULL"
        return Statement(f"SELECT {told} FROM {source} GROUP BY day ORDER BY day DESC LIMIT ?", [most])  # noqa: S608

    def _figure(self, measure: Measure) -> str:
        place = self._place.get(measure.column, "")
        match measure.count:
            case Count.SUM:
                return f"coalesce(sum({place}), 0)"
            case Count.ALONE:
                return f"any_value({place})"
            case Count.ROWS:
                return "sum(n)::BIGINT"
            case Count.DISTINCT:
                return self._distinct(measure.column)
            case Count.NEWEST:
                return f"max({place})"

    def _distinct(self, column: str) -> str:
        place = self._place[column]
        return f"count(DISTINCT {f'nullif({place}, {_NOTHING})' if self._task.kind(column) in _TEXTS else place})"

    # --- conditions -----------------------------------------------------------------------------------------------

    def _condition(self, where: Where, stated: Statement) -> str:
        if not isinstance(where, Compared):
            parts = [self._condition(part, stated) for part in where.parts]
            return f"({f' {where.word} '.join(parts)})"
        kind, place = self._task.kind(where.column), self._place[where.column]
        mark = f"CAST(? AS {_TYPES.get(kind, 'VARCHAR')})"
        stated.values += where.values
        if where.operator == "IN":
            return f"{place} IN ({', '.join([mark] * len(where.values))})"
        if where.operator == "BETWEEN":
            return f"{place} BETWEEN {mark} AND {mark}"
        return f"{place} {_OPERATORS[where.operator]} {mark}"


def _check(kind: Kind, place: str) -> str:
    """Return what ends the reading at a value that only DuckDB takes for one of its kind; "" where there is none."""
    if kind in {"date", "month", "datetime"}:
        return _checked(f"{place} IS NULL OR {place} BETWEEN TIMESTAMP '{_FIRST}' AND TIMESTAMP '{_LAST}'", place)
    if kind == "integer":
        return _checked(f"{place} IS NULL OR {place} = TRY_CAST({place} AS BIGINT)", place)
    return ""


def _checked(condition: str, place: str) -> str:
    return f"CASE WHEN {condition} THEN true ELSE error('{BAD}{place[1:]}') END"


def _value(source: Source, place: str) -> str:
    """Return a value as it is told; older ones have today's names, and both are ours."""
    if source.kind not in _TEXTS:
        return place if source.kind not in _TYPES else f"CAST({place} AS {_TYPES[source.kind]})"
    cases = "".join(f" WHEN {_quoted(old)} THEN {_quoted(new)}" for old, new in source.renamed)
    return f"coalesce({f'CASE {place}{cases} ELSE {place} END' if cases else place}, '')"


def _quoted(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"


_TEXTS: Final = frozenset({"text", "enum", "any"})
_METRIC: Final = "DECIMAL(38, 18)"
#: As what DuckDB reads a column: days may have times, and a year with a fraction must not be rounded to one.
_READ: Final[Mapping[Kind, str]] = {
    "date": "TIMESTAMP",
    "month": "TIMESTAMP",
    "datetime": "TIMESTAMP",
    "integer": _METRIC,
    "metric": _METRIC,
}
#: And what it is then.
_TYPES: Final[Mapping[Kind, str]] = {
    "date": "DATE",
    "month": "DATE",
    "datetime": "TIMESTAMP",
    "integer": "BIGINT",
    "metric": _METRIC,
}
