"""Periods: said in words, kept as a value, made into days."""

from contextlib import suppress
from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from bot.contracts.years import ContractYear
from bot.questions import periods
from bot.questions.periods import Days, Period, PeriodError, Relative
from bot.tokenflex.catalogue import Catalogue
from bot.tokenflex.where import check_where

TODAY = date(2026, 11, 29)
YESTERDAY = date(2026, 11, 28)
YEARS = (
    ContractYear(1, date(2024, 2, 1), date(2025, 1, 31)),
    ContractYear(2, date(2025, 2, 1), date(2026, 1, 31)),
    ContractYear(3, date(2026, 2, 1), date(2027, 1, 31)),
    ContractYear(4, date(2027, 2, 1), date(2027, 4, 30)),
)
OCTOBER = Days(date(2026, 10, 1), date(2026, 10, 31))
DATES = st.dates(date(2000, 1, 1), date(2099, 12, 31))
RANGES = st.builds(lambda one, other: Days(min(one, other), max(one, other)), DATES, DATES)
MONTHS = st.builds(lambda day: Days(day.replace(day=1), end_of_month(day)), DATES)
PERIODS = st.sampled_from(Relative) | RANGES | MONTHS

#: Each relative period, asked on 29 November 2026: its days, and how they are said.
MEANT = {
    Relative.LAST_MONTH: (OCTOBER, "October 2026"),
    Relative.THIS_MONTH: (Days(date(2026, 11, 1), YESTERDAY), "1 to 28 November 2026"),
    Relative.LAST_7_DAYS: (Days(date(2026, 11, 22), YESTERDAY), "22 to 28 November 2026"),
    Relative.LAST_30_DAYS: (Days(date(2026, 10, 30), YESTERDAY), "30 October to 28 November 2026"),
    Relative.LAST_90_DAYS: (Days(date(2026, 8, 31), YESTERDAY), "31 August to 28 November 2026"),
    Relative.THIS_CONTRACT_YEAR: (
        Days(date(2026, 2, 1), YESTERDAY),
        "contract year 3 (1 February to 28 November 2026)",
    ),
    Relative.LAST_CONTRACT_YEAR: (
        Days(date(2025, 2, 1), date(2026, 1, 31)),
        "contract year 2 (February 2025 to January 2026)",
    ),
    Relative.YEAR_TO_DATE: (Days(date(2026, 1, 1), YESTERDAY), "1 January to 28 November 2026"),
    Relative.ALL: (None, "all days"),
}


def end_of_month(day: date) -> date:
    following = date(day.year + day.month // 12, day.month % 12 + 1, 1)
    return following - timedelta(days=1)


@pytest.mark.parametrize("period", Relative)
def test_each_relative_period_has_its_days(period: Relative) -> None:
    """A period without a row here fails."""
    days, said = MEANT[period]
    assert periods.days_of(period, TODAY, YEARS) == days
    assert periods.words_of(period, days, YEARS) == said


@pytest.mark.parametrize(
    ("text", "period"),
    [
        ("last month", Relative.LAST_MONTH),
        ("Last_Month", Relative.LAST_MONTH),
        ("the last 7 days", Relative.LAST_7_DAYS),
        ("30 days", Relative.LAST_30_DAYS),
        ("YTD", Relative.YEAR_TO_DATE),
        ("contract year", Relative.THIS_CONTRACT_YEAR),
        ("all", Relative.ALL),
        ("2026-10", OCTOBER),
        ("2026-9", Days(date(2026, 9, 1), date(2026, 9, 30))),
        ("October", OCTOBER),
        ("oct", OCTOBER),
        ("October 2026", OCTOBER),
        ("october 2025", Days(date(2025, 10, 1), date(2025, 10, 31))),
        ("November", Days(date(2026, 11, 1), date(2026, 11, 30))),
        ("december", Days(date(2025, 12, 1), date(2025, 12, 31))),
        ("2026-10-05", Days(date(2026, 10, 5), date(2026, 10, 5))),
        ("2026-10-01..2026-10-15", Days(date(2026, 10, 1), date(2026, 10, 15))),
        ("2026-10-01…2026-10-15", Days(date(2026, 10, 1), date(2026, 10, 15))),
        ("2026-10-01 – 2026-10-15", Days(date(2026, 10, 1), date(2026, 10, 15))),
        ("from 2026-10-01 to 2026-10-15", Days(date(2026, 10, 1), date(2026, 10, 15))),
        ("2026-08..2026-10", Days(date(2026, 8, 1), date(2026, 10, 31))),
        ("august to october", Days(date(2026, 8, 1), date(2026, 10, 31))),
        ("2025", Days(date(2025, 1, 1), date(2025, 12, 31))),
        ("2024-02-29", Days(date(2024, 2, 29), date(2024, 2, 29))),
    ],
)
def test_what_people_write(text: str, period: Period) -> None:
    """Signs, blanks and capitals make no difference; what the newcomers tried for October is October."""
    assert periods.parse(text, TODAY) == period


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("last-mnth", "did you mean last-month?"),
        ("last week", "The periods are last-month"),
        ("10/01/2026", "write days as in 2026-10 or 2026-10-01..2026-10-15"),
        ("01.10.2026", "write days as in"),
        ("2026-13", "There is no “2026-13” in the calendar"),
        ("2026-02-30", "There is no “2026-02-30” in the calendar"),
        ("2026-10-15..2026-10-01", "ends before it begins"),
        ("1926-10", "outside of the years"),
        ("2026-10..", "I don't know the period"),
        ("2026-10..soon", "I don't know the period"),
        ("", "The periods are last-month, this-month"),
        ("§§§§§", "The periods are last-month, this-month"),
    ],
)
def test_what_nobody_can_follow_is_told(text: str, says: str) -> None:
    """Each refusal says what to write."""
    with pytest.raises(PeriodError, match=r"[.?]$") as caught:
        periods.parse(text, TODAY)
    assert says in str(caught.value)


