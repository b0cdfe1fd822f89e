"""Whose a schedule is, and what lets one go on that is paused: taken over, handed over, edited, resumed."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from bot import errors
from bot.cards.pauses import Paused
from bot.delivery.kinds import Words, load
from bot.people.asker import Asker
from bot.schedules.use_cases import Schedules
from storage import outbox
from storage import schedules as store
from storage.audit import Act
from storage.models import MessageKind, Refusal
from storage.schedules import Schedule
from tests.harness.people import admitted
from tests.unit.schedules.house import ADMINISTRATOR, CHANNEL, DAY, DUE, OWNER, House
from tests.unit.schedules.people import ANA, BEN, BOSS, COLLEAGUE, DRAFT, STRANGER


async def test_take_over(house: House, people: Schedules, schedule: Schedule) -> None:
    """Whoever may export there can, once its owner may not; then it runs by their rights, and says so."""
    with pytest.raises(errors.ScheduleOwnerOnlyError):
        await people.take_over(schedule.id, COLLEAGUE)
    house.people.gone.add(OWNER)
    await house.until(DUE)
    with pytest.raises(errors.HiddenScheduleError):
        await people.take_over(schedule.id, STRANGER)
    taken = await people.take_over(schedule.id, COLLEAGUE)
    assert (taken.owner, taken.is_paused) == (BEN, False)
    assert await people.take_over(schedule.id, COLLEAGUE) == taken
    await house.until(DUE + DAY)
    assert [export.requester for export in house.made()] == [BEN]
    assert f"schedule 1 taken over from {OWNER}, for {CHANNEL}" in house.acts(Act.SCHEDULE)


async def test_hand_over(house: House, people: Schedules, schedule: Schedule) -> None:
    """To somebody who may use the bot, by whose rights it runs then."""
    house.people.gone.add("U0GUEST009")
    with pytest.raises(errors.ScheduleRefusedError):
        await people.hand_over(schedule.id, ANA, "U0GUEST009")
    await people.hand_over(schedule.id, ANA, BEN)
    await house.until(DUE)
    assert [export.requester for export in house.made()] == [BEN]
    with pytest.raises(errors.ScheduleOwnerOnlyError):
        await people.pause(schedule.id, ANA)


async def test_what_posts_to_a_direct_message_is_not_handed_over(people: Schedules, schedule: Schedule) -> None:
    """Its reports would go on to who had it before."""
    await people.edit(schedule.id, ANA, replace(DRAFT, channel="D0ANA00001"))
    with pytest.raises(errors.ScheduleRefusedError, match="choose a channel first"):
        await people.hand_over(schedule.id, ANA, BEN)


async def test_who_is_given_one_hears_of_it(house: House, people: Schedules, schedule: Schedule) -> None:
    """By whom, and what follows; who takes it over by themselves knows."""
    await people.hand_over(schedule.id, ANA, BEN)
    await people.hand_over(schedule.id, COLLEAGUE, BEN)
    (told,) = house.told(MessageKind.PRIVATE_SCHEDULE)
    assert told.recipient == BEN
    said = load(house.db, told).message(None, Words()).text
    assert said.startswith(f"<@{OWNER}> has handed the schedule *Tokens by product* in <#{CHANNEL}> over to you.")
    await people.hand_over(schedule.id, BOSS, ADMINISTRATOR)
    assert f"It is <@{ADMINISTRATOR}>'s by now." in load(house.db, told).message(None, Words()).text
    assert len(house.told(MessageKind.PRIVATE_SCHEDULE)) == 1


async def test_one_that_lacks_an_owner_goes_on_with_the_next(
    house: House, people: Schedules, schedule: Schedule
) -> None:
    """An administrator who hands it over does not have to resume it as well."""
    house.people.gone.add(OWNER)
    await house.until(DUE)
    given = await people.hand_over(schedule.id, BOSS, BEN)
    assert (given.owner, given.is_paused, given.next_at) == (BEN, False, DUE + DAY)
    paused = await people.pause(schedule.id, BOSS)
    assert (await people.hand_over(schedule.id, BOSS, ADMINISTRATOR)).paused_why == paused.paused_why


@pytest.mark.parametrize(
    ("why", "change", "goes_on"),
    [
        (Paused.RULE, {}, True),
        (Paused.CONTRACT, {}, True),
        (Paused.CHANNEL, {}, True),
        (Paused.CLOSED, {}, False),
        (Paused.CLOSED, {"channel": "C0OTHER01"}, True),
        (Paused.OWNER, {}, True),
        (Paused.FAILING, {"name": "Other"}, False),
        (Paused.PERSON, {"name": "Other"}, False),
    ],
)
async def test_an_edit_mends_what_it_was_paused_for(
    house: House, people: Schedules, schedule: Schedule, why: Paused, change: dict[str, Any], goes_on: bool
) -> None:
    """What the message says, that an edit lets it go on, is so; a pause that somebody wanted stays one."""
    store.pause(house.db, schedule.id, why.value, house.clock.now())
    house.clock._now = DUE + timedelta(minutes=1)
    edited = await people.edit(schedule.id, ANA, replace(DRAFT, **change))
    assert edited.is_paused is not goes_on
    assert (edited.next_at == DUE + DAY) is goes_on


async def test_an_administrators_edit_makes_no_owner_of_them(
    house: House, people: Schedules, schedule: Schedule
) -> None:
    house.people.gone.add(OWNER)
    await house.until(DUE)
    assert (await people.edit(schedule.id, BOSS, replace(DRAFT, name="Other"))).paused_why == Paused.OWNER


async def test_one_whose_channel_is_closed_does_not_go_on(house: House, people: Schedules, schedule: Schedule) -> None:
    """It would pause again with its next run; who presses hears what to do first."""
    house.places.closed.add(CHANNEL)
    await house.until(DUE)
    assert house.now(schedule).paused_why == Paused.CLOSED
    with pytest.raises(errors.ScheduleRefusedError, match="invite me there first"):
        await people.take_over(schedule.id, ANA)
    house.places.closed.clear()
    assert not (await people.take_over(schedule.id, ANA)).is_paused


async def test_two_who_take_over_at_once(house: House, people: Schedules, schedule: Schedule) -> None:
    """It is the first one's, and the second one does not read that it is theirs."""
    house.people.gone.add(OWNER)
    await house.until(DUE)
    seen = store.get(house.db, schedule.id)
    await people.take_over(schedule.id, COLLEAGUE)

    async def _as_before(_id: int, _asker: Asker) -> Schedule:
        return seen

    people.see = _as_before  # type: ignore[method-assign,assignment]
    with pytest.raises(errors.ScheduleOwnerOnlyError) as refused:
        await people.take_over(schedule.id, admitted("U0DORA005", CHANNEL))
    assert refused.value.schedule.owner == BEN


async def test_one_that_goes_on_is_not_paused_for_what_was_refused_before(
    house: House, people: Schedules, schedule: Schedule
) -> None:
    """The report of before is tried again at once; a later one that is refused pauses it again."""
    await house.until(DUE)
    await house.ends(house.made()[0].number)
    (report,) = house.told(MessageKind.REPORT)
    outbox.refused(house.db, report, Refusal.PLACE, house.clock.now())
    outbox.postpone(house.db, report, DUE + DAY, "not_in_channel", state=None)
    await house.looks()
    assert house.now(schedule).paused_why == Paused.CLOSED
    house.clock._now += timedelta(minutes=5)
    await people.take_over(schedule.id, ANA)
    await house.looks()
    assert not house.now(schedule).is_paused
    assert house.told(MessageKind.REPORT)[0].due_at == house.clock.now()
    await house.until(DUE + DAY)
    await house.ends(house.made()[1].number)
    outbox.refused(house.db, house.told(MessageKind.REPORT)[1], Refusal.PLACE, house.clock.now())
    await house.looks()
    assert house.now(schedule).paused_why == Paused.CLOSED
