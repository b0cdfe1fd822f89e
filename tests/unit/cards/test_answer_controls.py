"""What stands under an answer: each part carries the whole query, and nothing that Slack would refuse."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from slack_sdk.models.blocks import Block

from bot.cards import actions
from bot.cards.actions import MadeFor
from bot.cards.answer_controls import controls
from bot.cards.names import Names
from bot.cards.query import Query
from bot.tokenflex.catalogue import Catalogue
from bot.tokenflex.models import ExportRequest
from storage.models import Export
from storage.states import ExportState
from tests.harness.rows import NOW

CATALOGUE = Catalogue()
NAMES = Names(CATALOGUE, {"customField3": "Cost centre " * 10})
FIELDS = ("productName", "userName", "customField3")


def export(*fields: str, number: int = 42) -> Export:
    request = ExportRequest("1", fields, ("tokensConsumed",))
    return Export(number, ExportState.READY, request, "U0SBX00002", "C0SBX00006", NOW, NOW, origin="one act")


def shown(
    query: Query | None = None, one: Export | None = None, *, shows_people: bool = False, posts: bool = False
) -> dict[str, Any]:
    """The elements by their ids, in a row that Slack takes."""
    elements = controls(one or export(*FIELDS), query or Query(), NAMES, shows_people=shows_people, posts=posts)
    parsed = Block.parse(actions.row("buttons", *elements))
    assert parsed is not None
    parsed.validate_json()
    return {element["action_id"]: element for element in elements}


def queries(element: dict[str, Any]) -> dict[str, Query]:
    """What each option of a menu asks, by its words."""
    found = {}
    for option in element["options"]:
        made_for, _, query = option["value"].partition(" ")
        assert MadeFor.of(made_for) == MadeFor(42, export().mark)
        assert len(option["value"]) <= 150
        assert len(option["text"]["text"]) <= 75
        found[option["text"]["text"]] = Query.of(query)
    return found


def test_the_menus_offer_the_columns_of_the_file_and_three_lengths() -> None:
    """By people's names; what else was asked stays."""
    asked = Query(("userName",), 25, "productName='Revit'")
    by, top = (queries(shown(asked)[each]) for each in (actions.ANSWER_BY, actions.ANSWER_TOP))
    assert [*by.values()] == [Query((name,), 25, asked.where) for name in FIELDS]
    assert [*by][:2] == ["Product name", "User name"]
    assert top == {
        "Top 10": Query(asked.by, 10, asked.where),
        "Top 25": asked,
        "As many as fit": Query(asked.by, 100, asked.where),
    }


@pytest.mark.parametrize(("shows_people", "posts"), [(True, True), (True, False), (False, True), (False, False)])
def test_buttons_are_there_where_they_do_something(shows_people: bool, posts: bool) -> None:
    """They ask the same again; a template is offered under every answer."""
    asked = Query(("userName",), where="productName='Revit'")
    found = shown(asked, shows_people=shows_people, posts=posts)
    assert (actions.SHOW_PEOPLE in found, actions.POST_ANSWER in found) == (shows_people, posts)
    assert actions.SAVE in found
    for action in {actions.SHOW_PEOPLE, actions.POST_ANSWER} & {*found}:
        assert Query.of(found[action]["value"].partition(" ")[2]) == asked


def test_a_file_of_numbers_alone_has_no_menus() -> None:
    """There is nothing to choose."""
    assert [*shown(one=export())] == [actions.SAVE, actions.SCHEDULE]


@given(st.text(max_size=4000), st.integers(1, 10**17))
def test_whatever_is_asked_slack_takes_it(where: str, number: int) -> None:
    """What is too long for a value is left out."""
    shown(Query(("userName", "productName"), 25, where), export(*FIELDS, number=number), shows_people=True, posts=True)


def test_a_file_of_more_columns_than_a_menu_takes() -> None:
    """The first ones are offered."""
    fields = tuple(f"field{place}" for place in range(150))
    assert len(queries(shown(one=export(*fields))[actions.ANSWER_BY])) == 100
