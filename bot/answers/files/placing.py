"""Where the file of an announcement is shown, and the messages that say why it is not."""

from dataclasses import dataclass
from datetime import datetime

from sqlite_utils import Database as Connection

from bot.answers import announcing
from bot.cards.file_card import NoFile
from bot.settings import LinkAudience
from storage import answers, attachments, exports, outbox
from storage.attachments import Attachment, AttachmentState
from storage.models import About, DeliveryState, Export, MessageKind, NewDelivery, SentMessage


class NoPlaceError(Exception):
    """There is no place for the file; the text is a word of `file_card`."""


@dataclass(frozen=True, slots=True)
class Place:
    """A conversation of Slack's, and the thread in it."""

    channel: str
    thread_ts: str | None


def place_of(db: Connection, export: Export, announcement: int, audience: LinkAudience) -> Place | None:
    """Return where the file of an announcement goes; None: not yet, the answer goes before it.

    Raises:
        NoPlaceError: nowhere.

    """
    answer = answers.of(db, export.number, announcement)
    if answer is not None and not announcing.sent(db, (answer.id,)):
        return None
    if audience is LinkAudience.REQUESTER:
        message = outbox.message_to(db, export.requester)
        if message is None:
            raise NoPlaceError(NoFile.NO_CONVERSATION)
        return Place(message.channel, None)
    subjects = outbox.card_subject(export.number), outbox.result_subject(export.number, announcement)
    if export.run is not None and outbox.find(db, subjects[1]) is None:
        return None  # whether there is a report is still to be decided
    parents = [_standing(db, subject) for subject in subjects]
    if all(each is _NEVER for each in parents):
        raise NoPlaceError(NoFile.CARD_CLOSED)
    parent = next((each for each in parents if isinstance(each, SentMessage)), None)
    return None if parent is None else Place(parent.channel, parent.ts)


def is_ready(db: Connection, attachment: Attachment, audience: LinkAudience) -> bool:
    """Return whether there is something to be done for a file, if only to say that it has no place."""
    if attachment.state is not AttachmentState.UPLOADED:
        return True
    try:
        return place_of(db, exports.get(db, attachment.export), attachment.announcement, audience) is not None
    except NoPlaceError:
        return True


_NEVER = object()


def _standing(db: Connection, subject: str) -> object:
    """Return the message of a subject; None: it is still to be posted, `_NEVER`: it will not be."""
    row = outbox.find(db, subject)
    message = None if row is None else outbox.message(db, row.id)
    if message is not None:
        return message
    return None if row is not None and row.state in {DeliveryState.WAITING, DeliveryState.SENDING} else _NEVER


def ended(
    db: Connection, attachment: Attachment, state: AttachmentState, reason: str, audience: LinkAudience, now: datetime
) -> None:
    """Note what became of a file, and have its reason told, where there is one; nothing of one that is deleted."""
    if attachments.settled(db, attachment.id, state, now, reason) is not None and reason:
        tell(db, exports.get(db, attachment.export), attachment.announcement, reason, audience, now)


def kept(db: Connection, attachment: Attachment, reason: str, now: datetime) -> None:
    """Note that Slack does not delete a file, and have the requester told."""
    attachments.kept(db, attachment.id, reason, now)
    export = exports.get(db, attachment.export)
    tell(db, export, attachment.announcement, NoFile.KEPT, LinkAudience.REQUESTER, now)


def tell(db: Connection, export: Export, announcement: int, reason: str, audience: LinkAudience, now: datetime) -> None:
    """Say once why there is no file: in the thread, or to the requester where links are theirs alone."""
    is_private = audience is LinkAudience.REQUESTER
    card = None if is_private else outbox.thread_of(db, export.number, announcement)
    beginning = f"direct:{export.number}:no file" if is_private else f"file:{export.number}"
    message = NewDelivery(
        subject=f"{beginning}:{announcement}:{reason}",
        kind=MessageKind.PRIVATE_NO_FILE if is_private else MessageKind.NO_FILE,
        about=About.EXPORT,
        about_id=export.number,
        recipient=export.requester if is_private else export.channel,
        edition=announcement,
        detail=reason,
        thread=None if card is None else card.id,
        after=None if card is None else card.id,
    )
    outbox.put_once(db, message, now)
