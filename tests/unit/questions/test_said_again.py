"""The same again: the days of an export are those that were asked for in words, also where other words meant them."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from types import SimpleNamespace
from typing import Any, cast

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.questions import periods, questions
from bot.questions.asking import Asking
from bot.questions.periods import PeriodError, Relative
from bot.questions.questions import Asked, Question
from bot.tokenflex.catalogue import Catalogue
from storage.models import Export
from tests.harness.people import admitted

QUESTION = Question(("productName",), ("tokensConsumed",))


class _Access:
    async def zone(self, _: Any) -> str:
        return "UTC"


async def again(day: date, period: Relative, word: str) -> Question:
    """The question of an export that was asked on a day."""
    request = questions.request(replace(QUESTION, period=period), Asked("1", day))
    export = SimpleNamespace(
        asked=request, request=request, accepted_at=datetime.combine(day, datetime.min.time(), UTC), period=word
    )
    contracts: Any = SimpleNamespace(offered=(), meant="1")
    clock: Any = SimpleNamespace(now=lambda: export.accepted_at + timedelta(days=40))
    asking = Asking(cast("Any", None), contracts, cast("Any", None), cast("Any", _Access()), Catalogue(), clock)
    return await asking.of_export(cast("Export", export), admitted("U1", "C1"))


@pytest.mark.parametrize(
    ("day", "period"),
    [
        (date(2026, 10, 31), Relative.LAST_30_DAYS),  # as well as this month
        (date(2026, 10, 8), Relative.LAST_7_DAYS),
        (date(2026, 1, 20), Relative.YEAR_TO_DATE),
    ],
)
async def test_days_that_two_words_meant_are_said_by_the_one_that_was_used(day: date, period: Relative) -> None:
    """Without it they are said by another; with one that did not mean these days as well."""
    assert (await again(day, period, periods.as_word(period))).period is period
    assert (await again(day, period, "")).period is Relative.THIS_MONTH
    assert (await again(day, period, "last-90-days")).period is Relative.THIS_MONTH
    assert (await again(day, period, "no word at all")).period is Relative.THIS_MONTH


@given(st.dates(date(2024, 1, 2), date(2030, 12, 31)), st.sampled_from(list(Relative)))
async def test_every_word_leads_back_to_itself(day: date, period: Relative) -> None:
    """On any day on which it means days."""
    try:
        found = await again(day, period, periods.as_word(period))
    except PeriodError:
        return
    assert found == replace(QUESTION, period=period)
