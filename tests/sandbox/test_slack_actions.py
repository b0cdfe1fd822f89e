"""Buttons and menus in messages."""

import asyncio
from typing import Any

import pytest
from slack_bolt.app.async_app import AsyncApp
from slack_bolt.context.ack.async_ack import AsyncAck
from slack_bolt.context.respond.async_respond import AsyncRespond
from slack_sdk.web.async_client import AsyncWebClient

from sandbox.slack.messages import Message
from sandbox.slack.server import SlackSandbox
from tests.sandbox.slack_support import actions, button, channel_id, option, plain, running, section


async def card(slack: SlackSandbox, client: AsyncWebClient, *elements: dict[str, Any]) -> Message:
    """A message of the bot in #finance, as ana sees it."""
    await client.chat_postMessage(
        channel=channel_id(slack, "#finance"), text="A card", blocks=[section("*Export #1*"), actions(*elements)]
    )
    return await slack.member("ana").hears("#finance", "Export #1")


async def test_a_press_carries_what_the_listener_needs(
    slack: SlackSandbox, app: AsyncApp, client: AsyncWebClient
) -> None:
    """The payload names person, place, message and value; the listener's edit is seen on the same message."""
    bodies = []

    @app.action("press")
    async def pressed(ack: AsyncAck, body: dict[str, Any], client: AsyncWebClient) -> None:
        bodies.append(body)
        await ack()
        await client.chat_update(channel=body["channel"]["id"], ts=body["message"]["ts"], text="Pressed")

    async with running(app, slack):
        message = await card(slack, client, button("Go", value="1"))
        ana = slack.member("ana")
        assert (await ana.presses(message, "Go")).error is None
        assert await ana.hears("#finance", "Pressed") is message
    body = bodies[0]
    assert body["actions"][0]["value"] == "1"
    assert body["user"]["id"] == ana.id
    assert body["container"]["message_ts"] == message.ts
    assert message.edited == 1
    assert message.history[0].buttons() == ["Go"]
    assert message.buttons() == []


async def test_a_cancelled_dialog_sends_nothing(slack: SlackSandbox, app: AsyncApp, client: AsyncWebClient) -> None:
    """A button that asks first is pressed only when the person confirms."""
    pressed = []

    @app.action("press")
    async def press(ack: AsyncAck, body: dict[str, Any]) -> None:
        await ack()
        pressed.append(body)

    confirm = {"title": plain("Sure?"), "text": plain("It will be gone."), "confirm": plain("Yes"), "deny": plain("No")}
    async with running(app, slack):
        message = await card(slack, client, button("Delete", confirm=confirm))
        assert "It will be gone." in (message.confirmation("Delete") or "")
        await slack.member("ana").presses(message, "Delete", confirm=False)
        assert pressed == []
        await slack.member("ana").presses(message, "Delete")
    assert len(pressed) == 1


async def test_an_unacknowledged_press_is_an_error_for_the_person(
    slack: SlackSandbox, app: AsyncApp, client: AsyncWebClient
) -> None:
    """A listener that never acknowledges leaves a timeout."""
    slack.sockets.ack_seconds = 0.05

    @app.action("press")
    async def press() -> None:
        await asyncio.sleep(0)

    async with running(app, slack):
        message = await card(slack, client, button("Go"))
        assert (await slack.member("ana").presses(message, "Go")).error == "operation_timeout"
    assert slack.member("ana").errors == ["operation_timeout"]


async def test_a_press_without_a_connection_is_lost(slack: SlackSandbox, client: AsyncWebClient) -> None:
    """The person sees an error and nothing is repeated."""
    message = await card(slack, client, button("Go"))
    assert (await slack.member("ana").presses(message, "Go")).error == "no_connection"


async def test_a_menu_of_a_message_sends_the_option(slack: SlackSandbox, app: AsyncApp, client: AsyncWebClient) -> None:
    """A choice travels as selected_option."""
    chosen = []

    @app.action("menu")
    @app.action("more")
    async def choose(ack: AsyncAck, body: dict[str, Any]) -> None:
        await ack()
        chosen.append(body["actions"][0]["selected_option"]["value"])

    menu = {
        "type": "static_select",
        "action_id": "menu",
        "placeholder": plain("Month"),
        "options": [option("May", "5")],
    }
    more = {"type": "overflow", "action_id": "more", "options": [option("Details", "d")]}
    async with running(app, slack):
        message = await card(slack, client, menu, more)
        await slack.member("ana").chooses(message, "Month", "May")
        await slack.member("ana").chooses(message, "…", "Details")
    assert chosen == ["5", "d"]


