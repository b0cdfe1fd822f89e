"""What cannot be delivered where it was meant to be gets another way, and nobody is told what is not true."""

from collections.abc import Callable
from typing import Any

import pytest
from sqlite_utils import Database as Connection

from bot.exports.links import Shown
from bot.operate.checks.activity import POST, check_activity
from bot.operate.findings import Level
from sandbox.slack.member import Member
from sandbox.slack.messages import Message
from storage import audit, exports, outbox, troubles
from storage.audit import Act, Source
from storage.states import ExportState
from tests.harness.allowed import house_where, recorded
from tests.harness.files import download
from tests.harness.house import House
from tests.harness.talk import AS_IT_IS, OpenHouse, asks, calls, card_of, eventually, export, gets, quick_house

PATIENCE = 30.0


@pytest.fixture
async def quick(new_house: OpenHouse) -> House:
    return await quick_house(new_house)


def frozen(house: House, message: Message) -> None:
    """Slack takes no more edits of this message."""
    message.frozen = True


def window_closed(house: House, message: Message) -> None:
    """No message that is older than a moment can be edited."""
    house.slack.workspace.edit_window = 0.0


def removed(house: House, message: Message) -> None:
    """The bot is taken out of the private channel."""
    house.slack.workspace.kick_bot(message.channel)


def archived(house: House, message: Message) -> None:
    """The channel is archived."""
    message.place.archived = True


def refused(code: str) -> Callable[[House, Message], None]:
    """Slack refuses edits of this message with this word."""

    def _refuse(house: House, message: Message) -> None:
        house.slack.controls.refuse("chat.update", code, ts=message.ts)

    _refuse.__name__ = code
    return _refuse


async def ready_in(house: House, member: Member, channel: str = "#vault") -> Message:
    """Have an export announced in a private channel, and its link expire."""
    house.slack.workspace.add_channel(channel, members=["ana", "ben"], private=True)
    result = await gets(member, channel)
    await member.waits(lambda: not result.links(), timeout=PATIENCE)
    await member.waits(lambda: "Ready." in card_of(member, channel=channel).visible_text(), timeout=PATIENCE)
    return result


async def until(house: House, condition: Callable[[Connection], bool]) -> None:
    """Wait until the database shows something, for at most twenty minutes."""
    for _ in range(1200):
        if await house.side.database.read(condition):
            return
        await house.clock.sleep(1)
    raise AssertionError("That did not happen.")


async def links_of_presses(house: House) -> list[tuple[Act, str]]:
    """What the audit says of links that people asked for by a button."""
    acts = {Act.LINK_SHOWN, Act.LINK_NOT_SHOWN}
    return [(row.act, row.result) for row in await recorded(house) if row.act in acts and row.source is Source.BUTTON]


@pytest.mark.parametrize(
    "trouble",
    [
        frozen, window_closed, removed, archived, refused("cant_update_message"), refused("message_not_found"),
        refused("block_mismatch"), refused("msg_too_long"), refused("as_yet_unknown_error"), refused("invalid_blocks"),
    ],
    ids=lambda each: each.__name__,
)  # fmt: skip
async def test_a_link_that_the_message_cannot_show_is_shown_privately(
    quick: House, trouble: Callable[[House, Message], None]
) -> None:
    """Whatever Slack says: who pressed gets it, nobody else does, and the audit says how it was shown."""
    ana, ben = quick.member("ana"), quick.member("ben")
    result = await ready_in(quick, ana)
    trouble(quick, result)
    await ben.presses(result, "Get a fresh link")
    shown = await ben.hears("#vault", "Export #1:", "Download year1.csv", private=True, timeout=PATIENCE)
    assert shown.links()
    assert result.links() == []
    assert not any(message.links() for message in ana.sees("#vault"))
    (_, first), (corrected, reason), (_, last) = await links_of_presses(quick)
    assert (first, last) == (Shown.IN_MESSAGE.value, Shown.PRIVATELY.value)
    assert corrected is Act.LINK_NOT_SHOWN
    assert reason.startswith("not shown: ")
    assert not any("I cannot post" in message.text for message in ana.sees("@tokenflex"))


