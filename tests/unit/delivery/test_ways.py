"""Every kind of message, every meaning of a refusal, every way: what is tried instead, who is told what, until when."""

import asyncio
from collections.abc import AsyncIterator, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from itertools import count
from typing import Any, NamedTuple

import pytest

from bot.cards.blocks import Message
from bot.delivery import ways
from bot.delivery.dispatcher import Dispatcher, _Lane
from bot.delivery.kinds import KINDS, URGENT
from bot.delivery.ways import Way
from bot.exports.showings import Showings
from bot.people.permissions import Posting
from bot.runtime.bell import Bell
from bot.runtime.server_time import ServerTime
from bot.settings import LinkAudience
from bot.slack import errors
from bot.slack.errors import (
    PersonClosedError,
    SlackBrokenError,
    SlackError,
    SlackRateLimitedError,
    SlackRefusedError,
    SlackUnreachableError,
    SlackUnsureError,
    judged,
    refusal,
)
from bot.slack.posts import Posted
from storage import exports, outbox, troubles
from storage.models import About, Delivery, DeliveryState, MessageKind, NewDelivery, Refusal, SentMessage
from storage.states import Event
from tests.harness.moved_clock import MovedClock
from tests.harness.rows import accepted
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


class After(NamedTuple):
    """What has become of a message after a refusal."""

    state: DeliveryState | None  #: None: its row is gone
    told_at_once: bool = False  #: the requester, privately
    told_later: bool = False  #: when it has lasted for a minute
    ends_after: timedelta | None = None  #: it is tried again and again until then


MONTH, DAY = timedelta(days=30), timedelta(days=1)
_LATER = After(_S.WAITING, ends_after=MONTH)
_TOLD = After(_S.WAITING, told_at_once=True, ends_after=MONTH)
_TOLD_LATER = After(_S.WAITING, told_later=True, ends_after=MONTH)
_SENT, _GIVEN_UP = After(_S.SENT), After(_S.GIVEN_UP)
#: What follows on each way.
FOLLOWS: Mapping[Way, Mapping[Refusal, After]] = {
    _W.REPLY: dict.fromkeys((_R.MESSAGE, _R.PLACE, _R.PERSON, _R.GONE), _SENT) | {_R.WORKSPACE: _LATER},
    _W.POST: {
        _R.MESSAGE: _TOLD_LATER,
        _R.GONE: _TOLD_LATER,
        _R.PERSON: _TOLD_LATER,
        _R.PLACE: _TOLD,
        _R.WORKSPACE: _LATER,
    },
    _W.EDIT: dict.fromkeys((_R.MESSAGE, _R.PLACE, _R.PERSON, _R.WORKSPACE), _LATER) | {_R.GONE: _SENT},
    _W.PRIVATE: dict.fromkeys((_R.MESSAGE, _R.PLACE, _R.PERSON, _R.GONE), _SENT) | {_R.WORKSPACE: _LATER},
    _W.WHISPER: dict.fromkeys((_R.MESSAGE, _R.PLACE, _R.PERSON, _R.GONE), _GIVEN_UP) | {_R.WORKSPACE: _LATER},
}
#: The ways that each kind of message can take; a new kind needs a row.
WAYS: Mapping[MessageKind, tuple[Way, ...]] = {
    _K.CARD: (_W.POST, _W.EDIT),
    _K.RESULT: (_W.REPLY, _W.POST, _W.EDIT),
    _K.EXPIRY: (_W.EDIT,),
    **dict.fromkeys((kind for kind, entry in KINDS.items() if entry.is_private), (_W.PRIVATE, _W.WHISPER, _W.EDIT)),
}
#: What the requester is told of each kind that a channel does not take.
TELLS = {_K.CARD: _K.CHANNEL_TROUBLE, _K.RESULT: _K.PRIVATE_RESULT}
#: What else can come of a call, and how a message is left: one that may have been posted is looked for first.
UNSURE: Mapping[type[SlackError], DeliveryState] = {
    SlackRateLimitedError: _S.WAITING,
    SlackUnreachableError: _S.WAITING,
    SlackUnsureError: _S.SENDING,
    SlackBrokenError: _S.SENDING,
    errors.MethodMissingError: _S.SENDING,
}
#: Every word of Slack's that this house knows, and one that it does not.
WORDS = sorted({*errors._MEANINGS, *errors._UNSURE, *errors._RATE_LIMITED, "as_yet_unknown_error"})
CASES = [(kind, way, meaning) for kind, all_ways in WAYS.items() for way in all_ways for meaning in MEANINGS]


