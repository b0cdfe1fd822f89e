"""Figures of files that are there already: asked for by the command, and by what stands under an answer."""

from functools import partial
from typing import Any, Final

from slack_bolt.async_app import AsyncAck

from bot.answers.asking_again import AskingAgain, Told
from bot.cards import actions, answer_card, answer_controls, replies
from bot.cards.actions import MadeFor
from bot.cards.blocks import Message
from bot.cards.figures import Answer, Unread
from bot.cards.query import Query
from bot.errors import QueryRefusedError
from bot.exports.presses import Presses
from bot.slack.views import Trigger
from handlers import envelope
from handlers.acts import Act
from handlers.guard import Guard
from handlers.on_exports import OnExports
from handlers.words import asked

_ALONE: Final = "Only you can see this."


class OnAnswers:
    """The word `answer`, and the menus and buttons under answers; what they show is for one person's eyes."""

    def __init__(self, asking: AskingAgain, on_exports: OnExports, presses: Presses, guard: Guard) -> None:
        self._asking = asking
        self._tell = partial(on_exports.tell, in_thread=True)
        self._presses = presses
        self._guard = guard

    @property
    def action_ids(self) -> tuple[str, ...]:
        """The ids that this object listens to."""
        shown = (actions.SHOW_ANSWER, actions.SHOW_PEOPLE, actions.ANSWER_BY, actions.ANSWER_TOP)
        return (*shown, actions.POST_ANSWER)

    async def ask(self, typed: asked.Ask, act: Act) -> None:
        """Show what was asked of a file by the command, or what it cannot tell with what may be meant."""
        try:
            await self._show(typed.number, typed.query, act)
        except QueryRefusedError as error:
            await self._tell(act, replies.wrong_words(error.problems, error.likely))

    async def press(self, ack: AsyncAck, body: dict[str, Any]) -> None:
        """Listen to everything under an answer that is about its figures."""
        trigger = Trigger.of(body)
        await ack()
        action = body["actions"][0]
        value = str(action.get("value") or (action.get("selected_option") or {}).get("value") or "")
        made_for, _, query = value.partition(" ")
        number = made_for.partition(".")[0]
        await self._guard.run(
            str(action["action_id"]),
            envelope.of_action(body),
            envelope.response_url(body),
            lambda asker: self._pressed(
                str(action["action_id"]), MadeFor.of(made_for), Query.of(query), Act(asker, body, trigger)
            ),
            export=int(number) if number.isdecimal() else None,
        )

    async def _pressed(self, action_id: str, made_for: MadeFor, query: Query, act: Act) -> None:
        await self._presses.recognise(made_for, act.asker.channel, envelope.pressed_message(act.body))
        if action_id == actions.POST_ANSWER:
            await self._post(made_for.number, query, act)
        else:
            await self._show(made_for.number, query, act)

    async def _show(self, number: int, query: Query, act: Act) -> None:
        told = await self._asking.answer(
            number, query, act.asker, lambda: self._tell(act, replies.waiting_for_figures(number))
        )
        if isinstance(told.answer, Unread):  # what is shown already stays
            await self._tell(act, answer_card.unread(told.export, told.answer))
        elif not await self._tell(act, _drawn(told, told.answer), in_place=True):
            await self._asking.not_shown(told, act.asker)

    async def _post(self, number: int, query: Query, act: Act) -> None:
        export = await self._asking.post(number, query, act.asker, envelope.origin_of_press(act.body))
        await self._tell(act, replies.waits_for_thread(export))


def _drawn(told: Told, answer: Answer) -> Message:
    only = answer_card.only(told.query.where) if told.query.where else ""
    controls = answer_controls.controls(told.export, told.query, told.names, posts=told.can_be_posted)
    return answer_card.figures(told.export, answer, why=_ALONE, only=only, controls=controls)
