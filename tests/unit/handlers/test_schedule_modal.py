"""The form of a schedule: what stands in it is what was meant, and Slack takes it, whatever that is."""

from dataclasses import replace
from datetime import UTC, datetime, time
from typing import Any

import pytest

from bot.questions.periods import Relative
from bot.schedules import typed, wording
from bot.schedules.due import Missed
from bot.schedules.rule import LAST, Cron, Daily, MonthDay, NthWeekday, Rule, Timed, Weekday, Weekly, WorkingDay
from bot.tokenflex.catalogue import Catalogue
from bot.tokenflex.models import Contract
from handlers.forms import schedule_modal as modal
from handlers.forms.export_modal import CHANNEL, Choices
from handlers.forms.schedule_modal import Kept, Sketch
from tests.harness.slack_takes import assert_slack_takes

NOW = datetime(2026, 11, 29, 12, 0, tzinfo=UTC)
CHOICES = Choices((Contract("110000123456", "Example AG"), Contract("2")), Catalogue())
KEPT = Kept("C1", '{"fields": ["productName"], "period": "last-month"}', "110000123456")
EIGHT, BERLIN = time(8), "Europe/Berlin"
RULES: tuple[Rule, ...] = (
    Timed(Daily(), EIGHT, BERLIN),
    Timed(Weekly((Weekday.MONDAY, Weekday.FRIDAY)), EIGHT, BERLIN),
    Timed(MonthDay(31), EIGHT, BERLIN),
    Timed(NthWeekday(LAST, Weekday.THURSDAY), EIGHT, BERLIN),
    Timed(WorkingDay(LAST), EIGHT, BERLIN),
    Cron("0 8 * * 1", BERLIN),
)


def shown(sketch: Sketch, kept: Kept = KEPT, choices: Choices = CHOICES) -> Any:
    """The form, with the runs of what stands in it."""
    rule = typed.read(sketch.typed)
    runs = rule if isinstance(rule, tuple) else wording.preview(rule, NOW)
    return modal.form(sketch, kept, "Tokens by product, last month", runs, choices)


def submitted(view: Any) -> Any:
    """The form as Slack sends it when nothing was changed in it."""
    values: dict[str, Any] = {}
    for block in view["blocks"]:
        element = block.get("element")
        if element is None:
            continue
        state = {
            "plain_text_input": lambda one: {"value": one.get("initial_value")},
            "static_select": lambda one: {"selected_option": one.get("initial_option")},
            "checkboxes": lambda one: {"selected_options": one.get("initial_options", [])},
            "conversations_select": lambda one: {"selected_conversation": one.get("initial_conversation")},
        }[element["type"]](element)
        values[block["block_id"]] = {element["action_id"]: {"type": element["type"], **state}}
    return {**view, "state": {"values": values}}


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.as_json()["kind"])
def test_a_rule_that_is_edited_stays_what_it_was(rule: Rule) -> None:
    """Every kind has inputs of its own, and Slack takes them."""
    sketch = Sketch(
        name="Tokens",
        period=Relative.YEAR_TO_DATE.value,
        contract="2",
        channel="C2",
        typed=typed.typed_of(rule),
        missed=Missed.ALL,
        waits_until="14:00",
        only_changes=True,
        file_name="tokens_{month}",
    )
    view = shown(sketch)
    assert_slack_takes(view)
    read = modal.sketch_of(submitted(view))
    assert typed.read(read.typed) == rule
    assert replace(read, typed=sketch.typed) == sketch
    assert modal.kept_of(view) == KEPT


def test_the_next_five_runs_are_shown_in_words_and_dates() -> None:
    """In the zone that is meant, with what one may not know of working days."""
    sketch = Sketch(typed=replace(Sketch().typed, zone="America/New_York"))
    text = next(block["text"]["text"] for block in shown(sketch)["blocks"] if block.get("block_id") == "runs")
    assert "It runs on the first working day of each month at 08:00, America/New_York" in text
    assert "• Tuesday, 1 December 2026, 08:00\n• Friday, 1 January 2027, 08:00\n• Monday, 1 February 2027" in text
    assert text.count("•") == 5
    assert "I don't know your holidays" in text


