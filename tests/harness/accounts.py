"""Slack as it tells of accounts and user groups, for tests of who may."""

import asyncio
from collections.abc import Callable
from datetime import timedelta
from types import SimpleNamespace
from typing import Any

from slack_sdk.errors import SlackApiError

from tests.harness.rows import NOW

FULL = {"id": "U1", "team_id": "T1"}
GRID = {"id": "W1", "enterprise_id": "E1", "teams": ["T2", "T1"]}
TEAM = "T1"


class Clock:
    """A clock that is moved by hand."""

    def __init__(self) -> None:
        self.time = NOW

    def now(self) -> Any:
        return self.time

    async def sleep(self, seconds: float) -> None:
        self.time += timedelta(seconds=seconds)


class Slack:
    """The three methods, answered by what a test puts here; `asked` are the calls."""

    def __init__(self) -> None:
        self.user: Callable[[], Any] = lambda: {"ok": True, "user": FULL}
        self.group: Callable[[], Any] = lambda: {"ok": True, "users": ["U1"]}
        self.channels: Callable[[], Any] = lambda: {"ok": True, "channels": []}
        self.asked: list[str] = []
        self.gate: asyncio.Event | None = None

    async def users_info(self, *, user: str) -> Any:
        return await self._answer(f"user {user}", self.user)

    async def usergroups_users_list(self, *, usergroup: str) -> Any:
        return await self._answer(f"group {usergroup}", self.group)

    async def users_conversations(self, *, user: str, types: str, limit: int, cursor: str = "") -> Any:
        assert (types, limit) == ("public_channel,private_channel", 999)
        return await self._answer(f"channels of {user} {cursor}".strip(), self.channels)

    async def _answer(self, asked: str, answer: Callable[[], Any]) -> Any:
        self.asked.append(asked)
        if self.gate is not None:
            await self.gate.wait()
        return SimpleNamespace(data=answer(), headers={})


def refuses(code: str = "", status: int = 200, data: Any = None) -> Callable[[], Any]:
    """An answer of Slack's that is an error."""

    def _raise() -> Any:
        body = data if data is not None else {"ok": False, "error": code}
        raise SlackApiError("no", SimpleNamespace(data=body, status_code=status, headers={}))  # type: ignore[no-untyped-call]

    return _raise


def lost() -> Any:
    raise OSError("connection lost")
