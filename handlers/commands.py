"""`/tokenflex …`: acknowledge, parse, call one use case, answer privately."""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import replace
from typing import Any

from slack_bolt.async_app import AsyncAck

from bot.cards import actions, admin_card, export_list, replies
from bot.cards import help as help_card
from bot.cards.blocks import paragraph
from bot.cards.export_list import Turn
from bot.cards.text import sentence, shorten
from bot.contracts.cache import ContractCache
from bot.errors import FormNotOpenedError, NoSuchTemplateError, UseCaseError
from bot.exports.use_cases import Exports
from bot.operate.administration import Administration
from bot.questions import likely, periods
from bot.questions.asking import Asking
from bot.questions.history import History
from bot.questions.periods import PeriodError
from bot.slack.views import Trigger
from bot.tokenflex.catalogue import Catalogue
from bot.tokenflex.rules import check_request, unseen_contract
from handlers import envelope
from handlers.acts import Act
from handlers.forms.question_form import QuestionForm
from handlers.guard import Guard
from handlers.on_alerts import OnAlerts
from handlers.on_answers import OnAnswers
from handlers.on_exports import OnExports
from handlers.on_schedules import OnSchedules
from handlers.on_templates import OnTemplates
from handlers.on_usage import OnUsage
from handlers.words import asked, grammar
from handlers.words.slack_text import as_typed

COMMAND = "/tokenflex"


