"""The dispatcher between a database and a Slack that refuses."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from itertools import count
from typing import Any

from bot.cards.blocks import Message
from bot.delivery.dispatcher import Dispatcher
from bot.delivery.kinds import KINDS
from bot.delivery.lanes import Lane
from bot.delivery.ways import Way
from bot.exports.showings import Showings
from bot.people.permissions import Posting
from bot.runtime.bell import Bell
from bot.runtime.server_time import ServerTime
from bot.settings import LinkAudience
from bot.slack import errors
from bot.slack.errors import SlackError, SlackRefusedError
from bot.slack.posts import Posted
from storage import exports, outbox
from storage.models import Delivery, DeliveryState, Export, MessageKind, NewDelivery, Refusal, SentMessage
from storage.states import Event
from tests.harness.moved_clock import MovedClock
from tests.harness.rows import accepted, matter_of
from tests.harness.stored import MemoryDatabase

CHANNEL, PERSON = "C1", "U1"
_K, _R, _S, _W = MessageKind, Refusal, DeliveryState, Way
#: A word of each meaning, and what it is about; a new meaning needs a row.
MEANINGS: Mapping[type[SlackRefusedError], tuple[str, Refusal]] = {
    SlackRefusedError: ("as_yet_unknown_error", _R.MESSAGE),
    errors.ChannelClosedError: ("not_in_channel", _R.PLACE),
    errors.PersonClosedError: ("messages_tab_disabled", _R.PERSON),
    errors.TokenRefusedError: ("token_revoked", _R.WORKSPACE),
    errors.SuspendedError: ("ekm_access_denied", _R.WORKSPACE),
    errors.NotToldError: ("no_permission", _R.WORKSPACE),
    errors.ScopeMissingError: ("missing_scope", _R.WORKSPACE),
    errors.SwitchedOffError: ("not_enabled", _R.WORKSPACE),
    errors.NoRoomError: ("message_limit_exceeded", _R.WORKSPACE),
    errors.FileRefusedError: ("file_uploads_disabled", _R.MESSAGE),
    errors.FileGoneError: ("file_not_found", _R.MESSAGE),
    errors.MessageGoneError: ("cant_update_message", _R.GONE),
    errors.ThreadGoneError: ("thread_not_found", _R.GONE),
    errors.BlocksRefusedError: ("invalid_blocks", _R.MESSAGE),
    errors.MalformedError: ("msg_too_long", _R.MESSAGE),
    errors.TriggerLateError: ("expired_trigger_id", _R.MESSAGE),
    errors.FormOpenError: ("exchanged_trigger_id", _R.MESSAGE),
    errors.ViewOvertakenError: ("hash_conflict", _R.MESSAGE),
    errors.UrlSpentError: ("used_url", _R.MESSAGE),
    errors.NobodyError: ("user_not_visible", _R.PERSON),
    errors.AccountUnknownError: ("user_not_found", _R.PERSON),
    errors.NoGroupError: ("no_such_subteam", _R.MESSAGE),
}
#: The ways that each kind of message can take; a new kind needs a row.
WAYS: Mapping[MessageKind, tuple[Way, ...]] = {
    _K.CARD: (_W.POST, _W.EDIT),
    _K.RESULT: (_W.REPLY, _W.POST, _W.EDIT),
    _K.REPORT: (_W.POST, _W.EDIT),
    _K.SCHEDULE: (_W.POST, _W.EDIT),
    _K.ALERT: (_W.POST, _W.EDIT),
    _K.ALERT_FIGURES: (_W.REPLY, _W.POST, _W.EDIT),
    _K.ALERT_PAUSED: (_W.POST, _W.EDIT),
    _K.ANSWER: (_W.REPLY, _W.POST, _W.EDIT),
    _K.NO_FILE: (_W.REPLY, _W.POST, _W.EDIT),
    _K.EXPIRY: (_W.EDIT,),
    _K.USAGE: (_W.POST, _W.EDIT),
    **dict.fromkeys((kind for kind, entry in KINDS.items() if entry.is_private), (_W.PRIVATE, _W.WHISPER, _W.EDIT)),
}


@dataclass
class Slack:
    """Slack, which refuses on some ways; `keeps` is what it says to who deletes a message."""

    refuses: dict[Way, SlackError] = field(default_factory=dict)
    keeps: SlackError | None = None
    deleted: list[tuple[str, str]] = field(default_factory=list)
    said: list[tuple[Way, str]] = field(default_factory=list)
    tried: int = 0

    def _say(self, way: Way, place: str) -> Posted:
        self.tried += 1
        if way in self.refuses:
            raise self.refuses[way]
        self.said.append((way, place))
        return Posted(place, f"9.{self.tried:06d}")

    async def post(
        self, recipient: str, _message: Message, _subject: str, thread_ts: str | None = None, *, broadcast: bool = True
    ) -> Posted:
        private = recipient.startswith("U")
        return self._say(_W.PRIVATE if private else _W.POST if thread_ts is None else _W.REPLY, recipient)

    async def edit(self, posted: Posted, _message: Message) -> Posted:
        return self._say(_W.EDIT, posted.channel)

    async def delete(self, posted: Posted) -> None:
        if self.keeps is not None:
            raise self.keeps
        self.deleted.append((posted.channel, posted.ts))

    async def whisper(self, channel: str, _person: str, _message: Message) -> Posted:
        return self._say(_W.WHISPER, channel)


@dataclass
class _Everybody:
    named: frozenset[str] = frozenset()

    async def posting(self, _channel: str) -> Posting:
        return Posting.ALL

    async def administrators(self) -> frozenset[str]:
        return self.named


class House:
    """The dispatcher between a database and such a Slack, with an export that is under way, or ready."""

    def __init__(self) -> None:
        self.slack, self.database, self.clock = Slack(), MemoryDatabase(), MovedClock()
        self.showings = Showings()
        self.db = self.database.db
        accepted(self.db)
        self._subjects = count(1)
        posts: Any = self.slack
        links: Any = None
        access: Any = _Everybody()
        self.access = access
        times = ServerTime(self.clock), ServerTime(self.clock)
        audience, bell = LinkAudience.PRESS, Bell(self.clock)
        self.dispatcher = Dispatcher(
            self.database, posts, links, self.showings, *times, self.clock, audience, access, bell
        )

    def is_over(self) -> Export:
        """Let the export be ready, and return it; nobody has announced it yet."""
        for event in (Event.TAKE, Event.TAKEN, Event.FINISH):
            exports.move(self.db, 1, event, self.clock.now())
        return exports.get(self.db, 1)

    def is_ready(self) -> None:
        """Let the export be ready, to be announced."""
        self.is_over()
        exports.change(self.db, 1, announcement=1, request_key="key")

    def row(self, kind: MessageKind, way: Way) -> Delivery:
        """Put a message into the outbox that will go this way."""
        if kind is _K.EXPIRY:
            shows_link = self.row(_K.RESULT, _W.EDIT)
            ended = self.clock.now() - timedelta(seconds=1)
            outbox.keep_message(self.db, SentMessage(shows_link.id, CHANNEL, "1.5", ended))
            outbox.mark_sent(self.db, shows_link)
            outbox.plan_expiry(self.db, shows_link, self.clock.now(), ended)
            found = outbox.find(self.db, outbox.expiry_subject(shows_link.subject))
            assert found is not None
            return found
        if kind in {_K.RESULT, _K.REPORT, _K.ANSWER}:
            self.is_ready()
        thread = self._put(_K.CARD, "C1") if way is _W.REPLY else None
        if thread is not None:
            outbox.keep_message(self.db, SentMessage(thread.id, CHANNEL, "1.0"))
            outbox.mark_sent(self.db, thread)
        row = self._put(kind, PERSON if KINDS[kind].is_private else CHANNEL, None if thread is None else thread.id)
        if way is _W.EDIT:
            outbox.keep_message(self.db, SentMessage(row.id, row.recipient, f"2.{row.id:06d}"))
        return row

    def _put(self, kind: MessageKind, recipient: str, thread: int | None = None) -> Delivery:
        new = NewDelivery(
            subject=f"{kind.value} {next(self._subjects)}",
            kind=kind,
            **matter_of(self.db, kind),
            recipient=recipient,
            edition=1,
            thread=thread,
        )
        return outbox.get(self.db, outbox.put(self.db, new, self.clock.now()))

    async def delivers(self, row: Delivery) -> Delivery | None:
        """Deliver a row and return what became of it."""
        stands = row.kind is _K.EXPIRY or outbox.message(self.db, row.id) is not None
        await self.dispatcher._in_lane(row, Lane(row.recipient, stands))
        return outbox.find(self.db, row.subject)

    def told(self, row: Delivery) -> list[MessageKind]:
        """The kinds of messages that have been put into the outbox since this row."""
        rows = self.db.query("SELECT kind FROM outbox WHERE id > ? AND kind <> 'expiry'", [row.id])
        return [MessageKind(each["kind"]) for each in rows]
