"""What people asked for, carried out: requests are submitted, failed exports retried, deleted ones removed.

Everything begins from the database, so a restart goes on where the process before ended.
"""

import contextlib
from collections.abc import Callable, Coroutine
from datetime import datetime
from typing import Any

import structlog
from sqlite_utils import Database as Connection

from bot.calls.budget import Rank
from bot.calls.gateway import GrantedCall, TokenFlexCalls
from bot.calls.turns import StoppingError
from bot.cards.explanations import explain, upstream_message
from bot.exports import announcements, doubt, progress
from bot.exports.progress import Progress
from bot.exports.slots import Slots
from bot.runtime.backoff import OWN, SHARED
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
from storage.models import Export, MessageKind
from storage.states import Event, ExportState, Note

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
        wake: Bell,
    ) -> None:
        self._database = database
        self._calls = calls
        self._progress = progress
        self._slots = slots
        self._server_time = server_time
        self._clock = clock
        self._began_at = clock.now()
        self._wake = wake
        self.tasks = TaskGroup()
        self._under_way: dict[int, frozenset[tuple[str, str]]] = {}
        self._not_before: datetime | None = None
        self._stuck: dict[int, tuple[int, datetime]] = {}  # failures in a row of a change, and until when it waits
        self._setbacks = 0

    async def resume(self) -> None:
        """Put in doubt what nobody submits any more: the process died, or could not store the answer.

        Doubts of an earlier process begin anew: how long they have lasted was told by a clock that may have been set.
        """
        mine = frozenset(self._under_way)
        if await self._database.read(_abandoned, mine, self._began_at):
            await self._database.write(_doubt_abandoned, mine, self._began_at, self._clock.now())

    async def run(self) -> None:
        """Start what can be started, whenever there is something new or something may have changed."""
        while True:
            await self.resume()
            await self._start_changes()
            await self._start_submissions()
            await self._wake.wait(*self._moments())

    def _moments(self) -> list[datetime]:
        """Return when something may be tried that may not be now."""
        now = self._clock.now()
        moments = [self._not_before, self._slots.changes_at(now), *(until for _, until in self._stuck.values())]
        return [moment for moment in moments if moment is not None and moment > now]

    async def _start_changes(self) -> None:
        before = frozenset(self._under_way)  # what is read may be older than what ends meanwhile
        states = (ExportState.RETRYING, ExportState.DELETING)
        changes = {export.number: export for export in await self._database.read(export_store.in_states, states)}
        self._stuck = {number: stuck for number, stuck in self._stuck.items() if number in changes}
        for number, export in changes.items():
            job = self._retry if export.state is ExportState.RETRYING else self._delete
            is_stuck = number in self._stuck and self._stuck[number][1] > self._clock.now()
            if self._may_start() and not is_stuck and number not in before:
                self._start(export, job)

    async def _start_submissions(self) -> None:
        if not self._may_start():
            return
        before = dict(self._under_way)  # what is read may be older than what ends meanwhile
        left_to_us = self._slots.left_to_us(self._clock.now())
        line, unresolved = await self._database.read(_next_in_line, frozenset(before), left_to_us)
        for export in line:
            taken = unresolved.union(*before.values(), *self._under_way.values())
            if export.number not in before and taken.isdisjoint(_names(export)):
                self._start(export, self._submit)

    def _may_start(self) -> bool:
        return self._not_before is None or self._clock.now() >= self._not_before

    def _start(self, export: Export, job: Callable[[Export], Coroutine[Any, Any, None]]) -> None:
        if export.number in self._under_way:
            return
        self._under_way[export.number] = _names(export)
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
            self._wake.ring()

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
        if not self._may_start():
            return None
        now = self._clock.now()
        left_to_us = self._slots.left_to_us(now)
        return await self._database.write(_take, export.number, left_to_us, now, self._server_time.known_now)

    async def _post(self, export: Export, granted: GrantedCall) -> None:
        try:
            record = await granted.make(lambda client: client.submit(export.request))
        except TokenFlexError as error:
            await self._not_taken(export, error)
            if isinstance(error, RateLimitedError):
                raise  # the turn has to know
            return
        now = self._clock.now()
        await self._database.write(progress.taken, export, record, now)
        self._went_well()
        self._slots.taken()
        log.info("Token Flex accepted an export", export=export.number)

    async def _not_taken(self, export: Export, error: TokenFlexError) -> None:
        log.warning("a request was not accepted", export=export.number, error=type(error).__name__, reason=str(error))
        now = self._clock.now()
        if isinstance(error, RefusedError):
            await self._database.write(_refuse, export, _explanation(error), now)
        elif error.effect_unknown:
            await self._database.write(doubt.begin, export, now)
        else:
            # A token that has just ended is renewed for the next attempt; that is no reason to worry anybody.
            renewable = isinstance(error, NotAuthorisedError) and not isinstance(error, LoginNeededError)
            note = export.note if renewable and not self._setbacks else note_for(error)
            await self._database.write(_wait, export, note, now)
            self._hold(error, now)

    def _hold(self, error: TokenFlexError, now: datetime) -> None:
        if isinstance(error, QuotaExceededError):
            self._slots.refused(now)
        elif not isinstance(error, RateLimitedError):  # the budget itself waits out a rate limit
            self._set_back(now)

    def _set_back(self, now: datetime) -> None:
        self._setbacks += 1
        self._not_before = now + SHARED.after(self._setbacks)

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
        await self._database.write(_retried, export, record.request_status, now)
        await self._progress.observe_one(export, record)
        self._went_well()

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
        await self._database.write(_deleted, export, now)
        self._went_well()
        self._slots.freed()

    async def _change_failed(self, export: Export, error: TokenFlexError, refused: Event | None) -> None:
        """Keep a retry or deletion waiting, or end it where trying again cannot help."""
        log.warning("a change was not made", export=export.number, error=type(error).__name__)
        now = self._clock.now()
        if isinstance(error, RefusedError) and refused is not None:
            if isinstance(error, _NOT_THERE) and await self._has_vanished(export):
                return
            await self._database.write(_refuse, export, _explanation(error), now)
            return
        await self._database.write(_note, export, note_for_change(error), now)
        failures = self._stuck.get(export.number, (0, now))[0] + 1
        self._stuck[export.number] = failures, now + OWN.after(failures)
        if not isinstance(error, RefusedError):
            self._hold(error, now)

    async def _has_vanished(self, export: Export) -> bool:
        try:
            return await self._progress.has_vanished(export)
        except TokenFlexError as error:
            log.warning("an export could not be asked for", export=export.number, error=type(error).__name__)
            return False


