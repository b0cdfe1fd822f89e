"""Trigger ids: the right to open one modal, for three real seconds after a person's act."""

import time
from dataclasses import dataclass

from sandbox.slack.errors import SlackFault

TRIGGER_SECONDS = 3.0


@dataclass(slots=True)
class Trigger:
    """`view_id` is set when the act was done inside a modal; `channel_id` is where the person was."""

    user_id: str
    channel_id: str | None
    view_id: str | None
    given_at: float
    used: bool = False


class Triggers:
    """Gives trigger ids out and takes each back once; `in_words` is another way that Slack has refused old ones."""

    def __init__(self, seconds: float = TRIGGER_SECONDS) -> None:
        self.seconds = seconds
        self.in_words = False
        self._given: dict[str, Trigger] = {}

    def give(self, user_id: str, channel_id: str | None, view_id: str | None = None) -> str:
        """Return a new trigger id for what this person did just now."""
        trigger_id = f"{len(self._given) + 1}.{int(time.monotonic() * 1000)}.trigger"
        self._given[trigger_id] = Trigger(user_id, channel_id, view_id, time.monotonic())
        return trigger_id

    def check(self, trigger_id: str) -> Trigger:
        """Return what the id stands for. Raises SlackFault when it is unknown, used or too old."""
        trigger = self._given.get(trigger_id)
        if trigger is None:
            raise SlackFault("invalid_trigger_id")
        if trigger.used:
            raise SlackFault("exchanged_trigger_id")
        if time.monotonic() - trigger.given_at > self.seconds:
            raise self._expired()
        return trigger

    def _expired(self) -> SlackFault:
        if not self.in_words:
            return SlackFault("expired_trigger_id")
        messages = ["[ERROR] `trigger_id` expired [json-pointer:/trigger_id]"]
        return SlackFault("invalid_arguments", response_metadata={"messages": messages})
