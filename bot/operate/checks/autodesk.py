"""Checks of the Autodesk side: the app's own credentials, the scopes of a token, the contracts that it sees."""

from collections.abc import Callable, Collection
from datetime import datetime
from typing import Final, Unpack

from bot.network import Obstacle
from bot.operate.checks.obstacles import AUTODESK, unreachable
from bot.operate.findings import Finding, ok, skipped, warning, wrong
from bot.settings import SETTINGS
from bot.tokenflex.errors import (
    ApiNotEnabledError,
    AppRefusedError,
    ForbiddenError,
    LoginNeededError,
    NotAuthorisedError,
    NotFoundError,
    RateLimitedError,
    ScopeMissingError,
    TimedOutError,
    TokenFlexError,
    UnreachableError,
    WrongClientError,
)
from bot.tokenflex.grants import SCOPES
from bot.tokenflex.http import Door, Response, Sent
from bot.tokenflex.models import Contract
from bot.tokenflex.oauth import OAuthClient

CLIENT, TOKEN, TOKEN_SCOPES, CONTRACTS = "Autodesk app", "Autodesk token", "Autodesk scopes", "Contracts"
_SIGN_IN: Final = "Sign in with `python -m bot login` as a Token Flex administrator."
_COPY_CLIENT: Final = (
    "Open the app on https://aps.autodesk.com/myapps, copy Client ID and Client Secret again and enter them with "
    "`python -m bot init APS_CLIENT_ID APS_CLIENT_SECRET`; an app without a secret has none."
)
THREE_LEGGED_WAY: Final = (
    "If Autodesk has not tied this client ID to one of your administrators, a person has to sign in once: register the "
    "callback URL http://localhost:8765/callback with the app, set DATABASE_KEY, and run `python -m bot login`."
)
_NOTHING_THERE: Final = (404, 405)
#: What an address may be off from.
_ADDRESS: Final = "Look at {setting} where that is set: Autodesk's own is {default}."
_DEFAULTS: Final = {setting.name: setting.default for setting in SETTINGS}
_ROLE: Final = (
    "Sign in as a contract manager, software coordinator, or primary or secondary admin of the Token Flex team "
    "(`python -m bot login`); with two-legged credentials ask Autodesk to tie the client ID to such a user "
    "(aps.help@autodesk.com)."
)


class TimedDoor:
    """A door that notes by how many seconds the server's clock is ahead, from the `Date` of each answer."""

    def __init__(self, door: Door, now: Callable[[], datetime]) -> None:
        self._door = door
        self._now = now
        self.ahead: float | None = None

    def request(self, method: str, url: str, **sent: Unpack[Sent]) -> Response:
        """Do as the door behind does."""
        answer = self._door.request(method, url, **sent)
        if answer.server_time is not None:
            self.ahead = (answer.server_time - self._now()).total_seconds() + 0.5  # a `Date` is cut to whole seconds
        return answer


def check_client(oauth: OAuthClient, *, has_secret: bool) -> Finding:
    """Ask Autodesk for a token of the app itself, which proves client ID and secret. That is no Token Flex call."""
    if not has_secret:
        return skipped(
            CLIENT, "Without a client secret (a public client) only signing in can prove the client ID.", _SIGN_IN
        )
    try:
        oauth.client_credentials()
    except WrongClientError as error:
        return wrong(CLIENT, f"{error}.", _COPY_CLIENT)
    except NotAuthorisedError as error:
        if error.status in _NOTHING_THERE:
            return _elsewhere(CLIENT, "APS_BASE_URL", "Autodesk's sign-in", error.status)
        return warning(CLIENT, f"It cannot sign in by itself: {error}.", THREE_LEGGED_WAY)
    except TokenFlexError as error:
        return trouble(CLIENT, error)
    return ok(CLIENT, f"Autodesk accepts client ID and secret. {THREE_LEGGED_WAY}")


