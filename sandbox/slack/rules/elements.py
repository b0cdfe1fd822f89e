"""Interactive elements: keys, limits, and where each may stand."""

import re
from collections.abc import Mapping
from datetime import datetime
from typing import Any
from zoneinfo import available_timezones

from sandbox.slack.json_values import Given
from sandbox.slack.rules.objects import (
    confirm,
    conversation_filter,
    dispatch_config,
    list_option,
    menu_option,
    option_groups,
    options,
    overflow_option,
    plain,
    url,
)
from sandbox.slack.rules.shapes import (
    Check,
    Report,
    anything,
    boolean,
    choice,
    constant,
    each,
    exactly_one_of,
    integer,
    matching,
    shape,
    string,
)

_ID = string(255)
_WORD = string(255)
_WORDS = each(_WORD, 1, 100)
_COMMON: Mapping[str, Check] = {"action_id": _ID, "confirm": confirm, "focus_on_load": boolean}
_MENU: Mapping[str, Check] = {**_COMMON, "placeholder": plain(150)}
_MANY: Mapping[str, Check] = {"max_selected_items": integer(1, 100)}
_STATIC: Mapping[str, Check] = {"options": options(menu_option, 1, 100), "option_groups": option_groups}
_INPUT: Mapping[str, Check] = {
    "action_id": _ID,
    "focus_on_load": boolean,
    "placeholder": plain(150),
    "dispatch_action_config": dispatch_config,
}


def _is_date(value: str) -> bool:
    return bool(re.fullmatch(r"\d{4}-\d\d-\d\d", value)) and _parses(value, "%Y-%m-%d")


def _parses(value: str, form: str) -> bool:
    try:
        return bool(datetime.strptime(value, form))  # noqa: DTZ007 - only the shape counts
    except ValueError:
        return False


def _is_number(value: str) -> bool:
    return bool(re.fullmatch(r"-?\d+(\.\d+)?", value))


def _element(kind: str, required: Mapping[str, Check], optional: Mapping[str, Check], *also: Check) -> Check:
    return shape({"type": constant(kind), **required}, {"action_id": _ID, **optional}, *also)


def _all_options(value: Given) -> list[Any]:
    """Every option that an element offers; parts of a wrong type, reported elsewhere, count as none."""
    lists = [value.get("options"), *(group.get("options") for group in _dicts(value.get("option_groups")))]
    return [option for part in lists for option in (part if isinstance(part, list) else [])]


def _dicts(value: Given) -> list[dict[str, Any]]:
    return [each for each in value if isinstance(each, dict)] if isinstance(value, list) else []


def _initial_is_offered(value: Given, pointer: str, report: Report) -> None:
    chosen = [(f"{pointer}/initial_option", value["initial_option"])] if "initial_option" in value else []
    for place, option in enumerate(_dicts(value.get("initial_options"))):
        chosen.append((f"{pointer}/initial_options/{place}", option))
    offered = [_without_emoji(option) for option in _all_options(value)]
    for where, option in chosen:
        if _without_emoji(option) not in offered:
            report.add(where, "initial option must match one of the options exactly")


def _without_emoji(option: Given) -> Given:
    """Return an option as it is compared: `emoji: true` is what Slack fills in by itself."""
    if isinstance(option, dict):
        return {key: _without_emoji(part) for key, part in option.items() if (key, part) != ("emoji", True)}
    return option


def _initials_fit(value: Given, pointer: str, report: Report) -> None:
    most, initial = value.get("max_selected_items"), value.get("initial_options")
    if isinstance(most, int) and isinstance(initial, list) and len(initial) > most:
        report.add(f"{pointer}/initial_options", f"no more than {most} items allowed")


def _lengths_fit(value: Given, pointer: str, report: Report) -> None:
    least, most = value.get("min_length"), value.get("max_length")
    if isinstance(least, int) and isinstance(most, int) and least > most:
        report.add(f"{pointer}/min_length", "must not be more than max_length")
    initial = value.get("initial_value")
    if isinstance(initial, str) and isinstance(most, int) and len(initial) > most:
        report.add(f"{pointer}/initial_value", f"must be less than {most + 1} characters")


def _range_fits(value: Given, pointer: str, report: Report) -> None:
    try:
        low, high, start = (
            float(value[key]) if key in value else None for key in ("min_value", "max_value", "initial_value")
        )
    except (ValueError, TypeError):
        return
    if low is not None and high is not None and low > high:
        report.add(f"{pointer}/min_value", "must not be more than max_value")
    if start is not None and ((low is not None and start < low) or (high is not None and start > high)):
        report.add(f"{pointer}/initial_value", "must lie between min_value and max_value")


_TEXT_LENGTHS: Mapping[str, Check] = {
    "multiline": boolean,
    "min_length": integer(0, 3000),
    "max_length": integer(1, 3000),
    "initial_value": string(3000, 0),
}
_NUMBER = matching(_is_number, "a number in a string")
_OFFERS = (exactly_one_of("options", "option_groups"), _initial_is_offered)


