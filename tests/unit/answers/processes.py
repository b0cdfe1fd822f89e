"""Programs that stand in the place of the engine's processes: how each may end, and what is left behind."""

import sys
from pathlib import Path

from bot.cards.figures import Fault

#: Ends that every process of the engine may come to, and what people read then.
ENDS: dict[str, tuple[str, Fault]] = {
    "says nothing": ("", Fault.CRASH),
    "killed by the system": ("import os, signal; os.kill(os.getpid(), signal.SIGKILL)", Fault.MEMORY),
    "its alarm": ("import os, signal; os.kill(os.getpid(), signal.SIGALRM)", Fault.TIME),
}


def program_of(script: str) -> tuple[str, ...]:
    """Return the command that runs a script in a process of its own."""
    return (sys.executable, "-c", script)


def after_asking(script: str) -> str:
    """Return a script that reads what it is asked before it goes on."""
    return f"import sys; sys.stdin.readline()\n{script}"


def left_in(folder: Path) -> list[str]:
    """Return the names of what is in a folder."""
    return sorted(each.name for each in folder.iterdir())
