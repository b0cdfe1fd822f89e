"""Buttons of a time that the database does not know any more act on nothing, and say so."""

import asyncio
from collections.abc import Mapping
from functools import partial
from pathlib import Path

import pytest
from sqlite_utils import Database as Connection

from bot.cards import actions
from bot.questions.questions import Question
from storage import alerts, backup, exports, outbox, schedules
from storage.models import About, MessageKind, NewDelivery
from storage.schedules import NewSchedule
from storage.states import ExportState
from tests.harness.allowed import old_button
from tests.harness.forms import TITLE
from tests.harness.house import CONTRACT, House
from tests.harness.rows import NOW, alert_of
from tests.harness.talk import OpenHouse, details_of, fails, gets, knows_contracts, quick_house
from tests.integration.test_form_again import AGAIN, refused
from tests.integration.test_saved_questions import saved_by, saves

#: Buttons of no thing that has a number: of an address, a form, a page, a command, a contract.
OF_NOTHING = {
    *(actions.DOWNLOAD, actions.FORM, actions.MEANT, actions.POST_USAGE, actions.NEW_ALERT),
    *(actions.LIST, actions.TEMPLATES, actions.SCHEDULES, actions.ALERTS),
}
OF_TEMPLATES = (
    *(actions.RUN, actions.CHANGE, actions.RENAME, actions.SHARE, actions.UNSHARE, actions.REMOVE),
    actions.SCHEDULE_TEMPLATE,
)
OF_SCHEDULES = (
    *(actions.RUN_NOW, actions.PAUSE, actions.RESUME, actions.SKIP, actions.RESCHEDULE),
    *(actions.HAND_OVER, actions.TAKE_OVER, actions.UNSCHEDULE),
)
OF_ALERTS = (
    *(actions.ACKNOWLEDGE, actions.PUT_OFF, actions.NOT_USEFUL, actions.PAUSE_ALERT, actions.RESUME_ALERT),
    *(actions.CHANGE_ALERT, actions.TAKE_OVER_ALERT, actions.UNWATCH),
)
#: Every other action of a button, by the name of its constant.
ACTIONS = {
    value: name
    for name, value in vars(actions).items()
    if name.isupper()
    and isinstance(value, str)
    and value not in {*OF_NOTHING, *OF_TEMPLATES, *OF_SCHEDULES, *OF_ALERTS}
}
ANOTHER = "That button was made for another export #1 of the time before my records were put back from an older copy."
A_MESSAGE = "That button was made for a message of the time before my records were put back from an older copy."


@pytest.fixture
async def ruled(new_house: OpenHouse) -> House:
    house = await new_house(speed=40.0, token_flex={"durations": (1.0, 1.0), "link_life": 120.0})
    await house.start_bot(ADMINISTRATORS=house.slack.workspace.user("ana").id)
    await knows_contracts(house)
    return house


def given_up(db: Connection) -> None:
    """Have the first message that goes to somebody alone be one that was given up."""
    new = NewDelivery(
        subject="direct:1:refused:", kind=MessageKind.REFUSAL, about=About.EXPORT, about_id=1, recipient="U1"
    )
    row = outbox.get(db, outbox.put(db, new, exports.get(db, 1).accepted_at))
    outbox.give_up(db, row, "no way")


async def states(house: House) -> Mapping[str, str]:
    """Where every export stands, and the message that was given up."""
    sql = """
        SELECT origin AS name, state FROM exports UNION ALL
        SELECT subject, state FROM outbox WHERE kind = 'refusal'
    """
    return await house.side.database.read(lambda db: {row["name"]: row["state"] for row in db.query(sql)})


def test_every_button_is_known() -> None:
    """A new action has a label, so that it is drawn and gets its value in the one way that there is."""
    assert {*ACTIONS, *OF_TEMPLATES, *OF_SCHEDULES, *OF_ALERTS} == set(actions._LABELS) - OF_NOTHING


@pytest.mark.parametrize("action_id", sorted(ACTIONS), ids=lambda each: ACTIONS[each])
async def test_a_button_of_another_life_acts_on_nothing(ruled: House, action_id: str) -> None:
    """It has the number of something that is there, and names what it was made for."""
    ana = ruled.member("ana")
    await fails(ruled, ana)
    await ruled.side.database.write(given_up)
    number = await ruled.side.database.read(lambda db: outbox.given_up(db, 1)[0].id)
    before = await states(ruled)
    is_of_message = action_id == actions.SEND_AGAIN
    await ana.presses(
        old_button(ruled, "#finance", action_id, f"{number if is_of_message else 1}.0123456789"), "Press me"
    )
    told = await ana.hears("#finance", A_MESSAGE if is_of_message else ANOTHER, private=True)
    assert "nothing was done" in told.visible_text()
    assert await states(ruled) == before
    assert not [call for call in ruled.token_flex.calls if call.method == "DELETE"]


async def test_a_button_of_a_template_of_another_life_acts_on_nothing(ruled: House) -> None:
    """It has the id of a template that is there, and names what it was made for."""
    ana = ruled.member("ana")
    await saves(ruled, "ana", "Monthly", Question(("productName",)))
    kept = await saved_by(ruled, "ana")
    for action_id in OF_TEMPLATES:
        await ana.presses(old_button(ruled, "#finance", action_id, "1.0123456789"), "Press me")
    told = "That template is not there any more."
    await ana.waits(lambda: sum(told in text for text in private(ruled)) == len(OF_TEMPLATES))
    assert await saved_by(ruled, "ana") == kept
    assert ana.modal is None


