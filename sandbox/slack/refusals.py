"""Lasting refusals: a method says no, always or in one place, until that is lifted."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sandbox.slack.channels import Channel
from sandbox.slack.errors import SlackFault
from sandbox.slack.workspace import Workspace


@dataclass(frozen=True, slots=True, eq=False)
class Refusal:
    """What is refused and in which words; a part that is None does not matter.

    `thread_ts` fits what is posted into that thread, and its messages; `ts` fits that one message.
    """

    method: str
    error: str
    messages: tuple[str, ...]
    channel: Channel | None
    thread_ts: str | None
    ts: str | None

    def fits(self, method: str, channel: Channel | None, thread_ts: str | None, ts: str | None) -> bool:
        """Say whether a call is refused."""
        if self.method != method or self.channel not in (None, channel) or self.ts not in (None, ts):
            return False
        if self.thread_ts is None:
            return True
        message = channel.message(ts) if channel is not None and ts is not None else None
        return self.thread_ts in (thread_ts, ts, message.thread_ts if message is not None else None)

    def fault(self) -> SlackFault:
        """Return the refusal as Slack words it."""
        extra = {"response_metadata": {"messages": list(self.messages)}} if self.messages else {}
        return SlackFault(self.error, **extra)


class Refusals:
    """All refusals in force; the first that fits is taken."""

    def __init__(self, workspace: Workspace) -> None:
        self._workspace = workspace
        self._standing: list[Refusal] = []

    def add(
        self,
        method: str,
        error: str,
        messages: Sequence[str] = (),
        *,
        channel: str | None = None,
        thread_ts: str | None = None,
        ts: str | None = None,
    ) -> Callable[[], None]:
        """Refuse from now on; the returned function lifts it. Raises KeyError for an unknown channel."""
        place = self._workspace.channel(channel) if channel is not None else None
        refusal = Refusal(method, error, tuple(messages), place, thread_ts, ts)
        self._standing.append(refusal)

        def lift() -> None:
            self._standing = [each for each in self._standing if each is not refusal]

        return lift

    def check(self, method: str, arguments: Mapping[str, Any], channel: Channel | None = None) -> None:
        """Raise SlackFault when a call is refused; `channel` is where it acts unless the arguments say so."""
        place = channel or self._place(arguments)
        thread_ts = _text(arguments.get("thread_ts"))
        ts = _text(arguments.get("ts") or arguments.get("message_ts"))
        for refusal in self._standing:
            if refusal.fits(method, place, thread_ts, ts):
                raise refusal.fault()

    def _place(self, arguments: Mapping[str, Any]) -> Channel | None:
        """Return the conversation that the arguments name: by id or name, or a person's direct message."""
        named = str(arguments.get("channel") or arguments.get("channel_id") or "")
        user = self._workspace.account(named)
        for channel in self._workspace.channels.values():
            if named == channel.id or (channel.is_im and user is not None and user.id in channel.member_ids):
                return channel
        try:
            return self._workspace.channel(named)
        except KeyError:
            return None


def _text(value: object) -> str | None:
    return None if value is None else str(value)
