"""The form: what is built reads back, and Slack would take every view of it."""

from typing import Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from bot.cards.actions import MadeFor
from bot.tokenflex.catalogue import Catalogue
from bot.tokenflex.models import Contract, ExportRequest
from bot.tokenflex.problem import Problem
from bot.tokenflex.rules import check_request, plain_file_name
from handlers.forms import export_modal as modal
from handlers.forms import field_errors
from handlers.forms.export_modal import Choices, Draft, Opened, build, found, parse
from handlers.words.slack_text import straight_clause
from tests.harness.slack_takes import assert_slack_takes

CATALOGUE = Catalogue(extra_fields=["serviceName"], extra_metrics=["cloudCredits"])
CONTRACTS = (
    Contract("110000123456", "Example AG"),
    Contract("110000123457", "A firm with a name " + "that goes on " * 10, is_active=False),
    Contract("110000123458"),
)
LABELS = {"customField1": "Région", "customField2": "", "customField3": "Région", "customField4": "long " * 40}
CHOICES = Choices(CONTRACTS, CATALOGUE, LABELS)
NAMES = {
    "categories": [one.name for one in CATALOGUE.categories],
    "fields": [one.name for one in CATALOGUE.fields],
    "metrics": [one.name for one in CATALOGUE.metrics],
}


def blocks(view: dict[str, Any]) -> dict[str, dict[str, Any]]:
    return {block["block_id"]: block for block in view["blocks"] if "block_id" in block}


def submitted(view: dict[str, Any]) -> dict[str, Any]:
    """Return the view as Slack sends it back when nobody changed anything."""
    values = {}
    for block in view["blocks"]:
        if block["type"] != "input":
            continue
        element = block["element"]
        kind = element["type"]
        value: dict[str, Any] = {
            "plain_text_input": {"value": element.get("initial_value")},
            "static_select": {"selected_option": element.get("initial_option")},
            "multi_static_select": {"selected_options": element.get("initial_options", [])},
            "multi_external_select": {"selected_options": element.get("initial_options", [])},
            "checkboxes": {"selected_options": element.get("initial_options", [])},
            "conversations_select": {"selected_conversation": element.get("initial_conversation")},
        }[kind]
        values[block["block_id"]] = {element["action_id"]: {"type": kind, **value}}
    return {**view, "state": {"values": values}}


TYPED = st.text(max_size=80)
DRAFTS = st.builds(
    Draft,
    st.builds(
        ExportRequest,
        contract_number=st.sampled_from(["", "110000123456", "110000123457", "99", "not a number"]),
        usage_categories=st.lists(st.sampled_from(NAMES["categories"]), unique=True).map(tuple),
        fields=st.lists(st.sampled_from(NAMES["fields"]), unique=True).map(tuple),
        metrics=st.lists(st.sampled_from(NAMES["metrics"]), unique=True).map(tuple),
        where=TYPED.map(lambda text: straight_clause(text).strip()),
        file_name=TYPED.map(plain_file_name).filter(lambda text: text == plain_file_name(text)),
    ),
    channel=st.sampled_from(["", "C012ABC", "D012ABC"]),
    wants_answer=st.booleans(),
)


@settings(max_examples=60)
@given(DRAFTS, st.sampled_from([None, True]))
@example(Draft(), None)
def test_what_was_built_reads_back(draft: Draft, type_contract: bool | None) -> None:
    """A draft in the form, sent back unchanged, is the same draft, and Slack takes the view."""
    view = build(draft, CHOICES, type_contract=type_contract)
    assert_slack_takes(view)
    assert parse(submitted(view)) == draft


@settings(max_examples=60)
@given(
    st.builds(
        Draft,
        st.builds(
            ExportRequest,
            contract_number=TYPED,
            usage_categories=st.lists(TYPED).map(tuple),
            fields=st.lists(TYPED | st.sampled_from(NAMES["fields"])).map(tuple),
            metrics=st.lists(TYPED).map(tuple),
            where=TYPED | st.just("x" * 3001),
            file_name=TYPED | st.just("x" * 101),
        ),
    )
)
def test_any_draft_makes_a_view_that_slack_takes(draft: Draft) -> None:
    """Nothing that can stand in a draft breaks the form."""
    assert_slack_takes(build(draft, CHOICES))


