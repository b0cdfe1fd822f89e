"""How a contract stands: shown to who asks, and posted by a button."""

from typing import Any

from slack_bolt.async_app import AsyncAck

from bot.answers.usage import UsageAtAGlance
from bot.cards import actions, usage_card
from bot.cards.blocks import Message
from bot.cards.text import is_direct_message
from bot.people.asker import Asker
from handlers import envelope
from handlers.envelope import Body
from handlers.guard import Guard
from handlers.replies import Replies


class OnUsage:
    """The word `usage`, and *Post to channel* under what it shows."""

    def __init__(self, usage: UsageAtAGlance, replies: Replies, guard: Guard) -> None:
        self._usage = usage
        self._replies = replies
        self._guard = guard

    async def show(self, contract: str, asker: Asker, body: Body) -> None:
        """Show how a contract stands: what is known, and what is new when it has come."""
        channel = asker.channel
        in_channel = bool(channel) and not is_direct_message(channel) and not envelope.is_in_group_message(body)
        async for glance in self._usage.look(contract, asker):
            await self._tell(asker, body, usage_card.glance(glance, in_channel=in_channel))

    async def press(self, ack: AsyncAck, body: dict[str, Any]) -> None:
        """Listen to *Post to channel*."""
        await ack()
        contract = str(body["actions"][0].get("value") or "")
        await self._guard.run(
            actions.POST_USAGE,
            envelope.of_action(body),
            envelope.response_url(body),
            lambda asker: self._post(contract, asker, body),
        )

    async def _post(self, contract: str, asker: Asker, body: Body) -> None:
        await self._usage.post(contract, asker, envelope.origin_of_press(body))
        await self._tell(asker, body, usage_card.waits_for_channel(contract))

    async def _tell(self, asker: Asker, body: Body, message: Message) -> None:
        await self._replies.tell(envelope.response_url(body), asker, message)