class Commands:
    """The slash command and its words."""

    def __init__(
        self,
        exports: Exports,
        on_exports: OnExports,
        on_templates: OnTemplates,
        on_schedules: OnSchedules,
        on_alerts: OnAlerts,
        on_usage: OnUsage,
        on_answers: OnAnswers,
        administration: Administration,
        contracts: ContractCache,
        catalogue: Catalogue,
        form: QuestionForm,
        history: History,
        asking: Asking,
        guard: Guard,
    ) -> None:
        self._exports = exports
        self._on_usage = on_usage
        self._on_answers = on_answers
        self._administration = administration
        self._contracts = contracts
        self._catalogue = catalogue
        self._form = form
        self._history = history
        self._asking = asking
        self._guard = guard
        self._tell = on_exports.tell
        self._numbered: dict[str, Callable[[int, Act], Awaitable[None]]] = {
            "status": on_exports.details,
            "link": on_exports.link,
            "retry": on_exports.retry,
            "delete": on_exports.ask_to_delete,
        }
        self._shown: dict[type[asked.Command], Callable[[Act], Awaitable[None]]] = {
            asked.Templates: on_templates.show,
            asked.Schedules: on_schedules.show,
            asked.Alerts: on_alerts.show,
            asked.Help: self._help,
            asked.Administer: self._overview,
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
            lambda asker: self._answered(as_typed(str(body.get("text") or "")), Act(asker, body, trigger)),
            export=number,
        )

    async def meant(self, ack: AsyncAck, body: dict[str, Any]) -> None:
        """Listen to the button of a command that was probably meant: the same as if it had been typed."""
        trigger = Trigger.of(body)
        await ack()
        typed = str(body["actions"][0].get("value") or "")
        word, number = grammar.aim(typed)
        await self._guard.run(
            f"command {word}".strip(),
            envelope.of_action(body),
            envelope.response_url(body),
            lambda asker: self._answered(typed, Act(asker, body, trigger)),
            export=number,
        )

    async def _answered(self, typed: str, act: Act) -> None:
        """Answer, and tell by the same way, once, what Slack keeps from everybody: it still takes answers."""
        try:
            await self._answer(typed, act)
        except UseCaseError:  # which the guard tells
            await self._tell_trouble(act)
            raise
        await self._tell_trouble(act)

    async def _tell_trouble(self, act: Act) -> None:
        trouble = await self._administration.untold_trouble(act.asker)
        if trouble is not None:
            await self._tell(act, paragraph(admin_card.trouble_with_slack(trouble)))

    async def _answer(self, typed: str, act: Act) -> None:
        command = grammar.read(typed, self._catalogue, self._contracts.offered)
        match command:
            case asked.OpenForm():
                await self._form.open(act.trigger, act.asker, here=not envelope.is_in_group_message(act.body))
            case asked.Export():
                await self._export(command, act)
            case asked.Usage():
                await self._usage(command.contract, act)
            case asked.Ask():
                await self._on_answers.ask(command, act)
            case asked.List():
                await self._list(Turn(command.words), act)
            case asked.OnExport():
                await self._numbered[command.word](command.number, act)
            case asked.Mistake(messages, None, meant):
                await self._tell(act, replies.wrong_words(messages, meant))
            case asked.Mistake(messages, asked.Export() as understood):
                await self._mistaken(act, messages, understood)
            case asked.Unknown():
                await self._unknown(command, act)
            case _:
                await self._shown[type(command)](act)

    async def _usage(self, contract: str, act: Act) -> None:
        if self._contracts.lacks(contract):
            seen = [contract.number for contract in self._contracts.offered]
            said = sentence(unseen_contract(contract, seen).message)
            await self._tell(act, replies.wrong_words([said], f"usage {self._contracts.meant or seen[0]}"))
        else:
            await self._on_usage.show(contract, act.asker, act.body)

    async def turn(self, ack: AsyncAck, body: dict[str, Any]) -> None:
        """Listen to Newer and Older: another page in the place of the one that is shown."""
        trigger = Trigger.of(body)
        await ack()
        await self._guard.run(
            actions.LIST,
            envelope.of_action(body),
            envelope.response_url(body),
            lambda asker: self._list(Turn.of(str(body["actions"][0].get("value"))), Act(asker, body, trigger)),
        )

    async def _list(self, turn: Turn, act: Act) -> None:
        await self._tell(act, export_list.listing(await self._history.page(turn, act.asker)), in_place=True)

    async def _help(self, act: Act) -> None:
        active = [contract.number for contract in self._contracts.offered if contract.is_active]
        await self._tell(act, help_card.message(await self._asking.examples(act.asker), *active[:1]))

    async def _overview(self, act: Act) -> None:
        await self._tell(act, admin_card.overview(await self._administration.overview(act.asker)))

    async def _unknown(self, command: asked.Unknown, act: Act) -> None:
        """Offer what was probably meant, as a button that does it: a command, else a question."""
        question = None if command.likely else await self._form.likely(command.typed, act.asker)
        if question is None:
            await self._tell(act, replies.unknown_word(command.word, command.likely))
        else:
            await self._tell(act, replies.unknown_but_asked(command.word, *question))

    async def _export(self, command: asked.Export, act: Act) -> None:
        typed, seen = command.request, [contract.number for contract in self._contracts.offered]
        if self._contracts.lacks(typed.contract_number):
            await self._mistaken(act, (), command)
            return
        try:
            request, period = await self._asking.request(typed, act.asker, name=command.name, period=command.period)
        except PeriodError as error:
            await self._mistaken(act, [str(error)], replace(command, period=""))
            return
        except NoSuchTemplateError as error:
            said = f"I know of no question and no template “{shorten(error.name, 60)}” here"
            hint = f"; did you mean {error.near}?" if error.near else ""
            _, days = likely.parted(error.name, await self._asking.today(act.asker))
            period = command.period or (periods.as_word(days) if days else "")
            await self._mistaken(act, [f"{said}{hint}"], replace(command, name=error.near or error.name, period=period))
            return
        problems = check_request(request, self._catalogue, seen)
        if wrong := [problem.message for problem in problems if not problem.warning]:
            await self._mistaken(act, wrong, command)
            return
        accepted = await self._exports.accept(
            request,
            act.asker,
            channel=act.asker.channel,
            origin=envelope.origin_of_command(act.body),
            period=period,
            wants_answer=command.wants_answer,
        )
        if accepted.is_new:
            warnings = [sentence(problem.message) for problem in problems]
            await self._tell(act, replies.accepted(accepted.export, accepted.line, warnings))

    async def _mistaken(self, act: Act, messages: Sequence[str], understood: asked.Export) -> None:
        """Open the form with what was understood of an export, and say there what was not; here where none opens.

        A contract that is not seen is not taken for another one in silence.
        """
        said, number = [sentence(message) for message in messages], understood.request.contract_number
        if self._contracts.lacks(number):
            seen = [contract.number for contract in self._contracts.offered]
            said.insert(0, sentence(unseen_contract(number, seen).message))
            understood = replace(understood, request=replace(understood.request, contract_number=""))
        try:
            await self._form.open_mistaken(
                act.trigger, act.asker, understood, said, here=not envelope.is_in_group_message(act.body)
            )
        except FormNotOpenedError:
            await self._tell(act, replies.mistake(said))
