"""The store of attachments: wanted once, on record before Slack hears of it, and each end is one."""

from collections.abc import Callable, Iterator
from dataclasses import replace

import pytest
from sqlite_utils import Database as Connection

from storage import attachments
from storage.attachments import Attachment, AttachmentState, Begun, UnknownAttachmentError
from storage.migrations import migrations
from tests.harness.rows import NOW, accepted, after

S = AttachmentState
FILE = Begun(slack_id="F1", name="usage.csv", size=9)


@pytest.fixture
def db() -> Iterator[Connection]:
    """A database in memory with two exports."""
    connection = Connection(memory=True)
    migrations.apply(connection)
    accepted(connection)
    accepted(connection, origin="command:2")
    yield connection
    connection.close()


def test_what_is_wanted_twice_is_one(db: Connection) -> None:
    first = attachments.want(db, 1, 1, "csv", NOW)
    assert attachments.want(db, 1, 1, "xlsx", after(5)) == first
    assert attachments.of(db, 1, 2) is None
    second = attachments.want(db, 1, 2, "xlsx", after(6))
    assert attachments.of_export(db, 1) == (first, second)
    assert attachments.of_export(db, 2) == ()
    with pytest.raises(UnknownAttachmentError):
        attachments.get(db, 99)


def test_the_oldest_comes_first_unless_it_pauses(db: Connection) -> None:
    first, second = attachments.want(db, 1, 1, "csv", NOW), attachments.want(db, 2, 1, "csv", NOW)
    assert attachments.to_do(db, NOW) == (first, second)
    attachments.pause(db, first, after(60), after(1))
    assert attachments.to_do(db, after(59)) == (second,)
    assert attachments.next_try(db, after(59)) == after(60)
    assert attachments.to_do(db, after(60)) == (attachments.get(db, first.id), second)
    assert attachments.get(db, first.id).attempts == 1


def test_a_process_that_died_over_the_bytes_begins_anew(db: Connection) -> None:
    wanted = attachments.want(db, 1, 1, "csv", NOW)
    attachments.begun(db, wanted.id, FILE, NOW)
    assert attachments.to_do(db, NOW) == (attachments.get(db, wanted.id),)
    begun = attachments.begun(db, wanted.id, replace(FILE, slack_id="F2"), NOW)
    assert begun is not None
    assert (begun.slack_id, begun.size) == ("F2", 9)


def _in(db: Connection, state: AttachmentState) -> Attachment:
    wanted = attachments.want(db, 1, 1, "csv", NOW)
    db.execute("UPDATE attachments SET state = ?, slack_id = 'F1'", [state.value])
    return attachments.get(db, wanted.id)


def _settled(db: Connection, row: int, state: AttachmentState) -> Attachment | None:
    before = attachments.get(db, row)
    attachments.settled(db, row, state, NOW)
    return None if attachments.get(db, row) == before else attachments.get(db, row)


TAKEN = {S.UPLOADED, S.HANDING, S.HANDED}
OPEN = {S.WANTED, S.UPLOADING, *TAKEN}
#: Each step, from which states it is made, and what it leads to; from any other it changes nothing.
STEPS: dict[str, tuple[Callable[[Connection, int], Attachment | None], set[AttachmentState], AttachmentState]] = {
    "begun": (lambda db, row: attachments.begun(db, row, FILE, NOW), {S.WANTED, S.UPLOADING}, S.UPLOADING),
    "uploaded": (lambda db, row: attachments.uploaded(db, row, NOW), {S.UPLOADING}, S.UPLOADED),
    "handing": (lambda db, row: attachments.handing(db, row, NOW), TAKEN, S.HANDING),
    "not handed": (lambda db, row: attachments.not_handed(db, row, NOW), {S.HANDING}, S.UPLOADED),
    "handed": (lambda db, row: attachments.handed(db, row, NOW), {S.HANDING}, S.HANDED),
    "shown": (lambda db, row: _settled(db, row, S.SHOWN), OPEN, S.SHOWN),
    "unseen": (lambda db, row: _settled(db, row, S.UNSEEN), OPEN, S.UNSEEN),
    "lost": (lambda db, row: _settled(db, row, S.LOST), OPEN, S.LOST),
    "again": (lambda db, row: attachments.again(db, row, NOW), TAKEN, S.WANTED),
    "refused": (
        lambda db, row: attachments.refused(db, row, "a_word", NOW),
        OPEN,
        S.REFUSED,
    ),
    "delete": (
        lambda db, row: attachments.delete(db, row, NOW),
        {*TAKEN, S.SHOWN, S.UNSEEN, S.LOST, S.KEPT},
        S.DELETING,
    ),
    "kept": (lambda db, row: attachments.kept(db, row, "a_word", NOW), {S.DELETING}, S.KEPT),
    "deleted": (lambda db, row: attachments.deleted(db, row, NOW), {S.DELETING}, S.DELETED),
}


@pytest.mark.parametrize("state", S)
@pytest.mark.parametrize("name", STEPS)
def test_each_step_from_each_state(db: Connection, name: str, state: AttachmentState) -> None:
    step, before, after_it = STEPS[name]
    known = _in(db, state)
    moved = step(db, known.id)
    if state in before:
        assert moved is not None
        assert moved.state is after_it
        assert attachments.get(db, known.id) == moved
    else:
        assert moved is None
        is_never_there = name == "delete" and state in {S.WANTED, S.UPLOADING}
        assert attachments.get(db, known.id).state is (S.DELETED if is_never_there else state)


def test_every_state_is_led_to() -> None:
    assert {state for _, _, state in STEPS.values()} == set(S)


def test_how_often_it_was_handed_over_is_counted(db: Connection) -> None:
    uploaded = _in(db, S.UPLOADED)
    for turn in (1, 2):
        handing = attachments.handing(db, uploaded.id, after(turn))
        assert handing is not None
        assert (handing.times_handed, handing.handed_at) == (turn, after(turn))
    attachments.not_handed(db, uploaded.id, after(3))
    assert attachments.get(db, uploaded.id).times_handed == 1
