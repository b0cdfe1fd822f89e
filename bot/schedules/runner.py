"""Schedules by themselves: what has come due becomes exports, by their owners' rights at that moment, each run once.

Everything begins from the database, so that a restart goes on where the process before ended: what has come due is
decided first (`decisions`), a run asks for its export by an origin of its own, and what becomes of that export ends
the run (`outcome`).
"""

from datetime import date, datetime, time, timedelta
from typing import Final
from zoneinfo import ZoneInfo

import structlog
from sqlite_utils import Database as Connection

from bot.calls.turns import StoppingError
from bot.cards.pauses import Paused
from bot.cards.schedule_card import UNTOLD, NotDone
from bot.contracts.cache import ContractCache
from bot.contracts.values import ContractValues
from bot.contracts.years import years_of
from bot.errors import MembershipUnknownError
from bot.exports.use_cases import Exports
from bot.people import owners
from bot.people.access import Access
from bot.people.asker import Asker, Source
from bot.questions import file_names, periods, questions, templates
from bot.questions.periods import PeriodError
from bot.questions.questions import Asked, Question
from bot.runtime.backoff import OWN
from bot.runtime.bell import Bell
from bot.runtime.clock import Clock
from bot.runtime.supervision import TaskGroup
from bot.schedules import decisions, outcome, waiting
from bot.schedules.calendar import Run as Planned
from bot.schedules.rule import Rule, RuleError
from bot.schedules.waiting import Ask, Go, Wait
from bot.settings import LinkAudience
from bot.tokenflex.errors import TokenFlexError
from storage import runs, schedules
from storage.database import Database, StorageFullError
from storage.runs import Run, RunState
from storage.schedules import Schedule

_KEPT: Final = timedelta(days=400)  #: how long it is known what became of a run

log = structlog.get_logger(__name__)


