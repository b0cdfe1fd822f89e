"""Which question is meant by what somebody writes plainly, and which days."""

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.cards.names import Names
from bot.questions.likely import likely, parted
from bot.questions.periods import Days, Period, Relative
from bot.questions.questions import Question
from bot.questions.starters import starters
from bot.tokenflex.catalogue import Catalogue

TODAY = date(2026, 11, 29)
NAMES = Names(Catalogue(), {"customField1": "Cost centre"})
KNOWN = {each.key: (each.title, each.question) for each in starters(NAMES)}


@pytest.mark.parametrize(
    ("text", "key"),
    [
        ("tokens by product", "products"),
        ("how many tokens did each product use", "products"),
        ("top users", "users"),
        ("by cost centre", "charge-back-1"),
        ("department", "charge-back-1"),
        ("tokens by day", "days"),
        ("manual adjustments", "adjustments"),
        ("product versions", "versions"),
        ("license servers", "servers"),
        ("who has not used anything for long?", "idle"),
        ("charged twice", "charges"),
        ("started by accident", "accidents"),
    ],
)
def test_plain_words_find_a_question(text: str, key: str) -> None:
    """By its title, by what it counts, by synonyms; in the plural too."""
    assert likely(text, KNOWN, NAMES) == key


@pytest.mark.parametrize(
    "text", ["", "xyzzy", "schedule-everything", "how", "the for of", "pace of the moon rocket", "who used revit"]
)
def test_nothing_is_made_up(text: str) -> None:
    """Most words have to fit."""
    assert likely(text, KNOWN, NAMES) is None


def test_every_question_is_found_by_its_own_title() -> None:
    """And by what it says; a template of one's own goes before."""
    for key, (title, _) in KNOWN.items():
        assert likely(title, KNOWN, NAMES) == key
    mine = {"template.1": ("Revit by office", Question(("customField1",), ("tokensConsumed",)))}
    assert likely("revit by office", {**mine, **KNOWN}, NAMES) == "template.1"


@pytest.mark.parametrize(
    ("text", "said", "period"),
    [
        ("top users last month", "top users", Relative.LAST_MONTH),
        ("tokens by product, last 30 days", "tokens by product,", Relative.LAST_30_DAYS),
        ("tokens this contract year?", "tokens", Relative.THIS_CONTRACT_YEAR),
        ("users october", "users", Days(date(2026, 10, 1), date(2026, 10, 31))),
        ("users 2026-10", "users", Days(date(2026, 10, 1), date(2026, 10, 31))),
        ("top users", "top users", None),
        ("", "", None),
    ],
)
def test_days_stand_at_the_end(text: str, said: str, period: Period | None) -> None:
    """The longest words that mean days are taken."""
    assert parted(text, TODAY) == (said, period)


@given(st.text(max_size=80))
def test_any_text_has_an_answer(text: str) -> None:
    """Nothing that can be typed raises."""
    said, _ = parted(text, TODAY)
    assert likely(said, KNOWN, NAMES) in {*KNOWN, None}
