"""Schedules through outages, kills, clocks that are set, owners who leave: each due day runs once or is said not to."""

import asyncio
from collections.abc import Callable
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from bot.schedules.due import Missed
from bot.schedules.rule import Daily, Timed
from bot.schedules.use_cases import Schedules
from bot.tokenflex.catalogue import Catalogue
from storage import runs
from storage.runs import RunState
from storage.states import ExportState
from tests.harness.people import admitted
from tests.unit.schedules.house import CHANNEL, OWNER, House

ANA = admitted(OWNER, CHANNEL)
HOUR = timedelta(hours=1)
DUE = time(8)


class _Killed(BaseException):
    """The process ends here: what was committed is there, and nothing that would have followed."""


class SchedulesInTime(RuleBasedStateMachine):
    """One schedule, every day at 08:00 UTC, judged by counting days."""

    def __init__(self) -> None:
        super().__init__()
        self.runner = asyncio.Runner()
        self.house = House()
        self.mark = self.house.clock.now()  #: up to then all days are decided
        self.decided: set[date] = set()
        self.forgotten: set[date] = set()  #: decided before a pause, and ahead of a clock that was set back since
        self.by_hand = 0

    @initialize(missed=st.sampled_from(Missed))
    def begins(self, missed: Missed) -> None:
        """Make the schedule."""
        self.schedule = self.house.schedule(Timed(Daily(), DUE, "UTC"), missed=missed.value)

    @property
    def now(self) -> datetime:
        return self.house.clock.now()

    @property
    def is_paused(self) -> bool:
        return self.house.now(self.schedule).is_paused

    def does(self, work: Callable[[], Any]) -> None:
        self.runner.run(work())

    def looks(self) -> None:
        """Do what is due; then every day since the mark is decided, unless nothing comes due."""
        was_paused = self.is_paused
        self.does(self.house.looks)
        if not was_paused:
            self.decide()

    def decide(self) -> None:
        begins = min(self.mark, self.now)
        days = (begins.date() + timedelta(days=n) for n in range((self.now.date() - begins.date()).days + 1))
        self.decided |= {day for day in days if begins < datetime.combine(day, DUE, UTC) <= self.now}
        self.mark = self.now
        left_out = [run for run in self.all_runs() if run.state is RunState.LEFT_OUT and run.identity[0].isdigit()]
        assert not [run for run in left_out if datetime.fromisoformat(f"{run.identity}+00:00") > self.now]

    @rule(hours=st.sampled_from([1, 5, 24, 24, 24 * 7, 24 * 40]))
    def time_passes(self, hours: int) -> None:
        """While the bot runs, or was down."""
        self.house.clock._now += hours * HOUR
        self.looks()

    @rule(hours=st.integers(1, 24 * 10))
    def the_clock_is_set_back(self, hours: int) -> None:
        """By hand, or by a machine that learns the time; the bot is started anew or not."""
        self.house.clock._now = max(datetime(2026, 11, 20, tzinfo=UTC), self.now - hours * HOUR)
        self.looks()

    @rule(writes=st.integers(1, 6), hours=st.sampled_from([1, 24, 72]))
    def the_process_is_killed(self, writes: int, hours: int) -> None:
        """Right after any of its commits; the next one goes on."""
        self.house.clock._now += hours * HOUR
        was_paused, database = self.is_paused, self.house.database
        write, left = database.write, [writes]

        async def _write(*args: Any, **kwargs: Any) -> Any:
            result = await write(*args, **kwargs)
            left[0] -= 1
            if not left[0]:
                raise _Killed
            return result

        database.write = _write  # type: ignore[method-assign]
        try:
            self.does(self.house.looks)
        except _Killed:
            pass
        finally:
            database.write = write  # type: ignore[method-assign]
        self.house.begin()
        self.does(self.house.looks)
        if not was_paused:
            self.decide()

    @rule()
    def its_owner_leaves(self) -> None:
        """It pauses with its next run."""
        self.house.people.gone.add(OWNER)
        self.looks()

    @rule()
    def its_owner_comes_back_and_resumes(self) -> None:
        """What would have come due meanwhile does not."""
        self.house.people.gone.clear()
        if self.is_paused:
            self.does(lambda: self.people.resume(self.schedule.id, ANA))
            self.forgets_what_was_left_out()
        self.looks()

    @rule()
    def somebody_pauses(self) -> None:
        """By the button."""
        self.does(lambda: self.people.pause(self.schedule.id, ANA))

    @rule()
    def somebody_runs_it_now(self) -> None:
        """An act of its own, beside the plan."""
        if not self.is_paused and not self.house.people.gone:
            self.by_hand += 1
            self.does(lambda: self.people.run_now(self.schedule.id, ANA, origin=f"press:{self.by_hand}"))
            self.looks()

    @rule(status=st.sampled_from(["Download", "Error"]))
    def an_export_ends(self, status: str) -> None:
        """Well or not; three failures in a row pause it."""
        waiting = [each.number for each in self.house.made() if each.state is ExportState.QUEUED]
        if waiting:
            self.does(lambda: self.house.ends(waiting[0], status))
            self.looks()

    @invariant()
    def each_due_day_is_decided_once(self) -> None:
        """It ran, or is on record as left out; nothing else is."""
        known = [run for run in self.all_runs() if run.state is not RunState.AHEAD and run.identity[0].isdigit()]
        days = [datetime.fromisoformat(run.identity).date() for run in known]
        assert len(set(days)) == len(days)
        assert set(days) <= self.decided
        behind = {day for day in self.decided if datetime.combine(day, DUE, UTC) <= self.mark}
        assert behind - set(days) <= self.forgotten

    @invariant()
    def each_run_has_one_export(self) -> None:
        """However often a process died between both; no export is nobody's."""
        made = self.house.made()
        asked = {run.export for run in self.all_runs() if run.export is not None}
        assert len({export.origin for export in made}) == len(made)
        assert {export.number for export in made} == asked

    def all_runs(self) -> list[runs.Run]:
        return list(runs.of_schedule(self.house.db, self.schedule.id, 10_000))

    def teardown(self) -> None:
        self.runner.run(self.house.database.close())
        self.runner.close()

    # What a pause leaves undecided

    @property
    def people(self) -> Schedules:
        return Schedules(self.house.database, self.house.access, Catalogue(), self.house.clock)

    def forgets_what_was_left_out(self) -> None:
        """A schedule that goes on begins anew: of days ahead of a clock that was set back nothing stays left out."""
        kept = {run.identity[:10] for run in self.all_runs()}
        self.forgotten |= {day for day in self.decided if day.isoformat() not in kept}
        self.mark = self.now


TestSchedulesInTime = SchedulesInTime.TestCase
TestSchedulesInTime.settings = settings(max_examples=40, stateful_step_count=25, deadline=None)
