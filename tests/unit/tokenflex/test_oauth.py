"""Signing in, and the one place that knows which access token is good."""

import base64
import hashlib
import json
import threading
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.tokenflex.errors import (
    LoginNeededError,
    NotAuthorisedError,
    RateLimitedError,
    TimedOutError,
    TokenFlexError,
    UnreachableError,
    UpstreamBrokenError,
    WrongClientError,
)
from bot.tokenflex.http import Response
from bot.tokenflex.oauth import AccessTokens, OAuthClient, StoredLogin, TokenGrant, granted_scopes, pkce_pair

BASE = "https://auth.example/v2"
START = datetime(2026, 11, 24, 10, tzinfo=UTC)


class Autodesk:
    """A door with a token endpoint behind it: refresh tokens r1, r2 … are good once, in their order."""

    def __init__(self) -> None:
        self.forms: list[dict[str, str]] = []
        self.headers: list[dict[str, str]] = []
        self.urls: list[str] = []
        self.script: list[Response | TokenFlexError | Callable[[], None]] = []
        self.good = "r1"
        self.issued = 1
        self.expires_in: Any = 3599

    def request(
        self,
        method: str,
        url: str,
        *,
        headers: Mapping[str, str] | None = None,
        params: Mapping[str, str] | None = None,
        json: Any = None,
        form: Mapping[str, str] | None = None,
        token: str | None = None,
    ) -> Response:
        assert (method, params, json, token) == ("POST", None, None, None)
        self.forms.append(dict(form or {}))
        self.headers.append(dict(headers or {}))
        self.urls.append(url)
        return self._response(dict(form or {}))

    def _response(self, form: dict[str, str]) -> Response:
        step = self.script.pop(0) if self.script else None
        if isinstance(step, TokenFlexError):
            raise step
        if isinstance(step, Response):
            return step
        if step is not None:
            step()
        if form["grant_type"] == "client_credentials":
            self.issued += 1
            return Response(200, {"access_token": f"two{self.issued}", "expires_in": self.expires_in})
        if form.get("refresh_token") != self.good:
            return Response(400, {"error": "invalid_grant"})
        return self.rotate()

    def rotate(self) -> Response:
        self.issued += 1
        self.good = f"r{self.issued}"
        return Response(
            200, {"access_token": f"a{self.issued}", "refresh_token": self.good, "expires_in": self.expires_in}
        )

    def lose(self) -> None:
        """Rotate, and lose the answer."""
        self.rotate()
        raise TimedOutError


class Store:
    """A store in memory, which another process may write to as well."""

    def __init__(self, login: StoredLogin | None) -> None:
        self.login = login
        self.loads = 0
        self.history: list[StoredLogin | None] = [login]
        self.failing = 0  #: so many times there is no room for a renewed login
        self.full = False  #: there is no room for anything

    def load(self) -> StoredLogin | None:
        self.loads += 1
        return self.login

    def check_room(self) -> None:
        if self.full:
            raise OSError("disk full")

    def save(self, login: StoredLogin, previous: StoredLogin) -> bool:
        if self.failing:
            self.failing -= 1
            raise OSError("disk full")
        if self.login is None or self.login.refresh_token != previous.refresh_token:
            return False
        self.login = login
        self.history.append(login)
        return True


class House:
    """Everything together, with a clock that is moved by hand."""

    def __init__(self, login: StoredLogin | None = None, *, secret: str = "secret", ahead: float = 300) -> None:
        self.autodesk = Autodesk()
        self.store = Store(login)
        self.now = START
        self.oauth = OAuthClient(self.autodesk, BASE, "id", secret)
        self.tokens = AccessTokens(self.oauth, self.store, lambda: self.now, ahead)

    def later(self, seconds: float) -> str:
        self.now += timedelta(seconds=seconds)
        return self.tokens.access_token()

    def refreshes(self) -> list[str]:
        return [form["refresh_token"] for form in self.autodesk.forms if "refresh_token" in form]


def house(**options: Any) -> House:
    """Return a house with a stored login whose refresh token is good."""
    return House(StoredLogin("r1"), **options)


# --- OAuthClient -----------------------------------------------------------------------------------------------


