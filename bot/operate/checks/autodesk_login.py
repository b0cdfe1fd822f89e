"""Autodesk, while no bot runs: the login, a token, its scopes, and one call to Token Flex, which is logged as such."""

import asyncio
from collections.abc import Collection
from contextlib import AsyncExitStack
from random import SystemRandom
from typing import Final

from bot.calls.budget import Rank
from bot.calls.gateway import TokenFlexCalls
from bot.login.store import LoginStore, MissingKeyError
from bot.login.token_flex import token_flex_side
from bot.operate.checks.autodesk import (
    CONTRACTS,
    TOKEN,
    TimedDoor,
    check_scopes,
    contracts_seen,
    contracts_trouble,
    token_trouble,
)
from bot.operate.checks.host import check_clock
from bot.operate.checks.names import check_contracts
from bot.operate.findings import Finding, ok, skipped, warning, wrong
from bot.runtime.clock import Clock
from bot.runtime.interrupts import finished
from bot.settings import Settings
from bot.tokenflex.errors import LoginNeededError, NotAuthorisedError, TokenFlexError
from bot.tokenflex.grants import granted_scopes
from bot.tokenflex.http import HttpDoor
from bot.tokenflex.models import Contract
from bot.tokenflex.oauth import AccessTokens
from storage import logins
from storage.database import Database, DatabaseError
from storage.logins import WrongKeyError

LOGIN: Final = "Autodesk login"
_PATIENCE: Final = 2.0  #: real seconds that the budget may take to grant the call
_OLD_KEY: Final = (
    "Set DATABASE_KEY to the key of that time again; if it is lost, `python -m bot logout`, then `python -m bot login`."
)

_CUT_OFF: Final = (
    "Three-legged, but a renewal of the login was cut off: the program ended in the middle of it, or Autodesk's answer "
    "was lost. Autodesk may have ended the login by it."
)
_SIGN_IN_ANEW: Final = (
    f"If Autodesk does not accept it any more (“{TOKEN}” says so, within the hour), run `python -m bot login`. Leave "
    "the bot ten seconds when you stop it."
)


class _NoFreeCallError(Exception):
    """The budget grants no call at this moment."""


async def check_autodesk(settings: Settings, clock: Clock) -> list[Finding]:
    """Use the database as the bot does, so that a renewed login is stored and the call counts in the budget."""
    database = Database(settings.database_path)
    try:
        await database.open()
        return await _with_database(settings, clock, database)
    except DatabaseError as error:
        return [skipped(LOGIN, f"Not looked at, since the database cannot be used: {error}")]
    finally:
        await database.close()


async def _with_database(settings: Settings, clock: Clock, database: Database) -> list[Finding]:
    try:
        key, seed = settings.database_key, settings.aps_refresh_token
        store = await LoginStore.open(database, key, seed, clock.now)
    except MissingKeyError:
        return [wrong(LOGIN, "A login is stored, but DATABASE_KEY is not set, so it cannot be read.", _OLD_KEY)]
    except WrongKeyError:
        return [wrong(LOGIN, "A login is stored, but it was encrypted with another DATABASE_KEY.", _OLD_KEY)]
    async with AsyncExitStack() as ending:
        door = TimedDoor(HttpDoor(settings.network), clock.now)
        calls = await token_flex_side(
            settings=settings, database=database, store=store, door=door, clock=clock, random=SystemRandom(),
            ending=ending,
        )  # fmt: skip
        ending.callback(calls.close)
        findings = await _token_and_contracts(calls.tokens, calls, settings.allowed_contracts)
    stored, cut_off = await database.read(logins.exists), await store.cut_off()
    return [login_kind(settings, stored=stored, cut_off=cut_off), *findings, check_clock("Autodesk", door.ahead)]


def login_kind(settings: Settings, *, stored: bool, cut_off: bool) -> Finding:
    """Say which of the two kinds of credentials is in use, and whether a renewal of the login was `cut_off`."""
    if cut_off:
        return warning(LOGIN, _CUT_OFF, _SIGN_IN_ANEW)
    if stored:
        return ok(LOGIN, "Three-legged: a person has signed in; the login is stored, encrypted with DATABASE_KEY.")
    if settings.aps_refresh_token:
        return ok(LOGIN, "Three-legged: begins with APS_REFRESH_TOKEN, which is stored and renewed from then on.")
    if settings.aps_client_secret:
        return ok(LOGIN, "Two-legged: nobody has signed in; the app uses its own client ID and secret.")
    return wrong(
        LOGIN,
        "Nobody has signed in, and without APS_CLIENT_SECRET the app cannot sign in by itself.",
        "Set DATABASE_KEY with `python -m bot init DATABASE_KEY`, then `python -m bot login`.",
    )


async def _token_and_contracts(tokens: AccessTokens, calls: TokenFlexCalls, allowed: Collection[str]) -> list[Finding]:
    try:
        token = await finished(tokens.access_token)
    except TokenFlexError as error:
        return [token_trouble(error), skipped(CONTRACTS, f"Not asked for: see “{TOKEN}”.")]
    scopes = check_scopes(granted_scopes(token) or ())
    return [ok(TOKEN, "Autodesk gives an access token."), scopes, *await _contracts(tokens, calls, allowed)]


async def _contracts(tokens: AccessTokens, calls: TokenFlexCalls, allowed: Collection[str]) -> list[Finding]:
    """Make the one call, once: a repetition would be a second one."""
    try:
        contracts = await _call(calls)
    except _NoFreeCallError:
        mend = "Run this again in a minute or two; “Call budget” below shows how it stands."
        return [skipped(CONTRACTS, "Not asked for: the call budget has no free call at this moment.", mend)]
    except LoginNeededError as error:
        return [token_trouble(error)]
    except NotAuthorisedError:
        return [await _renewed(tokens)]
    except TokenFlexError as error:
        return [contracts_trouble(error)]
    return [contracts_seen(contracts), *check_contracts(allowed, contracts)]


async def _call(calls: TokenFlexCalls) -> tuple[Contract, ...]:
    limit = asyncio.timeout(_PATIENCE)
    try:
        async with limit, calls.turn("contracts", rank=Rank.PEOPLE, person="doctor") as granted:
            limit.reschedule(None)
            return await granted.make(lambda client: client.contracts())
    except TimeoutError:
        raise _NoFreeCallError from None


async def _renewed(tokens: AccessTokens) -> Finding:
    """Token Flex refused the token that was stored with the login: get another one, for next time."""
    try:
        await finished(tokens.access_token)
    except TokenFlexError as error:
        return token_trouble(error)
    found = "Token Flex did not accept the access token; a new one was fetched."
    return warning(CONTRACTS, found, "Run this again: it uses the new one.")
