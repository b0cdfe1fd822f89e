"""The buttons: pressed by the requester, by others, twice, by two at once, on old messages."""

import asyncio
from typing import Any

import pytest

from sandbox.slack.json_values import Json
from sandbox.slack.messages import Content, Message
from tests.harness.files import download
from tests.harness.house import CONTRACT, House
from tests.harness.talk import (
    ASKED_ANEW,
    OpenHouse,
    asks,
    calls,
    card_of,
    deletes,
    details_of,
    export,
    fails,
    gets,
    keys,
    knows_contracts,
    quick_house,
)


@pytest.fixture
async def quick(new_house: OpenHouse) -> House:
    return await quick_house(new_house)


def old_message(house: House, channel: str, action_id: str, value: str = "1") -> Message:
    """Post a message of an earlier version of the bot, or of an earlier database."""
    button: Json = {"type": "button", "action_id": action_id, "value": value}
    button["text"] = {"type": "plain_text", "text": "Press me"}
    block = {"type": "actions", "block_id": "old", "elements": [button]}
    workspace = house.slack.workspace
    return workspace.post(workspace.channel(channel), workspace.bot, Content("An old message", (block,)))


async def no_link_in(member: Any, message: Message) -> None:
    """Wait until the link has run out and is gone from the message."""
    await member.waits(lambda: not message.links(), timeout=20)


# --- Get a fresh link


async def test_a_fresh_link_comes_into_the_message_for_all(quick: House) -> None:
    """With the audience `channel` anybody in it may press, and the link appears in the message itself."""
    ana, ben, carla = quick.member("ana"), quick.member("ben"), quick.member("carla")
    result = await gets(ana)
    await no_link_in(ana, result)
    assert "Press Get a fresh link to download it; a link works for a short time only." in result.visible_text()
    for member in (ben, carla):
        await member.presses(result, "Get a fresh link")
        await member.waits(lambda: bool(result.links()))
        assert (await download(result.links()[0]))[0] == 200
        await no_link_in(member, result)
    assert ben.errors == carla.errors == []


async def test_a_press_on_a_link_that_works_says_so(quick: House) -> None:
    """Where the link is there and good, no call is spent, and who pressed is told."""
    ana, ben = quick.member("ana"), quick.member("ben")
    result = await gets(ana)
    spent = calls(quick, "POST", "/refreshUrl")
    await ben.presses(result, "Get a fresh link")
    await ben.hears("#finance", "That link for export #1 still works until", private=True)
    assert calls(quick, "POST", "/refreshUrl") == spent
    assert result.links()


async def test_a_press_on_a_short_lived_link_that_works_says_so_too(new_house: OpenHouse) -> None:
    """Links that never live for a minute are good for half of their life; the message stays as it is."""
    house = await new_house(speed=8.0, token_flex={"durations": (1.0, 1.0), "link_life": 50.0})
    await house.start_bot()
    await knows_contracts(house)
    ana, ben = house.member("ana"), house.member("ben")
    result = await gets(ana)
    await ana.waits(lambda: not result.links(), timeout=20)
    await ben.presses(result, "Get a fresh link")
    await ben.waits(lambda: bool(result.links()))
    spent = calls(house, "POST", "/refreshUrl")
    await ana.presses(result, "Get a fresh link")
    await ana.hears("#finance", "That link for export #1 still works until", private=True)
    assert calls(house, "POST", "/refreshUrl") == spent


async def test_two_who_press_at_once_share_one_call(quick: House) -> None:
    """Presses at the same time make one call to Token Flex, and both get the link."""
    ana, ben = quick.member("ana"), quick.member("ben")
    result = await gets(ana)
    await no_link_in(ana, result)
    spent = calls(quick, "POST", "/refreshUrl")
    await asyncio.gather(*(who.presses(result, "Get a fresh link") for who in (ana, ben, ana)))
    await ana.waits(lambda: bool(result.links()))
    assert calls(quick, "POST", "/refreshUrl") == spent + 1


async def test_on_the_card_the_link_comes_into_the_card(quick: House) -> None:
    """The button of the card shows the link there, and takes it out again in time."""
    ana = quick.member("ana")
    await gets(ana)
    await ana.waits(lambda: "Get a fresh link" in card_of(ana).buttons())
    await ana.presses(card_of(ana), "Get a fresh link")
    await ana.waits(lambda: bool(card_of(ana).links()))
    await no_link_in(ana, card_of(ana))
    assert "Ready." in card_of(ana).visible_text()


