"""A contract at a glance as people read it: every sentence whole, every drawing one that Slack takes."""

import re
from dataclasses import replace
from datetime import UTC, date, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.cards import usage_card
from bot.cards.usage_card import Glance, Month, Outlook, Usage
from bot.tokenflex.catalogue import CATEGORIES
from bot.tokenflex.errors import UnreachableError
from bot.tokenflex.models import TokenYear
from sandbox.slack.rules.blocks import message_faults
from tests.unit.cards.vocabulary import FORBIDDEN, LONGEST

AT = datetime(2026, 10, 12, 9, 30, tzinfo=UTC)
YEAR = TokenYear(2, date(2026, 2, 1), date(2027, 1, 31), 12_000, 10_500, 1_500, 500, 100)
NOVEMBER, NEW_YEAR = date(2026, 11, 15), date(2027, 1, 1)
OUTLOOK = Outlook(NOVEMBER, date(2026, 11, 2), NEW_YEAR, 0, 0, 300)
USAGE = Usage("11", AT, date(2026, 9, 30), YEAR, True, 0.66, 0.875, OUTLOOK, (), ())

names = st.sampled_from([*(category.name for category in CATEGORIES), "SOMETHING_NEW"])
months = st.builds(
    Month,
    st.dates(date(2024, 1, 1), date(2027, 1, 1)).map(lambda day: day.replace(day=1)),
    st.integers(-(10**6), 10**9),
    st.dictionaries(names, st.none() | st.integers(0, 10**5)),
    st.booleans(),
)
usages = st.builds(
    lambda months, **more: Usage(
        contract="11",
        at=AT,
        months=tuple(months),
        categories=tuple(sorted({n for m in months for n in m.users})),
        **more,
    ),
    st.lists(months, max_size=12, unique_by=lambda month: month.first),
    known_through=st.none() | st.just(date(2026, 9, 30)),
    year=st.none()
    | st.builds(replace, st.just(YEAR), remaining=st.integers(-5, 10**6), multiyear_at_start=st.integers(0, 5)),
    goes_on=st.booleans(),
    over=st.floats(0, 1),
    used=st.none() | st.floats(0, 2),
    outlook=st.none()
    | st.just(OUTLOOK)
    | st.builds(
        replace, st.just(OUTLOOK), expected=st.none(), latest=st.none(), earliest=st.sampled_from([None, NOVEMBER])
    ),
)


@given(usage=usages, is_old=st.booleans(), trouble=st.none() | st.just(UnreachableError("x")), in_channel=st.booleans())
def test_whatever_is_known_is_said_in_whole_sentences(
    usage: Usage, is_old: bool, trouble: Any, in_channel: bool
) -> None:
    """Short, in plain words, and in drawings that Slack takes."""
    shown = Glance("11", usage, is_old=is_old, trouble=trouble)
    figures = usage_card.figures_of(shown)
    for said in (figures.finding, *figures.facts, *figures.notes):
        text = re.sub(r"<!date\^.*?\|(.*?)>", r"\1", said)
        assert re.match(r"[A-Z0-9]", text), text
        assert text.endswith("."), text
        assert len(text) <= LONGEST
        assert not re.search(r"\s\s|\s[.,;]|\.\.", text), text
        assert FORBIDDEN.search(text) is None, text
    for message in (usage_card.glance(shown, in_channel=in_channel), usage_card.posted(usage)):
        for blocks in (message.blocks, message.plainer):
            assert message_faults(blocks) == ([], "")
        assert message.text == figures.finding


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({}, "are used, 1,500 are left. At this pace they last until about 15 November 2026."),
        ({}, "Four times out of five that day is between 2 November 2026 and 1 January 2027."),
        ({"outlook": replace(OUTLOOK, latest=None)}, "between 2 November 2026 and the year's end, 31 January 2027."),
        ({"outlook": Outlook(None, None, None, 900, 400, 1500)}, "they last until the year ends on 31 January 2027."),
        ({"outlook": Outlook(None, None, None, 900, 400, 1500)}, "About 900 would be left then"),
        ({"outlook": None}, "It takes two whole months of usage to say how long the tokens last."),
        ({}, "88 % of the tokens are used, and 66 % of the year is over: faster than an even pace."),
        ({"over": 0.95}, "slower than an even pace."),
        ({"over": 0.9}, "about an even pace."),
        ({}, "Multi-year tokens, which are counted apart: 100 used in this contract year, 400 left."),
        ({"year": replace(YEAR, remaining=0)}, "none are left until 31 January 2027."),
        ({"goes_on": False}, "were used; that year ended on 31 January 2027."),
        ({"year": None}, "no contract year has begun yet"),
        ({}, "Usage is known through 30 September 2026."),
    ],
)
def test_what_is_said(changed: dict[str, Any], said: str) -> None:
    """Of each case."""
    assert said in usage_card.glance(Glance("11", replace(USAGE, **changed)), in_channel=True).bare


def test_what_does_not_hold_is_not_said() -> None:
    """No multi-year tokens where there are none, no forecast of a year that is over, no freshness that nobody knows."""
    year = replace(YEAR, multiyear_at_start=0, multiyear_consumed=0)
    shown = Glance("11", replace(USAGE, year=year, goes_on=False, outlook=None, known_through=None))
    said = usage_card.glance(shown, in_channel=True).bare
    assert not re.search("Multi-year|pace|It takes|known through", said)


def test_its_age_is_said_and_what_is_in_the_way() -> None:
    """Newer figures come, or why not."""
    old = usage_card.glance(Glance("11", USAGE, is_old=True), in_channel=True).bare
    assert "Newer figures come by themselves." in old
    stuck = usage_card.glance(Glance("11", USAGE, is_old=True, trouble=UnreachableError("x")), in_channel=True).bare
    assert "I could not get newer figures. Autodesk cannot be reached at the moment." in stuck
    assert "by themselves" not in stuck


@pytest.mark.parametrize("in_channel", [True, False])
def test_it_can_be_posted_where_there_is_a_channel(in_channel: bool) -> None:
    """By product can be asked anywhere, of the same contract and year."""
    message = usage_card.glance(Glance("11", USAGE), in_channel=in_channel)
    (row,) = (block for block in message.blocks if block["type"] == "actions")
    labels = {button["text"]["text"]: button["value"] for button in row["elements"]}
    posting = {"Post to channel": "11"} if in_channel else {}
    assert labels == {**posting, "By product": "starter.products this-contract-year 11", "Alert me": "11"}


def test_an_unknown_number_of_users_is_a_dash() -> None:
    """One category without use is none, and has no column where it never had any; two parts are not added up."""
    month = Month(date(2026, 9, 1), 700, {"DESKTOP_PRODUCT": None, "CLOUD_PRODUCT": 3})
    before = Month(date(2026, 8, 1), 600, {"CLOUD_SERVICE": 2})
    names = ("DESKTOP_PRODUCT", "CLOUD_PRODUCT", "CLOUD_SERVICE", "MANUAL_ADJUSTMENT")
    usage = replace(USAGE, months=(month, before), categories=names)
    table = usage_card.figures_of(Glance("11", usage)).table
    assert table is not None
    assert table.rows == (("2026-09", 700, None, 3, 0), ("2026-08", 600, 0, 0, 2))
    titles = ["Users of desktop products", "Users of cloud products", "Users of cloud services"]
    assert [column.title for column in table.columns[2:]] == titles
