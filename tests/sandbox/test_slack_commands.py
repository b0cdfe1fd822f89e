"""Slash commands over real Socket Mode."""

import asyncio
from typing import Any

import aiohttp
import pytest
from slack_bolt.app.async_app import AsyncApp
from slack_bolt.context.ack.async_ack import AsyncAck
from slack_bolt.context.respond.async_respond import AsyncRespond

from sandbox.slack.server import SlackSandbox
from tests.sandbox.slack_support import HandClock, channel_id, running, workspace


async def test_a_command_arrives_and_its_acknowledgement_is_private(slack: SlackSandbox, app: AsyncApp) -> None:
    """What is acknowledged is seen by the person who typed, and by nobody else."""
    seen = {}

    @app.command("/tokenflex")
    async def answer(ack: AsyncAck, body: dict[str, Any]) -> None:
        seen.update(body)
        await ack("On its way, *soon*.")

    async with running(app, slack):
        ana = slack.member("ana")
        answered = await ana.types("#finance", "/tokenflex export contract=1")
    assert answered.error is None
    assert answered.text == "On its way, soon."
    assert seen["text"] == "export contract=1"
    assert seen["channel_id"] == channel_id(slack, "#finance")
    assert seen["user_id"] == ana.id
    assert [message.text for message in slack.member("ben").sees("#finance")] == []


async def test_in_channel_shows_the_command_and_the_answer_to_all(slack: SlackSandbox, app: AsyncApp) -> None:
    """An in_channel acknowledgement shows what was typed as well."""

    @app.command("/tokenflex")
    async def answer(ack: AsyncAck) -> None:
        await ack(text="Here it is", response_type="in_channel")

    async with running(app, slack):
        await slack.member("ana").types("#finance", "/tokenflex help")
    shown = slack.member("ben").sees("#finance")
    assert [(message.author, message.text) for message in shown] == [
        ("ana", "/tokenflex help"),
        ("tokenflex", "Here it is"),
    ]


async def test_a_bare_in_channel_shows_the_command_alone(slack: SlackSandbox, app: AsyncApp) -> None:
    """Without a text there is no second message."""

    @app.command("/tokenflex")
    async def answer(ack: AsyncAck) -> None:
        await ack(response_type="in_channel", text="")

    async with running(app, slack):
        await slack.member("ana").types("#finance", "/tokenflex help")
    assert [message.author for message in slack.member("ben").sees("#finance")] == ["ana"]


async def test_without_a_connection_the_person_sees_an_error(slack: SlackSandbox) -> None:
    """What is typed while nothing is connected is lost."""
    ana = slack.member("ana")
    assert (await ana.types("#finance", "/tokenflex")).error == "no_connection"
    assert ana.errors == ["no_connection"]


async def test_a_late_acknowledgement_counts_as_none(slack: SlackSandbox, app: AsyncApp) -> None:
    """After the deadline the person sees operation_timeout, and the late answer is not shown."""
    slack.sockets.ack_seconds = 0.05
    released, finished = asyncio.Event(), asyncio.Event()

    @app.command("/tokenflex")
    async def answer(ack: AsyncAck) -> None:
        await released.wait()
        await ack("too late")
        finished.set()

    async with running(app, slack):
        ana = slack.member("ana")
        assert (await ana.types("#finance", "/tokenflex")).error == "operation_timeout"
        released.set()
        await finished.wait()
    assert ana.sees("#finance") == []


async def test_an_acknowledgement_that_cannot_be_shown_is_an_error(slack: SlackSandbox, app: AsyncApp) -> None:
    """Invalid blocks in an acknowledgement are told to the person."""

    @app.command("/tokenflex")
    async def answer(ack: AsyncAck) -> None:
        await ack(text="x", blocks=[{"type": "section"}])

    async with running(app, slack):
        answered = await slack.member("ana").types("#finance", "/tokenflex")
    assert answered.error == "invalid_command_response"
    assert "/blocks/0" in answered.detail


@pytest.mark.parametrize(
    ("typed", "arrives"),
    [
        ("plain words", "plain words"),
        ("a < b & c > d", "a &lt; b &amp; c &gt; d"),
        ("@ben", "<@{ben}|ben>"),
        ("#general", "<#{general}|general>"),
        ("#licences", "<#{licences}|>"),
        ("#42 @nobody", "#42 @nobody"),
        ("https://a.example/x?b=1&c=2", "<https://a.example/x?b=1&amp;c=2>"),
        ("to ana@b.example now", "to <mailto:ana@b.example|ana@b.example> now"),
    ],
)
async def test_should_escape_turns_what_was_typed_into_ids(
    slack: SlackSandbox, app: AsyncApp, typed: str, arrives: str
) -> None:
    """With should_escape names, addresses and special characters arrive in Slack's notation."""
    texts = []

    @app.command("/tokenflex")
    async def answer(ack: AsyncAck, body: dict[str, Any]) -> None:
        texts.append(body["text"])
        await ack()

    async with running(app, slack):
        await slack.member("ana").types("#finance", f"/tokenflex {typed}")
    ids = {"ben": slack.member("ben").id} | {name: channel_id(slack, f"#{name}") for name in ("general", "licences")}
    assert texts == [arrives.format(**ids)]


