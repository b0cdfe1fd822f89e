"""Who may call Token Flex now: a pure rule over the calls so far, who waits, and the time.

Token Flex grants each Autodesk user "5 calls a minute, measured over eight hours, with a single burst of 50 within
one minute" (source: Token Flex rate limits). The sentence can be read in seven ways; the rule holds under six of
them from the first call on, and under the seventh after one refusal:

    reading                                          why it is respected
    A  one call per 12 s (one burst apart)           only after a first 429: then calls are 12 s and more apart
    B  5 in every rolling minute, one exempt         never a sixth in 62 s; the burst fits into any exempt minute,
       minute per rolling 8 h, 2400 in rolling 8 h   since there is silence on both sides; never a 2401st
    C  as B by clock minutes and fixed 8-hour        a clock minute lies inside a rolling one; the burst stays in one
       windows                                       clock minute; two bursts 8 h apart never share a fixed window
    D  2400 in 8 h, one minute may hold more than 5  only the burst's minute does
    E  bucket of 50, refilled with 5 a minute        plain calls never take out more than the refill and five; the
                                                     silence before the burst fills it, the one after gives five back
    F  2400 in rolling 8 h, never over 50 a minute   follows from B
    G  as F by fixed windows, the burst on top       follows from B

The server counts a call somewhere between our start and our end of it. So a window is kept between the END of the
older call and the START of the newer one, a call in flight counts as ending now, and `margin` is added to all.

All times are float seconds since the epoch on the caller's clock; `server_ahead` is by how much the server's clock is
ahead of it, as well as the caller knows. It matters to the borders of clock minutes alone. Nothing here reads a clock,
and the same question always has the same answer.

That is the pace `careful`. An administrator may choose `bucket` (`bot/calls/bucket.py`), which relies on reading E; a
refused call takes the bot back to `careful` for eight hours.
"""

from collections.abc import Sequence
from math import inf

from bot.calls.bucket import Bucket
from bot.calls.limits import Limits
from bot.calls.line import Decision, PastCall, Question, Rank, Waiting
from bot.settings import CallPace

__all__ = ["Decision", "Limits", "PastCall", "Rank", "Waiting", "careful_until", "decide", "pace_of"]

_MINUTE = 60.0


def pace_of(calls: Sequence[PastCall], chosen: CallPace, now: float, limits: Limits) -> CallPace:
    """Return the pace that holds: for eight hours after a refused call it is `careful`, whatever was chosen."""
    is_fast = chosen is CallPace.BUCKET and careful_until(calls, limits) <= now
    return CallPace.BUCKET if is_fast else CallPace.CAREFUL


def careful_until(calls: Sequence[PastCall], limits: Limits) -> float:
    """Return until when a refused call keeps the pace at `careful`, -inf where none does."""
    refused = [call.ended_at for call in calls if call.rate_limited and call.ended_at is not None]
    return max(refused, default=-inf) + limits.eight_hours


def decide(
    calls: Sequence[PastCall],
    waiting: Sequence[Waiting],
    now: float,
    limits: Limits,
    server_ahead: float = 0.0,
    pace: CallPace = CallPace.CAREFUL,
) -> Decision:
    """Return which waiting call may start now, or when to ask again.

    `calls` are all calls of the last `limits.memory` seconds in the order of their start, refused and failed ones
    included, none of them ahead of `now`. Older ones do no harm. `pace` is the one
    that was chosen.

    1. After a 429 nobody calls until `Retry-After` is over, or for 15 min (without one 60 s, doubled for each in a
       row up to 15 min). For an hour all calls are 12 s apart, 24 s after two, … up to 60 s; for 8 h there is no
       burst.
    2. A burst that is under way goes on for people; after it there is silence.
    3. When a dozen calls of people or more wait, the burst is free, and the last of them would be answered sooner
       by waiting for the burst than by plain calls, nobody calls until it can begin: after silence, early enough
       in a clock minute of the server for all of them.
    4. Otherwise at most 5 calls in a window: people, then polls, then metadata, then schedules. These three leave one
       of the five, and the last hundred of eight hours, to people; schedules leave two.

    People take turns: a person's claim counts from asking or from their last call, whichever is later, and the
    oldest claim wins. So nobody waits for more than one call of anybody else who asked earlier, and nobody starves.
    So do the owners of schedules among themselves.

    A poll that waited for 45 s goes before people, once per window and never twice in a row: nothing finishes for
    anyone if nobody looks. Metadata likewise, so that it is not held up for ever by polls. What is fetched
    ahead waits for a window that is nearly empty and for people to be quiet, for ever if need be.

    A call of a schedule that waited for a minute goes before polls and leaves one to people; one that waited for four
    goes before people. Both do so four times in six minutes, so that a month's first fifty reports are asked
    for within ninety however busy an office is. Meanwhile people shall not wait for longer than on other days: where
    they call often, polls and metadata beside schedules leave two of the five to them, and are overdue after 90 s.
    """
    if not waiting:
        return Decision()
    if pace_of(calls, pace, now, limits) is CallPace.BUCKET:
        return Bucket(calls, waiting, now, limits).plain()
    question = _Careful(calls, waiting, now, limits, server_ahead)
    return question.pause() or question.running_burst() or question.coming_burst() or question.plain()


