"""What people asked for, carried out: requests are submitted, failed exports retried, deleted ones removed.

Everything begins from the database, so a restart goes on where the process before ended.
"""

import contextlib
from collections.abc import Callable, Coroutine
from datetime import datetime, timedelta
from typing import Any

import structlog
from sqlite_utils import Database as Connection

from bot.calls.budget import Rank
from bot.calls.gateway import GrantedCall, TokenFlexCalls
from bot.calls.turns import StoppingError
from bot.cards.explanations import explain, upstream_message
from bot.exports import announcements, progress
from bot.exports.progress import Progress
from bot.exports.slots import Slots
from bot.runtime.bell import Bell
from bot.runtime.clock import Clock
from bot.runtime.server_time import ServerTime
from bot.runtime.supervision import TaskGroup
from bot.tokenflex.errors import (
    ContractRefusedError,
    InvalidRequestError,
    LoginNeededError,
    NotAuthorisedError,
    NotFoundError,
    QuotaExceededError,
    RateLimitedError,
    RefusedError,
    TokenFlexError,
)
from storage import exports as export_store
from storage.database import Database
from storage.models import Export
from storage.states import Event, ExportState, Note

_SHORT_PAUSE = timedelta(seconds=2)
_LONG_PAUSE = timedelta(seconds=60)
_LOOK_AT_LEAST_EVERY = 30.0  #: seconds
#: What an unknown or foreign key may be answered with (source: Token Flex reference, gaps).
_NOT_THERE = (NotFoundError, InvalidRequestError, ContractRefusedError)

log = structlog.get_logger(__name__)


def note_for(error: TokenFlexError) -> Note:
    """Return what says on the card why an export waits."""
    if isinstance(error, QuotaExceededError):
        return Note.SLOTS
    if isinstance(error, RateLimitedError):
        return Note.RATE
    if isinstance(error, NotAuthorisedError):
        return Note.LOGIN
    return Note.UNANSWERED if error.effect_unknown else Note.UNREACHABLE


def note_for_change(error: TokenFlexError) -> Note:
    """Return what says on the card why a retry or a deletion waits; both are simply made again."""
    if isinstance(error, RefusedError):
        return Note.PERMISSION
    return Note.UNREACHABLE if error.effect_unknown else note_for(error)


