"""The contracts that the bot knows: of the login that it has, for half a day, and of another one soon."""

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from random import Random
from typing import cast

from bot.calls.turns import Turns
from bot.contracts.cache import ContractCache
from bot.runtime.server_time import ServerTime
from bot.tokenflex.client import TokenFlexClient
from bot.tokenflex.models import Contract
from bot.tokenflex.oauth import AccessTokens
from storage import logins
from tests.harness.stored import MemoryDatabase
from tests.harness.virtual_time import VirtualClock, run
from tests.unit.exports.test_poller import CallsOnLoop

ORIGIN = datetime(2026, 11, 24, tzinfo=UTC)
HOUR = timedelta(hours=1)
TOKEN_LIFE = timedelta(minutes=59)


class Autodesk:
    """Shows the contracts of whoever the access token is of; one of the login before lives on for an hour."""

    def __init__(self, clock: VirtualClock) -> None:
        self._clock = clock
        self.signed_in = ORIGIN - HOUR
        self.asked: list[datetime] = []

    def contracts(self) -> tuple[Contract, ...]:
        """Return the contracts, and the custom fields are nobody's."""
        self.asked.append(self._clock.now())
        theirs = self.signed_in > ORIGIN and self._clock.now() >= self.signed_in + TOKEN_LIFE
        return (Contract("theirs"), Contract("also theirs")) if theirs else (Contract("ours"), Contract("also ours"))


class World:
    """A cache on virtual time."""

    def __init__(self, clock: VirtualClock) -> None:
        self.clock, self.database, self.autodesk = clock, MemoryDatabase(), Autodesk(clock)
        self.cache = self.new_cache()

    def new_cache(self, client: str = "app") -> ContractCache:
        """Return the cache of another process."""
        turns = Turns(self.database, self.clock, ServerTime(self.clock))
        calls = CallsOnLoop(
            cast("TokenFlexClient", self.autodesk), cast("AccessTokens", None), turns, self.clock, Random(1)
        )
        return ContractCache(self.database, calls, self.clock, lambda _: True, client)

    async def signs_in(self) -> None:
        """Have somebody sign in beside the bot."""
        self.autodesk.signed_in = self.clock.now()
        await self.database.write(logins.changed, self.clock.now())


def lived(story: Callable[[World], Awaitable[None]]) -> None:
    """Let a story happen while the cache is at work."""
    clock = VirtualClock(ORIGIN)

    async def _main() -> None:
        world = World(clock)
        work = asyncio.ensure_future(world.cache.run())
        await clock.sleep(60)
        assert world.cache.contracts[0].number == "ours"
        await story(world)
        work.cancel()
        with suppress(asyncio.CancelledError):
            await work
        await world.database.close()

    run(clock, _main())


def test_a_list_is_good_for_half_a_day() -> None:
    """Two calls a day, where nobody signs in."""

    async def _story(world: World) -> None:
        await world.clock.sleep(47 * 3600)
        assert len(world.autodesk.asked) == 4

    lived(_story)


def test_whoever_signs_in_is_offered_their_contracts_soon() -> None:
    """Also when a token of the login before is in use for as long as it can be; then it is two calls a day again."""

    async def _story(world: World) -> None:
        await world.clock.sleep(5 * 3600 + 1234)
        await world.signs_in()
        await world.clock.sleep(2 * 3600)
        assert [contract.number for contract in world.cache.contracts] == ["theirs", "also theirs"]
        assert len(world.autodesk.asked) <= 3
        asked = len(world.autodesk.asked)
        await world.clock.sleep(36 * 3600)
        assert len(world.autodesk.asked) <= asked + 3

    lived(_story)


def test_a_process_knows_nothing_of_another_login_or_app() -> None:
    """What was fetched before goes on for the same login alone."""

    async def _story(world: World) -> None:
        same, other = world.new_cache(), world.new_cache("another app")
        await same.load()
        await other.load()
        assert [contract.number for contract in same.contracts] == ["ours", "also ours"]
        assert same.lacks("theirs")
        assert not other.contracts
        await world.clock.sleep(1)
        await world.signs_in()
        after = world.new_cache()
        await after.load()
        assert not after.contracts
        assert not after.lacks("theirs")

    lived(_story)
