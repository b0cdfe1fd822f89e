"""Composition objects: texts, options, option groups, confirm dialogs."""

from sandbox.slack.json_values import Given
from sandbox.slack.rules.shapes import (
    Check,
    Report,
    boolean,
    choice,
    constant,
    distinct,
    each,
    shape,
    string,
)


def plain(longest: int) -> Check:
    """Accept a `plain_text` object."""
    return shape({"type": constant("plain_text"), "text": string(longest)}, {"emoji": boolean})


def mrkdwn(longest: int) -> Check:
    """Accept a `mrkdwn` object."""
    return shape({"type": constant("mrkdwn"), "text": string(longest)}, {"verbatim": boolean})


def text(longest: int) -> Check:
    """Accept a text object of either type."""
    plain_check, mrkdwn_check = plain(longest), mrkdwn(longest)

    def check(value: Given, pointer: str, report: Report) -> None:
        is_mrkdwn = isinstance(value, dict) and value.get("type") == "mrkdwn"
        (mrkdwn_check if is_mrkdwn else plain_check)(value, pointer, report)

    return check


confirm = shape(
    {"title": plain(100), "text": text(300), "confirm": plain(30), "deny": plain(30)},
    {"style": choice("primary", "danger")},
)


def url(longest: int) -> Check:
    """Accept an address with a scheme."""
    length = string(longest)

    def check(value: Given, pointer: str, report: Report) -> None:
        length(value, pointer, report)
        if isinstance(value, str) and (":" not in value or " " in value):
            report.add(pointer, "must be a valid URL")

    return check


menu_option = shape({"text": plain(75), "value": string(150)}, {"description": plain(75)})
overflow_option = shape({"text": plain(75), "value": string(150)}, {"description": plain(75), "url": url(3000)})
list_option = shape({"text": text(75), "value": string(150)}, {"description": text(75)})


def _values_differ(value: Given, pointer: str, report: Report) -> None:
    found = [option.get("value") for option in value if isinstance(option, dict)] if isinstance(value, list) else []
    distinct(found, pointer, report, "option values")


def options(option: Check, lowest: int, highest: int) -> Check:
    """Accept a list of options whose values differ."""
    listed = each(option, lowest, highest)

    def check(value: Given, pointer: str, report: Report) -> None:
        listed(value, pointer, report)
        _values_differ(value, pointer, report)

    return check


option_group = shape({"label": plain(75), "options": options(menu_option, 1, 100)}, {})
option_groups = each(option_group, 1, 100)

dispatch_config = shape(
    {"trigger_actions_on": each(choice("on_enter_pressed", "on_character_entered"), 1, 2)},
    {},
)

conversation_filter = shape(
    {},
    {
        "include": each(choice("im", "mpim", "private", "public"), 1, 4),
        "exclude_external_shared_channels": boolean,
        "exclude_bot_users": boolean,
    },
    lambda value, pointer, report: None if value else report.add(pointer, "must not be empty"),
)
