"""The Home tab: opened, kept up to date while somebody may be looking, and drawn for who may see what is in it."""

from collections.abc import Awaitable, Callable
from functools import partial
from typing import Any

from bot.alerts.use_cases import Alerts
from bot.cards import home as home_card
from bot.cards import refusals
from bot.cards.home import Shown, View
from bot.errors import UseCaseError
from bot.exports.use_cases import Exports
from bot.operate.administration import Administration
from bot.people.asker import Sender
from bot.questions.templates import Templates
from bot.schedules.use_cases import Schedules
from bot.slack.homes import Homes
from handlers import envelope, on_alerts, on_schedules
from handlers.guard import Guard

APP_HOME_OPENED = "app_home_opened"


class Home:
    """Says what stands in somebody's Home tab, each time by who may see what now."""

    def __init__(
        self,
        exports: Exports,
        templates: Templates,
        schedules: Schedules,
        alerts: Alerts,
        administration: Administration,
        homes: Homes,
        guard: Guard,
        *,
        links_for_others: bool,
    ) -> None:
        self._exports = exports
        self._templates = templates
        self._schedules = schedules
        self._alerts = alerts
        self._administration = administration
        self._homes = homes
        self._guard = guard
        self._links_for_others = links_for_others

    async def opened(self, body: dict[str, Any]) -> None:
        """Listen to the opening of the app; Slack tells of it on every tab."""
        if body["event"].get("tab") == "home":
            sender = envelope.of_home(body)
            self._homes.opened(sender.person, partial(self._drawn, sender))

    async def pressed(self, body: dict[str, Any], next: Callable[[], Awaitable[None]]) -> None:  # noqa: A002 - Bolt's
        """Run in front of every listener: whatever is pressed in a Home shows that somebody is looking at it."""
        if envelope.is_in_home(body):
            sender = envelope.of_action(body)
            self._homes.touched(sender.person, partial(self._drawn, sender))
        await next()

    async def _drawn(self, sender: Sender) -> View:
        """Return the tab; who may not use the bot sees why, and nothing else. To look is no act: it is not recorded."""
        try:
            asker = await self._guard.admit(sender)
        except UseCaseError as error:
            return home_card.closed(refusals.sentence(error))
        exports = await self._exports.at_home(asker)
        if not exports.channels_are_told:
            self._homes.incomplete(sender.person)
        schedules, alerts = await self._schedules.at_home(asker), await self._alerts.at_home(asker)
        shown = Shown(
            exports,
            tuple(map(on_schedules.line, schedules.shown)),
            schedules.count,
            tuple(on_alerts.line(each, asker) for each in alerts.shown),
            alerts.count,
            await self._templates.own(asker),
            await self._administration.at_home(asker),
            self._links_for_others,
        )
        return home_card.view(shown)
