"""What tests of alerts are given."""

from collections.abc import AsyncIterator

import pytest

from tests.unit.alerts.house import House


@pytest.fixture
async def house() -> AsyncIterator[House]:
    """A house in which nobody is kept from anything."""
    built = House()
    yield built
    await built.database.close()
