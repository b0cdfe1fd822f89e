"""Places where messages stand: public and private channels and direct messages with the bot."""

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from sandbox.slack.people import FOREIGN_TEAM_ID, TEAM_ID

if TYPE_CHECKING:
    from sandbox.slack.messages import Message


@dataclass(slots=True, eq=False)
class Channel:
    """One conversation. `name` has no #; for a direct message it is the person's name.

    The bot can post nothing into a `read_only` one, only replies into a `thread_only` one, and no replies into a
    `non_threadable` one.
    """

    id: str
    name: str
    private: bool = False
    is_im: bool = False
    is_mpim: bool = False
    archived: bool = False
    read_only: bool = False
    thread_only: bool = False
    non_threadable: bool = False
    shared: bool = False
    sharing_pending: bool = False
    member_ids: list[str] = field(default_factory=list)
    messages: list["Message"] = field(default_factory=list, repr=False)
    last_ts: int = 0
    bot_name: str = ""

    @property
    def label(self) -> str:
        """What a person sees in the side bar: `#finance`, or `@tokenflex` for the direct message with the bot."""
        return f"@{self.bot_name}" if self.is_im else self.name if self.is_mpim else f"#{self.name}"

    @property
    def kind(self) -> str:
        """`im`, `mpim`, `private` or `public`, the words of a conversation filter."""
        return "im" if self.is_im else "mpim" if self.is_mpim else "private" if self.private else "public"

    @property
    def scope_family(self) -> str:
        """The first half of the scopes for this kind: `channels`, `groups`, `im` or `mpim`."""
        return {"im": "im", "mpim": "mpim", "private": "groups", "public": "channels"}[self.kind]

    @property
    def payload_name(self) -> str:
        """What payloads carry as the channel's name, which tells nothing for private places."""
        return {"im": "directmessage", "private": "privategroup"}.get(self.kind, self.name)

    def message(self, ts: str) -> "Message | None":
        """Return the message of that `ts` that is neither deleted nor ephemeral."""
        for message in self.messages:
            if message.ts == ts and not message.deleted and message.ephemeral_for is None:
                return message
        return None

    def standing(self) -> list["Message"]:
        """Return what the Web API can see: no deleted and no ephemeral messages, oldest first."""
        return [each for each in self.messages if not each.deleted and each.ephemeral_for is None]

    def as_json(self, reader_id: str) -> dict[str, Any]:
        """Return the conversation as `conversations.info` shows it to `reader_id`."""
        common = {
            "id": self.id,
            "is_archived": self.archived,
            "is_im": self.is_im,
            "created": 0,
            "is_mpim": self.is_mpim,
        }
        if self.is_im:
            other = next((each for each in self.member_ids if each != reader_id), "")
            return common | {"user": other, "is_open": True, "is_org_shared": False}
        return common | {
            "name": self.name,
            "name_normalized": self.name,
            "is_channel": not self.private,
            "is_group": self.private and not self.is_mpim,
            "is_private": self.private,
            "is_general": self.name == "general",
            "is_member": reader_id in self.member_ids,
            "is_ext_shared": self.shared,
            "is_shared": self.shared,
            "is_org_shared": False,
            "is_pending_ext_shared": self.sharing_pending,
            "shared_team_ids": [TEAM_ID, FOREIGN_TEAM_ID] if self.shared else [TEAM_ID],
            "is_read_only": self.read_only,
            "is_thread_only": self.thread_only,
            "is_non_threadable": self.non_threadable,
        }
