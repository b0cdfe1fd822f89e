"""Whatever is asked of whatever rows, the engine counts what plain Python counts, although it reads the file once."""

import csv
import io
from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import date, datetime
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.answers.engine.document import (
    Compared,
    Count,
    Found,
    Grouping,
    Joined,
    Measure,
    Source,
    Task,
    Timeline,
    Where,
)
from tests.unit.answers.files import found_in

COLUMNS = (
    Source("userName", "text"),
    Source("productName", "text"),
    Source("usageDate", "date"),
    Source("sessionStartDate", "datetime"),
    Source("contractYear", "integer"),
    Source("tokensConsumed", "metric"),
    Source("uniqueUsers", "metric"),
)
METERED = {"Arnold", "RenderNode", "VRED"}
#: Few values of each kind, nothing among them, so that groups, days and users meet.
VALUES: dict[str, list[Any]] = {
    "userName": ["", "jdoe", "kobrien", "RENDER-01"],
    "productName": ["", "Revit", "Arnold", "VRED"],
    "usageDate": [None, date(2026, 9, 30), date(2026, 10, 1), date(2026, 10, 31)],
    "sessionStartDate": [
        None,
        *map(datetime.fromisoformat, ("2026-09-30T08:00:01", "2026-09-30T09:00:00", "2026-12-31T23:00:00")),
    ],
    "contractYear": [None, 1, 2],
    "tokensConsumed": [None, Decimal("0.1"), Decimal(-2), Decimal("3.3333333333333335")],
    "uniqueUsers": [None, Decimal(3), Decimal(4)],
}
FIELDS = [each.name for each in COLUMNS if each.kind != "metric"]

Row = Mapping[str, Any]

rows = st.lists(st.fixed_dictionaries({name: st.sampled_from(values) for name, values in VALUES.items()}), max_size=12)
measures = st.sampled_from(
    [
        Measure(Count.ROWS),
        Measure(Count.SUM, "tokensConsumed"),
        Measure(Count.ALONE, "uniqueUsers"),
        Measure(Count.NEWEST, "usageDate"),
        *(Measure(Count.DISTINCT, name) for name in FIELDS),
    ]
)


@st.composite
def groupings(draw: st.DrawFn) -> Grouping:
    by = tuple(draw(st.lists(st.sampled_from(FIELDS), unique=True, min_size=1, max_size=3)))
    chosen = tuple(draw(st.lists(measures, unique=True, min_size=1, max_size=4)))
    filled = draw(st.sampled_from(["", "", "userName"]))
    return Grouping(by, chosen, 100, draw(st.integers(0, len(chosen) - 1)), draw(st.booleans()), filled)


comparisons = st.one_of(
    st.builds(
        Compared,
        st.just("productName"),
        st.sampled_from(["=", "!="]),
        st.sampled_from([("Revit",), ("Nothing",), ("",)]),
    ),
    st.just(Compared("userName", "IN", ("jdoe", "RENDER-01"))),
    st.just(Compared("usageDate", "BETWEEN", ("2026-10-01", "2026-10-31"))),
    st.builds(Compared, st.just("contractYear"), st.sampled_from(["=", ">=", "!="]), st.just(("2",))),
)
conditions = st.recursive(
    comparisons,
    lambda inner: st.builds(Joined, st.sampled_from(["AND", "OR"]), st.lists(inner, min_size=1, max_size=3).map(tuple)),
    max_leaves=4,
)
timelines = st.lists(
    st.builds(
        Timeline,
        st.sampled_from(["usageDate", "sessionStartDate"]),
        st.sampled_from(["day", "month"]),
        st.just(("tokensConsumed",)),
    ),
    max_size=2,
    unique=True,
)
tasks = st.builds(
    Task,
    st.just(COLUMNS),
    st.just(("tokensConsumed",)),
    st.sampled_from(["", "userName"]),
    st.sampled_from(["", "usageDate", "sessionStartDate"]),
    st.lists(groupings(), max_size=3).map(tuple),
    timelines.map(tuple),
    st.none() | conditions,
)


