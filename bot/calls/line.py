"""Calls that were made and calls that wait, in their order: whose turn it is.

`bot/calls/budget.py` says when there is room for a call; who gets it is said here.

All times are float seconds since the epoch on the caller's clock. Nothing here reads a clock, and the same question
always has the same answer.
"""

from abc import ABC, abstractmethod
from bisect import bisect_left, bisect_right
from collections.abc import Sequence
from dataclasses import dataclass
from enum import IntEnum
from math import inf
from operator import attrgetter

from bot.calls.limits import Limits

BY_START = attrgetter("started_at")


class Rank(IntEnum):
    """Who goes first: calls that a person waits for, polls, the list of contracts, schedules, what may come in handy.

    The numbers are those of the log of calls, which stay; the order is that of the lines.
    """

    PEOPLE = 0
    POLL = 1
    METADATA = 2
    SCHEDULE = 4  #: what schedules ask for, evenly by their owners
    REPORT = 5  #: the links of what they have asked for: none is fetched before all is asked for
    AHEAD = 3  #: fetched ahead, and never at the price of another call

    @property
    def place(self) -> int:
        """Its place in the order, from 0: those with a smaller one go first."""
        return tuple(Rank).index(self)


MACHINES = frozenset({Rank.POLL, Rank.METADATA})
_SCHEDULES = frozenset({Rank.SCHEDULE, Rank.REPORT})


@dataclass(frozen=True, slots=True)
class PastCall:
    """One call that was made, or that is in flight (`ended_at` is None).

    `person` is whoever the call was for, of schedules their owner ("" for polls and metadata). `burst` is what the
    `Decision` said. `rate_limited` means a 429 of the rate; one that says that 50 exports are outstanding is not meant,
    since no waiting cures it. `retry_after` is what the server asked for then, in seconds, None where it did not say.
    """

    started_at: float
    ended_at: float | None
    rank: Rank
    person: str = ""
    burst: bool = False
    rate_limited: bool = False
    retry_after: float | None = None


@dataclass(frozen=True, slots=True)
class Waiting:
    """One call that waits since that time; its position in the sequence identifies it."""

    rank: Rank
    person: str
    since: float


@dataclass(frozen=True, slots=True)
class Decision:
    """The answer: either one call may start now, or nobody may.

    `granted` is the index of that call among those waiting; ask once more straight away, there may be room for
    another. `burst` says that the call is part of the burst and must be recorded as such. `ask_again_at` is set
    when calls wait and none may start. Ask sooner when a call arrives or one in flight ends.
    """

    granted: int | None = None
    burst: bool = False
    ask_again_at: float | None = None


