"""A request is submitted once: lost, cut and senseless answers, equal names, and clocks that differ."""

from datetime import datetime, timedelta

import pytest

from bot.exports.doubt import ListCall
from sandbox.slack.member import Member
from tests.harness.house import CONTRACT, House
from tests.harness.once import check_once, lists, ours, submissions, undelivered
from tests.harness.talk import deletes, eventually, export, knows_contracts
from tests.integration.conftest import BOTH_WAYS, OpenHouse

pytestmark = BOTH_WAYS
PATIENCE = 60.0
SPEED = 40.0


async def settled_house(new_house: OpenHouse, **arguments: object) -> House:
    """Open a house with a bot that has fetched what it keeps and has nothing to do."""
    house = await new_house(**{"speed": SPEED, **arguments})
    await house.start_bot()
    await knows_contracts(house)
    return house


async def done(house: House, member: Member, *numbers: int) -> None:
    """Wait until these exports are announced and nothing more is to be posted."""
    for number in numbers:
        await member.hears("#finance", f"export #{number} is ready", private=False, timeout=PATIENCE)
    await eventually(lambda: not undelivered(house), PATIENCE)


def submitted_at(house: House) -> list[float]:
    """Return when requests reached Token Flex, in seconds."""
    return [
        call.time.timestamp()
        for call in house.token_flex.calls
        if call.method == "POST" and call.path.endswith("/requests")
    ]


async def test_an_answer_lost_after_its_effect_is_found_in_the_list(new_house: OpenHouse) -> None:
    """The export is adopted: there is one at Token Flex, and no second POST."""
    house = await settled_house(new_house)
    ana = house.member("ana")
    house.token_flex.controls.drop_answer_next(method="POST", path_contains="/requests")
    await ana.types("#finance", export())
    await ana.hears("#finance", "Autodesk did not answer. I'm checking", private=False)
    await done(house, ana, 1)
    check_once(house, 1)
    assert submissions(house) == 1
    assert lists(house)[0] - submitted_at(house)[0] >= 30


