"""The pieces that modals are made of: inputs, menus and texts as Slack takes them (source: Block Kit reference)."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

from bot.cards.blocks import plain, section
from bot.cards.text import shorten

#: Characters of what a form keeps for itself (source: Slack, private_metadata).
MAX_KEPT: Final = 3000
#: Slack's limits: options of a menu or of a group, characters of an option, of a text block.
MAX_OPTIONS: Final = 100
MAX_OPTION_TEXT: Final = 75
MAX_TEXT: Final = 3000


View = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Words:
    """What a person reads around a menu; the placeholder stands in it while nothing is chosen."""

    label: str
    placeholder: str
    hint: str


def form(callback: str, title: str, metadata: str, blocks: Sequence[dict[str, Any]], submit: str = "Save") -> View:
    """Return a form; the `metadata` come back with it."""
    return {
        "type": "modal",
        "callback_id": callback,
        "title": plain(title),
        "submit": plain(submit),
        "close": plain("Cancel"),
        "private_metadata": metadata,
        "blocks": list(blocks),
    }


def done(title: str, text: str) -> View:
    """Return what replaces a form whose act is done, or cannot be; the text is mrkdwn."""
    return {"type": "modal", "title": plain(title), "close": plain("Close"), "blocks": [section("done", text)]}


def menu(block: str, words: Words, options: Sequence[dict[str, Any]], chosen: Sequence[str]) -> dict[str, Any]:
    """Return an optional menu of several, all of which it offers at once."""
    element = {"type": "multi_static_select", "options": [*options]}
    by_value = {one["value"]: one for one in options}
    return _several(block, words, element, [by_value[name] for name in dict.fromkeys(chosen) if name in by_value])


def searching_menu(block: str, words: Words, chosen: Sequence[dict[str, Any]]) -> dict[str, Any]:
    """Return an optional menu of several that asks us what to offer, as soon as it is opened and while one types."""
    element = {"type": "multi_external_select", "min_query_length": 0}
    return _several(block, words, element, chosen)


def _several(block: str, words: Words, element: dict[str, Any], chosen: Sequence[dict[str, Any]]) -> dict[str, Any]:
    whole = {**element, "action_id": block, "placeholder": plain(words.placeholder)}
    if chosen:
        whole["initial_options"] = [*chosen]
    return input_block(block, words.label, whole, hint=words.hint, optional=True)


def option(value: str, text: str, description: str = "") -> dict[str, Any]:
    """Return an option of a menu; texts that are too long are cut."""
    made: dict[str, Any] = {"text": plain(shorten(text, MAX_OPTION_TEXT)), "value": value}
    if description:
        made["description"] = plain(shorten(description, MAX_OPTION_TEXT))
    return made


def text_field(action: str, text: str, limit: int, *, placeholder: str = "") -> dict[str, Any]:
    """Return a text field of at most `limit` characters; a longer text is left out, since half of one misleads."""
    element: dict[str, Any] = {"type": "plain_text_input", "action_id": action, "max_length": limit}
    if text and len(text) <= limit:
        element["initial_value"] = text
    if placeholder:
        element["placeholder"] = plain(placeholder)
    return element


def input_block(
    block: str, label: str, element: dict[str, Any], *, hint: str = "", optional: bool = False
) -> dict[str, Any]:
    """Return an input block around an element."""
    whole = {"type": "input", "block_id": block, "label": plain(label), "element": element, "optional": optional}
    return whole | ({"hint": plain(hint)} if hint else {})


def notice(text: str) -> dict[str, Any]:
    """Return a paragraph of plain text, cut to what Slack takes."""
    return {"type": "section", "text": plain(shorten(text, MAX_TEXT))}
