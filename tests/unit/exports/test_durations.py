"""What is learned of how long exports take."""

from math import exp

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.exports.durations import Durations, learn

seconds = st.floats(0.0, 1e7)


def test_without_experience_half_of_the_exports_take_less_than_a_minute_and_a_half() -> None:
    """The prior is the one that the documentation states."""
    assert Durations().survival(90.0) == pytest.approx(0.5)


@given(st.lists(st.floats(0.0, 1e6), max_size=50), seconds, seconds)
def test_the_longer_the_fewer_and_never_none(seen: list[float], one: float, other: float) -> None:
    """Survival begins at 1, falls with time and never becomes 0, whatever was seen."""
    durations = learn(seen)
    short, long = sorted((one, other))
    assert 1.0 >= durations.survival(short) >= durations.survival(long) > 0.0


@pytest.mark.parametrize("usual", [6.0, 240.0, 1800.0])
def test_experience_outweighs_the_prior(usual: float) -> None:
    """After two hundred exports of one length most of what is expected ends about then."""
    durations = learn([usual] * 200)
    assert exp(durations.median) == pytest.approx(usual, rel=0.4)
    assert durations.sigma < 0.7
    assert durations.survival(usual / 4) > 0.85 > 0.15 > durations.survival(usual * 4)


def test_the_mean_lies_above_the_median_and_follows_what_was_seen() -> None:
    """Long ones weigh more than short ones, and long experience moves the mean."""
    assert 90 < Durations().mean < 180
    assert learn([600.0] * 100).mean > 400
