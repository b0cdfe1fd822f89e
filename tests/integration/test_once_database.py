"""The database cannot be written for a while: what was done meanwhile is found again, not repeated."""

import sqlite3
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest

from tests.harness.house import House
from tests.harness.once import check_once, ours, subjects, submissions, undelivered
from tests.harness.stored import limit_pages
from tests.harness.talk import asks, card_of, eventually, export, knows_contracts
from tests.integration.conftest import OpenHouse

PATIENCE = 60.0


@asynccontextmanager
async def locked(house: House) -> AsyncIterator[None]:
    """Hold the write lock of the database, as a backup that hangs would."""
    other = sqlite3.connect(house.folder / "tokenflex.db", isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    try:
        yield
    finally:
        other.execute("ROLLBACK")
        other.close()


async def failed_write(text: str, caplog: pytest.LogCaptureFixture) -> None:
    """Wait until the bot has logged that; a write waits five real seconds for the lock."""
    await eventually(lambda: any(record.getMessage() == text for record in caplog.records))


async def test_an_answer_that_could_not_be_stored_is_found_in_the_list(
    new_house: OpenHouse, caplog: pytest.LogCaptureFixture
) -> None:
    """Token Flex took the export and its key was lost here: it is adopted, not sent again."""
    house = await new_house()
    await house.start_bot()
    await knows_contracts(house)
    ana = house.member("ana")
    house.token_flex.controls.slow_next(1.0, method="POST", path_contains="/requests", real=True)
    await ana.types("#finance", export())
    await eventually(lambda: len(ours(house)) == 1)
    async with locked(house):
        await failed_write("a background job failed", caplog)
    await ana.hears("#finance", "export #1 is ready", private=False, timeout=PATIENCE)
    await eventually(lambda: not undelivered(house), PATIENCE)
    check_once(house, 1)
    assert submissions(house) == 1


async def test_a_post_that_could_not_be_stored_is_found_in_the_channel(
    new_house: OpenHouse, caplog: pytest.LogCaptureFixture
) -> None:
    """The announcement stands in Slack and its place was lost here: it is looked for, not posted again."""
    house = await new_house()
    await house.start_bot()
    await knows_contracts(house)
    ana = house.member("ana")
    house.token_flex.controls.hold()
    await asks(ana)
    await ana.waits(lambda: "In progress" in card_of(ana).visible_text(), timeout=PATIENCE)
    house.slack.controls.slow_next("chat.postMessage", 1.0)
    house.token_flex.controls.release()
    await eventually(lambda: not house.slack.controls._failures["chat.postMessage"])
    async with locked(house):
        await failed_write("a message could not be made", caplog)
    await eventually(lambda: subjects(house)["result:1:1"] == 1)
    await eventually(lambda: not undelivered(house), PATIENCE)
    check_once(house, 1)


async def test_loops_go_on_after_the_database_was_locked(new_house: OpenHouse) -> None:
    """Whoever asks meanwhile is told that it did not work; afterwards everything works as before."""
    house = await new_house()
    await house.start_bot()
    await knows_contracts(house)
    ana = house.member("ana")
    async with locked(house):
        await ana.types("#finance", export())
        await ana.hears("#finance", "Sorry, something went wrong on my side", private=True)
    await ana.types("#finance", export())
    await ana.hears("#finance", "export #1 is ready", private=False, timeout=PATIENCE)
    await eventually(lambda: not undelivered(house), PATIENCE)
    check_once(house, 1)


async def test_a_full_disk_refuses_what_is_new_and_keeps_what_was_accepted(new_house: OpenHouse) -> None:
    """SQLite itself finds no room: who asks is told, what was accepted is made and announced once, then or later."""
    house = await new_house()
    await house.start_bot()
    await knows_contracts(house)
    ana, ben = house.member("ana"), house.member("ben")
    house.token_flex.controls.hold()
    await asks(ana)
    before = await house.side.database.write(lambda db: limit_pages(db, 1))
    long = f"contractYear = 1 AND productName != '{'é' * 2900}'"  # too much for the pages that there are
    await ben.types("#finance", export("new", where=long))
    await ben.hears("#finance", "My disk is full, so nothing was kept of that.", private=True)
    house.token_flex.controls.release()
    await house.clock.sleep(120)
    await house.side.database.write(lambda db: limit_pages(db, before))
    await ana.hears("#finance", "export #1 is ready", private=False, timeout=PATIENCE)
    await ben.types("#finance", export("new", where=long))
    await ben.hears("#finance", "Got it: export #2", private=True)
    await ben.hears("#finance", "export #2 is ready", private=False, timeout=PATIENCE)
    await eventually(lambda: not undelivered(house), PATIENCE)
    check_once(house, 1, 2)
