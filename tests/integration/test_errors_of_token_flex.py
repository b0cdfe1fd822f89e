"""Everything that Token Flex can say no to, or not say at all, as the people in the channel see it."""

from functools import partial
from typing import Any

import pytest

from bot.exports.worker import Worker
from bot.tokenflex.http import HttpDoor
from sandbox.slack.messages import Message
from tests.harness.house import House
from tests.harness.talk import (
    ASKED_ANEW,
    QUICK,
    SPEED,
    OpenHouse,
    asks,
    calls,
    card_of,
    deletes,
    eventually,
    export,
    fails,
    gets,
    keys,
    quick_house,
)


@pytest.fixture
async def quick(new_house: OpenHouse) -> House:
    return await quick_house(new_house)


async def card_says(member: Any, *texts: str, number: int = 1) -> Message:
    """Wait until the card of an export says all that, now or in an earlier version of it."""

    def said() -> bool:
        card = card_of(member, number)
        versions = [card.visible_text(), *(old.visible_text(card.names) for old in card.history)]
        return any(all(text in version for text in texts) for version in versions)

    await member.waits(said, timeout=25)
    return card_of(member, number)


# --- refused


@pytest.mark.parametrize(
    ("status", "body", "sentences"),
    [
        (
            400,
            {"Code": "BadRequestError", "Message": "BadRequestError: Unknown field foo"},
            ["Autodesk finds something wrong with it.", "Autodesk says: Unknown field foo"],
        ),
        (
            400,
            {"Code": "BadRequestError", "Message": "<!channel> & <@U0SBX00002> `x`"},
            ["Autodesk says: <!channel> & <@U0SBX00002> 'x'"],
        ),
        (
            403,
            {"Code": "ForbiddenError", "Message": "ForbiddenError: Invalid contract or access level"},
            ["Our Autodesk account can't see this contract", "Check the number"],
        ),
        (
            403,
            {"developerMessage": "Token does not have the privilege for this request.", "errorCode": "AUTH-010"},
            ["Our Autodesk login lacks a right. An administrator has to sign in again."],
        ),
        (
            403,
            {"developerMessage": "The client_id specified does not have access", "errorCode": "AUTH-001"},
            ["Our Autodesk app may not use Token Flex yet. An administrator has to add the Token Flex Usage Data API"],
        ),
        (
            404,
            {"Code": "NotFoundError", "Message": ""},
            ["Autodesk does not know this contract or export. Check the number."],
        ),
    ],
)
async def test_a_refused_request_is_told_privately(
    quick: House, status: int, body: dict[str, str], sentences: list[str]
) -> None:
    """The requester reads why, in words and in Token Flex's own, and can edit and send it again; nobody is called."""
    quick.token_flex.controls.answer_next(status, "POST", "/requests", body=body)
    ana = quick.member("ana")
    await ana.types("#finance", export())
    told = await ana.hears("@tokenflex", "did not accept your request for export #1 in #finance.", *sentences)
    assert told.buttons() == ["Edit and send again", "Details"]
    assert told.mentions() == set()
    card = await card_says(ana, "Refused by Autodesk.", *sentences)
    assert card.mentions() == {"ana"}
    assert card.buttons() == ["Edit and send again", "Details"]
    assert not any("is ready" in message.visible_text() for message in ana.sees("#finance"))


async def test_a_foreign_contract_is_refused_by_token_flex_itself(new_house: OpenHouse) -> None:
    """A contract of the settings that the login may not see ends in a private message; the corrected one is made."""
    house = await quick_house(new_house, ALLOWED_CONTRACTS="110000123456,110000777001")
    ana = house.member("ana")
    await ana.types("#finance", export(contract="110000777001"))
    told = await ana.hears("@tokenflex", "account can't see this contract", timeout=20)
    assert "Autodesk says: Invalid contract or access level" in told.visible_text()
    await ana.presses(told, "Edit and send again")
    modal = await ana.sees_modal("Export usage data")
    assert modal.value("Contract") == "110000777001"
    modal.fill("Contract", "110000123456")
    assert (await modal.submit()).error is None
    await ana.hears("#finance", "export #2 is ready", private=False, timeout=20)
    await ana.waits(lambda: "It was sent again as #2." in told.visible_text(), timeout=20)


