"""What Token Flex has counted of contracts: asked when somebody wants to know, good for an hour, kept for longer."""

import asyncio
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Final

import structlog
from sqlite_utils import Database as Connection

from bot.calls.budget import Rank
from bot.calls.gateway import TokenFlexCalls
from bot.contracts.usage import Counted
from bot.contracts.values import FOR_ALERTS, ContractValues
from bot.runtime.clock import Clock
from storage import facts, logins
from storage.database import Database

_GOOD_FOR: Final = timedelta(hours=1)
_KEPT: Final = "usage of "  #: what the names of the facts begin with that keep it
CLIENT: Final = "usage seen by"  #: the fact that has the client ID that it was asked with
_ONCE: Final = 1  #: attempts: a glance costs two calls, whatever comes

log = structlog.get_logger(__name__)


class UsageCache:
    """Counts and totals alone, no name of a person. Reading it never makes a call."""

    def __init__(
        self, database: Database, calls: TokenFlexCalls, clock: Clock, values: ContractValues, client: str
    ) -> None:
        self._database = database
        self._calls = calls
        self._clock = clock
        self._values = values
        self._client = client
        self._asking: dict[str, tuple[Rank, asyncio.Task[Counted]]] = {}
        self._listeners: list[Callable[[], None]] = []

    async def load(self) -> None:
        """Forget what another app of the settings was shown."""
        await self._database.write(_of_this_app, self._client, self._clock.now())

    async def known(self, contract: str) -> Counted | None:
        """Return what was counted last, as the login that there is now was shown it; None where nothing was."""
        counted = await self._database.read(known, contract)
        if counted is None or not self.is_new(counted):
            return counted
        return replace(counted, known_through=self._values.known_through(contract, ()) or counted.known_through)

    def is_new(self, counted: Counted) -> bool:
        """Return whether that need not be asked again yet."""
        return self._clock.now() - counted.at < _GOOD_FOR

    def subscribe(self, heard: Callable[[], None]) -> None:
        """Have `heard` called whenever a contract was counted anew, or could not be."""
        self._listeners.append(heard)

    def ask(self, contract: str, person: str) -> asyncio.Task[Counted]:
        """Ask Token Flex, with one pair of calls for all who want to know; it goes on when nobody waits any more.

        Its result is what was counted; it raises what `TokenFlexCalls.call` does.
        """
        rank, task = self._asking.get(contract, (Rank.PEOPLE, None))
        if task is not None and rank is not Rank.PEOPLE:
            task.cancel()  # a person does not wait for a turn that nobody hurries with
            task = None
        return task or self._begin(contract, person, Rank.PEOPLE)

    def is_asked(self, contract: str) -> bool:
        """Return whether Token Flex is being asked."""
        return contract in self._asking

    def ask_ahead(self, contract: str) -> None:
        """Have Token Flex asked at the lowest rank, unless it is being asked; who wants to know hears of the end."""
        if contract not in self._asking:
            self._begin(contract, "", Rank.AHEAD)

    def _begin(self, contract: str, person: str, rank: Rank) -> asyncio.Task[Counted]:
        task = asyncio.create_task(self._ask(contract, person, rank), name=f"{_KEPT}{contract}")
        self._asking[contract] = rank, task
        task.add_done_callback(lambda done: self._end(contract, done))
        return task

    async def settle(self, seconds: float) -> None:
        """Let calls under way end, for at most that many real seconds."""
        tasks = tuple(task for _, task in self._asking.values())
        if tasks:
            _, late = await asyncio.wait(tasks, timeout=seconds)
            for task in late:
                task.cancel()
            await asyncio.gather(*late, return_exceptions=True)

    async def _ask(self, contract: str, person: str, rank: Rank) -> Counted:
        names = ("contract", "summary") if rank is Rank.PEOPLE else (for_alerts(contract),) * 2
        years = await self._calls.call(
            names[0], lambda client: client.token_years(contract), rank=rank, person=person, attempts=_ONCE
        )
        months = await self._calls.call(
            names[1], lambda client: client.monthly_summary(contract), rank=rank, person=person, attempts=_ONCE
        )
        counted = Counted(contract, self._clock.now(), self._values.known_through(contract, ()), years, months)
        await self._database.write(keep, counted)
        return counted

    def _end(self, contract: str, task: asyncio.Task[Counted]) -> None:
        if self._asking.get(contract, (None, None))[1] is task:
            del self._asking[contract]
        for heard in self._listeners:
            heard()
        if not task.cancelled() and (error := task.exception()) is not None:  # asyncio complains of one not looked at
            log.info("the usage of a contract was not told", contract=contract, error=type(error).__name__)


def for_alerts(contract: str) -> str:
    """Return how the calls are named in the log of calls by which alerts look at a contract; a glance takes two."""
    return f"{FOR_ALERTS}{contract}"


def known(db: Connection, contract: str) -> Counted | None:
    """Return what was counted last, as the login that there is now was shown it; None where nothing was."""
    name, signed_in = f"{_KEPT}{contract}", logins.changed_at(db)
    kept, saved_at = facts.get(db, name), facts.saved_at(db, name)
    if kept is None or saved_at is None or (signed_in is not None and saved_at < signed_in):
        return None
    return Counted.from_json(kept)


def keep(db: Connection, counted: Counted) -> None:
    """Keep what was counted, in the place of what was before."""
    facts.put(db, f"{_KEPT}{counted.contract}", counted.as_json(), counted.at)


def _of_this_app(db: Connection, client: str, now: datetime) -> None:
    if facts.get(db, CLIENT) != client:
        for contract in facts.beginning_with(db, _KEPT):
            facts.forget(db, f"{_KEPT}{contract}")
        facts.put(db, CLIENT, client, now)
