"""Time as an argument: everything that waits or compares times is handed a clock."""

import asyncio
import time
from datetime import UTC, datetime, timedelta
from typing import Protocol


class Clock(Protocol):
    """What the bot asks of time. Tests hand in one that runs fast or that they move by hand."""

    def now(self) -> datetime:
        """Return the time in UTC, aware; it never jumps backwards while the process lives."""
        ...

    async def sleep(self, seconds: float) -> None:
        """Return after that many seconds of this clock."""
        ...


class SystemClock:
    """The machine's clock, read once; from then on the monotonic one carries it, so that a jump moves nothing."""

    def __init__(self) -> None:
        self._started_at = datetime.now(UTC)
        self._started_monotonic = time.monotonic()

    def now(self) -> datetime:
        """Return the time in UTC."""
        return self._started_at + timedelta(seconds=time.monotonic() - self._started_monotonic)

    async def sleep(self, seconds: float) -> None:
        """Return after that many seconds."""
        await asyncio.sleep(seconds)
