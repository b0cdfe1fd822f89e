"""Forms in Slack, opened by what a person did just now and changed while they are open; and Home tabs."""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Self

from bot.slack.api import WAITED_FOR, SlackApi
from bot.slack.errors import TriggerLateError

View = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Trigger:
    """What opens one form, until the event loop's clock shows `due` (source: Slack, trigger ids: three seconds)."""

    id: str
    due: float

    @classmethod
    def of(cls, body: Mapping[str, Any]) -> Self:
        """Return the trigger of an envelope that has just arrived."""
        return cls(str(body["trigger_id"]), asyncio.get_running_loop().time() + WAITED_FOR)


class Views:
    """Opens and changes forms, and publishes Home tabs."""

    def __init__(self, api: SlackApi) -> None:
        self._api = api

    async def open(self, trigger: Trigger, view: View, *, over: bool = False) -> None:
        """Open a form; all that was done since the person's act counts into the three seconds.

        It comes on top of the form in which that act was, where it is to be `over` it.

        Raises:
            SlackError: it did not open, has been opened before, or may have opened.

        """
        left = trigger.due - asyncio.get_running_loop().time()
        if left <= 0:
            raise TriggerLateError("too late to ask")
        method = "views.push" if over else "views.open"
        await self._api.call(method, trigger_id=trigger.id, view=view, within=left)

    async def update(self, shown: View, view: View) -> None:
        """Put a form in the place of one that is shown, as Slack handed it over.

        Raises:
            SlackError: it was not changed, or may not have been.

        """
        await self._api.call("views.update", view_id=shown["id"], hash=shown.get("hash"), view=view, within=WAITED_FOR)

    async def publish(self, person: str, view: View) -> None:
        """Put a view on somebody's Home tab.

        Raises:
            SlackError: it is not there, or may not be.

        """
        await self._api.call("views.publish", user_id=person, view=view, within=WAITED_FOR)
