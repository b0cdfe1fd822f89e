"""The dispatcher: turns rows of the outbox into Slack messages. Deliver, record, never twice.

A row is marked before its message is handed to Slack. When the answer is lost, or the process dies, the message is
looked for by its metadata before anything is posted again. Each recipient has a lane of its own, paced at one message
a second (source: Slack rate limits), so that a slow or closed channel holds up no other.
"""

from datetime import datetime, timedelta

import structlog
from sqlite_utils import Database as Connection

from bot.tokenflex.models import DownloadLink
from storage import exports as export_store
from storage import outbox
from storage.database import Database
from storage.models import Delivery, DeliveryState, Export, MessageKind, SentMessage
from storage.states import ExportState

from . import announcements
from .cards import export_card, notices
from .cards.blocks import Message
from .clock import Clock
from .links import Links
from .problems import UseCaseError
from .server_time import ServerTime
from .settings import LinkAudience
from .signals import Signal
from .slack_posts import (
    Posted,
    SlackError,
    SlackPosts,
    SlackRateLimitedError,
    SlackRefusedError,
    SlackUnsureError,
)
from .supervision import TaskGroup

LANE_PACE = timedelta(seconds=1.1)
_LOOK_AT_LEAST_EVERY = 30.0
_SOON = timedelta(seconds=2)
_LONGEST_PAUSE = timedelta(seconds=60)
_GIVE_UP_AFTER = timedelta(days=30)
#: Slack's words for "not in this channel, as it stands"; somebody can mend them (source: chat.postMessage reference).
_CHANNEL_TROUBLE = {
    "channel_not_found",
    "not_in_channel",
    "is_archived",
    "restricted_action",
    "restricted_action_read_only_channel",
    "restricted_action_thread_only_channel",
    "restricted_action_non_threadable_channel",
    "team_access_not_granted",
}
_NOTHING_TO_EDIT = {"message_not_found", "cant_update_message", "edit_window_closed", "is_inactive", "block_mismatch"}

#: How long an announcement waits for a link before it goes out without one.
_LINK_PATIENCE = 20.0
_STILL_WORTH_SHOWING = timedelta(seconds=5)

log = structlog.get_logger(__name__)


class _StillInDoubtError(SlackError):
    """A message that may have been posted could not be looked for; `cause` is what Slack said."""

    def __init__(self, cause: SlackError) -> None:
        super().__init__(str(cause))
        self.cause = cause


