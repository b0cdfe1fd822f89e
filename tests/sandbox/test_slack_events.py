"""Events over Socket Mode: only what is subscribed and may be read, repeated until acknowledged, now and then twice."""

import asyncio
from typing import Any

import pytest
from slack_bolt.app.async_app import AsyncApp
from slack_sdk.socket_mode.aiohttp import SocketModeClient
from slack_sdk.socket_mode.async_client import AsyncBaseSocketModeClient
from slack_sdk.socket_mode.request import SocketModeRequest
from slack_sdk.socket_mode.response import SocketModeResponse
from slack_sdk.web.async_client import AsyncWebClient

from sandbox.slack.people import ENTERPRISE_ID
from sandbox.slack.server import DEFAULT_SCOPES, SlackSandbox
from tests.harness.talk import eventually
from tests.sandbox.slack_support import HandClock, channel_id, running, workspace

EVERY = (
    *("app_home_opened", "app_mention", "channel_id_changed"),
    *("message.im", "message.channels", "message.groups", "message.mpim"),
)


class App:
    """Connects without Bolt, writes down every envelope, and acknowledges as many as it is told to."""

    def __init__(self, sandbox: SlackSandbox, client: AsyncWebClient) -> None:
        self.socket: Any = SocketModeClient(app_token=sandbox.app_token, web_client=client)
        self.socket.socket_mode_request_listeners.append(self._take)
        self.envelopes: list[SocketModeRequest] = []
        self.ignores = 0
        self._arrived = asyncio.Condition()

    async def _take(self, client: AsyncBaseSocketModeClient, envelope: SocketModeRequest) -> None:
        self.envelopes.append(envelope)
        async with self._arrived:
            self._arrived.notify_all()
        if len(self.envelopes) > self.ignores:
            await client.send_socket_mode_response(SocketModeResponse(envelope_id=envelope.envelope_id))

    async def received(self, count: int) -> None:
        async with asyncio.timeout(5), self._arrived:
            await self._arrived.wait_for(lambda: len(self.envelopes) >= count)

    @property
    def events(self) -> list[dict[str, Any]]:
        return [envelope.payload["event"] for envelope in self.envelopes]


@pytest.fixture
async def listening(slack: SlackSandbox, client: AsyncWebClient) -> Any:
    """An app that subscribed to everything and has every scope."""
    slack.events.subscribed = frozenset(EVERY)
    slack.grant(DEFAULT_SCOPES | {"app_mentions:read"})
    app = App(slack, client)
    await app.socket.connect()
    await slack.connected()
    yield app
    await app.socket.close()


async def test_a_message_to_the_bot(slack: SlackSandbox, listening: App) -> None:
    """In an envelope that takes no payload, with an id of its own and whose app it is for."""
    await slack.member("ana").types("@tokenflex", "hello")
    await slack.events.settled()
    envelope = listening.envelopes[0]
    assert (envelope.type, envelope.accepts_response_payload) == ("events_api", False)
    assert (envelope.retry_attempt, envelope.retry_reason) == (0, "")
    assert envelope.payload["type"] == "event_callback"
    assert envelope.payload["event_id"].startswith("Ev")
    assert envelope.payload["authorizations"][0]["user_id"] == slack.workspace.bot.id
    event = envelope.payload["event"]
    assert (event["type"], event["channel_type"], event["text"]) == ("message", "im", "hello")
    assert event["user"] == slack.member("ana").id


@pytest.mark.parametrize(
    ("subscribed", "scope", "expected"),
    [
        ("message.channels", "channels:history", ["message"]),
        ("message.im", "im:history", []),
        ("app_mention", "app_mentions:read", ["app_mention"]),
    ],
)
async def test_subscription_and_scope_are_both_needed(
    slack: SlackSandbox, listening: App, subscribed: str, scope: str, expected: list[str]
) -> None:
    """A mention in a channel is one event per subscription; without its scope it is none."""
    slack.events.subscribed = frozenset({subscribed})
    slack.grant({scope})
    text = f"@{slack.workspace.bot.name} what is new?"
    await slack.member("ana").types("#finance", text)
    await slack.events.settled()
    assert [event["type"] for event in listening.events] == expected
    slack.grant(DEFAULT_SCOPES - {scope})
    await slack.member("ana").types("#finance", text)
    await slack.events.settled()
    assert len(listening.events) == len(expected)


async def test_nothing_is_told_of_places_without_the_bot(slack: SlackSandbox, listening: App) -> None:
    """Nor of commands, ephemeral messages, or direct messages as mentions."""
    await slack.member("ana").types("#licences", "@tokenflex hello")
    slack.workspace.kick_bot("#finance")
    await slack.member("ana").types("#finance", "@tokenflex hello")
    await slack.events.settled()
    assert listening.events == []
    await slack.member("ana").types("@tokenflex", "@tokenflex hello")
    await slack.events.settled()
    assert [event["type"] for event in listening.events] == ["message"]


async def test_nothing_is_subscribed_by_default(slack: SlackSandbox, client: AsyncWebClient) -> None:
    """An app without subscriptions hears no events."""
    app = App(slack, client)
    await app.socket.connect()
    await slack.connected()
    slack.member("ana").opens_app()
    await slack.member("ana").types("@tokenflex", "hello")
    await slack.events.settled()
    await app.socket.close()
    assert slack.events.attempts == []


