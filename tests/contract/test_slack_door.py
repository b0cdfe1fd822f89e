"""The door to Slack against a server that answers as it is told: what each answer means, over real HTTP."""

from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

import pytest
from aiohttp import web

from bot.network import Network
from bot.slack.api import SlackApi, slack_at
from bot.slack.errors import (
    BlocksRefusedError,
    ChannelClosedError,
    MethodMissingError,
    NotSlackError,
    SlackBrokenError,
    SlackError,
    SlackRateLimitedError,
    SlackUnreachableError,
    SlackUnsureError,
    TriggerLateError,
    UrlSpentError,
)
from tests.harness.moved_clock import MovedClock

POST: dict[str, Any] = {"channel": "C1", "text": "text"}


@dataclass
class Server:
    """A server whose next answer a test sets; `asked` are the paths that were called."""

    answer: Callable[[], web.Response] | None = lambda: web.json_response({"ok": True})
    asked: list[str] = field(default_factory=list)
    url: str = ""

    async def handle(self, request: web.Request) -> web.Response:
        """Answer, or break the connection off where there is no answer."""
        self.asked.append(request.path.rpartition("/")[2])
        if self.answer is None:
            assert request.transport is not None
            request.transport.abort()
            return web.Response()
        return self.answer()


def said(*, status: int = 200, headers: dict[str, str] | None = None, **values: Any) -> Callable[[], web.Response]:
    """An answer in JSON."""
    return lambda: web.json_response(values, status=status, headers=headers)


def page(text: str, kind: str = "text/html", status: int = 200) -> Callable[[], web.Response]:
    """An answer that is no JSON, or says that it is."""
    return lambda: web.Response(text=text, content_type=kind, status=status)


@pytest.fixture
async def server() -> AsyncIterator[Server]:
    """A server on this machine."""
    made = Server()
    app = web.Application()
    app.router.add_route("*", "/{path:.*}", made.handle)
    runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.1)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    made.url = f"http://127.0.0.1:{runner.addresses[0][1]}/"
    yield made
    await runner.cleanup()


@pytest.fixture
def clock() -> MovedClock:
    """A clock that is moved by hand."""
    return MovedClock()


@pytest.fixture
async def api(server: Server, clock: MovedClock) -> AsyncIterator[SlackApi]:
    """The door to that server."""
    async with slack_at(f"{server.url}api/", "xoxb-1", Network(), clock) as door:
        yield door


TROUBLE = {
    "a refusal": (said(ok=False, error="not_in_channel"), ChannelClosedError),
    "a limit": (said(ok=False, error="ratelimited", status=429), SlackRateLimitedError),
    "a page for a limit": (page("<html>", status=429), SlackRateLimitedError),
    "an expired trigger in words": (
        said(
            ok=False,
            error="invalid_arguments",
            response_metadata={"messages": ["[ERROR] `trigger_id` expired [json-pointer:/trigger_id]"]},
        ),
        TriggerLateError,
    ),
    "a page": (page("<html>"), NotSlackError),
    "a page of an error": (page("<html>", status=502), SlackBrokenError),
    "a page that forbids": (page("<html>", status=403), NotSlackError),
    "a page for nothing there": (page("<html>", status=404), MethodMissingError),
    "a text": (page("fine", "text/plain"), SlackBrokenError),
    "half a JSON": (page('{"ok": tr', "application/json"), NotSlackError),
    "a list": (page("[1]", "application/json"), SlackBrokenError),
    "nothing": (page("", "application/json"), NotSlackError),
    "nothing but braces": (page("{}", "application/json"), NotSlackError),
}


@pytest.mark.parametrize("name", TROUBLE)
async def test_what_an_answer_means(server: Server, api: SlackApi, name: str) -> None:
    """Whatever comes back has one of the meanings, and nothing of it gets past the door."""
    server.answer, meaning = TROUBLE[name]
    with pytest.raises(SlackError) as raised:
        await api.call("chat.postMessage", **POST)
    assert type(raised.value) is meaning
    assert server.asked == ["chat.postMessage"]


URLS = {
    "spent": (said(ok=False, error="used_url", status=404), UrlSpentError),
    "blocks": (said(ok=False, error="invalid_blocks", status=400), BlocksRefusedError),
    "whatever of ours": (page("invalid_payload", "text/plain", 400), BlocksRefusedError),
    "a refusal with a good status": (said(ok=False, error="channel_not_found"), ChannelClosedError),
    "a limit": (said(ok=False, error="ratelimited", status=429), SlackRateLimitedError),
    "a breakdown": (page("<html>", status=500), SlackBrokenError),
}