class Question(ABC):
    """One question to the rule: which of the calls that wait may start now, by when there is room for each rank.

    Every step compares `now` with a time at which something becomes possible, and hands out that very time as
    `ask_again_at`: whoever asks then gets past this step.
    """

    def __init__(self, calls: Sequence[PastCall], waiting: Sequence[Waiting], now: float, limits: Limits) -> None:
        self.calls, self.waiting = calls, waiting
        self.now = now
        self.limits = limits
        self.people = self._of(Rank.PEOPLE)
        # Calls before these ended so long ago that no window of a minute can hold them.
        horizon = max(limits.silence, limits.widest_spacing + limits.margin) + limits.longest_call
        self.recent = self._lately(horizon)
        self.is_crowded = self._is_crowded()
        #: Of the calls of a window, so many are left to people, whatever polls and metadata want.
        self.kept = limits.kept_from_schedules if self.is_crowded else limits.kept_for_people

    @abstractmethod
    def _room_at(self, kept: int) -> float:
        """Return from when on there is room for a call that leaves so many to people."""

    def _of(self, *ranks: Rank) -> list[int]:
        return [index for index, call in enumerate(self.waiting) if call.rank in ranks]

    def _lately(self, seconds: float) -> Sequence[PastCall]:
        """Return the calls that started within so many seconds."""
        return self.calls[bisect_right(self.calls, self.now - seconds, key=BY_START) :]

    # Who goes first.

    def plain(self) -> Decision:
        """Grant the first in the order whose time has come, or tell the earliest such time."""
        options = self._options()
        for free_at, index in options:
            if free_at <= self.now:
                return Decision(granted=index)
        return Decision(ask_again_at=min(free_at for free_at, _ in options))

    def _options(self) -> list[tuple[float, int]]:
        """Return who may call from when on, those to be preferred first."""
        options = []
        machines, ahead = self._of(*MACHINES), self._of(Rank.AHEAD)
        scheduled = self._of(Rank.SCHEDULE) or self._of(Rank.REPORT)
        is_kept = bool(machines or scheduled or ahead)
        eight_hours_at = self._eight_hours_at(spare=1 + self.limits.kept_of_eight_hours) if is_kept else inf
        if machines:
            options.append((max(self._overdue_at(machines), eight_hours_at), self._oldest(machines)))
        if scheduled:
            options.append((max(self._schedules_overdue_at(scheduled), eight_hours_at), self._next_of(scheduled)))
        if self.people:
            free_at = max(self._room_at(0), self._eight_hours_at(spare=1))
            options.append((free_at, self._next_of(self.people)))
        if machines:
            options.append((max(self._room_at(self.kept), eight_hours_at), min(machines, key=self._machine_order)))
        if scheduled:
            options.append(
                (max(self._room_at(self.limits.kept_from_schedules), eight_hours_at), self._next_of(scheduled))
            )
        if ahead:
            idle_at = max(self._room_at(self.limits.kept_from_ahead), self._quiet_people_at(), eight_hours_at)
            options.append((idle_at, min(ahead, key=lambda index: self.waiting[index].since)))
        return options

    def _oldest(self, machines: list[int]) -> int:
        """Return the poll or metadata call that waits longest."""
        return min(machines, key=lambda index: (self.waiting[index].since, self.waiting[index].rank.place, index))

    def _overdue_at(self, machines: list[int]) -> float:
        """Return when the poll or metadata call that waits longest may go before people."""
        limits = self.limits
        if self.people and self.recent and self.recent[-1].rank is not Rank.PEOPLE:
            return inf  # where calls are a minute apart, people would never have their turn
        others = [call for call in self.recent if call.rank in MACHINES]
        patience = limits.overdue_beside_schedules if self.is_crowded else limits.overdue_after
        overdue_at = self.waiting[self._oldest(machines)].since + patience
        return max(overdue_at, self._free_at(others, 1, limits.window), self._room_at(0))

    def _schedules_overdue_at(self, scheduled: list[int]) -> float:
        """Return when a call of a schedule may go before polls, or before people: now and then, not after a machine."""
        limits = self.limits
        if self.people and self.recent and self.recent[-1].rank is not Rank.PEOPLE:
            return inf
        lately = self._lately(limits.schedules_pace + limits.margin + limits.longest_call)
        others = [call for call in lately if call.rank in _SCHEDULES]
        since = min(self.waiting[index].since for index in scheduled)
        before_polls = max(since + limits.schedules_overdue_after, self._room_at(1))
        before_people = max(since + limits.schedules_pressing_after, self._room_at(0))
        free_at = self._free_at(others, limits.schedules_at_least, limits.schedules_pace)
        return max(free_at, min(before_polls, before_people))

    def _is_crowded(self) -> bool:
        """Return whether schedules call, or did just now, where people call often."""
        if self._quiet_people_at() <= self.now:
            return False
        lately = self._lately(self.limits.schedules_pace)
        return bool(self._of(*_SCHEDULES)) or any(call.rank in _SCHEDULES for call in lately)

    def _quiet_people_at(self) -> float:
        """Return from when on people do not call often: less than a window's calls in ten minutes."""
        limits = self.limits
        lately = self._lately(limits.quiet_before_ahead + limits.margin + limits.longest_call)
        people = [call for call in lately if call.rank is Rank.PEOPLE]
        return self._free_at(people, limits.per_minute, limits.quiet_before_ahead)

    def _machine_order(self, index: int) -> tuple[bool, int, float, int]:
        call = self.waiting[index]
        overdue = call.since + self.limits.overdue_after <= self.now
        return not overdue, 0 if overdue else call.rank.place, call.since, index

    def _next_of(self, waiting: list[int]) -> int:
        """Return which of these calls of one rank is that of the person with the oldest claim."""
        rank = self.waiting[waiting[0]].rank
        served = self._served_since(min(self.waiting[index].since for index in waiting), rank)

        def claim(index: int) -> tuple[float, int, float, int]:
            call = self.waiting[index]
            # The position decides between people who were served in the same instant.
            at, position = served.get(call.person, (-inf, -1))
            return max(call.since, at), position, call.since, index

        return min(waiting, key=claim)

    def _served_since(self, moment: float, rank: Rank) -> dict[str, tuple[float, int]]:
        """Return the start of each person's newest call of a rank since `moment`, and its position among the calls."""
        served: dict[str, tuple[float, int]] = {}
        for position in range(len(self.calls) - 1, -1, -1):
            call = self.calls[position]
            if call.started_at < moment:
                break
            if call.rank is rank:
                served.setdefault(call.person, (call.started_at, position))
        return served

    # Windows.

    def _counted_by(self, call: PastCall) -> float:
        """Return the latest moment at which the server may have counted the call."""
        ended_at = self.now if call.ended_at is None else call.ended_at
        return min(ended_at, call.started_at + self.limits.longest_call)

    def _minute_at(self, *, spare: int) -> float:
        """Return from when on a minute has room for `spare` more calls."""
        return self._free_at(self.recent, self.limits.per_minute - spare + 1, self.limits.window)

    def _eight_hours_at(self, *, spare: int) -> float:
        """Return from when on eight hours have room for `spare` more calls."""
        return self._free_at(self.calls, self.limits.per_eight_hours - spare + 1, self.limits.eight_hours)

    def _free_at(self, calls: Sequence[PastCall], room: int, window: float) -> float:
        """Return from when on fewer than `room` of the calls lie in the window.

        That is when the newest but `room` - 1 by their ends leaves it. Calls are in the order of their starts, and
        ends follow soon; so only those that started about when it did need sorting, not a whole day's.
        """
        if len(calls) < room:
            return -inf
        near = calls[-room].started_at
        low = bisect_left(calls, near - self.limits.longest_call, key=BY_START)
        high = bisect_right(calls, near + self.limits.longest_call, key=BY_START)
        ends = sorted(map(self._counted_by, calls[low:high]))
        return ends[len(calls) - room - low] + window + self.limits.margin
