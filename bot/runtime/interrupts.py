"""Signals that end the program: what must not be cut off ends first, within the ten seconds that a host allows."""

import asyncio
import signal
from collections.abc import Awaitable, Callable
from concurrent.futures import ThreadPoolExecutor
from contextvars import copy_context
from typing import Final, ParamSpec, TypeVar

import structlog

T = TypeVar("T")
P = ParamSpec("P")

#: Real seconds that a call under way is waited for after a signal, its storing included.
GRACE: Final = 8.0

log = structlog.get_logger(__name__)


class InterruptedBySignalError(Exception):
    """A signal has ended the work."""


async def until_signal(work: Awaitable[T]) -> T:
    """Return what the work returns. A signal cancels it, the first one only, and it ends in its own time.

    A terminal that is closed (SIGHUP) is one, unless whoever started the program had it ignored, as `nohup` does.

    Raises:
        InterruptedBySignalError: a signal came, and the work has ended.

    """
    interrupted = asyncio.Event()
    loop = asyncio.get_running_loop()
    hangs_up = signal.getsignal(signal.SIGHUP) is not signal.SIG_IGN
    for number in (signal.SIGINT, signal.SIGTERM, *([signal.SIGHUP] if hangs_up else [])):
        loop.add_signal_handler(number, interrupted.set)
    task, waiting = asyncio.ensure_future(work), asyncio.create_task(interrupted.wait())
    await asyncio.wait((task, waiting), return_when=asyncio.FIRST_COMPLETED)
    waiting.cancel()
    if task.done():
        return task.result()
    task.cancel()
    await asyncio.wait((task,))
    if not task.cancelled():
        task.result()  # what went wrong is worth more than that it was interrupted
    raise InterruptedBySignalError


async def finished(work: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
    """Run blocking work in a thread. Whoever is cancelled meanwhile waits for its end, for so long as the grace is."""
    thread = ThreadPoolExecutor(1, thread_name_prefix="finished")
    job = asyncio.get_running_loop().run_in_executor(thread, lambda: copy_context().run(work, *args, **kwargs))
    try:
        return await asyncio.shield(job)
    except asyncio.CancelledError:
        await asyncio.wait((job,), timeout=GRACE)
        if not job.done():
            log.warning("the program ends while a call is under way")
            raise
        job.result()
        raise
    finally:
        thread.shutdown(wait=False)


def uninterrupted(work: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
    """Do work outside of any event loop that a signal must not cut off.

    Raises:
        InterruptedBySignalError: a signal came; the work has ended, or takes longer than the grace.

    """
    return asyncio.run(until_signal(finished(work, *args, **kwargs)))
