"""What tests of deliveries are given."""

from collections.abc import AsyncIterator

import pytest

from tests.unit.delivery.refusing import House


@pytest.fixture
async def house() -> AsyncIterator[House]:
    built = House()
    yield built
    await built.database.close()