def test_another_kind_begins_with_what_makes_sense() -> None:
    """Chosen in the menu, its inputs come, and nothing that stood there for another kind is taken for its own."""
    view = submitted(shown(Sketch(typed=typed.typed_of(RULES[1]))))
    values = view["state"]["values"]
    for kind in modal._KINDS:
        values[modal.KIND] = {modal.KIND: {"selected_option": {"value": kind}}}
        again = shown(modal.sketch_of(view))
        assert_slack_takes(again)


def test_what_is_wrong_is_said_at_its_input() -> None:
    """At one that there is: Slack refuses errors of any other."""
    view = submitted(shown(Sketch(typed=typed.Typed(kind="month-day", day="32", at="25", zone="Berlin"))))
    rule = typed.read(modal.sketch_of(view).typed)
    assert isinstance(rule, tuple)
    errors = modal.errors_of(rule, view)
    assert set(errors) == {modal.DAY, modal.AT}
    weekly = submitted(shown(Sketch(typed=typed.Typed(kind="weekly", at="8", zone="Berlin"))))
    rule = typed.read(modal.sketch_of(weekly).typed)
    assert isinstance(rule, tuple)
    assert set(modal.errors_of(rule, weekly)) == {modal.DAYS}


IN_BERLIN = replace(Sketch().typed, zone=BERLIN)


@pytest.mark.parametrize(
    ("contracts", "contract", "block"),
    [
        (CHOICES.contracts, "2", modal.CONTRACT),
        (CHOICES.contracts, "", modal.CONTRACT),
        (CHOICES.contracts[:1], "110000123456", None),
        (CHOICES.contracts[:1], "3", modal.CONTRACT),  # the contract of last year is edited into this year's
        ((), "110000123456", modal.CONTRACT_TYPED),  # the list is not known now
        (tuple(Contract(f"{number}") for number in range(101)), "7", modal.CONTRACT_TYPED),
    ],
)
def test_its_contract_is_chosen(contracts: tuple[Contract, ...], contract: str, block: str | None) -> None:
    """Where there are several, and anew where one follows upon another; the form opens also where none is known."""
    kept = replace(KEPT, contract=contract)
    view = shown(Sketch(contract=contract, typed=IN_BERLIN), kept, replace(CHOICES, contracts=contracts))
    assert_slack_takes(view)
    inputs = {each.get("block_id") for each in view["blocks"]}
    assert inputs & {modal.CONTRACT, modal.CONTRACT_TYPED} == ({block} if block else set())
    assert modal.sketch_of(submitted(view)).contract == contract
    assert CHANNEL in inputs


def test_what_needs_figures_is_not_offered_without() -> None:
    """Nobody could say whether anything has changed."""
    for answers in (True, False):
        view = shown(Sketch(typed=IN_BERLIN), choices=replace(CHOICES, answers=answers))
        assert (modal.CHANGES_ONLY in {each.get("block_id") for each in view["blocks"]}) is answers


def test_channels_that_may_be_chosen_are_named() -> None:
    """What is said of another one sends people there."""
    view = shown(Sketch(typed=IN_BERLIN), choices=replace(CHOICES, channels=("C7",)))
    assert_slack_takes(view)
    assert "Exports may be posted to <#C7>." in str(view)


def test_a_schedule_is_handed_over_by_a_picker_of_people() -> None:
    view = modal.to_hand_over(3, "Tokens <!channel>", "C1")
    assert_slack_takes(view)
    assert modal.kept_of(view).schedule == 3
    state = {"values": {modal.PERSON: {modal.PERSON: {"selected_user": "U2"}}}}
    assert modal.person_of({**view, "state": state}) == "U2"


def test_a_question_that_is_too_long_does_not_fit() -> None:
    """It is said before anybody fills in a form that could not be kept."""
    assert KEPT.fits
    assert not replace(KEPT, question="x" * 2900).fits
