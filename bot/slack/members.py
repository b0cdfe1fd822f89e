"""Who is who in the workspace, asked of Slack, kept for minutes, and remembered while Slack is out.

Nobody waits long for it: forms have to be opened and acknowledged within three seconds (source: Slack, trigger ids).
"""

import asyncio
from collections.abc import Awaitable, Callable, Collection, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import Enum, auto
from typing import Any, Generic, TypeVar

import structlog

from bot.errors import MembershipUnknownError
from bot.runtime.clock import Clock
from bot.slack.api import WAITED_FOR, SlackApi
from bot.slack.errors import (
    AccountUnknownError,
    MethodMissingError,
    NobodyError,
    NoGroupError,
    NotToldError,
    SlackError,
)

T = TypeVar("T")

KEPT = timedelta(minutes=5)  #: how long an answer of Slack's is taken for true
STILL_GOOD = timedelta(hours=12)  #: how long the last answer stands in for one that Slack does not give
#: Real seconds that a person's act waits for one question here. To let somebody in takes three at most, one after
#: another: whether they are a member, in a group of those who may, in a group of administrators.
_PATIENCE = WAITED_FOR / 3

log = structlog.get_logger(__name__)


class Standing(Enum):
    """What Slack says of a person."""

    MEMBER = auto()  #: a full member of our workspace
    OTHER = auto()  #: a guest, somebody of another organisation, a bot, a deactivated account
    UNTOLD = auto()  #: Slack does not tell this app


@dataclass(frozen=True, slots=True)
class _Known(Generic[T]):
    value: T
    at: datetime


class _Remembered(Generic[T]):
    """Answers by key: fresh ones at once, older ones after a short attempt to get a new one."""

    def __init__(self, ask: Callable[[str], Awaitable[T]], clock: Clock) -> None:
        self._ask = ask
        self._clock = clock
        self._known: dict[str, _Known[T]] = {}
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
        except (SlackError, TimeoutError) as error:
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
        self._known[key] = _Known(value, self._clock.now())
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

    def __init__(self, api: SlackApi, team_id: str, clock: Clock) -> None:
        self._api = api
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

    async def is_in_one_of(self, person: str, groups: Collection[str]) -> bool:
        """Return whether a person is in one of these user groups; one that Slack does not show has nobody in it.

        Raises:
            MembershipUnknownError: not in those that are known, and of another Slack has not said lately.

        """
        found = await asyncio.gather(*map(self._groups.get, groups), return_exceptions=True)
        unknown = [each for each in found if isinstance(each, BaseException)]
        if any(person in each for each in found if not isinstance(each, BaseException)):
            return True
        if unknown:
            raise unknown[0]
        return False

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
        """An account that Slack does not find, before it has shown any, is one that a stand-in does not know.

        People who act are known to Slack itself.
        """
        try:
            user = (await self._api.call("users.info", user=person, within=WAITED_FOR)).get("user")
        except AccountUnknownError as error:
            return Standing.OTHER if self._told else self._untold(error)
        except NobodyError:
            return Standing.OTHER
        except (NotToldError, MethodMissingError) as error:
            return self._untold(error)
        if not isinstance(user, dict):
            return self._untold(NotToldError("no account in the response"))
        self._told = True
        return Standing.MEMBER if is_full_member(user, self._team_id) else Standing.OTHER

    def _untold(self, error: SlackError) -> Standing:
        """Where Slack has told before, that it does not now is an outage and opens no door."""
        if self._told:
            raise error
        log.warning("Slack does not tell me who is a guest: the app lacks the scope users:read", code=str(error))
        return Standing.UNTOLD

    async def _ask_group(self, group: str) -> frozenset[str]:
        try:
            users = (await self._api.call("usergroups.users.list", usergroup=group, within=WAITED_FOR)).get("users")
        except (NoGroupError, NobodyError, NotToldError, MethodMissingError) as error:
            log.warning(
                "the members of a user group cannot be read, so it lets nobody in", group=group, code=str(error)
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
