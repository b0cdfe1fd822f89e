"""What Token Flex shows, applied to our exports: progress, adoption of lost answers, vanished keys."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

import structlog
from sqlite_utils import Database as Connection

from bot.calls.budget import Rank
from bot.calls.gateway import TokenFlexCalls
from bot.exports import announcements, doubt
from bot.exports.doubt import ListCall, Seen
from bot.exports.patience import SOUGHT_FOR
from bot.runtime.clock import Clock
from bot.tokenflex.errors import NotFoundError, RefusedError, TokenFlexError
from bot.tokenflex.models import DOWNLOAD, ERROR, REQUESTED, UpstreamExport
from storage import exports as export_store
from storage.database import Database
from storage.models import Export
from storage.states import Event, ExportState

_EVENTS = {DOWNLOAD: Event.FINISH, ERROR: Event.FAIL}
#: Where a missing export cannot be asked for, so many lists without it are enough.
_LISTS_ALONE = 2 * doubt.LISTS_NEEDED

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Listed:
    """What one list call of a contract came to."""

    exports: tuple[Export, ...]  #: ours that the list showed, as they are now
    missing: tuple[Export, ...]  #: ours that two lists in a row lacked
    unseen: tuple[Export, ...]  #: ours that it lacked, which says little, since it could not be read whole
    freed: bool  #: whether a place became free: something ended, or a lost POST turned out not to have arrived
    elsewhere: int  #: outstanding exports of other programs


class Progress:
    """Brings our exports up to what Token Flex shows."""

    def __init__(self, database: Database, calls: TokenFlexCalls, clock: Clock) -> None:
        self._database = database
        self._calls = calls
        self._clock = clock

    async def observe_one(self, export: Export, record: UpstreamExport) -> Export:
        """Apply what Token Flex says of one export."""
        now = self._clock.now()
        return await self._database.write(_apply_now, export.number, record, now)

    async def observe_list(
        self, contract: str, records: Sequence[UpstreamExport], call: ListCall, server_ahead: timedelta
    ) -> Listed:
        """Apply a list of a contract; by what it has shown too, the server's clock is `server_ahead` of ours."""
        seen = Seen(call, self._clock.now(), server_ahead, _is_whole(records))
        return await self._database.write(_apply_list, contract, tuple(records), seen)

    async def has_vanished(self, export: Export) -> bool:
        """Ask by its key for an export that lists did not show; True where it is gone, which is then recorded.

        An unknown key may be answered by 400, 403 or 404 (source: Token Flex reference, gaps). Of these 404 alone says
        something by itself, since the contract can be listed; for all others it is the lists that have told.

        Raises:
            TokenFlexError: there was no usable answer, and not enough lists to do without.

        """
        key = export.request_key
        if key is None:
            return False
        try:
            record = await self._calls.call(
                "get",
                lambda client: client.get_export(export.request.contract_number, key),
                rank=Rank.POLL,
                attempts=1,
            )
        except TokenFlexError as error:
            needed = doubt.LISTS_NEEDED if isinstance(error, RefusedError) else _LISTS_ALONE
            if not isinstance(error, NotFoundError) and export.lists_without < needed:
                raise
            await self.vanish(export)
            return True
        await self._observe(export, record)
        return False

    async def is_absent(self, export: Export, error: RefusedError) -> bool:
        """Return whether an export that a call was refused for is not there any more, as lists of its contract tell.

        Where it was not found one list is enough, else there have to be two. What they do show is applied. A contract
        that cannot be listed shows nothing: what nobody knows to be absent is there.
        """
        try:
            for _ in range(1 if isinstance(error, NotFoundError) else doubt.LISTS_NEEDED):
                if not await self._is_missing_in_a_list(export):
                    return False
        except TokenFlexError as trouble:
            log.warning("an export could not be looked for", export=export.number, error=type(trouble).__name__)
            return False
        return True

    async def vanish(self, export: Export) -> None:
        """Record that Token Flex no longer shows an export."""
        log.warning("Token Flex no longer has an export", export=export.number)
        await self._database.write(_vanished, export.number, self._clock.now())

    async def _is_missing_in_a_list(self, export: Export) -> bool:
        server_time = self._calls.turns.server_time
        oldest = min(each for each in (export.requested_at, export.intent_at, export.accepted_at) if each is not None)
        call = ListCall.reaching(oldest, self._clock.now(), timedelta(seconds=server_time.difference))
        records = await self._calls.call(
            "list",
            lambda client: client.list_exports(export.request.contract_number, call.start, call.end),
            rank=Rank.PEOPLE,
            person=export.requester,
            attempts=1,
        )
        record = next((each for each in records if each.request_key == export.request_key), None)
        if record is not None:
            await self._observe(export, record)
            return False
        ahead = timedelta(seconds=server_time.difference)  # by what this list has shown, too
        return doubt.would_show(Seen(call, self._clock.now(), ahead, _is_whole(records)), export)

    async def _observe(self, export: Export, record: UpstreamExport) -> None:
        if export.state is not ExportState.RETRYING or record.request_status != ERROR:
            await self.observe_one(export, record)  # until a retry is taken, the old failure shows


