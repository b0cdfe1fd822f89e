"""Alerts through years: outages, kills, clocks set, owners who leave: what holds is told once, and never forgotten.

Usage only grows within a year and a month, but for a little that Token Flex counts and does not count.
"""

import asyncio
from collections import Counter
from collections.abc import Callable
from datetime import date, datetime, timedelta
from itertools import pairwise
from typing import Any, Final

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from bot.alerts import episodes, kept, telling
from bot.alerts.use_cases import Alerts
from bot.alerts.watcher import MOST_CALLS
from bot.cards import alert_told
from bot.cards.alert_told import OverLimit, Phase, ShareUsed, Told
from bot.cards.alert_watched import Limit, Shares
from bot.cards.pauses import TAKES_OVER
from bot.tokenflex.catalogue import Catalogue
from storage.alerts import Alert
from storage.audit import Act
from storage.models import MessageKind
from tests.harness.people import admitted
from tests.harness.stored import CONTRACT
from tests.unit.alerts.watching import TOKENS, AlertHouse, Usage
from tests.unit.schedules.house import CHANNEL, OWNER

OTHER: Final = "U0BEN00002"
DAY: Final = timedelta(days=1)
STEPS: Final = (50, 75, 90)
LIMIT: Final = 900  #: tokens of a month
RATES: Final = (0, 40, 70, 100, 130)  #: tokens of a day


class _Killed(BaseException):
    """The process ends here: what was committed is there, and nothing that would have followed."""


