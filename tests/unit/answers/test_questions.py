"""The questions that come with the bot, with their periods and categories: each number of each answer is true.

What is true is computed from the rows of the sandbox's data set, in plain Python with `decimal`: no DuckDB, no SQL that
counts, and nothing of what makes the file or the answer.
"""

import hashlib
import re
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from functools import cached_property
from pathlib import Path
from typing import Any

import pytest

from bot.answers.answer import answer_of
from bot.answers.plan import plan
from bot.cards.figures import Answer, Cell, Receipt, Shape, cell_text, number
from bot.cards.names import Names
from bot.contracts.years import ContractYear
from bot.questions.periods import Days, Relative
from bot.questions.questions import Asked, request
from bot.questions.starters import Starter, starters
from bot.tokenflex.catalogue import Catalogue
from sandbox.tokenflex.contracts import CONTRACTS
from sandbox.tokenflex.usage_data import Report, UsageData
from sandbox.tokenflex.where import compile_where
from tests.unit.answers.files import found_in

CATALOGUE = Catalogue()
CONTRACT = CONTRACTS[0]
LABELS = {f"customField{number}": label for number, label in enumerate(CONTRACT.labels, 1)}
NAMES = Names(CATALOGUE, LABELS)
STARTERS = {starter.key: starter for starter in starters(NAMES)}
TODAY = date(2026, 12, 16)
YEARS = tuple(ContractYear(each.year, each.start, each.end) for each in CONTRACT.years)

Raw = dict[str, Any]

#: The days of each period, for somebody who asks on that day.
PERIODS: dict[Relative, tuple[date, date]] = {
    Relative.LAST_MONTH: (date(2026, 11, 1), date(2026, 11, 30)),
    Relative.LAST_7_DAYS: (date(2026, 12, 9), date(2026, 12, 15)),
    Relative.LAST_30_DAYS: (date(2026, 11, 16), date(2026, 12, 15)),
    Relative.LAST_90_DAYS: (date(2026, 9, 17), date(2026, 12, 15)),
    Relative.THIS_CONTRACT_YEAR: (date(2026, 2, 1), date(2026, 12, 15)),
    Relative.ALL: (date(2000, 1, 1), date(2099, 12, 31)),
}
CONDITIONS: dict[str, Callable[[Raw], bool]] = {
    "": lambda _: True,
    "chargeCategory = 'CASUAL'": lambda raw: raw["chargeCategory"] == "CASUAL",
}
CATEGORIES = {
    "DESKTOP_PRODUCT": "Desktop products",
    "CLOUD_PRODUCT": "Cloud products",
    "CLOUD_SERVICE": "Cloud services",
}
CATEGORIES |= {"MANUAL_ADJUSTMENT": "Manual adjustments", "MANUAL_CONSUMPTION": "Manual consumption"}
#: What is called so in an answer, of the metrics that may be added.
AMOUNTS = {
    "Tokens": ("tokensConsumed", "tokens", 1),
    "Hours of use": ("usageHours", "minutes", 60),
    "Minutes of use": ("usageMinutes", "minutes", 1),
    "Quantity": ("quantity", "quantity", 1),
}
FOUR_DIGITS = Decimal("0.0001")  #: as the data set writes amounts into a file


def test_every_starter_question_is_of_a_known_period_and_condition() -> None:
    assert {starter.question.period for starter in STARTERS.values()} == set(PERIODS)
    assert {starter.question.where for starter in STARTERS.values()} == set(CONDITIONS)
    assert {name for starter in STARTERS.values() for name in starter.question.metrics} == {
        *(name for name, _, _ in AMOUNTS.values()),
        "uniqueUsers",
    }


@pytest.fixture(scope="module")
def data() -> Iterator[UsageData]:
    whole = UsageData()
    yield whole
    whole.close()


