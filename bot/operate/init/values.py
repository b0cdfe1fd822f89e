"""Checks one value of the settings at the service that it is for, or all of those that `init` asks for."""

import asyncio
from collections.abc import Iterable, Mapping
from contextlib import AbstractAsyncContextManager

from bot.operate.checks import autodesk, names, slack_tokens
from bot.operate.findings import Finding, ok, skipped, wrong
from bot.operate.init import lookup
from bot.runtime.clock import Clock
from bot.settings import allowed, network_of, problems_of, with_defaults
from bot.slack.api import SlackApi, slack_at
from bot.tokenflex.http import HttpDoor
from bot.tokenflex.oauth import OAuthClient

_NAMES_IDS = (*lookup.PEOPLE, lookup.PLACES)
#: Settings that are checked at the service they are for.
_AT_A_SERVICE = ("SLACK_BOT_TOKEN", "SLACK_APP_TOKEN", "APS_CLIENT_SECRET")


def check(name: str, values: Mapping[str, str], clock: Clock) -> list[Finding]:
    """Return what is found of one setting; the others in `values` say where to ask. A missing value is not asked for.

    Client ID and secret are checked together, under the name of the secret.
    """
    problems = problems_of(name, values)
    if problems:
        return [wrong(name, problem, "Enter it again.") for problem in problems]
    if name in _AT_A_SERVICE or (name in _NAMES_IDS and values.get("SLACK_BOT_TOKEN") and values.get(name)):
        no_way = problems_of("PROXY", values) + problems_of("CA_BUNDLE", values)
        return [skipped(name, f"Nobody was asked: {one}") for one in no_way] or _asked(name, values, clock)
    is_set = bool(with_defaults(values)[name])
    if name == "DATABASE_KEY" and not is_set:
        return [skipped(name, "Not set; fine with two-legged credentials, needed before `python -m bot login`.")]
    return [] if name == "APS_CLIENT_ID" else [ok(name, "Set." if is_set else "Not set.")]


def _asked(name: str, values: Mapping[str, str], clock: Clock) -> list[Finding]:
    if name == "APS_CLIENT_SECRET":
        return [_client(values)]
    if name in _NAMES_IDS:
        return asyncio.run(_named(name, values, clock))
    return asyncio.run((_bot_token if name == "SLACK_BOT_TOKEN" else _app_token)(values, clock))


def ids_of(name: str, typed: str, values: Mapping[str, str], clock: Clock) -> tuple[str, list[str]]:
    """Return what was typed for a setting with names replaced by their IDs, and why some were not."""
    if name not in _NAMES_IDS:
        return typed, []
    if not values.get("SLACK_BOT_TOKEN") or problems_of("PROXY", values) or problems_of("CA_BUNDLE", values):
        return typed, []
    return asyncio.run(_ids_of(name, typed, values, clock))


async def _ids_of(name: str, typed: str, values: Mapping[str, str], clock: Clock) -> tuple[str, list[str]]:
    async with _slack(values, clock) as api:
        return await lookup.looked_up(api, name, typed)


async def _named(name: str, values: Mapping[str, str], clock: Clock) -> list[Finding]:
    async with _slack(values, clock) as api:
        found = await names.check_ids(api, name, allowed(values, name))
    return [found or ok(name, "Set.")]


def check_all(settings: Iterable[str], values: Mapping[str, str], clock: Clock) -> list[Finding]:
    """Return what is found of several settings, in their order."""
    return [finding for name in settings for finding in check(name, values, clock)]


async def _bot_token(values: Mapping[str, str], clock: Clock) -> list[Finding]:
    async with _slack(values, clock) as api:
        return await slack_tokens.check_bot_token(api, with_defaults(values)["SLACK_APP_TOKEN"])


async def _app_token(values: Mapping[str, str], clock: Clock) -> list[Finding]:
    async with _slack(values, clock) as api:
        return [(await slack_tokens.check_app_token(api, with_defaults(values)["SLACK_APP_TOKEN"])).finding]


def _slack(values: Mapping[str, str], clock: Clock) -> AbstractAsyncContextManager[SlackApi]:
    settings = with_defaults(values)
    return slack_at(settings["SLACK_BASE_URL"], settings["SLACK_BOT_TOKEN"], network_of(values), clock)


def _client(values: Mapping[str, str]) -> Finding:
    settings = with_defaults(values)
    client_id, secret = settings["APS_CLIENT_ID"], settings["APS_CLIENT_SECRET"]
    if not client_id:
        return skipped(autodesk.CLIENT, "Without APS_CLIENT_ID the secret cannot be tried.")
    oauth = OAuthClient(HttpDoor(network_of(values)), settings["APS_BASE_URL"], client_id, secret)
    return autodesk.check_client(oauth, has_secret=bool(secret))