def _names(export: Export) -> frozenset[tuple[str, str]]:
    """What a list could confuse: at most one submission of it is unresolved at a time."""
    return frozenset((export.request.contract_number, name) for name in doubt.readings(export.request.file_name))


def _explanation(error: RefusedError) -> str:
    return f"{explain(error)}\n{upstream_message(error)}".strip()


def _abandoned(db: Connection, under_way: frozenset[int], began_at: datetime) -> list[Export]:
    """Return what a process that began then neither submits now nor has doubted itself."""
    submitting = export_store.in_states(db, (ExportState.SUBMITTING,))
    others = [each for each in submitting if each.unanswered_since is None or each.unanswered_since < began_at]
    return [export for export in others if export.number not in under_way]


def _doubt_abandoned(db: Connection, under_way: frozenset[int], began_at: datetime, now: datetime) -> None:
    for export in _abandoned(db, under_way, began_at):
        doubt.begin(db, export, now)


def _next_in_line(
    db: Connection, under_way: frozenset[int], left_to_us: int
) -> tuple[tuple[Export, ...], frozenset[tuple[str, str]]]:
    """Return the requests that there is a slot for, and the names of submissions that are not resolved."""
    submitting = export_store.in_states(db, (ExportState.SUBMITTING,))
    about_to = len(under_way.difference(export.number for export in submitting))
    free = left_to_us - export_store.count_outstanding(db) - about_to
    line = export_store.queued_fairly(db, free + len(under_way)) if free > 0 else ()
    return line, frozenset[tuple[str, str]]().union(*map(_names, submitting))


def _take(db: Connection, number: int, left_to_us: int, now: datetime, server_now: datetime | None) -> Export | None:
    if export_store.count_outstanding(db) >= left_to_us:
        _wait_for_slot(db, number, now)
        return None
    return export_store.move(db, number, Event.TAKE, now, intent_at=now, intent_server_at=server_now)


def _refuse(db: Connection, export: Export, explanation: str, now: datetime) -> None:
    moved = export_store.move(db, export.number, Event.REFUSE, now, explanation=explanation, note=Note.NONE)
    if moved is not None:
        announcements.everything_changed(db, moved, now)
        announcements.tell(db, moved, now, MessageKind.REFUSAL, occasion=now.isoformat())


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
