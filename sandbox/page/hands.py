"""What a person does with the page: types, presses, fills in, submits."""

from collections.abc import Awaitable, Callable

from sandbox.slack.channels import Channel
from sandbox.slack.json_values import Json
from sandbox.slack.member import Member
from sandbox.slack.messages import Message
from sandbox.slack.modal import Modal
from sandbox.slack.workspace import Workspace

Act = Callable[[Member, Json], Awaitable[str]]


class MisplacedError(Exception):
    """The act cannot be done; the text says why to the person."""


class Hands:
    """Carries out the acts that the browser sends, each as the member whose tab it is."""

    def __init__(self, workspace: Workspace) -> None:
        self._workspace = workspace
        self._acts: dict[str, Act] = {
            "type": self._type,
            "press": self._press,
            "press_in_modal": self._press_in_modal,
            "submit": self._submit,
            "close": self._close,
        }

    async def do(self, member: Member, act: Json) -> str:
        """Do one act and return a sentence for the person, empty for none.

        Raises:
            MisplacedError: there is no such thing to act on (any more), or Slack does not allow it here.

        """
        try:
            return await self._acts[act["do"]](member, act)
        except KeyError as error:
            raise MisplacedError(f"The page asked for something that is not there: {error}") from error
        except AssertionError as error:
            raise MisplacedError(str(error)) from error

    async def _type(self, member: Member, act: Json) -> str:
        place = self._workspace.channels[act["channel"]]
        text = str(act["text"]).strip()
        word, _, rest = text.partition(" ")
        if word in {"/invite", "/remove"}:
            return self._move_bot(place, word, rest.strip())
        parent = self._message(member, act["channel"], act["thread"]) if act.get("thread") else None
        if text:
            await member.types(place.id, text, reply_to=parent)
        return ""

    def _move_bot(self, place: Channel, word: str, whom: str) -> str:
        """Do what two of Slack's own commands do, for the bot only."""
        bot = self._workspace.bot.name
        if whom.removeprefix("@") != bot or place.is_im:
            raise MisplacedError(f"Here, {word} works in channels and for @{bot} only: {word} @{bot}")
        if word == "/invite":
            self._workspace.invite_bot(place.id)
            return f"{bot} is in {place.label} now."
        self._workspace.kick_bot(place.id)
        return f"{bot} is no longer in {place.label}."

    async def _press(self, member: Member, act: Json) -> str:
        await member.presses(self._message(member, act["channel"], act["ts"]), act["label"])
        return ""

    def _message(self, member: Member, channel: str, ts: str) -> Message:
        found = next((each for each in member.sees(channel) if each.ts == ts), None)
        if found is None:
            raise MisplacedError("That message is gone.")
        return found

    async def _press_in_modal(self, member: Member, act: Json) -> str:
        await self._filled(member, act).presses(act["label"])
        return ""

    async def _submit(self, member: Member, act: Json) -> str:
        await self._filled(member, act).submit()
        return ""

    async def _close(self, member: Member, act: Json) -> str:
        if self._is_open(member, act):
            await self._modal(member, act).close()
        return ""

    def _filled(self, member: Member, act: Json) -> Modal:
        modal = self._modal(member, act)
        for label, value in act["values"].items():
            modal.fill(label, value)
        return modal

    def _modal(self, member: Member, act: Json) -> Modal:
        if member.modal is None or not self._is_open(member, act):
            raise MisplacedError("That form is closed.")
        return member.modal

    @staticmethod
    def _is_open(member: Member, act: Json) -> bool:
        return member.modal is not None and member.modal.view.id == act["view"]
