"""A person's acts on their way to the app, and what the app's acknowledgements do."""

import time
from dataclasses import dataclass, field

from sandbox.slack import payloads
from sandbox.slack.changes import Changes
from sandbox.slack.channels import Channel
from sandbox.slack.composing import content_of
from sandbox.slack.entering import STATE_KEYS, is_stateful
from sandbox.slack.errors import SlackFault
from sandbox.slack.json_values import Given, Json
from sandbox.slack.messages import Message
from sandbox.slack.people import User
from sandbox.slack.response_urls import ResponseUrls
from sandbox.slack.rules.objects import menu_option, option_groups, options
from sandbox.slack.rules.shapes import Report
from sandbox.slack.socket_mode import Acknowledgement, SocketMode
from sandbox.slack.triggers import Triggers
from sandbox.slack.views import OpenView, Views, checked_view
from sandbox.slack.workspace import Workspace


@dataclass(frozen=True, slots=True)
class Answer:
    """What came of an act. `error` is what the person was told went wrong, None when nothing did.

    Errors: `operation_timeout`, `no_connection`, `not_a_command`, `invalid_command_response` (a command's
    acknowledgement that Slack cannot show), `unusable_answer` (the same for a view), `incomplete_form`
    (Slack's own form refused, nothing was sent). `detail` says more; `messages` came with the acknowledgement.
    """

    error: str | None = None
    detail: str = ""
    messages: list[Message] = field(default_factory=list)

    @property
    def text(self) -> str:
        """Return all that the messages say, as a person reads it."""
        return "\n".join(message.visible_text() for message in self.messages)


