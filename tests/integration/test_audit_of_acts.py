"""The audit of every act: who, what, when, from where; in the transaction of the act, without a link or a clause."""

import json
import sqlite3

import pytest

from storage import audit
from storage.audit import Act, Source
from tests.harness.allowed import house_where, private_texts, recorded
from tests.harness.forms import open_form
from tests.harness.house import House
from tests.harness.process import start_process
from tests.harness.talk import OpenHouse, asks, deletes, details_of, export, fails, gets, quick_house


async def acts(house: House, *kinds: Act) -> list[tuple[str, Act, int | None, str, Source, str]]:
    """The rows of these kinds, with people and channels by name."""
    workspace = house.slack.workspace
    return [
        (
            workspace.user_name(each.person),
            each.act,
            each.export_number,
            workspace.channel_name(each.channel),
            each.source,
            each.result,
        )
        for each in await recorded(house)
        if each.act in kinds
    ]


async def test_a_request_by_command_and_its_link(new_house: OpenHouse) -> None:
    """The request is on record, and so is the link that the announcement showed to the channel by itself."""
    house = await quick_house(new_house)
    finance = house.slack.workspace.channel("#finance").id
    await gets(house.member("ana"))
    assert await acts(house, *Act) == [
        ("ana", Act.REQUESTED, 1, "finance", Source.COMMAND, f"for channel {finance}"),
        ("ana", Act.LINK_SHOWN, 1, "finance", Source.BOT, "in the message, for its channel"),
    ]


async def test_a_request_by_form(new_house: OpenHouse) -> None:
    """The form names the channel where it was opened, and the one that the export is for."""
    house = await quick_house(new_house)
    finance = house.slack.workspace.channel("#finance").id
    modal = await open_form(house, place="#general")
    modal.fill("Post to channel", "#finance")
    await modal.submit()
    await modal.shows("Got it: export #1.")
    assert await acts(house, Act.REQUESTED) == [
        ("ana", Act.REQUESTED, 1, "general", Source.FORM, f"for channel {finance}")
    ]


async def test_links_by_button_and_command(new_house: OpenHouse) -> None:
    """Into the message, there already, privately: each is a row of whoever asked."""
    house = await quick_house(new_house)
    ana, ben = house.member("ana"), house.member("ben")
    result = await gets(ana)
    await ben.presses(result, "Get a fresh link")
    await ben.hears("#finance", "still works until", private=True)
    await ana.types("#general", "/tokenflex link #1")
    await ana.hears("#general", "Download year1.csv", private=True)
    await ana.waits(lambda: not result.links(), timeout=20)
    await ben.presses(result, "Get a fresh link")
    await ben.waits(lambda: bool(result.links()))
    assert (await acts(house, Act.LINK_SHOWN))[1:] == [
        ("ben", Act.LINK_SHOWN, 1, "finance", Source.BUTTON, "in the message already"),
        ("ana", Act.LINK_SHOWN, 1, "general", Source.COMMAND, "privately"),
        ("ben", Act.LINK_SHOWN, 1, "finance", Source.BUTTON, "in the message, for its channel"),
    ]


async def test_a_link_by_direct_message(new_house: OpenHouse) -> None:
    """With the audience `requester` the bot's own message to them is on record."""
    house = await quick_house(new_house, LINK_AUDIENCE="requester")
    ana = house.member("ana")
    await gets(ana)
    await ana.hears("@tokenflex", "Download year1.csv", timeout=20)
    assert await acts(house, Act.LINK_SHOWN) == [("ana", Act.LINK_SHOWN, 1, ana.id, Source.BOT, "privately")]


async def test_retries_and_deletions(new_house: OpenHouse) -> None:
    """By button and command, with what came of it; one that was not possible is no act."""
    house = await quick_house(new_house)
    ana, ben = house.member("ana"), house.member("ben")
    await fails(house, ana)
    await ben.types("#finance", "/tokenflex retry #1")
    result = await ana.hears("#finance", "export #1 is ready", private=False, timeout=20)
    await ana.types("#finance", "/tokenflex retry #1")
    await ana.hears("#finance", "Only an export that failed can be retried", private=True)
    await deletes(ana, result)
    await ana.hears("#finance", "Export #1 is being deleted", private=True)
    assert await acts(house, Act.RETRIED, Act.DELETED, Act.REFUSED) == [
        ("ben", Act.RETRIED, 1, "finance", Source.COMMAND, "retrying"),
        ("ana", Act.DELETED, 1, "finance", Source.BUTTON, "deleting"),
    ]


