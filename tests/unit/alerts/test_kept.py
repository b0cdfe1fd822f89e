"""How an alert stands, as a text."""

import json
from dataclasses import fields
from datetime import UTC, date, datetime
from typing import get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.alerts import kept
from bot.alerts.episodes import Episode, Past, State
from bot.cards.alert_told import Matter, Phase

dates = st.dates()
moments = st.datetimes(timezones=st.just(UTC), min_value=datetime(1, 1, 2), max_value=datetime(9999, 1, 1))  # noqa: DTZ001
OF = {"int": st.integers(), "float": st.floats(0, 1), "str": st.text(), "bool": st.booleans(), "date": dates}


def a_matter(kind: type[Matter]) -> st.SearchStrategy[Matter]:
    """Return values of one kind: a field of a new type fails here."""
    hints = {field.name: str(getattr(field.type, "__name__", field.type)) for field in fields(kind)}
    made = {name: st.none() | dates if hint.endswith("None") else OF[hint] for name, hint in hints.items()}
    return st.builds(kind, **made)


episodes = st.builds(
    Episode,
    dates,
    st.integers(0, 100),
    st.one_of([a_matter(kind) for kind in get_args(Matter)]),
    st.sampled_from(Phase),
    st.text(),
    st.none() | moments,
    st.none() | moments,
)
states = st.builds(
    State,
    st.none() | episodes,
    st.lists(st.builds(Past, dates, st.integers(0, 100), st.none() | moments), max_size=3).map(tuple),
)


@given(states)
def test_it_comes_back_as_it_was(state: State) -> None:
    assert kept.of_text(kept.as_text(state)) == state


@pytest.mark.parametrize("text", ["nonsense", "{}", "[]", "1", '{"episode": {"period": 5}, "past": []}'])
def test_what_is_not_understood_is_as_if_nothing_was_told(text: str) -> None:
    assert kept.of_text(text) == State()


@given(episodes)
def test_what_a_later_version_knows_more_of_is_not_understood(episode: Episode) -> None:
    later = json.loads(kept.as_text(State(episode)))
    later["episode"]["matter"]["kind"] = "of-later"
    assert kept.of_text(json.dumps(later)) == State()


def test_a_quiet_one_needs_no_words() -> None:
    assert kept.as_text(State()) == ""
    assert kept.of_text("") == State()
    assert kept.as_text(State(past=(Past(date(2026, 1, 1), 0),)))
