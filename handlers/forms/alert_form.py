"""Alerts in a form: what is watched for is chosen there, and what is wrong is said where it stands."""

from collections.abc import Callable, Mapping
from functools import partial
from typing import Any

from slack_bolt.async_app import AsyncAck

from bot.alerts import typed
from bot.alerts.typed import Typed
from bot.alerts.use_cases import Alerts, Draft, watched_of
from bot.cards import alert_card, alert_watched, refusals
from bot.cards.actions import MadeFor
from bot.cards.text import channel as channel_said
from bot.cards.text import code, escape
from bot.contracts.cache import ContractCache
from bot.contracts.values import ContractValues
from bot.errors import (
    AlertRefusedError,
    ChannelNotAllowedError,
    ChannelSharedError,
    ContractNotAllowedError,
    FiguresSharedError,
    UseCaseError,
)
from bot.people.asker import Asker
from bot.slack.views import Trigger
from bot.tokenflex.models import ExportRequest
from bot.tokenflex.rules import check_request, unseen_contract
from handlers import envelope
from handlers.forms import alert_modal, export_modal, pieces, submission
from handlers.forms.alert_modal import Sketch
from handlers.forms.export_form import ExportForm
from handlers.forms.redraws import Redraws
from handlers.forms.submission import Answer
from handlers.guard import Guard

Body = Mapping[str, Any]
_WHICH_CONTRACT = "Choose the contract that I should watch."
_WHICH_CHANNEL = "Choose the channel that should hear of it."
_RESUME = "*Resume* in the list lets it go on."
_INVITE = "I am not in that channel yet: invite me there first, else it is paused."
#: What is said at the channel.
_OF_CHANNEL: Mapping[type[Exception], str] = {
    FiguresSharedError: refusals.FIGURES_SHARED_IN_FORM,
    ChannelSharedError: refusals.SHARED_IN_FORM,
    ChannelNotAllowedError: refusals.CHANNEL_IN_FORM,
}


