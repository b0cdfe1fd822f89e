"""The workspace: its people, channels and messages, and the acts that need no rules of Slack's to be possible."""

from collections.abc import Iterable
from datetime import datetime
from typing import NoReturn

from sandbox.clock import Clock
from sandbox.slack.changes import Changes
from sandbox.slack.channels import Channel
from sandbox.slack.messages import Content, Message
from sandbox.slack.people import TEAM_ID, EnterpriseAccount, Installation, User, Usergroup


class Workspace:
    """Who and what there is. It starts with ana, ben, carla and gus (a guest), #general, #finance and #licences.

    #licences is private and the bot is not in it. `clock` gives the times of messages. `edit_window` is the seconds
    for which messages can be edited (None: always); `full` workspaces have reached their limit of messages.
    `refused_blocks` are kinds of blocks that it does not take in messages, such as `data_table`.
    """

    def __init__(self, clock: Clock, changes: Changes, bot_name: str = "tokenflex") -> None:
        self._clock = clock
        self._changes = changes
        self._ids = 0
        self.edit_window: float | None = None
        self.full = False
        self.refused_blocks: frozenset[str] = frozenset()
        self.installation = Installation()
        self.users: dict[str, User] = {}
        self.channels: dict[str, Channel] = {}
        self.usergroups: dict[str, Usergroup] = {}
        self.bot = self._add_user(bot_name, is_bot=True)
        for name in ("ana", "ben", "carla"):
            self.add_member(name)
        self.add_member("gus", guest=True)
        self.add_channel("#general", members=["ana", "ben", "carla"])
        self.add_channel("#finance", members=["ana", "ben", "carla", "gus"])
        self.add_channel("#licences", members=["ana", "ben"], private=True, bot_in=False)

    def add_member(self, name: str, *, guest: bool = False, foreign: bool = False, admin: bool = False) -> User:
        """Add a person; `foreign` ones belong to another workspace."""
        return self._add_user(name, guest=guest, foreign=foreign, admin=admin)

    def _add_user(
        self, name: str, *, guest: bool = False, foreign: bool = False, admin: bool = False, is_bot: bool = False
    ) -> User:
        user = User(self._id("U"), name, guest=guest, foreign=foreign, admin=admin, is_bot=is_bot)
        self.users[user.id] = user
        return user

    def add_channel(
        self, name: str, members: Iterable[str] = (), *, private: bool = False, bot_in: bool = True
    ) -> Channel:
        """Add a channel with these people in it, by name."""
        channel = Channel(self._id("C"), name.removeprefix("#"), private=private, bot_name=self.bot.name)
        channel.member_ids += [self.user(member).id for member in members]
        channel.shared = any(self.users[each].foreign for each in channel.member_ids)
        if bot_in:
            channel.member_ids.append(self.bot.id)
        self.channels[channel.id] = channel
        return channel

    def add_group_dm(self, members: Iterable[str], *, bot_in: bool = True) -> Channel:
        """Add a direct message of several people; the bot is in it from the start or never."""
        names = [self.user(member).name for member in members]
        name = f"mpdm-{'--'.join(names)}-1"
        channel = self.add_channel(name, names, private=True, bot_in=bot_in)
        channel.is_mpim = True
        return channel

    def join_grid(self, name: str, *, teams: Iterable[str] = (TEAM_ID,), hides_team: bool = True) -> EnterpriseAccount:
        """Give a person an account of the organisation beside the one of the workspace."""
        account = EnterpriseAccount(self._id("W"), list(teams), hides_team)
        self.user(name).enterprise = account
        return account

    def add_usergroup(self, handle: str, members: Iterable[str]) -> Usergroup:
        """Add a user group with these people in it: by name, or by the id that the group is to list."""
        listed = [name if name in self.user(name).ids else self.user(name).id for name in members]
        group = Usergroup(self._id("S"), handle.removeprefix("@"), listed)
        self.usergroups[group.id] = group
        return group

    def _id(self, letter: str) -> str:
        self._ids += 1
        return f"{letter}0SBX{self._ids:05d}"

    def user(self, name_or_id: str) -> User:
        """Return a person by name or by one of the ids. Raises KeyError."""
        if (known := self.account(name_or_id)) is not None:
            return known
        name = name_or_id.removeprefix("@")
        return next((user for user in self.users.values() if user.name == name), None) or self._unknown(name_or_id)

    def account(self, user_id: str) -> User | None:
        """Return the account that has this id among its ids."""
        return self.users.get(user_id) or next((user for user in self.users.values() if user_id in user.ids), None)

    def channel(self, name_or_id: str, reader: User | None = None) -> Channel:
        """Return a channel by `#name`, name or id; `@tokenflex` is the direct message of `reader`. Raises KeyError."""
        if name_or_id in self.channels:
            return self.channels[name_or_id]
        if name_or_id == f"@{self.bot.name}" and reader is not None:
            return self.direct_message(reader)
        name = name_or_id.removeprefix("#")
        found = (each for each in self.channels.values() if each.name == name and not each.is_im)
        return next(found, None) or self._unknown(name_or_id)

    @staticmethod
    def _unknown(name: str) -> NoReturn:
        raise KeyError(f"The workspace has no {name}.")

    def direct_message(self, user: User) -> Channel:
        """Return the direct message between the bot and that person, opened when there is none yet."""
        for channel in self.channels.values():
            if channel.is_im and user.id in channel.member_ids:
                return channel
        channel = Channel(self._id("D"), user.name, is_im=True, bot_name=self.bot.name, private=True)
        channel.member_ids += [user.id, self.bot.id]
        self.channels[channel.id] = channel
        return channel

    def invite_bot(self, channel: str) -> None:
        """Make the bot a member of the channel."""
        place = self.channel(channel)
        if self.bot.id not in place.member_ids:
            place.member_ids.append(self.bot.id)
        self._changes.announce("channel_changed", place)

    def kick_bot(self, channel: str) -> None:
        """Take the bot out of the channel."""
        place = self.channel(channel)
        place.member_ids = [each for each in place.member_ids if each != self.bot.id]
        self._changes.announce("channel_changed", place)

    def join(self, channel: str, person: str) -> None:
        """Make a person a member; with somebody of another organisation the channel is a shared one."""
        place, user = self.channel(channel), self.user(person)
        if user.id not in place.member_ids:
            place.member_ids.append(user.id)
        place.shared = place.shared or user.foreign
        self._changes.announce("channel_changed", place)

    def leave(self, channel: str, person: str) -> None:
        """Take a person out of the channel; a shared one stays shared."""
        place, user = self.channel(channel), self.user(person)
        place.member_ids = [each for each in place.member_ids if each != user.id]
        self._changes.announce("channel_changed", place)

    def change_id(self, channel: str) -> str:
        """Give a private channel another id for good, as happens when sharing begins; return the old one."""
        place = self.channel(channel)
        if place.kind != "private":
            raise AssertionError(f"The id of {channel} cannot change: it is no private channel.")
        old = place.id
        del self.channels[old]
        place.id = self._id("C")
        self.channels[place.id] = place
        self._changes.announce("channel_id_changed", (place, old))
        return old

    def archive(self, channel: str, *, archived: bool = True) -> None:
        """Archive the channel, or take it back out of the archive."""
        self.channel(channel).archived = archived
        self._changes.announce("channel_changed", self.channel(channel))

    def rename(self, channel: str, name: str) -> None:
        """Give the channel another name; its id stays."""
        self.channel(channel).name = name.removeprefix("#")

    def deactivate(self, name: str) -> None:
        """Deactivate a person's account."""
        self.user(name).deleted = True

    def bot_is_in(self, channel: Channel) -> bool:
        """Say whether the bot is a member."""
        return self.bot.id in channel.member_ids

    def now(self) -> datetime:
        """Return the workspace's time in UTC."""
        return self._clock.now()

    def user_name(self, user_id: str) -> str:
        """Return the name of an account, or the id when it is unknown."""
        user = self.account(user_id)
        return user_id if user is None else user.name

    def channel_name(self, channel_id: str) -> str:
        """Return the name of a channel, or the id when it is unknown."""
        return self.channels[channel_id].name if channel_id in self.channels else channel_id

    def next_ts(self, channel: Channel) -> str:
        """Return a time stamp that no other message of the channel has."""
        channel.last_ts = max(int(self.now().timestamp() * 1_000_000), channel.last_ts + 1)
        return f"{channel.last_ts // 1_000_000}.{channel.last_ts % 1_000_000:06d}"

    def post(
        self,
        channel: Channel,
        sender: User,
        content: Content,
        *,
        parent: Message | None = None,
        broadcast: bool = False,
        ephemeral_for: User | None = None,
        unfurls: bool = True,
    ) -> Message:
        """Put a message into a channel; an ephemeral one is seen by one person only."""
        message = Message(
            self.next_ts(channel), channel, sender, content, self,
            parent=parent, broadcast=broadcast, unfurls=unfurls,
            ephemeral_for=ephemeral_for.name if ephemeral_for else None,
        )  # fmt: skip
        channel.messages.append(message)
        if parent:
            parent.replies.append(message)
        self._changes.announce("message_posted", message)
        return message

    def edit(self, message: Message, content: Content, *, mark: bool = False) -> None:
        """Replace what a message says; the old version goes to its history."""
        message.history.append(message.content)
        message.content = content
        message.edited_mark = message.edited_mark or mark
        self._changes.announce("message_edited", message)

    def delete(self, message: Message) -> None:
        """Take a message away."""
        message.deleted = True
        self._changes.announce("message_deleted", message)
