"""Messages that may have been posted: the answer was lost, or the process died in between.

Slack may still be working on the lost call, so one look that shows nothing is not enough: the message is posted again
only when a look some time after the doubt began shows nothing either. Where looking is refused nothing is posted twice.
"""

from datetime import datetime, timedelta

import structlog
from sqlite_utils import Database as Connection

from bot.runtime.clock import Clock
from bot.runtime.server_time import ServerTime
from bot.slack.errors import MessageGoneError, SlackError, SlackRefusedError
from bot.slack.posts import Posted, SlackPosts
from storage import outbox
from storage.database import Database
from storage.models import Delivery, Export, MessageKind, SentMessage

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

    async def look_for(self, delivery: Delivery, export: Export) -> SentMessage | None:
        """Return the message of a delivery in doubt where it stands; None: it was not posted, and may be now.

        Raises:
            StillInDoubtError: neither is certain.

        """
        since = self._doubted_since.setdefault(delivery.subject, self._clock.now())
        where = await self._where_it_would_be(delivery, export)
        found = None if where is None else await self._found(delivery, *where)
        settled_at = since + _SETTLED_AFTER
        if where is not None and found is None and self._clock.now() < settled_at:
            raise StillInDoubtError(None, settled_at)
        del self._doubted_since[delivery.subject]
        return found

    async def _found(self, delivery: Delivery, channel: str, thread_ts: str | None) -> SentMessage | None:
        number = delivery.export_number
        known = await self._database.read(lambda db: outbox.messages_of(db, number))
        taken = {message.ts for message in known}
        try:
            posted = await self._posts.find(channel, delivery.subject, self._since(delivery), thread_ts, taken)
        except SlackError as error:
            if thread_ts is not None and isinstance(error, MessageGoneError):
                return await self._found(delivery, channel, None)
            if delivery.kind is MessageKind.DIRECT and isinstance(error, SlackRefusedError):
                return None  # better a private message twice than never
            raise StillInDoubtError(error) from None
        if posted is None:
            return None
        log.info("a message in doubt had been posted", subject=delivery.subject)
        return await self._database.write(lambda db: _recorded(db, delivery, posted))

    def _since(self, delivery: Delivery) -> datetime:
        """Return from when on a message may have been posted, by Slack's clock.

        Where that was not known as it was handed over, what is known now has to do; our clock may have been set since.
        """
        ahead = timedelta(seconds=self._slack_time.difference)
        return (delivery.handed_over_at or delivery.created_at + ahead) - _BEFORE

    async def _where_it_would_be(self, delivery: Delivery, export: Export) -> tuple[str, str | None] | None:
        """Return channel and thread; None for a person whom we have never written to: their channel is not known."""
        if delivery.kind is MessageKind.DIRECT:
            earlier = await self._database.read(lambda db: outbox.message_to(db, delivery.recipient))
            return None if earlier is None else (earlier.channel, None)
        if delivery.kind is MessageKind.RESULT:
            card = await self._database.read(lambda db: outbox.message(db, outbox.card_subject(export.number)))
            return (delivery.recipient, None if card is None else card.ts)
        return (delivery.recipient, None)


def _recorded(db: Connection, delivery: Delivery, posted: Posted) -> SentMessage:
    """Keep where a message stands before anything else can fail, and until when the link that it may show works."""
    expiry = outbox.expiry_subject(delivery.subject)
    expires_at = outbox.get(db, expiry).due_at if outbox.is_open(db, expiry) else None
    found = SentMessage(delivery.subject, delivery.export_number, posted.channel, posted.ts, expires_at)
    outbox.keep_message(db, found)
    return found
