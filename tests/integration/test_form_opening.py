"""The form opens: by which commands, with what in it, and what is said when it does not."""

import pytest

from bot.tokenflex.models import Contract
from sandbox.slack.channels import Channel
from sandbox.tokenflex.settings import CONTRACT_MANAGER, User
from tests.harness.forms import TITLE, open_form, opens_menus
from tests.harness.house import CONTRACT, House
from tests.harness.talk import eventually, knows_contracts
from tests.integration.conftest import OpenHouse

LABELS = [
    *("Contract", "Usage categories", "Columns", "Numbers", "Only rows where", "File name", "Post to channel"),
    "Figures",
]
ONE_CONTRACT = {"users": (User("ana.admin", "ANA0ADMIN001", CONTRACT_MANAGER, (CONTRACT,)),), "recorded": False}
ACTIVE, ENDED = f"{CONTRACT} · Example AG", "11000099871 · Example AG (until 2025) (ended)"
ROMEO = "RomeoAgree-0 · Romeo Agreement (ended)"


def times(house: House, method: str) -> int:
    return sum(call.method == method for call in house.slack.calls)


@pytest.mark.parametrize("typed", ["/tokenflex", "/tokenflex export", "/tokenflex  EXPORT "])
async def test_the_command_opens_the_form(house: House, typed: str) -> None:
    """Nothing but the form comes of it: contract and channel stand in it, what to export is the person's choice."""
    modal = await open_form(house, typed=typed, metrics=())
    assert modal.labels() == LABELS
    assert modal.options("Contract") == [ACTIVE, ENDED, ROMEO]
    shown = [modal.value(label) for label in LABELS]
    box = ["Show totals, a chart and a table when the file is ready"]
    assert shown == [ACTIVE, [], [], [], None, None, "#finance", box]
    assert house.member("ana").sees("#finance") == []
    assert house.member("ana").errors == []


async def test_a_new_form_needs_one_choice(house: House) -> None:
    """As it opens it asks for nothing, which is told on its field; with one metric it is an export."""
    modal = await open_form(house, metrics=())
    await modal.submit()
    assert "at least one column or number" in modal.errors["Columns"].lower()
    modal.fill("Numbers", ["tokensConsumed"])
    await modal.submit()
    await modal.shows("Got it: export #1.", "You'll find it in #finance.")
    await house.member("ana").hears("#finance", "export #1 is ready", "tokens_1.csv")


async def test_what_a_person_reads_in_the_form(house: House) -> None:
    """Options are the names that people know; hints say what the form expects."""
    modal = await open_form(house)
    assert modal.options("Usage categories")[0] == "Desktop products"
    assert modal.options("Numbers")[0] == "Tokens"
    assert {"Product name", "Month", "Session or transaction ID", "Custom field 3"} <= set(modal.options("Columns"))
    for hint in ("In this order in the file", "For example Tokens.", "Without .csv"):
        assert hint in modal.visible_text()
    assert all(place in modal.options("Post to channel") for place in ("#finance", "#general", "#licences"))
    assert modal.buttons() == ["Type the number instead", "Back to the questions", "Save as template"]


async def test_the_customers_own_labels_stand_beside_the_custom_fields(new_house: OpenHouse) -> None:
    """With one contract, its labels tell the fields apart, once they are known; the contract is chosen already."""
    house = await new_house(token_flex=ONE_CONTRACT)
    bot = await house.start_bot()
    await eventually(lambda: bot.values is not None and bool(bot.values.labels(CONTRACT)))
    modal = await open_form(house)
    assert modal.value("Contract") == ACTIVE
    assert {"Büro", "Custom field 3", "部署"} <= set(await modal.search("Columns", ""))
    assert await modal.search("Columns", "buro") == ["Büro"]


async def test_columns_and_numbers_are_found_by_the_words_that_people_have(house: House) -> None:
    """By title, by Autodesk's name, by synonyms; a guest, who may not use the bot, finds nothing."""
    await eventually(lambda: bool(house.values.labels(CONTRACT)))
    modal = await open_form(house)
    for typed, found in (
        ("productn", "Product name"),
        ("software", "Product name"),
        ("seat", "User name"),
        ("cost", "Cost centre"),
        ("department", "Cost centre"),
        ("week", "Day"),
    ):
        assert found in await modal.search("Columns", typed), typed
    assert await modal.search("Numbers", "cost") == ["Tokens"]
    assert await modal.search("Numbers", "tokensCons") == ["Tokens"]
    assert await modal.search("Columns", "xyzzy") == []


