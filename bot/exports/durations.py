"""How long exports take: learned from those that have ended, log-normal with a prior.

The prior says what little is known of Token Flex (source: examples, 30 s to 148 s from request to file): half of the
exports take less than 90 s, two thirds between 37 s and 221 s. It counts as much as ten exports seen.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from math import erfc, exp, log, sqrt

_MEDIAN, _SIGMA, _WEIGHT = log(90.0), 0.9, 10.0
#: So much of the whole is left to durations of another kind than those seen, very short and very long ones included.
_OTHER, _WIDE = 0.1, 1.8
_SHORTEST = 0.5
_LEAST = 1e-300


@dataclass(frozen=True, slots=True)
class Durations:
    """The distribution of the seconds between a request and its end; `median` is their logarithm's mean."""

    median: float = _MEDIAN
    sigma: float = _SIGMA

    @property
    def mean(self) -> float:
        """How many seconds an export takes on average."""
        return exp(self.median + self.sigma**2 / 2)

    def survival(self, seconds: float) -> float:
        """Return the share of exports that take longer than that; never 0."""
        if seconds <= 0:
            return 1.0
        at = log(seconds)
        like_those_seen = erfc((at - self.median) / (self.sigma * _ROOT))
        others = erfc((at - _MEDIAN) / (_WIDE * _ROOT))
        return max(_LEAST, ((1 - _OTHER) * like_those_seen + _OTHER * others) / 2)


_ROOT = sqrt(2)


def learn(seen: Sequence[float]) -> Durations:
    """Return the distribution after exports were seen to have ended so many seconds after they were requested.

    They ended a little earlier, half the time between two looks on average, which makes no difference to speak of.
    """
    logs = [log(max(_SHORTEST, seconds)) for seconds in seen]
    if not logs:
        return Durations()
    count, mean = len(logs), sum(logs) / len(logs)
    spread = sum((each - mean) ** 2 for each in logs)
    shift = _WEIGHT * count / (_WEIGHT + count) * (mean - _MEDIAN) ** 2
    variance = (_WEIGHT * _SIGMA**2 + spread + shift) / (_WEIGHT + count)
    return Durations((_WEIGHT * _MEDIAN + count * mean) / (_WEIGHT + count), sqrt(variance))