async def test_a_link_for_the_requester_alone(new_house: OpenHouse) -> None:
    """With the audience `requester` the link comes by private message, and others are told whose it is."""
    house = await quick_house(new_house, LINK_AUDIENCE="requester")
    ana, ben = house.member("ana"), house.member("ben")
    result = await gets(ana)
    assert result.links() == []
    private = await ana.hears("@tokenflex", "Export #1: Download year1.csv", "This link works until", timeout=20)
    assert private.links()
    await ben.presses(result, "Get a fresh link")
    await ben.hears("#finance", "Links of export #1 go to @ana only, who asked for it.", private=True)
    await ana.presses(result, "Get a fresh link")
    assert (await ana.hears("#finance", "Export #1: Download year1.csv", private=True)).links()
    await no_link_in(ana, private)
    assert (
        "Export #1: there is no link here that works. Press Get a fresh link to download it" in private.visible_text()
    )
    assert private.buttons() == ["Get a fresh link"]
    assert all(not message.links() for message in ben.sees("#finance"))


async def test_a_link_for_whoever_presses(new_house: OpenHouse) -> None:
    """With the audience `press` nobody sees a link until they press, and then only they."""
    house = await quick_house(new_house, LINK_AUDIENCE="press")
    ana, ben = house.member("ana"), house.member("ben")
    result = await gets(ana)
    assert result.links() == []
    await ben.presses(result, "Get a fresh link")
    answer = await ben.hears("#finance", "Export #1: Download year1.csv", private=True)
    assert answer.links()
    assert all(not message.links() for message in ana.sees("#finance"))
    await ben.presses(answer, "Get a fresh link")
    await ben.waits(lambda: answer.edited > 0)
    assert answer.links()


async def test_a_link_that_takes_long_is_announced(quick: House) -> None:
    """Who waits for a call is told so at once, and gets the link by itself."""
    ana = quick.member("ana")
    result = await gets(ana)
    await no_link_in(ana, result)
    quick.token_flex.controls.answer_next(429, "POST", "/refreshUrl", retry_after=20)
    await ana.presses(result, "Get a fresh link")
    await ana.hears("#finance", "Getting a link for export #1.", private=True)
    await ana.waits(lambda: bool(result.links()), timeout=20)


# --- Retry


async def test_retry_is_for_everyone_in_the_channel(quick: House) -> None:
    """Another member presses Retry and is answered; the requester hears of the result."""
    ana, ben = quick.member("ana"), quick.member("ben")
    failed = await fails(quick, ana)
    assert failed.mentions() == {"ana"}
    assert failed.buttons() == ["Retry", "Details", *ASKED_ANEW]
    assert "Autodesk could not make the file. Press Retry; if it fails again," in failed.visible_text()
    await ben.presses(failed, "Retry")
    await ben.hears("#finance", "Trying export #1 again.", private=True)
    ready = await ana.hears("#finance", "export #1 is ready", private=False, timeout=20)
    assert ready.mentions() == {"ana"}


async def test_retry_twice_at_once_asks_once(quick: House) -> None:
    """Of two who press at the same moment one is told that the other was faster."""
    ana, ben = quick.member("ana"), quick.member("ben")
    failed = await fails(quick, ana)
    await asyncio.gather(ana.presses(failed, "Retry"), ben.presses(failed, "Retry"))
    await ana.hears("#finance", "export #1 is ready", private=False, timeout=20)
    answers = [
        message.text for who in (ana, ben) for message in who.sees("#finance") if message.ephemeral_for == who.name
    ]
    assert sum("Trying export" in text for text in answers) == 1
    assert calls(quick, "POST", "/retry") == 1


async def test_a_retry_can_fail_again(quick: House) -> None:
    """Each failure is told once, in a message of its own, with a button that works."""
    ana = quick.member("ana")
    first = await fails(quick, ana)
    quick.token_flex.controls.fail_next()
    await ana.presses(first, "Retry")
    second = await ana.hears("#finance", "Press Retry; if it fails again,", "@ana, export #1 failed", timeout=20)
    await ana.waits(
        lambda: [m for m in ana.sees("#finance") if "export #1 failed:" in m.text and m is not first] != [], timeout=20
    )
    second = next(m for m in ana.sees("#finance") if "export #1 failed:" in m.text and m is not first)
    assert first.buttons() == []
    await ana.presses(second, "Retry")
    await ana.hears("#finance", "export #1 is ready", private=False, timeout=20)


