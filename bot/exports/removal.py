"""What goes with an export that is deleted: its figures, here and in Slack, and its files; each on record first."""

from datetime import datetime
from typing import Final

from sqlite_utils import Database as Connection

from storage import answers, attachments, outbox
from storage.models import About, Export, MessageKind

#: Messages that show figures of the file.
SHOWS_FIGURES: Final = frozenset({MessageKind.ANSWER, MessageKind.PRIVATE_ANSWER})


def ours(db: Connection, export: Export, now: datetime) -> None:
    """Forget the answers of an export, have their messages say so, and have our files of it taken from Slack."""
    for answer in answers.of_export(db, export.number):
        answers.remove(db, answer.id)
    for attachment in attachments.of_export(db, export.number):
        attachments.delete(db, attachment.id, now)
    for row in outbox.about(db, About.EXPORT, export.number):
        if row.kind in SHOWS_FIGURES:
            outbox.put(db, row, now)
