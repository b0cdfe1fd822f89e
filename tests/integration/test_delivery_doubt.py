"""Posts whose answer was lost: looked for, never posted twice, never lost."""

from typing import Any

import pytest

from sandbox.slack.member import Member
from tests.harness.house import House, manifest
from tests.harness.once import check_once, subjects, undelivered
from tests.harness.talk import asks, card_of, eventually, export, keys, knows_contracts
from tests.integration.conftest import OpenHouse

SPEED = 40.0
PATIENCE = 60.0
SCOPES = manifest()["oauth_config"]["scopes"]["bot"]


async def bot_house(new_house: OpenHouse, without: str = "", **variables: str) -> House:
    """Open a house with a bot that lacks a scope."""
    house = await new_house(speed=SPEED, slack={"scopes": [scope for scope in SCOPES if scope != without]})
    await house.start_bot(**variables)
    await knows_contracts(house)
    return house


async def held(house: House, member: Member) -> None:
    """Ask for an export, wait for its card to say Requested, and hold the file back."""
    house.token_flex.controls.hold()
    await asks(member)
    await member.waits(lambda: "In progress" in card_of(member).visible_text(), timeout=PATIENCE)


async def quiet(house: House, member: Member) -> None:
    """Wait until the export is announced and nothing more is to be posted."""
    await member.hears("#finance", "export #1 is ready", private=False, timeout=PATIENCE)
    await eventually(lambda: not undelivered(house), PATIENCE)


@pytest.mark.parametrize("after_effect", [True, False])
async def test_an_announcement_in_doubt_is_looked_for(new_house: OpenHouse, *, after_effect: bool) -> None:
    """Posted and not answered: found by its metadata. Not posted: posted once."""
    house = await bot_house(new_house)
    ana = house.member("ana")
    await held(house, ana)
    house.slack.controls.drop_answer_next("chat.postMessage", after_effect=after_effect)
    house.token_flex.controls.release()
    await quiet(house, ana)
    check_once(house, 1)
    assert any(call.method == "conversations.replies" for call in house.slack.calls)


@pytest.mark.parametrize("after_effect", [True, False])
async def test_a_card_in_doubt_is_looked_for(new_house: OpenHouse, *, after_effect: bool) -> None:
    """The card as well, and the announcement waits for it, so that it stands in its thread."""
    house = await bot_house(new_house)
    ana = house.member("ana")
    house.slack.controls.drop_answer_next("chat.postMessage", after_effect=after_effect)
    await ana.types("#finance", export())
    await quiet(house, ana)
    check_once(house, 1)
    result = await ana.hears("#finance", "export #1 is ready", private=False)
    assert result.thread_ts == card_of(ana).ts


async def test_a_look_that_fails_is_made_again(new_house: OpenHouse) -> None:
    """Slack breaks down when it is asked whether the post is there: nothing is posted before it has answered."""
    house = await bot_house(new_house)
    ana = house.member("ana")
    await held(house, ana)
    house.slack.controls.drop_answer_next("chat.postMessage", after_effect=True)
    house.slack.controls.fail_next("conversations.replies", error="internal_error", status=500)
    house.token_flex.controls.release()
    await quiet(house, ana)
    check_once(house, 1)


@pytest.mark.parametrize("page", [{"html": True, "status": 502}, {"error": "fatal_error"}, {"status": 500}])
async def test_an_answer_that_is_none_leaves_a_doubt(new_house: OpenHouse, page: dict[str, Any]) -> None:
    """HTML of a proxy and Slack's own breakdowns do not say whether it was posted; here it was not."""
    house = await bot_house(new_house)
    ana = house.member("ana")
    await held(house, ana)
    house.slack.controls.fail_next("chat.postMessage", **page)
    house.token_flex.controls.release()
    await quiet(house, ana)
    check_once(house, 1)


