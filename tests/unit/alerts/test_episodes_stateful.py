"""Years of looks at figures, people who press buttons, clocks set back: no alert is told twice or forgotten."""

from datetime import UTC, date, datetime, timedelta
from typing import Final

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from bot.alerts import episodes
from bot.alerts.episodes import REST, Close, Edit, Episode, State, Tell
from bot.alerts.rules import Finding
from bot.cards.alert_told import Delay, Ending, Phase, ShareUsed

PERSON: Final = "U0SBX00002"
STEPS: Final = (50, 75, 90)
PERIODS: Final = tuple(date(2026, month, 1) for month in range(1, 13))


class Alert(RuleBasedStateMachine):
    """One alert, what was found last, and the messages that were posted about it: at most one that is not closed."""

    @initialize()
    def begin(self) -> None:
        self.state = State()
        self.now = datetime(2026, 1, 1, tzinfo=UTC)
        self.period = 0
        self.level = 0  #: of the three steps, so many are reached
        self.tokens = 0
        self.open: Episode | None = None
        self.told: dict[tuple[date, int], int] = {}
        self.eased: dict[tuple[date, int], datetime] = {}  #: may be told again, a rest after this
        self.put_off_for: timedelta | None = None
        self.slept = timedelta(0)
        self.known = True
        self.was_set_back = False

    # --- what happens ---------------------------------------------------------------------------------------------

    @rule(level=st.integers(0, 3), tokens=st.integers(0, 3))
    def figures_change(self, level: int, tokens: int) -> None:
        self.level, self.tokens = level, self.tokens + tokens
        self._look()

    @rule(hours=st.integers(1, 300))
    def time_passes(self, hours: int) -> None:
        self._pass(timedelta(hours=hours))
        self._look()

    @rule(looks=st.integers(1, 30))
    def days_pass(self, looks: int) -> None:
        for _ in range(looks):
            self._pass(timedelta(hours=6))
            self._look()

    @rule(days=st.integers(1, 400))
    def the_clock_is_set_back(self, days: int) -> None:
        self.now -= timedelta(days=days)
        self.was_set_back = True
        self._look()

    @rule()
    def another_period_begins(self) -> None:
        if self.period < len(PERIODS) - 1:
            self.period, self.level = self.period + 1, 0
            self._look()

    @rule(holds=st.booleans(), step=st.sampled_from(STEPS))
    def figures_of_before_come(self, *, holds: bool, step: int) -> None:
        """By a clock that was set back to an earlier period: they say nothing of what was told since."""
        earlier = PERIODS[self.period] - timedelta(days=31)
        finding = Finding(earlier, holds, step, ShareUsed(1, step, 1, 100, 0.5) if holds else None)
        if any(period > earlier for period, _ in self.told):
            assert episodes.looked(self.state, finding, self.now) == (self.state, ())

    @rule(known=st.booleans())
    def figures_are_known_or_not(self, known: bool) -> None:
        self.known = known
        self._look()

    @rule()
    def somebody_acknowledges(self) -> None:
        self._done(*episodes.acknowledged(self.state, PERSON, self.now))
        self.put_off_for = None

    @rule(delay=st.sampled_from(Delay))
    def somebody_puts_it_off(self, delay: Delay) -> None:
        until = episodes.end_of(delay, self.now, "Europe/Berlin")
        self._done(*episodes.put_off(self.state, PERSON, until, self.now))
        self.put_off_for, self.slept, self.was_set_back = until - self.now if self.open else None, timedelta(0), False

    # --- what must hold -------------------------------------------------------------------------------------------

    @invariant()
    def the_message_shows_how_it_stands(self) -> None:
        assert self.open == self.state.episode

    @invariant()
    def nothing_is_forgotten(self) -> None:
        """What was seen to hold is open, unless it was told before or a higher step of that period was."""
        key = (PERIODS[self.period], STEPS[self.level - 1])
        if not self.level or not self.known:
            return
        if self.open is not None:
            assert (self.open.period, self.open.step) == key
            return
        higher = any(period == key[0] and step > key[1] for period, step in self.told)
        rests = key not in self.eased or timedelta(0) <= self.now - self.eased[key] < REST
        assert higher or (key in self.told and rests)

    @invariant()
    def what_is_over_is_closed(self) -> None:
        assert self.level or not self.known or self.open is None

    @invariant()
    def nothing_put_off_is_slept_through(self) -> None:
        """Where it was seen: from no look on does it sleep for longer than was meant, however the clock was set."""
        if self.put_off_for is None or self.open is None or not self.known:
            return
        assert self.open.phase is Phase.PUT_OFF
        assert self.open.until is not None
        assert timedelta(0) < self.open.until - self.now <= self.put_off_for
        assert self.was_set_back or self.slept < self.put_off_for

    # --- by which means -------------------------------------------------------------------------------------------

    def _pass(self, length: timedelta) -> None:
        self.now += length
        self.slept += length

    def _look(self) -> None:
        step = STEPS[self.level - 1] if self.level else 0
        matter = ShareUsed(1, step, self.tokens, 100, 0.5) if step else None
        finding = Finding(PERIODS[self.period], bool(step), step, matter) if self.known else None
        before = self.state
        self._done(*episodes.looked(self.state, finding, self.now))
        assert finding is not None or self.state == before
        again, acts = episodes.looked(self.state, finding, self.now)
        assert (again, acts) == (self.state, ())  # nothing more happens where nothing has changed

    def _done(self, state: State, acts: tuple[episodes.Act, ...]) -> None:
        for act in acts:
            if isinstance(act, Tell):
                self._tell(act)
            elif isinstance(act, Close):
                self._close(act)
            else:
                assert isinstance(act, Edit)
                assert self.open is not None
                assert self.open != act.episode
                self.open = act.episode
        self.state = state

    def _tell(self, act: Tell) -> None:
        key = (act.episode.period, act.episode.step)
        if act.again:
            assert self.open is not None
            assert self.open.phase is Phase.PUT_OFF
            assert self.put_off_for is not None
            assert self.slept >= self.put_off_for
            self.put_off_for = None
        else:
            assert self.open is None
            assert not any(period == key[0] and step > key[1] for period, step in self.told)
            eased = self.eased.pop(key, None)
            assert key not in self.told or eased is not None
            assert eased is None or not timedelta(0) <= self.now - eased < REST
        self.told[key] = self.told.get(key, 0) + 1
        self.open = act.episode

    def _close(self, act: Close) -> None:
        assert self.open is not None
        if act.ending is Ending.EASED:
            self.eased[act.episode.period, act.episode.step] = self.now
        self.open = None
        self.put_off_for = None


Alert.TestCase.settings = settings(max_examples=100, stateful_step_count=40, deadline=None)
TestAlertByItself = Alert.TestCase
