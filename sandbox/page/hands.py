"""What a person does with the page: types, presses, fills in, submits."""

from collections.abc import Awaitable, Callable

from sandbox.slack.channels import Channel
from sandbox.slack.errors import SlackFault
from sandbox.slack.json_values import Json
from sandbox.slack.member import Member
from sandbox.slack.messages import Message
from sandbox.slack.modal import Modal
from sandbox.slack.surface import Surface
from sandbox.slack.workspace import Workspace

Act = Callable[[Member, Json], Awaitable[Json]]


#: What a menu shows when a search came to nothing, by the code of the stand-in.
_SEARCH_FAULTS = {
    "no_connection": "The app is not connected, so it never heard of this search.",
    "operation_timeout": "The app did not answer this search within three seconds.",
    "invalid_options": "The app answered this search with something that Slack cannot show.",
}


class MisplacedError(Exception):
    """The act cannot be done; the text says why to the person."""


class Hands:
    """Carries out the acts that the browser sends, each as the member whose tab it is."""

    def __init__(self, workspace: Workspace) -> None:
        self._workspace = workspace
        self._acts: dict[str, Act] = {
            "type": self._type,
            "press": self._press,
            "act_in_view": self._act_in_view,
            "search": self._search,
            "open_app": self._open_app,
            "shortcut": self._shortcut,
            "submit": self._submit,
            "close": self._close,
        }

    async def do(self, member: Member, act: Json) -> Json:
        """Do one act and return what the page asked for; `said` is a sentence for the person.

        Raises:
            MisplacedError: there is no such thing to act on (any more), or Slack does not allow it here.

        """
        try:
            return await self._acts[act["do"]](member, act)
        except KeyError as error:
            raise MisplacedError(f"The page asked for something that is not there: {error}") from error
        except AssertionError as error:
            raise MisplacedError(str(error)) from error
        except SlackFault as fault:
            raise MisplacedError(
                _SEARCH_FAULTS.get(fault.error, f"Slack shows an error here: {fault.error}")
            ) from fault

    async def _type(self, member: Member, act: Json) -> Json:
        place = self._workspace.channels[act["channel"]]
        text = str(act["text"]).strip()
        word, _, rest = text.partition(" ")
        if word in {"/invite", "/remove"}:
            return {"said": self._move_bot(place, word, rest.strip())}
        parent = self._message(member, act["channel"], act["thread"]) if act.get("thread") else None
        if text:
            await member.types(place.id, text, reply_to=parent)
        return {}

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

    async def _press(self, member: Member, act: Json) -> Json:
        message = self._message(member, act["channel"], act["ts"])
        await member.acts(message, act["block"], act["action"], act.get("value"))
        return {}

    def _message(self, member: Member, channel: str, ts: str) -> Message:
        found = next((each for each in member.sees(channel) if each.ts == ts), None)
        if found is None:
            raise MisplacedError("That message is gone.")
        return found

    async def _act_in_view(self, member: Member, act: Json) -> Json:
        await self._filled(self._view(member, act), act).acts(act["block"], act["action"], act.get("value"))
        return {}

    async def _search(self, member: Member, act: Json) -> Json:
        if "view" in act:
            return await self._view(member, act).searches(act["block"], act["action"], act["text"])
        message = self._message(member, act["channel"], act["ts"])
        return await member.searches_in(message, act["block"], act["action"], act["text"])

    async def _open_app(self, member: Member, act: Json) -> Json:
        member.opens_app(act["tab"])
        return {}

    async def _shortcut(self, member: Member, act: Json) -> Json:
        await member.uses(act["name"])
        return {}

    async def _submit(self, member: Member, act: Json) -> Json:
        modal = self._modal(member, act)
        self._filled(modal, act)
        await modal.submit()
        return {}

    async def _close(self, member: Member, act: Json) -> Json:
        if member.modal is not None and member.modal.view.id == act["view"]:
            await member.modal.close()
        return {}

    @staticmethod
    def _filled(view: Surface, act: Json) -> Surface:
        """Let stand in the fields what the page says; fields that an update took away meanwhile are left out."""
        known = {(block["block_id"], element["action_id"]) for block, element in view.view.fields()}
        for block_id, action_id, value in act["values"]:
            if (block_id, action_id) in known:
                view.enters(block_id, action_id, value)
        return view

    def _view(self, member: Member, act: Json) -> Surface:
        home = member.home
        return home if home is not None and home.view.id == act["view"] else self._modal(member, act)

    @staticmethod
    def _modal(member: Member, act: Json) -> Modal:
        if member.modal is None or member.modal.view.id != act["view"]:
            raise MisplacedError("That form is closed.")
        return member.modal
