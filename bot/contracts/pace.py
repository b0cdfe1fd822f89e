"""How long tokens last at the pace of the last months: a forecast that says how far it may be off.

Method. The pace is what the newest whole months used, six at most, for each of their days. What t months to come will
use is expected to be t times the pace m of a month; how far it may be off follows from how much those n months differ
from each other: by their standard deviation s, for the months to come (t) and for the pace itself, which so few months
tell (t²/n). The range is m·t ± k·s·√(t + t²/n), with Student's k for n months such that the real use lies above it one
time in ten and below it one time in ten. No month is taken for steadier than a twentieth of the pace.

It knows nothing of a trend, of a season or of a project that begins: months like those before are all that it expects.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from math import sqrt
from statistics import stdev
from typing import Final

MOST_MONTHS: Final = 6  #: whole months that the pace is taken from
FEWEST_MONTHS: Final = 2  #: with fewer there is no forecast
_MONTH: Final = 30.4375  #: days, on average
_STEADIEST: Final = 0.05  #: of the pace
#: Student's t, one tail of a tenth, for one to five degrees of freedom (source: any table of the distribution).
_K: Final = (3.078, 1.886, 1.638, 1.533, 1.476)


@dataclass(frozen=True, slots=True)
class Month:
    """What a whole month used, and how many days it has."""

    tokens: int
    days: int


@dataclass(frozen=True, slots=True)
class Forecast:
    """On which of the days to come, counted from 1, tokens are used up: expected, at the earliest, at the latest.

    None: not within the days that were asked about; `left`, `least` and `most` are what is left after these then, 0
    where they are used up.
    """

    expected: int | None
    earliest: int | None
    latest: int | None
    left: int
    least: int
    most: int


def forecast(months: Sequence[Month], tokens: int, days: int) -> Forecast | None:
    """Return for how many of so many days so many tokens last; None where the months are too few to say.

    `months` are whole ones, oldest first.
    """
    newest = months[-MOST_MONTHS:]
    if len(newest) < FEWEST_MONTHS:
        return None
    pace = sum(month.tokens for month in newest) / sum(month.days for month in newest) * _MONTH
    spread = max(stdev(month.tokens / month.days * _MONTH for month in newest), abs(pace) * _STEADIEST)
    off = _K[len(newest) - 2] * spread

    def _used(day: int, side: int = 0) -> float:
        ahead = day / _MONTH
        return pace * ahead + side * off * sqrt(ahead + ahead**2 / len(newest))

    def _left(side: int) -> int:
        return max(0, round(tokens - max(0.0, _used(days, side))))

    return Forecast(
        expected=_first(days, lambda day: _used(day) >= tokens),
        earliest=_first(days, lambda day: _used(day, 1) >= tokens),
        latest=_first(days, lambda day: _used(day, -1) >= tokens),
        left=_left(0),
        least=_left(1),
        most=_left(-1),
    )


def _first(days: int, is_used_up: Callable[[int], bool]) -> int | None:
    return next((day for day in range(1, days + 1) if is_used_up(day)), None)
