"""Templates in forms: saved, renamed and changed there, with errors at their fields."""

from collections.abc import Awaitable, Callable, Mapping
from functools import partial
from typing import Any

from slack_bolt.async_app import AsyncAck

from bot.cards import refusals
from bot.cards.text import code
from bot.errors import (
    ChannelNotAllowedError,
    ChannelSharedError,
    TemplateRefusedError,
)
from bot.exports.use_cases import Exports
from bot.people.asker import Asker
from bot.questions import questions, templates
from bot.questions.asking import Asking
from bot.questions.questions import Question
from bot.questions.templates import Templates
from bot.slack.views import Trigger
from handlers import envelope
from handlers.forms import export_modal, field_errors, filled, pieces, submission, template_modal
from handlers.forms.export_form import ExportForm
from handlers.forms.question_form import QuestionForm
from handlers.forms.submission import Answer
from handlers.guard import Guard

Body = Mapping[str, Any]
_TITLE = "Save as template"
_TOO_LONG = "This question is too long to be saved from a form. Export it, then press *Save as template* on its card."


class TemplateForm:
    """Opens the forms of templates and takes what was filled in."""

    def __init__(
        self,
        form: ExportForm,
        short: QuestionForm,
        exports: Exports,
        templates_of_people: Templates,
        asking: Asking,
        guard: Guard,
    ) -> None:
        self._form = form
        self._short = short
        self._exports = exports
        self._templates = templates_of_people
        self._asking = asking
        self._guard = guard
        self._takes: dict[str, Callable[[Asker, Body], Awaitable[Answer]]] = {
            template_modal.SAVE: self._save,
            template_modal.RENAME: self._rename,
            template_modal.EDIT: self._edit,
        }

    async def save_export(self, trigger: Trigger, number: int, asker: Asker) -> None:
        """Open the form that saves the question of an export.

        Raises:
            NoSuchExportError: there is none, or it is not theirs to see.
            FormNotOpenedError: Slack did not open it.

        """
        export, *_ = await self._exports.details(number, asker)
        await self._form.show(trigger, self._to_save(await self._asking.of_export(export, asker), asker.channel))

    async def save_this(self, ack: AsyncAck, body: dict[str, Any]) -> None:
        """Listen to "Save as template" in the forms for an export: what stands there is saved, and stays there."""
        trigger = Trigger.of(body)
        await ack()
        view = body["view"]
        sender = envelope.of_form(body, export_modal.opened_of(view).channel)

        async def _open(asker: Asker) -> None:
            question = await self._short.question_in(view, asker)
            await self._form.show(trigger, self._to_save(question, asker.channel), over=True)

        await self._guard.run(export_modal.SAVE_THIS, sender, "", _open)

    async def rename(self, trigger: Trigger, template_id: int, asker: Asker) -> None:
        """Open the form that gives a template another name.

        Raises:
            UseCaseError: as `Templates.change`; FormNotOpenedError: Slack did not open it.

        """
        template = await self._templates.change(template_id, asker)
        view = template_modal.to_rename(template.id, template.name, template.sentence, asker.channel)
        await self._form.show(trigger, view)

    async def edit(self, trigger: Trigger, template_id: int, asker: Asker) -> None:
        """Open the form that changes what a template asks.

        Raises:
            UseCaseError: as `Templates.change`; FormNotOpenedError: Slack did not open it.

        """
        question = templates.read(await self._templates.change(template_id, asker))
        view = template_modal.to_edit(template_id, question, self._form.choices(), asker.channel)
        await self._form.show(trigger, view)

    async def submit(self, ack: AsyncAck, body: dict[str, Any], view: dict[str, Any]) -> None:
        """Listen to the submission of each of these forms; the same form sent once more is the same act."""
        callback = str(view["callback_id"])
        sender = envelope.of_form(body, template_modal.kept_of(view).channel)

        async def _work(asker: Asker) -> Answer:
            return await self._takes[callback](asker, body)

        await submission.take(callback, self._guard, ack, sender, _work, partial(_not_taken, view))

    def _to_save(self, question: Question, channel: str) -> export_modal.View:
        choices = self._form.choices()
        said = questions.summary(question, choices.catalogue, choices.names)
        return template_modal.to_save(question, said, channel) or pieces.done(_TITLE, _TOO_LONG)

    async def _save(self, asker: Asker, body: Body) -> Answer:
        named, kept = template_modal.named_of(body["view"]), template_modal.kept_of(body["view"])
        if errors := template_modal.name_errors(named):
            return submission.errors(errors)
        saved = await self._templates.save(
            templates.of_text(kept.question),
            asker,
            name=named.name,
            sentence=named.sentence,
            shared=named.shared,
            origin=envelope.origin_of_form(body),
        )
        asks = code(f"/tokenflex export {saved.name}")
        return _done(_TITLE, f"Saved: {code(saved.name)}. {asks} asks it again; `/tokenflex templates` lists it.")

    async def _rename(self, asker: Asker, body: Body) -> Answer:
        named, kept = template_modal.named_of(body["view"]), template_modal.kept_of(body["view"])
        if errors := template_modal.name_errors(named):
            return submission.errors(errors)
        renamed = await self._templates.rename(kept.template, asker, named.name, named.sentence)
        return _done("Rename template", f"It is called {code(renamed.name)} now.")

    async def _edit(self, asker: Asker, body: Body) -> Answer:
        view, kept = body["view"], template_modal.kept_of(body["view"])
        question, choices = template_modal.question_of(view), self._form.choices()
        problems = templates.question_problems(question, choices.catalogue)
        if errors := field_errors.errors_by_block(problems, view, choices.names):
            return submission.errors(errors)
        edited = await self._templates.edit(kept.template, asker, question)
        said = questions.summary(question, choices.catalogue, choices.names)
        return _done("Edit template", f"{code(edited.name)} asks this now: {code(said)}")


def _not_taken(view: Mapping[str, Any], error: Exception, said: Callable[[], str]) -> Answer:
    """Return the answer to a form that was not accepted: at a field where something can be done about it there."""
    if isinstance(error, TemplateRefusedError):
        return submission.errors(field_errors.at({filled.inputs(view)[0]: error.problems}))
    if isinstance(error, ChannelNotAllowedError | ChannelSharedError):
        return submission.errors(template_modal.not_shared(refusals.NOT_SHARED_IN_FORM))
    return submission.not_saved(view, error, said)


def _done(title: str, text: str) -> Answer:
    return submission.update(pieces.done(title, text))
