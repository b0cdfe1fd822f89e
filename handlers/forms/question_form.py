"""The short form: a question is chosen, and what will be exported stands below it in words, as it is chosen."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import replace
from typing import Any

from slack_bolt.async_app import AsyncAck

from bot.cards import actions, refusals
from bot.errors import NoSuchTemplateError, UseCaseError
from bot.exports.use_cases import Exports
from bot.people.asker import Asker
from bot.questions import filters, likely, periods, questions, templates
from bot.questions.asking import Asking
from bot.questions.periods import Days, Period, PeriodError
from bot.questions.questions import Question
from bot.questions.starters import AT_ONCE, starters
from bot.questions.templates import Templates
from bot.slack.views import Trigger
from bot.tokenflex.models import ExportRequest
from handlers import envelope
from handlers.forms import export_modal, question_modal
from handlers.forms.export_form import ExportForm
from handlers.forms.export_modal import Draft, Opened
from handlers.forms.question_modal import Entry, Sketch
from handlers.guard import Guard
from handlers.on_usage import OnUsage
from handlers.words.asked import Export as Typed

#: What a form becomes by what somebody does in it.
Drawn = Callable[[Mapping[str, Any], Asker], Awaitable[export_modal.View]]
NEW_EXPORT = "new_export"  #: the global shortcut of the manifest
#: What stands there at first, so that one press is an answer.
_FIRST = "starter.products"
_NOT_UNDERSTOOD = "I did not understand all of that. What I did stands here; please look it through."
_TOO_LONG = "This is too long for the short form, so it stays here as you wrote it."


class QuestionForm:
    """Opens the short form, follows what is chosen in it, and leads to the form of fields and metrics and back."""

    def __init__(
        self,
        form: ExportForm,
        exports: Exports,
        templates: Templates,
        asking: Asking,
        on_usage: OnUsage,
        guard: Guard,
    ) -> None:
        self._form = form
        self._exports = exports
        self._templates = templates
        self._asking = asking
        self._on_usage = on_usage
        self._guard = guard

    async def open(self, trigger: Trigger, asker: Asker, question: str = "", *, here: bool = True) -> None:
        """Open the form for the channel where it was asked for, with a question of its menu where that is offered.

        Behind the question may stand the word of a period, as `likely` gives it, and behind that a contract. Without
        `here` the channel is chosen as well: exports cannot be posted where they are.

        Raises:
            FormNotOpenedError: Slack did not open it.

        """
        key, _, more = question.partition(" ")
        word, _, contract = more.partition(" ")
        period = periods.parse(word, periods.ANY_DAY) if word else None
        sketch = self._sketch(asker, key, period, here=here)
        sketch = replace(sketch, contract=contract or sketch.contract)
        is_offered = any(entry.key == key for entry in await self._entries(sketch, asker))
        await self._open(trigger, asker, sketch if is_offered else replace(sketch, key=_FIRST))

    async def open_mistaken(
        self,
        trigger: Trigger,
        asker: Asker,
        understood: Typed,
        messages: Sequence[str],
        *,
        here: bool = True,
    ) -> None:
        """Open the form with what was understood of a command, and say what was not.

        Raises:
            FormNotOpenedError: Slack did not open it.

        """
        request, notes = understood.request, (_NOT_UNDERSTOOD, *(f"• {message}" for message in messages))
        if request.fields or request.metrics or request.usage_categories or request.where:
            with suppress(PeriodError, NoSuchTemplateError):
                request, _ = await self._asking.request(request, asker, name=understood.name, period=understood.period)
            sketch = replace(self._sketch(asker, here=here), wants_answer=understood.wants_answer)
            await self._form.show(trigger, self._long(sketch, request, *notes))
            return
        key, period = await self._meant(understood.name, asker)
        with suppress(PeriodError):
            period = periods.parse(understood.period, await self._asking.today(asker)) if understood.period else period
        sketch = replace(
            self._sketch(asker, key, period, here=here),
            file_name=request.file_name,
            contract=request.contract_number,
            wants_answer=understood.wants_answer,
        )
        await self._open(trigger, asker, sketch, notes)

    async def likely(self, text: str, asker: Asker) -> tuple[str, str] | None:
        """Return the title of the question that a text asks plainly, and what `open` makes the form of."""
        key, period = await self._meant(text, asker)
        entry = next((each for each in await self._entries(Sketch(), asker) if each.key == key), None)
        return (entry.title, f"{key} {periods.as_word(period) if period else ''}".strip()) if entry else None

    async def open_by_button(self, ack: AsyncAck, body: dict[str, Any]) -> None:
        """Listen to "Open the form", "New export", and to the buttons that open it with a question."""
        trigger = Trigger.of(body)
        await ack()
        sender, question = envelope.of_action(body), str(body["actions"][0].get("value") or "")
        await self._guard.run(
            actions.FORM, sender, envelope.response_url(body), lambda asker: self.open(trigger, asker, question)
        )

    async def open_by_shortcut(self, ack: AsyncAck, body: dict[str, Any]) -> None:
        """Listen to the global shortcut, which is used in no channel: the form asks for one."""
        trigger = Trigger.of(body)
        await ack()
        await self._guard.run(NEW_EXPORT, envelope.of_shortcut(body), "", lambda asker: self.open(trigger, asker))

    async def run_again(self, trigger: Trigger, number: int, asker: Asker) -> None:
        """Open the form with the question of an export, its period moved on: what it will be stands there in words.

        Raises:
            NoSuchExportError: there is none, or it is not theirs to see.
            FormNotOpenedError: Slack did not open it.

        """
        export, *_ = await self._exports.details(number, asker)
        question = questions.moved_on(await self._asking.of_export(export, asker), await self._asking.today(asker))
        sketch = question_modal.sketch_of(
            question,
            self._form.choices().catalogue,
            contract=export.asked.contract_number,
            file_name=export.asked.file_name,
            channel=await self._asking.place_of(export, asker),
            opened=Opened(asker.channel),
            wants_answer=export.wants_answer,
        )
        view = await self._view(sketch, asker)
        await self._form.show(trigger, view or self._long(sketch, await self._request(sketch, asker)))

    async def run(self, trigger: Trigger, template_id: int, asker: Asker) -> None:
        """Open the form with a template, its period moved on.

        Raises:
            NoSuchTemplateError: there is none, or it is not theirs to see.
            FormNotOpenedError: Slack did not open it.

        """
        template = await self._templates.see(template_id, asker)
        if template in await self._templates.listing(asker):
            await self.open(trigger, asker, f"template.{template_id}")
            return
        question = questions.moved_on(templates.read(template), await self._asking.today(asker))
        shown = self._sketch(asker)
        where = {"contract": shown.contract, "channel": shown.channel, "opened": shown.opened}
        sketch = question_modal.sketch_of(question, self._form.choices().catalogue, **where)
        await self._open(trigger, asker, sketch)

    async def question_in(self, view: Mapping[str, Any], asker: Asker) -> Question:
        """Return the question that stands in a form, the short one or that of fields and metrics."""
        if view.get("callback_id") == question_modal.CALLBACK:
            return await self._question(question_modal.parse(view), asker)
        return await self._question_of_long(view, asker)

    async def changed(self, ack: AsyncAck, body: dict[str, Any]) -> None:
        """Listen to everything that is chosen: the sentence below says what is meant now."""
        await self._listen(ack, body, self._redrawn)

    async def everything(self, ack: AsyncAck, body: dict[str, Any]) -> None:
        """Listen to "Choose everything myself": the form of fields and metrics, filled in with the same."""
        await self._listen(ack, body, self._as_long)

    async def back(self, ack: AsyncAck, body: dict[str, Any]) -> None:
        """Listen to "Back to the questions": the short form, as far as it can say what stands in the long one."""
        await self._listen(ack, body, self._as_short)

    async def submit(self, ack: AsyncAck, body: dict[str, Any], view: dict[str, Any]) -> None:
        """Listen to the form's submission: an export, or what is shown at once."""
        sketch = question_modal.parse(view)
        if sketch.key not in AT_ONCE:
            await self._form.take(ack, body, view, self._draft)
            return
        await ack()
        sender = envelope.of_form(body, question_modal.opened_of(view).channel)

        async def _show(asker: Asker) -> None:
            asked = await self._asking.asked(sketch.contract, asker)
            await self._on_usage.show(asked.contract, asker, body)

        await self._guard.run(sketch.key, sender, "", _show)

    async def search(self, ack: AsyncAck, body: dict[str, Any]) -> None:
        """Listen to what is typed into the menu of filters; who may not use the bot finds nothing."""
        sender = envelope.of_form(body, question_modal.opened_of(body.get("view") or {}).channel)
        try:
            asker = await self._guard.admit(sender)
        except UseCaseError:
            await ack(options=[])
            return
        contract = question_modal.parse(body["view"]).contract
        names = self._asking.names(contract)
        found = self._asking.suggestions(str(body.get("value") or ""), contract, names, asker)
        options = (question_modal.option_of(one, filters.said(one, names)) for one in found)
        await ack(options=[option for option in options if option])

    async def _open(self, trigger: Trigger, asker: Asker, sketch: Sketch, notes: Sequence[str] = ()) -> None:
        view = await self._view(sketch, asker, notes)
        await self._form.show(trigger, view or self._long(sketch, ExportRequest(sketch.contract), *notes))

    def _sketch(self, asker: Asker, key: str = "", period: Period | None = None, *, here: bool = True) -> Sketch:
        """Return what stands in a form that opens where somebody asks; not `here`: with no channel yet."""
        days = period if isinstance(period, Days) else None
        chosen = question_modal.RANGE if days else periods.as_word(period) if period else ""
        return Sketch(
            key or _FIRST,
            contract=self._form.only_contract(),
            period=chosen,
            first=days.first.isoformat() if days else "",
            last=days.last.isoformat() if days else "",
            channel=asker.channel if here else "",
            opened=Opened(asker.channel),
        )

    async def _meant(self, text: str, asker: Asker) -> tuple[str, Period | None]:
        """Return the key of the question that a text names or asks plainly, "" for none, and the period in it."""
        entries = await self._entries(Sketch(), asker)
        called = {each: entry.key for entry in reversed(entries) for each in (entry.key.partition(".")[2], entry.title)}
        named = {name.casefold(): key for name, key in called.items()}.get(text.casefold(), "")
        said, period = likely.parted(text, await self._asking.today(asker))
        known = {entry.key: (entry.title, entry.question) for entry in entries}
        key = named or likely.likely(said, known, self._form.choices().names) or ""
        return key, None if named else period

    async def _listen(self, ack: AsyncAck, body: dict[str, Any], drawn: Drawn) -> None:
        view = body["view"]
        with self._form.redraws.newest(view) as put:
            await ack()
            sender = envelope.of_form(body, question_modal.opened_of(view).channel)

            async def _put(asker: Asker) -> None:
                await put(await drawn(view, asker))

            await self._guard.run(str(body["actions"][0]["action_id"]), sender, "", _put)

    async def _redrawn(self, view: Mapping[str, Any], asker: Asker) -> export_modal.View:
        sketch = question_modal.parse(view)
        return await self._view(sketch, asker) or self._long(sketch, await self._request(sketch, asker), _TOO_LONG)

    async def _as_long(self, view: Mapping[str, Any], asker: Asker) -> export_modal.View:
        sketch = question_modal.parse(view)
        asked, entries = await self._asking.asked(sketch.contract, asker), await self._entries(sketch, asker)
        period, notes = f"{sketch.first}..{sketch.last}", list[str]()
        try:
            question = question_modal.question_of(sketch, entries, self._form.choices().catalogue)
            period = periods.as_word(question.period)
            asked.days(question)
        except PeriodError as error:
            notes = [f"{error} Until then this asks for all days."]
        sketch = replace(sketch, opened=replace(sketch.opened, period=period))
        return self._long(sketch, await self._request(sketch, asker), *notes)

    async def _as_short(self, view: Mapping[str, Any], asker: Asker) -> export_modal.View:
        draft, opened = export_modal.parse(view), export_modal.opened_of(view)
        choices = self._form.choices()
        question = await self._question_of_long(view, asker)
        sketch = question_modal.sketch_of(
            question,
            choices.catalogue,
            contract=draft.request.contract_number,
            file_name=draft.request.file_name,
            channel=draft.channel,
            opened=replace(opened, round=opened.round + 1, period=""),
            wants_answer=draft.wants_answer,
        )
        if question.period is periods.Relative.ALL:
            sketch = question_modal.with_range(sketch, opened.period)
        is_empty = not (draft.request.fields or draft.request.metrics)
        sketch = replace(sketch, key=_FIRST) if is_empty and not draft.request.where else sketch
        return await self._view(sketch, asker) or self._long(sketch, draft.request, _TOO_LONG)

    async def _question_of_long(self, view: Mapping[str, Any], asker: Asker) -> Question:
        """Return the question in the form of fields and metrics; its days are said as they were in the short one."""
        request = export_modal.parse(view).request
        question = questions.of_request(request, self._form.choices().catalogue)
        asked = await self._asking.asked(request.contract_number, asker)
        return questions.said_again(question, export_modal.opened_of(view).period, asked)

    async def _draft(self, view: Mapping[str, Any], asker: Asker) -> Draft:
        sketch = question_modal.parse(view)
        entries = await self._entries(sketch, asker)
        catalogue = self._form.choices().catalogue
        if question_modal.is_gone(sketch, entries):
            raise NoSuchTemplateError("")
        question = question_modal.question_of(sketch, entries, catalogue)
        request = questions.request(question, await self._asking.asked(sketch.contract, asker), sketch.file_name)
        return Draft(request, sketch.channel, periods.as_word(question.period), sketch.wants_answer)

    async def _request(self, sketch: Sketch, asker: Asker) -> ExportRequest:
        """Return what a sketch asks for, without days where there are none yet."""
        asked, question = await self._asking.asked(sketch.contract, asker), await self._question(sketch, asker)
        try:
            return questions.request(question, asked, sketch.file_name)
        except PeriodError:
            timeless = replace(question, period=periods.Relative.ALL)
            return questions.request(timeless, asked, sketch.file_name)

    async def _question(self, sketch: Sketch, asker: Asker) -> Question:
        """Return the question that a sketch asks, of all days where those of a range are missing."""
        entries, catalogue = await self._entries(sketch, asker), self._form.choices().catalogue
        try:
            return question_modal.question_of(sketch, entries, catalogue)
        except PeriodError:
            timeless = replace(sketch, period=periods.Relative.ALL.value, preset="")
            return question_modal.question_of(timeless, entries, catalogue)

    def _long(self, sketch: Sketch, request: ExportRequest, *notes: str) -> export_modal.View:
        draft = Draft(request, sketch.channel, wants_answer=sketch.wants_answer)
        choices = self._form.choices(request.contract_number)
        return export_modal.build(draft, choices, opened=sketch.opened, notes=notes)

    async def _view(self, sketch: Sketch, asker: Asker, notes: Sequence[str] = ()) -> export_modal.View | None:
        asked = await self._asking.asked(sketch.contract, asker)
        self._asking.prepare(asked)
        sketch = replace(sketch, contract=asked.contract)
        entries, choices = await self._entries(sketch, asker), self._form.choices(sketch.contract)
        chosen = question_modal.chosen_of(sketch, entries)
        told = [chosen.note] if chosen else []
        wrong = (filters.check(one, choices.catalogue, choices.names) for one in sketch.only)
        told += [problem.message for problems in wrong for problem in problems if not problem.warning]
        try:
            question = question_modal.question_of(sketch, entries, choices.catalogue)
            said = questions.sentence(question, asked, choices.catalogue, choices.names)
            told.append(self._asking.freshness(question, asked))
            if chosen and chosen.at_once:
                said, told = question_modal.said_at_once(asked.contract), []
        except PeriodError as error:
            said = str(error)
        if question_modal.is_gone(sketch, entries):
            said = refusals.TEMPLATE_GONE_IN_FORM
        shown = question_modal.said_of(said, *told)
        return question_modal.build(sketch, entries, choices, shown, notes)

    async def _entries(self, sketch: Sketch, asker: Asker) -> list[Entry]:
        names = self._asking.names(sketch.contract)
        today = await self._asking.today(asker)
        saved = [
            Entry(
                f"template.{each.id}",
                each.name,
                questions.moved_on(templates.read(each), today),
                "This channel's templates" if each.is_shared else "My templates",
                each.sentence,
            )
            for each in await self._templates.listing(asker)
        ]
        shared_first = sorted(saved, key=lambda entry: entry.group == "My templates")
        own = [question_modal.own_entry(sketch.own, questions.what(sketch.own, names))] if sketch.own else []
        asked = [
            Entry(f"starter.{each.key}", each.title, each.question, "Questions", each.note)
            for each in starters(names, sketch.key.removeprefix("starter."))
        ]
        at_once = [Entry(key, title, Question(), "Questions", at_once=True) for key, title in AT_ONCE.items()]
        return [*own, *shared_first, *at_once, *asked]