async def test_nobody_is_told_which_of_several_contracts_to_take(new_house: OpenHouse) -> None:
    """Two contracts that run: the person chooses, and Slack's own form insists on it."""
    both = User("ana.admin", "ANA0ADMIN001", CONTRACT_MANAGER, (CONTRACT, "110000777001"))
    house = await new_house(token_flex={"users": (both,)})
    await house.start_bot()
    modal = await open_form(house)
    assert modal.value("Contract") is None
    assert (await modal.submit()).error == "incomplete_form"
    assert "required" in modal.errors["Contract"]


async def test_more_contracts_than_a_menu_takes_are_typed(house: House) -> None:
    """Slack takes a hundred options; beyond that the number is typed."""
    await knows_contracts(house)
    await house.contracts._keep(tuple(Contract(str(at), f"Firm {at}", "", "", is_active=True) for at in range(101)))
    modal = await open_form(house)
    assert modal.buttons() == ["Back to the questions", "Save as template"]
    assert "stands in your Autodesk account" in modal.visible_text()
    modal.fill("Contract", "100")
    await modal.submit()
    await modal.shows("Got it: export #1.")


async def test_a_cold_cache_lets_the_contract_be_typed(new_house: OpenHouse) -> None:
    """Token Flex is down at the start: the form opens all the same, and the export goes out when it is back."""
    house = await new_house()
    port = house.token_flex.port
    await house.token_flex.stop()
    await house.start_bot()
    ana = house.member("ana")
    await ana.types("#finance", "/tokenflex")
    short = await ana.sees_modal("stands in your Autodesk account")
    await short.presses("Choose everything myself")
    modal = await ana.sees_modal(TITLE, "stands in your Autodesk account")
    assert modal.buttons() == ["Back to the questions", "Save as template"]
    modal.fill("Contract", CONTRACT)
    await opens_menus(modal)
    modal.fill("Numbers", ["tokensConsumed"])
    modal.fill("File name", "early")
    await modal.submit()
    await modal.shows("Got it: export #1.")
    await ana.hears("#finance", "early.csv", "cannot be reached")
    await house.token_flex.start(port)
    await ana.hears("#finance", "export #1 is ready", timeout=30)


async def test_a_direct_message_with_the_bot_is_a_place_like_any_other(house: House) -> None:
    """Opened there, the result comes there."""
    modal = await open_form(house, place="@tokenflex")
    assert modal.value("Post to channel") == "@tokenflex"
    await modal.submit()
    await modal.shows("Got it: export #1.", "You'll find it in the direct message.")
    await house.member("ana").hears("@tokenflex", "export #1 is ready")


async def test_where_the_bot_cannot_post_the_person_is_told_how_to_invite_it(house: House) -> None:
    """The form opens anywhere; the export is accepted, and the card comes after the invitation."""
    modal = await open_form(house, place="#licences")
    assert modal.value("Post to channel") == "#licences"
    await modal.submit()
    await modal.shows("Got it: export #1.", "#licences")
    ana = house.member("ana")
    await ana.hears("@tokenflex", "cannot post export #1 to #licences", "/invite @tokenflex")
    house.slack.workspace.invite_bot("#licences")
    await ana.hears("#licences", "export #1 is ready", timeout=30)


async def test_between_two_people_the_bot_cannot_post_and_says_where_it_can(house: House) -> None:
    """A direct message that the bot is no part of: the export goes on, its file is had by a command."""
    workspace, ana = house.slack.workspace, house.member("ana")
    workspace.direct_message(ana.user)
    ours = Channel(
        "D0SBX99999", "ben", is_im=True, private=True, bot_name="ben", member_ids=[ana.id, house.member("ben").id]
    )
    workspace.channels[ours.id] = ours
    modal = await open_form(house, place=ours.id)
    assert modal.value("Post to channel") == "@ben"
    await modal.submit()
    await modal.shows("Got it: export #1.")
    await ana.hears("@tokenflex", "I can only write in direct messages that are with me", "/tokenflex link #1")
    await eventually(lambda: "Download" in house.token_flex.exports.states().values())
    assert ana.sees(ours.id) == []


async def test_a_guest_who_was_let_in_exports_from_the_channel_where_they_are(new_house: OpenHouse) -> None:
    """A guest is offered their own channels only and needs no more."""
    house = await new_house()
    await house.start_bot(ALLOWED_PEOPLE=f"members, {house.member('gus').id}")
    modal = await open_form(house, who="gus")
    assert modal.options("Post to channel") == ["#finance"]
    await modal.submit()
    await modal.shows("Got it: export #1.")