def test_the_consent_address_is_complete() -> None:
    """PKCE, state and scopes are in it, encoded."""
    url = OAuthClient(Autodesk(), f"{BASE}/", "id").authorize_url("http://localhost/x?y", ("a:b", "c"), "s&t", "ch")
    assert url.startswith(f"{BASE}/authorize?")
    assert "scope=a%3Ab%20c" in url
    assert parse_qs(urlsplit(url).query) == {
        "response_type": ["code"],
        "client_id": ["id"],
        "redirect_uri": ["http://localhost/x?y"],
        "scope": ["a:b c"],
        "state": ["s&t"],
        "code_challenge": ["ch"],
        "code_challenge_method": ["S256"],
    }


def test_an_app_with_a_secret_uses_basic_only() -> None:
    """The id must not stand in the body beside the header."""
    autodesk = Autodesk()
    OAuthClient(autodesk, BASE, "id", "secret").client_credentials()
    assert autodesk.headers == [{"Authorization": "Basic " + base64.b64encode(b"id:secret").decode()}]
    assert autodesk.forms == [{"grant_type": "client_credentials", "scope": "data:read data:write"}]
    assert autodesk.urls == [f"{BASE}/token"]


def test_a_public_app_names_itself_in_the_body() -> None:
    """Without a secret there is no header, and the app cannot sign in by itself."""
    autodesk = Autodesk()
    oauth = OAuthClient(autodesk, BASE, "id")
    oauth.refresh("r1")
    assert autodesk.headers == [{}]
    assert autodesk.forms == [{"grant_type": "refresh_token", "refresh_token": "r1", "client_id": "id"}]
    with pytest.raises(LoginNeededError):
        oauth.client_credentials()
    assert len(autodesk.forms) == 1


def test_the_code_is_exchanged_with_the_verifier() -> None:
    """All three parts of the exchange go out; the grant has both tokens."""
    autodesk = Autodesk()
    autodesk.script = [autodesk.rotate()]
    grant = OAuthClient(autodesk, BASE, "id", "secret").exchange_code("c", "http://localhost", "v")
    assert autodesk.forms == [
        {"grant_type": "authorization_code", "code": "c", "redirect_uri": "http://localhost", "code_verifier": "v"}
    ]
    assert (grant.access_token, grant.refresh_token, grant.expires_in) == ("a2", "r2", 3599)


def test_revoke() -> None:
    """A token is made worthless at its own endpoint."""
    autodesk = Autodesk()
    autodesk.script = [Response(200)]
    OAuthClient(autodesk, BASE, "id", "secret").revoke("t")
    assert autodesk.urls == [f"{BASE}/revoke"]
    assert autodesk.forms == [{"token": "t", "token_type_hint": "refresh_token"}]


@pytest.mark.parametrize(
    ("status", "body", "kind"),
    [
        (400, {"error": "invalid_grant", "error_description": "The refresh token is invalid."}, LoginNeededError),
        (
            400,
            {"developerMessage": "The refresh token is invalid or expired.", "errorCode": "AUTH-004"},
            LoginNeededError,
        ),
        (400, {"developerMessage": "invalid grant"}, LoginNeededError),
        (400, None, LoginNeededError),
        (400, {}, LoginNeededError),
        (400, {"error": "invalid_request"}, NotAuthorisedError),
        (400, {"error": "invalid_scope"}, NotAuthorisedError),
        (400, {"developerMessage": "Credentials were sent twice."}, NotAuthorisedError),
        (400, {"errorCode": "AUTH-008"}, NotAuthorisedError),
        (401, {"error": "invalid_client"}, WrongClientError),
        (401, {"developerMessage": "The client secret is wrong", "errorCode": "AUTH-003"}, WrongClientError),
        (401, None, NotAuthorisedError),
        (403, {"errorCode": "AUTH-001"}, NotAuthorisedError),
        (429, None, RateLimitedError),
    ],
)
def test_refused_refreshes(status: int, body: Any, kind: type[TokenFlexError]) -> None:
    """Only an ended grant asks for a person; both forms of body are read, and none at all."""
    autodesk = Autodesk()
    autodesk.script = [Response(status, body)]
    with pytest.raises(TokenFlexError) as caught:
        OAuthClient(autodesk, BASE, "id", "SECRET").refresh("SECRETTOO")
    assert type(caught.value) is kind
    assert "SECRET" not in f"{caught.value}{caught.value!r}"


