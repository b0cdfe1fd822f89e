"""The form: opened by a command or a button, checked on its fields, submitted as one request."""

import asyncio
from collections.abc import Mapping
from typing import Any

import structlog
from slack_bolt.async_app import AsyncAck

from bot.cards import actions, refusals, replies
from bot.cards.actions import MadeFor
from bot.contracts.cache import ContractCache
from bot.errors import (
    ChannelNotAllowedError,
    ChannelSharedError,
    ContractNotAllowedError,
    FormNotOpenedError,
    MembershipUnknownError,
    UseCaseError,
)
from bot.exports.use_cases import Exports
from bot.people.asker import Asker, Sender
from bot.slack.errors import FormOpenError, SlackError, SlackRefusedError, TriggerLateError, ViewOvertakenError
from bot.slack.views import Trigger, Views
from bot.tokenflex.catalogue import Catalogue
from bot.tokenflex.models import ExportRequest
from bot.tokenflex.rules import check_request, unseen_contract
from handlers import envelope
from handlers.forms import export_modal
from handlers.forms.export_modal import Choices, Draft, Opened
from handlers.guard import Guard

#: The acknowledgement of a form carries its answer, so all before it may take this long of Slack's three seconds.
_PATIENCE = 2.0

log = structlog.get_logger(__name__)


class ExportForm:
    """Opens the modal and takes what was filled in."""

    def __init__(
        self, exports: Exports, contracts: ContractCache, catalogue: Catalogue, guard: Guard, views: Views
    ) -> None:
        self._exports = exports
        self._contracts = contracts
        self._catalogue = catalogue
        self._guard = guard
        self._views = views

    async def open(self, trigger: Trigger, asker: Asker, *, here: bool = True) -> None:
        """Open a new form for the channel where it was asked for; what to export is for the person to choose.

        Without `here` they choose the channel as well: exports cannot be posted where they are.

        Raises:
            FormNotOpenedError: Slack did not open it.

        """
        draft = Draft(ExportRequest(self._only_contract()), asker.channel if here else "")
        await self._show(trigger, draft, Opened(asker.channel))

    async def open_again(self, trigger: Trigger, number: int, asker: Asker) -> None:
        """Open the form filled in with what an earlier export asked for.

        Raises:
            UseCaseError: the person may not see that export, it was sent again already, or Slack opened no form.

        """
        export = await self._exports.edit(number, asker)
        opened = Opened(export.channel, again=MadeFor(number, export.mark))
        await self._show(trigger, Draft(export.asked, export.channel), opened)

    async def open_by_button(self, ack: AsyncAck, body: dict[str, Any]) -> None:
        """Listen to "Open the form"."""
        trigger = Trigger.of(body)
        await ack()
        sender = envelope.of_action(body)
        await self._guard.run(
            actions.FORM, sender, envelope.response_url(body), lambda asker: self.open(trigger, asker)
        )

    async def type_contract(self, ack: AsyncAck, body: dict[str, Any]) -> None:
        """Listen to "Type the number instead": the menu becomes a text field, all else stays; and to the way back."""
        await ack()
        view, action = body["view"], str(body["actions"][0]["action_id"])
        sender = envelope.of_form(body, export_modal.opened_of(view).channel)
        await self._guard.run(
            action, sender, "", lambda _: self._retype(view, typed=action == export_modal.TYPE_CONTRACT)
        )

    async def submit(self, ack: AsyncAck, body: dict[str, Any], view: dict[str, Any]) -> None:
        """Listen to the form's submission: errors go back to their fields, an accepted export shows its number.

        What keeps a request from being stored is told in the form as well, so that nothing typed is lost; the same
        form sent once more is the same act, whatever became of the first.
        """
        sender = envelope.of_form(body, export_modal.opened_of(view).channel)
        with self._guard.act() as reference:
            try:
                async with asyncio.timeout(_PATIENCE):
                    answer = await self._taken(sender, body, view)
            except Exception as error:  # noqa: BLE001 - logged, put on record, and told to the person
                answer = self._not_taken(error, view, reference)
                await ack(**answer)
                await self._guard.note(export_modal.CALLBACK, sender, error)
            else:
                await ack(**answer)

    def _not_taken(self, error: Exception, view: Mapping[str, Any], reference: str) -> dict[str, Any]:
        """Return the answer to a form that was not accepted: at a field where something can be done about it there."""
        if isinstance(error, ContractNotAllowedError):
            return _errors(export_modal.contract_not_allowed(view))
        if isinstance(error, ChannelNotAllowedError | ChannelSharedError):
            return _errors(export_modal.channel_not_allowed(shared=isinstance(error, ChannelSharedError)))
        if isinstance(error, TimeoutError):
            return _errors(export_modal.trouble(refusals.TOO_SLOW_IN_FORM))
        if isinstance(error, UseCaseError) and not isinstance(error, MembershipUnknownError):
            return _update(export_modal.failure(refusals.sentence(error)))
        return _errors(export_modal.trouble(self._guard.sentence(export_modal.CALLBACK, error, reference)))

    async def _taken(self, sender: Sender, body: dict[str, Any], view: Mapping[str, Any]) -> dict[str, Any]:
        asker = await self._guard.admit(sender)
        draft, opened = export_modal.parse(view), export_modal.opened_of(view)
        known = {contract.number for contract in self._contracts.offered}
        problems = check_request(draft.request, self._catalogue, known)
        malformed = any(problem.part == "contract" for problem in problems)
        if not malformed and self._contracts.lacks(draft.request.contract_number):
            problems = (unseen_contract(draft.request.contract_number, sorted(known)), *problems)
        errors = export_modal.errors_by_block(problems, view)
        if errors:
            return _errors(errors)
        accepted = await self._exports.accept(
            draft.request,
            asker,
            channel=draft.channel or opened.channel,
            origin=envelope.origin_of_form(body),
            replaces=opened.again,
        )
        warnings = tuple(problem.message for problem in problems if problem.warning)
        text = replies.accepted_in_form(accepted.export, accepted.line)
        return _update(export_modal.accepted(text, warnings))

    async def _show(self, trigger: Trigger, draft: Draft, opened: Opened) -> None:
        view = export_modal.build(draft, self._choices(), opened=opened)
        try:
            await self._views.open(trigger, view)
        except FormOpenError as error:
            log.info("a form was asked for twice", code=str(error))
        except TriggerLateError as error:
            log.warning("a form was not opened", code=str(error))
            raise FormNotOpenedError(too_late=True) from None
        except SlackRefusedError:
            raise
        except SlackError as error:
            log.warning("a form was not opened", error=type(error).__name__, code=str(error))
            raise FormNotOpenedError(too_late=False) from None

    async def _retype(self, view: Mapping[str, Any], *, typed: bool) -> None:
        draft, opened = export_modal.parse(view), export_modal.opened_of(view)
        shown = export_modal.build(draft, self._choices(), type_contract=typed, opened=opened)
        try:
            await self._views.update(view, shown)
        except ViewOvertakenError as error:
            log.info("a form was overtaken", code=str(error))

    def _choices(self) -> Choices:
        return Choices(
            self._contracts.offered, self._catalogue, self._contracts.custom_field_labels, self._exports.channels
        )

    def _only_contract(self) -> str:
        active = [contract.number for contract in self._contracts.offered if contract.is_active]
        return active[0] if len(active) == 1 else ""


def _errors(errors: Mapping[str, str]) -> dict[str, Any]:
    return {"response_action": "errors", "errors": errors}


def _update(view: export_modal.View) -> dict[str, Any]:
    return {"response_action": "update", "view": view}
