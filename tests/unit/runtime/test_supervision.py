"""Background loops with a guardian, and short jobs whose errors are never lost."""

import asyncio
from datetime import UTC, datetime, timedelta

import pytest

from bot.runtime.supervision import Supervisor, TaskGroup


class HandClock:
    """A clock that moves only when somebody sleeps or moves it; `pauses` are the sleeps asked for, in seconds."""

    def __init__(self) -> None:
        self.moment = datetime(2026, 1, 1, tzinfo=UTC)
        self.pauses: list[float] = []

    def now(self) -> datetime:
        return self.moment

    async def sleep(self, seconds: float) -> None:
        self.pauses.append(seconds)
        self.moment += timedelta(seconds=seconds)
        await asyncio.sleep(0)


class Loop:
    """Crashes so many times, then runs on; each run lasts that many seconds of the clock."""

    def __init__(self, clock: HandClock, crashes: int, seconds: float = 0.0) -> None:
        self._clock, self._left, self._seconds = clock, crashes, seconds
        self.running = asyncio.Event()

    async def run(self) -> None:
        self._clock.moment += timedelta(seconds=self._seconds)
        if self._left:
            self._left -= 1
            raise RuntimeError("no luck")
        self.running.set()
        await asyncio.Event().wait()


async def test_a_crashed_loop_is_started_again_with_growing_pauses(caplog: pytest.LogCaptureFixture) -> None:
    """Each crash is logged with name, count and traceback; the pause doubles up to a minute."""
    clock = HandClock()
    supervisor, loop = Supervisor(clock), Loop(clock, 8)
    supervisor.start("polling", loop.run)
    await loop.running.wait()
    await supervisor.stop()
    assert clock.pauses == [2, 4, 8, 16, 32, 60, 60, 60]
    assert supervisor.crashes == {"polling": 8}
    crashes = [record for record in caplog.records if "crashed" in record.getMessage()]
    assert len(crashes) == 8
    assert all(record.exc_info and record.__dict__["loop"] == "polling" for record in crashes)


async def test_a_crash_after_a_healthy_time_counts_as_the_first() -> None:
    """A loop that crashes once a day is back after two seconds, not after a minute."""
    clock = HandClock()
    supervisor, loop = Supervisor(clock), Loop(clock, 8, seconds=600)
    supervisor.start("polling", loop.run)
    await loop.running.wait()
    await supervisor.stop()
    assert set(clock.pauses) == {2}
    assert supervisor.crashes == {"polling": 8}


async def test_a_loop_that_just_ends_is_logged(caplog: pytest.LogCaptureFixture) -> None:
    """No loop ends without a line in the log."""
    clock = HandClock()
    supervisor = Supervisor(clock)
    ended = asyncio.Event()

    async def _ends() -> None:
        ended.set()

    supervisor.start("polling", _ends)
    await ended.wait()
    await asyncio.sleep(0)
    await supervisor.stop()
    assert "a background loop has ended by itself" in caplog.text


async def test_a_crash_of_one_loop_leaves_the_others_alone() -> None:
    """Loops are kept apart."""
    clock = HandClock()
    supervisor, broken, healthy = Supervisor(clock), Loop(clock, 3), Loop(clock, 0)
    supervisor.start("broken", broken.run)
    supervisor.start("healthy", healthy.run)
    await asyncio.gather(broken.running.wait(), healthy.running.wait())
    await supervisor.stop()
    assert supervisor.crashes == {"broken": 3}


async def test_stopping_ends_every_loop_and_can_be_repeated() -> None:
    """After a stop no task is left, also where a loop was in its pause."""
    clock = HandClock()
    supervisor, loop = Supervisor(clock), Loop(clock, 0)
    supervisor.start("polling", loop.run)
    await loop.running.wait()
    await supervisor.stop()
    await supervisor.stop()
    assert asyncio.all_tasks() == {asyncio.current_task()}


async def test_an_error_of_a_job_is_logged(caplog: pytest.LogCaptureFixture) -> None:
    """A job that fails is named in the log; the group goes on."""
    group = TaskGroup()

    async def _fails() -> None:
        raise RuntimeError("no luck")

    group.start("deliver card:1", _fails(), export=1)
    await group.settle(5)
    (record,) = [record for record in caplog.records if record.getMessage() == "a background job failed"]
    assert record.__dict__["job"] == "deliver card:1"
    assert record.exc_info


async def test_settling_waits_for_jobs_and_cancels_the_late() -> None:
    """A job that ends in time is finished, one that does not is cancelled, and nothing is left."""
    group, done, go = TaskGroup(), [], asyncio.Event()

    async def _quick() -> None:
        await go.wait()
        done.append("quick")

    group.start("quick", _quick(), export=1)
    group.start("late", asyncio.sleep(3600), export=2)
    asyncio.get_running_loop().call_soon(go.set)
    await group.settle(0.2)
    await group.settle(0.2)
    assert done == ["quick"]
    assert asyncio.all_tasks() == {asyncio.current_task()}
