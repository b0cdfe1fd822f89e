"""How a contract stands: shown to who asks, and posted by a button."""

from typing import Any

from slack_bolt.async_app import AsyncAck

from bot.answers.usage import UsageAtAGlance
from bot.cards import actions, usage_card
from bot.cards.text import is_direct_message
from bot.slack.views import Trigger
from handlers import envelope
from handlers.guard import Guard
from handlers.on_exports import Act, OnExports


class OnUsage:
    """The word `usage`, and *Post to channel* under what it shows."""

    def __init__(self, usage: UsageAtAGlance, on_exports: OnExports, guard: Guard) -> None:
        self._usage = usage
        self._tell = on_exports.tell
        self._guard = guard

    async def show(self, contract: str, act: Act) -> None:
        """Show how a contract stands: what is known, and what is new when it has come."""
        channel = act.asker.channel
        in_channel = bool(channel) and not is_direct_message(channel) and not envelope.is_in_group_message(act.body)
        async for glance in self._usage.look(contract, act.asker):
            await self._tell(act, usage_card.glance(glance, in_channel=in_channel))

    async def press(self, ack: AsyncAck, body: dict[str, Any]) -> None:
        """Listen to *Post to channel*."""
        trigger = Trigger.of(body)
        await ack()
        contract = str(body["actions"][0].get("value") or "")
        await self._guard.run(
            actions.POST_USAGE,
            envelope.of_action(body),
            envelope.response_url(body),
            lambda asker: self._post(contract, Act(asker, body, trigger)),
        )

    async def _post(self, contract: str, act: Act) -> None:
        await self._usage.post(contract, act.asker, envelope.origin_of_press(act.body))
        await self._tell(act, usage_card.waits_for_channel(contract))
