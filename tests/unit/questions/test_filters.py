"""Filters: to a where clause and back, with the same rows on the stand-in's data."""

from typing import get_args

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.cards.names import Names
from bot.questions import filters
from bot.questions.filters import OPERATORS, Filter, Filtered, Operator
from bot.tokenflex import condition
from bot.tokenflex.catalogue import FIELDS, Catalogue, Field, ValueType
from bot.tokenflex.condition import Comparison
from bot.tokenflex.where import check_where
from sandbox.tokenflex.contracts import CONTRACTS
from sandbox.tokenflex.usage_data import UsageData
from sandbox.tokenflex.where import compile_where

CATALOGUE = Catalogue()
NAMES = Names(CATALOGUE, {"customField1": "Cost centre"})
BY_NAME = {field.name: field for field in FIELDS}
DATA = UsageData()
IS, ONE_OF, IS_NOT, BEGINS_WITH, CONTAINS, AT_LEAST, AT_MOST = Operator


def rows(clause: str) -> set[int]:
    """The rows of all contracts that a clause lets through, by the stand-in's own reading of it."""
    compiled = compile_where(clause)
    return {row for (row,) in DATA.query(f"SELECT rowid FROM usage WHERE {compiled.sql}", compiled.parameters)}


def values_of(field: str) -> list[str]:
    found = [value for (value,) in DATA.query(f'SELECT DISTINCT "{field}" FROM usage ORDER BY 1 LIMIT 40') if value]
    return [str(value) for value in found if "\n" not in str(value)]


def usable(one: Filter) -> bool:
    return not any(not problem.warning for problem in filters.check(one, CATALOGUE, NAMES))


@st.composite
def a_filter(draw: st.DrawFn) -> Filter:
    """One that may be sent, with values that the data has."""
    field = draw(st.sampled_from(FIELDS))
    operator = draw(st.sampled_from(OPERATORS[field.value_type]))
    known = list(field.values) or values_of(field.name) or ["nothing of it"]
    values = draw(st.lists(st.sampled_from(known), min_size=1, max_size=3 if operator is ONE_OF else 1, unique=True))
    if operator in {BEGINS_WITH, CONTAINS}:
        values = [values[0][: draw(st.integers(3, 8))].replace("%", "")]
    return Filter(field.name, operator if len(values) > 1 or operator is not ONE_OF else IS, tuple(values))


FILTERS = a_filter().filter(usable)


@st.composite
def a_condition(draw: st.DrawFn) -> condition.Condition:
    """One that Token Flex takes; also with the operators that no menu offers."""
    read = condition.read(filters.clause_of([draw(FILTERS)], CATALOGUE))
    if not isinstance(read, Comparison) or read.operator not in {">=", "<="}:
        return read
    (literal,) = read.literals
    other = "5" if literal.isdigit() else literal
    return draw(
        st.sampled_from(
            [
                read,
                Comparison(read.field, read.operator[0], (literal,)),
                Comparison(read.field, "BETWEEN", (literal, other)),
                Comparison(read.field, "IN", (literal,)),
            ]
        )
    )


CLAUSES = st.recursive(
    a_condition(),
    lambda inner: st.builds(condition.joined, st.sampled_from(["AND", "OR"]), st.lists(inner, min_size=2, max_size=3)),
    max_leaves=6,
).map(condition.write)


def test_every_kind_of_value_has_operators() -> None:
    """A new kind without a row fails; no pattern on enumerations, dates and numbers."""
    assert set(OPERATORS) == set(get_args(ValueType))
    for kind, operators in OPERATORS.items():
        assert bool({BEGINS_WITH, CONTAINS} & set(operators)) is (kind in {"text", "any"})


