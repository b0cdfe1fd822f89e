"""Which messages an answer causes: rows of the outbox, written in the transaction that stores what was found."""

from datetime import datetime

from sqlite_utils import Database as Connection

from bot.settings import LinkAudience
from storage import answers, exports, outbox
from storage.answers import Answer, AnswerState, Figures
from storage.models import About, Delivery, DeliveryState, Export, MessageKind, NewDelivery, Refusal


def found(db: Connection, answer_id: int, figures: Figures, audience: LinkAudience, now: datetime) -> None:
    """Store what was found for an answer, and have it posted."""
    answer = answers.found(db, answer_id, figures, now)
    if answer is not None:
        announce(db, answer, audience, now)


def announce(db: Connection, answer: Answer, audience: LinkAudience, now: datetime) -> None:
    """Have an answer posted once, in the thread of its card, or shown to the requester where links are theirs alone.

    Of what a run has asked for these figures may decide whether there is a report. Those of what an alert has asked for
    are posted where it tells something; more of them that a person wants stands beside these.
    """
    export, announcement = exports.get(db, answer.export), _announcement(db, answer)
    if export.alert is not None:
        if answer.person:
            beside = _thread_of_alert(db, answer)
            _reply(db, answer, export, (beside, beside), audience, now)
        return
    if export.run is not None and announcement is None:
        return
    thread = outbox.thread_of(db, export.number, answer.announcement)
    _reply(db, answer, export, (thread, announcement), audience, now)
    if announcement is not None and _is_kept_from_its_channel(db, announcement):
        privately(db, export, answer, now)


def in_thread(db: Connection, answer: Answer, message: Delivery, audience: LinkAudience, now: datetime) -> None:
    """Have an answer posted once in the thread of another message, or shown to the requester, as in `announce`."""
    _reply(db, answer, exports.get(db, answer.export), (message, message), audience, now)


def _thread_of_alert(db: Connection, answer: Answer) -> Delivery | None:
    """Return the message of an alert in whose thread the figures of its export stand, if they do."""
    own = answers.of(db, answer.export, answer.announcement)
    shown = None if own is None else outbox.find(db, _subject(own))
    return None if shown is None or shown.thread is None else outbox.get(db, shown.thread)


def _reply(
    db: Connection, answer: Answer, export: Export, to: tuple[Delivery | None, Delivery | None], audience: LinkAudience,
    now: datetime,
) -> None:  # fmt: skip
    """Have an answer posted `to` a thread, after a message."""
    if audience is LinkAudience.REQUESTER:
        privately(db, export, answer, now)
        return
    thread, after = to
    reply = NewDelivery(
        subject=_subject(answer),
        kind=MessageKind.ANSWER,
        about=About.EXPORT,
        about_id=export.number,
        recipient=export.channel,
        edition=answer.announcement,
        detail=str(answer.id),
        thread=None if thread is None else thread.id,
        after=None if after is None else after.id,
    )
    outbox.put_once(db, reply, now)


def privately(db: Connection, export: Export, answer: Answer, now: datetime) -> None:
    """Have the requester, and nobody else, shown an answer once."""
    message = NewDelivery(
        subject=_private_subject(answer),
        kind=MessageKind.PRIVATE_ANSWER,
        about=About.EXPORT,
        about_id=export.number,
        recipient=export.requester,
        edition=answer.announcement,
        detail=str(answer.id),
    )
    outbox.put_once(db, message, now)


def of_announcement(db: Connection, export: Export) -> Answer | None:
    """Return the answer that belongs to the last announcement of an export, where its file has been read."""
    answer = answers.of(db, export.number, export.announcement)
    return None if answer is None or answer.state is AnswerState.WANTED else answer


def sent(db: Connection, ids: tuple[int, ...]) -> tuple[int, ...]:
    """Return those of these answers of which no message is still to be posted."""
    return tuple(each for each in ids if not _waits(db, each))


def _waits(db: Connection, answer_id: int) -> bool:
    answer = answers.find(db, answer_id)
    if answer is None or answer.state is AnswerState.WANTED:
        return answer is not None  # what was just found is about to be stored
    rows = (row for subject in (_subject(answer), _private_subject(answer)) if (row := outbox.find(db, subject)))
    to_be_posted = {DeliveryState.WAITING, DeliveryState.SENDING}
    return any(row.state in to_be_posted and outbox.message(db, row.id) is None for row in rows)


def _subject(answer: Answer) -> str:
    return f"answer:{answer.id}"


def _private_subject(answer: Answer) -> str:
    return f"direct:{answer.export}:answer:{answer.id}"


def _announcement(db: Connection, answer: Answer) -> Delivery | None:
    return outbox.find(db, outbox.result_subject(answer.export, answer.announcement))


def _is_kept_from_its_channel(db: Connection, announcement: Delivery) -> bool:
    return announcement.refusal is Refusal.PLACE and outbox.message(db, announcement.id) is None
