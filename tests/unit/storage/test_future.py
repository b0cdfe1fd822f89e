"""A clock that was set back between two runs: what was stored ahead of now is brought back, and nothing else."""

from collections.abc import Iterator
from datetime import timedelta

import pytest
from sqlite_utils import Database as Connection

from storage import alerts, answers, attachments, calls, exports, facts, future, outbox, runs, schedules
from storage.migrations import migrations
from storage.models import DeliveryState, MessageKind, SentMessage, to_text
from storage.states import Event
from tests.harness.rows import NOW, accepted, after, delivery, known, posted

HOUR, DAY = 3600.0, 86400.0
NOTHING = timedelta()


@pytest.fixture
def db() -> Iterator[Connection]:
    """A database in memory with an export of `NOW`."""
    connection = Connection(memory=True)
    migrations.apply(connection)
    accepted(connection)
    yield connection
    connection.close()


def call(db: Connection, started: float, ended: float | None, *, refused: bool = False) -> None:
    """A logged call, its times in seconds after `NOW`."""
    number = calls.start(db, name="list", rank=1, person="", burst=False, now=after(started))
    if ended is not None:
        calls.end(db, number, now=after(ended), rate_limited=refused, retry_after=None)


def logged(db: Connection) -> list[tuple[float, float | None]]:
    """The calls, their times in seconds after `NOW`."""
    found = calls.since(db, after(-9 * DAY))
    return [
        (
            (each.started_at - NOW).total_seconds(),
            None if each.ended_at is None else (each.ended_at - NOW).total_seconds(),
        )
        for each in found
    ]


def test_what_was_written_before_stays(db: Connection) -> None:
    """Also what is due within the hour, as the longest pause after a failure makes it."""
    delivery(db, due_at=after(HOUR))
    facts.put(db, "contracts", "[]", NOW)
    call(db, -5, 0)
    before = known(db, "card:1")
    assert future.bring_back(db, NOW) == NOTHING
    assert known(db, "card:1") == before
    assert logged(db) == [(-5, 0)]


@pytest.mark.parametrize("column", ["unanswered_since", "last_list_at"])
def test_a_doubt_that_lies_ahead_is_brought_back(db: Connection, column: str) -> None:
    """The request went out before now, and its answer was lost, or a list was made, after it."""
    exports.move(db, 1, Event.TAKE, after(-60))
    exports.change(db, 1, **{"unanswered_since": after(-30), column: after(5 * HOUR)})
    assert future.bring_back(db, NOW) == timedelta(hours=5)
    doubted = exports.get(db, 1)
    assert (getattr(doubted, column), doubted.changed_at) == (NOW, after(-60))


def test_what_was_put_off_by_a_clock_that_was_ahead_is_due_now(db: Connection) -> None:
    """It was created before now, and what is due in hours was put off by no pause of ours."""
    row = delivery(db)
    outbox.postpone(db, row, after(5 * HOUR), "not_in_channel", state=DeliveryState.WAITING)
    assert future.bring_back(db, NOW) == timedelta(hours=5)
    assert (known(db, "card:1").due_at, known(db, "card:1").created_at) == (NOW, NOW)
    assert future.bring_back(db, NOW) == NOTHING


@pytest.mark.parametrize(("shown_at", "end"), [(4 * HOUR, 0), (-60, 5 * HOUR)])
def test_a_link_that_was_shown_in_the_future_is_taken_out_now(db: Connection, shown_at: float, end: float) -> None:
    """One that was shown before now and lives for hours stays: only the server knows how long links live."""
    result = delivery(db, "result:1:1", kind=MessageKind.RESULT)
    outbox.keep_message(db, SentMessage(result.id, "C1", "17.1", after(5 * HOUR)))
    outbox.plan_expiry(db, result, NOW, after(5 * HOUR))
    db.execute("UPDATE outbox SET created_at = ?", [to_text(after(shown_at))])
    future.bring_back(db, NOW)
    message = posted(db, "result:1:1")
    assert message is not None
    assert message.link_expires_at == after(end)
    assert known(db, "expiry:result:1:1").due_at == after(end)


def test_what_may_have_been_posted_is_looked_for_far_back(db: Connection) -> None:
    """Its own time is worth nothing any more; where Slack's is not stored, the search begins a day before now."""
    for subject in ("card:1", "result:1:1"):
        delivery(db, subject)
    outbox.mark_sending(db, known(db, "card:1"), None)
    db.execute("UPDATE outbox SET created_at = ?", [after(5 * HOUR).isoformat()])
    future.bring_back(db, NOW)
    assert known(db, "card:1").created_at == after(-DAY)
    assert known(db, "result:1:1").created_at == NOW