def test_the_inputs_in_their_order() -> None:
    """Eight inputs with their labels; only contract and channel must be filled in."""
    view = build(Draft(channel="C012ABC"), CHOICES)
    inputs = [(block["label"]["text"], block["optional"]) for block in view["blocks"] if block["type"] == "input"]
    assert inputs == [
        ("Contract", False),
        ("Usage categories", True),
        ("Columns", True),
        ("Numbers", True),
        ("Only rows where", True),
        ("File name", True),
        ("Post to channel", False),
        ("Figures", True),
    ]
    assert (view["title"]["text"], view["submit"]["text"], view["close"]["text"]) == (
        "Export usage data",
        "Export",
        "Cancel",
    )
    assert blocks(view)[modal.CHANNEL]["element"]["initial_conversation"] == "C012ABC"


def test_contracts_are_chosen_from_the_menu() -> None:
    """Number and name, cut to what Slack takes; an ended one says so even when its name is long."""
    element = blocks(build(Draft(ExportRequest("110000123456")), CHOICES))[modal.CONTRACT]["element"]
    shown = [option["text"]["text"] for option in element["options"]]
    assert shown[0] == "110000123456 · Example AG"
    assert shown[1].startswith("110000123457 · A firm")
    assert shown[1].endswith("… (ended)")
    assert shown[2] == "110000123458"
    assert element["initial_option"] == element["options"][0]


@pytest.mark.parametrize(
    ("draft", "contracts", "pressed"),
    [
        (Draft(), (), None),
        (Draft(), (), False),
        (Draft(), tuple(Contract(str(number)) for number in range(1, 102)), None),
        (Draft(ExportRequest("110000123456")), CONTRACTS, True),
        (Draft(ExportRequest("5")), CONTRACTS, None),
    ],
)
def test_the_contract_is_typed_where_no_menu_can_serve(
    draft: Draft,
    contracts: tuple[Contract, ...],
    pressed: bool | None,
) -> None:
    """No contract known, more than a menu takes, the button pressed, or a number that the menu lacks."""
    view = build(draft, Choices(contracts, CATALOGUE), type_contract=pressed)
    shown = blocks(view)
    assert modal.CONTRACT not in shown
    assert modal.TYPE_CONTRACT not in shown
    assert shown[modal.CONTRACT_TYPED]["element"].get("initial_value", "") == draft.request.contract_number
    assert "hint" in shown[modal.CONTRACT_TYPED]
    assert_slack_takes(view)


def test_a_hundred_contracts_still_make_a_menu_and_doubled_ones_are_merged() -> None:
    """One hundred options is Slack's limit, and values must be unique."""
    contracts = tuple(Contract(str(number)) for number in range(1, 101))
    view = build(Draft(), Choices((*contracts, contracts[0]), CATALOGUE))
    assert len(blocks(view)[modal.CONTRACT]["element"]["options"]) == 100
    assert_slack_takes(view)


def test_the_button_swaps_the_menu_and_keeps_everything() -> None:
    """Pressed in a form that is half filled in, it changes nothing but the contract's field."""
    draft = Draft(ExportRequest("110000123456", fields=("userName", "productName"), where="contractYear=1"), "C1")
    before = build(draft, CHOICES, opened=Opened("C9", MadeFor(7, "abc")))
    pressed = submitted(before)
    after = build(parse(pressed), CHOICES, type_contract=True, opened=modal.opened_of(pressed))
    assert parse(submitted(after)) == draft
    same = set(blocks(before)) & set(blocks(after))
    assert {name: blocks(before)[name] for name in same} == {name: blocks(after)[name] for name in same}
    assert modal.opened_of(after) == Opened("C9", MadeFor(7, "abc"))


def test_there_is_a_way_back_to_the_menu() -> None:
    """Where a menu can serve, typing has the button for it; it brings the menu, with nothing chosen that it lacks."""
    typed = build(Draft(ExportRequest("999", where="contractYear=1"), "C1"), CHOICES)
    button = blocks(typed)[modal.CHOOSE_CONTRACT]["elements"][0]
    assert button["text"]["text"] == "Choose from the list instead"
    back = build(parse(submitted(typed)), CHOICES, type_contract=False, opened=modal.opened_of(typed))
    assert "initial_option" not in blocks(back)[modal.CONTRACT]["element"]
    assert parse(submitted(back)) == Draft(ExportRequest("", where="contractYear=1"), "C1")
    assert modal.CHOOSE_CONTRACT not in blocks(build(Draft(), Choices((), CATALOGUE)))


