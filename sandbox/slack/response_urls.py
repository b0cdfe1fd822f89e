"""Response URLs: five posts within thirty minutes of a person's act, membership or not."""

import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sandbox.slack.channels import Channel
from sandbox.slack.composing import content_of
from sandbox.slack.errors import SlackFault
from sandbox.slack.json_values import Given
from sandbox.slack.messages import Message
from sandbox.slack.people import User
from sandbox.slack.rates import RateLimits
from sandbox.slack.workspace import Workspace

USES = 5
LIFETIME = timedelta(minutes=30)


@dataclass(slots=True)
class ResponseUrl:
    """One URL: where it posts, for whom, and the message that held the button (None for a command)."""

    channel: Channel
    user: User
    origin: Message | None
    given_at: datetime
    left: int = USES


class ResponseUrls:
    """Gives response URLs out and does what is posted to them.

    `replace_by_default` is what happens to the message with the button when a post does not say `replace_original`;
    the documentation leaves it open.
    """

    def __init__(self, workspace: Workspace, rates: RateLimits) -> None:
        self._workspace = workspace
        self._rates = rates
        self._given: dict[str, ResponseUrl] = {}
        self.base = ""
        self.replace_by_default = False

    def give(self, channel: Channel, user: User, origin: Message | None = None) -> str:
        """Return a new URL for what this person did just now."""
        secret = secrets.token_urlsafe(16)
        self._given[secret] = ResponseUrl(channel, user, origin, self._workspace.now())
        return f"{self.base}{secret}"

    def place(self, secret: str) -> Channel | None:
        """Return where a URL posts."""
        url = self._given.get(secret)
        return None if url is None else url.channel

    def post(self, secret: str, body: Mapping[str, Any]) -> int:
        """Do what was posted; return 0, or the seconds to wait. Raises SlackFault."""
        url = self._given.get(secret)
        if url is None or self._workspace.now() - url.given_at > LIFETIME:
            raise SlackFault("expired_url")
        if url.left < 1:
            raise SlackFault("used_url")
        if wait := self._rates.post(url.channel.id):
            return wait
        self._apply(url, body)
        url.left -= 1
        return 0

    def _apply(self, url: ResponseUrl, body: Mapping[str, Any]) -> None:
        deletes = _truth(body.get("delete_original"))
        speaks = any(body.get(key) for key in ("text", "blocks", "attachments"))
        content = content_of(body, self._workspace.refused_blocks) if speaks or not deletes else None
        if deletes and url.origin is not None:
            self._workspace.delete(url.origin)
        if content is None:
            return
        replaces = _truth(body.get("replace_original", self.replace_by_default))
        if replaces and not deletes and url.origin is not None and not url.origin.deleted:
            self._workspace.edit(url.origin, content)
        else:
            self._answer(url, body, content)

    def _answer(self, url: ResponseUrl, body: Mapping[str, Any], content: Given) -> None:
        public = body.get("response_type") == "in_channel"
        parent = self._parent(url, body.get("thread_ts"))
        self._workspace.post(
            url.channel,
            self._workspace.bot,
            content,
            parent=parent,
            ephemeral_for=None if public else url.user,
            unfurls=_truth(body.get("unfurl_links", True)) or _truth(body.get("unfurl_media", True)),
        )

    @staticmethod
    def _parent(url: ResponseUrl, thread_ts: str | None) -> Message | None:
        if thread_ts is None:
            return None
        parent = url.channel.message(thread_ts)
        if parent is None:
            raise SlackFault("thread_not_found")
        return parent


def _truth(value: Given) -> bool:
    return value is True or (isinstance(value, str) and value.lower() in {"true", "1"})
