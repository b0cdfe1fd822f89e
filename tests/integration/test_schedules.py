"""Schedules in a whole bot: set up in a form that shows the next runs, run by themselves, changed by buttons."""

import asyncio

import pytest

from storage import runs
from storage.audit import Act
from storage.runs import RunState
from tests.harness.allowed import pass_time, recorded
from tests.harness.house import House
from tests.harness.talk import OpenHouse, gets, quick_house
from tests.integration.test_saved_questions import saves
from tests.integration.test_templates import MONTHLY

DAY = 24 * 60.0


@pytest.fixture
async def quick(new_house: OpenHouse) -> House:
    return await quick_house(new_house)


async def test_a_report_every_day(new_house: OpenHouse) -> None:
    """From the card of an export to a report that comes by itself, without a card, once."""
    quick = await quick_house(new_house, ANSWER_DETAIL="link")  # files that are read take longer than all of it
    ana, ben = quick.member("ana"), quick.member("ben")
    await ana.presses(await gets(ana), "Schedule")
    modal = await ana.sees_modal("Schedule", "It runs on the first working day of each month at 08:00")
    modal.fill("How often", "Every day")
    await modal.shows("It runs every day at 08:00")
    modal.fill("Name", "Tokens <!channel>")
    modal.fill("At", "25")
    await modal.submit()
    assert modal.errors == {"At": "“25” is not a time of day: hours go from 0 to 23."}
    modal.fill("At", "7:45")
    await modal.shows("It runs every day at 07:45")
    modal.enters("schedule.at", "schedule.at", "7:30")
    await modal.submit()
    await modal.shows("This is when it runs. Press Save to keep it.", "It runs every day at 07:30")
    await modal.submit()
    await modal.shows("Saved: Tokens <!channel>.", "It runs every day at 07:30", "#finance")
    await modal.close()

    await ben.types("#finance", "/tokenflex schedules")
    listed = await ben.hears("#finance", "Tokens <!channel>", "It runs every day at 07:30", "@ana", private=True)
    assert listed.buttons() == ["Show again"]
    pass_time(quick, DAY)
    report = await ben.hears("#finance", "Report #2, Tokens <!channel>, is ready", private=False, timeout=30)
    assert report.thread_ts is None
    assert not [each for each in ben.sees("#finance") if "Export #2 ·" in each.visible_text()]

    await ana.types("#finance", "/tokenflex schedules")
    listed = await ana.hears("#finance", "The last one", private=True)
    await ana.presses(listed, "Run now")
    await ana.hears("#finance", "runs now, besides its planned runs", private=True)
    await ben.hears("#finance", "Report #3, Tokens <!channel>, is ready", private=False, timeout=30)
    await _all_ended(quick)
    await ana.types("#finance", "/tokenflex schedules")
    listed = await ana.hears("#finance", "The last one came (", private=True)
    await ana.presses(listed, "Skip next")
    await ana.hears("#finance", "leaves out", private=True)
    await ana.presses(listed, "Pause")
    await ana.waits(lambda: "It is paused." in listed.visible_text())
    await ana.presses(listed, "Delete")
    await ana.waits(lambda: "Nothing runs by itself here yet." in listed.visible_text())
    assert quick.bot is not None
    await _all_ended(quick)
    acts = [entry.result for entry in await recorded(quick) if entry.act in {Act.SCHEDULE, Act.RUN}]
    assert [act.partition(" of ")[2] or act for act in acts if "run " in act] == [f"schedule 1 {RunState.DONE}"] * 2


async def _all_ended(house: House) -> None:
    """Wait until no run is under way: a report that stands in Slack is stored as such a moment later."""
    async with asyncio.timeout(30):
        while await house.side.database.read(lambda db: runs.still_open(db, house.clock.now())):  # noqa: ASYNC110
            await asyncio.sleep(0.01)


async def test_a_report_goes_on_when_its_owner_has_left(quick: House) -> None:
    """A template that is scheduled asks what it asks; who is left in the channel reads why it stops, and takes over."""
    ana, ben = quick.member("ana"), quick.member("ben")
    await saves(quick, "ana", "Monthly", MONTHLY, shared=True)
    await ana.types("#finance", "/tokenflex templates")
    await ana.presses(await ana.hears("#finance", "Monthly", private=True), "Schedule")
    modal = await ana.sees_modal("Schedule", "Tokens by product, last month, only Revit.")
    modal.fill("How often", "By a cron line, for experts")
    await modal.shows("Cron line")
    modal.fill("Cron line", "0 8 * * *")
    await modal.shows("It runs at 08:00 every day")
    await modal.submit()
    await modal.shows("Saved: Monthly.")
    await modal.close()
    quick.slack.workspace.deactivate("ana")
    pass_time(quick, DAY)
    told = await ben.hears("#finance", "The schedule Monthly was paused.", "may not use me any more", private=False)
    assert told.buttons() == ["Take over", "Edit", "Delete"]
    await ben.presses(told, "Take over")
    await ben.hears("#finance", "Monthly is yours now, and goes on.", private=True)
    await ben.waits(lambda: "It goes on." in told.visible_text())
    pass_time(quick, DAY)
    report = await ben.hears("#finance", "Report #1, Monthly, is ready", private=False, timeout=30)
    assert "tokens_by_product_" in report.visible_text()
    await ben.waits(lambda: any(each.thread_ts == report.ts for each in ben.sees("#finance")), timeout=30)
