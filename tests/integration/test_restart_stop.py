"""Stopping the real process as a host does, and what keeps two of them apart."""

import asyncio

import pytest

from sandbox.slack.member import Member
from sandbox.slack.messages import Message
from tests.harness.house import House
from tests.harness.once import Bots, bots_of, check_once, ours, submissions, undelivered
from tests.harness.process import fork_process
from tests.harness.talk import calls, eventually, export
from tests.integration.conftest import OpenHouse

PROMISED = 10.0  #: real seconds that a stop may take


async def stops_in_time(bots: Bots) -> None:
    """Stop the bot with SIGTERM and check that it ends well and in the time that is promised."""
    async with asyncio.timeout(PROMISED):
        assert await bots.stop() == 0
    assert "Traceback" not in bots.log


async def test_a_stop_of_an_idle_bot_ends_well(new_house: OpenHouse) -> None:
    """SIGTERM ends a bot that has nothing to do with exit status 0."""
    house = await new_house()
    async with bots_of(house) as bots:
        await bots.start()
        await stops_in_time(bots)


@pytest.mark.parametrize("after_effect", [True, False])
async def test_a_stop_during_a_slow_submission_loses_and_doubles_nothing(
    new_house: OpenHouse, *, after_effect: bool
) -> None:
    """SIGTERM does not wait for an answer that takes half a minute; the next process finds what came of it."""
    house = await new_house()
    ana = house.member("ana")
    seconds = 30.0 if after_effect else 5.0
    house.token_flex.controls.slow_next(
        seconds, method="POST", path_contains="/requests", real=True, after_effect=after_effect
    )
    async with bots_of(house) as bots:
        await bots.start()
        await ana.types("#finance", export())
        await eventually(lambda: submissions(house) == 1)
        await stops_in_time(bots)
        await eventually(lambda: len(ours(house)) == 1)
        await bots.start()
        await ana.hears("#finance", "export #1 is ready", private=False, timeout=60)
        await eventually(lambda: not undelivered(house))
        check_once(house, 1)


async def test_a_stop_during_a_sign_in_sends_nothing_after_it(new_house: OpenHouse) -> None:
    """A submission that waits for an access token when the bot is stopped is left to the next process."""
    house = await new_house()
    ana = house.member("ana")
    async with bots_of(house) as bots:
        await bots.start()
        await eventually(lambda: calls(house, "GET", "/contract") == 1)
        house.token_flex.controls.revoke_tokens()
        house.token_flex.controls.slow_next(7.0, path_contains="token", real=True, oauth=True)
        signed_in = len(house.token_flex.oauth_calls)
        await ana.types("#finance", export())
        await eventually(lambda: len(house.token_flex.oauth_calls) > signed_in)
        refused = submissions(house)
        await stops_in_time(bots)
        assert submissions(house) == refused <= 1  # none where what is fetched ahead found the token refused
        await bots.start()
        await ana.hears("#finance", "export #1 is ready", private=False, timeout=60)
        await eventually(lambda: not undelivered(house))
        check_once(house, 1)


async def test_a_stop_during_a_slow_list_ends_in_time(new_house: OpenHouse) -> None:
    """SIGTERM in the middle of a poll that hangs ends with exit status 0."""
    house = await new_house()
    ana = house.member("ana")
    house.token_flex.controls.slow_next(30, method="GET", path_contains="/requests", real=True)
    async with bots_of(house) as bots:
        await bots.start()
        await ana.types("#finance", export())
        await eventually(lambda: calls(house, "GET", "/requests") == 1)
        await stops_in_time(bots)


async def test_a_stop_while_people_wait_for_the_budget(new_house: OpenHouse) -> None:
    """SIGTERM with a line in front of Token Flex ends in time; the line is served by the next process, each once."""
    house = await new_house(speed=40.0)
    ana = house.member("ana")
    async with bots_of(house) as bots:
        await bots.start()
        for number in range(1, 9):
            await ana.types("#finance", export(f"file{number}"))
        await ana.hears("#finance", "Got it: export #8", private=True)
        assert submissions(house) < 8
        await stops_in_time(bots)
        await bots.start()
        for number in range(1, 9):
            await ana.hears("#finance", f"export #{number} is ready", private=False, timeout=60)
        await eventually(lambda: not undelivered(house))
        check_once(house, *range(1, 9))


async def with_expired_link(member: Member) -> Message:
    """Ask for an export and return its announcement when its link is gone."""
    await member.types("#finance", export())
    result = await member.hears("#finance", "export #1 is ready", private=False)
    await member.waits(lambda: not result.links())
    return result


async def test_a_person_who_waits_for_a_link_hears_of_the_stop(new_house: OpenHouse) -> None:
    """Whoever waits for a fresh link when the bot is stopped is told to try again."""
    house = await new_house(speed=8.0, token_flex={"link_life": 10.0})
    ana = house.member("ana")
    async with bots_of(house) as bots:
        await bots.start()
        result = await with_expired_link(ana)
        await spend_the_budget(house)
        await ana.presses(result, "Get a fresh link")
        await ana.hears("#finance", "It comes by itself", private=True)
        await stops_in_time(bots)
        await ana.hears("#finance", "I am just being restarted. Try again in a minute.", private=True)


@pytest.mark.parametrize("seconds", [1.0, 30.0])
async def test_a_stop_during_a_slow_link_ends_well(new_house: OpenHouse, seconds: float) -> None:
    """SIGTERM while a fresh link is on its way, however long that takes."""
    house = await new_house(speed=8.0, token_flex={"link_life": 10.0})
    ana = house.member("ana")
    async with bots_of(house) as bots:
        await bots.start()
        result = await with_expired_link(ana)
        before = calls(house, "POST", "/refreshUrl")
        house.token_flex.controls.slow_next(seconds, method="POST", path_contains="/refreshUrl", real=True)
        await ana.presses(result, "Get a fresh link")
        await eventually(lambda: calls(house, "POST", "/refreshUrl") > before)
        await stops_in_time(bots)


async def spend_the_budget(house: House) -> None:
    """Make people use up what a minute has."""
    ben = house.member("ben")
    house.token_flex.controls.hold()
    for number in range(10):
        await ben.types("#general", export(f"spent{number}"))


async def test_a_stop_with_a_deaf_connection_ends_in_time(new_house: OpenHouse) -> None:
    """A Slack that answers nothing any more on the socket does not hold a stop up."""
    house = await new_house()
    async with bots_of(house) as bots:
        await bots.start()
        house.slack.controls.silence_sockets()
        await stops_in_time(bots)


async def test_a_second_bot_is_refused_beside_a_live_one_only(new_house: OpenHouse) -> None:
    """It ends with status 2 and says why; straight after a SIGKILL of the first one a start is not refused."""
    house = await new_house()
    async with bots_of(house) as bots:
        await bots.start()
        second = await fork_process(
            house.folder, "run", environment=house.environment, clock=house.clock, name="second"
        )
        assert await second.ends() == 2
        assert second.err.startswith("Another bot is running with this database (")
        assert second.err.endswith("Stop it first, or give this one a DATABASE_PATH of its own.\n")
        assert bots.running is not None
        bots.running.process.kill()
        await bots.running.ends()
        await bots.start()
