"""Use cases that schedules and alerts have in common: who may see one and change one, and which one is meant."""

from typing import Generic

from bot.cards.actions import MadeFor
from bot.people import by_itself, permissions
from bot.people.access import Access
from bot.people.asker import Asker
from bot.people.by_itself import Kind, T
from storage.database import Database


class Owned(Generic[T]):
    """What people do with things of one kind, each of which belongs to a person and to a channel."""

    def __init__(self, kind: Kind[T], database: Database, access: Access) -> None:
        self._kind: Kind[T] = kind
        self._database = database
        self._access = access

    async def is_closed(self, channel: str) -> bool:
        """Return whether Slack says now that the bot cannot post to a channel, since it is not in it."""
        return await self._access.seems_closed(channel)

    async def see(self, its_id: int, asker: Asker) -> T:
        """Return one that this person may see.

        Raises:
            UseCaseError: `absent` of the kind: there is none; `hidden`, the same to people: it is not theirs to see.
            MembershipUnknownError: Slack does not say now whether it is.

        """
        one = await self._database.read(by_itself.there, self._kind, its_id)
        place = await self._access.place_in(one.channel, asker)
        if permissions.may_see_owned(one, asker.person, place) or await self._access.is_administrator(asker):
            return one
        raise self._kind.hidden()

    async def change(self, its_id: int, asker: Asker) -> T:
        """Return one that this person may change.

        Raises:
            UseCaseError: as `see`; `of_others` of the kind: it is somebody else's.

        """
        one = await self.see(its_id, asker)
        if permissions.may_change_owned(one, asker.person) or await self._access.is_administrator(asker):
            return one
        raise self._kind.of_others(one)

    async def recognise(self, made_for: MadeFor) -> int:
        """Return the id of the one that a button was made for.

        Raises:
            UseCaseError: `absent` of the kind: it was another one, before the database was replaced by a copy of it.

        """
        one = await self._database.read(by_itself.there, self._kind, made_for.number)
        if not made_for.is_of(one.mark):
            raise self._kind.absent()
        return one.id