async def test_a_request_that_was_lost_is_sent_again_after_two_lists(
    new_house: OpenHouse, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The first list comes 30 s after the loss, the second 20 s after that; then one more POST."""
    made: list[float] = []
    reaching = ListCall.reaching

    def noted(oldest: datetime, now: datetime, ahead: timedelta) -> ListCall:
        made.append(now.timestamp())  # when it arrives is the network's doing
        return reaching(oldest, now, ahead)

    monkeypatch.setattr(ListCall, "reaching", noted)
    house = await settled_house(new_house)
    ana = house.member("ana")
    house.token_flex.controls.drop_answer_next(method="POST", path_contains="/requests", after_effect=False)
    await ana.types("#finance", export())
    await done(house, ana, 1)
    check_once(house, 1)
    first, second = submitted_at(house)
    seen = [at for at in lists(house) if at < second]
    assert len(seen) == 2
    assert seen[0] - first >= 30
    assert made[1] - made[0] >= 20


async def test_a_cut_answer_is_no_answer(new_house: OpenHouse) -> None:
    """JSON that breaks off half-way leaves the effect unknown; the list shows what came of it."""
    house = await settled_house(new_house)
    ana = house.member("ana")
    house.token_flex.controls.answer_next(200, method="POST", path_contains="/requests", truncated=True)
    await ana.types("#finance", export())
    await done(house, ana, 1)
    check_once(house, 1)
    assert submissions(house) == 1


@pytest.mark.parametrize("status", [200, 403, 404, 500, 502])
async def test_a_page_of_html_is_no_answer(new_house: OpenHouse, status: int) -> None:
    """A proxy's page, whatever its status, leaves the effect unknown; nothing arrived, so it is sent again once."""
    house = await settled_house(new_house)
    ana = house.member("ana")
    house.token_flex.controls.answer_next(status, method="POST", path_contains="/requests", html=True)
    await ana.types("#finance", export())
    await done(house, ana, 1)
    check_once(house, 1)
    assert submissions(house) == 2


@pytest.mark.parametrize("after_effect", [True, False])
async def test_two_exports_of_one_name_are_told_apart(new_house: OpenHouse, *, after_effect: bool) -> None:
    """Two people ask for the same file of the same contract at once, and the first answer is lost: each gets theirs."""
    house = await settled_house(new_house)
    ana, ben = house.member("ana"), house.member("ben")
    house.token_flex.controls.drop_answer_next(method="POST", path_contains="/requests", after_effect=after_effect)
    await ana.types("#finance", export())
    await ben.types("#finance", export())
    await done(house, ana, 1, 2)
    check_once(house, 1, 2)
    assert ours(house) == ["year1.csv", "year1.csv"]
    assert submissions(house) == (2 if after_effect else 3)


async def test_an_older_export_of_another_program_is_not_adopted(new_house: OpenHouse) -> None:
    """One of the same name that was asked for before is somebody else's: ours is sent again."""
    house = await settled_house(new_house)
    ana = house.member("ana")
    theirs = house.token_flex.controls._foreign("ana.admin", CONTRACT, "year1.csv").key
    await house.clock.sleep(10)
    house.token_flex.controls.drop_answer_next(method="POST", path_contains="/requests", after_effect=False)
    await ana.types("#finance", export())
    await done(house, ana, 1)
    check_once(house, 1)
    assert submissions(house) == 2
    assert house.token_flex.exports.states()[theirs] == "Requested"


async def test_an_export_without_a_name_is_found_by_the_one_that_was_made(new_house: OpenHouse) -> None:
    """The bot's own name contains the number, so the lost answers of two at once are not confused."""
    house = await settled_house(new_house)
    ana = house.member("ana")
    house.token_flex.controls.drop_answer_next(method="POST", path_contains="/requests", count=2)
    for _ in range(2):
        await ana.types("#finance", export().replace(" name=year1", ""))
    await done(house, ana, 1, 2)
    check_once(house, 1, 2)
    assert sorted(ours(house)) == ["tokens_by_product_1.csv", "tokens_by_product_2.csv"]
    assert submissions(house) == 2


@pytest.mark.parametrize("minutes", [-12, 12])
async def test_clocks_that_differ_do_not_hide_what_arrived(new_house: OpenHouse, minutes: int) -> None:
    """The very first call of a process is a POST whose answer is lost, and Token Flex's clock is far off."""
    house = await settled_house(new_house, ahead=timedelta(minutes=minutes))
    await house.stop_bot()
    await house.start_bot()
    ana = house.member("ana")
    house.token_flex.controls.drop_answer_next(method="POST", path_contains="/requests")
    await ana.types("#finance", export())
    await done(house, ana, 1)
    check_once(house, 1)
    assert submissions(house) == 1


@pytest.mark.parametrize("minutes", [-12, 12])
async def test_clocks_that_differ_do_not_move_the_end_of_a_link(new_house: OpenHouse, minutes: int) -> None:
    """A link stands in the message for as long as it works, by whichever clock, and not much longer."""
    ahead = timedelta(minutes=minutes)
    house = await settled_house(new_house, ahead=ahead, speed=20.0)
    ana = house.member("ana")
    await ana.types("#finance", export())
    result = await ana.hears("#finance", "export #1 is ready", "Download", private=False)
    (upstream,) = house.token_flex.exports.all()
    await ana.waits(lambda: not result.links(), timeout=PATIENCE)
    assert upstream.link is not None
    late = (house.clock.now() + ahead - upstream.link.expires.moment).total_seconds()
    assert -3 < late < 15


async def test_an_export_that_is_deleted_in_the_line_is_never_submitted(new_house: OpenHouse) -> None:
    """Its turn goes to somebody else."""
    house = await settled_house(new_house)
    ana = house.member("ana")
    for number in range(1, 9):
        await ana.types("#finance", export(f"file{number}"))
    card = await ana.hears("#finance", "Export #8 ·", "Waiting its turn", private=False, timeout=PATIENCE)
    await deletes(ana, card)
    await ana.waits(lambda: "Deleted." in card.visible_text(), timeout=PATIENCE)
    await done(house, ana, *range(1, 8))
    assert sorted(ours(house)) == [f"file{number}.csv" for number in range(1, 8)]
    assert submissions(house) == 7
