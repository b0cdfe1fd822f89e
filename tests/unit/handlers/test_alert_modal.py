"""The form of an alert: what stands in it is what was meant, Slack takes it whatever that is, and nothing is lost."""

from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.alerts import typed
from bot.alerts.typed import Typed
from bot.cards.alert_watched import Every, Limit, Shares, Shortage, Surplus, Unusual, Watched
from bot.tokenflex.catalogue import Catalogue
from bot.tokenflex.models import Contract
from handlers.forms import alert_modal as modal
from handlers.forms.alert_modal import Sketch
from handlers.forms.export_modal import CHANNEL, Choices
from tests.harness.slack_takes import assert_slack_takes, assert_slack_takes_element

CONTRACTS = (Contract("110000123456", "Example AG"), Contract("2"))
LABELS = {"customField1": "Cost centre", "customField2": "Employee"}
CHOICES = Choices(CONTRACTS, Catalogue(), LABELS)
FIELDS = typed.watchable(CHOICES.catalogue, CHOICES.names, {"customField2"})
WATCHED: tuple[Watched, ...] = (
    Shares((50, 90)),
    Shortage(),
    Unusual(Every.WEEK, 40),
    Limit("customField1", "CC-101", 10_000, Every.YEAR),
    Limit("productName", "Revit", 1),
    Surplus(5),
)


def shown(sketch: Sketch, choices: Choices = CHOICES) -> Any:
    return modal.form(sketch, choices, FIELDS)


def submitted(view: Any, **changed: Any) -> Any:
    """The form as Slack sends it, with some of its fields changed, by what their ids begin with."""
    values: dict[str, Any] = {}
    for block in view["blocks"]:
        element = block.get("element")
        if element is None:
            continue
        state = {
            "plain_text_input": lambda one: {"value": one.get("initial_value")},
            "static_select": lambda one: {"selected_option": one.get("initial_option")},
            "external_select": lambda one: {"selected_option": one.get("initial_option")},
            "conversations_select": lambda one: {"selected_conversation": one.get("initial_conversation")},
        }[element["type"]](element)
        name = element["action_id"].partition(".")[2]
        if name in changed:
            value = changed[name]
            state = {"value": value} if "value" in state else {"selected_option": value and {"value": value}}
        values[block["block_id"]] = {element["action_id"]: {"type": element["type"], **state}}
    return {**view, "state": {"values": values}}


@pytest.mark.parametrize("watched", WATCHED, ids=lambda watched: type(watched).__name__)
def test_what_is_watched_for_stays_what_it_was(watched: Watched) -> None:
    """Every kind has inputs of its own, and Slack takes them."""
    sketch = Sketch(typed.typed_of(watched), contract="2", channel="C2", opened="C1", alert="7.abcdef0123")
    view = shown(sketch)
    assert_slack_takes(view)
    assert modal.sketch_of(submitted(view)) == sketch
    assert typed.read(modal.sketch_of(submitted(view)).typed) == watched
    assert modal.opened_in(view) == "C1"


def test_every_kind_can_be_chosen_and_nothing_of_another_is_lost() -> None:
    """Who looks at all of them finds again what was typed in each."""
    view = submitted(shown(Sketch()), shares="60, 80")
    view = submitted(shown(modal.sketch_of(submitted(view, shares="60, 80", kind="limit"))), tokens="5k")
    view = submitted(shown(modal.sketch_of({**view, "state": submitted(view, kind="unusual", tokens="5k")["state"]})))
    view = submitted(shown(modal.sketch_of(submitted(view, kind="surplus", percent="nonsense"))))
    sketch = modal.sketch_of(submitted(view, kind="shares", left=""))
    assert sketch.typed == Typed("shares", shares="60, 80", tokens="5k", percent="nonsense", left="")
    for kind in modal._KINDS:
        assert_slack_takes(shown(modal.sketch_of(submitted(view, kind=kind))))


@given(st.text(max_size=200), st.text(max_size=200), st.text(max_size=30), st.sampled_from([*modal._KINDS]))
def test_slack_takes_whatever_was_typed(value: str, contract: str, number: str, kind: Any) -> None:
    """A value, a number or a contract that no field can hold is left out, not sent to be refused."""
    typed_in = Typed(kind, shares=number, percent=number, tokens=number, left=number, value=value)
    for choices in (CHOICES, Choices((), Catalogue())):
        assert_slack_takes(shown(Sketch(typed_in, contract, "C1", "C1"), choices))


