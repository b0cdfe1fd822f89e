"""Private answers: by the response URL of what a person did, else shown to them in the channel, else by message.

A response URL needs no membership of the channel, but works five times and for half an hour only
(source: Slack, "Handling user interaction").
"""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import structlog
from slack_bolt.async_app import AsyncRespond
from slack_sdk.errors import SlackApiError
from slack_sdk.web.async_client import AsyncWebClient

from bot.cards.blocks import Message
from bot.people.asker import Asker
from bot.runtime.clock import Clock
from bot.slack.posts import BLOCK_ERRORS, retry_after

#: Seconds that Slack may want to be left alone for before another way is tried: a channel takes one message a second.
_LONGEST_PAUSE = 5.0
#: How long one way is tried again: a rush of people in one channel is served one after another.
_PATIENCE = timedelta(seconds=60)

Content = dict[str, Any]

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class _Outcome:
    """What came of one try; `pause` in seconds is how long Slack wants to be left alone."""

    done: bool = False
    blocks_refused: bool = False
    pause: float = 0.0


Way = Callable[[Content], Awaitable[_Outcome]]


class Replies:
    """Tells one person something, in the place where they are looking."""

    def __init__(self, client: AsyncWebClient, clock: Clock) -> None:
        self._client = client
        self._clock = clock

    async def tell(
        self, respond: AsyncRespond | None, asker: Asker, message: Message, *, replace: bool = False
    ) -> None:
        """Show a message to one person only; with `replace` in place of the private message that they acted on."""
        if respond is not None and await self._said(self._by_response_url(respond, replace=replace), message):
            return
        if asker.channel and await self._said(self._in_channel(asker), message):
            return
        if not await self._said(self._by_message(asker), message):
            log.error("a person could not be answered", person=asker.person)

    @staticmethod
    def _by_response_url(respond: AsyncRespond, *, replace: bool) -> Way:
        async def way(content: Content) -> _Outcome:
            answer = await respond(
                response_type="ephemeral",
                replace_original=replace,
                unfurl_links=False,
                unfurl_media=False,
                **content,
            )
            return _outcome(answer.status_code, answer.headers, "invalid_blocks" if answer.status_code == 400 else "")

        return way

    def _in_channel(self, asker: Asker) -> Way:
        async def way(content: Content) -> _Outcome:
            await self._client.chat_postEphemeral(channel=asker.channel, user=asker.person, **content)
            return _Outcome(done=True)

        return way

    def _by_message(self, asker: Asker) -> Way:
        async def way(content: Content) -> _Outcome:
            await self._client.chat_postMessage(channel=asker.person, unfurl_links=False, unfurl_media=False, **content)
            return _Outcome(done=True)

        return way

    async def _said(self, way: Way, message: Message) -> bool:
        """Try one way: a moment later where Slack asks for that, and without the blocks where it refuses them."""
        content: Content = {"text": message.text, "blocks": message.blocks}
        give_up_at = self._clock.now() + _PATIENCE
        while True:
            outcome = await _tried(way, content)
            if outcome.done:
                return True
            if outcome.blocks_refused and "blocks" in content:
                content = {"text": message.text}
            elif 0 < outcome.pause <= _LONGEST_PAUSE and self._clock.now() < give_up_at:
                await self._clock.sleep(outcome.pause)
            else:
                return False


async def _tried(way: Way, content: Content) -> _Outcome:
    try:
        outcome = await way(content)
    except SlackApiError as error:
        outcome = _outcome(error.response.status_code, error.response.headers, str(error.response.get("error")))
    except Exception as error:  # noqa: BLE001 - whatever the reason, there are other ways
        log.info("an answer did not reach Slack", error=type(error).__name__)
        return _Outcome()
    if not outcome.done:
        log.info("an answer was refused", blocks=outcome.blocks_refused, pause=outcome.pause)
    return outcome


def _outcome(status: int, headers: Mapping[str, str], code: str) -> _Outcome:
    limited = status == 429 or code in {"ratelimited", "rate_limited"}
    return _Outcome(
        done=status < 300 and not code,
        blocks_refused=code in BLOCK_ERRORS,
        pause=retry_after(headers) if limited else 0.0,
    )
