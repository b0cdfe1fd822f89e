"""Messages through the Web API: who may post where, edits, threads, reading back."""

from collections.abc import Callable
from typing import Any

import aiohttp
import pytest
from slack_sdk.web.async_client import AsyncWebClient

from sandbox.slack.server import SlackSandbox
from sandbox.slack.workspace import Workspace
from tests.sandbox.slack_support import HandClock, actions, button, channel_id, client_of, refusal, section, workspace

META = {"event_type": "export", "event_payload": {"number": 1}}


@pytest.fixture
def finance(slack: SlackSandbox) -> str:
    return channel_id(slack, "#finance")


@pytest.mark.parametrize(
    ("prepare", "channel", "error"),
    [
        (lambda workspace: None, "C0NOWHERE", "channel_not_found"),
        (lambda workspace: None, "#licences", "channel_not_found"),
        (lambda workspace: workspace.kick_bot("#finance"), "#finance", "not_in_channel"),
        (lambda workspace: workspace.archive("#finance"), "#finance", "is_archived"),
    ],
)
async def test_where_the_bot_may_not_post(
    slack: SlackSandbox, client: AsyncWebClient, prepare: Callable[[Workspace], object], channel: str, error: str
) -> None:
    """Unknown, private without the bot, public without the bot, archived."""
    prepare(slack.workspace)
    known = {each.label: each.id for each in slack.workspace.channels.values()}
    assert await refusal(client.chat_postMessage(channel=known.get(channel, channel), text="x")) == error


async def test_public_posting_needs_its_scope(clock: HandClock, session: aiohttp.ClientSession) -> None:
    """With chat:write.public a public channel takes posts without membership; a private one does not."""
    async with workspace(clock, scopes=["chat:write", "chat:write.public"]) as slack:
        client = client_of(slack, session)
        slack.workspace.kick_bot("#finance")
        await client.chat_postMessage(channel=channel_id(slack, "#finance"), text="x")
        assert (
            await refusal(client.chat_postMessage(channel=channel_id(slack, "#licences"), text="x"))
            == "channel_not_found"
        )


async def test_an_invited_bot_may_post(slack: SlackSandbox, client: AsyncWebClient) -> None:
    """Inviting opens a private channel."""
    slack.workspace.invite_bot("#licences")
    await client.chat_postMessage(channel=channel_id(slack, "#licences"), text="Hello")
    assert slack.member("ana").sees("#licences")[0].author == "tokenflex"


async def test_a_user_id_opens_the_direct_message(slack: SlackSandbox, client: AsyncWebClient) -> None:
    """The answer names the D… channel, which only that person sees; chat.update refuses the user id."""
    ana = slack.member("ana")
    answer = await client.chat_postMessage(channel=ana.id, text="Psst")
    assert answer["channel"].startswith("D")
    assert (await ana.hears("@tokenflex", "Psst")).channel == "@tokenflex"
    assert slack.member("ben").sees("@tokenflex") == []
    assert await refusal(client.chat_update(channel=ana.id, ts=answer["ts"], text="x")) == "channel_not_found"


async def test_texts_are_cut_above_forty_thousand(slack: SlackSandbox, client: AsyncWebClient, finance: str) -> None:
    """A post is cut, an edit over 4,000 characters is refused."""
    answer = await client.chat_postMessage(channel=finance, text="x" * 40_001)
    assert len(answer["message"]["text"]) == 40_000
    assert await refusal(client.chat_update(channel=finance, ts=answer["ts"], text="x" * 4001)) == "msg_too_long"