def _is_whole(records: Sequence[UpstreamExport]) -> bool:
    return all(record.request_key for record in records)


def _vanished(db: Connection, number: int, now: datetime) -> None:
    before = export_store.get(db, number)
    moved = export_store.move(db, number, Event.VANISH, now, **export_store.CALM)
    if moved is None:
        return
    if before.state in {ExportState.REQUESTED, ExportState.RETRYING}:
        announcements.result(db, moved, now)  # somebody waits for it
    announcements.everything_changed(db, export_store.get(db, number), now)


def _apply_now(db: Connection, number: int, record: UpstreamExport, now: datetime) -> Export:
    return _apply(db, export_store.get(db, number), record, now)


def _apply(db: Connection, export: Export, record: UpstreamExport, now: datetime) -> Export:
    """Bring one export to the status of its record, with the messages that this causes."""
    log.debug("Token Flex shows an export", export=export.number, status=record.request_status)
    before, name = export, record.download_file_name or export.upstream_file_name
    shown = export.upstream_status, export.upstream_file_name
    if shown != (record.request_status, name) or export.lists_without or export.last_list_at:
        export = export_store.change(
            db,
            export.number,
            upstream_status=record.request_status,
            upstream_file_name=name,
            lists_without=0,
            last_list_at=None,
        )
    if export.upstream_status != before.upstream_status:
        _note_unknown(db, before, export, now)
    if export.file_name != before.file_name:
        announcements.card_changed(db, export, now)
    return _go_on(db, before, record.request_status, now)


def _go_on(db: Connection, before: Export, status: str, now: datetime) -> Export:
    """Move an export to where its status leads; one that had only seemed to vanish was announced before."""
    returns = before.state is ExportState.VANISHED
    is_news = not returns or before.upstream_status != status
    event = _EVENTS.get(status, Event.TAKEN if returns else None)
    ended = {"finished_at": now} if is_news and status in _EVENTS else {}
    moved = None if event is None else export_store.move(db, before.number, event, now, **ended, **export_store.CALM)
    if moved is None:
        return export_store.get(db, before.number)
    if ended:
        log.info("an export has ended", export=moved.number, state=moved.state.value)
        announcements.result(db, moved, now)
    else:
        log.info("an export is there again", export=moved.number, state=moved.state.value)
    if returns:
        announcements.everything_changed(db, export_store.get(db, moved.number), now)
    return export_store.get(db, moved.number)


def _note_unknown(db: Connection, before: Export, export: Export, now: datetime) -> None:
    """Show a status that we do not know on the card as it is, and take it off again."""
    known = {REQUESTED, DOWNLOAD, ERROR, None}
    if export.upstream_status not in known:
        log.warning("an unknown export status", export=export.number, status=export.upstream_status)
    if {before.upstream_status, export.upstream_status} - known:
        announcements.card_changed(db, export, now)


