"""The outbox: what has to reach Slack, in which order, and what stands there."""

from collections.abc import Iterator
from dataclasses import replace

import pytest
from sqlite_utils import Database as Connection

from bot.delivery.kinds import URGENT
from storage import outbox
from storage.migrations import migrations
from storage.models import About, DeliveryState, MessageKind, Refusal, SentMessage
from tests.harness.rows import NOW, accepted, after, delivery, is_open, known, posted


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
    return sorted(row.subject for row, _ in outbox.due(db, after(seconds), URGENT))


def test_a_delivery_is_read_back(db: Connection) -> None:
    """All that was put is there, waiting, with nothing attempted yet."""
    row = delivery(db, outbox.result_subject(2, 1), kind=MessageKind.RESULT, export_number=2, due_at=after(5))
    assert (row.subject, row.kind, row.export_number, row.recipient) == ("result:2:1", MessageKind.RESULT, 2, "C1")
    assert (row.state, row.due_at, row.created_at) == (DeliveryState.WAITING, after(5), NOW)
    assert (row.version, row.attempts, row.detail, row.last_error) == (1, 0, "", "")
    assert outbox.get(db, row.id) == row
    assert outbox.find(db, "card:9") is None
    with pytest.raises(LookupError):
        outbox.get(db, 9)


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
    assert known(db, "card:1").state is DeliveryState.SENDING
    outbox.mark_sent(db, row)
    again = known(db, "card:1")
    assert again.state is DeliveryState.WAITING
    outbox.mark_sending(db, again, NOW)
    outbox.mark_sent(db, again)
    assert known(db, "card:1").state is DeliveryState.SENT
    assert not is_open(db, "card:1")


def test_a_message_that_must_go_out_once(db: Connection) -> None:
    """A known subject is not put again, whatever became of it."""
    refusal = delivery(db, "direct:1", kind=MessageKind.REFUSAL, recipient="U1")
    assert not outbox.put_once(db, refusal, NOW)
    outbox.mark_sent(db, refusal)
    assert not outbox.put_once(db, replace(refusal, detail="other"), NOW)
    assert known(db, "direct:1").detail == ""
    assert outbox.due(db, NOW, URGENT) == ()
    assert outbox.put_once(db, replace(refusal, subject="direct:2"), NOW)


def test_each_recipient_has_one_turn(db: Connection) -> None:
    """Of each recipient the first row of each sort is due: ends of links, then results, then others."""
    delivery(db, "card:1")
    delivery(db, "card:2", export_number=2)
    delivery(db, "card:3", export_number=3, recipient="C2")
    assert due(db) == ["card:1", "card:3"]
    delivery(db, "result:2:1", kind=MessageKind.RESULT, export_number=2)
    assert due(db) == ["card:3", "result:2:1"]
    delivery(db, "expiry:card:1", kind=MessageKind.EXPIRY)
    assert due(db) == ["card:3", "expiry:card:1", "result:2:1"]
    outbox.keep_message(db, SentMessage(known(db, "card:1").id, "C1", "1.0"))
    assert due(db) == ["card:3", "expiry:card:1", "result:2:1"]
    assert {row.subject for row, is_edit in outbox.due(db, NOW, URGENT) if is_edit} == {"expiry:card:1"}


@pytest.mark.parametrize("kind", MessageKind)
def test_what_comes_after_another_waits_for_it(db: Connection, kind: MessageKind) -> None:
    """As long as that is still to be posted; that it is to be edited, or was given up, holds up nothing."""
    card = delivery(db, due_at=after(60))
    delivery(db, "second", kind=kind, recipient="C2", after="card:1")
    assert due(db) == []
    outbox.mark_sending(db, card, NOW)
    assert due(db) == []
    outbox.give_up(db, card, "refused")
    assert due(db) == ["second"]
    outbox.send_again(db, card.id, after(60))
    assert due(db) == []
    outbox.keep_message(db, SentMessage(card.id, "C1", "1.0"))
    assert due(db) == ["second"]


def test_the_end_of_a_link_leaves_nothing_behind(db: Connection) -> None:
    """It is about what its message is about, and goes when it is done; another is planned anew."""
    card = delivery(db)
    for seconds in (60, 90):
        outbox.plan_expiry(db, card, NOW, after(seconds))
        end = known(db, "expiry:card:1")
        assert (end.kind, end.after, end.about_id, end.due_at) == (MessageKind.EXPIRY, card.id, 1, after(seconds))
        outbox.mark_sent(db, end)
        assert outbox.find(db, "expiry:card:1") is None


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
    ((row, is_edit),) = outbox.due(db, NOW, URGENT)
    assert not is_edit
    assert row.state is DeliveryState.SENDING


def test_postponing_keeps_or_sets_the_state(db: Connection) -> None:
    """`waiting` and `sending` are set, None leaves what is there; the attempt is counted."""
    row = delivery(db)
    outbox.postpone(db, row, after(5), "timed out", state=DeliveryState.SENDING)
    outbox.postpone(db, known(db, "card:1"), after(9), "timed out again", state=None)
    later = known(db, "card:1")
    assert (later.state, later.attempts, later.due_at) == (DeliveryState.SENDING, 2, after(9))
    assert later.last_error == "timed out again"
    outbox.postpone(db, later, after(9), "refused", state=DeliveryState.WAITING)
    assert known(db, "card:1").state is DeliveryState.WAITING


