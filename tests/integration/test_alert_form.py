"""Alerts in a whole bot: set up in a form that loses nothing, listed, paused, deleted."""

from sandbox.slack.messages import Message
from storage.audit import Act
from tests.harness.allowed import recorded
from tests.harness.house import CONTRACT, House
from tests.harness.talk import OpenHouse, quick_house


async def test_an_alert_is_made_listed_and_deleted(new_house: OpenHouse) -> None:
    """From under the usage of a contract to the list; what is wrong is said at its field, and the rest stays."""
    quick = await quick_house(new_house, PERSONAL_FIELDS="customField2")
    ana = quick.member("ana")
    await ana.types("#finance", "/tokenflex alerts")
    await ana.hears("#finance", "Nothing is watched here yet.", private=True)
    await ana.types("#finance", f"/tokenflex usage {CONTRACT}")
    usage = await ana.hears("#finance", "tokens of contract year", private=True, timeout=20)
    await ana.presses(usage, "Alert me")
    modal = await ana.sees_modal("New alert", "I say so once for each share")
    assert modal.value("Channel that hears of it") == "#finance"
    modal.fill("Shares", "50, lots")
    await modal.submit()
    assert modal.errors == {"Shares": "“lots” is not a whole number of per cent: write shares as in 50, 75, 90."}
    modal.fill("Shares", "60, 80")

    modal.fill("Tell the channel when", "A product or a cost centre is over a number of tokens")
    await modal.shows("Product name", "one export a day")
    modal.fill("More tokens than", "1.5")
    found = await modal.search("Product name", "Rev")
    assert "Rev" in found
    modal.fill("Product name", "Revit" if "Revit" in found else "Rev")
    await modal.submit()
    assert list(modal.errors) == ["More tokens than"]
    assert modal.value("Product name") in found
    modal.fill("Tell the channel when", "A share of the year's tokens is used")
    await modal.shows("Shares")
    assert modal.value("Shares") == "60, 80"
    await modal.submit()
    await modal.shows("Saved: 60 and 80 % of the year's tokens used", "I tell #finance", "/tokenflex alerts")
    await modal.close()

    told = await _is_told_and_not_made_twice(quick)
    await _is_edited_and_deleted(quick, told)
    acts = [entry.result.partition(",")[0] for entry in await recorded(quick) if entry.act is Act.ALERT]
    later = [f"alert 2 {what}" for what in ("made in the place of alert 1", "paused by hand", "resumed", "deleted")]
    assert [act.partition(" until")[0] for act in acts] == [
        *("alert 1 made", "alert 1 put off", "alert 1 said not to be useful"), *later
    ]  # fmt: skip


async def _is_told_and_not_made_twice(quick: House) -> Message:
    """Somebody else puts it off and says that it is not useful, once; the channel takes no second one like it."""
    ben = quick.member("ben")
    told = await ben.hears("#finance", "100 % of the tokens of contract year 3 are used", private=False, timeout=60)
    await ben.chooses(told, "Put off", "For a week")
    await ben.waits(lambda: "@ben put it off until" in told.visible_text())
    for _ in range(2):
        await ben.presses(told, "Not useful")
    await ben.hears("#finance", "Noted, thank you", private=True)
    await ben.types("#finance", "/tokenflex alerts")
    listed = await ben.hears(
        "#finance", "60 and 80 % of the year's tokens used", "@ana", "@ben put it off until", private=True
    )
    assert listed.buttons() == ["New alert"]
    await ben.presses(listed, "New alert")
    modal = await ben.sees_modal("New alert")
    modal.fill("Shares", "80 %, 60")
    await modal.submit()
    assert modal.errors == {"Tell the channel when": "That channel has this alert already."}
    await modal.close()
    return told


async def _is_edited_and_deleted(quick: House, told: Message) -> None:
    """An edit closes what was told, and another alert takes its place in the list; it is paused, resumed, deleted."""
    ana = quick.member("ana")
    await ana.types("#finance", "/tokenflex alerts")
    listed = await ana.hears("#finance", "60 and 80 % of the year's tokens used", private=True)
    await ana.presses(listed, "Edit")
    modal = await ana.sees_modal("Edit alert")
    assert modal.value("Shares") == "60, 80"
    modal.fill("Tell the channel when", "Tokens of the year are likely to end unused")
    await modal.shows("in the last four months of a contract year")
    await modal.submit()
    await modal.shows("Saved: 10 % of the year's tokens or more that end unused")
    await modal.close()
    await quick.member("ben").waits(lambda: "since the alert was changed" in told.visible_text())
    assert told.buttons() == []
    await ana.types("#finance", "/tokenflex alerts")
    listed = await ana.hears("#finance", "10 % of the year's tokens or more that end unused", private=True)
    assert "60 and 80 %" not in listed.visible_text()
    await ana.presses(listed, "Pause")
    await ana.waits(lambda: "It is paused." in listed.visible_text())
    await ana.presses(listed, "Resume")
    await ana.waits(lambda: "It goes on: " in listed.visible_text())
    await ana.presses(listed, "Delete")
    await ana.waits(lambda: "Nothing is watched here yet." in listed.visible_text())


async def test_what_may_not_be_watched_is_said_at_its_field(new_house: OpenHouse) -> None:
    """A contract that is typed since none is known: no number, not allowed, allowed; all else stays."""
    quick = await quick_house(new_house, ALLOWED_CONTRACTS="110000999999")
    ana = quick.member("ana")
    await ana.types("#finance", "/tokenflex alerts")
    await ana.presses(await ana.hears("#finance", "Nothing is watched here yet.", private=True), "New alert")
    modal = await ana.sees_modal("New alert", "stands in your Autodesk account")
    modal.fill("Shares", "42")
    for number, said in (("Example AG", "contract"), (CONTRACT, "may not be exported from here. Choose another one.")):
        modal.fill("Contract", number)
        await modal.submit()
        assert list(modal.errors) == ["Contract"]
        assert said in modal.errors["Contract"]
        assert modal.value("Shares") == "42"
    modal.fill("Contract", " 110000999999")
    await modal.submit()
    await modal.shows("Saved: 42 % of the year's tokens used, contract 110000999999.")
    refused = [entry.result for entry in await recorded(quick) if entry.act is Act.REFUSED]
    assert refused == ["alert.form: the contract is not allowed"]
