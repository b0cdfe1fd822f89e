"""The client, the door and the sign-in against the stand-in: every call, and every error that it can answer with."""

import asyncio
import logging
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from random import Random
from typing import Any, TypeVar
from urllib.parse import parse_qs, urlsplit

import aiohttp
import pytest

from bot.tokenflex.client import TokenFlexClient
from bot.tokenflex.errors import (
    ApiNotEnabledError,
    ContractRefusedError,
    ForbiddenError,
    InvalidRequestError,
    LoginNeededError,
    NotAuthorisedError,
    NotFoundError,
    QuotaExceededError,
    RateLimitedError,
    RefusedError,
    ScopeMissingError,
    TimedOutError,
    TokenFlexError,
    UnreachableError,
    UpstreamBrokenError,
    WrongClientError,
)
from bot.tokenflex.grants import SCOPES, granted_scopes, pkce_pair
from bot.tokenflex.http import HttpDoor
from bot.tokenflex.models import DOWNLOAD, ERROR, REQUESTED, ExportRequest, UpstreamExport
from bot.tokenflex.oauth import AccessTokens, OAuthClient, StoredLogin
from sandbox.tokenflex.server import TokenFlexSandbox
from sandbox.tokenflex.settings import SandboxSettings
from sandbox.tokenflex.usage_data import UsageData
from tests.harness.files import download

T = TypeVar("T")

CONTRACT = "110000123456"
SECRETS = {
    "sandbox-client": "sandbox-secret",
    "sandbox-web": "sandbox-web-secret",
    "sandbox-public": "",
    "sandbox-untied": "sandbox-untied-secret",
    "sandbox-no-api": "sandbox-no-api-secret",
}
CALLBACK = "http://127.0.0.1:8765/callback"
WALKTHROUGH = ExportRequest(
    contract_number=CONTRACT,
    fields=(
        "contractYear",
        "chargedItemID",
        "reasonType",
        "reasonComment",
        "usageCategory",
        "usageDate",
        "transactionDate",
        "productLineCode",
        "productName",
    ),
    metrics=("tokensConsumed", "quantity"),
    usage_categories=("MANUAL_ADJUSTMENT", "MANUAL_CONSUMPTION"),
    where="contractYear=1",
    file_name="myYear1Adjustments",
)


class HandClock:
    """A clock that the test moves."""

    def __init__(self) -> None:
        self.moment = datetime(2026, 11, 24, 10, 0, 0, tzinfo=UTC)

    def now(self) -> datetime:
        return self.moment

    async def sleep(self, seconds: float) -> None:
        self.moment += timedelta(seconds=seconds)

    def later(self, seconds: float) -> None:
        self.moment += timedelta(seconds=seconds)


class MemoryStore:
    """Where the login is kept in these tests."""

    def __init__(self, login: StoredLogin | None = None) -> None:
        self.login = login

    def load(self) -> StoredLogin | None:
        return self.login

    def begin_renewal(self, login: StoredLogin) -> bool:
        return False

    def end_renewal(self) -> None: ...

    def save(self, login: StoredLogin, previous: StoredLogin) -> bool:
        if self.login is None or self.login.refresh_token != previous.refresh_token:
            return False
        self.login = login
        return True


