"""Socket Mode itself: connections, their ends, and who gets an envelope."""

import asyncio
import json
from typing import Any

import aiohttp
import pytest
from slack_bolt.app.async_app import AsyncApp
from slack_bolt.context.ack.async_ack import AsyncAck
from slack_sdk.web.async_client import AsyncWebClient

from sandbox.slack.server import SlackSandbox
from tests.sandbox.slack_support import running


@pytest.fixture
def heard(app: AsyncApp) -> list[str]:
    """What the bot's command listener received."""
    texts = []

    @app.command("/tokenflex")
    async def answer(ack: AsyncAck, body: dict[str, Any]) -> None:
        texts.append(body["text"])
        await ack()

    return texts


async def opened(
    slack: SlackSandbox, client: AsyncWebClient, session: aiohttp.ClientSession, extra: str = ""
) -> tuple[aiohttp.ClientWebSocketResponse, dict[str, Any]]:
    """A raw connection, its hello read."""
    answer = await client.apps_connections_open(app_token=slack.app_token)
    socket = await session.ws_connect(answer["url"] + extra)
    return socket, json.loads((await socket.receive()).data)


async def test_hello_comes_first(slack: SlackSandbox, client: AsyncWebClient, session: aiohttp.ClientSession) -> None:
    """It counts the connections and tells the time until the refresh."""
    socket, hello = await opened(slack, client, session)
    second, other = await opened(slack, client, session, "&debug_reconnects=true")
    assert hello["type"] == "hello"
    assert (hello["num_connections"], other["num_connections"]) == (1, 2)
    assert hello["debug_info"]["approximate_connection_time"] > 3600
    assert other["debug_info"]["approximate_connection_time"] == 360
    await socket.close()
    await second.close()


async def test_a_ticket_is_for_one_connection(
    slack: SlackSandbox, client: AsyncWebClient, session: aiohttp.ClientSession
) -> None:
    """Neither a used ticket nor an invented one opens a socket."""
    answer = await client.apps_connections_open(app_token=slack.app_token)
    socket = await session.ws_connect(answer["url"])
    for url in (answer["url"], answer["url"].split("?")[0] + "?ticket=invented"):
        with pytest.raises(aiohttp.WSServerHandshakeError):
            await session.ws_connect(url)
    await socket.close()


async def test_pings_are_answered(slack: SlackSandbox, client: AsyncWebClient, session: aiohttp.ClientSession) -> None:
    """A ping comes back as a pong with the same data, unless the connection is made silent."""
    answer = await client.apps_connections_open(app_token=slack.app_token)
    socket = await session.ws_connect(answer["url"], autoping=False)
    await socket.receive()
    await socket.ping(b"sdk-ping-pong:1.5")
    frame = await socket.receive()
    assert (frame.type, bytes(frame.data)) == (aiohttp.WSMsgType.PONG, b"sdk-ping-pong:1.5")
    await socket.close()


async def test_envelopes_say_whether_an_answer_may_be_in_the_acknowledgement(
    slack: SlackSandbox, client: AsyncWebClient, session: aiohttp.ClientSession
) -> None:
    """A command accepts a payload."""
    socket, _ = await opened(slack, client, session)
    typing = asyncio.ensure_future(slack.member("ana").types("#finance", "/tokenflex"))
    envelope = json.loads((await socket.receive()).data)
    assert (envelope["type"], envelope["accepts_response_payload"]) == ("slash_commands", True)
    await socket.send_str(json.dumps({"envelope_id": envelope["envelope_id"], "payload": {"text": "hello"}}))
    assert (await typing).text == "hello"
    await socket.close()


async def test_each_envelope_goes_to_one_connection(
    slack: SlackSandbox, app: AsyncApp, heard: list[str], client: AsyncWebClient
) -> None:
    """With two connections the work is shared, and nothing arrives twice."""
    second = AsyncApp(client=client)
    others = []

    @second.command("/tokenflex")
    async def answer(ack: AsyncAck, body: dict[str, Any]) -> None:
        others.append(body["text"])
        await ack()

    async with running(app, slack), running(second, slack):
        for number in range(20):
            await slack.member("ana").types("#finance", f"/tokenflex {number}")
    assert sorted(map(int, heard + others)) == list(range(20))
    assert heard
    assert others


