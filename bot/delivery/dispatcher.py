"""The dispatcher: turns rows of the outbox into Slack messages. Deliver, record, never twice.

A row is marked before its message is handed to Slack. When the answer is lost, or the process dies, the message is
looked for by its metadata before anything is posted again. Each recipient has a lane of its own, paced at one message
a second (source: Slack rate limits), so that a slow or closed channel holds up no other.
"""

from dataclasses import replace
from datetime import datetime, timedelta
from enum import Enum, auto

import structlog
from sqlite_utils import Database as Connection

from bot.cards.blocks import Message
from bot.cards.notices import Closing
from bot.delivery import kinds
from bot.delivery.kinds import Letter
from bot.delivery.readback import ReadBack, StillInDoubtError
from bot.errors import MembershipUnknownError, UseCaseError
from bot.exports import announcements
from bot.exports.fresh_links import FreshLinks
from bot.people.access import Access
from bot.people.permissions import Posting
from bot.runtime.backoff import SHARED, Backoff
from bot.runtime.bell import Bell
from bot.runtime.clock import Clock
from bot.runtime.server_time import ServerTime
from bot.runtime.supervision import TaskGroup
from bot.settings import LinkAudience
from bot.slack.channels import Sharing
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
from storage.audit import Act, Entry, Source
from storage.database import Database
from storage.models import Delivery, DeliveryState, Export, MessageKind, SentMessage
from storage.states import ExportState

LANE_PACE = timedelta(seconds=1.1)
#: For a message that Slack refuses and nobody knows why; it holds up no other.
_REFUSED = Backoff(SHARED.first, timedelta(hours=1))
#: An old message is given up no sooner than after so many tries, also where an administrator has it sent again.
_GIVE_UP_AFTER, _ATTEMPTS_AT_LEAST = timedelta(days=30), 5
#: Seconds that an announcement waits for a new link: with nothing to show, and with a link that lives long enough to
#: be clicked by somebody who is looking.
_LINK_PATIENCE, _SHORT_PATIENCE = 20.0, 2.0
_LONG_ENOUGH_TO_CLICK = timedelta(seconds=15)
_STILL_WORTH_SHOWING = timedelta(seconds=5)
#: Tries until a channel of which Slack does not say who reads there counts as shared.
_ASKED_AT_MOST = 3

log = structlog.get_logger(__name__)


