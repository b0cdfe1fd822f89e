"""What Token Flex counted of a contract: two calls for all who want to know, kept for the login that was shown it."""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import date, timedelta
from random import Random
from typing import Any, cast

import pytest

from bot.calls.budget import Rank
from bot.calls.turns import StoppingError, Turns
from bot.contracts.usage import Counted
from bot.contracts.usage_cache import UsageCache, for_alerts
from bot.contracts.values import ContractValues
from bot.runtime.server_time import ServerTime
from bot.tokenflex.client import TokenFlexClient
from bot.tokenflex.errors import TokenFlexError, UnreachableError
from bot.tokenflex.models import MonthOfUse, TokenYear
from bot.tokenflex.oauth import AccessTokens
from storage import calls, logins
from tests.harness.rows import NOW
from tests.harness.stored import MemoryDatabase
from tests.harness.virtual_time import VirtualClock, run
from tests.unit.exports.test_poller import CallsOnLoop

YEARS = (TokenYear(1, date(2026, 1, 1), date(2026, 12, 31), 10, 4, 6),)
MONTHS = (MonthOfUse(date(2026, 2, 1), "DESKTOP_PRODUCT", 4, 2),)


class Upstream:
    """Token Flex as far as it counts; `asked` are its calls, `trouble` is what is wrong with the next."""

    def __init__(self) -> None:
        self.asked: list[str] = []
        self.trouble: TokenFlexError | None = None

    def token_years(self, contract: str) -> tuple[TokenYear, ...]:
        self._ask(f"contract {contract}")
        return YEARS

    def monthly_summary(self, contract: str) -> tuple[MonthOfUse, ...]:
        self._ask(f"summary {contract}")
        return MONTHS

    def _ask(self, what: str) -> None:
        self.asked.append(what)
        if self.trouble is not None:
            raise self.trouble


class Fresh:
    """What is known of how fresh the usage is."""

    day: date | None = None

    def known_through(self, *_: Any) -> date | None:
        return self.day


class World:
    """A cache on virtual time."""

    def __init__(self, clock: VirtualClock) -> None:
        self.clock, self.database, self.upstream, self.fresh = clock, MemoryDatabase(), Upstream(), Fresh()
        self.turns = Turns(self.database, clock, ServerTime(clock))
        self.cache = self.another()

    def another(self, client: str = "app") -> UsageCache:
        """Return the cache of another process."""
        gateway = CallsOnLoop(
            cast("TokenFlexClient", self.upstream), cast("AccessTokens", None), self.turns, self.clock, Random(1)
        )
        return UsageCache(self.database, gateway, self.clock, cast("ContractValues", self.fresh), client)


def lived(story: Callable[[World], Awaitable[None]]) -> None:
    """Let a story happen."""
    clock = VirtualClock(NOW)

    async def _main() -> None:
        world = World(clock)
        await world.cache.load()
        await story(world)
        await world.database.close()

    run(clock, _main())


def test_all_who_ask_at_once_share_two_calls() -> None:
    """And what came is known from then on, for an hour as what is new."""

    async def _story(world: World) -> None:
        assert await world.cache.known("11") is None
        told = await asyncio.gather(*(world.cache.ask("11", person) for person in ("U1", "U2", "U3")))
        assert world.upstream.asked == ["contract 11", "summary 11"]
        assert told[0] == Counted("11", world.clock.now(), None, YEARS, MONTHS)
        known = await world.another().known("11")
        assert known == told[0]
        await world.clock.sleep(3590)
        assert world.cache.is_new(known)
        await world.clock.sleep(20)
        assert not world.cache.is_new(known)
        assert await world.cache.known("11") == known

    lived(_story)


def test_how_fresh_the_usage_is_may_be_found_out_later() -> None:
    """It is said of figures that are good still, and of old ones as it was."""

    async def _story(world: World) -> None:
        await world.cache.ask("11", "U1")
        world.fresh.day = date(2026, 3, 2)
        known = await world.cache.known("11")
        assert known is not None
        assert known.known_through == date(2026, 3, 2)
        await world.clock.sleep(4000)
        old = await world.cache.known("11")
        assert old is not None
        assert old.known_through is None

    lived(_story)


def test_trouble_costs_one_call_and_is_no_answer() -> None:
    """What was known stays so, and whoever asks next asks anew."""

    async def _story(world: World) -> None:
        before = await world.cache.ask("11", "U1")
        world.upstream.trouble, world.upstream.asked = UnreachableError("away"), []
        with pytest.raises(UnreachableError):
            await world.cache.ask("11", "U1")
        assert world.upstream.asked == ["contract 11"]
        assert await world.cache.known("11") == before
        world.upstream.trouble = None
        await world.clock.sleep(120)
        assert (await world.cache.ask("11", "U1")).at > before.at

    lived(_story)


def test_alerts_ask_at_the_lowest_rank_by_calls_of_their_own_name() -> None:
    """Who wants to know hears of the end, good or bad; asked again meanwhile is asked once."""

    async def _story(world: World) -> None:
        heard: list[bool] = []
        world.cache.subscribe(lambda: heard.append(world.cache.is_asked("11")))
        world.cache.ask_ahead("11")
        world.cache.ask_ahead("11")
        assert world.cache.is_asked("11")
        while not heard:
            await world.clock.sleep(10)
        assert (heard, world.upstream.asked) == ([False], ["contract 11", "summary 11"])
        now = world.clock.now()
        count, _ = await world.database.read(calls.between, for_alerts("11"), now - timedelta(days=1), now)
        ranks = await world.database.read(calls.count_by_name, Rank.AHEAD.value, now - timedelta(days=1))
        assert (count, ranks) == (2, {for_alerts("11"): 2})
        world.upstream.trouble = UnreachableError("away")
        world.cache.ask_ahead("11")
        while len(heard) < 2:
            await world.clock.sleep(10)

    lived(_story)


def test_a_person_does_not_wait_for_the_turn_of_an_alert() -> None:
    """Nor is an alert's turn spent where a person has asked meanwhile."""

    async def _story(world: World) -> None:
        for contract in range(5):  # people are busy: what is not urgent waits
            await world.cache.ask(str(contract), "U1")
        world.upstream.asked.clear()
        world.cache.ask_ahead("11")
        await world.clock.sleep(1)
        assert world.upstream.asked == []
        counted = await world.cache.ask("11", "U2")
        assert counted.at > NOW
        await world.clock.sleep(7200)
        assert world.upstream.asked == ["contract 11", "summary 11"]
        assert not world.cache.is_asked("11")

    lived(_story)


def test_what_another_login_was_shown_is_not_known() -> None:
    """Nor what another app of the settings was."""

    async def _story(world: World) -> None:
        await world.cache.ask("11", "U1")
        await world.cache.ask("12", "U1")
        same, other = world.another(), world.another("another app")
        await same.load()
        assert await same.known("11") is not None
        await world.clock.sleep(1)
        await world.database.write(logins.changed, world.clock.now())
        assert await same.known("11") is None
        await same.ask("11", "U1")
        assert await same.known("11") is not None
        await other.load()
        assert await other.known("11") is None
        assert await same.known("12") is None

    lived(_story)


def test_a_stop_sends_away_who_waits_for_a_call() -> None:
    """Within the time that it has."""

    async def _story(world: World) -> None:
        asking = world.cache.ask("11", "U1")
        world.turns.close()
        await world.cache.settle(timedelta(seconds=5).total_seconds())
        with pytest.raises(StoppingError):
            await asking
        assert not world.upstream.asked

    lived(_story)
