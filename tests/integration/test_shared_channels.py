"""Channels shared with other organisations (Slack Connect): what is posted, what people there see, what changes."""

import json
import logging

import pytest

from bot.slack.remembered import KEPT
from sandbox.slack.channels import Channel
from sandbox.slack.messages import Message
from storage.audit import Act
from tests.harness.allowed import house_where, pass_time, recorded
from tests.harness.forms import open_form
from tests.harness.house import House
from tests.harness.talk import OpenHouse, calls, export, knows_contracts

WHERE, NAME = "userName = 'maria'", "secretname"
REFUSED = "Exports may not be posted to channels that are shared with other organisations"
ASKS = export(NAME, where=WHERE)
SCOPES = {"channels:read", "groups:read"}


def place(house: House) -> Channel:
    """Where people ask."""
    return house.slack.workspace.channel("#finance")


async def house_with(
    new_house: OpenHouse, *, shared: bool = True, pending: bool = False, untold: bool = False, **variables: str
) -> House:
    """A running house in which fay of another organisation is, or is invited to, #finance."""

    async def furnished(**arguments: object) -> House:
        house: House = await new_house(**arguments)
        house.slack.workspace.add_member("fay", foreign=True)
        if shared:
            house.slack.workspace.join("#finance", "fay")
        place(house).sharing_pending = pending
        if untold:
            house.slack.grant(house.slack._context.scopes - SCOPES)
        return house

    return await house_where(furnished, groups=None, slack=None, token_flex=None, **variables)


def whole(message: Message) -> str:
    """All that Slack was given of a message, in every version of it."""
    return "".join(each.text + json.dumps(each.blocks) for each in (message.content, *message.history))


def public(house: House) -> list[Message]:
    """What everybody in the channel sees of the bot."""
    return [each for each in place(house).messages if each.sender.is_bot and each.ephemeral_for is None]


def gives_away(house: House) -> bool:
    """Whether a public message has, or had, anything of the data."""
    texts = "".join(map(whole, public(house)))
    return "maria" in texts or NAME in texts or any(each.links() for each in public(house))


async def test_by_default_only_people_of_ours_see_the_data(new_house: OpenHouse) -> None:
    """Card and announcement show none of it, a press shows the link to who pressed, and others are refused."""
    house = await house_with(new_house)
    ana, fay = house.member("ana"), house.member("fay")
    await ana.types("#finance", ASKS)
    await ana.hears("#finance", "Got it: export #1", NAME, private=True)
    await ana.hears("#finance", "Asked by", "@ana", private=False)
    result = await ana.hears("#finance", "export #1 is ready", private=False, timeout=20)
    assert not gives_away(house)
    await ana.presses(result, "Get a fresh link")
    assert (await ana.hears("#finance", f"Download {NAME}.csv", private=True)).links()
    await fay.presses(result, "Get a fresh link")
    await fay.hears("#finance", "this data includes people's names, so only", private=True)
    await ana.presses(result, "Details")
    await ana.hears("#finance", "maria", private=True)
    assert not gives_away(house)
    assert len([each for each in house.slack.calls if each.method == "conversations.info"]) == 1


@pytest.mark.parametrize(
    ("variables", "shared", "pending", "untold", "shows"),
    [
        ({}, False, False, False, True),
        ({}, False, True, False, False),
        ({}, True, False, True, True),
        ({"SHARED_CHANNELS": "private"}, False, False, True, False),
        ({"SHARED_CHANNELS": "allow"}, True, True, False, True),
        ({"SHARED_CHANNELS": "allow"}, True, False, True, True),
    ],
)
async def test_when_the_data_is_shown(
    new_house: OpenHouse, variables: dict[str, str], *, shared: bool, pending: bool, untold: bool, shows: bool
) -> None:
    """Before others are invited; where it is allowed; where Slack does not tell and nobody wrote a setting down."""
    house = await house_with(new_house, shared=shared, pending=pending, untold=untold, **variables)
    ana = house.member("ana")
    await ana.types("#finance", ASKS)
    await ana.hears("#finance", "export #1 is ready", private=False, timeout=20)
    assert gives_away(house) is shows


