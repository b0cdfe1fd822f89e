"""The file in the thread and its end: an export that is deleted, a file that is gone; the loop rests meanwhile."""

import asyncio
from datetime import timedelta

import pytest

from bot.answers.files.attaching import _due
from bot.answers.plan import plan
from bot.calls.budget import Rank
from bot.cards.figures import Fault, Unread
from bot.cards.file_card import NoFile
from bot.errors import LinkUnavailableError, NoLink, Wish, WrongStateError
from bot.runtime.bell import Bell
from bot.settings import LinkAudience
from bot.slack.errors import SlackUnreachableError, SlackUnsureError, refusal
from bot.tokenflex.catalogue import Catalogue
from storage import attachments, exports
from storage.database import Table
from storage.states import Event
from tests.unit.answers.attaching import Make, S, make

__all__ = ["make"]


async def test_what_is_deleted_meanwhile_is_not_handed_over(make: Make) -> None:
    house = make()
    await house.is_read()
    await house.is_deleted()
    await house.goes_on()
    assert (house.slack.shows, await house.state(), house.left()) == ([], S.DELETED, [])


async def test_what_is_deleted_while_its_file_is_read_is_not_wanted(make: Make) -> None:
    house = make()
    exports.move(house.database.db, 1, Event.DELETE, house.clock.now())
    await house.is_read()
    await house.goes_on()
    assert await house.database.read(attachments.of_export, 1) == ()
    assert (house.slack.shows, house.left()) == ([], [])


async def test_deleting_takes_the_file_from_slack(make: Make) -> None:
    house = make()
    await house.is_read()
    await house.goes_on()
    for _ in range(2):
        await house.is_deleted()
        await house.goes_on()
        assert (house.slack.shows, await house.state()) == ([], S.DELETED)
    assert house.slack.asked.count("delete") == 1


async def test_a_deletion_waits_for_no_pause_of_what_was_under_way(make: Make) -> None:
    """Slack lets the file wait for an hour as its export is deleted."""
    house = make()
    await house.is_read()
    await house.goes_on()
    seen = await house.attachment()
    assert seen is not None
    await house.is_deleted()
    await house.bot._pause(seen, timedelta(hours=1), "ratelimited")
    await house.goes_on(1)
    assert (house.slack.shows, await house.state()) == ([], S.DELETED)


async def test_what_slack_does_not_delete_is_said_and_can_be_tried_again(make: Make) -> None:
    house = make()
    await house.is_read()
    await house.goes_on()
    house.slack.will("delete", refusal("cant_delete_file"))
    await house.is_deleted()
    await house.goes_on()
    assert await house.state() is S.KEPT
    assert house.told() == [("private no file", NoFile.KEPT)]
    await house.is_deleted()
    await house.goes_on()
    assert await house.state() is S.DELETED


async def test_a_deletion_that_slack_was_away_for_is_made_later(make: Make) -> None:
    house = make()
    await house.is_read()
    await house.goes_on()
    house.slack.will("delete", SlackUnreachableError(), SlackUnsureError("TimeoutError"), refusal("token_revoked"))
    await house.is_deleted()
    await house.goes_on(1)
    assert await house.state() is S.DELETING
    await house.goes_on()
    assert (house.slack.shows, await house.state()) == ([], S.DELETED)


async def test_a_file_that_somebody_deletes_is_not_put_there_again(make: Make) -> None:
    house = make()
    house.slack.loses = 1
    await house.is_read()
    await house.goes_on(1)
    house.slack.completed.clear()
    await house.goes_on()
    assert (house.slack.shows, house.told()) == ([], [])
    assert house.slack.asked.count("share") == 1


#: What can keep the file from being fetched again by a process that does not hold it, and what follows.
NO_DOWNLOAD: dict[str, tuple[Unread | Exception, list[tuple[str, str]]]] = {
    "a page": (Unread(Fault.PAGE), [("no file", "page")]),
    "no link now": (LinkUnavailableError(1, NoLink.NO_CALL), []),
    "no way there": (Unread(Fault.UNREACHABLE), []),
}


@pytest.mark.parametrize("name", NO_DOWNLOAD)
async def test_a_file_that_has_to_be_fetched_again(make: Make, name: str) -> None:
    trouble, told = NO_DOWNLOAD[name]
    house = make()
    await house.is_read()
    await house.bot._held.release_all_but(())
    house.bot, house.autodesk.trouble = house.made(), trouble
    await house.goes_on(3)
    house.autodesk.trouble = None
    await house.goes_on()
    assert house.told() == told
    assert len(house.slack.shows) == (0 if told else 1)


