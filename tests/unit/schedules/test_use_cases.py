"""What people do with schedules: who may, once for each act, on record."""

from dataclasses import replace
from datetime import date, time, timedelta
from typing import Any

import pytest

from bot import errors
from bot.cards.actions import MadeFor
from bot.cards.pauses import Paused
from bot.delivery.kinds import Words, load
from bot.people.permissions import Rules
from bot.questions.periods import Days
from bot.schedules.rule import Daily, Timed
from bot.schedules.use_cases import Schedules
from storage import channels, outbox
from storage import schedules as store
from storage.audit import Act
from storage.models import DeliveryState, MessageKind, SentMessage
from storage.runs import RunState
from storage.schedules import Schedule
from tests.harness.people import admitted
from tests.unit.schedules.house import CHANNEL, DAY, DUE, OWNER, House
from tests.unit.schedules.people import ANA, BEN, BOSS, COLLEAGUE, DRAFT, QUESTION, STRANGER


async def test_one_act_makes_one_schedule(house: House, people: Schedules, schedule: Schedule) -> None:
    """It runs as it was meant, and belongs to who made it."""
    assert await people.create(DRAFT, ANA, origin="form:1") == schedule
    assert (schedule.owner, schedule.name, schedule.next_at) == (OWNER, "Tokens by product", DUE)
    assert house.acts(Act.SCHEDULE) == [f"schedule 1 made, for {CHANNEL}"]
    await house.until(DUE)
    assert [export.request.fields for export in house.made()] == [("productName",)]


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"name": " - "}, "Give the schedule a name"),
        ({"name": "x" * 81}, "shorten it to 80"),
        ({"question": replace(QUESTION, period=Days(date(2026, 1, 1), date(2026, 1, 31)))}, "a period that moves on"),
        ({"question": replace(QUESTION, fields=("nonsense",))}, "nonsense"),
        ({"file_name": "{week}"}, "{week}"),
    ],
)
async def test_what_is_wrong_is_said(people: Schedules, change: dict[str, Any], said: str) -> None:
    """In a sentence, and nothing is stored."""
    with pytest.raises(errors.ScheduleRefusedError) as refused:
        await people.create(replace(DRAFT, **change), ANA, origin="form:2")
    assert said in " ".join(refused.value.problems)
    assert (await people.listing(ANA)).shown == ()


async def test_the_settings_hold(house: House, people: Schedules) -> None:
    """As for an export that somebody asks for by hand."""
    house.access.rules = Rules(contracts=frozenset({"9"}))
    with pytest.raises(errors.ContractNotAllowedError):
        await people.create(DRAFT, ANA, origin="form:2")
    house.access.rules = Rules(channels=frozenset({"C9"}))
    with pytest.raises(errors.ChannelNotAllowedError):
        await people.create(DRAFT, ANA, origin="form:2")


ACTS: dict[str, Any] = {
    "run now": lambda people, number, who: people.run_now(number, who, origin="press"),
    "pause": lambda people, number, who: people.pause(number, who),
    "resume": lambda people, number, who: people.resume(number, who),
    "skip": lambda people, number, who: people.skip(number, who, "2026-11-25T08:00"),
    "edit": lambda people, number, who: people.edit(number, who, DRAFT),
    "hand over": lambda people, number, who: people.hand_over(number, who, BEN),
    "delete": lambda people, number, who: people.delete(number, who),
}


@pytest.mark.parametrize("act", ACTS)
async def test_who_may_change_one(people: Schedules, schedule: Schedule, act: str) -> None:
    """Its owner, and administrators; its channel sees it, and nobody else does."""
    with pytest.raises(errors.HiddenScheduleError):
        await ACTS[act](people, schedule.id, STRANGER)
    with pytest.raises(errors.ScheduleOwnerOnlyError):
        await ACTS[act](people, schedule.id, COLLEAGUE)
    await ACTS[act](people, schedule.id, ANA)


async def test_administrators_may(people: Schedules, schedule: Schedule) -> None:
    """From anywhere."""
    assert (await people.pause(schedule.id, BOSS)).paused_why == Paused.PERSON


async def test_run_now_is_an_act_of_its_own(house: House, people: Schedules, schedule: Schedule) -> None:
    """Once for each press; the planned run happens as well."""
    for origin in ("press:1", "press:1", "press:2"):
        await people.run_now(schedule.id, ANA, origin=origin)
    await house.looks()
    assert len(house.made()) == 2
    await house.until(DUE)
    assert len(house.made()) == 3


