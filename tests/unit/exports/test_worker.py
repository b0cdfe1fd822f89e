"""What a new process makes of submissions that the one before left behind."""

from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any

import pytest

from bot.exports.slots import Slots
from bot.exports.worker import Worker
from bot.runtime.bell import Bell
from bot.runtime.server_time import ServerTime
from storage import exports as export_store
from tests.harness.moved_clock import MovedClock
from tests.harness.stored import MemoryDatabase, in_doubt


@pytest.fixture
async def database() -> AsyncIterator[MemoryDatabase]:
    """An empty database."""
    opened = MemoryDatabase()
    yield opened
    await opened.close()


def worker(database: MemoryDatabase, clock: MovedClock) -> Worker:
    """A worker that only takes up what was left."""
    unused: Any = None
    return Worker(database, unused, unused, Slots(), ServerTime(clock), clock, Bell(clock))


async def test_a_doubt_of_an_earlier_process_begins_anew(database: MemoryDatabase) -> None:
    """The clock was set ahead in between: by it, the server had hours for a POST that went out seconds ago."""
    clock = MovedClock()
    number = in_doubt(database.db, clock.now()).number
    export_store.change(database.db, number, lists_without=1, last_list_at=clock.now())
    await clock.advance(timedelta(hours=5).total_seconds())
    await worker(database, clock).resume()
    doubted = export_store.get(database.db, number)
    assert (doubted.unanswered_since, doubted.lists_without, doubted.last_list_at) == (clock.now(), 0, None)


async def test_a_doubt_of_its_own_goes_on(database: MemoryDatabase) -> None:
    """It looks again and again for what was left behind; that does not put off the end of a doubt."""
    clock = MovedClock()
    later = worker(database, clock)
    await clock.advance(1)
    number = in_doubt(database.db, clock.now()).number
    before = export_store.change(database.db, number, lists_without=1, last_list_at=clock.now())
    await clock.advance(10)
    await later.resume()
    assert export_store.get(database.db, number) == before
