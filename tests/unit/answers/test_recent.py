"""What was found lately is known by what was asked of which file, for minutes, and not more of it than so much."""

import asyncio
from dataclasses import replace
from datetime import datetime, timedelta

from bot.answers.plan import plan
from bot.answers.recent import Recent
from bot.tokenflex.catalogue import Catalogue
from storage.models import Export
from storage.states import ExportState
from tests.harness.moved_clock import MovedClock
from tests.harness.rows import FOUND, NOW, REQUEST

EXPORT = Export(42, ExportState.READY, REQUEST, "U1", "C1", NOW, NOW, announcement=1, origin="one act")
PLANS = [plan(REQUEST, Catalogue(), top=top) for top in range(1, 31)]


class Hands:
    """A clock that is moved by hand."""

    def __init__(self) -> None:
        self.time = NOW

    def now(self) -> datetime:
        return self.time

    async def sleep(self, seconds: float) -> None:
        self.time += timedelta(seconds=seconds)


def test_the_same_question_of_the_same_file_is_known() -> None:
    """Not another question, nor the file of another announcement, nor that of another life of the database."""
    recent = Recent(Hands())
    recent.keep(EXPORT, PLANS[9], FOUND)
    assert recent.of(EXPORT, plan(REQUEST, Catalogue(), top=10)) == FOUND
    assert recent.of(EXPORT, PLANS[8]) is None
    assert recent.of(EXPORT, plan(REQUEST, Catalogue(), where="productName='Revit'")) is None
    for other in (replace(EXPORT, announcement=2), replace(EXPORT, number=43), replace(EXPORT, origin="another act")):
        assert recent.of(other, PLANS[9]) is None


def test_it_is_forgotten_after_minutes() -> None:
    """What is read again lives on."""
    clock = Hands()
    recent = Recent(clock)
    for asked in PLANS[:2]:
        recent.keep(EXPORT, asked, FOUND)
    clock.time += timedelta(minutes=4)
    recent.keep(EXPORT, PLANS[0], FOUND)
    clock.time += timedelta(minutes=2)
    assert recent.of(EXPORT, PLANS[0]) == FOUND
    assert recent.of(EXPORT, PLANS[1]) is None
    clock.time += timedelta(minutes=4)
    assert recent.of(EXPORT, PLANS[0]) is None


async def test_it_is_forgotten_where_nobody_asks_again() -> None:
    """Names of people are among it, and they are in memory for minutes."""
    clock = MovedClock()
    recent = Recent(clock)
    loop = asyncio.ensure_future(recent.run())
    try:
        await clock.advance(60)
        recent.keep(EXPORT, PLANS[0], FOUND)
        await clock.advance(200)
        recent.keep(EXPORT, PLANS[1], FOUND)
        assert len(recent._known) == 2
        await clock.advance(101)
        assert len(recent._known) == 1
        await clock.advance(200)
        assert len(recent._known) == 0
    finally:
        loop.cancel()
        await asyncio.gather(loop, return_exceptions=True)


def test_there_is_never_much_of_it() -> None:
    """The oldest go."""
    recent = Recent(Hands())
    for asked in PLANS:
        recent.keep(EXPORT, asked, FOUND)
    assert [recent.of(EXPORT, asked) is not None for asked in PLANS] == [False] * 10 + [True] * 20
