"""The bot as a process of its own, as an administrator starts it; what it writes goes to files."""

import asyncio
import atexit
import json
import os
import signal
import socket
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from sandbox.clock import ScaledClock
from tests.harness.forge import LONGEST
from tests.harness.house import ROOT

_PATIENCE = 30.0


@dataclass
class BotProcess:
    """A running or ended `python -m bot …`."""

    process: "asyncio.subprocess.Process | _Forked"
    folder: Path
    name: str
    typing: int  #: the end of a pipe that its standard input is read from

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
        try:
            return await asyncio.wait_for(self.process.wait(), _PATIENCE)
        finally:
            self._ends_typing()

    async def says(self, text: str, count: int = 1) -> None:
        """Wait until standard error holds a text so many times; a process that ends before fails the test."""
        await until(lambda: self.err.count(text) >= count, self)

    async def asks(self, text: str) -> str:
        """Wait until standard output holds a text; return all of it."""
        await until(lambda: text in self.out, self)
        return self.out

    async def reads(self, text: str) -> None:
        """Type a text into its standard input and close that."""
        os.write(self.typing, text.encode())
        self._ends_typing()

    def _ends_typing(self) -> None:
        if self.typing >= 0:
            os.close(self.typing)
            self.typing = -1

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
    folder: Path, *words: str, environment: Mapping[str, str], options: tuple[str, ...] = (), name: str = "bot"
) -> BotProcess:
    """Start `python -m bot` with these words in `folder`."""
    with _streams(folder, name) as (reads, out, err, typing):
        process = await asyncio.create_subprocess_exec(
            sys.executable,
            *(*options, "-m", "bot", *words),
            env=_whole(environment, folder),
            cwd=folder,
            stdin=reads,
            stdout=out,
            stderr=err,
        )
    return BotProcess(process, folder, name, typing)


async def fork_process(
    folder: Path, *words: str, environment: Mapping[str, str], clock: ScaledClock | None = None, name: str = "bot"
) -> BotProcess:
    """Start the same in a fork of a process that has imported it; with a `clock` it shares the stand-ins' time.

    For tests of what a bot does, not of how it comes to be: that takes a second of processor time.
    """
    wanted = {
        "words": words,
        "folder": str(folder),
        "environment": _whole(environment, folder),
        "clock": clock and clock.share(),
    }
    with _streams(folder, name) as (*streams, typing):
        connection = _connection()
        socket.send_fds(connection, [json.dumps(wanted).encode()], streams)
    pid = int(await asyncio.get_running_loop().sock_recv(connection, LONGEST))
    return BotProcess(_Forked(pid, connection), folder, name, typing)


class _Forked:
    """A fork, as asyncio shows its processes."""

    def __init__(self, pid: int, connection: socket.socket) -> None:
        self.pid = pid
        self._ended = asyncio.create_task(self._end(connection))

    @property
    def returncode(self) -> int | None:
        return self._ended.result() if self._ended.done() else None

    async def wait(self) -> int:
        return await asyncio.shield(self._ended)

    def send_signal(self, number: int) -> None:
        with suppress(ProcessLookupError):
            os.kill(self.pid, number)

    def terminate(self) -> None:
        self.send_signal(signal.SIGTERM)

    def kill(self) -> None:
        self.send_signal(signal.SIGKILL)

    @staticmethod
    async def _end(connection: socket.socket) -> int:
        with connection:
            return int(await asyncio.get_running_loop().sock_recv(connection, LONGEST))


def _connection() -> socket.socket:
    connection = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    connection.connect(_forge())
    connection.setblocking(False)
    return connection


@cache
def _forge() -> str:
    """Start the forge of this process and return its address; it ends with this process, or with all tests."""
    listening = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    with listening:
        listening.bind("")  # an address that Linux chooses, without a file
        listening.listen()
        running = subprocess.Popen(
            [sys.executable, "-m", "tests.harness.forge", str(listening.fileno())],
            cwd=ROOT,
            env=_whole({}, ROOT),
            stdin=subprocess.PIPE,
            pass_fds=[listening.fileno()],
        )
        address: str = listening.getsockname()
    atexit.register(running.communicate)
    return address


@contextmanager
def _streams(folder: Path, name: str) -> Iterator[tuple[int, int, int, int]]:
    """Give the three streams of a process and the end of a pipe that its input is typed into, which stays open."""
    reads, typing = os.pipe()
    with os.fdopen(reads), (folder / f"{name}.out").open("wb") as out, (folder / f"{name}.err").open("wb") as err:
        yield reads, out.fileno(), err.fileno(), typing


def _whole(environment: Mapping[str, str], home: Path) -> dict[str, str]:
    inherited = {key: os.environ[key] for key in ("PATH", "LANG") if key in os.environ}
    return {**inherited, "HOME": str(home), "PYTHONPATH": str(ROOT), "PYTHONUNBUFFERED": "1", **environment}
