"""What stands in a form as Slack sends it: each input block has one element, whose id is the block's own."""

import json
from collections.abc import Mapping
from typing import Any

View = Mapping[str, Any]


def text(view: View, block: str) -> str:
    """Return what was typed, without blanks around it."""
    return str(_element(view, block).get("value") or "").strip()


def chosen(view: View, block: str) -> str:
    """Return the value of the option that was chosen, "" where none was."""
    return str((_element(view, block).get("selected_option") or {}).get("value") or "")


def all_chosen(view: View, block: str) -> list[str]:
    """Return the values of all options that were chosen or ticked."""
    return [str(each["value"]) for each in _element(view, block).get("selected_options") or ()]


def conversation(view: View, block: str) -> str:
    """Return the id of the channel that was chosen, "" where none was."""
    return str(_element(view, block).get("selected_conversation") or "")


def person(view: View, block: str) -> str:
    """Return the id of the person who was chosen, "" where nobody was."""
    return str(_element(view, block).get("selected_user") or "")


def inputs(view: View) -> list[str]:
    """Return the ids of the input blocks: Slack takes errors on no others (source: Slack, view submissions)."""
    return [str(block.get("block_id")) for block in view.get("blocks") or () if block.get("type") == "input"]


def kept(view: View) -> dict[str, Any]:
    """Return what a form keeps for itself; nothing where that is not what one of ours writes."""
    try:
        found = json.loads(view.get("private_metadata") or "{}")
    except ValueError:
        return {}
    return found if isinstance(found, dict) else {}


def _element(view: View, block: str) -> Mapping[str, Any]:
    state = (view.get("state") or {}).get("values") or {}
    found = (state.get(block) or {}).get(block)
    return found if isinstance(found, Mapping) else {}
