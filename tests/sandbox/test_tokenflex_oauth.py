"""OAuth v2 over HTTP: the three grants, consent, rotation, revocation."""

import base64
import hashlib
import json
import re
from collections.abc import AsyncIterator
from urllib.parse import parse_qs, urlencode, urlsplit

import pytest

from sandbox.tokenflex.settings import Client
from sandbox.tokenflex.usage_data import UsageData
from tests.sandbox.tokenflex_client import House, Reply, running

WEB = ("sandbox-web", "sandbox-web-secret")
TIED = ("sandbox-client", "sandbox-secret")
CALLBACK = "http://127.0.0.1:8765/callback"
VERIFIER = "v" * 43
CHALLENGE = base64.urlsafe_b64encode(hashlib.sha256(VERIFIER.encode()).digest()).rstrip(b"=").decode()
PKCE = {"code_challenge": CHALLENGE, "code_challenge_method": "S256"}
BOTH = "data:read data:write"


@pytest.fixture
async def house(usage_data: UsageData) -> AsyncIterator[House]:
    async with running(usage_data) as house:
        yield house


async def authorize(house: House, method: str = "GET", **more: str) -> Reply:
    query = {"response_type": "code", "client_id": WEB[0], "redirect_uri": CALLBACK, "scope": BOTH, "state": "s+1 &"}
    query |= more
    url = f"{house.sandbox.aps_base_url}/authorize"
    if method == "POST":
        return await house.raw("POST", url, data=query)
    return await house.raw("GET", f"{url}?{urlencode(query)}")


async def a_code(house: House, **more: str) -> str:
    reply = await authorize(house, consent="allow", **more)
    return parse_qs(urlsplit(reply.headers["Location"]).query)["code"][0]


async def exchange(house: House, code: str, basic: tuple[str, str] | None = WEB, **more: str) -> Reply:
    form = {"grant_type": "authorization_code", "code": code, "redirect_uri": CALLBACK} | more
    return await house.oauth("token", basic=basic, **form)


async def refresh(house: House, token: str, basic: tuple[str, str] | None = WEB, **more: str) -> Reply:
    return await house.oauth("token", basic=basic, grant_type="refresh_token", refresh_token=token, **more)


def refused(reply: Reply) -> tuple[int, str]:
    return reply.status, reply.json["error"]


def claims(token: str) -> dict[str, object]:
    payload = token.split(".")[1]
    return dict(json.loads(base64.urlsafe_b64decode(payload + "=" * (-len(payload) % 4))))


async def test_the_consent_page_asks_and_redirects_with_code_and_state(house: House) -> None:
    """A GET shows a form; its POST leads back to the client with what the client gave."""
    page = await authorize(house)
    assert page.status == 200
    assert b'value="allow"' in page.body
    reply = await authorize(house, "POST", consent="allow", login="ben.coordinator")
    assert reply.status == 302
    query = parse_qs(urlsplit(reply.headers["Location"]).query)
    assert query["state"] == ["s+1 &"]
    assert len(query["code"][0]) == 40


async def test_consent_can_be_denied(house: House) -> None:
    """Denying leads back with access_denied."""
    reply = await authorize(house, consent="deny")
    assert "error=access_denied" in reply.headers["Location"]


async def test_the_page_escapes_what_it_shows(house: House) -> None:
    """A state with markup does not become markup."""
    assert b"<script>" not in (await authorize(house, state="<script>")).body


@pytest.mark.parametrize(
    ("more", "error"),
    [
        ({"state": ""}, "invalid_request"),
        ({"response_type": "token"}, "unsupported_response_type"),
        ({"scope": "data:everything"}, "invalid_scope"),
        ({"scope": ""}, "invalid_scope"),
        ({"code_challenge": CHALLENGE}, "invalid_request"),
        ({"code_challenge": CHALLENGE, "code_challenge_method": "plain"}, "invalid_request"),
        ({"client_id": "sandbox-client"}, "unauthorized_client"),
        ({"client_id": "sandbox-public"}, "invalid_request"),
    ],
)
async def test_authorize_refuses_by_redirect(house: House, more: dict[str, str], error: str) -> None:
    """What the client did wrong comes back to it; tied clients have no three-legged flow."""
    house.controls.add_client(Client(*TIED, tied_user="ana.admin", callback_urls=(CALLBACK,)))
    reply = await authorize(house, consent="allow", **more)
    assert f"error={error}" in reply.headers["Location"]


