"""The form for an export: built from a draft, read back into a draft. All of its ids live here and nowhere else.

Nothing is looked up here: contracts and labels come in as `Choices`. The fields of a modal arrive as they were typed,
unescaped (source: Slack, view_submission), so nothing is decoded.
"""

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Final

from bot.cards.actions import MadeFor
from bot.cards.blocks import context, plain, section
from bot.cards.names import Names
from bot.cards.text import channel as channel_link
from bot.cards.text import is_direct_message, sentence, shorten
from bot.signs import visible
from bot.tokenflex.catalogue import Catalogue, Category, Field, Metric
from bot.tokenflex.models import Contract, ExportRequest
from bot.tokenflex.rules import MAX_CONTRACT_NUMBER, MAX_FILE_NAME, plain_file_name
from handlers.forms import filled, pieces
from handlers.words.slack_text import straight_clause

#: The `callback_id` of the form; the views that follow it have nothing to submit.
CALLBACK: Final = "export.form"
#: The button that leads back to the questions.
QUESTIONS: Final = "export.form.questions"
#: The button of both forms that saves what stands there as a template.
SAVE_THIS: Final = "form.save_as_template"
#: The buttons that turn the menu of contracts into a text field and back; actions, not inputs.
TYPE_CONTRACT: Final = "export.form.type_contract"
CHOOSE_CONTRACT: Final = "export.form.choose_contract"

# Ids of the input blocks; the element in each has the same id.
CONTRACT: Final = "contract"
CONTRACT_TYPED: Final = "contract_typed"
CATEGORIES: Final = "categories"
FIELDS: Final = "fields"
METRICS: Final = "metrics"
WHERE: Final = "where"
FILE_NAME: Final = "file_name"
CHANNEL: Final = "channel"
ANSWER: Final = "answer"

#: Characters of a text field that Slack takes at most.
MAX_TYPED: Final = 3000
_CHANNELS_NAMED: Final = 20

_TITLE: Final = "Export usage data"

View = pieces.View

_NOTHING: Final = ExportRequest("")


@dataclass(frozen=True, slots=True)
class Draft:
    """What stands in the form, right or wrong; `channel` is a conversation's id, `period` how the days were said."""

    request: ExportRequest = _NOTHING
    channel: str = ""
    period: str = ""
    wants_answer: bool = True


@dataclass(frozen=True, slots=True)
class Choices:
    """What the form offers; `custom_field_labels` leads from `customField1` to the customer's own word for it."""

    contracts: tuple[Contract, ...] = ()
    catalogue: Catalogue = field(default_factory=Catalogue)
    custom_field_labels: Mapping[str, str] = field(default_factory=dict)
    channels: tuple[str, ...] = ()  #: the only ones that exports may be posted to; none: any
    answers: bool = True  #: whether files are read for figures at all

    @property
    def names(self) -> Names:
        """What people call the names of the catalogue."""
        return Names(self.catalogue, self.custom_field_labels)


@dataclass(frozen=True, slots=True)
class Opened:
    """Where the form was opened, and the export that is being sent again.

    `round` counts how often everything in it was filled in anew, by going from one form to the other. `period` is what
    was chosen of it in the short form, as a word of a command; of a range perhaps one day alone, as in `2026-10-01..`.
    `wants_answer` is what was chosen where the form does not ask for it at the moment.
    """

    channel: str = ""
    again: MadeFor | None = None
    round: int = 0
    period: str = ""
    wants_answer: bool = True

    def kept(self) -> dict[str, str | int]:
        """Return what a view keeps of it."""
        again = "" if self.again is None else str(self.again)
        kept: dict[str, str | int] = {
            "channel": self.channel,
            "again": again,
            "round": self.round,
            "period": self.period,
            "no_answer": int(not self.wants_answer),
        }
        return {name: value for name, value in kept.items() if value}


# --- reading the form -------------------------------------------------------------------------------------------


