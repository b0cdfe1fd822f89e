"""Every kind of message, every meaning of a refusal, every way: what is tried instead, who is told what, until when."""

from collections.abc import Iterator, Mapping
from datetime import timedelta
from typing import NamedTuple

import pytest

from bot.delivery import ways
from bot.delivery.kinds import KINDS
from bot.delivery.ways import Way
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
from storage import outbox, troubles
from storage.models import Delivery, DeliveryState, MessageKind, Refusal
from tests.unit.delivery.refusing import CHANNEL, MEANINGS, WAYS, House

_K, _R, _S, _W = MessageKind, Refusal, DeliveryState, Way


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
#: What the requester is told of each kind that a channel does not take.
TELLS = {
    _K.CARD: _K.CHANNEL_TROUBLE,
    _K.RESULT: _K.PRIVATE_RESULT,
    _K.REPORT: _K.PRIVATE_RESULT,
    _K.SCHEDULE: _K.PRIVATE_SCHEDULE,
    _K.ALERT: _K.PRIVATE_ALERT,
    _K.ALERT_FIGURES: _K.PRIVATE_ALERT_FIGURES,
    _K.ALERT_PAUSED: _K.PRIVATE_ALERT_PAUSED,
    _K.ANSWER: _K.PRIVATE_ANSWER,
    _K.NO_FILE: _K.PRIVATE_NO_FILE,
    _K.USAGE: _K.USAGE_TROUBLE,
}
#: What else can come of a call, and how a message is left: one that may have been posted is looked for first.
UNSURE: Mapping[type[SlackError], DeliveryState] = {
    SlackRateLimitedError: _S.WAITING,
    SlackUnreachableError: _S.WAITING,
    SlackUnsureError: _S.SENDING,
    SlackBrokenError: _S.SENDING,
    errors.NotSlackError: _S.SENDING,
    errors.MethodMissingError: _S.SENDING,
}
#: Every word of Slack's that this house knows, and one that it does not.
WORDS = sorted({*errors._MEANINGS, *errors._UNSURE, *errors._RATE_LIMITED, "as_yet_unknown_error"})
CASES = [(kind, way, meaning) for kind, all_ways in WAYS.items() for way in all_ways for meaning in MEANINGS]


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
