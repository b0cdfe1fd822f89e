"""A fast clock that waits for a busy machine, so that a test means the same however little of the machine it gets."""

import asyncio
import time
from datetime import datetime, timedelta

from sandbox.clock import ScaledClock

_TICK = 0.005  #: real seconds from one look at the loop to the next
_AT_MOST = 2 * _TICK  #: real seconds that count between two looks; what goes beyond is the machine's, not the test's


class PatientClock(ScaledClock):
    """Runs fast while the loop turns in time, and hardly at all while it does not.

    So the milliseconds that a call has to wait for the processor do not become minutes, in which links expire and
    calls fall into another minute of the limit. Processes cannot wait for the loop of another one: once the time is
    shared with some (`share`), and at the speed of real time, it waits for nobody.
    """

    def __init__(self, factor: float, *, origin: datetime | None = None) -> None:
        super().__init__(factor, origin=origin)
        self._is_patient = True
        self._ticking = asyncio.create_task(self._tick(), name="patient clock")

    def now(self) -> datetime:
        """Return the scaled time in UTC."""
        origin, started_at, factor = self._course
        passed = time.time() - started_at
        counted = min(passed, _AT_MOST) if self._is_patient and factor > 1 else passed
        return origin + timedelta(seconds=counted * factor)

    def share(self) -> tuple[float, float, str]:
        """Return what another process needs, and wait for nobody from now on."""
        self.stop()
        return super().share()

    def stop(self) -> None:
        """Look at the loop no more."""
        self.run_at(self.factor)
        self._is_patient = False
        self._ticking.cancel()

    async def _tick(self) -> None:
        while True:
            if self.factor > 1:
                self.run_at(self.factor)
            await asyncio.sleep(_TICK)


class ClockBeside(ScaledClock):
    """The time of another clock, ahead of it by so much: what a second machine takes for the time."""

    def __init__(self, other: "PatientClock | ClockBeside", ahead: timedelta) -> None:
        super().__init__(other.factor)
        self._other, self._ahead = other, ahead

    @property
    def factor(self) -> float:
        """How many times as fast as real time both run."""
        return self._other.factor

    def now(self) -> datetime:
        """Return the scaled time in UTC."""
        return self._other.now() + self._ahead

    def stop(self) -> None:
        """Stop the other one."""
        self._other.stop()
