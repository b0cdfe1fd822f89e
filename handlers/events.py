"""What Slack tells of by itself; no person acts, so nobody is answered.

Bolt acknowledges an event before its listener runs. What is to be stored first runs in front of the listener: where
that fails, the event is not acknowledged and comes again (source: Slack, Events API: three times within six minutes).
"""

from collections.abc import Awaitable, Callable
from typing import Any

from slack_bolt.response import BoltResponse

from bot.exports.moved_channels import MovedChannels
from handlers.guard import Guard

CHANNEL_ID_CHANGED = "channel_id_changed"


class Events:
    """The events of the manifest; others are acknowledged and mean nothing here."""

    def __init__(self, moved_channels: MovedChannels, guard: Guard) -> None:
        self._moved_channels = moved_channels
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

    async def acknowledged(self) -> None:
        """Do nothing more."""