async def test_a_pause_and_what_follows(house: House, people: Schedules, schedule: Schedule) -> None:
    """What would have come due meanwhile does not; what has not begun is left out."""
    await people.run_now(schedule.id, ANA, origin="press:1")
    await people.pause(schedule.id, ANA)
    await people.pause(schedule.id, ANA)
    with pytest.raises(errors.ScheduleRefusedError):
        await people.run_now(schedule.id, ANA, origin="press:2")
    await house.until(DUE + 3 * DAY)
    assert house.made() == []
    assert house.states(schedule) == [("press:press:1", RunState.LEFT_OUT)]
    resumed = await people.resume(schedule.id, ANA)
    assert resumed.next_at == DUE + 4 * DAY
    await house.until(DUE + 4 * DAY)
    assert len(house.made()) == 1
    assert len(house.acts(Act.SCHEDULE)) == 4  # made, started, paused once, resumed


async def test_skip_next_leaves_out_one_run(house: House, people: Schedules, schedule: Schedule) -> None:
    """The one that was shown, however often it is pressed; the one after that follows when the list shows it."""
    for _ in range(2):
        await people.skip(schedule.id, ANA, "2026-11-25T08:00")
    (listed,) = (await people.listing(ANA)).shown
    assert listed.next_run is not None
    assert listed.next_run.identity == "2026-11-26T08:00"
    with pytest.raises(errors.ScheduleRefusedError):
        await people.skip(schedule.id, ANA, "2026-11-28T08:00")
    await house.until(DUE + DAY)
    assert house.states(schedule) == [("2026-11-25T08:00", RunState.LEFT_OUT), ("2026-11-26T08:00", RunState.ASKED)]


async def test_an_edit_concerns_later_runs(house: House, people: Schedules, schedule: Schedule) -> None:
    """A run that has happened does not happen again by another time of the same day."""
    await house.until(DUE)
    at_nine = replace(DRAFT, rule=Timed(Daily(), time(9), "Europe/Berlin"), name="Later")
    edited = await people.edit(schedule.id, ANA, at_nine)
    assert (edited.name, edited.next_at) == ("Later", DUE + timedelta(hours=1))
    await people.edit(schedule.id, ANA, replace(at_nine, only_changes=True))
    await house.until(DUE + timedelta(hours=1))
    assert [identity for identity, _ in house.states(schedule)] == ["2026-11-25T08:00", "2026-11-25T09:00"]


async def test_old_messages_have_no_old_buttons(house: House, people: Schedules, schedule: Schedule) -> None:
    """What was said of a pause is drawn again when it is over, and when the schedule is deleted."""
    house.people.gone.add(OWNER)
    await house.until(DUE)
    (row,) = house.told(MessageKind.SCHEDULE)
    outbox.keep_message(house.db, SentMessage(row.id, CHANNEL, "1.5"))
    outbox.mark_sent(house.db, row)
    await people.take_over(schedule.id, COLLEAGUE)
    (again,) = house.told(MessageKind.SCHEDULE)
    assert again.state is DeliveryState.WAITING
    assert load(house.db, again).message(None, Words()).text.endswith("It goes on.")
    outbox.mark_sent(house.db, again)
    await people.delete(schedule.id, COLLEAGUE)
    (again,) = house.told(MessageKind.SCHEDULE)
    assert again.state is DeliveryState.WAITING
    assert load(house.db, again).message(None, Words()).text == "That schedule was deleted."


async def test_a_run_that_waits_is_looked_at_when_its_schedule_is_edited(
    house: House, people: Schedules, schedule: Schedule
) -> None:
    """Who does not want to wait for the data any more does not wait for an hour to be over either."""
    await people.edit(schedule.id, ANA, replace(DRAFT, waits_until=time(14)))
    await house.until(DUE)
    assert house.made() == []
    await people.edit(schedule.id, ANA, DRAFT)
    await house.looks()
    assert len(house.made()) == 1


async def test_an_edit_that_changes_nothing_is_none(house: House, people: Schedules, schedule: Schedule) -> None:
    """So the same form sent twice is one change."""
    for _ in range(2):
        await people.edit(schedule.id, ANA, replace(DRAFT, name="Other"))
    assert len([act for act in house.acts(Act.SCHEDULE) if "edited" in act]) == 1


async def test_an_edit_in_a_form_of_before_finds_its_channel(
    house: House, people: Schedules, schedule: Schedule
) -> None:
    """The id of a channel may change while a form is open."""
    channels.move(house.db, CHANNEL, "C0SHARED9", house.clock.now())
    edited = await people.edit(schedule.id, ANA, replace(DRAFT, name="Other"))
    assert edited.channel == "C0SHARED9"


