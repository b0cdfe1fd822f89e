"""Values are fetched ahead: for contracts that people use, within the calls of a day, and never before anybody else."""

from collections.abc import Awaitable, Callable
from datetime import timedelta
from pathlib import Path
from random import Random
from typing import Any, TypeVar

import pytest

from bot.calls.budget import Rank
from bot.calls.gateway import TokenFlexCalls, Work
from bot.calls.turns import Turns
from bot.contracts.cache import ContractCache
from bot.contracts.values import MOST_OF_A_CONTRACT, MOST_OF_A_DAY, ContractValues
from bot.runtime.server_time import ServerTime
from bot.runtime.supervision import Supervisor
from bot.tokenflex import errors
from bot.tokenflex.models import Contract, LastUsage
from storage import facts
from storage.database import Database
from tests.harness import virtual_time
from tests.harness.rows import NOW, opened
from tests.harness.virtual_time import VirtualClock

T = TypeVar("T")
ALL = {"productName", "userName", "licenseServerName", "machineName", *(f"customField{n}" for n in range(1, 11))}
LABELS = [f"Own {number}" for number in range(1, 11)]
HOURS = 3600.0


class Upstream:
    """Token Flex as far as it lists things; `asked` has when which path was called, `trouble` what is wrong with it."""

    def __init__(self, clock: VirtualClock) -> None:
        self._clock = clock
        self.asked: list[tuple[float, str]] = []
        self.labels = LABELS
        self.trouble: dict[str, errors.TokenFlexError] = {}

    def enrichment_categories(self, number: str) -> tuple[str, ...]:
        self._ask(f"{number} labels")
        return tuple(self.labels)

    def enrichment_values(self, number: str, name: str) -> tuple[str, ...]:
        self._ask(f"{number} {name}")
        return (f"{name} of {number}",)

    field_values = enrichment_values

    def last_usage(self, number: str) -> tuple[LastUsage, ...]:
        self._ask(f"{number} last")
        return (LastUsage("DESKTOP_PRODUCT", NOW.date()),)

    def paths(self) -> list[str]:
        return [path for _, path in self.asked]

    def _ask(self, path: str) -> None:
        self.asked.append(((self._clock.now() - NOW).total_seconds(), path))
        if trouble := self.trouble.get(path.partition(" ")[2]):
            raise trouble


class Calls(TokenFlexCalls):
    """Calls that need no thread."""

    def __init__(self, upstream: Upstream, turns: Turns, clock: VirtualClock) -> None:
        nothing: Any = None
        super().__init__(nothing, nothing, turns, clock, Random(1))
        self._upstream: Any = upstream

    async def _in_thread(self, work: Work[T]) -> T:
        return work(self._upstream)


class House:
    """The cache over a Token Flex on paper."""

    def __init__(self, database: Database, clock: VirtualClock, turns: Turns, contracts: tuple[str, ...]) -> None:
        self.database, self.clock = database, clock
        self.upstream = Upstream(clock)
        self.calls = Calls(self.upstream, turns, clock)
        self.cache = ContractCache(database, self.calls, clock, lambda number: number != "secret", "client")
        self.cache.contracts = tuple(Contract(number, "", "", "", is_active=number != "3") for number in contracts)
        self.values = ContractValues(database, self.calls, clock, self.cache)
        self.supervisor = Supervisor(clock)

    async def start(self) -> None:
        await self.values.load()
        self.supervisor.start("values", self.values.run)


def lived(folder: Path, life: Callable[[House], Awaitable[None]], *contracts: str, restarts: bool = False) -> None:
    """Live through something in virtual time, and once more after a restart if it says so."""
    clock = VirtualClock(NOW)

    async def _live() -> None:
        async with opened(folder / "values.db") as database:
            for _ in range(1 + restarts):
                turns = Turns(database, clock, ServerTime(clock))
                await turns.load()
                house = House(database, clock, turns, contracts or ("1", "2", "secret"))
                await house.start()
                await life(house)
                await house.supervisor.stop()

    virtual_time.run(clock, _live())


