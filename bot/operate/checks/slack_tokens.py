"""Checks of the two Slack tokens against Slack itself; each finding is one line of `init` and `doctor`."""

import asyncio
import json
from collections.abc import Callable, Collection
from dataclasses import dataclass
from datetime import datetime
from email.utils import parsedate_to_datetime
from typing import Any, Final, Self

import aiohttp
from slack_sdk.errors import SlackApiError, SlackClientError
from slack_sdk.web.async_client import AsyncWebClient

from bot.operate.findings import Finding, ok, skipped, warning, wrong

BOT_TOKEN, SCOPES, APP_TOKEN, SOCKET_MODE = "Slack bot token", "Slack scopes", "Slack app token", "Socket Mode"
_PATIENCE: Final = 15.0  #: real seconds for one answer
_FAILURES: Final = (aiohttp.ClientError, SlackClientError, TimeoutError, OSError)
_UNREACHABLE: Final = (
    "Check that this machine may reach Slack (network, proxy, firewall), and SLACK_BASE_URL where it is set."
)
_COPY_BOT_TOKEN: Final = (
    "Open the app on https://api.slack.com/apps, “OAuth & Permissions”, copy the Bot User OAuth Token (install the app "  # noqa: S105
    "to the workspace if there is none) and enter it with `python -m bot init SLACK_BOT_TOKEN`."
)
_MAKE_APP_TOKEN: Final = (
    "Open the app on https://api.slack.com/apps, “Basic Information”, “App-Level Tokens”, generate one with the scope "  # noqa: S105
    "connections:write and enter it with `python -m bot init SLACK_APP_TOKEN`."
)
_ASKED_TOO_OFTEN: Final = "Slack was asked too often for a moment."
_WAIT: Final = "Wait a minute and run this again."


@dataclass(frozen=True, slots=True)
class BotTokenCheck:
    """What Slack says of the bot token; `ahead` is by how many seconds Slack's clock is, None where it did not say."""

    findings: list[Finding]
    ahead: float | None = None


async def check_bot_token(
    client: AsyncWebClient, needed: Collection[str], now: Callable[[], datetime]
) -> BotTokenCheck:
    """Ask Slack who the bot token stands for and which scopes it has."""
    try:
        async with asyncio.timeout(_PATIENCE):
            answer = await client.auth_test()
    except SlackApiError as error:
        return BotTokenCheck([_refused(BOT_TOKEN, error, _COPY_BOT_TOKEN)])
    except _FAILURES as error:
        return BotTokenCheck([_unreachable(BOT_TOKEN, error)])
    headers = {str(name).lower(): str(value) for name, value in answer.headers.items()}
    found = f"Workspace “{answer.get('team')}” ({answer.get('url')}), as @{answer.get('user')}."
    return BotTokenCheck([ok(BOT_TOKEN, found), _scopes(headers.get("x-oauth-scopes"), needed)], _ahead(headers, now()))


def _scopes(header: str | None, needed: Collection[str]) -> Finding:
    if header is None:
        return skipped(SCOPES, "Slack did not say which scopes the bot token has.")
    granted = {scope.strip() for scope in header.split(",") if scope.strip()}
    missing, spare = sorted(set(needed) - granted), sorted(granted - set(needed))
    if missing:
        mend = (
            "On the app's page “App Manifest” paste manifest.yaml again (or add these under “OAuth & Permissions”, "
            "“Bot Token Scopes”), then press “Reinstall to Workspace” and run this again."
        )
        return wrong(SCOPES, f"The bot token lacks {', '.join(missing)}.", mend)
    if spare:
        mend = "Nothing fails by that; a token that can do less is safer. manifest.yaml has what the bot uses."
        return warning(SCOPES, f"The bot token also has {', '.join(spare)}, which the bot does not use.", mend)
    return ok(SCOPES, f"All {len(needed)} of manifest.yaml.")


def _ahead(headers: dict[str, str], now: datetime) -> float | None:
    try:
        return (parsedate_to_datetime(headers.get("date", "")) - now).total_seconds() + 0.5  # cut to whole seconds
    except (ValueError, TypeError):
        return None


