"""When a call is made again."""

from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.calls.retry import FIRST_RATE_PAUSE, LONGEST_PAUSE, LONGEST_RATE_PAUSE, MAX_ATTEMPTS, decide
from bot.tokenflex.client import REPEATABLE, TokenFlexClient
from bot.tokenflex.errors import (
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
    pause = decide(error, attempt, repeatable=True, random=random)
    assert pause is not None
    assert 0 <= pause <= min(LONGEST_PAUSE, 2.0 * 2 ** (attempt - 1))


@given(st.integers(1, 20), RANDOMS)
def test_an_unknown_effect_is_never_repeated_unless_harmless(attempt: int, random: Random) -> None:
    """A submission whose answer was lost is not sent again; one that never left may be."""
    assert decide(TimedOutError(), attempt, repeatable=False, random=random) is None
    assert decide(UpstreamBrokenError(), attempt, repeatable=False, random=random) is None
    assert (decide(UnreachableError(), attempt, repeatable=False, random=random) is None) == (attempt >= MAX_ATTEMPTS)


@pytest.mark.parametrize("error", LASTING)
def test_what_waiting_does_not_cure_is_given_up(error: TokenFlexError) -> None:
    """Refusals, a missing login and a full quota are not called again."""
    assert decide(error, 1, repeatable=True, random=Random(1)) is None


@given(st.none() | st.floats(0, 10_000), ATTEMPTS, RANDOMS)
def test_a_rate_limit_is_waited_out_in_full(retry_after: float | None, attempt: int, random: Random) -> None:
    """The server's own time is never undercut; without one it is a minute, doubled up to a quarter of an hour."""
    pause = decide(RateLimitedError(retry_after), attempt, repeatable=False, random=random)
    assert pause is not None
    if retry_after is None:
        assert FIRST_RATE_PAUSE <= pause <= LONGEST_RATE_PAUSE * 1.1
    else:
        assert retry_after <= pause <= retry_after * 1.1 + 1e-9


@given(st.sampled_from([*PASSING, *LASTING, RateLimitedError(1)]), st.integers(MAX_ATTEMPTS, 10**6))
def test_every_call_ends(error: TokenFlexError, attempt: int) -> None:
    """After the last attempt there is no other."""
    assert decide(error, attempt, repeatable=True, random=Random(1)) is None


def test_the_table_names_every_method_and_submit_alone_is_not_repeatable() -> None:
    """Each public method of the client has its line in the table."""
    methods = {name for name in vars(TokenFlexClient) if not name.startswith("_")}
    assert set(REPEATABLE) == methods
    assert [name for name, harmless in REPEATABLE.items() if not harmless] == ["submit"]