async def test_a_link_that_waits_for_its_edit_for_too_long_is_shown_privately(quick: House) -> None:
    """Slack takes no edits for a while: nobody waits for that, and the edit that follows shows no link."""
    ana = quick.member("ana")
    result = await ready_in(quick, ana)
    quick.slack.controls.fail_next("chat.update", retry_after=100)
    await ana.presses(result, "Get a fresh link")
    await ana.hears("#vault", "Export #1:", "Download year1.csv", private=True, timeout=PATIENCE)
    edits = [call for call in quick.slack.calls if call.method == "chat.update"]
    await eventually(lambda: [c for c in quick.slack.calls if c.method == "chat.update"][-1] is not edits[-1], PATIENCE)
    assert result.links() == []
    assert [act for act, _ in await links_of_presses(quick)] == [Act.LINK_SHOWN, Act.LINK_NOT_SHOWN, Act.LINK_SHOWN]


async def test_a_link_that_has_ended_while_its_edit_waited_is_not_shown(new_house: OpenHouse) -> None:
    """Links of a minute, as Autodesk's have been seen: who gets one privately instead gets one that opens."""
    quick = await new_house(speed=20.0, token_flex={"durations": (1.0, 1.0), "link_life": 60.0})
    await quick.start_bot()
    ana = quick.member("ana")
    result = await ready_in(quick, ana)
    quick.slack.controls.fail_next("chat.update", retry_after=100)
    await ana.presses(result, "Get a fresh link")
    shown = await ana.hears("#vault", "Export #1:", "Download year1.csv", private=True, timeout=PATIENCE)
    assert (await download(shown.links()[0]))[0] == 200


async def test_a_link_that_nobody_could_be_shown_is_not_on_record_as_shown(quick: House) -> None:
    """The response URL, the channel and the private message are all refused."""
    ana = quick.member("ana")
    await gets(ana)
    for method in ("response_url", "chat.postEphemeral", "chat.postMessage"):
        quick.slack.controls.refuse(method, "as_yet_unknown_error")
    await ana.types("#general", "/tokenflex link #1")
    await until(quick, lambda db: any(row.act is Act.LINK_NOT_SHOWN for row in audit.since(db)))
    *_, shown, corrected = await recorded(quick)
    assert (shown.act, shown.result) == (Act.LINK_SHOWN, Shown.PRIVATELY.value)
    assert (corrected.person, corrected.result) == (ana.id, "not shown: no way to the person")


@pytest.mark.parametrize("private", [True, False])
async def test_a_link_whose_blocks_are_refused_is_there_all_the_same(quick: House, *, private: bool) -> None:
    """Nobody reads that here is a fresh link where there is none."""
    ana = quick.member("ana")
    result = await gets(ana)
    await ana.waits(lambda: not result.links(), timeout=PATIENCE)
    for method in ("response_url", "chat.update", "chat.postEphemeral"):
        quick.slack.controls.fail_next(method, "invalid_blocks", status=400 if method == "response_url" else None)
    if private:
        await ana.types("#general", "/tokenflex link #1")
        shown = await ana.hears("#general", "Here is a fresh link for export #1.", private=True, timeout=PATIENCE)
    else:
        await ana.presses(card_of(ana), "Get a fresh link")
        shown = await ana.hears("#finance", "Here is a fresh link for export #1.", private=True, timeout=PATIENCE)
    assert shown.links()


# --- threads and channels


async def test_a_result_that_neither_thread_nor_channel_takes_comes_privately(quick: House) -> None:
    """With the reason; its card goes on, and the channel gets it when it takes messages again."""
    ana = quick.member("ana")
    quick.token_flex.controls.hold()
    card = await asks(ana)
    await ana.waits(lambda: "In progress" in card.visible_text(), timeout=PATIENCE)
    place = quick.slack.workspace.channel("#finance")
    place.non_threadable = place.thread_only = True
    quick.token_flex.controls.release()
    told = await ana.hears("@tokenflex", "Export #1 is ready: year1.csv", "I cannot post export #1 to #finance.")
    await ana.waits(lambda: "Ready." in card.visible_text(), timeout=PATIENCE)
    await ana.presses(told, "Get a fresh link")
    await ana.hears("@tokenflex", "Download year1.csv", timeout=PATIENCE)
    place.non_threadable = place.thread_only = False
    await ana.hears("#finance", "export #1 is ready", private=False, timeout=PATIENCE)
    assert len([message for message in ana.sees("@tokenflex") if "I cannot post" in message.visible_text()]) == 1


