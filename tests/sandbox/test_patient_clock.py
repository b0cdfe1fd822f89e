"""The fast clock of houses: what a busy machine takes is not counted, except where other processes share the time."""

import time
from datetime import datetime, timedelta

from sandbox.clock import ScaledClock
from tests.harness.patient_clock import ClockBeside, PatientClock

FAST = 100.0
STANDSTILL = 0.1  #: real seconds, ten of the clock


async def test_a_loop_that_stands_still_takes_hardly_any_time() -> None:
    """A second at most, and none is taken back; beside it time passes alike."""
    clock = PatientClock(FAST)
    beside = ClockBeside(clock, timedelta(hours=1))
    began, ahead = clock.now(), beside.now()
    time.sleep(STANDSTILL)  # noqa: ASYNC251 - what is tested
    assert began < clock.now() <= began + timedelta(seconds=1)
    assert beside.now() <= ahead + timedelta(seconds=1)
    await clock.sleep(30)
    assert clock.now() >= began + timedelta(seconds=30)
    clock.stop()


async def test_time_that_is_shared_waits_for_nobody() -> None:
    """Without a jump, and as the clock of the other process has it."""
    clock = PatientClock(FAST)
    before = clock.now()
    factor, started_at, origin = clock.share()
    shared_at = datetime.fromisoformat(origin)
    assert before <= shared_at <= before + timedelta(seconds=1)
    other = ScaledClock(factor, started_at=started_at, origin=shared_at)
    time.sleep(STANDSTILL)  # noqa: ASYNC251 - what is tested
    assert shared_at + timedelta(seconds=FAST * STANDSTILL) <= clock.now() <= other.now() <= clock.now()


async def test_real_time_is_real() -> None:
    """At the speed of real time nothing is held up: people watch then."""
    clock = PatientClock(FAST)
    clock.run_at(1)
    began = clock.now()
    time.sleep(STANDSTILL)  # noqa: ASYNC251 - what is tested
    assert clock.now() >= began + timedelta(seconds=STANDSTILL)
    clock.stop()
