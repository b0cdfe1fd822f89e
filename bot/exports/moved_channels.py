"""Channels whose id has changed for good: everything that is in them is carried over, and goes on there."""

from datetime import datetime

import structlog
from sqlite_utils import Database as Connection

from bot.errors import MembershipUnknownError
from bot.people.access import Access
from bot.people.permissions import Posting
from bot.runtime.clock import Clock
from bot.slack.errors import SlackError
from bot.slack.posts import SlackPosts
from storage import channels, events, outbox
from storage.database import Database

log = structlog.get_logger(__name__)


class MovedChannels:
    """Hears of new ids, stores them with their effect, and has the settings mean the same channels as before."""

    def __init__(self, database: Database, posts: SlackPosts, access: Access, clock: Clock) -> None:
        self._database = database
        self._posts = posts
        self._access = access
        self._clock = clock

    async def load(self) -> None:
        """Have the settings mean the channels that they name, also where an id has changed since."""
        self._access.know_changed_ids(await self._database.read(channels.changed_ids))

    async def heard(self, event_id: str, old: str, new: str) -> None:
        """Carry everything over to the id that Slack says a channel has now; the same event again changes nothing."""
        moved = await self._database.write(_heard, event_id, old, new, self._clock.now())
        await self._have_moved(old, new, moved)

    async def pressed(self, number: int, channel: str, ts: str) -> None:
        """Carry everything over where a message about this export was pressed that we know by another channel's id.

        That is a sign only; Slack has to show that it is our message and stands there.
        """
        known = await self._database.read(outbox.message_elsewhere, number, channel, ts)
        if known is None:
            return
        old, subject = known
        try:
            is_there = await self._posts.stands(channel, ts, subject)
        except SlackError as error:
            log.warning("whether the id of a channel has changed cannot be said", old=old, new=channel, code=str(error))
            return
        if is_there:
            moved = await self._database.write(channels.find_out, old, channel, self._clock.now())
            await self._have_moved(old, channel, moved)

    async def _have_moved(self, old: str, new: str, moved: bool) -> None:
        await self.load()  # also where it was stored before: what followed then may have been cut off
        if not moved:
            return
        log.info("the id of a channel has changed; everything in it goes on there", old=old, new=new)
        try:
            shows_all = await self._access.posting(new) is Posting.ALL
        except MembershipUnknownError:
            shows_all = False
        if not shows_all:  # its id has changed since people of other organisations are let in
            await self._database.write(outbox.draw_again, new, self._clock.now())


def _heard(db: Connection, event_id: str, old: str, new: str, now: datetime) -> bool:
    return events.hear(db, event_id, now) and channels.hear(db, old, new, now)
