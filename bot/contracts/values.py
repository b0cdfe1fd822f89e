"""The values that menus suggest, what custom fields are called, and how fresh the usage is: fetched ahead.

Fetched for a contract that people use, one call after the other, while nobody needs calls. Labels, and how fresh the
usage is, are kept across restarts; values are in memory alone, since some of them are names of people.
"""

import json
from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime, timedelta
from typing import Final

import structlog
from sqlite_utils import Database as Connection

from bot.calls.budget import Rank
from bot.calls.gateway import TokenFlexCalls
from bot.contracts.cache import ContractCache
from bot.contracts.known import FRESHNESS, KEPT, LABELS, Known
from bot.runtime.backoff import Backoff
from bot.runtime.bell import Bell
from bot.runtime.clock import Clock
from bot.tokenflex.client import VALUES_LISTED, TokenFlexClient
from bot.tokenflex.errors import RefusedError, TokenFlexError
from bot.tokenflex.models import LastUsage
from storage import calls as call_log
from storage import facts
from storage.database import Database

#: Calls of a day: for the values of one contract, and in all (source: house plan, "Calls are scarce").
MOST_OF_A_CONTRACT: Final = 15
MOST_OF_A_DAY: Final = 60
#: Contracts whose labels are fetched although nobody has used them yet.
_NAMED_AHEAD: Final = 10
#: Values held of all contracts; those that were used longest ago are forgotten first.
_MOST_HELD: Final = 100_000
_DAY, _LOOKS = timedelta(days=1), timedelta(hours=1)
#: Seconds: the first minute after a start has calls that people wait for.
_AFTER_A_START: Final = 75.0
#: While all calls fail: few enough that those of a day last.
_PAUSES: Final = Backoff(timedelta(minutes=1), _LOOKS)
FOR_ALERTS: Final = (
    "usage for alerts of "  #: what the names of calls begin with that alerts make, which have their own limit
)
#: What the names of the facts begin with that keep labels, and how fresh the usage is.
_LABELS_KEPT: Final = "labels "
_FRESHNESS_KEPT: Final = "freshness "

log = structlog.get_logger(__name__)


