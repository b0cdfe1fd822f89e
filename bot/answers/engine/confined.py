"""What a process that reads a file of strangers does before it looks at it: it takes no more than it may."""

import os
import resource
import signal
import threading
from contextlib import suppress
from typing import Final, TextIO

from bot.answers.engine.document import Limits

#: MiB that the whole process may have besides what its library may: Python, the library, the file's buffers, stacks.
_BESIDES: Final = 768
_NICE: Final = 10  #: people's clicks come before figures


def confine(limits: Limits, stdin: TextIO) -> None:
    """Let the system end this process where it takes more than it may, even if nobody is there to see it.

    It ends as well when the one that started it is gone: its end of the pipe is then closed.
    """
    signal.signal(signal.SIGALRM, signal.SIG_DFL)
    signal.alarm(limits.seconds)
    with suppress(OSError):  # as the service in docs/deploy may not
        os.nice(_NICE)
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))  # a core holds rows
    memory = (limits.memory + _BESIDES) << 20
    resource.setrlimit(resource.RLIMIT_DATA, (memory, memory))
    resource.setrlimit(resource.RLIMIT_FSIZE, (limits.disk << 20, limits.disk << 20))
    threading.Thread(target=_leave_with, args=(stdin,), daemon=True).start()


def _leave_with(stdin: TextIO) -> None:
    stdin.read()
    os._exit(1)
