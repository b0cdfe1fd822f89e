"""The store of messages: those that have to reach Slack, and those that stand there.

No row ever holds a link; messages are written from the export's state at the moment of delivery.
"""

from collections.abc import Sequence
from datetime import datetime

from sqlite_utils import Database as Connection

from . import rows
from .models import Delivery, DeliveryState, MessageKind, SentMessage, from_text, to_text


def card_subject(number: int) -> str:
    """Return the subject of an export's card."""
    return f"card:{number}"


def result_subject(number: int, announcement: int) -> str:
    """Return the subject of the thread reply for the n-th announcement of an export."""
    return f"result:{number}:{announcement}"


def expiry_subject(subject: str) -> str:
    """Return the subject of the delivery that takes the link out of the message of this subject."""
    return f"expiry:{subject}"


def put(
    db: Connection,
    *,
    subject: str,
    kind: MessageKind,
    export_number: int,
    recipient: str,
    now: datetime,
    due_at: datetime | None = None,
    words: str = "",
) -> None:
    """Add a delivery; for a subject that is there already, make it due again (edits merge into one).

    One that was given up without its message being known stays given up: to post it might be to post it twice.
    """
    db.execute(
        """
        INSERT INTO outbox (subject, kind, export_number, recipient, state, due_at, created_at, words)
        VALUES (:subject, :kind, :export_number, :recipient, 'waiting', :due_at, :now, :words)
        ON CONFLICT (subject) DO UPDATE SET
            version = version + 1, attempts = 0, due_at = excluded.due_at, words = excluded.words,
            created_at = CASE state WHEN 'sent' THEN excluded.created_at ELSE created_at END,
            state = CASE
                WHEN state = 'sending' THEN 'sending'
                WHEN state = 'given up' AND subject NOT IN (SELECT subject FROM messages) THEN 'given up'
                ELSE 'waiting'
            END
        """,
        {
            "subject": subject,
            "kind": kind.value,
            "export_number": export_number,
            "recipient": recipient,
            "due_at": to_text(due_at or now),
            "now": to_text(now),
            "words": words,
        },
    )


def put_once(
    db: Connection,
    *,
    subject: str,
    kind: MessageKind,
    export_number: int,
    recipient: str,
    now: datetime,
    words: str = "",
) -> bool:
    """Add a delivery that must happen once; False where the subject is known already."""
    if any(db.query("SELECT 1 FROM outbox WHERE subject = ?", [subject])):
        return False
    put(
        db,
        subject=subject,
        kind=kind,
        export_number=export_number,
        recipient=recipient,
        now=now,
        words=words,
    )
    return True


def due(db: Connection, now: datetime) -> tuple[Delivery, ...]:
    """Return, for each recipient, the delivery whose turn it is now.

    Links that have expired come first, then results, whose links run out, then what was asked for first. A delivery in
    the state `sending` that nobody is working on was interrupted; it is returned like the others and has to be looked
    for before it is made again. A result waits for its card as long as that is still to be posted.
    """
    sql = """
        SELECT * FROM (
            SELECT *, row_number() OVER (
                PARTITION BY recipient
                ORDER BY CASE kind WHEN 'expiry' THEN 0 WHEN 'result' THEN 1 ELSE 2 END, id
            ) AS turn
            FROM outbox
            WHERE state IN ('waiting', 'sending') AND due_at <= ? AND NOT (
                kind = 'result'
                AND 'card:' || export_number NOT IN (SELECT subject FROM messages)
                AND EXISTS (
                    SELECT 1 FROM outbox AS card
                    WHERE card.subject = 'card:' || outbox.export_number AND card.state IN ('waiting', 'sending')
                )
            )
        ) WHERE turn = 1
    """
    return tuple(Delivery.from_row(row) for row in db.query(sql, [to_text(now)]))


def get(db: Connection, subject: str) -> Delivery:
    """Return the delivery of this subject.

    Raises:
        LookupError: there is none.

    """
    for row in db.query("SELECT * FROM outbox WHERE subject = ?", [subject]):
        return Delivery.from_row(row)
    raise LookupError(subject)


def next_due(db: Connection, now: datetime) -> datetime | None:
    """Return when the next delivery that is not due yet becomes due."""
    sql = "SELECT min(due_at) AS due_at FROM outbox WHERE state IN ('waiting', 'sending') AND due_at > ?"
    for row in db.query(sql, [to_text(now)]):
        return from_text(row["due_at"])
    return None


def is_open(db: Connection, subject: str) -> bool:
    """Return whether the delivery of this subject is still to be made."""
    return any(db.query("SELECT 1 FROM outbox WHERE subject = ? AND state IN ('waiting', 'sending')", [subject]))


def hold_back(db: Connection, recipient: str, due_at: datetime) -> None:
    """Let everything for a recipient wait until then, so that it goes out in its order afterwards."""
    db.execute(
        """
        UPDATE outbox SET due_at = :due
        WHERE state IN ('waiting', 'sending') AND state = 'waiting' AND recipient = :recipient AND due_at < :due
        """,
        {"due": to_text(due_at), "recipient": recipient},
    )


