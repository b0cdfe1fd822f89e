"""What tests of the client are given."""

from collections.abc import AsyncIterator, Iterator
from typing import Any

import pytest

from sandbox.tokenflex.settings import SandboxSettings
from sandbox.tokenflex.usage_data import UsageData
from tests.contract.tokenflex_house import House, HouseMaker


@pytest.fixture(scope="module")
def data() -> Iterator[UsageData]:
    shared = UsageData()
    yield shared
    shared.close()


@pytest.fixture(params=[True, False], ids=["recorded", "as documented"])
async def build(request: pytest.FixtureRequest, data: UsageData) -> AsyncIterator[HouseMaker]:
    """Return what starts a house, in each of Token Flex's ways; everything is ended with the test."""
    houses: list[House] = []

    async def _build(**settings: Any) -> House:
        made = House(SandboxSettings(**({"rate_reading": "none", "recorded": request.param} | settings)), data)
        await made.sandbox.start()
        houses.append(made)
        return made

    yield _build
    for made in houses:
        await made.sandbox.stop()


@pytest.fixture
async def house(build: HouseMaker) -> House:
    return await build()
