"""How this program was started, so that the commands in its sentences can be typed as they stand."""

import re
import shlex
import shutil
import sys
from pathlib import Path
from typing import Final

_WRITTEN: Final = re.compile(r"(?<![\w./])python -m bot\b")


def as_typed(text: str) -> str:
    """Return a text in which each `python -m bot` names the Python that this one was started with."""
    return _WRITTEN.sub(lambda _: f"{_python(Path(sys.executable))} -m bot", text)


def _python(executable: Path) -> str:
    """Return what a person types in this folder to start a Python."""
    if str(executable) == shutil.which("python"):
        return "python"
    here = Path.cwd()
    return shlex.quote(str(executable.relative_to(here) if executable.is_relative_to(here) else executable))
