"""What Slack tells of by itself: a channel that has a new id, and what somebody types to the bot or mentions it in.

Bolt acknowledges an event before its listener runs. What is to be stored first runs in front of the listener: where
that fails, the event is not acknowledged and comes again (source: Slack, Events API: three times within six minutes).
"""

from collections.abc import Awaitable, Callable, Mapping
from functools import partial
from typing import Any

from slack_bolt.response import BoltResponse

from bot.cards import replies
from bot.exports.moved_channels import MovedChannels
from bot.people.asker import Asker, Sender
from bot.people.heard import Heard
from handlers import envelope
from handlers.guard import Guard
from handlers.replies import Replies

CHANNEL_ID_CHANGED = "channel_id_changed"
MESSAGE = "message"
MENTION = "app_mention"
#: What people write themselves; the others tell of messages that are changed, or of what became of a channel
#: (source: Slack, event `message`, subtypes).
_WRITTEN = {None, "file_share", "me_message"}


class Events:
    """The events of the manifest; others are acknowledged and mean nothing here."""

    def __init__(self, moved_channels: MovedChannels, heard: Heard, replies: Replies, guard: Guard) -> None:
        self._moved_channels = moved_channels
        self._heard = heard
        self._replies = replies
        self._guard = guard

    async def channel_id_changed(
        self,
        body: dict[str, Any],
        next: Callable[[], Awaitable[None]],  # noqa: A002 - Bolt's name for it
    ) -> BoltResponse | None:
        """Carry over what is in a channel whose id has changed, before the event is acknowledged."""
        event = body["event"]
        ids = str(body["event_id"]), str(event["old_channel_id"]), str(event["new_channel_id"])
        if not await self._guard.hear(CHANNEL_ID_CHANGED, lambda: self._moved_channels.heard(*ids)):
            return BoltResponse(status=500)
        await next()
        return None

    async def message(self, body: dict[str, Any]) -> None:
        """Say to who types to the bot, to whom it is the only one that reads, how it can be used."""
        event = body["event"]
        is_to_us = event.get("channel_type") == "im"  # an app can be subscribed to more than our manifest asks for
        if is_to_us and _is_written(event):
            await self._answer(MESSAGE, body, envelope.of_message(body))

    async def mention(self, body: dict[str, Any]) -> None:
        """Say the same to who mentions the bot in a channel, for their eyes only."""
        if _is_written(body["event"]):
            thread = str(body["event"].get("thread_ts") or "")
            await self._answer(MENTION, body, envelope.of_mention(body), thread)

    async def _answer(self, name: str, body: dict[str, Any], sender: Sender, thread: str = "") -> None:
        """Answer once, who may use the bot and who may not, where they are looking."""

        async def advise(asker: Asker) -> None:
            await self._replies.tell("", asker, replies.only_commands(), thread=thread)

        is_new = partial(self._heard.is_new, str(body["event_id"]))
        await self._guard.run(name, sender, "", advise, thread=thread, is_new=is_new)

    async def acknowledged(self) -> None:
        """Do nothing more."""


def _is_written(event: Mapping[str, Any]) -> bool:
    """Return whether a person wrote it just now: no app did, ours included, and nobody has only changed it."""
    is_new = event.get("subtype") in _WRITTEN and not event.get("edited")
    return bool(is_new and event.get("user") and not event.get("bot_id"))