@pytest.mark.parametrize("private", [True, False])
async def test_replace_original_rewrites_the_message_with_the_button(
    slack: SlackSandbox, app: AsyncApp, client: AsyncWebClient, private: bool
) -> None:
    """Public and ephemeral messages alike; an ephemeral one tells the app its place only."""
    bodies = []

    @app.action("press")
    async def press(ack: AsyncAck, body: dict[str, Any], respond: AsyncRespond) -> None:
        await ack()
        bodies.append(body)
        await respond(text="Rewritten", replace_original=True)

    ana = slack.member("ana")
    post = client.chat_postEphemeral if private else client.chat_postMessage
    to: dict[str, Any] = {"user": ana.id} if private else {}
    async with running(app, slack):
        await post(channel=channel_id(slack, "#finance"), text="Card", blocks=[actions(button("Go"))], **to)
        message = await ana.hears("#finance", "Card")
        await ana.presses(message, "Go")
        assert await ana.hears("#finance", "Rewritten") is message
    assert ("message" in bodies[0]) is not private
    assert bodies[0]["container"]["is_ephemeral"] is private
    assert (message.ephemeral_for == "ana") is private


async def test_delete_original_takes_the_message_away(
    slack: SlackSandbox, app: AsyncApp, client: AsyncWebClient
) -> None:
    """Alone it deletes; with a text it deletes and posts."""

    @app.action("press")
    async def press(ack: AsyncAck, respond: AsyncRespond) -> None:
        await ack()
        await respond(delete_original=True)

    @app.action("swap")
    async def swap(ack: AsyncAck, respond: AsyncRespond) -> None:
        await ack()
        await respond(delete_original=True, text="Instead")

    ana = slack.member("ana")
    async with running(app, slack):
        first = await card(slack, client, button("Go"))
        await ana.presses(first, "Go")
        await ana.waits(lambda: first.deleted)
        assert ana.sees("#finance") == []
        second = await card(slack, client, button("Swap", "swap"))
        await ana.presses(second, "Swap")
        await ana.hears("#finance", "Instead", private=True)
    assert second.deleted


async def test_respond_without_a_word_about_the_original_leaves_it(
    slack: SlackSandbox, app: AsyncApp, client: AsyncWebClient
) -> None:
    """By default a response is a new ephemeral message; the other reading can be switched on."""

    @app.action("press")
    async def press(ack: AsyncAck, respond: AsyncRespond) -> None:
        await ack()
        await respond("Beside it")

    ana, ben = slack.member("ana"), slack.member("ben")
    async with running(app, slack):
        message = await card(slack, client, button("Go"))
        await ben.presses(message, "Go")
        await ben.hears("#finance", "Beside it", private=True)
        assert message.edited == 0
        slack.response_urls.replace_by_default = True
        await ana.presses(message, "Go")
        await ana.hears("#finance", "Beside it", private=False)
    assert message.edited == 1


async def test_respond_into_a_thread(slack: SlackSandbox, app: AsyncApp, client: AsyncWebClient) -> None:
    """in_channel with thread_ts posts a reply."""

    @app.action("press")
    async def press(ack: AsyncAck, body: dict[str, Any], respond: AsyncRespond) -> None:
        await ack()
        await respond(text="Reply", response_type="in_channel", replace_original=False, thread_ts=body["message"]["ts"])

    ana = slack.member("ana")
    async with running(app, slack):
        message = await card(slack, client, button("Go"))
        await ana.presses(message, "Go")
        reply = await slack.member("ben").hears("#finance", "Reply")
    assert reply.thread_ts == message.ts


async def test_a_person_presses_only_what_they_see(slack: SlackSandbox, client: AsyncWebClient) -> None:
    """A label that is not there, a private message of somebody else, a deleted message."""
    message = await card(slack, client, button("Go"))
    with pytest.raises(AssertionError, match="no button"):
        await slack.member("ana").presses(message, "Stop")
    await client.chat_delete(channel=message.channel_id, ts=message.ts)
    with pytest.raises(AssertionError, match="cannot see"):
        await slack.member("ana").presses(message, "Go")
