"""Administrators: they see, retry and delete every export, and what is stuck; others do not."""

from typing import Any

import pytest

from bot.slack.posts import Posted
from storage.audit import Act
from tests.harness.allowed import house_where, old_button, private_texts, recorded
from tests.harness.house import House
from tests.harness.talk import OpenHouse, asks, calls, eventually, fails, gets, keys

FOR_ADMINISTRATORS = "That is for administrators. Ask"
GROUPS = {"admins": ["ben"]}


@pytest.fixture(params=["{ben}", "{admins}"])
async def ruled(new_house: OpenHouse, request: pytest.FixtureRequest) -> House:
    """A house in which ben administers, by ID or by group."""
    return await house_where(new_house, groups=GROUPS, ADMINISTRATORS=request.param)


async def test_an_administrator_sees_and_deletes_any_export(ruled: House) -> None:
    """From any channel; another member is told that there is none, as ever."""
    ana, ben, carla = ruled.member("ana"), ruled.member("ben"), ruled.member("carla")
    await gets(ana)
    for member in (ben, carla):
        await member.types("#general", "/tokenflex status #1")
    await ben.hears("#general", "Export #1 · year1.csv", "Asked by", private=True)
    await carla.hears("#general", "I know of no export #1 here.", private=True)
    await carla.types("#finance", "/tokenflex delete #1")
    await carla.hears("#finance", "Only @ana, who asked for export #1, can delete it.", private=True)
    await ben.types("#general", "/tokenflex delete #1")
    question = await ben.hears("#general", "Delete export #1", private=True)
    await ben.presses(question, "Delete")
    await eventually(lambda: keys(ruled) == [])
    refused = [(each.person, each.result) for each in await recorded(ruled) if each.act is Act.REFUSED]
    assert refused == [
        (carla.id, "command status: the export is not theirs to see"),
        (carla.id, "command delete: that is for others"),
    ]


async def test_an_administrator_retries_any_export(ruled: House) -> None:
    """From elsewhere too; the result goes to its channel."""
    ana, ben = ruled.member("ana"), ruled.member("ben")
    await fails(ruled, ana)
    await ben.types("#general", "/tokenflex retry #1")
    await ben.hears("#general", "Trying export #1", private=True)
    await ana.hears("#finance", "export #1 is ready", private=False, timeout=20)


async def test_to_administer_is_not_to_read(ruled: House) -> None:
    """A link needs what it needs of anybody: to be in the channel of the export."""
    await gets(ruled.member("ana"))
    ben, spent = ruled.member("ben"), calls(ruled, "POST")
    await ben.types("#general", "/tokenflex link #1")
    await ben.hears("#general", "Links of export #1 can be had in its channel only, #finance.", private=True)
    assert calls(ruled, "POST") == spent


async def test_the_overview(ruled: House) -> None:
    """Numbers by state, the budget, the last poll, the newest exports; and nobody else gets it."""
    ana, ben = ruled.member("ana"), ruled.member("ben")
    await gets(ana)
    await ben.types("#general", "/tokenflex admin")
    shown = (await ben.hears("#general", "Exports by state", private=True)).visible_text()
    for part in (
        "Ready: 1",
        "Requests in the last minute:",
        "of 2400",
        "Exports last checked",
        "#1 year1.csv",
        "None.",
    ):
        assert part in shown
    await ana.types("#finance", "/tokenflex admin")
    refusal = await ana.hears("#finance", FOR_ADMINISTRATORS, private=True)
    assert ("@ben" in refusal.visible_text()) or ("@subteam^" in refusal.visible_text())


async def test_without_administrators_nobody_is_one(new_house: OpenHouse) -> None:
    """The default: whoever installed the bot can be asked."""
    house = await house_where(new_house)
    await house.member("ben").types("#finance", "/tokenflex admin")
    await house.member("ben").hears("#finance", f"{FOR_ADMINISTRATORS} whoever installed me.", private=True)


