"""What the background loop makes of Token Flex: nothing to do, passing troubles, vanished records, odd statuses."""

import logging

import pytest

from tests.harness.house import House
from tests.harness.once import check_once, ours, undelivered
from tests.harness.talk import asks, calls, card_of, eventually, export, keys, knows_contracts
from tests.integration.conftest import OpenHouse

SPEED = 40.0
PATIENCE = 60.0
OTHER_CONTRACT = "11000099871"


async def bot_house(new_house: OpenHouse, **arguments: object) -> House:
    """Open a house with a bot that has fetched what it keeps."""
    house = await new_house(speed=SPEED, **arguments)
    await house.start_bot()
    await knows_contracts(house)
    return house


def logged(caplog: pytest.LogCaptureFixture, event: str) -> int:
    """Count the lines of the log with that event."""
    return sum(record.getMessage() == event for record in caplog.records)


async def test_nothing_outstanding_means_no_call(new_house: OpenHouse) -> None:
    """Before the first export and after the last one has ended, hours pass without a call about exports."""
    house = await bot_house(new_house, token_flex={"link_life": 30.0})
    ana = house.member("ana")
    before = house.export_calls()
    await house.clock.sleep(60)
    assert house.export_calls() == before
    await ana.types("#finance", export())
    result = await ana.hears("#finance", "export #1 is ready", private=False)
    await ana.waits(lambda: not result.links())
    done = house.export_calls()
    await house.clock.sleep(120)
    assert house.export_calls() == done


async def test_one_list_call_sees_every_export_of_a_contract(new_house: OpenHouse) -> None:
    """Ten exports that end together cost a handful of lists, not one each."""
    house = await bot_house(new_house)
    ana = house.member("ana")
    house.token_flex.controls.hold()
    for number in range(1, 11):
        await ana.types("#finance", export(f"file{number}"))
    await eventually(lambda: len(ours(house)) == 10, PATIENCE)
    house.token_flex.controls.release()
    before = calls(house, "GET", "/requests")
    for number in range(1, 11):
        await ana.hears("#finance", f"export #{number} is ready", private=False, timeout=PATIENCE)
    assert calls(house, "GET", "/requests") - before <= 6


async def test_a_poll_that_fails_is_logged_once_and_recovers(
    new_house: OpenHouse, caplog: pytest.LogCaptureFixture
) -> None:
    """Errors, pages of HTML and broken connections: one line when it begins, one when it works again."""
    caplog.set_level(logging.INFO)
    house = await bot_house(new_house)
    ana = house.member("ana")
    controls = house.token_flex.controls
    controls.answer_next(500, method="GET", path_contains="/requests?")
    controls.answer_next(502, method="GET", path_contains="/requests?", html=True)
    controls.drop_answer_next(method="GET", path_contains="/requests?")
    await ana.types("#finance", export())
    await ana.hears("#finance", "export #1 is ready", private=False, timeout=PATIENCE)
    await eventually(lambda: not undelivered(house))
    assert logged(caplog, "polling fails") == 1
    assert logged(caplog, "polling works again") == 1
    check_once(house, 1)


async def test_a_server_that_is_away_is_waited_for(new_house: OpenHouse) -> None:
    """Token Flex cannot be reached at all for a while: the request waits, says so, and goes on by itself."""
    house = await bot_house(new_house)
    ana = house.member("ana")
    port = house.token_flex.port
    await house.token_flex.stop()
    await ana.types("#finance", export())
    await ana.hears("#finance", "Autodesk cannot be reached at the moment. I'll keep trying.", private=False)
    await house.token_flex.start(port)
    await ana.hears("#finance", "export #1 is ready", private=False, timeout=PATIENCE)
    await eventually(lambda: not undelivered(house))
    check_once(house, 1)


