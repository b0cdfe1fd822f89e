"""What Slack says of people and places: asked once for all who want to know, kept, remembered while Slack is out.

Nobody waits long for it: forms have to be opened and acknowledged within three seconds (source: Slack, trigger ids).
"""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Generic, TypeVar

import structlog

from bot.errors import MembershipUnknownError
from bot.runtime.clock import Clock
from bot.slack.api import WAITED_FOR
from bot.slack.errors import SlackError

T = TypeVar("T")

KEPT = timedelta(minutes=5)  #: how long an answer of Slack's is taken for true
#: Real seconds that a person's act waits for one question here. To let somebody in takes two at most, one after
#: another: whether they are one of those who may, and whether they are an administrator.
_PATIENCE = WAITED_FOR / 3

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class _Known(Generic[T]):
    value: T
    at: datetime


class Remembered(Generic[T]):
    """Answers by key: fresh ones at once, older ones after a short attempt to get a new one.

    One that is not older than `still_good` stands in for one that Slack does not give.
    """

    def __init__(self, ask: Callable[[str], Awaitable[T]], clock: Clock, still_good: timedelta) -> None:
        self._ask = ask
        self._clock = clock
        self._still_good = still_good
        self._known: dict[str, _Known[T]] = {}
        self._asking: dict[str, asyncio.Task[T]] = {}

    async def get(self, key: str) -> T:
        """Return the answer for a key.

        Raises:
            MembershipUnknownError: there is none, and no old one either.

        """
        known = self._known.get(key)
        if known is not None and self._clock.now() - known.at < KEPT:
            return known.value
        try:
            return await asyncio.wait_for(asyncio.shield(self._under_way(key)), _PATIENCE)
        except (SlackError, TimeoutError) as error:
            log.warning(
                "Slack did not say who somebody is, or what a channel is", key=key, reason=str(error) or "too slow"
            )
        if known is not None and self._clock.now() - known.at < self._still_good:
            return known.value
        raise MembershipUnknownError

    def forget(self, key: str) -> None:
        """Ask again the next time."""
        self._known.pop(key, None)

    def _under_way(self, key: str) -> asyncio.Task[T]:
        """Return the one question about a key; it goes on when nobody waits any more, for whoever asks next."""
        task = self._asking.get(key)
        if task is None:
            task = self._asking[key] = asyncio.create_task(self._answer(key), name=f"what is {key}")
            task.add_done_callback(lambda done: self._end(key, done))
        return task

    async def _answer(self, key: str) -> T:
        value = await self._ask(key)
        self._known[key] = _Known(value, self._clock.now())
        return value

    def _end(self, key: str, task: asyncio.Task[T]) -> None:
        self._asking.pop(key, None)
        if not task.cancelled():
            task.exception()  # asyncio complains of errors that nobody has waited for

    async def close(self) -> None:
        """End what is still being asked."""
        tasks = tuple(self._asking.values())
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
