"""A simulated client of Token Flex that calls as the rule allows, on a clock of its own."""

import heapq
import random
from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import partial
from itertools import count

from bot.calls.budget import Limits, PastCall, Rank, Waiting, decide
from bot.settings import CallPace
from tests.unit.calls.readings import START, Reading

LIMITS = Limits()

Arrival = tuple[float, Rank, str]


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


def crowd(size: int, at: float = 0.0, per_person: int = 1, apart: float = 0.0) -> list[Arrival]:
    return [(at + index * apart, Rank.PEOPLE, f"U{index // per_person}") for index in range(size)]
