"""The composition root: the only place that knows every part, and the only one that imports the handlers."""

import asyncio
from dataclasses import dataclass
from random import Random, SystemRandom
from typing import Protocol

import aiohttp
import structlog
from slack_bolt.adapter.socket_mode.async_handler import AsyncSocketModeHandler
from slack_bolt.async_app import AsyncApp
from slack_bolt.authorization import AuthorizeResult
from slack_sdk.web.async_client import AsyncWebClient

from bot.calls.gateway import TokenFlexCalls
from bot.calls.turns import Turns
from bot.contracts.cache import ContractCache
from bot.delivery.dispatcher import Dispatcher
from bot.exports.fresh_links import FreshLinks
from bot.exports.links import Links
from bot.exports.poller import Poller
from bot.exports.progress import Progress
from bot.exports.slots import Slots
from bot.exports.use_cases import Exports
from bot.exports.worker import Worker
from bot.login.store import LoginStore
from bot.login.watch import LoginWatch
from bot.operate import vital_signs
from bot.operate.administration import Administration
from bot.operate.vital_signs import Sign, VitalSigns
from bot.people.access import Access
from bot.people.permissions import Rules
from bot.runtime.bell import Bell
from bot.runtime.clock import Clock, SystemClock
from bot.runtime.server_time import ServerTime
from bot.runtime.supervision import Supervisor
from bot.settings import Settings
from bot.slack.api import LONGEST, SlackApi
from bot.slack.connection import Identity, connect, identify, keep_address_fresh
from bot.slack.members import Members
from bot.slack.posts import SlackPosts
from bot.slack.views import Views
from bot.tokenflex.catalogue import Catalogue
from bot.tokenflex.client import TokenFlexClient
from bot.tokenflex.http import HttpDoor
from bot.tokenflex.oauth import AccessTokens, OAuthClient
from handlers.buttons import Buttons
from handlers.commands import Commands
from handlers.forms.export_form import ExportForm
from handlers.guard import Guard
from handlers.on_exports import OnExports
from handlers.registration import register
from handlers.replies import Replies
from storage import future
from storage.database import Database, StorageFullError

#: Real seconds that a stop leaves to calls and messages under way; all of it ends well within ten.
_GRACE = 3.0

log = structlog.get_logger(__name__)


class Settles(Protocol):
    """Something that may still have work under way when the bot stops."""

    async def settle(self, seconds: float) -> None:
        """Return when the work has ended, or after that many seconds."""
        ...


@dataclass(slots=True)
class TokenFlexSide:
    """Everything between the database and Token Flex."""

    door: HttpDoor
    calls: TokenFlexCalls
    progress: Progress
    links: FreshLinks
    slots: Slots
    contracts: ContractCache
    worker: Worker
    poller: Poller
    server_time: ServerTime


