"""Modals: opening, filling, submitting, stacking."""

from typing import Any

import aiohttp
import pytest
from slack_bolt.app.async_app import AsyncApp
from slack_bolt.context.ack.async_ack import AsyncAck
from slack_sdk.web.async_client import AsyncWebClient

from sandbox.slack.errors import NotSeenError, SlackFault
from sandbox.slack.member import Member
from sandbox.slack.modal import Modal
from sandbox.slack.server import SlackSandbox
from tests.sandbox.slack_support import (
    actions,
    button,
    channel_id,
    field,
    modal,
    option,
    plain,
    refusal,
    running,
    section,
)

TEXT = {"type": "plain_text_input"}
MONTHS = [option("January", "1"), option("May", "5")]


class Form:
    """A bot whose command opens a view, and which answers submissions with what the test says."""

    def __init__(self, app: AsyncApp, view: dict[str, Any]) -> None:
        self.view = view
        self.answer: dict[str, Any] = {}
        self.bodies: list[dict[str, Any]] = []
        self.acted: list[dict[str, Any]] = []
        app.command("/tokenflex")(self.open)
        app.view("form")(self.submitted)
        app.view_closed("form")(self.closed)
        app.action("v")(self.pressed)

    async def open(self, ack: AsyncAck, body: dict[str, Any], client: AsyncWebClient) -> None:
        await ack()
        await client.views_open(trigger_id=body["trigger_id"], view=self.view)

    async def submitted(self, ack: AsyncAck, body: dict[str, Any]) -> None:
        self.bodies.append(body)
        await ack(**self.answer)

    async def closed(self, ack: AsyncAck, body: dict[str, Any]) -> None:
        self.bodies.append(body)
        await ack()

    async def pressed(self, ack: AsyncAck, body: dict[str, Any]) -> None:
        self.acted.append(body)
        await ack()

    def values(self) -> dict[str, Any]:
        return {block: next(iter(held.values())) for block, held in self.bodies[-1]["view"]["state"]["values"].items()}


async def shown(slack: SlackSandbox, channel: str = "#finance", who: str = "ana") -> Modal:
    await slack.member(who).types(channel, "/tokenflex")
    return await slack.member(who).sees_modal()


def top(person: Member) -> Modal:
    """Return the view that lies on top of somebody's stack."""
    assert person.modal is not None
    return person.modal


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


async def test_update_push_and_clear(slack: SlackSandbox, app: AsyncApp) -> None:
    """The stack grows by push, changes by update, goes down by an empty answer and away by clear."""
    form = Form(app, modal(section("one"), title="One"))
    async with running(app, slack):
        ana = slack.member("ana")
        first = await shown(slack)
        form.answer = {"response_action": "push", "view": modal(section("two"), title="Two")}
        await first.submit()
        second = await ana.sees_modal("Two")
        assert second.view.previous_id == first.view.id
        form.answer = {"response_action": "update", "view": modal(section("changed"), title="Changed")}
        await second.submit()
        assert ana.modal is second
        assert second.title == "Changed"
        form.answer = {}
        await second.submit()
        assert ana.modal is first
        form.answer = {"response_action": "push", "view": modal(section("two"), title="Two")}
        await first.submit()
        form.answer = {"response_action": "clear"}
        await ana.modal.submit()
        assert ana.modal is None


async def test_a_stack_holds_three_views(slack: SlackSandbox, app: AsyncApp) -> None:
    """The fourth push is refused, as an answer and as a call."""
    form = Form(app, modal(section("x"), actions(button("More", "more"))))
    codes = []

    @app.action("more")
    async def more(ack: AsyncAck, body: dict[str, Any], client: AsyncWebClient) -> None:
        await ack()
        codes.append(await refusal(client.views_push(trigger_id=body["trigger_id"], view=modal(section("four")))))

    form.answer = {"response_action": "push", "view": modal(section("x"), actions(button("More", "more")))}
    async with running(app, slack):
        await shown(slack)
        ana = slack.member("ana")
        await top(ana).submit()
        await top(ana).submit()
        assert "push_limit_reached" in (await top(ana).submit()).detail
        await top(ana).presses("More")
        await ana.waits(lambda: bool(codes))
    assert codes == ["push_limit_reached"]


