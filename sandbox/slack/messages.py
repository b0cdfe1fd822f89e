"""Messages: what stands in a channel now, and what stood there before."""

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from sandbox.slack import walking
from sandbox.slack.channels import Channel
from sandbox.slack.json_values import Given, Json
from sandbox.slack.people import APP_ID, BOT_ID, TEAM_ID, User
from sandbox.slack.reading import Names, links_in, mentions_in, read_mrkdwn

if TYPE_CHECKING:
    from sandbox.slack.files import File


@dataclass(frozen=True, slots=True)
class Content:
    """What a message says at one moment."""

    text: str = ""
    blocks: tuple[Json, ...] = ()
    metadata: Json | None = None
    attachments: tuple[Json, ...] = ()
    files: tuple["File", ...] = ()

    def with_changes(self, **changes: Given) -> "Content":
        """Return a copy with some parts replaced."""
        return replace(self, **changes)

    def visible_text(self, names: Names) -> str:
        """Return the text of the blocks and the notification text, line by line, as a person reads them."""
        lines = [text.read(names) for text in walking.texts(list(self.blocks))]
        lines += [file.title for file in self.files]
        return "\n".join([*lines, read_mrkdwn(self.text, names)] if self.text else lines)

    def buttons(self) -> list[str]:
        """Return the labels of the buttons."""
        return [button["text"]["text"] for _, button in walking.buttons(self.blocks)]

    def links(self) -> list[str]:
        """Return the URLs a person can click, of text and of buttons, each once."""
        own = [] if self.blocks else links_in(self.text, verbatim=False)
        return list(dict.fromkeys(own + walking.links(self.blocks)))

    def mentions(self, names: Names) -> set[str]:
        """Return whom this notifies: names of people, `channel`, `here`, `everyone`."""
        return mentions_in(self.text, names, verbatim=True) | walking.mentions(self.blocks, names)


@dataclass(slots=True, eq=False, repr=False)
class Message:
    """One message, live: its content is always that of now, `history` holds the earlier versions, oldest first.

    A `locked` one takes no more replies, a `frozen` one no more edits.
    """

    ts: str
    place: Channel
    sender: User
    content: Content
    names: Names
    parent: "Message | None" = None
    broadcast: bool = False
    ephemeral_for: str | None = None
    unfurls: bool = True
    deleted: bool = False
    locked: bool = False
    frozen: bool = False
    edited_mark: bool = False
    history: list[Content] = field(default_factory=list)
    replies: list["Message"] = field(default_factory=list)

    def __repr__(self) -> str:
        privacy = f" for {self.ephemeral_for}" if self.ephemeral_for else ""
        return f"<Message {self.ts} in {self.channel} by {self.author}{privacy}: {self.text[:60]!r}>"

    @property
    def channel(self) -> str:
        """Where it stands, as people call it: `#finance`, or `@tokenflex`."""
        return self.place.label

    @property
    def channel_id(self) -> str:
        """Where it stands, as the Web API calls it."""
        return self.place.id

    @property
    def author(self) -> str:
        """The name of who posted it."""
        return self.sender.name

    @property
    def text(self) -> str:
        """The top-level text as it was sent."""
        return self.content.text

    @property
    def blocks(self) -> list[Json]:
        """The blocks as they were sent, ids added where they lacked."""
        return list(self.content.blocks)

    @property
    def metadata(self) -> Json | None:
        """The metadata as it was sent."""
        return self.content.metadata

    @property
    def thread_ts(self) -> str | None:
        """The `ts` of the message that this one replies to."""
        return self.parent.ts if self.parent else None

    @property
    def edited(self) -> int:
        """How many times it was edited."""
        return len(self.history)

    def visible_text(self) -> str:
        """Return all its text as a person reads it now."""
        return self.content.visible_text(self.names)

    def buttons(self) -> list[str]:
        """Return the labels of its buttons now."""
        return self.content.buttons()

    def links(self) -> list[str]:
        """Return the URLs that a person can click in it now."""
        return self.content.links()

    def mentions(self) -> set[str]:
        """Return whom it notifies: names of people, `channel`, `here`, `everyone`."""
        return self.content.mentions(self.names)

    def confirmation(self, label: str) -> str | None:
        """Return the text of the dialog that the button asks first, None when it asks nothing."""
        _, button = self.button(label)
        confirm = button.get("confirm")
        return None if confirm is None else "\n".join(text.read(self.names) for text in walking.texts(confirm))

    def button(self, label: str) -> tuple[Json, Json]:
        """Return (block, button) for a label. Raises AssertionError when there is none."""
        for block, button in walking.buttons(self.content.blocks):
            if button["text"]["text"] == label:
                return block, button
        raise AssertionError(f"There is no button {label!r}; there are {self.buttons()}.")

    def as_json(self, *, with_metadata: bool = False) -> Json:
        """Return it as the Web API shows it; metadata only when asked for."""
        shown: Json = {"type": "message", "user": self.sender.id, "text": self.text, "ts": self.ts, "team": TEAM_ID}
        if self.sender.is_bot:
            shown |= {"bot_id": BOT_ID, "app_id": APP_ID, "bot_profile": {"id": BOT_ID, "app_id": APP_ID}}
        if self.content.blocks:
            shown["blocks"] = list(self.content.blocks)
        if self.content.attachments:
            shown["attachments"] = list(self.content.attachments)
        if self.content.files:
            shown["files"] = [file.as_json() for file in self.content.files]
        if with_metadata and self.metadata:
            shown["metadata"] = self.metadata
        if self.edited_mark:
            shown["edited"] = {"user": self.sender.id, "ts": self.ts}
        return shown | self._thread_json()

    def _thread_json(self) -> Json:
        if self.parent:
            shown: Json = {"thread_ts": self.parent.ts, "parent_user_id": self.parent.sender.id}
            return shown | ({"subtype": "thread_broadcast"} if self.broadcast else {})
        replies = [each for each in self.replies if not each.deleted and each.ephemeral_for is None]
        if not replies:
            return {}
        return {"thread_ts": self.ts, "reply_count": len(replies), "latest_reply": replies[-1].ts}
