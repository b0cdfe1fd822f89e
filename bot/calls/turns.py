"""Turns: who waits for a call to Token Flex, and who gets the next one that the budget has.

`bot/calls/budget.py` decides; this file keeps the line, the log of calls and the alarm for asking again.
"""

import asyncio
from collections import Counter
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from itertools import takewhile
from math import inf

import structlog
from sqlite_utils import Database as Connection

from bot.calls import bucket, budget
from bot.calls.budget import Limits, PastCall, Rank, Waiting
from bot.runtime.bell import Bell
from bot.runtime.clock import Clock
from bot.runtime.server_time import ServerTime
from bot.settings import CallPace
from storage import calls as call_log
from storage import refusals
from storage.database import Database
from storage.models import CallsSpent, LoggedCall
from storage.refusals import RefusedPace

_REMEMBERED = timedelta(hours=8, minutes=5)  #: as far back as the rule looks
_LATELY, _OFTEN = timedelta(minutes=10), 5  #: so many calls of people in that time are a busy house
_NEWEST = 20  #: calls among which those of the last minute are; a burst is found to be one by fewer
_KEPT = 3 * _REMEMBERED  #: how long the log of calls is kept

log = structlog.get_logger(__name__)


class StoppingError(Exception):
    """The bot is being stopped: there is no call any more; what waited for one goes on after the next start."""


@dataclass(slots=True, eq=False)
class Turn:
    """A call that the budget has granted; `id` is its row in the log of calls."""

    call: PastCall
    id: int = 0
    used: bool = False


@dataclass(frozen=True, slots=True)
class Room:
    """When polls may be made, as it looks now.

    `free_at` are the moments from which on there is room for one poll, for two, … when no other call is made;
    `window` is after how long a poll leaves the minute, or has come back. `busy` means that people have often called
    lately. `saved` is how many polls could be made at once of what is saved, by the pace `bucket`; None: nothing is
    saved up.
    """

    free_at: tuple[datetime, ...]
    window: timedelta
    busy: bool = False
    saved: float | None = None

    @property
    def for_another(self) -> datetime:
        """From when on there is room for a poll and one more."""
        return self.free_at[min(1, len(self.free_at) - 1)]

    def pause_after(self, moment: datetime) -> float:
        """Return the seconds between evenly spread polls after one at `moment`."""
        later = [*self.free_at[1:], moment + self.window]
        return max((free - moment).total_seconds() / count for count, free in enumerate(later, 1))


@dataclass(slots=True, eq=False)
class _Waiter:
    waiting: Waiting
    granted: asyncio.Future[Turn]


