"""Checks one value of the settings at the service that it is for, or all of those that `init` asks for."""

import asyncio
from collections.abc import Iterable, Mapping
from contextlib import closing

from bot.operate.checks import autodesk, slack_tokens
from bot.operate.findings import Finding, ok, skipped, wrong
from bot.runtime.clock import Clock
from bot.settings import problems_of, with_defaults
from bot.slack import manifest
from bot.slack.api import slack_at
from bot.tokenflex.http import HttpDoor
from bot.tokenflex.oauth import OAuthClient


def check(name: str, values: Mapping[str, str], clock: Clock) -> list[Finding]:
    """Return what is found of one setting; the others in `values` say where to ask. A missing value is not asked for.

    Client ID and secret are checked together, under the name of the secret.
    """
    settings = with_defaults(values)
    problems = problems_of(name, settings)
    if problems:
        return [wrong(name, problem, "Enter it again.") for problem in problems]
    if name == "SLACK_BOT_TOKEN":
        return asyncio.run(_bot_token(settings, clock))
    if name == "SLACK_APP_TOKEN":
        return [asyncio.run(_app_token(settings, clock))]
    if name == "APS_CLIENT_SECRET":
        return [_client(settings)]
    if name == "DATABASE_KEY" and not settings[name]:
        return [skipped(name, "Not set; fine with two-legged credentials, needed before `python -m bot login`.")]
    return [] if name == "APS_CLIENT_ID" else [ok(name, "Set." if settings[name] else "Not set.")]


def check_all(names: Iterable[str], values: Mapping[str, str], clock: Clock) -> list[Finding]:
    """Return what is found of several settings, in their order."""
    return [finding for name in names for finding in check(name, values, clock)]


async def _bot_token(settings: Mapping[str, str], clock: Clock) -> list[Finding]:
    async with slack_at(settings["SLACK_BASE_URL"], settings["SLACK_BOT_TOKEN"], clock) as api:
        return await slack_tokens.check_bot_token(api, manifest.bot_scopes())


async def _app_token(settings: Mapping[str, str], clock: Clock) -> Finding:
    async with slack_at(settings["SLACK_BASE_URL"], settings["SLACK_BOT_TOKEN"], clock) as api:
        return (await slack_tokens.check_app_token(api, settings["SLACK_APP_TOKEN"])).finding


def _client(settings: Mapping[str, str]) -> Finding:
    client_id, secret = settings["APS_CLIENT_ID"], settings["APS_CLIENT_SECRET"]
    if not client_id:
        return skipped(autodesk.CLIENT, "Without APS_CLIENT_ID the secret cannot be tried.")
    with closing(HttpDoor()) as door:
        oauth = OAuthClient(door, settings["APS_BASE_URL"], client_id, secret)
        return autodesk.check_client(oauth, has_secret=bool(secret))
