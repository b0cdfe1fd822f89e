"""The call budget, rule by rule: who may call, and when to ask again."""

from dataclasses import replace
from math import inf, nextafter

import pytest

from bot.calls.budget import Decision, Limits, PastCall, Rank, Waiting, decide

LIMITS = Limits()
#: The beginning of a minute of the server.
START = 1_800_000_000.0
#: The earliest second of a minute in which a burst may begin.
BORDER = LIMITS.margin
HOUR = 3600.0


def past(
    *ends: float, rank: Rank = Rank.PEOPLE, person: str = "U1", took: float = 1.0, burst: bool = False
) -> list[PastCall]:
    """Return calls that ended so many seconds after START."""
    return [PastCall(START + end - took, START + end, rank, person, burst) for end in ends]


def refused(end: float, retry_after: float | None = None, took: float = 1.0) -> PastCall:
    return PastCall(START + end - took, START + end, Rank.POLL, rate_limited=True, retry_after=retry_after)


def people(*names: str, since: float = 0.0) -> list[Waiting]:
    return [Waiting(Rank.PEOPLE, name, START + since) for name in names]


def machine(rank: Rank = Rank.POLL, since: float = 0.0) -> Waiting:
    return Waiting(rank, "", START + since)


def ask(calls: list[PastCall], waiting: list[Waiting], at: float, limits: Limits = LIMITS) -> Decision:
    """Decide at so many seconds after START; the time to ask again is counted from START as well."""
    decision = decide(calls, waiting, START + at, limits)
    if decision.ask_again_at is None:
        return decision
    assert decision.ask_again_at > START + at
    return Decision(ask_again_at=decision.ask_again_at - START)


def grants(calls: list[PastCall], waiting: list[Waiting], at: float) -> list[str]:
    """Grant as much as the rule allows at one moment; each call is in flight from then on."""
    calls, waiting, order = list(calls), list(waiting), []
    while (decision := decide(calls, waiting, START + at, LIMITS)).granted is not None:
        call = waiting.pop(decision.granted)
        order.append(call.person or call.rank.name)
        calls.append(PastCall(START + at, None, call.rank, call.person, decision.burst))
    return order


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


def test_no_burst_for_eight_hours_after_a_refusal() -> None:
    """A 429 rules out bursts for eight hours and stops one under way."""
    crowd = people(*map(str, range(50)))
    assert ask([refused(0)], crowd, at=7 * HOUR) == Decision(granted=0, burst=False)
    burst = past(10, 11, 12, burst=True)
    late = PastCall(START + 10, START + 13, Rank.PEOPLE, "A", burst=True, rate_limited=True, retry_after=1)
    assert ask([*burst, late], crowd, at=30) == Decision(ask_again_at=75)
    assert ask([*burst, late], crowd, at=75) == Decision(granted=0, burst=False)


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


def scheduled(*owners: str, since: float = 0.0) -> list[Waiting]:
    return [Waiting(Rank.SCHEDULE, owner, START + since) for owner in owners]


def test_schedules_stand_behind_people_polls_and_contracts() -> None:
    """They go before nothing but what is fetched ahead, whoever asked first."""
    others = [machine(Rank.AHEAD, since=-9), machine(Rank.METADATA, since=-3), machine(since=-2), *people("U1")]
    assert grants([], [*scheduled("U9", since=-50), *others], at=0) == ["U1", "POLL", "METADATA"]
    assert grants(past(-70), [*scheduled("U9", since=-80), machine(Rank.AHEAD, since=-9)], at=0) == ["U9", "AHEAD"]


def test_schedules_leave_two_calls_to_others() -> None:
    """They stop at three in a window; people and polls still find two."""
    calls = past(-6, -4, -2, rank=Rank.SCHEDULE, person="U9")
    assert ask(calls[:2], scheduled("U9"), at=0) == Decision(granted=0)
    assert ask(calls, scheduled("U9"), at=0) == Decision(ask_again_at=56)
    assert ask(calls, [*scheduled("U9"), machine()], at=0) == Decision(granted=1)


def test_owners_of_schedules_take_turns() -> None:
    """One with many reports does not come before another's first."""
    assert grants([], scheduled("U1", "U1", "U1", "U2"), at=0) == ["U1", "U2", "U1"]
    served = past(-70, rank=Rank.SCHEDULE, person="U1")
    assert grants(served, scheduled("U1", "U2", since=-100), at=0)[0] == "U2"
    by_hand = past(-70, person="U1")  # what a person asked for themselves is no turn of their schedules
    assert grants(by_hand, scheduled("U1", "U2", since=-80), at=0)[0] == "U1"


