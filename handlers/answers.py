"""Private answers: by the response URL of what a person did, else shown to them in the channel, else by message.

A response URL needs no membership of the channel, but works five times and for half an hour only
(source: Slack, "Handling user interaction").
"""

from typing import Any

import structlog
from slack_bolt.async_app import AsyncRespond
from slack_sdk.errors import SlackApiError
from slack_sdk.web.async_client import AsyncWebClient

from bot.cards.blocks import Message
from bot.exports import Asker

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
        content: dict[str, Any] = {"text": message.text, "blocks": message.blocks}
        try:
            await self._client.chat_postEphemeral(channel=asker.channel, user=asker.person, **content)
        except SlackApiError:
            await self._client.chat_postMessage(channel=asker.person, unfurl_links=False, unfurl_media=False, **content)

    async def _responded(self, respond: AsyncRespond, message: Message, *, replace: bool) -> bool:
        try:
            answer = await respond(
                text=message.text,
                blocks=message.blocks,
                response_type="ephemeral",
                replace_original=replace,
                unfurl_links=False,
                unfurl_media=False,
            )
        except Exception as error:  # noqa: BLE001 - whatever the reason, there are two more ways
            log.info("a response URL could not be used", error=type(error).__name__)
            return False
        if getattr(answer, "status_code", 200) >= 300:
            log.info("a response URL was refused", status=answer.status_code)
            return False
        return True
