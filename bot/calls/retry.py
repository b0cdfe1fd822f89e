"""When a failed call to Token Flex is made again: a pure decision; the caller waits, and pays from the budget."""

from random import Random
from typing import Final

from bot.runtime.backoff import SHARED
from bot.tokenflex.errors import RateLimitedError, TimedOutError, TokenFlexError, UnreachableError, UpstreamBrokenError

#: Attempts of one call, the first included.
MAX_ATTEMPTS: Final = 5
#: Seconds after a 429 that does not say how long (source: rate limits; ours).
RATE_PAUSE: Final = 60.0
#: The part of a rate pause that chance may add, so that not all come back at once.
_SPREAD: Final = 0.1


def decide(error: TokenFlexError, attempt: int, *, random: Random, at_most: int = MAX_ATTEMPTS) -> float | None:
    """Return after how many seconds to make a call again that is safe to repeat, or None to give up.

    `attempt` counts from 1 the attempts made so far; there are `at_most` so many. A refusal, a missing login or a full
    quota is not cured by calling again, and a 401 only by a new token, which is the caller's business.
    """
    if attempt >= at_most:
        return None
    if isinstance(error, RateLimitedError):  # what the server said is waited out in full; chance only adds
        pause = RATE_PAUSE if error.retry_after is None else error.retry_after
        return pause + random.uniform(0.0, pause * _SPREAD)
    if isinstance(error, (UnreachableError, TimedOutError, UpstreamBrokenError)):
        return random.uniform(0.0, SHARED.after(attempt).total_seconds())
    return None
