"""What a person sees of a view and does in it, a modal or the app's Home: by labels and by the texts of options."""

import asyncio
from dataclasses import dataclass

from sandbox.slack import walking
from sandbox.slack.deliveries import Answer, Deliveries
from sandbox.slack.entering import (
    STATE_KEYS,
    Chooser,
    chosen_option,
    entered_state,
    is_stateful,
    selected_options,
    shown_options,
)
from sandbox.slack.errors import NotSeenError
from sandbox.slack.json_values import Given, Json
from sandbox.slack.people import User
from sandbox.slack.views import OpenView


@dataclass(frozen=True, slots=True)
class Entry:
    """One field with the label that a person knows it by."""

    label: str
    block: Json
    element: Json

    @property
    def key(self) -> tuple[str, str]:
        """Its place in `state.values`."""
        return self.block["block_id"], self.element["action_id"]


class Surface:
    """A view in front of a person; it stays the same object while the view is updated."""

    def __init__(self, view: OpenView, deliveries: Deliveries) -> None:
        self.view = view
        self._deliveries = deliveries
        self._chooser = Chooser(deliveries.workspace, view.user.id)
        self._sending: list[asyncio.Task[Answer]] = []

    @property
    def user(self) -> User:
        """Who sees it."""
        return self.view.user

    @property
    def name(self) -> str:
        """What it is called in complaints."""
        return f"The {self.view.payload['type']} view of {self.user.name}"

    def labels(self) -> list[str]:
        """Return the labels of the fields, from top to bottom."""
        return [entry.label for entry in self._entries()]

    def buttons(self) -> list[str]:
        """Return the labels of the buttons in it; submit and close are not among them."""
        return [button["text"]["text"] for _, button in walking.buttons(self.view.payload["blocks"])]

    def visible_text(self) -> str:
        """Return all text of the blocks, labels and hints included."""
        return self._text_of(self.view.payload["blocks"])

    def _text_of(self, part: Given) -> str:
        return "\n".join(text.read(self._deliveries.workspace) for text in walking.texts(part))

    def value(self, label: str) -> Given:
        """Return what stands in a field as a person reads it: text, option text(s), channel or user name(s)."""
        entry = self._entry(label)
        state = self.view.state(entry.block, entry.element)
        key = STATE_KEYS[entry.element["type"]][0]
        if key == "selected_options":
            return [option["text"]["text"] for option in selected_options(state)]
        if key == "selected_option":
            return next((option["text"]["text"] for option in selected_options(state)), None)
        return self._named(state[key])

    def _named(self, value: Given) -> Given:
        workspace = self._deliveries.workspace
        if isinstance(value, list):
            return [self._named(each) for each in value]
        if isinstance(value, str) and value in workspace.channels:
            return workspace.channels[value].label
        return workspace.user_name(value) if isinstance(value, str) else value

    def options(self, label: str) -> list[str]:
        """Return the texts of the options that a menu offers (of a search, for an external menu)."""
        entry = self._entry(label)
        if entry.element["type"].endswith(("conversations_select", "channels_select")):
            return [channel.label for channel in self._chooser.conversations(entry.element)]
        return [option["text"]["text"] for option in self._offered(entry)]

    def _offered(self, entry: Entry) -> list[Json]:
        return shown_options(entry.element, self.view.offered.get(entry.key, []))

    def fill(self, label: str, value: Given) -> None:
        """Enter text, or choose by option text or value (a list for several); None empties the field.

        A field that dispatches tells the app at once; `settled` waits until that is acknowledged.
        """
        self._fill(self._entry(label), value, dispatches=True)

    def _fill(self, entry: Entry, value: Given, *, dispatches: bool) -> None:
        selected = selected_options(self.view.state(entry.block, entry.element))
        known = [*self._offered(entry), *self.view.found.get(entry.key, {}).values(), *selected]
        workspace = self._deliveries.workspace
        state = entered_state(entry.element, value, known, workspace, self._chooser)
        self.view.entered[entry.key] = state
        if dispatches and (entry.block["type"] != "input" or entry.block.get("dispatch_action")):
            chosen = {key: part for key, part in state.items() if key != "type"}
            act = self._deliveries.view_action(self.user, self.view, entry.block, entry.element, chosen)
            self._sending.append(asyncio.ensure_future(act))

    async def settled(self) -> list[Answer]:
        """Wait until all that was dispatched while filling is answered; return what came of it."""
        sending, self._sending = self._sending, []
        return list(await asyncio.gather(*sending))

    async def search(self, label: str, text: str) -> list[str]:
        """Type into an external menu; return the texts of the options that the app offers then.

        Raises SlackFault when the app does not answer in time or offers what cannot be shown.
        """
        entry = self._entry(label)
        await self._search(entry.block, entry.element, text)
        return self.options(label)

    async def _search(self, block: Json, element: Json, text: str) -> Json:
        if len(text) < element.get("min_query_length", 3):
            return {"options": []}
        around = {"view": self.view.as_json(), "container": {"type": "view", "view_id": self.view.id}}
        found = await self._deliveries.suggestions(self.user, block, element, text, around)
        field, options = (block["block_id"], element["action_id"]), walking.options(found)
        self.view.offered[field] = options
        self.view.found.setdefault(field, {}).update({option["value"]: option for option in options})
        return found

    def enters(self, block_id: str, action_id: str, value: Given) -> None:
        """Let that stand in a field that is known by its ids, and tell the app only with the next act."""
        block, element = walking.element(self.view.payload["blocks"], block_id, action_id)
        self._fill(Entry("", block, element), value, dispatches=False)

    async def acts(self, block_id: str, action_id: str, value: Given = None) -> Answer:
        """Press a button, or fill in or choose `value`, where the ids say, as a client does that draws the view."""
        block, element = walking.element(self.view.payload["blocks"], block_id, action_id)
        if is_stateful(element):
            self._fill(Entry("", block, element), value, dispatches=True)
            return next(iter(await self.settled()), Answer())
        chosen = {"selected_option": chosen_option(walking.options(element), value)} if value is not None else {}
        return await self._deliveries.view_action(self.user, self.view, block, element, chosen)

    async def searches(self, block_id: str, action_id: str, text: str) -> Json:
        """Type into an external menu that is known by its ids; return what the app offers, `options` or groups."""
        block, element = walking.element(self.view.payload["blocks"], block_id, action_id)
        return await self._search(block, element, text)

    async def presses(self, label: str, *, beside: str = "", confirm: bool = True) -> Answer:
        """Press a button: of several with that label the one whose block says `beside`.

        `confirm` False cancels the dialog that it asks first.
        """
        for block, button in walking.buttons(self.view.payload["blocks"]):
            if button["text"]["text"] == label and beside in self._text_of(block):
                if "confirm" in button and not confirm:
                    return Answer()
                return await self._deliveries.view_action(self.user, self.view, block, button, {})
        raise AssertionError(f"There is no button {label!r}; there are {self.buttons()} beside {beside!r}.")

    async def chooses(self, label: str, option: str) -> Answer:
        """Choose in the overflow menu whose block says `label`."""
        for block, element in self.view.fields():
            if element["type"] == "overflow" and label in self._text_of(block):
                chosen = {"selected_option": chosen_option(walking.options(element), option)}
                return await self._deliveries.view_action(self.user, self.view, block, element, chosen)
        raise AssertionError(f"{self.name} has no overflow menu beside {label!r}.")

    async def shows(self, *containing: str, timeout: float = 60.0) -> None:  # noqa: ASYNC109 - people wait by a deadline
        """Wait until all these texts are to be read in it. Raises NotSeenError."""
        try:
            await self._deliveries.changes.until(lambda: self._holds(containing) or None, timeout)
        except TimeoutError:
            raise NotSeenError(f"{self.name} never showed {containing}; it shows:\n{self.visible_text()}") from None

    def _holds(self, containing: tuple[str, ...]) -> bool:
        shown = self.visible_text()
        return all(text in shown for text in containing)

    def _entries(self) -> list[Entry]:
        fields = [(block, element) for block, element in self.view.fields() if is_stateful(element)]
        return [Entry(self._label(block, element), block, element) for block, element in fields]

    def _label(self, block: Json, element: Json) -> str:
        if block["type"] == "input":
            return str(block["label"]["text"])
        if block["type"] == "section" and "text" in block:
            return self._text_of({"text": block["text"]})
        return str(element.get("placeholder", {}).get("text", element["action_id"]))

    def _entry(self, label: str) -> Entry:
        for entry in self._entries():
            if entry.label == label:
                return entry
        raise AssertionError(f"{self.name} has no field {label!r}; it has {self.labels()}.")
