"""What a Home tab shows of exports: what its reader may see, the newest of it, and their places in the line."""

from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlite_utils import Database as Connection

from bot.cards.home import AT_HOME
from bot.exports.use_cases import _at_home
from storage import exports
from storage.migrations import migrations
from storage.models import Export
from storage.states import ExportState
from tests.harness.rows import accepted

_S = ExportState
AT_WORK = {_S.QUEUED, _S.SUBMITTING, _S.REQUESTED, _S.RETRYING, _S.DELETING}
PEOPLE, CHANNELS = ("U1", "U2", "U3"), ("C1", "C2", "C3", "D1")


@pytest.fixture(scope="module")
def db() -> Iterator[Connection]:
    """A database in memory."""
    connection = Connection(memory=True)
    migrations.apply(connection)
    yield connection
    connection.close()


def filled(db: Connection, rows: list[tuple[str, str, ExportState]]) -> list[Export]:
    """Have these exports there and no others; return them, oldest first."""
    db.execute("DELETE FROM exports")
    made = []
    for at, (person, channel, state) in enumerate(rows):
        number = accepted(db, f"command:{at}", requester=person, channel=channel).number
        made.append(exports.change(db, number, state=state.value))
    return made


ROWS = st.lists(
    st.tuples(st.sampled_from(PEOPLE), st.sampled_from(CHANNELS), st.sampled_from(ExportState)), max_size=60
)


@given(ROWS, st.sets(st.sampled_from(CHANNELS)))
def test_it_is_the_newest_of_what_its_reader_may_see(
    db: Connection, rows: list[tuple[str, str, ExportState]], channels: set[str]
) -> None:
    """Their own anywhere, others' in the channels that they are in, and nothing else."""
    made = filled(db, rows)
    at_work, count, mine, others = _at_home(db, "U1", sorted(channels), 50)
    newest = sorted(made, key=lambda export: -export.number)
    seen = [each for each in newest if each.requester == "U1" or each.channel in channels]
    running = sorted((each for each in seen if each.state in AT_WORK), key=lambda each: each.requester != "U1")
    done = [each for each in seen if each.state not in AT_WORK | {_S.DELETED}]
    assert [each for each, _, _ in at_work] == running[:AT_HOME]
    assert count == len(running)
    assert list(mine) == [each for each in done if each.requester == "U1"][: AT_HOME + 1]
    assert list(others) == [each for each in done if each.requester != "U1"][: AT_HOME + 1]


@given(ROWS)
def test_a_place_in_the_line_is_that_of_its_turn(db: Connection, rows: list[Any]) -> None:
    """Everybody's first, then everybody's second; what does not wait in the line has none."""
    made = filled(db, rows)
    turns: dict[str, int] = {}
    line = []
    for export in (each for each in made if each.state is _S.QUEUED):
        turns[export.requester] = turns.get(export.requester, 0) + 1
        line.append((turns[export.requester], export.number))
    places = {number: place for place, (_, number) in enumerate(sorted(line))}
    assert exports.places_in_line(db, [each.number for each in made]) == places
    assert [exports.ahead_of(db, each.number) for each in made] == [places.get(each.number) for each in made]
