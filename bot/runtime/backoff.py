"""How long to wait before what failed is tried again: twice as long each time, up to a longest pause."""

from dataclasses import dataclass
from datetime import timedelta
from typing import Final


@dataclass(frozen=True, slots=True)
class Backoff:
    """The pauses after one failure, after two in a row, and so on."""

    first: timedelta
    longest: timedelta

    def after(self, failures: int) -> timedelta:
        """Return the pause after so many failures in a row; 1 is the first."""
        return min(self.longest, self.first * (1 << min(failures - 1, 20)))


#: For what holds up others, which is never for more than a minute.
SHARED: Final = Backoff(timedelta(seconds=2), timedelta(minutes=1))
#: For what holds up nothing but itself.
OWN: Final = Backoff(timedelta(minutes=1), timedelta(minutes=10))
