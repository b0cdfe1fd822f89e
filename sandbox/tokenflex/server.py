"""The stand-in as a whole: one HTTP server for the Token Flex API, OAuth and the download host."""

import asyncio
from email.utils import format_datetime
from random import Random

from aiohttp import web

from sandbox.clock import Clock
from sandbox.tokenflex.answers import Answer, response_of, service_error
from sandbox.tokenflex.api import Api, Budgets, api_routes
from sandbox.tokenflex.contract_calls import ContractCalls
from sandbox.tokenflex.controls import Controls
from sandbox.tokenflex.download import Downloads, Spoils, SpoiltError
from sandbox.tokenflex.export_calls import ExportCalls
from sandbox.tokenflex.exports import ExportBook
from sandbox.tokenflex.faults import DroppedError, Faults
from sandbox.tokenflex.inbound import Call, Inbound, Target
from sandbox.tokenflex.oauth import OAuth
from sandbox.tokenflex.people import People
from sandbox.tokenflex.queries import QueryBook
from sandbox.tokenflex.query_calls import QueryCalls
from sandbox.tokenflex.settings import SandboxSettings
from sandbox.tokenflex.spoilt import send
from sandbox.tokenflex.tokens import Signer, TokenBook
from sandbox.tokenflex.usage_calls import UsageCalls
from sandbox.tokenflex.usage_data import UsageData

_PATIENCE = 0.2


class TokenFlexSandbox:
    """A Token Flex Usage Data API with its OAuth, on 127.0.0.1.

    `clock` is the time of everything: tokens, links, limits, exports, `Date` headers. `random` draws keys, links,
    durations and the forms of time stamps; none given: unguessable ones. `data` may be shared between stand-ins, so
    that it is built once.
    """

    def __init__(
        self,
        *,
        clock: Clock,
        settings: SandboxSettings | None = None,
        random: Random | None = None,
        data: UsageData | None = None,
    ) -> None:
        self.settings = settings or SandboxSettings()
        self.data = data or UsageData()
        self._own_data = data is None
        self._clock = clock
        self._random = random or Random()
        self.exports = ExportBook(clock, self.settings, self._random)
        people, faults = People(self.settings), Faults()
        tokens = TokenBook(clock, self.settings, self._random, Signer())
        budgets = Budgets(self.settings.rate_reading, clock)
        queries = QueryBook(clock, self.settings, self._random)
        spoils = Spoils()
        self.controls = Controls(clock, self.exports, faults, tokens, people, budgets, queries, spoils)
        routes = api_routes(
            ContractCalls(self.data),
            ExportCalls(self.exports, self.settings, lambda: self._host),
            UsageCalls(self.data, self.settings),
            QueryCalls(queries, self.data, self.settings),
        )
        self._api = Api(routes, clock=clock, people=people, tokens=tokens, budgets=budgets, faults=faults)
        self._oauth = OAuth(clock=clock, people=people, tokens=tokens, faults=faults)
        self._downloads = Downloads(self.exports, self.data, clock, self.settings, spoils)
        self._runner: web.ServerRunner | None = None
        self._host = ""

    @property
    def calls(self) -> list[Call]:
        """Return a copy of the record of every Token Flex API call so far, in the order of their arrival."""
        return list(self._api.calls)

    @property
    def oauth_calls(self) -> list[Call]:
        """Return a copy of the record of every OAuth call so far."""
        return list(self._oauth.calls)

    @property
    def downloads(self) -> list[str]:
        """Return the key of each export whose file was sent, once per time."""
        return list(self._downloads.fetched)

    @property
    def port(self) -> int:
        """Return the port of the last start; `start(port)` comes back there after a `stop`."""
        return int(self._host.rpartition(":")[2])

    @property
    def base_url(self) -> str:
        """Return what `TOKENFLEX_BASE_URL` has to be."""
        return f"{self._host}/tokenflex/v1"

    @property
    def aps_base_url(self) -> str:
        """Return what `APS_BASE_URL` has to be."""
        return f"{self._host}/authentication/v2"

    async def start(self, port: int = 0) -> None:
        """Listen on 127.0.0.1; port 0 takes a free one.

        Raises:
            OSError: the port is taken.

        """
        # No access log: its lines would hold download links.
        runner = web.ServerRunner(web.Server(self._respond, access_log=None), shutdown_timeout=_PATIENCE)
        await runner.setup()
        site = web.TCPSite(runner, "127.0.0.1", port)
        try:
            await site.start()
        except OSError:
            await runner.cleanup()
            raise
        self._runner = runner
        self._host = f"http://127.0.0.1:{runner.addresses[0][1]}"

    async def stop(self) -> None:
        """Close the server; calls under way are given a moment."""
        if self._runner is not None:
            await self._runner.cleanup()
            self._runner = None
        if self._own_data:
            await asyncio.to_thread(self.data.close)

    async def _respond(self, request: web.BaseRequest) -> web.StreamResponse:
        body = await request.read()
        inbound = Inbound(request.method, Target.of(request.raw_path), request.headers, request.content_type, body)
        try:
            response = response_of(await self._answer(inbound))
        except DroppedError:
            if request.transport is not None:
                request.transport.abort()
            return web.Response(status=500)
        except SpoiltError as error:
            if request.transport is not None:
                await send(error.way, request.transport, request.raw_path, error.whole)
            return web.Response(status=500)
        response.headers["Date"] = format_datetime(self._clock.now(), usegmt=True)
        return response

    async def _answer(self, inbound: Inbound) -> Answer:
        match inbound.target.segments:
            case ("", "authentication", "v2", _) if self.settings.recorded:
                return await self._oauth.answer(inbound)
            case ("tokenflex", "v1", *_):
                return await self._api.answer(inbound)
            case ("authentication", "v2", _):
                return await self._oauth.answer(inbound)
            case ("download", *_):
                return await self._downloads.answer(inbound)
            case _:
                return service_error(404)
