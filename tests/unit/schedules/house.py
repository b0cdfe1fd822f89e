"""Schedules in a house: the real use case of exports, the real rules of who may, a clock moved by hand."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

from bot.answers import announcing, kept
from bot.answers.plan import plan
from bot.calls.health import Health
from bot.calls.turns import Turns
from bot.exports import progress
from bot.exports.slots import Slots
from bot.exports.use_cases import Described, Exports
from bot.people.access import Access
from bot.people.permissions import Named, Rules
from bot.runtime.bell import Bell
from bot.runtime.server_time import ServerTime
from bot.schedules import decisions
from bot.schedules.rule import Daily, Rule, Timed
from bot.schedules.runner import ScheduleRunner
from bot.settings import LinkAudience
from bot.slack.channels import Sharing
from bot.slack.members import Account, Standing
from bot.tokenflex.catalogue import Catalogue
from bot.tokenflex.models import Contract, UpstreamExport
from storage import answers, audit, exports, runs, schedules
from storage.answers import Figures
from storage.audit import Act
from storage.models import Delivery, Export, MessageKind
from storage.runs import Run, RunState
from storage.schedules import NewSchedule, Schedule
from storage.states import Event
from tests.harness.moved_clock import MovedClock
from tests.harness.rows import FOUND
from tests.harness.stored import CONTRACT, MemoryDatabase

OWNER, CHANNEL, ADMINISTRATOR = "U0ANA00001", "C0FINANCE1", "U0CARLA004"
START = datetime(2026, 11, 24, 9, 0, tzinfo=UTC)
EIGHT = Timed(Daily(), time(8), "Europe/Berlin")  #: 07:00 in UTC, in winter
DUE = datetime(2026, 11, 25, 7, 0, tzinfo=UTC)  #: when one that runs at `EIGHT` is due first after `START`
DAY = timedelta(days=1)


@dataclass
class People:
    """Slack's members, but for guests and who is gone."""

    gone: set[str] = field(default_factory=set)
    guests: set[str] = field(default_factory=set)

    async def account(self, person: str) -> Account:
        is_gone = person in self.gone
        standing = Standing.OTHER if is_gone or person in self.guests else Standing.MEMBER
        return Account(standing, frozenset({person}), is_gone=is_gone)

    async def of_group(self, _group: str) -> frozenset[str]:
        return frozenset()


@dataclass
class Places:
    """Slack's channels."""

    closed: set[str] = field(default_factory=set)
    members: set[str] | None = None  #: None: everybody
    shared: set[str] = field(default_factory=set)

    async def sharing(self, channel: str) -> Sharing:
        if channel in self.shared:
            return Sharing.SHARED
        return Sharing.HIDDEN if channel in self.closed else Sharing.ALONE

    async def of_person(self, person: str) -> frozenset[str]:
        return frozenset({CHANNEL} if self.members is None or person in self.members else ())


@dataclass
class Contracts:
    """The contracts of the login."""

    offered: tuple[Contract, ...] = (Contract(CONTRACT, start_date="2024-02-01", end_date="2027-01-31"),)


@dataclass
class Freshness:
    """Through which day usage is known, once that is asked."""

    clock: MovedClock
    known: date | None = None
    told: date | None = None
    asked: list[datetime] = field(default_factory=list)

    def known_through(self, _contract: str, _categories: tuple[str, ...]) -> date | None:
        return self.known

    async def asked_at(self, _contract: str) -> datetime | None:
        return max(self.asked, default=None)

    async def ask_freshness(self, _contract: str, _person: str) -> None:
        self.asked.append(self.clock.now())
        self.known = self.told