def check_scopes(granted: Collection[str]) -> Finding:
    """Compare the scopes of a token with those that are needed."""
    missing = [scope for scope in SCOPES if scope not in granted]
    if not granted:
        return skipped(TOKEN_SCOPES, "The token does not say which scopes it has.")
    if missing:
        return wrong(TOKEN_SCOPES, f"The login lacks {' and '.join(missing)}.", f"{_SIGN_IN} Give both scopes.")
    return ok(TOKEN_SCOPES, f"{' and '.join(SCOPES)}.")


def contracts_seen(contracts: Collection[Contract], as_of: str = "") -> Finding:
    """Say which contracts the login sees, and `as_of` when where that is long ago.

    None means the wrong user or role (source: Token Flex, roles).
    """
    if not contracts:
        found = "The Autodesk login sees no contract: it is the wrong user, or one without a Token Flex role."
        return wrong(CONTRACTS, found, _ROLE)
    names = [f"{contract.number}{'' if contract.is_active else ' (ended)'}" for contract in contracts]
    more = f" and {len(names) - 5} more" if len(names) > 5 else ""
    return ok(CONTRACTS, f"{', '.join(names[:5])}{more}{as_of}.")


def token_trouble(error: TokenFlexError) -> Finding:
    """Say why there is no access token."""
    if isinstance(error, LoginNeededError):
        return wrong(TOKEN, f"No login that works: {error}.", _SIGN_IN)
    if isinstance(error, WrongClientError):
        return wrong(TOKEN, f"{error}.", _COPY_CLIENT)
    if isinstance(error, NotAuthorisedError) and error.status in _NOTHING_THERE:
        return _elsewhere(TOKEN, "APS_BASE_URL", "Autodesk's sign-in", error.status)
    if isinstance(error, NotAuthorisedError):
        return wrong(TOKEN, f"No access token: {error}.", THREE_LEGGED_WAY)
    return trouble(TOKEN, error)


def contracts_trouble(error: TokenFlexError) -> Finding:
    """Say why the contracts could not be seen."""
    if isinstance(error, ApiNotEnabledError):
        mend = "Open the app on https://aps.autodesk.com/myapps and enable the Token Flex Usage Data API for it."
        return wrong(CONTRACTS, "The Autodesk app has not enabled the Token Flex Usage Data API.", mend)
    if isinstance(error, ScopeMissingError):
        return wrong(CONTRACTS, "The login lacks the scope data:read.", f"{_SIGN_IN} Give both scopes.")
    if isinstance(error, AppRefusedError):
        found = f"Autodesk does not let this app, or its login, through to Token Flex ({error.code or error.status})."
        return wrong(CONTRACTS, found, f"Look at the app on https://aps.autodesk.com/myapps. {_SIGN_IN}")
    if isinstance(error, ForbiddenError):
        return wrong(CONTRACTS, "Token Flex does not permit this login to look at contracts.", _ROLE)
    if isinstance(error, NotFoundError):
        return _elsewhere(CONTRACTS, "TOKENFLEX_BASE_URL", "Token Flex", error.status)
    return trouble(CONTRACTS, error)


def _elsewhere(name: str, setting: str, service: str, status: int) -> Finding:
    """Say that something answers, and that it is not what is meant."""
    mend = _ADDRESS.format(setting=setting, default=_DEFAULTS[setting])
    return wrong(name, f"What answers there is not {service} (HTTP {status}).", mend)


def trouble(name: str, error: TokenFlexError) -> Finding:
    """Say what any other error of Autodesk means."""
    if isinstance(error, RateLimitedError):
        wait = "" if error.retry_after is None else f" (it asks to wait {error.retry_after:.0f} s)"
        mend = "Wait, then run this again; other programs of the same Autodesk user share the limit."
        return warning(name, f"Autodesk was asked too often{wait}.", mend)
    if isinstance(error, UnreachableError):
        return unreachable(name, AUTODESK, error.obstacle, str(error) if error.obstacle is Obstacle.OTHER else "")
    if isinstance(error, TimedOutError):
        return unreachable(name, AUTODESK, Obstacle.SILENT, str(error))
    mend = (
        "Run this again in a few minutes. If it stays, look at TOKENFLEX_BASE_URL and APS_BASE_URL where they are set."
    )
    return wrong(name, f"Autodesk did not answer as it should: {error}.", mend)
