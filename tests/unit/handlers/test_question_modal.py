"""The short form as a value: built from a sketch and read back, whatever stands in it."""

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from bot.cards.names import Names
from bot.questions import filters
from bot.questions.filters import Filter, Operator
from bot.questions.periods import Relative
from bot.questions.questions import Question
from bot.questions.starters import starters
from bot.tokenflex.catalogue import Catalogue
from bot.tokenflex.models import Contract
from handlers.forms import question_modal
from handlers.forms.export_modal import Choices, Opened
from handlers.forms.question_modal import RANGE, Entry, Sketch
from tests.unit.questions.test_filters import FILTERS
from tests.unit.questions.test_questions import QUESTIONS

CATALOGUE = Catalogue()
NAMES = Names(CATALOGUE)
CONTRACTS = (Contract("110000123456", "Example AG"), Contract("RomeoAgree-0", is_active=False))
CHOICES = Choices(CONTRACTS, CATALOGUE)
ENTRIES = [Entry(f"starter.{each.key}", each.title, each.question, "Questions") for each in starters(NAMES)]
SKETCH = Sketch("starter.products", contract="110000123456", channel="C0SBX00006", opened=Opened("C0SBX00006"))


def build(sketch: Sketch, choices: Choices = CHOICES) -> dict[str, Any] | None:
    own = [question_modal.own_entry(sketch.own, "Own")] if sketch.own else []
    return question_modal.build(sketch, [*own, *ENTRIES], choices, "*Tokens.*")


def as_shown(view: dict[str, Any]) -> dict[str, Any]:
    """The view as Slack hands it over when nothing in it was changed."""
    values: dict[str, Any] = {}
    for block in view["blocks"]:
        if block["type"] == "input":
            element = block["element"]
            state = {
                "selected_option": element.get("initial_option"),
                "selected_options": element.get("initial_options", []),
                "selected_date": element.get("initial_date"),
                "selected_conversation": element.get("initial_conversation"),
                "value": element.get("initial_value"),
            }
            values[block["block_id"]] = {element["action_id"]: state}
    return view | {"state": {"values": values}}


def options(part: Any) -> Iterator[dict[str, Any]]:
    """All options of a view: what has a value and a text."""
    if isinstance(part, dict) and {"value", "text"} <= part.keys() and "type" not in part:
        yield part
    for each in part.values() if isinstance(part, dict) else part if isinstance(part, list) else ():
        yield from options(each)


SKETCHES = st.builds(
    Sketch,
    st.sampled_from([entry.key for entry in ENTRIES]),
    st.none(),
    st.sampled_from([contract.number for contract in CONTRACTS]),
    st.sampled_from(["", RANGE, *Relative]),
    first=st.sampled_from(["2026-10-01"]),
    last=st.sampled_from(["2026-10-31"]),
    only=st.lists(FILTERS, max_size=3, unique=True).map(tuple),
    channel=st.just("C0SBX00006"),
    file_name=st.sampled_from(["", "mine"]),
    opened=st.sampled_from([Opened("C0SBX00006"), Opened("D1", round=3)]),
    wants_answer=st.booleans(),
)


@settings(max_examples=60)
@given(SKETCHES)
def test_what_is_drawn_is_read_again(sketch: Sketch) -> None:
    """Drawn twice it is the same, and it means the same."""
    sketch = replace(sketch, only=tuple(one for one in sketch.only if question_modal.option_of(one, "x")))
    view = build(sketch)
    assert view is not None
    read = question_modal.parse(as_shown(view))
    assert build(read) == view
    assert read.wants_answer == sketch.wants_answer
    assert question_modal.question_of(read, ENTRIES, CATALOGUE) == question_modal.question_of(
        sketch, ENTRIES, CATALOGUE
    )


@settings(max_examples=60)
@given(QUESTIONS.filter(lambda question: question.fields or question.metrics))
def test_a_question_of_ones_own_is_kept(question: Question) -> None:
    """Through the view and back: what filters say stands in the menu, the rest in what the view keeps."""
    sketch = question_modal.sketch_of(question, CATALOGUE, contract="110000123456", channel="C1")
    view = build(sketch)
    if view is None:
        assert len(question.where) > 1000
        return
    read = question_modal.parse(as_shown(view))
    entries = [question_modal.own_entry(read.own or Question(), "Own"), *ENTRIES]
    found = question_modal.question_of(read, entries, CATALOGUE)
    assert replace(found, where="") == replace(question, where="")
    before = filters.filters_of(question.where, CATALOGUE)
    after = filters.filters_of(found.where, CATALOGUE)
    assert after.rest == before.rest