class House:
    """A running stand-in, and the client's parts pointed at it."""

    def __init__(self, settings: SandboxSettings, data: UsageData) -> None:
        self.clock = HandClock()
        self.sandbox = TokenFlexSandbox(clock=self.clock, settings=settings, random=Random(1), data=data)
        self.controls = self.sandbox.controls
        self.door = HttpDoor(read_timeout=10)
        self.server_times: list[datetime] = []

    def oauth(self, client_id: str, secret: str | None = None) -> OAuthClient:
        return OAuthClient(
            self.door, self.sandbox.aps_base_url, client_id, SECRETS[client_id] if secret is None else secret
        )

    def tokens(self, client_id: str = "sandbox-client", login: StoredLogin | None = None) -> AccessTokens:
        return AccessTokens(self.oauth(client_id), MemoryStore(login), self.clock.now)

    def client(self, tokens: AccessTokens | None = None, door: HttpDoor | None = None) -> "Calls":
        tokens = tokens or self.tokens()
        made = TokenFlexClient(
            door or self.door,
            self.sandbox.base_url,
            tokens.access_token,
            on_server_time=self.server_times.append,
        )
        return Calls(made)

    def signed_in(self, client_id: str = "sandbox-web", user: str = "ana.admin", scope: str | None = None) -> "Calls":
        login = StoredLogin(self.controls.make_login(client_id, user, scope or " ".join(SCOPES)))
        return self.client(self.tokens(client_id, login))

    def statuses(self) -> dict[str, str]:
        return self.sandbox.exports.states()

    async def window(self, calls: "Calls", contract: str = CONTRACT) -> tuple[UpstreamExport, ...]:
        """List everything from an hour ago to an hour ahead."""
        now, hour = self.clock.now(), timedelta(hours=1)
        listed: tuple[UpstreamExport, ...] = await calls.list_exports(contract, now - hour, now + hour)
        return listed


class Calls:
    """The client, each method in a worker thread as the bot does it."""

    def __init__(self, client: TokenFlexClient) -> None:
        self._client = client

    def __getattr__(self, name: str) -> Callable[..., Awaitable[Any]]:
        method = getattr(self._client, name)
        return lambda *arguments: asyncio.to_thread(method, *arguments)


@pytest.fixture(scope="module")
def data() -> Iterator[UsageData]:
    shared = UsageData()
    yield shared
    shared.close()


HouseMaker = Callable[..., Awaitable[House]]


@pytest.fixture(params=[True, False], ids=["recorded", "as documented"])
async def build(request: pytest.FixtureRequest, data: UsageData) -> AsyncIterator[HouseMaker]:
    """Return what starts a house, in each of Token Flex's ways; everything is ended with the test."""
    houses: list[House] = []

    async def _build(**settings: Any) -> House:
        made = House(SandboxSettings(**({"rate_reading": "none", "recorded": request.param} | settings)), data)
        await made.sandbox.start()
        houses.append(made)
        return made

    yield _build
    for made in houses:
        await made.sandbox.stop()


@pytest.fixture
async def house(build: HouseMaker) -> House:
    return await build()


async def failure(work: Awaitable[Any]) -> TokenFlexError:
    """Return the error that a call ends with."""
    with pytest.raises(TokenFlexError) as caught:
        await work
    return caught.value


# --- what the form needs ------------------------------------------------------------------------------------------


async def test_contracts_and_their_labels(house: House) -> None:
    """Contracts arrive with their numbers as texts, ended ones too, and labels keep their places."""
    calls = house.client()
    contracts = await calls.contracts()
    listed = {(CONTRACT, True), ("11000099871", False)}
    lettered = {("RomeoAgree-0", False)} if house.sandbox.settings.recorded else set()
    assert {(contract.number, contract.is_active) for contract in contracts} == listed | lettered
    (contract,) = (each for each in contracts if each.number == CONTRACT)
    assert (contract.name, contract.start_date) == ("Example AG", "2024-02-01")
    labels = await calls.enrichment_categories(CONTRACT)
    assert len(labels) == 10
    assert (labels[2], labels[3], labels[6]) == ("", "Büro", "部署")


async def test_a_user_without_a_role_sees_no_contract(house: House) -> None:
    """An empty list is no error here."""
    assert await house.signed_in(user="dora.designer").contracts() == ()


# --- an export's life ---------------------------------------------------------------------------------------------


