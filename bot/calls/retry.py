"""When a failed call to Token Flex is made again: a pure decision; the caller waits, and pays from the budget."""

from random import Random
from typing import Final

from bot.tokenflex.errors import RateLimitedError, TimedOutError, TokenFlexError, UnreachableError, UpstreamBrokenError

#: Attempts of one call, the first included.
MAX_ATTEMPTS: Final = 5
#: Seconds; the upper bound of the first pause, doubled with each attempt up to the longest.
FIRST_PAUSE: Final = 2.0
LONGEST_PAUSE: Final = 60.0
#: Seconds after a 429 that does not say how long, doubled up to the longest (source: rate limits; ours).
FIRST_RATE_PAUSE: Final = 60.0
LONGEST_RATE_PAUSE: Final = 900.0
#: The part of a rate pause that chance may add, so that not all come back at once.
_SPREAD: Final = 0.1


def decide(error: TokenFlexError, attempt: int, *, repeatable: bool, random: Random) -> float | None:
    """Return after how many seconds to call again, or None to give up.

    `attempt` counts from 1 the attempts made so far. What is not `repeatable` (see `client.REPEATABLE`) is called
    again only where the first call certainly had no effect. A refusal, a missing login or a full quota is not cured
    by calling again, and a 401 only by a new token, which is the caller's business.
    """
    if attempt >= MAX_ATTEMPTS or (error.effect_unknown and not repeatable):
        return None
    if isinstance(error, RateLimitedError):
        return _rate_pause(error.retry_after, attempt, random)
    if isinstance(error, (UnreachableError, TimedOutError, UpstreamBrokenError)):
        return random.uniform(0.0, _doubled(FIRST_PAUSE, attempt, LONGEST_PAUSE))
    return None


def _rate_pause(retry_after: float | None, attempt: int, random: Random) -> float:
    """Wait out in full what the server said; chance only adds."""
    pause = _doubled(FIRST_RATE_PAUSE, attempt, LONGEST_RATE_PAUSE) if retry_after is None else retry_after
    return pause + random.uniform(0.0, pause * _SPREAD)


def _doubled(first: float, attempt: int, longest: float) -> float:
    return min(longest, first * 2.0 ** (attempt - 1))
