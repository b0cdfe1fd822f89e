"""What stands in a field: the state that `view.state.values` carries, from the element and from what was entered."""

from collections.abc import Iterable, Sequence
from datetime import datetime

from sandbox.slack.channels import Channel
from sandbox.slack.json_values import Given, Json
from sandbox.slack.walking import options
from sandbox.slack.workspace import Workspace

# Per element: the key of the state, and the key of its starting value in the element.
STATE_KEYS = {
    "plain_text_input": ("value", "initial_value"),
    "number_input": ("value", "initial_value"),
    "email_text_input": ("value", "initial_value"),
    "url_text_input": ("value", "initial_value"),
    "rich_text_input": ("rich_text_value", "initial_value"),
    "static_select": ("selected_option", "initial_option"),
    "external_select": ("selected_option", "initial_option"),
    "radio_buttons": ("selected_option", "initial_option"),
    "multi_static_select": ("selected_options", "initial_options"),
    "multi_external_select": ("selected_options", "initial_options"),
    "checkboxes": ("selected_options", "initial_options"),
    "users_select": ("selected_user", "initial_user"),
    "multi_users_select": ("selected_users", "initial_users"),
    "conversations_select": ("selected_conversation", "initial_conversation"),
    "multi_conversations_select": ("selected_conversations", "initial_conversations"),
    "channels_select": ("selected_channel", "initial_channel"),
    "multi_channels_select": ("selected_channels", "initial_channels"),
    "datepicker": ("selected_date", "initial_date"),
    "timepicker": ("selected_time", "initial_time"),
    "datetimepicker": ("selected_date_time", "initial_date_time"),
    "file_input": ("files", ""),
}
_SEVERAL = {kind for kind in STATE_KEYS if kind.startswith("multi_")} | {"checkboxes", "file_input"}
_WITH_OPTIONS = {kind for kind, (key, _) in STATE_KEYS.items() if key.startswith("selected_option")}
_MOMENTS = {"datepicker": ("%Y-%m-%d", 10), "timepicker": ("%H:%M", 5)}
_WITH_PEOPLE = {"users_select", "multi_users_select"}


def is_stateful(element: Json) -> bool:
    """Say whether the element holds a value."""
    return element["type"] in STATE_KEYS


def is_empty(value: Given) -> bool:
    """Say whether a value means that nothing was entered."""
    return value is None or value in ("", [])


def initial_state(element: Json, current: Channel | None) -> Json:
    """Return the state of an untouched element; `current` is the conversation that the person is in."""
    key, start = STATE_KEYS[element["type"]]
    value = element.get(start, [] if element["type"] in _SEVERAL else None)
    if element.get("default_to_current_conversation") and current is not None and allowed(element, current):
        value = value or current.id if element["type"] == "conversations_select" else [current.id]
    return {"type": element["type"], key: value}


def allowed(element: Json, channel: Channel) -> bool:
    """Say whether a conversation picker offers that conversation."""
    if element["type"].endswith("channels_select"):
        return channel.kind == "public"
    rule = element.get("filter") or {}
    if rule.get("exclude_external_shared_channels") and channel.shared:
        return False
    if rule.get("exclude_bot_users") and channel.is_im:
        return False
    return channel.kind in rule.get("include", (channel.kind,))


def entered_state(element: Json, value: Given, offered: Sequence[Json], workspace: Workspace, place: "Chooser") -> Json:
    """Return the state after a person entered `value`, given by what they read or by its value.

    `offered` are the options in sight. Raises AssertionError for what the element does not offer.
    """
    kind = element["type"]
    key = STATE_KEYS[kind][0]
    if is_empty(value):
        return {"type": kind, key: [] if kind in _SEVERAL else None}
    if kind not in _SEVERAL:
        return {"type": kind, key: _one(element, value, offered, workspace, place)}
    values = [value] if isinstance(value, str) else list(value)
    if len(values) > element.get("max_selected_items", len(values)):
        raise AssertionError(f"No more than {element['max_selected_items']} may be chosen here.")
    return {"type": kind, key: [_one(element, each, offered, workspace, place) for each in values]}


