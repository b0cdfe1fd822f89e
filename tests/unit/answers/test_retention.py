"""For how long figures are kept, and what is forgotten of them when a field turns out to name people."""

import asyncio
from collections.abc import AsyncIterator
from datetime import datetime, timedelta

import pytest
from sqlite_utils import Database as Connection

from bot.answers import kept
from bot.answers.engine.document import Found, Group, Grouped
from bot.answers.plan import Plan, plan
from bot.answers.retention import Retention
from bot.tokenflex.catalogue import Catalogue
from storage import answers
from storage.answers import Figures, NewAnswer
from tests.harness.moved_clock import MovedClock
from tests.harness.rows import FOUND, accepted
from tests.harness.stored import MemoryDatabase
from tests.unit.answers.files import asked

KEEP = timedelta(days=400)


@pytest.fixture
async def database() -> AsyncIterator[MemoryDatabase]:
    """A database with an export."""
    made = MemoryDatabase()
    accepted(made.db)
    yield made
    await made.close()


def _plan(*fields: str) -> Plan:
    return plan(asked(fields, ["tokensConsumed"]), Catalogue(), keeps=True)


def _found(made: Plan) -> Found:
    """Figures with one group in each table."""
    groups = [
        Grouped(each, (Group(tuple("x" for _ in each.by), (1,) * len(each.measures)),), 1, is_single=False)
        for each in made.task.groupings
    ]
    return Found(FOUND.rows, FOUND.kept, FOUND.size, FOUND.sha256, FOUND.totals, people=1, grouped=tuple(groups))


def _keep(db: Connection, announcement: int, now: datetime, made: Plan) -> int:
    new = NewAnswer(origin=answers.origin_of(1, announcement), export=1, announcement=announcement)
    answer, _ = answers.add_wanted(db, new, now)
    text = kept.figures(_found(made), made)
    answers.found(db, answer.id, Figures(document=text, sha256=FOUND.sha256), now)
    return answer.id


async def _left(database: MemoryDatabase, clock: MovedClock, *personal: str) -> list[int]:
    """Run the loop until it sleeps, and return the answers that are left."""
    loop = asyncio.create_task(Retention(database, clock, KEEP, personal).run())
    await asyncio.sleep(0.05)
    loop.cancel()
    return [each.announcement for each in answers.of_export(database.db, 1)]


async def test_what_is_older_than_the_setting_is_forgotten(database: MemoryDatabase) -> None:
    """To the day, and at each start."""
    clock = MovedClock()
    now = clock.now()
    _keep(database.db, 1, now - KEEP - timedelta(seconds=1), _plan("productName"))
    _keep(database.db, 2, now - KEEP + timedelta(hours=1), _plan("productName"))
    assert await _left(database, clock) == [2]


async def test_a_day_later_another_day_is_forgotten(database: MemoryDatabase) -> None:
    """By the running bot."""
    clock = MovedClock()
    _keep(database.db, 1, clock.now() - KEEP + timedelta(hours=1), _plan("productName"))
    loop = asyncio.create_task(Retention(database, clock, KEEP, ()).run())
    await asyncio.sleep(0.05)
    assert len(answers.of_export(database.db, 1)) == 1
    await clock.advance(timedelta(days=1).total_seconds())
    await asyncio.sleep(0.05)
    assert answers.of_export(database.db, 1) == ()
    loop.cancel()


async def test_what_was_kept_by_a_field_that_names_people_now_is_forgotten(database: MemoryDatabase) -> None:
    """Once, at the start after the setting was changed; other answers stay."""
    clock = MovedClock()
    by = {1: ("customField1",), 2: ("productName", "customField1"), 3: ("productName",), 4: ("userName",)}
    for announcement, fields in by.items():
        _keep(database.db, announcement, clock.now(), _plan(*fields))
    assert await _left(database, clock) == [1, 2, 3, 4]
    assert await _left(database, clock, "customField1") == [3, 4]
    assert await _left(database, clock, "customField1", "productName") == [4]


@pytest.mark.parametrize("text", ["", "[]", "{", "{}", '{"task": {"groupings": [1]}, "found": {"grouped": []}}'])
def test_what_cannot_be_read_may_name_somebody(text: str) -> None:
    """So it is forgotten."""
    assert kept.is_by(text, {"customField1"})
