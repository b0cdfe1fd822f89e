"""The one export a day of an alert: which days it is about, and what is counted of them."""

from collections.abc import Sequence
from datetime import date, timedelta
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.alerts import daily
from bot.alerts.daily import Read
from bot.alerts.rules import MOST_PERIODS
from bot.answers.plan import plan
from bot.cards.alert_watched import Every, Limit, Shares, Shortage, Surplus, Unusual, Watched
from bot.contracts.years import ContractYear
from bot.questions import questions
from bot.questions.periods import Days
from bot.questions.questions import Asked
from bot.tokenflex.catalogue import Catalogue
from bot.tokenflex.rules import check_request
from tests.unit.alerts.house import found_of

YEARS = (
    ContractYear(1, date(2024, 2, 1), date(2025, 1, 31)),
    ContractYear(2, date(2025, 2, 1), date(2026, 1, 31)),
    ContractYear(3, date(2026, 2, 1), date(2027, 1, 31)),
)
CATALOGUE = Catalogue()
ONE = timedelta(days=1)
EACH = [Limit("productName", "Revit", 1000, every) for every in Every] + [Unusual(Every.WEEK, 50)]
days = st.dates(date(2024, 6, 1), date(2027, 1, 31))


def read(
    watched: Watched, today: date, used: dict[date, int], known_through: date | None = None,
    years: Sequence[ContractYear] = YEARS,
) -> list[tuple[str, date, int, bool]]:  # fmt: skip
    """Return what is counted by the export of a day, whose file has all use of the days that it is about."""
    question = daily.question(watched, today, years, CATALOGUE)
    assert question is not None
    asked = question.period
    assert isinstance(asked, Days)
    request = questions.request(question, Asked("1", today))
    kept = {day: tokens for day, tokens in used.items() if asked.first <= day <= asked.last}
    found = found_of(request, plan(request, CATALOGUE, keeps=True), kept)
    amounts = daily.amounts(watched, Read(today, asked, known_through, found), years)
    return [(each.period, each.first, each.tokens, each.whole) for each in amounts]


def test_which_alerts_need_one() -> None:
    others = (Shares((50,)), Shortage(), Surplus(10), Unusual(Every.MONTH, 50))
    assert all(daily.reads_files(watched) for watched in EACH)
    assert not any(daily.reads_files(watched) for watched in others)
    assert not any(daily.question(watched, date(2026, 11, 24), YEARS, CATALOGUE) for watched in others)


@pytest.mark.parametrize("watched", EACH)
@given(today=days)
def test_what_is_asked_is_taken(watched: Watched, today: date) -> None:
    """By the rules of Token Flex; today is left out."""
    question = daily.question(watched, today, YEARS, CATALOGUE)
    assert question is not None
    assert isinstance(question.period, Days)
    assert question.period.last == today - ONE
    request = questions.request(question, Asked("110000123456", today), "made")
    assert [each for each in check_request(request, CATALOGUE) if not each.warning] == []


def test_a_value_may_hold_any_sign() -> None:
    question = daily.question(Limit("customField1", "O'Brien's", 5), date(2026, 11, 24), YEARS, CATALOGUE)
    assert question is not None
    assert question.where == "customField1 = 'O''Brien''s'"


def test_the_month_that_goes_on_and_the_one_before() -> None:
    """Usage is known two days late, unless somebody knew better: until then the month before counts."""
    used = {date(2026, 10, 31): 900, date(2026, 11, 1): 5, date(2026, 11, 2): 7}
    limit = Limit("productName", "Revit", 1000)
    october = ("October 2026", date(2026, 10, 1), 900, True)
    assert read(limit, date(2026, 11, 1), used)[1:] == [(*october[:3], False)]
    assert read(limit, date(2026, 11, 2), used) == [october]
    assert read(limit, date(2026, 11, 3), used) == [october, ("November 2026", date(2026, 11, 1), 12, False)]
    assert read(limit, date(2026, 11, 2), used, date(2026, 11, 1))[1:] == [
        ("November 2026", date(2026, 11, 1), 5, False)
    ]
    assert read(limit, date(2026, 11, 5), used, date(2026, 10, 29)) == [(*october[:3], False)]
    assert read(limit, date(2026, 11, 5), used, date(2026, 9, 29)) == []


def test_a_limit_by_week_and_by_contract_year() -> None:
    used = {date(2026, 2, 1): 1, date(2026, 11, 15): 10, date(2026, 11, 16): 100}
    assert read(Limit("productName", "Revit", 5, Every.WEEK), date(2026, 11, 20), used) == [
        ("the week from 9 November 2026", date(2026, 11, 9), 10, True),
        ("the week from 16 November 2026", date(2026, 11, 16), 100, False),
    ]
    yearly = Limit("productName", "Revit", 5, Every.YEAR)
    assert read(yearly, date(2026, 11, 20), used) == [("contract year 3", date(2026, 2, 1), 111, False)]
    assert read(yearly, date(2026, 2, 2), used) == [("contract year 2", date(2025, 2, 1), 0, True)]
    assert read(yearly, date(2026, 2, 10), used)[1:] == [("contract year 3", date(2026, 2, 1), 1, False)]


def test_after_the_last_contract_year_nothing_is_over_a_limit() -> None:
    """Its usage is still known for some days; then the matter is one of the past, and nothing is asked any more."""
    yearly, used = Limit("productName", "Revit", 5, Every.YEAR), {date(2027, 1, 31): 9}
    assert [each[2] for each in read(yearly, date(2027, 2, 3), used)] == [9]
    assert [each[1:3] for each in read(yearly, date(2027, 2, 10), used)] == [
        (date(2026, 2, 1), 9), (date(2027, 2, 1), 0),
    ]  # fmt: skip
    assert daily.question(yearly, date(2027, 2, 15), YEARS, CATALOGUE)
    for watched in EACH:
        assert daily.question(watched, date(2027, 2, 16), YEARS, CATALOGUE) is None
    assert daily.question(yearly, date(2026, 11, 1), (), CATALOGUE) is None


@given(today=days, late=st.integers(0, 9))
def test_weeks_are_enough_for_what_is_usual(today: date, late: int) -> None:
    """Six whole ones lie before the newest, however late usage is known within a week."""
    known = min(today - ONE, today - late * ONE)
    found = read(Unusual(Every.WEEK, 50), today, {}, known)
    whole = [each for each in found if each[3]]
    assert len(whole) >= MOST_PERIODS if late < 7 else len(whole) >= MOST_PERIODS - 1
    assert {later[1] - earlier[1] for earlier, later in pairwise(found)} == {7 * ONE}
    assert all(each[1].weekday() == 0 for each in found)


@given(watched=st.sampled_from(EACH), today=days, used=st.dictionaries(days, st.integers(0, 999), max_size=20))
def test_no_token_counts_twice_and_none_is_left_out(watched: Watched, today: date, used: dict[date, int]) -> None:
    """Of the days that are asked about, up to the end of the period that counts."""
    found = read(watched, today, used, today - ONE)
    first = min(each[1] for each in found)
    assert sum(each[2] for each in found) == sum(tokens for day, tokens in used.items() if first <= day <= today - ONE)
