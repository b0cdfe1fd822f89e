"""People and groups of people in the workspace."""

from dataclasses import dataclass, field
from typing import Any

APP_ID = "A0SANDBOX1"
BOT_ID = "B0SANDBOX1"
TEAM_ID = "T0SANDBOX1"
TEAM_DOMAIN = "sandbox"
FOREIGN_TEAM_ID = "T0FOREIGN1"
ENTERPRISE_ID = "E0SANDBOX1"
ENTERPRISE_NAME = "Sandbox Holding"


@dataclass(slots=True)
class EnterpriseAccount:
    """The second account that a person has in an Enterprise Grid organisation, with its `W…` id.

    `teams` are the workspaces the person belongs to. `hides_team` leaves `team_id` out of `users.info`; `acts` lets
    payloads name the person by this id.
    """

    id: str
    teams: list[str]
    hides_team: bool = True
    acts: bool = False

    def as_json(self, *, admin: bool) -> dict[str, Any]:
        """Return it as the key `enterprise_user` shows it."""
        return {
            "id": self.id,
            "enterprise_id": ENTERPRISE_ID,
            "enterprise_name": ENTERPRISE_NAME,
            "is_admin": admin,
            "is_owner": False,
            "is_primary_owner": False,
            "teams": list(self.teams),
        }


@dataclass(slots=True)
class Installation:
    """How the app is installed: in one workspace, or `org_wide`, where payloads do not say which workspace it was."""

    org_wide: bool = False

    def dressed(self, payload: dict[str, Any]) -> dict[str, Any]:
        """Return a payload with what it says of team and organisation."""
        is_command = "command" in payload
        if not self.org_wide:
            return payload if is_command else {"enterprise": None, "is_enterprise_install": False, **payload}
        nothing = {key: None for key in ("team", "team_id", "team_domain") if key in payload}
        if is_command:
            told = {"enterprise_id": ENTERPRISE_ID, "enterprise_name": ENTERPRISE_NAME, "is_enterprise_install": "true"}
            return payload | nothing | told
        enterprise = {"id": ENTERPRISE_ID, "name": ENTERPRISE_NAME}
        return payload | nothing | {"enterprise": enterprise, "is_enterprise_install": True}


@dataclass(slots=True)
class User:
    """One account: a member, a guest, somebody of another workspace, or the bot itself."""

    id: str
    name: str
    guest: bool = False
    foreign: bool = False
    is_bot: bool = False
    admin: bool = False
    deleted: bool = False
    tz: str = "Etc/UTC"
    errors: list[str] = field(default_factory=list)
    enterprise: EnterpriseAccount | None = None

    @property
    def acting_id(self) -> str:
        """The id that payloads name the account by."""
        return self.enterprise.id if self.enterprise is not None and self.enterprise.acts else self.id

    @property
    def ids(self) -> set[str]:
        """Every id of the account."""
        return {self.id} if self.enterprise is None else {self.id, self.enterprise.id}

    @property
    def team_id(self) -> str:
        """The workspace that the account belongs to."""
        return FOREIGN_TEAM_ID if self.foreign else TEAM_ID

    def as_json(self) -> dict[str, Any]:
        """Return the account as `users.info` shows it."""
        shown: dict[str, Any] = {
            "id": self.id,
            "team_id": self.team_id,
            "name": self.name,
            "real_name": self.name.capitalize(),
            "deleted": self.deleted,
            "tz": self.tz,
            "tz_label": "Coordinated Universal Time",
            "tz_offset": 0,
            "profile": {"real_name": self.name.capitalize(), "display_name": self.name, "team": self.team_id},
            "is_admin": self.admin,
            "is_owner": False,
            "is_primary_owner": False,
            "is_restricted": self.guest,
            "is_ultra_restricted": False,
            "is_bot": self.is_bot,
            "is_app_user": False,
            "is_stranger": self.foreign,
            "updated": 0,
        }
        if self.enterprise is not None:
            shown["enterprise_user"] = self.enterprise.as_json(admin=self.admin)
            if self.enterprise.hides_team:
                del shown["team_id"]
        return shown

    def as_actor(self) -> dict[str, Any]:
        """Return the account as interaction payloads name it."""
        return {"id": self.acting_id, "username": self.name, "name": self.name, "team_id": self.team_id}


@dataclass(slots=True)
class Usergroup:
    """A group such as @licensing-team; members by account id."""

    id: str
    handle: str
    user_ids: list[str]