def by_itself(db: Connection, channel: str, owner: str) -> None:
    """Have a schedule and an alert in a channel, both of the first number, both paused."""
    schedule = NewSchedule(
        origin="form:1", name="Monthly", question="{}", contract=CONTRACT, channel=channel, owner=owner, rule="{}",
        missed="once",
    )  # fmt: skip
    schedules.add(db, schedule, "2026-03-03T08:00", None, NOW)
    schedules.pause(db, 1, "person", NOW)
    alert_of(db, channel=channel, owner=owner)
    alerts.pause(db, 1, "person", NOW)


async def test_a_button_of_what_ran_by_itself_in_another_life_acts_on_nothing(ruled: House) -> None:
    """It has the id of a schedule or an alert that is there, and names what it was made for."""
    ana = ruled.member("ana")
    workspace = ruled.slack.workspace
    await ruled.side.database.write(by_itself, workspace.channel("#finance").id, workspace.user("ana").id)
    before = await ruled.side.database.read(lambda db: (schedules.everywhere(db), alerts.find(db, 1)))
    for kind, action_ids in (("schedule", OF_SCHEDULES), ("alert", OF_ALERTS)):
        for action_id in action_ids:
            await ana.presses(old_button(ruled, "#finance", action_id, "1.0123456789"), "Press me")
        told = f"That {kind} is not there any more"
        await ana.waits(partial(times_told, ruled, told, len(action_ids)))
    assert await ruled.side.database.read(lambda db: (schedules.everywhere(db), alerts.find(db, 1))) == before
    assert ana.modal is None


@pytest.mark.parametrize("action_id", sorted(ACTIONS), ids=lambda each: ACTIONS[each])
async def test_a_button_of_an_older_version_has_a_number_alone(ruled: House, action_id: str) -> None:
    """It works where the message can be about what has that number now: not where that came later."""
    ana = ruled.member("ana")
    await gets(ana)
    await ruled.side.database.write(given_up)
    is_of_message = action_id == actions.SEND_AGAIN
    number = (await ruled.side.database.read(lambda db: outbox.given_up(db, 1)[0].id)) if is_of_message else 1
    too_old = old_button(ruled, "#finance", action_id, str(number))
    too_old.ts = "1600000000.000100"
    await ana.presses(too_old, "Press me")
    told = A_MESSAGE if is_of_message else ANOTHER
    await ana.hears("#finance", told, private=True)
    await ana.presses(old_button(ruled, "#finance", action_id, str(number)), "Press me")
    await asyncio.sleep(0.5)
    assert sum(told in text for text in private(ruled)) == 1


def times_told(house: House, said: str, count: int) -> bool:
    """Whether the bot has said something privately so many times."""
    return sum(said in text for text in private(house)) == count


def private(house: House) -> list[str]:
    """What the bot has shown to somebody alone in #finance."""
    return [each.text for each in house.slack.workspace.channel("#finance").messages if each.ephemeral_for is not None]


async def test_after_a_restore_numbers_go_on_and_old_buttons_say_so(new_house: OpenHouse) -> None:
    """#2 was asked for after the copy: its card stands there still, and the next one is #3."""
    house = await quick_house(new_house)
    ana, path = house.member("ana"), Path(house.environment["DATABASE_PATH"])
    result = await gets(ana)
    await asyncio.to_thread(backup.back_up, path, house.folder / "copy.db", house.clock.now())
    await gets(ana, name="year2", number=2)
    lost = next(each for each in ana.sees("#finance") if "export #2 is ready" in each.visible_text())
    details = await details_of(ana, lost)
    await house.stop_bot()
    await asyncio.to_thread(backup.restore, path, house.folder / "copy.db", house.clock.now())
    await house.start_bot()
    await knows_contracts(house)
    await ana.presses(lost, "Details")
    await ana.hears("#finance", "That button was made for another export #2 of the time before", private=True)
    await ana.types("#finance", "/tokenflex status #2")
    await ana.hears("#finance", "I know of no export #2 here", private=True)
    await gets(ana, name="year3", number=3)
    await ana.presses(details, "Delete")
    await asyncio.sleep(0.3)
    assert await house.side.database.read(lambda db: exports.get(db, 3).state) is ExportState.READY
    await ana.presses(result, "Details")
    await ana.hears("#finance", "Export #1 · year1.csv", "Posted to", private=True)


async def test_a_form_of_another_life_replaces_nothing(new_house: OpenHouse) -> None:
    """It was opened by *Edit and send again* before the database was replaced; who submits it is told."""
    house = await quick_house(new_house)
    ana = house.member("ana")
    await ana.presses(await refused(house), AGAIN)
    modal = await ana.sees_modal(TITLE)
    await house.side.database.write(another_life)
    await modal.submit()
    await modal.shows("That button was made for another export #1")
    assert await house.side.database.read(lambda db: db.table("exports").count) == 1


def another_life(db: Connection) -> None:
    """Have the first export be another one."""
    db.execute("UPDATE exports SET origin = 'command:of another life' WHERE number = 1")
