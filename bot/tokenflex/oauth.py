"""Signing in to Autodesk: the OAuth v2 calls, and the one place that knows which access token is good now."""

import base64
import re
import threading
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Final, Protocol
from urllib.parse import quote, urlencode

import structlog

from bot.tokenflex.errors import (
    LoginNeededError,
    NotAuthorisedError,
    RateLimitedError,
    SignInRefusedError,
    TimedOutError,
    TokenFlexError,
    UpstreamBrokenError,
    WrongClientError,
)
from bot.tokenflex.grants import SCOPES, TokenGrant
from bot.tokenflex.http import Door, Response
from bot.tokenflex.refusals import error_texts

#: Seconds before its expiry from which an access token is renewed.
AHEAD: Final = 300.0
#: Seconds until the next attempt when renewing failed but the old access token is still good.
_PATIENCE: Final = 30.0
#: `errorCode`s that say that the app's own settings are wrong, not the person's grant (source: error handling).
_OUR_FAULT: Final = re.compile(r"AUTH-0(?:0[1-9]|1[0-2])")
_GRANT_IS_OVER: Final = re.compile(r"refresh.?token|invalid.?grant", re.IGNORECASE)
_REASONS: Final[Mapping[str, str]] = {
    "invalid_client": "Autodesk does not accept the client ID or the client secret",
    "AUTH-003": "Autodesk does not accept the client ID or the client secret",
    "invalid_scope": "Autodesk does not grant the scopes data:read and data:write to this app",
    "AUTH-004": "Autodesk does not grant the scopes data:read and data:write to this app",
    "unauthorized_client": "Autodesk does not allow this app to sign in like that",
    "AUTH-001": "the Autodesk app has not enabled the Token Flex Usage Data API",
    "invalid_grant": "Autodesk does not accept the code; it works once and for five minutes, so begin the login anew",
}
_WRONG_CLIENT: Final = {"invalid_client", "AUTH-003"}
_CUT_OFF: Final = ", since a renewal of it was cut off: the program ended in its middle, or Autodesk's answer was lost"

log = structlog.get_logger(__name__)


class OAuthClient:
    """The OAuth endpoints of Autodesk; each method but `authorize_url` is one HTTP call.

    With a `client_secret` the app authenticates with Basic, without one ("" for a public client) with its id in the
    body; both at once are refused (source: token). All raise the errors of `Door.request` and RateLimitedError.
    """

    def __init__(self, door: Door, base_url: str, client_id: str, client_secret: str = "") -> None:
        self._door = door
        self._base_url = base_url.rstrip("/")
        self._client_id = client_id
        self._client_secret = client_secret

    def authorize_url(self, redirect_uri: str, scopes: Sequence[str], state: str, challenge: str) -> str:
        """Return the address of the consent page; `challenge` is that of `pkce_pair`."""
        query = {
            "response_type": "code",
            "client_id": self._client_id,
            "redirect_uri": redirect_uri,
            "scope": " ".join(scopes),
            "state": state,
            "code_challenge": challenge,
            "code_challenge_method": "S256",
        }
        return f"{self._base_url}/authorize?{urlencode(query, quote_via=quote)}"

    def exchange_code(self, code: str, redirect_uri: str, verifier: str) -> TokenGrant:
        """Return the first pair of tokens for the code that came back to `redirect_uri`.

        Raises:
            NotAuthorisedError: the code is used up or expired, or the app's settings are wrong.

        """
        form = {"code": code, "redirect_uri": redirect_uri, "code_verifier": verifier}
        return TokenGrant.from_json(self._post("token", {"grant_type": "authorization_code", **form}))

    def refresh(self, refresh_token: str) -> TokenGrant:
        """Return a new pair of tokens; the old refresh token is dead as soon as the server has answered.

        Raises:
            LoginNeededError: the refresh token is not good any more.
            SignInRefusedError: the app's settings are wrong.

        """
        form = {"grant_type": "refresh_token", "refresh_token": refresh_token}
        return TokenGrant.from_json(self._post("token", form))

    def client_credentials(self) -> TokenGrant:
        """Return an access token of the app itself (two-legged).

        Raises:
            LoginNeededError: the app has no secret, so that only a person can sign in.
            SignInRefusedError: the app's settings are wrong.

        """
        if not self._client_secret:
            raise LoginNeededError("no login is stored, and without a client secret the app cannot sign in by itself")
        form = {"grant_type": "client_credentials", "scope": " ".join(SCOPES)}
        return TokenGrant.from_json(self._post("token", form))

    def revoke(self, token: str, kind: str = "refresh_token") -> None:
        """Make a token worthless; `kind` is `refresh_token` or `access_token`."""
        self._post("revoke", {"token": token, "token_type_hint": kind})

    def _post(self, endpoint: str, form: Mapping[str, str]) -> object:
        headers: dict[str, str] = {}
        if self._client_secret:
            pair = base64.b64encode(f"{self._client_id}:{self._client_secret}".encode()).decode("ascii")
            headers["Authorization"] = f"Basic {pair}"
        else:
            form = {**form, "client_id": self._client_id}
        answer = self._door.request("POST", f"{self._base_url}/{endpoint}", headers=headers, data=form)
        if answer.refused:
            raise _refusal(answer, refreshing=form.get("grant_type") == "refresh_token")
        return answer.body