@dataclass(frozen=True)
class Truth:
    """What the data set says of a question: its rows, and the rows of the file that they become."""

    starter: Starter
    raws: Sequence[Raw]

    @cached_property
    def file(self) -> list[list[Raw]]:
        lines: dict[tuple[Any, ...], list[Raw]] = defaultdict(list)
        for raw in self.raws:
            lines[tuple(raw[name] for name in self.starter.question.fields)].append(raw)
        return list(lines.values())

    def amounts(self, lines: Sequence[Sequence[Raw]]) -> dict[str, Decimal]:
        return {
            title: sum((_amount(line, column, part) for line in lines), Decimal(0))
            for title, (name, column, part) in AMOUNTS.items()
            if name in self.starter.question.metrics
        }

    def figure(self, title: str, lines: Sequence[Sequence[Raw]]) -> Cell:
        """Return what a column of this title has to say about these lines of the file."""
        raws = [raw for line in lines for raw in line]
        match title:
            case "Different users":
                return len(_users(raws))
            case "Days":
                return len({raw["usageDate"] for raw in raws})
            case "Last day":
                return max(date.fromisoformat(raw["usageDate"]) for raw in raws)
            case "Rows" | "Sessions" | "Entries":
                return len(lines)
        return self.amounts(lines)[title]

    def groups(self, by: Sequence[str]) -> dict[tuple[str, ...], list[list[Raw]]]:
        """Return the lines of each group under the words that stand for it; what is nobody's has no idle days."""
        found: dict[tuple[str, ...], list[list[Raw]]] = defaultdict(list)
        for line in self.file:
            if self.starter.key not in {"occasional", "idle"} or line[0]["userName"] or "userName" not in by:
                found[tuple(_said(name, line[0][name]) for name in by)].append(line)
        return found


def _amount(line: Sequence[Raw], column: str, part: int) -> Decimal:
    whole = sum((Decimal(str(raw[column])) for raw in line if raw[column] is not None), Decimal(0))
    return (whole / part).quantize(FOUR_DIGITS)


def _users(raws: Sequence[Raw]) -> set[str]:
    return {raw["userName"] for raw in raws} - {None, ""}


def _said(name: str, value: Any) -> str:
    if name == "usageCategory":
        return CATEGORIES[value]
    return cell_text(date.fromisoformat(value) if name in {"usageDate", "usageMonth"} else value or "")


def _truth(data: UsageData, starter: Starter) -> Truth:
    columns = [row[1] for row in data.query("PRAGMA table_info(usage)")]
    raws = [dict(zip(columns, row, strict=True)) for row in data.query("SELECT * FROM usage")]
    question = starter.question
    assert isinstance(question.period, Relative)
    first, last = (day.isoformat() for day in PERIODS[question.period])
    kept = [
        raw
        for raw in raws
        if raw["contract"] == CONTRACT.number
        and first <= raw["usageDate"] <= last
        and (not question.categories or raw["usageCategory"] in question.categories)
        and CONDITIONS[question.where](raw)
    ]
    return Truth(starter, kept)


def _answer(data: UsageData, starter: Starter, folder: Path, *, people: bool) -> tuple[Answer, bytes, Sequence[str]]:
    """Return the answer as people get it, the file, and what the table is by."""
    made = request(starter.question, Asked(CONTRACT.number, TODAY, YEARS))
    where = compile_where(made.where) if made.where else None
    content = data.csv(Report(CONTRACT.number, made.fields, made.metrics, made.usage_categories, where))
    planned = plan(made, CATALOGUE)
    found = found_in(folder, content, planned.task)
    place = planned.main if people else planned.for_all
    by = () if place is None else planned.task.groupings[place].by
    period = starter.question.period
    days = Days(*PERIODS[period]) if isinstance(period, Relative) and period is not Relative.ALL else None
    return answer_of(found, planned, NAMES, people=people, days=days), content, by


@pytest.mark.parametrize("people", [True, False])
@pytest.mark.parametrize("key", STARTERS)
def test_every_number_of_an_answer_is_true(key: str, people: bool, data: UsageData, tmp_path: Path) -> None:
    truth = _truth(data, STARTERS[key])
    answer, content, by = _answer(data, STARTERS[key], tmp_path, people=people)
    assert len(truth.file) > 1, "an empty question shows nothing"
    if not {"usageDate", "usageMonth", "sessionStartDate"} & set(truth.starter.question.fields):
        assert answer.period == "November 2026"
        assert "November 2026" in answer.finding
    _facts_are_true(answer, truth)
    _receipt_is_true(answer, truth, content)
    assert (answer.table is not None) == bool(by)
    if answer.table is not None:
        _table_is_true(answer, truth, by)
    for series in answer.series:
        _series_is_true(series, truth, by)
    _finding_is_true(answer, truth)


def _facts_are_true(answer: Answer, truth: Truth) -> None:
    people = {"Different users": len(_users(truth.raws))} if "userName" in truth.starter.question.fields else {}
    assert {fact.title: fact.value for fact in answer.facts} == {**truth.amounts(truth.file), **people}


