"""The one door to Slack: every call has a deadline, keeps its pace, and fails with one of the errors of `errors.py`."""

import asyncio
import json
from collections import defaultdict, deque
from collections.abc import AsyncIterable, AsyncIterator, Mapping
from contextlib import asynccontextmanager
from datetime import datetime, timedelta
from math import isfinite
from typing import Any, Final

import aiohttp
from slack_sdk.errors import SlackApiError, SlackClientError
from slack_sdk.web.async_client import AsyncWebClient
from slack_sdk.webhook.async_client import AsyncWebhookClient

from bot.network import Network, Obstacle, obstacle
from bot.runtime.clock import Clock
from bot.runtime.server_time import ServerTime
from bot.slack.drawings import Drawings
from bot.slack.errors import (
    BlocksRefusedError,
    FileGoneError,
    SlackBrokenError,
    SlackError,
    SlackRateLimitedError,
    SlackUnreachableError,
    SlackUnsureError,
    judged,
)
from bot.tokenflex.http import http_date

LONGEST: Final = 30.0  #: real seconds that Slack may take for one call
WAITED_FOR: Final = 3.0  #: the same where a person's act waits for it (source: Slack, trigger ids)
_RESPONSE_URL: Final = "response_url"
_UPLOAD: Final = "upload"
_DEFAULT_RETRY_AFTER: Final = 30.0
_LONGEST_RETRY_AFTER: Final = 900.0  #: more is not believed: a slip there would silence us for as long
_MINUTE: Final = timedelta(seconds=60)
#: Calls a minute that Slack allows at least (source: Slack rate limits, tier 3: 50+), with room for others.
_PER_MINUTE: Final = {
    "chat.update": 48,
    "chat.delete": 45,
    "conversations.history": 45,
    "conversations.replies": 45,
    "files.delete": 45,
}
#: Slack counts these for each channel, so what it says of one channel keeps nobody from posting to the next.
_PER_CHANNEL: Final = frozenset(
    {"chat.postMessage", "chat.postEphemeral", "files.completeUploadExternal", _RESPONSE_URL}
)


class SlackApi:
    """Calls methods of Slack's Web API, and posts to response URLs.

    The client must have no retry handlers: a repeated `chat.postMessage` could post twice. `time` learns from each
    response what Slack's clock shows; `drawings` knows which blocks Slack takes; `scopes` are those of the bot token,
    None until Slack has named them.
    """

    def __init__(self, client: AsyncWebClient, clock: Clock) -> None:
        self._client = client
        self._clock = clock
        self._recent: defaultdict[str, deque[datetime]] = defaultdict(deque)
        self._paused_until: dict[str, datetime] = {}
        self.time = ServerTime(clock)
        self.drawings = Drawings(clock)
        self.scopes: frozenset[str] | None = None

    async def call(self, method: str, *, within: float = LONGEST, **arguments: object) -> Mapping[str, Any]:
        """Return what a method such as `chat.postMessage` responds `within` so many real seconds.

        Raises:
            SlackError: it did not work; the class says what that means.

        """
        self._spend(method)
        ask = getattr(self._client, method.replace(".", "_"))
        try:
            async with translated(within):
                response = await ask(**arguments)
        except SlackApiError as error:
            raise self._failed(method, error.response) from None
        except AttributeError:  # what slack_sdk 3.48 makes of a text, or a list, from something in between
            raise SlackBrokenError("no JSON") from None
        if not isinstance(response.data, dict):
            raise SlackBrokenError("no JSON")
        self._learn(response.headers)
        if "app_token" not in arguments:
            self._learn_scopes(response.headers)
        return response.data

    async def respond(self, url: str, content: Mapping[str, Any], *, within: float = LONGEST) -> None:
        """Post to a response URL.

        Raises:
            SlackError: it did not work; the class says what that means.

        """
        ours = self._client
        webhook = AsyncWebhookClient(url, session=ours.session, proxy=ours.proxy, ssl=ours.ssl, retry_handlers=[])
        async with translated(within):
            response = await webhook.send_dict(dict(content))
        self._learn(response.headers)
        code, messages = _words(_json(response.body))
        if response.status_code == 400:
            raise BlocksRefusedError(code or "HTTP 400")
        if response.status_code >= 300 or code:
            raise judged(_RESPONSE_URL, response.status_code, code, messages, _retry_after(response.headers))

    async def upload(self, address: str, content: AsyncIterable[bytes], length: int, *, within: float) -> None:
        """Send the bytes of a file, so many, to the address that Slack has given for them; that is a secret.

        Raises:
            SlackError: they did not arrive, or may not have; the class says what that means.

        """
        ours = self._client
        headers = {"Content-Length": str(length), "Content-Type": "application/octet-stream"}
        if ours.session is None:
            raise AssertionError("the door has a session")
        async with (
            translated(within),
            ours.session.post(
                address,
                data=content,
                headers=headers,
                proxy=ours.proxy,
                ssl=ours.ssl or True,
                allow_redirects=False,
                timeout=aiohttp.ClientTimeout(total=None),  # it takes as long as `within` says
            ) as response,
        ):
            status, retry_after = response.status, _retry_after(response.headers)
        if status == 429:
            raise SlackRateLimitedError(retry_after, _UPLOAD)
        if 400 <= status < 500:
            raise FileGoneError(f"HTTP {status}")
        if status != 200:
            raise SlackBrokenError(f"HTTP {status}")

    async def greeting(self, address: str, *, within: float = LONGEST) -> object:
        """Return what Slack says first on a new Socket Mode connection, which is closed again.

        Never beside a running bot: the connection would get a part of its traffic.

        Raises:
            SlackUnreachableError, SlackUnsureError: it could not be opened.

        """
        async with (
            translated(within),
            aiohttp.ClientSession() as session,
            session.ws_connect(address, proxy=self._client.proxy, ssl=self._client.ssl or True) as socket,
        ):
            return json.loads(str((await socket.receive()).data))

    def for_bolt(self) -> AsyncWebClient:
        """Return a client for Bolt and Socket Mode; of a token Bolt would say at each start that it is not used."""
        ours = self._client
        return AsyncWebClient(
            base_url=ours.base_url, proxy=ours.proxy, ssl=ours.ssl, session=ours.session, retry_handlers=[]
        )

    def _spend(self, method: str) -> None:
        """Count a call of this method.

        Raises:
            SlackRateLimitedError: by its tier, or by what Slack last said, it may not be called yet.

        """
        recent, now = self._recent[method], self._clock.now()
        while recent and now - recent[0] > _MINUTE:
            recent.popleft()
        free_at = self._paused_until.get(method, now)
        if len(recent) >= _PER_MINUTE.get(method, len(recent) + 1):
            free_at = max(free_at, recent[0] + _MINUTE + timedelta(seconds=1))
        if free_at > now:
            raise SlackRateLimitedError((free_at - now).total_seconds(), method)
        recent.append(now)

    def _failed(self, method: str, response: object) -> SlackError:
        """Return what a response means; where its body cannot be read slack_sdk hands on that of aiohttp."""
        status = int(getattr(response, "status_code", 0) or getattr(response, "status", 0))
        headers = getattr(response, "headers", {})
        self._learn(headers)
        error = judged(method, status, *_words(getattr(response, "data", None)), _retry_after(headers))
        if isinstance(error, SlackRateLimitedError) and method not in _PER_CHANNEL:
            self._paused_until[method] = self._clock.now() + timedelta(seconds=error.retry_after)
        return error

    def _learn(self, headers: Mapping[str, str]) -> None:
        moment = http_date(_header(headers, "date") or "")
        if moment is not None:
            self.time.observe(moment)

    def _learn_scopes(self, headers: Mapping[str, str]) -> None:
        scopes = _header(headers, "x-oauth-scopes")
        if scopes is not None:
            self.scopes = frozenset(scope.strip() for scope in scopes.split(",") if scope.strip())


