"""Slack's Web API as the dispatcher needs it: post, edit, look for; every failure says whether something was sent."""

import re
from collections import deque
from collections.abc import Awaitable, Collection, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import aiohttp
import structlog
from slack_sdk.errors import SlackApiError, SlackClientError
from slack_sdk.web.async_client import AsyncWebClient
from slack_sdk.web.async_slack_response import AsyncSlackResponse

from bot.cards.blocks import Message
from bot.runtime.clock import Clock
from bot.runtime.server_time import ServerTime
from bot.tokenflex.http import http_date

EVENT_TYPE = "tokenflex_export"
_DEFAULT_RETRY_AFTER = 30.0
_MINUTE = timedelta(seconds=60)
_PAGE = 200
_PAGES = 25
#: Slack's words for blocks that it does not take, whatever the text is.
BLOCK_ERRORS = frozenset({"invalid_blocks", "invalid_blocks_format", "msg_blocks_too_long", "invalid_attachments"})
#: Slack's words for a thread whose first message was deleted or is none (source: chat.postMessage reference).
THREAD_GONE = {"thread_not_found", "message_not_found", "cannot_reply_to_message", "invalid_thread_ts"}
#: Calls a minute that Slack allows at least (source: Slack rate limits, tier 3: 50+), with room for others.
_PER_MINUTE = {"chat.update": 48, "conversations.history": 45, "conversations.replies": 45}

log = structlog.get_logger(__name__)


class SlackError(Exception):
    """A call to Slack failed."""