class AlertsInTime(RuleBasedStateMachine):
    """A share of the year's tokens and a limit of each month, watched by the real parts."""

    def __init__(self) -> None:
        super().__init__()
        self.runner = asyncio.Runner()
        self.house = AlertHouse()
        self.shares = self.house.alert(Shares(STEPS))
        self.limit = self.house.alert(Limit("productName", "Revit", LIMIT))
        self.wrong = timedelta(0)  #: by which the bot's clock goes wrong
        self.rate = 100
        self.set_at: datetime | None = None  #: when the clock was set last
        self.sets = self.days = 1

    @property
    def now(self) -> datetime:
        return self.house.clock.now()

    # --- time -----------------------------------------------------------------------------------------------------

    @rule(days=st.integers(1, 40), rate=st.sampled_from(RATES))
    def days_pass(self, days: int, rate: int) -> None:
        """While the bot runs, which wakes when it said it would."""
        self.rate = rate
        end = self.now + days * DAY
        while self.now < end:
            wakes = [each for each in self.looks() if each is not None and each > self.now]
            self.passes(min([*wakes, end]) - self.now)
        self.looks()

    @rule(hours=st.integers(1, 24 * 60), rate=st.sampled_from(RATES))
    def the_bot_is_down(self, hours: int, rate: int) -> None:
        """Days pass all the same."""
        self.rate = rate
        self.passes(timedelta(hours=hours))
        self.house.begin()
        self.looks()

    @rule(hours=st.sampled_from([-24 * 26, -24 * 9, -30, -2, 3, 24 * 8, 24 * 26]))
    def the_clock_is_set(self, hours: int) -> None:
        """Wrong, or right again; what Token Flex counts is as it is."""
        wrong = timedelta(0) if self.wrong else timedelta(hours=hours)
        self.house.clock._now += wrong - self.wrong
        self.wrong, self.set_at, self.sets = wrong, self.now, self.sets + 1
        self.looks()

    @rule(writes=st.integers(1, 8), days=st.integers(0, 9), after=st.booleans())
    def the_process_is_killed(self, writes: int, days: int, *, after: bool) -> None:
        """Before or after any of its commits; the next one goes on."""
        self.passes(days * DAY)
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

        database.write = _write  # type: ignore[method-assign]
        try:
            self.does(self.house.watches)
        except _Killed:
            pass
        finally:
            database.write = write  # type: ignore[method-assign]
        self.house.begin()
        self.looks()

    @rule(away=st.booleans())
    def token_flex_is_away_or_back(self, *, away: bool) -> None:
        """Files and figures come when it is back."""
        self.house.world.is_away = away
        self.looks()

    @rule(unknown=st.sampled_from([0, 9]))
    def a_little_is_counted_or_not(self, unknown: int) -> None:
        """So little that nobody is told of it."""
        self.house.world.unknown = unknown
        self.looks()

    def passes(self, length: timedelta) -> None:
        before = self.now.date()
        self.house.clock._now += length
        self.days += (self.now.date() - before).days
        self.house.world.passes((self.now - self.wrong).date(), self.rate)

    # --- people ---------------------------------------------------------------------------------------------------

    @rule()
    def its_owner_leaves(self) -> None:
        """Each alert pauses with its next look."""
        self.house.people.gone.add(OWNER)
        self.looks()

    @rule()
    def somebody_takes_over(self) -> None:
        """What holds then is told then, if it was not before."""
        for each in (self.shares, self.limit):
            alert = self.house.alert_now(each)
            if alert.paused_why in TAKES_OVER:
                self.takes_over(alert)
        self.looks()

    def takes_over(self, alert: Alert) -> None:
        people = Alerts(self.house.database, self.house.access, Catalogue(), self.house.clock)
        self.does(lambda: people.take_over(alert.id, admitted(OTHER, CHANNEL)))

    @rule(which=st.integers(0, 1), days=st.sampled_from([0, 1, 7]))
    def somebody_acknowledges_or_puts_off(self, which: int, days: int) -> None:
        """With the buttons of its message."""
        alert = self.house.alert_now((self.shares, self.limit)[which])
        state = kept.of_text(alert.standing)
        acts = episodes.acknowledged(state, OTHER, self.now)
        if days:
            acts = episodes.put_off(state, OTHER, self.now + days * DAY, self.now)
        telling.stands(self.house.db, alert, *acts, self.now)
        self.looks()

    # --- what holds -----------------------------------------------------------------------------------------------

    @invariant()
    def nothing_is_told_twice(self) -> None:
        """Each step of a year, and each month, has one message; a new one only where it was put off."""
        for alert in (self.shares, self.limit):
            told = [alert_told.of_text(each.told) for each in self.house.tellings(alert)]
            firsts = Counter(_key(each) for each in told if not each.again)
            assert not [key for key, count in firsts.items() if count > 1]
            assert all(told[n - 1 : n] and _key(told[n - 1]) == _key(each) for n, each in enumerate(told) if each.again)

    @invariant()
    def each_message_is_posted_once(self) -> None:
        """With the figures of that moment in its thread, and a row of the audit."""
        rows = Counter(row.subject for row in self.house.told())
        assert not [subject for subject, count in rows.items() if count > 1]
        firsts = 0
        for alert in (self.shares, self.limit):
            tellings = self.house.tellings(alert)
            assert all(rows[f"told:{each.id}:{each.mark}"] == 1 for each in tellings)
            of_this = sum(not alert_told.of_text(each.told).again for each in tellings)
            assert self.house.acts(Act.ALERT_TOLD).count(f"alert {alert.id} told") == of_this
            firsts += of_this
        assert len(self.house.told(MessageKind.ALERT_FIGURES, MessageKind.ANSWER)) == firsts

    @invariant()
    def messages_show_how_it_stands(self) -> None:
        """Of each alert the newest alone may be open, and it is where something holds that was told."""
        for alert in (self.shares, self.limit):
            told = [alert_told.of_text(each.told) for each in self.house.tellings(alert)]
            episode = kept.of_text(self.house.alert_now(alert).standing).episode
            assert (episode is not None) == (bool(told) and told[-1].phase is not Phase.OVER)
            replaced = [later.again and _key(later) == _key(each) for each, later in pairwise(told)]
            assert all(each.phase is Phase.OVER or again for each, again in zip(told, replaced, strict=False))

    @invariant()
    def few_calls_are_made(self) -> None:
        """Four a day for a contract, and an export a day, unless the clock was set meanwhile."""
        day = [each for each in self.house.paid if self.now - DAY < each <= self.now]
        is_new = self.set_at is not None and self.now - self.set_at < DAY
        assert is_new or len(day) <= MOST_CALLS
        assert len(self.house.made()) <= self.days + self.sets

    def looks(self) -> tuple[datetime | None, ...]:
        """Look; then what holds by figures of these days is told, and what does not is over."""
        moments: tuple[datetime | None, ...] = self.does(self.house.watches)
        for alert in (self.shares, self.limit):
            found = self.found(alert)
            if found is not None and not self.house.alert_now(alert).paused_why:
                self.check(alert, *found)
        return moments

    def check(self, alert: Alert, period: date, key: tuple[object, int] | None) -> None:
        state = kept.of_text(self.house.alert_now(alert).standing)
        periods = [each.period for each in state.past] + ([state.episode.period] if state.episode else [])
        if period < max(periods, default=period):
            return  # the clock was set back: that says nothing of what was told since
        told = {_key(alert_told.of_text(each.told)) for each in self.house.tellings(alert)}
        assert key is None or any((key[0], step) in told for step in (0, *STEPS) if step >= key[1])
        assert state.episode is None or state.episode.period == period
        assert state.episode is None or state.episode.until is None or state.episode.until > self.now

    def found(self, alert: Alert) -> tuple[date, tuple[object, int] | None] | None:
        """Return the period that the newest figures are of, and what has to be told of it; None: they are too old."""
        if alert is self.shares:
            counted = self.does(lambda: Usage(self.house).known(CONTRACT))
            if counted is None or not self.is_of_now(counted.at):
                return None
            year = next(each for each in counted.years if each.first <= counted.at.date() <= each.last)
            reached = [step for step in STEPS if 100 * year.consumed >= step * TOKENS]
            return year.first, (year.number, max(reached)) if reached else None
        if not self.house.files or not self.is_of_now(self.house.files[-1].at):
            return None
        month, tokens = self.house.files[-1].month()
        return month, (f"{month:%B %Y}", 0) if tokens > LIMIT else None

    def is_of_now(self, at: datetime) -> bool:
        return timedelta(0) <= self.now - at < 2 * DAY

    def does(self, work: Callable[[], Any]) -> Any:
        return self.runner.run(work())

    def teardown(self) -> None:
        self.runner.run(self.house.database.close())
        self.runner.close()


def _key(told: Told) -> tuple[object, int]:
    """Return what a message is about, whatever its figures are by now."""
    if isinstance(told.matter, ShareUsed):
        return told.matter.year, told.matter.percent
    assert isinstance(told.matter, OverLimit)
    return told.matter.period, 0


TestAlertsInTime = AlertsInTime.TestCase
TestAlertsInTime.settings = settings(max_examples=5, stateful_step_count=16, deadline=None)


async def test_a_clock_that_is_set_back_to_the_month_before_has_nothing_told_twice() -> None:
    """By its figures nothing of this month holds any more; it was told, and that stands."""
    house = AlertHouse()
    alert = house.alert(Limit("productName", "Revit", LIMIT))

    async def days_pass(days: int) -> None:
        for _ in range(days):
            house.clock._now += DAY
            house.world.passes(house.clock.now().date(), 100)
            await house.watches()

    await days_pass(20)
    house.clock._now -= 20 * DAY
    await house.watches()
    await days_pass(2)
    house.clock._now += 20 * DAY
    await days_pass(3)
    (told,) = house.tellings(alert)
    assert alert_told.of_text(told.told).phase is Phase.OPEN
    await house.database.close()
