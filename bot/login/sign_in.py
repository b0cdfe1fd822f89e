"""Signing in to Autodesk: the consent in a browser, its answer taken or pasted, the tokens stored encrypted; and out.

Source: APS OAuth v2, `authorize`, `token` and `revoke`, and the walkthrough for PKCE.
"""

import asyncio
import secrets
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import timedelta
from functools import partial
from typing import Final, TypeVar
from urllib.parse import parse_qs, urlsplit

import structlog

from bot.login import browser
from bot.login.loopback import Loopback, LoopbackError
from bot.login.store import LoginStore, MissingKeyError
from bot.runtime.clock import Clock, SystemClock
from bot.runtime.interrupts import uninterrupted
from bot.settings import Settings
from bot.tokenflex.errors import TokenFlexError
from bot.tokenflex.grants import SCOPES, TokenGrant, pkce_pair
from bot.tokenflex.http import HttpDoor
from bot.tokenflex.oauth import OAuthClient, StoredLogin
from storage import logins
from storage.database import Database
from storage.logins import WrongKeyError

T = TypeVar("T")

PATIENCE: Final = 300.0  #: seconds that a person has to sign in; a code lives as long

log = structlog.get_logger(__name__)


class LoginError(Exception):
    """Signing in did not work; the message says what to do."""


@dataclass(frozen=True, slots=True)
class Person:
    """How to reach the person who signs in: a question, a line, and an address opened in a browser."""

    ask: Callable[[str], str] = input
    tell: Callable[[str], None] = print
    open_browser: Callable[[str], object] = browser.show


def login(
    settings: Settings,
    *,
    redirect_uri: str,
    paste: bool = False,
    patience: float = PATIENCE,
    opens_browser: bool = True,
    clock: Clock | None = None,
    person: Person | None = None,
) -> None:
    """Sign in and store the login. It waits for the person outside of any event loop.

    The answer of the consent page is taken on this machine within `patience` seconds, or pasted.

    Raises:
        LoginError: consent was denied, no or a wrong answer came, Autodesk refused the code or granted too little.
        InterruptedBySignalError: a signal came while the code was exchanged; the login is stored nevertheless, unless
            Autodesk does not answer.

    """
    if not settings.database_key:
        raise LoginError(
            "DATABASE_KEY is missing: the login is stored encrypted with it. Any long random text will do; "
            "`python -m bot init DATABASE_KEY` makes one."
        )
    clock, person = clock or SystemClock(), person or Person()
    _with_store(settings, clock, _nothing)  # a key that does not fit is better said before than after
    attempt = Attempt(_oauth(settings), redirect_uri)
    code = _pasted(attempt, person) if paste else _taken(attempt, person, patience, opens_browser=opens_browser)
    uninterrupted(_keep, settings, attempt, code, clock, person)


def _keep(settings: Settings, attempt: "Attempt", code: str, clock: Clock, person: Person) -> None:
    """Exchange a code and store what it is good for; to end in between would leave a login that nobody has."""
    login = _stored(_granted(attempt, code, person), clock)
    _with_store(settings, clock, partial(LoginStore.sign_in, login=login))
    person.tell(
        "Signed in; the login is stored. A running bot that waited for it goes on within a minute or two; one whose "
        "old login still works takes the new one over within the hour."
    )


class Attempt:
    """One attempt to sign in, with a `state` and a PKCE verifier of its own."""

    def __init__(self, oauth: OAuthClient, redirect_uri: str) -> None:
        self._oauth = oauth
        self.redirect_uri = redirect_uri
        self.state = secrets.token_urlsafe(24)
        self._verifier, challenge = pkce_pair(secrets.token_bytes(48))
        self.address = oauth.authorize_url(redirect_uri, SCOPES, self.state, challenge)

    def is_ours(self, query: str) -> bool:
        """Tell whether a query of the redirect belongs to this attempt."""
        given = parse_qs(query).get("state", [""])[0]
        return secrets.compare_digest(given.encode(), self.state.encode())

    def exchange(self, code: str) -> TokenGrant:
        """Return the tokens for a code.

        Raises:
            TokenFlexError: as Autodesk says it.

        """
        return self._oauth.exchange_code(code, self.redirect_uri, self._verifier)

    def discard(self, grant: TokenGrant) -> None:
        """Make tokens worthless that are of no use."""
        try:
            self._oauth.revoke(grant.refresh_token or grant.access_token)
        except TokenFlexError as error:
            log.warning("a login that is of no use could not be revoked", error=type(error).__name__)


def logout(settings: Settings, *, clock: Clock | None = None, tell: Callable[[str], None] = print) -> int:
    """Forget the stored login and revoke it at Autodesk; returns the exit status, 1 where it could not be revoked.

    Raises:
        InterruptedBySignalError: a signal came; it is forgotten and revoked, unless Autodesk does not answer.

    """
    return uninterrupted(_signed_out, settings, clock or SystemClock(), tell)


