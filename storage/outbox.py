"""The store of messages: those that have to reach Slack, and those that stand there.

No row ever holds a link; messages are written from what they are about at the moment of delivery.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta

from sqlite_utils import Database as Connection

from . import channels, rows
from .models import (
    About,
    Delivery,
    DeliveryState,
    MessageKind,
    NewDelivery,
    Refusal,
    SentMessage,
    from_text,
    to_text,
)

#: A channel takes one message a second, so every other second is left for what is new.
_BETWEEN_EDITS = timedelta(seconds=2)


def card_subject(number: int) -> str:
    """Return the subject of an export's card."""
    return f"card:{number}"


def result_subject(number: int, announcement: int) -> str:
    """Return the subject of the thread reply for the n-th announcement of an export."""
    return f"result:{number}:{announcement}"


def thread_of(db: Connection, number: int, announcement: int) -> Delivery | None:
    """Return the row in whose thread replies about an export belong: its card, else that announcement."""
    return find(db, card_subject(number)) or find(db, result_subject(number, announcement))


def expiry_subject(subject: str) -> str:
    """Return the subject of the delivery that takes the link out of the message of this subject."""
    return f"expiry:{subject}"


def put(db: Connection, delivery: NewDelivery, now: datetime, due_at: datetime | None = None) -> int:
    """Add a delivery and return its id; for a subject that is there already, make it due again (edits merge into one).

    One that was given up without its message being known stays given up: to post it might be to post it twice.
    """
    cursor = db.execute(
        """
        INSERT INTO outbox (
            subject, kind, about, about_id, recipient, edition, detail, shows_link, thread, after,
            state, due_at, created_at
        )
        VALUES (
            :subject, :kind, :about, :about_id, :recipient, :edition, :detail, :shows_link, :thread, :after,
            'waiting', :due_at, :now
        )
        ON CONFLICT (subject) DO UPDATE SET
            version = version + 1, attempts = 0, due_at = excluded.due_at, shows_link = excluded.shows_link,
            created_at = CASE state WHEN 'sent' THEN excluded.created_at ELSE created_at END,
            state = CASE
                WHEN state = 'sending' THEN 'sending'
                WHEN state IN ('given up', 'left in doubt') AND id NOT IN (SELECT delivery FROM messages) THEN state
                ELSE 'waiting'
            END
        RETURNING id
        """,
        {
            "subject": delivery.subject,
            "kind": delivery.kind.value,
            "about": delivery.about.value,
            "about_id": delivery.about_id,
            "recipient": channels.current(db, delivery.recipient),
            "edition": delivery.edition,
            "detail": delivery.detail,
            "shows_link": delivery.shows_link,
            "thread": delivery.thread,
            "after": delivery.after,
            "due_at": to_text(due_at or now),
            "now": to_text(now),
        },
    )
    ((delivery_id,),) = cursor.fetchall()
    return int(delivery_id)


def put_once(db: Connection, delivery: NewDelivery, now: datetime) -> bool:
    """Add a delivery that must happen once; False where the subject is known already."""
    if find(db, delivery.subject) is not None:
        return False
    put(db, delivery, now)
    return True


def plan_expiry(db: Connection, delivery: Delivery, now: datetime, expires: datetime) -> None:
    """Have the link taken out of the message of a delivery when it has expired."""
    end = NewDelivery(
        subject=expiry_subject(delivery.subject),
        kind=MessageKind.EXPIRY,
        about=delivery.about,
        about_id=delivery.about_id,
        recipient=delivery.recipient,
        after=delivery.id,
    )
    put(db, end, now, expires)


def due(db: Connection, now: datetime, urgent: Sequence[MessageKind]) -> tuple[tuple[Delivery, bool], ...]:
    """Return whose turn it is for each recipient, one to be posted and one to be edited, with whether it is an edit.

    Urgent kinds go first, in their order, then the oldest. A delivery in the state `sending` that nobody is working on
    was interrupted; it is returned like the others and has to be looked for before it is made again. One that comes
    after another waits as long as that is still to be posted, but not for what Slack refuses of that one alone.
    """
    ranks = "".join(f" WHEN :kind{rank} THEN {rank}" for rank, _ in enumerate(urgent))
    sql = f"""
        SELECT * FROM (
            SELECT *, row_number() OVER (
                PARTITION BY recipient, is_edit ORDER BY CASE kind{ranks} ELSE {len(urgent)} END, id
            ) AS turn
            FROM (
                SELECT *, kind = 'expiry' OR id IN (SELECT delivery FROM messages) AS is_edit
                FROM outbox
                WHERE state IN ('waiting', 'sending') AND due_at <= :now AND NOT EXISTS (
                    SELECT 1 FROM outbox AS earlier
                    WHERE earlier.id = outbox.after AND earlier.state IN ('waiting', 'sending')
                    AND earlier.id NOT IN (SELECT delivery FROM messages)
                    AND (earlier.refusal IN ('', 'place', 'workspace') OR earlier.due_at <= :now)
                )
            )
        ) WHERE turn = 1
    """  # noqa: S608 - numbers only
    kinds = {f"kind{rank}": kind.value for rank, kind in enumerate(urgent)}
    found = db.query(sql, {"now": to_text(now), **kinds})
    return tuple((Delivery.from_row(row), bool(row["is_edit"])) for row in found)


