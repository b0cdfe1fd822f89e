"""Errors of the stand-in.

Exception
├── SlackFault       a Web API method refuses; becomes {"ok": false, "error": …}
└── AssertionError
    └── NotSeenError a person waited for something that never became visible
"""

from typing import Any

from sandbox.slack.json_values import Given


class SlackFault(Exception):  # noqa: N818 - "error" is the key of Slack's answer
    """A refusal in Slack's words: `error` is its code, `extra` goes into the answer beside it."""

    def __init__(self, error: str, **extra: Given) -> None:
        super().__init__(error)
        self.error = error
        self.extra = extra

    def answer(self) -> dict[str, Any]:
        """Return the JSON object that Slack would answer."""
        return {"ok": False, "error": self.error, **self.extra}


class NotSeenError(AssertionError):
    """What a person waited for did not become visible in time; the text says what was there instead."""