async def test_an_installation_without_the_scopes_says_so_once(
    new_house: OpenHouse, caplog: pytest.LogCaptureFixture
) -> None:
    """In the log, for however many exports."""
    with caplog.at_level(logging.WARNING):
        house = await house_with(new_house, untold=True)
        ana = house.member("ana")
        for number in (1, 2):
            await ana.types("#finance", export(f"name{number}"))
            await ana.hears("#finance", f"export #{number} is ready", private=False, timeout=20)
        pass_time(house, KEPT.total_seconds() / 60)
        await ana.types("#finance", export("name3"))
        await ana.hears("#finance", "export #3 is ready", private=False, timeout=20)
    assert caplog.text.count("Slack does not tell me which channels are shared") == 1


async def test_a_command_that_is_refused(new_house: OpenHouse) -> None:
    """Nothing is accepted, the sentence says why and what to do, and another channel takes it."""
    house = await house_with(new_house, SHARED_CHANNELS="refuse")
    ana = house.member("ana")
    await ana.types("#finance", ASKS)
    await ana.hears("#finance", f"{REFUSED}, and #finance is shared.", "another channel", private=True)
    assert (public(house), calls(house, "POST", "/requests")) == ([], 0)
    await ana.types("#general", ASKS)
    await ana.hears("#general", "export #1 is ready", private=False, timeout=20)
    refused = [entry.result for entry in await recorded(house) if entry.act is Act.REFUSED]
    assert refused == ["command export: the channel is shared with another organisation"]


async def test_a_form_that_is_refused(new_house: OpenHouse) -> None:
    """On the field of the channel; all else stays, and another channel is accepted."""
    house = await house_with(new_house, SHARED_CHANNELS="refuse")
    modal = await open_form(house)
    modal.fill("File name", "kept")
    await modal.submit()
    assert modal.errors["Post to channel"].startswith(REFUSED)
    assert modal.value("File name") == "kept"
    modal.fill("Post to channel", "#general")
    await modal.submit()
    await modal.shows("Got it: export #1.", "#general")


async def test_a_channel_that_slack_does_not_show_is_refused_too(new_house: OpenHouse) -> None:
    """Where the setting was written down, what is not known counts as shared, and the sentence does not say it is."""
    house = await house_with(new_house, untold=True, SHARED_CHANNELS="refuse")
    await house.member("ana").types("#finance", ASKS)
    await house.member("ana").hears("#finance", "#finance may be shared, which Slack does not tell me", private=True)


async def test_a_channel_that_becomes_shared(new_house: OpenHouse) -> None:
    """What stood there is drawn again without where clause, name and link as soon as that is found."""
    house = await house_with(new_house, shared=False)
    ana = house.member("ana")
    await ana.types("#finance", ASKS)
    result = await ana.hears("#finance", "export #1 is ready", private=False, timeout=20)
    card = await ana.hears("#finance", "maria", private=False)
    assert result.links()
    house.slack.workspace.join("#finance", "fay")
    pass_time(house, KEPT.total_seconds() / 60)
    await ana.presses(result, "Get a fresh link")
    assert (await ana.hears("#finance", f"Download {NAME}.csv", private=True)).links()
    await ana.waits(lambda: not result.links() and NAME not in result.visible_text(), timeout=20)
    await ana.waits(lambda: "maria" not in card.visible_text() and NAME not in card.visible_text(), timeout=20)
    assert "Asked by" in card.visible_text()


async def test_a_channel_that_becomes_shared_while_exports_are_kept_out(new_house: OpenHouse) -> None:
    """The result is not posted; who asked hears why, and how to get the file."""
    house = await house_with(new_house, shared=False, SHARED_CHANNELS="refuse")
    await knows_contracts(house)
    ana = house.member("ana")
    house.token_flex.controls.hold()
    await ana.types("#finance", ASKS)
    card = await ana.hears("#finance", "maria", private=False)
    house.slack.workspace.join("#finance", "fay")
    pass_time(house, KEPT.total_seconds() / 60)
    house.token_flex.controls.release()
    await ana.hears("@tokenflex", "cannot post export #1", "shared with another organisation", timeout=20)
    await ana.waits(lambda: "maria" not in card.visible_text(), timeout=20)
    assert [each for each in public(house) if each is not card] == []
    await ana.types("#finance", "/tokenflex link #1")
    assert (await ana.hears("#finance", f"Download {NAME}.csv", private=True)).links()
