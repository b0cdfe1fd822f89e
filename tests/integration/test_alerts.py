"""Alerts in a whole bot: they come by themselves, with their figures, are acknowledged, and go on when people leave."""

from sandbox.slack.messages import Message
from storage import exports
from storage.audit import Act
from tests.harness.allowed import pass_time, recorded
from tests.harness.house import House
from tests.harness.talk import OpenHouse, quick_house

DAY = 24 * 60.0


async def watches(house: House, **answers: str) -> None:
    """Have Ana make an alert in #finance."""
    ana = house.member("ana")
    await ana.types("#finance", "/tokenflex alerts")
    await ana.presses(await ana.hears("#finance", "New alert", private=True), "New alert")
    modal = await ana.sees_modal("New alert")
    for label, value in answers.items():
        modal.fill(label.replace("_", " "), value)
    await modal.submit()
    await modal.shows("Saved")
    await modal.close()


def thread(house: House, message: Message) -> str:
    """What stands in the thread of a message in #finance."""
    seen = house.member("ben").sees("#finance")
    return "\n".join(each.visible_text() for each in seen if each.thread_ts == message.ts and each is not message)


async def test_alerts_come_by_themselves(new_house: OpenHouse) -> None:
    """One by what Autodesk counts, one by an export of its own, of which nothing else is seen."""
    quick = await quick_house(new_house)
    ana, ben = quick.member("ana"), quick.member("ben")
    await watches(quick, Shares="1, 75")
    told = await ben.hears("#finance", "100 % of the tokens of contract year 3 are used", private=False, timeout=60)
    assert told.buttons() == ["Acknowledge", "Not useful"]
    await ben.waits(lambda: "19,000 of 19,000 tokens" in thread(quick, told), timeout=30)
    await ben.presses(told, "Acknowledge")
    await ben.waits(lambda: "@ben has seen to it." in told.visible_text())

    kind = "A product or a cost centre is over a number of tokens"
    await ana.types("#finance", "/tokenflex alerts")
    await ana.presses(await ana.hears("#finance", "1 and 75 %", private=True), "New alert")
    modal = await ana.sees_modal("New alert")
    modal.fill("Tell the channel when", kind)
    await modal.shows("More tokens than")
    await modal.search("Product name", "Revit")
    modal.fill("Product name", "Revit")
    modal.fill("More tokens than", "5")
    modal.fill("Counted", "Each contract year")
    await modal.submit()
    await modal.shows("Saved: Revit over 5 tokens in a contract year")
    await modal.close()
    over = await ben.hears(
        "#finance", "Revit used", "in contract year 3, over the limit of 5.", private=False, timeout=60
    )
    await ben.waits(lambda: "Answer to export #1" in thread(quick, over), timeout=30)
    export = await quick.side.database.read(exports.get, 1)
    assert export.alert == 2
    assert not [each for each in ben.sees("#finance") if each.visible_text().startswith(("Export #1", "@ana"))]
    await ana.types("#finance", "/tokenflex list")
    await ana.hears("#finance", "There are no exports of yours", private=True)

    await quick.stop_bot()
    await quick.start_bot()
    quick.slack.workspace.deactivate("ana")
    pass_time(quick, DAY)
    for alert in ("1 and 75 % of the year's tokens used", "Revit over 5 tokens in a contract year"):
        paused = await ben.hears("#finance", alert, "was paused", "may not use me any more", private=False, timeout=60)
        assert paused.buttons() == ["Take over", "Edit", "Delete"]
        await ben.presses(paused, "Take over")
        await ben.waits(lambda said=paused: "It goes on." in said.visible_text())  # type: ignore[misc]
    acts = [entry.result.partition(",")[0] for entry in await recorded(quick) if entry.act is Act.ALERT_TOLD]
    assert acts == ["alert 1 told", "alert 2 told"]
