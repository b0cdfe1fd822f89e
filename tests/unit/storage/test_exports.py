"""The store of exports: accepted once, moved by events, listed and queued fairly."""

import sqlite3
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlite_utils import Database as Connection

from bot.tokenflex.models import ExportRequest
from storage import exports
from storage.exports import UnknownExportError
from storage.migrations import migrations
from storage.models import NewExport, from_text, to_text
from storage.states import TRANSITIONS, Event, ExportState
from tests.harness.rows import NOW, REQUEST, accepted, after


@pytest.fixture
def db() -> Iterator[Connection]:
    """An empty database in memory."""
    connection = Connection(memory=True)
    migrations.apply(connection)
    yield connection
    connection.close()


def test_an_accepted_export_is_read_back_as_it_was_asked_for(db: Connection) -> None:
    """Request, requester, channel and time come back unchanged; the number counts from 1."""
    export, is_new = exports.accept(db, NewExport(REQUEST, "U1", "C1", "command:1"), NOW)
    assert is_new
    assert (export.number, export.label, export.state) == (1, "#1", ExportState.QUEUED)
    assert (export.request, export.requester, export.channel) == (REQUEST, "U1", "C1")
    assert (export.accepted_at, export.changed_at) == (NOW, NOW)
    assert exports.get(db, 1) == export


@given(
    st.builds(
        ExportRequest,
        contract_number=st.text(min_size=1),
        fields=st.lists(st.text(min_size=1), max_size=4).map(tuple),
        metrics=st.lists(st.text(min_size=1), max_size=4).map(tuple),
        usage_categories=st.lists(st.text(min_size=1), max_size=4).map(tuple),
        where=st.text(),
        file_name=st.text(min_size=1),
    )
)
def test_any_request_survives_the_database(request: ExportRequest) -> None:
    """Quotes, emoji, line ends and empty parts are stored and read without a change."""
    memory = Connection(memory=True)
    migrations.apply(memory)
    try:
        assert accepted(memory, request=request).request == request
    finally:
        memory.close()


def test_the_same_act_is_one_export(db: Connection) -> None:
    """A second delivery of one command or press returns the first export and stores nothing."""
    first = accepted(db, "command:1")
    again, is_new = exports.accept(db, NewExport(REQUEST, "U9", "C9", "command:1"), after(5))
    assert (again, is_new) == (first, False)
    assert db.table("exports").count == 1
    assert exports.is_origin(db, "command:1")
    assert not exports.is_origin(db, "command:2")


def test_a_file_name_is_made_from_the_number(db: Connection) -> None:
    """Where no name is given, it holds the number, in the record and in the body that is sent."""
    export = accepted(db, request=ExportRequest("1", ("productName",), ("tokensConsumed",)))
    assert export.request.file_name == "tokenflex_export_1"
    assert export.request.body()["downloadFileName"] == "tokenflex_export_1"
    assert export.asked.file_name == ""
    assert accepted(db, "command:2").asked.file_name == "year1"


def test_an_export_that_is_sent_again_knows_its_successor(db: Connection) -> None:
    """Both sides of "edited and sent again" are stored together."""
    old = accepted(db)
    new = accepted(db, "command:2", replaces=old.number)
    assert new.replaces == old.number
    assert exports.get(db, old.number).replaced_by == new.number


def test_an_unknown_number_is_a_named_error(db: Connection) -> None:
    """Nothing is made up for a number that is not there."""
    calls: tuple[Callable[[], object], ...] = (
        lambda: exports.get(db, 7),
        lambda: exports.move(db, 7, Event.TAKE, NOW),
    )
    for call in calls:
        with pytest.raises(UnknownExportError):
            call()


@pytest.mark.parametrize("state", ExportState)
@pytest.mark.parametrize("event", Event)
def test_events_move_as_the_table_says(db: Connection, state: ExportState, event: Event) -> None:
    """An event that means nothing in a state changes nothing, the time of the last change included."""
    number = accepted(db).number
    exports.change(db, number, state=state.value)
    moved = exports.move(db, number, event, after(9), note="rate", requested_at=after(1))
    wanted = TRANSITIONS.get((state, event))
    if wanted is None:
        assert moved is None
        kept = exports.get(db, number)
        assert (kept.state, kept.changed_at, kept.note, kept.requested_at) == (state, NOW, "", None)
    else:
        assert moved == exports.get(db, number)
        assert (moved.state, moved.changed_at, moved.note, moved.requested_at) == (wanted, after(9), "rate", after(1))


