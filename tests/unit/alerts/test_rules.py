"""What alerts watch for: when it begins to hold, when it is over, and what does not flap."""

import json
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.alerts import rules
from bot.alerts.rules import Amount, Finding, Held
from bot.cards import alert_watched
from bot.cards.alert_told import LeftUnused, OverLimit, OverUsual, RunsOut, ShareUsed
from bot.cards.alert_watched import AlertError, Every, Limit, Shares, Shortage, Surplus, Unusual, Watched
from bot.cards.usage_card import Usage
from bot.contracts.usage import Counted, usage_of
from bot.tokenflex.catalogue import Catalogue
from bot.tokenflex.models import MonthOfUse, TokenYear

FIRST, LAST = date(2026, 2, 1), date(2027, 1, 31)
AFTER = date(2027, 2, 1)


def usage(
    consumed: int,
    provisioned: int = 10_000,
    at: date = date(2026, 11, 3),
    months: Sequence[int] = (),
    remaining: int | None = None,
) -> Usage:
    """Return how a contract stands in its third year; `months` are those before November 2026, oldest first."""
    left = provisioned - consumed if remaining is None else remaining
    year = TokenYear(3, FIRST, LAST, provisioned, consumed, left)
    firsts = [date(2026, 10 - place, 1) for place in range(len(months))]
    used = tuple(
        MonthOfUse(first, "DESKTOP_PRODUCT", tokens, 1) for first, tokens in zip(firsts, reversed(months), strict=True)
    )
    now = datetime.combine(at, datetime.min.time(), UTC)
    return usage_of(Counted("1", now, at - timedelta(days=1), (year,), used))


def look(watched: Watched, seen: Usage | None, held: Held | None = None) -> Finding | None:
    return rules.look(watched, seen, (), held)


# --- a share of the year's tokens ---------------------------------------------------------------------------------

SHARES = Shares((90, 50, 75))


@pytest.mark.parametrize(
    ("consumed", "held", "step"),
    [
        (4_999, 0, 0),
        (5_000, 0, 50),
        (7_500, 50, 75),
        (9_500, 0, 90),
        (7_400, 75, 75),  # it was told, and falls a little
        (7_399, 75, 50),
        (7_499, 50, 50),  # it was not told yet, and is not there yet
        (4_900, 50, 50),
        (4_899, 50, 0),
        (12_000, 90, 90),  # more than there are
    ],
)
def test_the_highest_share_that_is_reached(consumed: int, held: int, step: int) -> None:
    found = look(SHARES, usage(consumed), Held(FIRST, held) if held else None)
    assert found
    assert (found.period, found.holds, found.step) == (FIRST, step > 0, step)
    assert step == 0 or isinstance(found.matter, ShareUsed)


def test_a_year_without_tokens_has_no_shares() -> None:
    assert look(SHARES, usage(0, 0)) is None


@pytest.mark.parametrize("watched", [SHARES, Shortage(), Surplus(10)])
def test_what_was_told_of_the_year_before_is_over_though_nothing_is_known_of_this_one(watched: Watched) -> None:
    found = look(watched, usage(0, 0), Held(date(2025, 2, 1), 50))
    assert found == Finding(FIRST, holds=False)


@pytest.mark.parametrize("watched", [SHARES, Shortage(), Surplus(10)])
def test_when_the_year_is_over_nothing_of_it_holds(watched: Watched) -> None:
    assert look(watched, usage(9_500, at=AFTER)) == Finding(AFTER, holds=False)


@pytest.mark.parametrize("watched", [SHARES, Shortage(), Surplus(10), Unusual(Every.MONTH, 20)])
def test_where_nothing_is_known_all_stays_as_it_is(watched: Watched) -> None:
    assert look(watched, None) is None
    assert look(watched, replace(usage(1), year=None, months=())) is None


# --- they run out -------------------------------------------------------------------------------------------------


def standing(days_early: int | None) -> Usage:
    """Return a contract whose tokens are expected to run out so many days before the year ends."""
    seen = usage(7_000, months=(1000, 1000, 1000, 1000))
    assert seen.outlook
    expected = None if days_early is None else LAST - timedelta(days=days_early)
    return replace(seen, outlook=replace(seen.outlook, expected=expected))


@pytest.mark.parametrize(
    ("days_early", "is_held", "holds"),
    [(30, False, True), (7, False, True), (6, False, False), (6, True, True), (0, True, True), (None, True, False)],
)
def test_a_week_lies_between_running_out_and_lasting(days_early: int | None, is_held: bool, holds: bool) -> None:
    found = look(Shortage(), standing(days_early), Held(FIRST) if is_held else None)
    assert found
    assert (found.period, found.holds) == (FIRST, holds)


def test_the_forecast_is_that_of_usage() -> None:
    found = look(Shortage(), usage(9_000, months=(1000, 1000, 1000, 1000)))
    assert found
    assert isinstance(found.matter, RunsOut)
    assert found.matter.on == usage(9_000, months=(1000, 1000, 1000, 1000)).outlook.expected  # type: ignore[union-attr]


