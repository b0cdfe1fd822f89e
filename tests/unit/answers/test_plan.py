"""What is asked of a file: by the starter questions, by somebody who asks again, by a condition."""

from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.answers.engine.document import Count, Measure, task_of
from bot.answers.plan import Plan, PlanError, plan
from bot.cards.names import Names
from bot.questions.starters import starters
from bot.tokenflex.catalogue import Catalogue
from bot.tokenflex.where import check_where
from tests.unit.answers.files import asked, found_in

CATALOGUE = Catalogue()
STARTERS = {starter.key: starter.question for starter in starters(Names(CATALOGUE))}


def _of(key: str) -> Plan:
    question = STARTERS[key]
    return plan(asked(question.fields, question.metrics, question.categories), CATALOGUE)


#: By what the table of each starter question is, what its first rows are first in, and by what it is where nobody may
#: be named.
TABLES: dict[str, tuple[tuple[str, ...], Measure, tuple[str, ...]]] = {
    "products": (("productName",), Measure(Count.SUM, "tokensConsumed"), ("productName",)),
    "users": (("userName",), Measure(Count.SUM, "tokensConsumed"), ()),
    "days": (("usageDate",), Measure(Count.SUM, "tokensConsumed"), ("usageDate",)),
    "charge-back-1": (("customField1",), Measure(Count.SUM, "tokensConsumed"), ("customField1",)),
    "versions": (
        ("productName", "productVersion"),
        Measure(Count.SUM, "usageHours"),
        ("productName", "productVersion"),
    ),
    "servers": (("licenseServerName", "userName"), Measure(Count.SUM, "usageHours"), ("licenseServerName",)),
    "adjustments": (
        ("reasonType", "usageCategory"),
        Measure(Count.SUM, "tokensConsumed"),
        ("reasonType", "usageCategory"),
    ),
    "occasional": (("userName", "productName"), Measure(Count.DISTINCT, "usageDate"), ("productName",)),
    "idle": (("userName", "productName"), Measure(Count.NEWEST, "usageDate"), ("productName",)),
    "charges": (
        ("userName", "productName", "chargeCategory"),
        Measure(Count.SUM, "tokensConsumed"),
        ("productName", "chargeCategory"),
    ),
    "accidents": (
        ("userName", "productName", "chargeCategory"),
        Measure(Count.ROWS),
        ("productName", "chargeCategory"),
    ),
}


def test_every_starter_question_has_its_table() -> None:
    assert set(TABLES) == set(STARTERS)


@pytest.mark.parametrize("key", TABLES)
def test_the_table_of_a_starter_question(key: str) -> None:
    by, first, for_all = TABLES[key]
    made = _of(key)
    assert made.main is not None
    main = made.task.groupings[made.main]
    assert main.by == by
    assert main.measures[main.order] == first
    assert main.ascending == (key in {"occasional", "idle"})
    assert (made.task.groupings[made.for_all].by if made.for_all is not None else ()) == for_all


def test_a_field_that_the_settings_call_personal_is_personal() -> None:
    made = plan(asked(["customField3"], ["tokensConsumed"]), CATALOGUE, personal=frozenset({"customField3"}))
    assert made.for_all is None
    assert made.personal == {"customField3"}


def test_by_another_column_and_more_of_them() -> None:
    request = asked(["userName", "productName"], ["tokensConsumed"])
    (grouping,) = plan(request, CATALOGUE, by=["productName"], top=25).task.groupings
    assert (grouping.by, grouping.top) == (("productName",), 25)
    with pytest.raises(PlanError, match="no column hubName: it has userName, productName"):
        plan(request, CATALOGUE, by=["hubName"])
    with pytest.raises(PlanError, match="no column usageDate"):
        plan(request, CATALOGUE, where="usageDate = '2026-10-01'")


@pytest.mark.parametrize("name", [field.name for field in CATALOGUE.fields])
def test_every_field_of_the_catalogue_can_be_what_a_table_is_by(name: str, tmp_path: Path) -> None:
    value = {
        "text": "a",
        "enum": "b",
        "date": "2026-10-01",
        "month": "2026-10-01",
        "datetime": "2026-10-01T08:00:00",
        "integer": "2",
        "any": "c",
    }[next(field.value_type for field in CATALOGUE.fields if field.name == name)]
    for by in ([name], []):
        task = plan(asked([name], ["tokensConsumed"]), CATALOGUE, by=by).task
        found = found_in(tmp_path, f"{name},tokensConsumed\n{value},1.5\n,2\n".encode(), task)
        assert found.grouped[0].groups == 2
        assert str(found.totals["tokensConsumed"]) == "3.5"


