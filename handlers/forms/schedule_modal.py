"""The forms of schedules: when something runs by itself, and who owns it. All of their ids live here."""

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final, cast, get_args

from bot.cards.blocks import plain, section
from bot.cards.text import escape, sentence, shorten
from bot.questions import periods
from bot.questions.periods import Relative
from bot.schedules.drafts import MAX_NAME
from bot.schedules.due import Missed
from bot.schedules.rule import ENDS, LAST, NTHS, Weekday
from bot.schedules.typed import Kind, RuleProblem, Typed
from bot.schedules.wording import Preview
from bot.tokenflex.rules import MAX_FILE_NAME
from handlers.forms import contract_input, export_modal, field_errors, filled, pieces
from handlers.forms.export_modal import Choices, Opened, View

# The `callback_id`s of the forms.
SAVE: Final = "schedule.form.save"
HAND_OVER: Final = "schedule.form.hand_over"

# Ids of the input blocks; the element in each has the same id.
NAME: Final = "schedule.name"
PERIOD: Final = "schedule.period"
CONTRACT: Final = "schedule.contract"
CONTRACT_TYPED: Final = "schedule.contract_typed"
KIND: Final = "schedule.kind"
DAYS: Final = "schedule.days"
DAY: Final = "schedule.day"
NTH: Final = "schedule.nth"
WEEKDAY: Final = "schedule.weekday"
END: Final = "schedule.end"
LINE: Final = "schedule.line"
AT: Final = "schedule.at"
ZONE: Final = "schedule.zone"
WAITS: Final = "schedule.waits"
MISSED: Final = "schedule.missed"
CHANGES_ONLY: Final = "schedule.only_changes"
FILE_NAME: Final = "schedule.file_name"
PERSON: Final = "schedule.person"
#: Inputs whose change shows other runs, other inputs, or another question in words.
CHANGES: Final = (CONTRACT, PERIOD, KIND, DAYS, DAY, NTH, WEEKDAY, END, LINE, AT, ZONE)

TITLE: Final = "Schedule"
HAND_OVER_TITLE: Final = "Hand over"
_OF_A_RULE: Final = 300  #: characters that the longest rule takes
_MAX_TIME, _MAX_ZONE, _MAX_LINE = 20, 60, 100
_KINDS: Final[Mapping[Kind, str]] = {
    "daily": "Every day",
    "weekly": "Every week, on some days",
    "month-day": "Every month, on a day",
    "nth-weekday": "Every month, on a day of the week",
    "working-day": "Every month, on its first or last working day",
    "cron": "By a cron line, for experts",
}
_NTHS: Final = {1: "First", 2: "Second", 3: "Third", 4: "Fourth", LAST: "Last"}
_MISSED: Final[Mapping[Missed, str]] = {
    Missed.ONCE: "Run once when I am back",
    Missed.SKIP: "Leave them out",
    Missed.ALL: "Run each of them",
}
#: At which input what is wrong with a rule is said.
_PARTS: Final = {"kind": KIND, "days": DAYS, "day": DAY, "nth": NTH, "at": AT, "line": LINE, "zone": ZONE}


@dataclass(frozen=True, slots=True)
class Kept:
    """What the form knows: where it was opened, what is asked of which contract, and the rule whose runs it shows.

    The contract is that of before, which may be chosen anew. `schedule` is the one that it changes, 0 for a new one.
    """

    channel: str = ""
    question: str = ""
    contract: str = ""
    schedule: int = 0
    shown: str = ""

    @property
    def text(self) -> str:
        """What `kept_of` reads."""
        said = {name: getattr(self, name) for name in self.__dataclass_fields__}
        return json.dumps({name: value for name, value in said.items() if value}, ensure_ascii=False)

    @property
    def fits(self) -> bool:
        """Whether a form can hold it, with the rule that it will show."""
        return len(self.text) <= pieces.MAX_KEPT - _OF_A_RULE


@dataclass(frozen=True, slots=True)
class Sketch:
    """What stands in the form."""

    name: str = ""
    period: str = Relative.LAST_MONTH.value
    contract: str = ""
    channel: str = ""
    typed: Typed = field(default_factory=lambda: Typed(kind="working-day", at="08:00"))
    missed: Missed = Missed.ONCE
    waits_until: str = ""
    only_changes: bool = False
    file_name: str = ""


# --- reading ------------------------------------------------------------------------------------------------------


