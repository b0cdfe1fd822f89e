"""The buttons of messages. They may be weeks old, so everything is decided by what the database says now."""

from collections.abc import Awaitable, Callable
from functools import partial
from typing import Any

from slack_bolt.async_app import AsyncAck

from bot.cards import actions, admin_card, replies
from bot.cards.actions import MadeFor
from bot.exports.presses import Presses
from bot.operate.administration import Administration
from bot.slack.views import Trigger
from handlers import envelope
from handlers.acts import Act
from handlers.guard import Guard
from handlers.on_exports import OnExports


class Buttons:
    """Those of an export; for administrators Send again."""

    def __init__(self, on_exports: OnExports, presses: Presses, administration: Administration, guard: Guard) -> None:
        self._on_exports = on_exports
        self._presses = presses
        self._administration = administration
        self._guard = guard
        self._of_exports: dict[str, Callable[[int, Act], Awaitable[None]]] = {
            actions.LINK: on_exports.link,
            actions.RETRY: on_exports.retry,
            actions.DETAILS: on_exports.details,
            actions.DELETE: on_exports.delete,
            actions.EDIT: on_exports.edit,
            actions.KEEP: on_exports.keep,
            actions.GIVE_UP: on_exports.give_up,
            actions.AGAIN: on_exports.run_again,
            actions.SAVE: on_exports.save,
        }

    @property
    def action_ids(self) -> tuple[str, ...]:
        """The ids that this object listens to."""
        return (*self._of_exports, actions.SEND_AGAIN)

    async def press(self, ack: AsyncAck, body: dict[str, Any]) -> None:
        """Listen to every button of our messages."""
        trigger = Trigger.of(body)
        await ack()
        action = body["actions"][0]
        action_id, value = action["action_id"], str(action.get("value") or "")
        press = self._send_again if action_id == actions.SEND_AGAIN else partial(self._on_export, action_id)
        number = value.partition(".")[0]
        await self._guard.run(
            action_id,
            envelope.of_action(body),
            envelope.response_url(body),
            lambda asker: press(MadeFor.of(value), Act(asker, body, trigger)),
            export=int(number) if number.isdecimal() and action_id != actions.SEND_AGAIN else None,
        )

    async def unknown(self, ack: AsyncAck, body: dict[str, Any]) -> None:
        """Listen to a button that no version of ours has any more, or that only opens an address."""
        trigger = Trigger.of(body)
        await ack()
        if body["actions"][0].get("url") or body.get("view"):
            return
        await self._guard.run(
            "unknown",
            envelope.of_action(body),
            envelope.response_url(body),
            lambda asker: self._on_exports.tell(Act(asker, body, trigger), replies.unknown_button()),
        )

    async def _on_export(self, action_id: str, made_for: MadeFor, act: Act) -> None:
        await self._presses.recognise(made_for, act.asker.channel, envelope.pressed_message(act.body))
        await self._of_exports[action_id](made_for.number, act)

    async def _send_again(self, made_for: MadeFor, act: Act) -> None:
        delivery = await self._administration.send_again(made_for, act.asker, envelope.pressed_message(act.body))
        await self._on_exports.tell(act, admin_card.sent_again(delivery))