def message_to(db: Connection, recipient: str) -> SentMessage | None:
    """Return the newest private message to a person: its channel is our conversation with them."""
    sql = """
        SELECT messages.* FROM outbox JOIN messages USING (subject)
        WHERE outbox.kind = 'direct' AND outbox.recipient = ? ORDER BY outbox.id DESC LIMIT 1
    """
    for row in db.query(sql, [recipient]):
        return SentMessage.from_row(row)
    return None


def mark_sending(db: Connection, delivery: Delivery, slack_now: datetime | None) -> None:
    """Note, before the call, that a delivery is handed to Slack, and what Slack's clock shows, if that is known."""
    handed_over_at = None if slack_now is None else to_text(slack_now)
    changes = {"state": DeliveryState.SENDING.value, "handed_over_at": handed_over_at}
    rows.update(db, "outbox", "id", delivery.id, changes)


def mark_sent(db: Connection, delivery: Delivery) -> None:
    """Note that a delivery is done; one that was asked for again meanwhile goes back to waiting.

    One that took a link out leaves nothing behind, since nothing asks for it any more.
    """
    db.execute(
        "UPDATE outbox SET state = CASE WHEN version = ? THEN 'sent' ELSE 'waiting' END, last_error = '' WHERE id = ?",
        [delivery.version, delivery.id],
    )
    db.execute("DELETE FROM outbox WHERE id = ? AND kind = 'expiry' AND state = 'sent'", [delivery.id])


def postpone(db: Connection, delivery: Delivery, due_at: datetime, error: str, *, state: DeliveryState | None) -> None:
    """Note that a delivery failed for now and when it is tried again.

    `state` is `waiting` where nothing was posted and `sending` where it may have been; None leaves it as it is.
    """
    changes = {"due_at": to_text(due_at), "attempts": delivery.attempts + 1, "last_error": error}
    if state is not None:
        changes["state"] = state.value
    rows.update(db, "outbox", "id", delivery.id, changes)


def doubt_what_waits(db: Connection) -> None:
    """Have everything that waits looked for before it is posted."""
    db.execute(
        "UPDATE outbox SET state = 'sending' WHERE state = 'waiting' AND kind <> 'expiry' "
        "AND subject NOT IN (SELECT subject FROM messages)"
    )


def is_sending(db: Connection, delivery_id: int) -> bool:
    """Return whether a delivery was handed to Slack without its answer being known."""
    found = db.query("SELECT 1 FROM outbox WHERE id = ? AND state = 'sending'", [delivery_id])
    return any(True for _ in found)


def give_up(db: Connection, delivery: Delivery, error: str) -> None:
    """Note that a delivery cannot be made; it stays visible."""
    rows.update(db, "outbox", "id", delivery.id, {"state": DeliveryState.GIVEN_UP.value, "last_error": error})


def keep_message(db: Connection, message: SentMessage) -> None:
    """Keep where a message stands and until when it shows a link."""
    expires = None if message.link_expires_at is None else to_text(message.link_expires_at)
    sql = """
        INSERT INTO messages (subject, export_number, channel, ts, link_expires_at) VALUES (?, ?, ?, ?, ?)
        ON CONFLICT (subject) DO UPDATE SET channel = excluded.channel, ts = excluded.ts,
            export_number = excluded.export_number, link_expires_at = excluded.link_expires_at
    """
    db.execute(sql, [message.subject, message.export_number, message.channel, message.ts, expires])


def message(db: Connection, subject: str) -> SentMessage | None:
    """Return the message that stands in Slack for this subject."""
    for row in db.query("SELECT * FROM messages WHERE subject = ?", [subject]):
        return SentMessage.from_row(row)
    return None


def message_at(db: Connection, channel: str, ts: str) -> SentMessage | None:
    """Return our record of the message with this identity."""
    for row in db.query("SELECT * FROM messages WHERE channel = ? AND ts = ?", [channel, ts]):
        return SentMessage.from_row(row)
    return None


def messages_of(db: Connection, export_number: int) -> Sequence[SentMessage]:
    """Return every message about an export that stands in Slack."""
    found = db.query("SELECT * FROM messages WHERE export_number = ? ORDER BY rowid", [export_number])
    return tuple(SentMessage.from_row(row) for row in found)


#: Begins the error of a delivery that was given up although its message may stand in Slack.
IN_DOUBT = "in doubt: "


def send_again(db: Connection, delivery_id: int, now: datetime) -> Delivery | None:
    """Make a delivery due that was given up, and return it; None where there is no such one.

    What may stand in Slack already goes back to `sending`, so that it is looked for before anything is posted.
    """
    known = db.query("SELECT * FROM outbox WHERE id = ? AND state = 'given up'", [delivery_id])
    found = next((Delivery.from_row(row) for row in known), None)
    if found is None:
        return None
    if found.last_error.startswith(IN_DOUBT):
        changes = {"state": DeliveryState.SENDING.value}
    else:
        changes = {"state": DeliveryState.WAITING.value, "created_at": to_text(now)}
    db.table("outbox").update(delivery_id, {**changes, "attempts": 0, "due_at": to_text(now)})
    return found


def given_up(db: Connection, limit: int) -> tuple[Delivery, ...]:
    """Return the newest deliveries that could not be made."""
    found = db.query("SELECT * FROM outbox WHERE state = 'given up' ORDER BY id DESC LIMIT ?", [limit])
    return tuple(Delivery.from_row(row) for row in found)
