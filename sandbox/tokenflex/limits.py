"""The rate limit of the Token Flex API in every reading that its one sentence admits.

"5 calls a minute, measured over 8 hours, with a single burst of 50 within one minute" (source: Token Flex, rate
limits), per Autodesk user over all of that user's programs. Each class is one reading and stands alone, so that a
client's own budget can be judged by it.

Common to all: `allows(now)` records one call at `now` (seconds of POSIX time; never smaller than before) and returns
None when it passes, else the seconds until a call would pass if none came in between. A refused call is recorded like
any other and counts. A rolling window of 60 s at `now` is the half-open `(now - 60, now]`: a call exactly 60 s ago has
left it. Clock minutes and clock periods begin at multiples of 60 and 28,800 s of POSIX time (periods: 0, 8 and
16 o'clock UTC).
"""

from bisect import bisect_right
from typing import Protocol

MINUTE = 60.0
PERIOD = 8 * 3600.0
SUSTAINED = 5
BURST = 50
TOTAL = 2400
SPACING = MINUTE / SUSTAINED

# POSIX seconds as floats resolve to a quarter of a microsecond; differences are compared with that much grace.
_GRACE = 1e-6


class Limiter(Protocol):
    """One reading of the limit, for one user."""

    def allows(self, now_seconds: float) -> float | None:
        """Record a call; return None when it passes, else the seconds to wait."""
        ...


class CallLog:
    """The times of the calls of the last eight hours, in order."""

    def __init__(self) -> None:
        self._times: list[float] = []

    def add(self, now: float) -> None:
        """Record a call.

        Raises:
            ValueError: the time lies before that of the last call.

        """
        if self._times and now < self._times[-1]:
            raise ValueError("calls come in the order of time")
        self._times.append(now)
        if len(self._times) > 4 * TOTAL:
            del self._times[: bisect_right(self._times, now - PERIOD)]

    def count(self, now: float, seconds: float) -> int:
        """Return how many calls lie in `(now - seconds, now]`."""
        return len(self._times) - self._first(now, seconds)

    def oldest(self, now: float, seconds: float) -> float:
        """Return the time of the first call in `(now - seconds, now]`; there is at least the last one added."""
        return self._times[self._first(now, seconds)]

    def room_in(self, now: float, seconds: float, limit: int) -> float:
        """Return the seconds until one more call makes no more than `limit` in the rolling window."""
        if len(self._times) < limit:
            return 0.0
        return max(0.0, self._times[-limit] + seconds - now)

    def _first(self, now: float, seconds: float) -> int:
        return bisect_right(self._times, now - seconds + _GRACE)


class Unlimited:
    """No limit at all (`none`)."""

    def allows(self, now_seconds: float) -> float | None:  # noqa: ARG002 - the shape of a limiter
        """Let everything pass."""
        return None


class SpikeArrest:
    """Reading A: one call per 12 s, evenly; apart from that one burst of 50 within 60 s.

    A call less than 12 s after the one before (refused ones included) opens the burst: 60 s from that one before on,
    with at most 50 calls in them, the one before included. The next burst may begin no earlier than 8 h after the end
    of those 60 s. There is no total, since the spacing alone gives 2400 in 8 h and the burst is apart. After the
    burst, spacing counts from its last call.
    """

    def __init__(self) -> None:
        self._last: float | None = None
        self._burst_start: float | None = None
        self._burst_count = 0

    def allows(self, now_seconds: float) -> float | None:
        """Record a call; return None when it passes, else 12 s."""
        previous, self._last = self._last, now_seconds
        in_burst = self._burst_start is not None and now_seconds < self._burst_start + MINUTE - _GRACE
        if in_burst:
            self._burst_count += 1
        if previous is None or now_seconds - previous >= SPACING - _GRACE:
            return None
        if not in_burst:
            in_burst = self._open(previous)
        return None if in_burst and self._burst_count <= BURST else SPACING

    def _open(self, start: float) -> bool:
        if self._burst_start is not None and start < self._burst_start + MINUTE + PERIOD - _GRACE:
            return False
        self._burst_start, self._burst_count = start, 2
        return True


