"""People and groups of people in the workspace."""

from dataclasses import dataclass, field
from typing import Any

APP_ID = "A0SANDBOX1"
BOT_ID = "B0SANDBOX1"
TEAM_ID = "T0SANDBOX1"
TEAM_DOMAIN = "sandbox"
FOREIGN_TEAM_ID = "T0FOREIGN1"
ENTERPRISE_FIELDS = {"enterprise": None, "is_enterprise_install": False}


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

    @property
    def team_id(self) -> str:
        """The workspace that the account belongs to."""
        return FOREIGN_TEAM_ID if self.foreign else TEAM_ID

    def as_json(self) -> dict[str, Any]:
        """Return the account as `users.info` shows it."""
        return {
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

    def as_actor(self) -> dict[str, Any]:
        """Return the account as interaction payloads name it."""
        return {"id": self.id, "username": self.name, "name": self.name, "team_id": self.team_id}


@dataclass(slots=True)
class Usergroup:
    """A group such as @licensing-team; members by account id."""

    id: str
    handle: str
    user_ids: list[str]