@given(st.text(max_size=40))
def test_any_text_is_a_period_or_a_sentence(text: str) -> None:
    """Nothing else is raised."""
    with suppress(PeriodError):
        period = periods.parse(text, TODAY)
        assert periods.parse(periods.as_word(period), TODAY) == period


@given(PERIODS, DATES)
def test_a_period_and_its_word_are_one(period: Period, today: date) -> None:
    """What a template keeps is what was meant, on whatever day it is read."""
    assert periods.parse(periods.as_word(period), today) == period


@given(PERIODS, st.dates(date(2001, 1, 1), date(2099, 12, 31)))
def test_today_is_left_out(period: Period, today: date) -> None:
    """No period reaches today, and none begins before its own first day; where nothing is left, a sentence says so."""
    with suppress(PeriodError):
        days = periods.days_of(period, today, YEARS)
        assert (days is None) is (period is Relative.ALL)
        assert days is None or days.first <= days.last < today
        if isinstance(period, Days):
            assert days == Days(period.first, min(period.last, today - timedelta(days=1)))


@given(RANGES)
def test_the_clause_is_one_that_token_flex_takes(days: Days) -> None:
    """Written as the rules ask, and with no word that they warn of."""
    assert check_where(periods.clause(days), Catalogue()) == ()


def test_the_clause() -> None:
    """As the issue writes it; all days need none."""
    assert periods.clause(OCTOBER) == "usageDate >= '2026-10-01' AND usageDate <= '2026-10-31'"
    assert periods.clause(None) == ""


@pytest.mark.parametrize(
    ("period", "today", "years", "says"),
    [
        (Relative.THIS_MONTH, date(2026, 11, 1), YEARS, "no usage of November 2026 yet: today is left out"),
        (Relative.YEAR_TO_DATE, date(2026, 1, 1), YEARS, "no usage of 2026 yet"),
        (Relative.THIS_CONTRACT_YEAR, date(2026, 2, 1), YEARS, "no usage of February 2026 to January 2027 yet"),
        (Relative.THIS_CONTRACT_YEAR, TODAY, (), "I don't know the years of this contract"),
        (Relative.LAST_CONTRACT_YEAR, TODAY, (), "I don't know the years of this contract"),
        (Relative.LAST_CONTRACT_YEAR, date(2024, 5, 1), YEARS, "No year of this contract is over yet"),
        (Relative.THIS_CONTRACT_YEAR, date(2028, 1, 1), YEARS, "This contract ended on 30 April 2027"),
        (Relative.THIS_CONTRACT_YEAR, date(2023, 1, 1), YEARS, "no usage of February 2024 to January 2025 yet"),
        (Days(TODAY, TODAY), TODAY, YEARS, "no usage of 29 November 2026 yet"),
    ],
)
def test_where_there_are_no_days_the_person_hears_why(
    period: Period, today: date, years: tuple[ContractYear, ...], says: str
) -> None:
    """A beginning month, an unknown or ended contract, the future."""
    with pytest.raises(PeriodError) as caught:
        periods.days_of(period, today, years)
    assert says in str(caught.value)