class House:
    """A database and what runs schedules."""

    def __init__(self, rules: Rules | None = None) -> None:
        self.clock = MovedClock(START)
        self.database = MemoryDatabase()
        self.db = self.database.db
        self.people, self.places, self.contracts = People(), Places(), Contracts()
        self.freshness = Freshness(self.clock)
        self.rules = rules or Rules(administrators=Named(frozenset({ADMINISTRATOR})))
        self.begin()

    def begin(self) -> None:
        """Begin a process on the database that there is."""
        some: Any = self
        self.access = Access(self.rules, some.people, some.places, "T0", self.database, self.clock)
        turns = Turns(self.database, self.clock, ServerTime(self.clock))
        nobody: Any = None
        described = Described("made")
        self.exports = Exports(
            self.database, nobody, turns, Slots(), self.clock, self.access, Health(self.clock), lambda _: described
        )
        self.runner = ScheduleRunner(
            self.database, self.exports, some.contracts, some.freshness, self.access, self.clock,
            LinkAudience.CHANNEL, Bell(self.clock),
        )  # fmt: skip

    def schedule(self, rule: Rule = EIGHT, period: str = "last-month", **changes: Any) -> Schedule:
        """Store a schedule that begins now."""
        question = {"fields": ["productName"], "metrics": ["tokensConsumed"], "period": period}
        count = self.db.execute("SELECT count(*) FROM schedules").fetchone()[0]
        fields: dict[str, Any] = {
            "origin": f"form:{count}",
            "name": "Tokens by product",
            "question": json.dumps(question),
            "contract": CONTRACT,
            "channel": CHANNEL,
            "owner": OWNER,
            "rule": json.dumps(rule.as_json()),
            "missed": "once",
        }
        new = NewSchedule(**(fields | changes))
        now = self.clock.now()
        return schedules.add(self.db, new, *decisions.begins(rule, now), now)[0]

    async def until(self, moment: datetime) -> None:
        """Let time pass to a moment, and do then what is due."""
        self.clock._now = moment
        await self.looks()

    async def looks(self, times: int = 3) -> None:
        """Do what is due, as the loop does, until nothing changes any more."""
        for _ in range(times):
            await self.runner.look()
            await self.runner.tasks.settle(1)

    def runs(self, schedule: Schedule) -> list[Run]:
        """The runs of a schedule, the oldest first."""
        return list(reversed(runs.of_schedule(self.db, schedule.id)))

    def states(self, schedule: Schedule) -> list[tuple[str, RunState]]:
        """What became of each run."""
        return [(run.identity, run.state) for run in self.runs(schedule)]

    def now(self, schedule: Schedule) -> Schedule:
        """The schedule as it stands."""
        return schedules.get(self.db, schedule.id)

    def made(self) -> list[Export]:
        """All exports, the oldest first."""
        return list(reversed(exports.newest(self.db, 1000)))

    def told(self, *kinds: MessageKind) -> list[Delivery]:
        """The rows of the outbox of these kinds, all but cards without."""
        rows = self.db.query("SELECT * FROM outbox ORDER BY id")
        return [row for row in map(Delivery.from_row, rows) if not kinds or row.kind in kinds]

    def acts(self, act: Act) -> list[str]:
        """What the audit says of such acts."""
        return [entry.result for entry in audit.since(self.db) if entry.act is act]

    async def ends(self, number: int, status: str = "Download") -> Export:
        """Let Token Flex take an export and end it."""
        await self.database.write(_ends, number, status, self.clock.now())
        return exports.get(self.db, number)

    async def found(self, export: Export, **changes: Any) -> None:
        """Let the figures of its file be known."""
        await self.database.write(_found, export.number, changes, self.clock.now())


def _ends(db: Any, number: int, status: str, now: datetime) -> None:
    exports.move(db, number, Event.TAKE, now, intent_at=now)
    export = exports.get(db, number)
    record = UpstreamExport(f"{now:%Y-%m-%dT%H:%M:%S}#{number}", "Requested", "made.csv", now)
    progress.taken(db, export, record, now)
    progress._apply_now(db, number, replace(record, request_status=status), now)


def _found(db: Any, number: int, changes: Mapping[str, Any], now: datetime) -> None:
    export = exports.get(db, number)
    answer = answers.of(db, number, export.announcement)
    assert answer is not None
    found = replace(FOUND, **changes)
    document = kept.figures(found, plan(export.request, Catalogue()))
    announcing.found(db, answer.id, Figures(document=document, sha256=found.sha256), LinkAudience.CHANNEL, now)