def kept_of(view: Mapping[str, Any]) -> Kept:
    """Return what a form was told as it was built."""
    return Kept(**json.loads(view.get("private_metadata") or "{}"))


def sketch_of(view: Mapping[str, Any]) -> Sketch:
    """Return what stands in a form; what its kind does not show is as at first."""
    at_first = Typed(kind="working-day", at="08:00")
    kind = cast("Kind", filled.chosen(view, KIND) if filled.chosen(view, KIND) in get_args(Kind) else at_first.kind)
    weekdays = tuple(Weekday(each) for each in filled.all_chosen(view, DAYS))
    if kind == "nth-weekday":
        weekdays = (Weekday(filled.chosen(view, WEEKDAY) or Weekday.MONDAY),)
    nth = int(filled.chosen(view, END if kind == "working-day" else NTH) or 1)
    day, at, line, zone = (filled.text(view, block) for block in (DAY, AT, LINE, ZONE))
    typed = Typed(kind, weekdays, day, nth, at, line, zone)
    return Sketch(
        name=filled.text(view, NAME),
        period=filled.chosen(view, PERIOD) or Relative.LAST_MONTH.value,
        contract=filled.text(view, CONTRACT_TYPED) or filled.chosen(view, CONTRACT) or kept_of(view).contract,
        channel=filled.conversation(view, export_modal.CHANNEL),
        typed=typed,
        missed=Missed(filled.chosen(view, MISSED) or Missed.ONCE),
        waits_until=filled.text(view, WAITS),
        only_changes=bool(filled.all_chosen(view, CHANGES_ONLY)),
        file_name=filled.text(view, FILE_NAME),
    )


def person_of(view: Mapping[str, Any]) -> str:
    """Return to whom a schedule is handed over."""
    return filled.person(view, PERSON)


def errors_of(problems: Iterable[RuleProblem], view: Mapping[str, Any]) -> dict[str, str]:
    """Return what `response_action: errors` takes for what is wrong with a rule."""
    shown, found = filled.inputs(view), dict[str, list[str]]()
    for problem in problems:
        at = next((each for each in (_PARTS[problem.part], WEEKDAY, KIND) if each in shown), NAME)
        found.setdefault(at, [problem.message])
    return field_errors.at(found)


# --- building -----------------------------------------------------------------------------------------------------


def form(
    sketch: Sketch, kept: Kept, said: str, shown: Preview | tuple[RuleProblem, ...], choices: Choices, note: str = ""
) -> View:
    """Return the form: `said` is what is asked in words, `shown` when it would run, or why it would not."""
    opened = Opened(channel=kept.channel)
    blocks = [
        *([section("note", f"*{escape(note)}*")] if note else []),
        section("question", shorten(f"*{escape(sentence(said))}*", pieces.MAX_TEXT)),
        pieces.input_block(NAME, "Name", pieces.text_field(NAME, sketch.name, MAX_NAME)),
        *contract_input.build(sketch.contract, choices, menu=(CONTRACT,) * 2, typed=(CONTRACT_TYPED,) * 2),
        _menu(PERIOD, "Period", [(each.value, each.label) for each in Relative], sketch.period, changes=True),
        _menu(KIND, "How often", list(_KINDS.items()), sketch.typed.kind, changes=True),
        *_days(sketch.typed),
        *_times(sketch.typed),
        section("runs", _runs(shown)),
        export_modal.channel_input(sketch.channel, opened),
        *export_modal.allowed_channels(choices.channels),
        *_more(sketch, answers=choices.answers),
    ]
    return pieces.form(SAVE, TITLE, kept.text, blocks)


def to_hand_over(schedule: int, name: str, channel: str) -> View:
    """Return the form that gives a schedule to somebody else."""
    element = {"type": "users_select", "action_id": PERSON, "placeholder": plain("Choose a person")}
    hint = "From then on it runs by what they may do."
    told = section("told", f"*{escape(shorten(name, MAX_NAME))}* is theirs then: they can change it, and hear of it.")
    blocks = [told, pieces.input_block(PERSON, "New owner", element, hint=hint)]
    return pieces.form(
        HAND_OVER, HAND_OVER_TITLE, Kept(channel=channel, schedule=schedule).text, blocks, HAND_OVER_TITLE
    )


