"""What people do with alerts, in their list and on their messages: one use case for each press."""

from collections.abc import Awaitable, Callable
from typing import Any

from slack_bolt.async_app import AsyncAck

from bot.alerts.use_cases import Alerts, Listed
from bot.cards import actions, alert_card, alert_list, alert_watched
from bot.cards.actions import MadeFor
from bot.cards.alert_list import Line
from bot.cards.alert_told import Delay
from bot.cards.blocks import paragraph
from bot.people.asker import Asker
from handlers import acts, envelope
from handlers.acts import Act
from handlers.forms.alert_form import AlertForm
from handlers.guard import Guard
from handlers.on_exports import OnExports

_NOTED = (
    "Noted, thank you: administrators see how often an alert is not useful. Who owns it can pause or delete it in "
    "`/tokenflex alerts`."
)


class OnAlerts:
    """The list of alerts and its buttons, and those of their messages; who may is decided at the press."""

    def __init__(self, alerts: Alerts, form: AlertForm, on_exports: OnExports, guard: Guard) -> None:
        self._alerts = alerts
        self._form = form
        self._tell = on_exports.tell
        self._guard = guard
        self._listed: dict[str, Callable[[int, Act], Awaitable[str]]] = {
            actions.PAUSE_ALERT: self._pause,
            actions.RESUME_ALERT: self._resume,
            actions.TAKE_OVER_ALERT: self._take_over,
            actions.UNWATCH: self._delete,
        }
        self._told: dict[str, Callable[[int, str, Act], Awaitable[None]]] = {
            actions.ACKNOWLEDGE: self._acknowledge,
            actions.PUT_OFF: self._put_off,
            actions.NOT_USEFUL: self._not_useful,
        }

    @property
    def action_ids(self) -> tuple[str, ...]:
        """The ids that this object listens to."""
        return (actions.ALERTS, actions.NEW_ALERT, actions.CHANGE_ALERT, *self._listed, *self._told)

    async def press(self, ack: AsyncAck, body: dict[str, Any]) -> None:
        """Listen to every button of alerts."""
        await acts.press(self._guard, ack, body, self._press)

    async def show(self, act: Act, first: int = 0, note: str = "", *, holds: int = 0) -> None:
        """Show the alerts that a person sees where they are, in place of a list of before.

        These are those from the `first` on, or those among which one is that the list `holds`.
        """
        listed = await self._alerts.listing(act.asker, first, holds=holds)
        page = listed.drawn(lambda each: line(each, act.asker))
        await self._tell(act, alert_list.listing(page, note), in_place=True)

    async def _press(self, action_id: str, value: str, act: Act) -> None:
        if action_id == actions.ALERTS:
            await self.show(act, int(value))
            return
        if action_id == actions.NEW_ALERT:
            here = bool(act.asker.channel) and not envelope.is_in_group_message(act.body)
            await self._form.open(act.trigger, act.asker, value, here=here)
            return
        made_for, _, more = value.partition(" ")
        alert = await self._alerts.recognise(MadeFor.of(made_for))
        if action_id == actions.CHANGE_ALERT:
            await self._form.edit(act.trigger, alert, act.asker)
        elif action_id in self._told:
            await self._told[action_id](alert, more, act)
        else:
            await self.show(act, note=await self._listed[action_id](alert, act), holds=alert)

    async def _acknowledge(self, alert: int, _more: str, act: Act) -> None:
        """The message itself then says who has seen to it."""
        origin = envelope.origin_of_one_press(act.body)
        message = envelope.pressed_message(act.body)
        await self._alerts.acknowledge(alert, act.asker, message=message, origin=origin)

    async def _put_off(self, alert: int, more: str, act: Act) -> None:
        """The message itself then says until when."""
        origin, message = envelope.origin_of_one_press(act.body), envelope.pressed_message(act.body)
        await self._alerts.put_off(alert, act.asker, Delay(more), message=message, origin=origin)

    async def _not_useful(self, alert: int, _more: str, act: Act) -> None:
        await self._alerts.not_useful(alert, act.asker, message=envelope.pressed_message(act.body))
        await self._tell(act, paragraph(_NOTED))

    async def _pause(self, alert: int, act: Act) -> str:
        return f"It is paused: {alert_card.title(await self._alerts.pause(alert, act.asker))}."

    async def _resume(self, alert: int, act: Act) -> str:
        return f"It goes on: {alert_card.title(await self._alerts.resume(alert, act.asker))}."

    async def _take_over(self, alert: int, act: Act) -> str:
        return f"It is yours now, and goes on: {alert_card.title(await self._alerts.take_over(alert, act.asker))}."

    async def _delete(self, alert: int, act: Act) -> str:
        deleted = await self._alerts.delete(alert, act.asker)
        return f"It is deleted: {alert_card.title(deleted)}. What it said before stays."


def line(listed: Listed, asker: Asker) -> Line:
    """Return an alert as it is drawn for somebody."""
    alert, episode = listed.alert, listed.state.episode
    return Line(
        alert,
        "" if listed.watched is None else alert_watched.words(listed.watched),
        None if episode is None else episode.told(alert.contract),
        alert_card.paused(alert) if alert.paused_why else "",
        listed.may_change,
        counts=alert.owner == asker.person,
    )