async def test_an_export_that_was_sent_again(new_house: OpenHouse) -> None:
    """The old one was edited, the new one requested, both by the form."""
    house = await quick_house(new_house)
    ana = house.member("ana")
    house.token_flex.controls.answer_next(400, "POST", "/requests", body={"Code": "BadRequestError", "Message": "no"})
    await ana.types("#finance", export())
    message = await ana.hears("@tokenflex", "did not accept your request for export #1", timeout=20)
    await ana.presses(message, "Edit and send again")
    modal = await ana.sees_modal("Export usage data")
    await modal.submit()
    await modal.shows("Got it: export #2.")
    rows = await acts(house, Act.EDITED, Act.REQUESTED)
    assert [(row[1], row[2], row[4]) for row in rows] == [
        (Act.REQUESTED, 1, Source.COMMAND),
        (Act.REQUESTED, 2, Source.FORM),
        (Act.EDITED, 1, Source.FORM),
    ]
    assert rows[-1][-1] == "sent again as #2"


async def test_a_command_delivered_twice_is_one_act(new_house: OpenHouse) -> None:
    """The same envelope again adds no row."""
    house = await quick_house(new_house)
    house.slack.controls.deliver_twice()
    await asks(house.member("ana"))
    assert len(await acts(house, Act.REQUESTED)) == 1


@pytest.mark.parametrize(("word", "happened"), [("retry", "failed"), ("delete", "ready")])
async def test_no_act_without_its_row(
    new_house: OpenHouse, word: str, happened: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One transaction: where the row cannot be written, nothing is done either."""
    house = await quick_house(new_house)
    ana = house.member("ana")
    result = await (fails(house, ana) if happened == "failed" else gets(ana))
    details = await details_of(ana, result)

    def _broken(*_: object) -> None:
        raise sqlite3.OperationalError("broken")

    monkeypatch.setattr(audit, "add", _broken)
    await ana.presses(details, word.capitalize())
    await ana.hears("#finance", "Sorry, something went wrong on my side.", private=True)
    await ana.types("#finance", "/tokenflex link #1")
    await ana.waits(lambda: len(private_texts(house, "ana")) >= 4)
    assert not any("Download" in text for text in private_texts(house, "ana"))
    await ana.types("#finance", export("other"))
    await ana.waits(lambda: sum("Sorry" in text for text in private_texts(house, "ana")) >= 2)
    assert len(house.token_flex.exports.states()) == 1


async def test_a_refusal_that_cannot_be_recorded_stays_a_refusal(
    new_house: OpenHouse, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The person hears why, and the log what went wrong."""
    house = await house_where(new_house)

    def _broken(*_: object) -> None:
        raise sqlite3.OperationalError("broken")

    monkeypatch.setattr(audit, "add", _broken)
    await house.member("gus").types("#finance", "/tokenflex list")
    await house.member("gus").hears("#finance", "this data includes people's names", private=True)


async def test_the_command_beside_a_live_bot(new_house: OpenHouse) -> None:
    """`python -m bot audit` prints all of it or what came since, without a link, a clause or a secret."""
    house = await quick_house(new_house)
    ana = house.member("ana")
    await gets(ana)
    whole = await start_process(house.folder, "audit", environment=house.environment, name="audit")
    assert await whole.ends() == 0
    assert whole.out.splitlines()[0] == "at,person,act,export,channel,from,result"
    assert f",{ana.id},requested,1," in whole.out
    lines = await start_process(
        house.folder, "audit", "--format", "jsonl", "--since", "2000-01-01", environment=house.environment, name="lines"
    )
    assert await lines.ends() == 0
    assert [json.loads(line)["act"] for line in lines.out.splitlines()] == ["requested", "link shown"]
    for text in (whole.out, lines.out):
        assert "http" not in text
        assert "contractYear" not in text
    wrong = await start_process(house.folder, "audit", "--since", "soon", environment=house.environment, name="wrong")
    assert await wrong.ends() == 2
    assert "is no date" in wrong.err
