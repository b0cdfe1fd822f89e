"""The background loop that looks at Token Flex: one list call sees every export of a contract.

Nothing outstanding: no calls at all. A failing poll keeps what is known, is logged once when it begins to fail and
once when it works again, and is tried less and less often.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

import structlog
from sqlite_utils import Database as Connection

from bot.tokenflex.budget import Rank
from bot.tokenflex.errors import LoginNeededError, NotAuthorisedError, TokenFlexError
from bot.tokenflex.models import ExportRecord
from storage import exports as export_store
from storage.database import Database
from storage.models import Export
from storage.states import ExportState

from .calls import TokenFlexCalls
from .clock import Clock
from .links import Links
from .places import Places
from .server_time import ServerTime
from .signals import Signal
from .tracking import Tracker, next_list_for

INTERVAL = timedelta(seconds=15)  #: between two polls, whichever contracts they are for
FIRST_LOOK = timedelta(seconds=8)  #: after a submission; shorter exports were never seen (source: examples, 30 s up)
_LONGEST_PAUSE = timedelta(minutes=5)
#: `fromDate` lies this much before the oldest outstanding export, `toDate` this much ahead of now: clocks differ.
_BEFORE, _AHEAD = timedelta(minutes=5), timedelta(minutes=10)

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Target:
    """A contract that has to be looked at: from when on, and how far back its list has to reach.

    `oldest` is the smallest time among ours and the server's own; the two clocks may differ.
    """

    contract: str
    due_at: datetime
    oldest: datetime


def targets(exports: Sequence[Export], polled: Mapping[str, datetime], *, house_full: bool) -> list[Target]:
    """Return the contracts with work outstanding, the one that is due first in front.

    Queued exports count only when no place is free: then the list has to show that one became free.
    """
    by_contract: dict[str, list[Export]] = {}
    for export in exports:
        if _is_looked_for(export, house_full=house_full):
            by_contract.setdefault(export.request.contract_number, []).append(export)
    found = [_target(contract, group, polled.get(contract)) for contract, group in by_contract.items()]
    return sorted(found, key=lambda target: target.due_at)


def _is_looked_for(export: Export, *, house_full: bool) -> bool:
    if export.state is ExportState.QUEUED:
        return house_full
    return export.state is ExportState.REQUESTED or export.in_doubt


def _target(contract: str, group: Sequence[Export], polled: datetime | None) -> Target:
    first = min(next_list_for(export) if export.in_doubt else export.changed_at + FIRST_LOOK for export in group)
    due = first if polled is None else max(first, polled + INTERVAL)
    oldest = min(export.intent_at or export.accepted_at for export in group)
    requested = [export.requested_at for export in group if export.requested_at is not None]
    return Target(contract, due, min([oldest, *requested]))


class Poller:
    """Looks at contracts with outstanding exports, the least recently polled first."""

    def __init__(
        self,
        database: Database,
        calls: TokenFlexCalls,
        tracker: Tracker,
        links: Links,
        places: Places,
        server_time: ServerTime,
        clock: Clock,
        wake: Signal,
        submissions: Signal,
        deliveries: Signal,
    ) -> None:
        self._database = database
        self._calls = calls
        self._tracker = tracker
        self._links = links
        self._places = places
        self._server_time = server_time
        self._clock = clock
        self._wake = wake
        self._submissions = submissions
        self._deliveries = deliveries
        self._polled: dict[str, datetime] = {}
        self._failures: dict[str, int] = {}
        self.last_success: datetime | None = None

    async def run(self) -> None:
        """Poll what is due, then wait for what is due next."""
        while True:
            target = await self._next()
            now = self._clock.now()
            if target is None:
                await self._wake.wait()
            elif target.due_at > now:
                await self._wake.wait((target.due_at - now).total_seconds())
            else:
                await self._poll(target)

    async def _next(self) -> Target | None:
        now = self._clock.now()

        def _load(db: Connection) -> tuple[tuple[Export, ...], bool]:
            full = self._places.is_full(export_store.count_outstanding(db), now)
            states = [ExportState.REQUESTED, ExportState.SUBMITTING, *([ExportState.QUEUED] if full else [])]
            return export_store.in_states(db, states), full

        exports, full = await self._database.read(_load)
        found = targets(exports, self._polled, house_full=full)
        return found[0] if found else None

    async def _poll(self, target: Target) -> None:
        started_at = self._clock.now()
        try:
            records, started_at = await self._list(target)
        except TokenFlexError as error:
            self._failed(target, error)
            return
        self._recovered(target)
        self._polled[target.contract] = started_at
        await self._apply(target.contract, records, started_at)

    async def _list(self, target: Target) -> tuple[tuple[ExportRecord, ...], datetime]:
        try:
            return await self._list_once(target)
        except LoginNeededError:
            raise
        except NotAuthorisedError:  # the next call renews the token
            return await self._list_once(target)

    async def _list_once(self, target: Target) -> tuple[tuple[ExportRecord, ...], datetime]:
        async with self._calls.turn("list", rank=Rank.POLL) as granted:
            started_at = self._clock.now()
            ahead = timedelta(seconds=self._server_time.difference)
            start = min(target.oldest, target.oldest + ahead) - _BEFORE
            end = max(started_at, started_at + ahead) + _AHEAD
            records = await granted.make(lambda client: client.list_exports(target.contract, start, end))
        return records, started_at

    async def _apply(self, contract: str, records: tuple[ExportRecord, ...], started_at: datetime) -> None:
        ahead = timedelta(seconds=self._server_time.difference)
        listed = await self._tracker.observe_list(contract, records, started_at, ahead)
        links = {record.request_key: record.link for record in records}
        for export in listed.exports:
            self._links.keep(export.number, links.get(export.request_key or ""))
        self._places.listed(contract, listed.elsewhere, self._clock.now(), freed=listed.freed)
        self._submissions.ring()
        self._deliveries.ring()
        for export in listed.missing[:1]:  # one for each list, so that polling goes on when many are gone
            await self._look_for(export)

    async def _look_for(self, export: Export) -> None:
        try:
            if await self._tracker.has_vanished(export):
                self._places.freed()
        except TokenFlexError as error:
            log.warning("a missing export could not be asked for", export=export.number, error=type(error).__name__)
        self._deliveries.ring()

    def _failed(self, target: Target, error: TokenFlexError) -> None:
        failures = self._failures[target.contract] = self._failures.get(target.contract, 0) + 1
        pause = min(_LONGEST_PAUSE, INTERVAL * 2 ** min(failures - 1, 10)) - INTERVAL
        self._polled[target.contract] = self._clock.now() + pause
        if failures == 1:
            log.warning("polling fails", contract=target.contract, error=type(error).__name__, reason=str(error))

    def _recovered(self, target: Target) -> None:
        self.last_success = self._clock.now()
        if self._failures.pop(target.contract, 0):
            log.info("polling works again", contract=target.contract)