@pytest.mark.parametrize(
    ("arguments", "error"),
    [
        ({}, "no_text"),
        ({"text": ""}, "no_text"),
        ({"text": "x", "blocks": "{"}, "invalid_blocks_format"),
        ({"text": "x", "blocks": "{}"}, "no_error"),
        ({"text": "x", "blocks": '{"a": 1}'}, "invalid_blocks_format"),
        ({"text": "x", "blocks": '[{"type": "nonsense"}]'}, "invalid_blocks"),
        ({"text": "x", "metadata": {"a": 1}}, "invalid_metadata_format"),
        ({"text": "x", "metadata": {"event_type": "a"}}, "invalid_metadata_schema"),
        ({"text": "x", "thread_ts": "1.1"}, "thread_not_found"),
        ({"markdown_text": "x", "text": "x"}, "markdown_text_conflict"),
        ({"markdown_text": "x" * 12_001}, "msg_too_long"),
    ],
)
async def test_what_a_post_may_not_be(
    client: AsyncWebClient, finance: str, arguments: dict[str, Any], error: str
) -> None:
    """Missing texts, malformed blocks and metadata."""
    call = client.api_call("chat.postMessage", json={"channel": finance, **arguments})
    if error == "no_error":
        await call
    else:
        assert await refusal(call) == error


async def test_replies_belong_to_a_parent(slack: SlackSandbox, client: AsyncWebClient, finance: str) -> None:
    """A reply of a reply is refused; a broadcast reply stands in the channel too."""
    parent = (await client.chat_postMessage(channel=finance, text="Card"))["ts"]
    reply = (await client.chat_postMessage(channel=finance, text="Hidden", thread_ts=parent))["ts"]
    await client.chat_postMessage(channel=finance, text="Loud", thread_ts=parent, reply_broadcast=True)
    assert (
        await refusal(client.chat_postMessage(channel=finance, text="x", thread_ts=reply)) == "cannot_reply_to_message"
    )
    history = (await client.conversations_history(channel=finance))["messages"]
    assert [message["text"] for message in history] == ["Loud", "Card"]
    assert history[1]["reply_count"] == 2
    thread = (await client.conversations_replies(channel=finance, ts=parent))["messages"]
    assert [message["text"] for message in thread] == ["Card", "Hidden", "Loud"]
    seen = slack.member("ben").sees("#finance")
    assert [(message.thread_ts, message.broadcast) for message in seen] == [
        (None, False),
        (parent, False),
        (parent, True),
    ]


async def test_an_edit_replaces_what_it_names(slack: SlackSandbox, client: AsyncWebClient, finance: str) -> None:
    """Text without blocks removes the blocks; metadata stays until an empty object removes it."""
    blocks = [section("*Card*"), actions(button("Go"))]
    ts = (await client.chat_postMessage(channel=finance, text="Card", blocks=blocks, metadata=META))["ts"]
    message = slack.member("ana").sees("#finance")[0]
    await client.chat_update(channel=finance, ts=ts, text="Card 2", blocks=blocks)
    assert (message.buttons(), message.edited_mark, message.metadata) == (["Go"], False, META)
    await client.chat_update(channel=finance, ts=ts, text="Bare")
    assert (message.blocks, message.edited_mark, message.metadata) == ([], True, META)
    await client.api_call("chat.update", json={"channel": finance, "ts": ts, "metadata": {}})
    assert (message.text, message.metadata) == ("Bare", None)
    assert [version.text for version in message.history] == ["Card", "Card 2", "Bare"]


async def test_only_own_public_messages_are_edited_and_deleted(
    slack: SlackSandbox, client: AsyncWebClient, finance: str
) -> None:
    """Messages of others, ephemeral ones, missing ones, and those in an archive are refused."""
    ana = slack.member("ana")
    await ana.types("#finance", "mine")
    theirs = ana.sees("#finance")[0].ts
    private = (await client.chat_postEphemeral(channel=finance, user=ana.id, text="psst"))["message_ts"]
    own = (await client.chat_postMessage(channel=finance, text="own"))["ts"]
    for ts, edit, deletion in [
        (theirs, "cant_update_message", "cant_delete_message"),
        (private, "message_not_found", "message_not_found"),
        ("1.1", "message_not_found", "message_not_found"),
    ]:
        assert await refusal(client.chat_update(channel=finance, ts=ts, text="x")) == edit
        assert await refusal(client.chat_delete(channel=finance, ts=ts)) == deletion
    assert await refusal(client.api_call("chat.update", json={"channel": finance, "ts": own})) == "no_text"
    slack.workspace.archive("#finance")
    assert await refusal(client.chat_update(channel=finance, ts=own, text="x")) == "is_inactive"


