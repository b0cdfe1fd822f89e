"""The numbers of answers equal those that plain Python computes of the same file, with `decimal` and without DuckDB."""

import csv
import hashlib
import io
from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from datetime import date
from decimal import Decimal, localcontext
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.answers.answer import answer_of
from bot.answers.engine.document import Count, Found, Grouped, Measure
from bot.answers.plan import MAY_BE_ADDED, plan
from bot.cards.figures import Cell, Receipt, number
from bot.cards.names import Names
from bot.questions.starters import Starter, starters
from bot.tokenflex.catalogue import Catalogue
from sandbox.tokenflex import recorded
from sandbox.tokenflex.contracts import CONTRACTS
from sandbox.tokenflex.usage_data import Report, UsageData
from tests.unit.answers.files import asked, found_in

CATALOGUE = Catalogue()
STARTERS = {starter.key: starter for starter in starters(Names(CATALOGUE))}
CONTRACT = CONTRACTS[0].number

Row = dict[str, str]


@pytest.fixture(scope="module")
def data() -> Iterable[UsageData]:
    whole = UsageData()
    yield whole
    whole.close()


def _plain(data: UsageData, report: Report) -> bytes:
    return data.csv(report)


def _marked(data: UsageData, report: Report) -> bytes:
    return data.csv(report, bom=True)


def _as_recorded(data: UsageData, report: Report) -> bytes:
    return recorded.table(report.fields, report.metrics, data.query(*report.sql()))


FORMS: dict[str, Callable[[UsageData, Report], bytes]] = {
    "plain": _plain,
    "byte order mark": _marked,
    "as recorded": _as_recorded,
}


def _file(data: UsageData, starter: Starter, form: str) -> bytes:
    question = starter.question
    return FORMS[form](data, Report(CONTRACT, question.fields, question.metrics, question.categories))


def _read(content: bytes) -> list[Row]:
    return list(csv.DictReader(io.StringIO(content.decode("utf-8-sig"), newline="")))


def _asked(starter: Starter) -> Any:
    question = starter.question
    return asked(question.fields, question.metrics, question.categories)


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("key", STARTERS)
def test_every_number_of_a_starter_question_is_that_of_the_file(
    key: str, form: str, data: UsageData, tmp_path: Path
) -> None:
    content = _file(data, STARTERS[key], form)
    rows, task = _read(content), plan(_asked(STARTERS[key]), CATALOGUE, top=100).task
    found = found_in(tmp_path, content, task)
    assert found.rows == found.kept == len(rows) > 0
    assert found.size == len(content)
    assert found.totals == {name: _sum(rows, name) for name in task.adds}
    assert set(found.totals) == set(STARTERS[key].question.metrics) & MAY_BE_ADDED
    assert found.people == (len(_distinct(rows, "userName")) if "userName" in rows[0] else None)
    days = [_day(row[task.days]) for row in rows if row[task.days]] if task.days else []
    assert (found.first_day, found.last_day) == ((min(days), max(days)) if days else (None, None))
    assert found.grouped
    for grouped in found.grouped:
        _compare(grouped, rows)
    _compare_timelines(found, task.timelines, rows)


@pytest.mark.parametrize("people", [True, False])
@pytest.mark.parametrize("key", STARTERS)
def test_every_number_of_its_answer_is_that_of_the_file(
    key: str, people: bool, data: UsageData, tmp_path: Path
) -> None:
    content = _file(data, STARTERS[key], "plain")
    rows, made, names = _read(content), plan(_asked(STARTERS[key]), CATALOGUE), Names(CATALOGUE)
    answer = answer_of(found_in(tmp_path, content, made.task), made, names, people=people)
    amounts = {names.title(name): _sum(rows, name) for name in STARTERS[key].question.metrics if name in MAY_BE_ADDED}
    users = {names.title("uniqueUsers"): len(_distinct(rows, "userName"))} if "userName" in rows[0] else {}
    assert {fact.title: fact.value for fact in answer.facts} == amounts | users
    assert all(number(amount) in answer.finding for amount in amounts.values()) or made.task.groupings[0].ascending
    for series in answer.series:
        whole = amounts.get(series.of, Decimal(len(rows)))
        is_whole = series.by not in {"Day", "Week", "Month"} or len(series.points) < 20
        assert sum(point.value for point in series.points) == whole or not is_whole
    assert answer.receipt == Receipt(
        len(rows),
        len(content),
        hashlib.sha256(content).hexdigest(),
        max(_day(row["usageDate"]) for row in rows) if "usageDate" in rows[0] else None,
    )


