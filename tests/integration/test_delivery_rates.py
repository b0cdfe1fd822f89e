"""Slack's limits: one message a second into a channel, tiers for each method, `Retry-After`; none holds up the rest."""

from itertools import pairwise

import pytest

from tests.harness.house import House
from tests.harness.once import ours, post_of, posts, subjects, unanswered, undelivered
from tests.harness.talk import AS_IT_IS, asks, eventually, export, knows_contracts
from tests.integration.conftest import OpenHouse

SPEED = 40.0
PATIENCE = 60.0


async def bot_house(new_house: OpenHouse, **arguments: object) -> House:
    """Open a house with a bot that has fetched what it keeps."""
    house = await new_house(**{"speed": SPEED, "token_flex": {"durations": (20.0, 20.0)}, **arguments})
    await house.start_bot()
    await knows_contracts(house)
    return house


def limited(house: House) -> list[str]:
    """Return the methods of the calls that Slack refused for their rate."""
    return [call.method for call in house.slack.calls if call.status == 429]


async def test_a_rush_into_one_channel_is_posted_one_a_second(new_house: OpenHouse) -> None:
    """Ten exports end at once: Slack, which enforces its limits, refuses nothing."""
    house = await bot_house(new_house)
    ana = house.member("ana")
    house.token_flex.controls.hold()
    for number in range(1, 11):
        await ana.types("#finance", export(f"file{number}"))
        await house.clock.sleep(3)  # the answers to commands count for the channel as well
    await eventually(lambda: len(ours(house)) == 10, PATIENCE)
    house.token_flex.controls.release()
    for number in range(1, 11):
        await ana.hears("#finance", f"export #{number} is ready", private=False, timeout=PATIENCE)
    await eventually(lambda: not undelivered(house), PATIENCE)
    assert limited(house) == []
    times = sorted(float(message.ts) for message in posts(house) if message.channel == "#finance")
    assert all(later - earlier >= 1.0 for earlier, later in pairwise(times))


async def test_in_a_rush_everybody_is_answered_where_they_asked(new_house: OpenHouse) -> None:
    """Private answers share the channel's one message a second with the cards; each waits until it is its turn."""
    house = await bot_house(new_house, speed=20.0)
    house.token_flex.controls.hold()
    for number in range(1, 13):
        await house.member("ana" if number % 2 else "ben").types("#finance", export(f"file{number}"))
    for number in range(1, 13):
        await house.member("ana" if number % 2 else "ben").hears(
            "#finance", f"(file{number}.csv)", private=True, timeout=PATIENCE
        )


async def test_a_busy_channel_holds_up_no_other(new_house: OpenHouse) -> None:
    """While one channel has a dozen messages to come, another gets its own at once."""
    house = await bot_house(new_house, speed=10.0)
    ana = house.member("ana")
    for number in range(1, 13):
        await ana.types("#general", export(f"file{number}"))
    await ana.types("#finance", export("alone"))
    await ana.hears("#finance", "alone.csv", "Asked by", private=False)
    assert subjects(house).total() < 13


async def test_retry_after_of_a_channel_is_waited_out(new_house: OpenHouse) -> None:
    """A 429 closes that channel for as long as Slack says, also for what is added meanwhile; others go on."""
    house = await bot_house(new_house)
    ana = house.member("ana")
    house.slack.controls.fail_next("chat.postMessage", retry_after=60)
    await ana.types("#finance", export("first"))
    await eventually(lambda: limited(house) == ["chat.postMessage"])
    refused_at = house.slack.calls[-1].at
    await ana.types("#finance", export("second"))
    await ana.types("#general", export("third"))
    await ana.hears("#general", "third.csv", "Asked by", private=False)
    await ana.hears("#finance", "first.csv", "Asked by", private=False, timeout=PATIENCE)
    tried = [
        call
        for call in house.slack.calls
        if call.method == "chat.postMessage"
        and call.arguments["channel"] == house.slack.workspace.channel("#finance").id
    ]
    assert (tried[1].at - refused_at).total_seconds() >= 60
    assert limited(house) == ["chat.postMessage"]


async def test_the_tier_of_edits_is_kept_and_holds_up_no_post(new_house: OpenHouse) -> None:
    """Slack takes no more edits for a minute: announcements are posted meanwhile, and the edits follow."""
    house = await bot_house(new_house)
    ana = house.member("ana")
    house.slack.controls.fail_next("chat.update", retry_after=90)
    card = await asks(ana)
    await eventually(lambda: limited(house) == ["chat.update"])
    refused = next(call for call in house.slack.calls if call.status == 429)
    await ana.hears("#finance", "export #1 is ready", private=False, timeout=PATIENCE)
    assert float(post_of(house, "result:1:1").ts) - refused.at.timestamp() < 60
    await ana.waits(lambda: "Ready." in card.visible_text(), timeout=PATIENCE)
    edits = [call for call in house.slack.calls if call.method == "chat.update"]
    after = edits[edits.index(refused) + 1]
    assert (after.at - refused.at).total_seconds() >= 90
    assert limited(house) == ["chat.update"]


async def test_many_edits_stay_within_their_tier(new_house: OpenHouse) -> None:
    """Forty exports over two channels change their cards several times within minutes: no edit is refused."""
    house = await bot_house(new_house, token_flex={"durations": (5.0, 60.0), "rate_reading": "none"}, speed=60.0)
    ana, ben = house.member("ana"), house.member("ben")
    for number in range(20):
        await ana.types("#finance", export(f"a{number}"))
        await ben.types("#general", export(f"b{number}"))
    await eventually(lambda: sum(name.startswith("result:") for name in subjects(house)) == 40, 90)
    await eventually(lambda: not undelivered(house), PATIENCE)
    assert "chat.update" not in limited(house)


async def test_a_revoked_token_delays_everything_and_loses_nothing(new_house: OpenHouse) -> None:
    """Slack takes nothing with our token for a while: all is delivered once that is mended, each once."""
    house = await bot_house(new_house)
    ana = house.member("ana")
    house.token_flex.controls.hold()
    card = await asks(ana, more=AS_IT_IS)
    await ana.waits(lambda: "In progress" in card.visible_text(), timeout=PATIENCE)
    house.slack.revoke_tokens()
    house.token_flex.controls.release()
    await eventually(lambda: any(call.error == "token_revoked" for call in house.slack.calls))
    house.slack.revoke_tokens("")
    await ana.hears("#finance", "export #1 is ready", private=False, timeout=PATIENCE)
    await eventually(lambda: not undelivered(house) and not unanswered(house), PATIENCE)
    assert subjects(house) == {"card:1": 1, "result:1:1": 1, "answer:1": 1}


@pytest.mark.parametrize("error", ["msg_too_long", "invalid_arguments", "something_new"])
async def test_a_message_that_slack_refuses_holds_up_no_other(new_house: OpenHouse, error: str) -> None:
    """One card that Slack does not take, whatever the reason: the next export's card and result still come."""
    house = await bot_house(new_house)
    ana = house.member("ana")
    house.slack.controls.fail_next("chat.postMessage", error)
    await ana.types("#finance", export("first"))
    await eventually(lambda: any(call.error == error for call in house.slack.calls))
    await ana.types("#finance", export("second"))
    await ana.hears("#finance", "export #2 is ready", private=False, timeout=PATIENCE)
    await ana.hears("#finance", "export #1 is ready", private=False, timeout=PATIENCE)
    await eventually(lambda: not undelivered(house), PATIENCE)
    assert set(subjects(house).values()) == {1}