async def test_the_walkthrough_from_request_to_deletion(house: House) -> None:
    """The example of Autodesk's walkthrough goes through every call of an export's life."""
    calls = house.client()
    made = await calls.submit(WALKTHROUGH)
    assert (made.request_status, made.download_file_name, made.link) == (REQUESTED, "myYear1Adjustments.csv", None)
    assert [record.request_key for record in await house.window(calls)] == [made.request_key]

    house.controls.finish(made.request_key)
    ready = await calls.get_export(CONTRACT, made.request_key)
    assert ready.request_status == DOWNLOAD
    assert ready.requested_at == made.requested_at
    assert ready.link is not None
    assert ready.link.expires_at > house.clock.now()

    house.clock.later(300)
    (stale,) = await house.window(calls)
    assert stale.link is not None
    assert stale.link.expires_at <= house.clock.now()
    fresh = await calls.refresh_link(CONTRACT, made.request_key)
    assert fresh.link is not None
    assert fresh.link.expires_at > house.clock.now()
    assert (await download(fresh.link.reveal()))[0] == 200
    assert (await download(stale.link.reveal()))[0] == 403

    await calls.delete_export(CONTRACT, made.request_key)
    assert await house.window(calls) == ()
    assert isinstance(await failure(calls.get_export(CONTRACT, made.request_key)), NotFoundError)


async def test_each_method_is_one_call_with_an_encoded_key(house: House) -> None:
    """Each method costs one call, and `#` and `:` of a key never stand bare in a path."""
    calls = house.client()
    made = await calls.submit(WALKTHROUGH)
    key = made.request_key
    for method in (calls.get_export, calls.refresh_link, calls.retry_export, calls.delete_export):
        await method(CONTRACT, key)
    paths = [call.path for call in house.sandbox.calls]
    assert len(paths) == 5
    encoded = key.replace(":", "%3A").replace("#", "%23")
    assert all(f"/requests/{encoded}" in path for path in paths[1:])


async def test_a_failed_export_is_retried_under_its_key(house: House) -> None:
    """Retry takes an Error back to Requested and leaves anything else alone."""
    calls = house.client()
    made = await calls.submit(WALKTHROUGH)
    assert (await calls.retry_export(CONTRACT, made.request_key)).request_status == REQUESTED
    house.controls.fail(made.request_key)
    assert (await calls.get_export(CONTRACT, made.request_key)).request_status == ERROR
    again = await calls.retry_export(CONTRACT, made.request_key)
    assert (again.request_key, again.request_status) == (made.request_key, REQUESTED)
    assert again.requested_at == made.requested_at


async def test_the_list_keeps_to_its_dates_and_order(house: House) -> None:
    """From is inclusive, to is exclusive, and the oldest comes first."""
    calls = house.client()
    records = []
    for _ in range(4):
        records.append(await calls.submit(WALKTHROUGH))
        house.clock.later(61)
    listed = await calls.list_exports(CONTRACT, records[1].requested_at, records[3].requested_at)
    assert [record.request_key for record in listed] == [record.request_key for record in records[1:3]]


async def test_exports_of_the_portal_are_listed_under_null(house: House) -> None:
    """The literal contract `null` works as a contract number."""
    calls = house.client()
    key = house.controls.made_in_portal()
    assert [record.request_key for record in await house.window(calls, "null")] == [key]
    assert await house.window(calls) == ()


async def test_unknown_statuses_arrive_as_they_are(house: House) -> None:
    """A status that nobody documented is kept."""
    calls = house.client()
    made = await calls.submit(WALKTHROUGH)
    house.controls.unknown_status(made.request_key, "Archiving")
    assert (await calls.get_export(CONTRACT, made.request_key)).request_status == "Archiving"


@pytest.mark.parametrize(
    ("status", "kind"), [(404, NotFoundError), (403, ContractRefusedError), (400, InvalidRequestError)]
)
async def test_a_vanished_key(build: HouseMaker, status: int, kind: type[RefusedError]) -> None:
    """Whichever status a missing key has, the caller can tell that it was refused with it."""
    house = await build(missing_key_status=status)
    calls = house.client()
    made = await calls.submit(WALKTHROUGH)
    house.controls.vanish(made.request_key)
    for work in (calls.get_export, calls.refresh_link, calls.retry_export, calls.delete_export):
        error = await failure(work(CONTRACT, made.request_key))
        assert type(error) is kind
        assert error.status == status


