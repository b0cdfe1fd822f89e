"""Several schedules through years in odd zones: outages, kills, clocks set, owners who leave: each due moment once."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any, Final

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from bot.cards.pauses import Paused
from bot.schedules.calendar import Run as Planned
from bot.schedules.due import Missed
from bot.schedules.rule import ENDS, NTHS, MonthDay, NthWeekday, Timed, Weekday, Weekly, WorkingDay
from bot.schedules.use_cases import Schedules
from bot.tokenflex.catalogue import Catalogue
from bot.tokenflex.models import Contract
from storage import runs
from storage.models import MessageKind
from storage.runs import RunState
from storage.schedules import Schedule
from storage.states import ExportState
from tests.harness.people import admitted
from tests.harness.stored import CONTRACT
from tests.unit.schedules import judge
from tests.unit.schedules.house import CHANNEL, OWNER, House

OTHER: Final = "U0BEN00002"
DAY: Final = timedelta(days=1)
FORGOTTEN_AFTER: Final = timedelta(days=400)
EARLIEST: Final = datetime(2026, 11, 1, tzinfo=UTC)
#: At most once a week, so that years of them do not take a test hours.
SELDOM: Final = st.one_of(
    st.builds(Weekly, st.sampled_from(Weekday).map(lambda day: (day,))),
    st.builds(MonthDay, st.integers(1, 31)),
    st.builds(NthWeekday, st.sampled_from(NTHS), st.sampled_from(Weekday)),
    st.builds(WorkingDay, st.sampled_from(ENDS)),
)
RULES: Final = st.builds(Timed, SELDOM, judge.times, judge.zones)
BACK: Final = (Paused.OWNER, Paused.CHANNEL, Paused.CLOSED, Paused.CONTRACT)


class _Killed(BaseException):
    """The process ends here: what was committed is there, and nothing that would have followed."""


@dataclass
class Judged:
    """A schedule, and which of its moments are to be decided by now."""

    schedule: Schedule
    rule: Timed
    mark: datetime  #: up to then all are decided
    decided: dict[str, datetime] = field(default_factory=dict)  #: when each was, by its written time
    forgotten: set[str] = field(default_factory=set)  #: with a pause, ahead of a clock that was set back since

    def due(self, now: datetime) -> list[Planned]:
        """The runs between the mark and now; a clock that was set back takes the mark with it."""
        begins = min(self.mark, now)
        found = judge.runs(self.rule, begins - 3 * DAY, (now - begins).days + 7)
        return [run for run in found if begins < run.moment <= now]


class Years(RuleBasedStateMachine):
    """Schedules of one owner in one channel, run by the real parts on a clock that jumps to what is due."""

    def __init__(self) -> None:
        super().__init__()
        self.runner = asyncio.Runner()
        self.house = House()
        self.house.contracts.offered = (Contract(CONTRACT, start_date="2024-02-01", end_date="2040-01-31"),)
        self.latest = self.now

    @initialize(rules=st.lists(RULES, min_size=2, max_size=3), missed=st.sampled_from(Missed))
    def begins(self, rules: list[Timed], missed: Missed) -> None:
        """Make the schedules."""
        made = [self.house.schedule(each, missed=missed.value) for each in rules]
        self.all = [Judged(one, each, self.now) for one, each in zip(made, rules, strict=True)]

    @property
    def now(self) -> datetime:
        return self.house.clock.now()

    @property
    def people(self) -> Schedules:
        return Schedules(self.house.database, self.house.access, Catalogue(), self.house.clock)

    # Time

    @rule(days=st.integers(1, 200))
    def the_bot_runs(self, days: int) -> None:
        """It wakes whenever it said it would, and exports end between."""
        end = self.now + days * DAY
        while self.now < end:
            self.exports_end()
            wakes = [each for each in self.looks() if each is not None and each > self.now]
            self.house.clock._now = min([*wakes, end])
        self.looks()

    @rule(hours=st.integers(1, 24 * 120))
    def the_bot_was_down(self, hours: int) -> None:
        """Or the clock was set ahead."""
        self.house.clock._now += timedelta(hours=hours)
        self.looks()

    @rule(hours=st.integers(1, 24 * 40))
    def the_clock_is_set_back(self, hours: int) -> None:
        """By hand, or by a machine that learns the time; the bot is started anew or not."""
        self.house.clock._now = max(EARLIEST, self.now - timedelta(hours=hours))
        self.looks()

    @rule(writes=st.integers(1, 9), days=st.integers(0, 70), after=st.booleans())
    def the_process_is_killed(self, writes: int, days: int, *, after: bool) -> None:
        """Before or after any of its commits; the next one goes on."""
        self.house.clock._now += days * DAY
        database = self.house.database
        write, left = database.write, [writes]

        async def _write(*args: Any, **kwargs: Any) -> Any:
            left[0] -= 1
            if not left[0] and not after:
                raise _Killed
            result = await write(*args, **kwargs)
            if not left[0]:
                raise _Killed
            return result

        running = [each for each in self.all if not self.house.now(each.schedule).is_paused]
        database.write = _write  # type: ignore[method-assign]
        try:
            self.does(self.house.looks)
        except _Killed:
            pass
        finally:
            database.write = write  # type: ignore[method-assign]
        self.house.begin()
        self.does(self.house.looks)
        self.decide(running)

    def looks(self) -> tuple[datetime | None, ...]:
        """Do what is due; return when more will be."""
        running = [each for each in self.all if not self.house.now(each.schedule).is_paused]
        self.does(self.house.looks)
        self.decide(running)
        wakes: tuple[datetime | None, ...] = self.does(self.house.runner.look)
        return wakes

    def decide(self, running: list[Judged]) -> None:
        """All that has come due by now of those that were `running` is decided."""
        self.latest = max(self.latest, self.now)
        for each in running:
            each.decided |= {run.identity: self.now for run in each.due(self.now)}
            each.mark = self.now

    def exports_end(self) -> None:
        for export in self.house.made():
            if export.state is ExportState.QUEUED:
                self.runner.run(self.house.ends(export.number))

    # People

    @rule(gone=st.sampled_from(["owner", "channel"]))
    def its_owner_leaves_or_the_channel_goes(self, gone: str) -> None:
        """Each schedule pauses with its next run."""
        if gone == "owner":
            self.house.people.gone.add(OWNER)
        else:
            self.house.places.closed.add(CHANNEL)
        self.looks()

    @rule(which=st.integers(0, 2))
    def somebody_takes_it_over(self, which: int) -> None:
        """What would have come due meanwhile does not."""
        self.house.places.closed.clear()
        each = self.all[which % len(self.all)]
        schedule = self.house.now(each.schedule)
        if schedule.paused_why in BACK:
            self.does(lambda: self.people.take_over(schedule.id, admitted(OTHER, CHANNEL)))
            self.begins_anew(each)
        self.looks()

    @rule(which=st.integers(0, 2))
    def somebody_pauses_it_for_a_time(self, which: int) -> None:
        """By the button."""
        each = self.all[which % len(self.all)]
        owner = admitted(self.house.now(each.schedule).owner, CHANNEL)
        if not self.house.now(each.schedule).is_paused:
            self.does(lambda: self.people.pause(each.schedule.id, owner))
            self.house.clock._now += 40 * DAY
            self.looks()
            self.house.places.closed.clear()
            self.does(lambda: self.people.resume(each.schedule.id, owner))
            self.begins_anew(each)

    def begins_anew(self, each: Judged) -> None:
        """Of what lies ahead of a clock that was set back nothing stays left out."""
        kept = {run.identity for run in self.runs(each)}
        each.forgotten |= each.decided.keys() - kept
        each.mark = self.now

    # What holds

    @invariant()
    def each_due_moment_is_decided_once(self) -> None:
        """It ran, or is on record as left out; nothing else is, and nothing that lies ahead is left out."""
        for each in self.all:
            known = self.runs(each)
            identities = [run.identity for run in known]
            assert len(set(identities)) == len(identities)
            assert set(identities) <= each.decided.keys()
            lacking = each.decided.keys() - set(identities) - each.forgotten
            behind = {run for run in lacking if judge.moment(datetime.fromisoformat(run), each.rule.zone) <= each.mark}
            assert all(self.latest - each.decided[run] > FORGOTTEN_AFTER - DAY for run in behind)
            if not self.house.now(each.schedule).is_paused:
                assert all(run.due_at <= self.now for run in known if run.state is RunState.LEFT_OUT)

    @invariant()
    def each_run_has_one_export(self) -> None:
        """However often a process died between both; no export is nobody's."""
        made = self.house.made()
        origins = {f"schedule:{each.schedule.mark}:{run.identity}" for each in self.all for run in self.runs(each)}
        asked = [run.export for each in self.all for run in self.runs(each) if run.export is not None]
        assert len({export.origin for export in made}) == len(made)
        assert len(set(asked)) == len(asked)
        recent = [export for export in made if self.latest - export.accepted_at < FORGOTTEN_AFTER - 41 * DAY]
        assert {export.origin for export in recent} <= origins

    @invariant()
    def a_pause_is_told_once(self) -> None:
        """In the channel, or to administrators and who owns it where that takes no messages."""
        rows = [row.subject for row in self.house.told(MessageKind.SCHEDULE, MessageKind.PRIVATE_SCHEDULE)]
        assert len(set(rows)) == len(rows)
        for each in self.all:
            schedule = self.house.now(each.schedule)
            told = f"schedule:{schedule.id}:{schedule.mark}:{schedule.edition}:"
            if schedule.paused_why in BACK:
                assert any(row.startswith(told) for row in rows)

    def runs(self, each: Judged) -> list[runs.Run]:
        return list(runs.of_schedule(self.house.db, each.schedule.id, 10_000))

    def does(self, work: Callable[[], Any]) -> Any:
        return self.runner.run(work())

    def teardown(self) -> None:
        self.runner.run(self.house.database.close())
        self.runner.close()


TestYears = Years.TestCase
TestYears.settings = settings(max_examples=8, stateful_step_count=16, deadline=None)