@dataclass
class Slack:
    """Slack, which refuses on some ways."""

    refuses: dict[Way, SlackError] = field(default_factory=dict)
    said: list[tuple[Way, str]] = field(default_factory=list)
    tried: int = 0

    def _say(self, way: Way, place: str) -> Posted:
        self.tried += 1
        if way in self.refuses:
            raise self.refuses[way]
        self.said.append((way, place))
        return Posted(place, f"9.{self.tried:06d}")

    async def post(self, recipient: str, _message: Message, _subject: str, thread_ts: str | None = None) -> Posted:
        private = recipient.startswith("U")
        return self._say(_W.PRIVATE if private else _W.POST if thread_ts is None else _W.REPLY, recipient)

    async def edit(self, posted: Posted, _message: Message) -> Posted:
        return self._say(_W.EDIT, posted.channel)

    async def whisper(self, channel: str, _person: str, _message: Message) -> Posted:
        return self._say(_W.WHISPER, channel)


class _Everybody:
    async def posting(self, _channel: str) -> Posting:
        return Posting.ALL


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
        times = ServerTime(self.clock), ServerTime(self.clock)
        audience, bell = LinkAudience.PRESS, Bell(self.clock)
        self.dispatcher = Dispatcher(
            self.database, posts, links, self.showings, *times, self.clock, audience, access, bell
        )

    def is_ready(self) -> None:
        """Let the export be ready, to be announced."""
        for event in (Event.TAKE, Event.TAKEN, Event.FINISH):
            exports.move(self.db, 1, event, self.clock.now())
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
        if kind is _K.RESULT:
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
        about = About.LOGIN if kind is _K.LOGIN_LOST else About.EXPORT
        new = NewDelivery(
            subject=f"{kind.value} {next(self._subjects)}",
            kind=kind,
            about=about,
            about_id=1 if about is About.EXPORT else None,
            recipient=recipient,
            edition=1,
            thread=thread,
        )
        return outbox.get(self.db, outbox.put(self.db, new, self.clock.now()))

    async def delivers(self, row: Delivery) -> Delivery | None:
        """Deliver a row and return what became of it."""
        stands = row.kind is _K.EXPIRY or outbox.message(self.db, row.id) is not None
        await self.dispatcher._in_lane(row, _Lane(row.recipient, stands))
        return outbox.find(self.db, row.subject)

    def told(self, row: Delivery) -> list[MessageKind]:
        """The kinds of messages that have been put into the outbox since this row."""
        rows = self.db.query("SELECT kind FROM outbox WHERE id > ? AND kind <> 'expiry'", [row.id])
        return [MessageKind(each["kind"]) for each in rows]


@pytest.fixture
async def house() -> AsyncIterator[House]:
    built = House()
    yield built
    await built.database.close()


def _meanings(kind: type[SlackError] = SlackRefusedError) -> Iterator[type[SlackError]]:
    yield kind
    for child in kind.__subclasses__():
        yield from _meanings(child)


def test_the_tables_are_whole() -> None:
    """Every kind, meaning, way and reach has its row, here and in the product."""
    assert set(MEANINGS) == set(_meanings()) == set(ways.ABOUT)
    known = {each for each in _meanings(SlackError) if each.__module__ == errors.__name__}
    assert set(MEANINGS) | set(UNSURE) == known - {SlackError}
    assert set(WAYS) == set(MessageKind)
    assert set(FOLLOWS) == set(Way)
    assert all(set(row) == set(Refusal) - {_R.NONE} for row in FOLLOWS.values())
    assert set(TELLS) == {kind for kind, entry in KINDS.items() if not entry.is_private}


@pytest.mark.parametrize("meaning", MEANINGS)
def test_each_meaning_is_about_what_it_is_about(meaning: type[SlackRefusedError]) -> None:
    """By a word of Slack's."""
    word, about = MEANINGS[meaning]
    assert type(refusal(word)) is meaning
    assert ways.ABOUT[meaning] is about


