"""Clocks for the stand-ins: real time, or real time run fast."""

import asyncio
import time
from datetime import UTC, datetime, timedelta
from typing import Protocol

_LONGEST_NAP = 0.25  #: real seconds after which a sleeper looks whether the clock runs at another speed now


class Clock(Protocol):
    """What a stand-in asks of time."""

    def now(self) -> datetime:
        """Return the time in UTC, aware."""
        ...

    async def sleep(self, seconds: float) -> None:
        """Return after that many seconds of this clock."""
        ...


class ScaledClock:
    """Real time run `factor` times as fast from `origin` on.

    Two processes that are given the same `started_at` (seconds of `time.time()`), `origin` and `factor` agree
    on the time. `factor=1` and no origin is the machine's own clock.
    """

    def __init__(self, factor: float = 1.0, *, origin: datetime | None = None, started_at: float | None = None) -> None:
        started = time.time() if started_at is None else started_at
        self._course = origin or datetime.fromtimestamp(started, UTC), started, factor

    @property
    def origin(self) -> datetime:
        """The time of this clock at `started_at`, in UTC."""
        return self._course[0]

    @property
    def started_at(self) -> float:
        """When it took its present course, in seconds of `time.time()`."""
        return self._course[1]

    @property
    def factor(self) -> float:
        """How many times as fast as real time it runs."""
        return self._course[2]

    def now(self) -> datetime:
        """Return the scaled time in UTC."""
        origin, started_at, factor = self._course
        return origin + timedelta(seconds=(time.time() - started_at) * factor)

    async def sleep(self, seconds: float) -> None:
        """Return after that many scaled seconds; a change of course counts for those who sleep already."""
        end = self.now() + timedelta(seconds=max(0.0, seconds))
        while (left := (end - self.now()).total_seconds()) > 0:  # noqa: ASYNC110 - time is what is waited for
            await asyncio.sleep(min(left / self.factor, _LONGEST_NAP))

    def run_at(self, factor: float) -> None:
        """Run that many times as fast from now on, without a jump."""
        self._course = self.now(), time.time(), factor

    def share(self) -> tuple[float, float, str]:
        """Return factor, start and origin in ISO 8601, of which another process makes a clock that agrees."""
        origin, started_at, factor = self._course
        return factor, started_at, origin.isoformat()

    def jump_to(self, moment: datetime) -> None:
        """Go on from a later moment, as fast as before."""
        self._course = max(moment.astimezone(UTC), self.now()), time.time(), self.factor

    def follow(self, origin: datetime, started_at: float, factor: float) -> None:
        """Take the course of another clock; safe from any thread."""
        self._course = origin, started_at, factor
