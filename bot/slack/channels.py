"""Which channels are shared with other organisations, and who is in which, asked of Slack and kept for minutes."""

from collections.abc import Mapping
from datetime import timedelta
from enum import Enum, auto
from typing import Any, Final

import structlog

from bot.runtime.clock import Clock
from bot.slack.api import WAITED_FOR, SlackApi
from bot.slack.errors import ChannelClosedError, MethodMissingError, NotToldError, SlackError
from bot.slack.remembered import KEPT, Remembered

#: How long the last answer stands in for one that Slack does not give: a channel is shared from one minute to the next.
_STILL_GOOD: Final = timedelta(minutes=30)
#: Channels and group messages; all others are between the bot and one person, or are that person's id.
_OF_MANY: Final = ("C", "G")
_PAGE: Final = 999  #: channels that Slack lists at once (source: Slack, users.conversations)
_FLAGS: Final = ("is_ext_shared", "is_pending_ext_shared")

log = structlog.get_logger(__name__)


class Sharing(Enum):
    """Whether a channel is shared with another organisation."""

    ALONE = auto()  #: with none
    PENDING = auto()  #: others were invited, and may come in without another word
    SHARED = auto()
    HIDDEN = auto()  #: the bot cannot look into it, and cannot post there either
    UNTOLD = auto()  #: Slack does not tell this app


class Channels:
    """Channels of the workspace, as this app may see them."""

    def __init__(self, api: SlackApi, clock: Clock) -> None:
        self._api = api
        self._told: set[str] = set()  # the channels of which Slack has said it
        self._warned = False
        self._known = Remembered(self._ask, clock, _STILL_GOOD)
        self._of_people = Remembered(self._ask_of, clock, KEPT)  # an old answer shows what somebody has left

    async def sharing(self, channel: str) -> Sharing:
        """Return what Slack says of a channel; a direct message, and a person, is shared with nobody else.

        Raises:
            MembershipUnknownError: Slack does not answer, and has not said lately.

        """
        if not channel.startswith(_OF_MANY):
            return Sharing.ALONE
        sharing = await self._known.get(channel)
        if sharing is Sharing.HIDDEN:  # somebody may invite the bot at any moment
            self._known.forget(channel)
        return sharing

    async def of_person(self, person: str) -> frozenset[str]:
        """Return the channels that a person is in, of the private ones those that the bot is in as well.

        Raises:
            MembershipUnknownError: Slack does not tell.

        """
        return frozenset(await self._of_people.get(person))

    async def names_for(self, person: str) -> Mapping[str, str]:
        """Return the names of these channels, by their ids.

        Raises:
            MembershipUnknownError: Slack does not tell.

        """
        return await self._of_people.get(person)

    async def close(self) -> None:
        """End what is still being asked."""
        await self._known.close()
        await self._of_people.close()

    async def _ask_of(self, person: str) -> Mapping[str, str]:
        found: dict[str, str] = {}
        more: dict[str, object] = {}
        while True:
            kinds = "public_channel,private_channel"
            asked = {"user": person, "types": kinds, "limit": _PAGE, **more}
            page = await self._api.call("users.conversations", within=WAITED_FOR, **asked)
            listed = page.get("channels")
            found |= {str(each["id"]): str(each.get("name") or "") for each in listed or () if "id" in each}
            cursor = str((page.get("response_metadata") or {}).get("next_cursor") or "")
            if not cursor:
                return found
            more = {"cursor": cursor}

    async def _ask(self, channel: str) -> Sharing:
        try:
            shown = (await self._api.call("conversations.info", channel=channel, within=WAITED_FOR)).get("channel")
        except ChannelClosedError:
            return Sharing.HIDDEN
        except (NotToldError, MethodMissingError) as error:
            return self._untold(channel, error)
        if not isinstance(shown, dict) or not any(flag in shown for flag in _FLAGS):
            return self._untold(channel, NotToldError("nothing of it in the response"))
        self._told.add(channel)
        return _sharing(shown)

    def _untold(self, channel: str, error: SlackError) -> Sharing:
        """Where Slack has told before, that it does not now is an outage and shows nothing to anybody."""
        if channel in self._told:
            raise error
        if not self._warned:
            log.warning(
                "Slack does not tell me which channels are shared with other organisations: the app lacks the scopes "
                "channels:read and groups:read",
                channel=channel,
                code=str(error),
            )
        self._warned = True
        return Sharing.UNTOLD


def _sharing(shown: dict[str, Any]) -> Sharing:
    if shown.get("is_ext_shared"):
        return Sharing.SHARED
    return Sharing.PENDING if shown.get("is_pending_ext_shared") else Sharing.ALONE