# --- Details


async def test_details_are_private_and_for_everyone_in_the_channel(quick: House) -> None:
    """Any member of the channel sees what was asked; the channel sees nothing of that."""
    ana, ben = quick.member("ana"), quick.member("ben")
    await asks(ana)
    await ben.presses(card_of(ben), "Details")
    answer = await ben.hears("#finance", "Export #1 · year1.csv", "Posted to", "productName", private=True)
    assert answer.mentions() == {"ana"}
    assert not any("Posted to" in message.visible_text() for message in ana.sees("#finance"))
    assert ben.errors == []


# --- Delete


async def test_deleting_asks_and_can_be_cancelled(quick: House) -> None:
    """The dialog says what is lost; cancelling changes nothing; confirming deletes here and at Token Flex."""
    ana = quick.member("ana")
    result = await gets(ana)
    assert "Delete" not in result.buttons() + card_of(ana).buttons()
    details = await details_of(ana, result)
    dialog = details.confirmation("Delete")
    assert dialog is not None
    for part in ("Delete export #1?", "Who asked for it, and administrators, can delete it.", "Delete", "Keep it"):
        assert part in dialog
    await ana.presses(details, "Delete", confirm=False)
    assert len(keys(quick)) == 1
    await ana.presses(details, "Delete")
    await ana.hears("#finance", "Export #1 is being deleted, at Autodesk too.", private=True)
    await ana.waits(lambda: "Deleted." in card_of(ana).visible_text())
    await ana.waits(lambda: result.buttons() == [])
    assert result.links() == []
    assert keys(quick) == []


async def test_another_member_cannot_delete(quick: House) -> None:
    """The button is there for all, and who may not is told who may."""
    ana, ben = quick.member("ana"), quick.member("ben")
    result = await gets(ana)
    await deletes(ben, result)
    await ben.hears("#finance", "Only @ana, who asked for export #1, can delete it.", private=True)
    assert len(keys(quick)) == 1


async def test_deleting_twice_is_told(quick: House) -> None:
    """The second press, on a message that is not redrawn yet, gets a true answer."""
    ana = quick.member("ana")
    await gets(ana)
    stale = old_message(quick, "#finance", "export.delete")
    await ana.presses(stale, "Press me")
    await ana.hears("#finance", "Export #1 is being deleted, at Autodesk too.", private=True)
    await ana.presses(stale, "Press me")
    await ana.hears("#finance", "#1 ", "deleted already.", private=True)
    await ana.waits(lambda: "Deleted." in card_of(ana).visible_text())
    assert calls(quick, "DELETE") == 1


# --- Edit and send again


async def refused(house: House, member: Any) -> Message:
    """Ask for what Token Flex refuses; return the private message about it."""
    body = {"Code": "BadRequestError", "Message": "BadRequestError: The clause <is> `wrong`"}
    house.token_flex.controls.answer_next(400, "POST", "/requests", body=body)
    await member.types("#finance", export("year1"))
    message: Message = await member.hears("@tokenflex", "did not accept your request for export #1", timeout=20)
    return message


async def test_a_refused_request_is_edited_and_sent_again(quick: House) -> None:
    """The form comes filled in, what is sent gets a new number, and everything old names it."""
    ana = quick.member("ana")
    message = await refused(quick, ana)
    shown = message.visible_text()
    assert "Autodesk finds something wrong with it." in shown
    assert "Autodesk says: The clause <is> 'wrong'" in shown
    assert message.buttons() == ["Edit and send again", "Details"]
    await ana.waits(lambda: "Refused by Autodesk." in card_of(ana).visible_text())
    await ana.presses(message, "Edit and send again")
    modal = await ana.sees_modal("Export usage data")
    assert modal.value("Contract") == f"{CONTRACT} · Example AG"
    assert modal.value("Columns") == ["Product name"]
    assert modal.value("Numbers") == ["Tokens"]
    assert modal.value("Only rows where") == "contractYear=1"
    assert modal.value("File name") == "year1"
    assert modal.value("Post to channel") == "#finance"
    modal.fill("Only rows where", "contractYear=2")
    assert (await modal.submit()).error is None
    await modal.shows("Got it: export #2.")
    await ana.hears("#finance", "export #2 is ready", private=False, timeout=20)
    old = card_of(ana)
    await ana.waits(lambda: "It was sent again as #2." in old.visible_text())
    assert old.buttons() == ["Details"]
    await ana.waits(lambda: "It was sent again as #2." in message.visible_text(), timeout=20)
    assert "Edit and send again" not in message.buttons()


