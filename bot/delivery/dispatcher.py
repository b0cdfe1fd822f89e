"""The dispatcher: turns rows of the outbox into Slack messages. Deliver, record, never twice.

A row is marked before its message is handed to Slack. When the answer is lost, or the process dies, the message is
looked for by its metadata before anything is posted again. `lanes.py` says which may go out now. What Slack refuses
holds up nothing but itself; `ways.py` says what follows from it.
"""

from dataclasses import replace
from datetime import datetime, timedelta

import structlog

from bot.cards import download
from bot.cards.blocks import Message
from bot.cards.notices import Closing
from bot.delivery import kinds, ledger, ways
from bot.delivery.kinds import Letter, Words
from bot.delivery.lanes import Lane, Lanes
from bot.delivery.readback import ReadBack, StillInDoubtError
from bot.delivery.ways import Then, Way
from bot.errors import MembershipUnknownError, UseCaseError
from bot.exports.fresh_links import LONG_ENOUGH_TO_CLICK, FreshLinks
from bot.exports.showings import SHOWN, Showings
from bot.people import owners
from bot.people.access import Access
from bot.people.permissions import Posting
from bot.runtime.backoff import SHARED
from bot.runtime.bell import Bell
from bot.runtime.clock import Clock
from bot.runtime.server_time import ServerTime
from bot.runtime.supervision import TaskGroup
from bot.settings import LinkAudience
from bot.slack.channels import Sharing
from bot.slack.errors import (
    ChannelClosedError,
    MessageGoneError,
    SlackError,
    SlackRateLimitedError,
    SlackRefusedError,
    SlackUnreachableError,
    SlackUnsureError,
    SuspendedError,
    TokenRefusedError,
)
from bot.slack.posts import Posted, SlackPosts
from bot.tokenflex.models import DownloadLink
from storage import outbox
from storage.database import Database
from storage.models import Delivery, DeliveryState, Export, MessageKind, Refusal
from storage.states import ExportState

#: Seconds that an announcement waits for a new link: with nothing to show, and with a link that lives long enough to
#: be clicked by somebody who is looking.
_LINK_PATIENCE, _SHORT_PATIENCE = 20.0, 2.0
_STILL_WORTH_SHOWING = timedelta(seconds=5)
#: Tries until a channel of which Slack does not say who reads there counts as shared.
_ASKED_AT_MOST = 3

log = structlog.get_logger(__name__)


