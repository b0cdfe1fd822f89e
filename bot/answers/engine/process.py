"""Starts a short-lived process that reads one file, and waits for the one line that it says; never blocks the loop.

It is handed paths and a task; no environment, so no secret. However it ends, there is an outcome.
"""

import asyncio
import json
import signal
import sys
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any, Final

from bot.cards.figures import Fault

_ROOT: Final = Path(__file__).parents[3]
_MOST_SAID: Final = 8 << 20  #: bytes of a document; a hundred rows of tables and three years of days have less
GRACE: Final = 5  #: seconds that the process's own alarm has before it is ended from here
_ENDS: Final[Mapping[int, Fault]] = {
    signal.SIGALRM: Fault.TIME,
    signal.SIGXCPU: Fault.TIME,
    signal.SIGKILL: Fault.MEMORY,
}


def program(module: str) -> tuple[str, ...]:
    """Return what runs a module of ours as a process."""
    return (sys.executable, "-X", "utf8", "-m", module)


async def told(
    started: Sequence[str], asked: Mapping[str, object], seconds: float
) -> tuple[dict[str, Any] | Fault, int]:
    """Return what a program said, and its exit status; a fault where it said nothing that can be read.

    A cancelled call has ended the program before it raises.
    """
    async with _started(started) as process:
        if process.stdin is None or process.stdout is None:
            raise AssertionError("both ends were asked for")
        try:
            async with asyncio.timeout(seconds):
                process.stdin.write(f"{json.dumps(asked)}\n".encode())
                line = await process.stdout.readline()
                # Its input stays open until it has ended by itself: the end of it would be the end of the program.
                status = await process.wait()
        except TimeoutError:
            return Fault.TIME, 0
        except ValueError:  # a line without an end
            return Fault.CRASH, 0
    return _parsed(line) or _ENDS.get(-status, Fault.CRASH), status


@asynccontextmanager
async def _started(program: Sequence[str]) -> AsyncIterator[asyncio.subprocess.Process]:
    """Have the program run; however this is left, it has ended."""
    process = await asyncio.create_subprocess_exec(
        *program,
        cwd=_ROOT,
        env={},
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.DEVNULL,  # what a library complains of may quote a row
        start_new_session=True,
        limit=_MOST_SAID,
    )
    try:
        yield process
    finally:
        if process.returncode is None:
            process.kill()
            await asyncio.shield(process.wait())


def _parsed(line: bytes) -> dict[str, Any] | None:
    try:
        said = json.loads(line)
    except ValueError:
        return None
    return said if isinstance(said, dict) else None
