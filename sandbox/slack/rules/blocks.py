"""Blocks: keys, limits, surfaces, and what must be unique in a message."""

from collections.abc import Collection, Mapping
from typing import Any

from sandbox.slack.json_values import Given
from sandbox.slack.rules import data
from sandbox.slack.rules.elements import IN_ACTIONS, IN_INPUT, IN_SECTION, element
from sandbox.slack.rules.objects import plain, text, url
from sandbox.slack.rules.shapes import (
    Check,
    Report,
    anything,
    at_least_one_of,
    boolean,
    choice,
    constant,
    distinct,
    each,
    exactly_one_of,
    integer,
    shape,
    string,
)

MOST_IN_MESSAGE = 50
MOST_IN_VIEW = 100
MARKDOWN_CHARACTERS = 12_000

_image_keys: Mapping[str, Check] = {"image_url": url(3000), "slack_file": anything}
_image = shape({"type": constant("image"), "alt_text": string(2000)}, _image_keys, exactly_one_of(*_image_keys))


def _block(kind: str, required: Mapping[str, Check], optional: Mapping[str, Check], *also: Check) -> Check:
    return shape({"type": constant(kind), **required}, {"block_id": string(255), **optional}, *also)


def _image_or(other: Check) -> Check:
    def check(value: Given, pointer: str, report: Report) -> None:
        is_image = isinstance(value, dict) and value.get("type") == "image"
        (_image if is_image else other)(value, pointer, report)

    return check


def _action_ids_differ(value: Given, pointer: str, report: Report) -> None:
    held = value.get("elements")
    ids = (
        [each["action_id"] for each in held if isinstance(each, dict) and "action_id" in each]
        if isinstance(held, list)
        else []
    )
    distinct(ids, f"{pointer}/elements", report, "action_id")


def _input_fits(value: Given, pointer: str, report: Report) -> None:
    held = value.get("element")
    if not isinstance(held, dict):
        return
    if held.get("type") == "file_input" and value.get("dispatch_action"):
        report.add(f"{pointer}/dispatch_action", "not allowed with a file_input")
    if held.get("response_url_enabled") and report.surface != "modal":
        report.add(f"{pointer}/element", "response_url_enabled is for inputs of modals")


def _no_response_url(value: Given, pointer: str, report: Report) -> None:
    listed = value.get("elements")
    held = [value.get("accessory"), *(listed if isinstance(listed, list) else [])]
    if any(isinstance(each, dict) and each.get("response_url_enabled") for each in held):
        report.add(pointer, "response_url_enabled is for inputs of modals")


_rich_part = shape(
    {
        "type": choice("rich_text_section", "rich_text_list", "rich_text_quote", "rich_text_preformatted"),
        "elements": each(anything, 0, 1000),
    },
    {
        "style": choice("bullet", "ordered"),
        "indent": integer(0, 8),
        "offset": integer(0, 10_000),
        "border": integer(0, 1),
        "language": string(255),
    },
)

BLOCKS: Mapping[str, Check] = {
    "section": _block(
        "section",
        {},
        {
            "text": text(3000),
            "fields": each(text(2000), 1, 10),
            "accessory": _image_or(element(IN_SECTION)),
            "expand": boolean,
        },
        at_least_one_of("text", "fields"),
        _no_response_url,
    ),
    "header": _block("header", {"text": plain(150)}, {}),
    "context": _block("context", {"elements": each(_image_or(text(3000)), 1, 10)}, {}),
    "actions": _block(
        "actions", {"elements": each(element(IN_ACTIONS), 1, 25)}, {}, _action_ids_differ, _no_response_url
    ),
    "input": _block(
        "input",
        {"label": plain(2000), "element": element(IN_INPUT)},
        {"hint": plain(2000), "optional": boolean, "dispatch_action": boolean},
        _input_fits,
    ),
    "divider": _block("divider", {}, {}),
    "image": _block(
        "image", {"alt_text": string(2000)}, {**_image_keys, "title": plain(2000)}, exactly_one_of(*_image_keys)
    ),
    "rich_text": _block("rich_text", {"elements": each(_rich_part, 1, 1000)}, {}),
    "table": _block("table", *data.TABLE),
    "data_table": _block("data_table", *data.DATA_TABLE),
    "data_visualization": _block("data_visualization", data.VISUALIZATION, {}),
    "markdown": _block("markdown", {"text": string(MARKDOWN_CHARACTERS)}, {}),
}
_NOT_ON: Mapping[str, set[str]] = {kind: {"modal", "home"} for kind in (*data.DATA_BLOCKS, "markdown")}


def check_block(value: Given, pointer: str, report: Report) -> None:
    """One block of a known kind, allowed on the surface, its id unique."""
    kind = value.get("type") if isinstance(value, dict) else None
    if not isinstance(kind, str) or kind not in BLOCKS or _is_refused(kind, report):
        report.add(f"{pointer}/type", f"unsupported type: {kind}")
        return
    BLOCKS[kind](value, pointer, report)
    block_id = value.get("block_id")
    if isinstance(block_id, str):
        if block_id in report.seen_ids:
            report.add(f"{pointer}/block_id", f"block_id already exists: {block_id}")
        report.seen_ids.add(block_id)


def _is_refused(kind: str, report: Report) -> bool:
    return kind in report.refused or report.surface in _NOT_ON.get(kind, ())


def message_faults(blocks: list[Any], refused: Collection[str] = ()) -> tuple[list[str], str]:
    """Return what is wrong with the blocks of a message, and the error code for it; `refused` kinds are unknown."""
    report = Report("message", refused=frozenset(refused))
    each(check_block, 0, MOST_IN_MESSAGE)(blocks, "/blocks", report)
    _markdown_fits(blocks, report)
    data.data_faults(blocks, report)
    if report.faults:
        return report.faults, "invalid_blocks"
    tables = [place for place, block in enumerate(blocks) if block["type"] in data.TABLES]
    if len(tables) > 1:
        report.add(f"/blocks/{tables[1]}", "only_one_table_allowed")
        return report.faults, "invalid_attachments"
    return [], ""


def _markdown_fits(blocks: list[Any], report: Report) -> None:
    written = [block.get("text") for block in blocks if isinstance(block, dict) and block.get("type") == "markdown"]
    if sum(len(text) for text in written if isinstance(text, str)) > MARKDOWN_CHARACTERS:
        report.add("/blocks", f"markdown blocks hold more than {MARKDOWN_CHARACTERS} characters")
