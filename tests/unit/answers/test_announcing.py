"""Which messages an answer causes."""

from collections.abc import Iterator

import pytest
from sqlite_utils import Database as Connection

from bot.answers import announcing
from bot.exports import announcements
from bot.settings import LinkAudience
from storage import answers, exports, outbox
from storage.answers import Answer, NewAnswer
from storage.migrations import migrations
from storage.models import DeliveryState, MessageKind, Refusal, SentMessage
from storage.states import Event
from tests.harness.rows import NOW, accepted, answered, known


@pytest.fixture
def db() -> Iterator[Connection]:
    """A database in memory with an export that was announced as ready."""
    connection = Connection(memory=True)
    migrations.apply(connection)
    accepted(connection)
    for event in (Event.TAKE, Event.TAKEN, Event.FINISH):
        exports.move(connection, 1, event, NOW)
    announcements.result(connection, exports.get(connection, 1), NOW)
    yield connection
    connection.close()


def rows(db: Connection, answer: Answer) -> list[tuple[str, str]]:
    """The kinds and recipients of the messages that there are about an answer."""
    found = db.query("SELECT kind, recipient FROM outbox WHERE detail = ? ORDER BY id", [str(answer.id)])
    return [(row["kind"], row["recipient"]) for row in found]


def test_it_is_a_reply_after_the_announcement(db: Connection) -> None:
    """In the thread of the card, once."""
    answer = answered(db)
    for _ in range(2):
        announcing.announce(db, answer, LinkAudience.CHANNEL, NOW)
    assert rows(db, answer) == [("answer", "C1")]
    reply = known(db, f"answer:{answer.id}")
    assert (reply.thread, reply.after) == (known(db, "card:1").id, known(db, "result:1:1").id)
    assert (reply.kind, reply.edition, reply.shows_link) == (MessageKind.ANSWER, 1, False)


def test_without_a_card_it_replies_to_the_announcement(db: Connection) -> None:
    """As a run that nobody asked for will have none."""
    db.execute("UPDATE outbox SET thread = NULL, after = NULL")
    db.execute("DELETE FROM outbox WHERE subject = 'card:1'")
    answer = answered(db)
    announcing.announce(db, answer, LinkAudience.CHANNEL, NOW)
    assert known(db, f"answer:{answer.id}").thread == known(db, "result:1:1").id


def test_where_links_are_for_the_requester_so_is_the_answer(db: Connection) -> None:
    """Nothing of it goes to the channel."""
    answer = answered(db)
    announcing.announce(db, answer, LinkAudience.REQUESTER, NOW)
    assert rows(db, answer) == [("private answer", "U1")]


def test_where_the_channel_is_closed_the_requester_is_shown_it_too(db: Connection) -> None:
    """As it was with the announcement; the reply waits for the channel."""
    announcement = known(db, "result:1:1")
    outbox.refused(db, announcement, Refusal.PLACE, NOW)
    answer = answered(db)
    announcing.announce(db, answer, LinkAudience.CHANNEL, NOW)
    assert rows(db, answer) == [("answer", "C1"), ("private answer", "U1")]


def test_names_are_needed_until_the_reply_stands(db: Connection) -> None:
    """Also while it is being handed over."""
    answer = answered(db)
    announcing.announce(db, answer, LinkAudience.CHANNEL, NOW)
    reply = known(db, f"answer:{answer.id}")
    assert announcing.sent(db, (answer.id, 99)) == (99,)
    outbox.mark_sending(db, reply, None)
    assert announcing.sent(db, (answer.id,)) == ()
    outbox.keep_message(db, SentMessage(reply.id, "C1", "1.5"))
    outbox.mark_sent(db, known(db, reply.subject))
    assert known(db, reply.subject).state is DeliveryState.SENT
    assert announcing.sent(db, (answer.id,)) == (answer.id,)


def test_names_are_needed_until_the_requester_is_shown_them(db: Connection) -> None:
    """Where links are theirs alone."""
    answer = answered(db)
    announcing.announce(db, answer, LinkAudience.REQUESTER, NOW)
    assert announcing.sent(db, (answer.id,)) == ()
    private = known(db, f"direct:1:answer:{answer.id}")
    outbox.keep_message(db, SentMessage(private.id, "D1", "1.5"))
    outbox.mark_sent(db, private)
    assert announcing.sent(db, (answer.id,)) == (answer.id,)


def test_what_is_still_wanted_is_no_answer_yet(db: Connection) -> None:
    """Nobody is told of it privately."""
    export = exports.get(db, 1)
    answers.remove(db, (answers.of(db, 1, 1) or answered(db)).id)
    assert announcing.of_announcement(db, export) is None
    wanted = NewAnswer(origin=answers.origin_of(1, 1), export=1, announcement=1)
    answer, _ = answers.add_wanted(db, wanted, NOW)
    assert announcing.of_announcement(db, export) is None
    answers.unread(db, answer.id, "empty", NOW)
    assert announcing.of_announcement(db, export) is not None


def test_an_answer_is_not_sent_before_it_is_found(db: Connection) -> None:
    """So that names of people, which are kept until it is sent, are not forgotten just before it is stored."""
    origin = answers.origin_of(1, 2)
    wanted, _ = answers.add_wanted(db, NewAnswer(origin=origin, export=1, announcement=2), NOW)
    assert announcing.sent(db, (wanted.id,)) == ()
    answers.remove(db, wanted.id)
    assert announcing.sent(db, (wanted.id,)) == (wanted.id,)