async def test_a_refused_retry_is_told_each_time(quick: House) -> None:
    """A retry that Token Flex refuses leaves the export failed, says so privately, and can be tried again."""
    ana = quick.member("ana")
    failed = await fails(quick, ana)
    for attempt in (1, 2):
        body = {"Code": "BadRequestError", "Message": f"BadRequestError: No retry {attempt}"}
        quick.token_flex.controls.answer_next(400, "POST", "/retry", body=body)
        await ana.waits(lambda: "Retry" in failed.buttons(), timeout=20)
        await ana.presses(failed, "Retry")
        told = await ana.hears(
            "@tokenflex", "did not accept the retry of export #1 in #finance.", f"No retry {attempt}", timeout=20
        )
        assert told.buttons() == ["Retry", "Details", *ASKED_ANEW]
    await ana.waits(lambda: "Retry" in failed.buttons(), timeout=20)
    await ana.presses(told, "Retry")
    await ana.hears("#finance", "export #1 is ready", private=False, timeout=25)


async def test_a_deletion_without_permission_waits_and_says_so(quick: House) -> None:
    """A deletion that the login may not make is not lost; the card says what it waits for."""
    ana = quick.member("ana")
    result = await gets(ana)
    body = {"developerMessage": "no privilege", "errorCode": "AUTH-010"}
    quick.token_flex.controls.answer_next(403, "DELETE", body=body)
    await deletes(ana, result)
    await card_says(ana, "Being deleted.", "Autodesk does not let our account do that.")
    await card_says(ana, "Deleted. There is nothing to download any more.")
    assert keys(quick) == []


# --- the login


async def test_wrong_credentials_are_told_on_the_card(new_house: OpenHouse) -> None:
    """A wrong client secret keeps requests waiting, and says what an administrator has to do."""
    house = await new_house(speed=SPEED, token_flex=QUICK)
    await house.start_bot(APS_CLIENT_SECRET="not-the-secret")
    ana = house.member("ana")
    await asks(ana)
    await card_says(ana, "Waiting its turn.", "Autodesk does not accept our login. An administrator has to see to that")
    assert keys(house) == []


async def test_a_login_that_has_ended_is_told(new_house: OpenHouse) -> None:
    """When the Autodesk login ends, cards and links say so; nothing is lost."""
    house = await new_house(speed=SPEED, token_flex=QUICK)
    controls = house.token_flex.controls
    await house.start_bot(
        APS_CLIENT_ID="sandbox-web",
        APS_CLIENT_SECRET="sandbox-web-secret",
        APS_REFRESH_TOKEN=controls.make_login(),
        DATABASE_KEY="a long text for the tests",
    )
    ana = house.member("ana")
    result = await gets(ana)
    controls.revoke_refresh_tokens()
    controls.revoke_tokens()
    await asks(ana, name="year2", number=2)
    await card_says(ana, "Waiting its turn.", "An administrator has to see to that", number=2)
    await ana.waits(lambda: not result.links(), timeout=20)
    await ana.presses(result, "Get a fresh link")
    await ana.hears(
        "#finance",
        "I could not get a link for #1. Our Autodesk login has ended. An administrator has to sign in again; "
        "what waits then goes on by itself.",
        private=True,
        timeout=20,
    )
    assert len(keys(house)) == 1


# --- too many


async def test_a_refusal_for_the_rate_is_waited_out(quick: House) -> None:
    """A 429 with `Retry-After` shows on the card why it waits, and the request then goes out by itself, once."""
    quick.token_flex.controls.answer_next(429, "POST", "/requests", retry_after=25)
    ana = quick.member("ana")
    await asks(ana)
    await card_says(
        ana, "Waiting its turn.", "Autodesk takes no more requests from us for the moment. I'll keep trying."
    )
    await ana.hears("#finance", "export #1 is ready", private=False, timeout=30)
    assert len(keys(quick)) == 1


