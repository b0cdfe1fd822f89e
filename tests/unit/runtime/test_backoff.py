"""Pauses after failures."""

from datetime import timedelta

from hypothesis import given
from hypothesis import strategies as st

from bot.runtime.backoff import OWN, SHARED

MINUTE = timedelta(minutes=1)


def test_pauses_double_up_to_the_longest() -> None:
    """What holds up others waits for a minute at most, what holds up nothing but itself for ten."""
    assert [SHARED.after(failures).total_seconds() for failures in range(1, 8)] == [2, 4, 8, 16, 32, 60, 60]
    assert [OWN.after(failures) / MINUTE for failures in range(1, 7)] == [1, 2, 4, 8, 10, 10]


@given(st.integers(1, 10**12))
def test_a_pause_has_an_end_after_any_number_of_failures(failures: int) -> None:
    """Years of failures overflow nothing."""
    assert SHARED.after(failures) <= MINUTE
    assert OWN.after(failures) <= 10 * MINUTE
