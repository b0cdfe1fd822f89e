"""Discrete-event time for the real bot: when nothing can go on, the clock jumps to the next moment somebody waits for.

"Nothing can go on" is what asyncio itself knows: its loop asks the selector to wait. Worker threads would be invisible
to it, so on this loop their work is done inline; a virtual day of the bot is then one thread, and the same every time.
"""

import asyncio
import selectors
from collections.abc import Callable, Coroutine
from concurrent.futures import Executor
from datetime import datetime, timedelta
from heapq import heappop, heappush
from itertools import count
from math import ceil
from typing import Any, TypeVar

T = TypeVar("T")
_SECOND = 1_000_000  #: in whole microseconds, as `datetime` counts, so that a sleep never ends a rounding too early


class VirtualClock:
    """A clock that stands still until it is told to jump."""

    def __init__(self, origin: datetime) -> None:
        self._origin = origin
        self._at = 0
        self._sleepers: list[tuple[int, int, asyncio.Future[None]]] = []
        self._order = count()

    def now(self) -> datetime:
        """Return the virtual time in UTC."""
        return self._origin + timedelta(microseconds=self._at)

    async def sleep(self, seconds: float) -> None:
        """Return after that many virtual seconds."""
        ends = self._at + max(1, ceil(seconds * _SECOND - 1e-3))
        sleeper = asyncio.get_running_loop().create_future()
        heappush(self._sleepers, (ends, next(self._order), sleeper))
        await sleeper

    def jump(self) -> bool:
        """Go to the end of the sleep that ends first and wake it; False where nobody sleeps."""
        while self._sleepers:
            ends, _, sleeper = heappop(self._sleepers)
            if not sleeper.done():
                self._at = ends
                sleeper.set_result(None)
                return True
        return False


class _JumpingSelector(selectors.SelectSelector):
    """Where the loop would wait, the clock jumps instead."""

    def __init__(self, clock: VirtualClock) -> None:
        super().__init__()
        self._clock = clock

    def select(self, timeout: float | None = None) -> list[tuple[selectors.SelectorKey, int]]:
        would_wait = timeout is None or timeout > 0
        if would_wait and not self._clock.jump():
            raise RuntimeError("everybody waits and nobody sleeps: the virtual world has come to an end")
        return super().select(0)


class _VirtualLoop(asyncio.SelectorEventLoop):
    def run_in_executor(  # type: ignore[override]
        self,
        executor: Executor | None,
        func: Callable[..., T],
        *args: Any,
    ) -> asyncio.Future[T]:
        """Do the work of a worker thread now."""
        future: asyncio.Future[T] = self.create_future()
        try:
            future.set_result(func(*args))
        except Exception as error:  # noqa: BLE001 - handed to whoever awaits the work
            future.set_exception(error)
        return future


def run(clock: VirtualClock, main: Coroutine[Any, Any, T]) -> T:
    """Run a coroutine and everything that it starts on virtual time."""
    with asyncio.Runner(loop_factory=lambda: _VirtualLoop(_JumpingSelector(clock))) as runner:
        return runner.run(main)
