"""Edit and send again: the form filled in with what was refused, and one new export in its place."""

import asyncio

from sandbox.slack.json_values import Json
from sandbox.slack.messages import Message
from tests.harness.forms import TITLE, fill, open_form, submissions
from tests.harness.house import CONTRACT, House
from tests.harness.talk import card_of, deletes, eventually, export

AGAIN = "Edit and send again"
ENTERED = {
    "Usage categories": ["Desktop products"],
    "Columns": ["User name", "Product name"],
    "Numbers": ["Hours of use", "Tokens"],
    "Only rows where": "contractYear = 1 AND productName LIKE 'Auto%'",
    "File name": "übersicht 1",
    "Post to channel": "#general",
}
REFUSED = {"Code": "BadRequestError", "Message": "BadRequestError: Invalid request"}


async def refused(house: House, **entered: object) -> Message:
    """Have ana's form refused by Autodesk; return the private message about it."""
    house.token_flex.controls.answer_next(400, "POST", "/requests", body=REFUSED)
    modal = await open_form(house)
    fill(modal, **(entered or {label.replace(" ", "_"): value for label, value in ENTERED.items()}))
    await modal.submit()
    await modal.shows("Got it: export #1.")
    await modal.close()
    return await house.member("ana").hears("@tokenflex", "did not accept your request for export #1", "Invalid request")


async def presses_old(house: House, message: Message, button: tuple[Json, Json]) -> None:
    """Have ana press a button as her client still shows it, whatever has become of the message."""
    await house.slack._deliveries.message_action(house.member("ana").user, message, *button, {})


async def test_a_refused_request_comes_back_filled_in(house: House) -> None:
    """Nothing has to be typed again; changed and submitted it is a new export, and the old card says so."""
    ana = house.member("ana")
    message = await refused(house)
    seen = submissions(house)
    await ana.presses(message, AGAIN)
    modal = await ana.sees_modal(TITLE)
    assert {label: modal.value(label) for label in ENTERED} == ENTERED
    assert modal.value("Contract") == f"{CONTRACT} · Example AG"
    modal.fill("Only rows where", "contractYear = 2")
    await modal.submit()
    await modal.shows("Got it: export #2.", "#general")
    await ana.waits(lambda: "It was sent again as #2." in card_of(ana, 1, "#general").visible_text())
    assert AGAIN not in card_of(ana, 1, "#general").buttons()
    await ana.hears("#general", "export #2 is ready", "übersicht 1.csv", timeout=20)
    assert [body["where"] for _, body in seen] == ["contractYear = 2"]


async def test_it_may_go_to_another_channel(house: House) -> None:
    """The picker shows where the old one was, and the person decides."""
    ana = house.member("ana")
    await ana.presses(await refused(house), AGAIN)
    modal = await ana.sees_modal(TITLE)
    modal.fill("Post to channel", "#finance")
    await modal.submit()
    await modal.shows("Got it: export #2.", "#finance")
    await ana.hears("#finance", "export #2 is ready", timeout=20)


async def test_what_a_command_asked_for_can_be_edited_in_the_form(house: House) -> None:
    """A contract that no menu knows stands in a text field, as it was typed."""
    ana = house.member("ana")
    await ana.types("#finance", export("lost", contract="99"))
    message = await ana.hears("@tokenflex", "did not accept your request for export #1")
    await ana.presses(message, AGAIN)
    modal = await ana.sees_modal(TITLE, "stands in your Autodesk account")
    assert modal.value("Contract") == "99"
    assert modal.value("File name") == "lost"
    modal.fill("Contract", CONTRACT)
    await modal.submit()
    await modal.shows("Got it: export #2.")
    await ana.hears("#finance", "export #2 is ready", timeout=20)


async def test_a_name_that_was_made_is_made_anew(house: House) -> None:
    """It holds the export's number, so the new export does not carry the old one."""
    ana = house.member("ana")
    await ana.presses(await refused(house, Columns=["productName"]), AGAIN)
    modal = await ana.sees_modal(TITLE)
    assert modal.value("File name") is None
    await modal.submit()
    await modal.shows("Got it: export #2.")
    await ana.hears("#finance", "Export #2 · tokens_by_product_2.csv")


