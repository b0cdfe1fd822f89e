"""The forecast on generated histories: its range holds what it promises, and it says nothing where it knows nothing."""

from collections.abc import Callable, Iterator
from math import ceil
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.contracts.pace import MOST_MONTHS, Forecast, Month, forecast

MONTH = 30.4375
months = st.builds(Month, st.integers(-50, 10_000), st.integers(28, 31))
histories = st.lists(months, min_size=2, max_size=12)


def steady(random: Random, _: int) -> float:
    return random.gauss(1000, 30)


def restless(random: Random, _: int) -> float:
    return random.gauss(1000, 300)


def lopsided(random: Random, _: int) -> float:
    return random.gammavariate(4, 250)


def with_seasons(random: Random, month: int) -> float:
    return random.gauss(1000, 150) * (0.6 if month % 12 in {6, 11} else 1.05)


KINDS = (steady, restless, lopsided, with_seasons)


def lives(draw: Callable[[Random, int], float], known: int, ahead: int) -> Iterator[tuple[list[Month], list[float]]]:
    """Yield histories, each with the months that really follow."""
    random = Random(f"{draw.__name__} {known}")
    for begins in range(600):
        drawn = [max(0.0, draw(random, begins + at)) for at in range(known + ahead)]
        yield [Month(round(tokens), 30) for tokens in drawn[:known]], drawn[known:]


def used_up_on(tokens: float, follows: list[float]) -> float:
    """Return the day on which tokens are used up, each month used evenly; infinite where they are not."""
    day = 0.0
    for used in follows:
        if used >= tokens:
            return day + 30 * tokens / used
        tokens, day = tokens - used, day + 30
    return float("inf")


@pytest.mark.parametrize("known", [2, 3, 6, 12])
@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("tokens", [700, 2500, 5000])
def test_the_range_holds_the_real_end_as_often_as_it_says(
    kind: Callable[[Random, int], float], known: int, tokens: int
) -> None:
    """Four times out of five, or more often; too early one time in ten, and too late one time in ten."""
    early = late = count = 0
    for history, follows in lives(kind, known, 12):
        told = forecast(history, tokens, 360)
        assert told is not None
        real = used_up_on(tokens, follows)
        early += real < (told.earliest or float("inf")) - 1
        late += real > (told.latest or float("inf"))
        count += 1
    assert early / count <= 0.15
    assert late / count <= 0.15


@given(history=histories, tokens=st.integers(1, 10**6), days=st.integers(0, 400))
def test_a_range_is_one(history: list[Month], tokens: int, days: int) -> None:
    """What is expected lies between the earliest and the latest day, all of them within the days asked about."""
    told = forecast(history, tokens, days)
    assert told is not None
    ends = [each if each is not None else days + 1 for each in (told.earliest, told.expected, told.latest)]
    assert ends == sorted(ends)
    assert all(1 <= end <= days + 1 for end in ends)
    assert 0 <= told.least <= told.left <= told.most <= tokens


@given(history=histories, tokens=st.integers(1, 10**5), more=st.integers(0, 10**5))
def test_more_tokens_last_longer(history: list[Month], tokens: int, more: int) -> None:
    """None of the three days comes sooner with more tokens."""
    few, many = forecast(history, tokens, 365), forecast(history, tokens + more, 365)
    assert few is not None
    assert many is not None
    for name in ("earliest", "expected", "latest"):
        assert (getattr(few, name) or 366) <= (getattr(many, name) or 366)


@given(monthly=st.integers(100, 10_000), count=st.integers(2, 12), tokens=st.integers(1, 20_000))
def test_an_even_pace_is_met(monthly: int, count: int, tokens: int) -> None:
    """Months that are all alike: tokens last for what they are of one, and the range is not without width."""
    told = forecast([Month(monthly, 30)] * count, tokens, 10_000)
    assert told is not None
    assert told.expected is not None
    assert told.earliest is not None
    assert abs(told.expected - ceil(tokens / monthly * 30)) <= 1
    assert told.latest is None or told.earliest <= told.expected <= told.latest
    assert told.expected < 20 or told.latest is None or told.latest > told.earliest


@given(older=st.lists(months, max_size=10), newest=st.lists(months, min_size=MOST_MONTHS, max_size=MOST_MONTHS))
def test_the_newest_months_are_the_pace(older: list[Month], newest: list[Month]) -> None:
    """What was used long ago has no part in it."""
    assert forecast([*older, *newest], 5000, 365) == forecast(newest, 5000, 365)


@pytest.mark.parametrize("history", [[], [Month(1000, 30)]])
def test_below_two_months_there_is_no_forecast(history: list[Month]) -> None:
    """One month tells nothing of how much months differ."""
    assert forecast(history, 5000, 365) is None


def test_without_use_tokens_last() -> None:
    """And all of them are left."""
    assert forecast([Month(0, 30)] * 3, 500, 365) == Forecast(None, None, None, 500, 500, 500)
