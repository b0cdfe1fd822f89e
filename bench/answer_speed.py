"""Answers: the engine on a large export beside a bare scan and `csv.reader`, and what the bot does meanwhile.

The engine, the bare scan and the reader are processes of their own, timed from their start to their end and run by
turns. The bot answers the large export while people type commands, and a small one alone.
"""

import asyncio
import json
import os
import statistics
import subprocess
import sys
import threading
import time
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TypeVar

from sqlite_utils import Database as Connection

from bench import session_export
from bench.figures import Table, Target, percentile
from bench.programs import CONTRACT, autodesk, environment, program, resident_megabytes, workspace
from bench.session_export import FIELDS, METRICS, TABLES
from bench.slack_speed import Timed, Typists
from bot.answers.engine.document import Limits, Task
from bot.answers.plan import plan
from bot.tokenflex.catalogue import Catalogue
from bot.tokenflex.models import ExportRequest
from sandbox.slack.server import SlackSandbox
from sandbox.tokenflex.server import TokenFlexSandbox

T = TypeVar("T")

_ROWS, _FEW = 5_000_000, 10_000
_RUNS, _WARM_UP = 3, 30
_SECONDS, _PER_SECOND = 6, 50  #: of typing, once while a file is read and once while none is
_PATIENCE = 180.0
#: As far below others as the engine, so that a busy machine is busy for both.
_BARE = """
import os, sys, duckdb
os.nice(10)
c = duckdb.connect(config={"threads": 2, "memory_limit": "256MiB"})
print(c.execute("SELECT sum(tokensConsumed) FROM read_csv(?)", [sys.argv[1]]).fetchone())
"""
_REQUEST = ExportRequest(CONTRACT, FIELDS, METRICS, ("DESKTOP_PRODUCT",), "", "large")
_ROOT = Path(__file__).parents[1]


# --- the engine by itself -----------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Run:
    seconds: float
    processor: float  #: seconds of all its threads
    megabytes: float  #: resident at the most


def task() -> Task:
    """Return what is asked of the large export: all findings, its series, and three tables."""
    plans = [plan(_REQUEST, Catalogue(), by=[name]).task for name in TABLES]
    return replace(plans[0], groupings=tuple(each.groupings[0] for each in plans))


def _timed(arguments: Sequence[str], said: str = "") -> _Run:
    """Run a program with one line on its input, which stays open; raises AssertionError if it does not succeed."""
    began = time.perf_counter()
    peaks: list[float] = []
    with subprocess.Popen(  # noqa: S603 - our own programs
        [sys.executable, *arguments], stdin=subprocess.PIPE, stdout=subprocess.PIPE, cwd=_ROOT, text=True
    ) as process:
        if process.stdin is None or process.stdout is None:
            raise AssertionError("both ends were asked for")
        process.stdin.write(f"{said}\n")
        process.stdin.flush()
        watching = threading.Thread(target=_watch, args=(process.pid, peaks))
        watching.start()
        line = process.stdout.readline()
        _, status, used = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
        watching.join()
    if status or "fault" in line or not line:
        raise AssertionError(f"{arguments[:2]} said {line[:200]}")
    return _Run(time.perf_counter() - began, used.ru_utime + used.ru_stime, max(peaks))


def _watch(pid: int, peaks: list[float]) -> None:
    """Note what a process has in memory until it has ended; what the kernel tells afterwards has this one's in it."""
    while True:
        try:
            peaks.append(resident_megabytes(pid))
        except (OSError, LookupError):
            return
        time.sleep(0.02)


def _by_turns(path: Path, folder: Path) -> dict[str, list[_Run]]:
    asked = {"path": str(path), "folder": str(folder), "limits": asdict(Limits()), "task": task().json()}
    runs: dict[str, list[_Run]] = {"bare": [], "engine": [], "reader": []}
    for turn in range(_RUNS):
        runs["bare"].append(_timed(["-c", _BARE, str(path)]))
        runs["engine"].append(_timed(["-m", "bot.answers.engine"], json.dumps(asked)))
        if turn == 0:  # it takes as long as all others together
            runs["reader"].append(_timed(["-m", "bench.csv_sums", str(path)]))
    return runs


def _engine(path: Path, folder: Path) -> tuple[list[Table], list[Target]]:
    runs = _by_turns(path, folder)
    names = {"bare": "bare DuckDB scan of one sum", "engine": "the engine", "reader": "csv.reader, the same sums"}
    table = Table(
        f"Findings, series, three tables of {_ROWS:,} rows ({path.stat().st_size / 1e9:.2f} GB), {_RUNS} runs by turns",
        ["", "median s", "slowest s", "processor s", "resident MB"],
    )
    middle = {name: statistics.median(run.seconds for run in each) for name, each in runs.items()}
    for name, each in runs.items():
        processor = statistics.median(run.processor for run in each)
        slowest, most = max(run.seconds for run in each), max(run.megabytes for run in each)
        table.row(names[name], middle[name], slowest, processor, most)
    return [table], [
        Target("findings and three tables, times a bare scan of one sum", middle["engine"] / middle["bare"], 3.5),
        Target("the engine, times csv.reader with the same sums", middle["engine"] / middle["reader"], 1 / 3),
        Target("resident memory of the engine (MB)", max(run.megabytes for run in runs["engine"]), 400),
    ]


