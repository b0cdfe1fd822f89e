"""Fixtures: the forge of bots and a runner."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from sandbox.tokenflex.usage_data import UsageData
from tests.torture.processes import forge
from tests.torture.runner import Runner


@pytest.fixture
async def runner(tmp_path: Path, usage_data: UsageData) -> AsyncIterator[Runner]:
    """A runner of real processes."""
    async with forge() as made:
        yield Runner(made, tmp_path, usage_data)
