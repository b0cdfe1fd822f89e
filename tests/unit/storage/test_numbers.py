"""Numbers never come twice: whatever a copy is put in the place of, and in whichever way."""

from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from datetime import timedelta
from itertools import product
from pathlib import Path

import pytest
from sqlite_utils import Database as Connection

from storage import backup, facts, outbox
from storage.database import Database
from storage.models import Delivery, DeliveryState
from tests.harness.rows import NOW, accepted, delivery, known, opened

LATER = NOW + timedelta(days=2)
#: What there is where the copy goes, and whether that tells which numbers were given since the copy was made.
PLACES = {"what went on from it": True, "nothing": False, "a damaged file": False, "another database": False}
WAYS = ("restore", "by hand")
CASES = [*product(PLACES, WAYS)]
BEFORE, SINCE = 3, 4  #: exports that the copy knows, and those that were asked for since


def ask(db: Connection, name: str, count: int) -> list[tuple[int, int]]:
    """Ask for exports, each with a card; return their numbers and the ids of the cards."""
    numbers = [accepted(db, f"{name}:{each}").number for each in range(count)]
    return [(each, delivery(db, f"card:{name}:{each}", export_number=each).id) for each in numbers]


@asynccontextmanager
async def started(path: Path) -> AsyncIterator[tuple[Database, int | None]]:
    """Open a database as the bot does, two days later; also the number that its log tells."""
    async with opened(path) as database:
        yield database, await database.write(backup.take_up_copy, LATER)


def files(path: Path) -> Iterator[Path]:
    """The database, and what SQLite keeps beside it."""
    return (path.with_name(path.name + ending) for ending in ("", "-wal", "-shm"))


def empty(path: Path, content: bytes = b"") -> None:
    """Take the database away, and put something else there where that is told."""
    for each in files(path):
        each.unlink(missing_ok=True)
    if content:
        path.write_bytes(content)


async def make_place(path: Path, place: str) -> None:
    """Have what is in the place of the copy be as the case says."""
    if place != "what went on from it":
        empty(path, b"x" * 5000 if place == "a damaged file" else b"")
    if place == "another database":
        async with started(path) as (database, _):
            await database.write(ask, "another", 2)


def put_back(path: Path, copy: Path, way: str) -> int | None:
    """Put a copy in the place of the database; return the number that is told."""
    if way == "restore":
        return backup.restore(path, copy, LATER).goes_on_at
    empty(path, copy.read_bytes())
    return None


@pytest.mark.parametrize(("place", "way"), CASES)
async def test_no_number_comes_twice(tmp_path: Path, place: str, way: str) -> None:
    """Neither of an export nor of a message, whose number is in the button that sends it again."""
    path, copy = tmp_path / "a.db", tmp_path / "copy.db"
    async with started(path) as (database, _):
        before = await database.write(ask, "before", BEFORE)
        backup.back_up(path, copy, NOW)
        since = await database.write(ask, "since", SINCE)
    await make_place(path, place)
    told = put_back(path, copy, way)
    async with started(path) as (database, told_by_log):
        ((number, message),) = await database.write(ask, "after", 1)
    assert not {number, message} & {each for pair in (*before, *since) for each in pair if each > BEFORE}
    assert number > since[-1][0]
    assert message > since[-1][1]
    is_known = PLACES[place] and way == "restore"
    assert (told or told_by_log) == (None if is_known else number)
    assert number == since[-1][0] + 1 if is_known else number % 1000 == 1


async def test_as_many_are_left_out_as_can_have_been_given(tmp_path: Path) -> None:
    """Token Flex takes five exports a minute; a copy two days old leaves room for all of those."""
    path, copy = tmp_path / "a.db", tmp_path / "copy.db"
    async with started(path) as (database, _):
        await database.write(ask, "before", BEFORE)
    backup.back_up(path, copy, NOW)
    empty(path)
    assert backup.restore(path, copy, LATER).goes_on_at == 15_001


async def test_a_copy_of_an_older_version_is_as_old_as_what_is_in_it(tmp_path: Path) -> None:
    """It does not say when it was made."""
    path, copy = tmp_path / "a.db", tmp_path / "copy.db"
    async with started(path) as (database, _):
        await database.write(ask, "before", BEFORE)
        backup.back_up(path, copy, NOW)
    async with opened(copy) as database:
        await database.write(facts.forget, "copied at")
    empty(path)
    assert backup.restore(path, copy, LATER).goes_on_at == 15_001


async def test_putting_back_twice_leaves_nothing_out_twice(tmp_path: Path) -> None:
    """The database that is replaced knows what was given before it, too."""
    path, copy = tmp_path / "a.db", tmp_path / "copy.db"
    async with started(path) as (database, _):
        await database.write(ask, "before", BEFORE)
        backup.back_up(path, copy, NOW)
        await database.write(ask, "since", SINCE)
    for life in range(2):
        assert backup.restore(path, copy, LATER).goes_on_at is None
        async with started(path) as (database, told):
            assert told is None
            ((number, _),) = await database.write(ask, f"after{life}", 1)
        assert number == BEFORE + SINCE + life + 1


async def test_what_a_copy_that_was_put_back_by_hand_was_about_to_post_is_looked_for(tmp_path: Path) -> None:
    """As after `restore`; a start after that finds an ordinary database."""
    path, copy = tmp_path / "a.db", tmp_path / "copy.db"
    async with started(path) as (database, _):
        await database.write(ask, "before", 1)
        backup.back_up(path, copy, NOW)
    put_back(path, copy, "by hand")
    async with started(path) as (database, told):
        assert told is not None
        card: Delivery = await database.read(known, "card:before:1")
        assert card.state is DeliveryState.SENDING
        await database.write(outbox.mark_sent, card)
    async with started(path) as (_, told):
        assert told is None