class Deliveries:
    """Sends commands, presses, submissions and searches, and carries out the answers."""

    def __init__(
        self,
        workspace: Workspace,
        changes: Changes,
        sockets: SocketMode,
        triggers: Triggers,
        urls: ResponseUrls,
        views: Views,
    ) -> None:
        self.workspace = workspace
        self.changes = changes
        self.views = views
        self._sockets = sockets
        self._triggers = triggers
        self._urls = urls

    async def _deliver(self, kind: str, payload: Json, *, accepts_response: bool = True) -> Acknowledgement:
        dressed = self.workspace.installation.dressed(payload)
        return await self._sockets.deliver(kind, dressed, accepts_response=accepts_response)

    async def command(self, user: User, channel: Channel, name: str, text: str) -> Answer:
        """Deliver a slash command and show what its acknowledgement says."""
        payload = payloads.command(
            user, channel, name, text,
            response_url=self._urls.give(channel, user), trigger_id=self._triggers.give(user.id, channel.id),
        )  # fmt: skip
        ack = await self._deliver("slash_commands", payload)
        if ack.error:
            return self.failed(user, ack.error, f"{name} failed")
        try:
            return Answer(messages=self._show(user, channel, f"{name} {text}".strip(), ack.payload))
        except SlackFault as fault:
            return self.failed(user, "invalid_command_response", f"{fault.error} {fault.extra}")

    def _show(self, user: User, channel: Channel, typed: str, response: Given) -> list[Message]:
        body = {"text": response} if isinstance(response, str) else response or {}
        if not isinstance(body, dict):
            raise SlackFault("invalid_arguments")
        public = body.get("response_type") == "in_channel"
        says = any(body.get(key) for key in ("text", "blocks", "attachments"))
        content = content_of(body, self.workspace.refused_blocks) if says else None
        if public:
            self.workspace.post(channel, user, content_of({"text": typed}))
        if content is None:
            return []
        return [self.workspace.post(channel, self.workspace.bot, content, ephemeral_for=None if public else user)]

    async def shortcut(self, user: User, callback_id: str) -> Answer:
        """Deliver a global shortcut."""
        payload = payloads.shortcut(user, callback_id, trigger_id=self._triggers.give(user.id, None))
        ack = await self._deliver("interactive", payload, accepts_response=False)
        return self._outcome(user, ack, "the shortcut")

    async def message_action(self, user: User, message: Message, block: Json, element: Json, chosen: Json) -> Answer:
        """Deliver a press or a choice in a message."""
        state = {} if not is_stateful(element) else {block["block_id"]: {element["action_id"]: _state(element, chosen)}}
        payload = payloads.message_action(
            user, message, _action(block, element, chosen), state,
            response_url=self._urls.give(message.place, user, message),
            trigger_id=self._triggers.give(user.id, message.channel_id),
        )  # fmt: skip
        ack = await self._deliver("interactive", payload, accepts_response=False)
        return self._outcome(user, ack, f"pressing in {message.channel}")

    async def view_action(self, user: User, view: OpenView, block: Json, element: Json, chosen: Json) -> Answer:
        """Deliver a press or a choice in a modal or on the Home tab."""
        trigger_id = self._triggers.give(user.id, view.channel.id if view.channel else None, view.id)
        payload = payloads.view_action(user, view, _action(block, element, chosen), trigger_id=trigger_id)
        ack = await self._deliver("interactive", payload, accepts_response=False)
        title = view.payload.get("title", {"text": "the Home tab"})["text"]
        return self._outcome(user, ack, f"pressing in {title}")

    def _outcome(self, user: User, ack: Acknowledgement, act: str) -> Answer:
        return self.failed(user, ack.error, act) if ack.error else Answer()

    async def submit(self, user: User, view: OpenView) -> Answer:
        """Deliver a view submission and carry out the answer."""
        trigger_id = self._triggers.give(user.id, view.channel.id if view.channel else None, view.id)
        payload = payloads.submission(user, view, trigger_id=trigger_id, response_urls=self._response_urls(user, view))
        ack = await self._deliver("interactive", payload)
        if ack.error:
            return self.failed(user, ack.error, "submitting")
        try:
            self._carry_out(user, view, ack.payload)
        except SlackFault as fault:
            return self.failed(user, "unusable_answer", f"{fault.error} {fault.extra}")
        return Answer()

    def _response_urls(self, user: User, view: OpenView) -> list[Json]:
        found = []
        for block, element in view.fields():
            if not element.get("response_url_enabled"):
                continue
            channel_id = view.state(block, element)[STATE_KEYS[element["type"]][0]]
            if channel_id:
                url = self._urls.give(self.workspace.channel(channel_id), user)
                ids = {"block_id": block["block_id"], "action_id": element["action_id"]}
                found.append(ids | {"channel_id": channel_id, "response_url": url})
        return found

    def _carry_out(self, user: User, view: OpenView, response: Given) -> None:
        match response:
            case None | {} if not response:
                self.views.close(view)
            case {"response_action": "clear"}:
                self.views.clear(user)
            case {"response_action": "update", "view": changed}:
                self.views.update(view, checked_view(changed))
            case {"response_action": "push", "view": pushed}:
                self.views.show(user, checked_view(pushed), view.channel, over=view)
            case {"response_action": "errors", "errors": errors}:
                self.views.show_errors(view, _checked_errors(view, errors))
            case _:
                raise SlackFault("invalid_arguments", answer=response)

    async def close(self, user: User, view: OpenView, *, all_of_them: bool) -> Answer:
        """Close one view or the whole stack, and tell the app where it asked to be told."""
        cleared = all_of_them or bool(view.payload.get("clear_on_close"))
        closing = self.views.stack(user)[::-1] if cleared else [view]
        outcome = Answer()
        for each in closing:
            self.views.close(each)
            if each.payload.get("notify_on_close"):
                payload = payloads.closing(user, each, cleared=cleared)
                ack = await self._deliver("interactive", payload, accepts_response=False)
                outcome = self._outcome(user, ack, "closing")
        return outcome

    async def suggestions(self, user: User, block: Json, element: Json, typed: str, surface: Json) -> Json:
        """Ask the app what an external menu offers; return it as a menu has it: `options`, or `option_groups`.

        Raises SlackFault when the app does not answer in time or offers what cannot be shown.
        """
        payload = payloads.suggestion(user, block, element, typed, surface)
        ack = await self._deliver("interactive", payload)
        if ack.error:
            raise SlackFault(ack.error)
        return _checked_suggestions(ack.payload)

    def failed(self, user: User, error: str, detail: str) -> Answer:
        """Show the person an error and remember that they saw it."""
        user.errors.append(error)
        self.changes.announce("person_error", (user, error, detail))
        return Answer(error, detail)


def _action(block: Json, element: Json, chosen: Json) -> Json:
    own = {"type": element["type"], "action_id": element["action_id"], "block_id": block["block_id"]}
    shown = {key: element[key] for key in ("text", "value", "style", "url", "placeholder") if key in element}
    return own | shown | chosen | {"action_ts": f"{time.time():.6f}"}


def _state(element: Json, chosen: Json) -> Json:
    return {"type": element["type"], **chosen}


def _checked_errors(view: OpenView, errors: Given) -> dict[str, str]:
    inputs = {block["block_id"] for block in view.payload["blocks"] if block["type"] == "input"}
    if not isinstance(errors, dict) or not errors or set(errors) - inputs:
        raise SlackFault("invalid_errors", answer=errors, inputs=sorted(inputs))
    if not all(isinstance(text, str) and text for text in errors.values()):
        raise SlackFault("invalid_errors", answer=errors)
    return dict(errors)


def _checked_suggestions(response: Given) -> Json:
    if not isinstance(response, dict):
        raise SlackFault("invalid_options")
    report = Report("modal")
    if "option_groups" in response:
        option_groups(response["option_groups"], "/option_groups", report)
    else:
        options(menu_option, 0, 100)(response.get("options"), "/options", report)
    if report.faults:
        raise SlackFault("invalid_options", faults=report.faults)
    return {key: response[key] for key in ("options", "option_groups") if key in response}
