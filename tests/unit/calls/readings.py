"""Every reading of Token Flex's limit as a limiter.

They are written from the sentence of Autodesk's page and share nothing with the rule. Each is told of every call at the
moment at which the server counts it, refused ones included, and says whether it lets it pass.
"""

from bisect import bisect_left, bisect_right
from collections.abc import Callable, Sequence

import pytest

from sandbox.tokenflex.limits import limiter_for

MINUTE, HOUR = 60.0, 3600.0
EIGHT_HOURS = 8 * HOUR
START = 1_800_000_000.0 - 1_800_000_000.0 % EIGHT_HOURS

Reading = Callable[[float], bool]


class Counted:
    """The calls that a limiter has seen."""

    def __init__(self) -> None:
        self.times: list[float] = []

    def rolling(self, seconds: float) -> int:
        """Count the calls of the last so many seconds, the newest included."""
        return len(self.times) - bisect_right(self.times, self.times[-1] - seconds)

    def fixed(self, seconds: float) -> int:
        """Count the calls of the window of the clock in which the newest lies."""
        return len(self.times) - bisect_left(self.times, self.times[-1] // seconds * seconds)


class ReadingA(Counted):
    """One call per 12 seconds, evenly; a burst is not relied upon."""

    def __call__(self, at: float) -> bool:
        self.times.append(at)
        return self.rolling(12) == 1


class ReadingB(Counted):
    """Five in every rolling minute, one exempt minute of 50 per rolling eight hours, 2400 in them."""

    exempt = -EIGHT_HOURS

    def __call__(self, at: float) -> bool:
        self.times.append(at)
        if self.rolling(EIGHT_HOURS) > 2400:
            return False
        if self.rolling(MINUTE) <= 5:
            return True
        first = self.times[-self.rolling(MINUTE)]
        if first >= self.exempt + EIGHT_HOURS:
            self.exempt = first
        return at < self.exempt + MINUTE and self.rolling(at - self.exempt + 1e-6) <= 50


class ReadingC(Counted):
    """As B by clock minutes and a fixed window of eight hours."""

    exempt: tuple[float, float] = (-1, -1)

    def __call__(self, at: float) -> bool:
        self.times.append(at)
        window, minute = at // EIGHT_HOURS, at // MINUTE
        if self.fixed(EIGHT_HOURS) > 2400:
            return False
        if self.fixed(MINUTE) <= 5:
            return True
        if self.exempt[0] != window:
            self.exempt = (window, minute)
        return self.exempt == (window, minute) and self.fixed(MINUTE) <= 50


class ReadingD(Counted):
    """2400 in rolling eight hours; at most one clock minute of those hours holds more than five, up to 50."""

    busy = -EIGHT_HOURS

    def __call__(self, at: float) -> bool:
        self.times.append(at)
        minute = at // MINUTE * MINUTE
        if self.fixed(MINUTE) > 5 and self.busy != minute:
            if minute < self.busy + EIGHT_HOURS:
                return False
            self.busy = minute
        return self.rolling(EIGHT_HOURS) <= 2400 and self.fixed(MINUTE) <= 50


class ReadingE:
    """A bucket of 50 that is refilled with five a minute."""

    def __init__(self) -> None:
        self.tokens, self.last = 50.0, 0.0

    def __call__(self, at: float) -> bool:
        self.tokens = min(50.0, self.tokens + (at - self.last) / 12)
        self.last = at
        self.tokens = max(0.0, self.tokens - 1) if self.tokens < 1 else self.tokens - 1
        return self.tokens > 0 or self.tokens == pytest.approx(0)


class ReadingF(Counted):
    """2400 in rolling eight hours, never more than 50 in a minute."""

    def __call__(self, at: float) -> bool:
        self.times.append(at)
        return self.rolling(EIGHT_HOURS) <= 2400 and self.rolling(MINUTE) <= 50


class ReadingG(Counted):
    """2400 and a burst of 50 in a fixed window, never more than 50 in a clock minute."""

    def __call__(self, at: float) -> bool:
        self.times.append(at)
        return self.fixed(EIGHT_HOURS) <= 2450 and self.fixed(MINUTE) <= 50


def of_the_stand_in(reading: str) -> Callable[[], Reading]:
    """Return what makes the stand-in's own limiter of that reading: somebody else's mind on the same sentence."""

    def make() -> Reading:
        limiter = limiter_for(reading)
        return lambda at: limiter.allows(at) is None

    return make


SAFE_READINGS: list[Callable[[], Reading]] = [ReadingB, ReadingC, ReadingD, ReadingE, ReadingF, ReadingG]
SAFE_READINGS += map(of_the_stand_in, "BCDEFG")


def refusals(counted: Sequence[float], reading: Reading) -> list[float]:
    """Return the calls that the reading refuses, in seconds from the start."""
    return [at - START for at in counted if not reading(at)]
