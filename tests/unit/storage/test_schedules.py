"""The stores of schedules and of their runs."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from typing import Any, Final

import pytest
from sqlite_utils import Database as Connection

from storage import runs, schedules
from storage.migrations import migrations
from storage.runs import Due, Run, RunState
from storage.schedules import NewSchedule, Schedule, UnknownScheduleError
from tests.harness.rows import NOW, accepted, after

NEW: Final = NewSchedule(
    origin="press:1",
    name="Tokens by product",
    question="{}",
    contract="9",
    channel="C1",
    owner="U1",
    rule="{}",
    missed="once",
)
THROUGH: Final = "2026-11-01T08:00"


@pytest.fixture
def db() -> Iterator[Connection]:
    """A database in memory."""
    connection = Connection(memory=True)
    migrations.apply(connection)
    yield connection
    connection.close()


def added(db: Connection, origin: str = "press:1", **more: Any) -> Schedule:
    return schedules.add(db, replace(NEW, origin=origin, **more), THROUGH, after(60), NOW)[0]


def due(day: int, **more: Any) -> Due:
    return Due(identity=f"2026-11-{day:02}T08:00", due_at=after(60 * day), **more)


def decide(db: Connection, schedule: Schedule, *each: Due) -> tuple[Run, ...]:
    return runs.decide(db, schedule, each, max(one.identity for one in each), after(900), after(100))


def test_an_act_makes_one_schedule(db: Connection) -> None:
    first = added(db)
    assert schedules.add(db, NEW, "later", None, after(5)) == (first, False)
    assert (first.through, first.next_at, first.is_paused, first.edition) == (THROUGH, after(60), False, 1)
    assert schedules.everywhere(db) == (first,)
    with pytest.raises(UnknownScheduleError):
        schedules.get(db, 99)


def test_who_sees_which(db: Connection) -> None:
    here, mine, paused, other = (
        added(db, "a", channel="C1", owner="U2"),
        added(db, "b", channel="C2", owner="U1"),
        added(db, "c", channel="C1", owner="U1"),
        added(db, "d", channel="C2", owner="U2"),
    )
    assert schedules.pause(db, paused.id, "asked", NOW)
    assert [each.id for each in schedules.seen_from(db, ["C1"], "U1")] == [here.id, mine.id, paused.id]
    assert other.id not in {each.id for each in schedules.seen_from(db, ["C1"], "U1")}


def test_what_is_due_and_when_the_next_one_is(db: Connection) -> None:
    first = added(db)
    assert (schedules.due(db, after(59)), schedules.next_due(db)) == ((), after(60))
    assert schedules.due(db, after(60)) == (first,)
    schedules.pause(db, first.id, "asked", NOW)
    assert (schedules.due(db, after(60)), schedules.next_due(db)) == ((), None)


def test_a_schedule_is_paused_once_and_goes_on_as_somebody_s(db: Connection) -> None:
    schedule = added(db)
    paused = schedules.pause(db, schedule.id, "owner", after(5))
    assert paused
    assert (paused.paused_why, schedules.pause(db, schedule.id, "other", after(6))) == ("owner", None)
    resumed = schedules.resume(db, schedule.id, "U7", ("2026-11-05T12:00", after(90)), after(7))
    assert resumed
    assert (resumed.owner, resumed.through, resumed.next_at) == ("U7", "2026-11-05T12:00", after(90))
    assert schedules.resume(db, schedule.id, "U8", ("", None), after(8)) is None


def test_a_run_is_decided_once(db: Connection) -> None:
    schedule = added(db)
    (run,) = decide(db, schedule, due(2), due(1, left_out="replaced"))
    assert (run.identity, run.state, run.late) == ("2026-11-02T08:00", RunState.WANTED, False)
    known = schedules.get(db, schedule.id)
    assert (known.through, known.next_at) == ("2026-11-02T08:00", after(900))
    assert decide(db, known, due(2)) == ()
    assert [each.state for each in runs.of_schedule(db, schedule.id)] == [RunState.WANTED, RunState.LEFT_OUT]


def test_two_that_decide_at_once_decide_once(db: Connection) -> None:
    """The second one read the schedule before the first had decided."""
    schedule = added(db)
    assert len(decide(db, schedule, due(2))) == 1
    assert decide(db, schedule, due(2), due(3)) == ()


@pytest.mark.parametrize("act", ["change", "pause", "remove"])
def test_nothing_is_decided_of_what_a_person_changed_meanwhile(db: Connection, act: str) -> None:
    schedule = added(db)
    if act == "change":
        schedules.change(db, schedule.id, {"name": "Other"}, None, after(1))
    elif act == "pause":
        schedules.pause(db, schedule.id, "asked", after(1))
    else:
        schedules.remove(db, schedule.id)
    assert decide(db, schedule, due(2)) == ()
    assert runs.of_schedule(db, schedule.id) == ()


def test_a_clock_that_was_set_back_takes_back_what_was_left_out(db: Connection) -> None:
    schedule = added(db)
    assert runs.leave_out(db, schedule.id, due(6), NOW)
    decide(db, schedule, due(5, left_out="missed"), due(6, left_out="asked"), due(7))
    runs.decide(db, schedules.get(db, schedule.id), (), "2026-11-04T12:00", after(200), after(150))
    found = {each.identity[8:10]: each.state for each in runs.of_schedule(db, schedule.id)}
    assert found == {"06": RunState.AHEAD, "07": RunState.WANTED}
    assert runs.happened_after(db, schedule.id, "2026-11-04T12:00") == {"2026-11-07T08:00"}
    (again,) = decide(db, schedules.get(db, schedule.id), due(5), due(6), due(7))
    assert again.identity == "2026-11-05T08:00"


def test_another_rule_forgets_what_the_one_before_left_out(db: Connection) -> None:
    """A rule in a zone farther west: what was left out at eight o'clock there lies ahead here."""
    schedule = added(db)
    assert runs.leave_out(db, schedule.id, due(9), NOW)
    decide(db, schedule, due(5), due(6, left_out="missed"))
    changed = schedules.change(db, schedule.id, {"rule": "{1}"}, ("2026-11-04T12:00", after(200)), after(150))
    (again,) = decide(db, changed, due(5), due(6))
    assert again.identity == "2026-11-06T08:00"
    assert runs.asked_not(db, schedule.id) == frozenset()