class Dispatcher:
    """Delivers what the outbox holds, one message at a time in each lane."""

    def __init__(
        self,
        database: Database,
        posts: SlackPosts,
        links: Links,
        server_time: ServerTime,
        clock: Clock,
        audience: LinkAudience,
        wake: Signal,
        bot_name: str = "tokenflex",
    ) -> None:
        self._database = database
        self._posts = posts
        self._links = links
        self._server_time = server_time
        self._clock = clock
        self._audience = audience
        self._wake = wake
        self._bot_name = bot_name
        self.tasks = TaskGroup()
        self._busy: set[str] = set()
        self._free_at: dict[str, datetime] = {}
        self.last_success: datetime | None = None

    async def run(self) -> None:
        """Deliver what is due, then wait for what is due next."""
        while True:
            now = self._clock.now()
            due = await self._database.read(lambda db: outbox.due(db, now))  # noqa: B023 - awaited at once
            for delivery in due:
                self._start(delivery, now)
            await self._wake.wait(await self._pause(due, now))

    async def _pause(self, due: tuple[Delivery, ...], now: datetime) -> float:
        waits = [self._free_at.get(delivery.recipient, now) for delivery in due if delivery.recipient not in self._busy]
        later = await self._database.read(lambda db: outbox.next_due(db, now))
        moments = [moment for moment in (*waits, later) if moment is not None]
        if not moments:
            return _LOOK_AT_LEAST_EVERY
        return min(_LOOK_AT_LEAST_EVERY, max(0.02, (min(moments) - self._clock.now()).total_seconds()))

    def _start(self, delivery: Delivery, now: datetime) -> None:
        lane = delivery.recipient
        if lane in self._busy or self._free_at.get(lane, now) > now:
            return
        self._busy.add(lane)
        self.tasks.start(f"deliver {delivery.subject}", self._in_lane(delivery))

    async def _in_lane(self, delivery: Delivery) -> None:
        try:
            await self._deliver(delivery)
        except SlackError as error:
            await self._not_delivered(delivery, error)
        except Exception:
            log.exception("a message could not be made", subject=delivery.subject)
            await self._postpone(delivery, "crash")
        finally:
            self._busy.discard(delivery.recipient)
            self._free_at[delivery.recipient] = self._clock.now() + LANE_PACE
            self._wake.ring()

    # One delivery

    async def _deliver(self, delivery: Delivery) -> None:
        if delivery.kind is MessageKind.EXPIRY:
            await self._take_link_out(delivery)
            return
        export, standing = await self._database.read(
            lambda db: (export_store.get(db, delivery.export_number), outbox.message(db, delivery.subject))
        )
        if standing is None and delivery.state is DeliveryState.SENDING:
            standing = await self._look_for(delivery, export)
        if standing is None and await self._must_wait(delivery, export):
            return
        link = await self._link(delivery, export, standing)
        await self._hand_over(delivery, export, standing, link)

    async def _must_wait(self, delivery: Delivery, export: Export) -> bool:
        """A reply needs its card first, as long as the card is still to come."""
        if delivery.kind is not MessageKind.RESULT:
            return False
        subject = outbox.card_subject(export.number)
        if not await self._database.read(
            lambda db: outbox.message(db, subject) is None and outbox.is_open(db, subject)
        ):
            return False
        due = self._clock.now() + _SOON
        await self._database.write(lambda db: outbox.postpone(db, delivery, due, "waits for its card"))
        return True

    async def _link(
        self, delivery: Delivery, export: Export, standing: SentMessage | None = None
    ) -> DownloadLink | None:
        """Return the link that this message is to show, if it is to show one and there is one."""
        for_all = self._audience is LinkAudience.CHANNEL
        wanted = delivery.words == announcements.WITH_LINK and export.state is ExportState.READY
        if not wanted or not (for_all or delivery.kind is MessageKind.DIRECT):
            return None
        if standing is not None:  # somebody pressed the button, and the link was fetched for them just now
            return self._links.known(export.number, _STILL_WORTH_SHOWING)
        try:
            return await self._links.fresh_within(_LINK_PATIENCE, export.number, export.requester)
        except UseCaseError as error:
            log.warning("a message goes out without its link", export=export.number, reason=type(error).__name__)
            return None

    async def _hand_over(
        self, delivery: Delivery, export: Export, standing: SentMessage | None, link: DownloadLink | None
    ) -> None:
        expires = None if link is None else self._server_time.to_ours(link.expires_at)
        await self._database.write(lambda db: self._before(db, delivery, standing, expires))
        message = self._message(delivery, export, link)
        if standing is None:
            posted = await self._post(delivery, export, message)
        else:
            posted = Posted(standing.channel, standing.ts)
            await self._edit(posted, message)
        self.last_success = self._clock.now()
        await self._database.write(lambda db: self._after(db, delivery, export, posted, expires))

    def _before(
        self, db: Connection, delivery: Delivery, standing: SentMessage | None, expires: datetime | None
    ) -> None:
        """Note what is about to be shown, so that a link is taken out again whatever happens."""
        outbox.mark_sending(db, delivery)
        if expires is not None:
            self._plan_expiry(db, delivery, expires)
        if standing is not None and expires is not None:
            outbox.record_message(db, _with_expiry(standing, expires))

    def _plan_expiry(self, db: Connection, delivery: Delivery, expires: datetime) -> None:
        outbox.put(
            db,
            subject=f"expiry:{delivery.subject}",
            kind=MessageKind.EXPIRY,
            export_number=delivery.export_number,
            recipient=delivery.recipient,
            now=self._clock.now(),
            due_at=expires,
        )

    def _after(
        self, db: Connection, delivery: Delivery, export: Export, posted: Posted, expires: datetime | None
    ) -> None:
        outbox.record_message(
            db, SentMessage(delivery.subject, delivery.export_number, posted.channel, posted.ts, expires)
        )
        outbox.mark_sent(db, delivery)
        if (
            delivery.kind is MessageKind.RESULT
            and export.state is ExportState.READY
            and self._audience is LinkAudience.REQUESTER
        ):
            now = self._clock.now()
            announcements.tell(db, export, now, announcements.WITH_LINK, occasion=str(export.announcement))

    def _message(self, delivery: Delivery, export: Export, link: DownloadLink | None) -> Message:
        if delivery.kind is MessageKind.CARD:
            return export_card.card(export, link)
        if delivery.kind is MessageKind.RESULT:
            return export_card.announcement(export, _announcement_number(delivery.subject), link)
        if delivery.words == announcements.WITH_LINK:
            return export_card.expired_private_link(export) if link is None else export_card.private_link(export, link)
        if delivery.words == announcements.REFUSED:
            return export_card.refusal(export)
        if delivery.words == announcements.POST_IN_DOUBT:
            return notices.post_in_doubt(export)
        return notices.channel_trouble(export, delivery.words.partition(":")[2], self._bot_name)

    async def _post(self, delivery: Delivery, export: Export, message: Message) -> Posted:
        thread = None
        if delivery.kind is MessageKind.RESULT:
            card = await self._database.read(lambda db: outbox.message(db, outbox.card_subject(export.number)))
            thread = None if card is None else card.ts
        return await self._posts.post(delivery.recipient, message, delivery.subject, thread)

    async def _edit(self, posted: Posted, message: Message) -> None:
        try:
            await self._posts.edit(posted, message)
        except SlackRefusedError as error:
            if error.code not in _NOTHING_TO_EDIT:
                raise
            log.info("a message that was to be edited is gone", code=error.code)

    async def _take_link_out(self, delivery: Delivery) -> None:
        subject = delivery.subject.partition(":")[2]
        now = self._clock.now()
        export, standing = await self._database.read(
            lambda db: (export_store.get(db, delivery.export_number), outbox.message(db, subject))
        )
        if standing is None:
            await self._expiry_without_message(delivery, subject)
            return
        if standing.link_expires_at is None:  # another edit has taken it out
            await self._database.write(lambda db: outbox.mark_sent(db, delivery))
            return
        if standing.link_expires_at > now:
            later = standing.link_expires_at
            await self._database.write(lambda db: outbox.postpone(db, delivery, later, ""))
            return
        original = await self._database.read(lambda db: outbox.get(db, subject))
        await self._edit(Posted(standing.channel, standing.ts), self._message(original, export, None))
        await self._database.write(lambda db: _link_is_out(db, delivery, standing))

    async def _expiry_without_message(self, delivery: Delivery, subject: str) -> None:
        """The message that was to show the link is still in doubt, or was never posted."""
        due = self._clock.now() + _SOON
        if await self._database.read(lambda db: outbox.is_open(db, subject)):
            await self._database.write(lambda db: outbox.postpone(db, delivery, due, "waits for its message"))
        else:
            await self._database.write(lambda db: outbox.mark_sent(db, delivery))

    # When it did not work

    async def _look_for(self, delivery: Delivery, export: Export) -> SentMessage | None:
        """Find a message that may have been posted; where that cannot be seen, it is not posted again."""
        where = await self._where_it_would_be(delivery, export)
        if where is None:
            return None
        since = delivery.created_at - timedelta(minutes=1)
        try:
            found = await self._posts.find(where[0], delivery.subject, since, where[1])
        except SlackError as error:
            if delivery.kind is MessageKind.DIRECT and isinstance(error, SlackRefusedError):
                return None  # better a private message twice than never
            raise _StillInDoubtError(error) from None
        if found is None:
            return None
        log.info("a message in doubt had been posted", subject=delivery.subject)
        return SentMessage(delivery.subject, delivery.export_number, found.channel, found.ts)

    async def _where_it_would_be(self, delivery: Delivery, export: Export) -> tuple[str, str | None] | None:
        if delivery.kind is MessageKind.DIRECT:
            earlier = await self._database.read(lambda db: outbox.message_to(db, delivery.recipient))
            return None if earlier is None else (earlier.channel, None)
        if delivery.kind is MessageKind.RESULT:
            card = await self._database.read(lambda db: outbox.message(db, outbox.card_subject(export.number)))
            return (delivery.recipient, None if card is None else card.ts)
        return (delivery.recipient, None)

    async def _doubt_remains(self, delivery: Delivery, cause: SlackError) -> None:
        """Look again later where that can help; otherwise tell the requester and post nothing twice."""
        if not isinstance(cause, SlackRefusedError) or cause.code in _CHANNEL_TROUBLE:
            await self._postpone(delivery, str(cause), state=DeliveryState.SENDING)
            return
        log.warning("a message in doubt cannot be looked for", subject=delivery.subject, code=cause.code)
        now = self._clock.now()

        def _tell(db: Connection) -> None:
            outbox.give_up(db, delivery, f"in doubt: {cause.code}")
            export = export_store.get(db, delivery.export_number)
            announcements.tell(db, export, now, announcements.POST_IN_DOUBT, occasion=delivery.subject)

        await self._database.write(_tell)

    async def _not_delivered(self, delivery: Delivery, error: SlackError) -> None:
        log.warning(
            "a message was not delivered", subject=delivery.subject, error=type(error).__name__, reason=str(error)
        )
        if isinstance(error, _StillInDoubtError):
            await self._doubt_remains(delivery, error.cause)
        elif isinstance(error, SlackRateLimitedError):
            await self._postpone(delivery, "rate limited", timedelta(seconds=error.retry_after), whole_lane=True)
        elif isinstance(error, SlackUnsureError):
            await self._postpone(delivery, str(error), state=DeliveryState.SENDING)
        elif isinstance(error, SlackRefusedError) and delivery.kind is MessageKind.DIRECT:
            await self._whisper_instead(delivery, error)
        elif isinstance(error, SlackRefusedError) and error.code in _CHANNEL_TROUBLE:
            await self._channel_trouble(delivery, error)
        else:  # what Slack refuses of one message is no reason to hold up the others
            await self._postpone(delivery, str(error), whole_lane=not isinstance(error, SlackRefusedError))

    async def _postpone(
        self,
        delivery: Delivery,
        reason: str,
        pause: timedelta | None = None,
        *,
        whole_lane: bool = False,
        state: DeliveryState = DeliveryState.WAITING,
    ) -> None:
        now = self._clock.now()
        due = now + (pause or min(_LONGEST_PAUSE, _SOON * 2 ** min(delivery.attempts, 6)))

        def _write(db: Connection) -> None:
            if now - delivery.created_at > _GIVE_UP_AFTER:
                outbox.give_up(db, delivery, reason)
                return
            outbox.postpone(db, delivery, due, reason, state=state)
            if whole_lane:
                outbox.hold_back(db, delivery.recipient, due)

        await self._database.write(_write)

    async def _channel_trouble(self, delivery: Delivery, error: SlackRefusedError) -> None:
        now = self._clock.now()
        words = f"{announcements.CHANNEL_TROUBLE}:{error.code}"

        def _tell(db: Connection) -> None:
            export = export_store.get(db, delivery.export_number)
            announcements.tell(db, export, now, words)

        await self._database.write(_tell)
        await self._postpone(delivery, error.code, whole_lane=True)

    async def _whisper_instead(self, delivery: Delivery, error: SlackRefusedError) -> None:
        """A private message that Slack does not take is shown in the channel of the export, to the person only."""
        export = await self._database.read(lambda db: export_store.get(db, delivery.export_number))
        link = await self._link(delivery, export)
        try:
            await self._posts.whisper(export.channel, delivery.recipient, self._message(delivery, export, link))
        except SlackRefusedError as second:
            reason = f"{error.code}, {second.code}"
            log.warning("a private message cannot be delivered", subject=delivery.subject, reason=reason)
            await self._database.write(lambda db: outbox.give_up(db, delivery, reason))
        except SlackError as second:
            await self._postpone(delivery, str(second))
        else:
            await self._database.write(lambda db: outbox.mark_sent(db, delivery))


def _announcement_number(subject: str) -> int:
    return int(subject.rpartition(":")[2])


def _with_expiry(standing: SentMessage, expires: datetime) -> SentMessage:
    return SentMessage(standing.subject, standing.export_number, standing.channel, standing.ts, expires)


def _link_is_out(db: Connection, delivery: Delivery, standing: SentMessage) -> None:
    outbox.record_message(
        db, SentMessage(standing.subject, standing.export_number, standing.channel, standing.ts, None)
    )
    outbox.mark_sent(db, delivery)
