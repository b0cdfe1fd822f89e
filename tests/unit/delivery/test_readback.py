"""Messages in doubt: when one look is enough, when it takes two, and when none can tell."""

from collections.abc import AsyncIterator, Callable, Collection
from datetime import datetime, timedelta
from typing import cast

import pytest

from bot.delivery.kinds import KINDS, load
from bot.delivery.readback import ReadBack, StillInDoubtError
from bot.runtime.server_time import ServerTime
from bot.slack.errors import ScopeMissingError, SlackRateLimitedError, ThreadGoneError
from bot.slack.posts import Posted, SlackPosts
from storage import outbox
from storage.models import About, Delivery, MessageKind, NewDelivery, SentMessage
from tests.harness.moved_clock import MovedClock
from tests.harness.stored import MemoryDatabase, accepted

CHANNEL, PERSON = "C0FINANCE1", "U0ANA00001"


class Channel:
    """Slack's memory of what we posted: `ts` by subject; or the error that it answers a look with."""

    def __init__(self) -> None:
        self.standing: dict[str, str] = {}
        self.error: Exception | None = None
        self.asked: list[tuple[str, str | None]] = []
        self.since: list[datetime] = []

    async def find(
        self,
        channel: str,
        subject: str,
        since: datetime,
        thread_ts: str | None = None,
        resembles: Callable[[str], bool] | None = None,
        taken: Collection[str] = (),
    ) -> Posted | None:
        """Answer a look."""
        self.asked.append((channel, thread_ts))
        self.since.append(since)
        if self.error is not None:
            raise self.error
        return Posted(channel, self.standing[subject]) if subject in self.standing else None


class Doubt:
    """One export whose messages are in doubt."""

    def __init__(self) -> None:
        self.clock, self.database, self.slack = MovedClock(), MemoryDatabase(), Channel()
        self.export = accepted(self.database.db, self.clock.now())
        self.slack_time = ServerTime(self.clock)
        self.read_back = ReadBack(self.database, cast("SlackPosts", self.slack), self.slack_time, self.clock)

    def delivery(self, kind: MessageKind, subject: str) -> Delivery:
        """Store a delivery and return it; a result belongs to the thread of the card, where there is one."""
        card = outbox.find(self.database.db, "card:1")
        new = NewDelivery(
            subject=subject,
            kind=kind,
            about=About.EXPORT,
            about_id=1,
            recipient=PERSON if KINDS[kind].is_private else CHANNEL,
            thread=None if card is None else card.id,
        )
        return outbox.get(self.database.db, outbox.put(self.database.db, new, self.clock.now()))

    def stands(self, delivery: Delivery, channel: str, ts: str) -> None:
        """Store that a message stands in Slack."""
        outbox.keep_message(self.database.db, SentMessage(delivery.id, channel, ts))

    async def look(self, delivery: Delivery) -> SentMessage | None:
        """Look for a message."""
        return await self.read_back.look_for(load(self.database.db, delivery))


@pytest.fixture
async def doubt() -> AsyncIterator[Doubt]:
    """An export whose messages are in doubt."""
    made = Doubt()
    yield made
    await made.database.close()


async def test_what_stands_is_found_at_once(doubt: Doubt) -> None:
    """A message that the first look shows is taken for ours, with its place."""
    card = doubt.delivery(MessageKind.CARD, "card:1")
    doubt.slack.standing["card:1"] = "17.1"
    assert await doubt.look(card) == SentMessage(card.id, CHANNEL, "17.1")


async def test_one_look_is_not_enough_to_post_again(doubt: Doubt) -> None:
    """Slack may still be working on the lost call: it is looked for once more when that is over."""
    card = doubt.delivery(MessageKind.CARD, "card:1")
    began = doubt.clock.now()
    with pytest.raises(StillInDoubtError) as early:
        await doubt.look(card)
    assert early.value.again_at is not None
    assert (early.value.again_at - began).total_seconds() == 20
    await doubt.clock.advance(19)
    with pytest.raises(StillInDoubtError):
        await doubt.look(card)
    await doubt.clock.advance(1)
    assert await doubt.look(card) is None


async def test_what_appears_between_two_looks_is_found(doubt: Doubt) -> None:
    """The message that came late is not posted again."""
    card = doubt.delivery(MessageKind.CARD, "card:1")
    with pytest.raises(StillInDoubtError):
        await doubt.look(card)
    doubt.slack.standing["card:1"] = "17.1"
    await doubt.clock.advance(20)
    assert await doubt.look(card) == SentMessage(card.id, CHANNEL, "17.1")


