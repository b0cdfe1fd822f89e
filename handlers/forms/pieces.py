"""The pieces that modals are made of: inputs, menus and texts as Slack takes them (source: Block Kit reference)."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

from bot.cards.blocks import plain
from bot.cards.text import shorten

#: Slack's limits: options of a menu or of a group, characters of an option, of a text block.
MAX_OPTIONS: Final = 100
MAX_OPTION_TEXT: Final = 75
MAX_TEXT: Final = 3000

Group = tuple[str, list[dict[str, Any]]]


@dataclass(frozen=True, slots=True)
class Words:
    """What a person reads around a menu; the placeholder stands in it while nothing is chosen."""

    label: str
    placeholder: str
    hint: str


def menu(block: str, words: Words, groups: Sequence[Group], chosen: Sequence[str]) -> dict[str, Any]:
    """Return an optional menu of several; a single group is a plain list, if Slack's limit permits."""
    element: dict[str, Any] = {
        "type": "multi_static_select",
        "action_id": block,
        "placeholder": plain(words.placeholder),
    }
    if len(groups) == 1 and len(groups[0][1]) <= MAX_OPTIONS:
        element["options"] = groups[0][1]
    else:
        element["option_groups"] = [part for group in groups for part in _parts(*group)]
    by_value = {one["value"]: one for _, options in groups for one in options}
    initial = [by_value[name] for name in dict.fromkeys(chosen) if name in by_value]
    if initial:
        element["initial_options"] = initial
    return input_block(block, words.label, element, hint=words.hint, optional=True)


def _parts(label: str, options: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Return a group, cut into several where it holds more than Slack takes."""
    cut = [options[start : start + MAX_OPTIONS] for start in range(0, len(options), MAX_OPTIONS)]
    names = [label] if len(cut) == 1 else [f"{label} {n}" for n in range(1, len(cut) + 1)]
    return [{"label": plain(name), "options": part} for name, part in zip(names, cut, strict=True)]


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
