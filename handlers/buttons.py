"""The buttons of messages. They may be weeks old, so everything is decided by what the database says now."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any

from slack_bolt.async_app import AsyncAck

from bot.cards import actions, admin_card, export_card
from bot.cards.blocks import Message
from bot.exports.use_cases import Exports, LinkPlace
from bot.operate.administration import Administration
from bot.people.asker import Asker
from bot.slack.views import Trigger
from handlers import envelope
from handlers.commands import retrying
from handlers.forms.export_form import ExportForm
from handlers.guard import Guard, plain
from handlers.replies import Replies


@dataclass(frozen=True, slots=True)
class Press:
    """What somebody did with a button, and the number that it had."""

    number: int
    asker: Asker
    body: dict[str, Any]
    trigger: Trigger

    @property
    def is_private(self) -> bool:
        """Whether the button's message is shown to this person only, so that it can be replaced."""
        return bool((self.body.get("container") or {}).get("is_ephemeral"))


class Buttons:
    """Get a fresh link, Retry, Details, Delete, Edit and send again; for administrators Send again."""

    def __init__(
        self, exports: Exports, administration: Administration, form: ExportForm, replies: Replies, guard: Guard
    ) -> None:
        self._exports = exports
        self._administration = administration
        self._form = form
        self._replies = replies
        self._guard = guard
        self._presses: dict[str, Callable[[Press], Awaitable[None]]] = {
            actions.LINK: self._link,
            actions.RETRY: self._retry,
            actions.DETAILS: self._details,
            actions.DELETE: self._delete,
            actions.EDIT: self._edit,
            actions.KEEP: self._keep,
            actions.SEND_AGAIN: self._send_again,
        }

    @property
    def action_ids(self) -> tuple[str, ...]:
        """The ids that this object listens to."""
        return tuple(self._presses)

    async def press(self, ack: AsyncAck, body: dict[str, Any]) -> None:
        """Listen to every button of our messages."""
        trigger = Trigger.of(body)
        await ack()
        asker = envelope.of_action(body)
        action = body["actions"][0]
        action_id, value = action["action_id"], str(action.get("value") or "")
        press = self._presses[action_id]
        await self._guard.run(
            action_id,
            asker,
            envelope.response_url(body),
            lambda: press(Press(int(value), asker, body, trigger)),
            export=int(value) if value.isdecimal() and action_id != actions.SEND_AGAIN else None,
        )

    async def unknown(self, ack: AsyncAck, body: dict[str, Any]) -> None:
        """Listen to a button that no version of ours has any more, or that only opens an address."""
        await ack()
        action = body["actions"][0]
        if action.get("url") or body.get("view"):
            return
        asker, response_url = envelope.of_action(body), envelope.response_url(body)
        text = "That button is from an older version of me. `/tokenflex list` shows your exports as they stand now."
        await self._guard.run(
            "unknown", asker, response_url, lambda: self._replies.tell(response_url, asker, plain(text))
        )

    async def _send_again(self, press: Press) -> None:
        delivery = await self._administration.send_again(press.number, press.asker)
        await self._tell(press, admin_card.sent_again(delivery))

    async def _link(self, press: Press) -> None:
        export, link = await self._exports.link(
            press.number, press.asker, lambda: self._tell(press, export_card.waiting_for_link(press.number))
        )
        place = await self._exports.hand_out(export, press.asker, envelope.pressed_message(press.body))
        if place is LinkPlace.THERE_ALREADY:
            await self._tell(press, export_card.link_is_there(export, link))
        elif place is LinkPlace.PRIVATE:
            await self._tell(press, export_card.private_link(export, link), replace=press.is_private)

    async def _retry(self, press: Press) -> None:
        export = await self._exports.retry(press.number, press.asker)
        await self._tell(press, plain(retrying(export.label)))

    async def _details(self, press: Press) -> None:
        export = await self._exports.see(press.number, press.asker)
        await self._tell(press, export_card.details(export, await self._exports.in_line(export)))

    async def _delete(self, press: Press) -> None:
        export = await self._exports.delete(press.number, press.asker)
        await self._tell(press, export_card.deletion(export), replace=press.is_private)

    async def _keep(self, press: Press) -> None:
        await self._tell(press, plain(f"Export #{press.number} stays as it is."), replace=press.is_private)

    async def _edit(self, press: Press) -> None:
        await self._form.open_again(press.trigger, press.number, press.asker)

    async def _tell(self, press: Press, message: Message, *, replace: bool = False) -> None:
        await self._replies.tell(envelope.response_url(press.body), press.asker, message, replace=replace)