@pytest.mark.parametrize("code", ["restricted_action", "cannot_reply_to_message", "as_yet_unknown_error"])
async def test_a_thread_that_takes_no_reply_whatever_its_reason(quick: House, code: str) -> None:
    """The result becomes a message of its own, once, and the next export is not kept waiting."""
    ana = quick.member("ana")
    quick.token_flex.controls.hold()
    card = await asks(ana)
    await ana.waits(lambda: "In progress" in card.visible_text(), timeout=PATIENCE)
    quick.slack.controls.refuse("chat.postMessage", code, thread_ts=card.ts)
    quick.token_flex.controls.release()
    result = await ana.hears("#finance", "export #1 is ready", private=False, timeout=PATIENCE)
    assert result.thread_ts is None
    await ana.waits(lambda: "Ready." in card.visible_text(), timeout=PATIENCE)
    await gets(ana, name="year2", number=2)


async def test_a_card_that_is_refused_for_good_keeps_its_result_from_nobody(quick: House) -> None:
    """Slack takes nothing in that channel and does not say why: the result comes privately, other channels go on."""
    ana = quick.member("ana")
    lift = quick.slack.controls.refuse("chat.postMessage", "as_yet_unknown_error", channel="#finance")
    await ana.types("#finance", export())
    await ana.hears("@tokenflex", "Export #1 is ready: year1.csv", "I go on trying.", timeout=PATIENCE)
    await gets(ana, "#general", "year2", number=2)
    lift()
    await ana.hears("#finance", "Export #1 · year1.csv", "Asked by", private=False, timeout=PATIENCE)
    await ana.hears("#finance", "export #1 is ready", private=False, timeout=PATIENCE)


# --- removal


async def test_a_removal_is_told_about_what_was_not_announced_only(quick: House) -> None:
    """The export of before was announced; its link ends by itself, and is not tried to be taken out for ever."""
    ana = quick.member("ana")
    quick.slack.workspace.add_channel("#vault", members=["ana", "ben"], private=True)
    result = await gets(ana, "#vault", more=AS_IT_IS)
    await ana.hears("#vault", "Answer to export #1", timeout=PATIENCE)
    quick.token_flex.controls.hold()
    await asks(ana, "#vault", "year2", number=2)
    quick.slack.workspace.kick_bot("#vault")
    quick.token_flex.controls.release()
    await ana.hears("@tokenflex", "export #2", "#vault", timeout=PATIENCE)
    await eventually(lambda: _edits(quick, result) > 0, PATIENCE)
    await quick.clock.sleep(400)  # 2 s, 4 s, 8 s, … up to an hour
    tries = _edits(quick, result)
    await quick.clock.sleep(600)
    assert _edits(quick, result) - tries <= 4
    told = [message.visible_text() for message in ana.sees("@tokenflex")]
    assert not any("#1" in text for text in told)
    assert len([text for text in told if "I cannot post export #2" in text]) == 1


def _edits(house: House, message: Message) -> int:
    return sum(call.method == "chat.update" and call.arguments["ts"] == message.ts for call in house.slack.calls)


async def test_an_edit_that_was_refused_is_made_when_the_bot_is_back(quick: House) -> None:
    """With the first message that the channel takes again, not an hour later."""
    ana = quick.member("ana")
    quick.slack.workspace.add_channel("#vault", members=["ana", "ben"], private=True)
    quick.token_flex.controls.hold()
    card = await asks(ana, "#vault")
    await ana.waits(lambda: "In progress" in card.visible_text(), timeout=PATIENCE)
    quick.slack.workspace.kick_bot("#vault")
    quick.token_flex.controls.release()
    await ana.hears("@tokenflex", "Export #1 is ready", timeout=PATIENCE)
    await quick.clock.sleep(300)
    assert "Ready." not in card.visible_text()
    quick.slack.workspace.invite_bot("#vault")
    await ana.hears("#vault", "export #1 is ready", private=False, timeout=PATIENCE)
    await ana.waits(lambda: "Ready." in card.visible_text(), timeout=PATIENCE)


# --- the workspace


