"""What may be meant by what is typed into a menu of filters."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.cards.names import Names
from bot.questions import filters
from bot.questions.filters import Filter, Operator
from bot.questions.suggestions import MOST, suggest
from bot.tokenflex.catalogue import Catalogue

CATALOGUE = Catalogue(("seatCount",))
NAMES = Names(CATALOGUE, {"customField1": "Cost centre"})
KNOWN = {
    "productName": ["AutoCAD", "AutoCAD Architecture", "Maya", "Revit", "Vault Office"],
    "userName": ["cadmin", "jdoe", "revit.admin"],
    "customField1": [f"CC-{number}" for number in range(100, 400)],
}
IS, ONE_OF, IS_NOT, BEGINS_WITH, CONTAINS, AT_LEAST, AT_MOST = Operator


def found(text: str) -> tuple[Filter, ...]:
    return suggest(text, KNOWN, CATALOGUE, NAMES)


@pytest.mark.parametrize(
    ("text", "first"),
    [
        ("rev", Filter("productName", IS, ("Revit",))),
        ("cad", Filter("productName", IS, ("AutoCAD",))),
        ("jdoe", Filter("userName", IS, ("jdoe",))),
        ("not Maya", Filter("productName", IS_NOT, ("Maya",))),
        ("cost CC-101", Filter("customField1", IS, ("CC-101",))),
        ("Cost centre is CC-101", Filter("customField1", IS, ("CC-101",))),
        ("cost centre is not CC-101", Filter("customField1", IS_NOT, ("CC-101",))),
        ("user begins with cad", Filter("userName", BEGINS_WITH, ("cad",))),
        ("machine contains WS-00", Filter("machineName", CONTAINS, ("WS-00",))),
        ("contract year 3", Filter("contractYear", IS, ("3",))),
        ("contract year at least 2", Filter("contractYear", AT_LEAST, ("2",))),
        ("day until 2026-10-31", Filter("usageDate", AT_MOST, ("2026-10-31",))),
        ("charge casual", Filter("chargeCategory", IS, ("CASUAL",))),
        ("borrowed", Filter("usageType", IS, ("Borrowed",))),
        ("user ab", Filter("userName", IS, ("ab",))),
        ("“Revit”", Filter("productName", IS, ("Revit",))),
        ("user is ‘jdoe’", Filter("userName", IS, ("jdoe",))),
        ("\u200brev\u2060it", Filter("productName", IS, ("Revit",))),
        ("product is one of revit, Maya or Fusion", Filter("productName", ONE_OF, ("Revit", "Maya", "Fusion"))),
        ("is one of Revit, Maya", Filter("productName", ONE_OF, ("Revit", "Maya"))),
        ("product is one of Revit", Filter("productName", IS, ("Revit",))),
        ("product != Revit", Filter("productName", IS_NOT, ("Revit",))),
        ("product<>Revit", Filter("productName", IS_NOT, ("Revit",))),
        ("productName='Revit'", Filter("productName", IS, ("Revit",))),
        ("product is “Revit”", Filter("productName", IS, ("Revit",))),
        ("user is O'Brien", Filter("userName", IS, ("O'Brien",))),
    ],
)
def test_what_is_typed_is_understood(text: str, first: Filter) -> None:
    """The likeliest stands first."""
    assert found(text)[0] == first


@pytest.mark.parametrize(
    ("text", "only"),
    [
        ("product begins with Re", Filter("productName", BEGINS_WITH, ("Re",))),
        ("user contains %ab", Filter("userName", CONTAINS, ("%ab",))),
        ("usage type begins with Bor", Filter("usageType", BEGINS_WITH, ("Bor",))),
        ("contract year at least two", Filter("contractYear", AT_LEAST, ("two",))),
        ("month is 2026-10", Filter("usageMonth", IS, ("2026-10",))),
    ],
)
def test_a_condition_that_is_refused_is_offered_alone(text: str, only: Filter) -> None:
    """Nothing else is taken for it, such as a product of that whole name; who chooses it is told why it is none."""
    assert found(text) == (only,)
    assert [each for each in filters.check(only, CATALOGUE, NAMES) if not each.warning]


def test_a_known_value_that_sounds_like_a_condition_is_found() -> None:
    """Beside the condition."""
    assert Filter("customField1", IS, ("Product is dead",)) in suggest(
        "product is dead", {"customField1": ["Product is dead"]}, CATALOGUE, NAMES
    )


def test_fields_of_single_sessions_have_to_be_named() -> None:
    """They make a request one that needs a category."""
    assert not [one for one in found("x") if (field := CATALOGUE.field(one.field)) and field.session_level]


def test_what_is_not_known_can_be_typed() -> None:
    """A value that no cache has is offered for the usual fields, with what makes sense for each."""
    offered = found("Fusion")
    assert Filter("productName", IS, ("Fusion",)) in offered
    assert Filter("productName", CONTAINS, ("Fusion",)) in offered
    assert Filter("userName", BEGINS_WITH, ("Fusion",)) in offered
    assert not [one for one in offered if one.field == "contractYear"]


def test_an_opened_menu_shows_what_is_known() -> None:
    """Products first; never more than Slack takes."""
    assert [one.values[0] for one in found("")][:5] == KNOWN["productName"]
    assert len(found("")) == len(found("CC")) == MOST


@settings(max_examples=40)
@given(st.text(max_size=30))
def test_everything_that_is_offered_may_be_sent(text: str) -> None:
    """Whatever is typed; but for a condition that stands alone to be told what is wrong with it."""
    offered = found(text)
    assert len(offered) == len(set(offered)) <= MOST
    for one in offered if len(offered) > 1 else ():
        assert all(problem.warning for problem in filters.check(one, CATALOGUE, NAMES))
