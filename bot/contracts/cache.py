"""The contracts that forms offer: kept for hours and across restarts, fetched ahead."""

import json
from collections.abc import Callable, Iterable
from dataclasses import asdict
from datetime import UTC, datetime, timedelta

import structlog
from sqlite_utils import Database as Connection

from bot.calls.budget import Rank
from bot.calls.gateway import TokenFlexCalls
from bot.runtime.backoff import OWN
from bot.runtime.bell import Bell
from bot.runtime.clock import Clock
from bot.tokenflex.errors import TokenFlexError
from bot.tokenflex.models import Contract
from storage import facts, logins
from storage.database import Database

CONTRACTS = "contracts"  #: the fact that keeps them, as JSON
_CLIENT = "contracts seen by"  #: the fact that has the client ID that they were fetched with
_KEPT = timedelta(hours=12)
#: A list this old is fetched again when somebody names a contract that it lacks: it may be new.
_OLD_FOR_A_STRANGER = timedelta(minutes=15)
#: So long after somebody has signed in a token of the login before may be in use (source: APS, access tokens).
_LAST_OF_BEFORE = timedelta(hours=1)
#: So often the database is looked at for a sign-in, which another process stores.
_LOOKED_AT = timedelta(hours=1)

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
        client: str,
        named: Iterable[str] = (),
    ) -> None:
        self._client = client
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
        """Read what earlier processes have fetched with the login that there is now."""
        contracts, self._saved_at = await self._database.read(_kept, self._client)
        self.contracts = tuple(Contract(**kept) for kept in json.loads(contracts or "[]"))

    async def run(self) -> None:
        """Fetch when there is nothing, and again when what is there has become old, or may be of the login before."""
        failures = 0
        while True:
            signed_in = await self._database.read(logins.changed_at)
            now = self._clock.now()
            wanted, self._wanted = self._wanted, False
            if wanted or now >= self._good_until(signed_in):
                failures = 0 if await self._fetch() else failures + 1
            again = now + OWN.after(failures) if failures else self._good_until(signed_in)
            await self._wake.wait(min(again, now + _LOOKED_AT))

    def _good_until(self, signed_in: datetime | None) -> datetime:
        """Return until when the list need not be fetched again, as somebody signed in then."""
        saved = self._saved_at
        if saved is None or not self.contracts or (signed_in is not None and saved < signed_in):
            return datetime.min.replace(tzinfo=UTC)
        if signed_in is not None and saved < signed_in + _LAST_OF_BEFORE:
            return signed_in + _LAST_OF_BEFORE
        return saved + _KEPT

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
        await self._database.write(_keep, listed, self._client, now)
        self.contracts = contracts
        for heard in self._listeners:
            heard()


def seen_with_login(db: Connection) -> tuple[str | None, datetime | None]:
    """Return the contracts, as JSON, and when they were fetched; nothing where another login counts since then."""
    saved, signed_in = facts.saved_at(db, CONTRACTS), logins.changed_at(db)
    if saved is None or (signed_in is not None and saved < signed_in):
        return None, None
    return facts.get(db, CONTRACTS), saved


def _kept(db: Connection, client: str) -> tuple[str | None, datetime | None]:
    contracts, saved = seen_with_login(db)
    return (contracts, saved) if facts.get(db, _CLIENT) in {None, client} else (None, None)


def _keep(db: Connection, contracts: str, client: str, now: datetime) -> None:
    facts.put(db, CONTRACTS, contracts, now)
    facts.put(db, _CLIENT, client, now)