def _compare(grouped: Grouped, rows: Sequence[Row]) -> None:
    """The groups are those of the file, each with its figures, and in the order that was asked for."""
    grouping = grouped.grouping
    groups: dict[tuple[str, ...], list[Row]] = defaultdict(list)
    for row in rows:
        if not grouping.filled or row[grouping.filled]:
            groups[tuple(row[name] for name in grouping.by)].append(row)
    assert grouped.groups == len(groups)
    assert grouped.is_single == all(len(group) == 1 for group in groups.values())
    expected = {_key(keys): _figures(grouping.measures, group) for keys, group in groups.items()}
    assert {row.keys: row.figures for row in grouped.rows}.items() <= expected.items()
    assert len(grouped.rows) == min(len(groups), grouping.top)
    ordered = sorted(
        (_sortable(figures[grouping.order]) for figures in expected.values()), reverse=not grouping.ascending
    )
    assert [_sortable(row.figures[grouping.order]) for row in grouped.rows] == ordered[: grouping.top]


def _key(keys: Sequence[str]) -> tuple[Cell, ...]:
    return tuple(_day(key) if key[4:5] == key[7:8] == "-" and key[:4].isdigit() else key for key in keys)


def _figures(measures: Sequence[Measure], rows: Sequence[Row]) -> tuple[Cell, ...]:
    return tuple(_figure(measure, rows) for measure in measures)


def _figure(measure: Measure, rows: Sequence[Row]) -> Cell:
    match measure.count:
        case Count.SUM:
            return _sum(rows, measure.column)
        case Count.ALONE:
            return _sum(rows, measure.column) if len(rows) == 1 else None
        case Count.ROWS:
            return len(rows)
        case Count.DISTINCT:
            return len(_distinct(rows, measure.column))
        case Count.NEWEST:
            return max(_day(row[measure.column]) for row in rows)


def _sortable(cell: Cell) -> Any:
    return cell.toordinal() if isinstance(cell, date) else cell


def _compare_timelines(found: Found, timelines: Sequence[Any], rows: Sequence[Row]) -> None:
    for said, timeline in zip(found.timelines, timelines, strict=True):
        sums: dict[date, list[Row]] = defaultdict(list)
        for row in rows:
            day = _day(row[timeline.column])
            sums[day if timeline.unit == "day" else day.replace(day=1)].append(row)
        expected = {day: tuple(_sum(group, name) for name in timeline.metrics) for day, group in sorted(sums.items())}
        assert {moment.day: moment.sums for moment in said} == expected
        assert [moment.day for moment in said] == sorted(expected)


def _sum(rows: Iterable[Row], name: str) -> Decimal:
    return sum((Decimal(row[name]) for row in rows if row[name]), Decimal(0))


def _distinct(rows: Iterable[Row], name: str) -> set[str]:
    return {row[name] for row in rows} - {""}


def _day(text: str) -> date:
    return date.fromisoformat(text[:10])


# --- what must not be added ---------------------------------------------------------------------------------------


def test_every_metric_is_either_an_amount_or_never_added() -> None:
    never = {"uniqueUsers", "uniqueProducts"}
    assert {metric.name for metric in CATALOGUE.metrics} == MAY_BE_ADDED | never
    assert not MAY_BE_ADDED & never


@pytest.mark.parametrize("metric", ["uniqueUsers", "uniqueProducts", "averageUsers"])
def test_what_may_not_be_added_has_no_total_and_no_sum(metric: str, tmp_path: Path) -> None:
    catalogue = Catalogue(extra_metrics=["averageUsers"])
    task = plan(asked(["productName", "usageMonth"], [metric, "tokensConsumed"]), catalogue).task
    header = f"productName,usageMonth,{metric},tokensConsumed\n"
    found = found_in(tmp_path, f"{header}Revit,2026-09-01,3,1\nRevit,2026-10-01,4,2\n".encode(), task)
    assert set(found.totals) == {"tokensConsumed"}
    assert not found.alone
    measures = [measure for grouped in found.grouped for measure in grouped.grouping.measures]
    assert Measure(Count.SUM, metric) not in measures
    assert all(timeline.metrics == ("tokensConsumed",) for timeline in task.timelines)