@pytest.mark.parametrize(
    "more",
    [
        {"client_id": "nobody"},
        {"redirect_uri": "http://127.0.0.1:8765/other"},
        {"redirect_uri": "https://evil.example/callback"},
        {"redirect_uri": "http://127.0.0.1:x/callback"},
    ],
)
async def test_an_unregistered_address_gets_no_redirect(house: House, more: dict[str, str]) -> None:
    """Neither an unknown client nor a foreign callback address is redirected to."""
    reply = await authorize(house, consent="allow", **more)
    assert reply.status == 400
    assert "Location" not in reply.headers


async def test_a_loopback_callback_may_have_any_port(house: House) -> None:
    """The port of a loopback address is not part of the registration, but of the code."""
    other = "http://127.0.0.1:4711/callback"
    code = await a_code(house, redirect_uri=other)
    assert (await exchange(house, code, redirect_uri=other)).status == 200


async def test_a_code_becomes_a_pair_of_tokens(house: House) -> None:
    """The answer is flat JSON; the access token is a JWT with the documented claims."""
    reply = await exchange(house, await a_code(house))
    body = reply.json
    assert body.keys() == {"access_token", "token_type", "expires_in", "refresh_token"}
    assert (body["expires_in"], body["token_type"], len(body["refresh_token"])) == (3599, "Bearer", 42)
    assert claims(body["access_token"])["scope"] == ["data:read", "data:write"]
    assert claims(body["access_token"])["userid"] == "ANA0ADMIN001"


async def test_pkce_protects_a_public_client(house: House) -> None:
    """A client without secret shows its id and the verifier."""
    code = await a_code(house, client_id="sandbox-public", **PKCE)
    reply = await exchange(house, code, None, client_id="sandbox-public", code_verifier=VERIFIER)
    assert reply.status == 200
    again = await refresh(house, reply.json["refresh_token"], None, client_id="sandbox-public")
    assert again.status == 200


@pytest.mark.parametrize(
    ("verifier", "error"),
    [
        ({}, "invalid_request"),
        ({"code_verifier": "short"}, "invalid_request"),
        ({"code_verifier": "w" * 43}, "invalid_grant"),
    ],
)
async def test_a_challenge_wants_its_verifier(house: House, verifier: dict[str, str], error: str) -> None:
    """A missing, malformed or other verifier is refused."""
    code = await a_code(house, **PKCE)
    assert refused(await exchange(house, code, WEB, **verifier)) == (400, error)


async def test_a_code_works_once_for_its_client_address_and_five_minutes(house: House) -> None:
    """Used, late, of another client or for another address: invalid grant."""
    used = await a_code(house)
    await exchange(house, used)
    assert refused(await exchange(house, used)) == (400, "invalid_grant")
    other_address = "http://localhost:8765/callback"
    assert refused(await exchange(house, await a_code(house), redirect_uri=other_address)) == (400, "invalid_grant")
    untied = ("sandbox-untied", "sandbox-untied-secret")
    assert refused(await exchange(house, await a_code(house), untied)) == (400, "invalid_grant")
    late = await a_code(house)
    house.clock.move(300)
    assert refused(await exchange(house, late)) == (400, "invalid_grant")


async def test_a_refresh_token_is_rotated_and_works_once(house: House) -> None:
    """The old refresh token is dead at once, the old access token lives on."""
    login = house.controls.make_login()
    first = (await refresh(house, login)).json
    assert refused(await refresh(house, login)) == (400, "invalid_grant")
    second = await refresh(house, first["refresh_token"])
    assert second.status == 200
    assert (await house.call("GET", "/contract", token=first["access_token"])).status == 200


