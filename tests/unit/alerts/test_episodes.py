"""How an alert stands: the stories of the issue, one by one."""

from datetime import UTC, date, datetime, timedelta
from typing import Final

import pytest

from bot.alerts import episodes
from bot.alerts.episodes import Close, Edit, Episode, State, Tell
from bot.alerts.rules import Finding
from bot.cards.alert_told import Delay, Ending, Phase, ShareUsed

PERSON: Final = "U0SBX00002"
YEAR: Final = date(2026, 2, 1)
NOW: Final = datetime(2026, 11, 29, 12, tzinfo=UTC)
DAY: Final = timedelta(days=1)
QUIET: Final = Finding(YEAR, holds=False)


def reached(step: int, tokens: int = 0) -> Finding:
    return Finding(YEAR, True, step, ShareUsed(3, step, tokens or 100 * step, 10_000, 0.5))


def told(step: int) -> State:
    state, acts = episodes.looked(State(), reached(step), NOW)
    assert [type(act) for act in acts] == [Tell]
    return state


def test_it_is_told_once_edited_while_it_lasts_and_closed_when_it_is_over() -> None:
    state = told(50)
    assert episodes.looked(state, reached(50), NOW + DAY) == (state, ())
    state, (edit,) = episodes.looked(state, reached(50, 5_100), NOW + DAY)
    assert edit == Edit(Episode(YEAR, 50, ShareUsed(3, 50, 5_100, 10_000, 0.5)))
    state, (close,) = episodes.looked(state, QUIET, NOW + 2 * DAY)
    assert isinstance(close, Close)
    assert (close.ending, state.episode) == (Ending.EASED, None)


def test_a_higher_step_takes_the_place_of_a_lower_one_which_never_comes_back() -> None:
    state, acts = episodes.looked(told(50), reached(75), NOW + DAY)
    assert [(type(act), act.episode.step) for act in acts] == [(Close, 50), (Tell, 75)]
    assert isinstance(acts[0], Close)
    assert acts[0].ending is Ending.NEXT_STEP
    state, acts = episodes.looked(state, reached(50), NOW + 2 * DAY)
    assert [type(act) for act in acts] == [Close]
    assert episodes.looked(state, reached(50), NOW + 90 * DAY) == (state, ())


def test_what_eased_is_told_again_after_a_rest_alone() -> None:
    state, _ = episodes.looked(told(50), QUIET, NOW)
    nearly = NOW + episodes.REST - timedelta(seconds=1)
    assert episodes.looked(state, reached(50), nearly) == (state, ())
    _, acts = episodes.looked(state, reached(50), NOW + episodes.REST)
    assert [type(act) for act in acts] == [Tell]


def test_a_new_period_closes_what_was_told_of_the_one_before() -> None:
    following = date(2027, 2, 1)
    _, (close,) = episodes.looked(told(50), Finding(following, holds=False), NOW)
    assert isinstance(close, Close)
    assert close.ending is Ending.PERIOD_OVER


def test_what_is_acknowledged_stays_so_until_it_is_over() -> None:
    state, (edit,) = episodes.acknowledged(told(50), PERSON, NOW)
    assert (edit.episode.phase, edit.episode.person) == (Phase.ACKNOWLEDGED, PERSON)
    assert episodes.looked(state, reached(50), NOW + 90 * DAY) == (state, ())
    _, acts = episodes.looked(state, QUIET, NOW + 91 * DAY)
    assert [type(act) for act in acts] == [Close]


def test_what_is_put_off_comes_again_if_it_still_holds() -> None:
    state, _ = episodes.put_off(told(50), PERSON, NOW + DAY, NOW)
    assert episodes.looked(state, reached(50), NOW + DAY - timedelta(seconds=1)) == (state, ())
    again, acts = episodes.looked(state, reached(50), NOW + DAY)
    assert acts == (Tell(Episode(YEAR, 50, ShareUsed(3, 50, 5_000, 10_000, 0.5)), again=True),)
    assert episodes.looked(again, reached(50), NOW + 2 * DAY) == (again, ())


def test_what_is_over_meanwhile_does_not_come_again() -> None:
    state, _ = episodes.put_off(told(50), PERSON, NOW + DAY, NOW)
    state, acts = episodes.looked(state, QUIET, NOW + timedelta(hours=1))
    assert [type(act) for act in acts] == [Close]
    assert episodes.looked(state, QUIET, NOW + 2 * DAY) == (state, ())


def test_a_press_on_what_is_over_changes_nothing() -> None:
    state, _ = episodes.looked(told(50), QUIET, NOW)
    assert episodes.acknowledged(state, PERSON, NOW) == (state, ())
    assert episodes.put_off(state, PERSON, NOW + DAY, NOW) == (state, ())


def test_where_nothing_is_known_all_stays_as_it_is() -> None:
    state = told(50)
    assert episodes.looked(state, None, NOW + 90 * DAY) == (state, ())


@pytest.mark.parametrize(
    ("delay", "zone", "until"),
    [
        (Delay.DAY, "UTC", datetime(2026, 11, 30, 12, tzinfo=UTC)),
        (Delay.WEEK, "UTC", datetime(2026, 12, 6, 12, tzinfo=UTC)),
        (Delay.MONTH, "Europe/Berlin", datetime(2026, 12, 1, 7, tzinfo=UTC)),
        (Delay.MONTH, "America/New_York", datetime(2026, 12, 1, 13, tzinfo=UTC)),
        (Delay.MONTH, "", datetime(2026, 12, 1, 8, tzinfo=UTC)),  # Slack does not tell
        (Delay.MONTH, "Mars/Olympus_Mons", datetime(2026, 12, 1, 8, tzinfo=UTC)),  # one that this machine has not
    ],
)
def test_until_when_it_is_put_off(delay: Delay, zone: str, until: datetime) -> None:
    assert episodes.end_of(delay, NOW, zone) == until