async def test_without_should_escape_the_text_arrives_as_typed(slack: SlackSandbox, app: AsyncApp) -> None:
    """The setting of the manifest decides."""
    slack.typing.should_escape = False
    texts = []

    @app.command("/tokenflex")
    async def answer(ack: AsyncAck, body: dict[str, Any]) -> None:
        texts.append(body["text"])
        await ack()

    async with running(app, slack):
        await slack.member("ana").types("#finance", "/tokenflex a < b @ben")
    assert texts == ["a < b @ben"]


async def test_private_places_do_not_tell_their_names(slack: SlackSandbox, app: AsyncApp) -> None:
    """A private channel is called privategroup and the direct message directmessage."""
    names = []

    @app.command("/tokenflex")
    async def answer(ack: AsyncAck, body: dict[str, Any]) -> None:
        names.append(body["channel_name"])
        await ack()

    async with running(app, slack):
        for channel in ("#finance", "#licences", "@tokenflex"):
            assert (await slack.member("ana").types(channel, "/tokenflex")).error is None
    assert names == ["finance", "privategroup", "directmessage"]


async def test_only_commands_of_the_app_exist(clock: HandClock) -> None:
    """A command that the manifest lacks, an app without the scope, and a foreign person reach nothing."""
    async with workspace(clock, commands=["/tokenflex"]) as slack:
        ana = slack.member("ana")
        assert (await ana.types("#finance", "/other")).error == "not_a_command"
        slack.grant(["chat:write"])
        assert (await ana.types("#finance", "/tokenflex")).error == "not_a_command"


async def test_a_foreign_person_has_no_commands(slack: SlackSandbox) -> None:
    """People of another workspace cannot use the app's commands."""
    slack.workspace.add_member("fay", foreign=True)
    slack.workspace.add_channel("#shared", ["ana", "fay"])
    assert (await slack.member("fay").types("#shared", "/tokenflex")).error == "not_a_command"
    assert slack.workspace.channel("#shared").shared


async def test_nobody_types_where_they_are_not(slack: SlackSandbox) -> None:
    """Typing in a channel one is not in, in an archived one, or a command in a thread is a mistake of the test."""
    gus, ana = slack.member("gus"), slack.member("ana")
    with pytest.raises(AssertionError, match="not in"):
        await gus.types("#general", "hello")
    await ana.types("#finance", "hello")
    with pytest.raises(AssertionError, match="thread"):
        await ana.types("#finance", "/tokenflex", reply_to=ana.sees("#finance")[0])
    slack.workspace.archive("#finance")
    with pytest.raises(AssertionError, match="archived"):
        await ana.types("#finance", "hello")


async def test_respond_works_where_the_bot_is_not_a_member(slack: SlackSandbox, app: AsyncApp) -> None:
    """A response URL needs no membership."""

    @app.command("/tokenflex")
    async def answer(ack: AsyncAck, respond: AsyncRespond) -> None:
        await ack()
        await respond("Here I may speak.")

    async with running(app, slack):
        ana = slack.member("ana")
        await ana.types("#licences", "/tokenflex")
        message = await ana.hears("#licences", "may speak", private=True)
    assert message.ephemeral_for == "ana"
    assert slack.member("ben").sees("#licences") == []


async def test_a_response_url_is_good_for_five_posts(
    slack: SlackSandbox, app: AsyncApp, session: aiohttp.ClientSession
) -> None:
    """The sixth post is refused."""
    urls = []

    @app.command("/tokenflex")
    async def answer(ack: AsyncAck, body: dict[str, Any]) -> None:
        urls.append(body["response_url"])
        await ack()

    async with running(app, slack):
        await slack.member("ana").types("#finance", "/tokenflex")
    statuses = []
    for number in range(6):
        async with session.post(urls[0], json={"text": f"{number}"}) as response:
            statuses.append((response.status, (await response.json()).get("error")))
    assert statuses == [(200, None)] * 5 + [(404, "used_url")]


async def test_a_response_url_is_good_for_thirty_minutes(
    slack: SlackSandbox, app: AsyncApp, session: aiohttp.ClientSession, clock: HandClock
) -> None:
    """In the thirty-first minute the post is refused."""
    urls = []

    @app.command("/tokenflex")
    async def answer(ack: AsyncAck, body: dict[str, Any]) -> None:
        urls.append(body["response_url"])
        await ack()

    async with running(app, slack):
        await slack.member("ana").types("#finance", "/tokenflex")
    await clock.sleep(1801)
    async with session.post(urls[0], json={"text": "late"}) as response:
        assert (await response.json())["error"] == "expired_url"


@pytest.mark.parametrize(
    ("body", "error"),
    [
        ({}, "no_text"),
        ({"blocks": [{"type": "nonsense"}]}, "invalid_blocks"),
        ({"text": "x", "thread_ts": "1.1"}, "thread_not_found"),
    ],
)
async def test_a_bad_post_to_a_response_url_is_refused_and_costs_nothing(
    slack: SlackSandbox, app: AsyncApp, session: aiohttp.ClientSession, body: dict[str, Any], error: str
) -> None:
    """Refused posts do not use the URL up."""
    urls = []

    @app.command("/tokenflex")
    async def answer(ack: AsyncAck, body: dict[str, Any]) -> None:
        urls.append(body["response_url"])
        await ack()

    async with running(app, slack):
        await slack.member("ana").types("#finance", "/tokenflex")
    for _ in range(6):
        async with session.post(urls[0], json=body) as response:
            assert (await response.json())["error"] == error
    async with session.post(urls[0], json={"text": "fine"}) as response:
        assert response.status == 200
