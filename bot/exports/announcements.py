"""Which messages a change of an export causes: rows of the outbox, written in the transaction of the change itself."""

from dataclasses import replace
from datetime import datetime, timedelta

from sqlite_utils import Database as Connection

from storage import answers, outbox, runs, schedules
from storage import exports as export_store
from storage.answers import NewAnswer
from storage.models import About, Export, MessageKind, NewDelivery, Refusal
from storage.states import ExportState

#: Edits of a card within this time become one.
_MERGE = timedelta(seconds=1)
#: What the subjects of private messages call some kinds since the first version; a message that it has sent is known
#: by its subject.
_IN_SUBJECTS = {MessageKind.PRIVATE_LINK: "link", MessageKind.REFUSAL: "refused"}


def card_changed(db: Connection, export: Export, now: datetime) -> int | None:
    """Have the card posted, or edited to show how the export stands when the edit goes out; return its row's id.

    What a run of a schedule or an alert has asked for has none.
    """
    if export.asks_by_itself:
        return None
    card = NewDelivery(
        subject=outbox.card_subject(export.number),
        kind=MessageKind.CARD,
        about=About.EXPORT,
        about_id=export.number,
        recipient=export.channel,
    )
    known = outbox.find(db, card.subject)
    posted = known is not None and outbox.message(db, known.id) is not None
    return outbox.put(db, card, now, now + _MERGE if posted else now)


def result(db: Connection, export: Export, now: datetime) -> None:
    """Announce, once, that an export has become ready or has failed.

    That of a run whose report is posted only when something has changed waits for its figures; who compares them
    announces it.
    """
    announced = export_store.change(db, export.number, announcement=export.announcement + 1)
    if announced.state is ExportState.READY and announced.wants_answer:
        _want_answer(db, announced, now)
    if not _waits_for_figures(db, announced):
        announce(db, announced, now)


def announce(db: Connection, announced: Export, now: datetime) -> None:
    """Have it posted, once, that an export has ended: in the thread of its card, or as a report of its own.

    What an alert has asked for is announced nowhere.
    """
    if announced.alert is not None:
        return
    card = card_changed(db, announced, now)
    announcement = NewDelivery(
        subject=outbox.result_subject(announced.number, announced.announcement),
        kind=MessageKind.RESULT if announced.run is None else MessageKind.REPORT,
        about=About.EXPORT,
        about_id=announced.number,
        recipient=announced.channel,
        edition=announced.announcement,
        shows_link=True,
        thread=card,
        after=card,
    )
    outbox.put_once(db, announcement, now)
    if card is None:
        return
    was_told = outbox.get(db, card).refusal is Refusal.PLACE and outbox.message(db, card) is None
    if was_told and is_to_be_announced(db, announced):
        private_result(db, announced, "", now)


def _waits_for_figures(db: Connection, export: Export) -> bool:
    """Return whether a report is posted only where its figures are others than those of the last one."""
    run = None if export.run is None else runs.get(db, export.run)
    schedule = None if run is None else schedules.find(db, run.schedule)
    if run is None or schedule is None or not (schedule.only_changes and export.wants_answer):
        return False
    return export.state is ExportState.READY and export.announcement == 1 and runs.told_before(db, run) is not None


def _want_answer(db: Connection, export: Export, now: datetime) -> None:
    number, announcement = export.number, export.announcement
    origin = answers.origin_of(number, announcement)
    answers.add_wanted(db, NewAnswer(origin=origin, export=number, announcement=announcement), now)


def is_to_be_announced(db: Connection, export: Export) -> bool:
    """Return whether the last announcement of an export does not stand in its channel yet."""
    known = outbox.find(db, outbox.result_subject(export.number, export.announcement))
    return is_over(export) and known is not None and outbox.message(db, known.id) is None


def is_over(export: Export) -> bool:
    """Return whether an export has come to an end that somebody waits to hear of."""
    return export.state in {ExportState.READY, ExportState.FAILED, ExportState.VANISHED}


def private_result(db: Connection, export: Export, why: str, now: datetime) -> None:
    """Tell the requester once what the channel does not show; `why` is one word, "" where they know the reason."""
    told = outbox.find(db, _subject(export, MessageKind.CHANNEL_TROUBLE, why))
    message = NewDelivery(
        subject=_subject(export, MessageKind.PRIVATE_RESULT, str(export.announcement)),
        kind=MessageKind.PRIVATE_RESULT,
        about=About.EXPORT,
        about_id=export.number,
        recipient=export.requester,
        edition=export.announcement,
        detail="" if told is not None else why,
    )
    outbox.put_once(db, message, now)


def result_changed(db: Connection, export: Export, now: datetime, *, shows_link: bool = False) -> None:
    """Have the last announcement edited, where there is one or it is just being posted."""
    known = outbox.find(db, outbox.result_subject(export.number, export.announcement))
    if known is not None:
        outbox.put(db, replace(known, shows_link=shows_link), now)


def everything_changed(db: Connection, export: Export, now: datetime) -> None:
    """Have every message about the export edited, so that no old button or link stays."""
    card_changed(db, export, now)
    result_changed(db, export, now)
    if export.request_key is None:
        _refusals_changed(db, export, now)


def _refusals_changed(db: Connection, export: Export, now: datetime) -> None:
    """Have the private messages edited that say that the request was refused."""
    for message in outbox.messages_about(db, About.EXPORT, export.number):
        known = outbox.get(db, message.delivery)
        if known.kind is MessageKind.REFUSAL:
            outbox.put(db, known, now)


def tell(
    db: Connection, export: Export, now: datetime, kind: MessageKind, *, detail: str = "", occasion: str = ""
) -> bool:
    """Send the requester a private message, once for each detail and occasion; False where it was sent before.

    Nobody is told of what an alert has asked for: who owns it hears of the alert.
    """
    if export.alert is not None:
        return False
    message = NewDelivery(
        subject=_subject(export, kind, detail, occasion),
        kind=kind,
        about=About.EXPORT,
        about_id=export.number,
        recipient=export.requester,
        detail=detail,
        shows_link=kind is MessageKind.PRIVATE_LINK,
    )
    return outbox.put_once(db, message, now)


def was_told(db: Connection, export: Export, kind: MessageKind, *, detail: str = "", occasion: str = "") -> bool:
    """Return whether the requester was sent such a private message on this occasion."""
    return outbox.find(db, _subject(export, kind, detail, occasion)) is not None


def _subject(export: Export, kind: MessageKind, detail: str, occasion: str = "") -> str:
    words = ":".join(filter(None, (_IN_SUBJECTS.get(kind, kind.value), detail)))
    return f"direct:{export.number}:{words}:{occasion}"
