"""What the tests of the Slack stand-in share: a workspace, a client, and a small real Bolt app on it."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from typing import Any

import aiohttp
import pytest
from slack_bolt.adapter.socket_mode.async_handler import AsyncSocketModeHandler
from slack_bolt.app.async_app import AsyncApp
from slack_sdk.errors import SlackApiError
from slack_sdk.web.async_client import AsyncWebClient

from sandbox.slack.server import SlackSandbox


class HandClock:
    """A clock that tests move by hand."""

    def __init__(self) -> None:
        self.time = datetime(2026, 11, 24, 12, 0, tzinfo=UTC)

    def now(self) -> datetime:
        return self.time

    async def sleep(self, seconds: float) -> None:
        self.time += timedelta(seconds=seconds)


@asynccontextmanager
async def workspace(clock: HandClock, **settings: Any) -> AsyncIterator[SlackSandbox]:
    sandbox = SlackSandbox(clock=clock, **settings)
    await sandbox.start()
    try:
        yield sandbox
    finally:
        await sandbox.stop()


def client_of(sandbox: SlackSandbox, session: aiohttp.ClientSession) -> AsyncWebClient:
    return AsyncWebClient(token=sandbox.bot_token, base_url=sandbox.api_url, session=session, retry_handlers=[])


@asynccontextmanager
async def running(app: AsyncApp, sandbox: SlackSandbox, *, ping_interval: float = 5) -> AsyncIterator[None]:
    before = len(sandbox.sockets.connections)
    handler = AsyncSocketModeHandler(app, sandbox.app_token, ping_interval=ping_interval)
    await handler.connect_async()  # type: ignore[no-untyped-call]
    await sandbox.connected(before + 1)
    try:
        yield
    finally:
        await handler.close_async()  # type: ignore[no-untyped-call]


async def refusal(awaitable: Any) -> str:
    """Return the error code that Slack answers a call with."""
    with pytest.raises(SlackApiError) as caught:
        await awaitable
    return str(caught.value.response["error"])


def channel_id(sandbox: SlackSandbox, name: str) -> str:
    return sandbox.workspace.channel(name).id


def plain(text: str) -> dict[str, Any]:
    return {"type": "plain_text", "text": text}


def button(label: str, action_id: str = "press", **more: Any) -> dict[str, Any]:
    return {"type": "button", "action_id": action_id, "text": plain(label), **more}


def actions(*elements: dict[str, Any]) -> dict[str, Any]:
    return {"type": "actions", "elements": list(elements)}


def section(text: str, **more: Any) -> dict[str, Any]:
    return {"type": "section", "text": {"type": "mrkdwn", "text": text}, **more}


def field(label: str, element: dict[str, Any], block_id: str, **more: Any) -> dict[str, Any]:
    return {
        "type": "input",
        "block_id": block_id,
        "label": plain(label),
        "element": {"action_id": "v", **element},
        **more,
    }


def option(text: str, value: str | None = None) -> dict[str, Any]:
    return {"text": plain(text), "value": value or text}


def modal(*blocks: dict[str, Any], title: str = "Form", **more: Any) -> dict[str, Any]:
    shown = {"type": "modal", "callback_id": "form", "title": plain(title), "submit": plain("Send"), **more}
    return {**shown, "blocks": list(blocks)}
