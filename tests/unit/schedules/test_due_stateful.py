"""Years of virtual time with outages, clocks set back and forth and changed zones: each due run is decided once."""

from dataclasses import replace
from datetime import UTC, datetime, time, timedelta
from typing import Final
from zoneinfo import ZoneInfo

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from bot.schedules import calendar, due
from bot.schedules.due import MOST_AT_ONCE, ON_TIME, Missed, NotRun
from bot.schedules.rule import Cron, Daily, MonthDay, Timed, Weekday, Weekly, WorkingDay
from tests.unit.schedules import judge

BERLIN: Final = "Europe/Berlin"
RULES: Final = (
    Timed(Daily(), time(8), BERLIN),
    Timed(Daily(), time(2, 30), BERLIN),  # where clocks move
    Timed(Weekly((Weekday.MONDAY, Weekday.THURSDAY)), time(0, 5), BERLIN),
    Timed(MonthDay(31), time(23, 59), BERLIN),
    Timed(WorkingDay(1), time(8), BERLIN),
    Cron("15 */6 * * *", BERLIN),
)
#: What a zone may become when its rules change.
ZONES: Final = (BERLIN, "Etc/GMT-1", "Etc/GMT-2", "Africa/Casablanca")
STARTS: Final = st.timedeltas(timedelta(0), timedelta(days=1000)).map(
    lambda gone: datetime(2025, 1, 1, tzinfo=UTC) + gone
)


def lengths(longest: timedelta) -> st.SearchStrategy[timedelta]:
    return st.timedeltas(timedelta(0), longest)


class Schedule(RuleBasedStateMachine):
    """One schedule, decided again and again, with what is on record of its runs."""

    @initialize(chosen=st.sampled_from(RULES), now=STARTS, missed=st.sampled_from(Missed))
    def begin(self, chosen: Timed | Cron, now: datetime, missed: Missed) -> None:
        self.rule, self.now, self.missed = chosen, now, missed
        self.through = self.lowest = due.begin(chosen, now)
        self.ran = set[datetime]()
        self.left_out = set[datetime]()
        self.asked_not = set[datetime]()
        self.not_listed_through = self.lowest

    @rule(minutes=st.integers(1, 12), steps=st.integers(1, 40))
    def minutes_pass(self, minutes: int, steps: int) -> None:
        for _ in range(steps):
            self._tick(timedelta(minutes=minutes))

    @rule(hours=st.integers(1, 24), steps=st.integers(1, 20))
    def hours_pass(self, hours: int, steps: int) -> None:
        for _ in range(steps):
            self._tick(timedelta(hours=hours))

    @rule()
    def the_next_run_comes_in_time(self) -> None:
        run = calendar.next_runs(self.rule, self.now, 1)[0]
        already = run.written in self.ran | self.left_out | self.asked_not
        self.now = run.moment
        happened = self._tick(timedelta(seconds=20))
        assert already or run.written in happened

    @rule(length=lengths(timedelta(days=60)))
    def the_bot_is_down(self, length: timedelta) -> None:
        self._tick(length)

    @rule(length=lengths(timedelta(days=900)))
    def the_clock_is_set_forth(self, length: timedelta) -> None:
        self._tick(length)

    @rule(length=lengths(timedelta(days=900)))
    def the_clock_is_set_back(self, length: timedelta) -> None:
        self._tick(-length)

    @rule(seconds=st.integers(-120, 120))
    def the_clock_is_mended(self, seconds: int) -> None:
        self._tick(timedelta(seconds=seconds))

    @rule(zone=st.sampled_from(ZONES))
    def the_zone_has_other_rules(self, zone: str) -> None:
        self.rule = replace(self.rule, zone=zone)
        self._tick(timedelta(0))

    @rule(missed=st.sampled_from(Missed))
    def its_setting_is_changed(self, missed: Missed) -> None:
        self.missed = missed

    @rule()
    def the_next_one_is_left_out(self) -> None:
        self.asked_not.add(calendar.next_runs(self.rule, self.now, 1)[0].written)

    @invariant()
    def all_that_has_come_due_is_decided(self) -> None:
        begins = max(self.lowest, self.not_listed_through)
        shown = calendar.reading(self.now, ZoneInfo(self.rule.zone))
        assert self._due(begins, shown) <= self.ran | self.left_out

    @invariant()
    def nothing_happens_that_is_said_not_to(self) -> None:
        assert not self.ran & self.left_out

    @invariant()
    def nothing_ahead_is_said_not_to_happen(self) -> None:
        shown = calendar.reading(self.now, ZoneInfo(self.rule.zone))
        assert all(written <= shown for written in self.left_out)

    def _due(self, after: datetime, through: datetime) -> set[datetime]:
        """Return the written times that come due in a stretch; by the judge, where it knows the rule."""
        if isinstance(self.rule, Timed):
            found = judge.runs(self.rule, after, (through - after).days + 2)
            return {run.written for run in found if after < run.written <= through}
        hours = range(int((through - after).total_seconds() // 3600) + 2)
        sharp = after.replace(minute=15, second=0, microsecond=0)
        written = {sharp + timedelta(hours=each) for each in hours}
        return {each for each in written if each.hour % 6 == 0 and after < each <= through}

    def _tick(self, length: timedelta) -> set[datetime]:
        """Let time pass, decide, and keep what was decided; return what happened."""
        self.now += length
        decision = due.decide(self.rule, self.through, self.now, self.missed, self.ran, self.asked_not)
        shown = calendar.reading(self.now, ZoneInfo(self.rule.zone))
        self.lowest = min(self.lowest, shown)
        if decision.uncounted:
            self.not_listed_through = max(self.not_listed_through, shown - due.FURTHEST_BACK)
        self.left_out = {written for written in self.left_out if not decision.withdraws(written)}
        happened = self._happen(decision)
        self._leave_out(decision)
        self.through = decision.through
        again = due.decide(self.rule, self.through, self.now, self.missed, self.ran, self.asked_not)
        assert (again.happen, again.left_out, again.through) == ((), (), self.through)
        return happened

    def _happen(self, decision: due.Decision) -> set[datetime]:
        late = [each.run for each in decision.happen if each.late]
        for each in decision.happen:
            assert each.run.moment <= self.now
            assert each.run.written not in self.ran | self.left_out | self.asked_not
            assert each.late == (self.now - each.run.moment > ON_TIME)
            self.ran.add(each.run.written)
        assert len(late) <= {Missed.SKIP: 0, Missed.ONCE: 1, Missed.ALL: MOST_AT_ONCE}[self.missed]
        return {each.run.written for each in decision.happen}

    def _leave_out(self, decision: due.Decision) -> None:
        newest = max((each.run for each in decision.happen), default=None)
        for each in decision.left_out:
            run = each.run
            assert run.moment <= self.now
            assert run.written not in self.ran | self.left_out
            assert (each.why is NotRun.ASKED) == (run.written in self.asked_not)
            assert each.why is NotRun.ASKED or self.now - run.moment > ON_TIME
            assert each.why is not NotRun.REPLACED or (newest and run < newest)
            self.left_out.add(run.written)


Schedule.TestCase.settings = settings(max_examples=25, stateful_step_count=30, deadline=None)
TestScheduleByItself = Schedule.TestCase