@pytest.mark.parametrize("word", WORDS)
def test_each_word_has_a_row_for_each_kind_on_each_way(word: str) -> None:
    """Whatever Slack answers to a message is in one of the two tables, and so are all kinds of messages."""
    error = judged("chat.postMessage", 200, word, (), 1.0)
    if isinstance(error, SlackRefusedError):
        about = MEANINGS[type(error)][1]
        assert all(FOLLOWS[way][about] for all_ways in WAYS.values() for way in all_ways)
    else:
        assert type(error) in UNSURE


@pytest.mark.parametrize(("kind", "way", "meaning"), CASES)
async def test_what_follows_from_a_refusal(
    house: House, kind: MessageKind, way: Way, meaning: type[SlackRefusedError]
) -> None:
    """The whole table, with the dispatcher itself; the administrators hear of what concerns the whole workspace."""
    word, about = MEANINGS[meaning]
    expected = FOLLOWS[way][about]
    row = house.row(kind, way)
    house.slack.refuses[way] = refusal(word)
    if way is _W.WHISPER:
        house.slack.refuses[_W.PRIVATE] = PersonClosedError("messages_tab_disabled")
    became = await house.delivers(row)
    gone = kind is _K.EXPIRY and expected.state is _S.SENT
    assert (None if became is None else became.state) == (None if gone else expected.state)
    assert house.told(row) == ([TELLS[kind]] if expected.told_at_once else [])
    trouble = troubles.standing(house.db)
    assert (None if trouble is None else (trouble.code, trouble.edits)) == (
        (word, way is _W.EDIT) if about is _R.WORKSPACE else None
    )
    assert [each.id for each in outbox.given_up(house.db, 9)] == ([row.id] if expected.state is _S.GIVEN_UP else [])
    if expected.state is _S.SENT and way in {_W.REPLY, _W.PRIVATE}:
        assert house.slack.said == [(_W.POST, CHANNEL) if way is _W.REPLY else (_W.WHISPER, CHANNEL)]
    if became is not None and expected.ends_after is not None:
        await _goes_on(house, became, expected)


async def _goes_on(house: House, row: Delivery, expected: After) -> None:
    """Follow a message to its end: pauses grow and never exceed an hour, and the requester is told once."""
    begun = house.clock.now()
    pauses = [row.due_at - begun]
    while house.clock.now() - begun < timedelta(minutes=3):
        await house.clock.advance((row.due_at - house.clock.now()).total_seconds())
        again = await house.delivers(row)
        assert again is not None
        row = again
        pauses.append(row.due_at - house.clock.now())
    assert pauses == sorted(pauses)
    assert pauses[-1] <= timedelta(minutes=10 if row.kind is not _K.EXPIRY else 60)
    expects_word = expected.told_at_once or expected.told_later
    assert house.told(row) == ([TELLS[row.kind]] if expects_word else [])
    until = DAY if row.kind is _K.EXPIRY else MONTH
    await house.clock.advance((until - timedelta(minutes=10)).total_seconds())
    last = await house.delivers(row)
    assert last is not None
    assert last.state is _S.WAITING
    assert last.due_at - house.clock.now() <= timedelta(hours=1)
    await house.clock.advance(timedelta(minutes=20).total_seconds())
    end = await house.delivers(last)
    assert end is None if row.kind is _K.EXPIRY else end is not None and end.state is _S.GIVEN_UP


@pytest.mark.parametrize(("kind", "way"), [(kind, way) for kind, all_ways in WAYS.items() for way in all_ways])
@pytest.mark.parametrize("meaning", UNSURE)
async def test_what_follows_where_slack_does_not_say_no(
    house: House, kind: MessageKind, way: Way, meaning: type[SlackError]
) -> None:
    """Nobody is told anything, nothing takes another way, and what may stand already is never simply posted again."""
    row = house.row(kind, way)
    house.slack.refuses[way] = SlackRateLimitedError(30) if meaning is SlackRateLimitedError else meaning("trouble")
    if way is _W.WHISPER:
        house.slack.refuses[_W.PRIVATE] = PersonClosedError("messages_tab_disabled")
    became = await house.delivers(row)
    assert became is not None
    whispered = way is _W.WHISPER  # lost with the next reload in any case, so that showing it twice does no harm
    assert became.state is (_S.WAITING if whispered else UNSURE[meaning])
    assert became.due_at - house.clock.now() <= timedelta(seconds=60)
    assert house.told(row) == []
    assert house.slack.said == []