@settings(max_examples=60)
@given(SKETCHES)
def test_slack_takes_it(sketch: Sketch) -> None:
    """Six inputs, two days more for a range; options and what is kept within Slack's limits."""
    view = build(sketch)
    assert view is not None
    inputs = [block for block in view["blocks"] if block["type"] == "input"]
    assert len(inputs) == (8 if sketch.period == RANGE else 6)
    assert len({block["block_id"] for block in view["blocks"]}) == len(view["blocks"])
    assert len(view["private_metadata"]) <= 3000
    for option in options(view):
        assert 0 < len(option["value"]) <= 150
        assert 0 < len(option["text"]["text"]) <= 75


def test_too_much_to_keep_is_told() -> None:
    """Nothing is cut: the form of fields and metrics stays."""
    long = question_modal.sketch_of(Question(("productName",), where="x" * 3001), CATALOGUE)
    assert build(long) is None


def test_one_contract_is_not_asked_for() -> None:
    """Where there is one; where none is known it is typed."""
    one = build(SKETCH, Choices(CONTRACTS[:1], CATALOGUE))
    none = build(replace(SKETCH, contract=""), Choices((), CATALOGUE))
    assert one is not None
    assert none is not None
    assert [block["label"]["text"] for block in one["blocks"] if block["type"] == "input"][1] == "Period"
    assert none["blocks"][1]["element"]["type"] == "plain_text_input"
    assert question_modal.parse(as_shown(one)).contract == "110000123456"


def test_another_question_brings_its_own_period() -> None:
    """Unless another one was chosen."""
    view = build(SKETCH)
    assert view is not None
    read = question_modal.parse(as_shown(view))
    days = replace(read, key="starter.days")
    assert question_modal.question_of(days, ENTRIES, CATALOGUE).period is Relative.LAST_30_DAYS
    chosen = replace(days, period=Relative.ALL.value)
    assert question_modal.question_of(chosen, ENTRIES, CATALOGUE).period is Relative.ALL


def test_values_of_one_field_mean_any_of_them() -> None:
    """Others have to hold as well."""
    only = (
        Filter("productName", Operator.IS, ("Revit",)),
        Filter("userName", Operator.IS_NOT, ("jdoe",)),
        Filter("productName", Operator.IS, ("Maya",)),
    )
    question = question_modal.question_of(replace(SKETCH, only=only), ENTRIES, CATALOGUE)
    assert question.where == "productName IN ('Revit', 'Maya') AND userName != 'jdoe'"


@given(st.text(max_size=60))
def test_options_that_nobody_made_are_left_out(value: str) -> None:
    """Whatever comes back in an option, nothing is raised."""
    view = build(SKETCH)
    assert view is not None
    shown = as_shown(view)
    block = next(name for name in shown["state"]["values"] if name.startswith("only."))
    shown["state"]["values"][block]["only"]["selected_options"] = [{"value": value}]
    assert len(question_modal.parse(shown).only) <= 1


def test_what_was_chosen_of_figures_survives_a_question_without_a_box() -> None:
    """A question that is answered at once makes no export; what was chosen before comes back with the next."""
    entries = [replace(ENTRIES[0], at_once=True)]
    hidden = question_modal.build(replace(SKETCH, key=ENTRIES[0].key, wants_answer=False), entries, CHOICES, "")
    assert hidden is not None
    assert not any(block["block_id"].startswith("answer") for block in hidden["blocks"])
    assert question_modal.parse(as_shown(hidden)).wants_answer is False


def test_there_is_no_box_where_no_file_is_read() -> None:
    """The settings say so; nothing is chosen then."""
    view = question_modal.build(Sketch(ENTRIES[0].key), ENTRIES, Choices(CONTRACTS, answers=False), "")
    assert view is not None
    assert not any(block["block_id"].startswith("answer") for block in view["blocks"])
