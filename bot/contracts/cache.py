"""The contracts that forms offer: kept for hours and across restarts, fetched ahead."""

import json
from collections.abc import Callable, Iterable
from dataclasses import asdict
from datetime import datetime, timedelta

import structlog
from sqlite_utils import Database as Connection

from bot.calls.budget import Rank
from bot.calls.gateway import TokenFlexCalls
from bot.runtime.backoff import OWN
from bot.runtime.bell import Bell
from bot.runtime.clock import Clock
from bot.tokenflex.errors import TokenFlexError
from bot.tokenflex.models import Contract
from storage import facts
from storage.database import Database

CONTRACTS = "contracts"  #: the fact that keeps them, as JSON
_KEPT = timedelta(hours=12)
#: A list this old is fetched again when somebody names a contract that it lacks: it may be new.
_OLD_FOR_A_STRANGER = timedelta(minutes=15)

log = structlog.get_logger(__name__)


class ContractCache:
    """The contracts that the Autodesk login sees, and those of them that people may have exports of, by `allows`.

    Reading it never makes a call.
    """

    def __init__(
        self,
        database: Database,
        calls: TokenFlexCalls,
        clock: Clock,
        allows: Callable[[str], bool],
        named: Iterable[str] = (),
    ) -> None:
        self._named = frozenset(named)
        self._saved_at: datetime | None = None
        self._wanted = False  # somebody named a contract that the list lacks
        self._database = database
        self._allows = allows
        self._calls = calls
        self._clock = clock
        self._wake = Bell(clock)
        self.contracts: tuple[Contract, ...] = ()
        self.trouble: str | None = None  #: why the last attempt to fetch failed, "" where it did not
        self._listeners: list[Callable[[], None]] = []

    @property
    def offered(self) -> tuple[Contract, ...]:
        """Those that people may choose."""
        return tuple(contract for contract in self.contracts if self._allows(contract.number))

    @property
    def meant(self) -> str:
        """The one contract that is meant where none is named, "" where there are several."""
        active = [contract.number for contract in self.offered if contract.is_active]
        return active[0] if len(active) == 1 else ""

    def subscribe(self, heard: Callable[[], None]) -> None:
        """Have `heard` called whenever the list was fetched."""
        self._listeners.append(heard)

    def lacks(self, number: str) -> bool:
        """Return whether the login certainly does not see a contract; what is asked for now is looked up again soon.

        Not where the list is old or unknown, nor where the settings name the contract: then Token Flex decides.
        """
        known = {contract.number for contract in self.contracts} | self._named
        age = None if self._saved_at is None else self._clock.now() - self._saved_at
        if age is None or age > _KEPT or not self.offered or number in known or not self._allows(number):
            return False
        if age >= _OLD_FOR_A_STRANGER:
            self._wanted = True
            self._wake.ring()
        return True

    async def load(self) -> None:
        """Read what earlier processes have fetched."""
        contracts, self._saved_at = await self._database.read(_kept)
        self.contracts = tuple(Contract(**kept) for kept in json.loads(contracts or "[]"))

    async def run(self) -> None:
        """Fetch when there is nothing, and again when what is there has become old."""
        failures = 0
        while True:
            saved = await self._database.read(facts.saved_at, CONTRACTS)
            now = self._clock.now()
            wanted, self._wanted = self._wanted, False
            if wanted or saved is None or not self.contracts or now - saved >= _KEPT:
                failures = 0 if await self._fetch() else failures + 1
                again = now + (OWN.after(failures) if failures else _KEPT)
            else:
                again = saved + _KEPT
            await self._wake.wait(again)

    async def _fetch(self) -> bool:
        try:
            contracts = await self._calls.call("contracts", lambda client: client.contracts(), rank=Rank.METADATA)
        except TokenFlexError as error:
            log.warning("the list of contracts could not be fetched", error=type(error).__name__, reason=str(error))
            self.trouble = str(error)
            return False
        self.trouble = ""
        if not contracts:
            log.warning("the Autodesk login sees no contract; it may be the wrong user, or lack a Token Flex role")
        await self._keep(contracts)
        return bool(contracts)

    async def _keep(self, contracts: tuple[Contract, ...]) -> None:
        listed = json.dumps([asdict(contract) for contract in contracts])
        now = self._saved_at = self._clock.now()
        await self._database.write(facts.put, CONTRACTS, listed, now)
        self.contracts = contracts
        for heard in self._listeners:
            heard()


def _kept(db: Connection) -> tuple[str | None, datetime | None]:
    return facts.get(db, CONTRACTS), facts.saved_at(db, CONTRACTS)