def test_a_refused_code_is_not_an_ended_login() -> None:
    """A code that is used up is told as such."""
    autodesk = Autodesk()
    autodesk.script = [Response(400, {"error": "invalid_grant"})]
    with pytest.raises(NotAuthorisedError, match="begin the login anew") as caught:
        OAuthClient(autodesk, BASE, "id", "secret").exchange_code("c", "u", "v")
    assert not isinstance(caught.value, LoginNeededError)


# --- grants -----------------------------------------------------------------------------------------------------


NO_LIVES: tuple[Any, ...] = (0, "soon", "nan", "inf", -5, 1e30, None, [])


@pytest.mark.parametrize(
    "body",
    [
        None,
        [],
        {},
        {"access_token": "", "expires_in": 1},
        {"access_token": "a"},
        *({"access_token": "a", "expires_in": value} for value in NO_LIVES),
    ],
)
def test_senseless_grants(body: Any) -> None:
    """A grant without a token or a life is upstream's fault."""
    with pytest.raises(UpstreamBrokenError):
        TokenGrant.from_json(body)


def test_grants_hide_their_tokens() -> None:
    """Neither grants nor stored logins show a token."""
    grant = TokenGrant.from_json(
        {"access_token": "SECRET", "refresh_token": "SECRET", "expires_in": "60", "scope": "a b"}
    )
    assert grant.scopes == ("a", "b")
    assert grant.expires_in == 60
    assert "SECRET" not in repr(grant) + repr(StoredLogin("SECRET", "SECRET"))


@given(st.binary(min_size=32, max_size=96))
def test_pkce(random_bytes: bytes) -> None:
    """The verifier has a permitted length and alphabet, and the challenge is its hash."""
    verifier, challenge = pkce_pair(random_bytes)
    assert 43 <= len(verifier) <= 128
    assert set(verifier) <= set("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~")
    digest = hashlib.sha256(verifier.encode()).digest()
    assert base64.urlsafe_b64decode(challenge + "=") == digest
    assert "=" not in challenge


@pytest.mark.parametrize("length", [0, 31, 97])
def test_pkce_needs_enough_chance(length: int) -> None:
    """Too few or too many bytes are refused."""
    with pytest.raises(ValueError, match="random bytes"):
        pkce_pair(bytes(length))


def jwt(claims: Any) -> str:
    """Return an unsigned token with these claims."""
    return "x." + base64.urlsafe_b64encode(json.dumps(claims).encode()).rstrip(b"=").decode() + ".x"


@pytest.mark.parametrize(
    ("token", "scopes"),
    [
        (jwt({"scope": ["data:read", "data:write", 5]}), ("data:read", "data:write")),
        (jwt({"scope": "data:read"}), ("data:read",)),
        (jwt({"scope": []}), ()),
        (jwt({}), None),
        (jwt([1]), None),
        ("opaque", None),
        ("a.b.c", None),
        ("a.ü.c", None),
        ("..", None),
    ],
)
def test_granted_scopes(token: str, scopes: tuple[str, ...] | None) -> None:
    """The claim is read where there is one; opaque tokens say nothing."""
    assert granted_scopes(token) == scopes


@given(st.text(max_size=60) | st.binary(max_size=60).map(lambda data: f"a.{base64.urlsafe_b64encode(data).decode()}.b"))
def test_any_token_may_be_asked_for_its_scopes(token: str) -> None:
    """No token makes it raise."""
    granted_scopes(token)


# --- AccessTokens -----------------------------------------------------------------------------------------------


def test_two_legged_tokens_are_kept_and_never_stored() -> None:
    """Without a login the app signs in by itself, renews ahead of expiry, and stores nothing."""
    home = House()
    assert [home.later(0), home.later(3298), home.later(2)] == ["two2", "two2", "two3"]
    assert home.store.history == [None]


def test_a_renewed_login_is_stored_at_once() -> None:
    """The new pair is in the store before the access token is used."""
    home = house()
    assert home.later(0) == "a2"
    assert home.store.login == StoredLogin("r2", "a2", START + timedelta(seconds=3599))
    assert [home.later(3298), home.later(2)] == ["a2", "a3"]
    assert home.refreshes() == ["r1", "r2"]