async def test_an_eleventh_connection_is_turned_away(
    slack: SlackSandbox, client: AsyncWebClient, session: aiohttp.ClientSession
) -> None:
    """Ten connections are the most."""
    sockets = [(await opened(slack, client, session))[0] for _ in range(10)]
    socket, first = await opened(slack, client, session)
    assert (first["type"], first["reason"]) == ("disconnect", "too_many_websockets")
    await asyncio.gather(*(each.close() for each in [*sockets, socket]))


@pytest.mark.parametrize("abrupt", [True, False])
async def test_a_dropped_connection_is_opened_again(
    slack: SlackSandbox, app: AsyncApp, heard: list[str], abrupt: bool
) -> None:
    """With or without a close frame the bot comes back, and what was typed in between is lost."""
    async with running(app, slack, ping_interval=0.1):
        slack.controls.refuse_sockets()
        await slack.controls.drop_sockets(abrupt=abrupt)
        assert (await slack.member("ana").types("#finance", "/tokenflex lost")).error == "no_connection"
        slack.controls.refuse_sockets(False)
        await slack.connected()
        assert (await slack.member("ana").types("#finance", "/tokenflex kept")).error is None
    assert heard == ["kept"]


async def test_a_refresh_is_announced(slack: SlackSandbox, app: AsyncApp, heard: list[str]) -> None:
    """After the warning the bot opens a new connection; commands go on."""
    async with running(app, slack):
        old = slack.sockets.connections[0]
        await slack.controls.refresh_sockets()
        await slack.changes.until(lambda: slack.sockets.connections not in ([], [old]) or None, 10)
        assert (await slack.member("ana").types("#finance", "/tokenflex again")).error is None
    assert heard == ["again"]


async def test_connections_live_as_long_as_they_are_told(
    slack: SlackSandbox, client: AsyncWebClient, session: aiohttp.ClientSession
) -> None:
    """A lifetime ends a connection with warning, request and close frame."""
    slack.sockets.lifetime = 0.01
    socket, _ = await opened(slack, client, session)
    frames = [await socket.receive() for _ in range(3)]
    reasons = [json.loads(frame.data)["reason"] for frame in frames[:2]]
    assert reasons == ["warning", "refresh_requested"]
    assert frames[2].type is aiohttp.WSMsgType.CLOSE
    await socket.close()


async def test_link_disabled_is_announced(
    slack: SlackSandbox, client: AsyncWebClient, session: aiohttp.ClientSession
) -> None:
    """Switching Socket Mode off is told with its reason."""
    socket, _ = await opened(slack, client, session)
    receiving = asyncio.ensure_future(socket.receive())
    await slack.controls.disconnect_sockets("link_disabled")
    assert json.loads((await receiving).data)["reason"] == "link_disabled"
    await socket.close()


async def test_an_envelope_can_be_delivered_twice(slack: SlackSandbox, app: AsyncApp, heard: list[str]) -> None:
    """The same envelope arrives twice; the person sees one answer."""
    async with running(app, slack):
        slack.controls.deliver_twice(1)
        ana = slack.member("ana")
        assert (await ana.types("#finance", "/tokenflex twice")).error is None
        await ana.types("#finance", "/tokenflex once")
    assert sorted(heard) == ["once", "twice", "twice"]


async def test_a_silent_connection_loses_what_is_sent(slack: SlackSandbox, app: AsyncApp, heard: list[str]) -> None:
    """A half-dead connection swallows acknowledgements."""
    slack.sockets.ack_seconds = 0.05
    async with running(app, slack):
        slack.controls.silence_sockets()
        assert (await slack.member("ana").types("#finance", "/tokenflex")).error == "operation_timeout"
