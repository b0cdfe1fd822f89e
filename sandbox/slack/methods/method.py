"""What every method has: what it needs to be called, and what it works on."""

from collections.abc import Callable, Collection
from dataclasses import dataclass
from typing import Any

from sandbox.slack.arguments import Arguments
from sandbox.slack.channels import Channel
from sandbox.slack.errors import SlackFault
from sandbox.slack.files import Files
from sandbox.slack.json_values import Json
from sandbox.slack.people import TEAM_ID
from sandbox.slack.rates import RateLimits
from sandbox.slack.socket_mode import SocketMode
from sandbox.slack.triggers import Triggers
from sandbox.slack.views import Views
from sandbox.slack.workspace import Workspace


class RateLimitedFault(SlackFault):
    """Too many messages into one channel; `retry_after` in seconds."""

    def __init__(self, retry_after: int) -> None:
        super().__init__("ratelimited")
        self.retry_after = retry_after


@dataclass
class Context:
    """What methods work on. `scopes` are those of the bot token; the URLs are where this server listens."""

    workspace: Workspace
    sockets: SocketMode
    views: Views
    triggers: Triggers
    rates: RateLimits
    scopes: frozenset[str]
    files: Files
    socket_url: str = ""
    upload_url: str = ""
    team_url: str = ""
    messages_tab: bool = True
    home_tab: bool = True

    def need_scope(self, *any_of: str) -> None:
        """Raise SlackFault unless the token has one of the scopes."""
        if not self.scopes.intersection(any_of):
            raise SlackFault("missing_scope", needed=",".join(any_of), provided=",".join(sorted(self.scopes)))

    def need_team(self, arguments: Arguments) -> None:
        """Raise SlackFault when an org-wide token does not say which workspace is meant, or names another."""
        if self.workspace.installation.org_wide and not arguments.get("team_id"):
            raise SlackFault("missing_argument")
        if arguments.get("team_id") not in {None, "", TEAM_ID}:
            raise SlackFault("team_not_found")

    def readable(self, channel_id: str, action: str) -> Channel:
        """Return a conversation that the bot knows of, with the scope `…:action` for its kind. Raises SlackFault."""
        channel = self.workspace.channels.get(channel_id)
        if channel is None or (channel.private and not self.workspace.bot_is_in(channel)):
            raise SlackFault("channel_not_found")
        self.need_scope(f"{channel.scope_family}:{action}")
        return channel

    def count_post(self, channel: Channel) -> None:
        """Count a message into a channel. Raises RateLimitedFault."""
        if wait := self.rates.post(channel.id):
            raise RateLimitedFault(wait)


Call = Callable[[Context, Arguments], Json]


@dataclass(frozen=True, slots=True)
class Method:
    """One method: its function, the scopes of which one is needed (none: any token will do), and the token kind."""

    run: Call
    scopes: Collection[str] = ()
    app_token: bool = False


def page(items: list[Any], arguments: Arguments, *, limit: int, highest: int = 1000) -> tuple[list[Any], str]:
    """Return one page of a list and the cursor of the next, empty at the end. Raises SlackFault."""
    size = arguments.number("limit", limit, highest) if arguments.get("limit") not in {None, 0, "0"} else limit
    cursor = str(arguments.get("cursor") or "0")
    if not cursor.removeprefix("c").isdigit():
        raise SlackFault("invalid_cursor")
    start = int(cursor.removeprefix("c"))
    following = start + size
    return items[start:following], f"c{following}" if following < len(items) else ""