def test_the_last_contract_year_of_one_that_has_ended_is_its_newest() -> None:
    """The short one, here."""
    assert periods.days_of(Relative.LAST_CONTRACT_YEAR, date(2028, 1, 1), YEARS) == Days(YEARS[3].first, YEARS[3].last)


@pytest.mark.parametrize(
    ("zone", "day"),
    [("Europe/Berlin", 30), ("America/Los_Angeles", 29), ("Asia/Tokyo", 30), ("", 29), ("Nowhere/Land", 29)],
)
def test_today_is_the_askers(zone: str, day: int) -> None:
    """At 23:30 UTC it is tomorrow in Berlin; where nobody knows the zone it is UTC's day."""
    assert periods.today_in(zone, datetime(2026, 11, 29, 23, 30, tzinfo=UTC)) == date(2026, 11, day)


@pytest.mark.parametrize(
    ("period", "today", "following"),
    [
        (OCTOBER, date(2026, 12, 1), Days(date(2026, 11, 1), date(2026, 11, 30))),
        (OCTOBER, TODAY, OCTOBER),
        (OCTOBER, date(2027, 3, 10), Days(date(2027, 2, 1), date(2027, 2, 28))),
        (Days(date(2026, 7, 1), date(2026, 9, 30)), date(2027, 1, 5), Days(date(2026, 10, 1), date(2026, 12, 31))),
        (Days(date(2026, 7, 1), date(2026, 9, 30)), date(2026, 12, 5), Days(date(2026, 7, 1), date(2026, 9, 30))),
        (Days(date(2026, 11, 2), date(2026, 11, 8)), TODAY, Days(date(2026, 11, 16), date(2026, 11, 22))),
        (Days(date(2025, 1, 1), date(2025, 12, 31)), date(2027, 2, 1), Days(date(2026, 1, 1), date(2026, 12, 31))),
        (Relative.LAST_MONTH, TODAY, Relative.LAST_MONTH),
    ],
)
def test_run_again_moves_on(period: Period, today: date, following: Period) -> None:
    """Months stay months, weeks weeks; only what is over counts."""
    assert periods.moved_on(period, today) == following


@given(RANGES | MONTHS, DATES)
def test_moving_on_keeps_the_length_and_never_goes_back(period: Days, today: date) -> None:
    """Nor does it reach days that are not over, and once more changes nothing."""
    moved = periods.moved_on(period, today)
    assert isinstance(moved, Days)
    assert moved.first >= period.first
    assert periods.moved_on(moved, today) == moved
    if moved != period:
        assert moved.last < today
    if period.first.day != 1 or period.last != end_of_month(period.last):
        assert moved.last - moved.first == period.last - period.first
    else:
        assert (moved.first.day, moved.last) == (1, end_of_month(moved.last))


@pytest.mark.parametrize(
    ("days", "said", "slug"),
    [
        (OCTOBER, "October 2026", "2026_10"),
        (Days(date(2026, 10, 1), date(2026, 10, 15)), "1 to 15 October 2026", "2026_10_01_to_2026_10_15"),
        (Days(date(2026, 10, 5), date(2026, 10, 5)), "5 October 2026", "2026_10_05"),
        (Days(date(2025, 12, 31), date(2026, 1, 1)), "31 December 2025 to 1 January 2026", "2025_12_31_to_2026_01_01"),
        (Days(date(2026, 8, 1), date(2026, 10, 31)), "August to October 2026", "2026_08_to_2026_10"),
        (Days(date(2025, 1, 1), date(2025, 12, 31)), "2025", "2025"),
        (Days(date(2024, 1, 1), date(2025, 12, 31)), "January 2024 to December 2025", "2024_01_to_2025_12"),
        (None, "all days", ""),
    ],
)
def test_days_as_people_say_them(days: Days | None, said: str, slug: str) -> None:
    """In a sentence and in a file's name."""
    assert (periods.words(days), periods.slug(days)) == (said, slug)


@given(RANGES, RANGES)
def test_different_days_are_never_said_alike(one: Days, other: Days) -> None:
    """Neither in words nor in names of files."""
    assume(one != other)
    assert periods.words(one) != periods.words(other)
    assert periods.slug(one) != periods.slug(other)


def test_how_fresh_the_data_is() -> None:
    """Told where the end of the period is not known yet, and only there."""
    assert periods.freshness(Days(TODAY, TODAY), date(2026, 11, 26)) == "usage is known through 26 November 2026"
    assert periods.freshness(OCTOBER, date(2026, 11, 26)) == ""
    assert periods.freshness(None, date(2026, 11, 26)) == ""
