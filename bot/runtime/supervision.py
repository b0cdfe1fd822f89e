"""Background loops with a guardian: a crash is logged, counted, and the loop starts again after a pause."""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import timedelta

import structlog

from bot.runtime.backoff import SHARED
from bot.runtime.clock import Clock

_HEALTHY = timedelta(minutes=5)  #: a loop that ran that long starts again after the shortest pause

log = structlog.get_logger(__name__)


class Supervisor:
    """Keeps named loops running until it is told to stop; none of them ends without a line in the log."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._tasks: dict[str, asyncio.Task[None]] = {}
        self.crashes: dict[str, int] = {}

    def start(self, name: str, loop: Callable[[], Awaitable[None]]) -> None:
        """Run a loop under this name."""
        self._tasks[name] = asyncio.create_task(self._keep(name, loop), name=name)

    async def stop(self) -> None:
        """Cancel every loop and wait until all have ended."""
        for task in self._tasks.values():
            task.cancel()
        await asyncio.gather(*self._tasks.values(), return_exceptions=True)
        self._tasks.clear()

    async def _keep(self, name: str, loop: Callable[[], Awaitable[None]]) -> None:
        in_a_row = 0
        while True:
            started = self._clock.now()
            try:
                await loop()
            except Exception:
                self.crashes[name] = self.crashes.get(name, 0) + 1
                in_a_row = 1 if self._clock.now() - started >= _HEALTHY else in_a_row + 1
                pause = SHARED.after(in_a_row).total_seconds()
                log.exception(
                    "a background loop crashed and is started again",
                    loop=name,
                    crashes=self.crashes[name],
                    pause=pause,
                )
            else:
                log.error("a background loop has ended by itself", loop=name)
                return
            await self._clock.sleep(pause)


class TaskGroup:
    """Short background jobs: each is kept until it ends, and an error in one is logged, never lost."""

    def __init__(self) -> None:
        self._tasks: set[asyncio.Task[None]] = set()

    def start(self, name: str, job: Awaitable[None], *, export: int | None) -> None:
        """Run a job; where it is for an export, each line of the log then names that by its number."""
        task = asyncio.ensure_future(_logged(name, job, export))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def settle(self, seconds: float) -> None:
        """Wait up to that many real seconds for the running jobs, then cancel the rest."""
        if not self._tasks:
            return
        _, late = await asyncio.wait(self._tasks, timeout=seconds)
        for task in late:
            task.cancel()
        await asyncio.gather(*late, return_exceptions=True)


async def _logged(name: str, job: Awaitable[None], export: int | None) -> None:
    with structlog.contextvars.bound_contextvars(**({} if export is None else {"export": export})):
        try:
            await job
        except Exception:
            log.exception("a background job failed", job=name)
