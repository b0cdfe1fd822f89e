"""The form: opened by a command or a button, checked on its fields, submitted as one request."""

import asyncio
from collections.abc import Mapping
from typing import Any

import structlog
from slack_bolt.async_app import AsyncAck
from slack_sdk.web.async_client import AsyncWebClient

from bot.contracts import ContractCache
from bot.exports import Accepted, Asker, Exports
from bot.problems import NotStoredError, UseCaseError
from bot.tokenflex.catalogue import Catalogue
from bot.tokenflex.rules import check_request

from . import export_modal, people
from .export_modal import Choices, Draft, Origin
from .guard import apology, new_reference

#: The acknowledgement of a form carries its answer, so storing may take this long of Slack's three seconds.
_PATIENCE = 2.0

log = structlog.get_logger(__name__)


class ExportForm:
    """Opens the modal and takes what was filled in."""

    def __init__(self, exports: Exports, contracts: ContractCache, catalogue: Catalogue) -> None:
        self._exports = exports
        self._contracts = contracts
        self._catalogue = catalogue

    async def open(self, client: AsyncWebClient, trigger_id: str, asker: Asker) -> None:
        """Open an empty form for the channel where it was asked for."""
        draft = Draft(channel=asker.channel, contract=self._only_contract())
        await self._show(client, trigger_id, draft, Origin(channel=asker.channel))

    async def open_again(self, client: AsyncWebClient, trigger_id: str, number: int, asker: Asker) -> None:
        """Open the form filled in with what an earlier export asked for.

        Raises:
            UseCaseError: the person may not see that export, or it was sent again already.

        """
        export = await self._exports.see(number, asker)
        self._exports.check_may_send_again(export, asker)
        draft = export_modal.draft_of(export.request, export.channel)
        await self._show(client, trigger_id, draft, Origin(channel=export.channel, again=number))

    async def type_contract(self, ack: AsyncAck, body: dict[str, Any], client: AsyncWebClient) -> None:
        """Listen to "Type the number instead": the menu becomes a text field, all else stays."""
        await ack()
        view = body["view"]
        try:
            shown = export_modal.build(
                export_modal.parse(view), self._choices(), type_contract=True, origin=export_modal.origin_of(view)
            )
            await client.views_update(view_id=view["id"], hash=view.get("hash"), view=shown)
        except Exception:
            log.exception("the form could not be changed", reference=new_reference())

    async def submit(self, ack: AsyncAck, body: dict[str, Any], view: dict[str, Any]) -> None:
        """Listen to the form's submission: errors go back to their fields, an accepted export shows its number."""
        try:
            answer = await self._taken(body, view)
        except UseCaseError as problem:
            answer = {"response_action": "update", "view": export_modal.failure(str(problem))}
        except Exception:
            reference = new_reference()
            log.exception("a form could not be taken", reference=reference)
            answer = {"response_action": "update", "view": export_modal.failure(apology(reference))}
        await ack(**answer)

    async def _taken(self, body: dict[str, Any], view: Mapping[str, Any]) -> dict[str, Any]:
        draft = export_modal.parse(view)
        request = export_modal.to_request(draft)
        errors = export_modal.errors_by_block(check_request(request, self._catalogue), view)
        if errors:
            return {"response_action": "errors", "errors": errors}
        accepted = await self._accept(draft, body, export_modal.origin_of(view))
        shown = export_modal.accepted(accepted.export.number, accepted.export.channel)
        return {"response_action": "update", "view": shown}

    async def _accept(self, draft: Draft, body: dict[str, Any], origin: Origin) -> Accepted:
        asker = Asker(str(body["user"]["id"]), origin.channel)
        storing = self._exports.accept(
            export_modal.to_request(draft),
            asker,
            channel=draft.channel or origin.channel,
            origin=people.origin_of_form(body),
            replaces=origin.again,
        )
        try:
            return await asyncio.wait_for(storing, _PATIENCE)
        except TimeoutError:
            raise NotStoredError(
                "Storing takes unusually long. If a card with your export appears in the channel soon, it was "
                "accepted after all; otherwise send it again."
            ) from None

    async def _show(self, client: AsyncWebClient, trigger_id: str, draft: Draft, origin: Origin) -> None:
        view = export_modal.build(draft, self._choices(), origin=origin)
        await client.views_open(trigger_id=trigger_id, view=view)

    def _choices(self) -> Choices:
        return Choices(self._contracts.contracts, self._catalogue, self._contracts.custom_field_labels)

    def _only_contract(self) -> str:
        active = [contract.number for contract in self._contracts.contracts if contract.is_active]
        return active[0] if len(active) == 1 else ""
