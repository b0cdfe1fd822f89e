"""The buttons: their ids, which travel in messages for ever, their words, and what each says that it was made for."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Self

from bot.cards.alert_told import Delay
from bot.cards.blocks import Block, plain
from bot.cards.text import flat, shorten
from storage.alerts import Alert
from storage.models import Delivery, Export
from storage.schedules import Schedule
from storage.templates import Template

LINK = "export.link"
RETRY = "export.retry"
DETAILS = "export.details"
DELETE = "export.delete"
EDIT = "export.edit"
KEEP = "export.keep"
GIVE_UP = "export.give_up"
AGAIN = "export.again"
SAVE = "export.save"  #: as a template
# Those of an answer; behind the number stands what is asked of the file.
SHOW_ANSWER = "answer.show"
ANSWER_BY = "answer.by"
ANSWER_TOP = "answer.top"
SHOW_PEOPLE = "answer.people"
POST_ANSWER = "answer.post"
LIST = "export.list"  #: its value is a page
# Those of a template; that of TEMPLATES says where a page of the list begins.
TEMPLATES = "template.list"
RUN = "template.run"
CHANGE = "template.edit"
RENAME = "template.rename"
SHARE = "template.share"
UNSHARE = "template.unshare"
REMOVE = "template.delete"
# Those of a schedule.
SCHEDULE = "schedule.new"  #: of an export's question; its value is as that of a button of the export
SCHEDULE_TEMPLATE = "schedule.template"
SCHEDULES = "schedule.list"
RUN_NOW = "schedule.run"
PAUSE = "schedule.pause"
RESUME = "schedule.resume"
SKIP = "schedule.skip"
RESCHEDULE = "schedule.edit"
HAND_OVER = "schedule.hand_over"
TAKE_OVER = "schedule.take_over"
UNSCHEDULE = "schedule.delete"
# Those of an alert.
ACKNOWLEDGE = "alert.acknowledge"
PUT_OFF = "alert.put_off"  #: a menu; behind the number stands for how long, as `Delay` has it
NOT_USEFUL = "alert.not_useful"
TAKE_OVER_ALERT = "alert.take_over"
RESUME_ALERT = "alert.resume"
UNWATCH = "alert.delete"
PAUSE_ALERT = "alert.pause"
CHANGE_ALERT = "alert.edit"
NEW_ALERT = "alert.new"  #: its value is a contract, where one is meant
ALERTS = "alert.list"  #: its value says where a page of the list begins
DOWNLOAD = "export.download"  #: opens an address; nobody has to do anything about the press
FORM = "form.open"
MEANT = "command.meant"  #: does the command that its value is, as it would be typed
POST_USAGE = "usage.post"  #: its value is a contract
SEND_AGAIN = "admin.send_again"  #: its number is that of a message that was given up

_LABELS = {
    LINK: "Get a fresh link",
    RETRY: "Retry",
    DETAILS: "Details",
    DELETE: "Delete",
    EDIT: "Edit and send again",
    KEEP: "Keep it",
    GIVE_UP: "Give up",
    AGAIN: "Run again",
    SAVE: "Save as template",
    SHOW_ANSWER: "Show the answer",
    ANSWER_BY: "Show by …",
    ANSWER_TOP: "Top …",
    SHOW_PEOPLE: "Show people",
    POST_ANSWER: "Post to thread",
    SEND_AGAIN: "Send again",
    RUN: "Run",
    CHANGE: "Edit",
    RENAME: "Rename",
    SHARE: "Share",
    UNSHARE: "Stop sharing",
    REMOVE: "Delete",
    SCHEDULE: "Schedule",
    SCHEDULE_TEMPLATE: "Schedule",
    RUN_NOW: "Run now",
    PAUSE: "Pause",
    RESUME: "Resume",
    SKIP: "Skip next",
    RESCHEDULE: "Edit",
    HAND_OVER: "Hand over",
    TAKE_OVER: "Take over",
    UNSCHEDULE: "Delete",
    ACKNOWLEDGE: "Acknowledge",
    PUT_OFF: "Put off",
    NOT_USEFUL: "Not useful",
    TAKE_OVER_ALERT: "Take over",
    RESUME_ALERT: "Resume",
    UNWATCH: "Delete",
    PAUSE_ALERT: "Pause",
    CHANGE_ALERT: "Edit",
    NEW_ALERT: "New alert",
}
_DELAYS = {Delay.DAY: "For a day", Delay.WEEK: "For a week", Delay.MONTH: "Until next month"}
_DANGERS = (DELETE, REMOVE, UNSCHEDULE, UNWATCH)
_STYLES = {LINK: "primary", RETRY: "primary", **dict.fromkeys(_DANGERS, "danger")}


@dataclass(frozen=True, slots=True)
class MadeFor:
    """The value of a button: a number, and the mark of what had that number as it was drawn.

    Buttons of versions before the first marks, and what people type, have the number alone.
    """

    number: int
    mark: str = ""

    @classmethod
    def of(cls, value: str) -> Self:
        """Return what stands in the value of a button.

        Raises:
            ValueError: it is none of ours.

        """
        number, _, mark = value.partition(".")
        return cls(int(number), mark)

    def __str__(self) -> str:
        return f"{self.number}.{self.mark}" if self.mark else str(self.number)

    def is_of(self, mark: str) -> bool:
        """Return whether what has that number now is what had it as the button was drawn, as far as that tells."""
        return self.mark in {"", mark}


def button(action: str, export: Export, *, ask: bool = True) -> Block:
    """Return a button of an export; deleting asks first unless `ask` is false.

    What a screen reader says begins with the words that others see, so that people who speak to their computer can
    press it by them (source: WCAG 2.2, 2.5.3).
    """
    element = _button(action, MadeFor(export.number, export.mark), f"export {export.label}")
    if action in _STYLES:
        element["style"] = _STYLES[action]
    if action == DELETE and ask:
        element["confirm"] = _confirm_delete(export.number)
    return element


def of_answer(action: str, export: Export, asked: str) -> Block:
    """Return a button under an answer; `asked` is what of the file, as the value of a button keeps it."""
    element = _button(action, MadeFor(export.number, export.mark), f"export {export.label}")
    return element | {"value": value_of_answer(export, asked)}


def value_of_answer(export: Export, asked: str) -> str:
    """Return the value of a button or an option under an answer."""
    return f"{MadeFor(export.number, export.mark)} {asked}".strip()


def menu(action: str, options: Sequence[tuple[str, str]]) -> Block:
    """Return a menu that acts when something is chosen: words and the values that they stand for."""
    listed = [{"text": plain(shorten(words, 75)), "value": value} for words, value in options]
    return {"type": "static_select", "action_id": action, "placeholder": plain(_LABELS[action]), "options": listed}


def download(number: int, name: str, url: str) -> Block:
    """Return a button that opens a download link, which has to be a web address of 3,000 characters at most."""
    words = f"Download {shorten(name, 60)}"
    return {
        "type": "button",
        "action_id": DOWNLOAD,
        "text": plain(words),
        "url": url,
        "accessibility_label": shorten(f"{words}, export #{number}", 75),
    }


def open_form(words: str = "Open the form") -> Block:
    """Return the button that opens the form with its first question."""
    return {"type": "button", "action_id": FORM, "text": plain(words), "style": "primary"}


def new_export() -> Block:
    """Return the same button by the name that it has where no form is spoken of."""
    return open_form("New export")


def ask(words: str, question: str, title: str) -> Block:
    """Return a button that opens the form with a question, by its value in the form's menu; `title` names it."""
    said = shorten(f"{words}, {flat(title)}", 75)
    return {
        "type": "button",
        "action_id": FORM,
        "text": plain(words),
        "value": question,
        "accessibility_label": said,
    }