async def test_a_refresh_token_is_its_clients(house: House) -> None:
    """Another client cannot use it, and does not use it up."""
    login = house.controls.make_login()
    untied = ("sandbox-untied", "sandbox-untied-secret")
    assert refused(await refresh(house, login, untied)) == (400, "invalid_grant")
    assert (await refresh(house, login)).status == 200


async def test_reuse_may_kill_the_chain() -> None:
    """Where the setting says so, a used refresh token that comes again ends every token of its sign-in."""
    async with running(reuse_kills_chain=True) as house:
        login = house.controls.make_login()
        first = (await refresh(house, login)).json
        await refresh(house, login)
        assert refused(await refresh(house, first["refresh_token"])) == (400, "invalid_grant")
        assert (await house.call("GET", "/contract", token=first["access_token"])).status == 401


async def test_a_refresh_token_lives_for_fifteen_days(house: House) -> None:
    """Silence of fifteen days ends a sign-in."""
    alive, dead = house.controls.make_login(), house.controls.make_login()
    house.clock.move(15 * 86400 - 1)
    assert (await refresh(house, alive)).status == 200
    house.clock.move(1)
    assert refused(await refresh(house, dead)) == (400, "invalid_grant")


async def test_two_sign_ins_are_independent(house: House) -> None:
    """Refreshing one pair does not touch another of the same user."""
    one, other = house.controls.make_login(), house.controls.make_login()
    await refresh(house, one)
    assert (await refresh(house, other)).status == 200


async def test_scope_can_be_narrowed_for_good(house: House) -> None:
    """Less is given, more is not, and there is no way back."""
    narrow = (await refresh(house, house.controls.make_login(), scope="data:read")).json
    assert claims(narrow["access_token"])["scope"] == ["data:read"]
    assert refused(await refresh(house, narrow["refresh_token"], scope=BOTH)) == (400, "invalid_scope")
    assert (await refresh(house, narrow["refresh_token"])).status == 200


async def test_client_credentials_give_an_access_token_alone(house: House) -> None:
    """Two-legged: no refresh token, no user in the claims; the API sees the admin it is tied to."""
    form = {"grant_type": "client_credentials", "scope": BOTH}
    basic = await house.oauth("token", basic=TIED, **form)
    assert basic.json.keys() == {"access_token", "token_type", "expires_in"}
    assert "userid" not in claims(basic.json["access_token"])
    in_body = await house.oauth("token", None, client_id=TIED[0], client_secret=TIED[1], **form)
    assert len((await house.call("GET", "/contract", token=in_body.json["access_token"])).json) == 2


async def test_an_untied_client_sees_nothing(house: House) -> None:
    """Two-legged without a tie: a token, an empty list, and 403 for the rest."""
    untied = ("sandbox-untied", "sandbox-untied-secret")
    token = (await house.oauth("token", basic=untied, grant_type="client_credentials", scope=BOTH)).json["access_token"]
    assert (await house.call("GET", "/contract", token=token)).json == []
    assert (await house.call("GET", "/contract/110000123456", token=token)).status == 403


async def test_a_tied_client_is_refused_in_three_legged_flow(house: House) -> None:
    """Even with a refresh token made for it."""
    login = house.controls.make_login("sandbox-client")
    assert refused(await refresh(house, login, TIED)) == (400, "invalid_request")


