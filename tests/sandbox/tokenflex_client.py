"""A plain HTTP client of the Token Flex stand-in, and a clock that is moved by hand."""

import base64
import json as json_module
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from random import Random
from typing import Any
from urllib.parse import quote

import aiohttp
from yarl import URL

from sandbox.tokenflex.server import TokenFlexSandbox
from sandbox.tokenflex.settings import SandboxSettings
from sandbox.tokenflex.usage_data import UsageData

CONTRACT = "110000123456"
REQUESTS = f"/export/{CONTRACT}/requests"
ALL_TIME = "?fromDate=2020-01-01T00:00:00Z&toDate=2030-01-01T00:00:00.5Z"
SIMPLE = {"fields": ["productName"], "metrics": ["tokensConsumed"]}


class HandClock:
    """Time stands still until somebody moves it; sleeping moves it."""

    def __init__(self) -> None:
        self._now = datetime(2026, 5, 4, 8, 0, 0, 123456, tzinfo=UTC)

    def now(self) -> datetime:
        return self._now

    def move(self, seconds: float) -> None:
        self._now += timedelta(seconds=seconds)

    async def sleep(self, seconds: float) -> None:
        self.move(seconds)


@dataclass(frozen=True)
class Reply:
    status: int
    body: bytes
    headers: dict[str, str]

    @property
    def json(self) -> Any:
        return json_module.loads(self.body)


class House:
    """A running stand-in with somebody who calls it."""

    def __init__(self, sandbox: TokenFlexSandbox, clock: HandClock, http: aiohttp.ClientSession) -> None:
        self.sandbox = sandbox
        self.clock = clock
        self.controls = sandbox.controls
        self.token = ""
        self._http = http

    async def raw(self, method: str, url: str, **more: Any) -> Reply:
        async with self._http.request(method, URL(url, encoded=True), allow_redirects=False, **more) as answer:
            return Reply(answer.status, await answer.read(), dict(answer.headers))

    async def call(self, method: str, path: str, body: Any = None, token: str | None = None) -> Reply:
        headers = {"Authorization": f"Bearer {self.token if token is None else token}"}
        more: dict[str, Any] = {} if body is None else {"json": body}
        return await self.raw(method, self.sandbox.base_url + path, headers=headers, **more)

    async def oauth(self, name: str, basic: tuple[str, str] | None = None, **form: str) -> Reply:
        headers = {"Authorization": "Basic " + base64.b64encode(":".join(basic).encode()).decode()} if basic else {}
        return await self.raw("POST", f"{self.sandbox.aps_base_url}/{name}", data=form, headers=headers)

    async def sign_in(self, user: str = "ana.admin", client: str = "sandbox-web", scope: str | None = None) -> str:
        login = self.controls.make_login(client, user)
        form = {"grant_type": "refresh_token", "refresh_token": login} | ({"scope": scope} if scope else {})
        reply = await self.oauth("token", basic=(client, f"{client}-secret"), **form)
        return str(reply.json["access_token"])

    async def create(self, **body: Any) -> str:
        reply = await self.call("POST", REQUESTS, SIMPLE | body)
        assert reply.status == 200, reply.body
        return str(reply.json["requestKey"])

    async def listed(self, contract: str = CONTRACT) -> list[dict[str, str]]:
        return list((await self.call("GET", f"/export/{contract}/requests{ALL_TIME}")).json)

    async def show(self, key: str) -> dict[str, str]:
        return dict((await self.call("GET", at(key))).json)

    async def csv(self, body: dict[str, Any], contract: str = CONTRACT) -> str:
        """Submit, finish, download."""
        made = await self.call("POST", f"/export/{contract}/requests", body)
        assert made.status == 200, made.body
        self.controls.finish(made.json["requestKey"])
        found = await self.call("GET", f"/export/{contract}/requests/{quote(made.json['requestKey'], safe='')}")
        return (await self.raw("GET", found.json["downloadUrl"])).body.decode()


def at(key: str, *more: str) -> str:
    """Return the path of an export."""
    return "/".join((REQUESTS, quote(key, safe=""), *more))


@asynccontextmanager
async def running(data: UsageData | None = None, **settings: Any) -> AsyncIterator[House]:
    """Start a stand-in with the documented ways; unless told otherwise without rate limit and with files after 90 s.

    Ana is signed in.
    """
    clock = HandClock()
    chosen: dict[str, Any] = {"recorded": False, "rate_reading": "none", "durations": (90.0, 90.0)} | settings
    sandbox = TokenFlexSandbox(clock=clock, settings=SandboxSettings(**chosen), random=Random(7), data=data)
    await sandbox.start()
    async with aiohttp.ClientSession() as http:
        house = House(sandbox, clock, http)
        house.token = await house.sign_in()
        yield house
    await sandbox.stop()