@pytest.mark.parametrize(
    ("one", "clause", "sentence"),
    [
        (Filter("productName", IS, ("Revit",)), "productName = 'Revit'", "only Revit"),
        (Filter("userName", IS, ("o'brien",)), "userName = 'o''brien'", "only user o'brien"),
        (
            Filter("productName", ONE_OF, ("Revit", "Maya")),
            "productName IN ('Revit', 'Maya')",
            "only Revit or Maya",
        ),
        (
            Filter("productName", ONE_OF, ("A", "B", "C", "D", "E")),
            "productName IN ('A', 'B', 'C', 'D', 'E')",
            "only A, B, C or 2 more",
        ),
        (Filter("productName", IS_NOT, ("Revit",)), "productName != 'Revit'", "without Revit"),
        (Filter("userName", BEGINS_WITH, ("cad",)), "userName LIKE 'cad%'", "only user beginning with cad"),
        (Filter("userName", CONTAINS, ("adm",)), "userName LIKE '%adm%'", "only user containing adm"),
        (Filter("contractYear", AT_LEAST, ("2",)), "contractYear >= 2", "contract year at least 2"),
        (Filter("usageDate", AT_MOST, ("2026-10-31",)), "usageDate <= '2026-10-31'", "day at most 2026-10-31"),
        (Filter("customField1", IS, ("CC-101",)), "customField1 = 'CC-101'", "only Cost centre CC-101"),
        (Filter("chargeCategory", IS, ("N/A",)), "chargeCategory = 'N/A'", "only kind of charge N/A"),
    ],
)
def test_a_filter_its_clause_and_its_words(one: Filter, clause: str, sentence: str) -> None:
    """Each operator as Autodesk's examples write it, back again, and as people say it."""
    assert filters.clause_of([one], CATALOGUE) == clause
    assert filters.filters_of(clause, CATALOGUE) == Filtered((one,))
    assert filters.said(one, NAMES) == sentence
    assert filters.check(one, CATALOGUE, NAMES) == ()


@pytest.mark.parametrize(
    ("clause", "read"),
    [
        ("", Filtered()),
        ("productName IN ('Revit')", Filtered((Filter("productName", IS, ("Revit",)),))),
        (
            "productName='Revit' or productName in ('Maya', 'VRED')",
            Filtered((Filter("productName", ONE_OF, ("Revit", "Maya", "VRED")),)),
        ),
        (
            "contractYear between 1 and 2",
            Filtered((Filter("contractYear", AT_LEAST, ("1",)), Filter("contractYear", AT_MOST, ("2",)))),
        ),
        ("contractYear < 3", Filtered(rest="contractYear < 3")),
        ("userName LIKE 'a%bcd'", Filtered(rest="userName LIKE 'a%bcd'")),
        ("userName LIKE '%bcd'", Filtered(rest="userName LIKE '%bcd'")),
        ("userName LIKE 'abc'", Filtered(rest="userName LIKE 'abc'")),
        ("userName >= 'm'", Filtered(rest="userName >= 'm'")),
        (
            "(userName = 'a' OR productName = 'b') AND contractYear = 1 and userName<'m'",
            Filtered((Filter("contractYear", IS, ("1",)),), "(userName = 'a' OR productName = 'b') AND userName < 'm'"),
        ),
        ("userName = 'a' OR productName = 'b'", Filtered(rest="userName = 'a' OR productName = 'b'")),
        ("  October ", Filtered(rest="October")),
        ("productName = Revit", Filtered(rest="productName = Revit")),
        ("not productName = 'Revit'", Filtered(rest="not productName = 'Revit'")),
        ("tokensConsumed = 1", Filtered(rest="tokensConsumed = 1")),
    ],
)
def test_what_choices_cannot_say_stays_text(clause: str, read: Filtered) -> None:
    """What they can say is chosen, the rest stays; what is wrong stays as it was typed."""
    assert filters.filters_of(clause, CATALOGUE) == read


@pytest.mark.parametrize(
    ("clauses", "whole"),
    [
        ((), ""),
        (("", " "), ""),
        (("a = 1 OR b = 2", ""), "a = 1 OR b = 2"),
        (("a = 1 OR b = 2", "c = 3"), "(a = 1 OR b = 2) AND c = 3"),
        (("a = 1 AND b = 2", "c = 3"), "a = 1 AND b = 2 AND c = 3"),
        (("(a = 1) OR (b = 2)", "c = 3"), "((a = 1) OR (b = 2)) AND c = 3"),
        (("October", "c = 3"), "(October) AND c = 3"),
    ],
)
def test_clauses_are_joined_without_tearing_one_apart(clauses: tuple[str, ...], whole: str) -> None:
    """A choice between conditions stays one beside another condition."""
    assert filters.all_of(*clauses) == whole


