"""What an answer says of a file: its sentence, its charts, its notes."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path

import pytest

from bot.answers import kept
from bot.answers.answer import answer_of
from bot.answers.plan import plan
from bot.cards.figures import Answer, Shape, cell_text, number
from bot.cards.names import Names
from bot.questions.periods import Days
from bot.tokenflex.catalogue import Catalogue
from tests.unit.answers.files import asked, found_in

CATALOGUE = Catalogue()
NAMES = Names(CATALOGUE, {"customField1": "Cost centre"})


def _answer(
    folder: Path, header: str, rows: Sequence[str], *, people: bool = True, where: str = "", days: Days | None = None
) -> Answer:
    """Return the answer to a file of these columns, of which those that are metrics come last."""
    columns = header.split(",")
    fields = [name for name in columns if CATALOGUE.field(name)]
    made = plan(asked(fields, columns[len(fields) :]), CATALOGUE, where=where)
    content = "\n".join([header, *rows, ""])
    return answer_of(found_in(folder, content.encode(), made.task), made, NAMES, people=people, days=days)


#: Columns, rows, and the sentence that people read first.
FINDINGS: dict[str, tuple[str, list[str], str]] = {
    "by product": (
        "productName,tokensConsumed",
        ["Revit,1204.5", "Maya,310"],
        "1,514.5 tokens; most for Revit: 1,204.5 tokens (80 %).",
    ),
    "by person": (
        "userName,tokensConsumed",
        [",90", "jdoe,6", "kobrien,4"],
        "100 tokens by 2 users; most for jdoe: 6 tokens (6 %).",
    ),
    "by day": (
        "usageDate,tokensConsumed",
        ["2026-10-01,4", "2026-10-31,6"],
        "10 tokens, October 2026; most on 31 October 2026: 6 tokens (60 %).",
    ),
    "by cost centre and month": (
        "customField1,usageMonth,tokensConsumed,usageHours",
        ["CC-1,2026-09-01,4,1", "CC-1,2026-10-01,5,1", "CC-2,2026-10-01,1,2"],
        "10 tokens and 4 hours of use, September to October 2026; most for CC-1: 9 tokens (90 %).",
    ),
    "nothing that may be added": (
        "productName,uniqueUsers",
        ["Revit,3", "Maya,4"],
        "2 rows; most for Maya: 4 different users.",
    ),
    "one number": ("tokensConsumed", ["12.25"], "12.25 tokens."),
    "bookings that take back": (
        "reasonType,chargedItemID,tokensConsumed,quantity",
        ["Goodwill,A,-30,-3", "Correction,B,10,1"],
        "2 entries, -20 tokens and quantity -2; most for Correction: 10 tokens.",
    ),
    "one of each": (
        "userName,productName,chargedItemID,tokensConsumed,usageHours",
        ["jdoe,Revit,A,1,1.0"],
        "1 session, 1 token and 1 hour of use by 1 user; most for jdoe · Revit: 1 token (100 %).",
    ),
    "nothing used": (
        "productName,tokensConsumed,usageMinutes",
        ["Revit,0.0,1.001", "Maya,0,0"],
        "0 tokens and 1 minute of use.",
    ),
    "how often": (
        "productName,useCount",
        ["Revit,12", "Maya,1"],
        "Number of uses 13; most for Revit: number of uses 12 (92 %).",
    ),
    "nobody's number": (
        "productName,uniqueUsers",
        ["Revit,", "Maya,"],
        "2 rows.",
    ),
    "few days": (
        "userName,productName,usageDate,tokensConsumed",
        ["jdoe,Revit,2026-10-01,1", "jdoe,Revit,2026-10-02,1", "kobrien,Maya,2026-10-02,9"],
        "Used on the fewest days: kobrien · Maya, 1 (of 2).",
    ),
    "long ago": (
        "userName,productName,usageDate",
        ["jdoe,Revit,2026-10-01", "kobrien,Maya,2025-03-02", "kobrien,Maya,2025-01-02"],
        "Longest without use: kobrien · Maya, last on 2 March 2025 (of 2 that ever used something).",
    ),
    "sessions": (
        "userName,productName,chargeCategory,chargedItemID,usageMinutes",
        ["jdoe,Revit,CASUAL,A,3", "jdoe,Revit,CASUAL,B,4", "kobrien,Maya,CASUAL,C,9"],
        "3 sessions and 16 minutes of use by 2 users; most for jdoe · Revit · CASUAL: 2 sessions (67 %).",
    ),
    "no rows": ("productName,tokensConsumed", [], "There was no usage: the file has a header and no rows."),
}


@pytest.mark.parametrize("name", FINDINGS)
def test_the_finding_is_one_sentence_that_stands_alone(name: str, tmp_path: Path) -> None:
    header, rows, sentence = FINDINGS[name]
    assert _answer(tmp_path, header, rows).finding == sentence


def test_no_row_that_fits_a_condition_is_said(tmp_path: Path) -> None:
    answer = _answer(tmp_path, "productName,tokensConsumed", ["Revit,1", "Maya,2"], where="productName = 'Arnold'")
    assert answer.finding == "None of the file's 2 rows fits the condition."
    assert answer.receipt.rows == 2
    assert answer.table is None


def test_facts_are_the_totals_and_the_different_users(tmp_path: Path) -> None:
    header = "userName,productName,tokensConsumed,usageHours,uniqueUsers"
    answer = _answer(tmp_path, header, ["jdoe,Revit,1,2,1", "jdoe,Maya,1,2,1", ",,8,0,0"])
    assert [(fact.title, fact.value) for fact in answer.facts] == [
        ("Tokens", 10),
        ("Hours of use", 4),
        ("Different users", 1),
    ]
    assert "Different users cannot be added up: one may count in several rows." in answer.notes


def test_machines_that_count_as_users_are_said(tmp_path: Path) -> None:
    header = "userName,productName,tokensConsumed"
    machines = "Arnold, RenderNode and VRED count machines as users, so not all of these are people."
    assert machines in _answer(tmp_path, header, ["RENDER-01,Arnold,1", "jdoe,Revit,1"]).notes
    assert machines not in _answer(tmp_path, header, ["kobrien,Maya,1", "jdoe,Revit,1"]).notes


def test_categories_are_called_by_their_names(tmp_path: Path) -> None:
    answer = _answer(tmp_path, "usageCategory,tokensConsumed", ["PRODUCT_CONSUMPTION,1", "CLOUD_SERVICE,3"])
    assert answer.table is not None
    assert [row[0] for row in answer.table.rows] == ["Cloud services", "Desktop products"]


# --- charts -------------------------------------------------------------------------------------------------------


def test_a_share_of_few_is_a_pie_and_of_many_a_bar_with_the_rest(tmp_path: Path) -> None:
    few = _answer(tmp_path, "productName,tokensConsumed", [f"P{at},{at + 1}" for at in range(6)])
    (pie,) = few.series
    assert pie.shape is Shape.PIE
    assert len(pie.points) == 6
    many = _answer(tmp_path, "productName,tokensConsumed", [f"P{at},{at + 1}" for at in range(40)])
    (bar,) = many.series
    assert bar.shape is Shape.BAR
    assert bar.points[-1].label == "other"
    assert sum(point.value for point in bar.points) == sum(range(41))
    assert many.table is not None
    assert (many.table.caption, many.table.groups) == ("Tokens by product", 40)


def test_a_file_without_days_is_of_the_days_that_were_asked_for(tmp_path: Path) -> None:
    """One with days says itself what it has."""
    september = Days(date(2026, 9, 1), date(2026, 9, 30))
    asked_for = _answer(tmp_path, "productName,tokensConsumed", ["Revit,4", "Maya,2"], days=september)
    assert asked_for.finding == "6 tokens, September 2026; most for Revit: 4 tokens (67 %)."
    there = _answer(tmp_path, "usageDate,tokensConsumed", ["2026-09-02,4", "2026-09-03,2"], days=september)
    assert there.period == "2 to 3 September 2026"


def test_what_is_not_above_zero_is_never_in_a_pie(tmp_path: Path) -> None:
    (series,) = _answer(tmp_path, "productName,tokensConsumed", ["Revit,4", "Maya,-1", "Arnold,0"]).series
    assert series.shape is Shape.BAR


def test_labels_of_a_chart_are_all_different(tmp_path: Path) -> None:
    rows = [f"{'x' * 90}{at},{at + 1}" for at in range(8)]
    (series,) = _answer(tmp_path, "productName,tokensConsumed", rows).series
    assert len({point.label for point in series.points}) == 8


SPANS = {10: ("day", 10), 20: ("day", 20), 31: ("week", 5), 130: ("week", 19), 200: ("month", 7), 1000: ("month", 20)}


@pytest.mark.parametrize("days", SPANS)
def test_a_series_has_the_finest_unit_that_fits_and_no_gap(days: int, tmp_path: Path) -> None:
    first = date(2024, 1, 1)
    used = [first + timedelta(days=at) for at in range(days) if at in {0, days - 1} or at % 9 == 0]
    answer = _answer(tmp_path, "usageDate,tokensConsumed", [f"{day},1.5" for day in used])
    (series,) = answer.series
    unit, points = SPANS[days]
    assert series.title == f"Tokens by {unit}"
    assert len(series.points) == points
    assert len({point.label for point in series.points}) == points
    if days < 600:
        assert sum(point.value for point in series.points) == Decimal("1.5") * len(used)


#: Days asked for (None: those of the file), days with usage, and what is said of the ends of the chart.
CUT = {
    "whole weeks": (None, ("2024-01-01", "2024-02-25"), ""),
    "a week that begins late": (None, ("2024-01-03", "2024-02-25"), "The first week of the chart is not whole."),
    "a week that ends early": (None, ("2024-01-01", "2024-02-20"), "The last week of the chart is not whole."),
    "both": (None, ("2024-01-03", "2024-02-20"), "The first and last week of the chart are not whole."),
    "nothing used on a Monday": (("2024-01-01", "2024-02-25"), ("2024-01-02", "2024-02-20"), ""),
    "nothing used at the ends": (("2024-01-03", "2024-03-05"), ("2024-01-10", "2024-02-20"), ""),
    "months": (None, ("2024-01-03", "2024-08-20"), "The first and last month of the chart are not whole."),
    "whole months": (None, ("2024-01-01", "2024-08-31"), ""),
    "more months than fit": (None, ("2022-01-03", "2024-08-31"), ""),
    "days": (None, ("2024-01-03", "2024-01-18"), ""),
}


@pytest.mark.parametrize("case", CUT)
def test_weeks_and_months_that_are_shown_in_part_are_named(case: str, tmp_path: Path) -> None:
    asked, used, said = CUT[case]
    days = Days(*map(date.fromisoformat, asked)) if asked else None
    answer = _answer(tmp_path, "usageDate,tokensConsumed", [f"{day},1.5" for day in used], days=days)
    assert [note for note in answer.notes if "of the chart" in note] == ([said] if said else [])


def test_names_of_people_are_marked_in_tables_and_charts(tmp_path: Path) -> None:
    answer = _answer(tmp_path, "userName,tokensConsumed", ["jdoe,1", "kobrien,2"])
    assert answer.names_people
    assert answer.table is not None
    assert answer.table.names_people
    assert all(series.names_people for series in answer.series)
    hidden = _answer(tmp_path, "userName,tokensConsumed", ["jdoe,1", "kobrien,2"], people=False)
    assert hidden.finding == "3 tokens by 2 users."
    assert (hidden.table, hidden.series, hidden.names_people) == (None, (), False)
    assert "Names of people are not shown here." in hidden.notes


def test_a_file_that_may_not_be_whole_says_so(tmp_path: Path) -> None:
    """In every answer of it, also in those that are drawn from what is kept."""
    text = "userName,tokensConsumed\njdoe,1\n"
    made = plan(asked(["userName"], ["tokensConsumed"]), CATALOGUE)
    found = found_in(tmp_path, text.encode(), made.task)
    said = "The server of the file did not say how long it is, so nobody knows whether all of it came."
    for is_measured in (True, False):
        stored, _ = kept.figures_of(kept.figures(replace(found, is_measured=is_measured), made), made.personal)
        answer = answer_of(stored, made, NAMES, people=False)
        assert (said in answer.notes) is not is_measured


def test_numbers_and_cells_as_people_read_them() -> None:
    values: list[Decimal | int] = [
        Decimal("1204.50"),
        Decimal("0.004"),
        Decimal("-0.001"),
        1000000,
        Decimal("-1234.567"),
    ]
    assert [number(value) for value in values] == ["1,204.5", "0", "0", "1,000,000", "-1,234.57"]
    assert [cell_text(cell) for cell in (None, "", "a", 3, date(2026, 10, 1))] == [
        *("–", "(empty)", "a", "3", "1 October 2026"),
    ]
