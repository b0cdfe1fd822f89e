"""Private answers: by the response URL of what a person did, else shown to them in the channel, else by message.

A response URL needs no membership of the channel, but works five times and for half an hour only
(source: Slack, "Handling user interaction").
"""

from collections.abc import Awaitable, Callable
from typing import Any

import aiohttp
import structlog
from slack_bolt.async_app import AsyncRespond
from slack_sdk.errors import SlackApiError, SlackClientError
from slack_sdk.web.async_client import AsyncWebClient

from bot.cards.blocks import Message
from bot.exports import Asker
from bot.slack_posts import BLOCK_ERRORS

log = structlog.get_logger(__name__)


class Answers:
    """Tells one person something, in the place where they are looking."""

    def __init__(self, client: AsyncWebClient) -> None:
        self._client = client

    async def tell(
        self, respond: AsyncRespond | None, asker: Asker, message: Message, *, replace: bool = False
    ) -> None:
        """Show a message to one person only; with `replace` in place of the private message that they acted on."""
        if respond is not None and await self._responded(respond, message, replace=replace):
            return
        ephemeral, direct = self._client.chat_postEphemeral, self._client.chat_postMessage
        if asker.channel and await self._called(ephemeral, message, channel=asker.channel, user=asker.person):
            return
        if not await self._called(direct, message, channel=asker.person, unfurl_links=False, unfurl_media=False):
            log.error("a person could not be answered", person=asker.person)

    async def _responded(self, respond: AsyncRespond, message: Message, *, replace: bool) -> bool:
        arguments: dict[str, Any] = {
            "response_type": "ephemeral",
            "replace_original": replace,
            "unfurl_links": False,
            "unfurl_media": False,
        }
        for content in _contents(message):
            try:
                answer = await respond(**content, **arguments)
            except Exception as error:  # noqa: BLE001 - whatever the reason, there are two more ways
                log.info("a response URL could not be used", error=type(error).__name__)
                return False
            if answer.status_code < 300:
                return True
            log.info("a response URL was refused", status=answer.status_code)
            if answer.status_code != 400:  # 400: Slack does not take the blocks
                return False
        return False

    async def _called(self, method: Callable[..., Awaitable[Any]], message: Message, **arguments: str | bool) -> bool:
        for content in _contents(message):
            try:
                await method(**content, **arguments)
            except SlackApiError as error:
                code = str(error.response.get("error"))
                log.info("an answer was refused", method=method.__name__, code=code)
                if code not in BLOCK_ERRORS:
                    return False
            except (aiohttp.ClientError, SlackClientError, TimeoutError, OSError) as error:
                log.info("an answer did not reach Slack", method=method.__name__, error=type(error).__name__)
                return False
            else:
                return True
        return False


def _contents(message: Message) -> tuple[dict[str, Any], ...]:
    """Return the message with its blocks, and without: one block that Slack refuses must not cost the rest."""
    return {"text": message.text, "blocks": message.blocks}, {"text": message.text}
