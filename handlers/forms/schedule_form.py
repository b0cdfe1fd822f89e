"""Schedules in forms: made and changed there, with the next runs shown before anything is saved."""

import json
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import replace
from functools import partial
from typing import Any

from slack_bolt.async_app import AsyncAck

from bot.cards import refusals, schedule_card
from bot.cards.text import channel, code, escape, mention
from bot.errors import (
    ChannelNotAllowedError,
    ChannelSharedError,
    ContractNotAllowedError,
    ScheduleRefusedError,
)
from bot.exports.use_cases import Exports
from bot.people.asker import Asker
from bot.questions import periods, questions, templates
from bot.questions.asking import Asking
from bot.questions.periods import Relative
from bot.questions.questions import Question
from bot.questions.templates import Templates
from bot.runtime.clock import Clock
from bot.schedules import decisions, drafts, typed, wording
from bot.schedules.drafts import MAX_NAME, Draft
from bot.schedules.rule import Rule, RuleError
from bot.schedules.typed import RuleProblem
from bot.schedules.use_cases import Schedules
from bot.schedules.wording import Preview
from bot.slack.views import Trigger
from handlers import envelope
from handlers.forms import export_modal, field_errors, filled, pieces, schedule_modal, submission
from handlers.forms.export_form import ExportForm
from handlers.forms.redraws import Redraws
from handlers.forms.schedule_modal import Kept, Sketch
from handlers.forms.submission import Answer
from handlers.guard import Guard

Body = Mapping[str, Any]
_TOO_LONG = "This question is too long for a schedule. Save it as a template with fewer conditions, and schedule that."
_LOOK = "This is when it runs. Press Save to keep it."
_FIXED = "Fixed days would be the same in each report, so choose days that move on: now it is last month."
_UNREADABLE = "I don't understand any more what this schedule asks. Delete it, and make a new one."


class ScheduleForm:
    """Opens the forms of schedules, follows what is chosen in them, and takes what was filled in."""

    def __init__(
        self,
        form: ExportForm,
        exports: Exports,
        templates_of_people: Templates,
        schedules: Schedules,
        asking: Asking,
        redraws: Redraws,
        guard: Guard,
        clock: Clock,
    ) -> None:
        self._form = form
        self._exports = exports
        self._templates = templates_of_people
        self._schedules = schedules
        self._asking = asking
        self._redraws = redraws
        self._guard = guard
        self._clock = clock
        self._takes: dict[str, Callable[[Asker, Body], Awaitable[Answer]]] = {
            schedule_modal.SAVE: self._save,
            schedule_modal.HAND_OVER: self._hand_over,
        }

    @property
    def callback_ids(self) -> tuple[str, ...]:
        """The ids of the forms whose submission this object listens to."""
        return tuple(self._takes)

    async def of_export(self, trigger: Trigger, number: int, asker: Asker) -> None:
        """Open the form with the question of an export.

        Raises:
            NoSuchExportError: there is none, or it is not theirs to see.
            FormNotOpenedError: Slack did not open it.

        """
        export, *_ = await self._exports.details(number, asker)
        question = await self._asking.of_export(export, asker)
        await self._open(trigger, asker, question, export.request.contract_number, "")

    async def of_template(self, trigger: Trigger, template_id: int, asker: Asker) -> None:
        """Open the form with the question of a template; its contract is chosen there, where there are several.

        Raises:
            UseCaseError: as `Templates.see`; FormNotOpenedError: Slack did not open it.

        """
        template = await self._templates.see(template_id, asker)
        asked = await self._asking.asked("", asker)
        await self._open(trigger, asker, templates.read(template), asked.contract, template.name)

    async def edit(self, trigger: Trigger, schedule_id: int, asker: Asker) -> None:
        """Open the form with a schedule as it is.

        Raises:
            UseCaseError: as `Schedules.change`; FormNotOpenedError: Slack did not open it.

        """
        schedule = await self._schedules.change(schedule_id, asker)
        try:
            question = templates.of_text(schedule.question)
        except (KeyError, TypeError, ValueError):
            raise ScheduleRefusedError((_UNREADABLE,)) from None
        try:
            chosen = typed.typed_of(decisions.rule_of(schedule))
        except RuleError:
            chosen = replace(Sketch().typed, zone=await self._schedules.zone(asker))
        sketch = Sketch(
            name=schedule.name,
            period=periods.as_word(question.period),
            contract=schedule.contract,
            channel=schedule.channel,
            typed=chosen,
            missed=decisions.missed_of(schedule),
            waits_until=schedule.waits_until,
            only_changes=schedule.only_changes,
            file_name=schedule.file_name,
        )
        kept = Kept(asker.channel, templates.write(question), schedule.contract, schedule.id)
        await self._show(trigger, sketch, kept)

    async def hand_over(self, trigger: Trigger, schedule_id: int, asker: Asker) -> None:
        """Open the form that gives a schedule to somebody else.

        Raises:
            UseCaseError: as `Schedules.change`; FormNotOpenedError: Slack did not open it.

        """
        schedule = await self._schedules.change(schedule_id, asker)
        await self._form.show(trigger, schedule_modal.to_hand_over(schedule.id, schedule.name, asker.channel))

    async def changed(self, ack: AsyncAck, body: dict[str, Any]) -> None:
        """Listen to what says when it runs: its next runs are shown."""
        await ack()
        view = body["view"]
        sender = envelope.of_form(body, schedule_modal.kept_of(view).channel)
        with self._redraws.newest(view) as put:

            async def _draw(_asker: Asker) -> None:
                await put(self._drawn(schedule_modal.sketch_of(view), schedule_modal.kept_of(view)))

            await self._guard.run(str(body["actions"][0]["action_id"]), sender, "", _draw)

    async def submit(self, ack: AsyncAck, body: dict[str, Any], view: dict[str, Any]) -> None:
        """Listen to the submission of each of these forms; the same form sent once more is the same act."""
        callback = str(view["callback_id"])
        sender = envelope.of_form(body, schedule_modal.kept_of(view).channel)

        async def _work(asker: Asker) -> Answer:
            return await self._takes[callback](asker, body)

        await submission.take(callback, self._guard, ack, sender, _work, partial(_not_taken, view))

    async def _open(self, trigger: Trigger, asker: Asker, question: Question, contract: str, name: str) -> None:
        period = question.period if isinstance(question.period, Relative) else Relative.LAST_MONTH
        names = self._asking.names(contract)
        sketch = Sketch(
            name=name or questions.what(question, names)[:MAX_NAME],
            period=period.value,
            contract=contract,
            channel=asker.channel,
            typed=replace(Sketch().typed, zone=await self._schedules.zone(asker)),
        )
        kept = Kept(asker.channel, templates.write(replace(question, period=period)), contract)
        await self._show(trigger, sketch, kept, "" if period is question.period else _FIXED)

    async def _show(self, trigger: Trigger, sketch: Sketch, kept: Kept, note: str = "") -> None:
        view = self._drawn(sketch, kept, note) if kept.fits else pieces.done(schedule_modal.TITLE, _TOO_LONG)
        await self._form.show(trigger, view)

    def _drawn(self, sketch: Sketch, kept: Kept, note: str = "") -> export_modal.View:
        """Return the form with the runs that what stands in it means, which it then knows to have shown."""
        choices = self._form.choices(sketch.contract)
        question = replace(templates.of_text(kept.question), period=schedule_modal.period_of(sketch))
        said = questions.summary(question, choices.catalogue, choices.names)
        rule = typed.read(sketch.typed)
        shown: Preview | tuple[RuleProblem, ...]
        shown = rule if isinstance(rule, tuple) else wording.preview(rule, self._clock.now(), question.period)
        knows = replace(kept, shown="" if isinstance(rule, tuple) else _text(rule))
        return schedule_modal.form(sketch, knows, said, shown, choices, note)

    async def _save(self, asker: Asker, body: Body) -> Answer:
        view = body["view"]
        sketch, kept = schedule_modal.sketch_of(view), schedule_modal.kept_of(view)
        draft = _draft(sketch, kept, view)
        if not isinstance(draft, Draft):
            return submission.errors(draft)
        if _text(draft.rule) != kept.shown:
            return submission.update(self._drawn(sketch, kept, _LOOK))
        invites = await self._schedules.is_closed(draft.channel)
        if kept.schedule:
            saved = await self._schedules.edit(kept.schedule, asker, draft)
        else:
            saved = await self._schedules.create(draft, asker, origin=envelope.origin_of_form(body))
        runs = f"It runs {escape(wording.words(draft.rule))}, and posts to {channel(saved.channel)}."
        if saved.is_paused:
            runs = f"{schedule_card.paused(saved)} {runs}"
        if invites:
            runs = f"{runs} I am not in that channel yet: invite me there before it runs."
        return _done(f"Saved: {code(saved.name)}. {runs} `/tokenflex schedules` lists it.")

    async def _hand_over(self, asker: Asker, body: Body) -> Answer:
        view = body["view"]
        kept = schedule_modal.kept_of(view)
        given = await self._schedules.hand_over(kept.schedule, asker, schedule_modal.person_of(view))
        return _done(f"{code(given.name)} is {mention(given.owner)}'s now.", schedule_modal.HAND_OVER_TITLE)


