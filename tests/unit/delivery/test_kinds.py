"""Kinds of messages: each has an entry, and what it is about is loaded for it; also where there is no export."""

from collections.abc import AsyncIterator
from typing import Any

import pytest
from sqlite_utils import Database as Connection

from bot.cards import admin_card
from bot.delivery.dispatcher import Dispatcher
from bot.delivery.kinds import KINDS, URGENT, Words, load
from bot.delivery.lanes import Lane
from bot.exports.showings import Showings
from bot.runtime.bell import Bell
from bot.runtime.server_time import ServerTime
from bot.settings import LinkAudience
from bot.slack.errors import PersonClosedError
from bot.slack.posts import Posted
from storage import outbox
from storage.models import About, Delivery, DeliveryState, MessageKind, NewDelivery
from tests.harness.moved_clock import MovedClock
from tests.harness.rows import delivery, known
from tests.harness.stored import MemoryDatabase, accepted


@pytest.fixture
async def database() -> AsyncIterator[MemoryDatabase]:
    """An empty database."""
    made = MemoryDatabase()
    yield made
    await made.close()


def login_lost(db: Connection, clock: MovedClock) -> Delivery:
    """A row that tells an administrator of a lost login."""
    row = NewDelivery(subject="direct:login", kind=MessageKind.LOGIN_LOST, about=About.LOGIN, recipient="U0CARLA004")
    return outbox.get(db, outbox.put(db, row, clock.now()))


async def test_every_kind_has_an_entry(database: MemoryDatabase) -> None:
    """The end of a link is drawn as the message that shows it; all others have a message of their own."""
    assert set(KINDS) == set(MessageKind) - {MessageKind.EXPIRY}
    assert URGENT == (MessageKind.EXPIRY, MessageKind.RESULT, MessageKind.REPORT)
    accepted(database.db, MovedClock().now())
    for kind in KINDS:
        row = delivery(database.db, kind.value, kind=kind, recipient="U1" if KINDS[kind].is_private else "C1")
        letter = load(database.db, row)
        assert letter.message(None, Words()).text
        assert admin_card.sent_again(row).text


async def test_the_end_of_a_link_is_its_message_without_one(database: MemoryDatabase) -> None:
    """It is an edit of that message, whoever it is for."""
    clock = MovedClock()
    accepted(database.db, clock.now())
    private = delivery(database.db, "direct:1", kind=MessageKind.PRIVATE_LINK, recipient="U1")
    outbox.plan_expiry(database.db, private, clock.now(), clock.now())
    end = load(database.db, known(database.db, "expiry:direct:1"))
    assert end.message(None, Words()) == load(database.db, private).message(None, Words())
    assert (end.delivery.kind, end.is_private, end.standing) == (MessageKind.EXPIRY, False, None)


class Closed:
    """Slack, where this person takes no private message; `whispered` is where it was said instead."""

    def __init__(self) -> None:
        self.whispered: list[str] = []

    async def post(self, *_: Any, **_more: Any) -> Any:
        """Refuse."""
        raise PersonClosedError("messages_tab_disabled")

    async def whisper(self, channel: str, *_: Any) -> Posted:
        """Take it."""
        self.whispered.append(channel)
        return Posted(channel, "")


@pytest.mark.parametrize("has_export", [True, False])
async def test_an_administrator_who_takes_no_messages_is_told_elsewhere(
    database: MemoryDatabase, *, has_export: bool
) -> None:
    """In the channel of the newest export; without one it is given up, and the administrators' overview has it."""
    clock, slack = MovedClock(), Closed()
    if has_export:
        accepted(database.db, clock.now())
    row = login_lost(database.db, clock)
    posts: Any = slack
    nobody: Any = None
    times = ServerTime(clock), ServerTime(clock)
    dispatcher = Dispatcher(
        database, posts, nobody, Showings(), *times, clock, LinkAudience.CHANNEL, nobody, Bell(clock)
    )
    await dispatcher._in_lane(row, Lane(row.recipient, is_edit=False))
    assert slack.whispered == (["C0FINANCE1"] if has_export else [])
    left = outbox.get(database.db, row.id)
    if has_export:
        assert left.state is DeliveryState.SENT
    else:
        assert (left.state, left.last_error) == (DeliveryState.GIVEN_UP, "messages_tab_disabled")
        assert outbox.given_up(database.db, 1) == (left,)
