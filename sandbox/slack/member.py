"""A person at the keyboard: types, reads, presses, fills modals."""

from collections.abc import Callable, Mapping
from typing import TypeVar

from sandbox.slack import payloads, walking
from sandbox.slack.channels import Channel
from sandbox.slack.deliveries import Answer, Deliveries
from sandbox.slack.entering import STATE_KEYS, Chooser, entered_state, is_stateful
from sandbox.slack.errors import NotSeenError
from sandbox.slack.events import Events
from sandbox.slack.home import Home
from sandbox.slack.json_values import Json
from sandbox.slack.messages import Content, Message
from sandbox.slack.modal import Modal
from sandbox.slack.people import User
from sandbox.slack.typing_in import escaped

PATIENCE = 30.0
T = TypeVar("T")


class Typing:
    """What can be typed: which slash commands there are (None = any), whether text is escaped.

    `shortcuts` are the ids of the app's global shortcuts by their names. Without `in_messages_tab` the app's direct
    message has no box to type in; without `home_tab` it has no Home.
    """

    def __init__(self, commands: frozenset[str] | None, *, should_escape: bool, may_command: bool) -> None:
        self.commands = commands
        self.should_escape = should_escape
        self.may_command = may_command
        self.in_messages_tab = True
        self.home_tab = True
        self.shortcuts: Mapping[str, str] = {}

    def knows(self, command: str) -> bool:
        """Say whether the app has that command."""
        return self.may_command and (self.commands is None or command in self.commands)


