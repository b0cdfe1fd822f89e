"""A copy of a CSV for spreadsheets: starts the process that makes it, and says what was made."""

import asyncio
import shutil
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Final

import structlog

from bot.answers.engine import process
from bot.answers.engine.document import Limits, Source
from bot.cards.figures import Fault, Unread
from bot.cards.names import Names

_PROGRAM: Final = process.program("bot.answers.engine.spreadsheet")

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Copy:
    """A spreadsheet: where it is, how many of all rows it has, and how many of its cells had to be cut."""

    path: Path
    rows: int
    total: int
    cut: int = 0


async def spreadsheet(
    path: Path,
    folder: Path,
    columns: Sequence[Source],
    names: Names,
    about: Mapping[str, str],
    limits: Limits,
    *,
    program: Sequence[str] = _PROGRAM,
) -> Copy | Unread:
    """Make a spreadsheet of a CSV in a private folder, or say why there is none.

    `about` is what it says of itself. A cancelled call has ended the process and left nothing.
    """
    target = folder / f"{path.stem}.xlsx"
    own = Path(await asyncio.to_thread(tempfile.mkdtemp, dir=folder))
    asked = {
        "path": str(path),
        "target": str(target),
        "folder": str(own),
        "title": about.get("CSV", path.stem),
        "about": list(about.items()),
        "columns": [{"name": each.name, "kind": each.kind, "title": names.title(each.name)} for each in columns],
        "limits": asdict(limits),
    }
    made: Copy | Unread = Unread(Fault.CRASH)
    try:
        made = _outcome(*await process.told(program, asked, limits.seconds + process.GRACE), target)
        return made
    finally:
        await asyncio.shield(asyncio.to_thread(_tidy, own, None if isinstance(made, Copy) else target))


def _tidy(folder: Path, half: Path | None) -> None:
    shutil.rmtree(folder, ignore_errors=True)
    if half is not None:
        half.unlink(missing_ok=True)


def _outcome(said: dict[str, Any] | Fault, status: int, target: Path) -> Copy | Unread:
    try:
        if isinstance(said, Fault):
            return _failed(said, status)
        if "made" in said and status == 0:
            counts = [int(said["made"][name]) for name in ("rows", "total", "cut")]
            return Copy(target, *counts)
        return _failed(Fault(said["fault"]), status, int(said.get("line", 0)))
    except (KeyError, ValueError, TypeError):
        return _failed(Fault.CRASH, status)


def _failed(fault: Fault, status: int, line: int = 0) -> Unread:
    log.warning("there is no spreadsheet of a file", fault=fault.value, line=line, status=status)
    return Unread(fault, (), line)