def test_a_contract_that_is_used_is_known_soon(tmp_path: Path) -> None:
    """At most fifteen calls for its values and one for its freshness; kept for a day, and fetched anew when used."""

    async def life(house: House) -> None:
        house.values.use("1")
        await house.clock.sleep(1 * HOURS)
        assert set(house.values.values("1")) == ALL
        assert house.values.labels("1")["customField2"] == "Own 2"
        assert house.values.known_through("1", ()) == NOW.date()
        assert sum(path.startswith("1 ") for path in house.upstream.paths()) == MOST_OF_A_CONTRACT + 1
        assert [path for path in house.upstream.paths() if path.startswith("2 ")] == ["2 labels"]
        before = len(house.upstream.asked)
        house.values.use("1")
        await house.clock.sleep(4 * HOURS)
        assert len(house.upstream.asked) == before
        await house.clock.sleep(24 * HOURS)
        assert len(house.upstream.asked) == before
        assert house.values.values("1") == {}
        assert house.values.labels("1")
        house.values.use("1")
        await house.clock.sleep(1 * HOURS)
        assert set(house.values.values("1")) == ALL

    lived(tmp_path, life)


def test_nothing_is_fetched_of_a_contract_that_people_may_not_ask_for(tmp_path: Path) -> None:
    """Nor shown, were it known; one that they may ask for is."""

    async def life(house: House) -> None:
        house.values.use("secret")
        house.values.use("unknown")
        await house.clock.sleep(1 * HOURS)
        assert house.upstream.paths() == ["1 labels", "2 labels"]
        house.values._known["secret"] = house.values._known["1"]
        assert (house.values.values("secret"), house.values.labels("secret")) == ({}, {})
        assert house.values.known_through("secret", ()) is None
        assert house.values.labels("1")

    lived(tmp_path, life)


def test_sixty_calls_a_day_across_restarts(tmp_path: Path) -> None:
    """And fifteen of one contract, however often the bot is started; after a day it goes on."""
    numbers = [str(number) for number in range(1, 9)]
    made: list[str] = []

    async def life(house: House) -> None:
        is_first = not made
        for number in numbers if is_first else numbers[-1:]:
            house.values.use(number)
        await house.clock.sleep(4 * HOURS)
        made.extend(house.upstream.paths())
        assert len(made) <= MOST_OF_A_DAY
        assert all(sum(p.startswith(f"{n} ") and p != f"{n} last" for p in made) <= MOST_OF_A_CONTRACT for n in numbers)
        if not is_first:
            assert len(made) == MOST_OF_A_DAY
            await house.clock.sleep(21 * HOURS)
            house.values.use("8")
            await house.clock.sleep(2 * HOURS)
            assert set(house.values.values("8")) == ALL

    lived(tmp_path, life, *numbers, restarts=True)


def test_no_values_are_on_disk(tmp_path: Path) -> None:
    """Names of people and machines are in memory only; after a restart labels and freshness are there at once."""
    lives: list[str] = []

    async def life(house: House) -> None:
        if lives:
            assert house.values.labels("1")["customField10"] == "Own 10"
            assert house.values.known_through("1", ()) == NOW.date()
            assert house.values.values("1") == {}
        lives.append("one")
        house.values.use("1")
        await house.clock.sleep(1 * HOURS)
        stored = await house.database.read(lambda db: "\n".join(db.conn.iterdump()))
        assert "Own 10" in stored
        assert " of 1'" not in stored.replace("values of 1'", "").replace("freshness of 1'", "")
        assert await house.database.read(facts.get, "labels 1")

    lived(tmp_path, life, restarts=True)