def post_usage(contract: str) -> Block:
    """Return the button that posts how a contract stands to the channel where it is pressed."""
    words = "Post to channel"
    return {
        "type": "button",
        "action_id": POST_USAGE,
        "text": plain(words),
        "value": contract,
        "accessibility_label": shorten(f"{words}, tokens of contract {flat(contract)}", 75),
    }


def meant(command: str) -> Block:
    """Return the button that does what was probably meant by a mistyped command of 2,000 characters at most."""
    return {"type": "button", "action_id": MEANT, "text": plain(shorten(f"/tokenflex {command}", 75)), "value": command}


def send_again(delivery: Delivery) -> Block:
    """Return the button of a message that was given up."""
    number = delivery.export_number
    of = "message" if number is None else f"message of export #{number}"
    return _button(SEND_AGAIN, MadeFor(delivery.id, delivery.mark), of)


def of_template(action: str, template: Template) -> Block:
    """Return a button of a template; deleting asks first, since nothing brings one back."""
    element = _button(action, MadeFor(template.id, template.mark), flat(template.name))
    if action == REMOVE:
        element |= {"style": _STYLES[action], "confirm": _confirm_removal(template)}
    return element


def of_schedule(action: str, schedule: Schedule, *, discreet: bool = False) -> Block:
    """Return a button of a schedule, which a `discreet` one does not name; deleting asks first."""
    called = "This schedule" if discreet else flat(schedule.name)
    element = _button(action, MadeFor(schedule.id, schedule.mark), called)
    if action == UNSCHEDULE:
        element |= {"style": _STYLES[action], "confirm": _confirm_unscheduling(called)}
    return element


