"""Queries of every day use an index, so that they cost the same after a hundred thousand exports."""

from collections.abc import Callable, Iterator

import pytest
from sqlite_utils import Database as Connection

from bot.alerts import own, pausing
from bot.delivery.kinds import URGENT
from bot.schedules import outcome
from storage import (
    alerts,
    answers,
    attachments,
    calls,
    export_search,
    exports,
    future,
    outbox,
    runs,
    schedules,
    tellings,
)
from storage.export_search import Sought
from storage.migrations import migrations
from storage.models import About
from storage.states import ExportState
from tests.harness.rows import NOW, accepted, alert_of, answered, delivery, known

Query = Callable[[Connection], object]


@pytest.fixture
def db() -> Iterator[Connection]:
    """A database in memory with an export and a delivery."""
    connection = Connection(memory=True)
    migrations.apply(connection)
    accepted(connection)
    delivery(connection)
    yield connection
    connection.close()


def plans(db: Connection, query: Query) -> list[str]:
    """How SQLite carries out the statements of a store function."""
    said: list[str] = []
    db.conn.set_trace_callback(said.append)
    query(db)
    db.conn.set_trace_callback(None)
    steps = []
    for statement in said:
        if statement.lstrip().upper().startswith(("SELECT", "UPDATE", "DELETE", "WITH")):
            steps += [row[3] for row in db.conn.execute(f"EXPLAIN QUERY PLAN {statement}")]
    return steps


SOUGHT = Sought((1,), ("U1",), ("C1",), (ExportState.READY,), ("revit",), NOW, NOW)
HOT: dict[str, Query] = {
    "bring back": lambda db: future.bring_back(db, NOW),
    "get": lambda db: exports.get(db, 1),
    "origin": lambda db: exports.is_origin(db, "command:1"),
    "accept again": accepted,
    "at work": lambda db: exports.in_states(db, (ExportState.REQUESTED, ExportState.SUBMITTING)),
    "ahead of": lambda db: exports.ahead_of(db, 1),
    "ahead in line": lambda db: exports.ahead_in_line(db, "U1"),
    "count outstanding": exports.count_outstanding,
    "queued fairly": lambda db: exports.queued_fairly(db, 5, NOW),
    "of keys": lambda db: exports.of_keys(db, ["a", "b"]),
    "abandoned": lambda db: exports.abandoned(db, NOW),
    "next try": lambda db: exports.next_try(db, NOW),
    "at work for": lambda db: exports.at_work_for(db, "U1", ["C1", "C2"], 10),
    "places in line": lambda db: exports.places_in_line(db, [1, 2]),
    "done of": lambda db: exports.done_of(db, "U1", 10),
    "done by others": lambda db: exports.done_by_others(db, "U1", ["C1", "C2"], 10),
    "listing": lambda db: export_search.listing(db, requester="U1", channel="C1", limit=20),
    "listing of words": lambda db: export_search.listing(
        db, requester="U1", channel="C1", limit=20, sought=SOUGHT, before=9, after=1
    ),
    "requesters in": lambda db: export_search.requesters_in(db, "C1"),
    "outbox due": lambda db: outbox.due(db, NOW, URGENT),
    "outbox to show links": lambda db: outbox.to_show_links(db, 1),
    "outbox next due": lambda db: outbox.next_due(db, NOW),
    "outbox get": lambda db: (outbox.get(db, 1), outbox.find(db, "card:1")),
    "outbox take up": lambda db: outbox.take_up(db, "C1", NOW, edits_only=True),
    "outbox put again": delivery,
    "put once": lambda db: outbox.put_once(db, known(db, "card:1"), NOW),
    "message": lambda db: outbox.message(db, 1),
    "messages about": lambda db: outbox.messages_about(db, About.EXPORT, 1),
    "outbox about": lambda db: outbox.about(db, About.EXPORT, 1),
    "message at": lambda db: outbox.message_at(db, "C1", "1.0"),
    "draw again": lambda db: outbox.draw_again(db, "C1", NOW),
    "answer of": lambda db: (answers.of(db, 1, 1), answers.of_export(db, 1)),
    "answer wanted": lambda db: (answers.wanted(db, NOW), answers.next_try(db, NOW)),
    "answers before": lambda db: answers.runs_before(db, answered(db), exports.get(db, 1), person="U1"),
    "attachment of": lambda db: (attachments.of(db, 1, 1), attachments.of_export(db, 1)),
    "attachment wanted": lambda db: (
        attachments.to_do(db, NOW),
        attachments.to_upload(db),
        attachments.waiting(db, NOW),
        attachments.next_try(db, NOW),
    ),
    "schedules due": lambda db: (schedules.due(db, NOW), schedules.next_due(db), schedules.find(db, 1)),
    "schedules seen from": lambda db: schedules.seen_from(db, ["C1", "C2"], "U1"),
    "runs": lambda db: (runs.get(db, 1), runs.of_export(db, 1), runs.of_schedule(db, 1), runs.still_open(db, NOW)),
    "runs of a schedule": lambda db: (runs.happened_after(db, 1, "2026-11-01T08:00"), runs.asked_not(db, 1)),
    "runs that go on": lambda db: (
        *(runs.next_try(db, NOW), runs.waiting_of(db, "1"), runs.open_of(db, 1)),
        *(runs.left_out_at(db, 1, NOW), outcome.closed(db), runs.came_in_the_end(db)),
    ),
    "alerts seen from": lambda db: (alerts.seen_from(db, ["C1", "C2"], "U1"), alerts.find(db, 1)),
    "what an alert has asked for": lambda db: own.of(db, alert_of(db), NOW),
    "what an alert has told": lambda db: (tellings.newest(db, 1, "mark"), tellings.find(db, 1), pausing.closed(db)),
    "calls for alerts": lambda db: calls.between(db, "usage for alerts of 1", NOW, NOW),
    "alert removed": lambda db: alerts.remove(db, 1),
    "last call": lambda db: calls.last(db, "freshness of 1", NOW),
    "calls since": lambda db: calls.since(db, NOW),
    "forget calls": lambda db: calls.forget_before(db, NOW),
}


@pytest.mark.parametrize("name", HOT)
def test_no_table_is_scanned(db: Connection, name: str) -> None:
    """Every step that touches a table searches it; only what was found already is gone through."""
    steps = plans(db, HOT[name])
    assert steps
    by_themselves = ("runs", "schedules", "alerts", "alert_acts", "tellings")
    tables = ("answers", "attachments", "exports", "outbox", "messages", "calls", *by_themselves)
    scans = [step for step in steps if step.startswith("SCAN ") and step.split()[1] in tables]
    assert scans == []


def test_the_check_finds_a_scan(db: Connection) -> None:
    """A query without an index would fail the test above."""
    assert plans(db, lambda db: list(db.query("SELECT * FROM exports WHERE note = 'rate'"))) == ["SCAN exports"]
