"""The form of an alert: what is watched for, in one of five ways, and which channel hears of it. All of its ids.

Built from a sketch and read back into one. What another way of watching does not show is kept meanwhile, so that who
looks at one loses nothing of another.
"""

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from typing import Any, Final, cast, get_args

from bot.alerts.typed import AlertProblem, Kind, Part, Typed
from bot.cards.alert_watched import Every
from bot.cards.blocks import context, plain
from bot.cards.text import flat, shorten
from bot.signs import visible
from bot.tokenflex.rules import MAX_CONTRACT_NUMBER
from handlers.forms import export_modal, field_errors, filled, pieces
from handlers.forms.export_modal import Choices, Opened, View

#: The `callback_id` of the form; the view that follows it has nothing to submit.
CALLBACK: Final = "alert.form"

# What the ids of the input blocks begin with; the element in each has this id alone.
CONTRACT: Final = "alert.contract"
CONTRACT_TYPED: Final = "alert.contract_typed"
KIND: Final = "alert.kind"
SHARES: Final = "alert.shares"
EVERY: Final = "alert.every"
PERCENT: Final = "alert.percent"
FIELD: Final = "alert.field"
VALUE: Final = "alert.value"
TOKENS: Final = "alert.tokens"
PERIOD: Final = "alert.period"
LEFT: Final = "alert.left"
#: Inputs whose change shows other inputs, or another sentence.
CHANGES: Final = (CONTRACT, KIND, EVERY, FIELD)

TITLE: Final = "New alert"
_MAX_NUMBERS, _MAX_SHARES = 20, 60  #: characters; ours
MAX_VALUE: Final = 150  #: characters of an option's value (source: Slack, option object)
_KINDS: Final[Mapping[Kind, str]] = {
    "shares": "A share of the year's tokens is used",
    "shortage": "The tokens run out before the contract year ends",
    "unusual": "A month or a week uses far more than usual",
    "limit": "A product or a cost centre is over a number of tokens",
    "surplus": "Tokens of the year are likely to end unused",
}
_ONE_EXPORT: Final = "To count that I ask Autodesk for one export a day, by what you may export; nobody else sees it."
_ABOUT: Final[Mapping[Kind, str]] = {
    "shares": "I say so once for each share, when it is reached.",
    "shortage": "By the pace of the last months, as `/tokenflex usage` shows it: a week or more too early counts.",
    "unusual": "What is usual is the middle of the last six months or weeks.",
    "limit": "I say so once in each period, and again if more comes after it went down.",
    "surplus": "By the pace of the last months, in the last four months of a contract year.",
}
_EVERY: Final = {Every.MONTH: "A month", Every.WEEK: "A week"}
_PERIODS: Final = {Every.MONTH: "Each month", Every.WEEK: "Each week", Every.YEAR: "Each contract year"}
#: At which input what is wrong with a part is said.
_PARTS: Final[Mapping[Part, str]] = {
    "kind": KIND,
    "shares": SHARES,
    "every": EVERY,
    "percent": PERCENT,
    "field": FIELD,
    "value": VALUE,
    "tokens": TOKENS,
    "period": PERIOD,
    "left": LEFT,
}


@dataclass(frozen=True, slots=True)
class Sketch:
    """What stands in the form, right or wrong; `opened` is the channel where it was opened.

    `alert` says which one it changes, as a button does; "" for a new one.
    """

    typed: Typed = field(default_factory=Typed)
    contract: str = ""
    channel: str = ""
    opened: str = ""
    alert: str = ""


# --- reading ------------------------------------------------------------------------------------------------------


def sketch_of(view: Mapping[str, Any]) -> Sketch:
    """Return what stands in a form; what its way of watching does not show is as it was when that was in sight."""
    kept = filled.kept(view)
    before = _typed_before(kept.get("typed") or {})
    state = {_bare(block): each for block, each in ((view.get("state") or {}).get("values") or {}).items()}

    def text(name: str, otherwise: str) -> str:
        shown = _element(state, name)
        return otherwise if shown is None else str(shown.get("value") or "").strip()

    def chosen(name: str, otherwise: str) -> str:
        shown = _element(state, name)
        return otherwise if shown is None else str((shown.get("selected_option") or {}).get("value") or "")

    kind = chosen(KIND, before.kind)
    name = chosen(FIELD, before.field) or before.field
    typed = Typed(
        kind=cast("Kind", kind) if kind in get_args(Kind) else before.kind,
        shares=text(SHARES, before.shares),
        every=_every(chosen(EVERY, before.every), before.every),
        percent=text(PERCENT, before.percent),
        field=name,
        value=chosen(VALUE, before.value) if name == before.field else "",
        tokens=text(TOKENS, before.tokens),
        period=_every(chosen(PERIOD, before.period), before.period),
        left=text(LEFT, before.left),
    )
    contract = visible(text(CONTRACT_TYPED, "")).strip() or chosen(CONTRACT, "") or str(kept.get("contract") or "")
    channel = _element(state, export_modal.CHANNEL) or {}
    opened, alert = (str(kept.get(name) or "") for name in ("channel", "alert"))
    return Sketch(typed, contract, str(channel.get("selected_conversation") or ""), opened, alert)