class ContractValues:
    """What is known of the data of contracts that people may ask for. Reading it never makes a call."""

    def __init__(self, database: Database, calls: TokenFlexCalls, clock: Clock, contracts: ContractCache) -> None:
        self._database = database
        self._calls = calls
        self._clock = clock
        self._contracts = contracts
        self._known: dict[str, Known] = {}
        self._used_at: dict[str, datetime] = {}  # the newest last
        self._unsatisfied: set[str] = set()  # those used since all of them was known
        self._wake = Bell(clock)
        contracts.subscribe(self._wake.ring)

    def labels(self, number: str) -> Mapping[str, str]:
        """Return what the customer calls the custom fields of a contract, by their names; "": of the one meant."""
        return self._of(number or self._contracts.meant).labels

    def values(self, number: str) -> Mapping[str, Sequence[str]]:
        """Return the known values of a contract that people may ask for, by their fields."""
        return self._of(number).values

    def known_through(self, number: str, categories: Sequence[str]) -> date | None:
        """Return the last day of which usage of these categories, of all of them for none, is known."""
        return self._of(number).known_through(categories, self._clock.now())

    async def asked_at(self, number: str) -> datetime | None:
        """Return when it was asked last how fresh the usage of a contract is, within the last day."""
        since = self._clock.now() - _DAY
        return await self._database.read(call_log.last, _call(number, FRESHNESS), since)

    async def ask_freshness(self, number: str, person: str) -> None:
        """Ask how fresh the usage of a contract is, for a schedule of this person.

        Raises:
            TokenFlexError: there is no answer.

        """
        known, name = self._known.setdefault(number, Known()), _call(number, FRESHNESS)
        days = await self._calls.call(
            name, lambda client: client.last_usage(number), rank=Rank.SCHEDULE, person=person, attempts=1
        )
        await self._learn_freshness(known, number, days)

    async def _learn_freshness(self, known: Known, number: str, days: Iterable[LastUsage]) -> None:
        known.learn_last_days(days, self._clock.now())
        told = json.dumps({name: day.isoformat() for name, day in known.last_days.items()})
        await self._database.write(facts.put, f"{_FRESHNESS_KEPT}{number}", told, self._clock.now())

    def use(self, number: str) -> None:
        """Note that somebody uses a contract: what is not known of it is fetched as soon as that is no burden."""
        if self._is_offered(number):
            self._used_at.pop(number, None)
            self._used_at[number] = self._clock.now()
            self._unsatisfied.add(number)
            self._wake.ring()

    async def load(self) -> None:
        """Read the labels that earlier processes have fetched, and how fresh the usage was."""
        for number, (labels, saved_at) in (await self._database.read(facts.beginning_with, _LABELS_KEPT)).items():
            self._known[number] = Known(labels=json.loads(labels), fetched_at={LABELS: saved_at})
        for number, (days, saved_at) in (await self._database.read(facts.beginning_with, _FRESHNESS_KEPT)).items():
            known = self._known.setdefault(number, Known())
            known.last_days = {name: date.fromisoformat(day) for name, day in json.loads(days).items()}
            known.fetched_at[FRESHNESS] = saved_at

    async def run(self) -> None:
        """Fetch what is wanted, within the calls of a day, and forget what is old."""
        failures = 0
        await self._clock.sleep(_AFTER_A_START)
        while True:
            now = self._clock.now()
            self._forget(now)
            spent = await self._database.read(call_log.count_by_name, Rank.AHEAD.value, now - _DAY)
            wanted = self._wanted(now, spent)
            if wanted is None:
                await self._wake.wait(now + _LOOKS)
                continue
            failures = 0 if await self._fetch(*wanted) else failures + 1
            if failures:
                await self._clock.sleep(_PAUSES.after(failures).total_seconds())

    def _of(self, number: str) -> Known:
        return self._known.get(number) or Known() if self._is_offered(number) else Known()

    def _is_offered(self, number: str) -> bool:
        return any(contract.number == number for contract in self._contracts.offered)

    def _wanted(self, now: datetime, spent: Mapping[str, int]) -> tuple[str, str] | None:
        """Return of which contract to fetch what: of those in use all, of the others their labels."""
        if sum(calls for name, calls in spent.items() if not name.startswith(FOR_ALERTS)) >= MOST_OF_A_DAY:
            return None
        for number in reversed(self._used_at):
            what = self._of(number).due(now) if number in self._unsatisfied else None
            if what is None:
                self._unsatisfied.discard(number)
            if what == FRESHNESS or (what and spent.get(_call(number, what), 0) < MOST_OF_A_CONTRACT):
                return number, what
        active_first = sorted(self._contracts.offered, key=lambda contract: not contract.is_active)
        numbers = (contract.number for contract in active_first[:_NAMED_AHEAD])
        return next(((number, LABELS) for number in numbers if self._is_unnamed(number)), None)

    def _is_unnamed(self, number: str) -> bool:
        known = self._of(number)
        return LABELS not in known.fetched_at and LABELS not in known.not_before

    async def _fetch(self, number: str, what: str) -> bool:
        """Make one call and return False where all calls fail; what fails alone is left alone for a while."""
        known = self._known.setdefault(number, Known())
        try:
            await self._learn(known, number, what)
        except TokenFlexError as error:
            log.info("not fetched ahead", contract=number, what=what, error=type(error).__name__, reason=str(error))
            if error.concerns_all:
                return False
            later = KEPT if isinstance(error, RefusedError) else _LOOKS
            known.not_before[what] = self._clock.now() + later
        return True

    async def _learn(self, known: Known, number: str, what: str) -> None:
        name, once = _call(number, what), 1
        if what == LABELS:
            labels = await self._calls.call(
                name, lambda client: client.enrichment_categories(number), rank=Rank.AHEAD, attempts=once
            )
            known.learn_labels(labels, self._clock.now())
            await self._database.write(_keep_labels, number, json.dumps(known.labels), self._clock.now())
        elif what == FRESHNESS:
            days = await self._calls.call(
                name, lambda client: client.last_usage(number), rank=Rank.AHEAD, attempts=once
            )
            await self._learn_freshness(known, number, days)
        else:
            values = await self._calls.call(
                name, lambda client: _values(client, number, what), rank=Rank.AHEAD, attempts=once
            )
            known.learn_values(what, values, self._clock.now())

    def _forget(self, now: datetime) -> None:
        self._used_at = {number: at for number, at in self._used_at.items() if now - at < KEPT}
        self._unsatisfied &= self._used_at.keys()
        for known in self._known.values():
            known.forget_old(now)
        held = sum(known.size for known in self._known.values())
        longest_ago_first = [*(number for number in self._known if number not in self._used_at), *self._used_at]
        for known in (self._known[number] for number in longest_ago_first[:-1] if number in self._known):
            if held <= _MOST_HELD:
                return
            held -= known.size
            known.forget_values()


def _call(number: str, what: str) -> str:
    """Return how a call is named in the log of calls, by which those of a day are counted."""
    return f"freshness of {number}" if what == FRESHNESS else f"values of {number}"


def _values(client: TokenFlexClient, number: str, what: str) -> tuple[str, ...]:
    return client.field_values(number, what) if what in VALUES_LISTED else client.enrichment_values(number, what)


def _keep_labels(db: Connection, number: str, labels: str, now: datetime) -> None:
    facts.put(db, f"{_LABELS_KEPT}{number}", labels, now)
    facts.forget(db, "custom field labels")  # those of the only contract, as versions before kept them
