"""The pace `bucket`: calls that are not made are saved up, 50 at most, and 5 a minute come back; a pure rule.

That is reading E of Token Flex's limit (`bot/calls/budget.py`), which a refusal disproves. It holds under E whatever
happens: the server counts a call somewhere between our start and our end of it, so a call that was made is taken to
have been counted at its END, one in flight now, and `margin` of what comes back is left out. Over eight hours there are
never more than 2400, so that what happened before them does not matter.

Where `careful` leaves one of five calls to people, a dozen of those that are saved are left, where it leaves two, two
dozen, and so on; unless a dozen calls of people came within the last two minutes: then there is a crowd, and what it
asked for has to be looked at. Where what was saved is used up, things go on as by `careful`: what comes back is not
kept until there is a dozen again.
"""

from collections.abc import Sequence
from math import inf

from bot.calls.limits import Limits
from bot.calls.line import PastCall, Question, Rank, Waiting

_LEAST = 1e-6  #: calls; what is missing by less is there


class Bucket(Question):
    """One question to this pace."""

    def __init__(self, calls: Sequence[PastCall], waiting: Sequence[Waiting], now: float, limits: Limits) -> None:
        super().__init__(calls, waiting, now, limits)
        self._level = saved(calls, now, limits)
        self._dozen = kept_for_people(calls, now, limits)
        in_flight = [call.started_at for call in self.recent if call.ended_at is None]
        #: Until one of these ends there is no thread for another call, and nobody knows yet whether they are refused.
        self._thread_at = in_flight[0] + limits.longest_call if len(in_flight) >= limits.burst_at_once else -inf

    def _room_at(self, kept: int) -> float:
        return max(self._thread_at, self._room_for(kept))

    def _room_for(self, kept: int) -> float:
        saved_at = self._saved_at(1 + kept * self._dozen)
        if saved_at <= self.now:
            return saved_at
        return min(saved_at, max(self._minute_at(spare=1 + kept), self._saved_at(1 + kept)))

    def _saved_at(self, wanted: int) -> float:
        """Return from when on so many calls are saved, if no other is made."""
        missing = wanted - self._level
        return -inf if missing <= _LEAST else self.now + missing * self.limits.refill


def saved(calls: Sequence[PastCall], now: float, limits: Limits) -> float:
    """Return how many calls are saved now, at the least; those are all that the rule has to remember."""
    if not calls:
        return float(limits.burst_size)
    full, refill, longest = float(limits.burst_size), limits.refill, limits.longest_call
    counted = [min(now if call.ended_at is None else call.ended_at, call.started_at + longest) for call in calls]
    counted.sort()
    level, at = full, counted[0]
    for moment in counted:
        level = min(full, level + (moment - at) / refill) - 1
        at = moment
    return min(full, level + (now - at - limits.margin) / refill)


def kept_for_people(calls: Sequence[PastCall], now: float, limits: Limits) -> int:
    """Return how many of the saved calls are left to people: a dozen, unless that many of theirs came just now."""
    came = 0
    for call in reversed(calls):
        if call.started_at <= now - limits.crowd_within:
            break
        came += call.rank is Rank.PEOPLE
    return 0 if came >= limits.kept_saved else limits.kept_saved
