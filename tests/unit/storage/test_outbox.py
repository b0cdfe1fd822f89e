"""The outbox: what has to reach Slack, in which order, and what stands there."""

from collections.abc import Iterator

import pytest
from sqlite_utils import Database as Connection

from storage import outbox
from storage.migrations import migrations
from storage.models import DeliveryState, MessageKind, SentMessage
from tests.harness.rows import NOW, accepted, after, delivery


@pytest.fixture
def db() -> Iterator[Connection]:
    """A database in memory with three exports."""
    connection = Connection(memory=True)
    migrations.apply(connection)
    for number in (1, 2, 3):
        accepted(connection, f"command:{number}")
    yield connection
    connection.close()


def due(db: Connection, seconds: float = 0.0) -> list[str]:
    return sorted(row.subject for row in outbox.due(db, after(seconds)))


def test_a_delivery_is_read_back(db: Connection) -> None:
    """All that was put is there, waiting, with nothing attempted yet."""
    row = delivery(db, outbox.result_subject(2, 1), kind=MessageKind.RESULT, export_number=2, due_at=after(5))
    assert (row.subject, row.kind, row.export_number, row.recipient) == ("result:2:1", MessageKind.RESULT, 2, "C1")
    assert (row.state, row.due_at, row.created_at) == (DeliveryState.WAITING, after(5), NOW)
    assert (row.version, row.attempts, row.words, row.last_error) == (1, 0, "", "")
    with pytest.raises(LookupError):
        outbox.get(db, "card:9")


def test_edits_of_one_message_merge(db: Connection) -> None:
    """The same subject again is one row, due again, with one version more."""
    first = delivery(db)
    outbox.postpone(db, first, after(60), "rate limited", state=DeliveryState.WAITING)
    again = delivery(db, due_at=after(1))
    assert (again.id, again.version, again.attempts, again.due_at) == (first.id, 2, 0, after(1))
    assert db.table("outbox").count == 1


def test_what_is_asked_for_during_a_delivery_is_not_lost(db: Connection) -> None:
    """A row that changes while it is handed over goes back to waiting when it is sent."""
    row = delivery(db)
    outbox.mark_sending(db, row, NOW)
    delivery(db)
    assert outbox.get(db, "card:1").state is DeliveryState.SENDING
    outbox.mark_sent(db, row)
    again = outbox.get(db, "card:1")
    assert again.state is DeliveryState.WAITING
    outbox.mark_sending(db, again, NOW)
    outbox.mark_sent(db, again)
    assert outbox.get(db, "card:1").state is DeliveryState.SENT
    assert not outbox.is_open(db, "card:1")


def test_a_message_that_must_go_out_once(db: Connection) -> None:
    """A known subject is not put again, whatever became of it."""

    def _once() -> bool:
        return outbox.put_once(
            db, subject="direct:1", kind=MessageKind.DIRECT, export_number=1, recipient="U1", now=NOW, words="refused"
        )

    assert _once()
    assert not _once()
    outbox.mark_sent(db, outbox.get(db, "direct:1"))
    assert not _once()
    assert outbox.get(db, "direct:1").words == "refused"
    assert outbox.due(db, NOW) == ()


def test_each_recipient_has_one_turn(db: Connection) -> None:
    """Of each recipient the first row is due: expiries, then results whose card stands, then cards."""
    delivery(db, "card:1")
    delivery(db, "card:2", export_number=2)
    delivery(db, "card:3", export_number=3, recipient="C2")
    assert due(db) == ["card:1", "card:3"]
    delivery(db, "result:2:1", kind=MessageKind.RESULT, export_number=2)
    assert due(db) == ["card:1", "card:3"]
    outbox.keep_message(db, SentMessage("card:2", 2, "C1", "1.0"))
    assert due(db) == ["card:3", "result:2:1"]
    delivery(db, "expiry:card:1", kind=MessageKind.EXPIRY)
    assert due(db) == ["card:3", "expiry:card:1"]


def test_what_is_not_due_yet_waits(db: Connection) -> None:
    """`next_due` says when to look again; rows that are due already do not count."""
    delivery(db, "card:1", due_at=after(10))
    delivery(db, "card:2", export_number=2, due_at=after(20))
    assert due(db) == []
    assert outbox.next_due(db, NOW) == after(10)
    assert due(db, 10) == ["card:1"]
    assert outbox.next_due(db, after(10)) == after(20)
    assert outbox.next_due(db, after(20)) is None


def test_an_interrupted_delivery_is_due_in_its_state(db: Connection) -> None:
    """After a crash the row says that its message may have been posted."""
    outbox.mark_sending(db, delivery(db), NOW)
    (row,) = outbox.due(db, NOW)
    assert row.state is DeliveryState.SENDING


