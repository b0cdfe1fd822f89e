"""What was found in files in the last minutes, so that nobody waits for the same again; in memory alone."""

from collections import OrderedDict
from datetime import datetime, timedelta
from typing import Final

from bot.answers.engine.document import Found, Task
from bot.answers.plan import Plan
from bot.runtime.bell import Bell
from bot.runtime.clock import Clock
from storage.models import Export

_KEPT: Final = timedelta(minutes=5)
_MOST: Final = 20  #: files with what was asked of them

_Key = tuple[int, str, int, Task]


class Recent:
    """Remembers figures of an export's file by what was asked of it; names of people are among them."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._kept = Bell(clock)
        self._known: OrderedDict[_Key, tuple[datetime, Found]] = OrderedDict()

    async def run(self) -> None:
        """Forget what is old, also where nobody asks again."""
        while True:
            self._forget()
            oldest = next(iter(self._known.values()), None)
            await self._kept.wait(None if oldest is None else oldest[0] + _KEPT)

    def of(self, export: Export, asked: Plan) -> Found | None:
        """Return what was found in the file that was announced last, if that was asked lately."""
        self._forget()
        found = self._known.get(_key(export, asked))
        return None if found is None else found[1]

    def keep(self, export: Export, asked: Plan, found: Found) -> None:
        """Remember what was found."""
        self._known.pop(_key(export, asked), None)
        self._known[_key(export, asked)] = self._clock.now(), found
        self._forget()
        self._kept.ring()

    def _forget(self) -> None:
        """Forget what is old, and the oldest of many."""
        now = self._clock.now()
        while self._known and (len(self._known) > _MOST or now - next(iter(self._known.values()))[0] >= _KEPT):
            self._known.popitem(last=False)


def _key(export: Export, asked: Plan) -> _Key:
    return export.number, export.mark, export.announcement, asked.task