def of_alert(action: str, alert: Alert, *, discreet: bool = False) -> Block:
    """Return a button of an alert, of which a `discreet` one does not name the contract; deleting asks first."""
    contract = "its contract" if discreet else f"contract {flat(alert.contract)}"
    element = _button(action, MadeFor(alert.id, alert.mark), f"alert on {contract}")
    if action == UNWATCH:
        element |= {"style": _STYLES[action], "confirm": _confirm_unwatching(contract)}
    return element


def new_alert(words: str = _LABELS[NEW_ALERT], contract: str = "") -> Block:
    """Return the button that opens the form of an alert, for a contract where one is meant."""
    of = f"contract {flat(contract)}" if contract else "tokens of a contract"
    button = {"type": "button", "action_id": NEW_ALERT, "text": plain(words)} | (
        {"value": contract} if contract else {}
    )
    return button | {"accessibility_label": shorten(f"{words}, {of}", 75)}


def put_off(alert: Alert) -> Block:
    """Return the menu by which an alert is put off."""
    made_for = MadeFor(alert.id, alert.mark)
    return menu(PUT_OFF, [(words, f"{made_for} {delay}") for delay, words in _DELAYS.items()])


def turn(action: str, words: str, of: str, value: str) -> Block:
    """Return a button that shows another page of a list; `of` says what is listed."""
    button = {"type": "button", "action_id": action, "text": plain(words), "value": value}
    return button | {"accessibility_label": shorten(f"{words}, {of}", 75)}


def row(block_id: str, *buttons: Block) -> Block:
    """Return a row of buttons."""
    return {"type": "actions", "block_id": block_id, "elements": list(buttons)}


def _button(action: str, made_for: MadeFor, of: str) -> Block:
    return {
        "type": "button",
        "action_id": action,
        "text": plain(_LABELS[action]),
        "value": str(made_for),
        "accessibility_label": shorten(f"{_LABELS[action]}, {of}", 75),
    }


def _confirm_delete(number: int) -> Block:
    return {
        "title": plain(f"Delete export #{number}?"),
        "text": plain(
            "Who asked for it, and administrators, can delete it. The file is then removed at Autodesk as well, and so "
            "are the figures and copies that I posted of it."
        ),
        "confirm": plain("Delete"),
        "deny": plain("Keep it"),
        "style": "danger",
    }


def _confirm_unscheduling(called: str) -> Block:
    return {
        "title": plain("Delete this schedule?"),
        "text": plain(f"{shorten(called, 100)} does not run any more. Exports that it made stay."),
        "confirm": plain("Delete"),
        "deny": plain("Keep it"),
        "style": "danger",
    }


def _confirm_unwatching(contract: str) -> Block:
    watched = shorten(f"{contract[:1].upper()}{contract[1:]}", 100)
    return {
        "title": plain("Delete this alert?"),
        "text": plain(f"{watched} is not watched in this way any more."),
        "confirm": plain("Delete"),
        "deny": plain("Keep it"),
        "style": "danger",
    }


def _confirm_removal(template: Template) -> Block:
    return {
        "title": plain("Delete this template?"),
        "text": plain(f"{flat(template.name)} is gone then, for everybody who sees it. Exports that it made stay."),
        "confirm": plain("Delete"),
        "deny": plain("Keep it"),
        "style": "danger",
    }
