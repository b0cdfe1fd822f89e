"""A clock that a test moves by hand; nothing sleeps for real, and the work of threads takes no time of it."""

import asyncio
import heapq
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from itertools import count
from weakref import WeakKeyDictionary

_ROUNDS = 50
_A_MOMENT = 0.0002  #: real seconds


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


#: How much of the work of threads each loop waits for.
_work: WeakKeyDictionary[asyncio.AbstractEventLoop, int] = WeakKeyDictionary()


@contextmanager
def under_way() -> Iterator[None]:
    """Let `settle` know that a thread has work, for as long as this lasts."""
    loop = asyncio.get_running_loop()
    _work[loop] = _work.get(loop, 0) + 1
    try:
        yield
    finally:
        _work[loop] -= 1


async def settle() -> None:
    """Let everything run that can: on the loop, and in the threads of databases."""
    loop, quiet = asyncio.get_running_loop(), 0
    while quiet < _ROUNDS:
        working = _work.get(loop, 0) > 0
        await asyncio.sleep(_A_MOMENT if working else 0)
        quiet = 0 if working else quiet + 1
