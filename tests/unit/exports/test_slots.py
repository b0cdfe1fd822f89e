"""The fifty places: how many are free, what a refusal closes, what opens again."""

from datetime import UTC, datetime, timedelta
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from bot.exports.slots import SLOTS, Slots

NOW = datetime(2026, 11, 24, 9, 0, tzinfo=UTC)
SECOND = timedelta(seconds=1)


def test_our_own_and_those_seen_elsewhere_take_places() -> None:
    """What is left of fifty is free."""
    slots = Slots()
    assert slots.free(10, NOW) == SLOTS - 10
    slots.listed("1", 25, NOW, freed=False)
    slots.listed("2", 5, NOW, freed=False)
    assert slots.free(10, NOW) == 10
    assert slots.free(20, NOW) == 0
    assert slots.is_full(20, NOW)


def test_what_was_seen_elsewhere_is_not_believed_for_ever() -> None:
    """A contract that nobody looks at any more keeps no place taken."""
    slots = Slots()
    slots.listed("1", 50, NOW, freed=False)
    assert slots.is_full(0, NOW + 4 * 60 * SECOND)
    assert slots.free(0, NOW + 6 * 60 * SECOND) == SLOTS


def test_a_refusal_closes_the_house_longer_each_time() -> None:
    """One minute, two, four, at most ten; an acceptance begins anew."""
    slots = Slots()
    pauses = []
    for _ in range(6):
        slots.refused(NOW)
        pauses.append(next(minutes for minutes in range(12) if not slots.is_full(0, NOW + minutes * 60 * SECOND)))
    assert pauses == [1, 2, 4, 8, 10, 10]
    slots.taken()
    slots.freed()
    slots.refused(NOW)
    assert not slots.is_full(0, NOW + 60 * SECOND)


def test_what_ends_opens_the_house() -> None:
    """One of ours that ended, or fewer elsewhere than before, is believed more than the refusal."""
    for freed, before, after in ((True, 3, 3), (False, 3, 2)):
        slots = Slots()
        slots.listed("1", before, NOW, freed=False)
        slots.refused(NOW)
        assert slots.is_full(0, NOW)
        slots.listed("1", after, NOW, freed=freed)
        assert not slots.is_full(0, NOW)
    slots = Slots()
    slots.refused(NOW)
    slots.listed("1", 3, NOW, freed=False)
    assert slots.is_full(0, NOW)


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
    slots, now = Slots(), NOW
    for name, *rest in history:
        if name == "wait":
            now += rest[0] * SECOND
        elif name == "refused":
            slots.refused(now)
        elif name == "listed":
            slots.listed(rest[0], rest[1], now, freed=rest[2])
        else:
            getattr(slots, name)()
        assert 0 <= slots.free(ours, now) <= max(0, SLOTS - ours)
        assert slots.is_full(ours, now) == (slots.free(ours, now) == 0)
    assert slots.free(ours, now + 600 * SECOND) == max(0, SLOTS - ours)
