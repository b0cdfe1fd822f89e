"""Conversations of every kind, shared channels and their strangers, organisations, ids that change."""

from typing import Any

import pytest
from slack_bolt.app.async_app import AsyncApp
from slack_sdk.web.async_client import AsyncWebClient

from sandbox.slack.people import ENTERPRISE_ID, FOREIGN_TEAM_ID, TEAM_ID
from sandbox.slack.server import DEFAULT_SCOPES, SlackSandbox
from tests.sandbox.slack_support import channel_id, refusal, running

READ = {"public": "channels:read", "private": "groups:read", "im": "im:read", "mpim": "mpim:read"}


@pytest.fixture
def places(slack: SlackSandbox) -> dict[str, str]:
    """The id of a conversation of each kind; the bot is in all of them."""
    workspace = slack.workspace
    return {
        "public": channel_id(slack, "#finance"),
        "private": workspace.add_channel("#secret", ["ana"], private=True).id,
        "im": workspace.direct_message(workspace.user("ana")).id,
        "mpim": workspace.add_group_dm(["ana", "ben"]).id,
    }


@pytest.mark.parametrize("kind", READ)
async def test_each_kind_of_conversation_has_its_scope(
    slack: SlackSandbox, client: AsyncWebClient, places: dict[str, str], kind: str
) -> None:
    """One of the four read scopes opens one kind; the others do not."""
    slack.grant({READ[kind]})
    shown = (await client.conversations_info(channel=places[kind]))["channel"]
    assert (shown["is_im"], shown["is_mpim"]) == (kind == "im", kind == "mpim")
    assert (await client.conversations_members(channel=places[kind]))["members"]
    slack.grant(DEFAULT_SCOPES - {READ[kind]})
    assert await refusal(client.conversations_info(channel=places[kind])) == "missing_scope"
    assert await refusal(client.conversations_members(channel=places[kind])) == "missing_scope"


async def test_information_about_a_channel(slack: SlackSandbox, client: AsyncWebClient) -> None:
    """Name, membership, archive and sharing."""
    finance = channel_id(slack, "#finance")
    slack.workspace.rename("#finance", "#money")
    slack.workspace.kick_bot("#money")
    slack.workspace.archive("#money")
    slack.workspace.channel("#money").sharing_pending = True
    shown = (await client.conversations_info(channel=finance))["channel"]
    facts = {key: shown[key] for key in ("name", "is_member", "is_archived", "is_ext_shared", "is_pending_ext_shared")}
    assert facts == {
        "name": "money",
        "is_member": False,
        "is_archived": True,
        "is_ext_shared": False,
        "is_pending_ext_shared": True,
    }
    licences = channel_id(slack, "#licences")
    assert await refusal(client.conversations_info(channel=licences)) == "channel_not_found"


async def test_conversations_of_a_person(slack: SlackSandbox, client: AsyncWebClient, places: dict[str, str]) -> None:
    """By kind and page; private ones of others only where the bot is in; without a person those of the bot."""
    slack.workspace.archive("#general")
    ana = slack.member("ana").id

    async def listed(**more: Any) -> set[str]:
        return {each["id"] for each in (await client.users_conversations(**more))["channels"]}

    general = channel_id(slack, "#general")
    assert await listed(user=ana) == {general, places["public"]}
    assert await listed(user=ana, exclude_archived=True) == {places["public"]}
    every = "public_channel,private_channel,mpim,im"
    assert await listed(user=ana, types=every) == {general, *places.values()}
    assert channel_id(slack, "#licences") not in await listed(types=every)
    first = await client.users_conversations(user=ana, types=every, limit=3)
    rest = await client.users_conversations(
        user=ana, types=every, limit=3, cursor=first["response_metadata"]["next_cursor"]
    )
    assert {each["id"] for each in [*first["channels"], *rest["channels"]]} == {general, *places.values()}
    assert await refusal(client.users_conversations(types="group")) == "invalid_types"
    assert await refusal(client.users_conversations(user="U0")) == "user_not_found"


async def test_conversations_need_the_scope_of_each_kind_asked_for(slack: SlackSandbox, client: AsyncWebClient) -> None:
    """With one of two missing there is no list."""
    slack.grant({"channels:read"})
    assert (await client.users_conversations())["ok"]
    assert await refusal(client.users_conversations(types="public_channel,im")) == "missing_scope"


async def test_strangers_of_a_shared_channel(slack: SlackSandbox, client: AsyncWebClient) -> None:
    """They read what is posted there; whoever shares no channel with the app is a stranger."""
    fay = slack.workspace.add_member("fay", foreign=True)

    async def shown() -> Any:
        return (await client.users_info(user=fay.id))["user"]

    assert ((await shown())["is_stranger"], (await shown())["team_id"]) == (True, FOREIGN_TEAM_ID)
    slack.workspace.join("#finance", "fay")
    assert not (await shown())["is_stranger"]
    finance = channel_id(slack, "#finance")
    info = (await client.conversations_info(channel=finance))["channel"]
    assert (info["is_ext_shared"], info["shared_team_ids"]) == (True, [TEAM_ID, FOREIGN_TEAM_ID])
    await client.chat_postMessage(channel=finance, text="for all to see")
    await slack.member("fay").hears("#finance", "for all to see")
    assert fay.id in (await client.conversations_members(channel=finance))["members"]
    slack.workspace.leave("#finance", "fay")
    assert (await shown())["is_stranger"]
    with pytest.raises(AssertionError, match="not in"):
        slack.member("fay").sees("#finance")


