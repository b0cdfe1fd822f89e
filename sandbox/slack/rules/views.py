"""Views: modals and the app's Home, and their limits."""

import json

from sandbox.slack.json_values import Given
from sandbox.slack.rules.blocks import MOST_IN_VIEW, check_block
from sandbox.slack.rules.objects import plain
from sandbox.slack.rules.shapes import Check, Report, boolean, constant, each, shape, string

LARGEST_VIEW = 250_000


def _submit_with_inputs(value: Given, pointer: str, report: Report) -> None:
    blocks = value.get("blocks")
    kinds = [block.get("type") for block in blocks if isinstance(block, dict)] if isinstance(blocks, list) else []
    if "input" in kinds and "submit" not in value:
        report.add(pointer, "submit is required when the view holds an input block")


_modal = shape(
    {"type": constant("modal"), "title": plain(24), "blocks": each(check_block, 1, MOST_IN_VIEW)},
    {
        "submit": plain(24),
        "close": plain(24),
        "private_metadata": string(3000, 0),
        "callback_id": string(255, 0),
        "external_id": string(255, 0),
        "clear_on_close": boolean,
        "notify_on_close": boolean,
        "submit_disabled": boolean,
    },
    _submit_with_inputs,
)


_home = shape(
    {"type": constant("home"), "blocks": each(check_block, 1, MOST_IN_VIEW)},
    {"private_metadata": string(3000, 0), "callback_id": string(255, 0), "external_id": string(255, 0)},
)


def home_faults(view: Given) -> list[str]:
    """Return what is wrong with a Home view, with JSON pointers."""
    return _faults(view, _home, "home")


def modal_faults(view: Given) -> list[str]:
    """Return what is wrong with a modal, with JSON pointers."""
    return _faults(view, _modal, "modal")


def _faults(view: Given, check: Check, surface: str) -> list[str]:
    report = Report(surface)
    check(view, "/view", report)
    if report.focused > 1:
        report.add("/view/blocks", "only one element can have focus_on_load")
    return report.faults


def is_too_large(view: Given) -> bool:
    """Say whether the view is larger than Slack takes."""
    return len(json.dumps(view).encode()) > LARGEST_VIEW