# --- conditions ---------------------------------------------------------------------------------------------------

FIELDS = ["productName", "usageDate", "contractYear", "usageCategory", "sessionStartDate"]
CONTENT = """productName,usageDate,contractYear,usageCategory,sessionStartDate,tokensConsumed
Revit,2026-10-01,1,DESKTOP_PRODUCT,2026-10-01T08:00:00,1
O'Brien,2026-10-02,2,PRODUCT_CONSUMPTION,2026-10-02 09:30:00,2
Vault Office,2026-10-03 00:00:00,2,CLOUD_PRODUCT,,4
,2026-11-01,,MANUAL_ADJUSTMENT,,8
"""

#: Each clause, and the tokens of the rows that fit it, added up as powers of two.
CLAUSES = {
    "productName = 'Revit'": 1,
    "productName != 'Revit'": 14,
    "productName = 'O''Brien'": 2,
    "productName IN ('Revit', 'Vault Office')": 5,
    "productName LIKE 'Vault%'": 4,
    "productName LIKE '%Brien%'": 2,
    "usageDate = '2026-10-03'": 4,
    "usageDate >= '2026-10-02'": 14,
    "usageDate < '2026-10-02'": 1,
    "usageDate BETWEEN '2026-10-02' AND '2026-10-31'": 6,
    "contractYear = 2": 6,
    "contractYear <= 1": 1,
    "contractYear IN (1, 2)": 7,
    "usageCategory = 'DESKTOP_PRODUCT'": 3,
    "usageCategory != 'DESKTOP_PRODUCT'": 12,
    "sessionStartDate > '2026-10-01T23:00:00'": 2,
    "productName = 'Revit' OR usageDate > '2026-10-31'": 9,
    "(productName = 'Revit' OR contractYear = 2) AND usageDate <= '2026-10-02'": 3,
    "productName = 'Nothing'": 0,
}


@pytest.mark.parametrize("clause", CLAUSES)
def test_a_checked_condition_is_run_on_the_file(clause: str, tmp_path: Path) -> None:
    assert not check_where(clause, CATALOGUE)
    task = plan(asked(FIELDS, ["tokensConsumed"]), CATALOGUE, where=clause).task
    found = found_in(tmp_path, CONTENT.encode(), task)
    assert found.rows == 4
    assert found.totals["tokensConsumed"] == CLAUSES[clause]
    assert found.kept == CLAUSES[clause].bit_count()


_LITERALS = st.text(st.characters(exclude_categories=["C"]), min_size=1, max_size=20)


@settings(max_examples=40, deadline=None)
@given(_LITERALS)
def test_a_text_of_a_condition_never_becomes_sql(tmp_path_factory: pytest.TempPathFactory, text: str) -> None:
    clause = "productName = '" + text.replace("'", "''") + "'"
    task = plan(asked(["productName"], ["tokensConsumed"]), CATALOGUE, where=clause).task
    quoted = text.replace('"', '""')
    content = f'productName,tokensConsumed\n"{quoted}",1\nother than that one,2\n'
    found = found_in(tmp_path_factory.mktemp("file"), content.encode(), task)
    assert found.totals["tokensConsumed"] == 1


def test_old_names_of_categories_are_the_new_ones(tmp_path: Path) -> None:
    task = plan(asked(["usageCategory"], ["tokensConsumed"]), CATALOGUE).task
    content = "usageCategory,tokensConsumed\nPRODUCT_CONSUMPTION,1\nDESKTOP_PRODUCT,2\nCLOUD_CONSUMPTION,4\n"
    found = found_in(tmp_path, content.encode(), task)
    assert [(row.keys, str(row.figures[0])) for row in found.grouped[0].rows] == [
        (("CLOUD_SERVICE",), "4"),
        (("DESKTOP_PRODUCT",), "3"),
    ]


@pytest.mark.parametrize("key", STARTERS)
def test_a_task_travels_as_json(key: str) -> None:
    task = _of(key).task
    assert task_of(task.json()) == task