async def test_closing_is_told_where_asked_for(slack: SlackSandbox, app: AsyncApp) -> None:
    """notify_on_close brings view_closed; the x clears the whole stack and says so."""
    form = Form(app, modal(section("x"), notify_on_close=True))
    async with running(app, slack):
        await (await shown(slack)).close()
        await (await shown(slack)).dismiss()
        form.view = modal(section("x"))
        await (await shown(slack)).close()
    assert [(body["type"], body["is_cleared"]) for body in form.bodies] == [
        ("view_closed", False),
        ("view_closed", True),
    ]


async def test_a_trigger_is_good_for_one_use(slack: SlackSandbox, app: AsyncApp) -> None:
    """The second views.open with it is refused; an invented one too."""
    codes = []

    @app.command("/tokenflex")
    async def open_twice(ack: AsyncAck, body: dict[str, Any], client: AsyncWebClient) -> None:
        await ack()
        await client.views_open(trigger_id=body["trigger_id"], view=modal(section("Hi")))
        codes.append(await refusal(client.views_open(trigger_id=body["trigger_id"], view=modal(section("Hi")))))
        codes.append(await refusal(client.views_open(trigger_id="1.2.3", view=modal(section("Hi")))))
        codes.append("done")

    async with running(app, slack):
        await shown(slack)
        await slack.member("ana").waits(lambda: len(slack.calls) > 4)
    assert codes[:2] == ["exchanged_trigger_id", "invalid_trigger_id"]


async def test_a_trigger_is_good_for_a_short_time(slack: SlackSandbox, app: AsyncApp) -> None:
    """After its seconds it is expired; a refused view does not use it up before."""
    slack.triggers.seconds = -1.0
    codes = []

    @app.command("/tokenflex")
    async def open_late(ack: AsyncAck, body: dict[str, Any], client: AsyncWebClient) -> None:
        await ack()
        codes.append(await refusal(client.views_open(trigger_id=body["trigger_id"], view=modal())))
        codes.append(await refusal(client.views_open(trigger_id=body["trigger_id"], view=modal(section("Hi")))))

    async with running(app, slack):
        await slack.member("ana").types("#finance", "/tokenflex")
        await slack.member("ana").waits(lambda: len(codes) == 2)
    assert codes == ["invalid_arguments", "expired_trigger_id"]


async def test_a_push_needs_a_trigger_from_a_modal(slack: SlackSandbox, app: AsyncApp) -> None:
    """A command's trigger pushes nothing."""
    codes = []

    @app.command("/tokenflex")
    async def push(ack: AsyncAck, body: dict[str, Any], client: AsyncWebClient) -> None:
        await ack()
        codes.append(await refusal(client.views_push(trigger_id=body["trigger_id"], view=modal(section("Hi")))))

    async with running(app, slack):
        await slack.member("ana").types("#finance", "/tokenflex")
        await slack.member("ana").waits(lambda: bool(codes))
    assert codes == ["invalid_trigger_id"]


async def test_an_update_keeps_what_was_typed_where_ids_stay(
    slack: SlackSandbox, app: AsyncApp, client: AsyncWebClient
) -> None:
    """Same block_id and action_id keep the text, another block_id loses it."""
    Form(app, modal(field("Name", TEXT, "name"), field("Note", TEXT, "note")))
    async with running(app, slack):
        seen = await shown(slack)
        seen.fill("Name", "usage")
        seen.fill("Note", "n")
        new = modal(field("Name", TEXT, "name"), field("Note", TEXT, "note-2"))
        await client.views_update(view_id=seen.view.id, view=new)
    assert (seen.value("Name"), seen.value("Note")) == ("usage", None)


async def test_updates_with_a_stale_hash_or_of_closed_views_are_refused(
    slack: SlackSandbox, app: AsyncApp, client: AsyncWebClient
) -> None:
    """hash_conflict and not_found."""
    form = Form(app, modal(section("Hi"), external_id="mine"))
    async with running(app, slack):
        seen = await shown(slack)
        stale = seen.view.hash
        await client.views_update(external_id="mine", hash=stale, view=form.view)
        assert await refusal(client.views_update(view_id=seen.view.id, hash=stale, view=form.view)) == "hash_conflict"
        await seen.close()
        assert await refusal(client.views_update(view_id=seen.view.id, view=form.view)) == "not_found"


