"""Signing in: the calls of OAuth, and what they grant."""

import base64
import hashlib
import json
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from hypothesis import given
from hypothesis import strategies as st

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
from bot.tokenflex.grants import TokenGrant, granted_scopes, pkce_pair
from bot.tokenflex.http import Response
from bot.tokenflex.oauth import OAuthClient, StoredLogin
from tests.harness.token_endpoint import BASE, Autodesk

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
        (400, {"error": "invalid_request"}, SignInRefusedError),
        (400, {"error": "invalid_scope"}, SignInRefusedError),
        (400, {"developerMessage": "Credentials were sent twice."}, SignInRefusedError),
        (400, {"errorCode": "AUTH-008"}, SignInRefusedError),
        (401, {"error": "invalid_client"}, WrongClientError),
        (401, {"developerMessage": "The client secret is wrong", "errorCode": "AUTH-003"}, WrongClientError),
        (401, None, SignInRefusedError),
        (403, {"errorCode": "AUTH-001"}, SignInRefusedError),
        (429, None, RateLimitedError),
        (408, None, TimedOutError),
        *(
            (status, None, SignInRefusedError)
            for status in (402, 404, 405, 406, 409, 410, 413, 415, 418, 423, 425, 451)
        ),
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
