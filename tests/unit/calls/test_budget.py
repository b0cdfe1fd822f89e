"""The call budget, rule by rule: who may call, and when to ask again."""

from math import inf, nextafter

import pytest

from bot.calls.budget import Decision, Limits, PastCall, Rank, Waiting, decide
from tests.unit.calls.asking import HOUR, LIMITS, START, ask, grants, machine, past, people, refused


def test_nobody_waits() -> None:
    """Where nobody waits there is nothing to grant and no time to ask again."""
    assert decide(past(-1), [], START, LIMITS) == Decision(None, burst=False, ask_again_at=None)


@pytest.mark.parametrize("rank", list(Rank))
def test_a_quiet_budget_grants_at_once(rank: Rank) -> None:
    """After silence any call may start straight away."""
    assert ask([], [Waiting(rank, "", START)], at=0) == Decision(granted=0)


@pytest.mark.parametrize(
    ("ends", "expected"),
    [
        ((-10, -8, -6, -4), Decision(granted=0)),
        ((-10, -8, -6, -4, -2), Decision(ask_again_at=52)),
        ((-62, -8, -6, -4, -2), Decision(granted=0)),
        ((-61, -8, -6, -4, -2), Decision(ask_again_at=1)),
        ((-20, -10, -8, -6, -4, -2), Decision(ask_again_at=52)),
    ],
)
def test_at_most_five_in_a_window(ends: tuple[float, ...], expected: Decision) -> None:
    """A sixth call waits until the oldest of five ended 62 seconds ago."""
    assert ask(past(*ends), people("U1"), at=0) == expected


def test_the_window_counts_from_the_end_of_a_call() -> None:
    """A slow call occupies its place until 62 seconds after its end, whatever the order of the ends."""
    calls = past(30, took=100) + past(-60, -60, -60, -60)
    assert ask(calls, people("U1"), at=1.9) == Decision(ask_again_at=2)
    assert ask(past(30, took=100) + past(1, 2, 3, 4), people("U1"), at=31) == Decision(ask_again_at=63)
    assert ask(past(30, took=100) + past(1, 2, 3, 40), people("U1"), at=64.5) == Decision(granted=0)


def test_a_call_in_flight_ends_now() -> None:
    """A call in flight is counted as ending at this moment."""
    calls = [PastCall(START - 90, None, Rank.POLL), *past(-5, -4, -3, -2)]
    assert ask(calls, people("U1"), at=0) == Decision(ask_again_at=57)
    assert ask([PastCall(START, None, Rank.POLL)] * 5, people("U1"), at=0) == Decision(ask_again_at=62)


def test_a_call_whose_end_was_lost() -> None:
    """A call that was never recorded as ended blocks nobody for ever."""
    lost = [PastCall(START, None, Rank.POLL)] * 5
    assert ask(lost, people("U1"), at=150) == Decision(ask_again_at=182)
    assert ask(lost, people("U1"), at=182) == Decision(granted=0)


@pytest.mark.parametrize("rank", [Rank.POLL, Rank.METADATA])
def test_one_call_is_left_to_people(rank: Rank) -> None:
    """Polls and metadata stop at four calls in a window; a person still gets the fifth."""
    calls = past(-8, -6, -4, -2, rank=rank, person="")
    assert ask(calls[:3], [machine(rank)], at=0) == Decision(granted=0)
    assert ask(calls, [machine(rank)], at=0) == Decision(ask_again_at=54)
    assert ask(calls, [machine(rank), *people("U1")], at=0) == Decision(granted=1)


def test_people_then_polls_then_metadata() -> None:
    """The order is people, polls, metadata, whatever the order of asking."""
    waiting = [machine(Rank.METADATA, since=-3), machine(Rank.POLL, since=-2), *people("U1", since=-1)]
    assert grants([], waiting, at=0) == ["U1", "POLL", "METADATA"]


