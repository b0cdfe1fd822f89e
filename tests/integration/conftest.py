"""Fixtures: a house with the bot in it, and one that a test furnishes itself."""

from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest

from sandbox.tokenflex.usage_data import UsageData
from tests.harness.house import House, close_house, open_house

OpenHouse = Callable[..., Awaitable[House]]


@pytest.fixture(scope="session")
def usage_data() -> Iterator[UsageData]:
    """The synthetic usage data set, built once."""
    data = UsageData()
    yield data
    data.close()


#: Marks tests that depend on Token Flex's ways of writing things: they hold under those of its recording and of its
#: documentation.
BOTH_WAYS = pytest.mark.parametrize("new_house", [True, False], indirect=True, ids=["recorded", "as documented"])


@pytest.fixture
async def new_house(request: pytest.FixtureRequest, tmp_path: Path, usage_data: UsageData) -> AsyncIterator[OpenHouse]:
    """Open houses that are closed again after the test; the bot is not started yet."""
    houses: list[House] = []
    recorded = getattr(request, "param", True)

    async def _open(token_flex: Mapping[str, object] | None = None, **arguments: Any) -> House:
        folder = tmp_path / str(len(houses))
        folder.mkdir()
        ways = {"recorded": recorded, **(token_flex or {})}
        houses.append(await open_house(folder, **{"data": usage_data, "token_flex": ways, **arguments}))
        return houses[-1]

    yield _open
    for house in houses:
        await close_house(house)


@pytest.fixture
async def house(new_house: OpenHouse) -> House:
    """A house with a running bot; exports take 20 virtual seconds."""
    opened = await new_house()
    await opened.start_bot()
    return opened


@pytest.fixture
async def sound_house(new_house: OpenHouse) -> House:
    """A house without a bot in which everything is right: two-legged credentials, an `.env` of its own."""
    house = await new_house(speed=1.0, slack={"rate_profile": "none"})
    (house.folder / ".env").touch(mode=0o600)
    return house