async def test_mistakes_come_back_on_their_fields_here_too(house: House) -> None:
    """The form is the same form."""
    ana = house.member("ana")
    await ana.presses(await refused(house), AGAIN)
    modal = await ana.sees_modal(TITLE)
    modal.fill("File name", "a/b")
    await modal.submit()
    assert set(modal.errors) == {"File name"}
    assert modal.value("Only rows where") == ENTERED["Only rows where"]
    modal.fill("File name", "ab")
    await modal.submit()
    await modal.shows("Got it: export #2.")


async def test_two_forms_of_one_export_make_one_new_export(house: House) -> None:
    """Opened twice and submitted twice: the second is told which number it has become."""
    ana = house.member("ana")
    message = await refused(house)
    await ana.presses(message, AGAIN)
    first = await ana.sees_modal(TITLE)
    await ana.presses(message, AGAIN)
    await ana.waits(lambda: ana.modal is not None and ana.modal is not first)
    second = ana.modal
    assert second is not None
    await asyncio.gather(first.submit(), second.submit())
    told = [first.visible_text(), second.visible_text()]
    assert sum("Got it: export #2." in text for text in told) == 1
    assert sum("#1 was sent again already, as #2." in text for text in told) == 1


async def test_pressed_after_it_was_sent_again(house: House) -> None:
    """A button that a client still shows is answered with what became of the export, and no form opens."""
    ana = house.member("ana")
    message = await refused(house)
    button = message.button(AGAIN)
    await ana.presses(message, AGAIN)
    modal = await ana.sees_modal(TITLE)
    house.slack.controls.deliver_twice()
    await modal.submit()
    await modal.shows("Got it: export #2.")
    await modal.close()
    await presses_old(house, message, button)
    await ana.hears("@tokenflex", "#1 was sent again already, as #2.", private=True)
    assert ana.modal is None
    await ana.hears("#general", "export #2 is ready", timeout=20)
    assert len(house.token_flex.exports.states()) == 1


async def test_somebody_else_is_refused_privately(house: House) -> None:
    """The card is everybody's, the request is not."""
    ana, ben = house.member("ana"), house.member("ben")
    await refused(house)
    await ana.waits(lambda: AGAIN in card_of(ana, 1, "#general").buttons())
    await ben.presses(card_of(ben, 1, "#general"), AGAIN)
    await ben.hears("#general", "Only @ana, who asked for export #1, can send it again.", private=True)
    assert ben.modal is None
    assert not any(message.ephemeral_for for message in ana.sees("#general"))


async def test_pressed_too_late_it_is_explained(house: House) -> None:
    """Slack's three seconds hold here too; pressing once more works."""
    ana = house.member("ana")
    message = await refused(house)
    house.slack.triggers.seconds = 0.0
    await ana.presses(message, AGAIN)
    await ana.hears("@tokenflex", "The form did not open: I was too slow.")
    house.slack.triggers.seconds = 3.0
    await ana.presses(message, AGAIN)
    await ana.sees_modal(TITLE)


async def test_a_deleted_one_is_not_sent_again(house: House) -> None:
    """An old button is answered with how the export stands and where a new form is."""
    ana = house.member("ana")
    message = await refused(house)
    button = message.button(AGAIN)
    await ana.waits(lambda: "Details" in card_of(ana, 1, "#general").buttons())
    await deletes(ana, card_of(ana, 1, "#general"), "#general")
    await ana.waits(lambda: "Deleted." in card_of(ana, 1, "#general").visible_text())
    await presses_old(house, message, button)
    await ana.hears("@tokenflex", "#1 was deleted", "For a new export type /tokenflex.", private=True)
    assert ana.modal is None


async def test_an_export_that_vanished_can_be_asked_for_again(house: House) -> None:
    """Token Flex no longer has it: the form opens filled in, and the new export takes its place."""
    ana = house.member("ana")
    modal = await open_form(house)
    fill(modal, File_name="gone")
    house.token_flex.controls.hold()
    await modal.submit()
    await modal.shows("Got it: export #1.")
    await modal.close()
    await eventually(lambda: bool(house.token_flex.exports.states()))
    house.token_flex.controls.vanish(next(iter(house.token_flex.exports.states())))
    await ana.waits(lambda: AGAIN in card_of(ana).buttons(), timeout=60)
    house.token_flex.controls.release()
    await ana.presses(card_of(ana), AGAIN)
    again = await ana.sees_modal(TITLE)
    assert again.value("File name") == "gone"
    await again.submit()
    await again.shows("Got it: export #2.")
    await ana.waits(lambda: "It was sent again as #2." in card_of(ana).visible_text())