def test_what_is_fetched_ahead_waits_for_a_window_that_is_nearly_empty() -> None:
    """Room for three others stays beside it, it goes last whatever it has waited, and nobody waits for it."""
    ahead = machine(Rank.AHEAD, since=-9000)
    assert ask(past(-2), [ahead], at=0) == Decision(granted=0)
    assert ask(past(-4, -2), [ahead], at=0) == Decision(ask_again_at=58)
    assert grants([], [ahead, machine(Rank.METADATA), machine(), *people("U1")], at=0) == ["U1", "POLL", "METADATA"]
    calls = past(-4, -2, rank=Rank.AHEAD, person="")
    assert grants(calls, people("U1", "U1", "U1"), at=0) == ["U1"] * 3
    assert grants(calls, [machine()] * 3, at=0) == ["POLL"] * 2
    busy = past(-500, -400, -300, -200, -100)
    assert ask(busy, [ahead], at=0) == Decision(ask_again_at=102)
    assert ask(busy[1:], [ahead], at=0) == Decision(granted=0)


@pytest.mark.parametrize(
    ("waiting", "order"),
    [
        (people("A") + people("B", since=1) + people("C", since=2), ["A", "B", "C"]),
        (people("B", since=1) + people("A"), ["A", "B"]),
        (people("A", "A", "A", "A", "B"), ["A", "B", "A", "A", "A"]),
        (people("A", "A", "A", "B", "B", "C"), ["A", "B", "C", "A", "B"]),
    ],
)
def test_people_take_turns(waiting: list[Waiting], order: list[str]) -> None:
    """Calls go in the order of asking, one for each person in turn."""
    assert grants([], waiting, at=5) == order


def test_those_served_lately_come_later() -> None:
    """Who asked before another's last call goes first; a call of long ago is not held against anybody."""
    calls = past(-30, -20, person="A")
    assert ask(calls, people("A", since=-60) + people("B", since=-25), at=0).granted == 1
    assert ask(calls, people("A", since=-15) + people("B", since=-14), at=0).granted == 0


def test_a_poll_is_not_starved_by_people() -> None:
    """A poll that waited for two minutes goes before people, but one a window only."""
    crowd = people("A", "B", "C", "D", "E", "F")
    polls = [machine(since=-44), machine(since=-45), machine(since=-200)]
    assert grants([], [*crowd, *polls[:1]], at=0) == ["A", "B", "C", "D", "E"]
    assert grants([], [*crowd, *polls], at=0) == ["POLL", "A", "B", "C", "D"]


@pytest.mark.parametrize("asked", [901, 3600, 31_000_000, 1e18])
def test_no_retry_after_silences_us_for_long(asked: float) -> None:
    """Whatever a server or a slip in front of it asks for: a quarter of an hour later it is tried again."""
    assert ask([refused(0, retry_after=asked)], people("A"), at=1) == Decision(ask_again_at=902)
    assert ask([refused(0, retry_after=asked)], people("A"), at=902) == Decision(granted=0)


def test_people_are_not_starved_by_polls() -> None:
    """Where calls are a minute apart each poll is overdue in its turn: people have every second call all the same."""
    lessons = [refused(-3000 + 120 * count, retry_after=1) for count in range(5)]
    waiting = [machine(since=-50), machine(since=-40), *people("A", since=-60)]
    assert ask([*lessons, *past(-63, rank=Rank.PEOPLE)], waiting, at=0) == Decision(granted=0)
    assert ask([*lessons, *past(-63, rank=Rank.POLL)], waiting, at=0) == Decision(granted=2)


def test_when_a_poll_becomes_overdue() -> None:
    """The time to ask again knows when a poll may go before people and take the call left to them."""
    assert ask(past(-4, -3, -2, -1), [machine(since=-25)], at=0) == Decision(ask_again_at=20)
    assert ask(past(-4, -3, -2, -1), [machine(since=-25)], at=20) == Decision(granted=0)


def test_metadata_is_not_starved_by_polls() -> None:
    """Once overdue, metadata that waits longer goes before polls."""
    waiting = [machine(since=-1), machine(Rank.METADATA, since=-200)]
    assert grants([], waiting, at=0) == ["METADATA", "POLL"]
    assert grants([], [machine(since=-1), machine(Rank.METADATA, since=-2)], at=0) == ["POLL", "METADATA"]