def parse(view: Mapping[str, Any]) -> Draft:
    """Return what stands in a form that was submitted, or in which a button was pressed."""
    state = (view.get("state") or {}).get("values") or {}
    request = ExportRequest(
        contract_number=visible(_typed(state, CONTRACT_TYPED)).strip() or _one(state, CONTRACT),
        fields=_several(state, FIELDS),
        metrics=_several(state, METRICS),
        usage_categories=_several(state, CATEGORIES),
        where=straight_clause(_typed(state, WHERE)).strip(),
        file_name=plain_file_name(_typed(state, FILE_NAME)),
    )
    channel = str(_element(state, CHANNEL).get("selected_conversation") or "")
    return Draft(request, channel, wants_answer=is_ticked(_element(state, ANSWER), opened_of(view)))


def is_ticked(box: Mapping[str, Any], opened: Opened) -> bool:
    """Return whether figures are wanted, by the state of the box for them, or by what was chosen where it is hidden."""
    return bool(box["selected_options"]) if "selected_options" in box else opened.wants_answer


def opened_of(view: Mapping[str, Any]) -> Opened:
    """Return what `build` was told; a form without it came from nowhere in particular."""
    kept = filled.kept(view)
    again = str(kept.get("again") or "")
    made_for = MadeFor.of(again) if again.partition(".")[0].isdecimal() else None
    channel, period = (str(kept.get(name) or "") for name in ("channel", "period"))
    return Opened(channel, made_for, int(kept.get("round") or 0), period, not kept.get("no_answer"))


def _element(state: Mapping[str, Any], block: str) -> Mapping[str, Any]:
    inputs = (each for name, each in state.items() if name.partition(".")[0] == block)
    found = (next(inputs, None) or {}).get(block)
    return found if isinstance(found, Mapping) else {}


def _typed(state: Mapping[str, Any], block: str) -> str:
    return str(_element(state, block).get("value") or "").strip()


def _one(state: Mapping[str, Any], block: str) -> str:
    return str((_element(state, block).get("selected_option") or {}).get("value") or "")


def _several(state: Mapping[str, Any], block: str) -> tuple[str, ...]:
    return tuple(str(option["value"]) for option in _element(state, block).get("selected_options") or ())


# --- building the form ------------------------------------------------------------------------------------------


def build(
    draft: Draft,
    choices: Choices,
    *,
    type_contract: bool | None = None,
    opened: Opened | None = None,
    notes: Sequence[str] = (),
) -> View:
    """Return the form with a draft in it.

    `type_contract` asks for a text field in place of the menu of contracts, False for the menu, None for what fits.
    Names of the draft that are no longer offered, and texts too long for a form, are told above the fields, since
    Slack refuses a view that selects them.
    """
    request, opened = draft.request, opened or Opened()
    notes = [*notes, *_left_out(request, choices.catalogue)]
    return {
        "type": "modal",
        "callback_id": CALLBACK,
        "title": plain(_TITLE),
        "submit": plain("Export"),
        "close": plain("Cancel"),
        "private_metadata": json.dumps(replace(opened, wants_answer=draft.wants_answer).kept()),
        "blocks": [
            *([pieces.notice("\n".join(notes))] if notes else []),
            *_contract_blocks(request.contract_number, choices, type_contract=type_contract),
            *question_inputs(request, choices),
            _file_name_input(request),
            channel_input(draft.channel, opened),
            *allowed_channels(choices.channels),
            *answer_input(choices, opened, wants=draft.wants_answer),
            {"type": "actions", "block_id": QUESTIONS, "elements": [_questions_button(), save_button()]},
        ],
    }


def answer_input(choices: Choices, opened: Opened, *, wants: bool) -> list[dict[str, Any]]:
    """Return the box that says whether the file is to be read for figures; none where no file is."""
    if not choices.answers:
        return []
    option = pieces.option("yes", "Show totals, a chart and a table when the file is ready")
    element: dict[str, Any] = {"type": "checkboxes", "action_id": ANSWER, "options": [option]}
    if wants:
        element["initial_options"] = [option]
    # Slack keeps what stood in an input of the same id.
    return [pieces.input_block(f"{ANSWER}.{opened.round}", "Figures", element, optional=True)]


def save_button() -> dict[str, Any]:
    """Return the button that saves what stands in a form as a template."""
    return {"type": "button", "action_id": SAVE_THIS, "text": plain("Save as template")}


def question_inputs(request: ExportRequest, choices: Choices) -> list[dict[str, Any]]:
    """Return the inputs of what is asked, whatever the contract and the file."""
    return [
        _categories_input(request, choices),
        _fields_input(request, choices),
        _metrics_input(request, choices),
        _where_input(request),
    ]


