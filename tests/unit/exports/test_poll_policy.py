"""When which contract is looked at: the policy as a pure rule."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from bot.calls.turns import Room
from bot.exports.durations import Durations, learn
from bot.exports.poll_policy import FIRST_POLL, LONGEST_GAP, Target, longest_waiting, next_poll, targets
from bot.tokenflex.models import ExportRequest
from storage.models import Export
from storage.states import ExportState

NOW = datetime(2026, 12, 1, 8, tzinfo=UTC)
WINDOW = timedelta(seconds=62)
PRIOR = Durations()


def after(seconds: float) -> datetime:
    return NOW + timedelta(seconds=seconds)


def export(
    number: int = 1, *, state: ExportState = ExportState.REQUESTED, contract: str = "1", at: float = 0.0
) -> Export:
    asked = ExportRequest(contract, fields=("productName",))
    moment = after(at)
    return Export(number, state, asked, "U1", "C1", accepted_at=moment, changed_at=moment, intent_at=moment)


def room(*free: float) -> Room:
    """Return the room of a minute from these seconds on; with no seconds, all of it is free for long."""
    return Room(tuple(after(seconds) for seconds in free or (-100.0,) * 4), WINDOW)


def running(contract: str, since: float, known: float) -> Target:
    return Target(contract, after(known), after(since), polled_at=after(known), running=((after(since), after(known)),))


def test_a_new_export_is_looked_at_after_eight_seconds() -> None:
    """Short exports are noticed soon: the first look does not wait for the odds."""
    found = targets([export()], {}, house_full=False)
    target, at = next_poll(found, room(), PRIOR, NOW)
    assert at == NOW + FIRST_POLL
    assert next_poll(found, room(), PRIOR, at)[1] <= at
    assert target.contract == "1"


def test_the_first_look_leaves_a_call_for_the_next() -> None:
    """The first look is made early while another fits into the minute, and after twenty seconds otherwise."""
    found = targets([export()], {}, house_full=False)
    assert next_poll(found, room(-1, -1, 50, 55), PRIOR, after(8))[1] <= after(8)
    assert after(8) < next_poll(found, room(-1, 40, 50, 55), PRIOR, after(8))[1] <= after(20)


@given(st.floats(0, 1500), st.floats(0, 500))
def test_an_only_contract_is_never_left_for_long(age: float, seen: float) -> None:
    """Whatever was learned: while there is room, at most twenty seconds lie between two looks."""
    found = targets([export()], {"1": after(age)}, house_full=False)
    _, at = next_poll(found, room(), learn([seen] * 200), after(age + 0.1))
    assert at <= after(age) + LONGEST_GAP


def test_looks_are_spread_over_the_minute() -> None:
    """Four looks fit into a minute: at an even chance they come every fifteen seconds, not at once."""
    made = [0.0]
    for _ in range(12):
        free = [each + 62.0 for each in made[-4:]]
        found = targets([export(at=-100)], {"1": after(made[-1])}, house_full=False)
        _, at = next_poll(found, room(*([-1.0] * (4 - len(free))), *free), PRIOR, after(made[-1] + 0.1))
        made.append(max((at - NOW).total_seconds(), free[0] if len(free) == 4 else 0.0))
    gaps = [later - earlier for earlier, later in pairwise(made[4:])]
    assert max(gaps) < 21
    assert min(gaps) > 11


def test_without_room_a_look_that_is_worth_it_gets_into_the_line() -> None:
    """Who goes first is decided by the budget, so the poller asks before there is room."""
    target, at = next_poll([running("1", -200, -60)], room(20, 30, 40, 50), PRIOR, NOW)
    assert (target.contract, at) == ("1", NOW)


def test_nothing_gets_into_the_line_before_it_is_due() -> None:
    """A turn that comes before there seemed to be room is of use to another contract, or to nobody."""
    new, old = targets([export()], {}, house_full=False)[0], running("2", -200, -60)
    full = room(20, 30, 40, 50)
    assert next_poll([new], full, PRIOR, NOW)[1] == new.due_at > NOW
    assert next_poll([new], replace(full, saved=-1.0), PRIOR, NOW)[1] >= new.due_at
    assert next_poll([new, old], full, PRIOR, NOW)[0].contract == "2"


def test_the_contract_is_the_one_whose_exports_have_waited_longest() -> None:
    """Many exports count more than one, and a long silence more than a short one."""
    one, many = running("one", -100, -30), running("many", -100, -30)
    many = replace(many, running=many.running * 5)
    silent = running("silent", -200, -150)
    assert longest_waiting([one, many], PRIOR, NOW).contract == "many"
    assert longest_waiting([one, silent], PRIOR, NOW).contract == "silent"


def test_the_contract_whose_exports_are_of_the_usual_age_goes_first() -> None:
    """Where exports take four minutes, one that runs for one minute is left for one that runs for four."""
    learned = learn([248.0] * 200)
    young, ripe = running("young", -60, -30), running("ripe", -250, -30)
    assert longest_waiting([young, ripe], learned, NOW).contract == "ripe"
    assert longest_waiting([young, ripe], PRIOR, NOW).contract == "young"


def test_nothing_outstanding_needs_no_look() -> None:
    """Queued exports are looked for only where no place is free."""
    waiting = [export(state=ExportState.QUEUED)]
    assert targets(waiting, {}, house_full=False) == []
    assert [target.contract for target in targets(waiting, {}, house_full=True)] == ["1"]
    assert targets([export(state=ExportState.SUBMITTING)], {}, house_full=False) == []


def test_an_answer_in_doubt_is_looked_for_when_a_list_can_tell() -> None:
    """The first list after a lost answer comes thirty seconds after the connection ended."""
    doubtful = replace(export(state=ExportState.SUBMITTING), unanswered_since=NOW)
    found = targets([doubtful], {}, house_full=False)
    assert next_poll(found, room(), PRIOR, NOW)[1] == after(30)


def test_a_look_of_little_worth_leaves_a_second_call_to_people() -> None:
    """While people call often, a look at one export waits for room for two; one at many does not."""
    one = running("1", -400, -16)
    many = replace(one, running=one.running * 20)
    busy = replace(room(-1, 20, 30, 40), busy=True)
    assert next_poll([one], room(-1, -1, 30, 40), PRIOR, NOW)[1] <= NOW
    assert next_poll([one], busy, PRIOR, NOW)[1] == after(20)
    assert next_poll([many], busy, PRIOR, NOW)[1] < after(20)


def saving(saved: float, *, busy: bool = False) -> Room:
    """Return the room by the pace `bucket`, with so many calls saved for polls."""
    free = tuple(after(max(0.0, wanted - saved) * 12) for wanted in range(1, 5))
    return Room(free, timedelta(seconds=12), busy=busy, saved=saved)


def gap(age: float, room: Room) -> float:
    """Return how many seconds after the last look at an only export of that age the next one is worth a call."""
    _, at = next_poll([running("1", -age, 0)], room, PRIOR, after(0.1))
    return (at - NOW).total_seconds()


@given(st.floats(30, 150), st.booleans())
def test_saved_calls_are_spent_at_the_age_at_which_exports_end(age: float, busy: bool) -> None:
    """Every three to five seconds, whether people call or not."""
    assert 3 <= gap(age, saving(38, busy=busy)) <= 5.5


@given(st.floats(30, 2000), st.floats(1, 37), st.booleans())
def test_looks_are_rarer_where_less_is_saved(age: float, saved: float, busy: bool) -> None:
    """So that what is saved lasts for as long as exports do."""
    assert gap(age, saving(saved, busy=busy)) >= gap(age, saving(saved + 1, busy=busy)) - 0.6


@given(st.floats(30, 3000))
def test_while_people_are_quiet_no_export_waits_for_longer_than_a_call_takes_to_come_back(age: float) -> None:
    """However old it is; while they call often, old ones leave calls to others."""
    assert gap(age, saving(1)) <= 12.5
    assert gap(3000, saving(1, busy=True)) > 20


def test_an_answer_in_doubt_is_looked_for_at_its_time_by_saved_calls_too() -> None:
    """The odds have no say in that."""
    doubtful = replace(export(state=ExportState.SUBMITTING), unanswered_since=NOW)
    found = targets([doubtful], {}, house_full=False)
    assert next_poll(found, saving(38, busy=True), PRIOR, NOW)[1] == after(30)