# --- the bot around it --------------------------------------------------------------------------------------------


@dataclass(slots=True)
class _Bot:
    """A bot at work on one export, and what was seen of it."""

    slack: SlackSandbox
    token_flex: TokenFlexSandbox
    database: Path
    pid: int
    memory: float = 0.0
    timed: Timed = field(default_factory=Timed)

    async def asks(self) -> str:
        """Warm up, ask for an export that is not ready until it is given a file, and return its key there."""
        ana = self.slack.member("ana")
        for _ in range(_WARM_UP):
            await ana.types("#finance", "/tokenflex list")
        self.token_flex.exports.hold()
        columns = f"fields={','.join(FIELDS)} metrics={','.join(METRICS)} categories=DESKTOP_PRODUCT"
        await ana.types("#finance", f"/tokenflex export contract={CONTRACT} {columns} name=large")
        return await _until(lambda: next(iter(self.token_flex.exports.states()), None))

    async def gets(self, key: str, path: Path) -> float:
        """Give the export its file, and return when its download began (seconds)."""
        self.token_flex.controls.fill_from(key, path)
        self.token_flex.controls.finish(key)
        await _until(lambda: self.token_flex.downloads or None)
        return time.perf_counter()

    async def answered(self) -> float:
        """Return when the answer was in the outbox (seconds), to a hundredth."""
        connection = Connection(str(self.database))
        question = "SELECT count(*) FROM outbox WHERE kind = 'answer'"
        try:
            await _until(lambda: connection.execute(question).fetchone()[0] or None)
        finally:
            connection.close()
        return time.perf_counter()

    async def watch(self) -> None:
        """Note the most memory that it has had."""
        while True:
            self.memory = max(self.memory, resident_megabytes(self.pid))
            await asyncio.sleep(0.05)


async def _until(look: Callable[[], T | None]) -> T:
    """Return what comes; raises TimeoutError where nothing does."""
    async with asyncio.timeout(_PATIENCE):
        while (seen := look()) is None:  # noqa: ASYNC110 - another process tells nobody
            await asyncio.sleep(0.01)
    return seen


@asynccontextmanager
async def _bot() -> AsyncIterator[_Bot]:
    with TemporaryDirectory() as folder:
        database = Path(folder) / "bench.db"
        async with workspace() as slack, autodesk() as token_flex:
            settings = environment(slack, token_flex, database)
            async with program(slack, "bot", "run", settings=settings) as pid:
                bot = _Bot(slack, token_flex, database, pid)
                watching = asyncio.create_task(bot.watch())
                try:
                    yield bot
                finally:
                    watching.cancel()


async def _while_reading(path: Path | None) -> tuple[Timed, float, float]:
    """Have people type while the file is fetched and read, or while none is.

    Return what they saw, the bot's megabytes at the most, and the seconds that the file took.
    """
    async with _bot() as bot:
        key = await bot.asks()
        began = await bot.gets(key, path) if path else 0.0
        timed = await Typists(bot.slack).type_for(_SECONDS, _PER_SECOND, answers=True)
        took = await bot.answered() - began if path else 0.0
        return timed, bot.memory, took


async def _few(path: Path) -> float:
    """Return the seconds from the beginning of a small file's download to its answer in the outbox."""
    async with _bot() as bot:
        return -await bot.gets(await bot.asks(), path) + await bot.answered()


async def _around(large: Path, small: Path) -> tuple[list[Table], list[Target]]:
    calm, busy = [], []
    for _ in range(_RUNS):
        calm.append(await _while_reading(None))
        busy.append(await _while_reading(large))
    few = statistics.median([await _few(small) for _ in range(_RUNS)])
    table = Table(
        f"The bot while it answers {_ROWS:,} rows, {_PER_SECOND} commands a second (milliseconds)",
        ["", "acknowledged p50", "p95", "slowest", "bot MB", "answer after s"],
    )
    for name, runs in (("no file", calm), ("the file is fetched and read", busy)):
        acks = [each for timed, _, _ in runs for each in timed.acknowledged]
        memory, took = max(each for _, each, _ in runs), statistics.median(each for _, _, each in runs)
        table.row(name, percentile(acks, 0.5), percentile(acks, 0.95), max(acks), memory, took)
    return [table], [
        Target("acknowledgement p50 while a file is read, times without", _p50(busy) / _p50(calm), 1.3),
        Target("memory of the bot for a large answer (MB)", _memory(busy) - _memory(calm), 10),
        Target(f"answer to {_FEW:,} rows in the outbox after its download's beginning (s)", few, 1.5),
    ]


def _p50(runs: Sequence[tuple[Timed, float, float]]) -> float:
    return statistics.median(percentile(timed.acknowledged, 0.5) for timed, _, _ in runs)


def _memory(runs: Sequence[tuple[Timed, float, float]]) -> float:
    return max(memory for _, memory, _ in runs)


def measure() -> tuple[list[Table], list[Target]]:
    """Return the tables and the targets of answers."""
    with TemporaryDirectory() as folder:
        large, small = Path(folder) / "large.csv", Path(folder) / "small.csv"
        session_export.write(large, _ROWS)
        session_export.write(small, _FEW)
        tables, targets = _engine(large, Path(folder))
        more, others = asyncio.run(_around(large, small))
    return [*tables, *more], [*targets, *others]
