"""A clock that a test moves by hand; nothing sleeps for real."""

import asyncio
import heapq
from datetime import UTC, datetime, timedelta
from itertools import count

_ROUNDS = 50


class MovedClock:
    """Stands still until `advance`; sleepers are woken in the order of their moments, each at its own moment."""

    def __init__(self, start: datetime = datetime(2026, 11, 24, 9, 0, tzinfo=UTC)) -> None:
        self._now = start
        self._sleepers: list[tuple[datetime, int, asyncio.Future[None]]] = []
        self._order = count()

    def now(self) -> datetime:
        """Return the time in UTC."""
        return self._now

    async def sleep(self, seconds: float) -> None:
        """Return when the clock has been moved that far."""
        sleeper = asyncio.get_running_loop().create_future()
        heapq.heappush(self._sleepers, (self._now + timedelta(seconds=seconds), next(self._order), sleeper))
        await sleeper

    async def advance(self, seconds: float) -> None:
        """Move the clock, stopping at each sleeper's moment and letting what it wakes run."""
        end = self._now + timedelta(seconds=seconds)
        await settle()
        while self._sleepers and self._sleepers[0][0] <= end:
            moment, _, sleeper = heapq.heappop(self._sleepers)
            if sleeper.cancelled():
                continue
            self._now = max(self._now, moment)
            sleeper.set_result(None)
            await settle()
        self._now = end
        await settle()


async def settle() -> None:
    """Let everything that can run on the loop run."""
    for _ in range(_ROUNDS):
        await asyncio.sleep(0)
