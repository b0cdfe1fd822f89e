"""The Events API: what the app subscribed to and may read, delivered until it is acknowledged, now and then twice."""

import asyncio
import secrets
from collections.abc import Callable, Collection, Coroutine
from dataclasses import dataclass
from typing import Any

from sandbox.clock import Clock
from sandbox.slack.changes import Change, Changes
from sandbox.slack.channels import Channel
from sandbox.slack.json_values import Json
from sandbox.slack.messages import Content, Message
from sandbox.slack.people import APP_ID, ENTERPRISE_ID, TEAM_ID, User
from sandbox.slack.socket_mode import SocketMode
from sandbox.slack.workspace import Workspace

#: Seconds before each retry (source: Slack, Events API: at once, after a minute, after five minutes).
RETRIES = (0.0, 60.0, 300.0)


@dataclass(frozen=True, slots=True)
class Delivered:
    """One attempt: the event, its id, which retry it was (0: the first), and whether the app acknowledged it."""

    event: Json
    event_id: str
    retry: int
    acknowledged: bool


class Events:
    """Delivers events to the app.

    `subscribed` are the names of the manifest's `bot_events`, for messages with their kind (`message.im`); `scopes`
    gives what the bot token holds now. `repeated` counts events that come once more although they were acknowledged.
    """

    def __init__(
        self,
        workspace: Workspace,
        sockets: SocketMode,
        changes: Changes,
        clock: Clock,
        scopes: Callable[[], Collection[str]],
    ) -> None:
        self.subscribed: frozenset[str] = frozenset()
        self.repeated = 0
        self.attempts: list[Delivered] = []
        self._workspace = workspace
        self._sockets = sockets
        self._clock = clock
        self._scopes = scopes
        self._tasks: set[asyncio.Task[None]] = set()
        changes.subscribe(self._heard)

    def home_opened(self, user: User, tab: str, view: Json | None) -> None:
        """Tell that a person opened the app, on the tab `home` or `messages`."""
        channel = self._workspace.direct_message(user)
        event = {"type": "app_home_opened", "user": user.acting_id, "channel": channel.id, "tab": tab}
        self._tell("app_home_opened", None, channel, event | ({} if view is None else {"view": view}))

    def _heard(self, change: Change) -> None:
        if not self.subscribed:
            return
        match change.kind:
            case "message_posted":
                self._posted(change.subject)
            case "message_edited":
                previous = change.subject.history[-1]
                self._altered(change.subject, "message_changed", {"message": change.subject.as_json()}, previous)
            case "message_deleted":
                told = {"deleted_ts": change.subject.ts}
                self._altered(change.subject, "message_deleted", told, change.subject.content)
            case "channel_id_changed":
                place, old = change.subject
                event = {"type": "channel_id_changed", "old_channel_id": old, "new_channel_id": place.id}
                self._tell("channel_id_changed", f"{place.scope_family}:read", place, event)

    def _posted(self, message: Message) -> None:
        if message.ephemeral_for is not None or _is_typed_command(message):
            return
        place = message.place
        event = message.as_json() | {"channel": place.id, "channel_type": _channel_type(place)}
        self._tell(_message_event(place), f"{place.scope_family}:history", place, event)
        if not place.is_im and not message.sender.is_bot and f"<@{self._workspace.bot.id}" in message.text:
            self._tell("app_mention", "app_mentions:read", place, event | {"type": "app_mention"})

    def _altered(self, message: Message, subtype: str, told: Json, previous: Content) -> None:
        if message.ephemeral_for is not None:
            return
        place = message.place
        before = message.as_json() | {"text": previous.text, "blocks": list(previous.blocks)}
        event = {"type": "message", "subtype": subtype, "hidden": True, "channel": place.id, "previous_message": before}
        event |= {"ts": self._workspace.next_ts(place), "channel_type": _channel_type(place), **told}
        self._tell(_message_event(place), f"{place.scope_family}:history", place, event)

    def _tell(self, name: str, scope: str | None, place: Channel, event: Json) -> None:
        """Deliver an event in the background if the app subscribed to it, may have it, and is there."""
        allowed = scope is None or scope in self._scopes()
        if name not in self.subscribed or not allowed or not self._workspace.bot_is_in(place):
            return
        now = self._clock.now().timestamp()
        shown = event | {"event_ts": f"{now:.6f}"}
        times = 2 if self.repeated > 0 else 1
        self.repeated = max(0, self.repeated - 1)
        self._begin(self._deliver(self._callback(shown, int(now), place), times))

    def _callback(self, event: Json, seconds: int, place: Channel) -> Json:
        org_wide = self._workspace.installation.org_wide
        team, enterprise = (None, ENTERPRISE_ID) if org_wide else (TEAM_ID, None)
        authorization = {
            "enterprise_id": enterprise,
            "team_id": team,
            "user_id": self._workspace.bot.id,
            "is_bot": True,
            "is_enterprise_install": org_wide,
        }
        return {
            "token": "sandbox-verification",
            "team_id": team,
            "api_app_id": APP_ID,
            "event": event,
            "type": "event_callback",
            "event_id": f"Ev{secrets.token_hex(5).upper()}",
            "event_time": seconds,
            "authorizations": [authorization],
            "is_ext_shared_channel": place.shared,
            "event_context": secrets.token_urlsafe(12),
        } | ({"enterprise_id": enterprise} if org_wide else {})

    async def _deliver(self, callback: Json, times: int) -> None:
        """Deliver until it is acknowledged as many times as it is to come, or the retries are used up."""
        reason = ""
        for retry, pause in enumerate((0.0, *RETRIES)):
            if pause:
                await self._clock.sleep(pause)
            told = {"retry_attempt": retry, "retry_reason": reason}
            ack = await self._sockets.deliver("events_api", callback, accepts_response=False, more=told)
            self.attempts.append(Delivered(callback["event"], callback["event_id"], retry, ack.error is None))
            times -= ack.error is None
            if times < 1:
                return
            reason = "timeout" if ack.error != "no_connection" else "connection_failed"

    def _begin(self, work: Coroutine[Any, Any, None]) -> None:
        task = asyncio.ensure_future(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def settled(self) -> None:
        """Wait until every event is acknowledged or given up. Raises what went wrong in a delivery."""
        while self._tasks:
            await asyncio.gather(*self._tasks)

    async def close(self) -> None:
        """Give up what is under way."""
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)


def _channel_type(place: Channel) -> str:
    return {"im": "im", "mpim": "mpim", "private": "group", "public": "channel"}[place.kind]


def _message_event(place: Channel) -> str:
    return f"message.{place.scope_family}"


def _is_typed_command(message: Message) -> bool:
    """Say whether it only shows what somebody typed as a command, which is no message of theirs."""
    return not message.sender.is_bot and message.text.startswith("/")
