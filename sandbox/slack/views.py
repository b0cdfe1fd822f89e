"""Views: the modals that are open, a stack of up to three for each person, and what is published on Home tabs."""

import secrets
from collections.abc import Sequence
from dataclasses import dataclass, field

from sandbox.slack import walking
from sandbox.slack.changes import Changes
from sandbox.slack.channels import Channel
from sandbox.slack.composing import with_ids
from sandbox.slack.entering import initial_state, is_stateful
from sandbox.slack.errors import SlackFault
from sandbox.slack.json_values import Given, Json
from sandbox.slack.people import APP_ID, BOT_ID, TEAM_ID, User
from sandbox.slack.rules.views import home_faults, is_too_large, modal_faults

MOST_STACKED = 3
Field = tuple[str, str]


@dataclass(slots=True, eq=False)
class OpenView:
    """One view as it stands. `entered` holds the state of each touched field.

    `offered` is what the last search of a field brought, `found` what all of them did, by value: a person may have
    chosen while another search was under way. `errors` are the texts that stand under fields, by block_id.
    """

    id: str
    user: User
    payload: Json
    channel: Channel | None
    root_id: str
    previous_id: str | None
    hash: str = field(default_factory=lambda: secrets.token_hex(8))
    entered: dict[Field, Json] = field(default_factory=dict)
    offered: dict[Field, list[Json]] = field(default_factory=dict)
    found: dict[Field, dict[str, Json]] = field(default_factory=dict)
    errors: dict[str, str] = field(default_factory=dict)
    closed: bool = False
    updates: int = 0

    def fields(self) -> list[tuple[Json, Json]]:
        """Return (block, element) for everything interactive."""
        return list(walking.elements(self.payload["blocks"]))

    def state(self, block: Json, element: Json) -> Json:
        """Return what stands in a field."""
        entered = self.entered.get((block["block_id"], element["action_id"]))
        if entered is not None and entered["type"] == element["type"]:
            return entered
        return initial_state(element, self.channel)

    def values(self) -> Json:
        """Return `state.values`."""
        found: Json = {}
        for block, element in self.fields():
            if is_stateful(element):
                found.setdefault(block["block_id"], {})[element["action_id"]] = self.state(block, element)
        return found

    def as_json(self) -> Json:
        """Return the view as the Web API and the payloads show it."""
        shown: Json = {
            "id": self.id,
            "team_id": TEAM_ID,
            "app_id": APP_ID,
            "app_installed_team_id": TEAM_ID,
            "bot_id": BOT_ID,
            "private_metadata": "",
            "callback_id": "",
            "external_id": "",
            "submit": None,
            "close": None,
            "clear_on_close": False,
            "notify_on_close": False,
        }
        own = {"state": {"values": self.values()}, "hash": self.hash, "root_view_id": self.root_id}
        return shown | self.payload | own | {"previous_view_id": self.previous_id}


def checked_view(view: Given, kind: str = "modal") -> Json:
    """Return a view of a kind (`modal` or `home`) that Slack accepts, ids added. Raises SlackFault."""
    if not isinstance(view, dict):
        raise SlackFault(
            "invalid_arguments", response_metadata={"messages": ["[ERROR] must be an object [json-pointer:/view]"]}
        )
    if is_too_large(view):
        raise SlackFault("view_too_large")
    if faults := (home_faults if kind == "home" else modal_faults)(view):
        raise SlackFault("invalid_arguments", response_metadata={"messages": faults})
    return view | {"blocks": list(with_ids(view["blocks"]))}


class Views:
    """The stacks of open views, by person."""

    def __init__(self, changes: Changes) -> None:
        self._changes = changes
        self._all: dict[str, OpenView] = {}
        self._stacks: dict[str, list[OpenView]] = {}
        self._homes: dict[str, OpenView] = {}

    def stack(self, user: User) -> list[OpenView]:
        """Return the person's open views, the one in front last."""
        return self._stacks.setdefault(user.id, [])

    def top(self, user: User) -> OpenView | None:
        """Return the view that the person sees."""
        stack = self.stack(user)
        return stack[-1] if stack else None

    def get(self, view_id: str | None = None, external_id: str | None = None) -> OpenView:
        """Return an open view by id. Raises SlackFault when there is none."""
        for view in self._all.values():
            named = view.id == view_id if view_id else view.payload.get("external_id") == external_id
            if named and not view.closed:
                return view
        raise SlackFault("not_found")

    def show(self, user: User, view: Json, channel: Channel | None, *, over: OpenView | None) -> OpenView:
        """Open a checked view: on top of the view `over`, or as a new stack. Raises SlackFault."""
        self._check_external_id(view, None)
        stack = self.stack(user)
        if over is None:
            self.clear(user)
        elif len(stack) >= MOST_STACKED:
            raise SlackFault("push_limit_reached")
        opened = self._add(user, view, channel, stack)
        stack.append(opened)
        self._changes.announce("view_opened", opened)
        return opened

    def _add(self, user: User, view: Json, channel: Channel | None, stack: Sequence[OpenView]) -> OpenView:
        view_id = f"V0SBX{len(self._all) + 1:05d}"
        root, previous = (stack[0].id, stack[-1].id) if stack else (view_id, None)
        self._all[view_id] = OpenView(view_id, user, view, channel, root, previous)
        return self._all[view_id]

    def home(self, user: User) -> OpenView | None:
        """Return what is published on the person's Home tab."""
        return self._homes.get(user.id)

    def publish(self, user: User, view: Json, given_hash: str | None = None) -> OpenView:
        """Put a checked view on the person's Home tab. Raises SlackFault."""
        known = self._homes.get(user.id)
        if known is not None:
            self.update(known, view, given_hash)
            return known
        if given_hash:
            raise SlackFault("hash_conflict")
        self._check_external_id(view, None)
        self._homes[user.id] = self._add(user, view, None, ())
        self._changes.announce("home_published", self._homes[user.id])
        return self._homes[user.id]

    def update(self, opened: OpenView, view: Json, given_hash: str | None = None) -> None:
        """Replace what an open view shows; what was entered stays where the ids stay. Raises SlackFault."""
        if given_hash and given_hash != opened.hash:
            raise SlackFault("hash_conflict")
        self._check_external_id(view, opened)
        opened.payload = view
        opened.hash = secrets.token_hex(8)
        opened.errors = {}
        opened.updates += 1
        kept = {(block["block_id"], element["action_id"]) for block, element in opened.fields()}
        opened.entered = {key: state for key, state in opened.entered.items() if key in kept}
        self._changes.announce("home_published" if opened.payload["type"] == "home" else "view_updated", opened)

    def _check_external_id(self, view: Json, own: OpenView | None) -> None:
        wanted = view.get("external_id")
        taken = (each for each in self._all.values() if not each.closed and each is not own)
        if wanted and any(each.payload.get("external_id") == wanted for each in taken):
            raise SlackFault("duplicate_external_id")

    def show_errors(self, opened: OpenView, errors: dict[str, str]) -> None:
        """Put texts under fields, by block_id."""
        opened.errors = errors
        self._changes.announce("view_errors", opened)

    def close(self, opened: OpenView) -> None:
        """Close a view; the one below comes into sight."""
        opened.closed = True
        stack = self.stack(opened.user)
        if opened in stack:
            stack.remove(opened)
        self._changes.announce("view_closed", opened)

    def clear(self, user: User) -> None:
        """Close all the person's views."""
        for opened in reversed(self.stack(user)[:]):
            self.close(opened)
