"""The fifty places: how many are free, what a refusal closes, what opens again."""

from datetime import UTC, datetime, timedelta
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from bot.exports.slots import PLACES, Places

NOW = datetime(2026, 11, 24, 9, 0, tzinfo=UTC)
SECOND = timedelta(seconds=1)


def test_our_own_and_those_seen_elsewhere_take_places() -> None:
    """What is left of fifty is free."""
    places = Places()
    assert places.free(10, NOW) == PLACES - 10
    places.listed("1", 25, NOW, freed=False)
    places.listed("2", 5, NOW, freed=False)
    assert places.free(10, NOW) == 10
    assert places.free(20, NOW) == 0
    assert places.is_full(20, NOW)


def test_what_was_seen_elsewhere_is_not_believed_for_ever() -> None:
    """A contract that nobody looks at any more keeps no place taken."""
    places = Places()
    places.listed("1", 50, NOW, freed=False)
    assert places.is_full(0, NOW + 4 * 60 * SECOND)
    assert places.free(0, NOW + 6 * 60 * SECOND) == PLACES


def test_a_refusal_closes_the_house_longer_each_time() -> None:
    """One minute, two, four, at most ten; an acceptance begins anew."""
    places = Places()
    pauses = []
    for _ in range(6):
        places.refused(NOW)
        pauses.append(next(minutes for minutes in range(12) if not places.is_full(0, NOW + minutes * 60 * SECOND)))
    assert pauses == [1, 2, 4, 8, 10, 10]
    places.taken()
    places.freed()
    places.refused(NOW)
    assert not places.is_full(0, NOW + 60 * SECOND)


def test_what_ends_opens_the_house() -> None:
    """One of ours that ended, or fewer elsewhere than before, is believed more than the refusal."""
    for freed, before, after in ((True, 3, 3), (False, 3, 2)):
        places = Places()
        places.listed("1", before, NOW, freed=False)
        places.refused(NOW)
        assert places.is_full(0, NOW)
        places.listed("1", after, NOW, freed=freed)
        assert not places.is_full(0, NOW)
    places = Places()
    places.refused(NOW)
    places.listed("1", 3, NOW, freed=False)
    assert places.is_full(0, NOW)


acts = st.one_of(
    st.tuples(st.just("refused")),
    st.tuples(st.just("freed")),
    st.tuples(st.just("taken")),
    st.tuples(st.just("listed"), st.sampled_from("123"), st.integers(0, 60), st.booleans()),
    st.tuples(st.just("wait"), st.integers(0, 400)),
)


@given(st.lists(acts, max_size=30), st.integers(0, 60))
def test_there_are_never_more_places_than_fifty_and_never_none_for_ever(
    history: list[tuple[Any, ...]], ours: int
) -> None:
    """Whatever happened, free places lie between 0 and what ours leave, and ten quiet minutes leave nothing closed."""
    places, now = Places(), NOW
    for name, *rest in history:
        if name == "wait":
            now += rest[0] * SECOND
        elif name == "refused":
            places.refused(now)
        elif name == "listed":
            places.listed(rest[0], rest[1], now, freed=rest[2])
        else:
            getattr(places, name)()
        assert 0 <= places.free(ours, now) <= max(0, PLACES - ours)
        assert places.is_full(ours, now) == (places.free(ours, now) == 0)
    assert places.free(ours, now + 600 * SECOND) == max(0, PLACES - ours)