class _Lane(Enum):
    """What a delivery that failed holds up for the same recipient."""

    OPEN = auto()  #: nothing
    LIKES = auto()  #: what is still to be posted in the same way
    WHOLE = auto()  #: everything


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
        access: Access,
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
        self._access = access
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
            due, later = await self._database.read(_due, now)
            for delivery in due:
                self._start(delivery, now)
            waits = (self._free_at.get(each.recipient, now) for each in due if each.recipient not in self._busy)
            await self._wake.wait(*waits, later)

    def _start(self, delivery: Delivery, now: datetime) -> None:
        lane = delivery.recipient
        if lane in self._busy or self._free_at.get(lane, now) > now:
            return
        self._busy.add(lane)
        self.tasks.start(f"deliver {delivery.subject}", self._in_lane(delivery), export=delivery.export_number)

    async def _in_lane(self, delivery: Delivery) -> None:
        try:
            letter = await self._database.read(kinds.load, delivery)
            try:
                await self._deliver(letter)
            except SlackError as error:
                await self._not_delivered(letter, error)
            except MembershipUnknownError:  # nothing was posted now, but it may have been before
                await self._postpone(delivery, "not told who reads there", lane=_Lane.WHOLE, state=None)
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

    async def _deliver(self, letter: Letter) -> None:
        if letter.delivery.kind is MessageKind.EXPIRY:
            await self._take_link_out(letter)
            return
        if letter.standing is None and letter.delivery.state is DeliveryState.SENDING:
            letter = replace(letter, standing=await self._read_back.look_for(letter))
        letter = replace(letter, posting=await self._posting(letter))
        await self._hand_over(letter, await self._link(letter))

    async def _posting(self, letter: Letter) -> Posting:
        """Return what this message may show where it goes; what stands there and shows more is drawn again.

        Raises:
            MembershipUnknownError: Slack does not say now who reads there.
            ChannelClosedError: nothing may be posted there.

        """
        delivery, may_wait = letter.delivery, letter.delivery.kind is not MessageKind.EXPIRY
        if letter.is_private:
            return Posting.ALL
        try:
            posting = await self._access.posting(delivery.recipient)
        except MembershipUnknownError:
            if may_wait and delivery.attempts < _ASKED_AT_MOST:
                raise
            posting = self._access.rules.posting(Sharing.HIDDEN)
        if posting is not Posting.ALL:
            await self._database.write(outbox.draw_again, delivery.recipient, self._clock.now())
        if posting is Posting.NOTHING and letter.standing is None and may_wait:
            raise ChannelClosedError(Closing.SHARED.value)
        return posting

    async def _link(self, letter: Letter) -> DownloadLink | None:
        """Return the link that this message is to show, if it is to show one and there is one."""
        export, for_all = letter.export, self._audience is LinkAudience.CHANNEL
        if export is None or export.state is not ExportState.READY:
            return None
        if not letter.delivery.shows_link or not (for_all or letter.is_private) or letter.is_discreet:
            return None
        # Either the link was fetched just now for somebody who pressed the button, or each try may be in vain and would
        # take a call from others.
        if letter.standing is not None or isinstance(refusal(letter.delivery.last_error), ChannelClosedError):
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

    async def _hand_over(self, letter: Letter, link: DownloadLink | None) -> None:
        expires = None if link is None else self._server_time.to_ours(link.expires_at)
        await self._database.write(_before, letter, expires, self._slack_time.known_now, self._clock.now())
        message = letter.message(link, self._bot_name)
        if letter.standing is None:
            subject = letter.delivery.subject
            posted = await self._posts.post(letter.delivery.recipient, message, subject, letter.thread_ts)
        else:
            posted = Posted(letter.standing.channel, letter.standing.ts)
            await self._edit(posted, message)
        self.last_success = self._clock.now()
        log.debug("a message was delivered", subject=letter.delivery.subject)
        await self._database.write(_after, letter, posted, expires, self._audience, self._clock.now())

    async def _edit(self, posted: Posted, message: Message) -> None:
        try:
            await self._posts.edit(posted, message)
        except MessageGoneError as error:
            log.info("a message that was to be edited is gone", code=str(error))

    async def _take_link_out(self, letter: Letter) -> None:
        """Take an expired link out of the message that shows it, unless another edit has, or it was never posted."""
        standing, delivery = letter.standing, letter.delivery
        if standing is None or standing.link_expires_at is None:
            await self._database.write(outbox.mark_sent, delivery)
        elif standing.link_expires_at > self._clock.now():
            later, state = standing.link_expires_at, DeliveryState.WAITING
            await self._database.write(outbox.postpone, delivery, later, "", state=state)
        else:
            letter = replace(letter, posting=await self._posting(letter))
            await self._edit(Posted(standing.channel, standing.ts), letter.message(None, self._bot_name))
            await self._database.write(_link_is_out, letter, standing)

    # When it did not work

    async def _not_delivered(self, letter: Letter, error: SlackError) -> None:
        delivery = letter.delivery
        if isinstance(error, StillInDoubtError):
            await self._doubt_remains(letter, error)
            return
        log.warning(
            "a message was not delivered", subject=delivery.subject, error=type(error).__name__, reason=str(error)
        )
        if isinstance(error, SlackRateLimitedError):
            await self._rate_limited(delivery, error)
        elif isinstance(error, SlackUnsureError):
            await self._postpone(delivery, str(error), state=DeliveryState.SENDING)
        elif isinstance(error, SlackRefusedError):
            await self._refused(letter, error)
        else:
            await self._postpone(delivery, str(error), lane=_Lane.WHOLE)

    async def _rate_limited(self, delivery: Delivery, error: SlackRateLimitedError) -> None:
        """Do what Slack asks for; that a method has had enough keeps no other from being called."""
        pause = timedelta(seconds=error.retry_after)
        posting = error.method == "chat.postMessage"
        if posting:
            self._close_lane(delivery.recipient, pause)
        await self._postpone(delivery, "rate limited", pause, lane=_Lane.WHOLE if posting else _Lane.OPEN)

    async def _refused(self, letter: Letter, error: SlackRefusedError) -> None:
        """Hold up with a refusal what would be refused for the same reason, and nothing else."""
        delivery = letter.delivery
        if isinstance(error, TokenRefusedError | ScopeMissingError):
            await self._postpone(delivery, str(error), lane=_Lane.WHOLE)
        elif letter.is_private:
            await self._whisper_instead(letter, error)
        elif isinstance(error, ChannelClosedError):
            await self._database.write(_tell_of_channel_trouble, letter, error, self._clock.now())
            await self._postpone(delivery, str(error), lane=_Lane.LIKES if letter.standing is None else _Lane.OPEN)
        else:
            await self._postpone(delivery, str(error), _REFUSED.after(delivery.attempts + 1))

    async def _doubt_remains(self, letter: Letter, doubt: StillInDoubtError) -> None:
        """Look again later where that can help; otherwise tell the requester and post nothing twice."""
        cause, now, delivery = doubt.cause, self._clock.now(), letter.delivery
        if isinstance(cause, SlackRefusedError) and not isinstance(cause, ChannelClosedError | TokenRefusedError):
            log.warning("a message in doubt cannot be looked for", subject=delivery.subject, code=str(cause))
            await self._database.write(_give_up_in_doubt, letter, str(cause), now)
            return
        if isinstance(cause, ChannelClosedError):
            await self._database.write(_tell_of_channel_trouble, letter, cause, now)
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
        lane: _Lane = _Lane.OPEN,
        state: DeliveryState | None = DeliveryState.WAITING,
    ) -> None:
        now = self._clock.now()
        due = now + (SHARED.after(delivery.attempts + 1) if pause is None else pause)
        await self._database.write(_put_off, delivery, reason, now, due, lane=lane, state=state)

    async def _whisper_instead(self, letter: Letter, error: SlackRefusedError) -> None:
        """A private message that Slack does not take is shown to the person alone, in the channel that it is about."""
        delivery, channel = letter.delivery, letter.matter.channel
        if not channel:
            await self._database.write(outbox.give_up, delivery, str(error))
            return
        message = letter.message(await self._link(letter), self._bot_name)
        try:
            await self._posts.whisper(channel, delivery.recipient, message)
        except SlackRefusedError as second:
            reason = f"{error}, {second}"
            log.warning("a private message cannot be delivered", subject=delivery.subject, reason=reason)
            await self._database.write(outbox.give_up, delivery, reason)
        except SlackError as second:
            await self._postpone(delivery, str(second))
        else:
            await self._database.write(outbox.mark_sent, delivery)