async def test_a_second_doubt_begins_anew(doubt: Doubt) -> None:
    """A message that is posted again and lost again gets its time again."""
    card = doubt.delivery(MessageKind.CARD, "card:1")
    with pytest.raises(StillInDoubtError):
        await doubt.look(card)
    await doubt.clock.advance(20)
    assert await doubt.look(card) is None
    with pytest.raises(StillInDoubtError):
        await doubt.look(card)


@pytest.mark.parametrize("error", [ScopeMissingError("missing_scope"), SlackRateLimitedError(30)])
async def test_a_look_that_does_not_work_decides_nothing(doubt: Doubt, error: Exception) -> None:
    """Whatever the reason, and however much time has passed: the cause is handed on."""
    card = doubt.delivery(MessageKind.CARD, "card:1")
    doubt.slack.error = error
    for _ in range(2):
        with pytest.raises(StillInDoubtError) as raised:
            await doubt.look(card)
        assert raised.value.cause is error
        await doubt.clock.advance(60)


async def test_a_result_is_looked_for_in_its_thread(doubt: Doubt) -> None:
    """And in the channel where the thread is gone."""
    doubt.stands(doubt.delivery(MessageKind.CARD, "card:1"), CHANNEL, "16.5")
    result = doubt.delivery(MessageKind.RESULT, "result:1:1")
    doubt.slack.standing["result:1:1"] = "17.1"
    await doubt.look(result)
    assert doubt.slack.asked == [(CHANNEL, "16.5")]
    doubt.slack.error = ThreadGoneError("thread_not_found")
    with pytest.raises(StillInDoubtError):
        await doubt.look(result)
    assert doubt.slack.asked[1:] == [(CHANNEL, "16.5"), (CHANNEL, None)]


async def test_a_person_whom_we_never_wrote_to_is_written_to(doubt: Doubt) -> None:
    """Their conversation is not known, so there is nowhere to look: better twice than never."""
    direct = doubt.delivery(MessageKind.PRIVATE_LINK, "direct:1:link:1")
    assert await doubt.look(direct) is None
    assert doubt.slack.asked == []


async def test_a_private_message_is_looked_for_in_our_conversation(doubt: Doubt) -> None:
    """Known from an earlier message; where looking is not allowed it is sent again after a while."""
    doubt.stands(doubt.delivery(MessageKind.REFUSAL, "direct:1:refused:0"), "D0ANA", "15.1")
    direct = doubt.delivery(MessageKind.PRIVATE_LINK, "direct:1:link:1")
    doubt.slack.error = ScopeMissingError("missing_scope")
    with pytest.raises(StillInDoubtError):
        await doubt.look(direct)
    assert doubt.slack.asked == [("D0ANA", None)]
    await doubt.clock.advance(20)
    assert await doubt.look(direct) is None


@pytest.mark.parametrize("minutes", [-30, 30])
async def test_a_message_is_looked_for_by_slacks_clock(doubt: Doubt, minutes: int) -> None:
    """From a while before it was handed over, whatever our clock showed then or shows now."""
    handed_over_at = doubt.clock.now() + timedelta(minutes=minutes)
    doubt.slack_time.observe(handed_over_at)
    card = doubt.delivery(MessageKind.CARD, "card:1")
    outbox.mark_sending(doubt.database.db, card, doubt.slack_time.known_now)
    await doubt.clock.advance(timedelta(hours=5).total_seconds())
    for delivery in (card, outbox.get(doubt.database.db, card.id)):
        with pytest.raises(StillInDoubtError):
            await doubt.look(delivery)
    for since in doubt.slack.since:
        assert timedelta(minutes=9) < handed_over_at - since < timedelta(minutes=11)


async def test_slacks_clock_is_the_one_of_the_moment(doubt: Doubt) -> None:
    """Our clock was hours ahead when the message was handed over, and is right today."""
    card = doubt.delivery(MessageKind.CARD, "card:1")
    outbox.mark_sending(doubt.database.db, card, doubt.clock.now() - timedelta(hours=5))
    doubt.slack_time.observe(doubt.clock.now())
    with pytest.raises(StillInDoubtError):
        await doubt.look(outbox.get(doubt.database.db, card.id))
    assert doubt.clock.now() - doubt.slack.since[0] == timedelta(hours=5, minutes=10)