def test_tokens_that_are_used_up_have_run_out() -> None:
    assert look(Shortage(), usage(10_000)) == Finding(FIRST, True, 0, RunsOut(3, None, LAST, 10_000))


def test_too_few_months_say_nothing() -> None:
    assert look(Shortage(), usage(7_000, months=(1000,))) is None


# --- more than usual ----------------------------------------------------------------------------------------------

WEEKS = Unusual(Every.WEEK, 50)


def weeks(*tokens: int, running: int | None = None) -> list[Amount]:
    firsts = [date(2026, 8, 31) + timedelta(days=7 * place) for place in range(len(tokens) + 1)]
    whole = [Amount(f"the week of {first}", first, each) for first, each in zip(firsts, tokens, strict=False)]
    return [*whole, *([] if running is None else [Amount("this week", firsts[len(tokens)], running, whole=False)])]


@pytest.mark.parametrize(
    ("amounts", "holds"),
    [
        (weeks(100, 100, 100, 149), False),
        (weeks(100, 100, 100, 150), True),
        (weeks(900, 100, 90, 110, 100, 105, 95, 152), True),  # the seventh before is too long ago
        (weeks(0, 100, 0, 100, 100, 100, 10_000, 150), True),  # one odd week is not usual
        (weeks(100, 100, 100, running=149), False),
        (weeks(100, 100, 100, running=150), True),  # before the week is over
        (weeks(100, 100, 100, 200, running=10), True),  # of the last whole one
    ],
)
def test_a_week_is_measured_by_the_middle_of_the_six_before(amounts: list[Amount], holds: bool) -> None:
    found = rules.look(WEEKS, None, amounts, None)
    assert found
    assert found.holds == holds


@pytest.mark.parametrize("amounts", [[], weeks(100, 100), weeks(100, 100, 200), weeks(0, 0, 0, running=0)[:3]])
def test_two_weeks_are_not_usual(amounts: list[Amount]) -> None:
    assert rules.look(WEEKS, None, amounts, None) is None


def test_where_nothing_is_usual_nothing_is_unusual() -> None:
    assert rules.look(WEEKS, None, weeks(0, 0, 0, 500), None) == Finding(date(2026, 9, 21), holds=False)


def test_what_was_told_of_a_week_is_over_only_well_below() -> None:
    last = weeks(100, 100, 100, 146)
    assert rules.look(WEEKS, None, last, None) == Finding(last[-1].first, holds=False)
    held = rules.look(WEEKS, None, last, Held(last[-1].first))
    assert held == Finding(last[-1].first, True, 0, OverUsual(last[-1].period, 146, 100, True, of_file=True))


def test_what_was_told_of_a_week_that_goes_on_is_over_when_it_is_not_so_any_more() -> None:
    """Whether or not the week before it was one, too: usage may be booked back."""
    for last in (100, 300):
        going = weeks(100, 100, 100, last, running=120)
        found = rules.look(WEEKS, None, going, Held(going[-1].first))
        assert found == Finding(going[-1].first, holds=False)


def test_months_are_those_of_usage_and_one_without_use_counts() -> None:
    seen = usage(1, months=(100, 100, 100, 300))
    found = look(Unusual(Every.MONTH, 100), seen)
    assert found == Finding(date(2026, 10, 1), True, 0, OverUsual("October 2026", 300, 100, whole=True))
    gap = replace(seen, months=tuple(month for month in seen.months if month.first != date(2026, 9, 1)))
    assert [amount.tokens for amount in rules.months_of(gap)] == [100, 100, 0, 300, 0]
    assert rules.months_of(replace(seen, months=())) == ()


def test_a_month_is_over_though_nothing_is_used_any_more() -> None:
    """Of a contract that is over, or rests, Token Flex tells no later month: what was told of the last one ends."""
    months, told = (100, 100, 100, 300), Held(date(2026, 10, 1))
    november = look(Unusual(Every.MONTH, 100), usage(1, months=months, at=date(2026, 11, 30)), told)
    assert november
    assert (november.period, november.holds) == (told.period, True)
    december = look(Unusual(Every.MONTH, 100), usage(1, months=months, at=date(2026, 12, 2)), told)
    assert december == Finding(date(2026, 11, 1), holds=False)


# --- over a limit -------------------------------------------------------------------------------------------------

LIMIT = Limit("productName", "AutoCAD", 1000)


@pytest.mark.parametrize(
    ("tokens", "is_held", "holds"),
    [(1000, False, False), (1001, False, True), (981, True, True), (980, True, False), (981, False, False)],
)
def test_a_product_over_a_number(tokens: int, is_held: bool, holds: bool) -> None:
    month = Amount("November 2026", date(2026, 11, 1), tokens)
    matter = OverLimit("AutoCAD", "November 2026", tokens, 1000) if holds else None
    found = rules.look(LIMIT, None, [month], Held(month.first) if is_held else None)
    assert found == Finding(month.first, holds, 0, matter)