@settings(max_examples=60)
@given(rows=rows, task=tasks)
def test_whatever_is_asked_is_what_plain_python_counts(
    rows: list[Row], task: Task, tmp_path_factory: pytest.TempPathFactory
) -> None:
    found = found_in(tmp_path_factory.mktemp("file"), _file(rows), task)
    kept = [row for row in rows if task.where is None or _holds(task.where, row) is True]
    assert (found.rows, found.kept) == (len(rows), len(kept))
    assert found.totals == {"tokensConsumed": _sum(kept)}
    lone = kept[0]["uniqueUsers"] if len(kept) == 1 else None
    assert found.alone == ({} if lone is None else {"uniqueUsers": lone})
    people = {row["userName"] for row in kept} - {""}
    assert found.people == (len(people) if task.people else None)
    assert found.machines == (sum(row["productName"] in METERED for row in kept) if task.people else 0)
    days = [_day(row[task.days]) for row in kept if row[task.days]] if task.days else []
    assert (found.first_day, found.last_day) == ((min(days), max(days)) if days else (None, None))
    for grouping, grouped in zip(task.groupings, found.grouped, strict=True):
        groups = _groups(grouping, kept)
        assert (grouped.groups, grouped.is_single) == (len(groups), all(len(group) == 1 for group in groups.values()))
        expected = {
            tuple(map(_told, key)): tuple(_figure(each, group, single=grouped.is_single) for each in grouping.measures)
            for key, group in groups.items()
        }
        assert {row.keys: row.figures for row in grouped.rows} == expected
    _timelines_are_true(found, task, kept)


def _timelines_are_true(found: Found, task: Task, kept: Sequence[Row]) -> None:
    for timeline, moments in zip(task.timelines, found.timelines, strict=True):
        spans: dict[date, list[Row]] = defaultdict(list)
        for row in kept:
            if row[timeline.column]:
                day = _day(row[timeline.column])
                spans[day if timeline.unit == "day" else day.replace(day=1)].append(row)
        assert [(each.day, each.sums) for each in moments] == [(day, (_sum(spans[day]),)) for day in sorted(spans)]


def _file(rows: Sequence[Row]) -> bytes:
    text = io.StringIO()
    writer = csv.writer(text)
    writer.writerow([each.name for each in COLUMNS])
    writer.writerows([_written(row[each.name]) for each in COLUMNS] for row in rows)
    return text.getvalue().encode()


def _written(value: Any) -> str:
    return "" if value is None else value.isoformat() if isinstance(value, date) else str(value)


def _told(value: Any) -> Any:
    return value.isoformat() if isinstance(value, datetime) else value


def _day(value: Any) -> date:
    return value.date() if isinstance(value, datetime) else value


def _sum(rows: Sequence[Row]) -> Decimal:
    return sum((row["tokensConsumed"] for row in rows if row["tokensConsumed"] is not None), Decimal(0))


def _groups(grouping: Grouping, rows: Sequence[Row]) -> dict[tuple[Any, ...], list[Row]]:
    groups: dict[tuple[Any, ...], list[Row]] = defaultdict(list)
    for row in rows:
        if not grouping.filled or row[grouping.filled]:
            groups[tuple(row[name] for name in grouping.by)].append(row)
    return groups


def _figure(measure: Measure, rows: Sequence[Row], *, single: bool) -> Any:
    values = [row[measure.column] for row in rows if row.get(measure.column) not in {None, ""}]
    match measure.count:
        case Count.ROWS:
            return len(rows)
        case Count.SUM:
            return _sum(rows)
        case Count.ALONE:
            return (values or [None])[0] if single else None
        case Count.DISTINCT:
            return len(set(values))
        case Count.NEWEST:
            return max(values, default=None)


def _holds(where: Where, row: Row) -> bool | None:
    """Return whether a condition holds, as SQL has it: None where nobody can say, since there is no value."""
    if isinstance(where, Joined):
        parts, decides = [_holds(part, row) for part in where.parts], where.word == "OR"
        return decides if decides in parts else None if None in parts else not decides
    value = row[where.column]
    if value is None:
        return None
    wanted = [
        type(value).fromisoformat(each) if isinstance(value, date) else type(value)(each) for each in where.values
    ]
    match where.operator:
        case "IN":
            return value in wanted
        case "BETWEEN":
            return bool(wanted[0] <= value <= wanted[1])
        case "!=":
            return bool(value != wanted[0])
        case ">=":
            return bool(value >= wanted[0])
    return bool(value == wanted[0])