@pytest.mark.parametrize("status", [404, 403, 400])
async def test_a_record_that_vanished_is_asked_for_once(new_house: OpenHouse, status: int) -> None:
    """Two lists without it and one refused GET: the card says so, and nothing is polled any more."""
    house = await bot_house(new_house, token_flex={"missing_key_status": status})
    ana = house.member("ana")
    house.token_flex.controls.hold()
    await asks(ana)
    await eventually(lambda: calls(house, "GET", "/requests") >= 1)
    before = calls(house, "GET", "/requests")
    house.token_flex.controls.vanish(keys(house)[0])
    await ana.waits(lambda: "No longer at Autodesk" in card_of(ana).visible_text(), timeout=PATIENCE)
    assert calls(house, "GET", "/requests") - before >= 2
    single = [call for call in house.token_flex.calls if call.method == "GET" and "%23" in call.path]
    assert [call.status for call in single] == [status]
    assert "Edit and send again" in card_of(ana).buttons()
    seen = house.export_calls()
    await house.clock.sleep(90)
    assert house.export_calls() == seen


async def test_many_that_vanished_do_not_stop_the_others(new_house: OpenHouse) -> None:
    """Six records vanish at once; one that is still there is announced as soon as it is ready."""
    house = await bot_house(new_house)
    ana = house.member("ana")
    house.token_flex.controls.hold()
    for number in range(1, 8):
        await ana.types("#finance", export(f"file{number}"))
    await eventually(lambda: len(ours(house)) == 7, PATIENCE)
    for each in house.token_flex.exports.all():
        if each.file_name != "file7.csv":
            house.token_flex.controls.vanish(each.key)
    house.token_flex.controls.release()
    await ana.hears("#finance", "is ready", "file7.csv", private=False, timeout=PATIENCE)
    for number in range(1, 7):
        await ana.hears("#finance", f"file{number}.csv", "No longer at Autodesk", private=False, timeout=PATIENCE)


async def test_an_unknown_status_is_shown_and_polled_on(new_house: OpenHouse) -> None:
    """A word that the documentation lacks stands on the card as it is, and goes when it is over."""
    house = await bot_house(new_house)
    ana = house.member("ana")
    house.token_flex.controls.hold()
    await asks(ana)
    await eventually(lambda: bool(keys(house)))
    (key,) = keys(house)
    house.token_flex.controls.unknown_status(key, "Archiving")
    await ana.waits(lambda: "Autodesk says Archiving" in card_of(ana).visible_text(), timeout=PATIENCE)
    house.token_flex.controls.unknown_status(key, "Requested")
    await ana.waits(lambda: "Autodesk says" not in card_of(ana).visible_text(), timeout=PATIENCE)
    house.token_flex.controls.finish(key)
    await ana.hears("#finance", "export #1 is ready", private=False, timeout=PATIENCE)
    await eventually(lambda: not undelivered(house))
    check_once(house, 1)


async def test_a_contract_that_is_refused_does_not_stop_others(new_house: OpenHouse) -> None:
    """Lists of one contract are answered with 403 for good; exports of the other are announced."""
    house = await bot_house(new_house)
    ana = house.member("ana")
    refused = {"Code": "ForbiddenError", "Message": "ForbiddenError: Invalid contract or access level"}
    house.token_flex.controls.answer_next(
        403, method="GET", path_contains=f"/export/{OTHER_CONTRACT}/requests?", count=50, body=refused
    )
    await ana.types("#finance", export("refused", contract=OTHER_CONTRACT))
    await eventually(lambda: len(ours(house)) == 1)
    await ana.types("#finance", export("fine"))
    await ana.hears("#finance", "export #2 is ready", private=False, timeout=PATIENCE)
    await ana.waits(lambda: "does not let our account do that" in card_of(ana).visible_text(), timeout=PATIENCE)
    house.token_flex.controls.behave()
    await ana.hears("#finance", "export #1 is ready", private=False, timeout=PATIENCE)


async def test_an_export_that_fails_again_after_a_retry_is_announced_again(new_house: OpenHouse) -> None:
    """A failure, a retry that fails as well, a retry that works: three announcements, none of them twice."""
    house = await bot_house(new_house)
    ana = house.member("ana")
    house.token_flex.controls.fail_next(2)
    await asks(ana)
    for _ in range(2):
        failed = await ana.hears("#finance", "export #1 failed: Autodesk could not make", private=False)
        await ana.presses(failed, "Retry")
        await ana.waits(lambda: "was tried again" in failed.visible_text(), timeout=PATIENCE)  # noqa: B023
    await ana.hears("#finance", "export #1 is ready", private=False, timeout=PATIENCE)
    announcements = [message for message in ana.sees("#finance") if message.broadcast]  # which an answer never is
    assert len(announcements) == 3
    assert len(keys(house)) == 1