async def given_up(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    """Have a private message given up: Slack takes neither it nor what is shown instead."""
    ana = house.member("ana")
    house.token_flex.controls.answer_next(400, "POST", "/requests", body={"Code": "BadRequestError", "Message": "no"})
    house.slack.controls.fail_next("chat.postEphemeral", "user_not_in_channel")
    await ana.types("#finance", "/tokenflex list")  # so that the next direct message is the refusal
    await ana.hears("#finance", "There are no exports", private=True)
    dispatcher = house.side.dispatcher
    assert dispatcher is not None
    posts = dispatcher._posts
    real = posts.post

    async def refuse_once(channel: str, *rest: Any, **more: Any) -> Posted:
        if channel == ana.id:
            house.slack.controls.fail_next("chat.postMessage", "messages_tab_disabled")
            monkeypatch.setattr(posts, "post", real)
        return await real(channel, *rest, **more)

    monkeypatch.setattr(posts, "post", refuse_once)
    await ana.types("#finance", "/tokenflex export contract=110000123456 metrics=tokensConsumed name=year1")


async def test_a_message_that_was_given_up_is_sent_again(new_house: OpenHouse, monkeypatch: pytest.MonkeyPatch) -> None:
    """It stands in the overview with what Slack said; the button delivers it, once; others cannot press."""
    house = await house_where(new_house, ADMINISTRATORS="{ben}")
    ana, ben = house.member("ana"), house.member("ben")
    await given_up(house, monkeypatch)

    async def overview() -> str:
        await ben.types("#general", "/tokenflex admin")
        newest = await ben.hears("#general", "Exports by state", private=True)
        return newest.visible_text()

    while "messages_tab_disabled" not in await overview():
        pass
    shown = await ben.hears("#general", "Exports by state", "messages_tab_disabled", private=True)
    assert "#1: the private message about the refusal to @ana" in shown.visible_text()
    _, button = shown.button("Send again")
    await ana.presses(old_button(house, "#finance", "admin.send_again", button["value"]), "Press me")
    await ana.hears("#finance", FOR_ADMINISTRATORS, private=True)
    await ben.presses(shown, "Send again")
    await ben.hears("#general", "Sending the private message about the refusal of export #1 again.", private=True)
    await ana.hears("@tokenflex", "did not accept your request for export #1", timeout=20)
    await ben.presses(shown, "Send again")
    await ben.hears("#general", "was sent already, or is on its way", private=True)
    sent = [each for each in await recorded(house) if each.act is Act.SENT_AGAIN]
    assert [(each.person, each.export_number, each.result) for each in sent] == [(ben.id, 1, "refusal")]
    assert sum("did not accept" in message.visible_text() for message in ana.sees("@tokenflex")) == 1


async def test_a_message_in_doubt_is_looked_for_before_it_is_sent_again(new_house: OpenHouse) -> None:
    """What may stand in Slack already is never posted twice, whoever presses."""
    house = await house_where(new_house, ADMINISTRATORS="{ben}")
    ana, ben = house.member("ana"), house.member("ben")
    house.slack.controls.drop_answer_next("chat.postMessage")
    house.slack.controls.fail_next("conversations.history", "missing_scope")
    await ana.types("#finance", "/tokenflex export contract=110000123456 metrics=tokensConsumed name=year1")
    await ana.hears("@tokenflex", "I was interrupted while posting about export #1", timeout=20)
    await ben.types("#general", "/tokenflex admin")
    shown = await ben.hears("#general", "it may be there: missing_scope", private=True)
    await ben.presses(shown, "Send again")
    await ana.hears("#finance", "export #1 is ready", private=False, timeout=20)
    await eventually(lambda: "Ready" in _card(house))
    cards = [m for m in ana.sees("#finance") if "Export #1 · year1.csv" in m.visible_text() and not m.ephemeral_for]
    assert len(cards) == 1


def _card(house: House) -> str:
    ana = house.member("ana")
    return next(m.visible_text() for m in ana.sees("#finance") if "Export #1 · " in m.visible_text())


async def test_a_foreign_number_in_the_button(new_house: OpenHouse) -> None:
    """A message that is not given up, or that there is not, is not sent again."""
    house = await house_where(new_house, ADMINISTRATORS="{ben}")
    ben = house.member("ben")
    await asks(house.member("ana"))
    for value in ("1", "999"):
        await ben.presses(old_button(house, "#finance", "admin.send_again", value), "Press me")
    await eventually(
        lambda: sum("was sent already, or is on its way" in text for text in private_texts(house, "ben")) == 2
    )
