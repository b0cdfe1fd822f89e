"""Lanes of messages: what goes out one after another, when the next may, and what holds all of them up.

Each recipient has two lanes, one for what is posted and one for edits, so that a slow channel holds up no other and no
edit. A lane holds one message at a time; which these are is known here alone, and gone with the process.
"""

from collections import Counter
from datetime import datetime, timedelta
from typing import Final, NamedTuple

from bot.runtime.backoff import SHARED
from bot.runtime.clock import Clock
from storage.models import Delivery, Refusal

#: Between two messages of a lane: one a second (source: Slack rate limits).
PACE: Final = timedelta(seconds=1.1)


class Lane(NamedTuple):
    """What goes out one after another."""

    recipient: str
    is_edit: bool


class Lanes:
    """Knows which lanes are busy, and until when the others wait."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._busy: dict[Lane, int] = {}  # with the row that is being delivered
        self._free_at: dict[Lane, datetime] = {}
        #: How often in a row Slack has refused posts, and edits (True), for a reason that is the whole workspace's.
        self._refused: Counter[bool] = Counter()
        self._probe_at: dict[bool, datetime] = {}

    def free_at(self, lane: Lane, now: datetime) -> datetime:
        """Return when the next message of a lane may go out, `now` where nothing is in the way of that."""
        return max(self._free_at.get(lane, now), self._probe_at.get(lane.is_edit, now))

    def may_start(self, delivery: Delivery, lane: Lane) -> bool:
        """Return whether nothing is in the way; while Slack refuses us as a whole, one message tries for all."""
        is_probe = self._refused[lane.is_edit] > 0
        probes = is_probe and any(each.is_edit == lane.is_edit for each in self._busy)
        return lane not in self._busy and delivery.id not in self._busy.values() and not probes

    def start(self, delivery: Delivery, lane: Lane) -> None:
        """Note that a message of a lane is under way."""
        self._busy[lane] = delivery.id

    def end(self, lane: Lane) -> None:
        """Note that the message of a lane is not under way any more."""
        self._busy.pop(lane, None)
        self.close(lane, PACE)

    def close(self, lane: Lane, pause: timedelta) -> None:
        """Let nothing out of a lane for so long; what closed it for longer holds."""
        free_at = self._clock.now() + pause
        self._free_at[lane] = max(free_at, self._free_at.get(lane, free_at))

    def note_reach(self, about: Refusal, *, is_edit: bool) -> None:
        """Remember that Slack refuses us as a whole, so that not each message finds that out; or that it does not."""
        if about is not Refusal.WORKSPACE:
            self._refused.pop(is_edit, None)
            return
        self._refused[is_edit] += 1
        self._probe_at[is_edit] = self._clock.now() + SHARED.after(self._refused[is_edit])
