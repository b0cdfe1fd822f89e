"""Slack, connected: tokens checked with a deadline first, then Socket Mode, which reconnects by itself.

The Socket Mode client would retry a wrong token for ever without a word to anybody (behaviour of slack_sdk 3.48), so
its first address is fetched here.
"""

import asyncio
from dataclasses import dataclass

import aiohttp
import structlog
from slack_bolt.adapter.socket_mode.async_handler import AsyncSocketModeHandler
from slack_bolt.async_app import AsyncApp
from slack_sdk.errors import SlackApiError, SlackClientError
from slack_sdk.web.async_client import AsyncWebClient

from bot.runtime.clock import Clock
from bot.runtime.server_time import ServerTime
from bot.slack.posts import learn_time

_PING_EVERY = 5.0  #: seconds; a silent connection is noticed after four of them
_LONGEST_PAUSE = 60.0
_PATIENCE = 30.0  #: real seconds for one attempt to connect
#: Slack's words for a token that no waiting makes good (source: Slack Web API, common errors).
_WRONG_TOKEN = {
    "invalid_auth",
    "not_authed",
    "account_inactive",
    "token_revoked",
    "token_expired",
    "not_allowed_token_type",
    "missing_scope",
    "forbidden_team",
}

log = structlog.get_logger(__name__)


class SlackTokenError(Exception):
    """A Slack token does not work; the message says which and what to do."""


@dataclass(frozen=True, slots=True)
class Identity:
    """Who the bot is in its workspace."""

    team_id: str
    user_id: str
    bot_id: str
    name: str  #: what people type after the @


async def identify(client: AsyncWebClient, slack_time: ServerTime, clock: Clock) -> Identity:
    """Return who the bot token stands for, waiting as long as Slack is out, and learn what Slack's clock shows.

    Raises:
        SlackTokenError: the bot token does not work.

    """
    pause = 1.0
    while True:
        try:
            answer = await client.auth_test()
            learn_time(slack_time, answer.headers)
            team, user, bot, name = (str(answer.get(key) or "") for key in ("team_id", "user_id", "bot_id", "user"))
            return Identity(team, user, bot, name)
        except SlackApiError as error:
            code = _code(error)
            if code in _WRONG_TOKEN:
                raise SlackTokenError(
                    f"Slack does not accept SLACK_BOT_TOKEN ({code}): copy the bot token from the app's page "
                    "“OAuth & Permissions” again."
                ) from None
            log.warning("Slack does not answer as it should; trying again", code=code, pause=pause)
        except (aiohttp.ClientError, SlackClientError, TimeoutError, OSError) as error:
            log.warning("Slack cannot be reached; trying again", error=type(error).__name__, pause=pause)
        await clock.sleep(pause)
        pause = min(_LONGEST_PAUSE, pause * 2)


async def connect(app: AsyncApp, app_token: str, clock: Clock) -> AsyncSocketModeHandler:
    """Return a handler with an open connection, waiting as long as Slack is out.

    Raises:
        SlackTokenError: the app token does not work.

    """
    handler = AsyncSocketModeHandler(app, app_token, ping_interval=_PING_EVERY)
    try:
        await _keep_trying(handler, clock)
    except BaseException:
        await handler.close_async()  # type: ignore[no-untyped-call]
        raise
    return handler


async def _keep_trying(handler: AsyncSocketModeHandler, clock: Clock) -> None:
    pause = 1.0
    while True:
        try:
            async with asyncio.timeout(_PATIENCE):
                await _open(handler)
        except SlackApiError as error:
            code = _code(error)
            if code in _WRONG_TOKEN or code == "link_disabled":
                raise SlackTokenError(_app_token_advice(code)) from None
            log.warning("Slack gives no connection; trying again", code=code, pause=pause)
        except (aiohttp.ClientError, SlackClientError, TimeoutError, OSError) as error:
            log.warning("Slack cannot be reached; trying again", error=type(error).__name__, pause=pause)
        else:
            return
        await clock.sleep(pause)
        pause = min(_LONGEST_PAUSE, pause * 2)


async def _open(handler: AsyncSocketModeHandler) -> None:
    """Fetch a new address, which opens one connection, and open it.

    slack_sdk would try an address again for ever, and would log an error for each refusal.
    """
    answer = await handler.client.web_client.apps_connections_open(app_token=handler.client.app_token)
    handler.client.wss_uri = str(answer["url"])
    await handler.connect_async()  # type: ignore[no-untyped-call]


async def keep_address_fresh(handler: AsyncSocketModeHandler, clock: Clock) -> None:
    """Give a connection that is lost, and not back in time, a new address; slack_sdk tries its first one for ever."""
    while True:
        await clock.sleep(_PATIENCE)
        if not await handler.client.is_connected():
            handler.client.wss_uri = None


def _app_token_advice(code: str) -> str:
    if code == "link_disabled":
        return "Socket Mode is switched off for the Slack app: switch it on in the app's settings."
    return (
        f"Slack does not accept SLACK_APP_TOKEN ({code}): make an app-level token with the scope connections:write "
        "on the app's page “Basic Information”."
    )


def _code(error: SlackApiError) -> str:
    data = getattr(error.response, "data", None)
    return str(data.get("error") or "") if isinstance(data, dict) else ""
