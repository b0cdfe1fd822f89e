"""Who is who in the workspace, asked of Slack, kept for minutes, and remembered while Slack is out."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from enum import Enum, auto
from typing import Any

import structlog

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
from bot.slack.remembered import Remembered

STILL_GOOD = timedelta(hours=12)  #: how long the last answer stands in for one that Slack does not give
log = structlog.get_logger(__name__)


class Standing(Enum):
    """What Slack says of a person."""

    MEMBER = auto()  #: a full member of our workspace
    OTHER = auto()  #: a guest, somebody of another organisation, a bot, a deactivated account
    OF_NO_TEAM = auto()  #: no guest, but of which workspace is not said
    UNTOLD = auto()  #: Slack does not tell this app


@dataclass(frozen=True, slots=True)
class Account:
    """A person as Slack shows them; in an Enterprise organisation they have two ids, and either may stand anywhere."""

    standing: Standing
    ids: frozenset[str]
    zone: str = ""  #: IANA name of the person's time zone, "" where Slack does not tell
    names: frozenset[str] = frozenset()  #: what others may call them, in small letters
    is_gone: bool = False  #: whether the account is deactivated, or there is none, so that nobody can act by it


class Members:
    """Accounts and user groups of the workspace, as this app may see them."""

    def __init__(self, api: SlackApi, team_id: str, clock: Clock) -> None:
        self._api = api
        self._team_id = team_id
        self._told = False  # whether Slack has shown us any account
        self._accounts = Remembered(self._ask_account, clock, STILL_GOOD)
        self._groups = Remembered(self._ask_group, clock, STILL_GOOD)

    async def account(self, person: str) -> Account:
        """Return what Slack says of a person.

        Raises:
            MembershipUnknownError: Slack does not answer, and has not said lately.

        """
        return await self._accounts.get(person)

    async def of_group(self, group: str) -> frozenset[str]:
        """Return the accounts in a user group; none where Slack does not show it.

        Raises:
            MembershipUnknownError: Slack does not answer, and has not said lately.

        """
        return await self._groups.get(group)

    async def close(self) -> None:
        """End what is still being asked."""
        await self._accounts.close()
        await self._groups.close()

    async def _ask_account(self, person: str) -> Account:
        """An account that Slack does not find, before it has shown any, is one that a stand-in does not know.

        People who act are known to Slack itself.
        """
        try:
            user = (await self._api.call("users.info", user=person, within=WAITED_FOR)).get("user")
        except NobodyError as error:
            known = self._told or not isinstance(error, AccountUnknownError)
            return Account(Standing.OTHER if known else self._untold(error), frozenset({person}), is_gone=known)
        except (NotToldError, MethodMissingError) as error:
            return Account(self._untold(error), frozenset({person}))
        if not isinstance(user, dict):
            return Account(self._untold(NotToldError("no account in the response")), frozenset({person}))
        self._told = True
        ids, zone = frozenset({person}) | _ids(user), str(user.get("tz") or "")
        is_gone = bool(user.get("deleted"))
        return Account(standing_of(user, self._team_id), ids, zone, _names(user), is_gone)

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


def standing_of(user: Mapping[str, Any], team_id: str) -> Standing:
    """Return what an account, as `users.info` shows it, is in this workspace; nobody is taken for a member of it.

    In an Enterprise organisation the account may have been made in another workspace and be a member of this one too,
    and may be shown without `team_id` (source: Slack, user object: `enterprise_user.teams`).
    """
    if any(user.get(flag) for flag in ("deleted", "is_restricted", "is_ultra_restricted", "is_stranger", "is_bot")):
        return Standing.OTHER
    own, teams = user.get("team_id"), _enterprise_user(user).get("teams")
    theirs = {*([own] if own else ()), *(teams if isinstance(teams, list) else ())}
    if not theirs and not user.get("enterprise_user"):
        return Standing.OF_NO_TEAM
    return Standing.MEMBER if team_id in theirs else Standing.OTHER


def _ids(user: Mapping[str, Any]) -> frozenset[str]:
    return frozenset(str(each) for each in (user.get("id"), _enterprise_user(user).get("id")) if each)


def _names(user: Mapping[str, Any]) -> frozenset[str]:
    """Return the names of an account, and the first word of each (source: Slack, user object)."""
    profile = user.get("profile")
    said = [user.get("name"), user.get("real_name")]
    said += [profile.get("display_name"), profile.get("real_name")] if isinstance(profile, dict) else []
    names = [" ".join(str(each).casefold().split()) for each in said if each]
    return frozenset(names) | {name.partition(" ")[0] for name in names}


def _enterprise_user(user: Mapping[str, Any]) -> Mapping[str, Any]:
    found = user.get("enterprise_user")
    return found if isinstance(found, dict) else {}
