"""What people do with one export by its number: the same for a word of the command and for a button."""

from bot.cards import export_card, replies
from bot.cards.blocks import Message
from bot.exports.links import Links, Shown
from bot.exports.use_cases import Exports
from handlers import envelope
from handlers.acts import Act
from handlers.forms.export_form import ExportForm
from handlers.forms.question_form import QuestionForm
from handlers.forms.template_form import TemplateForm
from handlers.replies import Replies


class OnExports:
    """Details, link, retry, deletion, sending again: one use case for each, and its reply."""

    def __init__(
        self,
        exports: Exports,
        links: Links,
        form: ExportForm,
        short: QuestionForm,
        template_form: TemplateForm,
        replies_of_slack: Replies,
    ) -> None:
        self._exports = exports
        self._links = links
        self._form = form
        self._short = short
        self._template_form = template_form
        self._replies = replies_of_slack

    async def details(self, number: int, act: Act) -> None:
        """Show all that is known of an export."""
        export, line, answer = await self._exports.details(number, act.asker)
        names = self._form.choices(export.request.contract_number).names
        await self.tell(act, export_card.details(export, line, names, answer))

    async def link(self, number: int, act: Act) -> None:
        """Show a link: in the message whose button was pressed, or privately."""
        shown = await self._links.show(
            number,
            act.asker,
            lambda: self.tell(act, replies.waiting_for_link(number)),
            envelope.pressed_message(act.body),
        )
        if shown.where is Shown.THERE_ALREADY:
            await self.tell(act, replies.link_is_there(shown.export, shown.link))
        elif shown.where is Shown.PRIVATELY:
            is_told = await self.tell(act, export_card.private_link(shown.export, shown.link), in_place=True)
            if not is_told:
                await self._links.not_shown(shown, act.asker, "no way to the person")

    async def retry(self, number: int, act: Act) -> None:
        """Have a failed export tried again."""
        await self.tell(act, replies.retried(await self._exports.retry(number, act.asker)))

    async def ask_to_delete(self, number: int, act: Act) -> None:
        """Ask whether an export is to be deleted."""
        await self.tell(act, replies.confirm_deletion(await self._exports.ask_to_delete(number, act.asker)))

    async def delete(self, number: int, act: Act) -> None:
        """Delete an export."""
        await self.tell(act, replies.deleted(await self._exports.delete(number, act.asker)), in_place=True)

    async def give_up(self, number: int, act: Act) -> None:
        """Have a retry or a deletion that waits not made after all."""
        await self.tell(act, replies.given_up(await self._exports.give_up(number, act.asker)))

    async def keep(self, number: int, act: Act) -> None:
        """Leave an export as it is, after all."""
        await self.tell(act, replies.kept(number), in_place=True)

    async def edit(self, number: int, act: Act) -> None:
        """Open the form filled in with what was asked for."""
        await self._form.open_again(act.trigger, number, act.asker)

    async def run_again(self, number: int, act: Act) -> None:
        """Open the form with the same question, its period moved on."""
        await self._short.run_again(act.trigger, number, act.asker)

    async def save(self, number: int, act: Act) -> None:
        """Open the form that saves its question as a template."""
        await self._template_form.save_export(act.trigger, number, act.asker)

    async def tell(self, act: Act, message: Message, *, in_place: bool = False, in_thread: bool = False) -> bool:
        """Reply privately, and say whether that worked; with `in_place` a private message with the button makes way.

        With `in_thread` the reply stands in the thread where it was pressed.
        """
        replace = in_place and envelope.is_private(act.body)
        thread = envelope.pressed_thread(act.body) if in_thread else ""
        return await self._replies.tell(
            envelope.response_url(act.body), act.asker, message, replace=replace, thread=thread
        )
