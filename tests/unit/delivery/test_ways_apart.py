"""What Slack refuses holds up nothing but itself, and what it refuses us as a whole is tried by one for all."""

import asyncio

import pytest

from bot.delivery.kinds import URGENT
from bot.delivery.ways import Way
from bot.exports import announcements
from bot.slack.errors import refusal
from storage import outbox, schedules, troubles
from storage.models import About, Delivery, DeliveryState, MessageKind, NewDelivery, Refusal, SentMessage
from tests.unit.delivery.refusing import CHANNEL, MEANINGS, PERSON, WAYS, House

_K, _R, _S, _W = MessageKind, Refusal, DeliveryState, Way


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


@pytest.mark.parametrize("way", WAYS[_K.CARD])
async def test_who_was_told_of_the_channel_only_is_told_that_they_were(house: House, way: Way) -> None:
    """An edit of the card that was refused told nobody: the reason comes with the result, when that is refused too."""
    house.slack.refuses = {each: refusal("not_in_channel") for each in (_W.REPLY, _W.POST, _W.EDIT)}
    house.row(_K.CARD, way)
    card = outbox.find(house.db, "card 1")
    assert card is not None
    house.db.execute("UPDATE outbox SET subject = ? WHERE id = ?", [outbox.card_subject(1), card.id])
    card = outbox.get(house.db, card.id)
    await house.delivers(card)
    announcements.result(house.db, house.is_over(), house.clock.now())
    due = [delivery for delivery, _ in outbox.due(house.db, house.clock.now(), URGENT)]
    told = [delivery.kind for delivery in due if delivery.recipient == PERSON]
    assert told == ([_K.CHANNEL_TROUBLE] if way is _W.POST else [])
    result = outbox.find(house.db, outbox.result_subject(1, 1))
    assert result is not None
    await house.delivers(result)
    details = {each["detail"] for each in house.db.query("SELECT detail FROM outbox WHERE kind = 'private result'")}
    assert details == ({""} if way is _W.POST else {"not_in_channel"})


@pytest.mark.parametrize("kind", [_K.SCHEDULE, _K.ALERT_PAUSED])
async def test_what_is_paused_is_told_to_administrators_where_its_channel_takes_nothing(
    house: House, kind: MessageKind
) -> None:
    """Its owner may be somebody who has left; each hears of it once."""
    house.access.named = frozenset({"U9", PERSON})
    row = house.row(kind, _W.POST)
    schedules.pause(house.db, 1, "owner", house.clock.now())
    house.db.execute("UPDATE outbox SET about = 'schedule', about_id = 1 WHERE kind = 'schedule'")
    row = outbox.get(house.db, row.id)
    house.slack.refuses[_W.POST] = refusal("is_archived")
    for _ in range(2):
        await house.delivers(row)
    told = house.db.query("SELECT recipient, kind FROM outbox WHERE id > ? ORDER BY recipient", [row.id])
    private = {_K.SCHEDULE: _K.PRIVATE_SCHEDULE, _K.ALERT_PAUSED: _K.PRIVATE_ALERT_PAUSED}[kind]
    assert [(each["recipient"], each["kind"]) for each in told] == [(PERSON, private.value), ("U9", private.value)]


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