@pytest.mark.parametrize(("kind", "way"), [(kind, way) for kind, all_ways in WAYS.items() for way in all_ways])
@pytest.mark.parametrize("about", sorted(set(Refusal) - {_R.NONE, _R.WORKSPACE}))
async def test_what_is_refused_holds_up_no_other_in_its_lane(
    house: House, kind: MessageKind, way: Way, about: Refusal
) -> None:
    """Ten that Slack refuses for days, older and more urgent, and one of every other kind to the same recipient."""
    refused = [house.row(kind, way)]
    for _ in range(0 if kind is _K.EXPIRY or way is _W.REPLY else 9):
        refused.append(house._put(kind, refused[0].recipient))
        if way is _W.EDIT:
            outbox.keep_message(house.db, SentMessage(refused[-1].id, CHANNEL, f"2.{refused[-1].id:06d}"))
    word = next(word for word, its in MEANINGS.values() if its is about)
    house.slack.refuses = dict.fromkeys(
        {way, _W.POST, _W.EDIT, _W.PRIVATE, _W.WHISPER} & set(WAYS[kind]), refusal(word)
    )
    for _ in range(30):
        for row in refused:
            again = outbox.find(house.db, row.subject)
            if again is not None and again.state is _S.WAITING and again.due_at <= house.clock.now():
                await house.delivers(again)
        await house.clock.advance(60)
    other = house._put(_K.CARD if refused[0].recipient == CHANNEL else _K.POST_IN_DOUBT, refused[0].recipient)
    if way is _W.EDIT:
        outbox.keep_message(house.db, SentMessage(other.id, CHANNEL, "3.000001"))
    due = [row for row, _ in outbox.due(house.db, house.clock.now(), URGENT) if row.recipient == other.recipient]
    assert other.id in {row.id for row in due} or await _turn_comes(house, other)


async def _turn_comes(house: House, other: Delivery) -> bool:
    """Deliver by turns what is due, one a second, for at most half a minute."""
    for _ in range(30):
        due = [row for row, _ in outbox.due(house.db, house.clock.now(), URGENT) if row.recipient == other.recipient]
        if other.id in {row.id for row in due}:
            return True
        for row in due:
            await house.delivers(row)
        await house.clock.advance(1.1)
    return False


async def test_what_concerns_the_workspace_is_over_with_the_first_message_that_is_taken(house: House) -> None:
    """All that waited is due at once, whomever it is for; an edit that is taken says nothing about posts."""
    waiting = [house.row(_K.CARD, _W.POST), house.row(_K.POST_IN_DOUBT, _W.PRIVATE), house.row(_K.REFUSAL, _W.PRIVATE)]
    house.slack.refuses = dict.fromkeys((_W.POST, _W.PRIVATE, _W.WHISPER), refusal("message_limit_exceeded"))
    for row in waiting:
        await house.delivers(row)
    since = house.clock.now()
    await house.clock.advance(0.5)
    await house.delivers(house.row(_K.CARD, _W.EDIT))
    trouble = troubles.standing(house.db)
    assert trouble is not None
    assert (trouble.since, trouble.edits) == (since, False)
    house.slack.refuses = {}
    assert (await house.delivers(outbox.get(house.db, waiting[0].id))).state is _S.SENT  # type: ignore[union-attr]
    assert troubles.standing(house.db) is None
    assert [outbox.get(house.db, row.id).due_at for row in waiting[1:]] == [house.clock.now()] * 2


async def test_while_slack_takes_nothing_one_message_tries_for_all(house: House) -> None:
    """Hundreds that wait would otherwise cost hundreds of calls a minute; the others follow at once when it is over."""
    for number in range(30):
        outbox.put(
            house.db,
            NewDelivery(subject=f"{number}", kind=_K.REFUSAL, about=About.EXPORT, about_id=1, recipient=f"U{number}"),
            house.clock.now(),
        )
    house.slack.refuses = dict.fromkeys((_W.PRIVATE, _W.WHISPER), refusal("message_limit_exceeded"))
    loop = asyncio.ensure_future(house.dispatcher.run())
    await house.clock.advance(600)
    assert house.slack.tried < 30 + 20
    house.slack.refuses = {}
    await house.clock.advance(62)
    assert len(house.slack.said) == 30
    loop.cancel()