async def test_fifty_outstanding_exports_hold_the_next(quick: House) -> None:
    """With all places taken the card and the answer say so; a place that becomes free is used."""
    taken = quick.token_flex.controls.outstanding_elsewhere(50)
    ana = quick.member("ana")
    await asks(ana)
    card = await card_says(ana, "Autodesk makes at most 50 exports at once")
    assert card.buttons() == ["Details", *ASKED_ANEW]
    await ana.types("#finance", export("year2"))
    answer = await ana.hears("#finance", "Got it: export #2", private=True)
    assert "Autodesk makes at most 50 exports at once and takes no more for now. It's number 2 in line" in answer.text
    assert "is likely to go out in about a minute." in answer.text
    for key in taken[:5]:
        quick.token_flex.controls.finish(key)
    await ana.hears("#finance", "export #1 is ready", private=False, timeout=30)
    await ana.hears("#finance", "export #2 is ready", private=False, timeout=30)


# --- broken, silent, unreachable


@pytest.mark.parametrize(
    "fault", [{"status": 500}, {"status": 502, "html": True}, {"status": 503, "html": True}, {"status": 504}]
)
async def test_a_submission_that_upstream_broke_on_is_made_once(quick: House, fault: dict[str, Any]) -> None:
    """After an answer that tells nothing the bot looks whether the request arrived, says so, and sends it again."""
    quick.token_flex.controls.answer_next(fault.pop("status"), "POST", "/requests", **fault)
    ana = quick.member("ana")
    await asks(ana)
    await card_says(ana, "On its way.", "Autodesk did not answer. I'm checking whether it has the request")
    result = await ana.hears("#finance", "export #1 is ready", private=False, timeout=30)
    assert len(keys(quick)) == 1
    assert [m for m in ana.sees("#finance") if "export #1 is ready" in m.visible_text()] == [result]


async def test_a_submission_whose_answer_was_lost_is_found_again(quick: House) -> None:
    """The request arrived, the answer did not: it is adopted from the list, and never made twice."""
    quick.token_flex.controls.drop_answer_next("POST", "/requests", after_effect=True)
    ana = quick.member("ana")
    await asks(ana)
    await ana.hears("#finance", "export #1 is ready", private=False, timeout=30)
    assert len(keys(quick)) == 1
    assert calls(quick, "POST", "/requests") == 1


async def test_an_answer_cut_in_half_is_found_again(quick: House) -> None:
    """Half a JSON text tells nothing; the list does."""
    quick.token_flex.controls.answer_next(200, "POST", "/requests", truncated=True)
    ana = quick.member("ana")
    await asks(ana)
    await ana.hears("#finance", "export #1 is ready", private=False, timeout=30)
    assert len(keys(quick)) == 1


