"""A channel that may be shared with another organisation, as Slack tells of it, and a dispatcher that posts there."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import timedelta
from typing import Any

from sqlite_utils import Database as Connection

from bot.cards.blocks import Message
from bot.delivery.dispatcher import Dispatcher
from bot.delivery.kinds import KINDS
from bot.delivery.lanes import Lane
from bot.exports.showings import Showings
from bot.people.access import Access
from bot.people.permissions import Rules
from bot.runtime.bell import Bell
from bot.runtime.server_time import ServerTime
from bot.settings import LinkAudience
from bot.slack.channels import Channels, Sharing
from bot.slack.errors import ChannelClosedError, MethodMissingError, ScopeMissingError
from bot.slack.posts import Posted
from bot.tokenflex.models import DownloadLink, ExportRequest
from storage import exports, outbox
from storage.models import Delivery, DeliveryState, Export, MessageKind, NewDelivery, SentMessage
from storage.states import Event
from tests.harness.moved_clock import MovedClock
from tests.harness.rows import accepted, known, matter_of
from tests.harness.stored import MemoryDatabase

CHANNEL, PERSON, TS = "C1", "U1", "1700000000.000100"
WHERE, NAME, LINK = "userName = 'maria'", "secretname", "https://files.example/secret"
REQUEST = ExportRequest("110000123456", ("productName",), ("tokensConsumed",), (), WHERE, NAME)


def refuses(error: Exception) -> Callable[[], Any]:
    def _raise() -> Any:
        raise error

    return _raise


def says(**flags: bool) -> Callable[[], Any]:
    return lambda: {"ok": True, "channel": {"id": CHANNEL, **flags}}


#: What Slack responds in each case; of one that it does not tell there are several.
RESPONSES: Mapping[Sharing, tuple[Callable[[], Any], ...]] = {
    Sharing.ALONE: (says(is_ext_shared=False, is_pending_ext_shared=False), says(is_ext_shared=False)),
    Sharing.PENDING: (says(is_ext_shared=False, is_pending_ext_shared=True), says(is_pending_ext_shared=True)),
    Sharing.SHARED: (says(is_ext_shared=True, is_pending_ext_shared=False), says(is_ext_shared=True)),
    Sharing.HIDDEN: (refuses(ChannelClosedError("channel_not_found")),),
    Sharing.UNTOLD: (
        refuses(ScopeMissingError("missing_scope")),
        refuses(MethodMissingError("HTTP 404")),
        says(),
        lambda: {"ok": True},
    ),
}
ALONE, SHARED = RESPONSES[Sharing.ALONE][0], RESPONSES[Sharing.SHARED][0]


@dataclass
class Slack:
    """The two sides of Slack: what it says of the channel, and what was posted and edited."""

    responds: Callable[[], Any]
    asked: int = 0
    said: list[tuple[str, Message]] = field(default_factory=list)

    async def call(self, method: str, **_: Any) -> Any:
        assert method == "conversations.info"
        self.asked += 1
        return self.responds()

    async def post(self, recipient: str, message: Message, *_: Any, **_more: Any) -> Posted:
        self.said.append((recipient, message))
        return Posted(recipient, f"1700000001.{len(self.said):06d}")

    async def edit(self, posted: Posted, message: Message) -> Posted:
        self.said.append((posted.channel, message))
        return posted


class Fresh:
    """There is a link."""

    def __init__(self, clock: MovedClock) -> None:
        self.link = DownloadLink(LINK, clock.now() + timedelta(minutes=5))

    def known(self, *_: Any) -> DownloadLink:
        return self.link

    def ends_at(self, _number: int) -> Any:
        return self.link.expires_at

    async def fresh_within(self, *_: Any) -> DownloadLink:
        return self.link

    async def fresh(self, *_: Any) -> DownloadLink:
        return self.link


@dataclass
class House:
    """The dispatcher between a database in memory and Slack as a test says it is."""

    slack: Slack
    rules: Rules
    database: MemoryDatabase = field(default_factory=MemoryDatabase)
    clock: MovedClock = field(default_factory=MovedClock)

    def __post_init__(self) -> None:
        api: Any = self.slack
        posts: Any = self.slack
        nobody: Any = None
        fresh: Any = Fresh(self.clock)
        self.fresh = fresh
        channels = Channels(api, self.clock)
        self.access = Access(self.rules, nobody, channels, "T1", self.database, self.clock)
        times = ServerTime(self.clock), ServerTime(self.clock)
        for each in times:
            each.observe(self.clock.now())
        self.showings, audience, bell = Showings(), LinkAudience.CHANNEL, Bell(self.clock)
        self.dispatcher = Dispatcher(
            self.database, posts, self.fresh, self.showings, *times, self.clock, audience, self.access, bell
        )
        self.export = self._ready()

    @property
    def db(self) -> Connection:
        return self.database.db

    def _ready(self) -> Export:
        number = accepted(self.db, request=REQUEST).number
        for event in (Event.TAKE, Event.TAKEN, Event.FINISH):
            exports.move(self.db, number, event, self.clock.now())
        return exports.change(self.db, number, announcement=1, request_key="key")

    def row(self, kind: MessageKind, *, standing: bool = False) -> Delivery:
        """Put a message of this kind into the outbox; `standing` is posted, with all that it may show, already."""
        if kind is MessageKind.EXPIRY:
            shows_link = self.row(MessageKind.RESULT, standing=True)
            self.db.execute("UPDATE outbox SET state = 'sent'")
            ended = self.clock.now() - timedelta(seconds=1)
            outbox.keep_message(self.db, SentMessage(shows_link.id, CHANNEL, TS, ended))
            outbox.plan_expiry(self.db, shows_link, self.clock.now(), ended)
            return known(self.db, outbox.expiry_subject(shows_link.subject))
        new = NewDelivery(
            subject=kind.value,
            kind=kind,
            **matter_of(self.db, kind, self.export.number),
            recipient=PERSON if KINDS[kind].is_private else CHANNEL,
            edition=1,
            shows_link=True,
        )
        row = outbox.get(self.db, outbox.put(self.db, new, self.clock.now()))
        if standing:
            outbox.keep_message(self.db, SentMessage(row.id, CHANNEL, TS))
        return row

    async def delivers(self, row: Delivery) -> Delivery:
        """Deliver a row and return what became of it; it may leave nothing behind."""
        is_edit = outbox.message(self.db, row.id) is not None
        await self.dispatcher._in_lane(row, Lane(row.recipient, is_edit))
        return outbox.find(self.db, row.subject) or replace(row, state=DeliveryState.SENT)
