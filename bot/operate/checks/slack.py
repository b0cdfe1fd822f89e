"""Slack: the tokens, the scopes, the clock, and a Socket Mode connection unless a bot has one already."""

from bot.operate.checks.host import check_clock
from bot.operate.checks.names import check_slack_names
from bot.operate.checks.slack_channels import check_shared_channels
from bot.operate.checks.slack_files import check_files
from bot.operate.checks.slack_tokens import (
    APP_TOKEN,
    SOCKET_MODE,
    check_app_token,
    check_bot_token,
    check_socket_mode,
)
from bot.operate.findings import Finding, Level, skipped
from bot.runtime.clock import Clock
from bot.settings import Settings
from bot.slack.api import SlackApi, slack_at


async def check_slack(settings: Settings, clock: Clock, *, bot_runs: bool) -> list[Finding]:
    """Ask Slack; beside a running bot only what takes nothing from it."""
    async with slack_at(settings.slack_base_url, settings.slack_bot_token, settings.network, clock) as api:
        bot_token = await check_bot_token(api, settings.slack_app_token)
        connection = [] if bot_runs else await _connection(api, settings.slack_app_token)
        good = bot_token[0].level is Level.OK
        shared = [await check_shared_channels(api, settings)] if good else []
        files = check_files(api, settings) if good else None
        names = await check_slack_names(api, settings) if good else []
    return [
        *bot_token,
        *shared,
        *([files] if files else []),
        *connection,
        *names,
        check_clock("Slack", api.time.known_difference),
    ]


async def _connection(api: SlackApi, app_token: str) -> list[Finding]:
    app = await check_app_token(api, app_token)
    if not app.address:
        return [app.finding, skipped(SOCKET_MODE, f"Not tried: see “{APP_TOKEN}”.")]
    return [app.finding, await check_socket_mode(api, app.address)]
