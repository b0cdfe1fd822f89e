"""What the poller is compared with: the policy before it, and the way that Autodesk's own sample polls."""

import asyncio
from collections.abc import Sequence
from datetime import datetime, timedelta

from bench.polling_house import House
from bot.calls.budget import PastCall, Rank
from bot.calls.turns import Room, Turn, Turns
from bot.exports.durations import Durations
from bot.exports.poll_policy import Target
from bot.runtime.bell import Bell
from bot.tokenflex.errors import RateLimitedError
from storage import exports as export_store
from storage.database import Table
from storage.models import Export
from storage.states import ExportState

_EVERY = timedelta(seconds=15)
_ONE_GET_EVERY = 60.0  #: seconds


def every_15_seconds(
    found: Sequence[Target],
    _room: Room,
    _durations: Durations,
    _now: datetime,
) -> tuple[Target, datetime]:
    """Look at each contract 8 s after a submission and then every 15 s, the one that is due first in front."""

    def _due(target: Target) -> datetime:
        return target.due_at if target.polled_at is None else max(target.due_at, target.polled_at + _EVERY)

    first = min(found, key=_due)
    return first, _due(first)


class TurnsForAnybody(Turns):
    """The line with a back door: calls that are logged like others, but wait for nothing."""

    def push_in(self) -> Turn:
        """Take a turn that the budget was not asked for."""
        turn = Turn(PastCall(self._clock.now().timestamp(), None, Rank.POLL), used=True)
        self._past.append(turn)
        return turn

    def end_quietly(self, turn: Turn) -> None:
        """End it; that it was refused is not told to the budget, lest it slow down everybody."""
        turn.call = PastCall(turn.call.started_at, self._clock.now().timestamp(), Rank.POLL)


class OneGetEach:
    """One GET for each export every 60 s, whatever the limit says; after a refusal none until `Retry-After` is over."""

    def __init__(self, house: House) -> None:
        turns = house.parts.calls.turns
        if not isinstance(turns, TurnsForAnybody):
            raise TypeError("this poller pushes in")
        self._house = house
        self._turns = turns
        self._wake = Bell(house.clock)
        house.parts.database.subscribe(Table.EXPORTS, self._wake.ring)
        self._due: dict[int, datetime] = {}
        self._pause_until = house.clock.now()
        self._getting: set[asyncio.Task[None]] = set()

    async def run(self) -> None:
        """Ask for every export whose minute is over."""
        house = self._house
        while True:
            now = house.clock.now()
            exports = await house.parts.database.read(export_store.in_states, (ExportState.REQUESTED,))
            self._due = {
                export.number: self._due.get(export.number, export.changed_at + timedelta(seconds=_ONE_GET_EVERY))
                for export in exports
            }
            for export in exports:
                if max(self._due[export.number], self._pause_until) <= now:
                    self._due[export.number] = now + timedelta(seconds=_ONE_GET_EVERY)
                    self._start(export)
            await self._wake.wait(*(max(due, self._pause_until) for due in self._due.values()))

    def _start(self, export: Export) -> None:
        getting = asyncio.create_task(self._get(export))
        self._getting.add(getting)
        getting.add_done_callback(self._getting.discard)

    async def _get(self, export: Export) -> None:
        house, key = self._house, export.request_key or ""
        turn = self._turns.push_in()
        try:
            await house.clock.sleep(0.15)
            record = house.token_flex.get_export(export.request.contract_number, key)
            await house.clock.sleep(0.15)
        except RateLimitedError as error:
            self._pause_until = house.clock.now() + timedelta(seconds=error.retry_after or _ONE_GET_EVERY)
            self._due[export.number] = self._pause_until
            self._wake.ring()
            return
        finally:
            self._turns.end_quietly(turn)
        house.parts.fresh_links.keep(export.number, record.link)
        await house.parts.progress.observe_one(export, record)
        house.parts.slots.freed()
