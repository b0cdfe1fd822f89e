"""Waiting for work or for time, whichever comes first."""

import asyncio

from bot.runtime.clock import Clock


class Bell:
    """A bell for one loop: rung by anybody, heard once."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._event = asyncio.Event()

    def ring(self) -> None:
        """Wake the loop, now or at its next wait."""
        self._event.set()

    async def wait(self, seconds: float | None = None) -> None:
        """Return when the bell has rung, or after that many seconds."""
        rung = asyncio.ensure_future(self._event.wait())
        waits = [rung] if seconds is None else [rung, asyncio.ensure_future(self._clock.sleep(max(0.0, seconds)))]
        try:
            await asyncio.wait(waits, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for wait in waits:  # nothing is awaited here: a stop that arrives in this moment must not be swallowed
                wait.cancel()
        self._event.clear()
