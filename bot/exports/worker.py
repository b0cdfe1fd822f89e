"""What people asked for, carried out: requests are submitted, failed exports retried, deleted ones removed.

Everything begins from the database, so a restart goes on where the process before ended.
"""

import contextlib
from collections.abc import Callable, Coroutine
from datetime import datetime
from typing import Any

from sqlite_utils import Database as Connection

from bot.calls.gateway import TokenFlexCalls
from bot.calls.turns import StoppingError
from bot.exports import announcements, doubt
from bot.exports.changes import Changes
from bot.exports.hold import Hold
from bot.exports.patience import noted
from bot.exports.progress import Progress
from bot.exports.slots import Slots
from bot.exports.submissions import Submissions
from bot.runtime.bell import Bell
from bot.runtime.clock import Clock
from bot.runtime.server_time import ServerTime
from bot.runtime.supervision import TaskGroup
from storage import exports as export_store
from storage.database import Database
from storage.models import Export
from storage.states import ExportState, Note

#: Of so many slots schedules leave one to people, and so many of their submissions wait for a call at a time.
_KEPT_FOR_PEOPLE, _AT_ONCE = 5, 3
_Names = frozenset[tuple[str, str]]


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
        self._slots = slots
        self._clock = clock
        self._hold = Hold(slots, clock)
        self._submissions = Submissions(database, calls, slots, server_time, clock, self._hold)
        self._changes = Changes(database, calls, progress, slots, clock, self._hold)
        self._began_at = clock.now()
        self._wake = wake
        self.tasks = TaskGroup()
        self._under_way: dict[int, _Names] = {}
        self._next_try: datetime | None = None

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
        moments = [self._hold.until, self._slots.changes_at(now), self._next_try]
        return [moment for moment in moments if moment is not None and moment > now]

    async def _start_changes(self) -> None:
        before = frozenset(self._under_way)  # what is read may be older than what ends meanwhile
        now = self._clock.now()
        changes, self._next_try = await self._database.read(_changes, now)
        for export in changes:
            job = self._changes.retry if export.state is ExportState.RETRYING else self._changes.delete
            if self._hold.is_over and export.number not in before:
                self._start(export, job)

    async def _start_submissions(self) -> None:
        if not self._hold.is_over:
            return
        before = dict(self._under_way)  # what is read may be older than what ends meanwhile
        now = self._clock.now()
        left_to_us = self._slots.left_to_us(now)
        line, unresolved, to_tell = await self._database.read(_next_in_line, frozenset(before), left_to_us, now)
        if to_tell:
            await self._database.write(_tell_of_doubt, to_tell, now)
        for export in line:
            taken = unresolved.union(*before.values(), *self._under_way.values())
            if export.number not in before and taken.isdisjoint(_names(export)):
                self._start(export, self._submissions.submit)

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
            self._hold.set_back()
            raise  # the task group logs it
        finally:
            del self._under_way[export.number]
            self._wake.ring()


def _names(export: Export) -> frozenset[tuple[str, str]]:
    """What a list could confuse: at most one submission of it is unresolved at a time."""
    return frozenset((export.request.contract_number, name) for name in doubt.readings(export.request.file_name))


def _abandoned(db: Connection, under_way: frozenset[int], began_at: datetime) -> list[Export]:
    """Return what a process that began then neither submits now nor has doubted itself."""
    submitting = export_store.in_states(db, (ExportState.SUBMITTING,))
    others = [each for each in submitting if each.unanswered_since is None or each.unanswered_since < began_at]
    return [export for export in others if export.number not in under_way]


def _doubt_abandoned(db: Connection, under_way: frozenset[int], began_at: datetime, now: datetime) -> None:
    for export in _abandoned(db, under_way, began_at):
        doubt.begin(db, export, now)


def _changes(db: Connection, now: datetime) -> tuple[list[Export], datetime | None]:
    """Return the changes that may be made now, and when the first pause of one export ends."""
    changes = export_store.in_states(db, (ExportState.RETRYING, ExportState.DELETING))
    ready = [export for export in changes if export.next_try_at is None or export.next_try_at <= now]
    return ready, export_store.next_try(db, now)


def _next_in_line(
    db: Connection, under_way: frozenset[int], left_to_us: int, now: datetime
) -> tuple[tuple[Export, ...], _Names, tuple[Export, ...]]:
    """Return the requests that there is a slot for, and the names of submissions that are not resolved.

    The last are requests whose cards do not say, or no longer have to say, that they wait for one in doubt.
    """
    submitting = export_store.in_states(db, (ExportState.SUBMITTING,))
    about_to = len(under_way.difference(export.number for export in submitting))
    free = left_to_us - export_store.count_outstanding(db) - about_to
    line = export_store.queued_fairly(db, free + len(under_way), now) if free > 0 else ()
    line = _leaving_room(line, free - left_to_us // _KEPT_FOR_PEOPLE, under_way)
    doubtful = _Names().union(*(_names(export) for export in submitting if export.in_doubt))
    to_tell = tuple(export for export in line if _note_of_line(export, doubtful) is not export.note)
    return line, _Names().union(*map(_names, submitting)), to_tell


def _leaving_room(line: tuple[Export, ...], slots: int, under_way: frozenset[int]) -> tuple[Export, ...]:
    """Return the line less what schedules may not begin yet: the slots are for people first, calls come one by one."""
    own = [export for export in line if not export.asks_by_itself]
    scheduled = [export for export in line if export.asks_by_itself]
    begins = [export for export in scheduled if export.number not in under_way]
    asked = sum(export.number not in under_way for export in own)
    room = min(_AT_ONCE - (len(scheduled) - len(begins)), slots - asked)
    return (*own, *begins[: max(0, room)])


def _note_of_line(export: Export, doubtful: _Names) -> Note:
    if export.note not in {Note.NONE, Note.BEHIND}:
        return export.note
    return Note.NONE if doubtful.isdisjoint(_names(export)) else Note.BEHIND


def _tell_of_doubt(db: Connection, exports: tuple[Export, ...], now: datetime) -> None:
    """Have the cards say that these wait until it is known whether another of their name arrived, or no more."""
    for before in exports:
        export = export_store.get(db, before.number)
        if (export.state, export.note) == (ExportState.QUEUED, before.note):
            behind = export.note is Note.NONE
            changes = noted(export, Note.BEHIND, now) if behind else {"note": Note.NONE, "noted_at": None}
            announcements.card_changed(db, export_store.change(db, export.number, **changes), now)
