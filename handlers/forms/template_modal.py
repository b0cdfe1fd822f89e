"""The forms of templates: to save a question, to rename it, to change what it asks. All of their ids live here."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from bot.cards.blocks import section
from bot.cards.text import escape, is_direct_message, sentence, shorten
from bot.questions import periods, templates
from bot.questions.periods import Relative
from bot.questions.questions import Question
from bot.tokenflex.models import ExportRequest
from handlers.forms import export_modal, field_errors, filled, pieces
from handlers.forms.export_modal import Choices, View

# The `callback_id`s of the forms.
SAVE: Final = "template.form.save"
RENAME: Final = "template.form.rename"
EDIT: Final = "template.form.edit"
CALLBACKS: Final = (SAVE, RENAME, EDIT)

# Ids of the input blocks; the element in each has the same id.
NAME: Final = "name"
SENTENCE: Final = "sentence"
WHOSE: Final = "whose"
PERIOD: Final = "period"

_MINE: Final = "mine"
_SHARED: Final = "shared"


@dataclass(frozen=True, slots=True)
class Kept:
    """What a form of templates knows: where it was opened, and the question to save or the template to change."""

    channel: str = ""
    question: str = ""
    template: int = 0


@dataclass(frozen=True, slots=True)
class Named:
    """What was typed of a name."""

    name: str = ""
    sentence: str = ""
    shared: bool = False


# --- reading ------------------------------------------------------------------------------------------------------


def kept_of(view: Mapping[str, Any]) -> Kept:
    """Return what a form was told as it was built."""
    kept = json.loads(view.get("private_metadata") or "{}")
    return Kept(str(kept.get("channel") or ""), str(kept.get("question") or ""), int(kept.get("template") or 0))


def named_of(view: Mapping[str, Any]) -> Named:
    """Return the name that was typed."""
    return Named(filled.text(view, NAME), filled.text(view, SENTENCE), filled.chosen(view, WHOSE) == _SHARED)


def question_of(view: Mapping[str, Any]) -> Question:
    """Return the question that stands in the form that changes it."""
    asked = export_modal.parse(view).request
    days = periods.parse(filled.chosen(view, PERIOD) or Relative.ALL, periods.ANY_DAY)
    return Question(asked.fields, asked.metrics, asked.usage_categories, asked.where, days)


def name_errors(named: Named) -> dict[str, str]:
    """Return what `response_action: errors` takes for a name and its sentence."""
    wrong = {NAME: templates.name_problems(named.name, ""), SENTENCE: templates.name_problems("x", named.sentence)}
    return field_errors.at(wrong)


def not_shared(text: str) -> dict[str, str]:
    """Return what `response_action: errors` takes where nothing may be shared with the channel."""
    return {WHOSE: shorten(text, field_errors.MAX_ERROR)}


# --- building -----------------------------------------------------------------------------------------------------


def to_save(question: Question, said: str, channel: str) -> View | None:
    """Return the form that saves a question, of which `said` tells what it asks; None for one too long to be kept.

    In a direct message, and where nobody knows the channel, it can be for the person alone only.
    """
    metadata = json.dumps({"channel": channel, "question": templates.write(question)}, ensure_ascii=False)
    if len(metadata) > pieces.MAX_KEPT:
        return None
    shareable = bool(channel) and not is_direct_message(channel)
    kept = f"*{escape(sentence(said))}*\nThe question is kept, not its dates: days move on with the day it is asked."
    blocks = [section("question", shorten(kept, pieces.MAX_TEXT)), *_names(), *([_whose()] if shareable else [])]
    return pieces.form(SAVE, "Save as template", metadata, blocks)


def to_rename(template: int, name: str, said: str, channel: str) -> View:
    """Return the form that gives a template another name and sentence."""
    return pieces.form(RENAME, "Rename template", _metadata(template, channel), _names(name, said))


def to_edit(template: int, question: Question, choices: Choices, channel: str) -> View:
    """Return the form that changes what a template asks."""
    asked = ExportRequest("", question.fields, question.metrics, question.categories, question.where)
    blocks = [*export_modal.question_inputs(asked, choices), _period_input(periods.as_word(question.period))]
    return pieces.form(EDIT, "Edit template", _metadata(template, channel), blocks)


def _metadata(template: int, channel: str) -> str:
    return json.dumps({"template": template, "channel": channel})


def _names(name: str = "", said: str = "") -> list[dict[str, Any]]:
    named = pieces.text_field(NAME, name, templates.MAX_NAME, placeholder="Monthly by cost centre")
    told = pieces.text_field(SENTENCE, said, templates.MAX_SENTENCE, placeholder="What the finance meeting looks at")
    hint = "A word of /tokenflex export, so without quotation marks and equals signs."
    return [
        pieces.input_block(NAME, "Name", named, hint=hint),
        pieces.input_block(SENTENCE, "What it is for", told, optional=True),
    ]


def _whose() -> dict[str, Any]:
    options = [
        pieces.option(_MINE, "Mine: I alone see it"),
        pieces.option(_SHARED, "This channel's: everybody here sees it"),
    ]
    element = {"type": "radio_buttons", "action_id": WHOSE, "options": options, "initial_option": options[0]}
    return pieces.input_block(WHOSE, "Whose it is", element)


def _period_input(chosen: str) -> dict[str, Any]:
    options = [pieces.option(each.value, each.label) for each in Relative]
    if chosen not in {option["value"] for option in options}:
        options.insert(0, pieces.option(chosen, periods.label(periods.parse(chosen, periods.ANY_DAY))))
    initial = next(option for option in options if option["value"] == chosen)
    element = {"type": "static_select", "action_id": PERIOD, "options": options, "initial_option": initial}
    return pieces.input_block(PERIOD, "Period", element)