def test_postponing_keeps_or_sets_the_state(db: Connection) -> None:
    """`waiting` and `sending` are set, None leaves what is there; the attempt is counted."""
    row = delivery(db)
    outbox.postpone(db, row, after(5), "timed out", state=DeliveryState.SENDING)
    outbox.postpone(db, outbox.get(db, "card:1"), after(9), "timed out again", state=None)
    later = outbox.get(db, "card:1")
    assert (later.state, later.attempts, later.due_at) == (DeliveryState.SENDING, 2, after(9))
    assert later.last_error == "timed out again"
    outbox.postpone(db, later, after(9), "refused", state=DeliveryState.WAITING)
    assert outbox.get(db, "card:1").state is DeliveryState.WAITING


def test_a_closed_lane_is_held_back_in_order(db: Connection) -> None:
    """All that waits for a recipient waits at least that long; others, later ones and doubtful ones do not move."""
    delivery(db, "card:1")
    delivery(db, "card:2", export_number=2, due_at=after(90))
    delivery(db, "card:3", export_number=3, recipient="C2")
    outbox.mark_sending(db, delivery(db, "result:1:1", kind=MessageKind.RESULT), NOW)
    outbox.hold_back(db, "C1", after(60))
    times = {row["subject"]: outbox.get(db, row["subject"]).due_at for row in db.query("SELECT subject FROM outbox")}
    assert times == {"card:1": after(60), "card:2": after(90), "card:3": NOW, "result:1:1": NOW}


def test_giving_up_is_visible_and_final(db: Connection) -> None:
    """It is not due any more, can be listed, and is not posted after all, since it may stand there."""
    row = delivery(db)
    outbox.give_up(db, row, "account_inactive")
    assert outbox.due(db, after(9999)) == ()
    assert [(each.subject, each.last_error) for each in outbox.given_up(db, 10)] == [("card:1", "account_inactive")]
    assert delivery(db).state is DeliveryState.GIVEN_UP


def test_a_message_that_stands_there_can_be_edited_after_giving_up(db: Connection) -> None:
    """Where the message is known, an edit posts nothing twice."""
    outbox.keep_message(db, SentMessage("card:1", 1, "C1", "1.0"))
    outbox.give_up(db, delivery(db), "edit refused")
    assert delivery(db).state is DeliveryState.WAITING


def test_messages_that_stand(db: Connection) -> None:
    """Found by subject and by place; recorded again, the link's expiry changes."""
    message = SentMessage("card:1", 1, "C1", "1.000100", after(120))
    outbox.keep_message(db, message)
    assert outbox.message(db, "card:1") == message
    assert outbox.message_at(db, "C1", "1.000100") == message
    assert outbox.message_at(db, "C2", "1.000100") is None
    assert outbox.message(db, "card:2") is None
    outbox.keep_message(db, SentMessage("card:1", 1, "C1", "1.000100"))
    assert outbox.message(db, "card:1") == SentMessage("card:1", 1, "C1", "1.000100", None)
    outbox.keep_message(db, SentMessage("result:1:1", 1, "C1", "2.0"))
    assert [each.subject for each in outbox.messages_of(db, 1)] == ["card:1", "result:1:1"]


def test_the_conversation_with_a_person(db: Connection) -> None:
    """The newest private message says where to look for others."""
    assert outbox.message_to(db, "U1") is None
    for number, ts in ((1, "1.0"), (2, "2.0")):
        delivery(db, f"direct:{number}", kind=MessageKind.DIRECT, export_number=number, recipient="U1")
        outbox.keep_message(db, SentMessage(f"direct:{number}", number, "D1", ts))
    found = outbox.message_to(db, "U1")
    assert found is not None
    assert (found.channel, found.ts) == ("D1", "2.0")
    assert outbox.message_to(db, "U2") is None


def test_naive_times_are_refused(db: Connection) -> None:
    """In every function that takes one."""
    naive = NOW.replace(tzinfo=None)
    row = delivery(db)
    for call in (
        lambda: delivery(db, "card:2", export_number=2, due_at=naive),
        lambda: outbox.due(db, naive),
        lambda: outbox.next_due(db, naive),
        lambda: outbox.hold_back(db, "C1", naive),
        lambda: outbox.postpone(db, row, naive, "", state=None),
        lambda: outbox.keep_message(db, SentMessage("card:1", 1, "C1", "1.0", naive)),
    ):
        with pytest.raises(ValueError, match="naive"):
            call()
