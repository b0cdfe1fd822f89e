"""Slack, connected: tokens checked with a deadline first, then Socket Mode, which reconnects by itself.

The Socket Mode client would retry a wrong token for ever without a word to anybody (behaviour of slack_sdk 3.48), so
its first address is fetched here.
"""

from collections.abc import Awaitable, Callable, Mapping
from contextlib import AsyncExitStack
from dataclasses import dataclass
from typing import Any, Final, TypeVar

import structlog
from slack_bolt.adapter.socket_mode.async_handler import AsyncSocketModeHandler
from slack_bolt.async_app import AsyncApp
from slack_bolt.authorization import AuthorizeResult

from bot.runtime.backoff import SHARED
from bot.runtime.clock import Clock
from bot.slack.api import LONGEST, SlackApi, translated
from bot.slack.errors import (
    MethodMissingError,
    NotSlackError,
    ScopeMissingError,
    SlackBrokenError,
    SlackError,
    SlackRateLimitedError,
    SlackRefusedError,
    SwitchedOffError,
    TokenRefusedError,
)

T = TypeVar("T")

#: What is wrong with a token of an installation in a whole organisation, and how to mend it. Nothing would say then
#: which workspace's members may use the bot.
ORG_WIDE: Final = "The Slack app is installed for a whole organisation, which this bot does not support yet."
ONE_WORKSPACE: Final = (
    "Install the app in one workspace instead (in the app's settings “Install App”, with “Org Level Apps” switched "
    "off) and use the bot token of that installation as SLACK_BOT_TOKEN."
)

_PING_EVERY = 5.0  #: seconds; a silent connection is noticed after four of them

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


async def identify(api: SlackApi, clock: Clock) -> Identity:
    """Return who the bot token stands for, waiting as long as Slack is out.

    Raises:
        SlackTokenError: the bot token does not work, or is one for a whole organisation.

    """
    try:
        told = await _sooner_or_later(lambda: api.call("auth.test"), clock)
    except (TokenRefusedError, ScopeMissingError) as error:
        raise SlackTokenError(
            f"Slack does not accept SLACK_BOT_TOKEN ({error}): copy the bot token from the app's page "
            "“OAuth & Permissions” again."
        ) from None
    if is_org_wide(told):
        raise SlackTokenError(f"{ORG_WIDE} {ONE_WORKSPACE}")
    team, user, bot, name = (str(told.get(key) or "") for key in ("team_id", "user_id", "bot_id", "user"))
    return Identity(team, user, bot, name)


def is_org_wide(told: Mapping[str, Any]) -> bool:
    """Return whether what Slack sends or responds is of an installation in a whole Enterprise organisation.

    It is a truth value in JSON and a word in commands, which are sent as a form (source: Slack, slash commands).
    """
    return str(told.get("is_enterprise_install")).lower() == "true"


def bolt(api: SlackApi, identity: Identity, bot_token: str) -> AsyncApp:
    """Return Bolt, which the listeners are registered with; it asks Slack for nothing by itself."""

    async def authorize() -> AuthorizeResult:
        return AuthorizeResult(
            enterprise_id=None,
            team_id=identity.team_id,
            bot_id=identity.bot_id,
            bot_user_id=identity.user_id,
            bot_token=bot_token,
        )

    return AsyncApp(client=api.for_bolt(), authorize=authorize)


async def connect(app: AsyncApp, api: SlackApi, app_token: str, clock: Clock) -> AsyncSocketModeHandler:
    """Return a handler with an open connection, waiting as long as Slack is out.

    Raises:
        SlackTokenError: the app token does not work.

    """
    handler = AsyncSocketModeHandler(app, app_token, proxy=app.client.proxy, ping_interval=_PING_EVERY)
    async with AsyncExitStack() as stack:
        stack.push_async_callback(handler.close_async)
        try:
            await _sooner_or_later(lambda: _open(handler, api, app_token), clock)
        except SwitchedOffError:
            advice = "Socket Mode is switched off for the Slack app: switch it on in the app's settings."
            raise SlackTokenError(advice) from None
        except (TokenRefusedError, ScopeMissingError) as error:
            raise SlackTokenError(
                f"Slack does not accept SLACK_APP_TOKEN ({error}): make an app-level token with the scope "
                "connections:write on the app's page “Basic Information”."
            ) from None
        stack.pop_all()
    return handler


async def _sooner_or_later(attempt: Callable[[], Awaitable[T]], clock: Clock) -> T:
    """Return what an attempt returns that Slack does not refuse for good, as a token that does not work.

    Raises:
        TokenRefusedError, ScopeMissingError, SwitchedOffError: waiting does not help.

    """
    failures = 0
    while True:
        try:
            return await attempt()
        except (TokenRefusedError, ScopeMissingError, SwitchedOffError):
            raise
        except (NotSlackError, MethodMissingError) as error:
            log.warning("what answers is not Slack: look at SLACK_BASE_URL; trying again", reason=str(error))
        except (SlackRefusedError, SlackRateLimitedError, SlackBrokenError) as error:
            log.warning("Slack does not answer as it should; trying again", reason=str(error))
        except SlackError as error:
            log.warning("Slack cannot be reached; trying again", reason=str(error))
        failures += 1
        await clock.sleep(SHARED.after(failures).total_seconds())


async def _open(handler: AsyncSocketModeHandler, api: SlackApi, app_token: str) -> None:
    """Fetch a new address, which opens one connection, and open it.

    slack_sdk would try an address again for ever, and would log an error for each refusal.
    """
    told = await api.call("apps.connections.open", app_token=app_token)
    handler.client.wss_uri = str(told.get("url") or "")
    async with translated(LONGEST):
        await handler.connect_async()  # type: ignore[no-untyped-call]


async def keep_address_fresh(handler: AsyncSocketModeHandler, clock: Clock) -> None:
    """Give a connection that is lost, and not back in time, a new address; slack_sdk tries its first one for ever."""
    while True:
        await clock.sleep(LONGEST)
        if not await handler.client.is_connected():
            handler.client.wss_uri = None
