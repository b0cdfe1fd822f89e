"""Signing in to Autodesk: the consent in a browser, its answer pasted, the pair of tokens stored encrypted.

Source: APS OAuth v2, `authorize` and `token`, and the walkthrough for PKCE.
"""

import asyncio
import secrets
from collections.abc import Callable
from datetime import timedelta
from urllib.parse import parse_qs, urlsplit

from bot.tokenflex.errors import TokenFlexError
from bot.tokenflex.http import HttpDoor
from bot.tokenflex.oauth import SCOPES, OAuthClient, StoredLogin, TokenGrant, pkce_pair
from storage.database import Database

from .clock import Clock, SystemClock
from .login_store import LoginStore
from .settings import Settings


class LoginError(Exception):
    """Signing in did not work; the message says what to do."""


async def login(
    settings: Settings,
    *,
    redirect_uri: str,
    clock: Clock | None = None,
    ask: Callable[[str], str] = input,
    tell: Callable[[str], None] = print,
) -> int:
    """Sign in and store the login; returns the exit status.

    Raises:
        LoginError: consent was denied, the pasted address is not the one, or Autodesk refused the code.

    """
    if not settings.database_key:
        raise LoginError(
            "DATABASE_KEY is missing: the login is stored encrypted with it. Any long random text will do."
        )
    clock = clock or SystemClock()
    door = HttpDoor()
    oauth = OAuthClient(door, settings.aps_base_url, settings.aps_client_id, settings.aps_client_secret)
    database = Database(settings.database_path)
    await database.open()
    try:
        store = await LoginStore.open(database, settings.database_key, settings.aps_refresh_token, clock.now)
        grant = await asyncio.to_thread(_consent, oauth, redirect_uri, ask, tell)
        await store.sign_in(_stored(grant, clock))
    finally:
        await database.close()
        door.close()
    tell("Signed in. The login is stored; a running bot uses it from its next call on.")
    return 0


def _consent(
    oauth: OAuthClient, redirect_uri: str, ask: Callable[[str], str], tell: Callable[[str], None]
) -> TokenGrant:
    state = secrets.token_urlsafe(24)
    verifier, challenge = pkce_pair(secrets.token_bytes(48))
    tell("1. Open this address in a browser and sign in as the Token Flex administrator:\n")
    tell(oauth.authorize_url(redirect_uri, SCOPES, state, challenge))
    tell(
        "\n2. The browser then ends at an address that begins with "
        f"{redirect_uri} (the page itself may not open). Paste that address here."
    )
    code = code_of(ask("Address: "), state)
    try:
        return oauth.exchange_code(code, redirect_uri, verifier)
    except TokenFlexError as error:
        raise LoginError(
            f"Autodesk did not accept the code ({error}). A code works once and for five minutes: try again."
        ) from None


def code_of(address: str, state: str) -> str:
    """Return the code of a pasted redirect address.

    Raises:
        LoginError: consent was denied, or the address belongs to another attempt.

    """
    answer = parse_qs(urlsplit(address.strip()).query)
    if "error" in answer:
        raise LoginError(f"Autodesk says that consent was not given ({answer['error'][0][:60]}). Nothing was stored.")
    if not secrets.compare_digest(answer.get("state", [""])[0].encode(), state.encode()):
        raise LoginError(
            "That address belongs to another attempt (its `state` differs). Start again and use the new one."
        )
    if not answer.get("code", [""])[0]:
        raise LoginError("There is no code in that address. Paste the whole address that the browser ended at.")
    return answer["code"][0]


def _stored(grant: TokenGrant, clock: Clock) -> StoredLogin:
    if grant.refresh_token is None:
        raise LoginError("Autodesk gave no refresh token, so the login would end within the hour. Nothing was stored.")
    expires_at = clock.now() + timedelta(seconds=grant.expires_in)
    return StoredLogin(grant.refresh_token, grant.access_token, expires_at, grant.scopes)