class AlertForm:
    """Opens the form of an alert, follows what is chosen in it, and takes what was filled in."""

    def __init__(
        self,
        form: ExportForm,
        alerts: Alerts,
        contracts: ContractCache,
        values: ContractValues,
        redraws: Redraws,
        guard: Guard,
    ) -> None:
        self._form = form
        self._alerts = alerts
        self._contracts = contracts
        self._values = values
        self._redraws = redraws
        self._guard = guard

    async def open(self, trigger: Trigger, asker: Asker, contract: str = "", *, here: bool = True) -> None:
        """Open the form for the channel where it was asked for; not `here`: for one that is chosen in it.

        Raises:
            FormNotOpenedError: Slack did not open it.

        """
        meant = contract or self._form.only_contract()
        sketch = Sketch(contract=meant, channel=asker.channel if here else "", opened=asker.channel)
        await self._form.show(trigger, self._drawn(sketch))

    async def edit(self, trigger: Trigger, alert_id: int, asker: Asker) -> None:
        """Open the form with an alert as it is.

        Raises:
            UseCaseError: as `Alerts.change`; FormNotOpenedError: Slack did not open it.

        """
        alert = await self._alerts.change(alert_id, asker)
        watched, made_for = watched_of(alert), str(MadeFor(alert.id, alert.mark))
        shown = Typed() if watched is None else typed.typed_of(watched)
        sketch = Sketch(shown, alert.contract, alert.channel, asker.channel, made_for)
        await self._form.show(trigger, self._drawn(sketch))

    async def changed(self, ack: AsyncAck, body: dict[str, Any]) -> None:
        """Listen to what decides which inputs there are: those of another kind, of another field, come."""
        await ack()
        view = body["view"]
        sender = envelope.of_form(body, alert_modal.opened_in(view))
        with self._redraws.newest(view) as put:

            async def _draw(_asker: Asker) -> None:
                await put(self._drawn(alert_modal.sketch_of(view)))

            await self._guard.run(str(body["actions"][0]["action_id"]), sender, "", _draw)

    async def search(self, ack: AsyncAck, body: dict[str, Any]) -> None:
        """Listen to what is typed into the menu of values; who may not use the bot finds nothing."""
        view = body.get("view") or {}
        try:
            await self._guard.admit(envelope.of_form(body, alert_modal.opened_in(view)))
        except UseCaseError:
            await ack(options=[])
            return
        sketch = alert_modal.sketch_of(view)
        is_watched = typed.is_watchable(sketch.typed.field, self._form.choices().catalogue, self._alerts.personal)
        known = self._values.values(sketch.contract).get(sketch.typed.field, ()) if is_watched else ()
        await ack(options=alert_modal.value_options(str(body.get("value") or ""), known))

    async def submit(self, ack: AsyncAck, body: dict[str, Any], view: dict[str, Any]) -> None:
        """Listen to the form's submission; the same form sent once more is the same alert."""
        sender = envelope.of_form(body, alert_modal.opened_in(view))

        async def _work(asker: Asker) -> Answer:
            return await self._save(asker, body, view)

        with self._redraws.newest(view):
            await submission.take(alert_modal.CALLBACK, self._guard, ack, sender, _work, partial(_not_taken, view))

    async def _save(self, asker: Asker, body: Body, view: Mapping[str, Any]) -> Answer:
        sketch = alert_modal.sketch_of(view)
        draft = self._draft(sketch, view)
        if not isinstance(draft, Draft):
            return submission.errors(draft)
        origin, invites = envelope.origin_of_form(body), await self._alerts.is_closed(draft.channel)
        if sketch.alert:
            saved = await self._alerts.edit(MadeFor.of(sketch.alert), asker, draft, origin=origin)
        else:
            saved = await self._alerts.create(draft, asker, origin=origin)
        self._values.use(saved.contract)
        said = escape(alert_watched.words(draft.watched))
        follows = f"I tell {channel_said(saved.channel)} when it is so."
        if saved.paused_why:
            follows = f"{alert_card.paused(saved)} {_RESUME}"
        elif invites:
            follows = f"{follows} {_INVITE}"
        told = f"Saved: *{said}*, contract {code(saved.contract)}. {follows} `/tokenflex alerts` lists it."
        return submission.update(pieces.done(alert_modal.TITLE, told))

    def _draft(self, sketch: Sketch, view: Mapping[str, Any]) -> Draft | dict[str, str]:
        """Return what a form makes an alert of, else what is wrong at which input."""
        no_contract = self._wrong_contract(sketch.contract)
        wrong = alert_modal.at_contract(no_contract, view) if no_contract else {}
        watched = typed.read(sketch.typed)
        if isinstance(watched, tuple):
            return wrong | alert_modal.errors_of(watched, view)
        channel = sketch.channel or sketch.opened
        if not channel:
            wrong |= alert_modal.at(export_modal.CHANNEL, [_WHICH_CHANNEL], view)
        return wrong or Draft(contract=sketch.contract, channel=channel, watched=watched)

    def _wrong_contract(self, number: str) -> str:
        """Return what is wrong with a contract, which is typed where none is known or too many; "" for nothing."""
        if not number:
            return _WHICH_CONTRACT
        seen = sorted(contract.number for contract in self._contracts.offered)
        problems = check_request(ExportRequest(number), self._form.choices().catalogue, seen)
        malformed = next((each.message for each in problems if each.part == "contract" and not each.warning), "")
        return malformed or (unseen_contract(number, seen).message if self._contracts.lacks(number) else "")

    def _drawn(self, sketch: Sketch) -> export_modal.View:
        self._values.use(sketch.contract)
        choices, personal = self._form.choices(sketch.contract), self._alerts.personal
        fields = typed.watchable(choices.catalogue, choices.names, personal)
        own = sketch.typed.field  # of an alert that is changed, also where its name is not known now
        if sketch.alert and own not in fields and typed.is_watchable(own, choices.catalogue, personal):
            fields = (*fields, own)
        return alert_modal.form(sketch, choices, fields)


def _not_taken(view: Mapping[str, Any], error: Exception, said: Callable[[], str]) -> Answer:
    """Return the answer to a form that was not accepted: at a field where something can be done about it there."""
    if isinstance(error, ContractNotAllowedError):
        return submission.errors(alert_modal.at_contract(refusals.CONTRACT_IN_FORM, view))
    if isinstance(error, AlertRefusedError):
        return submission.errors(alert_modal.at(alert_modal.KIND, error.problems, view))
    of_channel = next((text for kind, text in _OF_CHANNEL.items() if isinstance(error, kind)), None)
    if of_channel is not None:
        return submission.errors(alert_modal.at(export_modal.CHANNEL, [of_channel], view))
    return submission.not_saved(view, error, said)
