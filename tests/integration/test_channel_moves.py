"""A private channel that gets another id, as happens when sharing it begins, keeps all that is in it."""

import asyncio
import logging
from collections.abc import Mapping

import pytest
from sqlite_utils import Database as Connection

from sandbox.slack.messages import Message
from storage import channels
from tests.harness.allowed import old_button
from tests.harness.forms import fill, open_form
from tests.harness.house import House
from tests.harness.talk import OpenHouse, asks, card_of, deletes, export, gets, knows_contracts, quick_house

SECRET = "#secret"


async def secret_house(
    new_house: OpenHouse, *, seconds: float = 1.0, slack: Mapping[str, object] | None = None, **variables: str
) -> House:
    """A house with a private channel in which the bot is; `{secret}` in a setting is its id."""
    house = await new_house(speed=40.0, token_flex={"durations": (seconds, seconds), "link_life": 120.0}, slack=slack)
    secret = house.slack.workspace.add_channel(SECRET, ["ana", "ben"], private=True)
    await house.start_bot(**{name: value.format(secret=secret.id) for name, value in variables.items()})
    await knows_contracts(house)
    return house


@pytest.fixture
async def house(new_house: OpenHouse) -> House:
    return await secret_house(new_house)


async def changes_id(house: House) -> tuple[str, str]:
    """Give the channel another id, wait until the event has been delivered, and return both ids."""
    old = house.slack.workspace.change_id(SECRET)
    await house.slack.events.settled()
    return old, house.slack.workspace.channel(SECRET).id


async def heard(house: House) -> int:
    """How many events are on record."""
    return await house.side.database.read(lambda db: db.table("events").count)


def told_privately(house: House, name: str) -> list[str]:
    """What the bot has written to somebody alone."""
    member = house.member(name)
    return [message.text for message in member.sees("@tokenflex")]


# --- The event


async def test_everything_in_the_channel_goes_on(house: House) -> None:
    """Buttons work for all in the channel, the message is edited there, the list shows the export."""
    ana, ben = house.member("ana"), house.member("ben")
    result = await gets(ana, SECRET)
    await ana.waits(lambda: not result.links(), timeout=20)
    await changes_id(house)
    await ben.presses(result, "Get a fresh link")
    await ben.waits(lambda: bool(result.links()))
    await ben.types(SECRET, "/tokenflex list")
    await ben.hears(SECRET, "One export", private=True)
    await ben.types(SECRET, "/tokenflex status #1")
    await ben.hears(SECRET, "Details of export #1", private=True)
    assert ben.errors == []


async def test_the_old_card_is_edited_under_the_new_id(house: House) -> None:
    """Deleting it changes every message about it."""
    ana = house.member("ana")
    await gets(ana, SECRET)
    await changes_id(house)
    await deletes(ana, card_of(ana, channel=SECRET), SECRET)
    await ana.waits(lambda: "Deleted" in card_of(ana, channel=SECRET).visible_text(), timeout=20)


async def test_an_export_that_is_under_way_is_announced_there(new_house: OpenHouse) -> None:
    """In the thread of its card; nobody is told that the channel is closed."""
    house = await secret_house(new_house, seconds=20.0)
    ana = house.member("ana")
    card = await asks(ana, SECRET)
    await changes_id(house)
    ready = await ana.hears(SECRET, "export #1 is ready", private=False, timeout=20)
    assert ready.parent is card
    assert told_privately(house, "ana") == []


async def test_a_message_on_its_way_as_the_id_changes_is_posted_there(house: House) -> None:
    """Slack refuses the old id; the row has the new one by then, and nobody hears of trouble."""
    ana = house.member("ana")
    house.slack.controls.slow_next("chat.postMessage", 1.0)
    await ana.types(SECRET, export())
    await ana.hears(SECRET, "Got it: export #1", private=True)
    await asyncio.sleep(0.3)  # the call has begun, and the stand-in waits a second with it
    await changes_id(house)
    await ana.hears(SECRET, "Export #1 · year1.csv", "Asked by", private=False)
    assert told_privately(house, "ana") == []


async def test_an_event_that_comes_twice_has_its_effect_once(house: House, caplog: pytest.LogCaptureFixture) -> None:
    """Once more although it was acknowledged, or the same envelope twice: the second finds itself on record."""
    caplog.set_level(logging.INFO)
    await gets(house.member("ana"), SECRET)
    house.slack.controls.repeat_events()
    await changes_id(house)
    house.slack.controls.deliver_twice()
    await changes_id(house)
    assert [each.acknowledged for each in house.slack.events.attempts] == [True, True, True]
    assert await heard(house) == 2
    assert [record.message for record in caplog.records if "the id of a channel has changed" in record.message] == [
        "the id of a channel has changed; everything in it goes on there"
    ] * 2


