"""Links for people: who asks is checked, waits, and sees one only after that was put on record."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import Enum

from sqlite_utils import Database as Connection

from bot.cards import download
from bot.errors import (
    ChannelOnlyError,
    LinkUnavailableError,
    MembershipUnknownError,
    NoLink,
    RequesterOnlyError,
    Wish,
    WrongStateError,
)
from bot.exports.fresh_links import HAS_LINK, FreshLinks, ended_within
from bot.exports.showings import SHOWN, Showings
from bot.exports.use_cases import entry
from bot.people import permissions
from bot.people.access import Access
from bot.people.asker import Asker
from bot.people.permissions import Posting
from bot.runtime.clock import Clock
from bot.settings import LinkAudience
from bot.tokenflex.models import DownloadLink
from storage import audit, outbox
from storage import exports as export_store
from storage.audit import Act
from storage.database import Database
from storage.models import Delivery, DeliveryState, Export

#: Seconds that a person waits for a message to show their link, before they get it in another way.
_EDIT_PATIENCE = 60.0
_A_MOMENT = 3.0  #: seconds after which a person is told that a link takes longer
_CLOCKS_DIFFER_BY = timedelta(seconds=2)  #: what we know of the server's clock moves by less


class Shown(Enum):
    """Where a person who asked for a link finds it; the words are those of the audit."""

    IN_MESSAGE = "in the message, for its channel"  #: the message is edited to show it
    THERE_ALREADY = "in the message already"  #: the message shows one that still works
    PRIVATELY = "privately"  #: it is for this person's eyes


@dataclass(frozen=True, slots=True)
class ShownLink:
    """A link that is on record as shown, and where it is to be seen."""

    export: Export
    link: DownloadLink
    where: Shown


class Links:
    """Shows people the links of finished exports."""

    def __init__(
        self,
        database: Database,
        fresh: FreshLinks,
        showings: Showings,
        clock: Clock,
        audience: LinkAudience,
        access: Access,
    ) -> None:
        self._database = database
        self._fresh = fresh
        self._showings = showings
        self._clock = clock
        self._audience = audience
        self._access = access

    async def show(
        self, number: int, asker: Asker, waiting: Callable[[], Awaitable[object]], message_ts: str = ""
    ) -> ShownLink:
        """Return a link that works, on record as shown to this person; `waiting` is called when it takes a while.

        Where links are for the whole channel, the message of this `ts`, whose button was pressed, is edited to show it;
        where Slack does not take that edit, the link is for this person's eyes.

        Raises:
            NoSuchExportError: there is no such export, or it is not theirs to see.
            NotAllowedError: links of this export are for others, or its contract is not allowed any more.
            WrongStateError: there is no file.
            LinkUnavailableError: Token Flex gave none.

        """
        export = await self.check(number, asker)
        link = await self._waited_for(number, asker, waiting)
        for_all = self._audience is LinkAudience.CHANNEL and self._access.rules.allows_channel(export.channel)
        ts = message_ts if download.fits_blocks(link) and for_all and asker.channel == export.channel else ""
        if ts and not await self._only_ours_read(export.channel):
            ts = ""
        got_until = self._fresh.ends_at(number)
        with self._showings.expecting(number):
            export, where, edit = await self._database.write(
                _put_on_record, number, asker, ts, got_until, self._clock.now()
            )
            if edit is not None and not await self._is_in_message(export, asker, edit):
                link, where = await self._waited_for(number, asker, waiting), Shown.PRIVATELY  # it may have ended
                await self._database.write(_shown_privately, export, asker, self._clock.now())
        return ShownLink(export, link, where)

    async def check(self, number: int, asker: Asker, wish: Wish = Wish.LINK) -> Export:
        """Return an export of which this person may have the file now; `wish` is what they want of it.

        Raises:
            NoSuchExportError: there is no such export, or it is not theirs to see.
            NotAllowedError: files of this export are for others, or its contract is not allowed any more.
            WrongStateError: there is no file.

        """
        export = await self._access.see(number, asker)
        place = await self._access.place_of(export, asker)
        if not permissions.may_have_link(export, asker.person, place, self._audience):
            own = self._audience is LinkAudience.REQUESTER
            raise RequesterOnlyError(export, wish) if own else ChannelOnlyError(export, wish)
        self._access.check_contract(export.request.contract_number)
        if export.state not in HAS_LINK:
            raise WrongStateError(export, Wish.LINK)
        return export

    async def _only_ours_read(self, channel: str) -> bool:
        """Return whether a link may be shown in a channel; where Slack does not say now, it may not.

        What was posted before others were let in, and shows more than it may now, is drawn again.
        """
        try:
            if await self._access.posting(channel) is Posting.ALL:
                return True
        except MembershipUnknownError:
            return False
        await self._database.write(outbox.draw_again, channel, self._clock.now())
        return False

    async def not_shown(self, shown: ShownLink, asker: Asker, reason: str) -> None:
        """Put on record that a link for this person's eyes could not be shown to them."""
        await self._database.write(_not_shown, shown.export, asker, reason, self._clock.now())

    async def _is_in_message(self, export: Export, asker: Asker, edit: Delivery) -> bool:
        """Wait until a message shows the link; False where it does not, which is on record then."""
        outcome = self._showings.outcome(edit.id, edit.version)
        try:
            is_known = await ended_within(self._clock, _EDIT_PATIENCE, outcome)
        finally:
            outcome.cancel()
        reason = outcome.result() if is_known else "it took too long"
        if reason != SHOWN:
            await self._database.write(_not_in_message, export, asker, edit.id, reason, self._clock.now())
        return reason == SHOWN

    async def _waited_for(self, number: int, asker: Asker, waiting: Callable[[], Awaitable[object]]) -> DownloadLink:
        fetching = asyncio.ensure_future(self._fresh.fresh(number, asker.person))
        try:
            if not await ended_within(self._clock, _A_MOMENT, fetching):
                await waiting()
            link = await fetching
        finally:
            fetching.cancel()
        if not download.can_be_opened(link):
            raise LinkUnavailableError(number, NoLink.UNUSABLE)
        return link


