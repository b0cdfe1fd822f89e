"""Fields of modals: filled, refused, submitted, told of at once."""

from typing import Any

import aiohttp
import pytest
from slack_bolt.app.async_app import AsyncApp
from slack_bolt.context.ack.async_ack import AsyncAck
from slack_sdk.web.async_client import AsyncWebClient

from sandbox.slack.server import SlackSandbox
from tests.sandbox.slack_forms import MONTHS, TEXT, Form, shown
from tests.sandbox.slack_support import actions, button, channel_id, field, modal, plain, running, section


async def test_a_form_is_filled_by_labels_and_submitted(slack: SlackSandbox, app: AsyncApp) -> None:
    """Values of every kind of field arrive under block_id and action_id."""
    fields: list[tuple[str, dict[str, Any], Any, dict[str, Any]]] = [
        ("Name", TEXT, "usage", {"value": "usage"}),
        ("Month", {"type": "static_select", "options": MONTHS}, "May", {"selected_option": MONTHS[1]}),
        (
            "Grouped",
            {"type": "multi_static_select", "option_groups": [{"label": plain("All"), "options": MONTHS}]},
            ["1", "May"],
            {"selected_options": MONTHS},
        ),
        ("Ticks", {"type": "checkboxes", "options": MONTHS}, "January", {"selected_options": MONTHS[:1]}),
        ("Dots", {"type": "radio_buttons", "options": MONTHS}, "May", {"selected_option": MONTHS[1]}),
        (
            "Channel",
            {"type": "conversations_select"},
            "#general",
            {"selected_conversation": channel_id(slack, "#general")},
        ),
        ("People", {"type": "multi_users_select"}, ["ben"], {"selected_users": [slack.member("ben").id]}),
        ("Count", {"type": "number_input", "is_decimal_allowed": False}, "3", {"value": "3"}),
        ("Mail", {"type": "email_text_input"}, "a@b.example", {"value": "a@b.example"}),
        ("Site", {"type": "url_text_input"}, "https://b.example", {"value": "https://b.example"}),
        ("Day", {"type": "datepicker"}, "2026-01-02", {"selected_date": "2026-01-02"}),
        ("Hour", {"type": "timepicker"}, "08:30", {"selected_time": "08:30"}),
    ]
    blocks = [field(label, element, label.lower()) for label, element, _, _ in fields]
    form = Form(app, modal(*blocks, private_metadata="x"))
    async with running(app, slack):
        seen = await shown(slack)
        assert seen.labels() == [label for label, *_ in fields]
        for label, _, value, _ in fields:
            seen.fill(label, value)
        assert (await seen.submit()).error is None
    assert form.values() == {label.lower(): {"type": element["type"], **state} for label, element, _, state in fields}
    assert form.bodies[0]["view"]["private_metadata"] == "x"
    assert seen.closed
    assert slack.member("ana").modal is None


async def test_untouched_fields_hold_what_slack_says(slack: SlackSandbox, app: AsyncApp) -> None:
    """Null for single fields, an empty list for several, the initial value where there is one."""
    blocks = [
        field("A", TEXT, "a", optional=True),
        field("B", {"type": "multi_static_select", "options": MONTHS}, "b", optional=True),
        field("C", {"type": "static_select", "options": MONTHS, "initial_option": MONTHS[1]}, "c"),
        field("D", {**TEXT, "initial_value": "start"}, "d"),
    ]
    form = Form(app, modal(*blocks))
    async with running(app, slack):
        seen = await shown(slack)
        assert [seen.value(label) for label in seen.labels()] == [None, [], "May", "start"]
        await seen.submit()
    values = form.values()
    assert (values["a"]["value"], values["b"]["selected_options"], values["d"]["value"]) == (None, [], "start")
    assert values["c"]["selected_option"] == MONTHS[1]


@pytest.mark.parametrize(
    ("element", "value", "complaint"),
    [
        (TEXT, None, "required"),
        ({**TEXT, "min_length": 3}, "ab", "at least 3"),
        ({**TEXT, "max_length": 3}, "abcd", "no more than 3"),
        ({"type": "number_input", "is_decimal_allowed": False}, "1.5", "whole"),
        ({"type": "number_input", "is_decimal_allowed": True, "max_value": "5"}, "6", "range"),
        ({"type": "number_input", "is_decimal_allowed": True}, "six", "a number"),
        ({"type": "email_text_input"}, "nobody", "email"),
        ({"type": "url_text_input"}, "nowhere", "URL"),
        ({"type": "static_select", "options": MONTHS}, None, "required"),
    ],
)
async def test_slacks_own_form_refuses_first(
    slack: SlackSandbox, app: AsyncApp, element: dict[str, Any], value: str | None, complaint: str
) -> None:
    """What the form can see is never sent."""
    form = Form(app, modal(field("It", element, "it")))
    async with running(app, slack):
        seen = await shown(slack)
        seen.fill("It", value)
        assert (await seen.submit()).error == "incomplete_form"
    assert complaint in seen.errors["It"]
    assert form.bodies == []


