"""Checks of the two Slack tokens against Slack itself; each finding is one line of `init` and `doctor`."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from bot.network import Obstacle
from bot.operate.checks.obstacles import SLACK, unreachable
from bot.operate.findings import Finding, ok, skipped, warning, wrong
from bot.slack import manifest
from bot.slack.api import SlackApi
from bot.slack.connection import ONE_WORKSPACE, ORG_WIDE, is_org_wide
from bot.slack.errors import (
    MethodMissingError,
    NotSlackError,
    SlackBrokenError,
    SlackError,
    SlackRateLimitedError,
    SlackRefusedError,
    SlackUnreachableError,
    SwitchedOffError,
)

BOT_TOKEN, SCOPES, APP_TOKEN, SOCKET_MODE = "Slack bot token", "Slack scopes", "Slack app token", "Socket Mode"
_PATIENCE: Final = 15.0  #: real seconds for one answer
_COPY_BOT_TOKEN: Final = (
    "Open the app on https://api.slack.com/apps, “OAuth & Permissions”, copy the Bot User OAuth Token (install the app "  # noqa: S105
    "to the workspace if there is none) and enter it with `python -m bot init SLACK_BOT_TOKEN`."
)
_MAKE_APP_TOKEN: Final = (
    "Open the app on https://api.slack.com/apps, “Basic Information”, “App-Level Tokens”, generate one with the scope "  # noqa: S105
    "connections:write and enter it with `python -m bot init SLACK_APP_TOKEN`."
)
_WAIT: Final = "Wait a minute and run this again."
_ADDRESS: Final = (
    "Look at SLACK_BASE_URL where that is set: Slack's own is https://slack.com/api/. Where it is not, a proxy or a "
    "page that wants a sign-in may answer in Slack's place: ask whoever runs the network."
)


async def check_bot_token(api: SlackApi, app_token: str) -> list[Finding]:
    """Ask Slack who the bot token stands for and which scopes it has; the app token says whose page can mend that."""
    try:
        told = await api.call("auth.test", within=_PATIENCE)
    except SlackError as error:
        return [_failed(BOT_TOKEN, error, _COPY_BOT_TOKEN)]
    if is_org_wide(told):
        return [wrong(BOT_TOKEN, ORG_WIDE, ONE_WORKSPACE)]
    found = f"Workspace “{told.get('team')}” ({told.get('url')}), as @{told.get('user')}."
    return [ok(BOT_TOKEN, found), _scopes(api.scopes, app_token)]


def _scopes(granted: frozenset[str] | None, app_token: str) -> Finding:
    needed = manifest.bot_scopes()
    if granted is None:
        return skipped(SCOPES, "Slack did not say which scopes the bot token has.")
    missing, spare = sorted(needed - granted), sorted(granted - needed - manifest.optional_scopes())
    if missing:
        return wrong(SCOPES, f"The bot token lacks {', '.join(missing)}.", update_app(app_token))
    if spare:
        mend = "Nothing fails by that; a token that can do less is safer. manifest.yaml has what the bot uses."
        return warning(SCOPES, f"The bot token also has {', '.join(spare)}, which the bot does not use.", mend)
    return ok(SCOPES, f"All {len(needed)} of manifest.yaml.")


def update_app(app_token: str) -> str:
    """Return how an app gets what manifest.yaml has by now: scopes, and events, which Slack does not show."""
    return (
        f"On the app's page “App Manifest” ({manifest.update_link(app_token)}) paste manifest.yaml again, or add "
        f"scopes under “OAuth & Permissions”, “Bot Token Scopes”, and {', '.join(sorted(manifest.bot_events()))} under "
        "“Event Subscriptions”; under “App Home” show the Home tab and let people write to it, and under "
        "“Interactivity & Shortcuts” make the global shortcut New export (new_export); then press “Reinstall "
        "to Workspace” and run this again."
    )


@dataclass(frozen=True, slots=True)
class AppTokenCheck:
    """What Slack says of the app token; `address` is good for one Socket Mode connection, "" where there is none."""

    finding: Finding
    address: str = ""


async def check_app_token(api: SlackApi, app_token: str) -> AppTokenCheck:
    """Ask Slack for an address for Socket Mode; nothing is opened by that."""
    try:
        told = await api.call("apps.connections.open", app_token=app_token, within=_PATIENCE)
    except SwitchedOffError as error:
        mend = "Open the app on https://api.slack.com/apps, “Socket Mode”, and switch on “Enable Socket Mode”."
        return AppTokenCheck(wrong(APP_TOKEN, f"Socket Mode is switched off for the app ({error}).", mend))
    except SlackError as error:
        return AppTokenCheck(_failed(APP_TOKEN, error, _MAKE_APP_TOKEN))
    return AppTokenCheck(ok(APP_TOKEN, "Slack accepts it."), str(told.get("url") or ""))


async def check_socket_mode(api: SlackApi, address: str) -> Finding:
    """Connect, read Slack's `hello`, and close. Never beside a running bot: the connection would get its traffic."""
    try:
        first = await api.greeting(address, within=_PATIENCE)
    except SlackError as error:
        if isinstance(error, SlackUnreachableError) and error.obstacle is Obstacle.CERTIFICATE:
            return _failed(SOCKET_MODE, error, "")
        mend = (
            "Ask whoever runs the proxy or the firewall to let WebSocket connections (wss) to wss-primary.slack.com "
            "through."
        )
        return wrong(SOCKET_MODE, f"The connection could not be opened ({error}).", mend)
    return _greeting(first if isinstance(first, dict) else {})


def _greeting(first: Mapping[str, Any]) -> Finding:
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


def _failed(name: str, error: SlackError, mend: str) -> Finding:
    if isinstance(error, SlackRateLimitedError):
        return warning(name, "Slack was asked too often for a moment.", _WAIT)
    if isinstance(error, SlackRefusedError):
        return wrong(name, f"Slack does not accept it ({error}).", mend)
    if isinstance(error, NotSlackError | MethodMissingError):
        return wrong(name, f"What answers there is not Slack ({error}).", _ADDRESS)
    if isinstance(error, SlackBrokenError):
        return wrong(name, f"Slack has trouble of its own ({error}).", _WAIT)
    if isinstance(error, SlackUnreachableError):
        return unreachable(name, SLACK, error.obstacle)
    return unreachable(name, SLACK, Obstacle.SILENT, f"there was no response ({error})")