def test_links_of_reports_come_after_all_reports_are_asked_for() -> None:
    """They share what there is for schedules, and so cannot hold up what is to be asked for within ninety minutes."""
    link = Waiting(Rank.REPORT, "U1", START - 300)
    assert grants([], [link, *scheduled("U2", "U2")], at=0) == ["U2", "U2", "U1"]
    busy = past(-50, -40, -30, -20)
    assert ask(busy, [link, *people("U3"), *scheduled("U2", since=-239)], at=1) == Decision(granted=2)
    assert ask(busy, [link, *people("U3")], at=0) == Decision(granted=0)
    lately = [*past(-300, -250, -200, -100, rank=Rank.REPORT, person="U9"), *busy]
    assert ask(lately, [*people("U3"), *scheduled("U2", since=-239)], at=1) == Decision(granted=0)


def test_a_schedule_that_waited_for_long_goes_before_people_now_and_then() -> None:
    """Four times in six minutes, and never two calls of machines in a row."""
    busy = past(-50, -40, -30, -20)
    waiting = [*scheduled("U9", since=-239), *people("U1", "U2")]
    assert ask(busy, waiting, at=0) == Decision(granted=1)
    assert ask(busy, waiting, at=1) == Decision(granted=0)
    just_polled = [*busy[:3], *past(-20, rank=Rank.POLL, person="")]
    assert ask(just_polled, waiting, at=1) == Decision(granted=1)
    lately = [*past(-361, -300, -200, -100, rank=Rank.SCHEDULE, person="U9"), *busy]
    assert ask(lately, waiting, at=0.5) == Decision(granted=1)
    assert ask(lately, waiting, at=1) == Decision(granted=0)


def test_a_schedule_that_waited_for_a_minute_goes_before_polls_and_leaves_one_to_people() -> None:
    """What is asked for at the first of a month costs polls their turns, not people."""
    waiting = [*scheduled("U9", since=-59), machine(since=-20)]
    assert ask(past(-30, -20, -10), waiting, at=0) == Decision(granted=1)
    assert ask(past(-30, -20, -10), waiting, at=1) == Decision(granted=0)
    assert ask(past(-40, -30, -20, -10), waiting[:1], at=1) == Decision(ask_again_at=22)


def test_beside_schedules_polls_leave_two_calls_to_people_who_call_often() -> None:
    """And are overdue later; on other days, and where people are quiet, they leave one."""
    often = past(-500, -400, -300, -200, -100)
    now, waiting = past(-30, -20, -10), [machine(since=-60)]
    assert ask([*often, *now], [machine()], at=0) == Decision(granted=0)
    assert ask([*often, *now], [machine(), *scheduled("U9")], at=0) == Decision(ask_again_at=32)
    assert ask(now, [machine(), *scheduled("U9")], at=0) == Decision(granted=0)
    after_one = [*often, *past(-50, rank=Rank.SCHEDULE, person="U9"), *now[1:]]
    assert ask(after_one, [machine()], at=0) == Decision(ask_again_at=12)
    assert ask([*after_one, *past(-5)], waiting, at=0) == Decision(ask_again_at=30)
    assert ask([*after_one, *past(-5)], waiting, at=30) == Decision(granted=0)


def test_fifty_schedules_and_an_office_that_never_stops() -> None:
    """People ask for more than there is; all fifty are submitted within ninety minutes, evenly by their owners."""
    calls: list[PastCall] = []
    waiting = [*scheduled(*("U1",) * 25, *("U2",) * 15, *("U3",) * 10)]
    made: list[tuple[float, str]] = []
    at = 0.0
    while at < 90 * 60.0 and any(call.rank is Rank.SCHEDULE for call in waiting):
        for name in ("P1", "P2", "P3"):
            if not any(call.person == name for call in waiting):
                waiting.append(Waiting(Rank.PEOPLE, name, START + at))
        if not any(call.rank is Rank.POLL for call in waiting):
            waiting.append(machine(since=at))
        decision = decide(calls, waiting, START + at, LIMITS)
        if decision.granted is None:
            at += 1
            continue
        call = waiting.pop(decision.granted)
        calls.append(PastCall(START + at, START + at + 1, call.rank, call.person, decision.burst))
        if call.rank is Rank.SCHEDULE:
            made.append((at, call.person))
    assert len(made) == 50
    assert [owner for _, owner in made[:30]] == ["U1", "U2", "U3"] * 10
    assert sum(call.rank is Rank.PEOPLE for call in calls) > 0.55 * len(calls)