@pytest.mark.parametrize("name", URLS)
async def test_what_the_answer_of_a_response_url_means(server: Server, api: SlackApi, name: str) -> None:
    """It has meanings of the same tree."""
    server.answer, meaning = URLS[name]
    with pytest.raises(SlackError) as raised:
        await api.respond(f"{server.url}response/1", {"text": "text"})
    assert type(raised.value) is meaning


@pytest.mark.parametrize("answer", [page("ok", "text/plain"), said(ok=True)])
async def test_a_response_url_that_took_it(server: Server, api: SlackApi, answer: Callable[[], web.Response]) -> None:
    """Slack says `ok`, in one way or another."""
    server.answer = answer
    await api.respond(f"{server.url}response/1", {"text": "text"})
    assert server.asked == ["1"]


async def test_no_connection_is_told_apart_from_a_lost_answer(server: Server, clock: MovedClock) -> None:
    """Where nobody listens nothing happened; where somebody listened and said nothing it may have."""
    async with slack_at("http://127.0.0.1:9/api/", "xoxb-1", Network(), clock) as nobody:
        with pytest.raises(SlackUnreachableError):
            await nobody.call("chat.postMessage", **POST)
        with pytest.raises(SlackUnreachableError):
            await nobody.respond("http://127.0.0.1:9/response/1", {"text": "text"})

    server.answer = None
    async with slack_at(f"{server.url}api/", "xoxb-1", Network(), clock) as door:
        with pytest.raises(SlackUnsureError) as lost:
            await door.call("chat.postMessage", **POST)
    assert type(lost.value) is SlackUnsureError


async def test_retry_after_closes_its_method_and_no_other(server: Server, api: SlackApi, clock: MovedClock) -> None:
    """Slack is not asked again before the time, and is asked afterwards."""
    server.answer = said(ok=False, error="ratelimited", status=429, headers={"Retry-After": "20"})
    with pytest.raises(SlackRateLimitedError) as first:
        await api.call("users.info", user="U1")
    assert first.value.retry_after == 20
    server.answer = said(ok=True)
    await api.call("auth.test")
    await clock.advance(19)
    with pytest.raises(SlackRateLimitedError) as second:
        await api.call("users.info", user="U1")
    assert second.value.retry_after == pytest.approx(1, abs=0.01)
    await clock.advance(2)
    await api.call("users.info", user="U1")
    assert server.asked == ["users.info", "auth.test", "users.info"]


async def test_one_channel_that_has_had_enough_closes_no_other(server: Server, api: SlackApi) -> None:
    """Posts are counted for each channel; whoever posts waits for their own."""
    server.answer = said(ok=False, error="ratelimited", status=429, headers={"Retry-After": "20"})
    with pytest.raises(SlackRateLimitedError):
        await api.call("chat.postMessage", **POST)
    server.answer = said(ok=True)
    await api.call("chat.postMessage", **POST | {"channel": "C2"})


async def test_a_tier_is_kept(server: Server, api: SlackApi, clock: MovedClock) -> None:
    """Edits stay below fifty a minute, and the one too many never reaches Slack."""
    edit: dict[str, Any] = {"channel": "C1", "ts": "1.5", "text": "text"}
    for _ in range(48):
        await api.call("chat.update", **edit)
    with pytest.raises(SlackRateLimitedError) as refused:
        await api.call("chat.update", **edit)
    assert len(server.asked) == 48
    await clock.advance(refused.value.retry_after)
    await api.call("chat.update", **edit)


async def test_answers_tell_the_time_and_the_scopes(server: Server, api: SlackApi, clock: MovedClock) -> None:
    """Refusals tell the time as well; the scopes of an app-level token are none of the bot token's."""
    assert (api.time.known_now, api.scopes) == (None, None)
    date = (clock.now() + timedelta(minutes=20)).strftime("%a, %d %b %Y %H:%M:%S GMT")
    server.answer = said(ok=False, error="not_in_channel", headers={"Date": date})
    with pytest.raises(ChannelClosedError):
        await api.call("chat.postMessage", **POST)
    assert api.time.difference == pytest.approx(1200, abs=1.5)
    server.answer = said(ok=True, headers={"X-OAuth-Scopes": "chat:write, commands"})
    await api.call("auth.test")
    server.answer = said(ok=True, url="wss://slack", headers={"X-OAuth-Scopes": "connections:write"})
    await api.call("apps.connections.open", app_token="xapp-1")
    assert api.scopes == frozenset({"chat:write", "commands"})
