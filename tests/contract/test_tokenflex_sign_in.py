"""The sign-in against the stand-in: consent, codes, renewals, lost answers."""

import asyncio
from urllib.parse import parse_qs, urlsplit

import aiohttp
import pytest

from bot.tokenflex.errors import (
    LoginNeededError,
    NotAuthorisedError,
    RateLimitedError,
    UpstreamBrokenError,
    WrongClientError,
)
from bot.tokenflex.grants import SCOPES, granted_scopes, pkce_pair
from bot.tokenflex.oauth import AccessTokens, OAuthClient, StoredLogin
from tests.contract.tokenflex_house import CONTRACT, House, MemoryStore, failure

CALLBACK = "http://127.0.0.1:8765/callback"


async def consented_code(oauth: OAuthClient, challenge: str, **query: str) -> str:
    """Say yes on the consent page, as a browser would, and return the code."""
    url = oauth.authorize_url(CALLBACK, SCOPES, "the state", challenge)
    async with (
        aiohttp.ClientSession() as session,
        session.get(url, params={"consent": "allow", **query}, allow_redirects=False) as response,
    ):
        answer = parse_qs(urlsplit(response.headers["Location"]).query)
    assert answer["state"] == ["the state"]
    return answer["code"][0]


@pytest.mark.parametrize("client_id", ["sandbox-web", "sandbox-public"])
async def test_signing_in_with_a_browser(house: House, client_id: str) -> None:
    """Consent, code and PKCE give a pair with both scopes, for apps with a secret and without."""
    oauth = house.oauth(client_id)
    verifier, challenge = pkce_pair(bytes(range(48)))
    code = await consented_code(oauth, challenge)
    grant = await asyncio.to_thread(oauth.exchange_code, code, CALLBACK, verifier)
    assert grant.refresh_token
    assert granted_scopes(grant.access_token) == grant.scopes == SCOPES
    assert grant.expires_in == 3599
    calls = house.client(house.tokens(client_id, StoredLogin(grant.refresh_token)))
    assert CONTRACT in {contract.number for contract in await calls.contracts()}
    error = await failure(asyncio.to_thread(oauth.exchange_code, code, CALLBACK, verifier))
    assert type(error) is NotAuthorisedError


async def test_a_wrong_verifier(house: House) -> None:
    """A code in strange hands is worth nothing."""
    oauth = house.oauth("sandbox-web")
    code = await consented_code(oauth, pkce_pair(bytes(48))[1])
    error = await failure(asyncio.to_thread(oauth.exchange_code, code, CALLBACK, pkce_pair(bytes(range(48)))[0]))
    assert type(error) is NotAuthorisedError


async def test_a_login_is_renewed_through_its_chain(house: House) -> None:
    """For days, each renewal stores the new refresh token, and the API takes every access token."""
    store = MemoryStore(StoredLogin(house.controls.make_login()))
    tokens = AccessTokens(house.oauth("sandbox-web"), store, house.clock.now)
    calls = house.client(tokens)
    seen = set()
    for _ in range(5):
        assert await calls.contracts()
        assert store.login is not None
        seen.add(store.login.refresh_token)
        house.clock.later(10 * 86400)
    assert len(seen) == 5
    house.clock.later(16 * 86400)
    assert type(await failure(calls.contracts())) is LoginNeededError
    asked = len(house.sandbox.oauth_calls)
    assert type(await failure(calls.contracts())) is LoginNeededError
    assert len(house.sandbox.oauth_calls) == asked


async def test_wrong_app_credentials(house: House) -> None:
    """A wrong secret is the app's fault, not the login's."""
    oauth = house.oauth("sandbox-client", "wrong")
    assert type(await failure(asyncio.to_thread(oauth.client_credentials))) is WrongClientError
    login = house.controls.make_login()
    wrong = house.oauth("sandbox-web", "wrong")
    assert type(await failure(asyncio.to_thread(wrong.refresh, login))) is WrongClientError


@pytest.mark.parametrize("after_effect", [False, True])
async def test_a_lost_answer_of_a_refresh(house: House, after_effect: bool) -> None:
    """The same refresh token is tried once more: good if the server never acted, else a person is needed."""
    calls = house.signed_in()
    house.controls.drop_answer_next(after_effect=after_effect, oauth=True)
    if after_effect:
        assert type(await failure(calls.contracts())) is LoginNeededError
    else:
        assert await calls.contracts()
    assert len(house.sandbox.oauth_calls) == 2


async def test_trouble_of_the_sign_in_server(house: House) -> None:
    """Its errors are those of any call, and the login is kept for later."""
    calls = house.signed_in()
    house.controls.answer_next(429, oauth=True, retry_after=7)
    limited = await failure(calls.contracts())
    assert isinstance(limited, RateLimitedError)
    house.controls.answer_next(500, oauth=True)
    assert type(await failure(calls.contracts())) is UpstreamBrokenError
    assert await calls.contracts()


async def test_revoking_a_login(house: House) -> None:
    """A revoked refresh token asks for a person."""
    oauth = house.oauth("sandbox-web")
    refresh_token = house.controls.make_login()
    await asyncio.to_thread(oauth.revoke, refresh_token)
    assert type(await failure(asyncio.to_thread(oauth.refresh, refresh_token))) is LoginNeededError
