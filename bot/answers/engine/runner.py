"""Starts the engine for one file; however it ends there is an outcome: figures, or a fault with its sentence."""

import asyncio
import shutil
import tempfile
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any, Final

import structlog

from bot.answers.engine import process
from bot.answers.engine.document import DocumentError, Found, Limits, Task, unread
from bot.cards.figures import Fault, Unread

_ENGINE: Final = process.program("bot.answers.engine")

log = structlog.get_logger(__name__)


async def read(
    path: Path, folder: Path, task: Task, limits: Limits, *, program: Sequence[str] = _ENGINE
) -> Found | Unread:
    """Return the figures of a file, or why there are none; `folder` is a private one that exists.

    A cancelled call has ended the engine and removed what it left before it raises. `program` is what is started.
    """
    own = Path(await asyncio.to_thread(tempfile.mkdtemp, dir=folder))
    asked = {"path": str(path), "folder": str(own), "limits": asdict(limits), "task": task.json()}
    try:
        said, status = await process.told(program, asked, limits.seconds + process.GRACE)
    finally:
        await asyncio.shield(asyncio.to_thread(shutil.rmtree, own, ignore_errors=True))
    outcome = _outcome(said, status, task)
    if isinstance(outcome, Unread):
        _log(outcome, said, status)
    return outcome


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
