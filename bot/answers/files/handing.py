"""Has Slack show a file whose bytes it has, and finds out whether it does: once, as far as Slack lets us know.

That it is asked is on record before it is. Where the answer is lost, Slack is asked what became of the file before
anything is done again, if the app may; else nothing is. Slack's word is no proof either: a file that it took and shows
nowhere is asked for once more, and then said to be lost (source: Slack, files; shares are made later, and were lost).
"""

from datetime import timedelta
from typing import Final

import structlog

from bot.answers.files import placing
from bot.cards import file_card
from bot.cards.file_card import NoFile
from bot.runtime.backoff import Backoff
from bot.runtime.clock import Clock
from bot.settings import LinkAudience
from bot.slack.errors import FileGoneError, SlackError, SlackUnsureError
from bot.slack.files import SlackFiles
from storage import attachments
from storage.attachments import Attachment, AttachmentState
from storage.database import Database
from storage.models import Export

_SETTLED_AFTER: Final = timedelta(seconds=20)  #: by then a call whose answer was lost has had its effect, or never will
_SHOWN_WITHIN: Final = timedelta(minutes=1)  #: what Slack does not show by then it has lost
_LOOKS: Final = Backoff(timedelta(seconds=2), timedelta(seconds=20))
_TIMES: Final = 2  #: that Slack is asked to show one and the same file

log = structlog.get_logger(__name__)


class Handing:
    """The last step of a file."""

    def __init__(self, database: Database, files: SlackFiles, clock: Clock, audience: LinkAudience) -> None:
        self._database = database
        self._files = files
        self._clock = clock
        self._audience = audience

    async def hand(self, attachment: Attachment, export: Export) -> None:
        """Have Slack show a file, once its place is there and the answer stands before it.

        Raises:
            SlackError: it does not, or may not.
            NoPlaceError: there is no place for it.

        """
        where = attachment.announcement, self._audience
        place = await self._database.read(placing.place_of, export, *where)
        if place is None:
            return  # a commit wakes us
        handing = await self._database.write(attachments.handing, attachment.id, self._clock.now())
        if handing is None:
            return
        comment = file_card.comment(export, handing)
        try:
            await self._files.share(handing.slack_id, handing.name, comment, place.channel, place.thread_ts)
        except SlackUnsureError:
            raise  # it may
        except FileGoneError:
            if attachment.state is AttachmentState.HANDED:  # it was taken before, and is not taken twice
                await self._ended(handing, AttachmentState.LOST, NoFile.LOST)
                return
            await self._database.write(attachments.again, handing.id, self._clock.now())
            raise
        except SlackError:
            await self._database.write(attachments.not_handed, handing.id, self._clock.now())
            raise
        await self._database.write(attachments.handed, handing.id, self._clock.now())

    async def settle(self, attachment: Attachment, export: Export) -> None:
        """Find out whether Slack has taken a file of which it did not say so.

        Raises:
            SlackError, NoPlaceError: as `hand`.

        """
        if not self._files.may_read:
            await self._ended(attachment, AttachmentState.UNSEEN, NoFile.UNSURE)
            return
        standing, now = await self._files.standing(attachment.slack_id), self._clock.now()
        settled_at = (attachment.handed_at or attachment.changed_at) + _SETTLED_AFTER
        if standing is not None:
            await self._database.write(attachments.handed, attachment.id, now)
        elif now < settled_at:
            await self._database.write(attachments.pause, attachment, settled_at, now)
        else:
            await self.hand(attachment, export)

    async def look(self, attachment: Attachment, export: Export) -> None:
        """Find out whether Slack shows a file that it has taken; where it does not, it is asked once more.

        Raises:
            SlackError, NoPlaceError: as `hand`.

        """
        if not self._files.may_read:
            await self._ended(attachment, AttachmentState.UNSEEN)
            return
        standing, now = await self._files.standing(attachment.slack_id), self._clock.now()
        if standing is None:  # somebody has deleted it
            await self._ended(attachment, AttachmentState.DELETED)
        elif standing.shown_at:
            await self._ended(attachment, AttachmentState.SHOWN)
        elif now < (attachment.handed_at or attachment.changed_at) + _SHOWN_WITHIN:
            pause = _LOOKS.after(attachment.attempts + 1)
            await self._database.write(attachments.pause, attachment, now + pause, now)
        elif attachment.times_handed < _TIMES:
            await self.hand(attachment, export)
        else:
            await self._ended(attachment, AttachmentState.LOST, NoFile.LOST)

    async def _ended(self, attachment: Attachment, state: AttachmentState, reason: str = "") -> None:
        if reason:
            log.warning("a file may not stand in its thread", reason=reason)
        await self._database.write(placing.ended, attachment, state, reason, self._audience, self._clock.now())
