"""Home tabs: drawn at an opening, as things change, for ten minutes, and never more often than Slack takes."""

import asyncio
from collections.abc import Awaitable, Callable, Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.slack import errors
from bot.slack.errors import SlackError, SlackRateLimitedError
from bot.slack.homes import LIVE, PAUSE, Homes, is_final
from bot.slack.views import View
from tests.harness import virtual_time
from tests.harness.rows import NOW
from tests.harness.virtual_time import VirtualClock


def kinds(kind: type[SlackError] = SlackError) -> Iterator[type[SlackError]]:
    """Every meaning of a failure."""
    for each in kind.__subclasses__():
        if each.__module__ == errors.__name__:
            yield each
            yield from kinds(each)


#: What becomes of a tab whose publishing fails so: tried again by itself, or left until somebody opens it.
AGAIN = {
    errors.SlackUnreachableError,
    errors.SlackUnsureError,
    errors.SlackBrokenError,
    errors.NotSlackError,
    errors.SlackRateLimitedError,
    errors.TokenRefusedError,
    errors.SuspendedError,
    errors.ViewOvertakenError,
}
LEFT = {
    errors.MethodMissingError,
    errors.SlackRefusedError,
    errors.ChannelClosedError,
    errors.PersonClosedError,
    errors.NotToldError,
    errors.ScopeMissingError,
    errors.SwitchedOffError,
    errors.MessageGoneError,
    errors.ThreadGoneError,
    errors.BlocksRefusedError,
    errors.MalformedError,
    errors.TriggerLateError,
    errors.FormOpenError,
    errors.UrlSpentError,
    errors.NobodyError,
    errors.AccountUnknownError,
    errors.NoGroupError,
    errors.NoRoomError,
    errors.FileRefusedError,
    errors.FileGoneError,
}


def made(kind: type[SlackError]) -> SlackError:
    """One of that kind."""
    return SlackRateLimitedError(40.0) if kind is SlackRateLimitedError else kind("not_enabled")


@dataclass
class Workspace:
    """What is published, when and for whom; `errors` are met by the next publications."""

    clock: VirtualClock
    published: list[tuple[datetime, str, View]] = field(default_factory=list)
    tried: list[datetime] = field(default_factory=list)
    errors: list[SlackError] = field(default_factory=list)
    state: int = 0  #: what the tabs show

    async def publish(self, person: str, view: View) -> None:
        """Publish, as `Views` does."""
        self.tried.append(self.clock.now())
        await self.clock.sleep(0.1)
        if self.errors:
            raise self.errors.pop(0)
        self.published.append((self.clock.now(), person, view))

    def draw(self, person: str = "U1") -> Callable[[], Awaitable[View]]:
        """Draw what there is."""

        async def _draw() -> View:
            return {"of": person, "state": self.state}

        return _draw


def live(story: Callable[[Workspace, Homes], Awaitable[None]]) -> Workspace:
    """Live through a story on virtual time."""
    clock = VirtualClock(NOW)
    slack: Any = Workspace(clock)

    async def main() -> None:
        homes = Homes(slack, clock)
        loop = asyncio.ensure_future(homes.run())
        await story(slack, homes)
        loop.cancel()

    virtual_time.run(clock, main())
    return slack  # type: ignore[no-any-return]


def test_every_failure_has_its_row() -> None:
    """A new meaning needs one."""
    assert set(kinds()) == AGAIN | LEFT
    assert not AGAIN & LEFT
    assert {kind for kind in kinds() if is_final(made(kind))} == LEFT


@pytest.mark.parametrize("kind", sorted(AGAIN | LEFT, key=str))
def test_what_becomes_of_a_tab_that_slack_does_not_take(kind: type[SlackError]) -> None:
    """It stands in the end, by itself or at the next opening; what is refused is not sent again and again."""

    async def story(slack: Workspace, homes: Homes) -> None:
        slack.errors = [made(kind)]
        homes.opened("U1", slack.draw())
        await slack.clock.sleep(60)
        homes.changed()
        await slack.clock.sleep(60)
        assert len(slack.published) == (kind in AGAIN)
        assert len(slack.tried) == (2 if kind in AGAIN else 1)
        homes.opened("U1", slack.draw())
        await slack.clock.sleep(10)
        assert len(slack.published) == (2 if kind in AGAIN else 1)

    live(story)


def test_slack_is_left_alone_for_as_long_as_it_asks() -> None:
    """A rate limit says when."""

    async def story(slack: Workspace, homes: Homes) -> None:
        slack.errors = [SlackRateLimitedError(40.0)]
        homes.opened("U1", slack.draw())
        await slack.clock.sleep(100)

    first, second = live(story).tried
    assert second - first >= timedelta(seconds=40)


