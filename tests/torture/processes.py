"""Bots as real processes: forked, killed, started again, with the time of the house that they serve."""

import asyncio
import contextlib
import json
import os
import signal
import sys
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

from tests.harness.house import ROOT, House
from tests.torture.crossings import Moment, was_killed
from tests.torture.faults import Planned
from tests.torture.leaps import course

_PATIENCE = 30.0
_RESTART_AFTER = 0.2  #: real seconds until a bot that ended by itself is started again
FAULT = "fault"  #: file in the house's folder that says what a fault has hit


@dataclass(frozen=True, slots=True)
class Plan:
    """What a bot is to suffer: its death at a moment, one fault, deliberate bugs."""

    kill: Moment | None = None
    fault: Planned | None = None
    breaks: tuple[str, ...] = ()
    signed_in: bool = False  #: with the login of a person, whose refresh token is renewed again and again
    files: bool = False  #: with the file of the export put into its thread
    schedules: bool = False  #: with a question that is asked by itself for some days
    alerts: bool = False  #: with usage that is watched to the end of the contract year
    word: str = "run"  #: of the command line
    signal: tuple[Moment, int, float] | None = None  #: that the process gets so many real seconds after a moment

    def strikes(self) -> Iterator[tuple[Moment, int, float]]:
        """Yield the signals that the process gets, each with its moment; of two at one moment the last one counts."""
        if self.signal:
            yield self.signal
        if self.kill:
            yield self.kill, signal.SIGKILL, 0.0


@dataclass(eq=False, slots=True)
class Forked:
    """One bot; `ended` holds its exit status, a negative one is the signal that ended it."""

    pid: int
    ended: "asyncio.Future[int]"
    log: Path
    record: Path

    def kill(self) -> None:
        """End it as a power cut does."""
        if not self.ended.done():
            with contextlib.suppress(ProcessLookupError):  # it has ended, and the news is on its way
                os.kill(self.pid, signal.SIGKILL)

    @property
    def died_as_told(self) -> bool:
        """Whether it killed itself at the moment that it was given."""
        return was_killed(self.record)


class Forge:
    """Makes bots by forking a process that has imported everything."""

    def __init__(self, process: asyncio.subprocess.Process) -> None:
        self._process = process
        self._forked: asyncio.Queue[tuple[int, asyncio.Future[int]]] = asyncio.Queue()
        self._ended: dict[int, asyncio.Future[int]] = {}
        self._lock = asyncio.Lock()
        self._reading = asyncio.create_task(self._read())

    async def _read(self) -> None:
        loop = asyncio.get_running_loop()
        assert self._process.stdout is not None
        async for line in self._process.stdout:
            message = json.loads(line)
            if "pid" in message:  # a new future each time: the kernel gives a number again some day
                ended = self._ended[message["pid"]] = loop.create_future()
                self._forked.put_nowait((message["pid"], ended))
            else:
                self._ended.pop(message["ended"]).set_result(message["status"])

    async def fork(self, house: House, name: str, plan: "Plan") -> Forked:
        """Start a bot for a house."""
        fault = plan.fault
        log, record = house.folder / f"{name}.err", house.folder / f"{name}.crossings"
        wanted = {
            "environment": {"HOME": str(house.folder), "LOG_LEVEL": "INFO", **house.environment},
            "clock": course(house),
            "word": plan.word,
            "strikes": [[moment.label, moment.occurrence, moment.when, *how] for moment, *how in plan.strikes()],
            "fault": [fault.layer, fault.number, fault.kind, str(house.folder / FAULT)] if fault else None,
            "breaks": list(plan.breaks),
            "log": str(log),
            "record": str(record),
        }
        assert self._process.stdin is not None
        async with self._lock:
            self._process.stdin.write(json.dumps(wanted).encode() + b"\n")
            await self._process.stdin.drain()
            pid, ended = await self._forked.get()
        return Forked(pid, ended, log, record)

    async def close(self) -> None:
        """End the forge; its bots have to be ended before."""
        assert self._process.stdin is not None
        self._process.stdin.close()
        await self._process.wait()
        self._reading.cancel()


@asynccontextmanager
async def forge() -> AsyncIterator[Forge]:
    """Give a forge."""
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        "tests.torture.zygote",
        cwd=ROOT,
        env={key: os.environ[key] for key in ("PATH", "LANG") if key in os.environ},
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
    )
    made = Forge(process)
    try:
        yield made
    finally:
        await made.close()


class Keeper:
    """Keeps one bot running for a house: whenever it dies, the next is started, as a host does."""

    def __init__(self, forge: Forge, house: House, plan: Plan) -> None:
        """The first bot suffers all of the plan, those after it only its deliberate bugs."""
        self._forge = forge
        self._house = house
        self._plan = plan
        self.started: list[Forked] = []
        self.statuses: list[int] = []
        self._task: asyncio.Task[None] | None = None
        self._starting: asyncio.Task[None] | None = None

    async def start(self) -> None:
        """Start the first bot and keep one running from now on."""
        await self._start_next()
        self._task = asyncio.create_task(self._keep())

    async def _start_next(self) -> None:
        """Start one; a start that is under way goes on when nobody waits for it any more, so that it can be ended."""
        self._starting = asyncio.create_task(self._start_one())
        await asyncio.shield(self._starting)

    async def _start_one(self) -> None:
        name = f"bot{len(self.started) + 1}"
        plan = Plan(breaks=self._plan.breaks) if self.started else self._plan
        self.started.append(await self._forge.fork(self._house, name, plan))

    async def _keep(self) -> None:
        while True:
            self.statuses.append(await asyncio.shield(self.started[-1].ended))
            if self.statuses[-1] != -signal.SIGKILL:
                await asyncio.sleep(_RESTART_AFTER)
            await self._start_next()

    def kill(self) -> None:
        """Kill the one that runs; the next is started at once."""
        self.started[-1].kill()

    @property
    def log(self) -> str:
        """What all of them have written."""
        return "".join(each.log.read_text() for each in self.started if each.log.exists())

    async def stop(self) -> None:
        """End the last one for good."""
        if self._task is not None:
            self._task.cancel()
        if self._starting is not None:
            await self._starting
        for each in self.started:
            each.kill()
            async with asyncio.timeout(_PATIENCE):
                await each.ended