class Worker:
    """Carries out queued requests, retries and deletions, each as soon as there is a call for it."""

    def __init__(
        self,
        database: Database,
        calls: TokenFlexCalls,
        progress: Progress,
        slots: Slots,
        server_time: ServerTime,
        clock: Clock,
        poll: Bell,
        deliveries: Bell,
    ) -> None:
        self._database = database
        self._calls = calls
        self._progress = progress
        self._slots = slots
        self._server_time = server_time
        self._clock = clock
        self._began_at = clock.now()
        self._poll = poll
        self._deliveries = deliveries
        self.work = Bell(clock)
        self.tasks = TaskGroup()
        self._under_way: dict[int, tuple[str, str]] = {}
        self._not_before: datetime | None = None
        self._stuck_until: dict[int, datetime] = {}
        self._setbacks = 0

    async def resume(self) -> None:
        """Put in doubt what nobody submits any more: the process died, or could not store the answer.

        Doubts of an earlier process begin anew: how long they have lasted was told by a clock that may have been set.
        """
        now = self._clock.now()

        def _abandoned(db: Connection) -> list[Export]:
            submitting = export_store.in_states(db, (ExportState.SUBMITTING,))
            return [each for each in submitting if each.number not in self._under_way and self._is_anothers(each)]

        def _doubt_all(db: Connection) -> None:
            for export in _abandoned(db):
                _doubt(db, export, now)

        if await self._database.read(_abandoned):
            await self._database.write(_doubt_all)
            self._poll.ring()
            self._deliveries.ring()

    def _is_anothers(self, export: Export) -> bool:
        """Return whether this process, which does not submit it, has not doubted it either."""
        return export.unanswered_since is None or export.unanswered_since < self._began_at

    async def run(self) -> None:
        """Start what can be started, whenever there is something new or something may have changed."""
        while True:
            await self.resume()
            await self._start_changes()
            await self._start_submissions()
            await self.work.wait(self._pause())

    def _pause(self) -> float:
        """Return the seconds until something may be tried that may not be now."""
        now = self._clock.now()
        ahead = [at for at in (self._not_before, self._slots.closed_until) if at is not None and at > now]
        pauses = [max(0.1, (at - now).total_seconds()) for at in ahead]
        return min([_LOOK_AT_LEAST_EVERY, *pauses])

    async def _start_changes(self) -> None:
        states = (ExportState.RETRYING, ExportState.DELETING)
        for export in await self._database.read(lambda db: export_store.in_states(db, states)):
            job = self._retry if export.state is ExportState.RETRYING else self._delete
            if self._may_start() and self._stuck_until.get(export.number, self._clock.now()) <= self._clock.now():
                self._start(export, job)

    async def _start_submissions(self) -> None:
        if not self._may_start():
            return
        now = self._clock.now()

        def _next(db: Connection) -> tuple[tuple[Export, ...], set[tuple[str, str]], int]:
            submitting = export_store.in_states(db, (ExportState.SUBMITTING,))
            about_to = sum(1 for number in self._under_way if number not in {e.number for e in submitting})
            free = self._slots.free(export_store.count_outstanding(db), now) - about_to
            line = export_store.queued_fairly(db, max(1, free + len(self._under_way)))
            return line, {_name(export) for export in submitting}, free

        line, unresolved, free = await self._database.read(_next)
        if free <= 0:
            if line:
                self._poll.ring()  # a list shows when a place becomes free
            return
        for export in line:
            if _name(export) not in unresolved | set(self._under_way.values()):
                self._start(export, self._submit)

    def _may_start(self) -> bool:
        return self._not_before is None or self._clock.now() >= self._not_before

    def _start(self, export: Export, job: Callable[[Export], Coroutine[Any, Any, None]]) -> None:
        if export.number in self._under_way:
            return
        self._under_way[export.number] = _name(export)
        name = f"{job.__name__.strip('_')} #{export.number}"
        self.tasks.start(name, self._finish(export, job), export=export.number)

    async def _finish(self, export: Export, job: Callable[[Export], Coroutine[Any, Any, None]]) -> None:
        try:
            with contextlib.suppress(StoppingError):  # the next process goes on with it
                await job(export)
        except Exception:
            self._set_back(self._clock.now())
            raise  # the task group logs it
        finally:
            del self._under_way[export.number]
            self.work.ring()
            self._deliveries.ring()

    # Submitting

    async def _submit(self, export: Export) -> None:
        with contextlib.suppress(RateLimitedError):  # the turn has learned from it, and the export waits again
            async with self._calls.turn("submit", rank=Rank.PEOPLE, person=export.requester) as granted:
                intended = await self._intend(export)
                if intended is not None:
                    await self._post(intended, granted)

    async def _intend(self, export: Export) -> Export | None:
        """Take an export out of the line; None where it has left the line or has to wait after all.

        Waiting for the turn may have taken minutes, in which others were refused.
        """
        now = self._clock.now()

        def _take(db: Connection) -> Export | None:
            if not self._may_start():
                return None
            if self._slots.is_full(export_store.count_outstanding(db), now):
                _wait_for_slot(db, export.number, now)
                return None
            times = {"intent_at": now, "intent_server_at": self._server_time.known_now}
            return export_store.move(db, export.number, Event.TAKE, now, **times)

        return await self._database.write(_take)

    async def _post(self, export: Export, granted: GrantedCall) -> None:
        try:
            record = await granted.make(lambda client: client.submit(export.request))
        except TokenFlexError as error:
            await self._not_taken(export, error)
            if isinstance(error, RateLimitedError):
                raise  # the turn has to know
            return
        now = self._clock.now()
        await self._database.write(lambda db: progress.taken(db, export, record, now))
        self._went_well()
        self._slots.taken()
        self._poll.ring()
        log.info("Token Flex accepted an export", export=export.number)

    async def _not_taken(self, export: Export, error: TokenFlexError) -> None:
        log.warning("a request was not accepted", export=export.number, error=type(error).__name__, reason=str(error))
        now = self._clock.now()
        if isinstance(error, RefusedError):
            await self._database.write(lambda db: _refuse(db, export, error, now))
        elif error.effect_unknown:
            await self._database.write(lambda db: _doubt(db, export, now))
            self._poll.ring()
        else:
            # A token that has just ended is renewed for the next attempt; that is no reason to worry anybody.
            renewable = isinstance(error, NotAuthorisedError) and not isinstance(error, LoginNeededError)
            note = export.note if renewable and not self._setbacks else note_for(error)
            await self._database.write(lambda db: _wait(db, export, note, now))
            self._hold(error, now)

    def _hold(self, error: TokenFlexError, now: datetime) -> None:
        if isinstance(error, QuotaExceededError):
            self._slots.refused(now)
            self._poll.ring()
        elif not isinstance(error, RateLimitedError):  # the budget itself waits out a rate limit
            self._set_back(now)

    def _set_back(self, now: datetime) -> None:
        self._setbacks += 1
        self._not_before = now + min(_LONG_PAUSE, _SHORT_PAUSE * 2 ** min(self._setbacks - 1, 6))

    def _went_well(self) -> None:
        self._setbacks, self._not_before = 0, None

    # Retrying and deleting: both are safe to repeat, so a lost answer needs no care

    async def _retry(self, export: Export) -> None:
        key = export.request_key or ""
        contract = export.request.contract_number
        try:
            record = await self._calls.call(
                "retry",
                lambda client: client.retry_export(contract, key),
                rank=Rank.PEOPLE,
                person=export.requester,
            )
        except TokenFlexError as error:
            await self._change_failed(export, error, Event.REFUSE)
            return
        now = self._clock.now()
        await self._database.write(lambda db: _retried(db, export, record.request_status, now))
        await self._progress.observe_one(export, record)
        self._went_well()
        self._poll.ring()

    async def _delete(self, export: Export) -> None:
        key = export.request_key or ""
        contract = export.request.contract_number
        try:
            await self._calls.call(
                "delete",
                lambda client: client.delete_export(contract, key),
                rank=Rank.PEOPLE,
                person=export.requester,
            )
        except _NOT_THERE:
            log.info("an export was gone already when it was deleted", export=export.number)
        except TokenFlexError as error:
            await self._change_failed(export, error, None)
            return
        now = self._clock.now()
        await self._database.write(lambda db: _deleted(db, export, now))
        self._went_well()
        self._slots.freed()

    async def _change_failed(self, export: Export, error: TokenFlexError, refused: Event | None) -> None:
        """Keep a retry or deletion waiting, or end it where trying again cannot help."""
        log.warning("a change was not made", export=export.number, error=type(error).__name__)
        now = self._clock.now()
        if isinstance(error, RefusedError) and refused is not None:
            if isinstance(error, _NOT_THERE) and await self._has_vanished(export):
                return
            await self._database.write(lambda db: _refuse(db, export, error, now))
            return
        await self._database.write(lambda db: _note(db, export, note_for_change(error), now))
        self._stuck_until[export.number] = now + _LONG_PAUSE
        if not isinstance(error, RefusedError):
            self._hold(error, now)

    async def _has_vanished(self, export: Export) -> bool:
        try:
            return await self._progress.has_vanished(export)
        except TokenFlexError as error:
            log.warning("an export could not be asked for", export=export.number, error=type(error).__name__)
            return False