class Bot:
    """The whole program: `start`, then `run_until` something ends it, then `stop`."""

    def __init__(self, settings: Settings, *, clock: Clock | None = None, random: Random | None = None) -> None:
        self._settings = settings
        self._clock = clock or SystemClock()
        self._random = random or SystemRandom()
        self._database = Database(settings.database_path)
        self._supervisor = Supervisor(self._clock)
        self._poll, self._deliveries = Bell(self._clock), Bell(self._clock)
        self._session: aiohttp.ClientSession | None = None
        self._handler: AsyncSocketModeHandler | None = None
        self._dispatcher: Dispatcher | None = None
        self._guard: Guard | None = None
        self._members: Members | None = None
        self._side: TokenFlexSide | None = None
        self._vital_signs: VitalSigns | None = None

    async def start(self) -> None:
        """Open the database, take up what was left, connect to Slack.

        Raises:
            DatabaseError: the database cannot be used.
            WrongKeyError, MissingKeyError: the stored login cannot be read.
            SlackTokenError: a Slack token does not work.

        """
        await self._database.open()
        await self._bring_back_what_lies_ahead()
        side = self._side = await self._token_flex()
        self._session = aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=LONGEST))
        client = AsyncWebClient(
            token=self._settings.slack_bot_token,
            base_url=self._settings.slack_base_url,
            session=self._session,
            retry_handlers=[],
        )
        api = SlackApi(client, self._clock)
        identity = await identify(api, self._clock)
        self._dispatcher = self._deliverer(api, side, identity)
        for name, loop in {
            "submitting": side.worker.run,
            "polling": side.poller.run,
            "notifications": self._dispatcher.run,
            "contracts": side.contracts.run,
        }.items():
            self._supervisor.start(name, loop)
        rules = Rules.of(self._settings)
        members = self._members = Members(api, identity.team_id, self._clock)
        watch = LoginWatch(self._database, side.calls, rules.administrators, members, self._clock, self._deliveries)
        self._supervisor.start("login", watch.run)
        access = Access(rules, members, identity.team_id, self._database, self._clock)
        bolt = self._bolt(api, side, identity, access)
        handler = self._handler = await connect(bolt, api, self._settings.slack_app_token, self._clock)
        self._supervisor.start("connection", lambda: keep_address_fresh(handler, self._clock))
        self._vital_signs = self._signs(handler, side, self._dispatcher)
        self._supervisor.start("vital signs", self._vital_signs.run)
        log.info("connected", bot_user=identity.user_id, team=identity.team_id)

    async def stop(self) -> None:
        """Take nothing new, let what is under way end and be recorded, and close everything."""
        if self._handler is not None:
            await self._handler.client.disconnect()  # type: ignore[no-untyped-call]
        await self._supervisor.stop()
        if self._side is not None:
            self._side.calls.turns.close()
        await asyncio.gather(*(group.settle(_GRACE) for group in self._under_way()))
        await self._note_the_last_signs()
        if self._members is not None:
            await self._members.close()
        if self._handler is not None:
            await self._handler.close_async()  # type: ignore[no-untyped-call]
        if self._session is not None:
            await self._session.close()
        if self._side is not None:
            self._side.calls.close()
            self._side.door.close()
        await self._database.close()
        log.info("stopped")

    async def _bring_back_what_lies_ahead(self) -> None:
        now = self._clock.now()
        ahead = await self._database.write(lambda db: future.bring_back(db, now))
        if ahead:
            log.warning("the clock was set back since the last run", seconds=round(ahead.total_seconds(), 1))

    async def _note_the_last_signs(self) -> None:
        if self._vital_signs is not None:
            try:
                await self._vital_signs.note()
            except Exception:  # a full disk is no reason not to close the rest
                log.exception("the last signs could not be noted")

    async def _token_flex(self) -> TokenFlexSide:
        settings, clock, database = self._settings, self._clock, self._database
        server_time = ServerTime(clock)
        door = HttpDoor()
        oauth = OAuthClient(door, settings.aps_base_url, settings.aps_client_id, settings.aps_client_secret)
        store = await LoginStore.open(database, settings.database_key, settings.aps_refresh_token, clock.now)
        tokens = AccessTokens(oauth, store, clock.now)
        client = TokenFlexClient(
            door, settings.tokenflex_base_url, tokens.access_token, on_server_time=server_time.observe
        )
        turns = Turns(database, clock, server_time)
        await turns.load()
        calls = TokenFlexCalls(client, tokens, turns, clock, self._random)
        progress = Progress(database, calls, clock)
        links = FreshLinks(database, calls, server_time, progress, clock)
        slots = Slots()
        contracts = ContractCache(database, calls, clock, Rules.of(settings).allows_contract)
        await contracts.load()
        worker = Worker(database, calls, progress, slots, server_time, clock, self._poll, self._deliveries)
        await worker.resume()
        poller = Poller(
            database, calls, progress, links, slots, server_time, clock, self._poll, worker.work, self._deliveries
        )
        return TokenFlexSide(door, calls, progress, links, slots, contracts, worker, poller, server_time)

    def _signs(self, handler: AsyncSocketModeHandler, side: TokenFlexSide, dispatcher: Dispatcher) -> VitalSigns:
        ahead, tokens = side.server_time, side.calls.tokens
        signs: dict[str, Sign] = {
            vital_signs.LAST_POLL: lambda: vital_signs.moment(side.poller.last_success),
            vital_signs.LAST_POST: lambda: vital_signs.moment(dispatcher.last_success),
            vital_signs.TOKEN_STATE: lambda: vital_signs.token_state(tokens.state),
            vital_signs.CONTRACTS_TROUBLE: lambda: side.contracts.trouble,
            vital_signs.AUTODESK_AHEAD: lambda: vital_signs.whole_seconds(ahead.known_difference),
        }
        return VitalSigns(self._database, self._clock, handler.client.is_connected, signs)

    def _deliverer(self, api: SlackApi, side: TokenFlexSide, identity: Identity) -> Dispatcher:
        return Dispatcher(
            self._database,
            SlackPosts(api, identity.user_id),
            side.links,
            side.server_time,
            api.time,
            self._clock,
            self._settings.link_audience,
            self._deliveries,
            identity.name,
        )

    def _bolt(self, api: SlackApi, side: TokenFlexSide, identity: Identity, access: Access) -> AsyncApp:
        async def authorize() -> AuthorizeResult:
            return AuthorizeResult(
                enterprise_id=None,
                team_id=identity.team_id,
                bot_id=identity.bot_id,
                bot_user_id=identity.user_id,
                bot_token=self._settings.slack_bot_token,
            )

        # A token at the client itself would only make Bolt warn, at each start, that it does not use it.
        bolts_own = AsyncWebClient(base_url=self._settings.slack_base_url, session=self._session, retry_handlers=[])
        app = AsyncApp(client=bolts_own, authorize=authorize)
        catalogue = Catalogue(self._settings.extra_fields, self._settings.extra_metrics)
        exports = Exports(
            self._database,
            side.links,
            side.calls.turns,
            side.slots,
            self._clock,
            access,
            side.worker.work,
            self._deliveries,
        )
        audience = self._settings.link_audience
        links = Links(self._database, side.links, self._clock, audience, access, self._deliveries)
        turns, poller = side.calls.turns, side.poller
        administration = Administration(
            self._database, access, turns, lambda: poller.last_success, self._clock, self._deliveries
        )
        replies = Replies(api, self._clock)
        guard = self._guard = Guard(replies, access, StorageFullError)
        form = ExportForm(exports, side.contracts, catalogue, guard, Views(api))
        on_exports = OnExports(exports, links, form, replies)
        commands = Commands(exports, on_exports, administration, side.contracts, catalogue, form, guard)
        register(app, commands, Buttons(on_exports, administration, guard), form)
        return app

    def _under_way(self) -> list[Settles]:
        parts = [self._guard]
        workers: list[Settles] = [self._side.worker.tasks, self._side.links] if self._side else []
        deliveries = [self._dispatcher.tasks] if self._dispatcher else []
        return [part for part in (*parts, *workers, *deliveries) if part is not None]