def _signed_out(settings: Settings, clock: Clock, tell: Callable[[str], None]) -> int:
    try:
        login = _with_store(settings, clock, LoginStore.sign_out)
    except (WrongKeyError, MissingKeyError):
        asyncio.run(_forget_unread(settings))
        reason: str | None = "without the DATABASE_KEY that it was encrypted with it cannot be read"
    else:
        if login is None:
            tell("No Autodesk login is stored, so there is nothing to sign out of.")
            return 0
        reason = _revoke(settings, login)
    if reason is None:
        tell("Signed out: the login is revoked at Autodesk and forgotten here.")
    else:
        tell(
            f"The login is forgotten here, but it could not be revoked at Autodesk: {reason}. "
            "It ends there by itself after 15 days without use."
        )
    if settings.aps_refresh_token:
        tell("APS_REFRESH_TOKEN is still set: take it out, else the bot tries to sign in with it again.")
    return 0 if reason is None else 1


def _revoke(settings: Settings, login: StoredLogin) -> str | None:
    """Revoke both tokens; return why that did not work, None where it did."""
    oauth = _oauth(settings)
    try:
        oauth.revoke(login.refresh_token)
        if login.access_token is not None:
            oauth.revoke(login.access_token, "access_token")
    except TokenFlexError as error:
        return str(error)
    return None


def _oauth(settings: Settings) -> OAuthClient:
    door = HttpDoor(settings.network)
    return OAuthClient(door, settings.aps_base_url, settings.aps_client_id, settings.aps_client_secret)


async def _forget_unread(settings: Settings) -> None:
    database = Database(settings.database_path)
    try:
        await database.open()
        await database.write(logins.forget)
    finally:
        await database.close()


def _with_store(settings: Settings, clock: Clock, work: Callable[[LoginStore], Awaitable[T]]) -> T:
    async def _run() -> T:
        database = Database(settings.database_path)
        try:
            await database.open()
            key, seed = settings.database_key, settings.aps_refresh_token
            return await work(await LoginStore.open(database, key, seed, clock.now))
        finally:
            await database.close()

    return asyncio.run(_run())


async def _nothing(_store: LoginStore) -> None:
    """Change nothing."""


def _taken(attempt: Attempt, person: Person, patience: float, *, opens_browser: bool) -> str:
    try:
        with Loopback(attempt.redirect_uri, attempt.is_ours) as loopback:
            person.tell("Open this address in a browser on this machine and sign in as the Token Flex administrator:\n")
            person.tell(attempt.address)
            person.tell("\nWaiting for the answer of the browser; Ctrl-C ends this. Without a browser here: --paste.")
            if opens_browser:
                person.open_browser(attempt.address)
            query = loopback.answer(patience)
    except LoopbackError as error:
        raise LoginError(str(error)) from None
    if query is None:
        raise LoginError(
            f"No answer came within {patience:.0f} seconds: the page was closed, or the browser is on another "
            "machine (use --paste then). Nothing was stored."
        )
    return code_of(f"{attempt.redirect_uri}?{query}", attempt.state)


def _pasted(attempt: Attempt, person: Person) -> str:
    person.tell("1. Open this address in a browser and sign in as the Token Flex administrator:\n")
    person.tell(attempt.address)
    person.tell(
        "\n2. The browser then ends at an address that begins with "
        f"{attempt.redirect_uri} (the page itself may not open). Paste that address here."
    )
    try:
        return code_of(person.ask("Address: "), attempt.state)
    except EOFError:
        raise LoginError("No address was pasted, so nothing was stored.") from None


def _granted(attempt: Attempt, code: str, person: Person) -> TokenGrant:
    """Return the grant for a code, if it can do what the bot does."""
    try:
        grant = attempt.exchange(code)
    except TokenFlexError as error:
        raise LoginError(f"Signing in did not work: {error}. Nothing was stored.") from None
    missing = [scope for scope in SCOPES if scope not in grant.scopes]
    if not grant.scopes:
        person.tell("Autodesk does not say which scopes were granted; `python -m bot doctor` shows whether they do.")
    elif missing:
        attempt.discard(grant)
        raise LoginError(
            f"Autodesk granted less than the bot needs: {' and '.join(missing)} is missing. Sign in again and allow "
            "everything that the page asks for. Nothing was stored."
        )
    return grant


def code_of(address: str, state: str) -> str:
    """Return the code of a pasted redirect address.

    Raises:
        LoginError: consent was denied, or the address belongs to another attempt.

    """
    answer = parse_qs(urlsplit(address.strip()).query)
    if "error" in answer:
        raise LoginError(f"Autodesk says that consent was not given ({answer['error'][0][:60]}). Nothing was stored.")
    if "state" not in answer:
        raise LoginError("That is not the whole address that the browser ended at. Start again and paste all of it.")
    if not secrets.compare_digest(answer["state"][0].encode(), state.encode()):
        raise LoginError(
            "That address belongs to another attempt (its `state` differs). Start again and use the new one."
        )
    if not answer.get("code", [""])[0]:
        raise LoginError("There is no code in that address. Start again and paste all of the address.")
    return answer["code"][0]


def _stored(grant: TokenGrant, clock: Clock) -> StoredLogin:
    if grant.refresh_token is None:
        raise LoginError("Autodesk gave no refresh token, so the login would end within the hour. Nothing was stored.")
    expires_at = clock.now() + timedelta(seconds=grant.expires_in)
    return StoredLogin(grant.refresh_token, grant.access_token, expires_at, grant.scopes)