def test_a_new_period_begins_anew() -> None:
    found = rules.look(LIMIT, None, [Amount("December 2026", date(2026, 12, 1), 990)], Held(date(2026, 11, 1)))
    assert found == Finding(date(2026, 12, 1), holds=False)


def test_without_an_answer_nothing_is_said() -> None:
    assert rules.look(LIMIT, usage(1), [], None) is None


# --- left unused --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("left", "at", "is_held", "holds"),
    [
        (2_000, date(2026, 11, 3), False, True),
        (1_999, date(2026, 11, 3), False, False),
        (1_800, date(2026, 11, 3), True, True),
        (1_799, date(2026, 11, 3), True, False),
        (5_000, date(2026, 10, 2), False, False),  # too early to be known well
        (5_000, date(2026, 10, 3), False, True),
    ],
)
def test_tokens_that_end_unused(left: int, at: date, is_held: bool, holds: bool) -> None:
    seen = usage(5_000, at=at, months=(500, 500, 500, 500))
    assert seen.outlook
    seen = replace(seen, outlook=replace(seen.outlook, left=left, least=0, most=9_000))
    found = look(Surplus(20), seen, Held(FIRST) if is_held else None)
    matter = LeftUnused(3, left, 0, 9_000, 10_000, LAST) if holds else None
    assert found == Finding(FIRST, holds, 0, matter)


def test_where_all_are_used_none_is_left() -> None:
    assert look(Surplus(20), usage(10_000)) == Finding(FIRST, holds=False)


# --- as values ----------------------------------------------------------------------------------------------------

percents = st.integers(1, 100)
EACH = st.one_of(
    st.builds(Shares, st.lists(percents, min_size=1).map(tuple)),
    st.just(Shortage()),
    st.builds(Unusual, st.sampled_from((Every.MONTH, Every.WEEK)), percents),
    st.builds(
        Limit,
        st.just("productName"),
        st.text(min_size=1).filter(str.strip),
        st.integers(1, 10**9),
        st.sampled_from(Every),
    ),
    st.builds(Surplus, percents),
)


@given(EACH)
def test_what_is_watched_comes_back_from_json(watched: Watched) -> None:
    assert alert_watched.of_text(alert_watched.as_text(watched)) == watched
    assert alert_watched.words(watched)


@pytest.mark.parametrize(
    "kept",
    [
        {},
        {"kind": "people"},
        {"kind": "shares", "percents": []},
        {"kind": "shares", "percents": [0]},
        {"kind": "shares", "percents": [101]},
        {"kind": "shares", "percents": ["x"]},
        {"kind": "unusual", "every": "day", "percent": 5},
        {"kind": "unusual", "every": "week", "percent": 0},
        {"kind": "unusual", "every": "contract-year", "percent": 5},
        {"kind": "limit", "field": "productName", "value": " ", "tokens": 5, "every": "month"},
        {"kind": "limit", "field": "productName", "value": "AutoCAD", "tokens": 0, "every": "month"},
        {"kind": "limit", "field": "productName", "value": "AutoCAD", "tokens": 5, "every": "day"},
        {"kind": "limit", "field": "productName", "value": "AutoCAD", "tokens": 5},
        {"kind": "limit", "field": "productName"},
        {"kind": "surplus", "percent": 0},
        {"kind": "surplus", "percent": 5, "more": 1},
    ],
)
def test_what_nobody_can_watch_for(kept: dict[str, object]) -> None:
    with pytest.raises(AlertError):
        alert_watched.of_text(json.dumps(kept))


@pytest.mark.parametrize("text", ["", "{", "[]", "1", "null"])
def test_what_is_no_text_of_an_alert(text: str) -> None:
    with pytest.raises(AlertError):
        alert_watched.of_text(text)


@pytest.mark.parametrize(
    ("watched", "words"),
    [
        (Shares((90, 50, 75)), "50, 75 and 90 % of the year's tokens used"),
        (Shares((80,)), "80 % of the year's tokens used"),
        (Shortage(), "tokens that run out before the contract year ends"),
        (Unusual(Every.WEEK, 30), "a week that is 30 % over the usual"),
        (Limit("productName", "Revit", 5000), "Revit over 5,000 tokens in a month"),
        (Limit("customField1", "K-7", 5000, Every.YEAR), "K-7 over 5,000 tokens in a contract year"),
        (Surplus(10), "10 % of the year's tokens or more that end unused"),
    ],
)
def test_what_is_watched_in_words(watched: Watched, words: str) -> None:
    assert alert_watched.words(watched) == words


def test_no_alert_is_about_people() -> None:
    """Whatever the catalogue or the settings take for names of people; and what nobody knows may name some."""
    catalogue = Catalogue()
    watching = {
        field.name: rules.names_people(Limit(field.name, "x", 1), catalogue, {"customField3"})
        for field in catalogue.fields
    }
    assert {name for name, is_personal in watching.items() if is_personal} == {
        "customField3",
        *(field.name for field in catalogue.fields if field.personal_data),
    }
    assert rules.names_people(Limit("somethingElse", "x", 1), catalogue, ())
    assert not rules.names_people(Shortage(), catalogue, ())
