"""Messages that may have been posted: the answer was lost, or the process died in between.

Slack may still be working on the lost call, so one look that shows nothing is not enough: the message is posted again
only when a look some time after the doubt began shows nothing either. Where looking is refused nothing is posted twice.
"""

from datetime import datetime, timedelta

import structlog
from sqlite_utils import Database as Connection

from bot.delivery.kinds import Letter
from bot.runtime.clock import Clock
from bot.runtime.server_time import ServerTime
from bot.slack.errors import MessageGoneError, SlackError, SlackRefusedError
from bot.slack.posts import Posted, SlackPosts
from storage import outbox
from storage.database import Database
from storage.models import Delivery, SentMessage

_SETTLED_AFTER = timedelta(seconds=20)  #: by then a call whose answer was lost has had its effect, or never will
#: How much earlier than it was handed over a message is looked for: our idea of Slack's clock is rough.
_BEFORE = timedelta(minutes=10)

log = structlog.get_logger(__name__)


class StillInDoubtError(SlackError):
    """Whether a message was posted cannot be said now; look again at `again_at`, or never where that cannot help.

    `cause` is what Slack said, None where it is only too early.
    """

    def __init__(self, cause: SlackError | None, again_at: datetime | None = None) -> None:
        super().__init__("too early to say" if cause is None else str(cause))
        self.cause = cause
        self.again_at = again_at


class ReadBack:
    """Looks for messages in doubt by their metadata."""

    def __init__(self, database: Database, posts: SlackPosts, slack_time: ServerTime, clock: Clock) -> None:
        self._database = database
        self._posts = posts
        self._slack_time = slack_time
        self._clock = clock
        self._doubted_since: dict[str, datetime] = {}

    async def look_for(self, letter: Letter) -> SentMessage | None:
        """Return the message of a delivery in doubt where it stands; None: it was not posted, and may be now.

        Raises:
            StillInDoubtError: neither is certain.

        """
        subject = letter.delivery.subject
        since = self._doubted_since.setdefault(subject, self._clock.now())
        channel = await self._channel(letter)
        found = None if channel is None else await self._found(letter, channel, letter.thread_ts)
        settled_at = since + _SETTLED_AFTER
        if channel is not None and found is None and self._clock.now() < settled_at:
            raise StillInDoubtError(None, settled_at)
        del self._doubted_since[subject]
        return found

    async def _found(self, letter: Letter, channel: str, thread_ts: str | None) -> SentMessage | None:
        delivery = letter.delivery
        known = await self._database.read(outbox.messages_about, delivery.about, delivery.about_id)
        taken = {message.ts for message in known}
        try:
            posted = await self._posts.find(
                channel, delivery.subject, self._since(delivery), thread_ts, letter.resembles, taken
            )
        except SlackError as error:
            if thread_ts is not None and isinstance(error, MessageGoneError):
                return await self._found(letter, channel, None)
            if letter.is_private and isinstance(error, SlackRefusedError):
                return None  # better a private message twice than never
            raise StillInDoubtError(error) from None
        if posted is None:  # a reply that its thread did not take was posted in the channel
            return None if thread_ts is None else await self._found(letter, channel, None)
        log.info("a message in doubt had been posted", subject=delivery.subject)
        return await self._database.write(_recorded, delivery, posted)

    def _since(self, delivery: Delivery) -> datetime:
        """Return from when on a message may have been posted, by Slack's clock.

        Where that was not known as it was handed over, what is known now has to do; our clock may have been set since.
        """
        ahead = timedelta(seconds=self._slack_time.difference)
        return (delivery.handed_over_at or delivery.created_at + ahead) - _BEFORE

    async def _channel(self, letter: Letter) -> str | None:
        """Return where it would stand; None for a person whom we have never written to: their channel is not known."""
        if not letter.is_private:
            return letter.delivery.recipient
        earlier = await self._database.read(outbox.message_to, letter.delivery.recipient)
        return None if earlier is None else earlier.channel


def _recorded(db: Connection, delivery: Delivery, posted: Posted) -> SentMessage:
    """Keep where a message stands before anything else can fail, and until when the link that it may show works."""
    expiry = outbox.find(db, outbox.expiry_subject(delivery.subject))
    expires_at = None if expiry is None else expiry.due_at
    found = SentMessage(delivery.id, posted.channel, posted.ts, expires_at)
    outbox.keep_message(db, found)
    return found