async def test_an_external_id_is_unique(slack: SlackSandbox, app: AsyncApp, client: AsyncWebClient) -> None:
    """Two open views cannot share one."""
    form = Form(app, modal(section("Hi"), external_id="mine"))
    codes = []

    async def open_again(ack: AsyncAck, body: dict[str, Any], client: AsyncWebClient) -> None:
        await ack()
        codes.append(await refusal(client.views_open(trigger_id=body["trigger_id"], view=form.view)))

    app.command("/other")(open_again)
    async with running(app, slack):
        await shown(slack)
        await slack.member("ben").types("#finance", "/other")
        await slack.member("ben").waits(lambda: bool(codes))
    assert codes == ["duplicate_external_id"]


@pytest.mark.parametrize(
    ("extra", "channel", "expected"),
    [
        ({}, "#finance", None),
        ({"default_to_current_conversation": True}, "#finance", "#finance"),
        ({"default_to_current_conversation": True}, "@tokenflex", "@tokenflex"),
        ({"default_to_current_conversation": True, "filter": {"include": ["public"]}}, "#licences", None),
        ({"default_to_current_conversation": True, "filter": {"include": ["private"]}}, "#licences", "#licences"),
        (
            {"default_to_current_conversation": True, "filter": {"include": ["im"], "exclude_bot_users": True}},
            "@tokenflex",
            None,
        ),
    ],
)
async def test_a_picker_starts_where_the_person_is(
    slack: SlackSandbox, app: AsyncApp, extra: dict[str, Any], channel: str, expected: str | None
) -> None:
    """default_to_current_conversation, as far as the filter lets it."""
    Form(app, modal(field("Channel", {"type": "conversations_select", **extra}, "c")))
    async with running(app, slack):
        assert (await shown(slack, channel)).value("Channel") == expected


async def test_an_initial_conversation_wins_over_the_current_one(slack: SlackSandbox, app: AsyncApp) -> None:
    """On the single select."""
    element = {"type": "conversations_select", "default_to_current_conversation": True}
    Form(app, modal(field("Channel", {**element, "initial_conversation": channel_id(slack, "#general")}, "c")))
    async with running(app, slack):
        assert (await shown(slack)).value("Channel") == "#general"


async def test_a_picker_offers_what_the_person_may_see(slack: SlackSandbox, app: AsyncApp) -> None:
    """A guest sees only their channels; what is not offered cannot be chosen."""
    Form(app, modal(field("Channel", {"type": "conversations_select"}, "c")))
    async with running(app, slack):
        seen = await shown(slack, who="gus")
        assert seen.options("Channel") == ["#finance"]
        with pytest.raises(AssertionError, match="does not offer"):
            seen.fill("Channel", "#licences")


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


async def test_options_of_external_menus_are_searched(slack: SlackSandbox, app: AsyncApp) -> None:
    """The app is asked with what was typed; only what it offered can be chosen."""
    element = {"type": "external_select", "action_id": "search", "min_query_length": 2}
    form = Form(app, modal(field("Contract", element, "c")))
    asked = []

    @app.options("search")
    async def offer(ack: AsyncAck, payload: dict[str, Any]) -> None:
        asked.append(payload["value"])
        await ack(options=MONTHS)

    async with running(app, slack):
        seen = await shown(slack)
        assert await seen.search("Contract", "x") == []
        with pytest.raises(AssertionError, match="does not offer"):
            seen.fill("Contract", "May")
        assert await seen.search("Contract", "xy") == ["January", "May"]
        seen.fill("Contract", "May")
        await seen.submit()
    assert asked == ["xy"]
    assert form.values()["c"]["selected_option"] == MONTHS[1]


async def test_a_search_that_is_not_answered_well_shows_an_error(slack: SlackSandbox, app: AsyncApp) -> None:
    """More options than Slack takes, or no answer at all."""
    Form(app, modal(field("Contract", {"type": "external_select", "action_id": "search"}, "c")))

    @app.options("search")
    async def offer(ack: AsyncAck) -> None:
        await ack(options=[option(f"{number}") for number in range(101)])

    async with running(app, slack):
        seen = await shown(slack)
        with pytest.raises(SlackFault, match="invalid_options"):
            await seen.search("Contract", "xyz")
    with pytest.raises(SlackFault, match="no_connection"):
        await seen.search("Contract", "xyz")


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


async def test_what_never_comes_is_said_in_words(slack: SlackSandbox) -> None:
    """The error tells what was there instead."""
    with pytest.raises(NotSeenError, match="modal"):
        await slack.member("ana").sees_modal("Form", timeout=0.01)
    with pytest.raises(NotSeenError, match="#finance"):
        await slack.member("ana").hears("#finance", "Export", timeout=0.01)