@pytest.mark.parametrize("status", [200, 400, 409])
async def test_a_link_that_comes_too_early(build: HouseMaker, status: int) -> None:
    """Before there is a file, the answer has no link or is a refusal."""
    house = await build(early_refresh_status=status)
    calls = house.client()
    made = await calls.submit(WALKTHROUGH)
    if status == 200:
        assert (await calls.refresh_link(CONTRACT, made.request_key)).link is None
    else:
        error = await failure(calls.refresh_link(CONTRACT, made.request_key))
        assert isinstance(error, RefusedError)
        assert error.status == status


async def test_the_server_s_time_is_told_with_each_answer(house: House) -> None:
    """The Date header arrives, in refusals too."""
    calls = house.client()
    await calls.contracts()
    house.clock.later(5)
    await failure(calls.enrichment_categories("5"))
    start = datetime(2026, 11, 24, 10, tzinfo=UTC)
    assert house.server_times == [start, start + timedelta(seconds=5)]


# --- refusals ------------------------------------------------------------------------------------------------------


async def test_a_request_that_breaks_the_rules(house: House) -> None:
    """Upstream's own words arrive without their code."""
    error = await failure(house.client().submit(replace(WALKTHROUGH, where="contractYear not 1")))
    assert isinstance(error, InvalidRequestError)
    assert (error.message, error.code) == ("Invalid request", "BadRequestError")


async def test_someone_else_s_contract(house: House) -> None:
    """A foreign contract, and any contract for a user without a role, is the contract's refusal."""
    assert isinstance(await failure(house.client().enrichment_categories("110000777001")), ContractRefusedError)
    nobody = house.signed_in(user="dora.designer")
    assert isinstance(await failure(nobody.submit(WALKTHROUGH)), ContractRefusedError)


async def test_a_login_that_may_only_read(house: House) -> None:
    """Everything works until the first submit, which says that the scope is missing."""
    calls = house.signed_in(scope="data:read")
    assert await calls.contracts()
    error = await failure(calls.submit(WALKTHROUGH))
    assert isinstance(error, ScopeMissingError)
    assert error.code == "AUTH-010"


async def test_an_app_without_the_api(house: House) -> None:
    """The app has to enable the API first."""
    assert isinstance(await failure(house.signed_in("sandbox-no-api").contracts()), ApiNotEnabledError)


async def test_a_403_without_a_body(house: House) -> None:
    """A bare refusal is one of permission all the same."""
    house.controls.answer_next(403, body=b"")
    assert type(await failure(house.client().contracts())) is ForbiddenError


async def test_a_revoked_token_is_replaced(house: House) -> None:
    """A 401 is told; after `invalidate` the next call has a new token."""
    tokens = house.tokens()
    calls = house.client(tokens)
    await calls.contracts()
    house.controls.revoke_tokens()
    assert type(await failure(calls.contracts())) is NotAuthorisedError
    tokens.invalidate(tokens.access_token())
    assert await calls.contracts()


async def test_the_rate_limit(build: HouseMaker) -> None:
    """Too many calls are told with the seconds to wait, and waiting them out helps."""
    house = await build(rate_reading="B")
    calls = house.client()
    await calls.contracts()
    house.controls.foreign_call(55)
    error = await failure(calls.submit(WALKTHROUGH))
    assert isinstance(error, RateLimitedError)
    assert error.retry_after is not None
    assert 0 < error.retry_after <= 60
    assert not house.statuses()
    house.clock.later(error.retry_after + 1)
    assert await calls.contracts()