def taken(db: Connection, export: Export, record: UpstreamExport, now: datetime) -> Export | None:
    """Record that Token Flex has the export under this key; None where it was not waiting for that."""
    moved = export_store.move(
        db,
        export.number,
        Event.TAKEN,
        now,
        request_key=record.request_key,
        requested_at=record.requested_at or now,
        upstream_status=REQUESTED,
        upstream_file_name=record.download_file_name,
        unanswered_since=None,
        lists_without=0,
        last_list_at=None,
        **export_store.CALM,
    )
    if moved is None:
        return None
    announcements.card_changed(db, moved, now)
    return _apply(db, moved, record, now)


def _apply_list(db: Connection, contract: str, records: Sequence[UpstreamExport], seen: Seen) -> Listed:
    known = export_store.of_keys(db, [record.request_key for record in records])
    keys = {export.request_key for export in known}
    strangers = [record for record in records if record.request_key not in keys]
    ours = {record.request_key: record for record in records if record.request_key in keys}
    work = export_store.in_states(db, (ExportState.SUBMITTING, ExportState.REQUESTED))
    gone = [export for export in known if export.state is ExportState.VANISHED]
    before = [export for export in (*work, *gone) if export.request.contract_number == contract]
    after = [_apply_to(db, export, ours, strangers, seen) for export in before]
    _seek(db, contract, before, strangers, seen)
    listed = {record.request_key for record in records}
    return Listed(
        exports=tuple(export for export in after if export.request_key in listed),
        missing=tuple(export for export in after if _is_missing(export)),
        unseen=() if seen.whole else tuple(export for export in after if _is_unseen(export, listed)),
        freed=any(_held_a_slot(*each) for each in zip(before, after, strict=True)),
        elsewhere=sum(1 for record in strangers if record.request_status == REQUESTED),
    )


def _held_a_slot(before: Export, after: Export) -> bool:
    return before.state in export_store.OUTSTANDING and after.state not in export_store.OUTSTANDING


def _seek(db: Connection, contract: str, work: list[Export], strangers: list[UpstreamExport], seen: Seen) -> None:
    """Look for what was given up in doubt: what appears is deleted."""
    rivals = [export for export in work if export.state is ExportState.SUBMITTING]
    for export in export_store.abandoned(db, seen.now - SOUGHT_FOR):
        if export.request.contract_number != contract:
            continue
        record = doubt.sought(export, strangers, rivals, seen.server_ahead)
        if record is None:
            doubt.not_found(db, export, seen.now)
        else:
            strangers.remove(record)
            log.info("what was given up in doubt is there, and is deleted", export=export.number)
            taken(db, export, record, seen.now)


def _apply_to(
    db: Connection,
    export: Export,
    ours: dict[str, UpstreamExport],
    strangers: list[UpstreamExport],
    seen: Seen,
) -> Export:
    if export.request_key is not None:
        if seen.call.made_at <= export.changed_at:
            return export  # the list may be older than the export, or than its retry: it says nothing
        record = ours.get(export.request_key)
        if record is not None:
            return _apply(db, export, record, seen.now)
        return doubt.lacked(db, export, seen)
    if not export.in_doubt:
        return export
    record = doubt.arrived(export, strangers, seen.server_ahead)
    if record is None:
        return doubt.not_arrived(db, export, seen)
    strangers.remove(record)
    log.info("a lost answer was found in the list", export=export.number)
    return taken(db, export, record, seen.now) or export


def _is_unseen(export: Export, listed: set[str]) -> bool:
    return export.state is ExportState.REQUESTED and export.request_key not in listed


def _is_missing(export: Export) -> bool:
    return export.state is ExportState.REQUESTED and export.lists_without >= doubt.LISTS_NEEDED
