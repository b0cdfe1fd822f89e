"""The real bot on a clock that is steered through standard input; `make demo` starts it so.

Each line holds a time in UTC, the real time at which it was so (seconds of `time.time()`), and how many times as fast
as real time it goes on. A line `?` asks what the bot has to do by itself, which is said as JSON on standard output.
When the input ends, whoever started the bot is gone, and it stops. The one argument is the path of its database.
"""

import json
import os
import signal
import sys
import threading
from datetime import datetime
from pathlib import Path

from bot.command_line import leave, main
from sandbox.clock import ScaledClock
from scripts import agenda
from storage import database

ASKED = "?"


def _take(line: str, clock: ScaledClock) -> None:
    origin, started_at, factor = line.split()
    clock.follow(datetime.fromisoformat(origin), float(started_at), float(factor))


def _follow(clock: ScaledClock, path: Path) -> None:
    for line in sys.stdin:
        if line.strip() == ASKED:
            print(_ahead(clock, path), flush=True)
        else:
            _take(line, clock)
    os.kill(os.getpid(), signal.SIGTERM)


def _ahead(clock: ScaledClock, path: Path) -> str:
    with database.read_only(path) as db:
        ahead = agenda.ahead(db, clock.now())
    return json.dumps({"busy": ahead.busy, "next_at": ahead.next_at and ahead.next_at.isoformat()})


if __name__ == "__main__":
    steered = ScaledClock()
    _take(sys.stdin.readline(), steered)  # before the bot looks at it: the demo's day is not the machine's
    threading.Thread(target=_follow, args=(steered, Path(sys.argv[1])), daemon=True).start()
    leave(main(["run"], clock=steered))
