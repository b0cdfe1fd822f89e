"""Private answers: by the response URL of what a person did, else shown to them in the channel, else by message.

A response URL needs no membership of the channel, but works five times and for half an hour only
(source: Slack, "Handling user interaction").
"""

from collections.abc import Awaitable, Callable
from datetime import timedelta
from typing import Any

import structlog

from bot.cards.blocks import Message
from bot.people.asker import Sender
from bot.runtime.clock import Clock
from bot.slack.api import SlackApi
from bot.slack.errors import BlocksRefusedError, SlackError, SlackRateLimitedError

#: Seconds that Slack may want to be left alone for before another way is tried: a channel takes one message a second.
_LONGEST_PAUSE = 5.0
#: How long one way is tried again: a rush of people in one channel is served one after another.
_PATIENCE = timedelta(seconds=60)
_NO_UNFURLING = {"unfurl_links": False, "unfurl_media": False}

Content = dict[str, Any]
Way = Callable[[Content], Awaitable[object]]

log = structlog.get_logger(__name__)


class Replies:
    """Tells one person something, in the place where they are looking."""

    def __init__(self, api: SlackApi, clock: Clock) -> None:
        self._api = api
        self._clock = clock

    async def tell(
        self, response_url: str, sender: Sender, message: Message, *, replace: bool = False, thread: str = ""
    ) -> bool:
        """Show a message to one person only, and say whether that worked.

        With `replace` it comes in place of the private message that they acted on; `thread` is the one of the channel
        where they are looking.
        """
        there: Content = {"thread_ts": thread} if thread else {}

        async def by_response_url(content: Content) -> None:
            how = {"response_type": "ephemeral", "replace_original": replace, **({} if replace else there)}
            await self._api.respond(response_url, {**how, **_NO_UNFURLING, **content})

        async def in_channel(content: Content) -> None:
            await self._api.call("chat.postEphemeral", channel=sender.channel, user=sender.person, **there, **content)

        async def by_message(content: Content) -> None:
            await self._api.call("chat.postMessage", channel=sender.person, **_NO_UNFURLING, **content)

        if response_url and await self._said(by_response_url, message):
            return True
        if sender.channel and await self._said(in_channel, message):
            return True
        is_said = await self._said(by_message, message)
        if not is_said:
            log.error("a person could not be answered", person=sender.person)
        return is_said

    async def _said(self, way: Way, message: Message) -> bool:
        """Try one way: a moment later where Slack asks for that, and plainer where it refuses the blocks."""
        first, *drawings = self._api.drawings.of(message)
        content: Content = {"text": message.text, "blocks": first}
        give_up_at = self._clock.now() + _PATIENCE
        while True:
            try:
                await way(content)
            except BlocksRefusedError as error:
                log.info("the blocks of an answer were refused", reason=str(error))
                if content.pop("blocks", None) is None:
                    return False
                if drawings:
                    content["blocks"] = drawings.pop(0)
                else:
                    content["text"] = message.bare or message.text
            except SlackRateLimitedError as error:
                if error.retry_after > _LONGEST_PAUSE or self._clock.now() >= give_up_at:
                    return False
                await self._clock.sleep(error.retry_after)
            except SlackError as error:
                log.info("an answer was not taken", error=type(error).__name__, reason=str(error))
                return False
            else:
                if content.get("blocks", first) is not first:
                    self._api.drawings.plainer_taken()
                return True