def _refusal(answer: Response, *, refreshing: bool) -> TokenFlexError:
    """Return the error of a refusing answer, in the form of RFC 6749 or of the gateway, or without any body."""
    if answer.status == 429:
        return RateLimitedError(answer.retry_after)
    if answer.status == 408:
        return TimedOutError("Autodesk waited too long for the request")
    texts = error_texts(answer.body)
    error, code = texts("error"), texts("errorCode")
    if refreshing and answer.status == 400 and _grant_is_over(error, code, texts("developerMessage")):
        return LoginNeededError("Autodesk does not accept the stored login any more")
    reason = _REASONS.get(error) or _REASONS.get(code) or f"Autodesk refused to sign us in, status {answer.status}"
    if {error, code} & _WRONG_CLIENT:
        return WrongClientError(reason, status=answer.status)
    is_of_code = error == "invalid_grant"  # it is the code that a person has brought which is not good
    return (NotAuthorisedError if is_of_code else SignInRefusedError)(reason, status=answer.status)


def _grant_is_over(error: str, code: str, message: str) -> bool:
    """Whether a 400 to a refresh means that a person has to sign in again; so it does when nothing else is said."""
    if error:
        return error == "invalid_grant"
    if message:
        return _GRANT_IS_OVER.search(message) is not None
    return not _OUR_FAULT.fullmatch(code)


@dataclass(frozen=True, slots=True)
class StoredLogin:
    """A login as it is stored: the tokens hide from `repr`; the access token and its expiry (UTC) may be missing."""

    refresh_token: str = field(repr=False)
    access_token: str | None = field(default=None, repr=False)
    access_expires_at: datetime | None = None
    scopes: tuple[str, ...] = ()


class TokenStore(Protocol):
    """Where a login outlives the process; another process (`login`) may put a new one there at any time."""

    def load(self) -> StoredLogin | None:
        """Return the stored login; None where nobody has signed in."""
        ...

    def begin_renewal(self, login: StoredLogin) -> bool:
        """Put on record that the refresh token of `login` is about to be spent; return whether it was there already.

        Raises whatever `save` would raise where nothing can be stored now.
        """
        ...

    def end_renewal(self) -> None:
        """Take it off the record: nothing was spent."""
        ...

    def save(self, login: StoredLogin, previous: StoredLogin) -> bool:
        """Store `login` for good if the refresh token of `previous` is still the stored one; return whether it was.

        At once with that the renewal leaves the record.
        """
        ...


@dataclass(frozen=True, slots=True)
class TokenState:
    """How it stands with the access token: until when it is good (UTC, None: there is none), and the last trouble."""

    good_until: datetime | None = None
    trouble: str = ""


@dataclass(frozen=True, slots=True)
class _Access:
    token: str = field(repr=False)
    renew_at: datetime
    expires_at: datetime


