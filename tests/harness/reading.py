"""Reading of files without files: what it costs in links and in time is as with the real one."""

import asyncio
from datetime import timedelta
from decimal import Decimal

from bot.answers.engine.document import Found, Grouped
from bot.answers.files.reading import ENOUGH
from bot.answers.plan import Plan
from bot.calls.budget import Rank
from bot.cards.figures import Unread
from bot.exports.fresh_links import FreshLinks
from bot.runtime.clock import Clock
from bot.tokenflex.models import DownloadLink
from storage.models import Export


def found_in(plan: Plan, rows: int = 0) -> Found:
    """What is found in a file whose rows are all zeros."""
    return Found(
        rows,
        rows,
        100,
        "ab" * 32,
        {name: Decimal(0) for name in plan.task.adds},
        people=0 if plan.task.people else None,
        grouped=tuple(Grouped(each, (), 0, is_single=False) for each in plan.task.groupings),
        timelines=tuple(() for _ in plan.task.timelines),
    )


class ReadOnPaper:
    """Takes `seconds` for a file; `faults` are what the next ones end with."""

    def __init__(self, links: FreshLinks, clock: Clock, seconds: float = 2.0) -> None:
        self._links, self._clock, self._seconds = links, clock, seconds
        self._turn = asyncio.Lock()
        self.read_at: list[tuple[int, timedelta]] = []  #: exports, and how old their links still could have become
        self.faults: list[Unread | Exception] = []

    async def read(self, export: Export, plan: Plan, *, person: str, rank: Rank = Rank.PEOPLE) -> Found | Unread:
        """Return figures, as `Reading` does."""
        if rank is not Rank.PEOPLE:
            await self._link(export, person, rank)
        async with self._turn:
            link = await self._link(export, person, rank)
            self.read_at.append((export.number, link.expires_at - self._clock.now()))
            await self._clock.sleep(self._seconds)
            fault = self.faults.pop(0) if self.faults else None
            if isinstance(fault, Exception):
                raise fault
            return fault or found_in(plan)

    async def _link(self, export: Export, person: str, rank: Rank) -> DownloadLink:
        known = self._links.known(export.number, ENOUGH)
        return known or await self._links.fresh(export.number, person, rank)