def _draft(sketch: Sketch, kept: Kept, view: Mapping[str, Any]) -> Draft | dict[str, str]:
    """Return what a form makes a schedule of, else what is wrong at which input."""
    rule, until = typed.read(sketch.typed), None
    wrong: dict[str, str] = schedule_modal.errors_of(rule, view) if isinstance(rule, tuple) else {}
    try:
        until = typed.time_of(sketch.waits_until) if sketch.waits_until else None
    except RuleError as error:
        wrong |= field_errors.at({schedule_modal.WAITS: [str(error)]})
    wrong |= field_errors.at({schedule_modal.FILE_NAME: drafts.file_name_problems(sketch.file_name)})
    if wrong or isinstance(rule, tuple):
        return wrong
    return Draft(
        name=sketch.name,
        question=replace(templates.of_text(kept.question), period=schedule_modal.period_of(sketch)),
        contract=sketch.contract,
        channel=sketch.channel or kept.channel,
        rule=rule,
        missed=sketch.missed,
        file_name=sketch.file_name,
        waits_until=until,
        only_changes=sketch.only_changes,
    )


def _text(rule: Rule) -> str:
    return json.dumps(rule.as_json())


def _not_taken(view: Mapping[str, Any], error: Exception, said: Callable[[], str]) -> Answer:
    """Return the answer to a form that was not accepted: at a field where something can be done about it there."""
    if isinstance(error, ScheduleRefusedError):
        return submission.errors(field_errors.at({filled.inputs(view)[0]: error.problems}))
    if isinstance(error, ChannelNotAllowedError | ChannelSharedError):
        return submission.errors(field_errors.channel_not_allowed(shared=isinstance(error, ChannelSharedError)))
    if isinstance(error, ContractNotAllowedError) and schedule_modal.CONTRACT in filled.inputs(view):
        return submission.errors({schedule_modal.CONTRACT: refusals.CONTRACT_IN_FORM})
    return submission.not_saved(view, error, said)


def _done(text: str, title: str = schedule_modal.TITLE) -> Answer:
    return submission.update(pieces.done(title, text))