def test_a_stored_access_token_is_used_after_a_restart() -> None:
    """A restart costs no refresh while the stored access token is good."""
    home = House(StoredLogin("r1", "a1", START + timedelta(seconds=1000)))
    assert [home.later(0), home.later(699), home.later(2)] == ["a1", "a1", "a2"]


def test_short_lives_are_renewed_at_half_time() -> None:
    """A token that lives shorter than the time ahead is still used for half of its life."""
    home = house()
    home.autodesk.expires_in = 60
    assert [home.later(0), home.later(29), home.later(2)] == ["a2", "a2", "a3"]


def test_a_login_stored_by_another_process_is_used_at_the_next_renewal() -> None:
    """The store is read before each refresh, since `login` may have put a new pair there."""
    home = house()
    home.later(0)
    home.store.login = StoredLogin("other", "fresh", home.now + timedelta(days=1))
    assert home.later(3400) == "fresh"
    assert home.refreshes() == ["r1"]


def test_an_invalid_token_is_renewed_once() -> None:
    """After a 401 a new token is fetched; a late 401 for an old token changes nothing."""
    home = house()
    first = home.tokens.access_token()
    home.tokens.invalidate(first)
    assert home.tokens.access_token() == "a3"
    home.tokens.invalidate(first)
    assert home.tokens.access_token() == "a3"
    home.tokens.invalidate()
    assert home.tokens.access_token() == "a4"


def test_invalidate_without_a_token_means_that_of_this_thread() -> None:
    """A thread that still holds the old token does not make the new one worthless."""
    home = house()
    with ThreadPoolExecutor(1) as other:
        other.submit(home.tokens.access_token).result()
        home.tokens.access_token()
        home.tokens.invalidate()
        assert home.tokens.access_token() == "a3"
        other.submit(home.tokens.invalidate).result()
    assert home.tokens.access_token() == "a3"


@pytest.mark.parametrize("lost", [TimedOutError(), UpstreamBrokenError("broke off"), UpstreamBrokenError(status=200)])
def test_a_lost_answer_is_asked_for_once_more(lost: TokenFlexError) -> None:
    """If the server never acted, the same token is still good."""
    home = house()
    home.autodesk.script = [lost]
    assert home.later(0) == "a2"
    assert home.refreshes() == ["r1", "r1"]


def test_a_lost_answer_is_repeated_once_at_most() -> None:
    """Two lost answers are told; the login stays stored for a later attempt."""
    home = house()
    home.autodesk.script = [TimedOutError(), TimedOutError()]
    with pytest.raises(TimedOutError):
        home.later(0)
    assert home.refreshes() == ["r1", "r1"]
    assert home.later(60) == "a2"


def test_a_lost_answer_after_the_effect_ends_the_login() -> None:
    """If the server had acted, the old token is dead, and somebody has to sign in."""
    home = house()
    home.autodesk.script = [home.autodesk.lose]
    with pytest.raises(LoginNeededError):
        home.later(0)
    assert home.refreshes() == ["r1", "r1"]


@pytest.mark.parametrize(
    "trouble", [UnreachableError(), RateLimitedError(5), UpstreamBrokenError(status=503), NotAuthorisedError()]
)
def test_other_trouble_is_not_repeated_here(trouble: TokenFlexError) -> None:
    """The refresh token is kept for a later attempt."""
    home = house()
    home.autodesk.script = [trouble]
    with pytest.raises(type(trouble)):
        home.later(0)
    assert home.refreshes() == ["r1"]
    assert home.later(1) == "a2"


def test_trouble_ahead_of_expiry_harms_nobody() -> None:
    """While the old token is good it is handed out, and Autodesk is asked again only after a while."""
    home = house()
    home.later(0)
    home.autodesk.script = [UnreachableError(), UnreachableError()]
    assert [home.later(3300), home.later(1), home.later(30)] == ["a2"] * 3
    assert len(home.refreshes()) == 3
    assert home.later(31) == "a3"


