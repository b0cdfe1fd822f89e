"""A process that has imported the bot and forks itself: bots as processes of their own, without a second of imports.

For each bot comes one packet on a connection of its own: JSON that says what to run, with the three standard streams.
The process number goes back, and when the bot has ended its status, where a negative one is the signal that ended it.
The forge ends with its standard input.
"""

import array
import json
import os
import select
import signal
import socket
import sys
from collections.abc import Iterable
from contextlib import suppress
from datetime import datetime
from typing import Any, Never

from bot.command_line import leave, main
from sandbox.clock import ScaledClock

LONGEST = 65536  #: bytes of a packet
_STREAMS = 3


def serve(listening: socket.socket) -> None:
    """Fork a bot for each connection and tell of its end, until standard input ends."""
    wakened, waking = os.pipe()
    os.set_blocking(waking, False)
    signal.set_wakeup_fd(waking, warn_on_full_buffer=False)
    signal.signal(signal.SIGCHLD, lambda *_: None)
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # a person's Ctrl-C is for the tests, which end this process
    bots: dict[int, socket.socket] = {}
    sources: list[int | socket.socket] = [0, wakened, listening]
    while True:
        ready, _, _ = select.select(sources, [], [])
        if 0 in ready:
            return
        if wakened in ready:
            os.read(wakened, LONGEST)
            _report_ended(bots)
        if listening in ready:
            connection, _ = listening.accept()
            pid = _fork(connection, (listening, *bots.values()))
            bots[pid] = connection
            connection.send(str(pid).encode())


def _fork(connection: socket.socket, others: Iterable[socket.socket]) -> int:
    packet, streams = _received(connection)
    pid = os.fork()
    if pid == 0:
        for each in (connection, *others):
            each.close()
        _become(json.loads(packet), streams)
    for stream in streams:
        os.close(stream)
    return pid


def _received(connection: socket.socket) -> tuple[bytes, list[int]]:
    numbers = array.array("i")
    packet, attached, _, _ = connection.recvmsg(LONGEST, socket.CMSG_SPACE(_STREAMS * numbers.itemsize))
    numbers.frombytes(attached[0][2])
    return packet, list(numbers)


def _report_ended(bots: dict[int, socket.socket]) -> None:
    while bots:
        pid, status = os.waitpid(-1, os.WNOHANG)
        if pid == 0:
            return
        with bots.pop(pid) as connection, suppress(BrokenPipeError):  # a test that failed does not ask any more
            connection.send(str(os.waitstatus_to_exitcode(status)).encode())


def _become(wanted: dict[str, Any], streams: list[int]) -> Never:
    """Turn the forked process into a bot."""
    signal.set_wakeup_fd(-1)
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    signal.signal(signal.SIGINT, signal.default_int_handler)
    for number, stream in enumerate(streams):
        os.dup2(stream, number)
        os.close(stream)
    os.environ.clear()
    os.environ.update(wanted["environment"])
    os.chdir(wanted["folder"])
    clock = None
    if wanted["clock"]:
        factor, started_at, origin = wanted["clock"]
        clock = ScaledClock(factor, started_at=started_at, origin=datetime.fromisoformat(origin))
    leave(main(wanted["words"], clock=clock))
    raise AssertionError("it has left")


if __name__ == "__main__":
    serve(socket.socket(fileno=int(sys.argv[1])))
