"""What Slack makes of the text behind a slash command before the app sees it."""

import html
import re

from sandbox.slack.workspace import Workspace

_URL = re.compile(r"https?://[^\s&]+(?:&amp;[^\s&]+)*")
_EMAIL = re.compile(r"(?<![\w.@|:])[\w.+-]+@[\w-]+(?:\.[\w-]+)+")
_MENTION = re.compile(r"(?<![\w&])([@#])([\w-]+)")


def escaped(text: str, workspace: Workspace) -> str:
    """Return the text as it is sent with `should_escape`: names as ids, URLs in angle brackets, `&<>` as entities."""
    text = html.escape(text, quote=False)
    pieces = re.split(rf"({_URL.pattern})", text)
    return "".join(f"<{piece}>" if place % 2 else _names(piece, workspace) for place, piece in enumerate(pieces))


def _names(text: str, workspace: Workspace) -> str:
    text = _EMAIL.sub(lambda match: f"<mailto:{match[0]}|{match[0]}>", text)
    return _MENTION.sub(lambda match: _name(match, workspace), text)


def _name(match: re.Match[str], workspace: Workspace) -> str:
    sign, name = match[1], match[2]
    try:
        if sign == "@":
            user = workspace.user(name)
            return f"<@{user.id}|{user.name}>"
        channel = workspace.channel(name)
    except KeyError:
        return match[0]
    return f"<#{channel.id}|{'' if channel.private else channel.name}>"