def _put_on_record(
    db: Connection, number: int, asker: Asker, message_ts: str, got_until: datetime | None, now: datetime
) -> tuple[Export, Shown, Delivery | None]:
    """Return the export, where the link is shown, and the edit that shows it, which has still to be made."""
    export = export_store.get(db, number)
    where, edit = _where(db, export, asker.channel, message_ts, got_until, now)
    audit.add(db, entry(asker, Act.LINK_SHOWN, export, now, where.value))
    return export, where, edit


def _not_shown(db: Connection, export: Export, asker: Asker, reason: str, now: datetime) -> None:
    audit.add(db, entry(asker, Act.LINK_NOT_SHOWN, export, now, f"not shown: {reason}"))


def _not_in_message(db: Connection, export: Export, asker: Asker, delivery_id: int, reason: str, now: datetime) -> None:
    """Note that a message does not show a link, and will not; an edit on its way to Slack may show it yet."""
    edit = outbox.get(db, delivery_id)
    if not (edit.shows_link and edit.state is DeliveryState.SENDING):
        outbox.show_no_link(db, delivery_id)
        _not_shown(db, export, asker, reason, now)


def _shown_privately(db: Connection, export: Export, asker: Asker, now: datetime) -> None:
    audit.add(db, entry(asker, Act.LINK_SHOWN, export, now, Shown.PRIVATELY.value))


def _where(
    db: Connection, export: Export, channel: str, message_ts: str, got_until: datetime | None, now: datetime
) -> tuple[Shown, Delivery | None]:
    """Say where a link that works until then is shown, and plan the edit of the message where it is there."""
    standing = outbox.message_at(db, channel, message_ts) if message_ts else None
    known = None if standing is None else outbox.get(db, standing.delivery)
    if standing is None or known is None or known.export_number != export.number:
        return Shown.PRIVATELY, None
    stands_until = standing.link_expires_at
    is_the_same = stands_until and got_until and abs(got_until - stands_until) <= _CLOCKS_DIFFER_BY
    if is_the_same and stands_until and stands_until > now:
        return Shown.THERE_ALREADY, None
    return Shown.IN_MESSAGE, outbox.get(db, outbox.put(db, replace(known, shows_link=True), now))
