"""Month end: thirty exports asked for at once, under every reading of Token Flex's limit, and over a restart."""

from datetime import timedelta

import pytest

from sandbox.slack.member import Member
from tests.harness.house import House
from tests.harness.once import bots_of, check_once, ours, submissions, undelivered
from tests.harness.talk import eventually, export, knows_contracts
from tests.integration.conftest import OpenHouse

SPEED = 60.0
PATIENCE = 90.0
PEOPLE = ("ana", "ben", "carla")
CHANNELS = ("#general", "#finance")
THIRTY = range(1, 31)
AT_ONCE = 12  #: calls that the bot has under way together at most
SLOW_FILES = {"durations": (20.0, 150.0)}


async def all_ask(house: House) -> None:
    """Have three people ask for thirty exports at once, in two channels."""
    for number in THIRTY:
        member = house.member(PEOPLE[number % 3])
        await member.types(CHANNELS[number % 2], export(f"file{number}"))


def announced(house: House) -> int:
    """Count the exports that are announced as ready."""
    return sum(
        " is ready" in message.visible_text() and message.thread_ts is not None
        for channel in CHANNELS
        for message in house.member("ana").sees(channel)
    )


async def all_done(house: House, member: Member) -> None:
    """Wait until all thirty are announced."""
    await member.waits(lambda: announced(house) == len(THIRTY), timeout=PATIENCE)
    await eventually(lambda: not undelivered(house), PATIENCE)


@pytest.mark.parametrize("reading", "BCDEFG")
async def test_thirty_at_once_meet_no_refusal(new_house: OpenHouse, reading: str) -> None:
    """No call is refused, each export is made once and announced once."""
    house = await new_house(speed=SPEED, token_flex={"rate_reading": reading, **SLOW_FILES})
    await house.start_bot()
    await knows_contracts(house)
    await all_ask(house)
    await all_done(house, house.member("ana"))
    check_once(house, *THIRTY)
    assert len(set(ours(house))) == len(THIRTY)


async def test_the_strictest_reading_is_learned(new_house: OpenHouse) -> None:
    """One call in 12 s: what is under way together may be refused once, hardly anything after that; all get done."""
    house = await new_house(speed=100.0, token_flex={"rate_reading": "A", **SLOW_FILES})
    await house.start_bot()
    await knows_contracts(house)
    await all_ask(house)
    await all_done(house, house.member("ana"))
    refused = [call.time for call in house.token_flex.calls if call.status == 429]
    together = [at for at in refused if at - refused[0] < timedelta(seconds=60)]
    assert len(together) <= AT_ONCE + 1
    assert len(refused) - len(together) <= 3
    check_once(house, *THIRTY, full=len(refused))


@pytest.mark.parametrize("reading", "BD")
async def test_the_budget_outlives_a_kill(new_house: OpenHouse, reading: str) -> None:
    """The process dies in the middle of the rush and the next one goes on: still no refusal, nothing twice."""
    house = await new_house(speed=20.0, token_flex={"rate_reading": reading, **SLOW_FILES})
    async with bots_of(house) as bots:
        await bots.start()
        await all_ask(house)
        await eventually(lambda: submissions(house) >= 12, PATIENCE)
        await bots.kill()
        await bots.start()
        await all_done(house, house.member("ana"))
        check_once(house, *THIRTY)
        assert "Traceback" not in bots.log