def opened_in(view: Mapping[str, Any]) -> str:
    """Return the channel where a form was opened."""
    return str(filled.kept(view).get("channel") or "")


def errors_of(problems: Iterable[AlertProblem], view: Mapping[str, Any]) -> dict[str, str]:
    """Return what `response_action: errors` takes for what is wrong with what is to be watched for."""
    messages: dict[str, list[str]] = {}
    for problem in problems:
        messages.setdefault(_PARTS[problem.part], []).append(problem.message)
    found: dict[str, str] = {}
    for part, said in messages.items():
        found |= at(part, said, view)
    return found


def at(part: str, messages: Sequence[str], view: Mapping[str, Any]) -> dict[str, str]:
    """Return what `response_action: errors` takes for sentences at an input; at the first one where that is not there.

    Slack takes errors on input blocks of the submitted view alone (source: Slack, view submissions).
    """
    shown = filled.inputs(view)
    return field_errors.at({next((each for each in shown if _bare(each) == part), shown[0]): messages})


def at_contract(message: str, view: Mapping[str, Any]) -> dict[str, str]:
    """Return the same for the input of the contract; at what is to be watched for where the form has none."""
    shown = set(map(_bare, filled.inputs(view)))
    part = next((each for each in (CONTRACT, CONTRACT_TYPED) if each in shown), KIND)
    return at(part, [message], view)


def _typed_before(kept: Mapping[str, Any]) -> Typed:
    """Return what stood in a form when it was drawn."""
    known = {name: value for name, value in kept.items() if name in Typed.__dataclass_fields__}
    before = Typed(**known)
    kind = before.kind if before.kind in get_args(Kind) else Typed().kind
    return replace(
        before, kind=kind, every=_every(before.every, Every.MONTH), period=_every(before.period, Every.MONTH)
    )


def _every(value: str, otherwise: Every) -> Every:
    return Every(value) if value in {each.value for each in Every} else otherwise


def _bare(block: str) -> str:
    """Return the id of an input without what makes Slack forget what stood there: its first two parts."""
    return ".".join(block.split(".")[:2])


def _element(state: Mapping[str, Any], name: str) -> Mapping[str, Any] | None:
    """Return the state of the one element of an input, None where the form does not show it."""
    found: Any = next(iter((state.get(name) or {}).values()), None)
    return found if isinstance(found, Mapping) else None


# --- building -----------------------------------------------------------------------------------------------------


def form(sketch: Sketch, choices: Choices, fields: Sequence[str]) -> View:
    """Return the form with a sketch in it; `fields` are those of which a value can be watched."""
    typed = sketch.typed if sketch.typed.field in fields else replace(sketch.typed, field=fields[0], value="")
    sketch = replace(sketch, typed=typed)
    opened = Opened(channel=sketch.opened)
    blocks = [
        *_contract(sketch, choices),
        _menu(KIND, "Tell the channel when", list(_KINDS.items()), typed.kind, changes=True),
        *_inputs(sketch, choices, fields),
        context("about", _about(typed)),
        export_modal.channel_input(sketch.channel, opened) | {"label": plain("Channel that hears of it")},
        *export_modal.allowed_channels(choices.channels),
    ]
    return pieces.form(CALLBACK, "Edit alert" if sketch.alert else TITLE, _metadata(sketch), blocks)


def value_options(text: str, known: Iterable[str]) -> list[dict[str, Any]]:
    """Return what the menu of values offers for what was typed: known ones, those first that begin so, and the text."""
    typed = " ".join(visible(text).split())
    wanted = typed.casefold()
    fitting = [each for each in known if wanted in each.casefold() and 0 < len(each) <= MAX_VALUE]
    found = sorted(fitting, key=lambda each: not each.casefold().startswith(wanted))[: pieces.MAX_OPTIONS - 1]
    if typed and len(typed) <= MAX_VALUE and wanted not in {each.casefold() for each in found}:
        found.append(typed)
    return [_value_option(each) for each in found]


