"""What people type and see again and again, for tests that read like a conversation."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping

from sandbox.slack.member import Member
from sandbox.slack.messages import Message
from tests.harness.house import CONTRACT, House

#: Faster than the other tests: the budget of calls makes people wait for minutes.
SPEED = 40.0
QUICK: Mapping[str, object] = {"durations": (1.0, 1.0), "link_life": 120.0}

#: Said by exports here unless a test is about answers: each starts a process, needs a link and posts a message, at a
#: time that nobody knows.
NO_ANSWER = "answer=no"
#: What a test says that is about answers, as people do: nothing.
AS_IT_IS = ""

#: What a card offers in every state but that of a refusal.
ASKED_ANEW = ("Run again", "Save as template", "Schedule")

OpenHouse = Callable[..., Awaitable[House]]


async def eventually(condition: Callable[[], bool], seconds: float = 120.0) -> None:
    """Wait, looking again and again, until something outside Slack is so; for at most that many real seconds."""
    async with asyncio.timeout(seconds):
        while not condition():  # noqa: ASYNC110 - there is nobody who could ring
            await asyncio.sleep(0.01)


def export(
    name: str = "year1", *, contract: str = CONTRACT, where: str = "contractYear=1", more: str = NO_ANSWER
) -> str:
    """Return a command that asks for a small export of that name."""
    parts = f'fields=productName metrics=tokensConsumed where="{where}" name={name} {more}'.strip()
    return f"/tokenflex export contract={contract} {parts}"


async def quick_house(new_house: OpenHouse, *, slack: Mapping[str, object] | None = None, **variables: str) -> House:
    """Open a house whose exports are done in a second, with a running bot and further settings."""
    house = await new_house(speed=SPEED, token_flex=QUICK, slack=slack)
    await house.start_bot(**variables)
    await knows_contracts(house)
    return house


async def knows_contracts(house: House) -> None:
    """Wait until the bot has fetched the list of contracts."""
    await eventually(lambda: bool(house.bot and house.bot.contracts and house.bot.contracts.contracts))


async def asks(
    member: Member, channel: str = "#finance", name: str = "year1", *, number: int = 1, more: str = NO_ANSWER
) -> Message:
    """Ask for an export and return its card."""
    await member.types(channel, export(name, more=more))
    await member.hears(channel, f"Got it: export #{number}", private=True)
    return await member.hears(channel, f"Export #{number} · {name}.csv", "Asked by", private=False)


async def gets(
    member: Member, channel: str = "#finance", name: str = "year1", *, number: int = 1, more: str = NO_ANSWER
) -> Message:
    """Ask for an export and return the announcement that it is ready."""
    await asks(member, channel, name, number=number, more=more)
    return await member.hears(channel, f"export #{number} is ready", private=False, timeout=20)


async def fails(house: House, member: Member, channel: str = "#finance", *, number: int = 1) -> Message:
    """Ask for an export that fails and return the announcement of that."""
    house.token_flex.controls.fail_next()
    await asks(member, channel, number=number)
    return await member.hears(channel, f"export #{number} failed", private=False, timeout=20)


async def details_of(member: Member, message: Message, channel: str = "#finance") -> Message:
    """Press Details on a message of an export and return what is shown then."""
    await member.presses(message, "Details")
    return await member.hears(channel, "Posted to", "Asked for", private=True)


async def deletes(member: Member, message: Message, channel: str = "#finance") -> None:
    """Delete an export as people do: by its details, which stand behind a button of its messages."""
    await member.presses(await details_of(member, message, channel), "Delete")


def card_of(member: Member, number: int = 1, channel: str = "#finance") -> Message:
    """Return the card of an export as it stands now."""
    shown = f"Export #{number} · "
    return next(each for each in member.sees(channel) if shown in each.visible_text() and not each.ephemeral_for)


def keys(house: House) -> list[str]:
    """Return the request keys that Token Flex has given, oldest first."""
    return list(house.token_flex.exports.states())


def calls(house: House, method: str, path_end: str = "") -> int:
    """Count the calls to Token Flex of that HTTP method whose path ends so."""
    return sum(call.method == method and call.path.endswith(path_end) for call in house.token_flex.calls)