class Turns:
    """The line in front of Token Flex. Only the event loop's thread uses it."""

    def __init__(
        self,
        database: Database,
        clock: Clock,
        server_time: ServerTime,
        pace: CallPace = CallPace.CAREFUL,
        limits: Limits | None = None,
    ) -> None:
        self._database = database
        self._clock = clock
        self.server_time = server_time
        self._limits = limits or Limits()
        self._chosen = pace
        self._chosen_since = -inf
        self.refused = Bell(clock)  #: rung when a call was refused for its rate
        self._past: list[Turn] = []
        self._line: list[_Waiter] = []
        self._alarm: asyncio.Task[None] | None = None
        self._closed = False

    async def load(self) -> None:
        """Remember the calls of the processes before this one."""
        now = self._clock.now()
        before, chosen_since = await self._database.write(_take_up, now, self._chosen)
        self._chosen_since = chosen_since.timestamp()
        self._past = [Turn(_past_call(logged, now), logged.id, used=True) for logged in before]

    def people_waiting(self) -> int:
        """Return how many calls of people wait."""
        return sum(1 for waiter in self._line if waiter.waiting.rank is Rank.PEOPLE)

    def ahead_of(self, person: str) -> int:
        """Return how many of the calls of people that wait come before the next one of this person: they take turns."""
        line = Counter(waiter.waiting.person for waiter in self._line if waiter.waiting.rank is Rank.PEOPLE)
        return sum(min(calls, line[person] + 1) for calls in line.values())

    def likely_wait(self, ahead: int) -> float:
        """Return about how many seconds a person's call waits when so many others come first."""
        now, limits = self._clock.now().timestamp(), self._limits
        if self._pace_now() is CallPace.BUCKET:
            missing = ahead + 1 - bucket.saved([turn.call for turn in self._past], now, limits)
            return max(0.0, missing) * limits.refill
        recent = sum(1 for turn in self._past if turn.call.ended_at is None or now - turn.call.ended_at < limits.window)
        wait = max(0.0, ahead + recent + 1 - limits.per_minute) * limits.window / limits.per_minute
        if ahead + 1 >= limits.burst_threshold and not any(turn.call.burst for turn in self._past):
            return min(wait, 2 * limits.silence)  # silence, and the next clock minute of the server
        return wait

    def is_busy(self) -> bool:
        """Return whether people wait, or have often called in the last minutes."""
        since = (self._clock.now() - _LATELY).timestamp()
        lately = takewhile(lambda turn: turn.call.started_at >= since, reversed(self._past))
        return self.people_waiting() > 0 or sum(turn.call.rank is Rank.PEOPLE for turn in lately) >= _OFTEN

    def room(self) -> Room:
        """Return when polls find room. Turns that were given out and not used yet are left out."""
        used = [turn.call for turn in self._past if turn.used]
        limits, now = self._limits, self._clock.now()
        ends = sorted(call.ended_at or now.timestamp() for call in used[-_NEWEST:])
        for_polls = limits.per_minute - limits.kept_for_people
        free = tuple(
            datetime.fromtimestamp(ends[-rank] + limits.silence, UTC) if rank <= len(ends) else now
            for rank in range(for_polls, 0, -1)
        )
        room = Room(free, timedelta(seconds=limits.silence), self.is_busy())
        return room if self._pace_now() is CallPace.CAREFUL else self._with_saved(room, used)

    def _with_saved(self, room: Room, used: list[PastCall]) -> Room:
        """Return the room that there is by the pace `bucket`, where `room` is what a minute has."""
        limits, now = self._limits, self._clock.now()
        level = bucket.saved(used, now.timestamp(), limits)
        saved = level - bucket.kept_for_people(used, now.timestamp(), limits)
        refill = timedelta(seconds=limits.refill)

        def _free_at(of_minute: datetime, wanted: int) -> datetime:
            come_back_at = now + max(0.0, wanted + limits.kept_for_people - level) * refill
            return min(now + max(0.0, wanted - saved) * refill, max(of_minute, come_back_at))

        free = tuple(_free_at(of_minute, wanted) for wanted, of_minute in enumerate(room.free_at, 1))
        return replace(room, free_at=free, window=refill, saved=saved)

    def _pace_now(self) -> CallPace:
        now = self._clock.now().timestamp()
        return budget.pace_of([turn.call for turn in self._past], self._chosen, now, self._limits)

    def spent(self) -> CallsSpent:
        """Return how much of the budget has been used."""
        now, limits = self._clock.now().timestamp(), self._limits
        calls = [turn.call for turn in self._past]
        refused = [call.ended_at for call in calls if call.rate_limited and call.ended_at is not None]
        return CallsSpent(
            minute=sum(1 for call in calls if now - call.started_at < limits.window),
            minute_limit=limits.per_minute,
            hours=sum(1 for call in calls if now - call.started_at < limits.eight_hours),
            hours_limit=limits.per_eight_hours,
            waiting=len(self._line),
            refused_at=datetime.fromtimestamp(max(refused), UTC) if refused else None,
            saved=max(0, int(bucket.saved(calls, now, limits))) if self._pace_now() is CallPace.BUCKET else None,
            careful_until=self._careful_until(),
        )

    def _careful_until(self) -> datetime | None:
        until = budget.careful_until([turn.call for turn in self._past], self._limits)
        fallen_back = self._chosen is CallPace.BUCKET and until > self._clock.now().timestamp()
        return datetime.fromtimestamp(until, UTC) if fallen_back else None

    def fallen_back(self) -> RefusedPace | None:
        """Return the refusal that has put us back to the careful pace; None: none has since the other was chosen."""
        if self._careful_until() is None:
            return None
        calls, begun = [turn.call for turn in self._past], self._clock.now().timestamp() - self._limits.eight_hours
        ends = [(call.ended_at, call) for call in calls if call.rate_limited and call.ended_at is not None]
        refused = [call for end, call in ends if end > begun and end >= self._chosen_since]
        if not refused:
            return None
        started = (datetime.fromtimestamp(call.started_at, UTC) for call in calls)
        first = datetime.fromtimestamp(refused[0].started_at, UTC)
        return refusals.counted(first, refused[0].retry_after, started)

    async def wait(self, name: str, *, rank: Rank, person: str = "") -> Turn:
        """Return when a call may be made; it is in the log already then.

        Raises:
            StoppingError: there will be none any more.
            StorageFullError, sqlite3.Error: the call could not be logged, so it may not be made.

        """
        if self._closed:
            raise StoppingError
        loop = asyncio.get_running_loop()
        waiter = _Waiter(Waiting(rank, person, self._clock.now().timestamp()), loop.create_future())
        self._line.append(waiter)
        # Served a moment later, so that all who ask in the same moment are seen together: a dozen of them are a burst.
        loop.call_soon(self._serve)
        try:
            turn = await waiter.granted
        except asyncio.CancelledError:
            self._leave(waiter)
            raise
        started = datetime.fromtimestamp(turn.call.started_at, UTC)
        try:
            turn.id = await self._database.write(
                call_log.start, name=name, rank=rank.value, person=person, burst=turn.call.burst, now=started
            )
        except BaseException:
            self._give_back(turn)
            raise
        return turn

    async def end(self, turn: Turn, *, rate_limited: bool = False, retry_after: float | None = None) -> None:
        """Note that the call of a turn has ended; `retry_after` in seconds, where the server said so."""
        now = self._clock.now()
        turn.call = replace(turn.call, ended_at=now.timestamp(), rate_limited=rate_limited, retry_after=retry_after)
        if rate_limited:
            until = self._careful_until()
            log.warning(
                "Token Flex refused a call for its rate; fewer calls from now on",
                retry_after=retry_after,
                careful_until=until and until.isoformat(),
            )
            self.refused.ring()
        self._serve()
        await self._database.write(_end, turn.id, now=now, rate_limited=rate_limited, retry_after=retry_after)

    async def give_back(self, turn: Turn) -> None:
        """Return a turn whose call was not made."""
        self._give_back(turn)
        await self._database.write(call_log.forget, turn.id)

    def close(self) -> None:
        """Send everybody in the line away; calls under way go on."""
        self._closed = True
        if self._alarm is not None:
            self._alarm.cancel()
        for waiter in self._line:
            if not waiter.granted.done():
                waiter.granted.set_exception(StoppingError())
        self._line.clear()

    def _give_back(self, turn: Turn) -> None:
        self._past.remove(turn)
        self._serve()

    def _leave(self, waiter: _Waiter) -> None:
        if waiter in self._line:
            self._line.remove(waiter)
        elif waiter.granted.done() and not waiter.granted.cancelled() and waiter.granted.exception() is None:
            self._past.remove(waiter.granted.result())
        self._serve()

    def _serve(self) -> None:
        now = self._clock.now()
        self._forget(now)
        self._line = [waiter for waiter in self._line if not waiter.granted.cancelled()]
        while self._line:
            decision = self._decide(now)
            if decision.granted is None:
                self._ask_again(decision.ask_again_at, now)
                return
            waiter = self._line.pop(decision.granted)
            turn = Turn(
                PastCall(now.timestamp(), None, waiter.waiting.rank, waiter.waiting.person, burst=decision.burst)
            )
            self._past.append(turn)
            waiter.granted.set_result(turn)

    def _decide(self, now: datetime) -> budget.Decision:
        return budget.decide(
            [turn.call for turn in self._past],
            [waiter.waiting for waiter in self._line],
            now.timestamp(),
            self._limits,
            self.server_time.difference,
            self._chosen,
        )

    def _ask_again(self, at: float | None, now: datetime) -> None:
        if self._alarm is not None and self._alarm is not asyncio.current_task():
            self._alarm.cancel()
        seconds = 1.0 if at is None else max(0.0, at - now.timestamp())
        self._alarm = asyncio.create_task(self._ring(seconds), name="budget alarm")

    async def _ring(self, seconds: float) -> None:
        await self._clock.sleep(seconds)
        self._serve()

    def _forget(self, now: datetime) -> None:
        oldest = (now - _REMEMBERED).timestamp()
        if self._past and self._past[0].call.started_at < oldest:
            self._past = [turn for turn in self._past if turn.call.started_at >= oldest]


def _take_up(db: Connection, now: datetime, pace: CallPace) -> tuple[tuple[LoggedCall, ...], datetime]:
    call_log.end_open(db, now)
    call_log.forget_before(db, now - _KEPT)
    return call_log.since(db, now - _REMEMBERED), refusals.chosen_since(db, pace.value, now)


def _end(db: Connection, call_id: int, *, now: datetime, rate_limited: bool, retry_after: float | None) -> None:
    call_log.end(db, call_id, now=now, rate_limited=rate_limited, retry_after=retry_after)
    call_log.forget_before(db, now - _KEPT)


def _past_call(logged: LoggedCall, now: datetime) -> PastCall:
    # The bot has shifted calls that lie ahead; beside a bot whose clock is ahead `doctor` must not shift its log.
    ended = min(logged.ended_at or now, now).timestamp()
    return PastCall(
        min(logged.started_at, now).timestamp(),
        ended,
        Rank(logged.rank),
        logged.person,
        burst=logged.burst,
        rate_limited=logged.rate_limited,
        retry_after=logged.retry_after,
    )
