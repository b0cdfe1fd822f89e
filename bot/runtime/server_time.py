"""A server's clock as far as we know it: Token Flex's expiries and request times are its own, Slack's times as well."""

import statistics
from collections import deque
from datetime import datetime, timedelta

from bot.runtime.clock import Clock

_SAMPLES = 9
_HALF_A_SECOND = 0.5  #: a `Date` header is cut to whole seconds
#: Seconds. What differs by more from what was learned before was learned on other clocks: the machine was suspended,
#: or the server's clock was set.
_ANOTHER_CLOCK = 10.0


class ServerTime:
    """Learns the difference between our clock and the server's from `Date` headers.

    Called from worker threads; a deque's `append`, a copy of it and its replacement are safe there.
    """

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._differences: deque[float] = deque(maxlen=_SAMPLES)

    @property
    def difference(self) -> float:
        """Seconds by which the server's clock is ahead of ours; 0 until it has spoken."""
        samples = list(self._differences)
        return statistics.median(samples) if samples else 0.0

    @property
    def known_difference(self) -> float | None:
        """The same; None until the server has spoken."""
        return self.difference if self._differences else None

    @property
    def known_now(self) -> datetime | None:
        """The server's time, in UTC; None until the server has spoken."""
        return self.now() if self._differences else None

    def observe(self, date: datetime) -> None:
        """Learn from a `Date` header that has just arrived."""
        difference = (date - self._clock.now()).total_seconds() + _HALF_A_SECOND
        if self._differences and abs(difference - self.difference) <= _ANOTHER_CLOCK:
            self._differences.append(difference)
        else:
            self._differences = deque([difference], maxlen=_SAMPLES)

    def now(self) -> datetime:
        """Return the server's time, in UTC."""
        return self._clock.now() + timedelta(seconds=self.difference)

    def to_ours(self, moment: datetime) -> datetime:
        """Return when our clock shows what the server calls `moment`."""
        return moment - timedelta(seconds=self.difference)
