"""The call budget against every reading of Token Flex's limit, in a simulated client on a virtual clock.

The limiters are written from the sentence of Autodesk's page and share nothing with the rule. Each is told of every
call at the moment at which the server counts it, refused ones included, and says whether it lets it pass.
"""

import heapq
import random
from bisect import bisect_left, bisect_right
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import partial
from itertools import count, pairwise

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from bot.calls.budget import Limits, PastCall, Rank, Waiting, decide
from bot.settings import CallPace
from sandbox.tokenflex.limits import limiter_for

LIMITS = Limits()
REPORTS = {Rank.SCHEDULE, Rank.REPORT}
MINUTE, HOUR = 60.0, 3600.0
EIGHT_HOURS = 8 * HOUR
START = 1_800_000_000.0 - 1_800_000_000.0 % EIGHT_HOURS

Reading = Callable[[float], bool]
Arrival = tuple[float, Rank, str]


class Counted:
    """The calls that a limiter has seen."""

    def __init__(self) -> None:
        self.times: list[float] = []

    def rolling(self, seconds: float) -> int:
        """Count the calls of the last so many seconds, the newest included."""
        return len(self.times) - bisect_right(self.times, self.times[-1] - seconds)

    def fixed(self, seconds: float) -> int:
        """Count the calls of the window of the clock in which the newest lies."""
        return len(self.times) - bisect_left(self.times, self.times[-1] // seconds * seconds)


class ReadingA(Counted):
    """One call per 12 seconds, evenly; a burst is not relied upon."""

    def __call__(self, at: float) -> bool:
        self.times.append(at)
        return self.rolling(12) == 1


class ReadingB(Counted):
    """Five in every rolling minute, one exempt minute of 50 per rolling eight hours, 2400 in them."""

    exempt = -EIGHT_HOURS

    def __call__(self, at: float) -> bool:
        self.times.append(at)
        if self.rolling(EIGHT_HOURS) > 2400:
            return False
        if self.rolling(MINUTE) <= 5:
            return True
        first = self.times[-self.rolling(MINUTE)]
        if first >= self.exempt + EIGHT_HOURS:
            self.exempt = first
        return at < self.exempt + MINUTE and self.rolling(at - self.exempt + 1e-6) <= 50


class ReadingC(Counted):
    """As B by clock minutes and a fixed window of eight hours."""

    exempt: tuple[float, float] = (-1, -1)

    def __call__(self, at: float) -> bool:
        self.times.append(at)
        window, minute = at // EIGHT_HOURS, at // MINUTE
        if self.fixed(EIGHT_HOURS) > 2400:
            return False
        if self.fixed(MINUTE) <= 5:
            return True
        if self.exempt[0] != window:
            self.exempt = (window, minute)
        return self.exempt == (window, minute) and self.fixed(MINUTE) <= 50


class ReadingD(Counted):
    """2400 in rolling eight hours; at most one clock minute of those hours holds more than five, up to 50."""

    busy = -EIGHT_HOURS

    def __call__(self, at: float) -> bool:
        self.times.append(at)
        minute = at // MINUTE * MINUTE
        if self.fixed(MINUTE) > 5 and self.busy != minute:
            if minute < self.busy + EIGHT_HOURS:
                return False
            self.busy = minute
        return self.rolling(EIGHT_HOURS) <= 2400 and self.fixed(MINUTE) <= 50


class ReadingE:
    """A bucket of 50 that is refilled with five a minute."""

    def __init__(self) -> None:
        self.tokens, self.last = 50.0, 0.0

    def __call__(self, at: float) -> bool:
        self.tokens = min(50.0, self.tokens + (at - self.last) / 12)
        self.last = at
        self.tokens = max(0.0, self.tokens - 1) if self.tokens < 1 else self.tokens - 1
        return self.tokens > 0 or self.tokens == pytest.approx(0)


class ReadingF(Counted):
    """2400 in rolling eight hours, never more than 50 in a minute."""

    def __call__(self, at: float) -> bool:
        self.times.append(at)
        return self.rolling(EIGHT_HOURS) <= 2400 and self.rolling(MINUTE) <= 50


class ReadingG(Counted):
    """2400 and a burst of 50 in a fixed window, never more than 50 in a clock minute."""

    def __call__(self, at: float) -> bool:
        self.times.append(at)
        return self.fixed(EIGHT_HOURS) <= 2450 and self.fixed(MINUTE) <= 50


def of_the_stand_in(reading: str) -> Callable[[], Reading]:
    """Return what makes the stand-in's own limiter of that reading: somebody else's mind on the same sentence."""

    def make() -> Reading:
        limiter = limiter_for(reading)
        return lambda at: limiter.allows(at) is None

    return make


SAFE_READINGS: list[Callable[[], Reading]] = [ReadingB, ReadingC, ReadingD, ReadingE, ReadingF, ReadingG]
SAFE_READINGS += map(of_the_stand_in, "BCDEFG")


class Client:
    """A client that calls as the rule allows.

    Its clock is `fast` by so many seconds, and its idea of that is wrong by `error`. Calls take up to `slowest`
    seconds, `threads` at a time; `polls` polls wait at any moment. `pace` is the one that was chosen.
    """

    def __init__(
        self,
        seed: int,
        *,
        fast: float = 0.0,
        error: float = 0.0,
        slowest: float = 5.0,
        threads: int = 50,
        polls: int = 0,
        pace: CallPace = CallPace.CAREFUL,
    ) -> None:
        self.random = random.Random(seed)
        self.fast, self.server_ahead = fast, error - fast
        self.slowest, self.threads = slowest, threads
        self.readings: list[Reading] = []
        self.now = START
        self.order = count()
        self.events: list[tuple[float, int, Callable[[], None]]] = []
        self.calls: list[PastCall] = []
        self.counted: list[float] = []  # by the server, in the order of counting
        self.refused: list[int] = []  # positions among the calls
        self.waiting: list[Waiting] = []
        self.waits: list[tuple[Waiting, float]] = []  # who was served, and after how long
        self.in_flight = 0
        self.timer = -1  # the one that counts; those set before are void
        self.questions = 0
        self.polls = polls
        self.pace = pace

    def run(self, arrivals: Sequence[Arrival], seconds: float) -> "Client":
        """Let calls arrive (seconds from the start) and go on for so many seconds."""
        for at, rank, person in arrivals:
            self._at(START + at, partial(self._arrive, rank, person))
        for _ in range(self.polls):
            self._at(START, lambda: self._arrive(Rank.POLL, ""))
        while self.events and self.events[0][0] <= START + seconds:
            self.now = self.events[0][0]
            due = [self._pop() for _ in range(sum(moment == self.now for moment, _, _ in self.events))]
            if any(due):
                self._ask()
        return self

    def _pop(self) -> bool:
        """Let the next event happen; False for a timer that is void."""
        _, number, event = heapq.heappop(self.events)
        if event == self._ask:
            return number == self.timer
        event()
        return True

    @property
    def clock(self) -> float:
        return self.now + self.fast

    def _at(self, moment: float, event: Callable[[], None]) -> int:
        number = next(self.order)
        heapq.heappush(self.events, (moment, number, event))
        return number

    def _arrive(self, rank: Rank, person: str) -> None:
        self.waiting.append(Waiting(rank, person, self.clock))

    def _ask(self) -> None:
        while self.in_flight < self.threads:
            self.questions += 1
            decision = decide(self.calls, self.waiting, self.clock, LIMITS, self.server_ahead, self.pace)
            if decision.granted is not None:
                self._call(self.waiting.pop(decision.granted), decision.burst)
                continue
            if decision.ask_again_at is not None:
                assert decision.ask_again_at > self.clock
                # A timer never rings early; the difference is added and taken off again, hence the millisecond.
                self.timer = self._at(max(decision.ask_again_at - self.fast, self.now) + 1e-3, self._ask)
            return

    def _call(self, call: Waiting, burst: bool) -> None:
        took = self.random.uniform(0, self.slowest)
        position = len(self.calls)
        self.calls.append(PastCall(self.clock, None, call.rank, call.person, burst))
        self.waits.append((call, self.clock - call.since))
        self.in_flight += 1
        self._at(self.now + self.random.uniform(0, took), lambda: self._count(position))
        self._at(self.now + took, lambda: self._end(position, call.rank))

    def _count(self, position: int) -> None:
        self.counted.append(self.now)
        if not all([reading(self.now) for reading in self.readings]):  # noqa: C419 - each must see each call
            self.refused.append(position)

    def _end(self, position: int, rank: Rank) -> None:
        self.in_flight -= 1
        limited = position in self.refused
        self.calls[position] = replace(self.calls[position], ended_at=self.clock, rate_limited=limited)
        if rank is Rank.POLL and self.polls:
            self._arrive(Rank.POLL, "")


def refusals(counted: Sequence[float], reading: Reading) -> list[float]:
    """Return the calls that the reading refuses, in seconds from the start."""
    return [at - START for at in counted if not reading(at)]


def crowd(size: int, at: float = 0.0, per_person: int = 1, apart: float = 0.0) -> list[Arrival]:
    return [(at + index * apart, Rank.PEOPLE, f"U{index // per_person}") for index in range(size)]


clients = st.builds(
    Client,
    seed=st.integers(0, 2**32),
    fast=st.floats(-300, 300),
    error=st.floats(-1, 1),
    slowest=st.floats(0, 5),
    threads=st.sampled_from([1, 4, 50]),
    polls=st.integers(0, 3),
)
single_arrivals = st.tuples(st.floats(0, 1500), st.sampled_from(list(Rank)), st.sampled_from("ABCDEF"))
crowds = st.builds(crowd, st.integers(10, 70), st.floats(0, 1200), st.integers(1, 30), st.floats(0, 2))
arrivals_of_a_day = st.builds(
    lambda singles, groups: singles + [arrival for group in groups for arrival in group],
    st.lists(single_arrivals, max_size=40),
    st.lists(crowds, max_size=2),
)


@settings(max_examples=60, deadline=None)
@given(client=clients, arrivals=arrivals_of_a_day)
def test_no_reading_but_the_strictest_refuses(client: Client, arrivals: list[Arrival]) -> None:
    """Whatever arrives, however slow the calls and wrong the clock, readings B to G refuse nothing; all are served."""
    client.run(arrivals, seconds=4 * HOUR)
    assert not client.waiting or client.polls
    assert {call.rank for call in client.waiting} <= {Rank.POLL, Rank.AHEAD}  # which polls without end hold up
    for reading in SAFE_READINGS:
        assert refusals(client.counted, reading()) == []
    # One question for each event and each grant at most, and one more for each timer: never a busy loop.
    assert client.questions <= 20 * (len(client.calls) + 5)


@settings(max_examples=40, deadline=None)
@given(client=clients, phase=st.floats(0, 60), size=st.integers(12, 60))
def test_a_burst_after_steady_polling(client: Client, phase: float, size: int) -> None:
    """A crowd that comes while polls use all they may is served in a burst, and no reading refuses any of it."""
    client.polls = 3
    client.run(crowd(size, at=600 + phase), seconds=1500)
    burst = [call.started_at for call in client.calls if call.burst]
    # One thread with slow calls gets through some of them before second 50; enough threads through all.
    assert len(burst) == min(size, 50) if client.threads == 50 else 1 <= len(burst) <= 50
    assert max(burst) - min(burst) <= 48
    for reading in SAFE_READINGS:
        assert refusals(client.counted, reading()) == []


@pytest.mark.parametrize("seed", [1, 2])
def test_a_long_day_of_crowds_and_polls(seed: int) -> None:
    """Over 17 hours with ceaseless polls and a crowd every two hours nothing is refused, and bursts are 8 h apart."""
    client = Client(seed, fast=seed * 7.7, error=(-1) ** seed * 0.9, polls=4)
    arrivals = [arrival for hour in range(0, 17, 2) for arrival in crowd(50, at=hour * HOUR + seed * 31)]
    client.run(arrivals, seconds=17 * HOUR)
    for reading in SAFE_READINGS:
        assert refusals(client.counted, reading()) == []
    bursts = sorted({call.started_at // MINUTE * MINUTE for call in client.calls if call.burst})
    assert len(bursts) == 3
    assert all(later - earlier >= EIGHT_HOURS for earlier, later in pairwise(bursts))


@settings(max_examples=40, deadline=None)
@given(client=clients, arrivals=st.lists(single_arrivals, max_size=60))
@example(client=Client(0, slowest=0, threads=1, polls=2), arrivals=[(184.0, Rank.SCHEDULE, "A")] * 5)
def test_a_call_of_the_five_is_left_to_people(client: Client, arrivals: list[Arrival]) -> None:
    """In no rolling minute do others than people use more than four of the five calls.

    But for reports that have waited for four minutes; those go before people.
    """
    client.run(arrivals, seconds=HOUR)
    others = [served for served in client.waits if served[0].rank is not Rank.PEOPLE]
    for five in zip(*(others[first:] for first in range(5)), strict=False):
        started = [call.since + waited for call, waited in five]
        pressing = [waited > LIMITS.schedules_pressing_after - 0.01 for call, waited in five if call.rank in REPORTS]
        assert started[-1] - started[0] > MINUTE or any(pressing)


@settings(max_examples=30, deadline=None)
@given(client=clients, at=st.floats(300, 360))
def test_a_lone_person_does_not_wait(client: Client, at: float) -> None:
    """One person is served at once, however many polls wait."""
    client.threads = 50
    client.run([(at, Rank.PEOPLE, "A")], seconds=600)
    assert [wait for call, wait in client.waits if call.person == "A"] == [pytest.approx(0, abs=0.01)]


@pytest.mark.parametrize("phase", range(0, 60, 5))
@pytest.mark.parametrize("polls", [0, 3])
def test_fifty_at_once(phase: int, polls: int) -> None:
    """Fifty who ask at once are all served within two minutes and ten seconds, after silence within a minute."""
    client = Client(phase, polls=polls, slowest=3, threads=8).run(crowd(50, at=300 + phase), seconds=900)
    waits = [wait for call, wait in client.waits if call.rank is Rank.PEOPLE]
    assert len(waits) == 50
    assert max(waits) <= (130 if polls else 60)


@settings(max_examples=40, deadline=None)
@given(client=clients, sizes=st.lists(st.integers(1, 9), min_size=1, max_size=4))
def test_nobody_is_held_up_by_one_person(client: Client, sizes: list[int]) -> None:
    """Between two calls of a person who waits, nobody else who waits gets more than one."""
    people = [person for person, size in zip("ABCD", sizes, strict=False) for _ in range(size)]
    arrivals = [(10.0, Rank.PEOPLE, person) for person in people]
    client.run(arrivals, seconds=HOUR)
    served = [call.person for call, _ in client.waits if call.rank is Rank.PEOPLE]
    left, given_so_far = Counter(people), Counter[str]()
    for person in served:
        assert all(given_so_far[person] <= given_so_far[other] for other in left if left[other])
        left[person] -= 1
        given_so_far[person] += 1
    assert not +left


@pytest.mark.parametrize("polls", [1, 3])
def test_polls_go_on_under_a_flood_of_people(polls: int) -> None:
    """While people ask for more than there is for an hour, each poll still comes within minutes."""
    flood = [(index * 10.0, Rank.PEOPLE, f"U{index % 7}") for index in range(360)]
    client = Client(3, polls=polls).run(flood, seconds=HOUR)
    polled = [wait for call, wait in client.waits if call.rank is Rank.POLL]
    assert len(polled) >= 20
    assert max(polled) <= LIMITS.overdue_after + 150 + 70 * polls


@settings(max_examples=40, deadline=None)
@given(client=clients, arrivals=arrivals_of_a_day, strictest=st.sampled_from([ReadingA, of_the_stand_in("A")]))
def test_one_refusal_teaches_the_strictest_reading(
    client: Client, arrivals: list[Arrival], strictest: Callable[[], Reading]
) -> None:
    """Under reading A no call that begins after the first refusal was seen is refused within the hour."""
    client.readings = [strictest()]
    client.run(arrivals, seconds=HOUR)
    if client.refused:
        seen = client.calls[client.refused[0]].ended_at
        assert seen is not None
        late = [client.calls[position].started_at - seen for position in client.refused]
        assert max(late) <= 0


def test_a_second_program_on_the_account() -> None:
    """Where another program uses three calls of each minute, refusals end soon and work goes on."""
    reading = ReadingB()
    client = Client(5, polls=3)
    client.readings = [reading]

    def other_program() -> None:
        reading(client.now)

    for index in range(3 * 120):
        client._at(START + index * 20.0, other_program)
    client.run([(60.0 * index, Rank.PEOPLE, "A") for index in range(100)], seconds=2 * HOUR)
    assert len(client.refused) <= 20
    assert len(client.calls) >= 120
