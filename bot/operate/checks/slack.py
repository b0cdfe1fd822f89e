"""Slack: the tokens, the scopes, the clock, and a Socket Mode connection unless a bot has one already."""

from bot.operate.checks.host import check_clock
from bot.operate.checks.slack_tokens import (
    APP_TOKEN,
    SOCKET_MODE,
    SlackAccess,
    check_app_token,
    check_bot_token,
    check_socket_mode,
)
from bot.operate.findings import Finding, skipped
from bot.runtime.clock import Clock
from bot.settings import Settings
from bot.slack import manifest


async def check_slack(settings: Settings, clock: Clock, *, bot_runs: bool) -> list[Finding]:
    """Ask Slack; beside a running bot only what takes nothing from it."""
    async with SlackAccess(settings.slack_bot_token, settings.slack_base_url) as access:
        bot_token = await check_bot_token(access.client, manifest.bot_scopes(), clock.now)
        connection = [] if bot_runs else await _connection(access, settings.slack_app_token)
    return [*bot_token.findings, *connection, check_clock("Slack", bot_token.ahead)]


async def _connection(access: SlackAccess, app_token: str) -> list[Finding]:
    app = await check_app_token(access.client, app_token)
    if not app.address:
        return [app.finding, skipped(SOCKET_MODE, f"Not tried: see “{APP_TOKEN}”.")]
    return [app.finding, await check_socket_mode(access.session, app.address, access.client.proxy)]
