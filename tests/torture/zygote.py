"""A process with all imports done that forks bots: real processes that start in a moment and can be killed.

It reads one JSON object a line from standard input, forks a bot for it and writes `{"pid": …}`; when a bot ends it
writes `{"ended": pid, "status": …}`, where a negative status is a signal. It ends with its standard input.
"""

import json
import os
import select
import signal
import sys
from pathlib import Path
from typing import Any

from bot.command_line import leave, main
from tests.torture.breaks import BREAKS
from tests.torture.crossings import Moment, Numbered, put_up
from tests.torture.faults import inject
from tests.torture.leaps import LeapingClock


def _serve() -> None:
    wakened, waking = os.pipe()
    os.set_blocking(waking, False)
    signal.set_wakeup_fd(waking, warn_on_full_buffer=False)
    signal.signal(signal.SIGCHLD, lambda *_: None)
    unread = b""
    while True:
        ready, _, _ = select.select([0, wakened], [], [])
        if wakened in ready:
            os.read(wakened, 4096)
            _report_ended()
        if 0 in ready:
            more = os.read(0, 65536)
            if not more:
                return
            *lines, unread = (unread + more).split(b"\n")
            for line in lines:
                _fork(json.loads(line))


def _fork(wanted: dict[str, Any]) -> None:
    pid = os.fork()
    if pid == 0:
        _become(wanted)
    _say({"pid": pid})


def _report_ended() -> None:
    while True:
        try:
            pid, status = os.waitpid(-1, os.WNOHANG)
        except ChildProcessError:
            return
        if pid == 0:
            return
        _say({"ended": pid, "status": os.waitstatus_to_exitcode(status)})


def _say(message: dict[str, Any]) -> None:
    sys.stdout.write(json.dumps(message) + "\n")
    sys.stdout.flush()


def _become(wanted: dict[str, Any]) -> None:
    """Turn the forked process into a bot; never returns."""
    signal.set_wakeup_fd(-1)
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    nothing = os.open(os.devnull, os.O_RDONLY)
    log = os.open(wanted["log"], os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
    os.dup2(nothing, 0)
    os.dup2(log, 1)
    os.dup2(log, 2)
    os.environ.clear()
    os.environ.update(wanted["environment"])
    os.chdir(Path(wanted["log"]).parent)
    strikes = {Moment(*moment): (number, delay) for *moment, number, delay in wanted["strikes"]}
    for name in wanted["breaks"]:
        BREAKS[name]()
    if wanted["fault"]:
        inject(*wanted["fault"])
    put_up(Numbered(Path(wanted["record"]), strikes))
    leave(main([wanted["word"]], clock=LeapingClock(*wanted["clock"])))


if __name__ == "__main__":
    _serve()
