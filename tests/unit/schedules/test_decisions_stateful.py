"""Schedules on a real database through years: outages, kills, clocks set, edits, pauses: each run happens once."""

import json
from contextlib import suppress
from dataclasses import replace
from datetime import UTC, datetime, time, timedelta
from typing import Final

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule
from sqlite_utils import Database as Connection

from bot.schedules import decisions
from bot.schedules.calendar import next_runs
from bot.schedules.due import ON_TIME, Missed
from bot.schedules.rule import Cron, Daily, Timed, Weekday, Weekly
from storage import runs, schedules
from storage.migrations import migrations
from storage.runs import Due, RunState
from storage.schedules import NewSchedule

BERLIN: Final = "Europe/Berlin"
RULES: Final = (
    Timed(Daily(), time(2, 30), BERLIN),
    Timed(Weekly((Weekday.MONDAY, Weekday.THURSDAY)), time(8), "America/New_York"),
    Cron("15 */6 * * *", BERLIN),
)
NEW: Final = NewSchedule(
    origin="press:1", name="x", question="{}", contract="9", channel="C1", owner="U1", rule="", missed=""
)


class KilledError(Exception):
    """The process ended before the commit."""


class Stored(RuleBasedStateMachine):
    """One schedule and its loop, which wakes when the store says that something is due."""

    @initialize(chosen=st.sampled_from(RULES), missed=st.sampled_from(Missed))
    def begin(self, chosen: Timed | Cron, missed: Missed) -> None:
        self.db = Connection(memory=True)
        migrations.apply(self.db)
        self.now = datetime(2026, 3, 20, 12, tzinfo=UTC)
        self.rule, self.acts = chosen, 0
        new = replace(NEW, rule=json.dumps(chosen.as_json()), missed=missed.value)
        schedules.add(self.db, new, *decisions.begins(chosen, self.now), self.now)
        self.happened = list[str]()

    def teardown(self) -> None:
        if hasattr(self, "db"):
            self.db.close()

    @rule(minutes=st.integers(1, 600), steps=st.integers(1, 15))
    def time_passes(self, minutes: int, steps: int) -> None:
        for _ in range(steps):
            self.now += timedelta(minutes=minutes)
            self._wake()

    @rule(days=st.integers(1, 30))
    def the_bot_is_down(self, days: int) -> None:
        self.now += timedelta(days=days)
        self._wake()

    @rule(days=st.integers(-40, 40))
    def the_clock_is_set(self, days: int) -> None:
        self.now += timedelta(days=days)
        self._wake(whatever=True)

    @rule(minutes=st.integers(0, 100))
    def the_bot_is_killed_as_it_decides(self, minutes: int) -> None:
        schedule = schedules.get(self.db, 1)
        self.now = max(self.now, schedule.next_at or self.now) + timedelta(minutes=minutes)
        before = runs.of_schedule(self.db, 1, 1_000)
        with suppress(KilledError), self.db.conn:
            self.db.conn.execute("BEGIN") if not self.db.conn.in_transaction else None
            decisions.settle(self.db, schedule, self.now)
            raise KilledError
        assert runs.of_schedule(self.db, 1, 1_000) == before
        self._wake()

    @rule()
    def it_is_paused_and_goes_on(self) -> None:
        schedules.pause(self.db, 1, "asked", self.now)
        self.now += timedelta(days=9)
        self._wake()
        schedules.resume(self.db, 1, "U2", decisions.begins(self.rule, self.now), self.now)

    @rule(chosen=st.sampled_from(RULES))
    def it_is_edited(self, chosen: Timed | Cron) -> None:
        self._wake(whatever=True)
        self.rule = chosen
        changes = {"rule": json.dumps(chosen.as_json())}
        schedules.change(self.db, 1, changes, decisions.begins(chosen, self.now), self.now)

    @rule()
    def the_next_one_is_left_out(self) -> None:
        run = next_runs(self.rule, self.now, 1)[0]
        runs.leave_out(self.db, 1, Due(identity=run.identity, due_at=run.moment), self.now)

    @rule()
    def somebody_runs_it_now(self) -> None:
        self.acts += 1
        assert runs.start(self.db, 1, f"press:{self.acts}", self.now)
        assert runs.start(self.db, 1, f"press:{self.acts}", self.now) is None

    @invariant()
    def each_run_happens_once(self) -> None:
        assert len(self.happened) == len(set(self.happened))
        found = runs.of_schedule(self.db, 1, 100_000)
        assert {run.identity for run in found if run.state is RunState.WANTED} == {
            *self.happened,
            *(f"press:{act}" for act in range(1, self.acts + 1)),
        }

    @invariant()
    def nothing_due_is_undecided_and_nothing_ahead_is_said_not_to_happen(self) -> None:
        schedule = schedules.get(self.db, 1)
        assert schedule.next_at is not None
        assert schedule.next_at > self.now
        assert schedule.next_at == decisions.next_at(self.rule, self.now)
        left_out = [run for run in runs.of_schedule(self.db, 1, 100_000) if run.state is RunState.LEFT_OUT]
        assert all(run.identity <= schedule.through for run in left_out)

    def _wake(self, *, whatever: bool = False) -> None:
        """Settle what the store says is due; after the clock was set, whatever it says."""
        for schedule in schedules.everywhere(self.db) if whatever else schedules.due(self.db, self.now):
            happen = decisions.settle(self.db, schedule, self.now)
            assert all(run.due_at <= self.now and run.late == (self.now - run.due_at > ON_TIME) for run in happen)
            self.happened += [run.identity for run in happen]
            assert decisions.settle(self.db, schedule, self.now) == ()


Stored.TestCase.settings = settings(max_examples=15, stateful_step_count=25, deadline=None)
TestScheduleInStore = Stored.TestCase
