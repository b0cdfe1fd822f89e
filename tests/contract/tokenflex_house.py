"""A running stand-in of Token Flex, and the client's parts pointed at it."""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta
from random import Random
from typing import Any

import pytest

from bot.tokenflex.client import TokenFlexClient
from bot.tokenflex.errors import TokenFlexError
from bot.tokenflex.grants import SCOPES
from bot.tokenflex.http import HttpDoor
from bot.tokenflex.models import ExportRequest, UpstreamExport
from bot.tokenflex.oauth import AccessTokens, OAuthClient, StoredLogin
from sandbox.tokenflex.server import TokenFlexSandbox
from sandbox.tokenflex.settings import SandboxSettings
from sandbox.tokenflex.usage_data import UsageData

CONTRACT = "110000123456"
SECRETS = {
    "sandbox-client": "sandbox-secret",
    "sandbox-web": "sandbox-web-secret",
    "sandbox-public": "",
    "sandbox-untied": "sandbox-untied-secret",
    "sandbox-no-api": "sandbox-no-api-secret",
}


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
        self.door = HttpDoor()
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


HouseMaker = Callable[..., Awaitable[House]]


async def failure(work: Awaitable[Any]) -> TokenFlexError:
    """Return the error that a call ends with."""
    with pytest.raises(TokenFlexError) as caught:
        await work
    return caught.value
