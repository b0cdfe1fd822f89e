"""The dispatcher: turns rows of the outbox into Slack messages. Deliver, record, never twice.

A row is marked before its message is handed to Slack. When the answer is lost, or the process dies, the message is
looked for by its metadata before anything is posted again. Each recipient has a lane of its own, paced at one message
a second (source: Slack rate limits), so that a slow or closed channel holds up no other.
"""

from datetime import datetime, timedelta

import structlog
from sqlite_utils import Database as Connection

from bot.cards.blocks import Message
from bot.delivery.readback import ReadBack, StillInDoubtError
from bot.delivery.rendering import message_of
from bot.errors import UseCaseError
from bot.exports import announcements
from bot.exports.fresh_links import FreshLinks
from bot.runtime.bell import Bell
from bot.runtime.clock import Clock
from bot.runtime.server_time import ServerTime
from bot.runtime.supervision import TaskGroup
from bot.settings import LinkAudience
from bot.slack.errors import (
    ChannelClosedError,
    MessageGoneError,
    ScopeMissingError,
    SlackError,
    SlackRateLimitedError,
    SlackRefusedError,
    SlackUnsureError,
    TokenRefusedError,
    refusal,
)
from bot.slack.posts import Posted, SlackPosts
from bot.tokenflex.models import DownloadLink
from storage import audit, outbox
from storage import exports as export_store
from storage.audit import Act, Entry, Source
from storage.database import Database
from storage.models import Delivery, DeliveryState, Export, MessageKind, SentMessage
from storage.states import ExportState

LANE_PACE = timedelta(seconds=1.1)
_SOON = timedelta(seconds=2)
_LONGEST_PAUSE = timedelta(seconds=60)
_LONGEST_PAUSE_AFTER_REFUSAL = timedelta(hours=1)
#: An old message is given up no sooner than after so many tries, also where an administrator has it sent again.
_GIVE_UP_AFTER, _ATTEMPTS_AT_LEAST = timedelta(days=30), 5
#: Seconds that an announcement waits for a new link: with nothing to show, and with a link that lives long enough to
#: be clicked by somebody who is looking.
_LINK_PATIENCE, _SHORT_PATIENCE = 20.0, 2.0
_LONG_ENOUGH_TO_CLICK = timedelta(seconds=15)
_STILL_WORTH_SHOWING = timedelta(seconds=5)

log = structlog.get_logger(__name__)


