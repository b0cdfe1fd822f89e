"""What people do with schedules in their list: one use case for each press, and the list as it is then."""

from collections.abc import Awaitable, Callable
from datetime import datetime
from typing import Any

from slack_bolt.async_app import AsyncAck

from bot.cards import actions, schedule_list
from bot.cards.actions import MadeFor
from bot.cards.pages import PAGE
from bot.cards.schedule_list import Line
from bot.cards.text import channel, code
from bot.exports.presses import Presses
from bot.questions import questions, templates
from bot.questions.templates import Templates
from bot.schedules import calendar, wording
from bot.schedules.listing import Listed
from bot.schedules.use_cases import Schedules
from bot.slack.views import Trigger
from handlers import acts, envelope
from handlers.acts import Act
from handlers.forms.export_modal import Choices
from handlers.forms.schedule_form import ScheduleForm
from handlers.guard import Guard
from handlers.on_exports import OnExports


class OnSchedules:
    """The list of schedules and its buttons; who may is decided by what the database says at the press."""

    def __init__(
        self,
        schedules: Schedules,
        templates_of_people: Templates,
        form: ScheduleForm,
        choices: Callable[[], Choices],
        on_exports: OnExports,
        presses: Presses,
        guard: Guard,
    ) -> None:
        self._schedules = schedules
        self._templates = templates_of_people
        self._form = form
        self._choices = choices
        self._tell = on_exports.tell
        self._presses = presses
        self._guard = guard
        self._acts: dict[str, Callable[[int, Act], Awaitable[str]]] = {
            actions.RUN_NOW: self._run_now,
            actions.PAUSE: self._pause,
            actions.RESUME: self._resume,
            actions.SKIP: self._skip,
            actions.TAKE_OVER: self._take_over,
            actions.UNSCHEDULE: self._delete,
        }
        self._forms: dict[str, Callable[[Trigger, int, Any], Awaitable[None]]] = {
            actions.RESCHEDULE: form.edit,
            actions.HAND_OVER: form.hand_over,
        }

    @property
    def action_ids(self) -> tuple[str, ...]:
        """The ids that this object listens to."""
        return (actions.SCHEDULES, actions.SCHEDULE, actions.SCHEDULE_TEMPLATE, *self._acts, *self._forms)

    async def press(self, ack: AsyncAck, body: dict[str, Any]) -> None:
        """Listen to every button of the list, and to *Schedule* wherever it stands."""
        await acts.press(self._guard, ack, body, self._press)

    async def show(self, act: Act, first: int = 0, note: str = "", *, holds: int = 0) -> None:
        """Show the schedules that a person sees where they are, in place of a list of before.

        These are those from the `first` on, or those among which one is that the list `holds`.
        """
        listed, choices = await self._schedules.listing(act.asker, first, PAGE, holds=holds), self._choices()
        page = listed.drawn(lambda each: line(each, _asks(each, choices)))
        await self._tell(act, schedule_list.listing(page, note), in_place=True)

    async def _press(self, action_id: str, value: str, act: Act) -> None:
        if action_id == actions.SCHEDULES:
            await self.show(act, int(value))
            return
        made_for = MadeFor.of(value.partition(" ")[0])
        if action_id == actions.SCHEDULE:
            await self._presses.recognise(made_for, act.asker.channel, envelope.pressed_message(act.body))
            await self._form.of_export(act.trigger, made_for.number, act.asker)
        elif action_id == actions.SCHEDULE_TEMPLATE:
            await self._form.of_template(act.trigger, await self._templates.recognise(made_for), act.asker)
        elif action_id in self._forms:
            await self._forms[action_id](act.trigger, await self._schedules.recognise(made_for), act.asker)
        else:
            schedule = await self._schedules.recognise(made_for)
            await self.show(act, note=await self._acts[action_id](schedule, act), holds=schedule)

    async def _run_now(self, schedule: int, act: Act) -> str:
        started = await self._schedules.run_now(schedule, act.asker, origin=envelope.origin_of_press(act.body))
        return (
            f"{code(started.name)} runs now, besides its planned runs; its report comes to {channel(started.channel)}."
        )

    async def _pause(self, schedule: int, act: Act) -> str:
        return f"{code((await self._schedules.pause(schedule, act.asker)).name)} is paused."

    async def _resume(self, schedule: int, act: Act) -> str:
        return f"{code((await self._schedules.resume(schedule, act.asker)).name)} goes on with its next run."

    async def _skip(self, schedule: int, act: Act) -> str:
        identity = str(act.body["actions"][0].get("value")).partition(" ")[2]
        skipped = await self._schedules.skip(schedule, act.asker, identity)
        return f"{code(skipped.name)} leaves out {_said(identity)}."

    async def _take_over(self, schedule: int, act: Act) -> str:
        return f"{code((await self._schedules.take_over(schedule, act.asker)).name)} is yours now, and goes on."

    async def _delete(self, schedule: int, act: Act) -> str:
        deleted = await self._schedules.delete(schedule, act.asker)
        return f"{code(deleted.name)} is deleted. Exports that it made stay."


def line(listed: Listed, said: str = "") -> Line:
    """Return a schedule as it is drawn; `said` is what it asks."""
    ahead = listed.next_run
    return Line(
        listed.schedule,
        said,
        "" if listed.rule is None else wording.words(listed.rule),
        "" if ahead is None else wording.run_said(ahead),
        "" if ahead is None else ahead.identity,
        tuple(map(_said, sorted(listed.left_out))),
        listed.last,
        listed.may_change,
    )


def _asks(listed: Listed, choices: Choices) -> str:
    try:
        question = templates.of_text(listed.schedule.question)
    except (KeyError, TypeError, ValueError):
        return "I don't understand any more what it asks"
    return questions.summary(question, choices.catalogue, choices.names)


def _said(identity: str) -> str:
    """Return a run by its identity in words."""
    written = datetime.fromisoformat(identity)
    return wording.run_said(calendar.Run(written, written))
