"""Through time: the clock jumps from one moment at which the bot has something to do by itself to the next.

At each such moment time runs as usual, only faster, until what came of it is done: whoever travels a year has seen
each report of it, and the bot has been there all the time.
"""

import asyncio
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Protocol

from sandbox.clock import Clock

_SPEED = 20.0  #: times as fast as real time, while something is being done on the way
_LOOK = 0.1  #: real seconds
_PATIENCE = 30.0  #: real seconds for one stop, which is ten minutes of the clock; an outage may last for ever
_ON = timedelta(days=1)  #: how far it goes from a stop at which what is to be done could not be done


class NobodyThereError(Exception):
    """The bot does not say (any more) what it has to do."""


@dataclass(frozen=True, slots=True)
class Ahead:
    """What a bot has to do by itself: whether something is due or under way, and when the next thing is due."""

    busy: bool
    next_at: datetime | None


class Time(Protocol):
    """The time of stand-ins and bot, which can be moved."""

    def run_at(self, factor: float) -> None:
        """Run that many times as fast as real time."""

    def jump_to(self, moment: datetime) -> None:
        """Go on from a later moment."""

    async def ahead(self) -> Ahead:
        """Return what the bot has to do. Raises NobodyThereError."""
        ...


class Journey:
    """One journey at a time; it ends by itself, and time runs as it does again."""

    def __init__(self, clock: Clock, time: Time) -> None:
        self._clock = clock
        self._time = time
        self._task: asyncio.Task[None] | None = None
        self.destination: datetime | None = None  #: None: nobody travels
        self.trouble = ""  #: why the last one ended before its time

    def begin(self, destination: datetime) -> None:
        """Set out, or go somewhere else instead."""
        self.trouble = ""
        self.destination = destination
        if self._task is None:
            self._task = asyncio.create_task(self._go())

    async def end(self) -> None:
        """Stay here, at the time that it is now."""
        if self._task is not None:
            self._task.cancel()
            with suppress(asyncio.CancelledError):
                await self._task

    async def _go(self) -> None:
        self._time.run_at(_SPEED)
        try:
            while self.destination is not None and self._clock.now() < self.destination:
                self._time.jump_to(self._stop(await self._rested(), self.destination))
        except NobodyThereError as error:
            self.trouble = str(error)
        finally:
            self.destination, self._task = None, None
            self._time.run_at(1.0)

    async def _rested(self) -> Ahead:
        """Wait until nothing is to be done, or could not be for too long; return what lies ahead then."""
        looks = round(_PATIENCE / _LOOK)
        while (ahead := await self._time.ahead()).busy and looks:
            looks -= 1
            await asyncio.sleep(_LOOK)
        return ahead

    def _stop(self, ahead: Ahead, destination: datetime) -> datetime:
        now = self._clock.now()
        later = ahead.next_at if ahead.next_at is not None and ahead.next_at > now else destination
        return min(later, now + _ON, destination) if ahead.busy else min(later, destination)
