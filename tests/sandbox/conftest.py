"""Fixtures of the stand-ins' tests."""

from collections.abc import AsyncIterator

import aiohttp
import pytest
from slack_bolt.app.async_app import AsyncApp
from slack_sdk.web.async_client import AsyncWebClient

from sandbox.slack.server import SlackSandbox
from tests.sandbox.slack_support import HandClock, client_of, workspace

_LEAKING = (
    "HTTP_PROXY", "HTTPS_PROXY", "http_proxy", "https_proxy", "ALL_PROXY", "all_proxy", "SLACK_BOT_TOKEN",
    "SLACK_APP_TOKEN", "SLACK_SIGNING_SECRET", "SLACK_CLIENT_ID", "SLACK_CLIENT_SECRET", "SLACK_BASE_URL",
    "SLACK_VERIFICATION_TOKEN",
)  # fmt: skip


@pytest.fixture(autouse=True)
def clean_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing of the machine's own proxies and tokens reaches a test."""
    for name in _LEAKING:
        monkeypatch.delenv(name, raising=False)


@pytest.fixture
def clock() -> HandClock:
    """A clock that is moved by hand."""
    return HandClock()


@pytest.fixture
async def slack(clock: HandClock) -> AsyncIterator[SlackSandbox]:
    """A workspace without rate limits."""
    async with workspace(clock, rate_profile="none") as sandbox:
        yield sandbox


@pytest.fixture
async def session() -> AsyncIterator[aiohttp.ClientSession]:
    """A session for everything that a test sends."""
    async with aiohttp.ClientSession() as opened:
        yield opened


@pytest.fixture
def client(slack: SlackSandbox, session: aiohttp.ClientSession) -> AsyncWebClient:
    """Slack's own client with the bot's token."""
    return client_of(slack, session)


@pytest.fixture
def app(client: AsyncWebClient) -> AsyncApp:
    """A Bolt app to put listeners on; `running` connects it."""
    return AsyncApp(client=client)