def _receipt_is_true(answer: Answer, truth: Truth, content: bytes) -> None:
    has_days = "usageDate" in truth.starter.question.fields
    last = max(date.fromisoformat(raw["usageDate"]) for raw in truth.raws) if has_days else None
    assert answer.receipt == Receipt(len(truth.file), len(content), hashlib.sha256(content).hexdigest(), last)


def _table_is_true(answer: Answer, truth: Truth, by: Sequence[str]) -> None:
    """Each row is a group with its figures, each figure is that group's, and the first are the first."""
    table, groups = answer.table, truth.groups(by)
    assert table is not None
    titles = [column.title for column in table.columns[len(by) :]]
    expected = {key: tuple(truth.figure(title, lines) for title in titles) for key, lines in groups.items()}
    shown = {tuple(map(cell_text, row[: len(by)])): row[len(by) :] for row in table.rows}
    assert {key: expected[key] for key in shown} == shown
    assert (table.groups, len(table.rows)) == (len(groups), min(10, len(groups)))
    least = truth.starter.key in {"occasional", "idle"} and "userName" in by
    order = sorted((_rank(figures[0]) for figures in expected.values()), reverse=not least)
    assert [_rank(row[len(by)]) for row in table.rows] == order[: len(table.rows)]


def _rank(cell: Cell) -> Any:
    return cell.toordinal() if isinstance(cell, date) else cell


def _series_is_true(series: Any, truth: Truth, by: Sequence[str]) -> None:
    """Each point is the figure of its day, week, month or group; "other" is of all groups that have no point."""
    if series.shape is Shape.LINE:
        expected = _over_time(truth, series.by, series.of)
        assert {point.label: point.value for point in series.points} == {
            point.label: expected.get(point.label, Decimal(0)) for point in series.points
        }
        assert set(expected) <= {point.label for point in series.points}
        return
    groups = {" · ".join(key): lines for key, lines in truth.groups(by).items()}
    points = {point.label: point.value for point in series.points}
    rest = [line for label, lines in groups.items() if label not in points for line in lines]
    if rest:
        assert points.pop("other") == truth.figure(series.of, rest)
    assert points == {label: truth.figure(series.of, groups[label]) for label in points}


def _over_time(truth: Truth, unit: str, of: str) -> dict[str, Decimal]:
    starts: Mapping[str, Callable[[date], str]] = {
        "Day": lambda day: day.isoformat(),
        "Week": lambda day: (day - timedelta(day.weekday())).isoformat(),
        "Month": lambda day: f"{day:%Y-%m}",
    }
    spans: dict[str, list[list[Raw]]] = defaultdict(list)
    for line in truth.file:
        spans[starts[unit](date.fromisoformat(line[0]["usageDate"]))].append(line)
    return {label: truth.amounts(lines)[of] for label, lines in spans.items()}


def _finding_is_true(answer: Answer, truth: Truth) -> None:
    """The sentence has the totals, and no number that is not one of them, of the table's first rows or the period."""
    said = answer.finding
    amounts = truth.amounts(truth.file)
    least = said.startswith(("Used on the fewest days", "Longest without use"))
    for value in () if least else amounts.values():
        assert number(value) in said
    known = {number(value) for value in amounts.values()} | {f"{len(truth.file):,}", f"{len(_users(truth.raws)):,}"}
    left = said.replace(answer.period, "") if answer.period else said
    if answer.table is not None:
        columns = sum(not column.is_number for column in answer.table.columns if column.title != "Last day")
        first = next((row for row in answer.table.rows if "" not in row[:columns] or least), answer.table.rows[0])
        left = left.replace(" · ".join(map(cell_text, first[:columns])), "")
        known |= {cell_text(first[columns]), f"{answer.table.groups:,}"}
        whole = amounts.get(answer.table.columns[columns].title, Decimal(len(truth.file)))
        if isinstance(first[columns], (Decimal, int)) and whole > 0:
            known.add(f"{round(Decimal(first[columns]) * 100 / whole)}")  # type: ignore[arg-type] # checked above
        if isinstance(first[columns], date):
            left = left.replace(cell_text(first[columns]), "")
    assert set(re.findall(r"-?\d[\d,.]*\d|-?\d", left)) <= known, said
