"""Rate limits, on a clock that is moved by hand."""

import math
from datetime import timedelta
from typing import Any

import aiohttp
import pytest
from slack_bolt.app.async_app import AsyncApp
from slack_bolt.context.ack.async_ack import AsyncAck
from slack_sdk.errors import SlackApiError
from slack_sdk.web.async_client import AsyncWebClient

from sandbox.slack.rates import RateLimits
from tests.sandbox.slack_support import HandClock, channel_id, client_of, running, workspace


async def posted(client: AsyncWebClient, channel: str, times: int) -> tuple[int, int]:
    """Post until refused; return how many went through and the seconds to wait."""
    for number in range(times):
        try:
            await client.chat_postMessage(channel=channel, text=f"{number}")
        except SlackApiError as error:
            return number, int(error.response.headers["Retry-After"])
    return times, 0


async def test_one_message_a_second_into_a_channel(clock: HandClock, session: aiohttp.ClientSession) -> None:
    """After a short burst a channel takes one a second; other channels are not touched."""
    async with workspace(clock) as slack:
        slack.rates.channel_burst = 3
        client = client_of(slack, session)
        finance, general = channel_id(slack, "#finance"), channel_id(slack, "#general")
        assert await posted(client, finance, 10) == (3, 1)
        assert await posted(client, general, 1) == (1, 0)
        await clock.sleep(1)
        assert await posted(client, finance, 10) == (1, 1)


async def test_ephemeral_messages_and_response_urls_count_too(clock: HandClock, session: aiohttp.ClientSession) -> None:
    """By whatever method something is posted."""
    urls = []
    async with workspace(clock) as slack:
        slack.rates.channel_burst = 1
        client = client_of(slack, session)
        app = AsyncApp(client=client)

        @app.command("/tokenflex")
        async def answer(ack: AsyncAck, body: dict[str, Any]) -> None:
            urls.append(body["response_url"])
            await ack()

        async with running(app, slack):
            await slack.member("ana").types("#finance", "/tokenflex")
        ana, finance = slack.member("ana").id, channel_id(slack, "#finance")
        await client.chat_postEphemeral(channel=finance, user=ana, text="x")
        with pytest.raises(SlackApiError, match="ratelimited"):
            await client.chat_postMessage(channel=finance, text="x")
        async with session.post(urls[0], json={"text": "x"}) as response:
            assert (response.status, response.headers["Retry-After"]) == (429, "1")


@pytest.mark.parametrize(("method", "per_minute"), [("users.list", 20), ("chat.update", 50), ("views.open", 100)])
def test_methods_have_tiers(method: str, per_minute: int) -> None:
    """As many calls in a minute as the tier says, and the whole seconds until the next."""
    clock = HandClock()
    rates = RateLimits(clock)
    assert [rates.call(method) for _ in range(per_minute)] == [0] * per_minute
    wait = rates.call(method)
    assert wait == math.ceil(60 / per_minute)
    clock.time += timedelta(seconds=wait)
    assert rates.call(method) == 0


def test_other_methods_have_none() -> None:
    """auth.test is not counted."""
    rates = RateLimits(HandClock())
    assert {rates.call("auth.test") for _ in range(1000)} == {0}


def test_connections_are_opened_sparingly() -> None:
    """Tier 1 has a burst of its own, then one a minute."""
    rates = RateLimits(HandClock())
    assert [rates.call("apps.connections.open") for _ in range(11)] == [0] * 10 + [60]


def test_the_profile_none_lets_everything_through() -> None:
    """And an unknown profile is refused."""
    rates = RateLimits(HandClock(), "none")
    assert {rates.post("C1") for _ in range(1000)} | {rates.call("users.list") for _ in range(100)} == {0}
    with pytest.raises(ValueError, match="profile"):
        RateLimits(HandClock(), "fast")
