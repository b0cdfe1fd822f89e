"""What Slack's answers tell besides: its clock; and how far back a message is looked for."""

from collections.abc import Callable
from datetime import timedelta
from email.utils import format_datetime
from typing import Any, cast

import pytest
from slack_sdk.web.async_client import AsyncWebClient
from sqlite_utils import Database as Connection

from bot.cards.blocks import Message
from bot.delivery.kinds import KINDS, load
from bot.slack.api import SlackApi
from bot.slack.connection import identify
from bot.slack.posts import Posted, SlackPosts
from storage.migrations import migrations
from storage.models import MessageKind
from tests.harness.moved_clock import MovedClock
from tests.harness.rows import accepted, delivery

AHEAD = timedelta(minutes=20)
MESSAGE = Message("text", [])


class Answer(dict[str, Any]):
    """An answer as slack_sdk gives it."""

    def __init__(self, values: dict[str, Any], headers: dict[str, str]) -> None:
        super().__init__(values)
        self.data, self.headers = values, headers


class Client:
    """Slack's Web API on a clock of its own: answers everything, and notes what it was asked."""

    def __init__(self, clock: MovedClock) -> None:
        self._clock = clock
        self.names_the_time = True
        self.asked: dict[str, dict[str, Any]] = {}
        self.messages: list[dict[str, Any]] = []

    def __getattr__(self, method: str) -> Any:
        async def call(**arguments: Any) -> Answer:
            self.asked[method] = arguments
            date = format_datetime(self._clock.now() + AHEAD) if self.names_the_time else "today"
            return Answer({"ok": True, "ts": "1.5", "channel": "C1", "messages": self.messages}, {"Date": date})

        return call


def door(client: Client, clock: MovedClock) -> SlackApi:
    """Return the door to the stand-in."""
    return SlackApi(cast("AsyncWebClient", client), clock)


@pytest.fixture
def clock() -> MovedClock:
    """A clock that stands still."""
    return MovedClock()


async def test_the_first_answer_tells_slacks_time(clock: MovedClock) -> None:
    """That is before anything is looked for."""
    api = door(Client(clock), clock)
    await identify(api, clock)
    assert api.time.difference == pytest.approx(AHEAD.total_seconds(), abs=1)


async def test_answers_go_on_telling_slacks_time(clock: MovedClock) -> None:
    """One that does not say it is no reason to worry."""
    client = Client(clock)
    api = door(client, clock)
    posts = SlackPosts(api)
    client.names_the_time = False
    await posts.edit(Posted("C1", "1.5"), MESSAGE)
    assert api.time.known_now is None
    client.names_the_time = True
    await posts.edit(Posted("C1", "1.5"), MESSAGE)
    assert api.time.difference == pytest.approx(AHEAD.total_seconds(), abs=1)


async def test_a_thread_is_looked_through_as_a_whole(clock: MovedClock) -> None:
    """A channel only from the given time on."""
    client = Client(clock)
    posts = SlackPosts(door(client, clock))
    assert await posts.find("C1", "card:1", clock.now()) is None
    assert await posts.find("C1", "result:1:1", clock.now(), "1.5") is None
    assert float(client.asked["conversations_history"]["oldest"]) == clock.now().timestamp()
    assert "oldest" not in client.asked["conversations_replies"]


CARD = {"user": "UBOT", "ts": "1.0", "thread_ts": "1.0", "text": "Export #1 (a.csv): requested."}
REPLY = {"user": "UBOT", "ts": "2.0", "thread_ts": "1.0", "text": "<@U1>, export #1 is ready."}


def resembling(kind: MessageKind) -> Callable[[str], bool] | None:
    """What tells, of a text, that it may be the message of this kind about export 1."""
    database = Connection(memory=True)
    migrations.apply(database)
    accepted(database)
    recipient = "U1" if KINDS[kind].is_private else "C1"
    return load(database, delivery(database, "new", kind=kind, recipient=recipient)).resembles


@pytest.mark.parametrize(
    ("kind", "thread_ts", "found"),
    [(MessageKind.CARD, None, "1.0"), (MessageKind.RESULT, "1.0", "2.0"), (MessageKind.REFUSAL, None, "")],
)
async def test_without_metadata_a_message_about_the_export_is_taken_for_it(
    clock: MovedClock, kind: MessageKind, thread_ts: str | None, found: str
) -> None:
    """Slack shows none, so who wrote it, where, and about what has to do; nothing is posted twice."""
    client = Client(clock)
    others = [REPLY | {"user": "U1", "ts": "0.1"}, CARD | {"ts": "0.2", "text": "Export #12 (b.csv): requested."}]
    client.messages = [*others, CARD, REPLY]
    posts = SlackPosts(door(client, clock), "UBOT")
    assert await posts.find("C1", "new", clock.now(), thread_ts, resembling(kind)) == (
        Posted("C1", found) if found else None
    )


async def test_a_card_is_not_taken_for_an_announcement(clock: MovedClock) -> None:
    """The card is itself in doubt, so nobody knows it, and the announcement would stand in no thread."""
    client = Client(clock)
    client.messages = [CARD]
    posts = SlackPosts(door(client, clock), "UBOT")
    assert await posts.find("C1", "result:1:1", clock.now(), None, resembling(MessageKind.RESULT)) is None


async def test_a_message_that_is_known_for_another_is_not_taken_for_it(clock: MovedClock) -> None:
    """The announcement of the first failure is not that of the second."""
    client = Client(clock)
    client.messages = [CARD, REPLY]
    posts = SlackPosts(door(client, clock), "UBOT")
    alike = resembling(MessageKind.RESULT)
    assert await posts.find("C1", "result:1:2", clock.now(), "1.0", alike, {"1.0", "2.0"}) is None


async def test_metadata_decides_where_it_is_shown(clock: MovedClock) -> None:
    """A message of another subject is not taken, whatever it says."""
    client = Client(clock)
    metadata = {"event_type": "tokenflex_export", "event_payload": {"subject": "result:1:1"}}
    client.messages = [CARD | {"metadata": metadata}, REPLY | {"metadata": metadata}]
    posts = SlackPosts(door(client, clock), "UBOT")
    alike = resembling(MessageKind.RESULT)
    assert await posts.find("C1", "result:1:2", clock.now(), "1.0", alike) is None
    assert await posts.find("C1", "result:1:1", clock.now(), "1.0", alike) == Posted("C1", "1.0")
