"""A contract at a glance, from what Token Flex counted."""

from collections.abc import Sequence
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.cards.usage_card import Usage
from bot.contracts import pace
from bot.contracts.usage import Counted, usage_of, whole_months
from bot.tokenflex.catalogue import CATEGORIES
from bot.tokenflex.models import MonthOfUse, TokenYear

TODAY = date(2026, 10, 12)
DESKTOP, CLOUD = "DESKTOP_PRODUCT", "CLOUD_PRODUCT"
YEARS = (
    TokenYear(1, date(2025, 2, 1), date(2026, 1, 31), 10_000, 9_000, 1_000, 500, 0),
    TokenYear(2, date(2026, 2, 1), date(2027, 1, 31), 12_000, 6_000, 6_000, 500, 100),
    TokenYear(3, date(2027, 2, 1), date(2027, 4, 30), 0, 0, 0),
)
STEADY = tuple(MonthOfUse(date(2026, month, 1), DESKTOP, 1_000, 10 + month) for month in range(2, 10))


def glance(
    months: tuple[MonthOfUse, ...] = STEADY,
    years: tuple[TokenYear, ...] = YEARS,
    known_through: date | None = date(2026, 9, 30),
    today: date = TODAY,
) -> Usage:
    return usage_of(counted(months, years, known_through, today))


def counted(
    months: Sequence[MonthOfUse],
    years: tuple[TokenYear, ...] = YEARS,
    known_through: date | None = None,
    today: date = TODAY,
) -> Counted:
    at = datetime.combine(today, time(9, 30), UTC)
    return Counted("11", at, known_through, years, tuple(months))


def test_the_contract_year_is_the_one_that_goes_on() -> None:
    """Half of its tokens are used, two thirds of it are over as far as usage is known."""
    usage = glance()
    assert usage.year == YEARS[1]
    assert (usage.goes_on, usage.used) == (True, 0.5)
    assert usage.over == pytest.approx(242 / 365)


def test_tokens_last_at_the_pace_of_the_last_months() -> None:
    """6,000 are left on 30 September, 1,000 go in a month: beyond the year, which ends sooner."""
    outlook = glance().outlook
    assert outlook is not None
    assert outlook.expected is None
    assert abs(outlook.left - 2_000) < 200
    assert outlook.least < outlook.left < outlook.most
    short = glance(years=(YEARS[0], TokenYear(2, date(2026, 2, 1), date(2027, 1, 31), 12_000, 10_500, 1_500)))
    assert short.outlook is not None
    assert short.outlook.expected is not None
    assert abs(short.outlook.expected - date(2026, 11, 15)) <= timedelta(days=2)
    assert short.outlook.earliest is not None
    assert short.outlook.latest is not None
    assert short.outlook.earliest < short.outlook.expected < short.outlook.latest


@pytest.mark.parametrize(
    ("what", "changed"),
    [
        ("one whole month is known", {"months": STEADY[-1:]}),
        ("the second is not over yet", {"months": STEADY[-2:], "known_through": date(2026, 9, 29)}),
        ("the first is not whole", {"months": STEADY[:2], "years": (TokenYear(1, date(2026, 2, 5), date(2027, 2, 4),
         9, 1, 8),), "today": date(2026, 4, 9), "known_through": date(2026, 3, 31)}),
        ("nothing was used", {"months": ()}),
        ("nothing is left", {"years": (TokenYear(2, date(2026, 2, 1), date(2027, 1, 31), 9, 9, 0),)}),
        ("the contract has ended", {"today": date(2028, 1, 1), "known_through": date(2026, 9, 30)}),
        ("it has not begun", {"today": date(2024, 1, 1)}),
        ("no year is known", {"years": ()}),
    ],
)  # fmt: skip
def test_there_is_no_forecast_where(what: str, changed: dict[str, Any]) -> None:
    """Too little is known, or there is nothing to foresee."""
    assert glance(**changed).outlook is None, what


def test_a_contract_that_has_ended_shows_its_last_year() -> None:
    """The last that had tokens, where there is one; all of it is over."""
    usage = glance(today=date(2028, 1, 1), known_through=date(2026, 9, 30))
    assert (usage.year, usage.goes_on, usage.used) == (YEARS[1], False, 0.5)
    usage = glance(today=date(2028, 1, 1), years=YEARS[2:])
    assert (usage.year, usage.goes_on, usage.used) == (YEARS[2], False, None)
    assert glance(today=date(2027, 3, 1)).year == YEARS[2]
    assert glance(today=date(2028, 1, 1), years=YEARS[:2], known_through=None).over == 1.0