def test_what_was_fetched_in_the_future_is_as_old_as_now(db: Connection) -> None:
    """Contracts would otherwise be kept until the clock has caught up."""
    facts.put(db, "contracts", "[]", after(9 * DAY))
    facts.put(db, "labels", "{}", after(-DAY))
    assert future.bring_back(db, NOW) == timedelta(days=9)
    assert (facts.saved_at(db, "contracts"), facts.saved_at(db, "labels")) == (NOW, after(-DAY))


def test_the_log_of_calls_is_shifted_once_and_as_a_whole(db: Connection) -> None:
    """A day of calls does not become a minute of calls, and a refusal is not new at each start."""
    call(db, 4 * HOUR, 4 * HOUR + 2, refused=True)
    call(db, 28 * HOUR - 60, 28 * HOUR - 58)
    call(db, 28 * HOUR - 1, 28 * HOUR)
    call(db, 28 * HOUR - 3, None)
    assert future.bring_back(db, NOW) == timedelta(hours=28)
    shifted = [(-24 * HOUR, -24 * HOUR + 2), (-60, -58), (-3, None), (-1, 0)]
    assert logged(db) == shifted
    assert future.bring_back(db, after(1)) == NOTHING
    assert logged(db) == shifted


def test_a_call_that_ended_just_ahead_counts_too(db: Connection) -> None:
    """The clock was set back by less than the call took."""
    call(db, -3, 2)
    assert future.bring_back(db, NOW) == timedelta(seconds=2)
    assert logged(db) == [(-5, 0)]


def test_an_answer_that_was_put_off_in_the_future_is_wanted_now(db: Connection) -> None:
    """One that was put off before now keeps its pause."""
    new = answers.NewAnswer(origin="answer:1:1", export=1, announcement=1)
    answer, _ = answers.add_wanted(db, new, NOW)
    answers.pause(db, answer.id, 1, after(600), NOW)
    assert future.bring_back(db, NOW) == NOTHING
    answers.pause(db, answer.id, 2, after(6 * HOUR), after(5 * HOUR))
    assert future.bring_back(db, NOW) == timedelta(hours=5)
    assert len(answers.wanted(db, NOW)) == 1


def test_a_file_that_was_put_off_in_the_future_is_handed_over_now(db: Connection) -> None:
    """One that was put off before now keeps its pause."""
    wanted = attachments.want(db, 1, 1, "csv", NOW)
    attachments.pause(db, wanted, after(600), NOW)
    assert future.bring_back(db, NOW) == NOTHING
    attachments.pause(db, wanted, after(6 * HOUR), after(5 * HOUR))
    assert future.bring_back(db, NOW) == timedelta(hours=5)
    assert attachments.to_do(db, NOW)


def test_a_run_that_waits_since_the_future_goes_on_now(db: Connection) -> None:
    """What lies ahead on purpose stays there: when the schedule runs next, and which run is left out."""
    new = schedules.NewSchedule(
        origin="form:1", name="Tokens", question="{}", contract="1", channel="C1", owner="U1", rule="{}", missed="once"
    )
    schedule, _ = schedules.add(db, new, "2026-10-30T08:00", after(30 * DAY), after(-DAY))
    left_out = runs.Due(identity="2026-11-30T08:00", due_at=after(30 * DAY))
    assert runs.leave_out(db, schedule.id, left_out, after(-DAY))
    run = runs.start(db, schedule.id, "press:1", NOW)
    assert run is not None
    waiting = runs.move(db, run, runs.RunState.WAITING, NOW, next_try_at=after(HOUR))
    assert waiting is not None
    assert future.bring_back(db, NOW) == NOTHING
    assert runs.get(db, run.id) == waiting
    runs.move(db, waiting, runs.RunState.WAITING, after(5 * HOUR), next_try_at=after(6 * HOUR))
    assert future.bring_back(db, NOW) == timedelta(hours=5)
    assert [each.id for each in runs.still_open(db, NOW)] == [run.id]
    assert schedules.get(db, schedule.id) == schedule
    assert runs.asked_not(db, schedule.id) == {left_out.identity}


def test_an_alert_whose_contract_was_asked_about_in_the_future_is_asked_about_again(db: Connection) -> None:
    """Calls for alerts are few, and counted by when the last one was."""
    new = alerts.NewAlert(origin="form:2", contract="1", channel="C1", owner="U1", watched="{}")
    alert, _ = alerts.add(db, new, NOW)
    alerts.stand(db, alert, "", NOW, after(5 * HOUR))
    assert future.bring_back(db, NOW) == timedelta(hours=5)
    assert alerts.get(db, alert.id).looked_at == NOW
