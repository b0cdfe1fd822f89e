"""Clocks for the stand-ins: real time, or real time run fast."""

import asyncio
import time
from datetime import UTC, datetime, timedelta
from typing import Protocol


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
        self.factor = factor
        self.started_at = time.time() if started_at is None else started_at
        self.origin = origin or datetime.fromtimestamp(self.started_at, UTC)

    def now(self) -> datetime:
        """Return the scaled time in UTC."""
        return self.origin + timedelta(seconds=(time.time() - self.started_at) * self.factor)

    async def sleep(self, seconds: float) -> None:
        """Return after that many scaled seconds."""
        await asyncio.sleep(max(0.0, seconds) / self.factor)