async def test_typing_the_number_instead_keeps_everything_else(house: House) -> None:
    """Menu becomes text field in place; what was chosen and typed stays, the number too."""
    modal = await open_form(house)
    entered = {
        "Usage categories": ["Desktop products"],
        "Columns": ["User name", "Product name"],
        "Numbers": ["Hours of use", "Tokens"],
        "Only rows where": "contractYear = 1\nAND productName = 'Revit'",
        "File name": "übersicht",
        "Post to channel": "#general",
    }
    for label, value in entered.items():
        modal.fill(label, value)
    assert (await modal.presses("Type the number instead")).error is None
    await modal.shows("stands in your Autodesk account")
    assert modal.buttons() == ["Choose from the list instead", "Back to the questions", "Save as template"]
    assert {label: modal.value(label) for label in entered} == entered
    assert modal.value("Contract") == CONTRACT
    modal.fill("Contract", "11000099871")
    await modal.submit()
    await modal.shows("Got it: export #1.", "#general")
    await house.member("ana").hears("#general", "übersicht.csv", "11000099871")


async def test_the_button_pressed_twice_does_what_it_does_once(house: House) -> None:
    """The second press finds a form that has changed already, which is nobody's trouble."""
    modal = await open_form(house)
    before = times(house, "views.update")
    house.slack.controls.deliver_twice()
    await modal.presses("Type the number instead")
    await modal.shows("stands in your Autodesk account")
    await eventually(lambda: times(house, "views.update") >= before + 2)
    assert house.member("ana").sees("#finance") == []


async def test_a_button_that_cannot_do_its_work_is_answered(house: House) -> None:
    """A modal has no answering machine, so the person is told in the channel, with a reference."""
    modal = await open_form(house)
    house.slack.controls.fail_next("views.update", "invalid_arguments")
    await modal.presses("Type the number instead")
    await house.member("ana").hears("#finance", "something went wrong", "reference", private=True)
    assert modal.buttons() == ["Type the number instead", "Back to the questions", "Save as template"]


async def test_a_form_that_is_closed_asks_for_nothing(house: House) -> None:
    """Cancel leaves no export behind, and no message."""
    modal = await open_form(house)
    modal.fill("File name", "never")
    assert (await modal.close()).error is None
    await house.member("ana").sees_no_modal()
    answer = await house.member("ana").types("#finance", "/tokenflex list")
    assert answer.error is None
    await house.member("ana").hears("#finance", "no exports", private=True)


@pytest.mark.parametrize("in_words", [False, True])
async def test_a_form_asked_for_too_late_is_explained(house: House, *, in_words: bool) -> None:
    """Slack gives three seconds; when they have passed, however Slack says so, the person is told to try again."""
    await knows_contracts(house)
    house.slack.controls.word_expired_triggers(in_words)
    house.slack.triggers.seconds = 0.0
    ana = house.member("ana")
    await ana.types("#finance", "/tokenflex")
    await ana.hears("#finance", "The form did not open: I was too slow. Please do that once more", private=True)
    house.slack.triggers.seconds = 3.0
    await open_form(house)


@pytest.mark.parametrize("trouble", ["internal_error", "ratelimited", "drop", "html"])
async def test_slack_in_trouble_is_explained(house: House, trouble: str) -> None:
    """Whatever keeps the form from opening, the person reads that trying once more helps."""
    await knows_contracts(house)
    controls = house.slack.controls
    if trouble == "drop":
        controls.drop_answer_next("views.open", after_effect=False)
    elif trouble == "html":
        controls.fail_next("views.open", status=503, html=True)
    elif trouble == "ratelimited":
        controls.fail_next("views.open", status=429, retry_after=30)
    else:
        controls.fail_next("views.open", trouble)
    ana = house.member("ana")
    await ana.types("#finance", "/tokenflex")
    await ana.hears("#finance", "The form did not open: Slack has a problem of its own.", private=True)
    if trouble == "ratelimited":
        await house.clock.sleep(31)
    await open_form(house)


async def test_a_view_that_slack_refuses_is_our_fault(house: House) -> None:
    """Trying again would not help, so there is an apology with a reference for an administrator."""
    await knows_contracts(house)
    house.slack.controls.fail_next("views.open", "invalid_arguments")
    await house.member("ana").types("#finance", "/tokenflex")
    await house.member("ana").hears("#finance", "something went wrong on my side", "reference", private=True)


async def test_a_command_delivered_twice_opens_one_form(house: House) -> None:
    """The second delivery finds its trigger used; nobody is told of a failure."""
    await knows_contracts(house)
    house.slack.controls.deliver_twice()
    await open_form(house)
    ana = house.member("ana")
    await eventually(lambda: times(house, "views.open") == 2)
    assert ana.sees("#finance") == []
