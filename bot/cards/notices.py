"""Private messages about delivery: what keeps a result from reaching its channel, and what to do."""

from storage.models import Export

from . import blocks
from .blocks import Message
from .text import channel


def channel_trouble(export: Export, reason: str, bot_user_id: str) -> Message:
    """Return what the requester can do about a channel that takes no messages; `reason` is Slack's error code."""
    where = channel(export.channel)
    invite = f"`/invite <@{bot_user_id}>`" if bot_user_id else "`/invite @Token Flex`"
    if reason == "is_archived":
        advice = "That channel is archived. Unarchive it, or ask for the export again in another channel."
    elif reason.startswith("restricted_action"):
        advice = "A setting of the workspace keeps me from posting there. Ask a workspace admin."
    else:
        advice = f"I am not in that channel. Type {invite} there and I will post within a minute or so."
    text = f"I cannot post export {export.label} to {where}. {advice} Nothing is lost: I keep the result until I can."
    return Message(text, [blocks.section("trouble", text)])


def post_in_doubt(export: Export) -> Message:
    """Return the private message that stands in for a post that may or may not have appeared."""
    text = (
        f"I was interrupted while posting about export {export.label} to {channel(export.channel)} and cannot look "
        f"whether it appeared, so I do not post it again. `/tokenflex status {export.label}` shows how it stands."
    )
    return Message(text, [blocks.section("doubt", text)])