class SlackRefusedError(SlackError):
    """Slack said no; nothing was posted. `code` is Slack's own word."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


class SlackRateLimitedError(SlackError):
    """Slack takes no more of this method for `retry_after` seconds; nothing was posted or edited."""

    def __init__(self, retry_after: float, method: str = "chat.postMessage") -> None:
        super().__init__(f"{method} is rate limited for {retry_after:.0f} s")
        self.retry_after = retry_after
        self.method = method


class SlackUnreachableError(SlackError):
    """No connection was made; nothing was posted."""


class SlackUnsureError(SlackError):
    """The answer was lost; the message may have been posted."""


@dataclass(frozen=True, slots=True)
class Posted:
    """Where a message stands now."""

    channel: str
    ts: str


class SlackPosts:
    """Posts, edits and finds messages of the bot.

    The client must have no retry handlers: a repeated `chat.postMessage` could post twice. Each answer tells
    `slack_time` what Slack's clock shows. `bot_user` is the bot's own account.
    """

    def __init__(self, client: AsyncWebClient, slack_time: ServerTime, clock: Clock, bot_user: str = "") -> None:
        self._client = client
        self._bot_user = bot_user
        self._slack_time = slack_time
        self._clock = clock
        self._recent: dict[str, deque[datetime]] = {method: deque() for method in _PER_MINUTE}
        self._paused_until: dict[str, datetime] = {}

    async def post(self, channel: str, message: Message, subject: str, thread_ts: str | None = None) -> Posted:
        """Post a message, in a thread also to the channel; blocks that Slack refuses cost only the blocks.

        Raises:
            SlackError: see the classes above.

        """
        arguments: dict[str, Any] = {
            "channel": channel,
            "unfurl_links": False,
            "unfurl_media": False,
            "metadata": {"event_type": EVENT_TYPE, "event_payload": {"subject": subject}},
        }
        thread = {} if thread_ts is None else {"thread_ts": thread_ts, "reply_broadcast": True}
        try:
            answer = await self._with_blocks(message, arguments | thread)
        except SlackRefusedError as error:
            if not thread or error.code not in THREAD_GONE:
                raise
            log.info("a thread is gone; the reply becomes a message of its own", code=error.code)
            answer = await self._with_blocks(message, arguments)
        return Posted(str(answer.get("channel") or channel), str(answer["ts"]))

    async def _with_blocks(self, message: Message, arguments: dict[str, Any]) -> AsyncSlackResponse:
        try:
            return await self._call("chat.postMessage", self._client.chat_postMessage(**arguments, **_content(message)))
        except SlackRefusedError as error:
            if error.code not in BLOCK_ERRORS:
                raise
            log.warning("Slack refuses the blocks of a message; it goes out as plain text", code=error.code)
            return await self._call(
                "chat.postMessage", self._client.chat_postMessage(**arguments, text=_plain(message))
            )

    async def edit(self, posted: Posted, message: Message) -> None:
        """Replace a message; editing twice does the same as editing once.

        Raises:
            SlackError: see the classes above.

        """
        where: dict[str, Any] = {"channel": posted.channel, "ts": posted.ts}
        self._spend("chat.update")
        try:
            await self._call("chat.update", self._client.chat_update(**where, **_content(message)))
        except SlackRefusedError as error:
            if error.code not in BLOCK_ERRORS:
                raise
            log.warning("Slack refuses the blocks of an edit; it is made as plain text", code=error.code)
            await self._call("chat.update", self._client.chat_update(**where, text=_plain(message), blocks=[]))

    async def whisper(self, channel: str, person: str, message: Message) -> None:
        """Show a message in a channel to one person only.

        Raises:
            SlackError: see the classes above.

        """
        content = {"unfurl_links": False, "unfurl_media": False, **_content(message)}
        await self._call("chat.postEphemeral", self._client.chat_postEphemeral(channel=channel, user=person, **content))

    async def find(
        self, channel: str, subject: str, since: datetime, thread_ts: str | None = None, taken: Collection[str] = ()
    ) -> Posted | None:
        """Look for a message of ours by its subject, posted at `since` or later by Slack's clock; None: it was not.

        A thread is looked through as a whole: those of our cards are short. Where Slack shows no metadata, a message
        of ours about the same export is taken for it, unless its `ts` is one of those `taken` by others.

        Raises:
            SlackError: it could not be looked for.

        """
        alike: str | None = None
        cursor = ""
        for _ in range(_PAGES):
            answer = await self._page(channel, since, thread_ts, cursor)
            _check_scopes(answer.headers)
            for message in answer.get("messages") or ():
                if _subject(message) == subject:
                    return Posted(channel, str(message["ts"]))
                if alike is None and self._is_alike(message, subject, thread_ts) and message["ts"] not in taken:
                    alike = str(message["ts"])
            cursor = str((answer.get("response_metadata") or {}).get("next_cursor") or "")
            if not cursor:
                return None if alike is None else Posted(channel, alike)
        raise SlackRefusedError("too_many_messages")

    def _is_alike(self, message: Mapping[str, Any], subject: str, thread_ts: str | None) -> bool:
        """Return whether a message without metadata may be the card or announcement of this subject."""
        kind, number = subject.split(":")[:2]
        if message.get("metadata") or message.get("user", self._bot_user) != self._bot_user or kind == "direct":
            return False
        thread = message.get("thread_ts")
        is_reply = thread is not None and thread != message.get("ts")
        text = str(message.get("text"))
        about = re.search(rf"\bexport #{number}\b", text, re.IGNORECASE)
        is_card = text.startswith("Export #")  # announcements begin with a mention
        return about is not None and is_card == (kind == "card") and is_reply == (thread_ts is not None)

    async def _page(self, channel: str, since: datetime, thread_ts: str | None, cursor: str) -> AsyncSlackResponse:
        arguments: dict[str, Any] = {
            "channel": channel,
            "include_all_metadata": True,
            "limit": _PAGE,
        }
        if cursor:
            arguments["cursor"] = cursor
        if thread_ts is None:
            self._spend("conversations.history")
            arguments["oldest"] = f"{since.timestamp():.6f}"
            return await self._call("conversations.history", self._client.conversations_history(**arguments))
        self._spend("conversations.replies")
        return await self._call("conversations.replies", self._client.conversations_replies(ts=thread_ts, **arguments))

    def _spend(self, method: str) -> None:
        """Count a call of this method.

        Raises:
            SlackRateLimitedError: by its tier, or by what Slack last said, it may not be called yet.

        """
        recent, now = self._recent[method], self._clock.now()
        while recent and now - recent[0] > _MINUTE:
            recent.popleft()
        free_at = self._paused_until.get(method, now)
        if len(recent) >= _PER_MINUTE[method]:
            free_at = max(free_at, recent[0] + _MINUTE + timedelta(seconds=1))
        if free_at > now:
            raise SlackRateLimitedError((free_at - now).total_seconds(), method)
        recent.append(now)

    async def _call(self, method: str, call: Awaitable[AsyncSlackResponse]) -> AsyncSlackResponse:
        try:
            answer = await call
        except SlackApiError as error:
            raise self._translated(method, error) from None
        except aiohttp.ClientConnectorError as error:
            raise SlackUnreachableError(type(error).__name__) from None
        except (TimeoutError, aiohttp.ClientError, SlackClientError, OSError, ValueError) as error:
            raise SlackUnsureError(type(error).__name__) from None
        if not isinstance(answer.data, dict):
            raise SlackUnsureError("no JSON")
        learn_time(self._slack_time, answer.headers)
        return answer

    def _translated(self, method: str, error: SlackApiError) -> SlackError:
        data = getattr(error.response, "data", None)
        status = getattr(error.response, "status_code", 0)
        code = str(data.get("error") or "") if isinstance(data, dict) else ""
        if status == 429 or code in {"ratelimited", "rate_limited"}:
            seconds = retry_after(getattr(error.response, "headers", {}))
            if method in _PER_MINUTE:
                self._paused_until[method] = self._clock.now() + timedelta(seconds=seconds)
            return SlackRateLimitedError(seconds, method)
        if status >= 500 or not code or code in {"internal_error", "fatal_error", "request_timeout"}:
            return SlackUnsureError(code or f"HTTP {status}")
        return SlackRefusedError(code)


def _content(message: Message) -> dict[str, Any]:
    return {"text": message.text, "blocks": message.blocks}


def _plain(message: Message) -> str:
    return f"{message.text} `/tokenflex list` shows more."


def _subject(message: Mapping[str, Any]) -> str | None:
    metadata = message.get("metadata") or {}
    if metadata.get("event_type") != EVENT_TYPE:
        return None
    subject = (metadata.get("event_payload") or {}).get("subject")
    return subject if isinstance(subject, str) else None


def _check_scopes(headers: Mapping[str, str]) -> None:
    """Check that what was read shows metadata: without its scope Slack leaves it out and says nothing.

    Raises:
        SlackRefusedError: it does not, so that no message of ours could be told from another.

    """
    scopes = _header(headers, "x-oauth-scopes")
    if scopes is not None and "metadata.message:read" not in scopes:
        raise SlackRefusedError("missing_scope")


def retry_after(headers: Mapping[str, str]) -> float:
    """Return for how many seconds Slack wants to be left alone, by the header `Retry-After`."""
    try:
        return max(1.0, float(_header(headers, "retry-after") or ""))
    except ValueError:
        return _DEFAULT_RETRY_AFTER


def learn_time(slack_time: ServerTime, headers: Mapping[str, str]) -> None:
    """Learn from an answer what Slack's clock shows, if it says so."""
    moment = http_date(_header(headers, "date") or "")
    if moment is not None:
        slack_time.observe(moment)


def _header(headers: Mapping[str, str], wanted: str) -> str | None:
    return next((str(value) for name, value in headers.items() if name.lower() == wanted), None)
