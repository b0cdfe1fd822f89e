"""SIGINT, SIGTERM and SIGHUP while something is under way that must not be cut off; in a process of its own."""

import signal
import subprocess
import sys

import pytest

from tests.harness.house import ROOT

SIGNALS = [signal.SIGINT, signal.SIGTERM, signal.SIGHUP]
IGNORED = """
import signal
signal.signal(signal.SIGHUP, signal.SIG_IGN)
"""
HEAD = """
import asyncio, signal, sys, time
signal.signal(signal.SIGHUP, signal.SIG_DFL)  # whoever runs the tests may have it ignored

from bot.runtime import interrupts
from bot.runtime.interrupts import InterruptedBySignalError, finished, uninterrupted, until_signal

def say(word):
    print(word, flush=True)

def slow(seconds):
    say("begun")
    time.sleep(seconds)
    say("stored")
    return "result"
"""
UNINTERRUPTED = """
try:
    say(uninterrupted(slow, float(sys.argv[1])))
except InterruptedBySignalError:
    say("interrupted")
"""
CLOSED = """
async def work():
    try:
        await finished(slow, float(sys.argv[1]))
    finally:
        await asyncio.sleep(0.1)
        say("closed")

try:
    asyncio.run(until_signal(work()))
except InterruptedBySignalError:
    say("interrupted")
"""
HOPELESS = """
interrupts.GRACE = 0.2
try:
    uninterrupted(slow, 30.0)
except InterruptedBySignalError:
    say("interrupted")
import os
os._exit(0)
"""
FAILING = """
def failing():
    slow(float(sys.argv[1]))
    raise OSError("disk full")

try:
    uninterrupted(failing)
except OSError as error:
    say(error)
"""


def ran(code: str, seconds: float, *signals: signal.Signals) -> list[str]:
    """Run code, send it signals once it has begun, and return what it has said."""
    process = subprocess.Popen(
        [sys.executable, "-c", HEAD + code, str(seconds)], cwd=ROOT, stdout=subprocess.PIPE, text=True
    )
    assert process.stdout is not None
    with process.stdout:
        first = process.stdout.readline()
        for number in signals:
            process.send_signal(number)
        rest = process.stdout.read()
    process.wait(timeout=30)
    return (first + rest).splitlines()


@pytest.mark.parametrize("number", SIGNALS)
def test_work_under_way_ends_before_the_signal_counts(number: signal.Signals) -> None:
    """Once and again: impatience loses nothing either."""
    assert ran(UNINTERRUPTED, 1.0, number, number, signal.SIGINT) == ["begun", "stored", "interrupted"]


@pytest.mark.parametrize("number", SIGNALS)
def test_what_it_needs_is_closed_after_it(number: signal.Signals) -> None:
    """The work of the event loop is cancelled, and waits for the thread before it closes anything."""
    assert ran(CLOSED, 1.0, number, number) == ["begun", "stored", "closed", "interrupted"]


def test_whoever_had_hanging_up_ignored_is_obeyed() -> None:
    """As `nohup` does."""
    assert ran(IGNORED + UNINTERRUPTED, 0.5, signal.SIGHUP) == ["begun", "stored", "result"]


def test_without_a_signal_it_is_an_ordinary_call() -> None:
    """The result comes back."""
    assert ran(UNINTERRUPTED, 0.0) == ["begun", "stored", "result"]


def test_the_wait_has_an_end() -> None:
    """A call that takes too long is left; the process can go."""
    assert [line for line in ran(HOPELESS, 0.0, signal.SIGTERM) if "call is under way" not in line] == [
        "begun",
        "interrupted",
    ]


def test_what_went_wrong_is_said_in_spite_of_a_signal() -> None:
    """A failure counts for more than the interruption."""
    assert ran(FAILING, 0.5, signal.SIGINT) == ["begun", "stored", "disk full"]
