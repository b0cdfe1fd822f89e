"""Who is who in the workspace, asked of Slack, kept for minutes, and remembered while Slack is out.

Nobody waits long for it: forms have to be opened and acknowledged within three seconds (source: Slack, trigger ids).
"""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import Enum, auto
from typing import Any, Generic, TypeVar

import aiohttp
import structlog
from slack_sdk.errors import SlackApiError, SlackClientError
from slack_sdk.web.async_client import AsyncWebClient

from bot.errors import MembershipUnknownError
from bot.runtime.clock import Clock

T = TypeVar("T")

KEPT = timedelta(minutes=5)  #: how long an answer of Slack's is taken for true
STILL_GOOD = timedelta(hours=12)  #: how long the last answer stands in for one that Slack does not give
_PATIENCE = 1.0  #: real seconds that a person's act waits for Slack here
#: Slack, or what stands in for it, does not tell this app (source: Slack Web API, common errors).
_NOT_TOLD = frozenset({
    "missing_scope", "no_permission", "unknown_method", "method_not_found", "not_implemented", "not_supported",
})  # fmt: skip
_NOT_TOLD_STATUS = frozenset({404, 405, 501})
#: There is no such account, or it is not one that this workspace sees (source: users.info reference).
_NOBODY = frozenset({"user_not_found", "user_not_visible", "users_not_found"})
#: There is no such group, or none at all (source: usergroups.users.list reference).
_NO_GROUP = frozenset({"no_such_subteam", "subteam_not_found", "plan_upgrade_required"})

log = structlog.get_logger(__name__)


class Standing(Enum):
    """What Slack says of a person."""

    MEMBER = auto()  #: a full member of our workspace
    OTHER = auto()  #: a guest, somebody of another organisation, a bot, a deactivated account
    UNTOLD = auto()  #: Slack does not tell this app


@dataclass(frozen=True, slots=True)
class _Answer(Generic[T]):
    value: T
    at: datetime


class _NoAnswerError(Exception):
    """Slack gave no usable answer this time."""


class _Remembered(Generic[T]):
    """Answers by key: fresh ones at once, older ones after a short attempt to get a new one."""

    def __init__(self, ask: Callable[[str], Awaitable[T]], clock: Clock) -> None:
        self._ask = ask
        self._clock = clock
        self._known: dict[str, _Answer[T]] = {}
        self._asking: dict[str, asyncio.Task[T]] = {}

    async def get(self, key: str) -> T:
        """Return the answer for a key.

        Raises:
            MembershipUnknownError: there is none, and no old one either.

        """
        known = self._known.get(key)
        if known is not None and self._clock.now() - known.at < KEPT:
            return known.value
        try:
            return await asyncio.wait_for(asyncio.shield(self._under_way(key)), _PATIENCE)
        except (_NoAnswerError, TimeoutError) as error:
            log.warning("Slack did not say who somebody is", key=key, reason=str(error) or "too slow")
        if known is not None and self._clock.now() - known.at < STILL_GOOD:
            return known.value
        raise MembershipUnknownError

    def _under_way(self, key: str) -> asyncio.Task[T]:
        """Return the one question about a key; it goes on when nobody waits any more, for whoever asks next."""
        task = self._asking.get(key)
        if task is None:
            task = self._asking[key] = asyncio.create_task(self._answer(key), name=f"who is {key}")
            task.add_done_callback(lambda done: self._end(key, done))
        return task

    async def _answer(self, key: str) -> T:
        value = await self._ask(key)
        self._known[key] = _Answer(value, self._clock.now())
        return value

    def _end(self, key: str, task: asyncio.Task[T]) -> None:
        self._asking.pop(key, None)
        if not task.cancelled():
            task.exception()  # asyncio complains of errors that nobody has waited for

    async def close(self) -> None:
        """End what is still being asked."""
        tasks = tuple(self._asking.values())
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


