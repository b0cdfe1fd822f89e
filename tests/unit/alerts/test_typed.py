"""What people type for an alert: numbers as they write them, and sentences on what is wrong."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.alerts import typed
from bot.alerts.typed import AlertProblem, Typed
from bot.cards.alert_watched import AlertError, Every, Limit, Shares, Shortage, Surplus, Unusual, Watched

WATCHED = st.one_of(
    st.lists(st.integers(1, 100), min_size=1, max_size=9).map(lambda percents: Shares(tuple(percents))),
    st.just(Shortage()),
    st.builds(Unusual, st.sampled_from([Every.MONTH, Every.WEEK]), st.integers(1, 10_000)),
    st.builds(
        Limit,
        st.just("productName"),
        st.text(min_size=1).filter(str.strip),
        st.integers(1, 10**12 - 1),
        st.sampled_from(Every),
    ),
    st.builds(Surplus, st.integers(1, 100)),
)


@given(WATCHED)
def test_what_would_have_been_typed_is_read_as_it_was(watched: Watched) -> None:
    assert typed.read(typed.typed_of(watched)) == watched


@given(st.text(), st.sampled_from(["shares", "unusual", "limit", "surplus"]))
def test_anything_else_is_something_or_wrong_in_its_part(text: str, kind: typed.Kind) -> None:
    """Whatever is typed: a sentence or two, not an error."""
    read = typed.read(Typed(kind, shares=text, percent=text, value=text, tokens=text, left=text))
    if isinstance(read, tuple):
        assert read
        assert all(problem.message.endswith(".") for problem in read)


@pytest.mark.parametrize(
    ("text", "tokens"),
    [
        ("10000", 10_000),
        ("10,000", 10_000),
        ("10.000", 10_000),
        ("1 234 567", 1_234_567),
        ("1\u202f234\u202f567", 1_234_567),
        ("1'234'567", 1_234_567),
        ("10k", 10_000),
        (" 500 tokens ", 500),
        ("10\u200b000", 10_000),
    ],
)
def test_numbers_of_tokens_as_people_write_them(text: str, tokens: int) -> None:
    assert typed.tokens_of(text) == tokens


@pytest.mark.parametrize("text", ["", "1.5", "1,00", "1,000.50", "-5", "1.000,000", "many", "1" * 13, "٣"])
def test_what_may_mean_two_numbers_is_none(text: str) -> None:
    with pytest.raises(AlertError):
        typed.tokens_of(text)


def test_shares_in_one_line() -> None:
    assert typed.shares_of("50 %, 75% and 90") == (50, 75, 90)
    assert typed.shares_of("50;75/90") == (50, 75, 90)
    assert typed.read(Typed("shares", shares="12.5")) == (
        AlertProblem("shares", "“12.5” is not a whole number of per cent: write shares as in 50, 75, 90."),
    )
    assert typed.read(Typed("shares", shares="0, 50")) == (
        AlertProblem("shares", "Choose shares between 1 and 100 %."),
    )


def test_all_that_is_wrong_is_said_at_once() -> None:
    """Not one after the other."""
    read = typed.read(Typed("limit"))
    assert isinstance(read, tuple)
    assert {problem.part for problem in read} == {"tokens", "value"}


@pytest.mark.parametrize(("number", "is_one"), [("0", False), ("1", True), ("10000", True), ("10001", False)])
def test_per_cent_have_two_ends_which_are_said(number: str, is_one: bool) -> None:
    found = typed.read(Typed("unusual", percent=number))
    assert isinstance(found, Unusual) == is_one
    assert is_one or "from 1 to 10,000" in str(found)
