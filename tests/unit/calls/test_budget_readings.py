"""The call budget against every reading of Token Flex's limit, in a simulated client on a virtual clock."""

from collections import Counter
from collections.abc import Callable
from itertools import pairwise

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from bot.calls.budget import Rank
from tests.unit.calls.client import LIMITS, Arrival, Client, crowd
from tests.unit.calls.readings import (
    EIGHT_HOURS,
    HOUR,
    MINUTE,
    SAFE_READINGS,
    START,
    Reading,
    ReadingA,
    ReadingB,
    of_the_stand_in,
    refusals,
)

REPORTS = {Rank.SCHEDULE, Rank.REPORT}

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