class Dispatcher:
    """Delivers what the outbox holds, one message at a time in each lane."""

    def __init__(
        self,
        database: Database,
        posts: SlackPosts,
        links: FreshLinks,
        server_time: ServerTime,
        slack_time: ServerTime,
        clock: Clock,
        audience: LinkAudience,
        wake: Bell,
        bot_name: str = "tokenflex",
    ) -> None:
        self._database = database
        self._posts = posts
        self._read_back = ReadBack(database, posts, slack_time, clock)
        self._links = links
        self._server_time = server_time
        self._slack_time = slack_time
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
            await self._wake.wait(*await self._moments(due, now))

    async def _moments(self, due: tuple[Delivery, ...], now: datetime) -> list[datetime | None]:
        waits = [self._free_at.get(delivery.recipient, now) for delivery in due if delivery.recipient not in self._busy]
        later = await self._database.read(lambda db: outbox.next_due(db, now))
        return [*waits, later]

    def _start(self, delivery: Delivery, now: datetime) -> None:
        lane = delivery.recipient
        if lane in self._busy or self._free_at.get(lane, now) > now:
            return
        self._busy.add(lane)
        self.tasks.start(f"deliver {delivery.subject}", self._in_lane(delivery), export=delivery.export_number)

    async def _in_lane(self, delivery: Delivery) -> None:
        try:
            await self._deliver(delivery)
        except SlackError as error:
            await self._not_delivered(delivery, error)
        except Exception:
            log.exception("a message could not be made", subject=delivery.subject)
            await self._postpone(delivery, "crash", state=None)  # it may have been posted: the database knows
        finally:
            self._busy.discard(delivery.recipient)
            self._close_lane(delivery.recipient, LANE_PACE)
            self._wake.ring()

    def _close_lane(self, lane: str, pause: timedelta) -> None:
        free_at = self._clock.now() + pause
        self._free_at[lane] = max(free_at, self._free_at.get(lane, free_at))

    # One delivery

    async def _deliver(self, delivery: Delivery) -> None:
        if delivery.kind is MessageKind.EXPIRY:
            await self._take_link_out(delivery)
            return
        export, standing = await self._database.read(
            lambda db: (export_store.get(db, delivery.export_number), outbox.message(db, delivery.subject))
        )
        if standing is None and delivery.state is DeliveryState.SENDING:
            standing = await self._read_back.look_for(delivery, export)
        link = await self._link(delivery, export, standing)
        await self._hand_over(delivery, export, standing, link)

    async def _link(
        self, delivery: Delivery, export: Export, standing: SentMessage | None = None
    ) -> DownloadLink | None:
        """Return the link that this message is to show, if it is to show one and there is one."""
        for_all = self._audience is LinkAudience.CHANNEL
        wanted = delivery.words == announcements.WITH_LINK and export.state is ExportState.READY
        if not wanted or not (for_all or delivery.kind is MessageKind.DIRECT):
            return None
        # Either the link was fetched just now for somebody who pressed the button, or each try may be in vain and would
        # take a call from others.
        if standing is not None or isinstance(refusal(delivery.last_error), ChannelClosedError):
            return self._links.known(export.number, _STILL_WORTH_SHOWING)
        return await self._link_to_announce(export)

    async def _link_to_announce(self, export: Export) -> DownloadLink | None:
        """Return the link of the list while it has a minute, else a new one, else whatever can still be used."""
        usable = self._links.known(export.number, _LONG_ENOUGH_TO_CLICK) is not None
        patience = _SHORT_PATIENCE if usable else _LINK_PATIENCE
        try:
            return await self._links.fresh_within(patience, export.number, export.requester)
        except UseCaseError as error:
            link = self._links.known(export.number, _STILL_WORTH_SHOWING)
            if link is None:
                log.warning("a message goes out without its link", export=export.number, reason=type(error).__name__)
            return link

    async def _hand_over(
        self, delivery: Delivery, export: Export, standing: SentMessage | None, link: DownloadLink | None
    ) -> None:
        expires = None if link is None else self._server_time.to_ours(link.expires_at)
        await self._database.write(lambda db: self._before(db, delivery, export, standing, expires))
        message = message_of(delivery, export, link, self._bot_name)
        if standing is None:
            posted = await self._post(delivery, export, message)
        else:
            posted = Posted(standing.channel, standing.ts)
            await self._edit(posted, message)
        self.last_success = self._clock.now()
        log.debug("a message was delivered", subject=delivery.subject)
        await self._database.write(lambda db: self._after(db, delivery, export, posted, expires))

    def _before(
        self,
        db: Connection,
        delivery: Delivery,
        export: Export,
        standing: SentMessage | None,
        expires: datetime | None,
    ) -> None:
        """Note what is about to be shown, so that a link is taken out again whatever happens."""
        outbox.mark_sending(db, delivery, self._slack_time.known_now)
        if expires is not None:
            self._plan_expiry(db, delivery, expires)
        if standing is None and expires is not None:  # an edit shows the link of a press, which is on record
            audit.add(db, _link_shown(delivery, export, self._clock.now()))
        if standing is not None and expires is not None:
            outbox.keep_message(db, _with_expiry(standing, expires))

    def _plan_expiry(self, db: Connection, delivery: Delivery, expires: datetime) -> None:
        outbox.put(
            db,
            subject=outbox.expiry_subject(delivery.subject),
            kind=MessageKind.EXPIRY,
            export_number=delivery.export_number,
            recipient=delivery.recipient,
            now=self._clock.now(),
            due_at=expires,
        )

    def _after(
        self, db: Connection, delivery: Delivery, export: Export, posted: Posted, expires: datetime | None
    ) -> None:
        outbox.keep_message(
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

    async def _post(self, delivery: Delivery, export: Export, message: Message) -> Posted:
        thread = None
        if delivery.kind is MessageKind.RESULT:
            card = await self._database.read(lambda db: outbox.message(db, outbox.card_subject(export.number)))
            thread = None if card is None else card.ts
        return await self._posts.post(delivery.recipient, message, delivery.subject, thread)

    async def _edit(self, posted: Posted, message: Message) -> None:
        try:
            await self._posts.edit(posted, message)
        except MessageGoneError as error:
            log.info("a message that was to be edited is gone", code=str(error))

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
            await self._wait_until(delivery, later, "")
            return
        original = await self._database.read(lambda db: outbox.get(db, subject))
        await self._edit(Posted(standing.channel, standing.ts), message_of(original, export, None, self._bot_name))
        await self._database.write(lambda db: _link_is_out(db, delivery, standing))

    async def _expiry_without_message(self, delivery: Delivery, subject: str) -> None:
        """The message that was to show the link is still in doubt, or was never posted."""
        if await self._database.read(lambda db: outbox.is_open(db, subject)):
            await self._wait_until(delivery, self._clock.now() + _back_off(delivery), "waits for its message")
        else:
            await self._database.write(lambda db: outbox.mark_sent(db, delivery))

    async def _wait_until(self, delivery: Delivery, due: datetime, reason: str) -> None:
        await self._database.write(lambda db: outbox.postpone(db, delivery, due, reason, state=DeliveryState.WAITING))

    # When it did not work

    async def _not_delivered(self, delivery: Delivery, error: SlackError) -> None:
        if isinstance(error, StillInDoubtError):
            await self._doubt_remains(delivery, error)
            return
        log.warning(
            "a message was not delivered", subject=delivery.subject, error=type(error).__name__, reason=str(error)
        )
        if isinstance(error, SlackRateLimitedError):
            await self._rate_limited(delivery, error)
        elif isinstance(error, SlackUnsureError):
            await self._postpone(delivery, str(error), state=DeliveryState.SENDING)
        elif isinstance(error, SlackRefusedError):
            await self._refused(delivery, error)
        else:
            await self._postpone(delivery, str(error), whole_lane=True)

    async def _rate_limited(self, delivery: Delivery, error: SlackRateLimitedError) -> None:
        """Do what Slack asks for; that a method has had enough keeps no other from being called."""
        pause = timedelta(seconds=error.retry_after)
        posting = error.method == "chat.postMessage"
        if posting:
            self._close_lane(delivery.recipient, pause)
        await self._postpone(delivery, "rate limited", pause, whole_lane=posting)

    async def _refused(self, delivery: Delivery, error: SlackRefusedError) -> None:
        if isinstance(error, TokenRefusedError | ScopeMissingError):
            await self._postpone(delivery, str(error), whole_lane=True)
        elif delivery.kind is MessageKind.DIRECT:
            await self._whisper_instead(delivery, error)
        elif isinstance(error, ChannelClosedError):
            await self._tell_of_channel_trouble(delivery, error)
            await self._postpone(delivery, str(error), whole_lane=True)
        else:  # what Slack refuses of one message is no reason to hold up the others
            await self._postpone(delivery, str(error), _back_off(delivery, _LONGEST_PAUSE_AFTER_REFUSAL))

    async def _doubt_remains(self, delivery: Delivery, doubt: StillInDoubtError) -> None:
        """Look again later where that can help; otherwise tell the requester and post nothing twice."""
        cause, now = doubt.cause, self._clock.now()
        if isinstance(cause, SlackRefusedError) and not isinstance(cause, ChannelClosedError | TokenRefusedError):
            code = str(cause)
            log.warning("a message in doubt cannot be looked for", subject=delivery.subject, code=code)
            await self._database.write(lambda db: _give_up_in_doubt(db, delivery, code, now))
            return
        if isinstance(cause, ChannelClosedError):
            await self._tell_of_channel_trouble(delivery, cause)
        pause = None if doubt.again_at is None else doubt.again_at - now
        if isinstance(cause, SlackRateLimitedError):
            pause = timedelta(seconds=cause.retry_after)
        await self._postpone(delivery, str(doubt), pause, state=DeliveryState.SENDING)

    async def _postpone(
        self,
        delivery: Delivery,
        reason: str,
        pause: timedelta | None = None,
        *,
        whole_lane: bool = False,
        state: DeliveryState | None = DeliveryState.WAITING,
    ) -> None:
        now = self._clock.now()
        due = now + (_back_off(delivery) if pause is None else pause)

        def _write(db: Connection) -> None:
            if now - delivery.created_at > _GIVE_UP_AFTER and delivery.attempts >= _ATTEMPTS_AT_LEAST:
                in_doubt = state is not DeliveryState.WAITING and outbox.is_sending(db, delivery.id)
                outbox.give_up(db, delivery, f"{outbox.IN_DOUBT}{reason}" if in_doubt else reason)
                return
            outbox.postpone(db, delivery, due, reason, state=state)
            if whole_lane:
                outbox.hold_back(db, delivery.recipient, due)

        await self._database.write(_write)

    async def _tell_of_channel_trouble(self, delivery: Delivery, trouble: ChannelClosedError) -> None:
        now = self._clock.now()
        words = f"{announcements.CHANNEL_TROUBLE}:{trouble.closing}"

        def _tell(db: Connection) -> None:
            export = export_store.get(db, delivery.export_number)
            announcements.tell(db, export, now, words)

        await self._database.write(_tell)

    async def _whisper_instead(self, delivery: Delivery, error: SlackRefusedError) -> None:
        """A private message that Slack does not take is shown in the channel of the export, to the person only."""
        export = await self._database.read(lambda db: export_store.get(db, delivery.export_number))
        message = message_of(delivery, export, await self._link(delivery, export), self._bot_name)
        try:
            await self._posts.whisper(export.channel, delivery.recipient, message)
        except SlackRefusedError as second:
            reason = f"{error}, {second}"
            log.warning("a private message cannot be delivered", subject=delivery.subject, reason=reason)
            await self._database.write(lambda db: outbox.give_up(db, delivery, reason))
        except SlackError as second:
            await self._postpone(delivery, str(second))
        else:
            await self._database.write(lambda db: outbox.mark_sent(db, delivery))


def _link_shown(delivery: Delivery, export: Export, now: datetime) -> Entry:
    to = "privately" if delivery.kind is MessageKind.DIRECT else "in the message, for its channel"
    return Entry(now, export.requester, Act.LINK_SHOWN, export.number, delivery.recipient, Source.BOT, to)


def _back_off(delivery: Delivery, longest: timedelta = _LONGEST_PAUSE) -> timedelta:
    return min(longest, _SOON * (1 << min(delivery.attempts, 12)))


def _give_up_in_doubt(db: Connection, delivery: Delivery, code: str, now: datetime) -> None:
    outbox.give_up(db, delivery, f"{outbox.IN_DOUBT}{code}")
    export = export_store.get(db, delivery.export_number)
    announcements.tell(db, export, now, announcements.POST_IN_DOUBT, occasion=delivery.subject)


def _with_expiry(standing: SentMessage, expires: datetime) -> SentMessage:
    return SentMessage(standing.subject, standing.export_number, standing.channel, standing.ts, expires)


def _link_is_out(db: Connection, delivery: Delivery, standing: SentMessage) -> None:
    outbox.keep_message(db, SentMessage(standing.subject, standing.export_number, standing.channel, standing.ts, None))
    outbox.mark_sent(db, delivery)
