"""The short form: a question, a contract, a period, what to leave out, a channel; below it what will be exported.

Built from a sketch and read back into one. All of its ids live here; those of inputs end in what makes Slack forget
what stood in them, where something else is to stand there.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from typing import Any, Final

from bot.cards.blocks import plain, section
from bot.cards.text import escape, sentence, shorten
from bot.questions import filters, periods
from bot.questions.filters import Filter, Operator
from bot.questions.periods import Days, Period, PeriodError, Relative
from bot.questions.questions import Question
from bot.tokenflex.catalogue import Catalogue
from handlers.forms import contract_input, export_modal, filled, pieces
from handlers.forms.export_modal import ANSWER, CHANNEL, CONTRACT, CONTRACT_TYPED, Choices, Opened

CALLBACK: Final = "question.form"
#: The button that leads to the form of fields and metrics.
EVERYTHING: Final = "question.form.everything"

# What the ids of inputs begin with; the element in each has this id alone.
QUESTION: Final = "question"
PERIOD: Final = "period"
FIRST: Final = "first_day"
LAST: Final = "last_day"
ONLY: Final = "only"
#: What changes the sentence below at once.
CHANGES: Final = (QUESTION, PERIOD, FIRST, LAST, ONLY, f"{QUESTION}.{CONTRACT}")

OWN: Final = "own"  #: the entry of the menu that was made in the form of fields and metrics
RANGE: Final = "range"  #: the entry of the menu of periods that asks for two days
_TITLE: Final = "New export"
_MAX_VALUE: Final = 150  #: characters of an option's value (source: Slack, option object)

View = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Entry:
    """One question that can be chosen; `key` is its value in the menu, `group` the heading that it stands under."""

    key: str
    title: str
    question: Question
    group: str
    note: str = ""
    at_once: bool = False  #: whether it is answered at once and needs no export


@dataclass(frozen=True, slots=True)
class Sketch:
    """What stands in the short form, right or wrong.

    `own` is what was chosen by hand, `file_name` what was typed there. `period` is the value of its menu, "" for the
    question's own; `preset` is what that was when the form was drawn.
    """

    key: str = ""
    own: Question | None = None
    contract: str = ""
    period: str = ""
    preset: str = ""
    first: str = ""
    last: str = ""
    only: tuple[Filter, ...] = ()
    file_name: str = ""
    channel: str = ""
    opened: Opened = field(default_factory=Opened)
    wants_answer: bool = True


# --- what it says -------------------------------------------------------------------------------------------------


def question_of(sketch: Sketch, entries: Sequence[Entry], catalogue: Catalogue) -> Question:
    """Return the question that a sketch asks; one without anything in it where none is chosen.

    Raises:
        PeriodError: the days of a range are missing or no days.

    """
    chosen = chosen_of(sketch, entries)
    if chosen is None:
        return Question()
    asked = chosen.question
    where = filters.all_of(asked.where, filters.clause_of(_together(sketch.only), catalogue))
    return Question(asked.fields, asked.metrics, asked.categories, where, _period(sketch, asked.period))


def chosen_of(sketch: Sketch, entries: Sequence[Entry]) -> Entry | None:
    """Return the question that is chosen."""
    return next((entry for entry in entries if entry.key == sketch.key), None)


def is_gone(sketch: Sketch, entries: Sequence[Entry]) -> bool:
    """Return whether a template is chosen that is not there any more: it was deleted while the form was open."""
    return sketch.key.startswith("template.") and chosen_of(sketch, entries) is None


def own_entry(question: Question, title: str) -> Entry:
    """Return the entry of what was chosen by hand."""
    return Entry(OWN, title, question, "As you chose it")


def sketch_of(question: Question, catalogue: Catalogue, **more: Any) -> Sketch:  # noqa: ANN401 - fields of a sketch
    """Return a sketch of what was chosen by hand: conditions that fit the menu stand there, the rest stays text."""
    read = filters.filters_of(question.where, catalogue)
    shown = tuple(one for one in read.filters if _value(one))
    kept = filters.all_of(filters.clause_of([one for one in read.filters if one not in shown], catalogue), read.rest)
    own = Question(question.fields, question.metrics, question.categories, kept, question.period)
    return Sketch(OWN, own, only=shown, **more)


def with_range(sketch: Sketch, word: str) -> Sketch:
    """Return the sketch with the days of a range that were none, as `2026-10-01..`; as it is for any other word."""
    first, is_range, last = word.partition("..")
    try:
        periods.parse(word, periods.ANY_DAY)
    except PeriodError:
        return replace(sketch, period=RANGE, first=first, last=last) if is_range and (first or last) else sketch
    return sketch


def _period(sketch: Sketch, own: Period) -> Period:
    if sketch.period == RANGE:
        if not (sketch.first and sketch.last):
            raise PeriodError("Choose both days of the range.")
        return periods.parse(f"{sketch.first}..{sketch.last}", periods.ANY_DAY)
    if sketch.period in {"", sketch.preset}:
        return own
    return periods.parse(sketch.period, periods.ANY_DAY)


def _together(chosen: Sequence[Filter]) -> list[Filter]:
    """Return filters of which those that name values of one field mean any of these."""
    named: dict[str, list[str]] = {}
    for one in chosen:
        if one.operator in {Operator.IS, Operator.ONE_OF}:
            named.setdefault(one.field, []).extend(one.values)
    listed = [
        Filter(name, Operator.ONE_OF if len(values) > 1 else Operator.IS, tuple(dict.fromkeys(values)))
        for name, values in named.items()
    ]
    return [*listed, *(one for one in chosen if one.operator not in {Operator.IS, Operator.ONE_OF})]


# --- reading it ---------------------------------------------------------------------------------------------------


def parse(view: Mapping[str, Any]) -> Sketch:
    """Return what stands in a form that was submitted, or in which something was chosen."""
    state = {name.partition(".")[0]: each for name, each in ((view.get("state") or {}).get("values") or {}).items()}
    kept = filled.kept(view)
    own = kept.get("own")
    return Sketch(
        key=_chosen(state, QUESTION),
        own=_question(own) if isinstance(own, dict) else None,
        contract=str(_element(state, CONTRACT_TYPED).get("value") or "").strip()
        or _chosen(state, CONTRACT)
        or str(kept.get("contract") or ""),
        period=_chosen(state, PERIOD),
        preset=str(kept.get("preset") or ""),
        first=str(_element(state, FIRST).get("selected_date") or ""),
        last=str(_element(state, LAST).get("selected_date") or ""),
        only=tuple(
            one for option in _element(state, ONLY).get("selected_options") or () if (one := _filter(option["value"]))
        ),
        file_name=str(kept.get("file_name") or ""),
        channel=str(_element(state, CHANNEL).get("selected_conversation") or ""),
        opened=opened_of(view),
        wants_answer=export_modal.is_ticked(_element(state, ANSWER), opened_of(view)),
    )


def opened_of(view: Mapping[str, Any]) -> Opened:
    """Return where the form was opened."""
    return export_modal.opened_of(view)


def _question(kept: Mapping[str, Any]) -> Question:
    read = {name: tuple(kept.get(name) or ()) for name in ("fields", "metrics", "categories")}
    return Question(
        **read, where=str(kept.get("where") or ""), period=periods.parse(str(kept["period"]), periods.ANY_DAY)
    )


def _element(state: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    """Return the state of the one element of an input, whatever its own id is."""
    found: Any = next(iter((state.get(name) or {}).values()), None)
    return found if isinstance(found, Mapping) else {}


def _chosen(state: Mapping[str, Any], name: str) -> str:
    return str((_element(state, name).get("selected_option") or {}).get("value") or "")


# --- building it --------------------------------------------------------------------------------------------------


def build(
    sketch: Sketch, entries: Sequence[Entry], choices: Choices, said: str, notes: Sequence[str] = ()
) -> View | None:
    """Return the form with a sketch in it, and below it what it says; None where Slack could not keep that much."""
    chosen = chosen_of(sketch, entries)
    preset = periods.as_word(chosen.question.period) if chosen else periods.as_word(Relative.LAST_MONTH)
    metadata = _metadata(sketch, preset)
    if len(metadata) > pieces.MAX_KEPT:
        return None
    shown = preset if sketch.period in {"", sketch.preset} else sketch.period
    at_once = chosen is not None and chosen.at_once
    buttons = [_everything(), export_modal.save_button()]
    of_export = [
        *_period_inputs(sketch, shown, preset),
        _only_input(sketch, choices),
        export_modal.channel_input(sketch.channel, sketch.opened),
        *export_modal.allowed_channels(choices.channels),
        *export_modal.answer_input(choices, sketch.opened, wants=sketch.wants_answer),
    ]
    return {
        "type": "modal",
        "callback_id": CALLBACK,
        "title": plain(_TITLE),
        "submit": plain("Show" if at_once else "Export"),
        "close": plain("Cancel"),
        "private_metadata": metadata,
        "blocks": [
            *([pieces.notice("\n".join(notes))] if notes else []),
            _question_input(sketch, entries),
            *_contract_input(sketch, choices),
            *([] if at_once else of_export),
            section("sentence", shorten(said, pieces.MAX_TEXT)),
            *([] if at_once else [{"type": "actions", "block_id": EVERYTHING, "elements": buttons}]),
        ],
    }


def said_at_once(contract: str) -> str:
    """Return what a question is answered with that needs no export, as plain text."""
    of = f" of contract {contract}" if contract else ""
    return f"Shown at once, and to you alone: the tokens{of} that are used and left, and those of each month"


def said_of(text: str, *notes: str) -> str:
    """Return the mrkdwn of what will be exported, and what to know about it; empty notes say nothing."""
    return "\n".join([f"*{escape(sentence(text))}*", *(escape(sentence(note)) for note in notes if note)])


def option_of(one: Filter, said: str) -> dict[str, Any] | None:
    """Return the option that stands for a filter; None for one that does not fit into an option."""
    value = _value(one)
    return pieces.option(value, said) if value else None


def _metadata(sketch: Sketch, preset: str) -> str:
    own = asdict(sketch.own) | {"period": periods.as_word(sketch.own.period)} if sketch.own else None
    kept = {
        **replace(sketch.opened, wants_answer=sketch.wants_answer).kept(),
        "own": own and {name: value for name, value in own.items() if value},
        "contract": sketch.contract,
        "preset": preset,
        "file_name": sketch.file_name,
    }
    return json.dumps({name: value for name, value in kept.items() if value}, ensure_ascii=False)


def _question_input(sketch: Sketch, entries: Sequence[Entry]) -> dict[str, Any]:
    groups: dict[str, list[dict[str, Any]]] = {}
    for entry in entries:
        groups.setdefault(entry.group, []).append(pieces.option(entry.key, entry.title))
    element: dict[str, Any] = {
        "type": "static_select",
        "action_id": QUESTION,
        "placeholder": plain("Choose a question"),
        "option_groups": [
            {"label": plain(shorten(group, pieces.MAX_OPTION_TEXT)), "options": options[: pieces.MAX_OPTIONS]}
            for group, options in groups.items()
        ],
    }
    _preselect(element, (option for options in groups.values() for option in options), sketch.key)
    return _dispatching(_id(QUESTION, sketch), "What do you want to know?", element)


def _contract_input(sketch: Sketch, choices: Choices) -> list[dict[str, Any]]:
    menu, typed = (_id(CONTRACT, sketch), f"{QUESTION}.{CONTRACT}"), (_id(CONTRACT_TYPED, sketch), CONTRACT_TYPED)
    return contract_input.build(sketch.contract, choices, menu=menu, typed=typed)


def _period_inputs(sketch: Sketch, shown: str, preset: str) -> list[dict[str, Any]]:
    options = [pieces.option(each.value, each.label) for each in Relative]
    if preset not in {each.value for each in Relative}:
        options.insert(0, pieces.option(preset, _days_said(preset)))
    options.append(pieces.option(RANGE, "A range of days …"))
    element: dict[str, Any] = {
        "type": "static_select",
        "action_id": PERIOD,
        "options": options,
        "placeholder": plain("Choose a period"),
    }
    _preselect(element, options, shown)
    # Another question has another period, and Slack keeps what stood in an input of the same id.
    menu = _dispatching(f"{_id(PERIOD, sketch)}.{preset}", "Period", element)
    if shown != RANGE:
        return [menu]
    days = ((FIRST, "First day", sketch.first), (LAST, "Last day", sketch.last))
    return [menu, *(_day_input(name, label, day, sketch) for name, label, day in days)]


def _day_input(name: str, label: str, day: str, sketch: Sketch) -> dict[str, Any]:
    element: dict[str, Any] = {"type": "datepicker", "action_id": name}
    if day:
        element["initial_date"] = day
    return _dispatching(_id(name, sketch), label, element)


def _only_input(sketch: Sketch, choices: Choices) -> dict[str, Any]:
    element: dict[str, Any] = {
        "type": "multi_external_select",
        "action_id": ONLY,
        "min_query_length": 0,
        "placeholder": plain("Everything"),
    }
    chosen = [option for one in sketch.only if (option := option_of(one, filters.said(one, choices.names)))]
    if chosen:
        element["initial_options"] = chosen
    hint = "Type a product, a person or a condition, such as: not Revit · cost centre CC-101 · user begins with cad"
    return _dispatching(_id(ONLY, sketch), "Only …", element, hint=hint, optional=True)


def _everything() -> dict[str, Any]:
    return {"type": "button", "action_id": EVERYTHING, "text": plain("Choose everything myself")}


def _dispatching(block: str, label: str, element: dict[str, Any], **more: Any) -> dict[str, Any]:  # noqa: ANN401
    return pieces.input_block(block, label, element, **more) | {"dispatch_action": True}


def _preselect(element: dict[str, Any], options: Any, value: str) -> None:  # noqa: ANN401 - any iterable of options
    chosen = next((option for option in options if option["value"] == value), None)
    if chosen:
        element["initial_option"] = chosen


def _id(name: str, sketch: Sketch) -> str:
    return f"{name}.{sketch.opened.round}"


def _days_said(word: str) -> str:
    period = periods.parse(word, periods.ANY_DAY)
    return periods.words(period if isinstance(period, Days) else None)


def _value(one: Filter) -> str:
    """Return the text that stands for a filter in an option; "" for one that is too long."""
    written = json.dumps([one.field, one.operator.value, *one.values], ensure_ascii=False, separators=(",", ":"))
    return written if len(written) <= _MAX_VALUE else ""


def _filter(value: str) -> Filter | None:
    """Return the filter that an option's value stands for; nothing else can stand there but what a person made up."""
    try:
        name, operator, *values = json.loads(value)
        return Filter(str(name), Operator(operator), tuple(map(str, values)))
    except (ValueError, TypeError):
        return None
