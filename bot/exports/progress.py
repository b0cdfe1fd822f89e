"""What Token Flex shows, applied to our exports: progress, adoption of lost answers, vanished keys."""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import structlog
from sqlite_utils import Database as Connection

from bot.calls.budget import Rank
from bot.calls.gateway import TokenFlexCalls
from bot.exports import announcements
from bot.runtime.clock import Clock
from bot.tokenflex.errors import ContractRefusedError, ForbiddenError, InvalidRequestError, NotFoundError
from bot.tokenflex.models import DOWNLOAD, ERROR, REQUESTED, UpstreamExport
from storage import exports as export_store
from storage.database import Database
from storage.models import Export
from storage.states import Event, ExportState, Note

#: The server may still be working on a POST whose answer was lost, so these decide when it has not arrived
#: (source: house plan, "Submitting exactly once").
FIRST_LIST_AFTER = timedelta(seconds=30)
LISTS_APART = timedelta(seconds=20)
LISTS_NEEDED = 2
#: How much earlier than our intent an adopted export may have been requested: our idea of the server's clock is rough.
_CLOCK_SLACK = timedelta(seconds=5)

_SIGNS = re.compile(r"[\W_]+")
_LATER = datetime.max.replace(tzinfo=UTC)
_EVENTS = {DOWNLOAD: Event.FINISH, ERROR: Event.FAIL}

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Listed:
    """What one list call of a contract came to."""

    exports: tuple[Export, ...]  #: ours that the list showed, as they are now
    missing: tuple[Export, ...]  #: ours that two lists in a row lacked
    freed: bool  #: whether a place became free: something ended, or a lost POST turned out not to have arrived
    elsewhere: int  #: outstanding exports of other programs


@dataclass(frozen=True, slots=True)
class ListCall:
    """One list call: when it was made, by our clock, and its `fromDate` and `toDate`, which are the server's times."""

    made_at: datetime
    start: datetime
    end: datetime


@dataclass(frozen=True, slots=True)
class _Seen:
    """A list, when it was applied, by our clock, and how far the server's is ahead of that, its answer included."""

    call: ListCall
    now: datetime
    server_ahead: timedelta
    whole: bool  #: whether each of its entries could be read


class Progress:
    """Brings our exports up to what Token Flex shows."""

    def __init__(self, database: Database, calls: TokenFlexCalls, clock: Clock) -> None:
        self._database = database
        self._calls = calls
        self._clock = clock

    async def observe_one(self, export: Export, record: UpstreamExport) -> Export:
        """Apply what Token Flex says of one export."""
        now = self._clock.now()
        return await self._database.write(lambda db: _apply(db, export_store.get(db, export.number), record, now))

    async def observe_list(
        self, contract: str, records: Sequence[UpstreamExport], call: ListCall, server_ahead: timedelta
    ) -> Listed:
        """Apply a list of a contract; by what it has shown too, the server's clock is `server_ahead` of ours."""
        whole = all(record.request_key for record in records)
        seen = _Seen(call, self._clock.now(), server_ahead, whole)
        return await self._database.write(lambda db: _apply_list(db, contract, records, seen))

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
            await self._vanish(export)
            return True
        except ForbiddenError:
            raise
        if export.state is not ExportState.RETRYING or record.request_status != ERROR:
            await self.observe_one(export, record)  # until a retry is taken, the old failure shows
        return False

    async def _vanish(self, export: Export) -> None:
        now = self._clock.now()

        def vanish(db: Connection) -> None:
            moved = export_store.move(db, export.number, Event.VANISH, now, note=Note.NONE)
            if moved is not None:
                announcements.everything_changed(db, moved, now)

        await self._database.write(vanish)


def _apply(db: Connection, export: Export, record: UpstreamExport, now: datetime) -> Export:
    """Bring one export to the status of its record, with the messages that this causes."""
    log.debug("Token Flex shows an export", export=export.number, status=record.request_status)
    before = export
    if export.upstream_status != record.request_status or export.lists_without or export.last_list_at:
        export = export_store.change(
            db, export.number, upstream_status=record.request_status, lists_without=0, last_list_at=None
        )
    if export.upstream_status != before.upstream_status:
        _note_unknown(db, before, export, now)
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
        unanswered_since=None,
        lists_without=0,
        last_list_at=None,
        note=Note.NONE,
    )
    if moved is None:
        return None
    announcements.card_changed(db, moved, now)
    return _apply(db, moved, record, now)


