"""A house on the day of `make demo`, through whose time one travels on the page; its bot runs in this process."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

from playwright.async_api import expect

from sandbox.journey import Ahead, NobodyThereError
from sandbox.tokenflex.usage_data import UsageData
from scripts import agenda
from tests.browser.person import Person
from tests.harness.house import House, close_house, open_house

TODAY = datetime(2026, 10, 19, 8, 30, tzinfo=UTC)
KNOWN_LATER = timedelta(days=2)  #: until Token Flex knows of usage
_A_YEAR = 400_000  #: milliseconds that the longest journey may take


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


@asynccontextmanager
async def house_of_the_demo(folder: Path) -> AsyncIterator[House]:
    """Open a house whose people work in Berlin, and where usage grows with the time that passes."""

    def _known_day() -> date:
        return (house.clock.now() - KNOWN_LATER).date()

    data = UsageData(through=_known_day)
    house = await open_house(folder, data=data, begins=TODAY)
    for user in house.slack.workspace.users.values():
        user.tz = "Europe/Berlin"
    await house.start_bot()
    yield house
    await close_house(house)
    data.close()


async def travels(person: Person, where: str) -> None:
    """Press where to travel to, and wait until it is that time."""
    panel = person.tab.locator("#panel")
    listed = panel.locator(".destinations li").filter(has=person.tab.get_by_role("button", name=where))
    day, _, _ = (await listed.locator("small").inner_text()).rpartition(",")
    await person.panel_button(where).click()
    await expect(panel.locator(".it-is")).to_contain_text(day, timeout=_A_YEAR)
    await expect(panel).not_to_contain_text("On the way to")
