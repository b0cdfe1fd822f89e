"""`make soak`: a virtual day with thousands of exports, then real minutes: nothing grows with what is done.

A day: the bot's real parts on virtual time, one export every `_EVERY` seconds. Then `SOAK_SECONDS` (600) of the whole
bot against both stand-ins, on a clock that runs 60 times as fast. Memory, threads and file descriptors are read of the
process, the database's size of its file. Exits non-zero where one grows more than it may.
"""

import asyncio
import gc
import logging
import os
import sys
import tempfile
import time
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from random import Random

import structlog

from bot.tokenflex.models import DOWNLOAD, ExportRequest
from sandbox.tokenflex.usage_data import UsageData
from tests.harness.house import House, close_house, open_house
from tests.harness.once import bots_of
from tests.harness.paper import Process, Slack, TokenFlex, started
from tests.harness.people import admitted
from tests.harness.talk import AS_IT_IS, export
from tests.harness.virtual_time import VirtualClock, run
from tests.torture.shares import say

_DAY, _EVERY = 86_400.0, 30.0  #: virtual seconds
_SPEED, _LOOKS = 60.0, 8
#: What may be added between the first quarter, when caches are filled, and the end.
_KIB, _THREADS, _FILES, _BYTES_PER_EXPORT = 24 * 1024, 4, 6, 4096


@dataclass(frozen=True, slots=True)
class Figures:
    """What the process holds at one moment."""

    exports: int
    memory: int  #: KiB resident
    threads: int
    files: int
    database: int  #: bytes

    def __str__(self) -> str:
        return (
            f"{self.exports:6} exports  {self.memory / 1024:7.1f} MB  {self.threads:3} threads  {self.files:3} files  "
            f"database {self.database / 1024:7.0f} KiB"
        )


def _figures(exports: int, database: Path, process: str = "self") -> Figures:
    gc.collect()
    said = dict(line.split(":", 1) for line in Path(f"/proc/{process}/status").read_text().splitlines())
    files = sum(1 for _ in Path(f"/proc/{process}/fd").iterdir())
    # The log of writes beside the database is cut back now and then; the file itself is what stays.
    return Figures(exports, int(said["VmRSS"].split()[0]), int(said["Threads"]), files, database.stat().st_size)


def grown(first: Figures, last: Figures) -> list[str]:
    """Return what has grown more than it may."""
    exports = max(1, last.exports - first.exports)
    per_export = (last.database - first.database) / exports
    found = {
        f"memory by {(last.memory - first.memory) / 1024:.1f} MB": last.memory - first.memory > _KIB,
        f"threads by {last.threads - first.threads}": last.threads - first.threads > _THREADS,
        f"file descriptors by {last.files - first.files}": last.files - first.files > _FILES,
        f"the database by {per_export:.0f} bytes per export": per_export > _BYTES_PER_EXPORT,
    }
    return [what for what, too_much in found.items() if too_much]


async def _day(clock: VirtualClock, folder: Path) -> list[Figures]:
    token_flex, slack, seen, random = TokenFlex(clock), Slack(clock), [], Random(1)
    bot = await started(folder / "day.db", clock, token_flex, slack)
    wanted = int(_DAY / _EVERY)
    for number in range(1, wanted + 1):
        await _ask(bot, number)
        await clock.sleep(_EVERY)
        for each in token_flex.exports:
            if random.random() < 0.3:
                token_flex.end(each, DOWNLOAD)
        _forget(token_flex, slack)
        if number % (wanted // _LOOKS) == 0:
            seen.append(_figures(number, folder / "day.db"))
            say(f"  {seen[-1]}")
    await bot.parts.supervisor.stop()
    refused, crashes = token_flex.refused, bot.parts.supervisor.crashes
    bot.kill()
    bot.gate.end()
    for task in asyncio.all_tasks() - {asyncio.current_task()}:
        task.cancel()
    await asyncio.sleep(0)
    if refused or crashes:
        raise RuntimeError(f"{refused} calls were refused; loops that crashed: {crashes}")
    return seen


async def _ask(bot: Process, number: int) -> None:
    asker = admitted(f"U{number % 7}", f"C{number % 5}")
    request = ExportRequest("110000123456", ("productName",), where="contractYear=1", file_name=f"export-{number}")
    await bot.parts.exports.accept(request, asker, channel=asker.channel, origin=f"soak:{number}")


def _forget(token_flex: TokenFlex, slack: Slack) -> None:
    """Keep the world outside from growing in this process: it is the bot that is measured."""
    ended = [each for each in token_flex.exports if each.status == DOWNLOAD]
    for each in ended[:-60]:
        token_flex.exports.remove(each)
    token_flex.made.clear()
    del slack.messages[:-400]


async def _minutes(folder: Path, seconds: float) -> list[Figures]:
    data = UsageData()
    house = await open_house(folder, speed=_SPEED, token_flex={"durations": (5.0, 60.0)}, data=data)
    async with bots_of(house) as bots:
        running = await bots.start(LOG_LEVEL="INFO")
        seen = await _asking(house, str(running.process.pid), seconds)
    refused = house.statuses().count(429)
    await close_house(house)
    data.close()
    if refused:
        raise RuntimeError(f"{refused} calls were refused")
    return seen


async def _asking(house: House, process: str, seconds: float) -> list[Figures]:
    seen: list[Figures] = []
    exports, begun = 0, time.monotonic()
    while len(seen) < _LOOKS:
        exports += 1
        await house.member(("ana", "ben", "carla")[exports % 3]).types(
            "#finance", export(f"soak{exports}", more=AS_IT_IS)
        )
        await house.clock.sleep(40)
        if time.monotonic() - begun >= seconds / _LOOKS * (len(seen) + 1):
            seen.append(_figures(exports, house.folder / "tokenflex.db", process))
            say(f"  {seen[-1]}")
    return seen


def main() -> int:
    """Run both parts; return 1 where something grows."""
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.CRITICAL))
    seconds = float(os.environ.get("SOAK_SECONDS") or 600)
    bad: list[str] = []
    with tempfile.TemporaryDirectory() as folder:
        say(f"A virtual day, one export every {_EVERY:.0f} s:")
        clock = VirtualClock(datetime(2026, 3, 2, tzinfo=UTC))
        bad += _judged(run(clock, _day(clock, Path(folder))))
        say(f"{seconds:.0f} real seconds of the whole bot, a process of its own, against both stand-ins:")
        bad += _judged(asyncio.run(_minutes(Path(folder), seconds)))
    for each in bad:
        say(f"GREW: {each}")
    return 1 if bad else 0


def _judged(seen: list[Figures]) -> list[str]:
    first, last = seen[len(seen) // 4], seen[-1]
    exports = max(1, last.exports - first.exports)
    say(
        f"  per export: {(last.memory - first.memory) / exports:+.2f} KiB of memory, "
        f"{(last.database - first.database) / exports:+.0f} bytes of database"
    )
    return grown(first, last)


if __name__ == "__main__":
    sys.exit(main())
