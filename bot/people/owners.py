"""What acts by itself, for its owner, in a channel: whether that may be now, asked each time before it does."""

from collections.abc import Mapping
from typing import Final

from bot import errors
from bot.cards.pauses import Paused
from bot.errors import MembershipUnknownError, NotAllowedError
from bot.people.access import Access
from bot.people.asker import Asker, Source

#: Why something pauses that its owner may not have now.
_REFUSALS: Final[Mapping[type[NotAllowedError], Paused]] = {
    errors.PersonNotAllowedError: Paused.OWNER,
    errors.ContractNotAllowedError: Paused.CONTRACT,
    errors.ChannelNotAllowedError: Paused.CHANNEL,
    errors.ChannelSharedError: Paused.CHANNEL,
}


async def admit(access: Access, owner: str, contract: str, channel: str, source: Source) -> Asker | Paused:
    """Let in the owner of something that acts by itself, by what they may do now; else return why it pauses.

    Raises:
        MembershipUnknownError: Slack does not say now.

    """
    try:
        asker = await access.admit_owner(owner, channel, source)
        access.check_contract(contract)
        await access.check_channel(channel)
    except NotAllowedError as error:
        return next(why for kind, why in _REFUSALS.items() if isinstance(error, kind))
    return Paused.CLOSED if await access.is_closed(channel) else asker


async def to_tell(access: Access) -> frozenset[str]:
    """Return the administrators who are told where the channel takes nothing, as far as Slack says now who they are."""
    try:
        return await access.administrators()
    except MembershipUnknownError:
        return access.rules.administrators.accounts