def test_changes_without_a_move(db: Connection) -> None:
    """Columns change, the state and its time stay."""
    number = accepted(db).number
    changed = exports.change(db, number, request_key="k", lists_without=2, last_list_at=after(3), unanswered_since=None)
    assert (changed.request_key, changed.lists_without, changed.last_list_at) == ("k", 2, after(3))
    assert (changed.state, changed.changed_at) == (ExportState.QUEUED, NOW)


def test_naive_times_are_refused(db: Connection) -> None:
    """A time without a zone is a mistake of ours and never reaches the file."""
    naive = NOW.replace(tzinfo=None)
    number = accepted(db).number
    for call in (
        lambda: exports.accept(db, NewExport(REQUEST, "U1", "C1", "command:2"), naive),
        lambda: exports.move(db, number, Event.TAKE, naive),
        lambda: exports.change(db, number, last_list_at=naive),
    ):
        with pytest.raises(ValueError, match="naive"):
            call()


def test_times_of_other_zones_are_stored_in_utc(db: Connection) -> None:
    """Texts in the database sort as times do, whatever zone they came with."""
    export = exports.change(db, accepted(db).number, last_list_at=NOW.astimezone(timezone(timedelta(hours=5))))
    assert export.last_list_at == NOW
    assert export.last_list_at.tzinfo == UTC
    (row,) = db.query("SELECT last_list_at FROM exports")
    assert row["last_list_at"] == "2026-03-04T05:06:07.890123+00:00"


@given(st.lists(st.datetimes(timezones=st.just(UTC)), min_size=2, max_size=5))
def test_stored_times_sort_as_times(moments: list[datetime]) -> None:
    """Also without microseconds and in years of less than four digits."""
    assert sorted(moments) == [from_text(text) for text in sorted(to_text(moment) for moment in moments)]


def test_states_at_work(db: Connection) -> None:
    """Only what is asked for and still at work, oldest first."""
    for number, state in enumerate(ExportState, 1):
        exports.change(db, accepted(db, f"command:{number}").number, state=state.value)
    at_work = exports.in_states(db, ExportState)
    assert [export.state for export in at_work] == [
        ExportState.QUEUED,
        ExportState.SUBMITTING,
        ExportState.REQUESTED,
        ExportState.RETRYING,
        ExportState.DELETING,
    ]
    asked = (ExportState.REQUESTED, ExportState.QUEUED)
    assert [export.state for export in exports.in_states(db, asked)] == [ExportState.QUEUED, ExportState.REQUESTED]
    assert len(exports.in_states(db, (ExportState.QUEUED,))) == 1
    assert exports.count_outstanding(db) == 2


def test_the_queue_is_fair_between_persons(db: Connection) -> None:
    """Everybody's first request comes before anybody's second, within a round in the order of asking."""
    order = ["ana", "ana", "ana", "ben", "ana", "cem", "ben"]
    for number, person in enumerate(order, 1):
        accepted(db, f"command:{number}", requester=person)
    line = exports.queued_fairly(db, 10, NOW)
    assert [(export.requester, export.number) for export in line] == [
        ("ana", 1),
        ("ben", 4),
        ("cem", 6),
        ("ana", 2),
        ("ben", 7),
        ("ana", 3),
        ("ana", 5),
    ]
    assert exports.queued_fairly(db, 2, NOW) == line[:2]
    exports.move(db, 1, Event.TAKE, NOW)
    assert [export.number for export in exports.queued_fairly(db, 3, NOW)] == [2, 4, 6]


def test_schedules_come_after_people_and_evenly_by_owner(db: Connection) -> None:
    """Whoever owns a hundred of them keeps nobody waiting, themselves included."""
    order = [("ana", 1), ("ana", 2), ("ben", 3), ("ana", None), ("cem", None), ("ana", None)]
    for number, (person, run) in enumerate(order, 1):
        exports.change(db, accepted(db, f"command:{number}", requester=person).number, run=run)
    assert [export.number for export in exports.queued_fairly(db, 10, NOW)] == [4, 5, 6, 1, 3, 2]
    assert exports.places_in_line(db, range(1, 7)) == {4: 0, 5: 1, 6: 2, 1: 3, 3: 4, 2: 5}
    assert exports.ahead_in_line(db, "ana") == 3
    assert exports.ahead_in_line(db, "dan") == 2