async def test_own_messages_and_edits_are_told_as_the_bots(
    slack: SlackSandbox, listening: App, client: AsyncWebClient
) -> None:
    """With the bot's id; an edit and a deletion are hidden messages that show before and after."""
    posted = await client.chat_postMessage(channel=slack.member("ana").id, text="one")
    await client.chat_update(channel=str(posted["channel"]), ts=str(posted["ts"]), text="two")
    await client.chat_delete(channel=str(posted["channel"]), ts=str(posted["ts"]))
    await slack.events.settled()
    told, changed, gone = sorted(listening.events, key=lambda event: str(event["ts"]))
    assert (told["user"], told["bot_id"]) == (slack.workspace.bot.id, "B0SANDBOX1")
    assert (changed["subtype"], changed["hidden"]) == ("message_changed", True)
    assert (changed["previous_message"]["text"], changed["message"]["text"]) == ("one", "two")
    assert (gone["subtype"], gone["deleted_ts"]) == ("message_deleted", posted["ts"])


async def test_bolt_ignores_own_messages(slack: SlackSandbox, app: AsyncApp, client: AsyncWebClient) -> None:
    """A listener for messages hears people only."""
    slack.events.subscribed = frozenset(EVERY)
    heard: list[str] = []

    @app.event("message")
    async def listener(event: dict[str, Any]) -> None:
        heard.append(event["text"])

    async with running(app, slack):
        await client.chat_postMessage(channel=slack.member("ana").id, text="mine")
        await slack.member("ana").types("@tokenflex", "yours")
        await slack.events.settled()
        await eventually(lambda: heard == ["yours"])


async def test_events_are_repeated_until_they_are_acknowledged(
    slack: SlackSandbox, listening: App, clock: HandClock
) -> None:
    """Three times: at once, after a minute, after five; under the same id, each envelope under its own."""
    slack.sockets.ack_seconds = 0.05
    listening.ignores = 2
    began = clock.now()
    slack.member("ana").opens_app()
    await slack.events.settled()
    assert [(each.retry_attempt, each.retry_reason) for each in listening.envelopes] == [
        (0, ""),
        (1, "timeout"),
        (2, "timeout"),
    ]
    assert len({each.payload["event_id"] for each in listening.envelopes}) == 1
    assert len({each.envelope_id for each in listening.envelopes}) == 3
    assert (clock.now() - began).total_seconds() == 60
    assert [each.acknowledged for each in slack.events.attempts] == [False, False, True]


async def test_events_are_given_up_after_the_third_retry(slack: SlackSandbox, listening: App, clock: HandClock) -> None:
    """Without a connection as well as without an acknowledgement."""
    await listening.socket.disconnect()
    await slack.changes.until(lambda: not slack.sockets.connections or None, 5)
    slack.member("ana").opens_app()
    await slack.events.settled()
    assert [each.retry for each in slack.events.attempts] == [0, 1, 2, 3]
    assert not any(each.acknowledged for each in slack.events.attempts)


async def test_events_come_twice_on_demand(slack: SlackSandbox, listening: App) -> None:
    """The same event once more although it was acknowledged, or the same envelope on the wire twice."""
    slack.controls.repeat_events()
    slack.member("ana").opens_app()
    await slack.events.settled()
    assert [each.payload["event_id"] for each in listening.envelopes] == [
        listening.envelopes[0].payload["event_id"]
    ] * 2
    assert [each.retry_attempt for each in listening.envelopes] == [0, 1]
    slack.controls.deliver_twice()
    slack.member("ana").opens_app("messages")
    await slack.events.settled()
    await listening.received(4)
    assert listening.envelopes[2].envelope_id == listening.envelopes[3].envelope_id
    slack.member("ana").opens_app()
    await slack.events.settled()
    assert len(listening.envelopes) == 5


async def test_opening_the_app(slack: SlackSandbox, listening: App) -> None:
    """At every opening, on either tab, with the direct message as the channel; no scope is needed."""
    slack.grant({"commands"})
    ana = slack.member("ana")
    ana.opens_app()
    ana.opens_app("messages")
    await slack.events.settled()
    assert {event["tab"] for event in listening.events} == {"home", "messages"}
    direct = slack.workspace.direct_message(ana.user).id
    assert {(event["user"], event["channel"]) for event in listening.events} == {(ana.id, direct)}
    assert not any("view" in event for event in listening.events)


async def test_an_id_that_changes_is_told(slack: SlackSandbox, listening: App) -> None:
    """Where the bot is a member and may read channels of that kind."""
    slack.workspace.add_channel("#secret", ["ana"], private=True)
    slack.workspace.change_id("#licences")
    old = slack.workspace.change_id("#secret")
    await slack.events.settled()
    event = listening.events[0]
    assert (event["type"], event["old_channel_id"]) == ("channel_id_changed", old)
    assert event["new_channel_id"] == channel_id(slack, "#secret")
    slack.grant(DEFAULT_SCOPES - {"groups:read"})
    slack.workspace.change_id("#secret")
    await slack.events.settled()
    assert len(listening.events) == 1


async def test_events_of_an_organisation_wide_installation(slack: SlackSandbox, listening: App) -> None:
    """No team, the organisation instead."""
    slack.workspace.installation.org_wide = True
    slack.member("ana").opens_app()
    await slack.events.settled()
    payload = listening.envelopes[0].payload
    assert (payload["team_id"], payload["enterprise_id"]) == (None, ENTERPRISE_ID)
    assert payload["authorizations"][0]["is_enterprise_install"]


async def test_a_read_only_messages_tab_has_no_box_to_type_in(clock: HandClock) -> None:
    """Neither for text nor for commands."""
    async with workspace(clock, messages_tab_read_only=True, events=["message.im"]) as slack:
        assert slack.events.subscribed == {"message.im"}
        for text in ("hello", "/tokenflex"):
            with pytest.raises(AssertionError, match="no box"):
                await slack.member("ana").types("@tokenflex", text)
