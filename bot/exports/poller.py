"""The background loop that polls Token Flex: one list call sees every export of a contract.

Nothing outstanding: no calls at all. A failing poll keeps what is known, is logged once when it begins to fail and
once when it works again, and is tried less and less often.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

import structlog
from sqlite_utils import Database as Connection

from bot.calls.budget import Rank
from bot.calls.gateway import TokenFlexCalls
from bot.calls.turns import Room
from bot.exports import announcements
from bot.exports.doubt import ListCall
from bot.exports.durations import Durations, learn
from bot.exports.fresh_links import FreshLinks
from bot.exports.patience import NOTICED_AFTER, OF_LISTS, SOUGHT_FOR, home, list_pause, note_for, noted
from bot.exports.poll_policy import Target, next_poll, targets
from bot.exports.progress import Progress
from bot.exports.slots import Slots
from bot.runtime.backoff import OWN, SHARED
from bot.runtime.bell import Bell
from bot.runtime.clock import Clock
from bot.runtime.server_time import ServerTime
from bot.tokenflex.errors import NotAuthorisedError, RefusedError, TokenFlexError
from bot.tokenflex.models import UpstreamExport
from storage import exports as export_store
from storage.database import Database
from storage.models import Export
from storage.states import ExportState, Note

log = structlog.get_logger(__name__)


#: What a policy says: which contract to poll next, and when; `now` or earlier means that it is worth a call now.
Policy = Callable[[Sequence[Target], Room, Durations, datetime], tuple[Target, datetime]]


@dataclass(frozen=True, slots=True)
class _Failing:
    """How it stands with the lists of a contract that fail."""

    since: datetime
    failures: int  #: in a row
    until: datetime  #: the end of the pause
    told: Note | None = None  #: what the cards say; None: nothing yet
    shown: datetime | None = None  #: the end of a pause that they show, too


class Poller:
    """Polls contracts with outstanding exports: a policy decides which and when, `poll_policy` by default."""

    def __init__(
        self,
        database: Database,
        calls: TokenFlexCalls,
        progress: Progress,
        links: FreshLinks,
        slots: Slots,
        server_time: ServerTime,
        clock: Clock,
        wake: Bell,
        policy: Policy = next_poll,
    ) -> None:
        self._database = database
        self._calls = calls
        self._progress = progress
        self._links = links
        self._slots = slots
        self._server_time = server_time
        self._clock = clock
        self._wake = wake
        self._policy = policy
        self._durations = Durations()
        self._polled: dict[str, datetime] = {}
        self._failing: dict[str, _Failing] = {}
        #: By contract and number: how often what lists do not tell of was asked for by its key, and when it is next.
        self._unseen: dict[str, dict[int, tuple[int, datetime]]] = {}
        self.last_success: datetime | None = None

    async def run(self) -> None:
        """Look at what is worth it, then wait until something else is."""
        await self._learn()
        while True:
            await self._tell_newcomers()
            call = await self._next_poll()
            if call is not None and call[1] <= self._clock.now():
                await self._poll()
            else:
                await self._wake.wait(None if call is None else call[1])

    async def _learn(self) -> None:
        self._durations = learn(await self._database.read(export_store.newest_durations))

    async def _next_poll(self) -> tuple[Target, datetime] | None:
        found = await self._targets()
        return self._policy(found, self._calls.turns.room(), self._durations, self._clock.now()) if found else None

    async def _targets(self) -> list[Target]:
        now = self._clock.now()
        exports, full = await self._database.read(_polled_for, self._slots.left_to_us(now), now)
        return [self._held_back(target) for target in targets(exports, self._polled, house_full=full)]

    def _held_back(self, target: Target) -> Target:
        """A contract whose list failed is tried again after a pause."""
        failing = self._failing.get(target.contract)
        return target if failing is None else replace(target, due_at=max(target.due_at, failing.until))

    async def _poll(self) -> None:
        """Wait for a turn, then list the contract that is worth it by then."""
        target: Target | None = None
        try:
            async with self._calls.turn("list", rank=Rank.POLL) as granted:
                target = await self._chosen()
                if target is None:
                    return
                ahead = timedelta(seconds=self._server_time.difference)
                call = ListCall.reaching(target.oldest, self._clock.now(), ahead)
                records = await granted.make(lambda client: client.list_exports(target.contract, call.start, call.end))
        except TokenFlexError as error:
            if target is None:
                raise
            await self._failed(target, error)
            return
        await self._recovered(target)
        self._polled[target.contract] = call.made_at
        await self._apply(target.contract, records, call)

    async def _chosen(self) -> Target | None:
        call = await self._next_poll()
        return None if call is None or call[0].due_at > self._clock.now() else call[0]

    async def _apply(self, contract: str, records: tuple[UpstreamExport, ...], call: ListCall) -> None:
        ahead = timedelta(seconds=self._server_time.difference)  # by what this list has shown, too
        links = {record.request_key: record.link for record in records}
        with self._links.listed(links):
            listed = await self._progress.observe_list(contract, records, call, ahead)
            for export in listed.exports:
                self._links.keep(export.number, links.get(export.request_key or ""))
        self._slots.listed(contract, listed.elsewhere, self._clock.now(), freed=listed.freed)
        if listed.freed:
            await self._learn()
        gone = (*listed.missing, *self._asked_for_singly(contract, listed.unseen))
        for export in gone[:1]:  # one for each list, so that polling goes on when many are gone
            await self._ask_for(export)

    def _asked_for_singly(self, contract: str, unseen: Sequence[Export]) -> list[Export]:
        """Return what is to be asked for by its key now, since lists that cannot be read whole never tell of it."""
        now, before = self._clock.now(), self._unseen.get(contract, {})
        self._unseen[contract] = {each.number: before.get(each.number, (0, now + OWN.first)) for each in unseen}
        return [each for each in unseen if self._unseen[contract][each.number][1] <= now]

    async def _ask_for(self, export: Export) -> None:
        unseen = self._unseen.get(export.request.contract_number, {})
        if export.number in unseen:
            times = unseen[export.number][0] + 1
            unseen[export.number] = times, self._clock.now() + OWN.after(times)
        try:
            if await self._progress.has_vanished(export):
                self._slots.freed()
        except TokenFlexError as error:
            log.warning("a missing export could not be asked for", export=export.number, error=type(error).__name__)

    def is_failing(self, contract: str) -> bool:
        """Return whether the last list of a contract failed."""
        return contract in self._failing

    async def _failed(self, target: Target, error: TokenFlexError) -> None:
        now, contract = self._clock.now(), target.contract
        before = self._failing.get(contract, _Failing(now, 0, now))
        error, failures = self._calls.health.judged(error, before.since), before.failures + 1
        renewable = isinstance(error, NotAuthorisedError) and not error.concerns_all and failures == 1
        until = now if renewable else now + list_pause(error, failures)  # the next call renews the token
        if failures == 1:
            log.warning("polling fails", contract=contract, error=type(error).__name__, reason=str(error))
        is_told = isinstance(error, RefusedError) or now - before.since >= NOTICED_AFTER
        told = note_for(error) if is_told else before.told
        shown = until if until - now > SHARED.longest else None
        self._failing[contract] = failing = _Failing(before.since, failures, until, told, shown)
        await self._tell(contract, failing)

    async def _tell_newcomers(self) -> None:
        """Tell those who have come since a list failed, as long as none is made."""
        now = self._clock.now()
        for contract, failing in list(self._failing.items()):
            if failing.told is not None and failing.until > now:
                listed = await self._database.read(_listed_for, contract)
                if any(export.note is home(export) for export in listed):
                    await self._tell(contract, failing)

    async def _tell(self, contract: str, failing: _Failing) -> None:
        if failing.told is not None:
            since, until, now = failing.since, failing.shown, self._clock.now()
            await self._database.write(_tell, contract, failing.told, since, until, now)

    async def _recovered(self, target: Target) -> None:
        self.last_success = self._clock.now()
        if await self._database.read(_told, target.contract):
            await self._database.write(_calm, target.contract, self._clock.now())
        if self._failing.pop(target.contract, None) is not None:
            log.info("polling works again", contract=target.contract)


def _polled_for(db: Connection, left_to_us: int, now: datetime) -> tuple[tuple[Export, ...], bool]:
    """Return what lists may tell of, and whether no slot is free: then they tell of those who wait, too."""
    full = export_store.count_outstanding(db) >= left_to_us
    states = [ExportState.REQUESTED, ExportState.SUBMITTING, *([ExportState.QUEUED] if full else [])]
    return (*export_store.in_states(db, states), *export_store.abandoned(db, now - SOUGHT_FOR)), full


def _listed_for(db: Connection, contract: str) -> list[Export]:
    exports = export_store.in_states(db, (ExportState.REQUESTED, ExportState.SUBMITTING))
    ours = [export for export in exports if export.request.contract_number == contract]
    return [export for export in ours if export.state is ExportState.REQUESTED or export.in_doubt]


def _tell(db: Connection, contract: str, note: Note, since: datetime, until: datetime | None, now: datetime) -> None:
    """Have the cards say why nothing is heard of what lists would tell of."""
    for export in _listed_for(db, contract):
        if (export.note, export.next_try_at) != (note, until):
            changes = noted(export, note, max(since, export.changed_at), until)
            announcements.card_changed(db, export_store.change(db, export.number, **changes), now)


def _told(db: Connection, contract: str) -> list[Export]:
    return [export for export in _listed_for(db, contract) if export.note in OF_LISTS]


def _calm(db: Connection, contract: str, now: datetime) -> None:
    for export in _told(db, contract):
        calm(db, export, now)


def calm(db: Connection, export: Export, now: datetime) -> None:
    """Have the card say no more that trouble keeps the export waiting."""
    note = home(export)
    since = export.unanswered_since if export.in_doubt else None
    changed = export_store.change(db, export.number, note=note, noted_at=since, next_try_at=None)
    announcements.card_changed(db, changed, now)