@pytest.mark.parametrize(
    ("draft", "opened", "kinds"),
    [
        ("", "", ["public", "private"]),
        ("C1", "C2", ["public", "private"]),
        ("", "D1", ["public", "private", "im"]),
        ("D1", "C2", ["public", "private", "im"]),
    ],
)
def test_only_places_where_the_bot_can_be_are_offered(draft: str, opened: str, kinds: list[str]) -> None:
    """Nobody can invite an app to a group message; a direct message is offered to whom is in one."""
    view = build(Draft(channel=draft), CHOICES, opened=Opened(opened))
    assert blocks(view)[modal.CHANNEL]["element"]["filter"]["include"] == kinds


def test_columns_are_grouped_and_explained() -> None:
    """Groups of the names that people know, with Autodesk's name and the meaning below; all known ones once."""
    groups = found(modal.FIELDS, "", CHOICES)["option_groups"]
    assert [group["label"]["text"] for group in groups] == [
        "Time",
        "Product",
        "Person and machine",
        "Session and transaction (one category only)",
        "Custom fields",
        "Added in the settings",
    ]
    by_name = {option["value"]: option for group in groups for option in group["options"]}
    assert sorted(by_name) == sorted(NAMES["fields"])
    shown = {name: (option["text"]["text"], option["description"]["text"]) for name, option in by_name.items()}
    assert shown["usageDate"] == ("Day", "usageDate · Day of use")
    assert shown["customField1"] == ("Région (custom field 1)", "customField1 · Your own category number 1")
    assert shown["customField2"] == ("Custom field 2", "customField2 · Your own category number 2")
    assert shown["serviceName"] == ("serviceName", "Added in the settings")


@given(st.sampled_from([modal.FIELDS, modal.METRICS]), st.text(max_size=20) | st.sampled_from(["cost", "week", "id"]))
def test_slack_takes_what_a_search_finds(menu: str, text: str) -> None:
    """Whatever is typed; of more names than a menu takes the first are offered, and the others as one types."""
    many = Choices(CONTRACTS, Catalogue([f"field{n}" for n in range(250)], [f"metric{n}" for n in range(150)]))
    answer = found(menu, text, many)
    offered = [
        *answer.get("options", ()),
        *(each for one in answer.get("option_groups", ()) for each in one["options"]),
    ]
    assert len(offered) <= 100
    assert all(len(part["text"]) <= 75 for each in offered for part in (each["text"], each["description"]))
    assert len({each["value"] for each in offered}) == len(offered)
    assert [each["value"] for each in found(modal.METRICS, "metric149", many)["options"]] == ["metric149"]


def test_names_that_are_gone_are_told_and_not_selected() -> None:
    """An export made with a field that the catalogue no longer has can still be edited."""
    request = ExportRequest("110000123456", ("productName", "oldField"), ("oldMetric",), ("CLOUD",), "", "x")
    view = build(Draft(request, "C1"), CHOICES)
    assert_slack_takes(view)
    told = view["blocks"][0]["text"]["text"]
    assert all(f"“{name}”" in told for name in ("oldField", "oldMetric", "CLOUD"))
    assert parse(submitted(view)).request.fields == ("productName",)


def test_a_where_clause_too_long_for_a_form_is_left_out_and_told() -> None:
    """It is never cut, which would ask for something else."""
    view = build(Draft(ExportRequest("", where="x" * 3001)), CHOICES)
    assert "text of Only rows where is longer than the 3000 characters" in view["blocks"][0]["text"]["text"]
    assert parse(submitted(view)).request.where == ""


def test_what_was_typed_is_tidied_and_not_decoded() -> None:
    """Blanks and `.csv` go, smart quotes of the where clause become straight, entities stay."""
    view = submitted(build(Draft(), CHOICES, type_contract=True))
    values = view["state"]["values"]
    values[modal.CONTRACT_TYPED][modal.CONTRACT_TYPED]["value"] = " 12345 "
    values[modal.WHERE][modal.WHERE]["value"] = " productName = ‘R&amp;D’\n"
    values[modal.FILE_NAME][modal.FILE_NAME]["value"] = " O’Brien &lt;1&gt;.CSV "
    asked = parse(view).request
    assert (asked.contract_number, asked.where, asked.file_name) == (
        "12345",
        "productName = 'R&amp;D'",
        "O’Brien &lt;1&gt;",
    )