async def test_a_reply_is_broadcast_later_only_unchanged(
    slack: SlackSandbox, client: AsyncWebClient, finance: str
) -> None:
    """Broadcasting an old reply and changing it in one call is refused."""
    parent = (await client.chat_postMessage(channel=finance, text="Card"))["ts"]
    reply = (await client.chat_postMessage(channel=finance, text="Done", thread_ts=parent))["ts"]
    both = client.chat_update(channel=finance, ts=reply, text="Changed", reply_broadcast=True)
    assert await refusal(both) == "no_dual_broadcast_content_update"
    await client.api_call("chat.update", json={"channel": finance, "ts": reply, "reply_broadcast": True})
    assert slack.member("ana").sees("#finance")[1].broadcast


async def test_ephemeral_messages_are_for_members(slack: SlackSandbox, client: AsyncWebClient, finance: str) -> None:
    """One person sees it; who is not in the channel cannot; a thread without replies shows nothing."""
    general = channel_id(slack, "#general")
    gus, ana = slack.member("gus"), slack.member("ana")
    assert await refusal(client.chat_postEphemeral(channel=general, user=gus.id, text="x")) == "user_not_in_channel"
    await client.chat_postEphemeral(channel=finance, user=gus.id, text="for gus")
    assert [message.text for message in gus.sees("#finance")] == ["for gus"]
    assert ana.sees("#finance") == []
    assert (await client.conversations_history(channel=finance))["messages"] == []
    parent = (await client.chat_postMessage(channel=finance, text="Card"))["ts"]
    await client.chat_postEphemeral(channel=finance, user=gus.id, text="unseen", thread_ts=parent)
    assert [message.text for message in gus.sees("#finance")] == ["for gus", "Card"]


async def test_metadata_is_read_back_only_with_its_scope(
    slack: SlackSandbox, client: AsyncWebClient, finance: str
) -> None:
    """include_all_metadata alone gives nothing without metadata.message:read."""
    ts = (await client.chat_postMessage(channel=finance, text="Card", metadata=META))["ts"]

    async def read(**more: Any) -> Any:
        return (await client.conversations_history(channel=finance, **more))["messages"][0].get("metadata")

    assert await read(include_all_metadata=True) == META
    assert await read() is None
    thread = await client.conversations_replies(channel=finance, ts=ts, include_all_metadata=True)
    assert thread["messages"][0]["metadata"] == META
    slack.grant(["chat:write", "channels:history"])
    assert await read(include_all_metadata=True) is None


async def test_history_goes_page_by_page(client: AsyncWebClient, finance: str) -> None:
    """Newest first, cursors, and bounds that are exclusive unless inclusive is asked for."""
    stamps = [(await client.chat_postMessage(channel=finance, text=f"{n}"))["ts"] for n in range(5)]
    first = await client.conversations_history(channel=finance, limit=3)
    assert [message["text"] for message in first["messages"]] == ["4", "3", "2"]
    assert first["has_more"]
    rest = await client.conversations_history(
        channel=finance, limit=3, cursor=first["response_metadata"]["next_cursor"]
    )
    assert [message["text"] for message in rest["messages"]] == ["1", "0"]
    for inclusive, expected in ((False, ["2"]), (True, ["3", "2", "1"])):
        found = await client.conversations_history(
            channel=finance, oldest=stamps[1], latest=stamps[3], inclusive=inclusive
        )
        assert [message["text"] for message in found["messages"]] == expected