@given(st.lists(st.sampled_from("abcd"), max_size=25))
def test_nobody_waits_for_a_second_request_of_somebody_else(people: list[str]) -> None:
    """Property of the line: for each export, no other person has more turns before it than its own turn allows."""
    memory = Connection(memory=True)
    migrations.apply(memory)
    try:
        for number, person in enumerate(people, 1):
            accepted(memory, f"command:{number}", requester=person)
        line = [export.requester for export in exports.queued_fairly(memory, 100, NOW)]
    finally:
        memory.close()
    assert sorted(line) == sorted(people)
    for place, person in enumerate(line):
        turn = line[: place + 1].count(person)
        assert all(line[:place].count(other) <= turn for other in set(line))


@given(st.lists(st.sampled_from("abcd"), max_size=25), st.sampled_from("abcde"))
def test_the_place_that_is_told_is_the_place_in_the_line(people: list[str], person: str) -> None:
    """Whoever asks next is told how many come before them, whatever the line looks like."""
    memory = Connection(memory=True)
    migrations.apply(memory)
    try:
        for number, other in enumerate(people, 1):
            accepted(memory, f"command:{number}", requester=other)
        told = exports.ahead_in_line(memory, person)
        accepted(memory, "command:last", requester=person)
        line = [export.number for export in exports.queued_fairly(memory, 100, NOW)]
        now = exports.ahead_of(memory, len(people) + 1)
        exports.move(memory, len(people) + 1, Event.TAKE, NOW)
        taken = exports.ahead_of(memory, len(people) + 1)
    finally:
        memory.close()
    assert line.index(len(people) + 1) == told == now
    assert taken is None


def test_keys_that_are_ours(db: Connection) -> None:
    """Of many keys those are returned that belong to an export."""
    exports.change(db, accepted(db).number, request_key="2026-01-01T00:00:00#a")
    found = exports.of_keys(db, ["2026-01-01T00:00:00#a", "2026-01-01T00:00:00#b"])
    assert [export.request_key for export in found] == ["2026-01-01T00:00:00#a"]
    assert exports.of_keys(db, []) == ()
    assert exports.of_keys(db, [f"k{number}" for number in range(50_000)]) == ()


def test_who_pauses_lets_others_by(db: Connection) -> None:
    """A request with a pause of its own is not in the line until that has ended, which is told."""
    for number in (1, 2):
        accepted(db, f"command:{number}")
    exports.change(db, 1, next_try_at=after(60))
    assert [export.number for export in exports.queued_fairly(db, 5, NOW)] == [2]
    assert exports.next_try(db, NOW) == after(60)
    assert [export.number for export in exports.queued_fairly(db, 5, after(60))] == [1, 2]
    assert exports.next_try(db, after(60)) is None


def test_durations_are_those_of_first_attempts(db: Connection) -> None:
    """From our request to its end, the newest; retried and unfinished ones do not count."""
    for number, seconds in enumerate((30, 40, 50), 1):
        accepted(db, f"command:{number}")
        exports.change(db, number, intent_at=NOW, finished_at=after(seconds), announcement=1)
    exports.change(db, 2, announcement=2)
    accepted(db, "command:4")
    assert exports.newest_durations(db) == (50.0, 30.0)
    assert exports.newest_durations(db, 1) == (50.0,)


def test_two_exports_never_share_a_request_key(db: Connection) -> None:
    """The database itself keeps one answer from being adopted twice."""
    exports.change(db, accepted(db, "command:1").number, request_key="k")
    second = accepted(db, "command:2").number
    with pytest.raises(sqlite3.IntegrityError):
        exports.change(db, second, request_key="k")


def test_numbers_are_not_given_twice(db: Connection) -> None:
    """A number that was said to a person stays that export's."""
    accepted(db, "command:1")
    db.execute("DELETE FROM exports")
    assert accepted(db, "command:2").number == 2
