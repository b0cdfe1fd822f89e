"""What stands beside the file of an export in its thread, and what stands there instead where there is none."""

from collections.abc import Mapping
from typing import Final

from bot.cards.blocks import Message, paragraph
from bot.cards.figures import FAULTS, Fault
from bot.cards.text import code
from storage.attachments import Attachment
from storage.models import Export
from storage.states import ExportState

#: Words of ours for what Slack has no word for.
LOST, UNSURE, VAIN, NO_THREAD, NO_CONVERSATION = "lost", "unsure", "vain", "no_thread", "no_conversation"
#: What keeps a file from its thread, by Slack's word for it or ours (source: Slack, errors of the methods for files).
REASONS: Final[Mapping[str, str]] = {
    "file_uploads_disabled": "the workspace takes no files",
    "file_uploads_except_images_disabled": "the workspace takes no files but pictures",
    "file_type_not_allowed": "the workspace takes no files of this type",
    "file_upload_size_restricted": "it is larger than files may be in this workspace",
    "snippet_too_large": "it is larger than files may be in this workspace",
    "storage_limit_reached": "the workspace has no room for more files",
    "posting_to_channel_denied": "a setting of the channel or the workspace keeps me from posting files there",
    "not_in_channel": "I am not in that channel",
    "missing_scope": "I may not hand files over: whoever looks after me has to allow `files:write`",
    NO_THREAD: "the card takes no replies",
    NO_CONVERSATION: "I have no conversation with you yet",
    VAIN: "Slack has not taken it for a day",
    **{fault.value: FAULTS[fault] for fault in Fault},
}


def begin(number: int) -> str:
    """Return how each text about the file of an export begins."""
    return f"File of export #{number}"


def comment(export: Export, attachment: Attachment) -> str:
    """Return what stands above the file, as mrkdwn."""
    if not attachment.total and not attachment.rows:
        return f"{begin(export.number)}: as it came from Autodesk, {attachment.size:,} bytes."
    if attachment.rows < attachment.total:
        rows = f"the first {attachment.rows:,} of {attachment.total:,} rows; the CSV behind the link has them all"
    else:
        rows = f"all {attachment.rows:,} rows"
    return f"{begin(export.number)}: a spreadsheet of {rows}."


def none(export: Export, reason: str) -> Message:
    """Return why there is no file, or none that can be seen."""
    if reason == LOST:
        said = "Slack has taken it and does not show it."
    elif reason == UNSURE:
        said = "I handed it to Slack and did not hear whether it took it. If it is not here, it did not come."
    else:
        said = f"I cannot put it here: {REASONS.get(reason) or f'Slack does not take it ({code(reason)})'}."
    link = f" `/tokenflex link {export.label}` gets it in any case." if export.state is ExportState.READY else ""
    return paragraph(f"{begin(export.number)}: {said}{link}")