@dataclass(frozen=True, slots=True)
class AppTokenCheck:
    """What Slack says of the app token; `address` is good for one Socket Mode connection, "" where there is none."""

    finding: Finding
    address: str = ""


async def check_app_token(client: AsyncWebClient, app_token: str) -> AppTokenCheck:
    """Ask Slack for an address for Socket Mode; nothing is opened by that."""
    try:
        async with asyncio.timeout(_PATIENCE):
            answer = await client.apps_connections_open(app_token=app_token)
    except SlackApiError as error:
        if _code(error) == "link_disabled":
            mend = "Open the app on https://api.slack.com/apps, “Socket Mode”, and switch on “Enable Socket Mode”."
            return AppTokenCheck(wrong(APP_TOKEN, "Socket Mode is switched off for the app (link_disabled).", mend))
        return AppTokenCheck(_refused(APP_TOKEN, error, _MAKE_APP_TOKEN))
    except _FAILURES as error:
        return AppTokenCheck(_unreachable(APP_TOKEN, error))
    return AppTokenCheck(ok(APP_TOKEN, "Slack accepts it."), str(answer.get("url") or ""))


async def check_socket_mode(session: aiohttp.ClientSession, address: str, proxy: str | None) -> Finding:
    """Connect, read Slack's `hello`, and close. Never beside a running bot: the connection would get its traffic."""
    mend = "Check that a proxy or firewall lets WebSocket connections (wss) to Slack through."
    try:
        async with asyncio.timeout(_PATIENCE), session.ws_connect(address, proxy=proxy) as socket:
            first = json.loads(await socket.receive_str())
    except (*_FAILURES, ValueError, TypeError) as error:
        return wrong(SOCKET_MODE, f"The connection could not be opened ({type(error).__name__}).", mend)
    return _greeting(first if isinstance(first, dict) else {})


def _greeting(first: dict[str, Any]) -> Finding:
    if first.get("type") == "hello":
        return _connections(int(first.get("num_connections") or 1) - 1)
    reason = str(first.get("reason") or first.get("type"))
    if reason == "too_many_websockets":
        mend = "Stop the other programs that use this SLACK_APP_TOKEN, or give each of them an app of its own."
        return wrong(SOCKET_MODE, "The app has as many connections as Slack allows.", mend)
    return wrong(SOCKET_MODE, f"Slack said “{reason}” instead of hello.", _WAIT)


def _connections(others: int) -> Finding:
    if others <= 0:
        return ok(SOCKET_MODE, "Connected, greeted and closed.")
    found = (
        f"It connects, but so do others with this SLACK_APP_TOKEN ({others} now); they take a part of what people do."
    )
    mend = "Stop the other bot (on another machine, or with another DATABASE_PATH), or make an app of its own for it."
    return warning(SOCKET_MODE, found, mend)


def _refused(name: str, error: SlackApiError, mend: str) -> Finding:
    code = _code(error)
    if code in {"ratelimited", "rate_limited"}:
        return warning(name, _ASKED_TOO_OFTEN, _WAIT)
    if not code or code in {"internal_error", "fatal_error", "service_unavailable", "request_timeout"}:
        return wrong(name, f"Slack has trouble of its own ({code or 'no proper answer'}).", _WAIT)
    return wrong(name, f"Slack does not accept it ({code}).", mend)


def _unreachable(name: str, error: Exception) -> Finding:
    return wrong(name, f"Slack cannot be reached ({type(error).__name__}).", _UNREACHABLE)


def _code(error: SlackApiError) -> str:
    data = getattr(error.response, "data", None)
    return str(data.get("error") or "") if isinstance(data, dict) else ""


class SlackAccess:
    """A client for a few questions, closed at the end of its `async with`."""

    def __init__(self, token: str, base_url: str) -> None:
        self._token = token
        self._base_url = base_url

    async def __aenter__(self) -> Self:
        self.session = aiohttp.ClientSession()
        self.client = AsyncWebClient(
            token=self._token, base_url=self._base_url, session=self.session, retry_handlers=[]
        )
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.session.close()
