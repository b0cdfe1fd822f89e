"""`/tokenflex …`: acknowledge, parse, call one use case, answer privately."""

from collections.abc import Awaitable, Callable
from itertools import accumulate
from typing import Any

from slack_bolt.async_app import AsyncAck

from bot.cards import admin_card, export_card
from bot.cards import help as help_card
from bot.cards.blocks import Message, section
from bot.cards.text import channel as channel_name
from bot.cards.text import code, escape, shorten
from bot.cards.waiting import place_in_line
from bot.contracts.cache import ContractCache
from bot.exports.use_cases import Accepted, Exports
from bot.operate.administration import Administration
from bot.people.asker import Asker
from bot.slack.views import Trigger
from bot.tokenflex.catalogue import Catalogue
from handlers import envelope
from handlers.forms.export_form import ExportForm
from handlers.guard import Guard, concerns, plain
from handlers.replies import Replies
from handlers.words import grammar

COMMAND = "/tokenflex"

#: Characters; the longest sentence, escaped, fits the whole, and the whole fits a paragraph of 3000.
_LONGEST_SENTENCE = 500
_LONGEST_MISTAKE = 2700


class Commands:
    """The slash command and its words."""

    def __init__(
        self,
        exports: Exports,
        administration: Administration,
        contracts: ContractCache,
        catalogue: Catalogue,
        form: ExportForm,
        replies: Replies,
        guard: Guard,
    ) -> None:
        self._exports = exports
        self._administration = administration
        self._contracts = contracts
        self._catalogue = catalogue
        self._form = form
        self._replies = replies
        self._guard = guard
        self._numbered: dict[str, Callable[[int, Asker, str], Awaitable[None]]] = {
            "status": self._status,
            "link": self._link,
            "retry": self._retry,
            "delete": self._delete,
        }

    async def command(self, ack: AsyncAck, body: dict[str, Any]) -> None:
        """Listen to `/tokenflex`."""
        trigger = Trigger.of(body)
        await ack()
        asker, response_url = envelope.of_command(body), envelope.response_url(body)
        word, number = grammar.aim(str(body.get("text") or ""))
        await self._guard.run(
            f"command {word}".strip(),
            asker,
            response_url,
            lambda: self._answer(body, asker, response_url, trigger),
            export=number,
        )

    async def _answer(self, body: dict[str, Any], asker: Asker, response_url: str, trigger: Trigger) -> None:
        command = grammar.parse(str(body.get("text") or ""), self._catalogue, self._contracts.offered)
        match command:
            case grammar.OpenForm():
                await self._form.open(trigger, asker)
            case grammar.Export():
                await self._export(command, body, asker, response_url)
            case grammar.List():
                exports, more = await self._exports.listing(asker)
                await self._replies.tell(response_url, asker, export_card.listing(exports, more))
            case grammar.OnExport():
                await self._numbered[command.word](command.number, asker, response_url)
            case grammar.Help():
                await self._replies.tell(response_url, asker, self._help())
            case grammar.Administer():
                overview = await self._administration.overview(asker)
                await self._replies.tell(response_url, asker, admin_card.overview(overview))
            case grammar.Mistake():
                await self._replies.tell(response_url, asker, mistake(command.messages))

    def _help(self) -> Message:
        active = [contract.number for contract in self._contracts.offered if contract.is_active]
        return Message(help_card.help_text(), help_card.help_blocks(*active[:1]))

    async def _export(self, command: grammar.Export, body: dict[str, Any], asker: Asker, response_url: str) -> None:
        accepted = await self._exports.accept(
            command.request, asker, channel=asker.channel, origin=envelope.origin_of_command(body)
        )
        concerns(accepted.export.number)
        if accepted.is_new:
            await self._replies.tell(response_url, asker, acceptance(accepted, command.warnings))

    async def _status(self, number: int, asker: Asker, response_url: str) -> None:
        export = await self._exports.see(number, asker)
        await self._replies.tell(response_url, asker, export_card.details(export, await self._exports.in_line(export)))

    async def _link(self, number: int, asker: Asker, response_url: str) -> None:
        export, link = await self._exports.link(
            number, asker, lambda: self._replies.tell(response_url, asker, export_card.waiting_for_link(number))
        )
        await self._exports.hand_out(export, asker)
        await self._replies.tell(response_url, asker, export_card.private_link(export, link))

    async def _retry(self, number: int, asker: Asker, response_url: str) -> None:
        export = await self._exports.retry(number, asker)
        await self._replies.tell(response_url, asker, plain(retrying(export.label)))

    async def _delete(self, number: int, asker: Asker, response_url: str) -> None:
        export = await self._exports.see(number, asker)
        await self._exports.check_may_delete(export, asker)
        await self._replies.tell(response_url, asker, export_card.confirm_deletion(export))


def retrying(label: str) -> str:
    """Return the answer to a retry."""
    return f"Token Flex is asked once more for export {label}. I will say so in its channel when it is done."


def acceptance(accepted: Accepted, warnings: tuple[str, ...] = ()) -> Message:
    """Return the answer that makes a request accepted: its number, its place in the line, and what happens next."""
    export = accepted.export
    name = code(export_card.file_name(export))
    text = (
        f"Export {export.label} is accepted: {name} from contract {code(export.request.contract_number)}. "
        f"{place_in_line(accepted.line)}I will post it to {channel_name(export.channel)} when it is done."
    )
    parts = [section("accepted", text)]
    if warnings:
        parts.append(section("warnings", "\n".join(f"Please note: {escape(warning)}" for warning in warnings)))
    return Message(text, parts)


def mistake(messages: tuple[str, ...]) -> Message:
    """Return what is wrong with a command and how to mend it; nothing was submitted."""
    lines = [f"• {escape(shorten(message, _LONGEST_SENTENCE))}" for message in messages]
    fitting = sum(length <= _LONGEST_MISTAKE for length in accumulate(len(line) + 1 for line in lines))
    if fitting < len(lines):
        lines[fitting:] = [f"• … and {len(lines) - fitting} more."]
    listed = "\n".join(lines)
    text = f"That did not work yet:\n{listed}\nCorrect it and send it again; `/tokenflex help` shows examples."
    return Message(text, [section("mistake", text)])
