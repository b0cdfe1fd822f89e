"""The buttons: their ids, which travel in messages for ever, and their words. A value is a number only."""

from bot.cards.blocks import Block, plain

LINK = "export.link"
RETRY = "export.retry"
DETAILS = "export.details"
DELETE = "export.delete"
EDIT = "export.edit"
KEEP = "export.keep"
SEND_AGAIN = "admin.send_again"  #: its value is the number of a message that was given up

_LABELS = {
    LINK: "Get a fresh link",
    RETRY: "Retry",
    DETAILS: "Details",
    DELETE: "Delete",
    EDIT: "Edit and send again",
    KEEP: "Keep it",
    SEND_AGAIN: "Send again",
}
_STYLES = {LINK: "primary", RETRY: "primary", DELETE: "danger"}


def button(action: str, number: int, *, ask: bool = True) -> Block:
    """Return a button of an export; deleting asks first unless `ask` is false.

    What a screen reader says begins with the words that others see, so that people who speak to their computer can
    press it by them (source: WCAG 2.2, 2.5.3).
    """
    element = _button(action, number, f"export #{number}")
    if action in _STYLES:
        element["style"] = _STYLES[action]
    if action == DELETE and ask:
        element["confirm"] = _confirm_delete(number)
    return element


def send_again(delivery: int, number: int | None) -> Block:
    """Return the button of a message that was given up; `number` is that of its export, if it is about one."""
    return _button(SEND_AGAIN, delivery, "message" if number is None else f"message of export #{number}")


def row(block_id: str, *buttons: Block) -> Block:
    """Return a row of buttons."""
    return {"type": "actions", "block_id": block_id, "elements": list(buttons)}


def _button(action: str, value: int, of: str) -> Block:
    return {
        "type": "button",
        "action_id": action,
        "text": plain(_LABELS[action]),
        "value": str(value),
        "accessibility_label": f"{_LABELS[action]}, {of}",
    }


def _confirm_delete(number: int) -> Block:
    return {
        "title": plain(f"Delete export #{number}?"),
        "text": plain("The file is removed at Autodesk too. Nobody can download it afterwards."),
        "confirm": plain("Delete"),
        "deny": plain("Keep it"),
        "style": "danger",
    }