async def test_a_submission_that_is_never_answered_in_time(
    new_house: OpenHouse, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Silence is no answer: the bot says so, looks, and makes no second export."""
    monkeypatch.setattr("bot.app.HttpDoor", partial(HttpDoor, read_timeout=0.3))
    house = await quick_house(new_house)
    house.token_flex.controls.slow_next(1.0, "POST", "/requests", real=True)
    ana = house.member("ana")
    await asks(ana)
    await card_says(ana, "Autodesk did not answer.")
    await ana.hears("#finance", "export #1 is ready", private=False, timeout=30)
    assert len(keys(house)) == 1


async def test_an_upstream_that_is_down_is_waited_for(quick: House) -> None:
    """Refused connections are told on the card; the request goes out when Token Flex is back."""
    port = quick.token_flex.port
    await quick.token_flex.stop()
    ana = quick.member("ana")
    await asks(ana)
    await card_says(ana, "Waiting its turn.", "Autodesk cannot be reached at the moment. I'll keep trying.")
    await quick.token_flex.start(port)
    await ana.hears("#finance", "export #1 is ready", private=False, timeout=30)
    assert len(keys(quick)) == 1


async def test_a_setback_that_is_over_leaves_nothing_to_do(quick: House, monkeypatch: pytest.MonkeyPatch) -> None:
    """What waited was deleted before the next attempt: the loop sleeps instead of looking again and again."""
    looks: list[None] = []
    resume = Worker.resume

    async def counted(worker: Worker) -> None:
        looks.append(None)
        await resume(worker)

    monkeypatch.setattr(Worker, "resume", counted)
    await quick.token_flex.stop()
    ana = quick.member("ana")
    await asks(ana)
    await card_says(ana, "Autodesk cannot be reached")
    await deletes(ana, card_of(ana))
    await ana.waits(lambda: "Deleted." in card_of(ana).visible_text(), timeout=20)
    await quick.clock.sleep(60)
    before = len(looks)
    await quick.clock.sleep(60)
    assert len(looks) - before < 10


async def test_polls_that_fail_cost_nothing_but_time(quick: House) -> None:
    """Errors while looking are not shown to anybody; the result comes all the same, once."""
    quick.token_flex.controls.answer_next(500, "GET", "/requests", count=1)
    quick.token_flex.controls.answer_next(502, "GET", "/requests", count=1, html=True)
    ana = quick.member("ana")
    result = await gets(ana)
    assert [m for m in ana.sees("#finance") if "export #1 is ready" in m.visible_text()] == [result]


# --- links


@pytest.mark.parametrize(
    ("fault", "sentence"),
    [
        ({"status": 500, "count": 5}, "Autodesk has a problem of its own at the moment. Try again in a few minutes."),
        ({"status": 502, "html": True, "count": 5}, "Autodesk has a problem of its own at the moment."),
        (
            {"status": 403, "body": {"developerMessage": "no privilege", "errorCode": "AUTH-010"}},
            "Our Autodesk login lacks a right.",
        ),
    ],
)
async def test_a_link_that_cannot_be_had_is_explained(quick: House, fault: dict[str, Any], sentence: str) -> None:
    """Who pressed reads why there is no link, and the button stays."""
    ana, ben = quick.member("ana"), quick.member("ben")
    result = await gets(ana)
    await ana.waits(lambda: not result.links(), timeout=20)
    quick.token_flex.controls.answer_next(method="POST", path_contains="/refreshUrl", **fault)
    await ben.presses(result, "Get a fresh link")
    await ben.hears("#finance", "I could not get a link for #1.", sentence, private=True, timeout=30)
    await ben.presses(result, "Get a fresh link")
    await ben.waits(lambda: bool(result.links()), timeout=30)


# --- vanished, unknown


async def test_an_export_that_vanished_while_it_was_made(quick: House) -> None:
    """What Token Flex no longer has is told on the card, and can be asked for again with a form filled in."""
    quick.token_flex.controls.hold()
    ana = quick.member("ana")
    await asks(ana)
    await eventually(lambda: bool(keys(quick)))
    await card_says(ana, "In progress.")
    quick.token_flex.controls.vanish(keys(quick)[0])
    card = await card_says(ana, "No longer at Autodesk.", "Edit and send again opens the form with what you asked for.")
    await ana.waits(lambda: card.buttons() == ["Edit and send again", "Get a fresh link", "Details", *ASKED_ANEW])
    quick.token_flex.controls.release()
    await ana.presses(card, "Edit and send again")
    modal = await ana.sees_modal("Export usage data")
    assert (await modal.submit()).error is None
    await ana.hears("#finance", "export #2 is ready", private=False, timeout=20)


async def test_an_export_that_vanished_when_its_link_is_asked_for(
    quick: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Who asks for the link is told, the announcement says so at once and loses link and buttons."""
    monkeypatch.setattr("bot.runtime.bell.LOOK_EVERY", 1e6)
    ana, ben = quick.member("ana"), quick.member("ben")
    result = await gets(ana)
    await ana.waits(lambda: not result.links(), timeout=20)
    quick.token_flex.controls.vanish(keys(quick)[0])
    await ben.presses(result, "Get a fresh link")
    await ben.hears("#finance", "Export #1 is no longer at Autodesk, so there is no file.", private=True, timeout=20)
    await card_says(ana, "No longer at Autodesk.")
    await ana.waits(lambda: "Export #1 is no longer at Autodesk." in result.visible_text())
    assert result.buttons() == []


async def test_a_status_that_nobody_knows_is_shown_and_watched(quick: House) -> None:
    """An undocumented status stands on the card as it is; the export is looked at until it is ready."""
    quick.token_flex.controls.hold()
    ana = quick.member("ana")
    await asks(ana)
    await eventually(lambda: bool(keys(quick)))
    quick.token_flex.controls.unknown_status(keys(quick)[0], "Archiving <!here>")
    card = await card_says(ana, "In progress (Autodesk says Archiving <!here>).")
    assert card.mentions() == {"ana"}
    quick.token_flex.controls.finish(keys(quick)[0])
    await ana.hears("#finance", "export #1 is ready", private=False, timeout=20)
