"""The form: opened by a command or a button, checked on its fields, submitted as one request."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import replace
from functools import partial
from typing import Any

import structlog
from slack_bolt.async_app import AsyncAck

from bot.cards import refusals, replies
from bot.cards.actions import MadeFor
from bot.contracts.cache import ContractCache
from bot.contracts.values import ContractValues
from bot.errors import (
    ChannelNotAllowedError,
    ChannelSharedError,
    ContractNotAllowedError,
    FormNotOpenedError,
    MembershipUnknownError,
    NoSuchTemplateError,
    UseCaseError,
)
from bot.exports.use_cases import Exports
from bot.people.asker import Asker
from bot.questions.periods import PeriodError
from bot.slack.errors import FormOpenError, SlackError, SlackRefusedError, TriggerLateError
from bot.slack.views import Trigger, Views
from bot.tokenflex.catalogue import Catalogue
from bot.tokenflex.rules import check_request, unseen_contract
from handlers import envelope
from handlers.forms import export_modal, field_errors, submission
from handlers.forms.export_modal import Choices, Draft, Opened
from handlers.forms.redraws import Redraws
from handlers.forms.submission import Answer
from handlers.guard import Guard

#: Makes a draft of a form that somebody has submitted.
Read = Callable[[Mapping[str, Any], Asker], Awaitable[Draft]]

log = structlog.get_logger(__name__)


class ExportForm:
    """Opens the modal and takes what was filled in."""

    def __init__(
        self,
        exports: Exports,
        contracts: ContractCache,
        values: ContractValues,
        catalogue: Catalogue,
        guard: Guard,
        views: Views,
        *,
        answers: bool = True,
    ) -> None:
        """`answers` says whether files are read for figures at all."""
        self._exports = exports
        self._contracts = contracts
        self._values = values
        self._catalogue = catalogue
        self._guard = guard
        self._views = views
        self._answers = answers
        self.redraws = Redraws(views)

    async def open_again(self, trigger: Trigger, number: int, asker: Asker) -> None:
        """Open the form filled in with what an earlier export asked for.

        Raises:
            UseCaseError: the person may not see that export, it was sent again already, or Slack opened no form.

        """
        export = await self._exports.edit(number, asker)
        opened = Opened(export.channel, again=MadeFor(number, export.mark))
        choices = self.choices(export.request.contract_number)
        draft = Draft(export.asked, export.channel, wants_answer=export.wants_answer)
        await self.show(trigger, export_modal.build(draft, choices, opened=opened))

    async def type_contract(self, ack: AsyncAck, body: dict[str, Any]) -> None:
        """Listen to "Type the number instead": the menu becomes a text field, all else stays; and to the way back.

        Also to the choice of a contract: custom fields are called as they are there.
        """
        view, action = body["view"], str(body["actions"][0]["action_id"])
        with self.redraws.newest(view) as put:
            await ack()
            sender = envelope.of_form(body, export_modal.opened_of(view).channel)
            typed = action == export_modal.TYPE_CONTRACT
            await self._guard.run(action, sender, "", lambda _: put(self._retyped(view, typed=typed)))

    async def search(self, ack: AsyncAck, body: dict[str, Any]) -> None:
        """Listen to what is typed into the menus of columns and of numbers; who may not use the bot finds nothing."""
        view = body.get("view") or {}
        try:
            await self._guard.admit(envelope.of_form(body, export_modal.opened_of(view).channel))
        except UseCaseError:
            await ack(options=[])
            return
        choices = self.choices(export_modal.parse(view).request.contract_number)
        await ack(**export_modal.found(str(body["action_id"]), str(body.get("value") or ""), choices))

    async def submit(self, ack: AsyncAck, body: dict[str, Any], view: dict[str, Any]) -> None:
        """Listen to the form's submission: errors go back to their fields, an accepted export shows its number.

        What keeps a request from being stored is told in the form as well, so that nothing typed is lost; the same
        form sent once more is the same act, whatever became of the first.
        """
        await self.take(ack, body, view, _draft)

    async def take(self, ack: AsyncAck, body: dict[str, Any], view: Mapping[str, Any], read: Read) -> None:
        """Take what was submitted in a form that `read` makes a draft of."""
        sender = envelope.of_form(body, export_modal.opened_of(view).channel)

        async def _work(asker: Asker) -> Answer:
            return await self._taken(asker, body, view, read)

        with self.redraws.newest(view):
            await submission.take(export_modal.CALLBACK, self._guard, ack, sender, _work, partial(_not_taken, view))

    async def _taken(self, asker: Asker, body: dict[str, Any], view: Mapping[str, Any], read: Read) -> Answer:
        draft, opened = await read(view, asker), export_modal.opened_of(view)
        self._values.use(draft.request.contract_number)
        known = {contract.number for contract in self._contracts.offered}
        problems = check_request(draft.request, self._catalogue, known)
        malformed = any(problem.part == "contract" for problem in problems)
        if not malformed and self._contracts.lacks(draft.request.contract_number):
            problems = (unseen_contract(draft.request.contract_number, sorted(known)), *problems)
        errors = field_errors.errors_by_block(problems, view, self.choices(draft.request.contract_number).names)
        channel = draft.channel or opened.channel
        if errors or not channel:
            return submission.errors(errors or field_errors.no_channel())
        accepted = await self._exports.accept(
            draft.request,
            asker,
            channel=channel,
            origin=envelope.origin_of_form(body),
            replaces=opened.again,
            period=draft.period,
            wants_answer=draft.wants_answer,
        )
        warnings = tuple(problem.message for problem in problems if problem.warning)
        text = replies.accepted_in_form(accepted.export, accepted.line)
        return submission.update(export_modal.accepted(text, warnings))

    async def show(self, trigger: Trigger, view: export_modal.View, *, over: bool = False) -> None:
        """Open a form; `over` the one in which a button was pressed, which stays as it is below.

        Raises:
            FormNotOpenedError: Slack did not open it.

        """
        try:
            await self._views.open(trigger, view, over=over)
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

    def _retyped(self, view: Mapping[str, Any], *, typed: bool) -> export_modal.View:
        draft, opened = export_modal.parse(view), export_modal.opened_of(view)
        self._values.use(draft.request.contract_number)
        choices = self.choices(draft.request.contract_number)
        return export_modal.build(draft, choices, type_contract=typed, opened=opened)

    def choices(self, contract: str = "") -> Choices:
        """Return what forms offer now, with the labels of this contract."""
        labels = self._values.labels(contract)
        return Choices(self._contracts.offered, self._catalogue, labels, self._exports.channels, self._answers)

    def only_contract(self) -> str:
        """Return the one contract that is meant where none is named, "" where there are several."""
        return self._contracts.meant


async def _draft(view: Mapping[str, Any], _: Asker) -> Draft:
    return replace(export_modal.parse(view), period=export_modal.opened_of(view).period)


def _not_taken(view: Mapping[str, Any], error: Exception, said: Callable[[], str]) -> Answer:
    """Return the answer to a form that was not accepted: at a field where something can be done about it there."""
    match error:
        case PeriodError():
            at = field_errors.no_days(str(error), view)
        case ContractNotAllowedError():
            at = field_errors.contract_not_allowed(view)
        case NoSuchTemplateError():
            at = field_errors.no_question(refusals.TEMPLATE_GONE_IN_FORM, view)
        case ChannelNotAllowedError() | ChannelSharedError():
            at = field_errors.channel_not_allowed(shared=isinstance(error, ChannelSharedError))
        case TimeoutError():
            at = field_errors.trouble(refusals.TOO_SLOW_IN_FORM)
        case UseCaseError() if not isinstance(error, MembershipUnknownError):
            return submission.update(export_modal.failure(refusals.sentence(error)))
        case _:
            at = field_errors.trouble(said())
    return submission.errors(at)
