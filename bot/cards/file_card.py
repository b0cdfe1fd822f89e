"""What stands beside the file of an export in its thread, and what stands there instead where there is none."""

from collections.abc import Mapping
from enum import StrEnum
from typing import Final

from bot.cards.blocks import Message, paragraph
from bot.cards.figures import FAULTS, Fault
from bot.cards.text import code
from storage.attachments import Attachment
from storage.models import Export
from storage.states import ExportState


class NoFile(StrEnum):
    """Why there is no file. The database has these words, Slack's where it has one; a fault of the file has its own."""

    FILES_OFF = "file_uploads_disabled"
    PICTURES_ALONE = "file_uploads_except_images_disabled"
    TYPE = "file_type_not_allowed"
    SIZE = "file_upload_size_restricted"
    ROOM = "storage_limit_reached"
    DENIED = "posting_to_channel_denied"
    ABSENT = "not_in_channel"
    SCOPE = "missing_scope"
    CARD_CLOSED = "card_closed"  #: our own words from here on
    NO_CONVERSATION = "no_conversation"
    VAIN = "vain"
    LOST = "lost"  #: Slack has taken it, and shows it nowhere
    UNSURE = "unsure"  #: nobody can say whether Slack has taken it
    KEPT = "kept"  #: Slack does not delete it


#: What keeps a file from its place; tested to be total with `_WHOLE`.
_REASONS: Final[Mapping[str, str]] = {
    NoFile.FILES_OFF: "the workspace takes no files",
    NoFile.PICTURES_ALONE: "the workspace takes no files but pictures",
    NoFile.TYPE: "the workspace takes no files of this type",
    NoFile.SIZE: "it is larger than files may be in this workspace",
    NoFile.ROOM: "the workspace has no room for more files",
    NoFile.DENIED: "a setting of the channel or the workspace keeps me from posting files there",
    NoFile.ABSENT: "I am not in that channel",
    NoFile.SCOPE: "I may not hand files over: whoever looks after me has to allow `files:write`",
    NoFile.CARD_CLOSED: "the card takes no replies",
    NoFile.NO_CONVERSATION: "I have no conversation with you yet",
    NoFile.VAIN: "Slack has not taken it for a day",
    **{fault.value: FAULTS[fault] for fault in Fault},
}
#: Whole sentences for what is no refusal to put it there.
_WHOLE: Final[Mapping[str, str]] = {
    NoFile.LOST: "Slack has taken it and does not show it.",
    NoFile.UNSURE: "I handed it to Slack and did not hear whether it took it. If it is not here, it did not come.",
    NoFile.KEPT: "Slack does not let me delete it. Whoever may delete files there can do it.",
}
REASONS: Final = (*_REASONS, *_WHOLE)


def begin(number: int) -> str:
    """Return how each text about the file of an export begins."""
    return f"File of export #{number}"


def comment(export: Export, attachment: Attachment) -> str:
    """Return what stands above the file, as mrkdwn."""
    about, rows, total = begin(export.number), attachment.rows, attachment.total
    if attachment.format == "csv":
        return f"{about}: as it came from Autodesk, {attachment.size:,} bytes."
    if rows < total:
        return f"{about}: a spreadsheet of its first {rows:,} rows. The CSV behind the link has all {total:,}."
    return f"{about}: a spreadsheet of all its rows ({rows:,})."


def none(export: Export, reason: str) -> Message:
    """Return why there is no file, or none that can be seen."""
    why = _REASONS.get(reason) or f"Slack does not take it ({code(reason)})"
    said = _WHOLE.get(reason) or f"I cannot put it here: {why}."
    link = f" `/tokenflex link {export.label}` gets it in any case." if export.state is ExportState.READY else ""
    return paragraph(f"{begin(export.number)}: {said}{link}")
