"""Discrete-event time for the real bot: when nothing can go on, the clock jumps to the next moment somebody waits for.

"Nothing can go on" is what asyncio itself knows: its loop asks the selector to wait. Work for threads is done just
then, one piece after another, and the clock stands still meanwhile, so that a virtual day is the same every time. Since
everything waits for it, no thread is woken for it: that halves what a day costs.
"""

import asyncio
import selectors
from collections import deque
from collections.abc import Callable, Coroutine
from concurrent.futures import Executor
from datetime import datetime, timedelta
from functools import partial
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


class ThreadWork:
    """What would wait for a thread: it begins when the loop has nothing else to do, one piece after another.

    By then the loop has gone on as far as it can, so that work which reads what the loop changes meanwhile reads the
    wrong thing, and each run is the same.
    """

    def __init__(self) -> None:
        self._waiting: deque[tuple[asyncio.Future[Any], Callable[[], Any]]] = deque()

    def put(self, done: "asyncio.Future[T]", work: Callable[[], T]) -> None:
        """Have `work` done later."""
        self._waiting.append((done, work))

    def do_next(self) -> bool:
        """Do the next piece; False where nothing waits."""
        if not self._waiting:
            return False
        done, work = self._waiting.popleft()
        try:
            result = work()
        except Exception as error:  # noqa: BLE001 - handed to whoever awaits the work
            _unless_done(done, done.set_exception, error)
        else:
            _unless_done(done, done.set_result, result)
        return True


def _unless_done(future: "asyncio.Future[Any]", settle: Callable[[Any], None], what: object) -> None:
    if not future.done():
        settle(what)


class _JumpingSelector(selectors.SelectSelector):
    """Where the loop would wait, the work of threads is done, and where there is none the clock jumps."""

    def __init__(self, clock: VirtualClock, threads: ThreadWork) -> None:
        super().__init__()
        self._clock = clock
        self._threads = threads

    def select(self, timeout: float | None = None) -> list[tuple[selectors.SelectorKey, int]]:
        would_wait = timeout is None or timeout > 0
        if would_wait and not self._threads.do_next() and not self._clock.jump():
            raise RuntimeError("everybody waits and nobody sleeps: the virtual world has come to an end")
        return super().select(0)


class VirtualLoop(asyncio.SelectorEventLoop):
    """The loop of a virtual world."""

    def __init__(self, clock: VirtualClock) -> None:
        self._threads_work = ThreadWork()
        super().__init__(_JumpingSelector(clock, self._threads_work))

    def run_in_executor(  # type: ignore[override]
        self,
        executor: Executor | None,
        func: Callable[..., T],
        *args: Any,
    ) -> asyncio.Future[T]:
        """Have the work done, later."""
        if executor is None:
            raise RuntimeError("work of this world names its threads")
        future: asyncio.Future[T] = self.create_future()
        self._threads_work.put(future, partial(func, *args))
        return future


def run(clock: VirtualClock, main: Coroutine[Any, Any, T]) -> T:
    """Run a coroutine and everything that it starts on virtual time."""
    with asyncio.Runner(loop_factory=lambda: VirtualLoop(clock)) as runner:
        return runner.run(main)
