"""Home tabs: drawn when they are opened, and again as things change, for ten minutes.

Slack never says that a tab was closed (source: Slack, event `app_home_opened`), so one that nobody has opened, or
pressed anything in, for that long is left as it is; the next opening draws it anew.
"""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

import structlog

from bot.runtime.backoff import SHARED
from bot.runtime.bell import Bell
from bot.runtime.clock import Clock
from bot.slack.errors import (
    MalformedError,
    MethodMissingError,
    SlackError,
    SlackRateLimitedError,
    SlackRefusedError,
    SuspendedError,
    TokenRefusedError,
    ViewOvertakenError,
)
from bot.slack.views import View, Views

LIVE: Final = timedelta(minutes=10)
#: From one publication for a person to the next, at least.
PAUSE: Final = timedelta(seconds=3)
#: From one drawing to the next because of a change, for each tab that is open: all of them together leave enough of
#: what Slack allows (source: Slack rate limits, tier 4: 100+ a minute) to those who open theirs.
_PAUSE_FOR_EACH: Final = timedelta(seconds=1)

Draw = Callable[[], Awaitable[View]]

log = structlog.get_logger(__name__)


@dataclass(slots=True)
class _Tab:
    draw: Draw
    live_until: datetime
    due_at: datetime | None
    free_at: datetime  #: no change is drawn before
    open_at: datetime  #: nothing is published before, not even for an opening
    shown: View | None = None
    failures: int = 0
    is_being_drawn: bool = False
    is_wanted: bool = False  #: somebody has opened or pressed it since that drawing began


class Homes:
    """Knows whose Home is open, and keeps it up to date."""

    def __init__(self, views: Views, clock: Clock) -> None:
        self._views = views
        self._clock = clock
        self._bell = Bell(clock)
        self._tabs: dict[str, _Tab] = {}

    def opened(self, person: str, draw: Draw) -> None:
        """Draw a tab that somebody has just opened, whatever stands there, and keep it up to date by `draw`."""
        self.touched(person, draw)
        self._tabs[person].shown = None

    def touched(self, person: str, draw: Draw) -> None:
        """Keep a tab up to date for another while, since somebody did something in it."""
        now = self._clock.now()
        tab = self._tabs.get(person)
        if tab is None:
            tab = self._tabs[person] = _Tab(draw, now, now, now, now)
        tab.draw, tab.live_until, tab.due_at, tab.is_wanted = draw, now + LIVE, now, True
        self._bell.ring()

    def changed(self) -> None:
        """Have every open tab drawn again soon, since something may look different."""
        for tab in self._tabs.values():
            tab.due_at = min(tab.due_at or tab.free_at, tab.free_at)
        self._bell.ring()

    def incomplete(self, person: str) -> None:
        """Have a tab drawn again in a minute, since something is missing in it that may be known by then."""
        tab = self._tabs.get(person)
        if tab is not None and tab.due_at is None:
            tab.due_at = self._clock.now() + SHARED.longest

    async def run(self) -> None:
        """Draw tabs when they are due."""
        async with asyncio.TaskGroup() as drawing:
            while True:
                for person in self._due():
                    drawing.create_task(self._show(person), name=f"home of {person}")
                await self._bell.wait(*map(_next, self._tabs.values()))

    def _due(self) -> list[str]:
        """Forget what nobody has opened for long; return whose tab is to be drawn now, and count it as being drawn."""
        now = self._clock.now()
        self._tabs = {person: tab for person, tab in self._tabs.items() if tab.live_until > now or tab.is_being_drawn}
        due = [person for person, tab in self._tabs.items() if (moment := _next(tab)) and moment <= now]
        for tab in map(self._tabs.__getitem__, due):
            tab.is_being_drawn, tab.is_wanted, tab.due_at = True, False, None
        return due

    async def _show(self, person: str) -> None:
        tab = self._tabs[person]
        try:
            view = await tab.draw()
            if view != tab.shown:
                await self._views.publish(person, view)
                tab.open_at = self._clock.now() + PAUSE
            tab.shown, tab.failures = view, 0
            tab.free_at = self._clock.now() + max(PAUSE, len(self._tabs) * _PAUSE_FOR_EACH)
        except SlackError as error:
            self._failed(person, tab, error)
        except Exception:
            log.exception("a Home tab could not be drawn", person=person)
            self._again(tab, None)
        finally:
            tab.is_being_drawn = False
            self._bell.ring()

    def _failed(self, person: str, tab: _Tab, error: SlackError) -> None:
        """Try again what another time can mend; what Slack refuses waits for the next opening."""
        tab.shown = None
        if is_final(error):
            level = log.error if isinstance(error, MalformedError) else log.warning
            level("a Home tab was refused", person=person, error=type(error).__name__, code=str(error))
            if not tab.is_wanted:
                del self._tabs[person]
                return
        log.info("a Home tab was not published", person=person, error=type(error).__name__, code=str(error))
        self._again(tab, error.retry_after if isinstance(error, SlackRateLimitedError) else None)

    def _again(self, tab: _Tab, seconds: float | None) -> None:
        tab.failures += 1
        pause = SHARED.after(tab.failures) if seconds is None else timedelta(seconds=seconds)
        tab.due_at = tab.free_at = tab.open_at = self._clock.now() + pause


def is_final(error: SlackError) -> bool:
    """Return whether publishing the same again is vain."""
    passing = SuspendedError | TokenRefusedError | ViewOvertakenError
    return isinstance(error, SlackRefusedError | MethodMissingError) and not isinstance(error, passing)


def _next(tab: _Tab) -> datetime | None:
    """Return when a tab is to be drawn; None where nothing has changed, or one drawing is under way."""
    if tab.due_at is None or tab.is_being_drawn:
        return None
    return max(tab.due_at, tab.open_at if tab.is_wanted else tab.free_at)
