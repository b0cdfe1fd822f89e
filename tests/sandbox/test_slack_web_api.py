"""Tokens, scopes, people and conversations, and misbehaviour on demand."""

import asyncio
import subprocess
import sys
from pathlib import Path
from typing import Any

import aiohttp
import pytest
from slack_sdk.errors import SlackApiError
from slack_sdk.web.async_client import AsyncWebClient

from sandbox.slack.changes import Change
from sandbox.slack.server import SlackSandbox
from tests.sandbox.slack_support import HandClock, channel_id, client_of, refusal, workspace


async def test_auth_test_names_the_bot(slack: SlackSandbox, client: AsyncWebClient) -> None:
    """And every answer lists the scopes of the token."""
    answer = await client.auth_test()
    assert answer["user_id"] == slack.workspace.bot.id
    assert "chat:write" in answer.headers["x-oauth-scopes"].split(",")


async def test_tokens_are_checked(slack: SlackSandbox, client: AsyncWebClient) -> None:
    """No token, a wrong one, and each kind where the other is needed."""
    assert await refusal(client.auth_test(token="xoxb-wrong")) == "invalid_auth"
    assert await refusal(client.auth_test(token=slack.app_token)) == "not_allowed_token_type"
    assert await refusal(client.apps_connections_open(app_token=slack.bot_token)) == "not_allowed_token_type"
    slack.revoke_tokens("account_inactive")
    assert await refusal(client.auth_test()) == "account_inactive"


async def test_a_token_counts_in_header_query_and_form_only(
    slack: SlackSandbox, session: aiohttp.ClientSession
) -> None:
    """A token inside a JSON body is not seen."""
    url, token = f"{slack.api_url}auth.test", slack.bot_token
    ways: list[tuple[dict[str, Any], bool]] = [
        ({"json": {"token": token}}, False),
        ({"data": {"token": token}}, True),
        ({"params": {"token": token}}, True),
    ]
    for how, ok in ways:
        async with session.post(url, **how) as response:
            assert (await response.json())["ok"] is ok
    assert all("token" not in call.arguments for call in slack.calls)


async def test_unknown_methods_and_broken_json(
    slack: SlackSandbox, client: AsyncWebClient, session: aiohttp.ClientSession
) -> None:
    """Slack's own words for both."""
    assert await refusal(client.api_call("chat.invent")) == "unknown_method"
    headers = {"Content-Type": "application/json", "Authorization": f"Bearer {slack.bot_token}"}
    for body, error in (("{", "invalid_json"), ("[]", "json_not_object")):
        async with session.post(f"{slack.api_url}auth.test", data=body, headers=headers) as response:
            assert (await response.json())["error"] == error


@pytest.mark.parametrize(
    ("method", "arguments", "needed"),
    [
        ("chat.postMessage", {"channel": "#finance", "text": "x"}, "chat:write"),
        ("chat.update", {}, "chat:write"),
        ("users.info", {}, "users:read"),
        ("users.list", {}, "users:read"),
        ("usergroups.users.list", {}, "usergroups:read"),
        ("conversations.info", {"channel": "#finance"}, "channels:read,groups:read,im:read,mpim:read"),
        ("conversations.history", {"channel": "#finance"}, "channels:history,groups:history,im:history,mpim:history"),
    ],
)
async def test_a_missing_scope_is_named(
    clock: HandClock, session: aiohttp.ClientSession, method: str, arguments: dict[str, Any], needed: str
) -> None:
    """missing_scope carries needed and provided."""
    async with workspace(clock, scopes=["commands"]) as slack:
        with pytest.raises(SlackApiError) as caught:
            await client_of(slack, session).api_call(method, params=arguments)
    response = caught.value.response
    assert (response["error"], response["needed"], response["provided"]) == ("missing_scope", needed, "commands")


async def test_scopes_are_per_kind_of_conversation(slack: SlackSandbox, client: AsyncWebClient) -> None:
    """channels:read does not read private channels."""
    slack.workspace.invite_bot("#licences")
    slack.grant(["channels:read"])
    await client.conversations_info(channel=channel_id(slack, "#finance"))
    assert await refusal(client.conversations_info(channel=channel_id(slack, "#licences"))) == "missing_scope"


async def test_conversations_tell_membership(slack: SlackSandbox, client: AsyncWebClient) -> None:
    """Public channels are visible without membership, private ones do not exist, history needs membership."""
    slack.workspace.kick_bot("#finance")
    finance = channel_id(slack, "#finance")
    shown = (await client.conversations_info(channel=finance, include_num_members=True))["channel"]
    assert (shown["name"], shown["is_member"], shown["num_members"]) == ("finance", False, 4)
    assert await refusal(client.conversations_history(channel=finance)) == "not_in_channel"
    assert await refusal(client.conversations_info(channel=channel_id(slack, "#licences"))) == "channel_not_found"


async def test_members_come_page_by_page(slack: SlackSandbox, client: AsyncWebClient) -> None:
    """With a cursor until it is empty."""
    first = await client.conversations_members(channel=channel_id(slack, "#finance"), limit=3)
    rest = await client.conversations_members(
        channel=channel_id(slack, "#finance"), limit=3, cursor=first["response_metadata"]["next_cursor"]
    )
    assert len(first["members"] + rest["members"]) == 5
    assert rest["response_metadata"]["next_cursor"] == ""


