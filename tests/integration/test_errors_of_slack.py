"""Everything that Slack can refuse or lose, and what people see all the same; and what goes wrong on our own side."""

import logging
import re
from typing import Any

import pytest

from bot.exports.use_cases import Exports
from bot.questions.history import History
from sandbox.slack.messages import Message
from tests.harness.house import House
from tests.harness.talk import (
    OpenHouse,
    asks,
    calls,
    card_of,
    deletes,
    details_of,
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


def posts(house: House, method: str = "chat.postMessage") -> list[Any]:
    return [call for call in house.slack.calls if call.method == method and call.ok]


def results(member: Any, number: int = 1, channel: str = "#finance") -> list[Message]:
    return [m for m in member.sees(channel) if f"export #{number} is ready" in m.text]


# --- channels


@pytest.mark.parametrize(("channel", "public"), [("#general", True), ("#licences", False)])
async def test_a_bot_that_is_not_in_the_channel_asks_to_be_invited(quick: House, channel: str, public: bool) -> None:
    """The requester reads the exact line to type, once; after it, card and result appear in their order, once."""
    if public:
        quick.slack.workspace.kick_bot(channel)
    ana = quick.member("ana")
    await ana.types(channel, export())
    await ana.hears(channel, "Got it: export #1", private=True)
    trouble = f"I cannot post export #1 to {channel}. I am not in that channel.", "/invite @tokenflex"
    await ana.hears("@tokenflex", *trouble, "/tokenflex link #1 gets you its file, wherever you type it.", timeout=20)
    await ana.types("#finance", "/tokenflex status #1")
    await ana.hears("#finance", "Export #1 · year1.csv", "Posted to", private=True)
    assert all(message.ephemeral_for for message in ana.sees(channel))
    quick.slack.workspace.invite_bot(channel)
    result = await ana.hears(channel, "export #1 is ready", private=False, timeout=20)
    # The bot learns who reads there when it is in; until then the card says less.
    card = await ana.hears(channel, "Export #1 · year1.csv", private=False, timeout=20)
    assert result.thread_ts == card.ts
    assert results(ana, channel=channel) == [result]
    assert len([m for m in ana.sees("@tokenflex") if "I cannot post" in m.text]) == 1


async def test_a_channel_that_stays_closed_costs_no_calls(quick: House) -> None:
    """The announcement is tried again and again; a new link is not fetched for each try."""
    ana = quick.member("ana")
    quick.token_flex.controls.hold()
    await asks(ana)
    await ana.waits(lambda: "In progress" in card_of(ana).visible_text(), timeout=20)
    quick.slack.workspace.kick_bot("#finance")
    quick.token_flex.controls.release()
    await ana.hears("@tokenflex", "I cannot post export #1 to #finance.", timeout=20)
    await quick.clock.sleep(600)
    assert calls(quick, "POST", "/refreshUrl") <= 1
    quick.slack.workspace.invite_bot("#finance")
    await ana.hears("#finance", "export #1 is ready", private=False, timeout=20)


async def test_the_link_comes_where_the_card_cannot(quick: House) -> None:
    """An export for a channel without the bot is made all the same, and its requester gets the file anywhere."""
    ana = quick.member("ana")
    await ana.types("#licences", export())
    await ana.hears("@tokenflex", "I cannot post export #1 to #licences.", timeout=20)
    while not any(message.links() for message in ana.sees("#general")):
        before = len(ana.sees("#general"))

        def _answered(known: int = before) -> bool:
            return len(ana.sees("#general")) > known

        await ana.types("#general", "/tokenflex link #1")
        await ana.waits(_answered)
    assert len(keys(quick)) == 1


async def test_an_archived_channel_gets_its_result_when_it_is_taken_out_again(quick: House) -> None:
    """The requester reads what happened and what would mend it; then the result is posted."""
    quick.token_flex.controls.hold()
    ana = quick.member("ana")
    await asks(ana)
    await ana.waits(lambda: "In progress." in card_of(ana).visible_text())
    quick.slack.workspace.archive("#finance")
    quick.token_flex.controls.release()
    told = await ana.hears("@tokenflex", "I cannot post export #1 to #finance. That channel is archived.", timeout=20)
    assert "Unarchive it and I'll post within a minute or so." in told.visible_text()
    quick.slack.workspace.archive("#finance", archived=False)
    result = await ana.hears("#finance", "export #1 is ready", private=False, timeout=20)
    assert results(ana) == [result]
    await ana.waits(lambda: bool(result.links()) or "Get a fresh link" in result.buttons())


async def test_a_read_only_channel_is_told(quick: House) -> None:
    """Where a setting of the workspace forbids posting, the requester is told whom to ask."""
    quick.slack.workspace.channel("#general").read_only = True
    ana = quick.member("ana")
    await ana.types("#general", export())
    told = await ana.hears("@tokenflex", "I cannot post export #1 to #general.", timeout=20)
    assert "keeps me from posting there. Ask a workspace admin." in told.visible_text()


async def test_a_blocked_channel_holds_up_no_other(quick: House) -> None:
    """Trouble with one channel is no trouble of the next."""
    ana = quick.member("ana")
    await ana.types("#licences", export("blocked"))
    await ana.hears("@tokenflex", "I cannot post export #1 to #licences.", timeout=20)
    result = await gets(ana, name="free", number=2)
    assert result.links()


async def test_a_post_that_is_refused_holds_up_no_edit(quick: House) -> None:
    """The channel has become read-only: the announcement waits, the card says all the same how the export stands."""
    quick.token_flex.controls.hold()
    ana = quick.member("ana")
    card = await asks(ana)
    await ana.waits(lambda: "In progress." in card.visible_text())
    quick.slack.workspace.channel("#finance").read_only = True
    quick.token_flex.controls.release()
    await ana.hears("@tokenflex", "I cannot post export #1 to #finance.", timeout=20)
    await ana.waits(lambda: "Ready." in card.visible_text(), timeout=20)
    assert results(ana) == []
    quick.slack.workspace.channel("#finance").read_only = False
    await ana.hears("#finance", "export #1 is ready", private=False, timeout=20)


async def test_a_card_that_is_refused_holds_up_no_reply(quick: House) -> None:
    """The channel takes replies only: the second export's card waits, the first one's announcement is posted."""
    quick.token_flex.controls.hold()
    ana = quick.member("ana")
    card = await asks(ana)
    await ana.waits(lambda: "In progress." in card.visible_text())
    quick.slack.workspace.channel("#finance").thread_only = True
    await ana.types("#finance", export("second"))
    await ana.hears("@tokenflex", "I cannot post export #2 to #finance.", timeout=20)
    quick.token_flex.controls.release()
    result = await ana.hears("#finance", "export #1 is ready", private=False, timeout=20)
    assert result.thread_ts == card.ts


async def test_a_refusal_that_nobody_knows_is_tried_again(quick: House) -> None:
    """A message that Slack refuses for an unheard-of reason comes in the end, and so does what follows it."""
    quick.slack.controls.fail_next("chat.postMessage", "as_yet_unknown_error", count=3)
    ana = quick.member("ana")
    await ana.types("#finance", export("odd"))
    await ana.hears("#finance", "Got it: export #1", private=True)
    await ana.hears("#finance", "Export #1 · odd.csv", "Asked by", private=False, timeout=20)
    await ana.hears("#finance", "export #1 is ready", private=False, timeout=20)


async def test_a_renamed_channel_changes_nothing(quick: House) -> None:
    """Channels are known by their id."""
    ana = quick.member("ana")
    quick.token_flex.controls.hold()
    await asks(ana)
    quick.slack.workspace.rename("#finance", "#money")
    quick.token_flex.controls.release()
    await ana.hears("#money", "export #1 is ready", private=False, timeout=20)


async def test_a_result_that_no_thread_takes_is_a_message_of_its_own(quick: House) -> None:
    """The channel takes no replies, or the card takes none: the announcement comes all the same, once."""
    ana = quick.member("ana")
    quick.slack.workspace.channel("#finance").non_threadable = True
    assert (await gets(ana)).thread_ts is None
    quick.slack.workspace.channel("#finance").non_threadable = False
    quick.token_flex.controls.hold()
    (await asks(ana, name="year2", number=2)).locked = True
    quick.token_flex.controls.release()
    result = await ana.hears("#finance", "export #2 is ready", private=False, timeout=20)
    assert result.thread_ts is None
    assert (len(results(ana)), results(ana, 2)) == (1, [result])


# --- messages


async def test_blocks_that_slack_refuses_cost_only_the_blocks(quick: House) -> None:
    """The message goes out as plain text that says the essential."""
    quick.slack.controls.fail_next("chat.postMessage", "invalid_blocks")
    ana = quick.member("ana")
    await ana.types("#finance", export())
    card = await ana.hears("#finance", "Export #1 (year1.csv): ", "/tokenflex list shows more.", private=False)
    assert card.blocks == []
    await ana.hears("#finance", "export #1 is ready", private=False, timeout=20)
    await ana.waits(lambda: card.blocks != [], timeout=20)


async def test_an_edit_whose_blocks_slack_refuses_is_made_as_plain_text(quick: House) -> None:
    """An edit is worth as much as a post: nothing old stays."""
    ana = quick.member("ana")
    quick.token_flex.controls.hold()
    await asks(ana)
    await ana.waits(lambda: "In progress." in card_of(ana).visible_text())
    quick.slack.controls.fail_next("chat.update", "invalid_blocks")
    card = card_of(ana)
    await deletes(ana, card)
    await ana.waits(lambda: card.blocks == [], timeout=20)
    assert "Export #1 (year1.csv): " in card.visible_text()


async def test_a_card_that_somebody_deleted_is_left_alone(quick: House) -> None:
    """An edit of a deleted message is no error, the card is not posted again, the result comes by itself."""
    quick.token_flex.controls.hold()
    ana = quick.member("ana")
    card = await asks(ana)
    await ana.waits(lambda: "In progress." in card.visible_text())
    quick.slack.workspace.delete(card)
    quick.token_flex.controls.release()
    result = await ana.hears("#finance", "export #1 is ready", private=False, timeout=20)
    assert result.thread_ts is None
    assert result.mentions() == {"ana"}
    await ana.waits(lambda: not result.links(), timeout=20)
    await ana.presses(result, "Get a fresh link")
    await ana.waits(lambda: bool(result.links()))
    assert [m for m in ana.sees("#finance") if "Asked by" in m.visible_text()] == []


async def test_a_result_that_somebody_deleted_is_left_alone(quick: House) -> None:
    """Taking the link out of a deleted message is no error and posts nothing."""
    ana = quick.member("ana")
    result = await gets(ana)
    quick.slack.workspace.delete(result)
    await ana.waits(
        lambda: any(c.method == "chat.update" and c.error == "message_not_found" for c in quick.slack.calls), timeout=20
    )
    assert results(ana) == []
    await ana.types("#finance", "/tokenflex status #1")
    await ana.hears("#finance", "Ready. Press Get a fresh link to download it.", "Posted to", private=True)


async def test_slack_that_asks_for_patience_gets_it(quick: House) -> None:
    """A 429 with `Retry-After` delays messages; none is lost and none comes twice."""
    quick.slack.controls.fail_next("chat.postMessage", retry_after=20, count=2)
    ana = quick.member("ana")
    await gets(ana)
    refused = [call for call in quick.slack.calls if call.method == "chat.postMessage" and call.status == 429]
    later = [call for call in posts(quick) if call.at > refused[0].at]
    assert min((call.at - refused[0].at).total_seconds() for call in later) >= 19
    assert len(results(ana)) == 1
    assert len([m for m in ana.sees("#finance") if "Asked by" in m.visible_text()]) == 1


@pytest.mark.parametrize("fault", [{"status": 503}, {"status": 502, "html": True}, {"error": "internal_error"}])
async def test_slack_that_is_broken_is_tried_again(quick: House, fault: dict[str, Any]) -> None:
    """Whatever a broken Slack answers, each message comes once in the end."""
    quick.slack.controls.fail_next("chat.postMessage", count=2, **fault)
    ana = quick.member("ana")
    await gets(ana)
    assert len(results(ana)) == 1
    assert len([m for m in ana.sees("#finance") if "Asked by" in m.visible_text()]) == 1


# --- private answers


async def test_an_answer_finds_another_way_when_the_response_url_is_refused(quick: House) -> None:
    """A response URL that works no more is replaced by a message to the person in the channel."""
    ana, ben = quick.member("ana"), quick.member("ben")
    quick.slack.controls.fail_next("response_url", "used_url", status=404)
    await ana.types("#finance", "/tokenflex help")
    await ana.hears("#finance", "What /tokenflex does", private=True)
    assert len(posts(quick, "chat.postEphemeral")) == 1
    assert ben.sees("#finance") == []


async def test_an_answer_comes_by_private_message_where_nothing_else_works(quick: House) -> None:
    """In a channel without the bot, and with the response URL gone, the answer comes by private message."""
    ana = quick.member("ana")
    quick.slack.controls.fail_next("response_url", status=500)
    await ana.types("#licences", "/tokenflex help")
    await ana.hears("@tokenflex", "What /tokenflex does")


@pytest.mark.parametrize("method", ["response_url", "chat.postEphemeral"])
async def test_an_answer_whose_blocks_slack_refuses_is_given_as_plain_text(quick: House, method: str) -> None:
    """An answer loses its looks rather than getting lost."""
    ana = quick.member("ana")
    if method == "response_url":
        quick.slack.controls.fail_next("response_url", "invalid_blocks", status=400)
    else:
        quick.slack.controls.fail_next("response_url", status=500)
        quick.slack.controls.fail_next("chat.postEphemeral", "invalid_blocks")
    await ana.types("#finance", "/tokenflex list")
    answer = await ana.hears("#finance", "There are no exports of yours", private=True)
    assert answer.blocks == []


async def test_an_answer_waits_a_moment_where_slack_asks_for_it(quick: House) -> None:
    """A short `Retry-After` is waited out; the answer still comes where the person looks."""
    ana = quick.member("ana")
    quick.slack.controls.fail_next("response_url", retry_after=2)
    await ana.types("#finance", "/tokenflex list")
    await ana.hears("#finance", "There are no exports of yours", private=True)
    assert not posts(quick, "chat.postEphemeral")


async def test_a_private_message_that_slack_refuses_is_shown_in_the_channel(new_house: OpenHouse) -> None:
    """Where the app's messages tab is off, a refusal is shown to the requester alone in the channel."""
    house = await quick_house(new_house, slack={"messages_tab": False})
    ana, ben = house.member("ana"), house.member("ben")
    house.token_flex.controls.answer_next(400, "POST", "/requests")
    await ana.types("#finance", export())
    told = await ana.hears("#finance", "did not accept your request for export #1", private=True, timeout=20)
    assert told.buttons() == ["Edit and send again", "Details"]
    assert not any("did not accept your request" in message.visible_text() for message in ben.sees("#finance"))
    await ana.presses(told, "Edit and send again")
    assert (await ana.sees_modal("Export usage data")).value("File name") == "year1"


# --- the socket


async def test_commands_go_on_after_the_socket_was_renewed(quick: House) -> None:
    """Slack renews connections every few hours; nobody notices."""
    ana = quick.member("ana")
    await asks(ana)
    await quick.slack.controls.refresh_sockets()
    await quick.slack.connected()
    await gets(ana, name="year2", number=2)


async def test_a_connection_that_is_dead_on_one_side_is_replaced(
    new_house: OpenHouse, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nobody closes the connection and nothing comes back on it: its pings tell, and another is opened."""
    monkeypatch.setattr("bot.slack.connection._PING_EVERY", 0.3)
    house = await quick_house(new_house)
    house.slack.controls.silence_sockets()
    await eventually(lambda: any(not each.silent for each in house.slack.sockets.connections))
    await gets(house.member("ana"))


async def test_a_press_delivered_twice_is_harmless(quick: House) -> None:
    """The same envelope twice: one deletion, and true answers."""
    ana = quick.member("ana")
    details = await details_of(ana, await gets(ana))
    quick.slack.controls.deliver_twice()
    await ana.presses(details, "Delete")
    await ana.waits(lambda: "Deleted." in card_of(ana).visible_text(), timeout=20)
    assert calls(quick, "DELETE") == 1


# --- our own crashes


async def test_a_crash_is_an_apology_with_a_reference_that_is_in_the_log(
    quick: House, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """The person gets a number to tell, the log has it beside the traceback, and the exception's text stays inside."""

    async def _crash(*_: object) -> None:
        raise RuntimeError("the inner secret")

    monkeypatch.setattr(History, "page", _crash)
    ana = quick.member("ana")
    with caplog.at_level(logging.ERROR):
        answer = await ana.types("#finance", "/tokenflex list")
        shown = await ana.hears("#finance", "Sorry, something went wrong on my side.", private=True)
    assert answer.error is None
    assert "inner secret" not in shown.visible_text()
    found = re.search(r"reference: ([0-9a-f]{8})", shown.visible_text())
    assert found is not None
    [logged] = [record for record in caplog.records if getattr(record, "reference", "") == found[1]]
    assert logged.exc_info is not None
    monkeypatch.undo()
    await ana.types("#finance", "/tokenflex list")
    await ana.hears("#finance", "There are no exports", private=True)


async def test_a_crash_behind_a_button_is_an_apology_too(quick: House, monkeypatch: pytest.MonkeyPatch) -> None:
    """A press that goes wrong is acknowledged and answered, and works the next time."""
    ana = quick.member("ana")
    failed = await fails(quick, ana)
    with monkeypatch.context() as patched:
        patched.setattr(Exports, "retry", lambda *_: 1 / 0)
        assert (await ana.presses(failed, "Retry")).error is None
        await ana.hears("#finance", "Sorry, something went wrong on my side.", "reference", private=True)
    await ana.presses(failed, "Retry")
    await ana.hears("#finance", "export #1 is ready", private=False, timeout=20)
