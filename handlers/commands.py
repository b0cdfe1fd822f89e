"""`/tokenflex …`: acknowledge, parse, call one use case, answer privately."""

from collections.abc import Awaitable, Callable
from typing import Any

from slack_bolt.async_app import AsyncAck

from bot.cards import admin_card, export_card, replies
from bot.cards import help as help_card
from bot.cards.blocks import paragraph
from bot.cards.text import sentence
from bot.contracts.cache import ContractCache
from bot.errors import UseCaseError
from bot.exports.use_cases import Exports
from bot.operate.administration import Administration
from bot.slack.views import Trigger
from bot.tokenflex.catalogue import Catalogue
from bot.tokenflex.rules import unseen_contract
from handlers import envelope
from handlers.forms.export_form import ExportForm
from handlers.guard import Guard
from handlers.on_exports import Act, OnExports
from handlers.words import grammar

COMMAND = "/tokenflex"


class Commands:
    """The slash command and its words."""

    def __init__(
        self,
        exports: Exports,
        on_exports: OnExports,
        administration: Administration,
        contracts: ContractCache,
        catalogue: Catalogue,
        form: ExportForm,
        guard: Guard,
    ) -> None:
        self._exports = exports
        self._administration = administration
        self._contracts = contracts
        self._catalogue = catalogue
        self._form = form
        self._guard = guard
        self._tell = on_exports.tell
        self._numbered: dict[str, Callable[[int, Act], Awaitable[None]]] = {
            "status": on_exports.details,
            "link": on_exports.link,
            "retry": on_exports.retry,
            "delete": on_exports.ask_to_delete,
        }

    async def command(self, ack: AsyncAck, body: dict[str, Any]) -> None:
        """Listen to `/tokenflex`."""
        trigger = Trigger.of(body)
        await ack()
        word, number = grammar.aim(str(body.get("text") or ""))
        await self._guard.run(
            f"command {word}".strip(),
            envelope.of_command(body),
            envelope.response_url(body),
            lambda asker: self._answered(Act(asker, body, trigger)),
            export=number,
        )

    async def _answered(self, act: Act) -> None:
        """Answer, and tell by the same way, once, what Slack keeps from everybody: it still takes answers."""
        try:
            await self._answer(act)
        except UseCaseError:  # which the guard tells
            await self._tell_trouble(act)
            raise
        await self._tell_trouble(act)

    async def _tell_trouble(self, act: Act) -> None:
        trouble = await self._administration.untold_trouble(act.asker)
        if trouble is not None:
            await self._tell(act, paragraph(admin_card.trouble_with_slack(trouble)))

    async def _answer(self, act: Act) -> None:
        command = grammar.parse(str(act.body.get("text") or ""), self._catalogue, self._contracts.offered)
        match command:
            case grammar.OpenForm():
                await self._form.open(act.trigger, act.asker, here=not envelope.is_in_group_message(act.body))
            case grammar.Export():
                await self._export(command, act)
            case grammar.List():
                await self._tell(act, export_card.listing(*await self._exports.listing(act.asker)))
            case grammar.OnExport():
                await self._numbered[command.word](command.number, act)
            case grammar.Help():
                active = [contract.number for contract in self._contracts.offered if contract.is_active]
                await self._tell(act, help_card.message(*active[:1]))
            case grammar.Administer():
                await self._tell(act, admin_card.overview(await self._administration.overview(act.asker)))
            case grammar.Mistake():
                told = replies.mistake if command.of_export else replies.unknown_words
                await self._tell(act, told(command.messages))

    async def _export(self, command: grammar.Export, act: Act) -> None:
        if self._contracts.lacks(command.request.contract_number):
            seen = [contract.number for contract in self._contracts.offered]
            problem = unseen_contract(command.request.contract_number, seen)
            await self._tell(act, replies.mistake([sentence(problem.message)]))
            return
        accepted = await self._exports.accept(
            command.request, act.asker, channel=act.asker.channel, origin=envelope.origin_of_command(act.body)
        )
        if accepted.is_new:
            await self._tell(act, replies.accepted(accepted.export, accepted.line, command.warnings))