class RollingMinute:
    """Reading B: at most 5 calls in every rolling 60 s, one exempt minute in any rolling 8 h, 2400 in any rolling 8 h.

    A call that is the sixth or later of its rolling 60 s needs the exempt minute. That one begins at the oldest call
    of the rolling 60 s in which a sixth came, lasts 60 s from there, and holds at most 50 calls. So ordinary calls just
    before a burst use up part of the exempt minute, and calls just after it still see the burst in their rolling 60 s.
    No rolling 8 h may touch two exempt minutes: the next begins no earlier than 8 h after the end of the last. The
    exempt calls count towards the 2400.
    """

    def __init__(self) -> None:
        self._log = CallLog()
        self._exempt_start: float | None = None

    def allows(self, now_seconds: float) -> float | None:
        """Record a call; return None when it passes, else the seconds to wait."""
        self._log.add(now_seconds)
        over_total = self._log.count(now_seconds, PERIOD) > TOTAL
        if not over_total and self._minute_passes(now_seconds):
            return None
        total_wait = self._log.room_in(now_seconds, PERIOD, TOTAL)
        return max(total_wait, self._log.room_in(now_seconds, MINUTE, SUSTAINED))

    def _minute_passes(self, now: float) -> bool:
        if self._log.count(now, MINUTE) <= SUSTAINED:
            return True
        start = self._exempt_start
        if start is not None and now < start + MINUTE - _GRACE:
            return self._log.count(now, now - start + 2 * _GRACE) <= BURST
        return self._open(self._log.oldest(now, MINUTE), now)

    def _open(self, start: float, now: float) -> bool:
        if self._exempt_start is not None and start < self._exempt_start + MINUTE + PERIOD - _GRACE:
            return False
        self._exempt_start = start
        return self._log.count(now, MINUTE) <= BURST


