"""What a person who was let in does: the same for a word of the command and for a button."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from slack_bolt.async_app import AsyncAck

from bot.people.asker import Asker
from bot.slack.views import Trigger
from handlers import envelope
from handlers.envelope import Body
from handlers.guard import Guard


@dataclass(frozen=True, slots=True)
class Act:
    """What a person who was let in typed or pressed."""

    asker: Asker
    body: Body
    trigger: Trigger


async def press(guard: Guard, ack: AsyncAck, body: Body, work: Callable[[str, str, Act], Awaitable[None]]) -> None:
    """Acknowledge a press, and do what its action id and value ask for, if the person may use the bot.

    The value is that of the button, or of the option that was chosen in a menu.
    """
    trigger = Trigger.of(body)
    await ack()
    action = body["actions"][0]
    action_id = str(action["action_id"])
    value = str((action.get("selected_option") or {}).get("value") or action.get("value") or "")
    await guard.run(
        action_id,
        envelope.of_action(body),
        envelope.response_url(body),
        lambda asker: work(action_id, value, Act(asker, body, trigger)),
    )
