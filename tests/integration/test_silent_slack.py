"""A Slack that takes a call and never answers it: nothing is held for longer than the door allows."""

import pytest

from bot.slack.api import SlackApi
from tests.harness.house import House
from tests.harness.once import check_once, undelivered
from tests.harness.talk import asks, card_of, eventually, export, gets, knows_contracts, quick_house
from tests.integration.conftest import OpenHouse

PATIENCE = 60.0


@pytest.fixture
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    """A door that gives a call one real second where it gives thirty."""
    for method in (SlackApi.call, SlackApi.respond):
        assert method.__kwdefaults__ == {"within": 30.0}
        monkeypatch.setattr(method, "__kwdefaults__", {"within": 1.0})


@pytest.mark.usefixtures("impatient")
@pytest.mark.parametrize("after_effect", [True, False])
async def test_a_card_in_doubt_goes_on(new_house: OpenHouse, *, after_effect: bool) -> None:
    """The post is given up, looked for, and stands in the channel once; the announcement follows it."""
    house = await quick_house(new_house)
    house.slack.controls.never_answer_next("chat.postMessage", after_effect=after_effect)
    ana = house.member("ana")
    await ana.types("#finance", export())
    await ana.hears("#finance", "export #1 is ready", private=False, timeout=PATIENCE)
    await eventually(lambda: not undelivered(house), PATIENCE)
    check_once(house, 1)


@pytest.mark.usefixtures("impatient")
async def test_an_edit_and_a_look_that_are_not_answered_are_made_again(new_house: OpenHouse) -> None:
    """The card shows in the end how the export stands, and the announcement comes once."""
    house = await quick_house(new_house)
    ana = house.member("ana")
    house.token_flex.controls.hold()
    await asks(ana)
    house.slack.controls.never_answer_next("chat.update", count=2)
    house.slack.controls.never_answer_next("conversations.replies", count=2)
    house.slack.controls.never_answer_next("chat.postMessage")
    house.token_flex.controls.release()
    await ana.hears("#finance", "export #1 is ready", private=False, timeout=PATIENCE)
    await ana.waits(lambda: "Ready" in card_of(ana).visible_text(), timeout=PATIENCE)
    check_once(house, 1)


@pytest.mark.usefixtures("impatient")
async def test_an_answer_takes_another_way(house: House) -> None:
    """A response URL that takes a message and says nothing: the person reads it in the channel."""
    house.slack.controls.never_answer_next("response_url")
    ana = house.member("ana")
    await ana.types("#finance", "/tokenflex list")
    await ana.hears("#finance", "There are no exports of yours", private=True)
    assert [call.method for call in house.slack.calls if call.method.startswith("chat.")] == ["chat.postEphemeral"]


async def test_a_form_that_slack_does_not_open_is_told_in_time(house: House) -> None:
    """Three seconds after the command the person reads that trying once more helps, and it does."""
    await knows_contracts(house)
    house.slack.controls.never_answer_next("views.open")
    ana = house.member("ana")
    await ana.types("#finance", "/tokenflex")
    await ana.hears("#finance", "The form did not open: Slack has a problem of its own.", private=True)
    await ana.types("#finance", "/tokenflex")
    await ana.sees_modal("New export")


@pytest.mark.parametrize("typed", ["/tokenflex list", "/tokenflex"])
async def test_who_somebody_is_is_not_waited_for(house: House, typed: str) -> None:
    """Nobody gets in unknown; the person hears so at once, and a moment later Slack is asked anew."""
    await knows_contracts(house)
    house.slack.controls.never_answer_next("users.info")
    ana = house.member("ana")
    await ana.types("#finance", typed)
    await ana.hears("#finance", "Slack does not tell me at the moment whether you may do that.", private=True)
    members = house.side.exports._access._members
    await eventually(lambda: not members._accounts._asking)
    await gets(ana)


@pytest.mark.usefixtures("impatient")
async def test_a_start_goes_on(new_house: OpenHouse) -> None:
    """Neither the first question nor the one for a connection holds the start for ever."""
    house = await new_house()
    house.slack.controls.never_answer_next("auth.test")
    house.slack.controls.never_answer_next("apps.connections.open")
    await house.start_bot()
    await asks(house.member("ana"))
