"""chat.*: posting, editing, deleting."""

from collections.abc import Collection

from sandbox.slack.arguments import Arguments
from sandbox.slack.channels import Channel
from sandbox.slack.composing import checked_blocks, checked_metadata, content_of
from sandbox.slack.errors import SlackFault
from sandbox.slack.json_values import Json
from sandbox.slack.messages import Content, Message
from sandbox.slack.methods.method import Context, Method

LONGEST_EDIT = 4000


def _target(context: Context, named: str) -> Channel:
    """Return the conversation a post goes to: by id, by name, or the direct message of a person by account id."""
    workspace = context.workspace
    user = workspace.account(named)
    if user is not None:
        if user.deleted or user.is_bot:
            raise SlackFault("channel_not_found")
        return workspace.direct_message(user)
    try:
        channel = workspace.channel(named)
    except KeyError:
        raise SlackFault("channel_not_found") from None
    if channel.private and not workspace.bot_is_in(channel):
        raise SlackFault("channel_not_found")
    return channel


def _check_posting(context: Context, channel: Channel, *, public_scope: bool, in_thread: bool) -> None:
    if channel.archived:
        raise SlackFault("is_archived")
    if channel.is_im and not context.messages_tab:
        raise SlackFault("messages_tab_disabled")
    may_without = public_scope and "chat:write.public" in context.scopes
    if not context.workspace.bot_is_in(channel) and not may_without:
        raise SlackFault("not_in_channel")
    if channel.read_only:
        raise SlackFault("restricted_action_read_only_channel")
    if channel.thread_only and not in_thread:
        raise SlackFault("restricted_action_thread_only_channel")
    if channel.non_threadable and in_thread:
        raise SlackFault("restricted_action_non_threadable_channel")
    if context.workspace.full:
        raise SlackFault("message_limit_exceeded")


def _parent(channel: Channel, arguments: Arguments) -> Message | None:
    thread_ts = arguments.get("thread_ts")
    if not thread_ts:
        return None
    parent = channel.message(str(thread_ts))
    if parent is None:
        raise SlackFault("thread_not_found")
    if parent.parent is not None:
        raise SlackFault("cannot_reply_to_message")
    if parent.locked:
        raise SlackFault("restricted_action_thread_locked")
    return parent


def _posted(context: Context, arguments: Arguments) -> Content:
    markdown = arguments.get("markdown_text")
    if markdown is None:
        return content_of(arguments, context.workspace.refused_blocks)
    if arguments.get("text") or arguments.get("blocks"):
        raise SlackFault("markdown_text_conflict")
    if len(str(markdown)) > 12_000:
        raise SlackFault("msg_too_long")
    return content_of({**arguments, "text": markdown})


def post_message(context: Context, arguments: Arguments) -> Json:
    """Post a message, into a thread when `thread_ts` says so."""
    channel = _target(context, arguments.need("channel", "channel_not_found"))
    _check_posting(context, channel, public_scope=True, in_thread=bool(arguments.get("thread_ts")))
    content = _posted(context, arguments)
    parent = _parent(channel, arguments)
    context.count_post(channel)
    message = context.workspace.post(
        channel,
        context.workspace.bot,
        content,
        parent=parent,
        broadcast=parent is not None and arguments.flag("reply_broadcast"),
        unfurls=arguments.flag("unfurl_links", default=True) or arguments.flag("unfurl_media", default=True),
    )
    return {"channel": channel.id, "ts": message.ts, "message": message.as_json(with_metadata=True)}


def post_ephemeral(context: Context, arguments: Arguments) -> Json:
    """Show a message to one member of the channel."""
    channel = _target(context, arguments.need("channel", "channel_not_found"))
    user = context.workspace.account(arguments.need("user"))
    _check_posting(context, channel, public_scope=False, in_thread=bool(arguments.get("thread_ts")))
    if user is None or user.deleted or user.id not in channel.member_ids:
        raise SlackFault("user_not_in_channel")
    content = content_of(arguments, context.workspace.refused_blocks)
    parent = _parent(channel, arguments)
    context.count_post(channel)
    if parent is not None and not any(not reply.deleted for reply in parent.replies):
        return {"message_ts": context.workspace.next_ts(channel)}  # a thread without replies shows it to nobody
    message = context.workspace.post(channel, context.workspace.bot, content, parent=parent, ephemeral_for=user)
    return {"message_ts": message.ts}


