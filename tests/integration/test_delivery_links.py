"""Links in messages: one call for all who ask together, known ones reused, none that is dead, none after its end."""

import asyncio

from sandbox.slack.member import Member
from sandbox.slack.messages import Message
from tests.harness.files import download
from tests.harness.house import House
from tests.harness.once import undelivered
from tests.harness.talk import asks, calls, card_of, deletes, eventually, export, knows_contracts
from tests.integration.conftest import OpenHouse

PATIENCE = 60.0


async def result_in(house: House, member: Member) -> Message:
    """Return the announcement of a first export, with its link."""
    await house.start_bot()
    await knows_contracts(house)
    await asks(member)
    return await member.hears("#finance", "export #1 is ready", "Download", private=False, timeout=PATIENCE)


async def test_people_who_press_together_share_one_call(new_house: OpenHouse) -> None:
    """Three people press after the link has expired: one refresh, and all of them see the link in the message."""
    house = await new_house(speed=40.0)
    people = [house.member(name) for name in ("ana", "ben", "carla")]
    result = await result_in(house, people[0])
    await people[0].waits(lambda: not result.links(), timeout=PATIENCE)
    before = calls(house, "POST", "/refreshUrl")
    house.token_flex.controls.slow_next(4, method="POST", path_contains="/refreshUrl")
    await asyncio.gather(*(each.presses(result, "Get a fresh link") for each in people))
    await people[0].waits(lambda: bool(result.links()))
    await eventually(lambda: not undelivered(house))
    assert calls(house, "POST", "/refreshUrl") == before + 1
    assert (await download(result.links()[0]))[0] == 200


async def test_a_link_that_lives_long_enough_is_used_again(new_house: OpenHouse) -> None:
    """A press within the life of the known link costs no call."""
    house = await new_house(speed=10.0, token_flex={"link_life": 300.0})
    ana = house.member("ana")
    result = await result_in(house, ana)
    await ana.waits(lambda: "Ready." in card_of(ana).visible_text(), timeout=PATIENCE)
    before = house.export_calls()
    await ana.presses(card_of(ana), "Get a fresh link")
    await ana.waits(lambda: bool(card_of(ana).links()))
    assert card_of(ana).links() == result.links()
    assert house.export_calls() == before


async def test_links_that_live_ten_seconds_are_shown_and_taken_out(new_house: OpenHouse) -> None:
    """Never a dead link: what the list shows is too old by then, so one is fetched, shown and taken out in time."""
    house = await new_house(speed=8.0, token_flex={"link_life": 10.0, "durations": (2.0, 2.0)})
    ana = house.member("ana")
    result = await result_in(house, ana)
    assert (await download(result.links()[0]))[0] == 200
    await ana.waits(lambda: not result.links(), timeout=PATIENCE)
    await ana.presses(result, "Get a fresh link")
    await ana.waits(lambda: bool(result.links()), timeout=PATIENCE)
    assert (await download(result.links()[0]))[0] == 200
    await ana.waits(lambda: not result.links(), timeout=PATIENCE)


async def test_a_link_refreshed_in_time_outlives_the_first_ones_end(new_house: OpenHouse) -> None:
    """The message shows the new link until the new link's end; the end of the first one takes nothing out."""
    house = await new_house(speed=20.0, token_flex={"link_life": 80.0})
    ana = house.member("ana")
    result = await result_in(house, ana)
    first = result.links()[0]
    await house.clock.sleep(64)  # less than a quarter of its life is left, so that a press fetches another
    await ana.presses(result, "Get a fresh link")
    await ana.waits(lambda: result.links() not in ([], [first]), timeout=PATIENCE)
    shown = [content.links() for content in result.history]
    assert [] not in shown
    await ana.waits(lambda: not result.links(), timeout=PATIENCE)
    links = [content.links() for content in result.history]
    assert [] not in links


async def test_a_result_waits_for_no_link_for_long(new_house: OpenHouse) -> None:
    """Without a call to spare the announcement comes without its link, and the call that it wanted is not made."""
    house = await new_house(speed=40.0, token_flex={"link_life": 40.0, "durations": (60.0, 60.0)})
    await house.start_bot()
    await knows_contracts(house)
    ana = house.member("ana")
    await asks(ana)
    await eventually(lambda: calls(house, "POST", "/requests") == 1)
    await house.clock.sleep(45)
    for number in range(2, 10):
        await ana.types("#general", export(f"file{number}"))
    result = await ana.hears("#finance", "export #1 is ready", private=False, timeout=PATIENCE)
    assert result.links() == []
    assert "Get a fresh link" in result.buttons()


async def test_a_deletion_during_the_post_takes_link_and_buttons_out(new_house: OpenHouse) -> None:
    """The export is deleted while Slack works on its announcement: what then appears is edited at once."""
    house = await new_house(speed=20.0)
    await house.start_bot(LINK_AUDIENCE="press")
    await knows_contracts(house)
    ana = house.member("ana")
    house.token_flex.controls.hold()
    card = await asks(ana)
    await ana.waits(lambda: "In progress" in card.visible_text(), timeout=PATIENCE)
    house.slack.controls.slow_next("chat.postMessage", 1.0)
    house.token_flex.controls.release()
    await eventually(lambda: not house.slack.controls._failures["chat.postMessage"])
    await deletes(ana, card)
    result = await ana.hears("#finance", "Export #1 was deleted", private=False, timeout=PATIENCE)
    assert result.buttons() == []


async def test_a_link_fetched_for_a_deleted_export_is_not_shown(new_house: OpenHouse) -> None:
    """Somebody deletes the export while a fresh link is on its way: the message shows no link."""
    house = await new_house(speed=20.0, token_flex={"link_life": 20.0})
    ana = house.member("ana")
    result = await result_in(house, ana)
    await ana.waits(lambda: not result.links(), timeout=PATIENCE)
    house.token_flex.controls.slow_next(1.0, method="POST", path_contains="/refreshUrl", real=True)
    await ana.presses(result, "Get a fresh link")
    await deletes(ana, result)
    await ana.waits(lambda: "was deleted" in result.visible_text(), timeout=PATIENCE)
    await eventually(lambda: not undelivered(house), PATIENCE)
    assert result.links() == card_of(ana).links() == []
