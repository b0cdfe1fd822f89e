"""Menus of modals: what they start with, what they offer, what is searched."""

from typing import Any

import pytest
from slack_bolt.app.async_app import AsyncApp
from slack_bolt.context.ack.async_ack import AsyncAck

from sandbox.slack.errors import SlackFault
from sandbox.slack.server import SlackSandbox
from tests.sandbox.slack_forms import MONTHS, Form, shown
from tests.sandbox.slack_support import channel_id, field, modal, option, running


@pytest.mark.parametrize(
    ("extra", "channel", "expected"),
    [
        ({}, "#finance", None),
        ({"default_to_current_conversation": True}, "#finance", "#finance"),
        ({"default_to_current_conversation": True}, "@tokenflex", "@tokenflex"),
        ({"default_to_current_conversation": True, "filter": {"include": ["public"]}}, "#licences", None),
        ({"default_to_current_conversation": True, "filter": {"include": ["private"]}}, "#licences", "#licences"),
        (
            {"default_to_current_conversation": True, "filter": {"include": ["im"], "exclude_bot_users": True}},
            "@tokenflex",
            None,
        ),
    ],
)
async def test_a_picker_starts_where_the_person_is(
    slack: SlackSandbox, app: AsyncApp, extra: dict[str, Any], channel: str, expected: str | None
) -> None:
    """default_to_current_conversation, as far as the filter lets it."""
    Form(app, modal(field("Channel", {"type": "conversations_select", **extra}, "c")))
    async with running(app, slack):
        assert (await shown(slack, channel)).value("Channel") == expected


async def test_an_initial_conversation_wins_over_the_current_one(slack: SlackSandbox, app: AsyncApp) -> None:
    """On the single select."""
    element = {"type": "conversations_select", "default_to_current_conversation": True}
    Form(app, modal(field("Channel", {**element, "initial_conversation": channel_id(slack, "#general")}, "c")))
    async with running(app, slack):
        assert (await shown(slack)).value("Channel") == "#general"


async def test_a_picker_offers_what_the_person_may_see(slack: SlackSandbox, app: AsyncApp) -> None:
    """A guest sees only their channels; what is not offered cannot be chosen."""
    Form(app, modal(field("Channel", {"type": "conversations_select"}, "c")))
    async with running(app, slack):
        seen = await shown(slack, who="gus")
        assert seen.options("Channel") == ["#finance"]
        with pytest.raises(AssertionError, match="does not offer"):
            seen.fill("Channel", "#licences")


async def test_options_of_external_menus_are_searched(slack: SlackSandbox, app: AsyncApp) -> None:
    """The app is asked with what was typed; only what it offered can be chosen."""
    element = {"type": "external_select", "action_id": "search", "min_query_length": 2}
    form = Form(app, modal(field("Contract", element, "c")))
    asked = []

    @app.options("search")
    async def offer(ack: AsyncAck, payload: dict[str, Any]) -> None:
        asked.append(payload["value"])
        await ack(options=MONTHS)

    async with running(app, slack):
        seen = await shown(slack)
        assert await seen.search("Contract", "x") == []
        with pytest.raises(AssertionError, match="does not offer"):
            seen.fill("Contract", "May")
        assert await seen.search("Contract", "xy") == ["January", "May"]
        seen.fill("Contract", "May")
        await seen.submit()
    assert asked == ["xy"]
    assert form.values()["c"]["selected_option"] == MONTHS[1]


async def test_a_search_that_is_not_answered_well_shows_an_error(slack: SlackSandbox, app: AsyncApp) -> None:
    """More options than Slack takes, or no answer at all."""
    Form(app, modal(field("Contract", {"type": "external_select", "action_id": "search"}, "c")))

    @app.options("search")
    async def offer(ack: AsyncAck) -> None:
        await ack(options=[option(f"{number}") for number in range(101)])

    async with running(app, slack):
        seen = await shown(slack)
        with pytest.raises(SlackFault, match="invalid_options"):
            await seen.search("Contract", "xyz")
    with pytest.raises(SlackFault, match="no_connection"):
        await seen.search("Contract", "xyz")
