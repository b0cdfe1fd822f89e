"""The use cases: what a person can do with exports. Each stores an intention; the loops carry it out."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import Enum

import structlog
from sqlite_utils import Database as Connection

from bot.calls.turns import Turns
from bot.cards.text import channel as channel_name
from bot.cards.waiting import InLine
from bot.errors import HiddenExportError, NoSuchExportError, NotAllowedError, WrongStateError
from bot.exports import announcements
from bot.exports.durations import learn
from bot.exports.fresh_links import LONG_ENOUGH, FreshLinks
from bot.exports.slots import SLOTS, Slots
from bot.people import permissions
from bot.people.access import Access
from bot.people.asker import Asker
from bot.runtime.bell import Bell
from bot.runtime.clock import Clock
from bot.settings import LinkAudience
from bot.tokenflex.models import DownloadLink, ExportRequest
from storage import audit, outbox
from storage import exports as export_store
from storage.audit import Act, Entry
from storage.database import Database
from storage.exports import UnknownExportError
from storage.models import Export, NewExport, SentMessage
from storage.states import Event, ExportState, Note, next_state

log = structlog.get_logger(__name__)

_LISTED = 20
_A_MOMENT = 3.0  #: seconds after which a person is told that a link takes longer
_CLOCKS_DIFFER_BY = timedelta(seconds=2)  #: what we know of the server's clock moves by less


class LinkPlace(Enum):
    """Where a person who asked for a link finds it; the words are those of the audit."""

    MESSAGE = "in the message, for its channel"  #: the message is edited to show it
    THERE_ALREADY = "in the message already"  #: the message shows one that still works
    PRIVATE = "privately"  #: it is for this person's eyes


@dataclass(frozen=True, slots=True)
class Accepted:
    """An export that was stored, and its place in the line."""

    export: Export
    is_new: bool
    line: InLine


class Exports:
    """Everything that commands, buttons and forms do."""

    def __init__(
        self,
        database: Database,
        links: FreshLinks,
        turns: Turns,
        slots: Slots,
        clock: Clock,
        audience: LinkAudience,
        access: Access,
        work: Bell,
        deliveries: Bell,
    ) -> None:
        self._database = database
        self._links = links
        self._turns = turns
        self._slots = slots
        self._clock = clock
        self._audience = audience
        self._access = access
        self._work = work
        self._deliveries = deliveries

    async def accept(
        self, request: ExportRequest, asker: Asker, *, channel: str, origin: str, replaces: int | None = None
    ) -> Accepted:
        """Store a request; from here on it is never lost. The same `origin` again is the same export.

        Raises:
            ContractNotAllowedError, ChannelNotAllowedError: the settings do not permit it.
            WrongStateError: the export that this one replaces was replaced already.
            StorageFullError: there is no room; nothing was accepted.

        """
        self._access.check_contract(request.contract_number)
        self._access.check_channel(channel)
        now = self._clock.now()
        new = NewExport(request, asker.person, channel, origin, replaces)

        def _accept(db: Connection) -> tuple[Export, bool, int, float | None]:
            _check_replaceable(db, new)
            before = export_store.ahead_in_line(db, asker.person)
            full = self._slots.is_full(export_store.count_outstanding(db), now)
            export, is_new = export_store.accept(db, new, now)
            if is_new:
                export = export_store.change(db, export.number, note=Note.SLOTS if full else Note.NONE)
                announcements.card_changed(db, export, now)
                audit.add(db, _entry(asker, Act.REQUESTED, export, now, f"for channel {channel}"))
            if is_new and replaces is not None:
                old = export_store.get(db, replaces)
                audit.add(db, _entry(asker, Act.EDITED, old, now, f"sent again as {export.label}"))
                announcements.everything_changed(db, old, now)
            return export, is_new, before, _until_a_slot(db, before) if full else None

        export, is_new, before, until_a_slot = await self._database.write(_accept)
        if is_new:
            log.info("an export was accepted", export=export.number, person=asker.person)
        self._work.ring()
        self._deliveries.ring()
        ahead = max(before, self._turns.ahead_of(asker.person))
        return Accepted(export, is_new, self._in_line(ahead, until_a_slot))

    def _in_line(self, ahead: int, until_a_slot: float | None) -> InLine:
        return InLine(ahead, max(self._turns.likely_wait(ahead), until_a_slot or 0.0), until_a_slot is not None)

    async def in_line(self, export: Export) -> InLine | None:
        """Return the place of an export in the line as it is now, None where it does not wait to be submitted."""
        now = self._clock.now()

        def _place(db: Connection) -> tuple[int | None, float | None]:
            before = export_store.ahead_of(db, export.number)
            full = self._slots.is_full(export_store.count_outstanding(db), now)
            return before, _until_a_slot(db, before) if full and before is not None else None

        before, until_a_slot = await self._database.read(_place)
        return None if before is None else self._in_line(before, until_a_slot)

    @property
    def channels(self) -> tuple[str, ...]:
        """The only channels that exports may be posted to; none: any."""
        return tuple(sorted(self._access.rules.channels or ()))

    async def see(self, number: int, asker: Asker) -> Export:
        """Return an export that this person may see.

        Raises:
            NoSuchExportError: there is none, or it is not theirs to see.
            MembershipUnknownError: whether they administer is not known now.

        """
        try:
            export = await self._database.read(lambda db: export_store.get(db, number))
        except UnknownExportError:
            raise NoSuchExportError(number) from None
        seen = permissions.may_see(export, asker.person, asker.channel)
        if not seen and not await self._access.is_administrator(asker.person):
            raise HiddenExportError(number)
        return export

    async def listing(self, asker: Asker) -> tuple[tuple[Export, ...], bool]:
        """Return the newest exports of this person and of this channel, and whether there are more."""
        found = await self._database.read(
            lambda db: export_store.listing(db, requester=asker.person, channel=asker.channel, limit=_LISTED + 1)
        )
        return found[:_LISTED], len(found) > _LISTED

    async def link(
        self, number: int, asker: Asker, waiting: Callable[[], Awaitable[None]]
    ) -> tuple[Export, DownloadLink]:
        """Return a link that works, for this person; `waiting` is called when that takes more than a moment.

        Raises:
            NoSuchExportError: as `see`.
            NotAllowedError: links of this export are for others, or its contract is not allowed any more.
            WrongStateError: there is no file.
            LinkUnavailableError: Token Flex gave none.

        """
        export = await self.see(number, asker)
        if not permissions.may_have_link(export, asker.person, asker.channel, self._audience):
            raise NotAllowedError(self._links_are_for(export))
        self._access.check_contract(export.request.contract_number)
        if export.state is not ExportState.READY:
            raise WrongStateError(_no_file(export))
        return export, await self._fetched(number, asker, waiting)

    async def _fetched(self, number: int, asker: Asker, waiting: Callable[[], Awaitable[None]]) -> DownloadLink:
        fetching = asyncio.ensure_future(self._links.fresh(number, asker.person))
        alarm = asyncio.ensure_future(self._clock.sleep(_A_MOMENT))
        try:
            await asyncio.wait((fetching, alarm), return_when=asyncio.FIRST_COMPLETED)
            if not fetching.done():
                await waiting()
            return await fetching
        finally:
            fetching.cancel()
            alarm.cancel()
            self._deliveries.ring()  # it may have turned out that the export is gone

    def _links_are_for(self, export: Export) -> str:
        if self._audience is LinkAudience.REQUESTER:
            return f"Links of export {export.label} go only to the person who asked for it, <@{export.requester}>."
        return f"Links of export {export.label} can be had in its channel alone, {channel_name(export.channel)}."

    async def hand_out(self, export: Export, asker: Asker, message_ts: str = "") -> LinkPlace:
        """Say where a person finds the link that they have just got, and put it on record before they see it.

        Where links are for the whole channel, the message whose button they pressed is edited to show it.
        """
        now = self._clock.now()

        def _hand_out(db: Connection) -> LinkPlace:
            place = self._place_of_link(db, export, asker, message_ts)
            audit.add(db, _entry(asker, Act.LINK_SHOWN, export, now, place.value))
            return place

        place = await self._database.write(_hand_out)
        self._deliveries.ring()
        return place

    def _place_of_link(self, db: Connection, export: Export, asker: Asker, message_ts: str) -> LinkPlace:
        now = self._clock.now()
        for_all = self._audience is LinkAudience.CHANNEL and self._access.rules.allows_channel(export.channel)
        if not for_all or asker.channel != export.channel:
            return LinkPlace.PRIVATE
        standing: SentMessage | None = outbox.message_at(db, asker.channel, message_ts)
        if standing is None or standing.export_number != export.number:
            return LinkPlace.PRIVATE
        if standing.link_expires_at is not None and self._is_good(export, standing.link_expires_at, now):
            return LinkPlace.THERE_ALREADY
        known = outbox.get(db, standing.subject)
        outbox.put(
            db,
            subject=known.subject,
            kind=known.kind,
            export_number=export.number,
            recipient=known.recipient,
            now=now,
            words=announcements.WITH_LINK,
        )
        return LinkPlace.MESSAGE

    def _is_good(self, export: Export, shown_until: datetime, now: datetime) -> bool:
        """Return whether a link that stands in a message is the one that was just got, or works for long enough."""
        got_until = self._links.ends_at(export.number)
        is_the_same = got_until is not None and abs(got_until - shown_until) <= _CLOCKS_DIFFER_BY
        return shown_until - now >= LONG_ENOUGH or (is_the_same and shown_until > now)

    async def retry(self, number: int, asker: Asker) -> Export:
        """Ask Token Flex to try a failed export again.

        Raises:
            NoSuchExportError: as `see`.
            ContractNotAllowedError, ChannelNotAllowedError: the settings do not permit it any more.
            WrongStateError: it has not failed, or somebody was faster.

        """
        export = await self.see(number, asker)
        self._access.check_contract(export.request.contract_number)
        self._access.check_channel(export.channel)
        return await self._move(export, asker, Event.RETRY)

    async def delete(self, number: int, asker: Asker) -> Export:
        """Delete an export, here and at Token Flex.

        Raises:
            NoSuchExportError: as `see`.
            NotAllowedError: it is somebody else's.
            WrongStateError: it is being submitted or is gone already.

        """
        export = await self.see(number, asker)
        await self.check_may_delete(export, asker)
        return await self._move(export, asker, Event.DELETE)

    async def check_may_delete(self, export: Export, asker: Asker) -> None:
        """Check that this person may delete the export.

        Raises:
            NotAllowedError: it is somebody else's.
            WrongStateError: it is being submitted or is gone already.

        """
        own = permissions.may_delete(export, asker.person)
        if not own and not await self._access.is_administrator(asker.person):
            raise NotAllowedError(f"Only <@{export.requester}>, who asked for export {export.label}, can delete it.")
        if next_state(export.state, Event.DELETE) is None:
            raise WrongStateError(_makes_no_sense(export, Event.DELETE))

    def check_may_send_again(self, export: Export, asker: Asker) -> None:
        """Check that this person may send an edited copy of the export in its place.

        Raises:
            NotAllowedError: it is somebody else's.
            WrongStateError: it was sent again already, or there is no need to.

        """
        if asker.person != export.requester:
            raise NotAllowedError(
                f"Only <@{export.requester}>, who asked for export {export.label}, can send it again."
            )
        if export.replaced_by is not None:
            raise WrongStateError(f"Export {export.label} was sent again already, as #{export.replaced_by}.")
        if export.state not in {ExportState.REFUSED, ExportState.VANISHED}:
            raise WrongStateError(
                f"Export {export.label} {_STANDING[export.state]}, so there is nothing to send again. "
                "`/tokenflex` opens the form for a new export."
            )

    async def _move(self, export: Export, asker: Asker, event: Event) -> Export:
        number, now = export.number, self._clock.now()

        def _apply(db: Connection) -> Export:
            moved = export_store.move(db, number, event, now, note=Note.NONE)
            if moved is None:
                raise WrongStateError(_makes_no_sense(export_store.get(db, number), event))
            audit.add(db, _entry(asker, _ACTS[event], moved, now, moved.state.value))
            announcements.everything_changed(db, moved, now)
            return moved

        moved = await self._database.write(_apply)
        log.info("an export was changed by a person", export=number, act=_ACTS[event].value, person=asker.person)
        if event is Event.DELETE:
            self._links.forget(number)
        self._work.ring()
        self._deliveries.ring()
        return moved


_ACTS = {Event.RETRY: Act.RETRIED, Event.DELETE: Act.DELETED}


def _entry(asker: Asker, act: Act, export: Export, now: datetime, result: str) -> Entry:
    return Entry(now, asker.person, act, export.number, asker.channel, asker.source, result)


def _until_a_slot(db: Connection, ahead: int) -> float:
    """Return about how many seconds it takes until so many and one more of the exports at work have ended."""
    return (ahead + 1) * learn(export_store.newest_durations(db)).mean / SLOTS


def _check_replaceable(db: Connection, new: NewExport) -> None:
    if new.replaces is None:
        return
    old = export_store.get(db, new.replaces)
    if old.replaced_by is not None and not export_store.is_origin(db, new.origin):
        raise WrongStateError(f"Export {old.label} was sent again already, as #{old.replaced_by}.")


#: How an export stands, in words that follow its number.
_STANDING = {
    ExportState.QUEUED: "is not submitted yet",
    ExportState.SUBMITTING: "is just being submitted",
    ExportState.REQUESTED: "is still being prepared",
    ExportState.READY: "is ready",
    ExportState.FAILED: "failed",
    ExportState.REFUSED: "was refused by Token Flex",
    ExportState.RETRYING: "is being tried again",
    ExportState.DELETING: "is being deleted",
    ExportState.DELETED: "was deleted",
    ExportState.VANISHED: "is no longer at Token Flex",
}


def _no_file(export: Export) -> str:
    state, label = export.state, export.label
    standing = f"Export {label} {_STANDING[state]}"
    if state is ExportState.FAILED:
        return f"{standing}, so there is no file. `/tokenflex retry {label}` asks for it again."
    if state in {ExportState.REFUSED, ExportState.VANISHED}:
        return f"{standing}, so there is no file. {_SEND_AGAIN}"
    if state in {ExportState.DELETING, ExportState.DELETED}:
        return f"{standing}; there is nothing to download any more."
    return f"{standing}, so there is no file yet. I will say so in its channel when it is done."


def _makes_no_sense(export: Export, event: Event) -> str:
    state, standing = export.state, f"Export {export.label} {_STANDING[export.state]}"
    if event is Event.DELETE:
        soon = state in {ExportState.SUBMITTING, ExportState.RETRYING}
        return f"{standing}; it can be deleted in a minute or so." if soon else f"{standing} already."
    if state in {ExportState.REFUSED, ExportState.VANISHED}:
        return f"{standing}, so it cannot be retried. {_SEND_AGAIN}"
    if state in {ExportState.DELETING, ExportState.DELETED}:
        return f"{standing}, so there is nothing to retry."
    if state is ExportState.RETRYING:
        return f"{standing} already."
    return f"{standing}. Only an export that failed can be retried."


_SEND_AGAIN = "*Edit and send again* on its card opens the form with what you asked for."
