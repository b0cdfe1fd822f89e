"""What administrators and `doctor` hear of what runs by itself."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta

import pytest

from bot.cards import admin_card, alert_watched
from bot.cards.admin_card import Overview
from bot.cards.alert_watched import Shares
from bot.cards.pauses import WHY_PAUSED, Paused
from bot.operate.checks.by_itself import ALERTS, SCHEDULES, check_by_itself
from bot.operate.findings import Finding, Level
from storage import alerts, runs, schedules
from storage.alerts import Alert, NewAlert
from storage.by_itself import AlertsNow, SchedulesNow, alerts_now, schedules_now
from storage.models import CallsSpent
from storage.runs import Due
from tests.unit.schedules.house import CHANNEL, OWNER, House

DUE = datetime(2026, 11, 25, 7, 0, tzinfo=UTC)
MINUTE = timedelta(minutes=1)
NAMED = f"“Tokens by product” of {OWNER} in {CHANNEL}"


@pytest.fixture
async def house() -> AsyncIterator[House]:
    built = House()
    yield built
    await built.database.close()


def found(house: House, now: datetime, *, bot_runs: bool = True, of: str = SCHEDULES) -> Finding:
    """What `doctor` says of schedules, or of alerts."""
    return next(each for each in check_by_itself(house.db, now, bot_runs=bot_runs) if each.name == of)


def test_none(house: House) -> None:
    """Nothing is said in Slack where there is nothing."""
    assert found(house, DUE).found == "There are none yet."
    assert "Schedules" not in str(overview(schedules_now(house.db, 3, DUE)))


def overview(known: SchedulesNow, watched: AlertsNow | None = None) -> list[object]:
    """What `/tokenflex admin` shows, and what the Home tab of an administrator does."""
    spent = CallsSpent(0, 5, 0, 2400, 0, None)
    shown = Overview({}, (), (), spent, None, schedules=known, alerts=watched or AlertsNow())
    return [*admin_card.overview(shown).blocks, *admin_card.at_home(shown, 5)]


def test_the_next_runs_are_named(house: House) -> None:
    """The first of them, the next due first; runs that wait for their data are counted."""
    first = house.schedule()
    for _ in range(4):
        house.schedule()
    run = runs.start(house.db, first.id, "press:1", house.clock.now())
    assert run is not None
    runs.move(house.db, run, runs.RunState.WAITING, house.clock.now())
    said = found(house, DUE - timedelta(days=3))
    assert said.level is Level.OK
    assert said.found.startswith(f"5. Next: {NAMED} on 2026-11-25 07:00 UTC (in 3 days); ")
    assert said.found.count(NAMED) == 3
    assert said.found.endswith("Runs that wait for their data: 1.")
    shown = str(overview(schedules_now(house.db, 3, DUE)))
    assert shown.count(f"*Tokens by product* of <@{OWNER}> in <#{CHANNEL}>, <!date^") == 6
    assert "Reports that wait for their data: 1." in shown


@pytest.mark.parametrize("why", Paused)
def test_what_is_paused_is_named_with_why(house: House, why: Paused) -> None:
    """By somebody, which is as it should be, or by itself; in both places."""
    paused = house.schedule()
    schedules.pause(house.db, paused.id, why.value, house.clock.now())
    said = found(house, house.clock.now() + 10 * MINUTE)
    assert said.level is (Level.OK if why is Paused.PERSON else Level.WARNING)
    assert said.found == (
        f"1, of which 1 paused. None runs again. Paused: {NAMED}, {WHY_PAUSED[why]}, since 2026-11-24 09:00 UTC "
        "(10 min ago)."
    )
    assert f"in <#{CHANNEL}>, {WHY_PAUSED[why]}." in str(overview(schedules_now(house.db, 3, DUE)))


def test_more_are_counted(house: House) -> None:
    """The newest are named."""
    for _ in range(5):
        schedules.pause(house.db, house.schedule().id, Paused.FAILING.value, house.clock.now())
    assert found(house, DUE).found.endswith("; and 2 more.")
    assert "; and 2 more." in str(overview(schedules_now(house.db, 3, DUE)))


@pytest.mark.parametrize(("minutes", "level"), [(9, Level.OK), (11, Level.WRONG)])
def test_what_was_due_and_has_not_run_is_wrong(house: House, minutes: int, level: Level) -> None:
    """Ten minutes later; where no bot runs it is no wonder."""
    house.schedule()
    said = found(house, DUE + minutes * MINUTE)
    assert said.level is level
    if level is Level.WRONG:
        assert said.found.startswith(f"{NAMED} was due on 2026-11-25 07:00 UTC (11 min ago) and has not run. 1. Next: ")
        assert found(house, DUE + minutes * MINUTE, bot_runs=False).level is Level.WARNING


def test_a_run_that_does_not_begin_is_told(house: House) -> None:
    """As where Slack does not say whether its owner may; not where nobody is there to begin it."""
    due = Due(identity="2026-11-25T08:00", due_at=DUE)
    runs.decide(house.db, house.schedule(), [due], due.identity, DUE + timedelta(days=1), DUE)
    assert found(house, DUE + 9 * MINUTE).level is Level.OK
    said = found(house, DUE + 11 * MINUTE)
    assert said.level is Level.WARNING
    assert said.found.startswith("One run has not begun, the first since 2026-11-25 07:00 UTC (11 min ago). 1. Next: ")
    assert found(house, DUE + 11 * MINUTE, bot_runs=False).level is Level.OK


# --- alerts -------------------------------------------------------------------------------------------------------

WATCHED = f"“75 % of the year's tokens used, contract 110000123456” of {OWNER} in {CHANNEL}"


def watches(house: House, number: int = 1) -> Alert:
    """An alert of which nothing was looked at yet."""
    watched = alert_watched.as_text(Shares((75,)))
    new = NewAlert(origin=f"form:{number}", contract="110000123456", channel=CHANNEL, owner=OWNER, watched=watched)
    return alerts.add(house.db, new, house.clock.now())[0]


def test_nothing_is_watched(house: House) -> None:
    """Nothing is said in Slack where there is nothing."""
    assert found(house, DUE, of=ALERTS).found == "There are none yet."
    assert "Alerts" not in str(overview(SchedulesNow(), alerts_now(house.db, 3)))


@pytest.mark.parametrize("why", Paused)
def test_an_alert_that_is_paused_is_named_with_why(house: House, why: Paused) -> None:
    """As a schedule is."""
    alerts.pause(house.db, watches(house).id, why.value, house.clock.now())
    watches(house, 2)
    said = found(house, house.clock.now() + 10 * MINUTE, of=ALERTS)
    assert said.level is (Level.OK if why is Paused.PERSON else Level.WARNING)
    since = "since 2026-11-24 09:00 UTC (10 min ago)"
    assert said.found == f"2, of which 1 paused. Paused: {WATCHED}, {WHY_PAUSED[why]}, {since}."
    shown = str(overview(SchedulesNow(), alerts_now(house.db, 3)))
    assert f"contract 110000123456* of <@{OWNER}> in <#{CHANNEL}>, {WHY_PAUSED[why]}." in shown


def test_what_is_not_useful_is_counted(house: House) -> None:
    """Those that people found so most often, first."""
    for number in range(1, 6):
        alert = watches(house, number)
        for _ in range(number - 1):
            alerts.count_useless(house.db, alert.id)
    said = found(house, house.clock.now(), of=ALERTS)
    assert said.level is Level.OK
    assert said.found.startswith(f"5. People found not useful what was told: 4 × {WATCHED}; 3 × {WATCHED}; 2 × ")
    shown = str(overview(SchedulesNow(), alerts_now(house.db, 4)))
    assert shown.count(", 4 times; ") == shown.count(f" of <@{OWNER}> in <#{CHANNEL}>, once.") == 2
    assert alerts_now(house.db, 1).useless_count == 10


def test_an_alert_without_figures_is_told(house: House) -> None:
    """After two days; where no bot runs nobody looks at any."""
    alert, since = watches(house), house.clock.now()
    assert found(house, since + timedelta(days=2), of=ALERTS).level is Level.OK
    late = since + timedelta(days=2) + MINUTE
    said = found(house, late, of=ALERTS)
    assert said.level is Level.WARNING
    assert said.found.startswith(f"{WATCHED} has had no figures to look at since 2026-11-24 09:00 UTC (2 days ago). 1.")
    assert found(house, late, bot_runs=False, of=ALERTS).level is Level.OK
    alerts.stand(house.db, alert, "", late, late)
    assert found(house, late, of=ALERTS).level is Level.OK
