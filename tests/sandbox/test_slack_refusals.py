"""Refusals that last: any code for any method, in one channel, thread or message; what places and messages refuse."""

import asyncio
import contextlib
from typing import Any

import pytest
from slack_bolt.app.async_app import AsyncApp
from slack_sdk.errors import SlackApiError
from slack_sdk.web.async_client import AsyncWebClient

from sandbox.slack.server import SlackSandbox
from tests.harness.talk import eventually
from tests.sandbox.slack_support import HandClock, channel_id, modal, refusal, running, section


def codes(text: str) -> list[str]:
    return text.split()


POSTING = codes(
    "channel_not_found not_in_channel is_archived restricted_action restricted_action_read_only_channel "
    "restricted_action_thread_only_channel restricted_action_non_threadable_channel restricted_action_thread_locked "
    "messages_tab_disabled invalid_blocks invalid_blocks_format no_text ratelimited rate_limited "
    "message_limit_exceeded account_inactive token_revoked token_expired missing_scope team_access_not_granted "
    "cannot_reply_to_message msg_too_long msg_blocks_too_long markdown_text_conflict user_not_in_channel"
)
EDITING = codes(
    "message_not_found cant_update_message edit_window_closed is_inactive block_mismatch "
    "no_dual_broadcast_content_update msg_too_long"
)
VIEWS = codes(
    "view_too_large duplicate_external_id push_limit_reached hash_conflict not_found not_enabled expired_trigger_id "
    "exchanged_trigger_id invalid_trigger_id"
)
FILES = codes(
    "file_uploads_disabled file_uploads_except_images_disabled file_type_not_allowed file_upload_size_restricted "
    "storage_limit_reached posting_to_channel_denied not_in_channel snippet_too_large missing_argument"
)
EVERY = [
    *(("chat.postMessage", code) for code in POSTING),
    *(("chat.postEphemeral", code) for code in POSTING),
    *(("chat.update", code) for code in EDITING),
    *((method, code) for code in VIEWS for method in ("views.open", "views.update", "views.push")),
    *(("auth.test", code) for code in FILES),
]


@pytest.mark.parametrize(("method", "code"), EVERY)
async def test_every_code_lasts_until_it_is_lifted(
    client: AsyncWebClient, slack: SlackSandbox, method: str, code: str
) -> None:
    """With the words that belong to it, time after time, and no effect."""
    lift = slack.controls.refuse(method, code, ["[ERROR] because [json-pointer:/x]"])
    arguments = {"channel": channel_id(slack, "#finance"), "text": "x", "user": slack.member("ana").id}
    for _ in range(3):
        with pytest.raises(SlackApiError) as caught:
            await client.api_call(method, json=arguments)
        assert caught.value.response["error"] == code
        assert caught.value.response["response_metadata"]["messages"] == ["[ERROR] because [json-pointer:/x]"]
    assert slack.member("ana").sees("#finance") == []
    lift()
    calls = len(slack.calls)
    with contextlib.suppress(SlackApiError):  # what it is refused for now has its own reason
        await client.api_call(method, json=arguments)
    assert slack.calls[calls].faults != ("[ERROR] because [json-pointer:/x]",)


async def test_one_channel_is_refused(slack: SlackSandbox, client: AsyncWebClient) -> None:
    """By its id, by its name, and a direct message by the person's account as well."""
    slack.controls.refuse("chat.postMessage", "restricted_action", channel="#finance")
    finance, ana = channel_id(slack, "#finance"), slack.member("ana").id
    assert await refusal(client.chat_postMessage(channel=finance, text="x")) == "restricted_action"
    assert await refusal(client.chat_postMessage(channel="#finance", text="x")) == "restricted_action"
    direct = str((await client.chat_postMessage(channel=ana, text="x"))["channel"])
    slack.controls.refuse("chat.postMessage", "messages_tab_disabled", channel=direct)
    for named in (ana, direct):
        assert await refusal(client.chat_postMessage(channel=named, text="x")) == "messages_tab_disabled"
    assert (await client.chat_postMessage(channel=channel_id(slack, "#general"), text="x"))["ok"]