def test_another_field_has_other_values() -> None:
    """Slack keeps what stood in an input of the same id, so that of another field has another; nothing is chosen."""
    view = shown(Sketch(typed.typed_of(WATCHED[4])))
    again = shown(modal.sketch_of(submitted(view, field="customField1")))
    one, other = (
        next(b["block_id"] for b in v["blocks"] if b["block_id"].startswith(modal.VALUE)) for v in (view, again)
    )
    assert one != other
    assert modal.sketch_of(submitted(again)).typed.value == ""


def test_people_are_not_among_what_can_be_watched() -> None:
    """Neither by the catalogue nor by the settings; the customer's own fields are called as they call them."""
    view = shown(Sketch(Typed("limit")))
    menu = next(block["element"] for block in view["blocks"] if block["block_id"] == modal.FIELD)
    offered = [option["text"]["text"] for option in menu["options"]]
    assert offered == ["Product name", "Product line code", "Cost centre"]
    nameless = typed.watchable(Catalogue(), Choices().names, ())
    assert "customField10" in nameless
    assert not {"userName", "machineName"} & {*nameless}


def test_what_is_wrong_is_said_at_its_input() -> None:
    """At one that there is: Slack refuses errors of any other."""
    view = submitted(shown(Sketch(Typed("limit", tokens="many"))))
    problems = typed.read(modal.sketch_of(view).typed)
    assert isinstance(problems, tuple)
    errors = modal.errors_of(problems, view)
    value = next(block["block_id"] for block in view["blocks"] if block["block_id"].startswith(modal.VALUE))
    assert set(errors) == {modal.TOKENS, value}
    inputs = {block["block_id"] for block in view["blocks"] if block["type"] == "input"}
    for part in (*modal._PARTS.values(), modal.CONTRACT, CHANNEL):
        assert set(modal.at(part, ["x" * 5000], view)) <= inputs
        assert set(modal.at_contract("x", view)) <= inputs


def test_one_contract_is_not_asked_for() -> None:
    """Several are a menu; where none is known, or too many, its number is typed."""
    some = (CONTRACTS[:1], CONTRACTS, (), tuple(Contract(str(number)) for number in range(101)))
    forms = [shown(Sketch(), replace(CHOICES, contracts=known)) for known in some]
    labels = [{block["block_id"] for block in form["blocks"]} for form in forms]
    found = [each & {modal.CONTRACT, modal.CONTRACT_TYPED} for each in labels]
    assert found == [set(), {modal.CONTRACT}, {modal.CONTRACT_TYPED}, {modal.CONTRACT_TYPED}]
    kept = shown(Sketch(contract="110000123456"), replace(CHOICES, contracts=CONTRACTS[:1]))
    assert modal.sketch_of(submitted(kept)).contract == "110000123456"


def test_values_are_found_by_what_is_typed() -> None:
    """Those that begin so first; what is typed can be chosen as it is, since not all values are known."""
    known = ["Revit", "AutoCAD", "Civil 3D", "CAD for Revit", "x" * 200]

    def offered(text: str) -> list[str]:
        options = modal.value_options(text, known)
        for option in options:
            assert_slack_takes_element({"type": "external_select", "initial_option": option})
        return [option["value"] for option in options]

    assert offered("") == known[:4]
    assert offered("rev") == ["Revit", "CAD for Revit", "rev"]
    assert offered("REVIT") == ["Revit", "CAD for Revit"]
    assert offered("Fusion") == ["Fusion"]
    assert len(offered("y" * 151)) == 0
    many = modal.value_options("", [f"CC-{number}" for number in range(1000)])
    assert len(many) == 99


def test_nothing_that_people_made_up_breaks_the_form() -> None:
    """The state of a view and what it keeps come from outside."""
    state = {modal.KIND: {modal.KIND: {"selected_option": {"value": "x"}}}}
    odd: dict[str, Any] = {"private_metadata": "[1]", "state": {"values": state}}
    assert modal.sketch_of(odd) == Sketch()
    odd["private_metadata"] = '{"typed": {"kind": "y", "every": "never", "more": 1}}'
    assert modal.sketch_of(odd) == Sketch()
