"""Which messages a change of an export causes: rows of the outbox, written in the transaction of the change itself."""

from datetime import datetime, timedelta

from sqlite_utils import Database as Connection

from storage import exports as export_store
from storage import outbox
from storage.models import Export, MessageKind

#: What the words of a delivery ask for.
WITH_LINK = "link"
REFUSED = "refused"
CHANNEL_TROUBLE = "channel trouble"
POST_IN_DOUBT = "post in doubt"
LOGIN_NEEDED = "login needed"

#: Edits of a card within this time become one.
_MERGE = timedelta(seconds=1)


def card_changed(db: Connection, export: Export, now: datetime) -> None:
    """Have the card posted, or edited to show how the export stands when the edit goes out."""
    subject = outbox.card_subject(export.number)
    posted = outbox.message(db, subject) is not None
    outbox.put(
        db,
        subject=subject,
        kind=MessageKind.CARD,
        export_number=export.number,
        recipient=export.channel,
        now=now,
        due_at=now + _MERGE if posted else now,
    )


def result(db: Connection, export: Export, now: datetime) -> None:
    """Announce, once, that an export has become ready or has failed."""
    announced = export_store.change(db, export.number, announcement=export.announcement + 1)
    card_changed(db, announced, now)
    outbox.put_once(
        db,
        subject=outbox.result_subject(announced.number, announced.announcement),
        kind=MessageKind.RESULT,
        export_number=announced.number,
        recipient=announced.channel,
        now=now,
        words=WITH_LINK,
    )


def result_changed(db: Connection, export: Export, now: datetime, words: str = "") -> None:
    """Have the last announcement edited, where there is one or it is just being posted."""
    subject = outbox.result_subject(export.number, export.announcement)
    if outbox.message(db, subject) is not None or outbox.is_open(db, subject):
        outbox.put(
            db,
            subject=subject,
            kind=MessageKind.RESULT,
            export_number=export.number,
            recipient=export.channel,
            now=now,
            words=words,
        )


def everything_changed(db: Connection, export: Export, now: datetime) -> None:
    """Have every message about the export edited, so that no old button or link stays."""
    card_changed(db, export, now)
    result_changed(db, export, now)
    if export.request_key is None:
        _refusals_changed(db, export, now)


def _refusals_changed(db: Connection, export: Export, now: datetime) -> None:
    """Have the private messages edited that say that the request was refused."""
    for message in outbox.messages_of(db, export.number):
        known = outbox.get(db, message.subject)
        if known.words == REFUSED:
            outbox.put(
                db,
                subject=known.subject,
                kind=known.kind,
                export_number=export.number,
                recipient=known.recipient,
                now=now,
                words=REFUSED,
            )


def tell(db: Connection, export: Export, now: datetime, words: str, *, occasion: str = "") -> bool:
    """Send the requester a private message, once for each occasion; False where it was sent before."""
    return outbox.put_once(
        db,
        subject=f"direct:{export.number}:{words}:{occasion}",
        kind=MessageKind.DIRECT,
        export_number=export.number,
        recipient=export.requester,
        now=now,
        words=words,
    )


def tell_administrator(db: Connection, export: Export, person: str, now: datetime, words: str) -> bool:
    """Send an administrator a private message, once for each moment; `export` is the one that they may be told in."""
    return outbox.put_once(
        db,
        subject=f"direct:{words}:{now.isoformat()}:{person}",
        kind=MessageKind.DIRECT,
        export_number=export.number,
        recipient=person,
        now=now,
        words=words,
    )
