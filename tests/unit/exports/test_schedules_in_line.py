"""What schedules ask for waits behind people at every step: for a slot, for a call, for a link."""

from collections.abc import Iterator
from datetime import timedelta

import pytest
from sqlite_utils import Database as Connection

from bot.exports.silence import _at_work
from bot.exports.slots import SLOTS
from bot.exports.worker import _next_in_line
from storage import exports
from storage.migrations import migrations
from storage.states import Event, Note
from tests.harness.rows import NOW, accepted

NOBODY: frozenset[int] = frozenset()


@pytest.fixture
def db() -> Iterator[Connection]:
    """A database in memory."""
    connection = Connection(memory=True)
    migrations.apply(connection)
    yield connection
    connection.close()


def scheduled(db: Connection, count: int) -> list[int]:
    """So many exports that schedules of one owner have asked for."""
    made = [accepted(db, f"run:{number}").number for number in range(count)]
    for number in made:
        exports.change(db, number, run=number)
    return made


def begins(db: Connection, under_way: frozenset[int] = NOBODY, slots: int = SLOTS) -> list[int]:
    """The numbers of the exports that may begin now."""
    line, _, _ = _next_in_line(db, under_way, slots, NOW)
    return [export.number for export in line if export.number not in under_way]


def test_few_wait_for_a_call_at_a_time(db: Connection) -> None:
    """Fifty at once on the first of a month are submitted one after the other, so that no slot is held for them."""
    made = scheduled(db, 50)
    assert begins(db) == made[:3]
    assert begins(db, frozenset(made[:3])) == []
    exports.move(db, made[0], Event.TAKE, NOW)
    assert begins(db, frozenset(made[:3])) == made[3:4]


def test_people_find_a_slot(db: Connection) -> None:
    """However many reports are under way, one slot in five is left for people, and whoever asks goes first."""
    for number in scheduled(db, 42)[:40]:
        exports.move(db, number, Event.TAKE, NOW)
    assert begins(db) == []
    own = accepted(db, "command:1").number
    assert begins(db) == [own]


@pytest.mark.parametrize("note", [Note.SLOTS, Note.RATE, Note.PERMISSION])
def test_waiting_for_its_turn_is_told_to_nobody(db: Connection, note: Note) -> None:
    """Fifty private messages on the first of a month would help nobody; what somebody has to mend is told."""
    (number,), own = scheduled(db, 1), accepted(db, "command:1").number
    for each in (number, own):
        exports.change(db, each, note=note.value, noted_at=NOW)
    _, to_tell = _at_work(db, NOW + timedelta(minutes=45))
    assert to_tell == ({own} if note in {Note.SLOTS, Note.RATE} else {own, number})


def test_where_there_are_few_slots_schedules_have_some(db: Connection) -> None:
    """Other programs may leave one alone; that serves a schedule as well as a person."""
    made = scheduled(db, 2)
    assert begins(db, slots=1) == made[:1]
    own = accepted(db, "command:1").number
    assert begins(db, slots=1) == [own]