async def test_an_event_that_could_not_be_stored_is_not_acknowledged(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Neither it nor its effect is on record, so Slack sends it again, and then both are."""
    ana = house.member("ana")
    await gets(ana, SECRET)
    move, failures = channels.move, [OSError("disk I/O error")]

    def _fails_once(db: Connection, *args: object) -> bool:
        if failures:
            raise failures.pop()
        return move(db, *args)  # type: ignore[arg-type]

    monkeypatch.setattr(channels, "move", _fails_once)
    house.slack.sockets.ack_seconds = 0.5
    await changes_id(house)
    attempts = [each for each in house.slack.events.attempts if each.event["type"] == "channel_id_changed"]
    assert [each.acknowledged for each in attempts] == [False, True]
    assert await heard(house) == 1
    await ana.types(SECRET, "/tokenflex list")
    await ana.hears(SECRET, "One export", private=True)


async def test_other_events_are_acknowledged_and_change_nothing(new_house: OpenHouse) -> None:
    """An app may subscribe to more than this version knows, as after a step back; Slack is not made to repeat it."""
    house = await quick_house(new_house, slack={"events": ["app_home_opened", "message.im"]})
    house.member("ana").opens_app()
    await house.slack.events.settled()
    assert [each.acknowledged for each in house.slack.events.attempts] == [True]
    assert await heard(house) == 0


async def test_what_has_just_become_shared_is_drawn_again(house: House) -> None:
    """The id changes as people of another organisation are let in: where clause and link go from what stands there."""
    house.slack.workspace.add_member("fay", foreign=True)
    ana = house.member("ana")
    result = await gets(ana, SECRET)
    card = card_of(ana, channel=SECRET)
    assert result.links()
    assert "contractYear" in card.visible_text()
    house.slack.workspace.join(SECRET, "fay")
    await changes_id(house)
    await ana.waits(lambda: not result.links() and "contractYear" not in card.visible_text(), timeout=20)


# --- An installation with the manifest of before: no event comes


@pytest.fixture
async def deaf(new_house: OpenHouse) -> House:
    """The bot subscribes to nothing; the channel has got another id, and a link that was in it has ended."""
    house = await secret_house(new_house, ALLOWED_CHANNELS="{secret}", slack={"events": []})
    result = await gets(house.member("ana"), SECRET)
    await house.member("ana").waits(lambda: not result.links(), timeout=20)
    await changes_id(house)
    assert house.slack.events.attempts == []
    return house


def announced(house: House) -> Message:
    """The message in the channel that says that the export is ready."""
    return next(each for each in house.member("ana").sees(SECRET) if "export #1 is ready" in each.visible_text())


async def test_a_press_on_a_known_message_carries_everything_over(deaf: House) -> None:
    """Links, the list, the rights of all in the channel, and the setting that names it by its old id."""
    ben = deaf.member("ben")
    result = announced(deaf)
    await ben.presses(result, "Get a fresh link")
    await ben.waits(lambda: bool(result.links()))
    await ben.types(SECRET, "/tokenflex list")
    await ben.hears(SECRET, "One export", private=True)
    await asks(deaf.member("ana"), SECRET, "year2", number=2)
    assert ben.errors == []


async def test_a_press_carries_over_once(deaf: House, caplog: pytest.LogCaptureFixture) -> None:
    """Two people at once, and again after that."""
    caplog.set_level(logging.INFO)
    ana, ben = deaf.member("ana"), deaf.member("ben")
    await asyncio.gather(*(each.presses(announced(deaf), "Details") for each in (ana, ben)))
    for each in (ana, ben):
        await each.hears(SECRET, "Details of export #1", private=True)
    await ben.presses(announced(deaf), "Details")
    assert caplog.text.count("the id of a channel has changed") == 1


async def test_the_same_time_in_another_channel_is_no_sign(deaf: House) -> None:
    """A message that only has its `ts` in common with ours gives nobody there anything."""
    carla = deaf.member("carla")
    elsewhere = old_button(deaf, "#general", "export.link")
    elsewhere.ts = announced(deaf).ts
    await carla.presses(elsewhere, "Press me")
    await carla.hears("#general", "I know of no export #1 here.", private=True)


async def test_where_slack_does_not_show_the_message_nothing_is_carried_over(deaf: House) -> None:
    """The person hears what they would have heard; the next press finds out."""
    ben = deaf.member("ben")
    deaf.slack.controls.fail_next("conversations.history", error="internal_error")
    await ben.presses(announced(deaf), "Details")
    await ben.hears(SECRET, "I know of no export #1 here.", private=True)
    await ben.presses(announced(deaf), "Details")
    await ben.hears(SECRET, "Details of export #1", private=True)


# --- The settings


async def test_a_setting_that_names_the_old_id_means_the_channel(
    new_house: OpenHouse, caplog: pytest.LogCaptureFixture
) -> None:
    """Right after the change and after a restart; the log says to set the new id."""
    house = await secret_house(new_house, ALLOWED_CHANNELS="{secret}")
    ana = house.member("ana")
    await changes_id(house)
    await asks(ana, SECRET)
    assert "ALLOWED_CHANNELS names a channel by its old id: set the new id" in caplog.text
    caplog.clear()
    await house.stop_bot()
    await house.start_bot()
    await knows_contracts(house)
    assert "ALLOWED_CHANNELS names a channel by its old id: set the new id" in caplog.text
    await asks(ana, SECRET, "year2", number=2)
    await ana.types("#finance", export("year3"))
    await ana.hears("#finance", f"only be posted in {SECRET}. Ask for them there", private=True)


async def test_a_form_that_was_opened_before_is_sent_to_the_channel(house: House) -> None:
    """It names the id that the channel had as the form was opened."""
    ana = house.member("ana")
    modal = await open_form(house, place=SECRET)
    fill(modal, Columns=["productName"], Only_rows_where="contractYear = 1", Post_to_channel=SECRET)
    await changes_id(house)
    await modal.submit()
    await ana.hears(SECRET, "Export #1", "Asked by", private=False)
