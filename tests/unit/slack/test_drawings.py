"""Messages that have two drawings: the plainer one where Slack refused the other, for a day."""

from datetime import timedelta
from typing import Any, cast

import pytest
from slack_sdk.errors import SlackApiError
from slack_sdk.web.async_client import AsyncWebClient

from bot.cards.blocks import Message, section
from bot.people.asker import Sender
from bot.slack.api import SlackApi
from bot.slack.posts import Posted, SlackPosts
from handlers.replies import Replies
from tests.harness.moved_clock import MovedClock

TABLE, PLAIN = {"type": "data_table"}, section("table", "plain")
BOTH = Message("text", [TABLE], plainer=[PLAIN], bare="all of it")


class Client:
    """Slack's Web API, which refuses some kinds of blocks; `said` is what it was given."""

    def __init__(self, *refused: str) -> None:
        self.refused = set(refused)
        self.said: list[dict[str, Any]] = []

    def __getattr__(self, method: str) -> Any:
        async def call(**arguments: Any) -> Any:
            self.said.append(arguments)
            if any(block["type"] in self.refused for block in arguments.get("blocks", ())):
                raise SlackApiError("refused", Answer({"error": "invalid_blocks"}))  # type: ignore[no-untyped-call]
            return Answer({"ok": True, "ts": "1.5", "channel": "C1"})

        return call

    def kinds(self) -> list[list[str]]:
        """Return the kinds of blocks of each message, and begin anew."""
        said, self.said = self.said, []
        return [[block["type"] for block in each.get("blocks", ())] for each in said]


class Answer(dict[str, Any]):
    """An answer as slack_sdk gives it."""

    status_code, headers = 200, dict[str, str]()

    @property
    def data(self) -> dict[str, Any]:
        return self


def posts(client: Client, clock: MovedClock) -> SlackPosts:
    return SlackPosts(SlackApi(cast("AsyncWebClient", client), clock))


async def test_tables_are_drawn_where_slack_takes_them() -> None:
    """One call."""
    client = Client()
    await posts(client, MovedClock()).post("C1", BOTH, "s")
    assert client.kinds() == [["data_table"]]


async def test_a_refusal_is_remembered_for_a_day() -> None:
    """Of all messages that have a plainer drawing, posted, edited or whispered; others are drawn as ever."""
    client, clock = Client("data_table"), MovedClock()
    slack = posts(client, clock)
    assert not (await slack.post("C1", BOTH, "s")).lost_blocks
    assert client.kinds() == [["data_table"], ["section"]]
    await slack.edit(Posted("C1", "1.5"), BOTH)
    await slack.whisper("C1", "U1", BOTH)
    assert client.kinds() == [["section"], ["section"]]
    await slack.post("C1", Message("text", [{"type": "divider"}]), "s")
    assert client.kinds() == [["divider"]]
    await clock.advance(timedelta(days=1).total_seconds())
    client.refused.clear()
    await slack.post("C1", BOTH, "s")
    assert client.kinds() == [["data_table"]]


async def test_where_slack_takes_neither_it_is_text() -> None:
    """And says all the same; a plain drawing that is refused says nothing of tables, so all are tried next time."""
    client = Client("data_table", "section")
    slack = posts(client, MovedClock())
    await slack.post("C1", BOTH, "s")
    assert client.said[-1]["text"] == "all of it"
    assert client.kinds() == [["data_table"], ["section"], []]
    client.refused.clear()
    await slack.post("C1", BOTH, "s")
    assert client.kinds() == [["data_table"]]


async def test_private_replies_remember_too() -> None:
    """They are told by other calls."""
    client, clock = Client("data_table"), MovedClock()
    replies = Replies(SlackApi(cast("AsyncWebClient", client), clock), clock)
    for _ in range(2):
        assert await replies.tell("", Sender("U1", "C1"), BOTH)
    assert client.kinds() == [["data_table"], ["section"], ["section"]]


@pytest.mark.parametrize("refused", [(), ("section",)])
async def test_a_message_with_one_drawing_says_nothing_of_tables(refused: tuple[str, ...]) -> None:
    """Whatever Slack finds wrong with it."""
    client = Client(*refused)
    slack = posts(client, MovedClock())
    await slack.post("C1", Message("text", [PLAIN]), "s")
    client.kinds()
    await slack.post("C1", BOTH, "s")
    assert client.kinds()[0] == ["data_table"]
