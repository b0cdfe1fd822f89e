"""When a call is made again."""

from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.calls.retry import MAX_ATTEMPTS, RATE_PAUSE, decide
from bot.tokenflex.errors import (
    LONGEST_WAIT,
    ContractRefusedError,
    InvalidRequestError,
    LoginNeededError,
    NotAuthorisedError,
    NotFoundError,
    QuotaExceededError,
    RateLimitedError,
    TimedOutError,
    TokenFlexError,
    UnreachableError,
    UpstreamBrokenError,
)

PASSING = [UnreachableError(), TimedOutError(), UpstreamBrokenError()]
LASTING: list[TokenFlexError] = [
    InvalidRequestError(),
    ContractRefusedError(),
    NotFoundError(),
    NotAuthorisedError(),
    LoginNeededError(),
    QuotaExceededError(),
]
ATTEMPTS = st.integers(1, MAX_ATTEMPTS - 1)
RANDOMS = st.integers().map(Random)


@given(st.sampled_from(PASSING), ATTEMPTS, RANDOMS)
def test_passing_trouble_is_repeated_with_bounded_chance(error: TokenFlexError, attempt: int, random: Random) -> None:
    """The pause is at most doubled with each attempt, and never longer than the longest."""
    pause = decide(error, attempt, random=random)
    assert pause is not None
    assert 0 <= pause <= min(60.0, 2.0 * 2 ** (attempt - 1))


@pytest.mark.parametrize("error", LASTING)
def test_what_waiting_does_not_cure_is_given_up(error: TokenFlexError) -> None:
    """Refusals, a missing login and a full quota are not called again."""
    assert decide(error, 1, random=Random(1)) is None


@given(st.none() | st.floats(0, 10_000), ATTEMPTS, RANDOMS)
def test_a_rate_limit_is_waited_out_in_full(retry_after: float | None, attempt: int, random: Random) -> None:
    """The server's own time is never undercut, up to a quarter of an hour; without one it is a minute."""
    pause = decide(RateLimitedError(retry_after), attempt, random=random)
    assert pause is not None
    if retry_after is None:
        assert RATE_PAUSE <= pause <= RATE_PAUSE * 1.1
    else:
        obeyed = min(retry_after, LONGEST_WAIT)
        assert obeyed <= pause <= obeyed * 1.1 + 1e-9


@given(st.sampled_from([*PASSING, *LASTING, RateLimitedError(1)]), st.integers(MAX_ATTEMPTS, 10**6))
def test_every_call_ends(error: TokenFlexError, attempt: int) -> None:
    """After the last attempt there is no other."""
    assert decide(error, attempt, random=Random(1)) is None