@pytest.mark.parametrize("about", Refusal)
def test_a_refusal_of_one_message_lets_go_what_comes_after_it(db: Connection, about: Refusal) -> None:
    """For as long as its pause lasts; what is refused to the whole channel would be so too, and keeps its order."""
    card = delivery(db)
    delivery(db, "result:1:1", kind=MessageKind.RESULT, after="card:1")
    outbox.postpone(db, card, after(60), "no", state=DeliveryState.WAITING)
    outbox.refused(db, card, about, NOW)
    alone = about in {Refusal.MESSAGE, Refusal.GONE, Refusal.PERSON}
    assert due(db) == (["result:1:1"] if alone else [])
    assert due(db, 60) == ["card:1"]


def test_a_refusal_is_remembered_from_its_beginning_until_it_is_over(db: Connection) -> None:
    """Whatever it is about meanwhile."""
    outbox.refused(db, delivery(db), Refusal.MESSAGE, NOW)
    outbox.refused(db, known(db, "card:1"), Refusal.PLACE, after(9))
    row = known(db, "card:1")
    assert (row.refusal, row.refused_since) == (Refusal.PLACE, NOW)
    outbox.mark_sent(db, row)
    assert (known(db, "card:1").refusal, known(db, "card:1").refused_since) == (Refusal.NONE, None)


def test_what_was_refused_for_a_reason_that_is_over_is_due_at_once(db: Connection) -> None:
    """All that waits for the workspace, and what waits for the channel that has just taken something."""
    about = {"card:1": Refusal.PLACE, "card:2": Refusal.MESSAGE, "card:3": Refusal.WORKSPACE, "card:4": Refusal.PLACE}
    for subject, refusal in about.items():
        row = delivery(db, subject, recipient="C2" if subject == "card:4" else "C1", due_at=after(60))
        outbox.refused(db, row, refusal, NOW)
    outbox.take_up(db, "C1", NOW, edits_only=True)
    assert due(db) == []
    outbox.take_up(db, "C1", NOW, edits_only=False)
    assert [subject for subject in about if known(db, subject).due_at == NOW] == ["card:1", "card:3"]


@pytest.mark.parametrize("in_doubt", [True, False])
def test_giving_up_is_visible_and_final(db: Connection, *, in_doubt: bool) -> None:
    """It is not due any more, can be listed, and is not posted after all, since it may stand there."""
    row = delivery(db)
    outbox.give_up(db, row, "account_inactive", in_doubt=in_doubt)
    assert outbox.due(db, after(9999), URGENT) == ()
    assert [(each.subject, each.last_error) for each in outbox.given_up(db, 10)] == [("card:1", "account_inactive")]
    assert delivery(db).state is (DeliveryState.LEFT_IN_DOUBT if in_doubt else DeliveryState.GIVEN_UP)


@pytest.mark.parametrize("in_doubt", [True, False])
def test_what_was_given_up_is_sent_again_as_it_was_left(db: Connection, *, in_doubt: bool) -> None:
    """What may stand there is looked for first; each is revived once."""
    row = delivery(db)
    outbox.give_up(db, row, "missing_scope", in_doubt=in_doubt)
    assert outbox.send_again(db, row.id, after(60)) is not None
    again = known(db, "card:1")
    assert again.state is (DeliveryState.SENDING if in_doubt else DeliveryState.WAITING)
    assert (again.attempts, again.due_at, again.created_at) == (0, after(60), NOW if in_doubt else after(60))
    assert outbox.send_again(db, row.id, after(60)) is None


def test_a_message_that_stands_there_can_be_edited_after_giving_up(db: Connection) -> None:
    """Where the message is known, an edit posts nothing twice."""
    row = delivery(db)
    outbox.keep_message(db, SentMessage(row.id, "C1", "1.0"))
    outbox.give_up(db, row, "edit refused")
    assert delivery(db).state is DeliveryState.WAITING


def test_messages_that_stand(db: Connection) -> None:
    """Found by row, by place and by what they are about; recorded again, the link's expiry changes."""
    card, result = delivery(db), delivery(db, "result:1:1", kind=MessageKind.RESULT)
    other = delivery(db, "card:2", export_number=2)
    message = SentMessage(card.id, "C1", "1.000100", after(120))
    outbox.keep_message(db, message)
    assert posted(db, "card:1") == message
    assert outbox.message_at(db, "C1", "1.000100") == message
    assert outbox.message_at(db, "C2", "1.000100") is None
    assert posted(db, "card:2") is None
    outbox.keep_message(db, SentMessage(card.id, "C1", "1.000100"))
    assert posted(db, "card:1") == SentMessage(card.id, "C1", "1.000100", None)
    for row, ts in ((other, "1.5"), (result, "2.0")):
        outbox.keep_message(db, SentMessage(row.id, "C1", ts))
    assert [each.ts for each in outbox.messages_about(db, About.EXPORT, 1)] == ["1.000100", "2.0"]
    assert outbox.messages_about(db, About.LOGIN, None) == ()


def test_the_conversation_with_a_person(db: Connection) -> None:
    """The newest private message says where to look for others."""
    assert outbox.message_to(db, "U1") is None
    for number, ts in ((1, "1.0"), (2, "2.0")):
        row = delivery(db, f"direct:{number}", kind=MessageKind.REFUSAL, export_number=number, recipient="U1")
        outbox.keep_message(db, SentMessage(row.id, "D1", ts))
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
        lambda: outbox.due(db, naive, URGENT),
        lambda: outbox.next_due(db, naive),
        lambda: outbox.take_up(db, "C1", naive, edits_only=False),
        lambda: outbox.refused(db, row, Refusal.PLACE, naive),
        lambda: outbox.postpone(db, row, naive, "", state=None),
        lambda: outbox.keep_message(db, SentMessage(row.id, "C1", "1.0", naive)),
    ):
        with pytest.raises(ValueError, match="naive"):
            call()
