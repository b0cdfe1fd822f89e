"""What one person has in front of them, as JSON for the browser: channels, messages, the modal, troubles."""

from collections.abc import Collection

from sandbox.slack.channels import Channel
from sandbox.slack.entering import STATE_KEYS, Chooser, is_stateful
from sandbox.slack.files import File
from sandbox.slack.json_values import Given, Json
from sandbox.slack.messages import Message
from sandbox.slack.people import User
from sandbox.slack.server import SlackSandbox
from sandbox.slack.views import OpenView
from sandbox.slack.web_api import Call

#: What Slack's client says when an act came to nothing, by the code of the stand-in.
_TROUBLES = {
    "no_connection": "The app is not connected, so it never heard of this. Slack does not repeat it.",
    "operation_timeout": "The app did not answer within three seconds (operation_timeout).",
    "not_a_command": "There is no such command here.",
    "invalid_command_response": "The app answered with something that Slack cannot show.",
    "unusable_answer": "The app answered this form with something that Slack cannot use.",
}
#: Refusals of what a call says; the others are about when or where it was made, and are for the bot to tell.
_BAD_PAYLOAD = {
    "invalid_arguments",
    "invalid_attachments",
    "invalid_blocks",
    "invalid_blocks_format",
    "invalid_metadata_format",
    "invalid_metadata_schema",
    "invalid_payload",
    "msg_too_long",
    "no_text",
    "too_many_attachments",
    "view_too_large",
}


class Scene:
    """Draws the workspace for one person; nothing that only others may see is in it."""

    def __init__(self, slack: SlackSandbox, user: User) -> None:
        self._slack = slack
        self._workspace = slack.workspace
        self.user = user

    def whole(self) -> Json:
        """Return everything, for a page that has just come up."""
        self._workspace.direct_message(self.user)
        places = self._places()
        return {
            "me": self.user.name,
            "bot": self._workspace.bot.name,
            "people": [_person(user) for user in self._workspace.users.values() if not user.is_bot],
            "users": {user.id: user.name for user in self._workspace.users.values()},
            "channels": [self.channel(place) for place in places],
            "messages": [self.message(each) for place in places for each in place.messages if self.sees(each)],
            "modal": self.modal(),
            "home": self.home(),
            "home_tab": self._slack.typing.home_tab,
            "shortcuts": list(self._slack.typing.shortcuts),
        }

    def _places(self) -> list[Channel]:
        return [place for place in self._workspace.channels.values() if self.user.id in place.member_ids]

    def channel(self, place: Channel) -> Json:
        """Return a channel of the side bar."""
        return {
            "id": place.id,
            "label": place.label,
            "kind": place.kind,
            "archived": place.archived,
            "bot_in": self._workspace.bot_is_in(place),
        }

    def sees(self, message: Message) -> bool:
        """Say whether the person may see a message; one that was deleted counts as seen, so that it can go."""
        return self.user.id in message.place.member_ids and message.ephemeral_for in {None, self.user.name}

    def message(self, message: Message) -> Json:
        """Return a message as it stands now."""
        return {
            "channel": message.channel_id,
            "ts": message.ts,
            "author": message.author,
            "is_bot": message.sender.is_bot,
            "text": message.text,
            "blocks": message.blocks,
            "files": [_file(file) for file in message.content.files],
            "thread": message.thread_ts,
            "broadcast": message.broadcast,
            "private": message.ephemeral_for is not None,
            "deleted": message.deleted,
            "edited": message.edited_mark,
        }

    def modal(self) -> Json | None:
        """Return the view in front of the person, with what stands in its fields."""
        view = self._slack.views.top(self.user)
        return None if view is None else self._view(view)

    def home(self) -> Json | None:
        """Return what is published on the person's Home tab."""
        view = self._slack.views.home(self.user)
        return None if view is None else self._view(view)

    def _view(self, view: OpenView) -> Json:
        fields = [(block, element) for block, element in view.fields() if is_stateful(element)]
        values: Json = {}
        offered: Json = {}
        for block, element in fields:
            key = f"{block['block_id']} {element['action_id']}"
            values[key] = view.state(block, element)[STATE_KEYS[element["type"]][0]]
            if element["type"].endswith("conversations_select"):
                offered[key] = self._conversations(element)
            elif element["type"].endswith("users_select"):
                offered[key] = [_option(f"@{each.name}", each.id) for each in self._people()]
        shown = {key: view.payload.get(key) for key in ("title", "submit", "close", "blocks")}
        return shown | {"id": view.id, "errors": view.errors, "values": values, "offered": offered}

    def _conversations(self, element: Json) -> list[Json]:
        found = Chooser(self._workspace, self.user.id).conversations(element)
        return [_option(each.label, each.id) for each in found]

    def _people(self) -> list[User]:
        """Return whom a menu of people offers: bots and who has left are not among them."""
        return [each for each in self._workspace.users.values() if not each.is_bot and not each.deleted]


def _option(text: str, value: str) -> Json:
    return {"text": {"type": "plain_text", "text": text}, "value": value}


def trouble(error: str, detail: str) -> Json:
    """Return what a person is told when their act came to nothing."""
    return {"text": _TROUBLES.get(error, "Slack shows an error here."), "code": error, "detail": detail}


def refusal(call: Call, refused: Collection[str] = ()) -> Json | None:
    """Return what is wrong with what the bot sent, None when Slack takes it.

    Neither is it wrong that the workspace does not take these `refused` kinds of blocks: a switch made that so.
    """
    if call.error not in _BAD_PAYLOAD or (refused and all(_is_about(refused, fault) for fault in call.faults)):
        return None
    return {"method": call.method, "error": call.error, "faults": list(call.faults), "sent": _without_ids(call)}


def _is_about(refused: Collection[str], fault: str) -> bool:
    return any(f"unsupported type: {kind} " in fault for kind in refused)


def _without_ids(call: Call) -> Given:
    return {key: value for key, value in call.arguments.items() if key in {"text", "blocks", "view", "metadata"}}


def _file(file: File) -> Json:
    shown = ("id", "name", "title", "size", "filetype")
    return {key: value for key, value in file.as_json().items() if key in shown}


def _person(user: User) -> Json:
    return {"name": user.name, "guest": user.guest}