@pytest.mark.parametrize("scope", ["channels:history", "metadata.message:read"])
@pytest.mark.parametrize("after_effect", [True, False])
async def test_where_looking_is_not_allowed_the_requester_is_told(
    new_house: OpenHouse, scope: str, *, after_effect: bool
) -> None:
    """Nothing is posted twice; the requester learns privately that the announcement may be missing."""
    house = await bot_house(new_house, without=scope)
    ana = house.member("ana")
    await held(house, ana)
    house.slack.controls.drop_answer_next("chat.postMessage", after_effect=after_effect)
    house.token_flex.controls.release()
    told = await ana.hears("@tokenflex", "I was interrupted while posting about export #1", timeout=PATIENCE)
    assert "/tokenflex status #1" in told.visible_text()
    await eventually(lambda: not undelivered(house), PATIENCE)
    assert subjects(house)["result:1:1"] == after_effect
    assert subjects(house)["card:1"] == 1


@pytest.mark.parametrize("after_effect", [True, False])
async def test_a_card_that_stays_in_doubt_is_not_posted_with_its_next_change(
    new_house: OpenHouse, *, after_effect: bool
) -> None:
    """The export moves on and its card would be edited: it is not posted anew, and the result comes all the same."""
    house = await bot_house(new_house, without="channels:history")
    ana = house.member("ana")
    house.token_flex.controls.hold()
    house.slack.controls.drop_answer_next("chat.postMessage", after_effect=after_effect)
    await ana.types("#finance", export())
    await ana.hears("@tokenflex", "I was interrupted while posting about export #1", timeout=PATIENCE)
    house.token_flex.controls.release()
    await quiet(house, ana)
    assert subjects(house)["card:1"] == after_effect
    assert subjects(house)["result:1:1"] == 1


async def test_a_doubt_in_a_channel_that_is_closed_is_told(new_house: OpenHouse) -> None:
    """The answer of the card is lost, and the bot is removed before it can look: the requester hears what to do."""
    house = await bot_house(new_house)
    ana = house.member("ana")
    house.slack.controls.drop_answer_next("chat.postMessage", after_effect=True)
    house.slack.controls.slow_next("conversations.history", 0.2)
    await ana.types("#finance", export())
    await eventually(lambda: subjects(house)["card:1"] == 1, PATIENCE)
    house.slack.workspace.kick_bot("#finance")
    await ana.hears("@tokenflex", "I cannot post export #1 to #finance.", "/invite", timeout=PATIENCE)
    house.slack.workspace.invite_bot("#finance")
    await quiet(house, ana)
    check_once(house, 1)


async def test_a_private_message_in_doubt_is_looked_for(new_house: OpenHouse) -> None:
    """A link for the requester only, posted and not answered, is found in our conversation and not sent twice."""
    house = await bot_house(new_house, LINK_AUDIENCE="requester")
    ana = house.member("ana")
    await asks(ana, name="first")
    await ana.hears("@tokenflex", "Export #1:", "Download first.csv", timeout=PATIENCE)
    await eventually(lambda: not undelivered(house), PATIENCE)
    house.token_flex.controls.hold()
    await asks(ana, name="second", number=2)
    await eventually(lambda: len(keys(house)) == 2, PATIENCE)
    await eventually(lambda: not undelivered(house), PATIENCE)
    house.token_flex.controls.release()
    await ana.hears("#finance", "export #2 is ready", private=False, timeout=PATIENCE)
    house.slack.controls.drop_answer_next("chat.postMessage", after_effect=True)
    await ana.hears("@tokenflex", "Export #2:", timeout=PATIENCE)
    await eventually(lambda: not undelivered(house), PATIENCE)
    assert subjects(house)["direct:2:link:1"] == 1
    assert house.slack.controls.take("chat.postMessage") is None


async def test_an_announcement_is_found_where_its_card_was_deleted(new_house: OpenHouse) -> None:
    """Somebody deletes the card, and with it the thread: the announcement comes once all the same."""
    house = await bot_house(new_house)
    ana = house.member("ana")
    await held(house, ana)
    house.slack.workspace.delete(card_of(ana))
    house.slack.controls.drop_answer_next("chat.postMessage", after_effect=False)
    house.token_flex.controls.release()
    await quiet(house, ana)
    assert subjects(house)["result:1:1"] == 1
