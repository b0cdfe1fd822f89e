"""CALL_PACE=bucket with the whole bot: what is saved up is used, and a refusal costs a pause, not an export."""

from itertools import pairwise

from sandbox.slack.messages import Message
from tests.harness.house import House
from tests.harness.once import check_once, lists, subjects, undelivered
from tests.harness.talk import asks, eventually, export, knows_contracts
from tests.integration.conftest import OpenHouse

SPEED = 40.0
PATIENCE = 60.0
DURATION = 100.0  #: virtual seconds that each export takes
AS_CAREFUL = 5  #: lists of a minute, at most


async def overview(house: House) -> str:
    """Return what `admin` says to an administrator, asked for now."""
    carla = house.member("carla")
    before = [id(each) for each in _overviews(house)]
    await carla.types("#finance", "/tokenflex admin")
    await carla.waits(lambda: len(_overviews(house)) > len(before))
    return _overviews(house)[-1].visible_text()


def _overviews(house: House) -> list[Message]:
    return [each for each in house.member("carla").sees("#finance") if "Exports by state" in each.visible_text()]


def told(house: House) -> int:
    """Count the private messages about a refused pace."""
    return sum(count for subject, count in subjects(house).items() if subject.startswith("direct:pace refused:"))


def refused(house: House) -> int:
    """Count the calls that Token Flex refused."""
    return house.statuses().count(429)


async def is_ready(house: House, *numbers: int) -> None:
    """Wait until exports are announced."""
    for number in numbers:
        await house.member("ana").hears("#finance", f"export #{number} is ready", private=False, timeout=PATIENCE)
    await eventually(lambda: not undelivered(house), PATIENCE)


async def test_a_bucket_is_used_and_given_up(new_house: OpenHouse) -> None:
    """Under reading E files are looked for every few seconds; a stricter reading loses, doubles and repeats nothing."""
    house = await new_house(speed=SPEED, token_flex={"rate_reading": "E", "durations": (DURATION, DURATION)})
    await house.start_bot(CALL_PACE="bucket", ADMINISTRATORS=house.member("carla").id)
    await knows_contracts(house)
    await _looks_often(house)
    house.token_flex.controls.read_limit_as("B")
    await _is_refused(house)
    await house.stop_bot()
    await house.start_bot()
    await _is_still_careful(house)


async def _looks_often(house: House) -> None:
    await asks(house.member("ana"))
    await is_ready(house, 1)
    gaps = sorted(later - earlier for earlier, later in pairwise(lists(house)))
    assert len(gaps) > AS_CAREFUL
    assert gaps[len(gaps) // 2] < 8
    assert (refused(house), told(house)) == (0, 0)
    assert "CALL_PACE is bucket; requests saved up: " in await overview(house)


async def _is_refused(house: House) -> None:
    for number, name in ((2, "ana"), (3, "ben"), (4, "ana")):
        await house.member(name).types("#finance", export(f"file{number}"))
    await is_ready(house, 2, 3, 4)
    await house.member("carla").hears("@tokenflex", "CALL_PACE=bucket", "Nothing is lost", timeout=PATIENCE)
    assert refused(house) >= 1
    check_once(house, 1, 2, 3, 4, full=refused(house))
    assert "not bucket now but careful, until" in await overview(house)


async def _is_still_careful(house: House) -> None:
    refused_before, listed_before = refused(house), len(lists(house))
    await knows_contracts(house)
    assert "not bucket now but careful, until" in await overview(house)
    await house.member("ben").types("#finance", export("file5"))
    await is_ready(house, 5)
    assert len(lists(house)) - listed_before <= 2 * AS_CAREFUL + 1
    check_once(house, 1, 2, 3, 4, 5, full=refused_before)
    assert told(house) == 1
