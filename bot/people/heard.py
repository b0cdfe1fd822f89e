"""What people type to the bot: Slack may tell of it more than once, and each is answered once."""

from bot.runtime.clock import Clock
from storage import events
from storage.database import Database


class Heard:
    """Knows the events that were heard already, also by an earlier process."""

    def __init__(self, database: Database, clock: Clock) -> None:
        self._database = database
        self._clock = clock

    async def is_new(self, event_id: str) -> bool:
        """Put an event on record and return whether it was not there yet."""
        return await self._database.write(events.hear, event_id, self._clock.now())
