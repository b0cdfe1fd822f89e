"""The buttons: their ids, which travel in messages for ever, and their words. A value is a number only."""

from typing import Any

LINK = "export.link"
RETRY = "export.retry"
DETAILS = "export.details"
DELETE = "export.delete"
EDIT = "export.edit"
KEEP = "export.keep"
DOWNLOAD = "export.download"
SEND_AGAIN = "admin.send_again"  #: its value is the number of a message that was given up

Block = dict[str, Any]

_LABELS = {
    LINK: "Get a fresh link",
    RETRY: "Retry",
    DETAILS: "Details",
    DELETE: "Delete",
    EDIT: "Edit and send again",
    KEEP: "Keep it",
}
_SPOKEN = {
    LINK: "Get a fresh link for export #{}",
    RETRY: "Retry export #{}",
    DETAILS: "Show the details of export #{}",
    DELETE: "Delete export #{}",
    EDIT: "Edit export #{} and send it again",
    KEEP: "Keep export #{}",
}


def button(action: str, number: int, *, style: str | None = None, ask: bool = True) -> Block:
    """Return a button; deleting asks first unless `ask` is false."""
    element: Block = {
        "type": "button",
        "action_id": action,
        "text": {"type": "plain_text", "text": _LABELS[action]},
        "value": str(number),
        "accessibility_label": _SPOKEN[action].format(number),
    }
    if style:
        element["style"] = style
    if action == DELETE and ask:
        element["confirm"] = _confirm_delete(number)
    return element


def send_again(delivery: int, number: int) -> Block:
    """Return the button of a message that was given up; `number` is that of its export."""
    return {
        "type": "button",
        "action_id": SEND_AGAIN,
        "text": {"type": "plain_text", "text": "Send again"},
        "value": str(delivery),
        "accessibility_label": f"Send this message of export #{number} again",
    }


def row(block_id: str, *buttons: Block) -> Block:
    """Return a row of buttons."""
    return {"type": "actions", "block_id": block_id, "elements": list(buttons)}


def _confirm_delete(number: int) -> Block:
    return {
        "title": {"type": "plain_text", "text": f"Delete export #{number}?"},
        "text": {
            "type": "plain_text",
            "text": "The file is removed at Autodesk too. Nobody can download it afterwards.",
        },
        "confirm": {"type": "plain_text", "text": "Delete"},
        "deny": {"type": "plain_text", "text": "Keep it"},
        "style": "danger",
    }
