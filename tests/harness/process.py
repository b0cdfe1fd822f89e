"""The bot as a process of its own, as an administrator starts it; what it writes goes to files."""

import asyncio
import os
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

from sandbox.clock import ScaledClock
from tests.harness.house import ROOT

_PATIENCE = 30.0
_FAST_START = """
import sys
from datetime import datetime
from bot.command_line import leave, main
from sandbox.clock import ScaledClock
factor, started_at, origin = sys.argv[1:4]
clock = ScaledClock(float(factor), started_at=float(started_at), origin=datetime.fromisoformat(origin))
leave(main(sys.argv[4:], clock=clock))
"""


@dataclass
class BotProcess:
    """A running or ended `python -m bot …`."""

    process: asyncio.subprocess.Process
    folder: Path
    name: str

    @property
    def out(self) -> str:
        """What it has written to standard output."""
        return (self.folder / f"{self.name}.out").read_text()

    @property
    def err(self) -> str:
        """What it has written to standard error: messages and logs."""
        return (self.folder / f"{self.name}.err").read_text()

    @property
    def lines(self) -> list[str]:
        """The lines of standard error."""
        return self.err.splitlines()

    async def ends(self) -> int:
        """Wait until it ends by itself; return its exit status."""
        return await asyncio.wait_for(self.process.wait(), _PATIENCE)

    async def says(self, text: str, count: int = 1) -> None:
        """Wait until standard error holds a text so many times; a process that ends before fails the test."""
        await until(lambda: self.err.count(text) >= count, self)

    async def asks(self, text: str) -> str:
        """Wait until standard output holds a text; return all of it."""
        await until(lambda: text in self.out, self)
        return self.out

    async def reads(self, text: str) -> None:
        """Type a text into its standard input and close that."""
        assert self.process.stdin is not None
        self.process.stdin.write(text.encode())
        await self.process.stdin.drain()
        self.process.stdin.close()

    async def stop(self) -> int:
        """Stop it as a host does; return its exit status."""
        if self.process.returncode is None:
            self.process.terminate()
        return await self.ends()


async def until(condition: Callable[[], bool], bot: BotProcess | None = None) -> None:
    """Wait for a condition that nothing announces; a bot that ends before it holds fails the test."""
    async with asyncio.timeout(_PATIENCE):
        while not condition():
            assert bot is None or bot.process.returncode is None, bot.err
            await asyncio.sleep(0.05)


async def start_process(
    folder: Path,
    *words: str,
    environment: Mapping[str, str],
    clock: ScaledClock | None = None,
    options: tuple[str, ...] = (),
    name: str = "bot",
    user: int | None = None,
) -> BotProcess:
    """Start `python -m bot` with these words in `folder`; with a `clock` it shares the stand-ins' time."""
    code: tuple[str, ...] = ("-m", "bot")
    if clock is not None:
        code = ("-c", _FAST_START, str(clock.factor), str(clock.started_at), clock.origin.isoformat())
    inherited = {key: os.environ[key] for key in ("PATH", "LANG") if key in os.environ}
    with (folder / f"{name}.out").open("wb") as out, (folder / f"{name}.err").open("wb") as err:
        process = await asyncio.create_subprocess_exec(
            sys.executable,
            *options,
            *code,
            *words,
            env={**inherited, "HOME": str(folder), "PYTHONPATH": str(ROOT), "PYTHONUNBUFFERED": "1", **environment},
            cwd=folder,
            stdin=asyncio.subprocess.PIPE,
            stdout=out,
            stderr=err,
            user=user,
        )
    return BotProcess(process, folder, name)