async def test_only_the_requester_can_send_again(quick: House) -> None:
    """Another member who presses the button of the card is told who could."""
    ana, ben = quick.member("ana"), quick.member("ben")
    await refused(quick, ana)
    await ana.waits(lambda: "Edit and send again" in card_of(ana).buttons())
    await ben.presses(card_of(ben), "Edit and send again")
    await ben.hears("#finance", "Only @ana, who asked for export #1, can send it again.", private=True)
    assert ben.modal is None


async def test_two_forms_of_one_refusal_make_one_export(quick: House) -> None:
    """The second form that is sent is told of the first; a later press is, too."""
    ana = quick.member("ana")
    message = await refused(quick, ana)
    stale = old_message(quick, "#finance", "export.edit")
    await ana.presses(message, "Edit and send again")
    first = await ana.sees_modal("Export usage data")
    await ana.presses(stale, "Press me")
    await ana.waits(lambda: ana.modal is not None and ana.modal is not first)
    second = ana.modal
    assert second is not None
    assert (await first.submit()).error is None
    assert (await second.submit()).error is None
    await second.shows("#1 was sent again already, as #2.")
    await ana.presses(stale, "Press me")
    await ana.hears("#finance", "#1 was sent again already, as #2.", private=True)


async def test_what_was_not_refused_is_not_sent_again(quick: House) -> None:
    """A button of an old message, on an export that went well, says so."""
    ana = quick.member("ana")
    await gets(ana)
    await ana.presses(old_message(quick, "#finance", "export.edit"), "Press me")
    await ana.hears("#finance", "#1 is ready, so there is nothing to send again.", private=True)


# --- old messages


@pytest.mark.parametrize("word", ["link", "retry", "details", "delete", "edit"])
async def test_a_button_of_an_export_that_is_not_there_any_more(quick: House, word: str) -> None:
    """A message from before the database was begun anew: whoever presses is told where to look."""
    ana = quick.member("ana")
    await ana.presses(old_message(quick, "#finance", f"export.{word}", "4711"), "Press me")
    await ana.hears("#finance", "I know of no export #4711 here. /tokenflex list shows", private=True)
    assert ana.errors == []


async def test_a_button_that_no_version_knows_any_more(quick: House) -> None:
    """The press is acknowledged and answered, so that nobody sees a warning sign of Slack's."""
    ana = quick.member("ana")
    answer = await ana.presses(old_message(quick, "#finance", "export.frobnicate"), "Press me")
    assert answer.error is None
    await ana.hears("#finance", "That button is from an older version of me. /tokenflex list shows", private=True)


async def test_a_button_with_a_value_that_means_nothing(quick: House) -> None:
    """Nonsense in a button is an apology with a reference, not silence."""
    ana = quick.member("ana")
    await ana.presses(old_message(quick, "#finance", "export.details", "x"), "Press me")
    await ana.hears("#finance", "Sorry, something went wrong on my side.", private=True)


async def test_a_message_that_was_forwarded_elsewhere_shows_nothing(quick: House) -> None:
    """The same button in a channel that the export is not of is nobody's but the requester's."""
    ana, ben = quick.member("ana"), quick.member("ben")
    await gets(ana)
    elsewhere = old_message(quick, "#general", "export.link")
    await ben.presses(elsewhere, "Press me")
    await ben.hears("#general", "I know of no export #1 here.", private=True)
    await ana.presses(elsewhere, "Press me")
    assert (await ana.hears("#general", "Export #1: Download year1.csv", private=True)).links()


async def test_a_button_pressed_in_the_middle_of_a_restart_is_answered_by_the_next_bot(quick: House) -> None:
    """Buttons hold a number only, so a new process answers for messages of the old one."""
    ana = quick.member("ana")
    result = await gets(ana)
    await quick.stop_bot()
    await quick.start_bot()
    await ana.presses(result, "Details")
    await ana.hears("#finance", "Export #1 · year1.csv", "Posted to", private=True)
    await no_link_in(ana, result)


async def test_a_press_delivered_twice_acts_once(quick: House) -> None:
    """The same envelope again deletes nothing twice."""
    ana = quick.member("ana")
    failed = await fails(quick, ana)
    quick.slack.controls.deliver_twice()
    await ana.presses(failed, "Retry")
    await ana.hears("#finance", "export #1 is ready", private=False, timeout=20)
    assert calls(quick, "POST", "/retry") == 1
