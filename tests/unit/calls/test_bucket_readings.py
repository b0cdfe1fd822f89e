"""The pace `bucket` against the reading that it relies on, and what a refusal under another one leads to."""

from collections.abc import Callable

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.calls.budget import Rank, careful_until, pace_of
from bot.settings import CallPace
from tests.unit.calls.client import LIMITS, Arrival, Client, crowd
from tests.unit.calls.readings import (
    EIGHT_HOURS,
    HOUR,
    START,
    Reading,
    ReadingB,
    ReadingC,
    ReadingD,
    ReadingE,
    of_the_stand_in,
    refusals,
)
from tests.unit.calls.test_budget_readings import arrivals_of_a_day

RELIED_ON: list[Callable[[], Reading]] = [ReadingE, of_the_stand_in("E")]
STRICTER: list[Callable[[], Reading]] = [ReadingB, ReadingC, ReadingD, *map(of_the_stand_in, "BCD")]

savers = st.builds(
    Client,
    seed=st.integers(0, 2**32),
    fast=st.floats(-300, 300),
    error=st.floats(-1, 1),
    slowest=st.floats(0, 5),
    threads=st.sampled_from([1, 4, 50]),
    polls=st.integers(0, 3),
    pace=st.just(CallPace.BUCKET),
)


@settings(max_examples=40, deadline=None)
@given(client=savers, arrivals=arrivals_of_a_day)
def test_a_bucket_never_refuses(client: Client, arrivals: list[Arrival]) -> None:
    """Whatever arrives, however slow the calls and wrong the clock, and all are served."""
    client.run(arrivals, seconds=2 * HOUR)
    assert not client.waiting or client.polls
    assert {call.rank for call in client.waiting} <= {Rank.POLL, Rank.AHEAD}  # which polls without end hold up
    for reading in RELIED_ON:
        assert refusals(client.counted, reading()) == []
    assert client.questions <= 20 * (len(client.calls) + 5)


@pytest.mark.parametrize("seed", [1])
def test_a_long_day_is_refused_by_no_bucket(seed: int) -> None:
    """Over 10 hours with ceaseless polls and a crowd every two hours, and never are there over 2400 in eight hours."""
    client = Client(seed, fast=seed * 7.7, error=(-1) ** seed * 0.9, polls=4, pace=CallPace.BUCKET)
    arrivals = [arrival for hour in range(0, 10, 2) for arrival in crowd(50, at=hour * HOUR + seed * 31)]
    client.run(arrivals, seconds=10 * HOUR)
    for reading in RELIED_ON:
        assert refusals(client.counted, reading()) == []
    assert _most_in_eight_hours(client) <= LIMITS.per_eight_hours


@settings(max_examples=40, deadline=None)
@given(client=savers, arrivals=arrivals_of_a_day, strict=st.sampled_from(STRICTER))
def test_a_refusal_leads_back_to_the_careful_pace(
    client: Client, arrivals: list[Arrival], strict: Callable[[], Reading]
) -> None:
    """For eight hours from the first one: nothing that begins after it was seen is refused, nobody is forgotten."""
    client.readings = [strict()]
    client.run([*arrivals, *crowd(20, at=600)], seconds=2 * HOUR)
    assert not [call for call in client.waiting if call.rank is Rank.PEOPLE]
    if not client.refused:
        return
    seen = client.calls[client.refused[0]].ended_at
    assert seen is not None
    assert max(client.calls[position].started_at for position in client.refused) <= seen
    until = careful_until(client.calls, LIMITS)
    assert until >= seen + EIGHT_HOURS
    assert pace_of(client.calls, CallPace.BUCKET, until - 1, LIMITS) is CallPace.CAREFUL
    assert pace_of(client.calls, CallPace.BUCKET, until, LIMITS) is CallPace.BUCKET


def test_what_has_no_thread_yet_waits_to_see_whether_others_are_refused() -> None:
    """Of a crowd of fifty no more are refused than are under way at once."""
    client = Client(3, slowest=1.0, pace=CallPace.BUCKET)
    client.readings = [ReadingB()]
    client.run([*crowd(20, at=100), *crowd(48, at=1000)], seconds=3000)
    assert 0 < len(client.refused) <= LIMITS.burst_at_once
    assert not client.waiting


@settings(max_examples=25, deadline=None)
@given(client=savers, phase=st.floats(0, 600), size=st.integers(12, 30))
def test_a_dozen_calls_are_kept_for_people(client: Client, phase: float, size: int) -> None:
    """However many polls wait, a dozen who ask at once are served at once, as soon as there are threads."""
    client.threads, client.polls, client.slowest = 50, 1, 1.0
    client.run(crowd(size, at=1200 + phase), seconds=1900)
    waits = sorted(wait for call, wait in client.waits if call.rank is Rank.PEOPLE)
    assert waits[10] <= 0.01
    assert waits[11] <= client.slowest


@pytest.mark.parametrize(("size", "at"), [(50, 730), (38, 730), (11, 730), (50, 830)])
def test_polls_go_on_after_a_crowd(size: int, at: float) -> None:
    """Nothing is kept from a poll while as many people have called as are kept for; then what comes back is not."""
    client = Client(4, slowest=1.0, pace=CallPace.BUCKET)
    client.run([*crowd(size, at=700), (at, Rank.POLL, "")], seconds=1500)
    assert [wait for call, wait in client.waits if call.rank is Rank.POLL] == [pytest.approx(0, abs=0.01)]


def test_what_comes_back_is_spent_as_by_the_careful_pace() -> None:
    """Polls without end leave the dozen alone, and go on four times a minute when it is used up."""
    client = Client(5, slowest=1.0, polls=1, pace=CallPace.BUCKET)
    client.run(crowd(11, at=1800), seconds=2400)
    polls = [call.started_at - START for call in client.calls if call.rank is Rank.POLL]
    assert len([at for at in polls if at < 300]) >= 38 + 20
    assert 4 * 9 <= len([at for at in polls if 1800 <= at < 2400]) <= 5 * 10


def _most_in_eight_hours(client: Client) -> int:
    return _most(client, float(EIGHT_HOURS))


def _most(client: Client, seconds: float) -> int:
    times, first, most = client.counted, 0, 0
    for position, at in enumerate(times):
        while times[first] <= at - seconds:
            first += 1
        most = max(most, position - first + 1)
    return most