class ClockMinuteFixed:
    """Reading C: as B with clock minutes and fixed periods of 8 h.

    At most 5 calls in a clock minute; the first clock minute of a period that gets a sixth is its exempt one and holds
    at most 50; at most 2400 in a clock period, the exempt ones included.
    """

    def __init__(self) -> None:
        self._period = self._minute = -1
        self._in_period = self._in_minute = 0
        self._exempt: int | None = None

    def allows(self, now_seconds: float) -> float | None:
        """Record a call; return None when it passes, else the seconds to the next clock minute or period."""
        self._count(now_seconds)
        if self._in_period > TOTAL:
            return (self._period + 1) * PERIOD - now_seconds
        return None if self._minute_passes() else (self._minute + 1) * MINUTE - now_seconds

    def _count(self, now: float) -> None:
        period, minute = int(now // PERIOD), int(now // MINUTE)
        if period != self._period:
            self._period, self._in_period, self._exempt = period, 0, None
        if minute != self._minute:
            self._minute, self._in_minute = minute, 0
        self._in_period += 1
        self._in_minute += 1

    def _minute_passes(self) -> bool:
        if self._in_minute <= SUSTAINED:
            return True
        if self._exempt is None:
            self._exempt = self._minute
        return self._exempt == self._minute and self._in_minute <= BURST


class AverageOneBusyMinute:
    """Reading D: 2400 in any rolling 8 h; at most one clock minute of them holds more than 5 calls, up to 50.

    The next such minute begins no earlier than 8 h after the end of the last one.
    """

    def __init__(self) -> None:
        self._log = CallLog()
        self._minute = -1
        self._in_minute = 0
        self._busy: int | None = None

    def allows(self, now_seconds: float) -> float | None:
        """Record a call; return None when it passes, else the seconds to wait."""
        self._log.add(now_seconds)
        minute = int(now_seconds // MINUTE)
        self._in_minute = self._in_minute + 1 if minute == self._minute else 1
        self._minute = minute
        over_total = self._log.count(now_seconds, PERIOD) > TOTAL
        if not over_total and self._minute_passes():
            return None
        return max(self._log.room_in(now_seconds, PERIOD, TOTAL), (minute + 1) * MINUTE - now_seconds)

    def _minute_passes(self) -> bool:
        if self._in_minute <= SUSTAINED:
            return True
        if self._busy is None or (self._minute - self._busy - 1) * MINUTE >= PERIOD:
            self._busy = self._minute
        return self._busy == self._minute and self._in_minute <= BURST


class TokenBucket:
    """Reading E: a bucket of 50, full at first, refilled evenly with 5 a minute; a call takes one.

    A refused call takes what is left of one, so that the wait after it is always 12 s.
    """

    def __init__(self) -> None:
        self._level = float(BURST)
        self._at: float | None = None

    def allows(self, now_seconds: float) -> float | None:
        """Record a call; return None when it passes, else 12 s."""
        if self._at is not None:
            self._level = min(float(BURST), self._level + (now_seconds - self._at) / SPACING)
        self._at = now_seconds
        passes = self._level >= 1 - _GRACE
        self._level = max(0.0, self._level - 1)
        return None if passes else SPACING


class AverageFullMinutes:
    """Reading F: 2400 in any rolling 8 h and no rolling 60 s above 50; bursts may follow each other."""

    def __init__(self) -> None:
        self._log = CallLog()

    def allows(self, now_seconds: float) -> float | None:
        """Record a call; return None when it passes, else the seconds to wait."""
        self._log.add(now_seconds)
        if self._log.count(now_seconds, PERIOD) <= TOTAL and self._log.count(now_seconds, MINUTE) <= BURST:
            return None
        return max(
            self._log.room_in(now_seconds, PERIOD, TOTAL),
            self._log.room_in(now_seconds, MINUTE, BURST),
        )


class FixedPeriodBurstOnTop:
    """Reading G: as F with clock minutes and fixed periods of 8 h, and the burst on top of the sustained rate.

    "On top" in both measures: 2400 + 50 calls in a clock period, 5 + 50 in a clock minute. (A bucket of 50 with refill
    5 a minute, which Autodesk's sentence allows in this reading, puts up to 55 calls into one minute.)
    """

    def __init__(self) -> None:
        self._period = self._minute = -1
        self._in_period = self._in_minute = 0

    def allows(self, now_seconds: float) -> float | None:
        """Record a call; return None when it passes, else the seconds to the next clock minute or period."""
        period, minute = int(now_seconds // PERIOD), int(now_seconds // MINUTE)
        self._in_period = self._in_period + 1 if period == self._period else 1
        self._in_minute = self._in_minute + 1 if minute == self._minute else 1
        self._period, self._minute = period, minute
        if self._in_period > TOTAL + BURST:
            return (period + 1) * PERIOD - now_seconds
        return (minute + 1) * MINUTE - now_seconds if self._in_minute > SUSTAINED + BURST else None


class PerMinute:
    """The plain limits of the OAuth endpoints: so many calls in any rolling 60 s, refused ones counted."""

    def __init__(self, limit: int) -> None:
        self._limit = limit
        self._log = CallLog()

    def allows(self, now_seconds: float) -> float | None:
        """Record a call; return None when it passes, else the seconds to wait."""
        self._log.add(now_seconds)
        if self._log.count(now_seconds, MINUTE) <= self._limit:
            return None
        return self._log.room_in(now_seconds, MINUTE, self._limit)


READINGS: tuple[str, ...] = ("A", "B", "C", "D", "E", "F", "G", "none")


def limiter_for(reading: str) -> Limiter:
    """Return a fresh limiter of that reading.

    Raises:
        KeyError: there is no such reading.

    """
    classes: dict[str, type[Limiter]] = {
        "A": SpikeArrest,
        "B": RollingMinute,
        "C": ClockMinuteFixed,
        "D": AverageOneBusyMinute,
        "E": TokenBucket,
        "F": AverageFullMinutes,
        "G": FixedPeriodBurstOnTop,
        "none": Unlimited,
    }
    return classes[reading]()