def _days(typed: Typed) -> list[dict[str, Any]]:
    """Return the inputs of a kind of rule."""
    weekdays = [(day.value, day.capitalize()) for day in Weekday]
    match typed.kind:
        case "weekly":
            options = [pieces.option(*each) for each in weekdays]
            element: dict[str, Any] = {"type": "checkboxes", "action_id": DAYS, "options": options}
            if chosen := [option for option in options if option["value"] in typed.days]:
                element["initial_options"] = chosen
            return [pieces.input_block(DAYS, "On", element) | {"dispatch_action": True}]
        case "month-day":
            hint = "1 to 31; 31 means the last day."
            return [_field(DAY, "On day", typed.day, 5, hint=hint, placeholder="1")]
        case "nth-weekday":
            nths = [(str(nth), _NTHS[nth]) for nth in NTHS]
            weekday = typed.days[0].value if typed.days else Weekday.MONDAY.value
            return [
                _menu(NTH, "On the", nths, str(typed.nth), changes=True),
                _menu(WEEKDAY, "Day of the week", weekdays, weekday, changes=True),
            ]
        case "working-day":
            ends = [(str(nth), f"{_NTHS[nth]} working day") for nth in ENDS]
            return [_menu(END, "On the", ends, str(typed.nth if typed.nth in ENDS else 1), changes=True)]
        case "cron":
            hint = "Minute, hour, day of the month, month, day of the week."
            return [_field(LINE, "Cron line", typed.line, _MAX_LINE, hint=hint, placeholder="0 8 * * 1")]
    return []


def _times(typed: Typed) -> list[dict[str, Any]]:
    zone = _field(ZONE, "Time zone", typed.zone, _MAX_ZONE, hint="Whose clock is meant.", placeholder="Europe/Berlin")
    if typed.kind == "cron":
        return [zone]
    return [_field(AT, "At", typed.at, _MAX_TIME, hint="Press Enter to see when it runs.", placeholder="08:00"), zone]


def _field(block: str, label: str, text: str, limit: int, *, hint: str, placeholder: str) -> dict[str, Any]:
    element = pieces.text_field(block, text, limit, placeholder=placeholder)
    return pieces.input_block(block, label, element, hint=hint) | {"dispatch_action": True}


def _menu(
    block: str, label: str, listed: Sequence[tuple[str, str]], chosen: str, *, changes: bool = False
) -> dict[str, Any]:
    options = [pieces.option(value, text) for value, text in listed]
    element: dict[str, Any] = {"type": "static_select", "action_id": block, "options": options}
    if initial := next((option for option in options if option["value"] == chosen), None):
        element["initial_option"] = initial
    return pieces.input_block(block, label, element) | ({"dispatch_action": True} if changes else {})


def _runs(shown: Preview | tuple[RuleProblem, ...]) -> str:
    """Return when it runs, in words and as dates, or what is wrong, as mrkdwn."""
    if not isinstance(shown, Preview):
        return escape(" ".join(problem.message for problem in shown)) or "Nothing is chosen yet."
    listed = "\n".join(f"• {escape(run)}" for run in shown.runs)
    notes = "\n".join(map(escape, shown.notes))
    return f"*It runs {escape(shown.words)}*\n{listed}\n{notes}".strip()


def _more(sketch: Sketch, *, answers: bool) -> list[dict[str, Any]]:
    """Return what need not be chosen; where no file is read, nobody can say whether something has changed."""
    waits = pieces.text_field(WAITS, sketch.waits_until, _MAX_TIME, placeholder="14:00")
    name = pieces.text_field(FILE_NAME, sketch.file_name, MAX_FILE_NAME, placeholder="tokens_{year}_{month}")
    only = pieces.option("yes", "Post it only when something changed")
    boxes: dict[str, Any] = {"type": "checkboxes", "action_id": CHANGES_ONLY, "options": [only]}
    if sketch.only_changes:
        boxes["initial_options"] = [only]
    return [
        pieces.input_block(
            WAITS,
            "Wait for the data until",
            waits,
            hint="It runs as soon as usage of its days is known, at the latest then. Empty = it does not wait.",
            optional=True,
        ),
        *([pieces.input_block(CHANGES_ONLY, "Nothing new", boxes, optional=True)] if answers else []),
        _menu(MISSED, "Runs that I missed", [(each.value, words) for each, words in _MISSED.items()], sketch.missed),
        pieces.input_block(
            FILE_NAME,
            "File name",
            name,
            hint="{period}, {month} and {year} are filled in; the export's number comes behind.",
            optional=True,
        ),
    ]


def period_of(sketch: Sketch) -> periods.Period:
    """Return the days that are chosen."""
    return periods.parse(sketch.period, periods.ANY_DAY)