def _apply_list(db: Connection, contract: str, records: Sequence[UpstreamExport], seen: _Seen) -> Listed:
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
    seen: _Seen,
) -> Export:
    if export.request_key is not None:
        if seen.call.made_at <= export.changed_at:
            return export  # the list may be older than the export, or than its retry: it says nothing
        record = ours.get(export.request_key)
        if record is not None:
            return _apply(db, export, record, seen.now)
        return _lacked(db, export, seen)
    if not export.in_doubt:
        return export
    record = _arrived(export, strangers, seen.server_ahead)
    if record is None:
        return _not_arrived(db, export, seen)
    strangers.remove(record)
    log.info("a lost answer was found in the list", export=export.number)
    return taken(db, export, record, seen.now) or export


def _is_missing(export: Export) -> bool:
    return export.state is ExportState.REQUESTED and export.lists_without >= LISTS_NEEDED


def _arrived(export: Export, strangers: Iterable[UpstreamExport], server_ahead: timedelta) -> UpstreamExport | None:
    """Return the record that a POST without an answer made: same file name, not older than our intent.

    A name that is the same to the letter is preferred to one that is only comparable. A record whose time is not known
    counts too: to send the same again and again would be worse.
    """
    sent_at = _sent_at(export, server_ahead)
    matching = [
        record
        for record in strangers
        if record.request_key
        and comparable(record.download_file_name) == comparable(export.request.file_name)
        and sent_at is not None
        and (record.requested_at is None or record.requested_at >= sent_at - _CLOCK_SLACK)
    ]
    name = _bare(export.request.file_name)
    return min(
        matching,
        key=lambda record: (_bare(record.download_file_name) != name, record.requested_at or _LATER),
        default=None,
    )


def _sent_at(export: Export, server_ahead: timedelta) -> datetime | None:
    """Return when the POST went out, by the server's clock.

    Where that was not known then, our clock may have been set since, and what is known now has to do.
    """
    if export.intent_server_at is not None or export.intent_at is None:
        return export.intent_server_at
    return export.intent_at + server_ahead


def _lacked(db: Connection, export: Export, seen: _Seen) -> Export:
    """Count a list without this export, if it says anything."""
    if not _would_show(seen, export):
        return export
    lists = export.lists_without + 1
    return export_store.change(db, export.number, lists_without=lists, last_list_at=seen.call.made_at)


def _would_show(seen: _Seen, export: Export) -> bool:
    """Return whether a list shows this export if it is there: it reaches from its request to the server's present.

    The dates of a list are made from what was known before it; its own answer may tell that they were wrong. An entry
    that could not be read may be any export.
    """
    if not seen.whole:
        return False
    requested_at = export.requested_at or _sent_at(export, seen.server_ahead)
    reaches_back = requested_at is None or seen.call.start <= requested_at
    return reaches_back and seen.now + seen.server_ahead < seen.call.end


def comparable(file_name: str) -> str:
    """Return what of a file name is compared: a server may write blanks, signs and capitals in its own way."""
    return _SIGNS.sub("_", _bare(file_name).casefold())


def _bare(file_name: str) -> str:
    return file_name[: -len(".csv")] if file_name.lower().endswith(".csv") else file_name


def _not_arrived(db: Connection, export: Export, seen: _Seen) -> Export:
    if seen.call.made_at < next_list_for(export):
        return export
    export = _lacked(db, export, seen)
    if export.lists_without < LISTS_NEEDED:
        return export
    log.info("a request did not reach Token Flex and waits again", export=export.number)
    back = export_store.move(
        db,
        export.number,
        Event.NOT_TAKEN,
        seen.now,
        unanswered_since=None,
        lists_without=0,
        last_list_at=None,
        note=Note.NONE,
    )
    if back is None:
        return export
    announcements.card_changed(db, back, seen.now)
    return back


def next_list_for(export: Export) -> datetime:
    """Return from when on a list says something about a POST whose answer was lost."""
    if export.last_list_at is not None:
        return export.last_list_at + LISTS_APART
    return (export.unanswered_since or export.changed_at) + FIRST_LIST_AFTER