def _due(db: Connection, now: datetime) -> tuple[tuple[Delivery, ...], datetime | None]:
    """Return what is due, and when more will be."""
    return outbox.due(db, now, kinds.URGENT), outbox.next_due(db, now)


def _before(
    db: Connection, letter: Letter, expires: datetime | None, slack_now: datetime | None, now: datetime
) -> None:
    """Note what is about to be shown, so that a link is taken out again whatever happens."""
    outbox.mark_sending(db, letter.delivery, slack_now)
    if expires is None:
        return
    outbox.plan_expiry(db, letter.delivery, now, expires)
    if letter.standing is not None:
        outbox.keep_message(db, replace(letter.standing, link_expires_at=expires))
    elif letter.export is not None:  # an edit shows the link of a press, which is on record
        to = "privately" if letter.is_private else "in the message, for its channel"
        person, number, channel = letter.export.requester, letter.export.number, letter.delivery.recipient
        audit.add(db, Entry(now, person, Act.LINK_SHOWN, number, channel, Source.BOT, to))


def _after(
    db: Connection, letter: Letter, posted: Posted, expires: datetime | None, audience: LinkAudience, now: datetime
) -> None:
    """Note where the message stands, and have a link follow that is not for its channel."""
    outbox.keep_message(db, SentMessage(letter.delivery.id, posted.channel, posted.ts, expires, letter.is_discreet))
    outbox.mark_sent(db, letter.delivery)
    export = letter.export
    private = letter.announces and audience is LinkAudience.REQUESTER
    if private and export is not None and export.state is ExportState.READY:
        announcements.tell(db, export, now, MessageKind.PRIVATE_LINK, occasion=str(export.announcement))


def _link_is_out(db: Connection, letter: Letter, standing: SentMessage) -> None:
    outbox.keep_message(db, replace(standing, link_expires_at=None, is_discreet=letter.is_discreet))
    outbox.mark_sent(db, letter.delivery)


def _put_off(
    db: Connection,
    delivery: Delivery,
    reason: str,
    now: datetime,
    due: datetime,
    *,
    lane: _Lane,
    state: DeliveryState | None,
) -> None:
    """Have a delivery tried again, unless it is old enough to be given up."""
    if now - delivery.created_at > _GIVE_UP_AFTER and delivery.attempts >= _ATTEMPTS_AT_LEAST:
        is_sending = outbox.get(db, delivery.id).state is DeliveryState.SENDING
        outbox.give_up(db, delivery, reason, in_doubt=is_sending and state is not DeliveryState.WAITING)
        return
    outbox.postpone(db, delivery, due, reason, state=state)
    if lane is _Lane.WHOLE:
        outbox.hold_back(db, delivery.recipient, due)
    elif lane is _Lane.LIKES:
        outbox.hold_back_likes(db, delivery, due)


def _tell_of_channel_trouble(db: Connection, letter: Letter, trouble: ChannelClosedError, now: datetime) -> None:
    if letter.export is not None:
        announcements.tell(db, letter.export, now, MessageKind.CHANNEL_TROUBLE, detail=trouble.closing.value)


def _give_up_in_doubt(db: Connection, letter: Letter, code: str, now: datetime) -> None:
    outbox.give_up(db, letter.delivery, code, in_doubt=True)
    if letter.export is not None:
        announcements.tell(db, letter.export, now, MessageKind.POST_IN_DOUBT, occasion=letter.delivery.subject)
