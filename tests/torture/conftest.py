"""Fixtures: the forge of bots and a runner."""

from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest

from sandbox.tokenflex.usage_data import UsageData
from tests.torture.processes import forge
from tests.torture.runner import Runner


@pytest.fixture(scope="module")
def data() -> Iterator[UsageData]:
    """The synthetic usage data set, built once."""
    made = UsageData()
    yield made
    made.close()


@pytest.fixture
async def runner(tmp_path: Path, data: UsageData) -> AsyncIterator[Runner]:
    """A runner of real processes."""
    async with forge() as made:
        yield Runner(made, tmp_path, data)
