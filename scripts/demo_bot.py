"""The real bot on a clock that is steered through standard input; `make demo` starts it so.

Each line holds a time in UTC, the real time at which it was so (seconds of `time.time()`), and how many times as fast
as real time it goes on. When the input ends, whoever started the bot is gone, and it stops.
"""

import os
import signal
import sys
import threading
from datetime import datetime

from bot.command_line import leave, main
from sandbox.clock import ScaledClock


def _take(line: str, clock: ScaledClock) -> None:
    origin, started_at, factor = line.split()
    clock.follow(datetime.fromisoformat(origin), float(started_at), float(factor))


def _follow(clock: ScaledClock) -> None:
    for line in sys.stdin:
        _take(line, clock)
    os.kill(os.getpid(), signal.SIGTERM)


if __name__ == "__main__":
    steered = ScaledClock()
    _take(sys.stdin.readline(), steered)  # before the bot looks at it: the demo's day is not the machine's
    threading.Thread(target=_follow, args=(steered,), daemon=True).start()
    leave(main(["run"], clock=steered))
