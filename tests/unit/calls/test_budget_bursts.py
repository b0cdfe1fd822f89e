"""The call budget where many people ask at once: when a burst begins, who joins it, and when it ends."""

from dataclasses import replace

import pytest

from bot.calls.budget import Decision, Limits, PastCall, Rank, decide
from tests.unit.calls.asking import BORDER, HOUR, LIMITS, START, ask, grants, machine, past, people, refused


def test_twelve_people_start_a_burst() -> None:
    """After silence, early enough in a minute, twelve waiting calls begin a burst; eleven do not."""
    crowd = people(*"ABCDEFGHIJKL")
    assert ask([], crowd, at=BORDER) == Decision(granted=0, burst=True)
    assert len(grants([], crowd, at=BORDER)) == 12
    assert ask([], crowd[1:], at=BORDER) == Decision(granted=0, burst=False)
    assert ask([], [machine()] * 12, at=BORDER) == Decision(granted=0, burst=False)


@pytest.mark.parametrize(
    ("crowd", "at", "begins"),
    [(50, 0, 2), (50, 1.9, 2), (50, 25, 25), (50, 25.1, 62), (12, 44, 44), (12, 44.1, 62), (50, 59, 62)],
)
def test_when_in_a_minute_a_burst_begins(crowd: int, at: float, begins: float) -> None:
    """A burst begins two seconds into a minute at the earliest, and while the rest of it is long enough for all."""
    waiting = people(*map(str, range(crowd)))
    decision = ask([], waiting, at=at)
    assert decision == (Decision(granted=0, burst=True) if begins == at else Decision(ask_again_at=begins))
    assert ask([], waiting, at=begins) == Decision(granted=0, burst=True)


@pytest.mark.parametrize("ahead", [0.1, 33.3, -12.7, 4000.123, -59.99])
def test_minutes_are_those_of_the_server(ahead: float) -> None:
    """A burst keeps to the minutes of the server's clock, by how much it is ahead; rounding makes no busy loop."""
    waiting = people(*map(str, range(50)))
    now = START + 40 - ahead
    told = decide([], waiting, now, LIMITS, ahead).ask_again_at
    assert told is not None
    assert told == pytest.approx(START + 60 + BORDER - ahead, abs=1e-5)
    assert decide([], waiting, told, LIMITS, ahead) == Decision(granted=0, burst=True)
    assert decide([], waiting, told + 24, LIMITS, ahead).ask_again_at is not None
    running = [PastCall(told, told + 1, Rank.PEOPLE, "A", burst=True)]
    assert decide(running, waiting, told + 47, LIMITS, ahead) == Decision(granted=0, burst=True)
    assert decide(running, waiting, told + 49, LIMITS, ahead).granted is None


def test_silence_before_a_burst() -> None:
    """Nobody calls, polls neither, until the last call is 62 seconds old and a minute begins."""
    waiting = [machine(since=-HOUR), *people(*map(str, range(30)))]
    assert ask(past(-1), waiting, at=0) == Decision(ask_again_at=62)
    assert ask(past(10), waiting, at=11) == Decision(ask_again_at=72)
    assert ask(past(50), waiting, at=51) == Decision(ask_again_at=122)
    assert ask(past(50), waiting, at=122) == Decision(granted=1, burst=True)


def test_no_burst_where_plain_calls_are_sooner() -> None:
    """Nobody waits for a burst where the last one is answered as soon by plain calls."""
    eager = Limits(burst_threshold=6)
    crowd = people(*"ABCDEF")
    assert ask(past(1), crowd, at=2, limits=eager) == Decision(granted=0)  # burst: 66, plain: 64
    assert ask(past(1), crowd, at=20, limits=eager) == Decision(ask_again_at=63)  # burst: 66, plain: 82
    assert ask(past(1), [*crowd, *crowd], at=2, limits=eager) == Decision(ask_again_at=63)  # burst: 69, plain: 126


def test_a_burst_ends_at_fifty_calls() -> None:
    """A burst holds fifty calls; then there is silence until 62 seconds after the last."""
    crowd = people(*map(str, range(60)))
    calls = past(*[10 + index / 8 for index in range(49)], burst=True)
    assert len(grants(calls, crowd, at=17)) == 1
    calls = past(*[10 + index / 8 for index in range(50)], burst=True)
    assert ask(calls, crowd, at=20) == Decision(ask_again_at=16.125 + 62)
    assert ask(calls, [*people("A"), machine(since=-HOUR)], at=30) == Decision(ask_again_at=16.125 + 62)
    assert ask(calls, people("A"), at=78.125) == Decision(granted=0)


def test_a_burst_has_no_more_calls_under_way_than_there_are_threads() -> None:
    """Of a crowd twelve calls are granted at once, and one more for each that ends."""
    crowd = people(*map(str, range(50)))
    assert len(grants([], crowd, at=BORDER)) == 12
    running = [PastCall(START + 2, None, Rank.PEOPLE, "A", burst=True)] * 9
    assert len(grants(running + past(4, 4, 4, burst=True), crowd, at=5)) == 3


def test_late_comers_join_a_burst() -> None:
    """One person who asks during a burst joins it, until second 50 of its minute; a poll waits."""
    calls = past(*[10 + index / 8 for index in range(20)], burst=True)
    assert ask(calls, people("A"), at=50) == Decision(granted=0, burst=True)
    assert ask(calls, people("A"), at=50.1) == Decision(ask_again_at=12.375 + 62)
    assert ask(calls, people("A"), at=62) == Decision(ask_again_at=12.375 + 62)
    assert ask(calls, [machine()], at=13) == Decision(ask_again_at=12.375 + 62)


def test_plain_calls_follow_a_burst() -> None:
    """Once the silence is over, a plain call is not taken for a part of the burst and silences nobody."""
    calls = past(*[10 + index / 8 for index in range(20)], burst=True) + past(80)
    assert ask(calls, people("A"), at=81) == Decision(granted=0)


def test_one_burst_in_eight_hours() -> None:
    """Eight hours lie between the minute of a burst and that of the next."""
    calls = past(*[10 + index / 8 for index in range(20)], burst=True)
    crowd = people(*map(str, range(50)))
    free_at = 12.375 + 28862
    assert ask(calls, crowd, at=HOUR) == Decision(granted=0, burst=False)
    early = ask(calls, crowd, at=free_at - 9)
    assert early.ask_again_at == pytest.approx(free_at)
    assert replace(early, ask_again_at=None) == Decision()
    assert ask(calls, crowd, at=free_at + 1e-3) == Decision(granted=0, burst=True)


def test_no_burst_for_eight_hours_after_a_refusal() -> None:
    """A 429 rules out bursts for eight hours and stops one under way."""
    crowd = people(*map(str, range(50)))
    assert ask([refused(0)], crowd, at=7 * HOUR) == Decision(granted=0, burst=False)
    burst = past(10, 11, 12, burst=True)
    late = PastCall(START + 10, START + 13, Rank.PEOPLE, "A", burst=True, rate_limited=True, retry_after=1)
    assert ask([*burst, late], crowd, at=30) == Decision(ask_again_at=75)
    assert ask([*burst, late], crowd, at=75) == Decision(granted=0, burst=False)
