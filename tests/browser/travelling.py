"""The time of a house whose bot runs in this process, as the page moves it."""

from datetime import datetime

from sandbox.journey import Ahead, NobodyThereError
from scripts import agenda
from tests.harness.house import House


class TimeOfHouse:
    """Moves the one clock of a house."""

    def __init__(self, house: House) -> None:
        self._house = house

    def run_at(self, factor: float) -> None:
        """Run that many times as fast as real time."""
        self._house.clock.run_at(factor)

    def jump_to(self, moment: datetime) -> None:
        """Go on from a later moment."""
        self._house.clock.jump_to(moment)

    async def ahead(self) -> Ahead:
        """Return what the bot has to do."""
        if self._house.bot is None:
            raise NobodyThereError("The bot has ended.")
        return await self._house.side.database.read(agenda.ahead, self._house.clock.now())
