"""Files for the engine of answers, made in a folder, and the engine asked about them in this process."""

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from bot.answers.engine.__main__ import answer
from bot.answers.engine.document import Found, Limits, Task, task_of, unread
from bot.cards.figures import Unread
from bot.tokenflex.models import ExportRequest

CONTRACT = "110000123456"


def asked(fields: Sequence[str], metrics: Sequence[str] = (), categories: Sequence[str] = ()) -> ExportRequest:
    return ExportRequest(CONTRACT, tuple(fields), tuple(metrics), tuple(categories), "", "a_name")


def engine_says(folder: Path, content: bytes, task: Task, limits: Limits | None = None) -> Found | Unread:
    """Return what the engine finds in these bytes, by way of the JSON that travels between the processes."""
    path = folder / "export.csv"
    path.write_bytes(content)
    sent = task_of(json.loads(json.dumps(task.json())))
    assert sent == task
    said: dict[str, Any] = json.loads(json.dumps(answer(path, folder / "spill", sent, limits or Limits())))
    return Found.read(said["found"], task) if "found" in said else unread(said, task)


def found_in(folder: Path, content: bytes, task: Task) -> Found:
    """Return the figures of these bytes, which have some."""
    found = engine_says(folder, content, task)
    assert isinstance(found, Found), found
    return found
