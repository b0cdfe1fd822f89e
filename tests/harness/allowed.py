"""Houses in which the settings say who may: people, groups and channels are written by name, as in `{gus}`."""

import time
from collections.abc import Iterable, Mapping
from datetime import timedelta

from sandbox.slack.json_values import Json
from sandbox.slack.messages import Content, Message
from storage.audit import Entry, since
from tests.harness.house import House
from tests.harness.talk import QUICK, SPEED, OpenHouse, knows_contracts

#: What everybody hears who may not use the bot.
REFUSAL = "this data includes people's names, so only"


async def house_where(
    new_house: OpenHouse,
    *,
    groups: Mapping[str, Iterable[str]] | None = None,
    slack: Mapping[str, object] | None = None,
    token_flex: Mapping[str, object] | None = None,
    **variables: str,
) -> House:
    """Open a house with these user groups and a running bot with these settings."""
    house: House = await new_house(speed=SPEED, token_flex={**QUICK, **(token_flex or {})}, slack=slack)
    for handle, people in (groups or {}).items():
        house.slack.workspace.add_usergroup(handle, people)
    await house.start_bot(**with_ids(house, variables))
    await knows_contracts(house)
    return house


def with_ids(house: House, variables: Mapping[str, str]) -> dict[str, str]:
    """Return settings with the IDs of who and what they name."""
    workspace = house.slack.workspace
    ids = {user.name: user.id for user in workspace.users.values()}
    ids |= {channel.name: channel.id for channel in workspace.channels.values()}
    ids |= {group.handle: group.id for group in workspace.usergroups.values()}
    return {name: value.format_map(ids) for name, value in variables.items()}


async def restarted(house: House, **variables: str) -> None:
    """Start the bot anew with further settings."""
    await house.stop_bot()
    await house.start_bot(**with_ids(house, variables))
    await knows_contracts(house)


async def recorded(house: House) -> list[Entry]:
    """Return the whole audit of the running bot."""
    assert house.bot is not None
    return await house.side.database.read(lambda db: list(since(db)))


def private_texts(house: House, name: str) -> list[str]:
    """Return what the bot has shown to this person alone, in any channel."""
    return [message.text for message in private_messages(house, name)]


def private_messages(house: House, name: str) -> list[Message]:
    """Return the messages that this person alone sees."""
    channels = house.slack.workspace.channels.values()
    return [message for channel in channels for message in channel.messages if message.ephemeral_for == name]


def old_button(house: House, channel: str, action_id: str, value: str = "1") -> Message:
    """Post a message of an earlier day with one button, `Press me`."""
    button: Json = {"type": "button", "action_id": action_id, "value": value}
    button["text"] = {"type": "plain_text", "text": "Press me"}
    block: Json = {"type": "actions", "block_id": "old", "elements": [button]}
    workspace = house.slack.workspace
    return workspace.post(workspace.channel(channel), workspace.bot, Content("An old message", (block,)))


def pass_time(house: House, minutes: float) -> None:
    """Let the house's clock jump ahead."""
    clock = house.clock
    clock.follow(clock.now() + timedelta(minutes=minutes), time.time(), clock.factor)