class Chooser:
    """Whose conversations a picker offers."""

    def __init__(self, workspace: Workspace, user_id: str) -> None:
        self._workspace = workspace
        self._user = workspace.user(user_id)

    def conversations(self, element: Json) -> list[Channel]:
        """Return the conversations that the picker offers this person."""
        return [
            channel
            for channel in self._workspace.channels.values()
            if self._sees(channel) and allowed(element, channel)
        ]

    def _sees(self, channel: Channel) -> bool:
        public = channel.kind == "public" and not self._user.guest
        return not channel.archived and (public or self._user.id in channel.member_ids)

    def conversation(self, element: Json, name: str) -> str:
        """Return the id of a conversation that the picker offers. Raises AssertionError."""
        offered = self.conversations(element)
        for channel in offered:
            if name in {channel.id, channel.label, channel.name}:
                return channel.id
        raise AssertionError(f"The menu does not offer {name!r}; it offers {[each.label for each in offered]}.")


def _one(element: Json, value: Given, offered: Sequence[Json], workspace: Workspace, place: Chooser) -> Given:
    kind = element["type"]
    if kind in _WITH_OPTIONS:
        return chosen_option(offered, value)
    if kind in _WITH_PEOPLE:
        return workspace.user(value).id
    if kind.endswith(("conversations_select", "channels_select")):
        return place.conversation(element, value)
    if kind in _MOMENTS:
        _check_moment(kind, str(value))
    return value if kind in {"datetimepicker", "rich_text_input"} else str(value)


def _check_moment(kind: str, value: str) -> None:
    """Raise AssertionError for what nobody can pick in a calendar or a clock."""
    form, length = _MOMENTS[kind]
    try:
        datetime.strptime(value, form)  # noqa: DTZ007 - only the shape counts
    except ValueError:
        raise AssertionError(f"{value!r} cannot be picked in a {kind}.") from None
    if len(value) != length:
        raise AssertionError(f"{value!r} cannot be picked in a {kind}.")


def chosen_option(offered: Iterable[Json], wanted: Given) -> Json:
    """Return the option of that text, or else of that value. Raises AssertionError."""
    offered = list(offered)
    for option in offered:
        if option["text"]["text"] == wanted:
            return option
    for option in offered:
        if option["value"] == wanted:
            return option
    raise AssertionError(f"The menu does not offer {wanted!r}; it offers {[each['text']['text'] for each in offered]}.")


def selected_options(state: Json) -> list[Json]:
    """Return the options chosen in a state."""
    chosen = state.get("selected_options") or state.get("selected_option") or []
    return chosen if isinstance(chosen, list) else [chosen]


def shown_options(element: Json, suggested: Sequence[Json]) -> list[Json]:
    """Return the options in sight: those of the element, or those that a search brought."""
    return options(element) or list(suggested)


def complaint(block: Json, element: Json, state: Json) -> str | None:
    """Return what Slack's form says about a field before it sends anything, None when it is content."""
    value = state[STATE_KEYS[element["type"]][0]]
    if is_empty(value):
        return None if block.get("optional") else "Please complete this required field."
    if element["type"] == "plain_text_input":
        return _length_complaint(element, value)
    if element["type"] == "number_input":
        return _number_complaint(element, value)
    if element["type"] == "email_text_input" and "@" not in value:
        return "Please enter a valid email address."
    if element["type"] == "url_text_input" and "://" not in value:
        return "Please enter a valid URL."
    return None


def _length_complaint(element: Json, value: str) -> str | None:
    if len(value) < element.get("min_length", 0):
        return f"Please enter at least {element['min_length']} characters."
    if len(value) > element.get("max_length", 3000):
        return f"Please enter no more than {element.get('max_length', 3000)} characters."
    return None


def _number_complaint(element: Json, value: str) -> str | None:
    try:
        number = float(value)
    except ValueError:
        return "Please enter a number."
    if not element["is_decimal_allowed"] and not number.is_integer():
        return "Please enter a whole number."
    if number < float(element.get("min_value", number)) or number > float(element.get("max_value", number)):
        return "Please enter a number in the allowed range."
    return None