async def test_a_report_that_waits_for_its_figures_is_posted_though_its_schedule_goes(
    house: House, people: Schedules, schedule: Schedule
) -> None:
    """Nobody compares them any more."""
    await people.edit(schedule.id, ANA, replace(DRAFT, only_changes=True))
    for days in range(2):
        await house.until(DUE + days * DAY)
        export = await house.ends(house.made()[days].number)
        await house.looks()
        if not days:
            await house.found(export)
            await house.looks()
    assert len(house.told(MessageKind.REPORT)) == 1
    await people.delete(schedule.id, ANA)
    assert len(house.told(MessageKind.REPORT)) == 2
    await house.found(export)
    assert [row.about_id for row in house.told(MessageKind.ANSWER)] == [1, 2]


async def test_what_is_deleted_is_gone(house: House, people: Schedules, schedule: Schedule) -> None:
    """Exports that it made stay, and are still announced."""
    await house.until(DUE)
    await people.delete(schedule.id, ANA)
    with pytest.raises(errors.NoSuchScheduleError):
        await people.delete(schedule.id, ANA)
    await house.ends(house.made()[0].number)
    await house.until(DUE + DAY)
    assert len(house.made()) == len(house.told(MessageKind.REPORT)) == 1
    assert store.everywhere(house.db) == ()


async def test_a_button_of_another_life_does_nothing(people: Schedules, schedule: Schedule) -> None:
    """Its number is that of another schedule."""
    assert await people.recognise(MadeFor(schedule.id, schedule.mark)) == schedule.id
    with pytest.raises(errors.NoSuchScheduleError):
        await people.recognise(MadeFor(schedule.id, "0123456789"))


async def test_the_list_is_the_channels_and_ones_own(people: Schedules, schedule: Schedule) -> None:
    """What somebody may change is told with it."""
    other = await people.create(replace(DRAFT, channel="C0OTHER01", name="Other"), ANA, origin="form:2")
    assert [(each.schedule.id, each.may_change) for each in (await people.listing(ANA)).shown] == [
        (schedule.id, True),
        (other.id, True),
    ]
    assert [(each.schedule.id, each.may_change) for each in (await people.listing(COLLEAGUE)).shown] == [
        (schedule.id, False)
    ]


async def test_a_list_has_pages(people: Schedules, schedule: Schedule) -> None:
    """One begins where one asks for it, holds what was just changed, and is never past the end."""
    made = [schedule, *[await people.create(DRAFT, ANA, origin=f"more:{number}") for number in range(6)]]
    ids = [each.id for each in made]
    for first, holds, at in ((0, 0, 0), (3, 0, 3), (9, 0, 6), (0, ids[4], 3), (0, 99, 0)):
        page = await people.listing(ANA, first, 3, holds=holds)
        assert (page.first, page.count) == (at, 7)
        assert [each.schedule.id for each in page.shown] == ids[at : at + 3]
    assert (await people.listing(admitted(BEN, "C0OTHER01"), 3, 3)).shown == ()


async def test_there_is_an_end_of_schedules(house: House, people: Schedules, schedule: Schedule) -> None:
    """A hundred in a channel."""
    for number in range(99):
        await people.create(DRAFT, ANA, origin=f"more:{number}")
    with pytest.raises(errors.ScheduleRefusedError):
        await people.create(DRAFT, COLLEAGUE, origin="more")
    assert len(store.everywhere(house.db)) == 100
    assert schedule in store.everywhere(house.db)


async def test_outside_of_channels_those_of_all_of_ones_channels_are_seen(house: House, people: Schedules) -> None:
    """In the Home tab, and in the direct message to which its list comes; nobody sees those of other channels."""
    schedule = await people.create(DRAFT, ANA, origin="form:1")
    for place in ("", "D0BEN00002"):
        outside = admitted(BEN, place)
        assert [each.schedule for each in (await people.listing(outside)).shown] == [schedule]
        assert await people.see(schedule.id, outside) == schedule
        with pytest.raises(errors.ScheduleOwnerOnlyError):
            await people.change(schedule.id, outside)
    house.places.members = {OWNER}
    for place in ("", "D0BEN00002"):
        assert (await people.listing(admitted(BEN, place))).count == 0
        with pytest.raises(errors.NoSuchScheduleError):
            await people.see(schedule.id, admitted(BEN, place))
    assert (await people.at_home(admitted(BEN, ""))).count == 0


async def test_a_home_has_what_matters_most(house: House, people: Schedules) -> None:
    """What has paused by itself first, then what is due next, what a person has paused last; and how many there are."""
    made = [await people.create(replace(DRAFT, name=f"n{number}"), ANA, origin=f"form:{number}") for number in range(7)]
    await people.pause(made[0].id, ANA)
    house.db.execute("UPDATE schedules SET paused_why = 'failing' WHERE id = ?", [made[6].id])
    seen = await people.at_home(admitted(OWNER, ""))
    assert [each.schedule.name for each in seen.shown] == ["n6", "n1", "n2", "n3", "n4"]
    assert seen.count == 7
    assert all(each.may_change for each in seen.shown)