class Dispatcher:
    """Delivers what the outbox holds, one message at a time in each lane."""

    def __init__(
        self,
        database: Database,
        posts: SlackPosts,
        links: FreshLinks,
        showings: Showings,
        server_time: ServerTime,
        slack_time: ServerTime,
        clock: Clock,
        audience: LinkAudience,
        access: Access,
        wake: Bell,
        words: Words | None = None,
    ) -> None:
        self._database = database
        self._posts = posts
        self._read_back = ReadBack(database, posts, slack_time, clock)
        self._links = links
        self._showings = showings
        self._server_time = server_time
        self._slack_time = slack_time
        self._clock = clock
        self._audience = audience
        self._access = access
        self._wake = wake
        self._words = words or Words()
        self.tasks = TaskGroup()
        self._lanes = Lanes(clock)
        self.last_success: datetime | None = None

    async def run(self) -> None:
        """Deliver what is due, then wait for what is due next."""
        while True:
            now = self._clock.now()
            due, later = await self._database.read(kinds.due, now)
            moments = []
            for delivery, is_edit in due:
                lane = Lane(delivery.recipient, is_edit)
                free_at = self._lanes.free_at(lane, now)
                if free_at > now:
                    moments.append(free_at)
                elif self._lanes.may_start(delivery, lane):
                    self._lanes.start(delivery, lane)
                    self.tasks.start(
                        f"deliver {delivery.subject}", self._in_lane(delivery, lane), export=delivery.export_number
                    )
            await self._wake.wait(*moments, later)

    async def _in_lane(self, delivery: Delivery, lane: Lane) -> None:
        try:
            await self._deliver(await self._database.read(kinds.load, delivery))
        except Exception:
            log.exception("a message could not be made", subject=delivery.subject)
            await self._postpone(delivery, "crash", state=None)  # it may have been posted: the database knows
        finally:
            self._lanes.end(lane)
            self._wake.ring()

    # One delivery

    async def _deliver(self, letter: Letter) -> None:
        delivery = letter.delivery
        if letter.standing is None and delivery.state is DeliveryState.SENDING:
            try:
                letter = replace(letter, standing=await self._read_back.look_for(letter))
            except StillInDoubtError as doubt:
                await self._doubt_remains(letter, doubt)
                return
        try:
            if delivery.kind is MessageKind.EXPIRY:
                await self._take_link_out(letter)
            else:
                letter = replace(letter, posting=await self._posting(letter))
                await self._hand_over(letter, await self._link(letter))
        except SlackError as error:
            await self._not_delivered(letter, error)
        except MembershipUnknownError:  # nothing was posted now, but it may have been before
            await self._postpone(delivery, "not told who reads there", state=None)
        else:
            self.last_success = self._clock.now()
            self._lanes.note_reach(Refusal.NONE, is_edit=letter.stands)

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
        if letter.standing is not None or letter.delivery.refusal is not Refusal.NONE:
            return download.that_fits(self._links.known(export.number, _STILL_WORTH_SHOWING))
        return download.that_fits(await self._link_to_announce(export))

    async def _link_to_announce(self, export: Export) -> DownloadLink | None:
        """Return the link of the list while it lives for long enough, else a new one, else what can still be used."""
        usable = self._links.known(export.number, LONG_ENOUGH_TO_CLICK) is not None
        patience = _SHORT_PATIENCE if usable else _LINK_PATIENCE
        try:
            return await self._links.fresh_within(patience, export)
        except UseCaseError as error:
            link = self._links.known(export.number, _STILL_WORTH_SHOWING)
            if link is None:
                log.warning("a message goes out without its link", export=export.number, reason=type(error).__name__)
            return link

    async def _hand_over(self, letter: Letter, link: DownloadLink | None) -> None:
        expires = None if link is None else self._server_time.to_ours(link.expires_at)
        await self._database.write(ledger.before, letter, expires, self._slack_time.known_now, self._clock.now())
        try:
            posted = await self._say(letter, letter.message(link, self._words))
        except (SlackRefusedError, SlackRateLimitedError, SlackUnreachableError) as error:
            if expires is not None:
                await self._database.write(ledger.nothing_was_shown, letter, str(error), self._clock.now())
            raise
        if posted.lost_blocks and expires is not None:
            expires = None
            await self._database.write(ledger.nothing_was_shown, letter, "plain text only", self._clock.now())
        await self._database.write(ledger.after, letter, posted, expires, self._audience, self._clock.now())
        log.debug("a message was delivered", subject=letter.delivery.subject)
        if letter.standing is not None:
            await self._tell_act(letter, SHOWN if expires is not None else "there was none to show")

    async def _say(self, letter: Letter, message: Message) -> Posted:
        """Hand a message to Slack; where its thread takes no reply it becomes a message of its own."""
        if letter.standing is not None:
            return await self._posts.edit(Posted(letter.standing.channel, letter.standing.ts), message)
        recipient, subject = letter.delivery.recipient, letter.delivery.subject
        try:
            return await self._posts.post(recipient, message, subject, letter.thread_ts, broadcast=letter.broadcast)
        except SlackRefusedError as error:
            if letter.thread_ts is None or ways.course(Way.REPLY, error).then is not Then.OTHER_WAY:
                raise
            log.info("a thread takes no reply; it becomes a message of its own", subject=subject, code=str(error))
            return await self._posts.post(recipient, message, subject)

    async def _tell_act(self, letter: Letter, outcome: str) -> None:
        """Tell the act that waits for the link in an edited message what came of it."""
        delivery, number = letter.delivery, letter.delivery.export_number
        if outcome != SHOWN and number is not None:
            is_expected = self._showings.is_expected(number)
            await self._database.write(
                ledger.edit_shows_no_link, letter, outcome, self._clock.now(), is_expected=is_expected
            )
        self._showings.settle(delivery.id, delivery.version, outcome)

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
            await self._posts.edit(Posted(standing.channel, standing.ts), letter.message(None, self._words))
            await self._database.write(ledger.link_is_out, letter, standing)

    # When it did not work

    async def _not_delivered(self, letter: Letter, error: SlackError) -> None:
        delivery, lane = letter.delivery, Lane(letter.delivery.recipient, letter.stands)
        log.warning(
            "a message was not delivered", subject=delivery.subject, error=type(error).__name__, reason=str(error)
        )
        if isinstance(error, SlackRateLimitedError):
            pause = timedelta(seconds=error.retry_after)
            self._lanes.close(lane, pause)
            await self._postpone(delivery, "rate limited", pause)
        elif isinstance(error, SlackUnsureError):
            await self._postpone(delivery, str(error), state=DeliveryState.SENDING)
        elif isinstance(error, SlackRefusedError):
            await self._was_refused(letter, error)
        else:
            pause = SHARED.after(delivery.attempts + 1)
            self._lanes.close(lane, pause)
            await self._postpone(delivery, str(error), pause)

    async def _was_refused(self, letter: Letter, error: SlackRefusedError) -> None:
        """Do what follows from a refusal on the last of the ways that were taken."""
        if isinstance(error, ChannelClosedError) and await self._database.read(ledger.goes_elsewhere, letter.delivery):
            await self._postpone(letter.delivery, str(error), timedelta(), state=DeliveryState.WAITING)
            return
        way = Way.EDIT if letter.stands else Way.PRIVATE if letter.is_private else Way.POST
        course = ways.course(way, error)
        self._lanes.note_reach(course.about, is_edit=letter.stands)
        if letter.stands and letter.delivery.kind is not MessageKind.EXPIRY:
            await self._tell_act(letter, str(error))
        if letter.removes and course.about is not Refusal.WORKSPACE and await self._was_taken_away(letter):
            return
        if course.then is Then.NOTHING:
            log.info("a message that was to be edited is gone, or stays as it is", code=str(error))
            await self._database.write(ledger.stays_as_it_is, letter)
        elif course.then is Then.OTHER_WAY:
            await self._whisper_instead(letter, error)
        else:
            told = await self._administrators(letter)
            await self._database.write(ledger.refused, letter, course, error, self._clock.now(), told)

    async def _administrators(self, letter: Letter) -> frozenset[str]:
        """Return who hears, besides its owner, that something is paused whose channel takes nothing."""
        return await owners.to_tell(self._access) if letter.says_a_pause else frozenset()

    async def _was_taken_away(self, letter: Letter) -> bool:
        """Delete a message that may not be edited, since nothing of its figures is to stay; say so where it stays."""
        standing = letter.standing
        if standing is None:
            return False
        try:
            await self._posts.delete(Posted(standing.channel, standing.ts))
        except MessageGoneError:
            log.info("figures that were to be removed are gone", subject=letter.delivery.subject)
        except SlackRefusedError as error:
            log.warning("figures cannot be removed", subject=letter.delivery.subject, code=str(error))
            await self._database.write(ledger.not_removed, letter, self._clock.now())
            return False
        except SlackError as error:
            await self._postpone(letter.delivery, str(error))
            return True
        await self._database.write(ledger.stays_as_it_is, letter)
        return True

    async def _whisper_instead(self, letter: Letter, error: SlackRefusedError) -> None:
        """A private message that Slack does not take is shown to the person alone, in the channel that it is about."""
        delivery, channel, now = letter.delivery, letter.matter.channel, self._clock.now()
        if not channel:
            await self._database.write(outbox.give_up, delivery, str(error))
            return
        link = await self._link(letter)
        if link is not None:
            await self._database.write(ledger.link_is_shown, letter, channel, now)
        reason = ""
        try:
            whispered = await self._posts.whisper(channel, delivery.recipient, letter.message(link, self._words))
            reason = "plain text only" if whispered.lost_blocks else ""
        except SlackError as second:
            reason = str(second)
            await self._whisper_failed(letter, error, second)
        else:
            await self._database.write(outbox.mark_sent, delivery)
        if link is not None and reason:
            await self._database.write(ledger.link_was_not_shown, letter, reason, now, channel)

    async def _whisper_failed(self, letter: Letter, error: SlackRefusedError, second: SlackError) -> None:
        """Leave a message to the administrators for which no way is open, unless Slack takes none at all."""
        delivery, reason = letter.delivery, f"{error}, {second}"
        if not isinstance(second, SlackRefusedError):
            await self._postpone(delivery, str(second))
            return
        course = ways.course(Way.WHISPER, second)
        if course.then is Then.LATER:
            await self._database.write(ledger.refused, letter, course, second, self._clock.now())
            return
        log.warning("a private message cannot be delivered", subject=delivery.subject, reason=reason)
        await self._database.write(outbox.give_up, delivery, reason)

    async def _doubt_remains(self, letter: Letter, doubt: StillInDoubtError) -> None:
        """Look again later where that can help; otherwise tell the requester and post nothing twice."""
        cause, now, delivery = doubt.cause, self._clock.now(), letter.delivery
        passing = ChannelClosedError | TokenRefusedError | SuspendedError
        if isinstance(cause, SlackRefusedError) and not isinstance(cause, passing):
            log.warning("a message in doubt cannot be looked for", subject=delivery.subject, code=str(cause))
            await self._database.write(ledger.give_up_in_doubt, letter, str(cause), now)
            return
        pause = None if doubt.again_at is None else doubt.again_at - now
        if isinstance(cause, ChannelClosedError) and await self._database.read(ledger.goes_elsewhere, delivery):
            pause = timedelta()
        elif isinstance(cause, ChannelClosedError):
            told = await self._administrators(letter)
            await self._database.write(ledger.tell_requester, letter, cause.closing, now, told)
        if isinstance(cause, SlackRateLimitedError):
            pause = timedelta(seconds=cause.retry_after)
        await self._postpone(delivery, str(doubt), pause, state=DeliveryState.SENDING)

    async def _postpone(
        self,
        delivery: Delivery,
        reason: str,
        pause: timedelta | None = None,
        *,
        state: DeliveryState | None = DeliveryState.WAITING,
    ) -> None:
        now = self._clock.now()
        due = now + (SHARED.after(delivery.attempts + 1) if pause is None else pause)
        await self._database.write(ledger.put_off, delivery, reason, now, due, state=state)
