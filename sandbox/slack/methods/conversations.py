"""conversations.*: reading channels and opening direct messages."""

from sandbox.slack.arguments import Arguments
from sandbox.slack.channels import Channel
from sandbox.slack.errors import SlackFault
from sandbox.slack.json_values import Json
from sandbox.slack.messages import Message
from sandbox.slack.methods.method import Context, Method, page

_READ = ("channels:read", "groups:read", "im:read", "mpim:read")
_HISTORY = ("channels:history", "groups:history", "im:history", "mpim:history")

#: What `types` calls a kind of conversation: our word for it, and the first half of its scopes.
_KINDS = {
    "public_channel": ("public", "channels"),
    "private_channel": ("private", "groups"),
    "mpim": ("mpim", "mpim"),
    "im": ("im", "im"),
}


def _with_messages(context: Context, arguments: Arguments) -> Channel:
    channel = context.readable(arguments.need("channel"), "history")
    if not context.workspace.bot_is_in(channel):
        raise SlackFault("not_in_channel")
    return channel


def _metadata_wanted(context: Context, arguments: Arguments) -> bool:
    return arguments.flag("include_all_metadata") and "metadata.message:read" in context.scopes


def _between(messages: list[Message], arguments: Arguments) -> list[Message]:
    try:
        oldest, latest = float(arguments.get("oldest") or 0), float(arguments.get("latest") or "inf")
    except (TypeError, ValueError):
        raise SlackFault("invalid_ts_oldest") from None
    inclusive = arguments.flag("inclusive")
    inside = (each for each in messages if oldest <= float(each.ts) <= latest)
    return [each for each in inside if inclusive or float(each.ts) not in {oldest, latest}]


def _listing(context: Context, arguments: Arguments, messages: list[Message], limit: int) -> Json:
    shown, cursor = page(messages, arguments, limit=limit, highest=999)
    with_metadata = _metadata_wanted(context, arguments)
    answer: Json = {"messages": [each.as_json(with_metadata=with_metadata) for each in shown], "has_more": bool(cursor)}
    return answer | ({"response_metadata": {"next_cursor": cursor}} if cursor else {})


def history(context: Context, arguments: Arguments) -> Json:
    """Show a channel's messages, newest first; of threads only what was broadcast."""
    channel = _with_messages(context, arguments)
    messages = [each for each in channel.standing() if each.parent is None or each.broadcast]
    return _listing(context, arguments, _between(messages, arguments)[::-1], 100) | {"pin_count": 0}


def replies(context: Context, arguments: Arguments) -> Json:
    """Show a thread, its parent first, then the replies from old to new."""
    channel = _with_messages(context, arguments)
    found = channel.message(arguments.need("ts"))
    if found is None:
        raise SlackFault("thread_not_found")
    parent = found.parent or found
    standing = [each for each in channel.standing() if each.parent is parent]
    return _listing(context, arguments, [parent, *_between(standing, arguments)], 1000 - 1)


def info(context: Context, arguments: Arguments) -> Json:
    """Show one conversation."""
    channel = context.readable(arguments.need("channel"), "read")
    shown = channel.as_json(context.workspace.bot.id)
    if arguments.flag("include_num_members"):
        shown["num_members"] = len(channel.member_ids)
    return {"channel": shown}


def members(context: Context, arguments: Arguments) -> Json:
    """Show who is in a conversation."""
    channel = context.readable(arguments.need("channel"), "read")
    shown, cursor = page(channel.member_ids, arguments, limit=100)
    return {"members": shown, "response_metadata": {"next_cursor": cursor}}


def conversations_of(context: Context, arguments: Arguments) -> Json:
    """Show the conversations that somebody is in; of others than the bot only the private ones that the bot is in."""
    context.need_team(arguments)
    workspace = context.workspace
    user = workspace.account(str(arguments.get("user") or workspace.bot.id))
    if user is None:
        raise SlackFault("user_not_found")
    kinds = _kinds(context, str(arguments.get("types") or "public_channel"))
    found = [
        channel
        for channel in workspace.channels.values()
        if channel.kind in kinds
        and user.id in channel.member_ids
        and (not channel.private or workspace.bot_is_in(channel))
        and not (channel.archived and arguments.flag("exclude_archived"))
    ]
    shown, cursor = page(found, arguments, limit=100, highest=999)
    listed = [channel.as_json(workspace.bot.id) for channel in shown]
    return {"channels": listed, "response_metadata": {"next_cursor": cursor}}


def conversations_list(context: Context, arguments: Arguments) -> Json:
    """Show all conversations; of the private ones those that the bot is in."""
    context.need_team(arguments)
    workspace = context.workspace
    kinds = _kinds(context, str(arguments.get("types") or "public_channel"))
    found = [
        channel
        for channel in workspace.channels.values()
        if channel.kind in kinds
        and (not channel.private or workspace.bot_is_in(channel))
        and not (channel.archived and arguments.flag("exclude_archived"))
    ]
    shown, cursor = page(found, arguments, limit=100)
    listed = [channel.as_json(workspace.bot.id) for channel in shown]
    return {"channels": listed, "response_metadata": {"next_cursor": cursor}}


def _kinds(context: Context, types: str) -> set[str]:
    """Return the kinds of conversation that are asked for; each needs its own scope. Raises SlackFault."""
    names = [name.strip() for name in types.split(",")]
    if not set(names) <= _KINDS.keys():
        raise SlackFault("invalid_types")
    for name in names:
        context.need_scope(f"{_KINDS[name][1]}:read")
    return {_KINDS[name][0] for name in names}


def open_conversation(context: Context, arguments: Arguments) -> Json:
    """Open the direct message with one person."""
    if arguments.get("channel"):
        return {"channel": {"id": context.readable(arguments.need("channel"), "read").id}, "no_op": True}
    names = arguments.get("users") or ""
    wanted = names if isinstance(names, list) else [name for name in str(names).split(",") if name]
    if not wanted:
        raise SlackFault("users_list_not_supplied")
    if len(wanted) > 1:
        raise SlackFault("not_enough_users" if len(set(wanted)) == 1 else "method_not_supported_for_channel_type")
    user = context.workspace.account(wanted[0].strip())
    if user is None or user.deleted:
        raise SlackFault("user_not_found" if user is None else "user_disabled")
    channel = context.workspace.direct_message(user)
    shown = channel.as_json(context.workspace.bot.id) if arguments.flag("return_im") else {"id": channel.id}
    return {"channel": shown}


METHODS = {
    "conversations.history": Method(history, _HISTORY),
    "conversations.replies": Method(replies, _HISTORY),
    "conversations.info": Method(info, _READ),
    "users.conversations": Method(conversations_of, _READ),
    "conversations.list": Method(conversations_list, _READ),
    "conversations.members": Method(members, _READ),
    "conversations.open": Method(open_conversation, ("im:write", "mpim:write", "channels:manage", "groups:write")),
}