@pytest.mark.parametrize(("made", "poll", "person"), [(2299, True, True), (2300, False, True), (2400, False, False)])
def test_eight_hours(made: int, poll: bool, person: bool) -> None:
    """Of 2400 calls in eight hours the last hundred are kept for people, and there is no 2401st."""
    calls = [PastCall(START - 28000 + index * 10, START - 27999 + index * 10, Rank.POLL) for index in range(made)]
    assert (ask(calls, [machine(since=-HOUR)], at=0).granted == 0) is poll
    assert (ask(calls, people("U1"), at=0).granted == 0) is person
    if not person:
        assert ask(calls, people("U1"), at=0).ask_again_at == pytest.approx(28802 - 27999)


@pytest.mark.parametrize(
    ("calls", "until"),
    [
        ([refused(0)], 62),
        ([refused(0, retry_after=25)], 27),
        ([refused(0, retry_after=400)], 402),
        ([refused(-70), refused(0)], 122),
        ([refused(-270), refused(-200), refused(0)], 242),
        ([refused(-70), *past(-3), refused(0)], 62),
        ([refused(-6000 + 900 * index) for index in range(6)] + [refused(0)], 902),
        ([refused(-0.5, took=4), refused(-0.4, took=4), refused(0, took=4)], 62),
    ],
)
def test_a_refusal_blocks_everybody(calls: list[PastCall], until: float) -> None:
    """After a 429 nobody calls until Retry-After is over; without one it is doubled for each in a row up to 15 min."""
    assert ask(calls, [*people("A"), machine(since=-HOUR)], at=0.5) == Decision(ask_again_at=until)
    assert ask(calls, people("A"), at=until).granted == 0


@pytest.mark.parametrize(("lessons", "apart"), [(1, 14), (2, 26), (3, 38), (4, 50), (5, 62), (8, 62)])
def test_calls_are_apart_after_a_refusal(lessons: int, apart: float) -> None:
    """For an hour after a 429 calls are spaced, the wider the more 429s there were."""
    calls = [refused(-2000 + index * 100, retry_after=5) for index in range(lessons)] + past(0)
    assert ask(calls, people("A"), at=1) == Decision(ask_again_at=apart)
    assert ask(calls, people("A"), at=apart) == Decision(granted=0)


def test_the_spacing_ends_with_the_hour() -> None:
    """As 429s grow older than an hour the spacing narrows and ends, and no call waits longer than needed."""
    calls = [refused(0, retry_after=5), refused(100, retry_after=5)]
    assert ask(calls + past(HOUR - 30), people("A"), at=HOUR - 29) == Decision(ask_again_at=HOUR - 30 + 26)
    assert ask(calls + past(HOUR - 20), people("A"), at=HOUR - 19) == Decision(ask_again_at=HOUR)
    assert ask(calls + past(HOUR - 5), people("A"), at=HOUR - 1) == Decision(ask_again_at=HOUR + 9)
    assert ask(calls + past(HOUR + 99), people("A"), at=HOUR + 99.5) == Decision(ask_again_at=HOUR + 100)


def test_a_refused_call_counts() -> None:
    """A refused call occupies its place in the window like any other, long after its pause."""
    calls = [refused(end, retry_after=0, took=1) for end in (-60, -45, -31, -17, -3)]
    assert ask(calls, people("A"), at=-1) == Decision(ask_again_at=59)


@pytest.mark.parametrize(
    ("waiting", "at"), [(people("A"), 0.3), (people(*map(str, range(50))), 0.3), ([machine(since=-119.7)], 0.1)]
)
def test_asking_at_the_time_told_makes_progress(waiting: list[Waiting], at: float) -> None:
    """At the very time told, and not a tick sooner, the answer changes; rounding never makes a busy loop."""
    calls = past(-0.7, -2 / 3, -1 / 3, -0.1, 0.05)
    told = decide(calls, waiting, START + at, LIMITS).ask_again_at
    assert told is not None
    assert decide(calls, waiting, nextafter(told, -inf), LIMITS).ask_again_at == told
    assert decide(calls, waiting, told, LIMITS).granted is not None


@pytest.mark.parametrize(
    "wrong", [{"kept_for_people": 5}, {"kept_of_eight_hours": 2400}, {"burst_threshold": 51}, {"burst_threshold": 0}]
)
def test_limits_that_leave_nothing(wrong: dict[str, int]) -> None:
    """Figures under which polls or the burst would wait for ever are refused."""
    with pytest.raises(ValueError, match=r"left|never"):
        Limits(**wrong)
