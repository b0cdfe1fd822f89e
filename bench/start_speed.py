"""How long a start takes and how much memory the bot holds, with a full database and with an empty one."""

import asyncio
import statistics
import time
from pathlib import Path
from tempfile import TemporaryDirectory

from bench.figures import Table, Target
from bench.filling import fill
from bench.programs import autodesk, environment, program, resident_megabytes, workspace

_FINISHED, _QUEUED, _REQUESTED = 100_000, 950, 50
_RUNS = 5
_SETTLED = 5.0  #: seconds after the connection, by which the loops have read what there is to do


async def _start(database: Path, settle: float) -> tuple[float, float]:
    """Return the seconds from the process to its connection, and its megabytes a while later."""
    async with workspace() as slack, autodesk() as token_flex:
        began = time.perf_counter()
        async with program(slack, "bot", "run", settings=environment(slack, token_flex, database)) as pid:
            took = time.perf_counter() - began
            await asyncio.sleep(settle)
            return took, resident_megabytes(pid)


async def _measure(folder: Path) -> tuple[list[float], list[float], float, int]:
    empty, full = folder / "empty.db", folder / "full.db"
    await fill(empty, finished=0)
    await fill(full, finished=_FINISHED)
    size = full.stat().st_size - empty.stat().st_size
    full.unlink()
    await fill(full, finished=_FINISHED, queued=_QUEUED, requested=_REQUESTED)
    times: dict[Path, list[float]] = {empty: [], full: []}
    memory = 0.0
    for run in range(_RUNS):  # by turns, so that a busy machine is busy for both
        for database in (empty, full):
            took, megabytes = await _start(database, _SETTLED if run == 0 else 0.0)
            times[database].append(took)
            memory = max(memory, megabytes)
    return times[empty], times[full], memory, size


def measure() -> tuple[list[Table], list[Target]]:
    """Return the tables and targets of starting."""
    with TemporaryDirectory() as folder:
        empty, full, memory, size = asyncio.run(_measure(Path(folder)))
    ratio = statistics.median(full) / statistics.median(empty)
    per_export = size / _FINISHED
    table = Table(f"Start to “connected”, {_RUNS} starts each by turns", ["database", "median s", "slowest s"])
    table.row("empty", statistics.median(empty), max(empty))
    contents = f"{_FINISHED} finished, {_QUEUED} queued, {_REQUESTED} requested"
    table.row(contents, statistics.median(full), max(full))
    sizes = Table("Memory and disk", ["", "figure"])
    sizes.row("resident memory with the full database (MB)", memory)
    sizes.row("bytes of database for a finished export and its two messages", round(per_export))
    return [table, sizes], [
        Target("start with a full database, times an empty one", ratio, 1.2),
        Target("resident memory (MB)", memory, 120),
        Target("bytes of database for a finished export", per_export, 2048),
    ]