class Members:
    """Accounts and user groups of the workspace, as this app may see them."""

    def __init__(self, client: AsyncWebClient, team_id: str, clock: Clock) -> None:
        self._client = client
        self._team_id = team_id
        self._told = False  # whether Slack has shown us any account
        self._standings = _Remembered(self._ask_standing, clock)
        self._groups = _Remembered(self._ask_group, clock)

    async def standing(self, person: str) -> Standing:
        """Return what Slack says of a person.

        Raises:
            MembershipUnknownError: Slack does not answer, and has not said lately.

        """
        return await self._standings.get(person)

    async def is_in_group(self, person: str, group: str) -> bool:
        """Return whether a person is in a user group; one that Slack does not show has nobody in it.

        Raises:
            MembershipUnknownError: Slack does not answer, and has not said lately.

        """
        return person in await self._groups.get(group)

    async def of_group(self, group: str) -> frozenset[str]:
        """Return the accounts in a user group; none where Slack does not show it.

        Raises:
            MembershipUnknownError: Slack does not answer, and has not said lately.

        """
        return await self._groups.get(group)

    async def close(self) -> None:
        """End what is still being asked."""
        await self._standings.close()
        await self._groups.close()

    async def _ask_standing(self, person: str) -> Standing:
        try:
            user = (await _answered(self._client.users_info(user=person))).get("user")
        except _RefusedError as refusal:
            if refusal.code in _NOBODY and (self._told or refusal.code != "user_not_found"):
                return Standing.OTHER
            return self._untold(refusal.code)
        if not isinstance(user, dict):
            return self._untold("no account in the answer")
        self._told = True
        return Standing.MEMBER if is_full_member(user, self._team_id) else Standing.OTHER

    def _untold(self, code: str) -> Standing:
        """Where Slack has told before, that it does not now is an outage and opens no door.

        An account that it does not find, before it has shown any, is one that a stand-in does not know: people who
        act are known to Slack itself.
        """
        if self._told:
            raise _NoAnswerError(code)
        log.warning("Slack does not tell me who is a guest: the app lacks the scope users:read", code=code)
        return Standing.UNTOLD

    async def _ask_group(self, group: str) -> frozenset[str]:
        try:
            users = (await _answered(self._client.usergroups_users_list(usergroup=group))).get("users")
        except _RefusedError as refusal:
            log.warning(
                "the members of a user group cannot be read, so it lets nobody in", group=group, code=refusal.code
            )
            return frozenset()
        return frozenset(map(str, users)) if isinstance(users, list) else frozenset()


def is_full_member(user: Mapping[str, Any], team_id: str) -> bool:
    """Return whether an account, as `users.info` shows it, is a full member of this workspace.

    In an Enterprise organisation the account may have been made in another workspace and be a member of this one too
    (source: Slack, user object: `enterprise_user.teams`).
    """
    if any(user.get(flag) for flag in ("deleted", "is_restricted", "is_ultra_restricted", "is_stranger", "is_bot")):
        return False
    theirs = str(user.get("team_id") or team_id)
    enterprise = user.get("enterprise_user")
    teams = enterprise.get("teams") if isinstance(enterprise, dict) else None
    return team_id in {theirs, *(teams if isinstance(teams, list) else ())}


class _RefusedError(Exception):
    """Slack says that it will not tell, now or later."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


async def _answered(call: Awaitable[Any]) -> Mapping[str, Any]:
    """Return what Slack answered to a call.

    Raises:
        _RefusedError: asking again does not help.
        _NoAnswerError: it may.

    """
    try:
        answer = (await call).data
    except SlackApiError as error:
        raise _sorted(error) from None
    except (TimeoutError, aiohttp.ClientError, SlackClientError, OSError, ValueError) as error:
        raise _NoAnswerError(type(error).__name__) from None
    if not isinstance(answer, dict):
        raise _NoAnswerError("no JSON")
    return answer


def _sorted(error: SlackApiError) -> _RefusedError | _NoAnswerError:
    data = getattr(error.response, "data", None)
    status = getattr(error.response, "status_code", getattr(error.response, "status", 0))
    code = str(data.get("error") or "") if isinstance(data, dict) else ""
    if code in _NOT_TOLD | _NOBODY | _NO_GROUP or status in _NOT_TOLD_STATUS:
        return _RefusedError(code or f"HTTP {status}")
    return _NoAnswerError(code or f"HTTP {status}")