async def test_people_are_described(slack: SlackSandbox, client: AsyncWebClient) -> None:
    """Guests, people of other workspaces, deactivated accounts, groups."""
    slack.workspace.add_member("fay", foreign=True)
    slack.workspace.deactivate("carla")
    group = slack.workspace.add_usergroup("@licensing", ["ana", "ben"])
    people = {user["name"]: user for user in (await client.users_list())["members"]}
    assert people["gus"]["is_restricted"]
    assert people["carla"]["deleted"]
    assert people["fay"]["team_id"] != people["ana"]["team_id"]
    assert people["tokenflex"]["is_bot"]
    assert (await client.users_info(user=people["ana"]["id"]))["user"]["name"] == "ana"
    assert await refusal(client.users_info(user="U0")) == "user_not_found"
    members = (await client.usergroups_users_list(usergroup=group.id))["users"]
    assert members == [people["ana"]["id"], people["ben"]["id"]]
    assert await refusal(client.usergroups_users_list(usergroup="S0")) == "no_such_subteam"


async def test_direct_messages_are_opened(slack: SlackSandbox, client: AsyncWebClient) -> None:
    """The same channel each time."""
    ana = slack.member("ana")
    first = (await client.conversations_open(users=[ana.id]))["channel"]["id"]
    assert (await client.chat_postMessage(channel=ana.id, text="x"))["channel"] == first
    assert await refusal(client.conversations_open(users="U0")) == "user_not_found"
    assert await refusal(client.conversations_open(users="")) == "users_list_not_supplied"


async def test_messages_tab_can_be_off(clock: HandClock, session: aiohttp.ClientSession) -> None:
    """Then nobody can be written to."""
    async with workspace(clock, messages_tab=False) as slack:
        call = client_of(slack, session).chat_postMessage(channel=slack.member("ana").id, text="x")
        assert await refusal(call) == "messages_tab_disabled"


async def test_calls_are_remembered(slack: SlackSandbox, client: AsyncWebClient) -> None:
    """Method, arguments, and how it was answered; subscribers hear of it."""
    changes: list[Change] = []
    unsubscribe = slack.controls.subscribe(changes.append)
    await client.chat_postMessage(channel=channel_id(slack, "#finance"), text="x")
    unsubscribe()
    await refusal(client.users_info(user="U0"))
    assert [(call.method, call.ok, call.error) for call in slack.calls] == [
        ("chat.postMessage", True, None),
        ("users.info", False, "user_not_found"),
    ]
    assert slack.calls[0].arguments["text"] == "x"
    assert [change.kind for change in changes] == ["message_posted", "call"]


async def test_failures_on_demand(slack: SlackSandbox, client: AsyncWebClient) -> None:
    """Error codes, statuses, Retry-After and pages of HTML, each for the next calls only."""
    slack.controls.fail_next("auth.test", "fatal_error")
    assert await refusal(client.auth_test()) == "fatal_error"
    slack.controls.fail_next("auth.test", retry_after=7)
    with pytest.raises(SlackApiError) as limited:
        await client.auth_test()
    assert (limited.value.response.status_code, limited.value.response.headers["Retry-After"]) == (429, "7")
    slack.controls.fail_next("auth.test", status=503, count=2)
    for _ in range(2):
        with pytest.raises(SlackApiError) as broken:
            await client.auth_test()
        assert broken.value.response.status_code == 503
    slack.controls.fail_next("auth.test", status=502, html=True)
    with pytest.raises(SlackApiError):
        await client.auth_test()
    assert (await client.auth_test())["ok"]


@pytest.mark.parametrize("after_effect", [True, False])
async def test_answers_get_lost_on_demand(slack: SlackSandbox, client: AsyncWebClient, after_effect: bool) -> None:
    """The connection ends without an answer, with the message posted or not."""
    slack.controls.drop_answer_next("chat.postMessage", after_effect=after_effect)
    with pytest.raises(aiohttp.ClientError):
        await client.chat_postMessage(channel=channel_id(slack, "#finance"), text="x")
    assert len(slack.member("ana").sees("#finance")) == int(after_effect)
    assert len(slack.calls) == 1


async def test_slow_answers_on_demand(slack: SlackSandbox, client: AsyncWebClient) -> None:
    """A slow call has its effect late."""
    slack.controls.slow_next("chat.postMessage", 0.05)
    posting = asyncio.ensure_future(client.chat_postMessage(channel=channel_id(slack, "#finance"), text="x"))
    await client.auth_test()
    assert slack.member("ana").sees("#finance") == []
    await posting
    assert len(slack.member("ana").sees("#finance")) == 1


def test_it_runs_alone() -> None:
    """The module prints the environment that a bot needs and serves until it is ended."""
    command = [sys.executable, "-m", "sandbox.slack", "--port", "0"]
    root = Path(__file__).parents[2]
    with subprocess.Popen(command, cwd=root, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        lines = [process.stdout.readline() for _ in range(3)]
        process.terminate()
    names = [line.partition("=")[0] for line in lines]
    assert names == ["SLACK_BASE_URL", "SLACK_BOT_TOKEN", "SLACK_APP_TOKEN"]