def test_trouble_after_expiry_is_told() -> None:
    """A token is never handed out after its own expiry."""
    home = house()
    home.later(0)
    home.autodesk.script = [UnreachableError()]
    with pytest.raises(UnreachableError):
        home.later(3599)


def test_an_ended_login_is_not_hammered() -> None:
    """Autodesk is asked once; a new stored login clears it."""
    home = House(StoredLogin("dead"))
    for _ in range(3):
        with pytest.raises(LoginNeededError):
            home.later(60)
    assert home.refreshes() == ["dead"]
    home.store.login = StoredLogin("r1")
    assert home.later(60) == "a2"


def test_a_new_login_is_tried_before_giving_up() -> None:
    """When the stored one was replaced while we asked, the new one is tried at once."""
    home = House(StoredLogin("dead"))

    def _sign_in() -> None:
        home.store.login = StoredLogin("r1")

    home.autodesk.script = [_sign_in]
    assert home.later(0) == "a2"
    assert home.refreshes() == ["dead", "r1"]


def test_a_second_dead_login_ends_it() -> None:
    """Only one other login is tried in one go, and neither is hammered."""
    home = House(StoredLogin("dead"))

    def _sign_in() -> None:
        home.store.login = StoredLogin("dead too")

    home.autodesk.script = [_sign_in]
    for _ in range(2):
        with pytest.raises(LoginNeededError):
            home.later(0)
    assert home.refreshes() == ["dead", "dead too"]


def test_a_store_that_fails_loses_no_login() -> None:
    """The new pair is kept and stored before anything else is done."""
    home = house()
    home.store.failing = 2
    for _ in range(2):
        with pytest.raises(OSError, match="disk full"):
            home.later(0)
    assert home.later(0) == "a2"
    assert home.refreshes() == ["r1"]
    assert home.store.login is not None
    assert home.store.login.refresh_token == "r2"


def test_a_store_without_room_keeps_the_old_login_good() -> None:
    """The refresh token is not spent where its successor could not be kept."""
    home = house()
    home.store.full = True
    with pytest.raises(OSError, match="disk full"):
        home.later(0)
    assert home.refreshes() == []
    home.store.full = False
    assert home.later(0) == "a2"


def test_another_login_stored_meanwhile_is_not_overwritten() -> None:
    """Compare and swap: the login of a person wins over our refresh of the old one."""
    home = house()

    def _sign_in() -> None:
        home.store.login = StoredLogin("person", "pa", home.now + timedelta(days=1))

    home.autodesk.script = [_sign_in]
    assert home.later(0) == "a2"
    assert home.store.login is not None
    assert home.store.login.refresh_token == "person"
    assert home.later(3400) == "pa"


def test_one_renewal_at_a_time() -> None:
    """Threads that need a token at once share one refresh."""
    home = house()
    barrier = threading.Barrier(4)

    def _ask(_: int) -> str:
        barrier.wait()
        return home.tokens.access_token()

    with ThreadPoolExecutor(4) as pool:
        assert set(pool.map(_ask, range(4))) == {"a2"}
    assert home.refreshes() == ["r1"]


@given(st.lists(st.sampled_from(["ok", "lost", "lost after", "down", "wait", "401", "sign in", "full"]), max_size=25))
def test_the_stored_login_is_always_the_newest_of_its_chain(events: list[str]) -> None:
    """Whatever happens in whatever order, a rotated token is in the store (or kept) before it is used."""
    home = house()
    for event in events:
        _happen(home, event)
        try:
            token = home.later(0)
        except (TokenFlexError, OSError):
            continue
        assert home.store.login is not None
        assert token in {home.store.login.access_token, *(login.access_token for login in home.store.history if login)}


def _happen(home: House, event: str) -> None:
    home.now += timedelta(seconds=3599 if event == "wait" else 10)
    if event == "401":
        home.tokens.invalidate()
    elif event == "sign in":
        home.autodesk.rotate()
        home.store.login = StoredLogin(home.autodesk.good)
    elif event == "full":
        home.store.failing = 1
    elif event in {"lost", "down"}:
        home.autodesk.script.append(TimedOutError() if event == "lost" else UnreachableError())
    elif event == "lost after":
        home.autodesk.script.append(home.autodesk.lose)
