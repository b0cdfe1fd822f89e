"""What tests of schedules are given."""

from collections.abc import AsyncIterator

import pytest

from bot.schedules.use_cases import Schedules
from bot.tokenflex.catalogue import Catalogue
from storage.schedules import Schedule
from tests.unit.schedules.house import House
from tests.unit.schedules.people import ANA, DRAFT


@pytest.fixture
async def house() -> AsyncIterator[House]:
    """A house in which nobody is kept from anything."""
    built = House()
    yield built
    await built.database.close()


@pytest.fixture
def people(house: House) -> Schedules:
    """What people can do in this house."""
    return Schedules(house.database, house.access, Catalogue(), house.clock)


@pytest.fixture
async def schedule(people: Schedules) -> Schedule:
    """Ana's."""
    return await people.create(DRAFT, ANA, origin="form:1")
