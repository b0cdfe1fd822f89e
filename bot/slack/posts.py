"""Messages of the bot: posted, edited, looked for; every failure says whether something was sent."""

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import structlog

from bot.cards.blocks import Message
from bot.slack.api import SlackApi
from bot.slack.errors import BlocksRefusedError, ScopeMissingError, SlackRefusedError

EVENT_TYPE = "tokenflex_export"
_PAGE = 200
_PAGES = 25
#: Links are shown as they are: Slack's crawler would spend one that works once.
_NO_UNFURLING: Mapping[str, Any] = {"unfurl_links": False, "unfurl_media": False}

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Posted:
    """Where a message stands now."""

    channel: str
    ts: str
    lost_blocks: bool = False  #: whether Slack refused its blocks, so that it shows its text alone


class SlackPosts:
    """Posts, edits and finds messages of the bot, whose own account is `bot_user`."""

    def __init__(self, api: SlackApi, bot_user: str = "") -> None:
        self._api = api
        self._bot_user = bot_user

    async def post(
        self, channel: str, message: Message, subject: str, thread_ts: str | None = None, *, broadcast: bool = True
    ) -> Posted:
        """Post a message, in a thread also to the channel unless it is not `broadcast`.

        Raises:
            SlackError: it was not posted, or may not have been.

        """
        metadata = {"event_type": EVENT_TYPE, "event_payload": {"subject": subject}}
        arguments: dict[str, Any] = {"channel": channel, "metadata": metadata, **_NO_UNFURLING}
        thread = {} if thread_ts is None else {"thread_ts": thread_ts, "reply_broadcast": broadcast}
        response, lost_blocks = await self._say("chat.postMessage", message, arguments | thread)
        return Posted(str(response.get("channel") or channel), str(response["ts"]), lost_blocks)

    async def edit(self, posted: Posted, message: Message) -> Posted:
        """Replace a message; editing twice does the same as editing once.

        Raises:
            SlackError: it was not edited, or may not have been.

        """
        _, lost_blocks = await self._say(
            "chat.update", message, {"channel": posted.channel, "ts": posted.ts}, {"blocks": []}
        )
        return Posted(posted.channel, posted.ts, lost_blocks)

    async def delete(self, posted: Posted) -> None:
        """Take a message of ours away for good.

        Raises:
            SlackError: it was not deleted, or may not have been.

        """
        await self._api.call("chat.delete", channel=posted.channel, ts=posted.ts)

    async def whisper(self, channel: str, person: str, message: Message) -> Posted:
        """Show a message in a channel to one person only; its `ts` is of no use afterwards.

        Raises:
            SlackError: it was not shown, or may not have been.

        """
        arguments = {"channel": channel, "user": person, **_NO_UNFURLING}
        _, lost_blocks = await self._say("chat.postEphemeral", message, arguments)
        return Posted(channel, "", lost_blocks)

    async def _say(
        self, method: str, message: Message, arguments: Mapping[str, Any], plain: Mapping[str, Any] | None = None
    ) -> tuple[Mapping[str, Any], bool]:
        """Call a method with a message; where all of its blocks are refused once more, with a text alone and `plain`.

        Return the response, and whether what only the blocks say was lost.
        """
        for refused, blocks in enumerate(self._api.drawings.of(message)):
            try:
                response = await self._api.call(method, text=message.text, blocks=blocks, **arguments)
            except BlocksRefusedError as error:
                log.warning("Slack refuses the blocks of a message; it goes out plainer", code=str(error))
            else:
                if refused:
                    self._api.drawings.plainer_taken()
                return response, False
        text = message.bare or f"{message.text} `/tokenflex list` shows more."
        return await self._api.call(method, text=text, **arguments, **(plain or {})), not message.bare

    async def find(
        self,
        channel: str,
        subject: str,
        since: datetime,
        thread_ts: str | None = None,
        resembles: Callable[[str], bool] | None = None,
        taken: Collection[str] = (),
    ) -> Posted | None:
        """Look for a message of ours by its subject, posted at `since` or later by Slack's clock; None: it was not.

        A thread is looked through as a whole: those of our cards are short. Where Slack shows no metadata, a message
        of ours whose text resembles it is taken for it, unless its `ts` is one of those `taken` by others.

        Raises:
            SlackError: it could not be looked for.

        """
        alike: str | None = None
        cursor = ""
        for _ in range(_PAGES):
            page = await self._page(channel, since, thread_ts, cursor)
            for message in page.get("messages") or ():
                if _subject(message) == subject:
                    return Posted(channel, str(message["ts"]))
                is_alike = resembles is not None and self._is_alike(message, resembles, thread_ts)
                if alike is None and is_alike and message["ts"] not in taken:
                    alike = str(message["ts"])
            cursor = str((page.get("response_metadata") or {}).get("next_cursor") or "")
            if not cursor:
                return None if alike is None else Posted(channel, alike)
        raise SlackRefusedError("too_many_messages")

    async def stands(self, channel: str, ts: str, subject: str) -> bool:
        """Return whether our message of this subject is the one that has this `ts` in a channel.

        Raises:
            SlackError: that cannot be said.

        """
        at: dict[str, Any] = {"oldest": ts, "latest": ts, "inclusive": True, "include_all_metadata": True, "limit": 1}
        page = await self._api.call("conversations.history", channel=channel, **at)
        subjects = {subject} if self._shows_metadata else {subject, None}
        return any(
            message.get("ts") == ts and message.get("user") == self._bot_user and _subject(message) in subjects
            for message in page.get("messages") or ()
        )

    @property
    def _shows_metadata(self) -> bool:
        """Without the scope for it Slack leaves metadata out and says nothing."""
        return self._api.scopes is None or "metadata.message:read" in self._api.scopes

    def _is_alike(self, message: Mapping[str, Any], resembles: Callable[[str], bool], thread_ts: str | None) -> bool:
        """Return whether a message without metadata is ours, stands in the right place and has such a text."""
        if message.get("metadata") or message.get("user", self._bot_user) != self._bot_user:
            return False
        thread = message.get("thread_ts")
        is_reply = thread is not None and thread != message.get("ts")
        return is_reply == (thread_ts is not None) and resembles(str(message.get("text")))

    async def _page(self, channel: str, since: datetime, thread_ts: str | None, cursor: str) -> Mapping[str, Any]:
        """Return a page of what was posted, with metadata."""
        arguments: dict[str, Any] = {"channel": channel, "include_all_metadata": True, "limit": _PAGE}
        if cursor:
            arguments["cursor"] = cursor
        if thread_ts is None:
            arguments["oldest"] = f"{since.timestamp():.6f}"
            page = await self._api.call("conversations.history", **arguments)
        else:
            page = await self._api.call("conversations.replies", ts=thread_ts, **arguments)
        if not self._shows_metadata:
            raise ScopeMissingError("missing_scope")
        return page


def _subject(message: Mapping[str, Any]) -> str | None:
    metadata = message.get("metadata") or {}
    if metadata.get("event_type") != EVENT_TYPE:
        return None
    subject = (metadata.get("event_payload") or {}).get("subject")
    return subject if isinstance(subject, str) else None