def test_what_was_used_last_is_fetched_first(tmp_path: Path) -> None:
    """The person who has just chosen a contract is the one who looks for its values."""

    async def life(house: House) -> None:
        house.values.use("1")
        house.values.use("2")
        await house.clock.sleep(2 * HOURS)
        paths = house.upstream.paths()
        assert paths.index("2 machineName") < paths.index("1 productName")
        assert paths[:4] == ["2 labels", "2 last", "2 productName", "2 userName"]

    lived(tmp_path, life)


def test_a_person_never_waits_for_it(tmp_path: Path) -> None:
    """While people call as fast as they may nothing is fetched; and where it is, a person has their call at once."""

    async def life(house: House) -> None:
        turns = house.calls.turns
        house.values.use("1")
        await house.clock.sleep(70)
        assert house.upstream.asked == []  # nor in the first minute, whose calls people wait for
        await house.clock.sleep(10)
        assert house.upstream.asked
        for _ in range(3):
            before = house.clock.now()
            await turns.end(await turns.wait("call", rank=Rank.PEOPLE, person="U1"))
            assert house.clock.now() - before < timedelta(seconds=1)
        fetched = len(house.upstream.asked)
        for _ in range(60):
            await turns.end(await turns.wait("call", rank=Rank.PEOPLE, person="U1"))
            await house.clock.sleep(5)
        assert len(house.upstream.asked) <= fetched + 1  # before people were found to be busy
        await house.clock.sleep(2 * HOURS)
        assert set(house.values.values("1")) == ALL

    lived(tmp_path, life)


@pytest.mark.parametrize(
    "trouble",
    [
        errors.ForbiddenError("no"),
        errors.InvalidRequestError("no"),
        errors.NotFoundError("no"),
        errors.TimedOutError("slow"),
        errors.UpstreamBrokenError("html"),
    ],
    ids=lambda each: type(each).__name__,
)
def test_what_fails_alone_holds_up_nothing_else(tmp_path: Path, trouble: errors.TokenFlexError) -> None:
    """It is tried once; what is refused not again that day, anything else when somebody uses the contract later."""

    async def life(house: House) -> None:
        house.upstream.labels, house.upstream.trouble = LABELS[:3], {"userName": trouble}
        house.values.use("1")
        await house.clock.sleep(2 * HOURS)
        assert len(house.values.values("1")) == 6
        assert house.upstream.paths().count("1 userName") == 1
        house.upstream.trouble = {}
        house.values.use("1")
        await house.clock.sleep(2 * HOURS)
        is_refused = isinstance(trouble, errors.RefusedError)
        assert ("userName" in house.values.values("1")) is not is_refused

    lived(tmp_path, life)


@pytest.mark.parametrize(
    "trouble",
    [errors.UnreachableError("away"), errors.LoginNeededError("gone"), errors.UpstreamBrokenError(status=503)],
    ids=lambda each: type(each).__name__,
)
def test_an_outage_costs_few_calls(tmp_path: Path, trouble: errors.TokenFlexError) -> None:
    """So few that after two hours of it everything is still fetched but what they would have been for."""

    async def life(house: House) -> None:
        house.upstream.trouble = dict.fromkeys(["labels", "last", *ALL], trouble)
        house.values.use("1")
        await house.clock.sleep(2 * HOURS)
        tries = len(house.upstream.asked)
        assert 5 <= tries <= 8
        house.upstream.trouble = {}
        await house.clock.sleep(2 * HOURS)
        assert {"productName", "userName"} <= set(house.values.values("1"))
        assert len(house.upstream.asked) <= MOST_OF_A_CONTRACT + 2

    lived(tmp_path, life)


def test_what_was_used_long_ago_makes_room(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Memory has an end; what was used last stays."""
    monkeypatch.setattr("bot.contracts.values._MOST_HELD", 20)

    async def life(house: House) -> None:
        for number in ("1", "2"):
            house.values.use(number)
            await house.clock.sleep(1 * HOURS)
        house.values.use("2")
        await house.clock.sleep(1)
        assert house.values.values("1") == {}
        assert set(house.values.values("2")) == ALL

    lived(tmp_path, life)
