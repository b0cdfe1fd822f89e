"""How it stands with Token Flex as a whole, by the calls as they end: what concerns all of them, and since when."""

from collections.abc import Callable
from datetime import datetime

from bot.runtime.clock import Clock
from bot.tokenflex.errors import NotAuthorisedError, RateLimitedError, TokenFlexError, UpstreamBrokenError


class Health:
    """The trouble that concerns every call, from the first that met it until one that did not."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self.trouble: TokenFlexError | None = None
        self.since: datetime | None = None  #: when it was met first
        self.seen_at: datetime | None = None  #: when it was met last
        self.well_at: datetime | None = None  #: when a call last showed that all else is well
        self.is_known = False  #: whether any call has told since the start
        self._listeners: list[Callable[[], None]] = []

    def subscribe(self, heard: Callable[[], None]) -> None:
        """Have `heard` called whenever trouble is met, and when it is over."""
        self._listeners.append(heard)

    def saw(self, error: TokenFlexError | None) -> None:
        """Note how a call ended; what goes wrong with one call alone shows that all else is well.

        A token that is not accepted any more shows neither: the next call has a new one.
        """
        if type(error) is NotAuthorisedError:
            return
        is_new, now = not self.is_known or self.trouble is not None, self._clock.now()
        if error is not None and error.concerns_all:
            self.since = self.since or now
            self.trouble, self.seen_at, is_new = error, now, True
        else:
            self.trouble = self.since = self.seen_at = None
            self.well_at = now
        self.is_known = True
        for heard in self._listeners if is_new else ():
            heard()

    def judged(self, error: TokenFlexError, tried_at: datetime | None) -> TokenFlexError:
        """Return what an error means to a call that was made in vain at `tried_at` too, None: that was not.

        Where other calls have gone well since then, a service that is away, or takes no more, for this one is there for
        all others.
        """
        is_away = isinstance(error, UpstreamBrokenError | RateLimitedError) and error.concerns_all
        is_alone = tried_at is not None and self.well_at is not None and self.well_at > tried_at
        return UpstreamBrokenError(str(error)) if is_away and is_alone else error
