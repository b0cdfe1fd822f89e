"""Waiting for work or for time, whichever comes first."""

import asyncio
from datetime import datetime

from bot.runtime.clock import Clock

#: Seconds. Loops are woken by commits and by moments; a look now and then only heals what nobody has thought of.
LOOK_EVERY = 30.0
_SHORTEST = 0.02  #: a sleep that ends a rounding too early is not followed by thousands of others


class Bell:
    """A bell for one loop: rung by anybody, heard once."""

    def __init__(self, clock: Clock, *, looks: bool = False) -> None:
        """With `looks` a wait is never longer than `LOOK_EVERY`."""
        self._clock = clock
        self._looks = looks
        self._event = asyncio.Event()

    def ring(self) -> None:
        """Wake the loop, now or at its next wait."""
        self._event.set()

    async def wait(self, *moments: datetime | None) -> None:
        """Return when the bell has rung, at the earliest of these moments, or for a periodic look."""
        now = self._clock.now()
        pauses = [max(_SHORTEST, (moment - now).total_seconds()) for moment in moments if moment is not None]
        if self._looks:
            pauses.append(LOOK_EVERY)
        waits: list[asyncio.Future[object]] = [asyncio.ensure_future(self._event.wait())]
        if pauses:
            waits.append(asyncio.ensure_future(self._clock.sleep(min(pauses))))
        try:
            await asyncio.wait(waits, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for wait in waits:  # nothing is awaited here: a stop that arrives in this moment must not be swallowed
                wait.cancel()
        self._event.clear()