def find(db: Connection, subject: str) -> Delivery | None:
    """Return the delivery of this subject, if there is one."""
    return next((Delivery.from_row(row) for row in db.query("SELECT * FROM outbox WHERE subject = ?", [subject])), None)


def get(db: Connection, delivery_id: int) -> Delivery:
    """Return the delivery of this id.

    Raises:
        LookupError: there is none.

    """
    for row in db.query("SELECT * FROM outbox WHERE id = ?", [delivery_id]):
        return Delivery.from_row(row)
    raise LookupError(delivery_id)


def next_due(db: Connection, now: datetime) -> datetime | None:
    """Return when the next delivery that is not due yet becomes due."""
    sql = "SELECT min(due_at) AS due_at FROM outbox WHERE state IN ('waiting', 'sending') AND due_at > ?"
    for row in db.query(sql, [to_text(now)]):
        return from_text(row["due_at"])
    return None


def take_up(db: Connection, recipient: str, now: datetime, *, edits_only: bool) -> None:
    """Have tried at once what Slack refused for a reason that is over, since it has just taken something there."""
    stands = "AND id IN (SELECT delivery FROM messages)" if edits_only else ""
    sql = f"""
        UPDATE outbox SET due_at = :now
        WHERE state IN ('waiting', 'sending') AND due_at > :now {stands}
            AND (refusal = 'workspace' OR (refusal = 'place' AND recipient = :recipient))
    """  # noqa: S608 - texts of ours
    db.execute(sql, {"now": to_text(now), "recipient": recipient})


def refused(db: Connection, delivery: Delivery, about: Refusal, now: datetime) -> None:
    """Note what Slack's refusal of a delivery is about; since when it is refused stays."""
    changes = {"refusal": about.value, "refused_since": delivery.refused_since or now}
    rows.update(db, "outbox", "id", delivery.id, changes)


def show_no_link(db: Connection, delivery_id: int) -> None:
    """Have a message go out without a link, since that was shown in another way."""
    rows.update(db, "outbox", "id", delivery_id, {"shows_link": False})


def message_to(db: Connection, person: str) -> SentMessage | None:
    """Return the newest private message to a person: its channel is our conversation with them."""
    sql = """
        SELECT messages.* FROM outbox JOIN messages ON messages.delivery = outbox.id
        WHERE outbox.recipient = ? ORDER BY outbox.id DESC LIMIT 1
    """
    return next((SentMessage.from_row(row) for row in db.query(sql, [person])), None)


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
        "UPDATE outbox SET state = CASE WHEN version = ? THEN 'sent' ELSE 'waiting' END, last_error = '', "
        "refusal = '', refused_since = NULL WHERE id = ?",
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
        "AND id NOT IN (SELECT delivery FROM messages)"
    )


def give_up(db: Connection, delivery: Delivery, error: str, *, in_doubt: bool = False) -> None:
    """Note that a delivery cannot be made, or that nobody can say whether it was; it stays visible."""
    state = DeliveryState.LEFT_IN_DOUBT if in_doubt else DeliveryState.GIVEN_UP
    rows.update(db, "outbox", "id", delivery.id, {"state": state.value, "last_error": error})


def keep_message(db: Connection, message: SentMessage) -> None:
    """Keep where a message stands and until when it shows a link."""
    expires = None if message.link_expires_at is None else to_text(message.link_expires_at)
    sql = """
        INSERT INTO messages (delivery, channel, ts, link_expires_at, is_discreet) VALUES (?, ?, ?, ?, ?)
        ON CONFLICT (delivery) DO UPDATE SET channel = excluded.channel, ts = excluded.ts,
            link_expires_at = excluded.link_expires_at, is_discreet = excluded.is_discreet
    """
    channel = channels.current(db, message.channel)
    db.execute(sql, [message.delivery, channel, message.ts, expires, message.is_discreet])