@pytest.mark.parametrize(
    ("one", "says"),
    [
        (Filter("nothing", IS, ("x",)), "is not a field any more"),
        (Filter("productName", IS, ()), "Choose or type what Product name is"),
        (Filter("productName", ONE_OF, ("Revit", " ")), "Choose or type what Product name is one of"),
        (Filter("productName", IS, ("a", "b")), '"is" takes one value'),
        (Filter("chargeCategory", BEGINS_WITH, ("CHA",)), 'Kind of charge takes no "begins with": choose is or is'),
        (Filter("usageCategory", CONTAINS, ("CLOUD",)), 'takes no "contains"'),
        (Filter("usageDate", BEGINS_WITH, ("2026",)), 'Day takes no "begins with"'),
        (Filter("productName", AT_LEAST, ("M",)), 'Product name takes no "at least"'),
        (Filter("userName", BEGINS_WITH, ("ab",)), '"begins with" needs at least 3 characters: "ab" is too short'),
        (Filter("userName", CONTAINS, ("a__",)), "needs at least 3 characters"),
        (Filter("userName", BEGINS_WITH, ("cad%",)), 'Leave % out of "cad%"'),
        (Filter("contractYear", IS, ("three",)), "Contract year is a number"),
        (Filter("contractYear", IS, ("²",)), "Contract year is a number"),
        (Filter("contractYear", IS, ("1 OR 1",)), "Contract year is a number"),
        (Filter("usageMonth", IS, ("2026-10-02",)), "the first day of a month"),
        (Filter("chargeCategory", IS, ("charged",)), "did you mean 'CHARGED'?"),
    ],
)
def test_rules_are_told_before_anything_is_sent(one: Filter, says: str) -> None:
    """Each with a sentence that says what to choose."""
    (problem,) = filters.check(one, CATALOGUE, NAMES)
    assert says in problem.message
    assert problem.part == "where"
    assert not problem.warning


@given(st.lists(FILTERS, max_size=4))
@settings(max_examples=30)
def test_there_and_back_are_the_same_filters(chosen: list[Filter]) -> None:
    """What was chosen stands in the form again; the clause is one that Token Flex takes."""
    clause = filters.clause_of(chosen, CATALOGUE)
    assert all(problem.warning for problem in check_where(clause, CATALOGUE))
    assert filters.filters_of(clause, CATALOGUE) == Filtered(tuple(chosen))


@given(st.sampled_from(FIELDS), st.sampled_from(Operator), st.lists(st.text(max_size=8), max_size=2).map(tuple))
def test_what_fits_is_what_nothing_is_wrong_with(field: Field, operator: Operator, values: tuple[str, ...]) -> None:
    """The quick judgement is that of the whole check."""
    one = Filter(field.name, operator, values)
    if all(map(str.isprintable, values)):
        assert filters.fits(one, CATALOGUE, NAMES) is usable(one)


@given(CLAUSES)
@settings(max_examples=30)
def test_back_and_there_are_the_same_rows(clause: str) -> None:
    """Whatever the shape of a clause: in choices and a rest it means the same to the stand-in."""
    read = filters.filters_of(clause, CATALOGUE)
    again = filters.all_of(filters.clause_of(read.filters, CATALOGUE), read.rest)
    assert all(problem.warning for problem in check_where(again, CATALOGUE))
    assert rows(again) == rows(clause)


@given(st.text(max_size=80))
def test_any_text_is_read(clause: str) -> None:
    """And none of it is lost."""
    read = filters.filters_of(clause, CATALOGUE)
    assert read.rest == clause.strip() or read.filters or not clause.strip()


def test_the_data_has_something_to_find() -> None:
    """The comparison of rows is one of many rows."""
    assert len(rows("productName = 'Revit'")) > 100
    assert len(CONTRACTS) > 1