_METRICS = [*(metric.name for metric in CATALOGUE.metrics), "averageUsers"]
_FIELDS = [field.name for field in CATALOGUE.fields]


@settings(max_examples=60, deadline=None)
@given(
    fields=st.lists(st.sampled_from(_FIELDS), unique=True, max_size=5),
    metrics=st.lists(st.sampled_from(_METRICS), unique=True, min_size=1),
    draws=st.data(),
)
def test_whatever_is_asked_for_what_may_not_be_added_never_is(
    fields: list[str], metrics: list[str], draws: st.DataObject, tmp_path_factory: pytest.TempPathFactory
) -> None:
    """Every row says 7; a sum of two would be 14 or more, and is nowhere among what may not be added."""
    by = draws.draw(st.lists(st.sampled_from(fields), unique=True)) if fields else []
    made = plan(asked(fields, metrics), Catalogue(extra_metrics=["averageUsers"]), by=by, top=100)
    rows = 0 if not fields else draws.draw(st.integers(2, 4))
    lines = [",".join([*("" for _ in fields), *("7" for _ in metrics)])] * (rows or 1)
    content = "\n".join([",".join([*fields, *metrics]), *lines, ""])
    found = found_in(tmp_path_factory.mktemp("file"), content.encode(), made.task)
    never = set(metrics) - MAY_BE_ADDED
    assert not never & set(found.totals)
    assert not never & {name for timeline in made.task.timelines for name in timeline.metrics}
    for grouped in found.grouped:
        for place, measure in enumerate(grouped.grouping.measures):
            assert measure.column not in never or measure.count is Count.ALONE
            said = {row.figures[place] for row in grouped.rows}
            assert measure.column not in never or said <= {None, Decimal(7)}
    answer = answer_of(found, made, Names(CATALOGUE), people=True)
    titles = {Names(CATALOGUE).title(name) for name in never} - {Names(CATALOGUE).title("uniqueUsers")}
    assert not {series.of for series in answer.series} & titles
    assert all(fact.value == 7 for fact in answer.facts if fact.title in titles)


def test_unique_users_stand_beside_groups_of_one_row_and_nowhere_else(tmp_path: Path) -> None:
    task = plan(asked(["productName", "productVersion"], ["uniqueUsers"]), CATALOGUE).task
    header = "productName,productVersion,uniqueUsers\n"
    found = found_in(tmp_path, f"{header}Revit,2026,3\nRevit,2025,4\n".encode(), task)
    assert [row.figures[0] for row in found.grouped[0].rows] == [Decimal(4), Decimal(3)]
    twice = found_in(tmp_path, f"{header}Revit,2026,3\nRevit,2026,4\n".encode(), task)
    assert [row.figures[0] for row in twice.grouped[0].rows] == [None]


def test_unique_users_of_the_only_row_are_those_of_all(tmp_path: Path) -> None:
    task = plan(asked([], ["uniqueUsers", "tokensConsumed"]), CATALOGUE).task
    found = found_in(tmp_path, b"uniqueUsers,tokensConsumed\n14,3.5\n", task)
    assert found.alone == {"uniqueUsers": Decimal(14)}
    assert found.totals == {"tokensConsumed": Decimal("3.5")}


def test_sums_are_exact_however_binary_fractions_would_round(tmp_path: Path) -> None:
    task = plan(asked(["productName"], ["usageHours"]), CATALOGUE).task
    values = ["0.1"] * 1000 + ["3.3333333333333335", "1e-05", "12345678901234.000000000000000001"]
    rows = "".join(f"P{at},{value}\n" for at, value in enumerate(values))
    found = found_in(tmp_path, f"productName,usageHours\n{rows}".encode(), task)
    with localcontext(prec=60):
        assert found.totals["usageHours"] == sum(map(Decimal, values))