def _name(export: Export) -> tuple[str, str]:
    """What a list could confuse: at most one submission of it is unresolved at a time."""
    return export.request.contract_number, progress.comparable(export.request.file_name)


def _refuse(db: Connection, export: Export, error: RefusedError, now: datetime) -> None:
    explanation = upstream_message(error)
    moved = export_store.move(
        db, export.number, Event.REFUSE, now, explanation=f"{explain(error)}\n{explanation}".strip(), note=Note.NONE
    )
    if moved is not None:
        announcements.everything_changed(db, moved, now)
        announcements.tell(db, moved, now, announcements.REFUSED, occasion=now.isoformat())


def _doubt(db: Connection, export: Export, now: datetime) -> None:
    doubted = export_store.change(
        db, export.number, unanswered_since=now, lists_without=0, last_list_at=None, note=Note.UNANSWERED
    )
    announcements.card_changed(db, doubted, now)


def _wait(db: Connection, export: Export, note: Note, now: datetime) -> None:
    waits = export_store.move(db, export.number, Event.NOT_TAKEN, now, note=note)
    if waits is not None and note != export.note:
        announcements.card_changed(db, waits, now)


def _wait_for_slot(db: Connection, number: int, now: datetime) -> None:
    export = export_store.get(db, number)
    if export.state is ExportState.QUEUED:
        _note(db, export, Note.SLOTS, now)


def _note(db: Connection, export: Export, note: Note, now: datetime) -> None:
    if note != export.note:
        announcements.card_changed(db, export_store.change(db, export.number, note=note), now)


def _retried(db: Connection, export: Export, status: str, now: datetime) -> None:
    if status == "Error":
        return  # the tracker records the failure
    moved = export_store.move(
        db, export.number, Event.TAKEN, now, upstream_status=status, note=Note.NONE, explanation=""
    )
    if moved is not None:
        announcements.everything_changed(db, moved, now)


def _deleted(db: Connection, export: Export, now: datetime) -> None:
    moved = export_store.move(db, export.number, Event.GONE, now, note=Note.NONE)
    if moved is not None:
        announcements.everything_changed(db, moved, now)