def _own_message(context: Context, arguments: Arguments, refused: str) -> Message:
    channel = context.workspace.channels.get(arguments.need("channel", "channel_not_found"))
    if channel is None or (channel.private and not context.workspace.bot_is_in(channel)):
        raise SlackFault("channel_not_found")
    message = channel.message(arguments.need("ts", "message_not_found"))
    if message is None:
        raise SlackFault("message_not_found")
    if message.sender is not context.workspace.bot:
        raise SlackFault(refused)
    return message


def _edited(message: Message, arguments: Arguments, refused: Collection[str]) -> Content:
    """Return the content after an edit: text without blocks removes the blocks, neither keeps both, metadata stays."""
    content = message.content
    if "text" in arguments or "markdown_text" in arguments:
        text = str(arguments.get("text") or arguments.get("markdown_text") or "")
        if len(text) > LONGEST_EDIT:
            raise SlackFault("msg_too_long")
        content = content.with_changes(text=text, blocks=(), attachments=())
    if "blocks" in arguments:
        content = content.with_changes(blocks=checked_blocks(arguments["blocks"] or [], refused))
    if "attachments" in arguments:
        content = content.with_changes(attachments=tuple(arguments["attachments"] or ()))
    if "metadata" in arguments:
        content = content.with_changes(metadata=checked_metadata(arguments))
    if not (content.text or content.blocks or content.attachments or content.files):
        raise SlackFault("no_text")
    return content


def update(context: Context, arguments: Arguments) -> Json:
    """Edit an own message."""
    message = _own_message(context, arguments, "cant_update_message")
    if message.place.archived:
        raise SlackFault("is_inactive")
    if message.frozen:
        raise SlackFault("cant_update_message")
    window = context.workspace.edit_window
    if window is not None and context.workspace.now().timestamp() - float(message.ts) > window:
        raise SlackFault("edit_window_closed")
    says = [key for key in ("text", "blocks", "attachments", "markdown_text") if key in arguments]
    broadcasting = arguments.flag("reply_broadcast") and message.parent is not None and not message.broadcast
    if broadcasting and says:
        raise SlackFault("no_dual_broadcast_content_update")
    if not says and "metadata" not in arguments and not broadcasting:
        raise SlackFault("no_text")
    content = _edited(message, arguments, context.workspace.refused_blocks)
    message.broadcast = message.broadcast or broadcasting
    context.workspace.edit(message, content, mark=not content.blocks)
    shown = message.as_json(with_metadata=True)
    return {"channel": message.channel_id, "ts": message.ts, "text": message.text, "message": shown}


def delete(context: Context, arguments: Arguments) -> Json:
    """Delete an own message."""
    message = _own_message(context, arguments, "cant_delete_message")
    context.workspace.delete(message)
    return {"channel": message.channel_id, "ts": message.ts}


def permalink(context: Context, arguments: Arguments) -> Json:
    """Tell the address of a message."""
    channel = context.workspace.channels.get(arguments.need("channel", "channel_not_found"))
    if channel is None or (channel.private and not context.workspace.bot_is_in(channel)):
        raise SlackFault("channel_not_found")
    message = channel.message(arguments.need("message_ts", "message_not_found"))
    if message is None:
        raise SlackFault("message_not_found")
    address = f"{context.team_url}archives/{channel.id}/p{message.ts.replace('.', '')}"
    thread = f"?thread_ts={message.thread_ts}&cid={channel.id}" if message.thread_ts else ""
    return {"channel": channel.id, "permalink": address + thread}


_WRITE = ("chat:write",)
METHODS = {
    "chat.postMessage": Method(post_message, _WRITE),
    "chat.postEphemeral": Method(post_ephemeral, _WRITE),
    "chat.update": Method(update, _WRITE),
    "chat.delete": Method(delete, _WRITE),
    "chat.getPermalink": Method(permalink),
}