async def test_stamps_of_a_channel_differ_even_at_one_moment(client: AsyncWebClient, finance: str) -> None:
    """The clock stands still, the stamps go on."""
    stamps = [(await client.chat_postMessage(channel=finance, text="x"))["ts"] for _ in range(3)]
    assert stamps == sorted(set(stamps))


async def test_permalinks(client: AsyncWebClient, finance: str) -> None:
    """An address for a message that is there."""
    ts = (await client.chat_postMessage(channel=finance, text="Card"))["ts"]
    link = (await client.chat_getPermalink(channel=finance, message_ts=ts))["permalink"]
    assert link.endswith(f"/archives/{finance}/p{ts.replace('.', '')}")
    assert await refusal(client.chat_getPermalink(channel=finance, message_ts="1.1")) == "message_not_found"


async def test_deleted_messages_are_gone(slack: SlackSandbox, client: AsyncWebClient, finance: str) -> None:
    """Neither people nor the Web API see them."""
    ts = (await client.chat_postMessage(channel=finance, text="Card"))["ts"]
    message = slack.member("ana").sees("#finance")[0]
    await client.chat_delete(channel=finance, ts=ts)
    assert message.deleted
    assert slack.member("ana").sees("#finance") == []
    assert (await client.conversations_history(channel=finance))["messages"] == []


async def test_mrkdwn_is_left_as_sent_and_read_as_drawn(
    slack: SlackSandbox, client: AsyncWebClient, finance: str
) -> None:
    """The API gives the text back untouched; a person reads names, labels and dates."""
    ana = slack.member("ana")
    noon = 1_795_521_600
    text = (
        f"*Done* for <@{ana.id}> in <#{finance}>: <https://x.example/a?b=1&amp;c=2|file_a_b> &lt;1&gt; "
        f"`*code*` <!date^{noon}^{{date_num}} {{time}} {{ago}}|then>"
    )
    answer = await client.chat_postMessage(channel=finance, text="plain", blocks=[section(text)])
    assert answer["message"]["blocks"][0]["text"]["text"] == text
    message = await ana.hears(
        "#finance", "Done for @ana in #finance: file_a_b <1> *code* 2026-11-24 12:00 PM in 0 seconds"
    )
    assert message.links() == ["https://x.example/a?b=1&c=2"]
    assert message.mentions() == {"ana"}


@pytest.mark.parametrize(
    ("text", "verbatim", "mentions", "links"),
    [
        ("<!channel>", True, {"channel"}, []),
        ("&lt;!channel&gt;", True, set(), []),
        ("@here and https://a.example", True, set(), []),
        ("@here and https://a.example", False, {"here"}, ["https://a.example"]),
        ("mail@here.example", False, set(), []),
    ],
)
async def test_only_unescaped_or_not_verbatim_text_notifies(
    slack: SlackSandbox,
    client: AsyncWebClient,
    finance: str,
    text: str,
    verbatim: bool,
    mentions: set[str],
    links: list[str],
) -> None:
    """What a text wakes and what it links depends on escaping and on verbatim."""
    block = {"type": "section", "text": {"type": "mrkdwn", "text": text, "verbatim": verbatim}}
    await client.chat_postMessage(channel=finance, text="x", blocks=[block], unfurl_links=False, unfurl_media=False)
    message = slack.member("ana").sees("#finance")[0]
    assert (message.mentions(), message.links(), message.unfurls) == (mentions, links, False)


async def test_forms_are_as_good_as_json(slack: SlackSandbox, client: AsyncWebClient, finance: str) -> None:
    """Blocks and metadata travel as JSON strings in forms."""
    form = {
        "channel": finance,
        "text": "Card",
        "blocks": '[{"type": "divider"}]',
        "metadata": '{"event_type": "a", "event_payload": {}}',
    }
    await client.api_call("chat.postMessage", data=form)
    message = slack.member("ana").sees("#finance")[0]
    assert (message.blocks[0]["type"], message.metadata) == ("divider", {"event_type": "a", "event_payload": {}})