async def test_one_thread_or_one_message_is_refused(slack: SlackSandbox, client: AsyncWebClient) -> None:
    """Of a thread: replies into it and edits in it."""
    finance = channel_id(slack, "#finance")
    first, other = [str((await client.chat_postMessage(channel=finance, text="x"))["ts"]) for _ in range(2)]
    reply = str((await client.chat_postMessage(channel=finance, text="y", thread_ts=first))["ts"])
    slack.controls.refuse("chat.postMessage", "restricted_action_thread_locked", thread_ts=first)
    lift = slack.controls.refuse("chat.update", "cant_update_message", thread_ts=first)
    locked = client.chat_postMessage(channel=finance, text="z", thread_ts=first)
    assert await refusal(locked) == "restricted_action_thread_locked"
    for ts in (first, reply):
        assert await refusal(client.chat_update(channel=finance, ts=ts, text="z")) == "cant_update_message"
    assert (await client.chat_postMessage(channel=finance, text="z", thread_ts=other))["ok"]
    lift()
    slack.controls.refuse("chat.update", "edit_window_closed", ts=reply)
    assert (await client.chat_update(channel=finance, ts=first, text="z"))["ok"]
    assert await refusal(client.chat_update(channel=finance, ts=reply, text="z")) == "edit_window_closed"


async def test_token_scope_and_rate_come_first(slack: SlackSandbox, client: AsyncWebClient) -> None:
    """A refusal of the method hides none of them."""
    slack.controls.refuse("chat.postMessage", "restricted_action")
    slack.grant({"commands"})
    assert await refusal(client.chat_postMessage(channel="#finance", text="x")) == "missing_scope"
    slack.revoke_tokens("account_inactive")
    assert await refusal(client.chat_postMessage(channel="#finance", text="x")) == "account_inactive"


async def test_response_urls_are_refused_by_channel(slack: SlackSandbox, app: AsyncApp) -> None:
    """The URL itself names no channel; it is that of the person's act."""
    slack.controls.refuse("response_url", "restricted_action", channel="#finance")

    @app.command("/x")
    async def listener(ack: Any, respond: Any) -> None:
        await ack()
        await respond("answered")

    async with running(app, slack):
        ana = slack.member("ana")
        await ana.types("#finance", "/x")
        await ana.types("#general", "/x")
        await ana.hears("#general", "answered")
        await eventually(lambda: sum(call.method == "response_url" for call in slack.calls) == 2)
    assert ana.sees("#finance") == []
    assert [call.error for call in slack.calls if call.method == "response_url"].count("restricted_action") == 1


async def test_channels_with_or_without_threads(slack: SlackSandbox, client: AsyncWebClient) -> None:
    """Replies only, or no replies; the information about the channel says which."""
    finance = channel_id(slack, "#finance")
    place = slack.workspace.channel("#finance")
    ts = str((await client.chat_postMessage(channel=finance, text="x"))["ts"])
    place.thread_only = True
    refused = "restricted_action_thread_only_channel"
    assert await refusal(client.chat_postMessage(channel=finance, text="x")) == refused
    assert (await client.chat_postMessage(channel=finance, text="x", thread_ts=ts))["ok"]
    assert (await client.conversations_info(channel=finance))["channel"]["is_thread_only"]
    place.thread_only, place.non_threadable = False, True
    refused = "restricted_action_non_threadable_channel"
    assert await refusal(client.chat_postMessage(channel=finance, text="x", thread_ts=ts)) == refused
    assert (await client.chat_postMessage(channel=finance, text="x"))["ok"]
    assert (await client.conversations_info(channel=finance))["channel"]["is_non_threadable"]
    place.non_threadable, place.read_only = False, True
    refused = "restricted_action_read_only_channel"
    assert await refusal(client.chat_postMessage(channel=finance, text="x", thread_ts=ts)) == refused
    assert (await client.chat_update(channel=finance, ts=ts, text="edits pass"))["ok"]


