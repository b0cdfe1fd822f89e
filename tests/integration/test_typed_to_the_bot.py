"""What people type to the bot, or mention it in: an answer that helps, once, to who may use it; nothing else."""

import pytest

from storage.audit import Act, Source
from tests.harness.allowed import recorded
from tests.harness.forms import SHORT
from tests.harness.house import House
from tests.harness.talk import SPEED, OpenHouse, eventually, knows_contracts

US = "@tokenflex"
ANSWER = "I can't answer what you write here"
REFUSAL = "this data includes people's names"


@pytest.fixture
async def house(new_house: OpenHouse) -> House:
    house = await new_house(speed=SPEED)
    await house.start_bot()
    await knows_contracts(house)
    return house


def answers(house: House, name: str, place: str = US) -> int:
    """How often somebody was answered."""
    return sum(ANSWER in message.visible_text() for message in house.member(name).sees(place))


async def test_the_answer_opens_the_form(house: House) -> None:
    """It says what is read, and its button opens a form that exports to where it stands."""
    ana = house.member("ana")
    await ana.types(US, "which tokens did we use in October?")
    told = await ana.hears(US, ANSWER, "/tokenflex help")
    assert told.buttons() == ["Open the form"]
    await ana.presses(told, "Open the form")
    modal = await ana.sees_modal(SHORT)
    modal.fill("Period", "All")
    await modal.settled()
    await modal.submit()
    await modal.shows("Got it: export #1.")
    await ana.hears(US, "export #1 is ready", timeout=30)


async def test_commands_work_there(house: House) -> None:
    """What is advised elsewhere, to ask in a direct message with the bot, can be done."""
    ana = house.member("ana")
    await ana.types(US, "/tokenflex list")
    await ana.hears(US, "There are no exports", private=True)
    assert answers(house, "ana") == 0


async def test_an_event_that_comes_twice_is_answered_once(house: House) -> None:
    """Slack may tell of a message again; the next one has its own answer."""
    ana = house.member("ana")
    house.slack.controls.repeat_events(1)
    await ana.types(US, "hello")
    await ana.hears(US, ANSWER)
    await house.slack.events.settled()
    await ana.types(US, "hello again")
    await eventually(lambda: answers(house, "ana") == 2)
    await house.slack.events.settled()
    assert answers(house, "ana") == 2


async def test_only_what_is_typed_there_is_answered(house: House) -> None:
    """Neither what stands in channels, nor our own messages, nor what is changed afterwards."""
    ana = house.member("ana")
    await ana.types("#finance", "hello")
    await ana.types(US, "hello")
    await ana.hears(US, ANSWER)
    await house.slack.events.settled()
    assert answers(house, "ana") == 1
    assert not any(ANSWER in message.visible_text() for message in ana.sees("#finance"))


async def test_a_mention_is_answered_privately_once(house: House) -> None:
    """In the channel, for the eyes of who wrote it, with a button that opens the form for that channel."""
    ana = house.member("ana")
    house.slack.controls.repeat_events(1)
    await ana.types("#finance", "@tokenflex help")
    told = await ana.hears("#finance", ANSWER, private=True)
    await house.slack.events.settled()
    private = [message for message in ana.sees("#finance") if message.ephemeral_for]
    assert [ANSWER in message.visible_text() for message in private] == [True]
    assert not any(ANSWER in message.visible_text() for message in house.member("ben").sees("#finance"))
    await ana.presses(told, "Open the form")
    modal = await ana.sees_modal(SHORT)
    modal.fill("Period", "All")
    await modal.settled()
    await modal.submit()
    await ana.hears("#finance", "export #1 is ready", private=False, timeout=30)


async def test_a_mention_in_a_thread_is_answered_there(house: House) -> None:
    """Where its writer is looking."""
    ana = house.member("ana")
    await ana.types("#finance", "What did we use?")
    (asked,) = ana.sees("#finance")
    await ana.types("#finance", "@tokenflex help", reply_to=asked)
    assert (await ana.hears("#finance", ANSWER, private=True)).thread_ts == asked.ts


@pytest.mark.parametrize(("place", "source"), [("#finance", Source.MENTION), (US, Source.MESSAGE)])
async def test_who_may_not_use_it_hears_that_once(house: House, place: str, source: Source) -> None:
    """An event that comes twice is refused once, and is once on record."""
    gus = house.member("gus")
    house.slack.controls.repeat_events(1)
    await gus.types(place, "@tokenflex help")
    await house.slack.events.settled()
    await gus.types(place, "@tokenflex once more")
    await eventually(lambda: sum(REFUSAL in each.text for each in gus.sees(place)) == 2)
    await house.slack.events.settled()
    assert sum(REFUSAL in each.text for each in gus.sees(place)) == 2
    assert [entry.source for entry in await recorded(house) if entry.act is Act.REFUSED] == [source] * 2


async def test_in_a_thread_who_may_not_use_it_hears_that_there(house: House) -> None:
    """The refusal stands where its reader is looking, too."""
    ana, gus = house.member("ana"), house.member("gus")
    await ana.types("#finance", "What did we use?")
    (asked,) = ana.sees("#finance")
    await gus.types("#finance", "@tokenflex help", reply_to=asked)
    assert (await gus.hears("#finance", REFUSAL, private=True)).thread_ts == asked.ts


async def test_a_guest_who_mentions_it_hears_why_not(house: House) -> None:
    """Privately too, and that is on record."""
    gus = house.member("gus")
    await gus.types("#finance", "@tokenflex my secret")
    await gus.hears("#finance", "this data includes people's names", private=True)
    (refused,) = [entry for entry in await recorded(house) if entry.act is Act.REFUSED]
    assert (refused.person, refused.source) == (gus.id, Source.MENTION)
    assert "secret" not in repr(refused)


@pytest.mark.parametrize(
    "more", [{"edited": {"user": "U1", "ts": "1.0"}}, {"bot_id": "B1"}, {"subtype": "bot_message"}, {"user": ""}]
)
async def test_a_mention_by_no_person_or_in_an_edit_is_passed_over(house: House, more: dict[str, object]) -> None:
    """What an app writes, ours included, is answered by nobody, and what is changed later was answered at first."""
    ana, place = house.member("ana"), house.slack.workspace.channel("#finance")
    event = {"type": "app_mention", "user": ana.id, "text": "<@U0> help", "channel": place.id, "ts": "1.0", **more}
    house.slack.events._tell("app_mention", "app_mentions:read", place, event)
    await house.slack.events.settled()
    await ana.types("#finance", "@tokenflex help")
    await ana.hears("#finance", ANSWER, private=True)
    assert answers(house, "ana", "#finance") == 1


async def test_who_may_not_use_it_hears_that(house: House) -> None:
    """A guest is refused as for a command, and that is put on record without what they wrote."""
    gus = house.member("gus")
    await gus.types(US, "my secret")
    await gus.hears(US, "this data includes people's names")
    assert answers(house, "gus") == 0
    (refused,) = [entry for entry in await recorded(house) if entry.act is Act.REFUSED]
    assert (refused.person, refused.source) == (house.slack.workspace.user("gus").id, Source.MESSAGE)
    assert "secret" not in repr(refused)