def _questions_button() -> dict[str, Any]:
    return {"type": "button", "action_id": QUESTIONS, "text": plain("Back to the questions")}


def accepted(text: str, notes: Sequence[str] = ()) -> View:
    """Return what replaces the form once an export is stored: mrkdwn, and plain texts about what may surprise."""
    return _closing(section("accepted", text), *(pieces.notice(sentence(f"Please note: {note}")) for note in notes))


def failure(text: str) -> View:
    """Return what replaces the form when nothing was accepted; the mrkdwn says why and what to do."""
    return _closing(section("failure", shorten(text, pieces.MAX_TEXT)))


def _closing(*blocks: dict[str, Any]) -> View:
    return {"type": "modal", "title": plain(_TITLE), "close": plain("Close"), "blocks": list(blocks)}


def _left_out(request: ExportRequest, catalogue: Catalogue) -> Iterable[str]:
    gone = [
        *(f"usage category “{name}”" for name in request.usage_categories if not catalogue.category(name)),
        *(f"field “{name}”" for name in request.fields if not catalogue.field(name)),
        *(f"metric “{name}”" for name in request.metrics if not catalogue.metric(name)),
    ]
    if gone:
        yield f"Left out, since it is not offered any more: {shorten(', '.join(gone), 1000)}."
    for name, text, limit in (
        ("contract number", request.contract_number, MAX_CONTRACT_NUMBER),
        ("text of Only rows where", request.where, MAX_TYPED),
        ("file name", request.file_name, MAX_FILE_NAME),
    ):
        if len(text) > limit:
            yield f"The {name} is longer than the {limit} characters that this form takes, and was left out."


def _contract_blocks(number: str, choices: Choices, *, type_contract: bool | None) -> list[dict[str, Any]]:
    known = {one.number: one for one in choices.contracts if 0 < len(one.number) <= MAX_CONTRACT_NUMBER}
    offered = 0 < len(known) <= pieces.MAX_OPTIONS
    if not offered or (bool(number) and number not in known if type_contract is None else type_contract):
        element = pieces.text_field(CONTRACT_TYPED, number, MAX_CONTRACT_NUMBER, placeholder="12345")
        hint = "The number as it stands in your Autodesk account."
        typed = pieces.input_block(CONTRACT_TYPED, "Contract", element, hint=hint)
        return [typed, _contract_button(CHOOSE_CONTRACT)] if offered else [typed]
    options = [pieces.option(each, contract_text(contract)) for each, contract in known.items()]
    element = {
        "type": "static_select",
        "action_id": CONTRACT,
        "options": options,
        "placeholder": plain("Choose a contract"),
    }
    chosen = [option for option in options if option["value"] == number]
    if chosen:
        element["initial_option"] = chosen[0]
    menu = pieces.input_block(CONTRACT, "Contract", element) | {"dispatch_action": True}
    return [menu, _contract_button(TYPE_CONTRACT)]


def _contract_button(action: str) -> dict[str, Any]:
    label = {TYPE_CONTRACT: "Type the number instead", CHOOSE_CONTRACT: "Choose from the list instead"}[action]
    button = {
        "type": "button",
        "action_id": action,
        "text": plain(label),
        "accessibility_label": f"{label}, contract",
    }
    return {"type": "actions", "block_id": action, "elements": [button]}


def contract_text(contract: Contract) -> str:
    """Return what a menu shows of a contract."""
    ended = "" if contract.is_active else " (ended)"
    name = " ".join(contract.name.split())
    named = f"{contract.number} · {name}" if name else contract.number
    return shorten(named, pieces.MAX_OPTION_TEXT - len(ended)) + ended


def _categories_input(request: ExportRequest, choices: Choices) -> dict[str, Any]:
    options = [_named(one, choices.names) for one in choices.catalogue.categories]
    words = pieces.Words("Usage categories", "All categories", "Empty = all. Session fields need exactly one.")
    return pieces.menu(CATEGORIES, words, options, request.usage_categories)


