"""An export's life as data: every sequence of events moves along the table, in the store as well."""

import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlite_utils import Database as Connection

from bot.tokenflex.models import ExportRequest
from storage import exports as export_store
from storage.migrations import migrations
from storage.models import NewExport
from storage.states import TRANSITIONS, Event, ExportState, next_state
from tests.harness.house import ROOT

NOW = datetime(2026, 11, 24, 9, 0, tzinfo=UTC)
_S, _E = ExportState, Event
REQUEST = ExportRequest("110000123456", metrics=("tokensConsumed",), file_name="year1")
#: States out of which nothing but a person leads, and in which nothing is waited for.
AT_REST = {_S.READY, _S.FAILED, _S.REFUSED, _S.VANISHED, _S.DELETED, _S.ABANDONED}


@pytest.fixture(scope="module")
def db() -> Iterator[Connection]:
    """An empty database with the schema."""
    connection = Connection(memory=True)
    migrations.apply(connection)
    yield connection
    connection.close()


@settings(deadline=None)
@given(st.lists(st.sampled_from(list(Event)), max_size=40))
def test_every_sequence_of_events_moves_along_the_table(db: Connection, events: list[Event]) -> None:
    """The store takes each event that the table has for the state, and leaves the export alone at any other."""
    origin = f"test {sum(export_store.count_by_state(db).values())} {datetime.now(UTC).timestamp()}"
    export, _ = export_store.accept(db, NewExport(REQUEST, "U1", "C1", origin), NOW)
    for step, event in enumerate(events, 1):
        before, moment = export_store.get(db, export.number), NOW + timedelta(seconds=step)
        moved = export_store.move(db, export.number, event, moment, explanation=event.value)
        after = export_store.get(db, export.number)
        wanted = TRANSITIONS.get((before.state, event))
        if wanted is None:
            assert moved is None
            assert after == before
        else:
            assert moved == after
            assert (after.state, after.changed_at, after.explanation) == (wanted, moment, event.value)


def test_every_state_is_reached_from_the_first_and_leads_to_rest() -> None:
    """Nothing in the table is out of reach, and from everywhere there is a way to a state that waits for nobody."""
    reached = _closure({_S.QUEUED}, TRANSITIONS)
    assert reached == set(ExportState)
    for state in ExportState:
        assert _closure({state}, TRANSITIONS) & AT_REST


def _closure(states: set[ExportState], table: dict[tuple[ExportState, Event], ExportState]) -> set[ExportState]:
    found = states | {end for (start, _), end in table.items() if start in states}
    return found if found == states else _closure(found, table)


def test_a_request_is_sent_only_out_of_the_line() -> None:
    """`submitting` is entered from `queued` alone, so an export that Token Flex may have is never taken again."""
    assert {start for (start, _), end in TRANSITIONS.items() if end is _S.SUBMITTING} == {_S.QUEUED}
    assert {start for (start, _), end in TRANSITIONS.items() if end is _S.QUEUED} == {_S.SUBMITTING}
    assert {event for (_, event), end in TRANSITIONS.items() if end is _S.QUEUED} == {_E.NOT_TAKEN}


def test_what_is_deleted_stays_deleted() -> None:
    """No event leads out of `deleted`; out of `deleting` one leads there, the others back to where it was before."""
    assert not any(start is _S.DELETED for start, _ in TRANSITIONS)
    ends = {event: end for (start, event), end in TRANSITIONS.items() if start is _S.DELETING}
    assert ends == {
        _E.GONE: _S.DELETED,
        _E.KEEP_READY: _S.READY,
        _E.KEEP_FAILED: _S.FAILED,
        _E.KEEP_OPEN: _S.REQUESTED,
    }


def test_next_state_is_the_table() -> None:
    """For every pair of state and event."""
    for state in ExportState:
        for event in Event:
            assert next_state(state, event) == TRANSITIONS.get((state, event))


def test_the_document_has_the_same_table() -> None:
    """Every row of `docs/architecture.md` is a transition, and none is missing there."""
    text = (ROOT / "docs" / "architecture.md").read_text().partition("## An export's life")[2].partition("\n## ")[0]
    rows = re.findall(r"^\| ([a-z ]+) \| ([a-z ]+) \| ([a-z ]+) \|", text, re.MULTILINE)[1:]
    assert {(_S(start), _E(event)): _S(end) for start, event, end in rows} == TRANSITIONS