def draw_again(db: Connection, channel: str, now: datetime) -> None:
    """Have every message of a channel edited that shows more than others may read who were let into it.

    Those with a link come first; the others one after another, so that what is new finds its way in between.
    """
    sql = """
        SELECT outbox.id FROM messages JOIN outbox ON outbox.id = messages.delivery
        WHERE messages.channel = ? AND messages.is_discreet = 0
        AND outbox.recipient = messages.channel AND outbox.state = 'sent'
        ORDER BY messages.link_expires_at IS NULL, outbox.id DESC
    """
    shown = [row["id"] for row in db.query(sql, [channel])]
    for turn, delivery in enumerate(shown):
        due_at = to_text(now + turn * _BETWEEN_EDITS)
        again = """
            UPDATE outbox SET state = 'waiting', version = version + 1, attempts = 0, shows_link = 0, due_at = :due,
            created_at = :now WHERE id = :id
        """
        db.execute(again, {"id": delivery, "due": due_at, "now": to_text(now)})


def message(db: Connection, delivery_id: int | None) -> SentMessage | None:
    """Return the message that stands in Slack for this delivery."""
    found = db.query("SELECT * FROM messages WHERE delivery = ?", [delivery_id])
    return next(map(SentMessage.from_row, found), None)


def message_at(db: Connection, channel: str, ts: str) -> SentMessage | None:
    """Return our record of the message with this identity."""
    found = db.query("SELECT * FROM messages WHERE channel = ? AND ts = ?", [channel, ts])
    return next(map(SentMessage.from_row, found), None)


def to_show_links(db: Connection, number: int) -> tuple[Delivery, ...]:
    """Return the messages about an export that are to show a link and do not stand in Slack yet."""
    sql = """
        SELECT * FROM outbox WHERE about = 'export' AND about_id = ? AND shows_link = 1
            AND state IN ('waiting', 'sending') AND id NOT IN (SELECT delivery FROM messages)
    """
    return tuple(map(Delivery.from_row, db.query(sql, [number])))


def message_elsewhere(db: Connection, number: int, channel: str, ts: str) -> tuple[str, str] | None:
    """Return the channel and the subject of a public message about an export that has this `ts` in another channel."""
    sql = """
        SELECT messages.channel, outbox.subject FROM outbox JOIN messages ON messages.delivery = outbox.id
        WHERE outbox.about = 'export' AND outbox.about_id = :number AND messages.ts = :ts
            AND messages.channel = outbox.recipient AND messages.channel <> :channel
    """
    found = db.query(sql, {"number": number, "channel": channel, "ts": ts})
    return next(((str(row["channel"]), str(row["subject"])) for row in found), None)


def about(db: Connection, matter: About, about_id: int) -> tuple[Delivery, ...]:
    """Return every row about the same thing, whatever became of it."""
    found = db.query("SELECT * FROM outbox WHERE about = ? AND about_id = ? ORDER BY id", [matter.value, about_id])
    return tuple(map(Delivery.from_row, found))


def messages_about(db: Connection, about: About, about_id: int | None) -> Sequence[SentMessage]:
    """Return every message about the same thing that stands in Slack."""
    sql = """
        SELECT messages.* FROM outbox JOIN messages ON messages.delivery = outbox.id
        WHERE outbox.about = ? AND outbox.about_id IS ? ORDER BY outbox.id
    """
    return tuple(SentMessage.from_row(row) for row in db.query(sql, [about.value, about_id]))


def edit_about(db: Connection, about: About, about_id: int, now: datetime) -> None:
    """Have every message about the same thing edited that stands in Slack, by what it says now."""
    for message in messages_about(db, about, about_id):
        put(db, get(db, message.delivery), now)


def send_again(db: Connection, delivery_id: int, now: datetime) -> Delivery | None:
    """Make a delivery due that was given up, and return it; None where there is no such one.

    What may stand in Slack already goes back to `sending`, so that it is looked for before anything is posted.
    """
    sql = "SELECT * FROM outbox WHERE id = ? AND state IN ('given up', 'left in doubt')"
    found = next(map(Delivery.from_row, db.query(sql, [delivery_id])), None)
    if found is None:
        return None
    if found.state is DeliveryState.LEFT_IN_DOUBT:
        changes = {"state": DeliveryState.SENDING.value}
    else:
        changes = {"state": DeliveryState.WAITING.value, "created_at": to_text(now)}
    rows.update(db, "outbox", "id", delivery_id, {**changes, "attempts": 0, "due_at": to_text(now)})
    return found


def given_up(db: Connection, limit: int) -> tuple[Delivery, ...]:
    """Return the newest deliveries that could not be made."""
    sql = "SELECT * FROM outbox WHERE state IN ('given up', 'left in doubt') ORDER BY id DESC LIMIT ?"
    return tuple(map(Delivery.from_row, db.query(sql, [limit])))