def _value_option(value: str) -> dict[str, Any]:
    return pieces.option(value, flat(value) or value)


def _metadata(sketch: Sketch) -> str:
    kept = {"channel": sketch.opened, "contract": sketch.contract, "alert": sketch.alert, "typed": asdict(sketch.typed)}
    return json.dumps({name: value for name, value in kept.items() if value}, ensure_ascii=False)


def _contract(sketch: Sketch, choices: Choices) -> list[dict[str, Any]]:
    """Return the menu of contracts; none where there is one, a text field where none is known or more than it takes."""
    if len(choices.contracts) == 1 and sketch.contract in {"", choices.contracts[0].number}:
        return []
    offered = choices.contracts if len(choices.contracts) <= pieces.MAX_OPTIONS else ()
    if not offered:
        element = pieces.text_field(CONTRACT_TYPED, sketch.contract, MAX_CONTRACT_NUMBER, placeholder="12345")
        hint = "The number as it stands in your Autodesk account."
        return [pieces.input_block(CONTRACT_TYPED, "Contract", element, hint=hint)]
    listed = [(one.number, export_modal.contract_text(one)) for one in offered]
    return [_menu(CONTRACT, "Contract", listed, sketch.contract, changes=True)]


def _inputs(sketch: Sketch, choices: Choices, fields: Sequence[str]) -> list[dict[str, Any]]:
    """Return the inputs of a way of watching."""
    typed = sketch.typed
    match typed.kind:
        case "shares":
            hint = "In per cent of the contract year's tokens."
            return [_text(SHARES, "Shares", typed.shares, _MAX_SHARES, hint=hint, placeholder="50, 75, 90")]
        case "shortage":
            return []
        case "unusual":
            listed = [(each.value, words) for each, words in _EVERY.items()]
            return [
                _menu(EVERY, "What is compared", listed, typed.every, changes=True),
                _text(PERCENT, "Per cent over the usual", typed.percent, _MAX_NUMBERS, placeholder="30"),
            ]
        case "limit":
            return _limit(sketch, choices, fields)
        case "surplus":
            return [_text(LEFT, "Per cent of the year's tokens", typed.left, _MAX_NUMBERS, placeholder="10")]


def _limit(sketch: Sketch, choices: Choices, fields: Sequence[str]) -> list[dict[str, Any]]:
    typed, names = sketch.typed, choices.names
    element: dict[str, Any] = {
        "type": "external_select",
        "action_id": VALUE,
        "min_query_length": 0,
        "placeholder": plain("Type its name"),
    }
    if 0 < len(typed.value) <= MAX_VALUE:
        element["initial_option"] = _value_option(typed.value)
    title = names.title(typed.field)
    # Another field, or another contract, has other values, and Slack keeps what stood in an input of the same id.
    value = f"{VALUE}.{typed.field}.{shorten(sketch.contract, 100)}"
    return [
        _menu(FIELD, "Of what", [(name, names.title(name)) for name in fields], typed.field, changes=True),
        pieces.input_block(value, shorten(title, 150), element, hint="I watch no people."),
        _text(TOKENS, "More tokens than", typed.tokens, _MAX_NUMBERS, placeholder="10,000"),
        _menu(PERIOD, "Counted", [(each.value, words) for each, words in _PERIODS.items()], typed.period),
    ]


def _about(typed: Typed) -> str:
    daily = typed.kind == "limit" or (typed.kind == "unusual" and typed.every is Every.WEEK)  # as `reads_files` has it
    return " ".join([_ABOUT[typed.kind], *([_ONE_EXPORT] if daily else [])])


def _text(block: str, label: str, text: str, limit: int, *, hint: str = "", placeholder: str) -> dict[str, Any]:
    return pieces.input_block(block, label, pieces.text_field(block, text, limit, placeholder=placeholder), hint=hint)


def _menu(
    block: str, label: str, listed: Sequence[tuple[str, str]], chosen: str, *, changes: bool = False
) -> dict[str, Any]:
    options = [pieces.option(value, text) for value, text in listed[: pieces.MAX_OPTIONS]]
    element: dict[str, Any] = {"type": "static_select", "action_id": block, "options": options}
    if initial := next((option for option in options if option["value"] == chosen), None):
        element["initial_option"] = initial
    return pieces.input_block(block, label, element) | ({"dispatch_action": True} if changes else {})