class ScheduleRunner:
    """Has schedules run."""

    def __init__(
        self,
        database: Database,
        exports: Exports,
        contracts: ContractCache,
        values: ContractValues,
        access: Access,
        clock: Clock,
        audience: LinkAudience,
        wake: Bell,
    ) -> None:
        self._database = database
        self._exports = exports
        self._contracts = contracts
        self._values = values
        self._access = access
        self._clock = clock
        self._audience = audience
        self._wake = wake
        self._decided_at: datetime | None = None  # by this process
        self._asked_at: dict[str, datetime] = {}  # how fresh which contract is, also where the call was not made
        self._asking: set[str] = set()
        self.tasks = TaskGroup()

    async def run(self) -> None:
        """Do what is due, then wait for more to be due, for a pause to end, or for a commit."""
        while True:
            await self._wake.wait(*await self.look())

    async def look(self) -> tuple[datetime | None, ...]:
        """Do what is due now; return when more will be."""
        now = self._clock.now()
        if self._decided_at is None or self._decided_at.date() != now.date():
            await self._database.write(runs.forget, now - _KEPT)
        await self._decide(now)
        for run in await self._database.read(runs.still_open, now):
            await self._go_on(run)
        for run in await self._database.read(runs.came_in_the_end):
            await self._database.write(outcome.mend, run, now)
        for schedule_id in await self._database.read(outcome.closed):
            await self._pause(schedule_id, Paused.CLOSED)
        return await self._database.read(_moments, now)

    async def _decide(self, now: datetime) -> None:
        """Decide what has come due; of all schedules where the clock may have been set back since that was done."""
        goes_on = self._decided_at is not None and self._decided_at <= now
        self._decided_at = now
        for schedule in await self._database.read(_to_decide, goes_on, now):
            try:
                happen = await self._database.write(outcome.settle, schedule, now)
            except RuleError as error:
                log.warning("a schedule is not understood any more", schedule=schedule.id, reason=str(error))
                await self._pause(schedule.id, Paused.RULE)
            else:
                for run in happen:
                    log.info("a schedule runs", schedule=schedule.id, run=run.identity, late=run.late)

    async def _go_on(self, run: Run) -> None:
        try:
            if run.state is RunState.ASKED:
                await self._database.write(outcome.follow, run.id, self._audience, self._clock.now())
                return
            schedule = await self._database.read(schedules.find, run.schedule)
            if schedule is not None:
                await self._begin(run, schedule)
        except MembershipUnknownError:
            await self._later(run)
        except StorageFullError:
            raise
        except Exception:
            log.exception("a run of a schedule did not go on", schedule=run.schedule, run=run.identity)
            await self._later(run)

    async def _later(self, run: Run) -> None:
        now = self._clock.now()
        await self._database.write(runs.move, run, run.state, now, next_try_at=now + OWN.first)

    async def _begin(self, run: Run, schedule: Schedule) -> None:
        """Ask for what a run is about, if its owner may have that now and it is there to be asked for."""
        if schedule.is_paused:
            await self._database.write(outcome.leave_out_open, schedule, self._clock.now())
            return
        asker = await owners.admit(self._access, schedule.owner, schedule.contract, schedule.channel, Source.SCHEDULE)
        if isinstance(asker, Paused):
            await self._pause(schedule.id, asker)
            return
        try:
            rule = decisions.rule_of(schedule)
            question = templates.of_text(schedule.question)
            asked = self._asked(schedule, run, rule)
            days = asked.days(question)
        except RuleError:
            await self._pause(schedule.id, Paused.RULE)
        except PeriodError:
            if self._contracts.offered:
                await self._database.write(outcome.fail, run, NotDone.PERIOD, self._clock.now())
            else:  # nobody knows any contract now, and so none of their years
                await self._later(run)
        except (KeyError, TypeError, ValueError):
            await self._database.write(outcome.fail, run, NotDone.QUESTION, self._clock.now())
        else:
            if await self._may_go(run, schedule, rule, question, days):
                await self._ask(run, schedule, asker, question, asked)

    def _asked(self, schedule: Schedule, run: Run, rule: Rule) -> Asked:
        """Return of what the question is asked: on the day that the run was due, also where it happens late."""
        contract = next((each for each in self._contracts.offered if each.number == schedule.contract), None)
        today = run.due_at.astimezone(ZoneInfo(rule.zone)).date()
        written = _written(run)
        return Asked(schedule.contract, written.date() if written else today, years_of(contract) if contract else ())

    async def _may_go(
        self, run: Run, schedule: Schedule, rule: Rule, question: Question, days: periods.Days | None
    ) -> bool:
        """Return whether a run goes now; one that waits for its data has it asked, at most once an hour."""
        written, now = _written(run), self._clock.now()
        if not schedule.waits_until or written is None:
            return True
        contract = schedule.contract
        end = waiting.latest(Planned(run.due_at, written), time.fromisoformat(schedule.waits_until), rule.zone)
        known = self._values.known_through(contract, question.categories)
        days = _by_then(days, written.date() - timedelta(days=1))
        times = [await self._values.asked_at(contract), self._asked_at.get(contract)]
        asked_at = max((each for each in times if each is not None), default=None)
        next_step = waiting.waits(days, known, asked_at, end, now)
        match next_step:
            case Go(untold=untold):
                if untold:
                    await self._database.write(runs.move, run, run.state, now, why=UNTOLD)
                return True
            case Ask():
                self._ask_freshness(contract, schedule.owner)
                until = min(end, now + waiting.PACE)  # the answer wakes it before
            case Wait():
                until = next_step.until
        if run.state is RunState.WANTED or run.next_try_at != until:
            await self._database.write(runs.move, run, RunState.WAITING, now, next_try_at=until)
        return False

    def _ask_freshness(self, contract: str, owner: str) -> None:
        if contract not in self._asking:
            self._asking.add(contract)
            self.tasks.start(f"freshness of {contract}", self._learn_freshness(contract, owner), export=None)

    async def _learn_freshness(self, contract: str, owner: str) -> None:
        try:
            await self._values.ask_freshness(contract, owner)
        except StoppingError:
            return
        except TokenFlexError as error:
            log.info("how fresh usage is was not told", contract=contract, error=type(error).__name__)
        finally:
            self._asking.discard(contract)
        self._asked_at[contract] = self._clock.now()
        await self._database.write(_wake_waiting, contract, self._clock.now())
        self._wake.ring()

    async def _ask(self, run: Run, schedule: Schedule, asker: Asker, question: Question, asked: Asked) -> None:
        """Ask for the export of a run, once: the same run again is the same export."""
        request = questions.request(question, asked)
        stem = file_names.stem(schedule.file_name, asked.days(question), asked.today) if schedule.file_name else ""
        accepted = await self._exports.accept(
            request,
            asker,
            channel=schedule.channel,
            origin=f"schedule:{schedule.mark}:{run.identity}",
            period=periods.as_word(question.period),
            stem=stem,
            run=run.id,
        )
        structlog.contextvars.unbind_contextvars("export")  # the loop goes on to others
        now = self._clock.now()
        await self._database.write(runs.move, run, RunState.ASKED, now, export=accepted.export.number)

    async def _pause(self, schedule_id: int, why: Paused) -> None:
        log.warning("a schedule is paused", schedule=schedule_id, why=why.value)
        administrators = await owners.to_tell(self._access) if why is Paused.CLOSED else frozenset()
        await self._database.write(outcome.pause, schedule_id, why, administrators, self._clock.now())


def _written(run: Run) -> datetime | None:
    """Return the written time of a run, None of one that a person started."""
    try:
        return datetime.fromisoformat(run.identity)
    except ValueError:
        return None


def _by_then(days: periods.Days | None, last: date) -> periods.Days | None:
    """Return the days of which there can be data by a day: a month that is still going on has no more."""
    return None if days is None or days.first > last else periods.Days(days.first, min(days.last, last))


def _to_decide(db: Connection, goes_on: bool, now: datetime) -> tuple[Schedule, ...]:
    """Return the schedules of which something has come due, or may have; a clock that `goes_on` was not set back."""
    return schedules.due(db, now) if goes_on else tuple(each for each in schedules.everywhere(db) if not each.is_paused)


def _moments(db: Connection, now: datetime) -> tuple[datetime | None, datetime | None]:
    """Return when the next run is due, and when the first pause of one ends."""
    return schedules.next_due(db), runs.next_try(db, now)


def _wake_waiting(db: Connection, contract: str, now: datetime) -> None:
    """Have the runs looked at again that wait for data of a contract."""
    for run in runs.waiting_of(db, contract):
        runs.move(db, run, RunState.WAITING, now)