class AccessTokens:
    """Hands out an access token that is good now; thread-safe, one renewal at a time.

    Three-legged while the store holds a login, else two-legged with the app's own credentials, which are never stored.
    A renewed login is stored before the old one is forgotten. A token is renewed `ahead` seconds before its expiry, at
    the latest after half of its life. `clock_now` returns the time in UTC.
    """

    def __init__(
        self, oauth: OAuthClient, store: TokenStore, clock_now: Callable[[], datetime], ahead: float = AHEAD
    ) -> None:
        self._oauth = oauth
        self._store = store
        self._now = clock_now
        self._ahead = ahead
        self._lock = threading.Lock()
        self._given = threading.local()
        self._current: _Access | None = None
        self._refused = ""  # the token that the API refused last
        self._vain = 0  # how many tokens it has refused since it took one
        self._dead, self._death = "", ""  # the refresh token that Autodesk refused last, and how that is said
        self._unsaved: tuple[StoredLogin, StoredLogin] | None = None
        self._trouble = ""

    @property
    def state(self) -> TokenState:
        """How it stands; asks nobody."""
        current = self._current
        return TokenState(None if current is None else current.expires_at, self._trouble)

    def access_token(self) -> str:
        """Return an access token.

        Raises:
            LoginNeededError: a person has to sign in again; until a new login is stored, Autodesk is not asked.
            TokenFlexError: renewing failed in another way, and the old token is not good any more.

        """
        with self._lock:
            if self._current is None or self._now() >= self._current.renew_at:
                self._current = self._renew_or_keep()
            self._given.token = self._current.token
            return self._current.token

    def accepted(self) -> None:
        """Note that the API has taken a token."""
        with self._lock:
            self._vain = 0

    def invalidate(self, token: str | None = None) -> bool:
        """Note that the API answered 401: a token that is still the current one is renewed at the next use.

        Without an argument it is the token that this thread was given last. Returns whether renewing helps: not where
        the API has refused a new token, too.
        """
        refused = token if token is not None else getattr(self._given, "token", "")
        with self._lock:
            if self._current is not None and self._current.token == refused:
                self._refused, self._current, self._vain = refused, None, self._vain + 1
            return self._vain < 2

    def _renew_or_keep(self) -> _Access:
        """Return a new token, or the old one while it is good and renewing fails for a reason that may pass."""
        try:
            renewed = self._renew()
        except TokenFlexError as error:
            self._trouble = str(error)
            old, now = self._current, self._now()
            if old is None or now >= old.expires_at:
                raise
            log.warning("the access token could not be renewed yet", error=type(error).__name__)
        else:
            self._trouble = ""
            return renewed
        return _Access(old.token, min(old.expires_at, now + timedelta(seconds=_PATIENCE)), old.expires_at)

    def _renew(self) -> _Access:
        self._save_unsaved()
        login = self._store.load()
        if login is None:
            asked_at = self._now()
            return self._access(self._oauth.client_credentials(), asked_at)
        try:
            return self._of_login(login)
        except LoginNeededError:
            newer = self._store.load()
            if newer is None or newer.refresh_token == login.refresh_token:
                raise
        return self._of_login(newer)

    def _of_login(self, login: StoredLogin) -> _Access:
        """Return the access token that is stored with a login while it is good, else refresh the login."""
        stored = self._stored_access(login)
        if stored is not None:
            return stored
        if login.refresh_token == self._dead:
            raise LoginNeededError(self._death)
        asked_at = self._now()
        grant = self._refresh(login)
        access = self._access(grant, asked_at)
        renewed = StoredLogin(
            grant.refresh_token or login.refresh_token, access.token, access.expires_at, grant.scopes or login.scopes
        )
        self._unsaved = (renewed, login)
        self._save_unsaved()
        return access

    def _save_unsaved(self) -> None:
        """Store a renewed login. If the store fails, it is kept here and stored before anything else is done."""
        if self._unsaved is not None:
            if not self._store.save(*self._unsaved):
                log.info("another Autodesk login was stored meanwhile; it will be used from the next renewal on")
            self._unsaved = None

    def _refresh(self, login: StoredLogin) -> TokenGrant:
        """Spend a refresh token that is on record as such; when the answer is lost, once more, as it may still be good.

        It stays on record while nobody knows whether it was spent, also when the process ends.
        """
        doubtful = self._store.begin_renewal(login)
        try:
            try:
                return self._oauth.refresh(login.refresh_token)
            except (TimedOutError, UpstreamBrokenError) as error:
                doubtful = True
                if isinstance(error, UpstreamBrokenError) and error.status >= 500:
                    raise
            return self._oauth.refresh(login.refresh_token)
        except (TimedOutError, UpstreamBrokenError):
            raise
        except LoginNeededError as error:
            self._dead, self._death = login.refresh_token, f"{error}{_CUT_OFF if doubtful else ''}"
            self._not_spent(doubtful=doubtful)
            raise LoginNeededError(self._death) from None
        except TokenFlexError:
            self._not_spent(doubtful=doubtful)
            raise

    def _not_spent(self, *, doubtful: bool) -> None:
        """Take a renewal off the record that had no effect; one that may have had stays there, and is the reason."""
        if not doubtful:
            self._store.end_renewal()

    def _stored_access(self, login: StoredLogin) -> _Access | None:
        token, expires_at = login.access_token, login.access_expires_at
        if token is None or expires_at is None or token == self._refused:
            return None
        renew_at = expires_at - timedelta(seconds=self._ahead)
        return _Access(token, renew_at, expires_at) if self._now() < renew_at else None

    def _access(self, grant: TokenGrant, asked_at: datetime) -> _Access:
        early = min(self._ahead, grant.expires_in / 2)
        life = timedelta(seconds=grant.expires_in)
        return _Access(grant.access_token, asked_at + life - timedelta(seconds=early), asked_at + life)