def test_without_a_known_day_usage_counts_two_days_late() -> None:
    """A month counts as whole when it has been over for two days."""
    for today, whole in ((date(2026, 10, 1), 7), (date(2026, 10, 2), 8)):
        assert len(whole_months(counted(STEADY), today - timedelta(days=2))) == whole
        usage = glance(known_through=None, today=today)
        assert usage.over == pytest.approx(((today - date(2026, 2, 1)).days - 1) / 365)


def test_users_of_a_month_in_two_contract_years_are_not_added_up() -> None:
    """One person may be in both parts; tokens are added."""
    split = (
        MonthOfUse(date(2026, 2, 1), DESKTOP, 30, 7),
        MonthOfUse(date(2026, 2, 1), DESKTOP, 40, 8),
        MonthOfUse(date(2026, 2, 1), CLOUD, 5, 3),
    )
    (month,) = glance(split).months
    assert month.label == "2026-02"
    assert (month.tokens, dict(month.users)) == (75, {DESKTOP: None, CLOUD: 3})


entries = st.lists(
    st.builds(
        MonthOfUse,
        st.dates(date(2024, 1, 1), date(2027, 6, 1)).map(lambda day: day.replace(day=1)),
        st.sampled_from([*(category.name for category in CATEGORIES), "SOMETHING_NEW"]),
        st.integers(-100, 10_000),
        st.integers(0, 300),
    ),
    max_size=60,
    unique_by=lambda each: (each.month, each.category),
)


@given(months=entries)
def test_the_newest_twelve_months_are_shown(months: list[MonthOfUse]) -> None:
    """Newest first, each with the tokens of all categories and the users of each category as they were counted."""
    usage = glance(tuple(months))
    firsts = sorted({each.month for each in months}, reverse=True)[:12]
    assert [month.first for month in usage.months] == firsts
    for month in usage.months:
        of_it = [each for each in months if each.month == month.first]
        assert month.tokens == sum(each.tokens for each in of_it)
        assert dict(month.users) == {each.category: each.unique_users for each in of_it}
    assert set(usage.categories) == {name for month in usage.months for name in month.users}


@given(months=entries, through=st.dates(date(2024, 1, 1), date(2027, 12, 31)))
def test_whole_months_follow_each_other(months: list[MonthOfUse], through: date) -> None:
    """From the first with use, or the contract's first whole one, to the last that is over; none is left out."""
    whole = whole_months(counted(months), through)
    if not months or not whole:
        return
    first = max(min(each.month for each in months), date(2025, 2, 1))
    assert sum(month.days for month in whole) <= (through - first).days + 1
    after = first + timedelta(days=sum(month.days for month in whole))
    assert after.day == 1
    assert (after + timedelta(days=32)).replace(day=1) > through + timedelta(days=1)
    assert sum(month.tokens for month in whole) == sum(each.tokens for each in months if first <= each.month < after)


def test_a_month_that_goes_on_is_called_so() -> None:
    """Its tokens are not all there yet: by the last day whose usage is known."""
    newest, before, *_ = glance(known_through=date(2026, 9, 29)).months
    assert (newest.label, before.label) == ("2026-09 so far", "2026-08")
    assert glance().months[0].label == "2026-09"


def test_a_month_without_use_counts_as_nothing() -> None:
    """Token Flex leaves it out."""
    months = (MonthOfUse(date(2026, 3, 1), DESKTOP, 10, 1), MonthOfUse(date(2026, 5, 1), DESKTOP, 30, 1))
    found = whole_months(counted(months), date(2026, 5, 31))
    assert found == (pace.Month(10, 31), pace.Month(0, 30), pace.Month(30, 31))


@given(months=entries, known_through=st.none() | st.dates())
def test_what_was_counted_can_be_kept(months: list[MonthOfUse], known_through: date | None) -> None:
    """Written and read again it is the same."""
    kept = counted(months, known_through=known_through)
    assert Counted.from_json(kept.as_json()) == kept
