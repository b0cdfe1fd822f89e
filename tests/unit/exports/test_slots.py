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
    assert slots.left_to_us(NOW) == SLOTS
    slots.listed("1", 25, NOW, freed=False)
    slots.listed("2", 5, NOW, freed=False)
    assert slots.left_to_us(NOW) == 20


def test_what_was_seen_elsewhere_is_not_believed_for_ever() -> None:
    """A contract that nobody looks at any more keeps no place taken."""
    slots = Slots()
    slots.listed("1", 50, NOW, freed=False)
    assert not slots.left_to_us(NOW + 4 * 60 * SECOND)
    assert slots.left_to_us(NOW + 6 * 60 * SECOND) == SLOTS


def test_a_refusal_closes_the_house_longer_each_time() -> None:
    """One minute, two, four, at most ten; an acceptance begins anew."""
    slots = Slots()
    pauses = []
    for _ in range(6):
        slots.refused(NOW)
        pauses.append(next(minutes for minutes in range(12) if slots.left_to_us(NOW + minutes * 60 * SECOND)))
    assert pauses == [1, 2, 4, 8, 10, 10]
    slots.taken()
    slots.freed()
    slots.refused(NOW)
    assert slots.left_to_us(NOW + 60 * SECOND)


def test_what_ends_opens_the_house() -> None:
    """One of ours that ended, or fewer elsewhere than before, is believed more than the refusal."""
    for freed, before, after in ((True, 3, 3), (False, 3, 2)):
        slots = Slots()
        slots.listed("1", before, NOW, freed=False)
        slots.refused(NOW)
        assert not slots.left_to_us(NOW)
        slots.listed("1", after, NOW, freed=freed)
        assert slots.left_to_us(NOW)
    slots = Slots()
    slots.refused(NOW)
    slots.listed("1", 3, NOW, freed=False)
    assert not slots.left_to_us(NOW)


acts = st.one_of(
    st.tuples(st.just("refused")),
    st.tuples(st.just("freed")),
    st.tuples(st.just("taken")),
    st.tuples(st.just("listed"), st.sampled_from("123"), st.integers(0, 60), st.booleans()),
    st.tuples(st.just("wait"), st.integers(0, 400)),
)


@given(st.lists(acts, max_size=30))
def test_there_are_never_more_places_than_fifty_and_never_none_for_ever(
    history: list[tuple[Any, ...]],
) -> None:
    """Whatever happened, between none and fifty are left to us, and ten quiet minutes leave nothing closed."""
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
        assert 0 <= slots.left_to_us(now) <= SLOTS
    assert slots.left_to_us(now + 600 * SECOND) == SLOTS


@given(st.lists(acts, max_size=30))
def test_who_waits_for_the_moments_and_the_news_misses_no_change(history: list[tuple[Any, ...]]) -> None:
    """Between two news, what is left to us changes at the moments that were given, and at no other."""
    slots, now, news = Slots(), NOW, [0]
    slots.subscribe(lambda: news.append(len(news)))
    for name, *rest in history:
        before, heard = slots.left_to_us(now), len(news)
        if name == "wait":
            end = now + rest[0] * SECOND
            changes = slots.changes_at(now)
            while changes is not None and changes <= end:
                assert slots.left_to_us(changes - SECOND / 1000) == slots.left_to_us(now)
                now = changes
                changes = slots.changes_at(now)
            assert slots.left_to_us(end) == slots.left_to_us(now)
            now = end
        elif name == "refused":
            slots.refused(now)
        elif name == "listed":
            slots.listed(rest[0], rest[1], now, freed=rest[2])
        else:
            getattr(slots, name)()
        assert name == "wait" or slots.left_to_us(now) == before or len(news) > heard
