"""files.*: the three steps of an upload, and what became of a file."""

from sandbox.slack.arguments import Arguments
from sandbox.slack.channels import Channel
from sandbox.slack.composing import checked_blocks
from sandbox.slack.errors import SlackFault
from sandbox.slack.files import LONGEST_ALT_TEXT, File
from sandbox.slack.json_values import Json
from sandbox.slack.messages import Content, Message
from sandbox.slack.methods.method import Context, Method

MOST_CHANNELS = 100


def get_upload_url(context: Context, arguments: Arguments) -> Json:
    """Give the address for the bytes of one file."""
    name = arguments.need("filename", "missing_argument")
    size = _size(arguments.need("length", "missing_argument"))
    described = str(arguments.get("alt_txt") or "")
    if len(described) > LONGEST_ALT_TEXT:
        raise SlackFault("invalid_arguments")
    snippet = bool(arguments.get("snippet_type"))
    file = context.files.begin(name, size, snippet=snippet, described=bool(described))
    return {"upload_url": f"{context.upload_url}{file.secret}", "file_id": file.id}


def _size(text: str) -> int:
    if not (text.isascii() and text.isdigit()):
        raise SlackFault("invalid_arguments")
    if int(text) == 0:
        raise SlackFault("missing_argument")
    return int(text)


def complete(context: Context, arguments: Arguments) -> Json:
    """Accept uploaded files for channels; the answer says nothing of the messages that will show them."""
    files = _files(context, arguments)
    places = [_place(context, named) for named in _named_channels(arguments)]
    parent = _parent(places, arguments)
    for place in places:
        _check_posting(context, place, in_thread=parent is not None)
    content = _content(context, arguments)
    for place in places:
        context.count_post(place)
    context.files.complete(files, places, content, parent)
    return {"files": [file.as_json() for file in files]}


def _files(context: Context, arguments: Arguments) -> list[File]:
    arguments.need("files", "missing_argument")
    listed = arguments["files"]
    if not isinstance(listed, list) or not listed or not all(isinstance(each, dict) for each in listed):
        raise SlackFault("invalid_arguments")
    files = [context.files.uploaded(each.get("id")) for each in listed]
    for file, each in zip(files, listed, strict=True):
        file.title = str(each.get("title") or file.name)
    return files


def _named_channels(arguments: Arguments) -> list[str]:
    one, several = arguments.get("channel_id"), arguments.get("channels") or ()
    names = several.split(",") if isinstance(several, str) else list(several)
    if (one and names) or len(names) > MOST_CHANNELS:
        raise SlackFault("invalid_arguments")
    return [str(one)] if one else [str(name).strip() for name in names]


def _place(context: Context, named: str) -> Channel:
    """Return a channel by its id alone: names and people's ids are not found."""
    channel = context.workspace.channels.get(named)
    if channel is None or (channel.private and not context.workspace.bot_is_in(channel)):
        raise SlackFault("channel_not_found")
    if not context.workspace.bot_is_in(channel):
        raise SlackFault("not_in_channel")
    return channel


def _check_posting(context: Context, channel: Channel, *, in_thread: bool) -> None:
    if channel.archived:
        raise SlackFault("is_archived")
    wrong_thread = channel.non_threadable if in_thread else channel.thread_only
    closed = channel.read_only or (channel.is_im and not context.messages_tab)
    if closed or wrong_thread:
        raise SlackFault("posting_to_channel_denied")


def _parent(places: list[Channel], arguments: Arguments) -> Message | None:
    thread_ts = arguments.get("thread_ts")
    if not thread_ts:
        return None
    if len(places) != 1:
        raise SlackFault("invalid_arguments")
    parent = places[0].message(str(thread_ts))
    if parent is None or parent.parent is not None:
        raise SlackFault("thread_not_found")
    if parent.locked:
        raise SlackFault("posting_to_channel_denied")
    return parent


def _content(context: Context, arguments: Arguments) -> Content:
    """Return what stands above the files: the comment, or else the blocks."""
    comment = str(arguments.get("initial_comment") or "")
    if comment or not arguments.get("blocks"):
        return Content(comment)
    return Content(blocks=checked_blocks(arguments["blocks"], context.workspace.refused_blocks))


def info(context: Context, arguments: Arguments) -> Json:
    """Show a file with the messages that it is shared in."""
    return {"file": context.files.completed(arguments.need("file", "file_not_found")).as_json()}


def delete(context: Context, arguments: Arguments) -> Json:
    """Delete a file, and with it what shows it alone."""
    context.files.delete(arguments.need("file", "file_not_found"))
    return {}


_WRITE = ("files:write",)
METHODS = {
    "files.getUploadURLExternal": Method(get_upload_url, _WRITE),
    "files.completeUploadExternal": Method(complete, _WRITE),
    "files.info": Method(info, ("files:read",)),
    "files.delete": Method(delete, _WRITE),
}