async def test_errors_stand_under_their_fields_until_the_next_try(slack: SlackSandbox, app: AsyncApp) -> None:
    """The view stays open with what was typed; a good try closes it."""
    form = Form(app, modal(field("Name", TEXT, "name")))
    form.answer = {"response_action": "errors", "errors": {"name": "Taken."}}
    async with running(app, slack):
        seen = await shown(slack)
        seen.fill("Name", "usage")
        await seen.submit()
        assert seen.errors == {"Name": "Taken."}
        assert seen.value("Name") == "usage"
        form.answer = {}
        await seen.submit()
    assert seen.closed


@pytest.mark.parametrize(
    "answer",
    [
        {"response_action": "errors", "errors": {"text": "not an input"}},
        {"response_action": "errors", "errors": {"nowhere": "no such block"}},
        {"response_action": "errors", "errors": {"name": ""}},
        {"response_action": "update", "view": {"type": "modal"}},
        {"response_action": "nonsense"},
        {"text": "right for a command, wrong here"},
    ],
)
async def test_an_answer_that_slack_cannot_use_is_an_error_for_the_person(
    slack: SlackSandbox, app: AsyncApp, answer: dict[str, Any]
) -> None:
    """Wrong keys of errors, invalid views, texts: the modal stays and the person sees an error."""
    form = Form(app, modal(section("Hello", block_id="text"), field("Name", TEXT, "name")))
    form.answer = answer
    async with running(app, slack):
        seen = await shown(slack)
        seen.fill("Name", "usage")
        assert (await seen.submit()).error == "unusable_answer"
    assert not seen.closed
    assert slack.member("ana").errors == ["unusable_answer"]


async def test_a_late_answer_to_a_submission_is_an_error(slack: SlackSandbox, app: AsyncApp) -> None:
    """Nobody acknowledges: the modal stays open and the person sees a timeout."""

    @app.command("/tokenflex")
    async def open_it(ack: AsyncAck, body: dict[str, Any], client: AsyncWebClient) -> None:
        await ack()
        await client.views_open(trigger_id=body["trigger_id"], view=modal(section("Hi")))

    async with running(app, slack):
        seen = await shown(slack)
        slack.sockets.ack_seconds = 0.05
        assert (await seen.submit()).error == "operation_timeout"
    assert not seen.closed


async def test_a_submission_brings_response_urls_where_enabled(
    slack: SlackSandbox, app: AsyncApp, session: aiohttp.ClientSession
) -> None:
    """response_url_enabled gives a URL for the chosen conversation."""
    element = {"type": "conversations_select", "response_url_enabled": True}
    form = Form(app, modal(field("Channel", element, "c")))
    async with running(app, slack):
        seen = await shown(slack)
        seen.fill("Channel", "#general")
        await seen.submit()
    given = form.bodies[0]["response_urls"][0]
    assert given["channel_id"] == channel_id(slack, "#general")
    async with session.post(given["response_url"], json={"text": "Hello", "response_type": "in_channel"}) as response:
        assert response.status == 200
    assert slack.member("ben").sees("#general")[0].text == "Hello"


async def test_fields_that_dispatch_tell_the_app_at_once(
    slack: SlackSandbox, app: AsyncApp, client: AsyncWebClient
) -> None:
    """dispatch_action and menus outside inputs send block_actions with the view and its hash."""
    menu = {"type": "static_select", "action_id": "v", "placeholder": plain("Month"), "options": MONTHS}
    form = Form(app, modal(field("Name", TEXT, "name", dispatch_action=True), actions(menu)))
    async with running(app, slack):
        seen = await shown(slack)
        seen.fill("Name", "usage")
        seen.fill("Month", "May")
        assert [answer.error for answer in await seen.settled()] == [None, None]
    assert [body["actions"][0].get("value") for body in form.acted] == ["usage", None]
    assert form.acted[1]["actions"][0]["selected_option"] == MONTHS[1]
    assert form.acted[0]["view"]["hash"] == seen.view.hash
    assert form.acted[0]["container"] == {"type": "view", "view_id": seen.view.id}


async def test_buttons_in_modals_are_pressed(slack: SlackSandbox, app: AsyncApp) -> None:
    """The press carries a trigger that pushes onto the stack."""
    Form(app, modal(section("x"), actions(button("More", "more"))))

    @app.action("more")
    async def more(ack: AsyncAck, body: dict[str, Any], client: AsyncWebClient) -> None:
        await ack()
        await client.views_push(trigger_id=body["trigger_id"], view=modal(section("below"), title="Second"))

    async with running(app, slack):
        seen = await shown(slack)
        assert seen.buttons() == ["More"]
        await seen.presses("More")
        second = await slack.member("ana").sees_modal("Second")
    assert second.view.root_id == seen.view.id
