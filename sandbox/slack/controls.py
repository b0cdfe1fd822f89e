"""How the stand-in is told to misbehave, for tests of what the bot does then."""

import asyncio
from collections import defaultdict, deque
from dataclasses import dataclass
from typing import TYPE_CHECKING

from sandbox.slack.changes import Change, Changes

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from sandbox.slack.events import Events
    from sandbox.slack.files import Files
    from sandbox.slack.refusals import Refusals
    from sandbox.slack.socket_mode import SocketMode
    from sandbox.slack.triggers import Triggers


@dataclass(frozen=True, slots=True)
class Failure:
    """What the next call of a method meets instead of (or around) its normal answer.

    `status` is the HTTP status, `retry_after` in seconds; `html` answers a web page instead of JSON;
    `drop` closes the connection without an answer, before or after the call has had its effect; `silent` leaves it open
    until the caller has had enough; `delay` in seconds.
    """

    error: str | None = None
    status: int | None = None
    retry_after: int | None = None
    html: bool = False
    drop: bool = False
    silent: bool = False
    after_effect: bool = True
    delay: float = 0.0


class Controls:
    """Switches for tests. `method` is a Web API method such as `chat.postMessage`, or `response_url`, or `upload`."""

    def __init__(
        self,
        sockets: "SocketMode",
        changes: Changes,
        refusals: "Refusals",
        triggers: "Triggers",
        events: "Events",
        files: "Files",
    ) -> None:
        self._files = files
        self._events = events
        self.refusals = refusals
        self._triggers = triggers
        self._sockets = sockets
        self._changes = changes
        self._failures: dict[str, deque[Failure]] = defaultdict(deque)

    def fail_next(
        self,
        method: str,
        error: str | None = None,
        status: int | None = None,
        retry_after: int | None = None,
        count: int = 1,
        html: bool = False,
    ) -> None:
        """Refuse the next `count` calls: with an error code, an HTTP status, a Retry-After, or a page of HTML."""
        failure = Failure(error or _error_for(status, retry_after), status, retry_after, html)
        self._failures[method] += [failure] * count

    def refuse(
        self,
        method: str,
        error: str,
        messages: "Sequence[str]" = (),
        *,
        channel: str | None = None,
        thread_ts: str | None = None,
        ts: str | None = None,
    ) -> "Callable[[], None]":
        """Refuse every call of a method with this code, until the returned function is called.

        Only in one `channel` (by `#name` or id), one thread, or for one message where these are given; `messages` go
        into `response_metadata`. What Slack looks at first (token, rate limit, scope) still comes first.
        """
        return self.refusals.add(method, error, messages, channel=channel, thread_ts=thread_ts, ts=ts)

    def word_expired_triggers(self, words: bool = True) -> None:
        """Answer an expired trigger as `invalid_arguments` with the words in `response_metadata`, as Slack has."""
        self._triggers.in_words = words

    def drop_answer_next(self, method: str, after_effect: bool = True) -> None:
        """Close the connection of the next call without an answer, after or before it had its effect."""
        self._failures[method].append(Failure(drop=True, after_effect=after_effect))

    def never_answer_next(self, method: str, after_effect: bool = False, count: int = 1) -> None:
        """Leave the next `count` calls without an answer until the caller gives up, before or after their effect."""
        self._failures[method] += [Failure(silent=True, after_effect=after_effect)] * count

    def slow_next(self, method: str, seconds: float) -> None:
        """Do the next call only after so many real seconds."""
        self._failures[method].append(Failure(delay=seconds))

    def take(self, method: str) -> Failure | None:
        """Return what the call that is now being made shall meet, and forget it."""
        waiting = self._failures.get(method)
        return waiting.popleft() if waiting else None

    async def drop_sockets(self, abrupt: bool = False) -> None:
        """End all Socket Mode connections, with a close frame or (`abrupt`) without one."""
        await asyncio.gather(*(each.drop(abrupt=abrupt) for each in list(self._sockets.connections)))

    async def refresh_sockets(self, *, warning: bool = True) -> None:
        """Do what Slack does every few hours: warn, ask for a new connection, close the old one."""
        await asyncio.gather(*(each.refresh(warning=warning) for each in list(self._sockets.connections)))

    async def disconnect_sockets(self, reason: str = "link_disabled") -> None:
        """Announce the end of all connections for that reason, as Slack words it, and end them."""
        for connection in list(self._sockets.connections):
            await connection.disconnecting(reason)
            await connection.drop(abrupt=False)

    def refuse_sockets(self, refuse: bool = True) -> None:
        """Refuse new Socket Mode connections until called with False."""
        self._sockets.refusing = refuse

    def silence_sockets(self, silent: bool = True) -> None:
        """Leave pings unanswered and acknowledgements unread on the connections there are."""
        for connection in self._sockets.connections:
            connection.silent = silent

    def deliver_twice(self, n: int = 1) -> None:
        """Deliver each of the next `n` envelopes twice."""
        self._sockets.doubled = n

    def lose_shares(self, n: int = 1) -> None:
        """Accept the next `n` files for a place and never show them there."""
        self._files.lost = n

    def repeat_events(self, n: int = 1) -> None:
        """Deliver each of the next `n` events once more after it was acknowledged, as Slack now and then does."""
        self._events.repeated = n

    def subscribe(self, callback: "Callable[[Change], None]") -> "Callable[[], None]":
        """Call `callback` with every change from now on; the returned function ends that."""
        return self._changes.subscribe(callback)


def _error_for(status: int | None, retry_after: int | None) -> str:
    if status == 429 or retry_after is not None:
        return "ratelimited"
    return "internal_error" if status is None else "service_unavailable" if status == 503 else "fatal_error"
