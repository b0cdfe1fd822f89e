"""What holds up everybody's calls for a while: trouble that concerns all, and faults of our own."""

from datetime import datetime

from bot.runtime.backoff import SHARED
from bot.runtime.clock import Clock


class Hold:
    """The shared pause: it grows while nothing succeeds, to a minute at most."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._setbacks = 0
        self.until: datetime | None = None

    @property
    def is_over(self) -> bool:
        """Whether calls may be made."""
        return self.until is None or self._clock.now() >= self.until

    def set_back(self) -> None:
        """Hold up everybody for a while."""
        self._setbacks += 1
        self.until = self._clock.now() + SHARED.after(self._setbacks)

    def went_well(self) -> None:
        """Let everybody go on."""
        self._setbacks, self.until = 0, None