async def test_a_full_workspace_loses_nothing_and_administrators_hear_of_it(new_house: OpenHouse) -> None:
    """In the answer to their next command, once, in the overview, and in doctor; then all that waited comes."""
    house = await house_where(new_house, ADMINISTRATORS="{carla}")
    ana, carla = house.member("ana"), house.member("carla")
    house.slack.workspace.full = True
    house.token_flex.controls.answer_next(400, "POST", "/requests")
    await ana.types("#finance", export("wrong"))
    await eventually(lambda: calls(house, "POST", "/requests") == 1, PATIENCE)  # of two at once any may be the first
    await ana.types("#finance", export("right"))
    await eventually(lambda: calls(house, "POST", "/requests") == 2, PATIENCE)
    await until(house, lambda db: troubles.standing(db) is not None)
    for word, told in (("list", True), ("help", False)):
        await carla.types("#finance", f"/tokenflex {word}")
        await carla.hears("#finance", "2 exports" if word == "list" else "/tokenflex", private=True)
        if told:
            await carla.hears("#finance", "Slack takes no messages of mine", "message_limit_exceeded", private=True)
    await carla.types("#finance", "/tokenflex admin")
    await carla.hears("#finance", "Exports by state", "Slack takes no messages of mine", "since", private=True)
    alone = [message for message in carla.sees("#finance") if message.text.startswith("Slack takes no messages")]
    assert len(alone) == 1
    found = {each.name: each for each in await house.side.database.read(_activity, house)}
    assert (found[POST].level, "message_limit_exceeded" in found[POST].found) == (Level.WRONG, True)

    house.slack.workspace.full = False
    await ana.hears("@tokenflex", "did not accept your request for export #1", timeout=PATIENCE)
    await ana.hears("#finance", "export #2 is ready", private=False, timeout=PATIENCE)
    assert await house.side.database.read(troubles.standing) is None
    assert await house.side.database.read(outbox.given_up, 9) == ()


def _activity(db: Any, house: House) -> Any:
    return check_activity(db, house.clock.now(), bot_runs=True)


async def test_who_waits_hears_why_nothing_comes(quick: House) -> None:
    """Whoever types a command while Slack takes nothing reads so, and how to get a file; a slip is told as well."""
    ana, ben = quick.member("ana"), quick.member("ben")
    quick.slack.controls.refuse("chat.postMessage", "message_limit_exceeded")
    await ana.types("#finance", export())
    await until(quick, lambda db: troubles.standing(db) is not None)
    await ana.types("#finance", "/tokenflex status #1")
    await ana.hears("#finance", "Slack takes no messages of mine", "/tokenflex link #1", private=True)
    await ben.types("#finance", "/tokenflex status #99")
    await ben.hears("#finance", "I know of no export #99", private=True)
    await ben.hears("#finance", "Slack takes no messages of mine", private=True)


async def test_a_rate_limit_of_posts_keeps_no_edit(quick: House) -> None:
    """The announcement waits for ten minutes, as Slack asks; the card says meanwhile that the file is ready."""
    ana = quick.member("ana")
    quick.token_flex.controls.hold()
    card = await asks(ana)
    await ana.waits(lambda: "In progress" in card.visible_text(), timeout=PATIENCE)
    quick.slack.controls.fail_next("chat.postMessage", retry_after=600)
    quick.token_flex.controls.release()
    await ana.waits(lambda: "Ready." in card.visible_text(), timeout=PATIENCE)
    assert not [message for message in ana.sees("#finance") if "export #1 is ready" in message.text]
    await ana.hears("#finance", "export #1 is ready", private=False, timeout=PATIENCE)


async def test_what_no_way_takes_is_shown_to_administrators_and_can_be_sent_again(new_house: OpenHouse) -> None:
    """Private messages are switched off and the bot is not in the channel: the file can be had all the same."""
    house = await house_where(new_house, slack={"messages_tab": False}, ADMINISTRATORS="{carla}")
    ana, carla = house.member("ana"), house.member("carla")
    await ana.types("#licences", export())
    await until(house, lambda db: bool(outbox.given_up(db, 9)))
    await carla.types("#finance", "/tokenflex admin")
    shown = await carla.hears("#finance", "the private message about the channel to @ana", private=True)
    assert "Send again" in shown.buttons()
    await until(house, lambda db: exports.get(db, 1).state is ExportState.READY)
    await ana.types("#general", "/tokenflex link #1")
    await ana.hears("#general", "Download year1.csv", private=True, timeout=PATIENCE)
