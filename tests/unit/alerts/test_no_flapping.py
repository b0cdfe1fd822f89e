"""Rules and episodes together: figures that go up and down a little are told once, whatever is watched for."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import date, timedelta
from typing import Final

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.alerts import episodes, rules
from bot.alerts.episodes import Act, Close, State, Tell
from bot.alerts.rules import Amount
from bot.cards import alert_watched
from bot.cards.alert_watched import Every, Limit, Shares, Shortage, Surplus, Unusual, Watched
from bot.cards.usage_card import Usage
from tests.unit.alerts.test_episodes import NOW
from tests.unit.alerts.test_rules import LAST, usage, weeks

SIX_HOURS: Final = timedelta(hours=6)
Seen = tuple[Usage | None, Sequence[Amount]]


def share(noise: int) -> Seen:
    return usage(5_000 - noise), ()


def shortage(noise: int) -> Seen:
    seen = usage(7_000, months=(1000, 1000, 1000, 1000))
    assert seen.outlook
    return replace(seen, outlook=replace(seen.outlook, expected=LAST - timedelta(days=7 - noise * 7 // 100))), ()


def week(noise: int) -> Seen:
    return None, weeks(1000, 1000, 1000, 1500 - noise * 50 // 100)


def limit(noise: int) -> Seen:
    return None, [Amount("November 2026", date(2026, 11, 1), 1001 - noise * 20 // 100)]


def surplus(noise: int) -> Seen:
    seen = usage(5_000, months=(500, 500, 500, 500))
    assert seen.outlook
    return replace(seen, outlook=replace(seen.outlook, left=2_000 - noise * 2)), ()


#: Each kind of alert, and figures that are at its threshold (0) or a little below (up to 100).
WATCHED: Final[list[tuple[Watched, Callable[[int], Seen]]]] = [
    (Shares((50, 75)), share),
    (Shortage(), shortage),
    (Unusual(Every.WEEK, 50), week),
    (Limit("productName", "AutoCAD", 1000), limit),
    (Surplus(20), surplus),
]


def told(watched: Watched, figures: Sequence[Seen]) -> list[Act]:
    """Return all that people are told as one looks at these figures, four times a day."""
    state, acts = State(), list[Act]()
    for place, (seen, amounts) in enumerate(figures):
        found = rules.look(watched, seen, amounts, state.held)
        state, more = episodes.looked(state, found, NOW + place * SIX_HOURS)
        acts += [act for act in more if isinstance(act, Tell | Close)]
    return acts


@pytest.mark.parametrize(("watched", "figures"), WATCHED)
@given(noise=st.lists(st.integers(0, 100), min_size=1, max_size=60))
def test_a_little_up_and_down_is_told_once(watched: Watched, figures: Callable[[int], Seen], noise: list[int]) -> None:
    acts = told(watched, [figures(each) for each in (0, *noise)])
    assert [type(act) for act in acts] == [Tell]


@pytest.mark.parametrize(("watched", "figures"), WATCHED)
def test_it_is_not_told_a_little_below(watched: Watched, figures: Callable[[int], Seen]) -> None:
    assert told(watched, [figures(100)] * 5) == []


@pytest.mark.parametrize(("watched", "figures"), WATCHED)
def test_it_is_over_well_below(watched: Watched, figures: Callable[[int], Seen]) -> None:
    acts = told(watched, [figures(0), figures(0), figures(300)])
    assert [type(act) for act in acts] == [Tell, Close]


def test_each_kind_is_in_that_table() -> None:
    assert {type(watched) for watched, _ in WATCHED} == set(alert_watched._KINDS.values())