@pytest.mark.parametrize(
    ("basic", "form", "answer"),
    [
        (WEB, {}, (400, "invalid_request")),
        (WEB, {"grant_type": "password"}, (400, "invalid_request")),
        (WEB, {"grant_type": "refresh_token"}, (400, "invalid_request")),
        (WEB, {"grant_type": "authorization_code", "code": "x"}, (400, "invalid_request")),
        (WEB, {"grant_type": "refresh_token", "refresh_token": "x"}, (400, "invalid_grant")),
        (WEB, {"grant_type": "refresh_token", "refresh_token": "x", "client_id": WEB[0]}, (400, "invalid_request")),
        (TIED, {"grant_type": "client_credentials"}, (400, "invalid_request")),
        (TIED, {"grant_type": "client_credentials", "scope": "data:read nonsense"}, (400, "invalid_scope")),
        (TIED, {"grant_type": "client_credentials", "scope": "data:read  data:write"}, (400, "invalid_scope")),
        (None, {"grant_type": "client_credentials", "scope": BOTH}, (401, "invalid_client")),
        (("sandbox-web", "wrong"), {"grant_type": "refresh_token"}, (401, "invalid_client")),
        (("sandbox-public", ""), {"grant_type": "refresh_token"}, (401, "invalid_client")),
        (None, {"client_id": "sandbox-web", "grant_type": "refresh_token"}, (401, "invalid_client")),
        (
            None,
            {"client_id": "sandbox-public", "grant_type": "client_credentials", "scope": BOTH},
            (400, "invalid_request"),
        ),
    ],
)
async def test_token_refuses(
    house: House, basic: tuple[str, str] | None, form: dict[str, str], answer: tuple[int, str]
) -> None:
    """Every fault has its status and its word."""
    assert refused(await house.oauth("token", basic=basic, **form)) == answer


async def test_only_form_encoding_is_read(house: House) -> None:
    """A JSON body is refused, a parameter that is there twice as well."""
    url = f"{house.sandbox.aps_base_url}/token"
    body = {"grant_type": "client_credentials", "scope": BOTH, "client_id": TIED[0], "client_secret": TIED[1]}
    assert refused(await house.raw("POST", url, json=body)) == (400, "invalid_request")
    twice = [*body.items(), ("scope", "data:read")]
    assert refused(await house.raw("POST", url, data=twice)) == (400, "invalid_request")


async def test_revoked_tokens_are_dead_and_only_ones_own(house: House) -> None:
    """Revocation answers 200 with nothing, whatever became of it."""
    login = house.controls.make_login()
    form = {"token": login, "token_type_hint": "refresh_token"}
    foreign = await house.oauth("revoke", basic=("sandbox-untied", "sandbox-untied-secret"), **form)
    assert (foreign.status, foreign.body) == (200, b"")
    assert (await house.oauth("introspect", basic=WEB, token=login)).json["active"] is True
    assert (await house.oauth("revoke", basic=WEB, **form)).status == 200
    assert (await house.oauth("introspect", basic=WEB, token=login)).json == {"active": False}
    assert refused(await house.oauth("revoke", basic=WEB, token="x", token_type_hint="?")) == (400, "invalid_request")


async def test_introspection_tells_about_a_live_token(house: House) -> None:
    """Scope, client, user and end; after the end only that it is not active."""
    told = (await house.oauth("introspect", basic=WEB, token=house.token)).json
    assert (told["scope"], told["client_id"], told["userid"]) == (BOTH, "sandbox-web", "ANA0ADMIN001")
    house.clock.move(3599)
    assert (await house.oauth("introspect", basic=WEB, token=house.token)).json == {"active": False}


async def test_oauth_has_limits_of_its_own(house: House) -> None:
    """The hundred-and-first introspection in a minute is refused with a wait; tokens go on."""
    replies = [await house.oauth("introspect", basic=WEB, token="x") for _ in range(101)]
    assert [reply.status for reply in replies[-2:]] == [200, 429]
    assert replies[-1].headers["Retry-After"] == "60"
    assert (await refresh(house, house.controls.make_login())).status == 200


async def test_oauth_calls_are_remembered_apart(house: House) -> None:
    """They show up in `oauth_calls` with grant and client, and not among the API's calls."""
    (call,) = house.sandbox.oauth_calls
    assert (call.client, call.grant, call.status) == ("sandbox-web", "refresh_token", 200)
    assert house.sandbox.calls == []


async def test_no_secret_shows_in_a_repr(house: House) -> None:
    """Settings and records can be printed."""
    login = house.controls.make_login()
    text = repr(house.sandbox.settings) + repr(house.sandbox.oauth_calls) + repr(house.controls)
    assert not re.search(rf"sandbox-web-secret|{login}", text)
