"""What one person is shown, as it leaves the server."""

import json
from collections.abc import AsyncIterator

import aiohttp
import pytest

from sandbox.page.hands import Hands, MisplacedError
from sandbox.page.scene import Scene, refusal
from sandbox.slack.messages import Content
from sandbox.slack.server import SlackSandbox
from tests.sandbox.slack_support import HandClock, workspace


@pytest.fixture
async def slack(clock: HandClock) -> AsyncIterator[SlackSandbox]:
    """A workspace that knows one command."""
    async with workspace(clock, commands=["/tokenflex"]) as sandbox:
        yield sandbox


def scene_of(slack: SlackSandbox, name: str) -> Scene:
    """Return what that person has in front of them."""
    return Scene(slack, slack.workspace.user(name))


def test_a_private_message_is_in_one_scene_only(slack: SlackSandbox) -> None:
    """What only ana may see does not reach the browser of anybody else, not even hidden."""
    place, bot = slack.workspace.channel("#finance"), slack.workspace.bot
    slack.workspace.post(place, bot, Content("for ana's eyes"), ephemeral_for=slack.workspace.user("ana"))
    assert "for ana's eyes" in json.dumps(scene_of(slack, "ana").whole())
    for other in ("ben", "gus"):
        assert "for ana's eyes" not in json.dumps(scene_of(slack, other).whole())


def test_channels_of_others_are_not_in_the_scene(slack: SlackSandbox) -> None:
    """Neither a private channel nor another person's direct message shows to who is not in it."""
    bot = slack.workspace.bot
    slack.workspace.post(slack.workspace.channel("#licences"), bot, Content("secret talk"))
    slack.workspace.post(slack.workspace.direct_message(slack.workspace.user("ben")), bot, Content("dear ben"))
    seen = scene_of(slack, "gus").whole()
    assert [each["label"] for each in seen["channels"]] == ["#finance", "@tokenflex"]
    assert not seen["messages"]


def test_each_person_has_one_direct_message_with_the_bot(slack: SlackSandbox) -> None:
    """Looking twice opens it once."""
    scene = scene_of(slack, "ana")
    labels = [each["label"] for each in (scene.whole(), scene.whole())[1]["channels"]]
    assert labels.count("@tokenflex") == 1


@pytest.mark.parametrize(("line", "is_in"), [("/invite @tokenflex", True), ("/remove tokenflex", False)])
async def test_slacks_own_commands_let_the_bot_in_and_out(slack: SlackSandbox, line: str, is_in: bool) -> None:
    """/invite and /remove work for the bot, in channels."""
    place = slack.workspace.channel("#licences" if is_in else "#finance")
    said = await Hands(slack.workspace).do(slack.member("ana"), {"do": "type", "channel": place.id, "text": line})
    assert place.label in said["said"]
    assert slack.workspace.bot_is_in(place) is is_in


@pytest.mark.parametrize("line", ["/invite @ben", "/invite", "/remove @ana"])
async def test_nobody_else_is_invited(slack: SlackSandbox, line: str) -> None:
    """The page says which line works."""
    place = slack.workspace.channel("#finance")
    with pytest.raises(MisplacedError, match="@tokenflex"):
        await Hands(slack.workspace).do(slack.member("ana"), {"do": "type", "channel": place.id, "text": line})


async def test_nobody_types_where_they_are_not(slack: SlackSandbox) -> None:
    """A guest cannot write to a channel by its id."""
    place = slack.workspace.channel("#licences")
    with pytest.raises(MisplacedError):
        await Hands(slack.workspace).do(slack.member("gus"), {"do": "type", "channel": place.id, "text": "hello"})
    assert place.messages == []


async def test_only_refusals_of_what_was_sent_are_shown(slack: SlackSandbox, session: aiohttp.ClientSession) -> None:
    """A bad payload is told with its faults; a refusal for the place or the token is the bot's to tell."""
    headers = {"Authorization": f"Bearer {slack.bot_token}"}
    place = slack.workspace.channel("#finance").id
    for body in ({"channel": "C0", "text": "x"}, {"channel": place, "text": "x", "blocks": [{"type": "none"}]}):
        async with session.post(f"{slack.api_url}chat.postMessage", json=body, headers=headers) as answer:
            assert not (await answer.json())["ok"]
    elsewhere, wrong = map(refusal, slack.calls)
    assert elsewhere is None
    assert wrong is not None
    assert wrong["error"] == "invalid_blocks"
    assert "unsupported type: none" in wrong["faults"][0]


async def test_what_a_switch_refuses_is_not_called_wrong(slack: SlackSandbox, session: aiohttp.ClientSession) -> None:
    """A table that this workspace does not take is no fault of the bot; another fault beside it is."""
    slack.workspace.refused_blocks = frozenset({"data_table"})
    headers = {"Authorization": f"Bearer {slack.bot_token}"}
    place = slack.workspace.channel("#finance").id
    for kinds in (["data_table"], ["data_table", "none"]):
        body = {"channel": place, "text": "x", "blocks": [{"type": kind} for kind in kinds]}
        async with session.post(f"{slack.api_url}chat.postMessage", json=body, headers=headers) as answer:
            assert (await answer.json())["error"] == "invalid_blocks"
    switched, wrong = (refusal(call, slack.workspace.refused_blocks) for call in slack.calls)
    assert switched is None
    assert wrong is not None
