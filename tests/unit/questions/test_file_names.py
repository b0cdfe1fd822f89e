"""Names of files that are made again and again."""

from datetime import date
from typing import Final

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.questions import file_names, periods
from bot.questions.periods import Days
from bot.tokenflex.rules import MAX_FILE_NAME, check_file_name
from storage.models import made_file_name

TODAY: Final = date(2026, 12, 1)
OCTOBER: Final = Days(date(2026, 10, 1), date(2026, 10, 31))
ODD: Final = Days(date(2025, 11, 15), date(2026, 2, 3))
dates = st.dates(date(2000, 1, 1), date(2099, 12, 31))
stretches = st.none() | st.builds(lambda one, other: Days(min(one, other), max(one, other)), dates, dates)
NUMBERS: Final = st.integers(1, 9_999_999)


@pytest.mark.parametrize(
    ("name", "days", "stem"),
    [
        ("tokens_{period}", OCTOBER, "tokens_2026_10"),
        ("tokens {year}-{month}", OCTOBER, "tokens 2026-10"),
        ("{Period} {MONTH} { year }", ODD, "2025_11_15_to_2026_02_03 02 2026"),
        ("tokens_{period}_{month}", None, "tokens_all_days_12"),
        ("tokens", OCTOBER, "tokens"),
        ("tokens_{year}.csv", OCTOBER, "tokens_2026"),
        ("", OCTOBER, ""),
    ],
)
def test_what_a_file_is_called(name: str, days: Days | None, stem: str) -> None:
    assert file_names.check(name) == ()
    assert file_names.stem(name, days, TODAY) == stem


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("{day}_{week}", "I don't know {day} and {week} in a file name: it may have {period}, {month}, {year}"),
        ("tokens_{}", "I don't know {} in a file name: it may have {period}, {month}, {year}"),
        ("tokens_{year", "The file name has a lonely brace: it may have {period}, {month}, {year}"),
        ("tokens}", "The file name has a lonely brace: it may have {period}, {month}, {year}"),
        ("a/{year}", "The file name must not contain / (use _ instead)"),
        (".{year}", "The file name begins with a dot: take it away"),
        (
            "x" * 75 + "{period}",
            "The file name may have up to 99 characters: shorten it by 7, since the export's number comes behind",
        ),
    ],
)
def test_a_sentence_says_what_is_wrong_with_a_name(name: str, message: str) -> None:
    assert [problem.message for problem in file_names.check(name)] == [message]


@given(
    st.lists(st.sampled_from(["{period}", "{month}", "{year}", "a", "Ö", "_", "-", " ", "{", "}", "."]), max_size=30),
    stretches,
    dates,
    NUMBERS,
)
def test_a_name_that_is_taken_gives_good_ones_whatever_the_days(
    parts: list[str], days: Days | None, today: date, number: int
) -> None:
    name = "".join(parts)
    if file_names.check(name):
        return
    called = made_file_name(number, file_names.stem(name, days, today))
    assert len(called) <= MAX_FILE_NAME
    assert not list(check_file_name(called))
    assert called.endswith(f"_{number}")


@given(dates, dates)
def test_no_period_is_longer_than_its_example(one: date, other: date) -> None:
    days = Days(min(one, other), max(one, other))
    assert len(periods.slug(days)) <= len(file_names.EXAMPLES["period"])