def _pickers() -> dict[str, Check]:
    found = {}
    for noun in ("users", "conversations", "channels"):
        one, many = f"{noun}_select", f"multi_{noun}_select"
        single = noun.removesuffix("s")
        extra: dict[str, Check] = {}
        if noun == "conversations":
            extra = {"default_to_current_conversation": boolean, "filter": conversation_filter}
        respond = {"response_url_enabled": boolean} if noun != "users" else {}
        found[one] = _element(one, {}, {**_MENU, **extra, **respond, f"initial_{single}": _WORD})
        found[many] = _element(many, {}, {**_MENU, **_MANY, **extra, f"initial_{noun}": _WORDS})
    return found


ELEMENTS: Mapping[str, Check] = {
    "button": _element(
        "button",
        {"text": plain(75)},
        {
            "value": string(2000),
            "url": url(3000),
            "style": choice("primary", "danger"),
            "accessibility_label": string(75),
            "confirm": confirm,
        },
    ),
    "overflow": _element("overflow", {"options": options(overflow_option, 1, 5)}, {"confirm": confirm}),
    "static_select": _element("static_select", {}, {**_MENU, **_STATIC, "initial_option": menu_option}, *_OFFERS),
    "multi_static_select": _element(
        "multi_static_select",
        {},
        {**_MENU, **_STATIC, **_MANY, "initial_options": options(menu_option, 1, 100)},
        *_OFFERS,
        _initials_fit,
    ),
    "external_select": _element(
        "external_select", {}, {**_MENU, "min_query_length": integer(0, 3000), "initial_option": menu_option}
    ),
    "multi_external_select": _element(
        "multi_external_select",
        {},
        {**_MENU, **_MANY, "min_query_length": integer(0, 3000), "initial_options": options(menu_option, 1, 100)},
        _initials_fit,
    ),
    **_pickers(),
    "checkboxes": _element(
        "checkboxes",
        {"options": options(list_option, 1, 10)},
        {**_COMMON, "initial_options": options(list_option, 1, 10)},
        _initial_is_offered,
    ),
    "radio_buttons": _element(
        "radio_buttons",
        {"options": options(list_option, 1, 10)},
        {**_COMMON, "initial_option": list_option},
        _initial_is_offered,
    ),
    "datepicker": _element("datepicker", {}, {**_MENU, "initial_date": matching(_is_date, "a date as YYYY-MM-DD")}),
    "timepicker": _element(
        "timepicker",
        {},
        {
            **_MENU,
            "initial_time": matching(lambda value: len(value) == 5 and _parses(value, "%H:%M"), "a time as HH:mm"),
            "timezone": matching(lambda value: value in available_timezones(), "an IANA time zone"),
        },
    ),
    "datetimepicker": _element(
        "datetimepicker", {}, {**_COMMON, "initial_date_time": integer(1_000_000_000, 9_999_999_999)}
    ),
    "plain_text_input": _element("plain_text_input", {}, {**_INPUT, **_TEXT_LENGTHS}, _lengths_fit),
    "number_input": _element(
        "number_input",
        {"is_decimal_allowed": boolean},
        {**_INPUT, "min_value": _NUMBER, "max_value": _NUMBER, "initial_value": _NUMBER},
        _range_fits,
    ),
    "email_text_input": _element("email_text_input", {}, {**_INPUT, "initial_value": string(3000, 0)}),
    "url_text_input": _element("url_text_input", {}, {**_INPUT, "initial_value": string(3000, 0)}),
    "file_input": _element("file_input", {}, {"filetypes": each(string(255), 1, 100), "max_files": integer(1, 10)}),
    "rich_text_input": _element("rich_text_input", {}, {**_INPUT, "initial_value": anything}),
}

_MULTI = {kind for kind in ELEMENTS if kind.startswith("multi_")}
_TYPED = {"plain_text_input", "number_input", "email_text_input", "url_text_input", "file_input", "rich_text_input"}
_MODAL_ONLY = {"number_input", "email_text_input", "url_text_input", "file_input"}

IN_SECTION = ELEMENTS.keys() - _TYPED - {"datetimepicker"}
IN_ACTIONS = ELEMENTS.keys() - _TYPED - _MULTI
IN_INPUT = ELEMENTS.keys() - {"button", "overflow"}
NOT_ON = {
    **dict.fromkeys(_MODAL_ONLY, frozenset({"message", "home"})),
    "rich_text_input": {"message"},
    "datetimepicker": {"home"},
}


def element(allowed: set[str]) -> Check:
    """Accept an element of one of these kinds, allowed on the surface, its id and focus counted."""

    def check(value: Given, pointer: str, report: Report) -> None:
        kind = value.get("type") if isinstance(value, dict) else None
        if not isinstance(kind, str) or kind not in allowed:
            report.add(f"{pointer}/type", f"unsupported type: {kind}")
        elif report.surface in NOT_ON.get(kind, ()):
            report.add(f"{pointer}/type", f"unsupported type: {kind} on a {report.surface}")
        else:
            ELEMENTS[kind](value, pointer, report)
            report.focused += value.get("focus_on_load") is True

    return check
