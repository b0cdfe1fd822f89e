"""Modals: opening, stacking, changing, closing."""

from typing import Any

import pytest
from slack_bolt.app.async_app import AsyncApp
from slack_bolt.context.ack.async_ack import AsyncAck
from slack_sdk.web.async_client import AsyncWebClient

from sandbox.slack.errors import NotSeenError
from sandbox.slack.server import SlackSandbox
from tests.harness.talk import eventually
from tests.sandbox.slack_forms import TEXT, Form, shown, top
from tests.sandbox.slack_support import actions, button, field, modal, refusal, running, section


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
        await eventually(lambda: bool(codes))
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
        await eventually(lambda: len(slack.calls) > 4)
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
        await eventually(lambda: len(codes) == 2)
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
        await eventually(lambda: bool(codes))
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
        await eventually(lambda: bool(codes))
    assert codes == ["duplicate_external_id"]


async def test_what_never_comes_is_said_in_words(slack: SlackSandbox) -> None:
    """The error tells what was there instead."""
    with pytest.raises(NotSeenError, match="modal"):
        await slack.member("ana").sees_modal("Form", timeout=0.01)
    with pytest.raises(NotSeenError, match="#finance"):
        await slack.member("ana").hears("#finance", "Export", timeout=0.01)