class _Careful(Question):
    """The pace that obeys the strict readings."""

    def __init__(
        self, calls: Sequence[PastCall], waiting: Sequence[Waiting], now: float, limits: Limits, server_ahead: float
    ) -> None:
        super().__init__(calls, waiting, now, limits)
        self.server_ahead = server_ahead
        self.quiet_at = max(map(self._counted_by, self.recent), default=-inf) + limits.silence
        self.refused = any([call.rate_limited for call in calls])  # noqa: C419 - a list is twice as fast, and hot

    # Step 1: what 429s have taught.

    def pause(self) -> Decision | None:
        """Wait out `Retry-After` and the spacing that follows."""
        if not self.refused:
            return None
        pause_ends_at, lessons = self._refusals()
        free_at = max(pause_ends_at, self._spaced_at(lessons))
        return Decision(ask_again_at=free_at) if free_at > self.now else None

    def _refusals(self) -> tuple[float, list[float]]:
        """Return the end of the pause that 429s asked for, and the end of each 429 that told something new.

        A call that was under way when another was refused says nothing new, so that a refused burst of many calls
        is one lesson.
        """
        pause_ends_at, pause, lessons = -inf, 0.0, list[float]()
        for call in self.calls:
            if call.ended_at is None:
                continue
            if not call.rate_limited:
                pause = 0.0
                continue
            if not lessons or call.started_at >= lessons[-1]:
                lessons.append(call.ended_at)
                pause = min(pause * 2, self.limits.longest_pause)
            pause = pause or self.limits.first_pause
            asked = pause if call.retry_after is None else min(call.retry_after, self.limits.longest_pause)
            pause_ends_at = max(pause_ends_at, call.ended_at + asked + self.limits.margin)
        return pause_ends_at, lessons

    def _spaced_at(self, lessons: list[float]) -> float:
        """Return when the next call is far enough from the last one; the spacing narrows as lessons grow old."""
        limits = self.limits
        last = self.quiet_at - limits.silence
        fresh = [end for end in lessons if end + limits.caution > self.now]
        possible = [fresh[-1] + limits.caution if fresh else -inf]
        for count in range(1, len(fresh) + 1):
            only_so_many_from = fresh[-count - 1] + limits.caution if count < len(fresh) else -inf
            spacing = min(count * limits.spacing, limits.widest_spacing) + limits.margin
            possible.append(max(only_so_many_from, last + spacing))
        return min(possible)

    # Steps 2 and 3: silence, burst, silence.

    def running_burst(self) -> Decision | None:
        """Go on with the burst of this minute, or keep silent after one."""
        silence = self.limits.silence
        burst = [call for call in self.recent if call.burst and self._counted_by(call) + silence > self.now]
        if not burst:
            return None
        if self.people and self._goes_on(burst):
            return Decision(granted=self._next_of(self.people), burst=True)
        return Decision(ask_again_at=max(map(self._counted_by, burst)) + silence)

    def _goes_on(self, burst: list[PastCall]) -> bool:
        in_this_minute = all(self._minute(call.started_at) == self._minute(self.now) for call in burst)
        in_time = self._second(self.now) <= self.limits.burst_last_second
        has_room = len(burst) < self.limits.burst_size and self._eight_hours_at(spare=1) <= self.now
        has_threads = sum(call.ended_at is None for call in burst) < self.limits.burst_at_once
        return in_this_minute and in_time and has_room and has_threads and not self.refused

    def _minute(self, moment: float) -> float:
        return (moment + self.server_ahead) // _MINUTE

    def _second(self, moment: float) -> float:
        return (moment + self.server_ahead) % _MINUTE

    def coming_burst(self) -> Decision | None:
        """Begin the burst, or keep everybody waiting for it, when that serves people sooner than plain calls."""
        if len(self.people) < self.limits.burst_threshold or self.refused:
            return None
        start = self._burst_start()
        if self._burst_finish(start) >= self._plain_finish():
            return None
        if start <= self.now:
            return Decision(granted=self._next_of(self.people), burst=True)
        return Decision(ask_again_at=start)

    def _burst_start(self) -> float:
        """Return the first moment at which a burst may begin and all its calls fit into the server's minute."""
        limits = self.limits
        size = min(len(self.people), limits.burst_size)
        last_burst = max((self._counted_by(call) for call in self.calls if call.burst), default=-inf)
        # Eight hours lie between the exempt minutes, not just between the calls in them.
        free_again_at = last_burst + limits.eight_hours + limits.silence
        start = max(self.now, self.quiet_at, free_again_at, self._eight_hours_at(spare=size))
        second = self._second(start)
        if limits.margin <= second <= limits.burst_last_second - size * limits.burst_call_seconds:
            return start
        minute = start - second if second < limits.margin else start - second + _MINUTE
        return minute + limits.margin

    def _burst_finish(self, start: float) -> float:
        """Return about when the last of the people is answered if the burst begins at `start`."""
        size, silence = self.limits.burst_size, self.limits.silence
        finish = start + min(len(self.people), size) * self.limits.burst_call_seconds
        rest = len(self.people) - size
        return finish if rest <= 0 else finish + silence * (1 + (rest - 1) // self.limits.per_minute)

    def _plain_finish(self) -> float:
        """Return about when the last of the people is served by plain calls alone: each of the 5 takes its turns."""
        limits = self.limits
        turns = [max(self.now, self._minute_at(spare=spare + 1)) for spare in range(limits.per_minute)]
        rounds, turn = divmod(len(self.people) - 1, limits.per_minute)
        return turns[turn] + rounds * limits.silence

    # Step 4: five a minute.

    def _room_at(self, kept: int) -> float:
        return self._minute_at(spare=1 + kept)