class Member:
    """One person's hands and eyes. Deadlines are in real seconds, and last `patience` times as long."""

    def __init__(self, user: User, deliveries: Deliveries, typing: Typing, events: Events) -> None:
        self.user = user
        self._deliveries = deliveries
        self._typing = typing
        self._events = events
        self._modals: dict[str, Modal] = {}
        self._home: Home | None = None
        self.patience = 1.0
        self._offered: dict[tuple[str, str, str], dict[str, Json]] = {}  # by value, of all searches

    @property
    def name(self) -> str:
        """The person's name."""
        return self.user.name

    @property
    def id(self) -> str:
        """The person's account id."""
        return self.user.id

    @property
    def errors(self) -> list[str]:
        """The errors that Slack has shown this person, oldest first."""
        return self.user.errors

    @property
    def modal(self) -> Modal | None:
        """The modal in front of the person."""
        view = self._deliveries.views.top(self.user)
        if view is None:
            return None
        return self._modals.setdefault(view.id, Modal(view, self._deliveries))

    async def types(self, channel: str, text: str, *, reply_to: Message | None = None) -> Answer:
        """Type a line: a slash command is delivered and its answer returned, anything else is posted."""
        place = self._place(channel)
        if place.archived:
            raise AssertionError(f"{channel} is archived; nobody can type there.")
        if place.is_im and not self._typing.in_messages_tab:
            raise AssertionError(f"{channel} has no box to type in.")
        if not text.startswith("/"):
            sender_text = escaped(text, self._deliveries.workspace)
            self._deliveries.workspace.post(place, self.user, Content(sender_text), parent=reply_to)
            return Answer()
        if reply_to is not None:
            raise AssertionError("Slash commands of apps cannot be used in threads.")
        return await self._command(place, text)

    async def _command(self, place: Channel, text: str) -> Answer:
        name, _, rest = text.partition(" ")
        if self.user.foreign or not self._typing.knows(name):
            return self._deliveries.failed(self.user, "not_a_command", f"{name} is not a valid command")
        if self._typing.should_escape:
            rest = escaped(rest, self._deliveries.workspace)
        return await self._deliveries.command(self.user, place, name, rest.strip())

    async def uses(self, shortcut: str) -> Answer:
        """Choose one of the app's global shortcuts by its name, as anywhere in Slack; no channel goes with it."""
        callback_id = self._typing.shortcuts.get(shortcut)
        if callback_id is None or not self._typing.may_command or self.user.foreign:
            raise AssertionError(f"There is no shortcut {shortcut!r}; there are {list(self._typing.shortcuts)}.")
        return await self._deliveries.shortcut(self.user, callback_id)

    @property
    def home(self) -> Home | None:
        """The app's Home tab as it is published for this person."""
        view = self._deliveries.views.home(self.user)
        if view is not None and self._home is None:
            self._home = Home(view, self._deliveries)
        return self._home

    def opens_app(self, tab: str = "home") -> None:
        """Open the app on its tab `home` or `messages`."""
        if tab == "home" and not self._typing.home_tab:
            raise AssertionError("The app has no Home tab.")
        self._events.home_opened(self.user, tab, None if self.home is None else self.home.view.as_json())

    async def sees_home(self, *containing: str, timeout: float = PATIENCE) -> Home:  # noqa: ASYNC109
        """Wait until the Home tab shows all these texts; return it. Raises NotSeenError."""

        def look() -> Home | None:
            shown = self.home.visible_text() if self.home else ""
            return self.home if all(text in shown for text in containing) else None

        return await self._wait(look, timeout, lambda: f"a Home tab with {containing}; errors seen: {self.errors}")

    def _place(self, channel: str) -> Channel:
        place = self._deliveries.workspace.channel(channel, self.user)
        if self.user.id not in place.member_ids:
            raise AssertionError(f"{self.name} is not in {channel}.")
        return place

    def sees(self, channel: str) -> list[Message]:
        """Return what stands in a channel for this person: messages, thread replies, own ephemeral ones, in order."""
        return [message for message in self._place(channel).messages if self._can_see(message)]

    def _can_see(self, message: Message) -> bool:
        return not message.deleted and message.ephemeral_for in {None, self.name}

    async def hears(
        self,
        channel: str,
        *containing: str,
        private: bool | None = None,
        timeout: float = PATIENCE,  # noqa: ASYNC109 - people wait by a deadline
    ) -> Message:
        """Wait until a message with all these texts stands in the channel; return the newest such.

        `private` True looks at ephemeral messages only, False at public ones only. Raises NotSeenError.
        """

        def look() -> Message | None:
            standing = (message for message in reversed(self.sees(channel)) if _is_private(message, private))
            return next((message for message in standing if _holds(message, containing)), None)

        return await self._wait(
            look, timeout, lambda: f"a message with {containing} in {channel}; there is:\n{self._all_in(channel)}"
        )

    def _all_in(self, channel: str) -> str:
        lines = [
            f"[{message.author}{' privately' if message.ephemeral_for else ''}] {message.visible_text()}"
            for message in self.sees(channel)
        ]
        return "\n".join([*lines, f"errors seen: {self.errors}"])

    async def sees_modal(self, *containing: str, timeout: float = PATIENCE) -> Modal:  # noqa: ASYNC109
        """Wait until a modal with all these texts is in front; return it. Raises NotSeenError."""

        def look() -> Modal | None:
            modal = self.modal
            shown = modal.visible_text() if modal else ""
            return modal if all(text in shown for text in containing) else None

        return await self._wait(look, timeout, lambda: f"a modal with {containing}; errors seen: {self.errors}")

    async def sees_no_modal(self, *, timeout: float = PATIENCE) -> None:  # noqa: ASYNC109
        """Wait until no modal is open. Raises NotSeenError."""
        await self._wait(lambda: None if self.modal else True, timeout, lambda: "the modal closing")

    async def waits(self, until: Callable[[], bool], *, timeout: float = PATIENCE) -> None:  # noqa: ASYNC109
        """Wait until something in the workspace is so, and nothing else: that is looked at after each change there.

        Raises NotSeenError.
        """
        await self._wait(lambda: until() or None, timeout, lambda: "the condition becoming true")

    async def _wait(self, look: Callable[[], T | None], seconds: float, told: Callable[[], str]) -> T:
        try:
            return await self._deliveries.changes.until(look, self.patience * seconds)
        except TimeoutError:
            raise NotSeenError(f"In {self.patience * seconds} s {self.name} did not see {told()}") from None

    async def presses(self, message: Message, label: str, *, confirm: bool = True) -> Answer:
        """Press a button by its label and wait until that is acknowledged; `confirm` False cancels its dialog."""
        self._reach(message)
        block, button = message.button(label)
        if "confirm" in button and not confirm:
            return Answer()
        return await self._deliveries.message_action(self.user, message, block, button, {})

    async def chooses(self, message: Message, placeholder: str, option: str | list[str]) -> Answer:
        """Choose in a menu of a message, found by its placeholder (an overflow menu by `…`), or pick a date there."""
        return await self._choose(message, *self._menu(message, placeholder), option)

    async def _choose(self, message: Message, block: Json, element: Json, option: str | list[str]) -> Answer:
        searched = self._offered.get(_place_of(message, block, element), {})
        chosen = self._chosen(element, option, walking.options(element) or list(searched.values()))
        return await self._deliveries.message_action(self.user, message, block, element, chosen)

    async def acts(
        self, message: Message, block_id: str, action_id: str, option: str | list[str] | None = None
    ) -> Answer:
        """Press or choose in a message where the ids say, as a client does that draws it."""
        self._reach(message)
        block, element = walking.element(message.blocks, block_id, action_id)
        if option is None:
            return await self._deliveries.message_action(self.user, message, block, element, {})
        return await self._choose(message, block, element, option)

    async def searches(self, message: Message, placeholder: str, text: str) -> list[str]:
        """Type into an external menu of a message; return the texts of the options that the app offers then.

        Raises SlackFault when the app does not answer in time or offers what cannot be shown.
        """
        found = await self._search(message, *self._menu(message, placeholder), text)
        return [option["text"]["text"] for option in walking.options(found)]

    async def searches_in(self, message: Message, block_id: str, action_id: str, text: str) -> Json:
        """Type into an external menu that is known by its ids; return what the app offers, `options` or groups."""
        self._reach(message)
        return await self._search(message, *walking.element(message.blocks, block_id, action_id), text)

    async def _search(self, message: Message, block: Json, element: Json, text: str) -> Json:
        if len(text) < element.get("min_query_length", 3):
            return {"options": []}
        found = await self._deliveries.suggestions(self.user, block, element, text, payloads.around(message))
        offered = self._offered.setdefault(_place_of(message, block, element), {})
        offered.update({option["value"]: option for option in walking.options(found)})
        return found

    def _menu(self, message: Message, placeholder: str) -> tuple[Json, Json]:
        self._reach(message)
        for block, element in walking.elements(message.blocks):
            shown = "…" if element["type"] == "overflow" else element.get("placeholder", {}).get("text")
            if shown == placeholder:
                return block, element
        raise AssertionError(f"There is no menu {placeholder!r} in this message.")

    def _chosen(self, element: Json, option: str | list[str], offered: list[Json]) -> Json:
        workspace = self._deliveries.workspace
        as_select = element if is_stateful(element) else element | {"type": "static_select"}
        state = entered_state(as_select, option, offered, workspace, Chooser(workspace, self.id))
        key = STATE_KEYS[as_select["type"]][0]
        return {key: state[key]}

    def downloads(self, message: Message, title: str) -> bytes:
        """Return the bytes of a file in a message, by its title."""
        self._reach(message)
        for file in message.content.files:
            if file.title == title and file.content is not None:
                return file.content
        raise AssertionError(f"There is no file {title!r}; there are {[file.title for file in message.content.files]}.")

    def _reach(self, message: Message) -> None:
        if message.deleted or not self._can_see(message) or self.id not in message.place.member_ids:
            raise AssertionError(f"{self.name} cannot see that message.")


def _place_of(message: Message, block: Json, element: Json) -> tuple[str, str, str]:
    return message.ts, block["block_id"], element["action_id"]


def _is_private(message: Message, private: bool | None) -> bool:
    return private is None or (message.ephemeral_for is not None) == private


def _holds(message: Message, containing: tuple[str, ...]) -> bool:
    shown = message.visible_text()
    return all(text in shown for text in containing)
