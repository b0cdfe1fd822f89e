"""Asking a question: on the asker's day, of a contract with its own years, as a request for an export."""

from datetime import date

from bot.contracts.cache import ContractCache
from bot.contracts.years import years_of
from bot.people.access import Access
from bot.people.asker import Asker
from bot.questions import periods
from bot.questions.questions import Asked
from bot.runtime.clock import Clock


class Asking:
    """Knows on which day and of which contract somebody asks."""

    def __init__(self, contracts: ContractCache, access: Access, clock: Clock) -> None:
        self._contracts = contracts
        self._access = access
        self._clock = clock

    async def today(self, asker: Asker) -> date:
        """Return the day that it is for the asker."""
        return periods.today_in(await self._access.zone(asker), self._clock.now())

    async def asked(self, contract: str, asker: Asker) -> Asked:
        """Return what a question is asked of: the one contract that there is, where none is named."""
        offered = self._contracts.offered
        number = contract or (offered[0].number if len(offered) == 1 else "")
        known = next((one for one in offered if one.number == number), None)
        return Asked(number, await self.today(asker), years_of(known) if known else ())
