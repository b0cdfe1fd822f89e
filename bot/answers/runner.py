"""Starts the engine for one file and waits for what it says, without ever blocking the loop.

The engine is handed a path, a folder of its own and a task; no environment, so no secret. However it ends, there is
an outcome: figures, or a fault with its sentence.
"""

import asyncio
import json
import shutil
import signal
import sys
import tempfile
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import asdict
from pathlib import Path
from typing import Any, Final

import structlog

from bot.answers.document import DocumentError, Found, Limits, Task, unread
from bot.cards.figures import Fault, Unread

_ROOT: Final = Path(__file__).parents[2]
_ENGINE: Final = (sys.executable, "-X", "utf8", "-m", "bot.answers.engine")
_MOST_SAID: Final = 8 << 20  #: bytes of a document; a hundred rows of tables and three years of days have less
_GRACE: Final = 5  #: seconds that the engine's own alarm has before it is ended from here
_ENDS: Final[Mapping[int, Fault]] = {
    signal.SIGALRM: Fault.TIME,
    signal.SIGXCPU: Fault.TIME,
    signal.SIGKILL: Fault.MEMORY,
}

log = structlog.get_logger(__name__)


async def read(
    path: Path, folder: Path, task: Task, limits: Limits, *, program: Sequence[str] = _ENGINE
) -> Found | Unread:
    """Return the figures of a file, or why there are none; `folder` is a private one that exists.

    A cancelled call has ended the engine and removed what it left before it raises. `program` is what is started.
    """
    own = Path(await asyncio.to_thread(tempfile.mkdtemp, dir=folder))
    try:
        said, status = await _told(program, {"path": str(path), "folder": str(own)}, task, limits)
    finally:
        await asyncio.shield(asyncio.to_thread(shutil.rmtree, own, ignore_errors=True))
    outcome = _outcome(said, status, task)
    if isinstance(outcome, Unread):
        _log(outcome, said, status)
    return outcome


async def _told(
    program: Sequence[str], places: Mapping[str, str], task: Task, limits: Limits
) -> tuple[dict[str, Any] | Fault, int]:
    """Return what the engine said and its exit status; a fault where it said nothing that can be read."""
    asked = {**places, "limits": asdict(limits), "task": task.json()}
    async with _started(program) as process:
        if process.stdin is None or process.stdout is None:
            raise AssertionError("both ends were asked for")
        try:
            async with asyncio.timeout(limits.seconds + _GRACE):
                process.stdin.write(f"{json.dumps(asked)}\n".encode())
                line = await process.stdout.readline()
                # Its input stays open until it has ended by itself: the end of it would be the end of the engine.
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


def _outcome(said: dict[str, Any] | Fault, status: int, task: Task) -> Found | Unread:
    if isinstance(said, Fault):
        return Unread(said)
    try:
        return Found.read(said["found"], task) if "found" in said and status == 0 else unread(said, task)
    except DocumentError:
        return Unread(Fault.CRASH)


def _log(outcome: Unread, said: dict[str, Any] | Fault, status: int) -> None:
    error = said.get("error", "") if isinstance(said, dict) else ""
    log.warning(
        "a file has no figures",
        fault=outcome.fault.value,
        columns=outcome.columns,
        line=outcome.line,
        error=str(error)[:60],
        status=status,
    )
