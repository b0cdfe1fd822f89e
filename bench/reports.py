"""Reports that come by themselves: schedules in a house of the bench, and what became of each."""

import json
from dataclasses import dataclass
from datetime import datetime, time
from typing import Any

from sqlite_utils import Database as Connection

from bench.cases import Asked
from bot.exports.use_cases import Exports
from bot.people.access import Access
from bot.runtime.bell import Bell
from bot.schedules import decisions
from bot.schedules.rule import Timed, WorkingDay
from bot.schedules.runner import ScheduleRunner
from bot.settings import LinkAudience
from bot.tokenflex.models import Contract
from storage import runs, schedules
from storage.database import Database
from storage.runs import Run
from storage.schedules import NewSchedule
from tests.harness.virtual_time import VirtualClock

_RULE = Timed(WorkingDay(1), time(9), "UTC")  #: what `Day.reports_due` is a moment of
_QUESTION = {"fields": ["productName"], "metrics": ["tokensConsumed"], "period": "last-month"}


@dataclass(frozen=True, slots=True)
class Reported:
    """What became of one report; all times in seconds."""

    taken: float  #: from the moment it was due to being taken by Token Flex
    noticed: float  #: from ready to stored by the bot
    posted: float  #: from the moment it was due to the report in Slack
    pressed: float  #: from the press to a link


class _Contracts:
    """Contracts whose years nobody asks for."""

    offered: tuple[Contract, ...] = ()


def scheduling(
    database: Database, access: Access, clock: VirtualClock, exports: Exports, wake: Bell
) -> ScheduleRunner:  # fmt: skip
    """Return what has schedules run; none of them waits for its data, which would tell of the data alone."""
    contracts: Any = _Contracts()
    no_values: Any = None
    return ScheduleRunner(database, exports, contracts, no_values, access, clock, LinkAudience.CHANNEL, wake)


async def report(database: Database, clock: VirtualClock, name: str, asked: Asked) -> int:
    """Store a schedule and return the number of the export that it asks for, as soon as it has."""
    schedule = await database.write(_schedule, name, asked, clock.now())
    await clock.sleep(asked.at)
    while (run := await database.read(_newest, schedule.id)) is None or run.export is None:
        await clock.sleep(1.0)
    return run.export


def _schedule(db: Connection, name: str, asked: Asked, now: datetime) -> schedules.Schedule:
    new = NewSchedule(
        origin=name,
        name=name,
        question=json.dumps(_QUESTION),
        contract=asked.contract,
        channel=asked.channel,
        owner=asked.person,
        rule=json.dumps(_RULE.as_json()),
        missed="once",
        file_name=name,
    )
    schedule, _ = schedules.add(db, new, *decisions.begins(_RULE, now), now)
    return schedule


def _newest(db: Connection, schedule_id: int) -> Run | None:
    return next(iter(runs.of_schedule(db, schedule_id, 1)), None)
