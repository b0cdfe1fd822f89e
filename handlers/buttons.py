"""The buttons of messages. They may be weeks old, so everything is decided by what the database says now."""

from collections.abc import Awaitable, Callable
from typing import Any

from slack_bolt.async_app import AsyncAck, AsyncRespond
from slack_sdk.web.async_client import AsyncWebClient

from bot.cards import actions, admin_card, export_card
from bot.exports.use_cases import Exports, LinkPlace
from bot.operate.administration import Administration
from bot.people.asker import Asker
from handlers import envelope
from handlers.commands import retrying
from handlers.forms.export_form import ExportForm
from handlers.guard import Guard, plain
from handlers.replies import Replies

Press = Callable[[int, Asker, dict[str, Any], AsyncRespond, AsyncWebClient], Awaitable[None]]


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
        self._presses: dict[str, Press] = {
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

    async def press(self, ack: AsyncAck, body: dict[str, Any], respond: AsyncRespond, client: AsyncWebClient) -> None:
        """Listen to every button of our messages."""
        await ack()
        asker = envelope.of_action(body)
        action = body["actions"][0]
        action_id, value = action["action_id"], str(action.get("value") or "")
        press = self._presses[action_id]
        await self._guard.run(
            action_id,
            asker,
            respond,
            lambda: press(int(value), asker, body, respond, client),
            export=int(value) if value.isdecimal() and action_id != actions.SEND_AGAIN else None,
        )

    async def unknown(self, ack: AsyncAck, body: dict[str, Any], respond: AsyncRespond) -> None:
        """Listen to a button that no version of ours has any more, or that only opens an address."""
        await ack()
        action = body["actions"][0]
        if action.get("url") or body.get("view"):
            return
        asker = envelope.of_action(body)
        text = "That button is from an older version of me. `/tokenflex list` shows your exports as they stand now."
        await self._guard.run("unknown", asker, respond, lambda: self._replies.tell(respond, asker, plain(text)))

    async def _send_again(
        self, number: int, asker: Asker, _body: dict[str, Any], respond: AsyncRespond, _client: AsyncWebClient
    ) -> None:
        delivery = await self._administration.send_again(number, asker)
        await self._replies.tell(respond, asker, admin_card.sent_again(delivery))

    async def _link(
        self, number: int, asker: Asker, body: dict[str, Any], respond: AsyncRespond, _client: AsyncWebClient
    ) -> None:
        export, link = await self._exports.link(
            number, asker, lambda: self._replies.tell(respond, asker, export_card.waiting_for_link(number))
        )
        place = await self._exports.hand_out(export, asker, envelope.pressed_message(body))
        if place is LinkPlace.THERE_ALREADY:
            await self._replies.tell(respond, asker, export_card.link_is_there(export, link))
        elif place is LinkPlace.PRIVATE:
            replace = _is_private(body)
            await self._replies.tell(respond, asker, export_card.private_link(export, link), replace=replace)

    async def _retry(
        self, number: int, asker: Asker, _body: dict[str, Any], respond: AsyncRespond, _client: AsyncWebClient
    ) -> None:
        export = await self._exports.retry(number, asker)
        await self._replies.tell(respond, asker, plain(retrying(export.label)))

    async def _details(
        self, number: int, asker: Asker, _body: dict[str, Any], respond: AsyncRespond, _client: AsyncWebClient
    ) -> None:
        export = await self._exports.see(number, asker)
        await self._replies.tell(respond, asker, export_card.details(export, await self._exports.in_line(export)))

    async def _delete(
        self, number: int, asker: Asker, body: dict[str, Any], respond: AsyncRespond, _client: AsyncWebClient
    ) -> None:
        export = await self._exports.delete(number, asker)
        await self._replies.tell(respond, asker, export_card.deletion(export), replace=_is_private(body))

    async def _keep(
        self, number: int, asker: Asker, body: dict[str, Any], respond: AsyncRespond, _client: AsyncWebClient
    ) -> None:
        await self._replies.tell(respond, asker, plain(f"Export #{number} stays as it is."), replace=_is_private(body))

    async def _edit(
        self, number: int, asker: Asker, body: dict[str, Any], _respond: AsyncRespond, client: AsyncWebClient
    ) -> None:
        await self._form.open_again(client, str(body["trigger_id"]), number, asker)


def _is_private(body: dict[str, Any]) -> bool:
    return bool((body.get("container") or {}).get("is_ephemeral"))