def test_a_run_that_is_not_to_happen_does_not(db: Connection) -> None:
    schedule = added(db)
    assert runs.leave_out(db, schedule.id, due(2), NOW)
    assert not runs.leave_out(db, schedule.id, due(2), NOW)
    assert runs.asked_not(db, schedule.id) == {"2026-11-02T08:00"}
    assert decide(db, schedule, due(2, left_out="asked")) == ()
    (run,) = runs.of_schedule(db, schedule.id)
    assert (run.state, run.why) == (RunState.LEFT_OUT, "asked")
    assert runs.asked_not(db, schedule.id) == frozenset()


def test_an_act_starts_one_run_that_belongs_to_no_written_time(db: Connection) -> None:
    schedule = added(db)
    run = runs.start(db, schedule.id, "press:9", NOW)
    assert run
    assert runs.start(db, schedule.id, "press:9", NOW) is None
    assert runs.still_open(db, NOW) == (run,)
    assert runs.happened_after(db, schedule.id, "") == frozenset()


def test_a_run_moves_on_from_where_it_was_seen(db: Connection) -> None:
    schedule, export = added(db), accepted(db)
    (run,) = decide(db, schedule, due(2))
    waiting = runs.move(db, run, RunState.WAITING, after(1), next_try_at=after(61))
    assert waiting
    assert (runs.still_open(db, after(60)), runs.still_open(db, after(61))) == ((), (waiting,))
    assert runs.move(db, run, RunState.ASKED, after(2)) is None
    asked = runs.move(db, waiting, RunState.ASKED, after(62), export=export.number)
    assert asked
    assert (asked.next_try_at, runs.of_export(db, export.number)) == (None, asked)


def test_three_that_fail_in_a_row_pause_it(db: Connection) -> None:
    schedule = added(db)
    states = [RunState.FAILED, RunState.FAILED, RunState.DONE, RunState.FAILED, RunState.FAILED, RunState.FAILED]
    paused = []
    for day, state in enumerate(states, 2):
        (run,) = decide(db, schedules.get(db, schedule.id), due(day))
        paused.append(runs.end(db, run, state, "", after(day))[1])
    assert paused[:-1] == [None] * 5
    assert paused[-1]
    assert paused[-1].paused_why == runs.FAILING
    assert runs.end(db, run, RunState.DONE, "", after(99)) == (None, None)


def test_old_runs_are_forgotten_and_those_under_way_are_not(db: Connection) -> None:
    schedule = added(db)
    decide(db, schedule, due(1, left_out="missed"), due(2))
    assert runs.leave_out(db, schedule.id, due(9), NOW)
    assert runs.forget(db, NOW + timedelta(days=400)) == 1
    assert {each.state for each in runs.of_schedule(db, schedule.id)} == {RunState.WANTED, RunState.AHEAD}


def test_what_is_removed_leaves_nothing(db: Connection) -> None:
    schedule = added(db)
    decide(db, schedule, due(2))
    schedules.remove(db, schedule.id)
    assert (schedules.find(db, schedule.id), runs.of_schedule(db, schedule.id)) == (None, ())