def test_an_opening_is_answered_at_once_and_a_change_soon() -> None:
    """What has not changed is not published again, but at an opening."""

    async def story(slack: Workspace, homes: Homes) -> None:
        homes.opened("U1", slack.draw())
        await slack.clock.sleep(30)
        homes.changed()
        await slack.clock.sleep(30)
        slack.state = 1
        homes.changed()
        await slack.clock.sleep(30)
        homes.touched("U1", slack.draw())
        await slack.clock.sleep(30)
        homes.opened("U1", slack.draw())
        await slack.clock.sleep(30)

    shown = live(story).published
    assert [view["state"] for _, _, view in shown] == [0, 1, 1]
    assert [(at - NOW).total_seconds() // 1 for at, _, _ in shown] == [0, 60, 120]


def test_a_tab_is_live_for_ten_minutes_after_an_opening_or_a_press() -> None:
    """Nobody says that it was closed."""

    async def story(slack: Workspace, homes: Homes) -> None:
        homes.opened("U1", slack.draw())
        await slack.clock.sleep(LIVE.total_seconds() - 60)
        homes.touched("U1", slack.draw())
        await slack.clock.sleep(LIVE.total_seconds() - 60)
        slack.state = 1
        homes.changed()
        await slack.clock.sleep(120)
        slack.state = 2
        homes.changed()
        await slack.clock.sleep(120)

    assert [view["state"] for _, _, view in live(story).published] == [0, 1]


def test_what_is_incomplete_is_drawn_again_by_itself() -> None:
    """What Slack did not tell at the opening is asked again a minute later, at a change before."""

    async def story(slack: Workspace, homes: Homes) -> None:
        async def _draw() -> View:
            if slack.clock.now() < NOW + timedelta(seconds=150):
                homes.incomplete("U1")
            return {"at": slack.clock.now()}

        homes.opened("U1", _draw)
        await slack.clock.sleep(20)
        homes.changed()
        await slack.clock.sleep(400)

    shown = live(story).published
    assert [(at - NOW).total_seconds() // 1 for at, _, _ in shown] == [0, 20, 80, 140, 200]


def test_an_opening_while_a_refused_one_is_under_way_is_not_lost() -> None:
    """The second one is drawn, although the first was refused for good."""

    async def story(slack: Workspace, homes: Homes) -> None:
        slack.errors = [errors.SwitchedOffError("not_enabled")]
        homes.opened("U1", slack.draw())
        await slack.clock.sleep(0.05)
        homes.opened("U1", slack.draw())
        await slack.clock.sleep(30)

    assert len(live(story).published) == 1


def test_a_drawing_that_fails_is_tried_again() -> None:
    """A database that is busy for a moment costs nobody their tab, nor anybody else's."""

    async def story(slack: Workspace, homes: Homes) -> None:
        failures = [RuntimeError("busy")]

        async def _draw() -> View:
            if failures:
                raise failures.pop()
            return await slack.draw("U1")()

        homes.opened("U1", _draw)
        homes.opened("U2", slack.draw("U2"))
        await slack.clock.sleep(30)

    assert [person for _, person, _ in live(story).published] == ["U2", "U1"]


@given(
    st.lists(
        st.tuples(
            st.sampled_from(["opened", "touched", "changed"]),
            st.integers(0, 2),
            st.sampled_from([0.0, 0.05, 0.3, 1.0, 2.9, 7.0, 400.0]),
        ),
        max_size=40,
    )
)
def test_whatever_happens_the_last_state_is_shown_and_slack_is_asked_seldom(acts: list[tuple[str, int, float]]) -> None:
    """At most one publication for each person in some seconds; each tab that is live shows what there is in the end."""
    opened: set[str] = set()

    async def story(slack: Workspace, homes: Homes) -> None:
        for act, index, pause in acts:
            person = f"U{index}"
            if act == "changed":
                slack.state += 1
                homes.changed()
            else:
                getattr(homes, act)(person, slack.draw(person))
                opened.add(person)
            await slack.clock.sleep(pause)
        slack.state += 1
        for person in opened:
            homes.touched(person, slack.draw(person))
        homes.changed()
        await slack.clock.sleep(60)
        newest = {person: view["state"] for _, person, view in slack.published}
        assert newest == dict.fromkeys(opened, slack.state)
        for person in opened:
            times = [at for at, who, _ in slack.published if who == person]
            assert all(later - sooner >= PAUSE for sooner, later in pairwise(times))

    live(story)
