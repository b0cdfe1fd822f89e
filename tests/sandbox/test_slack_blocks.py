"""Block Kit's limits, table by table."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sandbox.slack.rules.blocks import BLOCKS, message_faults
from sandbox.slack.rules.elements import ELEMENTS
from sandbox.slack.rules.views import is_too_large, modal_faults
from tests.sandbox.slack_support import actions, button, field, modal, option, plain, section

CONFIRM = {"title": plain("Sure?"), "text": plain("Really."), "confirm": plain("Yes"), "deny": plain("No")}
OPTIONS = [option("May", "5"), option("June", "6")]
SELECT = {"type": "static_select", "action_id": "a", "placeholder": plain("Month"), "options": OPTIONS}
TABLE: dict[str, Any] = {"type": "table", "rows": [[{"type": "raw_text", "text": "a"}]]}
IMAGE = {"type": "image", "alt_text": "x", "image_url": "https://a.example/x.png"}
RICH = {"type": "rich_text", "elements": [{"type": "rich_text_section", "elements": [{"type": "text", "text": "x"}]}]}


def numbered(count: int) -> list[dict[str, Any]]:
    return [option(f"{number}") for number in range(count)]


GOOD = [
    [section("x" * 3000)],
    [
        section(
            "x", accessory=button("x" * 75, value="x" * 2000, url="https://a.example", style="danger", confirm=CONFIRM)
        )
    ],
    [{"type": "section", "fields": [plain("x" * 2000)] * 10}],
    [{"type": "header", "text": plain("x" * 150)}],
    [{"type": "context", "elements": [plain("x"), IMAGE] * 5}],
    [actions(*(button("x", f"{number}") for number in range(25)))],
    [actions(SELECT | {"options": numbered(100), "initial_option": option("7")})],
    [actions(SELECT | {"initial_option": {**OPTIONS[0], "text": {**plain("May"), "emoji": True}}})],
    [actions({"type": "overflow", "options": [option("x") | {"url": "https://a.example"}]})],
    [field("x" * 2000, {"type": "plain_text_input"}, "b")],
    [{"type": "divider"}] * 50,
    [IMAGE | {"title": plain("x")}],
    [RICH],
    [TABLE | {"column_settings": [None, {"align": "right", "is_wrapped": True}]}],
    [{"type": "markdown", "text": "x" * 12_000}],
]

BAD = [
    ([{"type": "section"}], "/blocks/0"),
    ([section("")], "/blocks/0/text/text"),
    ([section("x" * 3001)], "/blocks/0/text/text"),
    ([{"type": "section", "fields": []}], "/blocks/0/fields"),
    ([{"type": "section", "fields": [plain("x")] * 11}], "/blocks/0/fields"),
    ([{"type": "section", "fields": [plain("x" * 2001)]}], "/blocks/0/fields/0/text"),
    ([section("x", accessory={"type": "plain_text_input", "action_id": "a"})], "/blocks/0/accessory/type"),
    ([section("x", colour="red")], "/blocks/0"),
    ([{"type": "header", "text": plain("x" * 151)}], "/blocks/0/text/text"),
    ([{"type": "header", "text": {"type": "mrkdwn", "text": "x"}}], "/blocks/0/text/type"),
    ([{"type": "context", "elements": [plain("x")] * 11}], "/blocks/0/elements"),
    ([{"type": "context", "elements": [button("x")]}], "/blocks/0/elements/0/type"),
    ([actions()], "/blocks/0/elements"),
    ([actions(*(button("x", f"{number}") for number in range(26)))], "/blocks/0/elements"),
    ([actions(button("x"), button("y"))], "/blocks/0/elements"),
    ([actions(button("x" * 76))], "/blocks/0/elements/0/text/text"),
    ([actions(button("x", value="x" * 2001))], "/blocks/0/elements/0/value"),
    ([actions(button("x", url="x" * 3001))], "/blocks/0/elements/0/url"),
    ([actions(button("x", url="nowhere"))], "/blocks/0/elements/0/url"),
    ([actions(button("x", style="blue"))], "/blocks/0/elements/0/style"),
    ([actions(button("x", "x" * 256))], "/blocks/0/elements/0/action_id"),
    ([actions(button("x", accessibility_label="x" * 76))], "/blocks/0/elements/0/accessibility_label"),
    ([actions(button("x", confirm={**CONFIRM, "title": plain("x" * 101)}))], "/blocks/0/elements/0/confirm/title/text"),
    ([actions(button("x", confirm={"title": plain("x")}))], "/blocks/0/elements/0/confirm"),
    ([actions({"type": "multi_static_select", "options": OPTIONS})], "/blocks/0/elements/0/type"),
    ([actions(SELECT | {"options": numbered(101)})], "/blocks/0/elements/0/options"),
    ([actions(SELECT | {"options": []})], "/blocks/0/elements/0/options"),
    ([actions(SELECT | {"option_groups": [{"label": plain("x"), "options": OPTIONS}]})], "/blocks/0/elements/0"),
    ([actions({key: SELECT[key] for key in ("type", "action_id")})], "/blocks/0/elements/0"),
    ([actions(SELECT | {"options": [option("x"), option("y", "x")]})], "/blocks/0/elements/0/options"),
    ([actions(SELECT | {"options": [option("x" * 76, "x")]})], "/blocks/0/elements/0/options/0/text/text"),
    ([actions(SELECT | {"options": [option("x", "x" * 151)]})], "/blocks/0/elements/0/options/0/value"),
    ([actions(SELECT | {"options": [option("x") | {"url": "https://a.example"}]})], "/blocks/0/elements/0/options/0"),
    ([actions(SELECT | {"initial_option": option("Mai", "5")})], "/blocks/0/elements/0/initial_option"),
    ([actions(SELECT | {"placeholder": plain("x" * 151)})], "/blocks/0/elements/0/placeholder/text"),
    ([actions({"type": "overflow", "options": numbered(6)})], "/blocks/0/elements/0/options"),
    ([actions({"type": "radio_buttons", "options": numbered(11)})], "/blocks/0/elements/0/options"),
    (
        [actions({"type": "checkboxes", "options": OPTIONS, "initial_options": [option("x")]})],
        "/blocks/0/elements/0/initial_options/0",
    ),
    ([actions({"type": "datepicker", "initial_date": "2026-02-30"})], "/blocks/0/elements/0/initial_date"),
    ([actions({"type": "timepicker", "initial_time": "8:30"})], "/blocks/0/elements/0/initial_time"),
    ([actions({"type": "timepicker", "timezone": "Mars/Olympus"})], "/blocks/0/elements/0/timezone"),
    ([actions({"type": "datetimepicker", "initial_date_time": 17})], "/blocks/0/elements/0/initial_date_time"),
    ([actions({"type": "conversations_select", "filter": {}})], "/blocks/0/elements/0/filter"),
    ([actions({"type": "conversations_select", "filter": {"include": []}})], "/blocks/0/elements/0/filter/include"),
    ([actions({"type": "conversations_select", "response_url_enabled": True})], "/blocks/0"),
    ([field("x", {"type": "conversations_select", "response_url_enabled": True}, "b")], "/blocks/0/element"),
    ([field("x", {"type": "button", "text": plain("x")}, "b")], "/blocks/0/element/type"),
    ([field("x", {"type": "number_input", "is_decimal_allowed": True}, "b")], "/blocks/0/element/type"),
    ([field("x" * 2001, {"type": "plain_text_input"}, "b")], "/blocks/0/label/text"),
    ([field("x", {"type": "plain_text_input", "max_length": 3001}, "b")], "/blocks/0/element/max_length"),
    ([field("x", {"type": "plain_text_input", "min_length": 5, "max_length": 4}, "b")], "/blocks/0/element/min_length"),
    (
        [field("x", {"type": "plain_text_input", "initial_value": "abc", "max_length": 2}, "b")],
        "/blocks/0/element/initial_value",
    ),
    ([IMAGE | {"slack_file": {"id": "F1"}}], "/blocks/0"),
    ([{"type": "image", "image_url": "https://a.example/x.png"}], "/blocks/0"),
    ([TABLE | {"rows": TABLE["rows"] * 101}], "/blocks/0/rows"),
    ([TABLE | {"rows": [TABLE["rows"][0] * 21]}], "/blocks/0/rows/0"),
    ([RICH | {"elements": [{"type": "nonsense", "elements": []}]}], "/blocks/0/elements/0/type"),
    ([{"type": "markdown", "text": "x" * 6001}] * 2, "/blocks"),
    ([{"type": "divider"}] * 51, "/blocks"),
    ([{"type": "divider", "block_id": "b"}] * 2, "/blocks/1/block_id"),
    ([{"type": "divider", "block_id": "x" * 256}], "/blocks/0/block_id"),
    ([{"type": "nonsense"}], "/blocks/0/type"),
    (["text"], "/blocks/0/type"),
]


@pytest.mark.parametrize("blocks", GOOD)
def test_blocks_at_their_limits_pass(blocks: list[Any]) -> None:
    """What the documentation allows is allowed."""
    assert message_faults(blocks) == ([], "")


@pytest.mark.parametrize(("blocks", "pointer"), BAD)
def test_blocks_beyond_their_limits_are_refused(blocks: list[Any], pointer: str) -> None:
    """Each with a pointer to the place."""
    faults, error = message_faults(blocks)
    assert error == "invalid_blocks"
    assert any(fault.endswith(f"[json-pointer:{pointer}]") for fault in faults), faults


def test_a_message_holds_one_table() -> None:
    """The second has an error code of its own."""
    faults, error = message_faults([TABLE, TABLE])
    assert error == "invalid_attachments"
    assert "only_one_table_allowed" in faults[0]


INPUT = field("x", {"type": "plain_text_input"}, "b")
GOOD_VIEWS = [
    modal(section("x"), title="x" * 24),
    modal(*[{"type": "divider"}] * 100),
    modal(
        INPUT,
        field("n", {"type": "number_input", "is_decimal_allowed": False, "min_value": "1", "initial_value": "2"}, "n"),
    ),
    modal(field("c", {"type": "conversations_select", "response_url_enabled": True}, "c")),
    modal(section("x"), private_metadata="x" * 3000, external_id="x", notify_on_close=True, clear_on_close=False),
]
BAD_VIEWS = [
    (modal(), "/view/blocks"),
    (modal(*[{"type": "divider"}] * 101), "/view/blocks"),
    (modal(section("x"), title="x" * 25), "/view/title/text"),
    ({key: value for key, value in modal(INPUT).items() if key != "submit"}, "/view"),
    (modal(INPUT, submit=plain("x" * 25)), "/view/submit/text"),
    (modal(section("x"), private_metadata="x" * 3001), "/view/private_metadata"),
    (modal(section("x"), callback_id="x" * 256), "/view/callback_id"),
    (modal(section("x"), colour="red"), "/view"),
    (modal(TABLE), "/view/blocks/0/type"),
    (modal({"type": "markdown", "text": "x"}), "/view/blocks/0/type"),
    (modal(field("n", {"type": "number_input"}, "n")), "/view/blocks/0/element"),
    (
        modal(field("n", {"type": "number_input", "is_decimal_allowed": True, "min_value": 1}, "n")),
        "/view/blocks/0/element/min_value",
    ),
    (
        modal(
            field("n", {"type": "number_input", "is_decimal_allowed": True, "min_value": "3", "max_value": "2"}, "n")
        ),
        "/view/blocks/0/element/min_value",
    ),
    (modal(field("f", {"type": "file_input", "max_files": 11}, "f")), "/view/blocks/0/element/max_files"),
    (modal(field("f", {"type": "file_input"}, "f", dispatch_action=True)), "/view/blocks/0/dispatch_action"),
    (
        modal(*(field("x", {"type": "plain_text_input", "focus_on_load": True}, name) for name in "ab")),
        "/view/blocks",
    ),
    (
        modal(
            field(
                "m",
                {
                    "type": "multi_static_select",
                    "options": OPTIONS,
                    "initial_options": OPTIONS,
                    "max_selected_items": 1,
                },
                "m",
            )
        ),
        "/view/blocks/0/element/initial_options",
    ),
    ("text", "/view"),
]


@pytest.mark.parametrize("view", GOOD_VIEWS)
def test_views_at_their_limits_pass(view: dict[str, Any]) -> None:
    """What the documentation allows is allowed."""
    assert modal_faults(view) == []


@pytest.mark.parametrize(("view", "pointer"), BAD_VIEWS)
def test_views_beyond_their_limits_are_refused(view: Any, pointer: str) -> None:
    """Each with a pointer to the place."""
    faults = modal_faults(view)
    assert any(fault.endswith(f"[json-pointer:{pointer}]") for fault in faults), faults


def test_the_largest_view() -> None:
    """250 kB are the most."""
    assert not is_too_large({"x": "y" * 249_000})
    assert is_too_large({"x": "y" * 250_000})


KEYS = [
    "type",
    "text",
    "element",
    "elements",
    "accessory",
    "options",
    "option_groups",
    "initial_option",
    "initial_options",
    "block_id",
    "action_id",
    "rows",
    "fields",
    "label",
    "filter",
    "confirm",
    "min_length",
    "max_length",
    "min_value",
    "max_value",
    "initial_value",
    "max_selected_items",
]

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5),
    lambda children: (
        st.lists(children, max_size=3)
        | st.dictionaries(
            st.sampled_from(KEYS) | st.text(max_size=3),
            children | st.sampled_from([*BLOCKS, *ELEMENTS]),
            max_size=5,
        )
    ),
    max_leaves=15,
)


@given(st.lists(JSON, max_size=3), JSON)
def test_any_json_is_judged_and_never_a_crash(blocks: list[Any], view: Any) -> None:
    """Whatever a program sends, the answer is a list of faults."""
    assert isinstance(message_faults(blocks)[0], list)
    assert isinstance(modal_faults(view), list)
    shaped = [
        {"type": kind, "elements": block, "element": block, "accessory": block} for kind in BLOCKS for block in blocks
    ]
    assert isinstance(message_faults(shaped)[0], list)


@given(
    st.sampled_from(sorted(ELEMENTS)),
    st.dictionaries(
        st.sampled_from(KEYS),
        JSON,
    ),
)
def test_any_element_is_judged_and_never_a_crash(kind: str, keys: dict[str, Any]) -> None:
    """The same for elements with values of any type."""
    assert isinstance(message_faults([{"type": "section", "accessory": {"type": kind, **keys}}])[0], list)
    assert isinstance(modal_faults(modal(field("x", {"type": kind, **keys}, "b"))), list)
