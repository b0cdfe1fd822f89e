"""Requests become exports at Token Flex: the intention is stored, the POST goes out, its answer is recorded."""

import contextlib
from datetime import datetime

import structlog
from sqlite_utils import Database as Connection

from bot.calls.budget import Rank
from bot.calls.gateway import GrantedCall, TokenFlexCalls
from bot.cards.explanations import explain, upstream_message
from bot.exports import announcements, doubt, progress
from bot.exports.hold import Hold
from bot.exports.patience import note_for, noted, pauses
from bot.exports.slots import Slots
from bot.runtime.clock import Clock
from bot.runtime.server_time import ServerTime
from bot.tokenflex.errors import (
    LoginNeededError,
    NotAuthorisedError,
    QuotaExceededError,
    RateLimitedError,
    RefusedError,
    TokenFlexError,
)
from storage import exports as export_store
from storage.database import Database
from storage.models import Export, MessageKind
from storage.states import Event, ExportState, Note

log = structlog.get_logger(__name__)


class Submissions:
    """Makes the POST of one request at a time for each that is in its turn."""

    def __init__(
        self,
        database: Database,
        calls: TokenFlexCalls,
        slots: Slots,
        server_time: ServerTime,
        clock: Clock,
        hold: Hold,
    ) -> None:
        self._database = database
        self._calls = calls
        self._slots = slots
        self._server_time = server_time
        self._clock = clock
        self._hold = hold

    async def submit(self, export: Export) -> None:
        """Wait for a turn, then have Token Flex make the export, if it is to be made by then."""
        with contextlib.suppress(RateLimitedError):  # the turn has learned from it, and the export waits again
            rank = Rank.SCHEDULE if export.asks_by_itself else Rank.PEOPLE
            async with self._calls.turn("submit", rank=rank, person=export.requester) as granted:
                intended = await self._intend(export)
                if intended is not None:
                    await self._post(intended, granted, tried_at=export.intent_at)

    async def _intend(self, export: Export) -> Export | None:
        """Take an export out of the line; None where it has left the line or has to wait after all.

        Waiting for the turn may have taken minutes, in which others were refused.
        """
        if not self._hold.is_over:
            return None
        now = self._clock.now()
        left_to_us = self._slots.left_to_us(now)
        return await self._database.write(_take, export.number, left_to_us, now, self._server_time.known_now)

    async def _post(self, export: Export, granted: GrantedCall, *, tried_at: datetime | None) -> None:
        try:
            record = await granted.make(lambda client: client.submit(export.request))
        except TokenFlexError as error:
            await self._not_taken(export, self._judged(error, tried_at))
            if isinstance(error, RateLimitedError):
                raise  # the turn has to know
            return
        now = self._clock.now()
        await self._database.write(progress.taken, export, record, now)
        self._hold.went_well()
        self._slots.taken()
        log.info("Token Flex accepted an export", export=export.number)

    def _judged(self, error: TokenFlexError, tried_at: datetime | None) -> TokenFlexError:
        """Return what an error means; a limit that is met again by what starts exports alone is that of exports."""
        judged = self._calls.health.judged(error, tried_at)
        is_of_exports = isinstance(error, RateLimitedError) and judged is not error
        return QuotaExceededError("no more exports are taken") if is_of_exports else judged

    async def _not_taken(self, export: Export, error: TokenFlexError) -> None:
        log.warning("a request was not accepted", export=export.number, error=type(error).__name__, reason=str(error))
        now = self._clock.now()
        if isinstance(error, RefusedError):
            await self._database.write(refuse, export.number, explanation(error), now)
        elif error.effect_unknown:
            await self._database.write(doubt.begin, export, now)
        else:
            await self._database.write(_wait, export, error, now)
        self._hold.failed(error)


def explanation(error: RefusedError) -> str:
    """Return what is kept of a refusal: our sentence, and in the next line Token Flex's own."""
    return f"{explain(error)}\n{upstream_message(error)}".strip()


def refuse(db: Connection, number: int, told: str, now: datetime) -> None:
    """Record that Token Flex refused a request, or a retry, and tell the requester."""
    moved = export_store.move(db, number, Event.REFUSE, now, explanation=told, **export_store.CALM)
    if moved is None:
        return
    announcements.everything_changed(db, moved, now)
    if moved.state is not ExportState.DELETED:  # nobody wants to know any more
        announcements.tell(db, moved, now, MessageKind.REFUSAL, occasion=now.isoformat())


def wait_for_slot(db: Connection, number: int, now: datetime) -> None:
    """Note that a request waits for a place."""
    export = export_store.get(db, number)
    if export.state is ExportState.QUEUED and export.note is not Note.SLOTS:
        changes = noted(export, Note.SLOTS, now)
        announcements.card_changed(db, export_store.change(db, number, **changes), now)


def _take(db: Connection, number: int, left_to_us: int, now: datetime, server_now: datetime | None) -> Export | None:
    if export_store.count_outstanding(db) >= left_to_us:
        wait_for_slot(db, number, now)
        return None
    return export_store.move(db, number, Event.TAKE, now, intent_at=now, intent_server_at=server_now, next_try_at=None)


def _wait(db: Connection, export: Export, error: TokenFlexError, now: datetime) -> None:
    """Put a request back into the line that certainly did not arrive.

    A token that has just ended is renewed for the next attempt; that is no reason to worry anybody.
    """
    if isinstance(error, NotAuthorisedError) and not isinstance(error, LoginNeededError) and not error.concerns_all:
        changes = pauses(export, error, now) if export.attempts else {"attempts": 1}
    else:
        changes = noted(export, note_for(error), now)
    if export_store.get(db, export.number).state is ExportState.ABANDONED:
        changes = dict(export_store.CALM)  # nobody waits for it any more
    waits = export_store.move(db, export.number, Event.NOT_TAKEN, now, **changes)
    if waits is not None and (waits.note, waits.next_try_at) != (export.note, export.next_try_at):
        announcements.card_changed(db, waits, now)
