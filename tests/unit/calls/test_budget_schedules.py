"""The call budget where schedules ask: behind people, not for ever, and evenly by their owners."""

from bot.calls.budget import Decision, PastCall, Rank, Waiting, decide
from tests.unit.calls.asking import LIMITS, START, ask, grants, machine, past, people, scheduled


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
