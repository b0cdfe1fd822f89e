"""How a contract stands, for people: at once and privately what is known, what is new when it has come; posted once."""

import asyncio
from collections.abc import AsyncIterator
from datetime import datetime
from typing import Final

from sqlite_utils import Database as Connection

from bot.calls.turns import StoppingError
from bot.cards.usage_card import Glance
from bot.contracts.usage import Counted, usage_of
from bot.contracts.usage_cache import UsageCache
from bot.contracts.values import ContractValues
from bot.errors import FiguresSharedError, UsageUnknownError
from bot.exports.fresh_links import ended_within
from bot.people.access import Access
from bot.people.asker import Asker
from bot.runtime.clock import Clock
from bot.tokenflex.errors import TokenFlexError
from storage import audit, outbox
from storage.audit import Act, Entry
from storage.database import Database
from storage.models import About, MessageKind, NewDelivery

_A_MOMENT: Final = 3.0  #: seconds after which a person is shown what is known, or told that it takes longer


class UsageAtAGlance:
    """Shows it to whoever may ask for exports of the contract."""

    def __init__(
        self, database: Database, cache: UsageCache, values: ContractValues, access: Access, clock: Clock
    ) -> None:
        self._database = database
        self._cache = cache
        self._values = values
        self._access = access
        self._clock = clock

    async def look(self, contract: str, asker: Asker) -> AsyncIterator[Glance]:
        """Yield how a contract stands: what is good still, else what is known, after a moment, and then what is new.

        That figures are shown is on record before they are given out.

        Raises:
            ContractNotAllowedError: the settings do not permit it.
            UsageUnknownError: nothing new can be said now; what was known has been given out.

        """
        self._access.check_contract(contract)
        self._values.use(contract)
        known = await self._cache.known(contract)
        if known is not None:
            await self._note(contract, asker)
        if known is not None and self._cache.is_new(known):
            yield Glance(contract, usage_of(known))
            return
        asking = self._cache.ask(contract, asker.person)
        last = None if known is None else usage_of(known)
        shown = not await ended_within(self._clock, _A_MOMENT, asking)
        if shown:
            yield Glance(contract, last, is_old=True)
        try:
            new = await _told(asking, contract)
        except UsageUnknownError as error:
            if last is None or shown or error.cause is None:
                raise
            yield Glance(contract, last, is_old=True, trouble=error.cause)
            return
        if known is None:
            await self._note(contract, asker)
        yield Glance(contract, usage_of(new))

    async def post(self, contract: str, asker: Asker, origin: str) -> None:
        """Have what is known of a contract posted to the channel where the asker is; the same `origin` again is once.

        Raises:
            ContractNotAllowedError, ChannelNotAllowedError, ChannelSharedError: the settings do not permit it.
            MembershipUnknownError: Slack does not say now whether they do.
            UsageUnknownError: nothing is known of it any more, and nothing can be said now.

        """
        self._access.check_contract(contract)
        try:
            await self._access.check_figures(asker.channel)
        except FiguresSharedError:  # what was posted before others were let in is drawn again
            await self._database.write(outbox.draw_again, asker.channel, self._clock.now())
            raise
        if await self._cache.known(contract) is None:  # somebody has signed in at Autodesk since it was shown
            await _told(self._cache.ask(contract, asker.person), contract)
        await self._database.write(_post, contract, asker, f"usage:{origin}", self._clock.now())

    async def _note(self, contract: str, asker: Asker) -> None:
        await self._database.write(_note, contract, asker, "privately", self._clock.now())


async def _told(asking: asyncio.Task[Counted], contract: str) -> Counted:
    try:
        return await asyncio.shield(asking)  # others wait for the same
    except StoppingError:
        raise UsageUnknownError(contract) from None
    except TokenFlexError as error:
        raise UsageUnknownError(contract, error) from None


def _note(db: Connection, contract: str, asker: Asker, where: str, now: datetime) -> int:
    result = f"contract {contract}, {where}"
    return audit.add(db, Entry(now, asker.person, Act.USAGE, None, asker.channel, asker.source, result))


def _post(db: Connection, contract: str, asker: Asker, subject: str, now: datetime) -> None:
    if outbox.find(db, subject) is not None:
        return
    act = _note(db, contract, asker, "for the channel", now)
    post = NewDelivery(
        subject=subject,
        kind=MessageKind.USAGE,
        about=About.USAGE,
        about_id=act,
        recipient=asker.channel,
        detail=contract,
    )
    outbox.put_once(db, post, now)
