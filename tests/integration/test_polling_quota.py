"""Fifty outstanding exports: who waits is told so, and goes on as soon as one has ended."""

from tests.harness.once import check_once, ours, submissions, undelivered
from tests.harness.talk import deletes, eventually, export, knows_contracts
from tests.integration.conftest import OpenHouse

SPEED = 40.0
PATIENCE = 60.0


async def test_a_full_house_makes_exports_wait_and_says_so(new_house: OpenHouse) -> None:
    """The first request finds all places taken; those who ask later learn their place in the line at once."""
    house = await new_house(speed=SPEED)
    await house.start_bot()
    await knows_contracts(house)
    ana, ben = house.member("ana"), house.member("ben")
    theirs = house.token_flex.controls.outstanding_elsewhere(50)
    await ana.types("#finance", export("first"))
    await ana.hears("#finance", "first.csv", "Autodesk makes at most 50 exports", private=False)
    await ben.types("#finance", export("second"))
    await ben.hears("#finance", "It's number 2 in line", "likely to go out in about", private=True)
    await ben.hears("#finance", "second.csv", "Autodesk makes at most 50 exports", private=False)
    await ana.types("#finance", "/tokenflex status #1")
    await ana.hears("#finance", "It's number 1 in line", "in about a minute", private=True)
    full = submissions(house)
    house.token_flex.controls.finish(theirs[0])
    await ana.hears("#finance", "export #1 is ready", private=False, timeout=PATIENCE)
    await ben.hears("#finance", "export #2 is ready", private=False, timeout=PATIENCE)
    await eventually(lambda: not undelivered(house), PATIENCE)
    assert house.token_flex.exports.states()[theirs[1]] == "Requested"
    check_once(house, 1, 2, full=house.statuses().count(429))
    assert full <= 2


async def test_a_full_house_costs_few_calls_for_those_in_line(new_house: OpenHouse) -> None:
    """Ten people in line do not each find out by a refused call of their own that there is no place."""
    house = await new_house(speed=SPEED)
    await house.start_bot()
    await knows_contracts(house)
    ana = house.member("ana")
    theirs = house.token_flex.controls.outstanding_elsewhere(50)
    for number in range(10):
        await ana.types("#finance", export(f"file{number}"))
    await ana.hears("#finance", "file9.csv", "Autodesk makes at most 50 exports", private=False)
    assert submissions(house) <= 5
    for key in theirs:
        house.token_flex.controls.finish(key)
    await ana.waits(lambda: len(ours(house)) == 10, timeout=PATIENCE)


async def test_a_full_house_is_looked_at_when_somebody_asks(new_house: OpenHouse) -> None:
    """The line was empty for a while, and all places became free meanwhile: a list shows it to whoever asks next."""
    house = await new_house(speed=SPEED)
    await house.start_bot()
    await knows_contracts(house)
    ana = house.member("ana")
    theirs = house.token_flex.controls.outstanding_elsewhere(50)
    await ana.types("#finance", export("first"))
    card = await ana.hears("#finance", "first.csv", "Autodesk makes at most 50 exports", private=False)
    await deletes(ana, card)
    await ana.waits(lambda: "Deleted." in card.visible_text(), timeout=PATIENCE)
    await house.clock.sleep(30)
    for key in theirs:
        house.token_flex.controls.finish(key)
    before = len(house.token_flex.calls)
    await ana.types("#finance", export("second"))
    await eventually(lambda: submissions(house) > 1, PATIENCE)
    methods = [call.method for call in house.token_flex.calls[before:] if "/requests" in call.path]
    assert methods[0] == "GET"


async def test_a_place_counts_that_a_deleted_export_frees(new_house: OpenHouse) -> None:
    """Fifty of our own are outstanding; when one is deleted, the next one in line is submitted."""
    house = await new_house(speed=SPEED, token_flex={"outstanding_quota": 50})
    await house.start_bot()
    await knows_contracts(house)
    ana = house.member("ana")
    house.token_flex.controls.hold()
    house.token_flex.controls.outstanding_elsewhere(49)
    await ana.types("#finance", export("first"))
    await ana.hears("#finance", "first.csv", "In progress", private=False)
    await ana.types("#finance", export("second"))
    await ana.hears("#finance", "second.csv", "Autodesk makes at most 50 exports", private=False, timeout=PATIENCE)
    first = await ana.hears("#finance", "Export #1 ·", private=False)
    await deletes(ana, first)
    await ana.waits(lambda: ours(house) == ["second.csv"], timeout=PATIENCE)