def _fields_input(request: ExportRequest, choices: Choices) -> dict[str, Any]:
    asked = map(choices.catalogue.field, dict.fromkeys(request.fields))
    chosen = [_named(one, choices.names) for one in asked if one]
    words = pieces.Words(
        "Columns", "Choose what each row shows", "In this order in the file. Autodesk's word is fields."
    )
    menu = pieces.searching_menu(FIELDS, words, chosen)
    if request.contract_number not in {contract.number for contract in choices.contracts}:
        return menu
    # Another contract has other labels, and Slack keeps what stood in an input of the same id.
    return menu | {"block_id": shorten(f"{FIELDS}.{request.contract_number}", 255)}


def _metrics_input(request: ExportRequest, choices: Choices) -> dict[str, Any]:
    asked = map(choices.catalogue.metric, dict.fromkeys(request.metrics))
    chosen = [_named(one, choices.names) for one in asked if one]
    words = pieces.Words("Numbers", "Choose what is counted", "For example Tokens. Autodesk's word is metrics.")
    return pieces.searching_menu(METRICS, words, chosen)


def _named(entry: Field | Metric | Category, names: Names) -> dict[str, Any]:
    """Return an option under the name that people know; below it Autodesk's name and what it means."""
    title = names.title(entry.name)
    about = [each for each in (entry.name, entry.meaning) if each != title]
    return pieces.option(entry.name, title, " · ".join(about))


def found(menu: str, text: str, choices: Choices) -> dict[str, Any]:
    """Return what the menu of columns, or that of numbers, offers for what was typed into it: all of it for nothing."""
    entries: Sequence[Field | Metric] = choices.catalogue.fields if menu == FIELDS else choices.catalogue.metrics
    by_name = {entry.name: entry for entry in entries}
    names = choices.names.search(text, by_name)[: pieces.MAX_OPTIONS]
    groups: dict[str, list[dict[str, Any]]] = {}
    for entry in (by_name[name] for name in names):
        label = _group_label(entry) if isinstance(entry, Field) and not text.strip() else ""
        groups.setdefault(label, []).append(_named(entry, choices.names))
    if "" in groups or not groups:
        return {"options": groups.get("", [])}
    return {"option_groups": [{"label": plain(label), "options": options} for label, options in groups.items()]}


def _group_label(one: Field) -> str:
    labels = {
        "User and machine": "Person and machine",
        "Session and transaction": "Session and transaction (one category only)",
        "Your own categories": "Custom fields",
        "Added": "Added in the settings",
    }
    return labels.get(one.group, one.group)


def _where_input(request: ExportRequest) -> dict[str, Any]:
    element = pieces.text_field(WHERE, request.where, MAX_TYPED, placeholder="contractYear=1")
    hint = "Empty = everything. Examples: usageMonth = '2026-10-01' · productName = 'Revit' · contractYear = 3"
    return pieces.input_block(WHERE, "Only rows where", element | {"multiline": True}, hint=hint, optional=True)


def _file_name_input(request: ExportRequest) -> dict[str, Any]:
    element = pieces.text_field(FILE_NAME, request.file_name, MAX_FILE_NAME, placeholder="myYear1Adjustments")
    hint = "Optional. Without .csv."
    return pieces.input_block(FILE_NAME, "File name", element, hint=hint, optional=True)


def allowed_channels(channels: Sequence[str]) -> list[dict[str, Any]]:
    """Return a line that names the channels that may be chosen: Slack's own picker shows all."""
    if not channels:
        return []
    named = ", ".join(map(channel_link, channels[:_CHANNELS_NAMED]))
    more = f" and {len(channels) - _CHANNELS_NAMED} more" if len(channels) > _CHANNELS_NAMED else ""
    return [context("allowed_channels", f"Exports may be posted to {named}{more}.")]


def channel_input(channel: str, opened: Opened) -> dict[str, Any]:
    """Return Slack's picker of places where we can be: nobody can invite us to a group message.

    Slack cannot show the direct message with us alone, so direct messages are offered only to whom is in one.
    """
    direct = any(map(is_direct_message, (channel, opened.channel)))
    element: dict[str, Any] = {
        "type": "conversations_select",
        "action_id": CHANNEL,
        "filter": {"include": ["public", "private", *(["im"] if direct else [])]},
    }
    initial = {"initial_conversation": channel} if channel else {"default_to_current_conversation": True}
    hint = "I must be in the channel. If not, I'll tell you how to invite me."
    return pieces.input_block(CHANNEL, "Post to channel", element | initial, hint=hint)