async def test_a_locked_thread_takes_no_replies(slack: SlackSandbox, client: AsyncWebClient) -> None:
    """Neither for all nor for one; opened again it does."""
    finance, ana = channel_id(slack, "#finance"), slack.member("ana")
    ts = str((await client.chat_postMessage(channel=finance, text="x"))["ts"])
    message = await ana.hears("#finance", "x")
    message.locked = True
    for call in (
        client.chat_postMessage(channel=finance, text="y", thread_ts=ts),
        client.chat_postEphemeral(channel=finance, user=ana.id, text="y", thread_ts=ts),
    ):
        assert await refusal(call) == "restricted_action_thread_locked"
    message.locked = False
    assert (await client.chat_postMessage(channel=finance, text="y", thread_ts=ts))["ok"]


async def test_messages_that_cannot_be_edited(slack: SlackSandbox, client: AsyncWebClient, clock: HandClock) -> None:
    """Frozen ones, and in some workspaces those that are too old."""
    finance = channel_id(slack, "#finance")
    slack.workspace.edit_window = 300
    ts = str((await client.chat_postMessage(channel=finance, text="x"))["ts"])
    message = await slack.member("ana").hears("#finance", "x")
    message.frozen = True
    assert await refusal(client.chat_update(channel=finance, ts=ts, text="y")) == "cant_update_message"
    message.frozen = False
    await clock.sleep(299)
    assert (await client.chat_update(channel=finance, ts=ts, text="y"))["ok"]
    await clock.sleep(2)
    assert await refusal(client.chat_update(channel=finance, ts=ts, text="z")) == "edit_window_closed"
    assert message.visible_text() == "y"


async def test_a_full_workspace_takes_no_new_messages(slack: SlackSandbox, client: AsyncWebClient) -> None:
    """Edits pass."""
    finance, ana = channel_id(slack, "#finance"), slack.member("ana").id
    ts = str((await client.chat_postMessage(channel=finance, text="x"))["ts"])
    slack.workspace.full = True
    assert await refusal(client.chat_postMessage(channel=finance, text="x")) == "message_limit_exceeded"
    assert await refusal(client.chat_postEphemeral(channel=finance, user=ana, text="x")) == "message_limit_exceeded"
    assert (await client.chat_update(channel=finance, ts=ts, text="y"))["ok"]


@pytest.mark.parametrize("private", [True, False])
async def test_the_bot_is_removed_and_brought_back(slack: SlackSandbox, client: AsyncWebClient, private: bool) -> None:
    """A private channel is not even there meanwhile; messages from before can be edited afterwards."""
    slack.workspace.add_channel("#team", ["ana"], private=private)
    team = channel_id(slack, "#team")
    ts = str((await client.chat_postMessage(channel=team, text="x"))["ts"])
    slack.workspace.kick_bot("#team")
    refused = "channel_not_found" if private else "not_in_channel"
    assert await refusal(client.chat_postMessage(channel=team, text="x")) == refused
    slack.workspace.invite_bot("#team")
    assert (await client.chat_postMessage(channel=team, text="x"))["ok"]
    assert (await client.chat_update(channel=team, ts=ts, text="y"))["ok"]


async def test_an_old_trigger_is_refused_in_words(slack: SlackSandbox, client: AsyncWebClient) -> None:
    """`invalid_arguments`, as Slack has answered; other triggers keep their codes."""
    slack.triggers.seconds = 0.01
    slack.controls.word_expired_triggers()
    trigger = slack.triggers.give(slack.member("ana").id, None)
    await asyncio.sleep(0.02)
    with pytest.raises(SlackApiError) as caught:
        await client.views_open(trigger_id=trigger, view=modal(section("x")))
    assert caught.value.response["error"] == "invalid_arguments"
    words = ["[ERROR] `trigger_id` expired [json-pointer:/trigger_id]"]
    assert caught.value.response["response_metadata"]["messages"] == words
    unknown = client.views_open(trigger_id="0", view=modal(section("x")))
    assert await refusal(unknown) == "invalid_trigger_id"
