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
from bot.runtime.clock import Clock
from bot.tokenflex.errors import ContractRefusedError, InvalidRequestError, NotFoundError
from bot.tokenflex.models import DOWNLOAD, ERROR, REQUESTED, UpstreamExport
from storage import exports as export_store
from storage.database import Database
from storage.models import Export
from storage.states import Event, ExportState, Note

_EVENTS = {DOWNLOAD: Event.FINISH, ERROR: Event.FAIL}

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Listed:
    """What one list call of a contract came to."""

    exports: tuple[Export, ...]  #: ours that the list showed, as they are now
    missing: tuple[Export, ...]  #: ours that two lists in a row lacked
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
        whole = all(record.request_key for record in records)
        seen = Seen(call, self._clock.now(), server_ahead, whole)
        return await self._database.write(_apply_list, contract, tuple(records), seen)

    async def has_vanished(self, export: Export) -> bool:
        """Ask for one export by its key; True where Token Flex no longer has it, which is then recorded.

        An unknown or foreign key may be answered by 400, 403 or 404 (source: Token Flex reference, gaps).

        Raises:
            TokenFlexError: there was no usable answer.

        """
        key = export.request_key
        if key is None:
            return False
        try:
            record = await self._calls.call(
                "get",
                lambda client: client.get_export(export.request.contract_number, key),
                rank=Rank.POLL,
            )
        except (NotFoundError, InvalidRequestError, ContractRefusedError) as error:
            log.warning("Token Flex no longer has an export", export=export.number, error=type(error).__name__)
            await self._database.write(_vanished, export.number, self._clock.now())
            return True
        if export.state is not ExportState.RETRYING or record.request_status != ERROR:
            await self.observe_one(export, record)  # until a retry is taken, the old failure shows
        return False


def _vanished(db: Connection, number: int, now: datetime) -> None:
    moved = export_store.move(db, number, Event.VANISH, now, note=Note.NONE)
    if moved is not None:
        announcements.everything_changed(db, moved, now)


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
    event = _EVENTS.get(record.request_status)
    moved = None if event is None else export_store.move(db, export.number, event, now, finished_at=now, note=Note.NONE)
    if moved is None:
        return export
    log.info("an export has ended", export=moved.number, state=moved.state.value)
    announcements.result(db, moved, now)
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
        note=Note.NONE,
    )
    if moved is None:
        return None
    announcements.card_changed(db, moved, now)
    return _apply(db, moved, record, now)


def _apply_list(db: Connection, contract: str, records: Sequence[UpstreamExport], seen: Seen) -> Listed:
    known = export_store.known_keys(db, [record.request_key for record in records])
    strangers = [record for record in records if record.request_key not in known]
    ours = {record.request_key: record for record in records if record.request_key in known}
    before = [
        export
        for export in export_store.in_states(db, (ExportState.SUBMITTING, ExportState.REQUESTED))
        if export.request.contract_number == contract
    ]
    after = [_apply_to(db, export, ours, strangers, seen) for export in before]
    listed = {record.request_key for record in records}
    return Listed(
        exports=tuple(export for export in after if export.request_key in listed),
        missing=tuple(export for export in after if _is_missing(export)),
        freed=any(export.state not in export_store.OUTSTANDING for export in after),
        elsewhere=sum(1 for record in strangers if record.request_status == REQUESTED),
    )


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


def _is_missing(export: Export) -> bool:
    return export.state is ExportState.REQUESTED and export.lists_without >= doubt.LISTS_NEEDED