async def test_an_export_that_is_gone_meanwhile_is_no_trouble(make: Make) -> None:
    house = make()
    await house.is_read()
    await house.bot._held.release_all_but(())
    export = await house.database.read(exports.get, 1)
    house.autodesk.trouble = WrongStateError(export, Wish.LINK)
    await house.goes_on()
    assert (house.slack.asked, await house.state(), house.told()) == ([], S.REFUSED, [])


async def test_a_crash_waits_and_the_others_go_on(make: Make) -> None:
    house = make()
    house.slack.will("begin", RuntimeError("a slip"))  # type: ignore[arg-type]
    await house.is_read()
    await house.goes_on()
    assert len(house.slack.shows) == 1


async def test_the_loop_is_woken_by_commits_and_rests_where_nothing_can_be_done(make: Make) -> None:
    """It begins what is wanted at once; while the answer is still to be posted it does not turn for nothing."""
    house = make()
    bell = Bell(house.clock)
    for table in (Table.ATTACHMENTS, Table.OUTBOX):
        house.database.subscribe(table, bell.ring)
    house.bot = house.made(wake=bell)
    loop = asyncio.ensure_future(house.bot.run())
    try:
        await house.clock.advance(1)
        await house.is_read()
        for _ in range(100):
            await house.clock.advance(1)
            if await house.state() is S.SHOWN:
                break
            await asyncio.sleep(0.01)
        assert len(house.slack.shows) == 1
        assert house.autodesk.downloads == 1
        assert house.left() == []
        turns = len(house.slack.asked)
        await house.clock.advance(60)
        assert len(house.slack.asked) == turns
    finally:
        loop.cancel()
        await asyncio.gather(loop, return_exceptions=True)


async def test_what_was_seen_before_the_last_step_ended_is_not_done_again(make: Make) -> None:
    """The loop has read what is to be done, and what it read is done when it begins with that."""
    house = make()
    await house.is_read()
    seen = []
    for _ in range(4):  # wanted, uploaded, handed, shown
        attachment = await house.attachment()
        assert attachment is not None
        seen.append(attachment)
        await house.bot.step(attachment)
    assert [each.state for each in seen] == [S.WANTED, S.UPLOADED, S.HANDED, S.SHOWN]
    asked = list(house.slack.asked)
    for each in seen[:-1]:
        await house.bot.step(each)
    assert house.slack.asked == asked
    assert len(house.slack.shows) == 1


async def test_a_file_that_is_read_for_another_answer_is_not_kept(make: Make) -> None:
    """It stands in its thread already: nothing is put on record, and the loop removes it all the same."""
    house = make()
    bell = Bell(house.clock)
    house.database.subscribe(Table.ATTACHMENTS, bell.ring)
    house.bot = house.made(wake=bell)
    await house.is_read()
    await house.goes_on()
    assert await house.state() is S.SHOWN
    loop = asyncio.ensure_future(house.bot.run())
    try:
        await house.clock.advance(1)
        export = await house.database.read(exports.get, 1)
        await house.bot.read(export, plan(export.request, Catalogue()), person="U2", rank=Rank.METADATA)
        for _ in range(50):
            await asyncio.sleep(0.01)
        assert house.left() == []
        assert len(house.slack.shows) == 1
    finally:
        loop.cancel()
        await asyncio.gather(loop, return_exceptions=True)


async def test_what_waits_for_its_answer_takes_no_room_from_others(make: Make) -> None:
    """Nothing is to be done for a file whose answer is still to be posted, however many there are."""
    house = make()
    await house.is_read()
    await house.answer_is_due()
    attachment = await house.attachment()
    assert attachment is not None
    await house.bot.step(attachment)
    assert await house.state() is S.UPLOADED
    due = LinkAudience.CHANNEL, house.clock.now()
    assert (await house.database.read(_due, *due))[0] == ()
    await house.answer_is_posted()
    assert len((await house.database.read(_due, *due))[0]) == 1


async def test_nothing_is_said_of_a_file_that_is_deleted_meanwhile(make: Make) -> None:
    """Its step ends in vain after the export was deleted."""
    house = make()
    await house.is_read()
    attachment = await house.attachment()
    assert attachment is not None
    await house.bot.step(attachment)
    seen = await house.attachment()
    assert seen is not None
    await house.is_deleted()
    await house.bot._refuse(seen, NoFile.VAIN)
    await house.goes_on()
    assert (house.told(), await house.state()) == ([], S.DELETED)
