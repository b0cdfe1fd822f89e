"""What `/tokenflex list` waits for: the query, at a thousand exports and at a million."""

import asyncio
import statistics
import time
from pathlib import Path
from tempfile import TemporaryDirectory

from bench.figures import Table, Target, percentile
from bench.filling import fill
from storage import export_search
from storage.database import Database

_SMALL, _LARGE = 1_000, 1_000_000
_TIMES = 300
_LISTED = 21  #: as `bot.questions.history` asks


async def _timed(database: Database) -> list[float]:
    """Return the milliseconds of many listings of different people in different channels."""
    times = []
    for index in range(_TIMES):
        person, channel = f"U{index % 40:08d}", f"C{index % 100:08d}"
        began = time.perf_counter()
        found = await database.read(
            lambda db: export_search.listing(db, requester=person, channel=channel, limit=_LISTED)  # noqa: B023
        )
        times.append((time.perf_counter() - began) * 1000)
        if len(found) != _LISTED:
            raise AssertionError("the listing is not full")
    return times


async def _measure(folder: Path) -> tuple[list[float], list[float]]:
    small, large = Database(folder / "small.db"), Database(folder / "large.db")
    await fill(small.path, finished=_SMALL)
    await fill(large.path, finished=_LARGE)
    await small.open()
    await large.open()
    try:
        await _timed(small)
        await _timed(large)  # both once before, so that neither pays for a cold cache
        return await _timed(small), await _timed(large)
    finally:
        await small.close()
        await large.close()


def measure() -> tuple[list[Table], list[Target]]:
    """Return the table and the target of listing."""
    with TemporaryDirectory() as folder:
        small, large = asyncio.run(_measure(Path(folder)))
    table = Table("/tokenflex list: the query (milliseconds)", ["exports", "p50", "p95"])
    for count, times in ((_SMALL, small), (_LARGE, large)):
        table.row(count, percentile(times, 0.5), percentile(times, 0.95))
    return [table], [
        Target(
            f"listing at {_LARGE} exports, times that at {_SMALL}",
            statistics.median(large) / statistics.median(small),
            2,
        )
    ]