@given(st.text(st.one_of(st.sampled_from("“”„‟«»‘’‚‛\u00a0"), st.characters(exclude_categories=["Cs"]))))
@example("Projet «X» “beta”")
def test_a_text_of_the_where_clause_is_kept(text: str) -> None:
    """Marks and hard spaces that are typed inside straight single quotes stay."""
    clause = "productName = '" + text.replace("'", "''") + "'"
    values = {modal.WHERE: {modal.WHERE: {"value": clause}}}
    assert parse({"state": {"values": values}}).request.where == clause


@pytest.mark.parametrize("menu", ["Columns", "Numbers", "Usage categories"])
def test_the_menus_that_refusals_name_are_there(menu: str) -> None:
    """A refusal of an unknown name sends people to the menu that shows all."""
    assert menu in {block["label"]["text"] for block in build(Draft(), CHOICES)["blocks"] if block["type"] == "input"}


@pytest.mark.parametrize(
    "view", [{}, {"state": None}, {"state": {"values": {}}}, {"private_metadata": "?"}, {"private_metadata": "[]"}]
)
def test_an_empty_view_is_an_empty_draft(view: dict[str, Any]) -> None:
    """What is missing is empty; nothing raises."""
    assert parse(view) == Draft()
    assert modal.opened_of(view) == Opened()


def test_a_form_of_an_older_version_names_a_number_alone() -> None:
    """It was opened before an update, and is submitted after it."""
    assert modal.opened_of({"private_metadata": '{"channel": "C1", "again": 7}'}) == Opened("C1", MadeFor(7))


def test_a_request_goes_through_the_form_unchanged() -> None:
    """That of Autodesk's walkthrough, for example."""
    request = ExportRequest(
        "12345",
        ("contractYear", "chargedItemID", "reasonType", "transactionDate", "productName"),
        ("tokensConsumed", "quantity"),
        ("MANUAL_ADJUSTMENT", "MANUAL_CONSUMPTION"),
        "contractYear=1",
        "myYear1Adjustments",
    )
    draft = Draft(request, "C1")
    assert parse(submitted(build(draft, CHOICES))) == draft


@pytest.mark.parametrize("typed", [True, False])
def test_errors_stand_on_blocks_that_are_there(typed: bool) -> None:
    """Each problem goes to the input of its part; several of one part are joined, warnings are left out."""
    view = build(Draft(), CHOICES, type_contract=typed)
    problems = [
        Problem("contract", "Choose one"),
        Problem("categories", "No"),
        Problem("fields", "First"),
        Problem("fields", "Second?"),
        Problem("fields", "First"),
        Problem("metrics", "No"),
        Problem("where", "Perhaps", warning=True),
        Problem("file_name", "No"),
    ]
    errors = field_errors.errors_by_block(problems, view, CHOICES.names)
    inputs = {block["block_id"] for block in view["blocks"] if block["type"] == "input"}
    assert set(errors) <= inputs
    assert errors[modal.FIELDS] == "First. Second?"
    assert errors[modal.CONTRACT_TYPED if typed else modal.CONTRACT] == "Choose one."
    assert modal.WHERE not in errors


def test_the_rules_own_problems_find_their_blocks() -> None:
    """Everything that the check of a request says can be shown in the form."""
    draft = Draft(ExportRequest("x y", ("nope",), ("nope",), ("nope",), "not", "a/b"))
    problems = check_request(draft.request, CATALOGUE)
    view = build(draft, CHOICES)
    assert set(field_errors.errors_by_block(problems, view, CHOICES.names)) == {
        modal.CONTRACT_TYPED,
        modal.CATEGORIES,
        modal.FIELDS,
        modal.METRICS,
        modal.WHERE,
        modal.FILE_NAME,
    }


@pytest.mark.parametrize("opened", [Opened(), Opened("C1"), *(Opened("C1", MadeFor(41, mark)) for mark in ("", "abc"))])
def test_where_it_was_opened_comes_back(opened: Opened) -> None:
    """The form remembers where it was opened and what is sent again."""
    assert modal.opened_of(build(Draft(), CHOICES, opened=opened)) == opened


def test_the_views_after_the_form() -> None:
    """Accepted has notes below it, failure says why; both are views that Slack takes."""
    done = modal.accepted("*Got it: export #42.*", ["it may <surprise> you"])
    assert_slack_takes(done)
    assert done["blocks"][0]["text"] == {"type": "mrkdwn", "text": "*Got it: export #42.*", "verbatim": True}
    assert "Please note: it may <surprise> you." in str(done["blocks"][1])
    failed = modal.failure("It could not be stored. " * 300)
    assert_slack_takes(failed)
    assert failed["blocks"][0]["text"]["type"] == "mrkdwn"