async def test_accounts_of_an_organisation(slack: SlackSandbox, client: AsyncWebClient) -> None:
    """No team of its own, workspaces by list, and either id leads to the person, in groups as well."""
    account = slack.workspace.join_grid("ana", teams=["T0OTHER", TEAM_ID])
    ana = slack.member("ana").id
    for named in (ana, account.id):
        shown = (await client.users_info(user=named))["user"]
        assert "team_id" not in shown
        assert shown["id"] == ana
        assert (shown["enterprise_user"]["id"], shown["enterprise_user"]["teams"]) == (account.id, ["T0OTHER", TEAM_ID])
    account.hides_team = False
    assert (await client.users_info(user=ana))["user"]["team_id"] == TEAM_ID
    assert account.id[0] == "W"
    group = slack.workspace.add_usergroup("@licensing", [account.id, "ben"])
    listed = (await client.usergroups_users_list(usergroup=group.id))["users"]
    assert listed == [account.id, slack.member("ben").id]
    direct = (await client.chat_postMessage(channel=account.id, text=f"for <@{account.id}>"))["channel"]
    assert direct == (await client.conversations_open(users=[ana]))["channel"]["id"]
    assert (await slack.member("ana").hears("@tokenflex", "for @ana")).channel_id == direct


async def test_payloads_of_an_organisation_wide_installation(slack: SlackSandbox, app: AsyncApp) -> None:
    """No team, the organisation instead, and the person by the other id."""
    account = slack.workspace.join_grid("ana")
    account.acts = True
    slack.workspace.installation.org_wide = True
    bodies: list[dict[str, Any]] = []

    @app.command("/x")
    async def command(ack: Any, body: dict[str, Any]) -> None:
        bodies.append(body)
        blocks = [
            {
                "type": "actions",
                "elements": [{"type": "button", "action_id": "press", "text": {"type": "plain_text", "text": "Go"}}],
            }
        ]
        await ack(text="press", blocks=blocks)

    @app.action("press")
    async def press(ack: Any, body: dict[str, Any]) -> None:
        bodies.append(body)
        await ack()

    async with running(app, slack):
        ana = slack.member("ana")
        message = (await ana.types("#finance", "/x")).messages[0]
        await ana.presses(message, "Go")
    typed, pressed = bodies
    assert (typed["team_id"], typed["enterprise_id"], typed["is_enterprise_install"]) == (None, ENTERPRISE_ID, "true")
    assert (pressed["team"], pressed["enterprise"]["id"], pressed["is_enterprise_install"]) == (
        None,
        ENTERPRISE_ID,
        True,
    )
    assert typed["user_id"] == pressed["user"]["id"] == account.id


async def test_organisation_wide_tokens_say_which_workspace(slack: SlackSandbox, client: AsyncWebClient) -> None:
    """A few methods want `team_id` then; a workspace that is not theirs is none."""
    slack.workspace.installation.org_wide = True
    assert (await client.auth_test())["is_enterprise_install"]
    group = slack.workspace.add_usergroup("@licensing", ["ben"])
    assert await refusal(client.users_list()) == "missing_argument"
    assert await refusal(client.users_conversations()) == "missing_argument"
    assert await refusal(client.usergroups_users_list(usergroup=group.id)) == "missing_argument"
    assert (await client.users_list(team_id=TEAM_ID))["ok"]
    assert (await client.usergroups_users_list(usergroup=group.id, team_id=TEAM_ID))["ok"]
    assert await refusal(client.users_list(team_id="T0")) == "team_not_found"


async def test_the_id_of_a_private_channel_changes_for_good(slack: SlackSandbox, client: AsyncWebClient) -> None:
    """The old one is not found any more, whatever is asked; messages and members are under the new one."""
    slack.workspace.add_channel("#secret", ["ana"], private=True)
    before = channel_id(slack, "#secret")
    ts = str((await client.chat_postMessage(channel=before, text="x"))["ts"])
    assert slack.workspace.change_id("#secret") == before
    after = channel_id(slack, "#secret")
    assert after != before
    for call in (
        client.chat_postMessage(channel=before, text="x"),
        client.chat_update(channel=before, ts=ts, text="y"),
        client.conversations_info(channel=before),
        client.conversations_history(channel=before),
    ):
        assert await refusal(call) == "channel_not_found"
    assert (await client.chat_update(channel=after, ts=ts, text="y"))["channel"] == after
    await slack.member("ana").hears("#secret", "y")
    with pytest.raises(AssertionError, match="no private channel"):
        slack.workspace.change_id("#finance")
