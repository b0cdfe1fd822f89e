"""What holds up everybody's calls for a while: trouble that concerns all, and faults of our own."""

from datetime import datetime

from bot.exports.slots import Slots
from bot.runtime.backoff import SHARED
from bot.runtime.clock import Clock
from bot.tokenflex.errors import QuotaExceededError, RateLimitedError, TokenFlexError


class Hold:
    """The shared pause: it grows while nothing succeeds, to a minute at most."""

    def __init__(self, slots: Slots, clock: Clock) -> None:
        self._slots = slots
        self._clock = clock
        self._setbacks = 0
        self.until: datetime | None = None

    @property
    def is_over(self) -> bool:
        """Whether calls may be made."""
        return self.until is None or self._clock.now() >= self.until

    def failed(self, error: TokenFlexError) -> None:
        """Note what a call has shown of all others: that there is no slot, or trouble that concerns everybody."""
        if isinstance(error, QuotaExceededError):
            self._slots.refused(self._clock.now())
        elif error.concerns_all and not isinstance(error, RateLimitedError):  # the budget itself waits out a rate limit
            self.set_back()

    def set_back(self) -> None:
        """Hold up everybody for a while."""
        self._setbacks += 1
        self.until = self._clock.now() + SHARED.after(self._setbacks)

    def went_well(self) -> None:
        """Let everybody go on."""
        self._setbacks, self.until = 0, None
