"""Deliberate bugs for a test process, each of which takes one protection out: the harness has to notice every one."""

import asyncio
from collections.abc import Callable
from dataclasses import replace
from functools import wraps
from secrets import token_hex
from typing import Any

import bot.app
from bot.alerts import own
from bot.answers.files.folder import Folder
from bot.calls import budget, gateway
from bot.delivery.readback import ReadBack
from bot.exports import doubt
from bot.exports.use_cases import Exports
from bot.exports.worker import Worker
from bot.runtime import bell, interrupts
from bot.runtime.process_lock import ProcessLock
from bot.schedules import due, outcome
from bot.slack.files import SlackFiles
from storage import alerts, logins, outbox, runs
from storage import exports as export_store
from storage.database import Database
from storage.states import Event, ExportState


def _no_read_back() -> None:
    async def look_for(self: Any, letter: Any) -> None:
        return None

    setattr(ReadBack, "look_for", look_for)  # noqa: B010


def _no_look_at_files() -> None:
    async def standing(self: Any, file_id: str) -> None:
        return None

    setattr(SlackFiles, "standing", standing)  # noqa: B010


def _no_adoption() -> None:
    doubt.arrived = lambda export, strangers, server_ahead: None


def _no_lists() -> None:
    async def resume(self: Any) -> None:
        def back(db: Any) -> None:
            now = self._clock.now()
            for export in export_store.in_states(db, (ExportState.SUBMITTING,)):
                if export.number not in self._under_way:
                    export_store.move(db, export.number, Event.NOT_TAKEN, now)

        await self._database.write(back)

    setattr(Worker, "resume", resume)  # noqa: B010


def _no_lock() -> None:
    setattr(ProcessLock, "acquire", lambda self: None)  # noqa: B010


def _no_budget() -> None:
    def decide(past: Any, waiting: Any, *rest: Any) -> budget.Decision:
        return budget.Decision(0 if waiting else None)

    setattr(budget, "decide", decide)  # noqa: B010


def _no_expiry() -> None:
    outbox.plan_expiry = lambda db, delivery, now, expires: None


def _no_mark() -> None:
    outbox.mark_sending = lambda db, delivery, slack_now: None


def _no_start() -> None:
    async def connect(*_: Any) -> None:
        await asyncio.sleep(0.3)
        raise RuntimeError("a bug in the start")

    setattr(bot.app, "connect", connect)  # noqa: B010


def _no_wait() -> None:
    for module in (gateway, interrupts):
        setattr(module, "GRACE", 0.0)  # noqa: B010


def _no_record() -> None:
    setattr(logins, "begin_renewal", lambda db, mark, now: False)  # noqa: B010


def _no_looks() -> None:
    bell.LOOK_EVERY = 1e7  # months


def _no_bells() -> None:
    setattr(Database, "subscribe", lambda self, table, heard: None)  # noqa: B010


def _no_clearing() -> None:
    async def clear(self: Any) -> None:
        """Leave what there is."""

    setattr(Folder, "clear", clear)  # noqa: B010


def _no_origin() -> None:
    accept = Exports.accept

    async def accepted(self: Exports, *given: Any, origin: str, **rest: Any) -> Any:
        return await accept(self, *given, origin=f"{origin}:{token_hex(4)}", **rest)

    setattr(Exports, "accept", accepted)  # noqa: B010


def _no_open_runs() -> None:
    settle, still_open, decided = outcome.settle, runs.still_open, set[int]()

    @wraps(settle)  # its name is that of a crossing
    def settled(db: Any, schedule: Any, now: Any) -> Any:
        happen = settle(db, schedule, now)
        decided.update(run.id for run in happen)
        return happen

    outcome.settle = settled
    runs.still_open = lambda db, now: tuple(run for run in still_open(db, now) if run.id in decided)


def _no_act() -> None:
    start = runs.start
    runs.start = lambda db, schedule_id, act, now: start(db, schedule_id, f"{act}{token_hex(4)}", now)


def _no_missed_runs() -> None:
    due._of_missed = lambda late, missed, *, replaced: []


def _no_standing() -> None:
    stand, known = alerts.stand, set[int]()

    def stood(db: Any, alert: Any, standing: str, now: Any, looked_at: Any = None) -> Any:
        is_known = alert.id in known
        known.add(alert.id)
        return stand(db, alert, standing, now, looked_at) if is_known else alerts.find(db, alert.id)

    alerts.stand = stood


def _no_day() -> None:
    newest = own.of
    own.of = lambda db, alert, now: replace(
        newest(db, alert, now), origin=f"alert:{alert.mark}:{token_hex(4)}", has_asked=False
    )


BREAKS: dict[str, Callable[[], None]] = {
    "read-back": _no_read_back,
    "mark": _no_mark,
    "look at files": _no_look_at_files,
    "adoption": _no_adoption,
    "lists": _no_lists,
    "lock": _no_lock,
    "budget": _no_budget,
    "expiry": _no_expiry,
    "start": _no_start,
    "wait": _no_wait,
    "record": _no_record,
    "looks": _no_looks,
    "bells": _no_bells,
    "clearing": _no_clearing,
    "origin": _no_origin,
    "open runs": _no_open_runs,
    "act": _no_act,
    "missed runs": _no_missed_runs,
    "standing": _no_standing,
    "day": _no_day,
}