async def test_the_quota_of_outstanding_exports(house: House) -> None:
    """A full quota is told apart from the rate on create and on retry; a finished export makes room."""
    calls = house.client()
    failed = await calls.submit(WALKTHROUGH)
    house.controls.fail(failed.request_key)
    others = house.controls.outstanding_elsewhere(50)
    assert type(await failure(calls.submit(WALKTHROUGH))) is QuotaExceededError
    assert type(await failure(calls.retry_export(CONTRACT, failed.request_key))) is QuotaExceededError
    house.controls.finish(others[0])
    assert (await calls.submit(WALKTHROUGH)).request_status == REQUESTED


# --- trouble on the way --------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "plan",
    [
        {"status": 500},
        {"status": 502, "html": True},
        {"status": 503, "retry_after": 5},
        {"status": 200, "html": True},
        {"status": 200, "body": b""},
        {"status": 200, "body": {"odd": True}},
        {"status": 302},
    ],
)
async def test_answers_that_are_none(house: House, plan: dict[str, Any]) -> None:
    """Whatever is no proper answer leaves the effect unknown, and is sent once."""
    calls = house.client()
    house.controls.answer_next(method="POST", **plan)
    error = await failure(calls.submit(WALKTHROUGH))
    assert type(error) is UpstreamBrokenError
    assert error.effect_unknown
    assert len(house.sandbox.calls) == 1


async def test_lost_answers_after_the_effect(house: House) -> None:
    """A cut-off or dropped answer to a submission leaves an export behind that only the list shows."""
    calls = house.client()
    house.controls.answer_next(200, "POST", truncated=True)
    assert (await failure(calls.submit(WALKTHROUGH))).effect_unknown
    house.controls.drop_answer_next("POST")
    assert (await failure(calls.submit(WALKTHROUGH))).effect_unknown
    assert len(await house.window(calls)) == 2


async def test_slow_answers(house: House) -> None:
    """An answer that does not come in time leaves the effect unknown as well."""
    hasty = HttpDoor(read_timeout=0.1)
    calls = house.client(door=hasty)
    house.controls.slow_next(1, "POST", real=True)
    error = await failure(calls.submit(WALKTHROUGH))
    assert type(error) is TimedOutError
    assert error.effect_unknown
    assert len(house.statuses()) == 1


async def test_a_server_that_is_not_there(build: HouseMaker) -> None:
    """Without a connection nothing was sent."""
    house = await build()
    tokens = house.tokens()
    calls = house.client(tokens)
    await calls.contracts()
    await house.sandbox.stop()
    error = await failure(calls.submit(WALKTHROUGH))
    assert type(error) is UnreachableError
    assert not error.effect_unknown


# --- signing in ----------------------------------------------------------------------------------------------------


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


# --- silence -------------------------------------------------------------------------------------------------------


async def test_no_log_line_holds_a_token_or_a_link(house: House, caplog: pytest.LogCaptureFixture) -> None:
    """A whole life at DEBUG leaves no trace of tokens, secrets and links in any log."""
    store = MemoryStore(StoredLogin(house.controls.make_login()))
    tokens = AccessTokens(house.oauth("sandbox-web"), store, house.clock.now)
    calls = house.client(tokens)
    with caplog.at_level(logging.DEBUG):
        made = await calls.submit(WALKTHROUGH)
        house.controls.finish(made.request_key)
        (listed,) = await house.window(calls)
        fresh = await calls.refresh_link(CONTRACT, made.request_key)
        await failure(calls.enrichment_categories("5"))
    assert store.login is not None
    assert listed.link is not None
    assert fresh.link is not None
    shown = caplog.text + repr(fresh) + repr(listed) + repr(store.login)
    secrets = [store.login.access_token or "", store.login.refresh_token, SECRETS["sandbox-web"]]
    for secret in (*secrets, "signature=", fresh.link.reveal(), listed.link.reveal()):
        assert secret
        assert secret not in shown