@asynccontextmanager
async def translated(seconds: float) -> AsyncIterator[None]:
    """Give what is done in here so many real seconds, and its trouble on the way one of two meanings.

    Raises:
        SlackUnreachableError, SlackUnsureError: there was no response.

    """
    try:
        async with asyncio.timeout(seconds):
            yield
    except (SlackApiError, SlackError):
        raise
    except aiohttp.ClientHttpProxyError:
        raise SlackUnreachableError(obstacle=Obstacle.PROXY_REFUSES) from None
    except aiohttp.ClientConnectorError as error:
        at_proxy = isinstance(error, aiohttp.ClientProxyConnectionError)
        raise SlackUnreachableError(obstacle=obstacle(error, at_proxy=at_proxy)) from None
    except (TimeoutError, aiohttp.ClientError, SlackClientError, OSError) as error:
        raise SlackUnsureError(type(error).__name__) from None
    except ValueError:
        raise SlackBrokenError("no JSON") from None


@asynccontextmanager
async def slack_at(base_url: str, token: str, network: Network, clock: Clock) -> AsyncIterator[SlackApi]:
    """Give a door with this bot token; its client's proxy and certificates are good for Socket Mode too.

    Raises:
        OSError: the certificates of `network` cannot be read.

    """
    proxy, trust = network.proxy_for(base_url), network.trust()
    async with aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=LONGEST)) as session:
        client = AsyncWebClient(token, base_url, proxy=proxy, ssl=trust, session=session, retry_handlers=[])
        yield SlackApi(client, clock)


def _words(data: object) -> tuple[str, list[object]]:
    """Return Slack's word for a failure, "" where there is none, and what it adds to that."""
    if not isinstance(data, dict) or data.get("ok"):
        return "", []
    metadata = data.get("response_metadata")
    messages = metadata.get("messages") if isinstance(metadata, dict) else None
    return str(data.get("error") or ""), messages if isinstance(messages, list) else []


def _json(body: str) -> object:
    try:
        return json.loads(body)
    except ValueError:
        return None


def _retry_after(headers: Mapping[str, str]) -> float:
    """Return for how many seconds Slack wants to be left alone."""
    try:
        seconds = float(_header(headers, "retry-after") or "")
    except ValueError:
        return _DEFAULT_RETRY_AFTER
    return min(max(1.0, seconds), _LONGEST_RETRY_AFTER) if isfinite(seconds) else _DEFAULT_RETRY_AFTER


def _header(headers: Mapping[str, str], wanted: str) -> str | None:
    return next((str(value) for name, value in headers.items() if name.lower() == wanted), None)
