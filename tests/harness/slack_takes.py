"""What Slack takes of a view: what slack_sdk checks, and what no library does."""

import json
from collections.abc import Iterator
from typing import Any

from slack_sdk.models.views import View


def options(element: dict[str, Any]) -> list[dict[str, Any]]:
    """Return what a menu offers, grouped or not."""
    grouped = [option for group in element.get("option_groups", ()) for option in group["options"]]
    return [*element.get("options", ()), *grouped]


def texts(part: object) -> Iterator[dict[str, Any]]:
    """Yield every text object in a part of a view."""
    if isinstance(part, dict):
        if part.get("type") in {"plain_text", "mrkdwn"}:
            yield part
        for inner in part.values():
            yield from texts(inner)
    elif isinstance(part, list):
        for inner in part:
            yield from texts(inner)


def assert_slack_takes(view: dict[str, Any]) -> None:
    """Check what slack_sdk checks, and what no library does."""
    json.dumps(view)
    View(**view).validate_json()
    assert len(view["blocks"]) <= 100
    assert len(view.get("private_metadata", "")) <= 3000
    assert all(len(view[key]["text"]) <= 24 for key in ("title", "submit", "close") if key in view)
    ids = [block["block_id"] for block in view["blocks"] if "block_id" in block]
    assert len(set(ids)) == len(ids)
    assert all(1 <= len(text["text"]) <= 3000 for text in texts(view))
    inputs = [block for block in view["blocks"] if block["type"] == "input"]
    assert not inputs or "submit" in view or view["type"] == "home"
    assert len(json.dumps(view).encode()) <= 250_000
    for element in elements(view["blocks"]):
        assert_slack_takes_element(element)


def elements(blocks: list[dict[str, Any]]) -> Iterator[dict[str, Any]]:
    """Yield what can be pressed, chosen in or filled in."""
    for block in blocks:
        held = [
            block.get("element"),
            block.get("accessory"),
            *(block["elements"] if block["type"] == "actions" else ()),
        ]
        yield from (element for element in held if element is not None)


def assert_slack_takes_element(element: dict[str, Any]) -> None:
    """Check a button, a menu or an input."""
    has_own_options = "static_select" in element["type"] or element["type"] in {"overflow", "checkboxes"}
    assert ("options" in element) + ("option_groups" in element) == has_own_options
    assert element["type"] != "overflow" or len(element["options"]) <= 5
    assert element["type"] != "checkboxes" or len(element["options"]) <= 10
    assert len(element.get("accessibility_label", "")) <= 75
    assert len(element.get("value", "")) <= 2000
    for group in [element, *element.get("option_groups", ())]:
        assert "options" not in group or 1 <= len(group["options"]) <= 100
        assert group is element or len(group["label"]["text"]) <= 75
    offered = options(element)
    assert len({option["value"] for option in offered}) == len(offered)
    for option in offered:
        assert len(option["text"]["text"]) <= 75
        assert len(option["value"]) <= 150
        assert 1 <= len(option.get("description", {"text": "x"})["text"]) <= 75
    for chosen in [element["initial_option"]] if "initial_option" in element else element.get("initial_options", ()):
        assert chosen in offered or "external" in element["type"]
    assert element.get("initial_options") != []
    assert len(element.get("initial_value", "x")) in range(1, element.get("max_length", 3000) + 1)
    assert element.get("max_length", 1) <= 3000
