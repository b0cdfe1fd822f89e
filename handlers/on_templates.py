"""What people do with templates in their list: one use case for each press, and the list as it is then."""

from collections.abc import Awaitable, Callable
from typing import Any

from slack_bolt.async_app import AsyncAck

from bot.cards import actions, pages, template_card
from bot.cards.actions import MadeFor
from bot.cards.template_card import Line
from bot.questions import questions, templates
from bot.questions.templates import Templates
from handlers import acts
from handlers.acts import Act
from handlers.forms.export_modal import Choices
from handlers.forms.question_form import QuestionForm
from handlers.forms.template_form import TemplateForm
from handlers.guard import Guard
from handlers.on_exports import OnExports


class OnTemplates:
    """The list of templates and its buttons; who may is decided by what the database says at the press."""

    def __init__(
        self,
        templates_of_people: Templates,
        form: TemplateForm,
        short: QuestionForm,
        choices: Callable[[], Choices],
        on_exports: OnExports,
        guard: Guard,
    ) -> None:
        self._templates = templates_of_people
        self._choices = choices
        self._tell = on_exports.tell
        self._guard = guard
        self._presses: dict[str, Callable[[int, Act], Awaitable[None]]] = {
            actions.RUN: lambda template, act: short.run(act.trigger, template, act.asker),
            actions.CHANGE: lambda template, act: form.edit(act.trigger, template, act.asker),
            actions.RENAME: lambda template, act: form.rename(act.trigger, template, act.asker),
            actions.SHARE: self._share,
            actions.UNSHARE: self._take_back,
            actions.REMOVE: self._delete,
        }

    @property
    def action_ids(self) -> tuple[str, ...]:
        """The ids that this object listens to."""
        return (actions.TEMPLATES, *self._presses)

    async def press(self, ack: AsyncAck, body: dict[str, Any]) -> None:
        """Listen to every button of the list."""
        await acts.press(self._guard, ack, body, self._press)

    async def show(self, act: Act, first: int = 0, note: str = "") -> None:
        """Show the templates that a person sees where they are, from the `first` on; in place of a list of before."""
        listed = await self._templates.listing(act.asker)
        changeable = await self._templates.changeable(listed, act.asker)
        choices = self._choices()
        page = pages.cut(listed, first).drawn(
            lambda each: Line(
                each,
                questions.summary(templates.read(each), choices.catalogue, choices.names),
                each.id in changeable,
            )
        )
        await self._tell(act, template_card.listing(page, act.asker.channel, note), in_place=True)

    async def _press(self, action_id: str, value: str, act: Act) -> None:
        if action_id == actions.TEMPLATES:
            await self.show(act, int(value))
        else:
            await self._presses[action_id](await self._templates.recognise(MadeFor.of(value)), act)

    async def _share(self, template: int, act: Act) -> None:
        shared = await self._templates.share(template, act.asker, shared=True)
        await self.show(act, note=template_card.shared(shared))

    async def _take_back(self, template: int, act: Act) -> None:
        mine = await self._templates.share(template, act.asker, shared=False)
        await self.show(act, note=template_card.shared(mine))

    async def _delete(self, template: int, act: Act) -> None:
        deleted = await self._templates.delete(template, act.asker)
        await self.show(act, note=template_card.deleted(deleted))
