"""Which requests ask the same question."""

from dataclasses import replace
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.questions.identity import days_asked, question_key
from bot.questions.periods import Days, clause
from bot.tokenflex.catalogue import FIELDS, METRICS, Catalogue
from bot.tokenflex.models import ExportRequest

CATALOGUE = Catalogue()
OCTOBER = clause(Days(date(2026, 10, 1), date(2026, 10, 31)))
ASKED = ExportRequest(
    "110000123456", ("productName", "usageMonth"), ("tokensConsumed", "usageHours"), ("CLOUD_PRODUCT",), OCTOBER, "a"
)


def _key(where: str) -> str:
    return question_key(replace(ASKED, where=where), CATALOGUE)


@given(
    st.lists(st.sampled_from([field.name for field in FIELDS]), unique=True, min_size=1, max_size=6),
    st.lists(st.sampled_from([metric.name for metric in METRICS]), unique=True, min_size=1),
    st.data(),
)
def test_the_order_of_columns_and_the_period_make_no_difference(
    fields: list[str], metrics: list[str], data: st.DataObject
) -> None:
    made = replace(ASKED, fields=tuple(fields), metrics=tuple(metrics))
    first = data.draw(st.dates(date(2020, 1, 1), date(2027, 1, 1)))
    last = data.draw(st.dates(first, date(2027, 12, 31)))
    other = replace(
        made,
        fields=tuple(data.draw(st.permutations(fields))),
        metrics=tuple(data.draw(st.permutations(metrics))),
        where=clause(Days(first, last)),
        file_name="another",
    )
    assert question_key(made, CATALOGUE) == question_key(other, CATALOGUE)
    assert days_asked(other, CATALOGUE) == Days(first, last)


#: Clauses of which each says what the others of its line do.
ALIKE = [
    ["productName = 'Revit'", f"productName = 'Revit' AND {OCTOBER}", f"{OCTOBER} AND productName IN ('Revit')"],
    [
        "productName IN ('Maya', 'Revit')",
        "productName IN ('Revit', 'Maya')",
        "productName = 'Revit' OR productName = 'Maya'",
        f"(productName = 'Maya' OR productName = 'Revit') AND {OCTOBER}",
    ],
    [
        "contractYear BETWEEN 1 AND 3",
        "contractYear <= 3 AND contractYear >= 1",
    ],
    [
        "productName = 'Revit' AND customField1 = 'CC-1'",
        "customField1 = 'CC-1' AND productName = 'Revit' AND productName = 'Revit'",
    ],
    ["usageCategory = 'DESKTOP_PRODUCT'", "usageCategory = 'PRODUCT_CONSUMPTION'"],
]


@pytest.mark.parametrize("clauses", ALIKE)
def test_clauses_that_say_the_same_are_one_question(clauses: list[str]) -> None:
    assert len({_key(each) for each in clauses}) == 1


def test_clauses_that_say_something_else_are_other_questions() -> None:
    assert len({_key(clauses[0]) for clauses in ALIKE} | {_key(""), _key("productName != 'Revit'")}) == len(ALIKE) + 2


OTHERS = [
    replace(ASKED, contract_number="110000777001"),
    replace(ASKED, fields=("productName",)),
    replace(ASKED, metrics=("tokensConsumed",)),
    replace(ASKED, usage_categories=()),
    replace(ASKED, where=f"{OCTOBER} AND productName = 'Revit'"),
]


def test_another_contract_column_number_category_or_condition_is_another_question() -> None:
    assert len({question_key(each, CATALOGUE) for each in [ASKED, *OTHERS]}) == len(OTHERS) + 1


@pytest.mark.parametrize("where", ["", "productName = 'Revit'", "usageDate >= '2026-10-01'", "this is no clause ("])
def test_what_names_no_period_is_about_all_days(where: str) -> None:
    assert days_asked(replace(ASKED, where=where), CATALOGUE) is None
