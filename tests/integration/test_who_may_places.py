"""Which contracts may be exported and where exports may be posted: commands, form, old buttons, lists of options."""

import pytest

from sandbox.tokenflex.settings import CONTRACT_MANAGER, User
from storage.audit import Act
from tests.harness.allowed import house_where, old_button, private_texts, recorded, restarted
from tests.harness.forms import open_form
from tests.harness.house import CONTRACT, House
from tests.harness.talk import OpenHouse, calls, card_of, deletes, export, fails, gets

OTHER = "110000777001"
BOTH = {"users": (User("ana.admin", "ANA0ADMIN001", CONTRACT_MANAGER, (CONTRACT, OTHER)),)}
NOT_THIS_CONTRACT = "may not be exported from here. Ask whoever installed me."


async def refusals(house: House) -> list[str]:
    """Why something was refused, by the audit."""
    return [each.result for each in await recorded(house) if each.act is Act.REFUSED]


# --- contracts


async def test_a_command_for_another_contract(new_house: OpenHouse) -> None:
    """The allowed one goes through, any other is refused privately and never reaches Token Flex."""
    house = await house_where(new_house, token_flex=BOTH, ALLOWED_CONTRACTS=CONTRACT)
    ana = house.member("ana")
    await ana.types("#finance", export(contract=OTHER))
    await ana.hears("#finance", f"Contract {OTHER} {NOT_THIS_CONTRACT}", private=True)
    assert calls(house, "POST", "/requests") == 0
    await gets(ana)
    assert await refusals(house) == ["command export: the contract is not allowed"]


async def test_a_command_without_a_contract_means_the_only_allowed_one(new_house: OpenHouse) -> None:
    """Two are visible, one is allowed: it need not be named, and no other is offered."""
    house = await house_where(new_house, token_flex=BOTH, ALLOWED_CONTRACTS=OTHER)
    ana = house.member("ana")
    await ana.types("#finance", "/tokenflex export metrics=tokensConsumed")
    await ana.hears("#finance", "Got it: export #1", private=True)
    await ana.hears("#finance", "Export #1 ·", OTHER, private=False)
    await ana.types("#finance", "/tokenflex help")
    assert CONTRACT not in (await ana.hears("#finance", "Examples to copy", private=True)).visible_text()


async def test_the_form_offers_only_what_is_allowed(new_house: OpenHouse) -> None:
    """The menu lists the allowed contracts, and comes back with those alone."""
    house = await house_where(new_house, token_flex=BOTH, ALLOWED_CONTRACTS=OTHER)
    modal = await open_form(house)
    assert [option.split()[0] for option in modal.options("Contract")] == [OTHER]
    await modal.submit()
    await modal.shows("Got it: export #1.")


async def test_a_contract_typed_into_the_form(new_house: OpenHouse) -> None:
    """Typing does not get around it: the field says so, all else stays, and the allowed one is accepted."""
    house = await house_where(new_house, token_flex=BOTH, ALLOWED_CONTRACTS=OTHER)
    modal = await open_form(house)
    await modal.presses("Type the number instead")
    await modal.shows("stands in your Autodesk account")
    modal.fill("Contract", CONTRACT)
    modal.fill("File name", "kept")
    await modal.submit()
    assert modal.errors == {"Contract": "This contract may not be exported from here. Choose another one."}
    assert modal.value("File name") == "kept"
    modal.fill("Contract", OTHER)
    await modal.submit()
    await modal.shows("Got it: export #1.")
    assert await refusals(house) == ["export.form: the contract is not allowed"]


@pytest.mark.parametrize(("action_id", "word"), [("export.link", "link"), ("export.retry", "retry")])
async def test_old_messages_of_a_contract_that_is_no_longer_allowed(
    new_house: OpenHouse, action_id: str, word: str
) -> None:
    """No fresh link and no retry any more, by button or command; its requester may still look and delete."""
    house = await house_where(new_house)
    ana = house.member("ana")
    await (gets(ana) if word == "link" else fails(house, ana))
    spent = calls(house, "POST")
    await restarted(house, ALLOWED_CONTRACTS=OTHER)
    await ana.presses(old_button(house, "#finance", action_id), "Press me")
    await ana.hears("#finance", NOT_THIS_CONTRACT, private=True)
    await ana.types("#finance", f"/tokenflex {word} #1")
    await ana.waits(lambda: sum(NOT_THIS_CONTRACT in text for text in private_texts(house, "ana")) == 2)
    assert calls(house, "POST") == spent
    await deletes(ana, card_of(ana))
    await ana.hears("#finance", "Export #1 is being deleted", private=True)


# --- channels


async def test_a_command_in_another_channel(new_house: OpenHouse) -> None:
    """Where exports may not be posted a command says where they may, and nothing is accepted."""
    house = await house_where(new_house, ALLOWED_CHANNELS="{finance}", ADMINISTRATORS="{ben}")
    ana = house.member("ana")
    await ana.types("#general", export())
    await ana.hears(
        "#general",
        "Exports may only be posted in #finance. Ask for them there, or ask @ben.",
        private=True,
    )
    await gets(ana)
    assert await refusals(house) == ["command export: the channel is not allowed"]


async def test_the_form_names_the_channels(new_house: OpenHouse) -> None:
    """Slack's picker shows all, so a line names those that may be chosen; another comes back on its field."""
    house = await house_where(new_house, ALLOWED_CHANNELS="{finance}")
    modal = await open_form(house, place="#general")
    assert "Exports may be posted to #finance." in modal.visible_text()
    await modal.submit()
    assert set(modal.errors) == {"Post to channel"}
    assert "Exports may not be posted there." in modal.errors["Post to channel"]
    modal.fill("Post to channel", "#finance")
    await modal.submit()
    await modal.shows("Got it: export #1.", "#finance")


async def test_a_direct_message_is_a_channel_like_any_other(new_house: OpenHouse) -> None:
    """Where channels are named, direct messages are not among them."""
    house = await house_where(new_house, ALLOWED_CHANNELS="{finance}")
    await house.member("ana").types("@tokenflex", export())
    await house.member("ana").hears("@tokenflex", "Exports may only be posted in #finance", private=True)


async def test_old_messages_in_a_channel_that_is_no_longer_allowed(new_house: OpenHouse) -> None:
    """A link is for the eyes of whoever presses, not for the channel; a retry would post there, so it is refused."""
    house = await house_where(new_house)
    ana, ben = house.member("ana"), house.member("ben")
    result = await gets(ana)
    await ana.waits(lambda: not result.links(), timeout=20)
    await fails(house, ana, number=2)
    await restarted(house, ALLOWED_CHANNELS="{general}")
    await ben.presses(result, "Get a fresh link")
    assert (await ben.hears("#finance", "Export #1: Download year1.csv", private=True)).links()
    assert not result.links()
    await ana.presses(old_button(house, "#finance", "export.retry", "2"), "Press me")
    await ana.hears("#finance", "Exports may only be posted in #general", private=True)
    assert calls(house, "POST", "/retry") == 0
