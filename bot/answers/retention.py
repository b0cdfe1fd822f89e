"""For how long figures are kept: old ones are forgotten at the start and every day, and so is what names people."""

import json
from collections.abc import Collection
from datetime import datetime, timedelta
from typing import Final

import structlog
from sqlite_utils import Database as Connection

from bot.answers import kept
from bot.runtime.clock import Clock
from storage import answers, facts
from storage.database import Database

_DAY: Final = timedelta(days=1)
_PERSONAL: Final = "personal fields"  #: the fact: those of the settings by which nothing is kept any more

log = structlog.get_logger(__name__)


class Retention:
    """Forgets figures; `personal` are the fields that the settings say name people, besides those of the catalogue."""

    def __init__(self, database: Database, clock: Clock, keep: timedelta, personal: Collection[str]) -> None:
        self._database = database
        self._clock = clock
        self._keep = keep
        self._personal = frozenset(personal)

    async def run(self) -> None:
        """Forget what names people since the settings say so, then what has become old, day by day."""
        forgotten = await self._database.write(_forget_named, self._personal, self._clock.now())
        if forgotten:
            log.info("answers by fields that name people now are forgotten", answers=forgotten)
        while True:
            old = await self._database.write(answers.forget, self._clock.now() - self._keep)
            if old:
                log.info("old answers are forgotten", answers=old)
            await self._clock.sleep(_DAY.total_seconds())


def _forget_named(db: Connection, personal: frozenset[str], now: datetime) -> int:
    """Forget the answers with groups by fields that are personal and were not at the last start; return how many."""
    before = frozenset(json.loads(facts.get(db, _PERSONAL) or "[]"))
    added = personal - before
    naming = [each.id for each in answers.with_figures(db) if kept.is_by(each.document, added)] if added else []
    for answer in naming:
        answers.remove(db, answer)
    if personal != before:
        facts.put(db, _PERSONAL, json.dumps(sorted(personal)), now)
    return len(naming)
