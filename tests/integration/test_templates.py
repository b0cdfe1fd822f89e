"""`/tokenflex templates`: what can be done with saved questions, each for one who may and for one who may not."""

import pytest

from bot.cards import actions
from bot.questions import periods, templates
from bot.questions.questions import Question
from storage.audit import Act
from tests.harness.allowed import house_where, old_button
from tests.harness.forms import SHORT, open_questions, opens_menus, submissions
from tests.harness.house import House
from tests.harness.talk import OpenHouse, quick_house
from tests.integration.test_audit_of_acts import acts
from tests.integration.test_saved_questions import saved_by, saves

MONTHLY = Question(("productName",), ("tokensConsumed",), (), "productName = 'Revit'", periods.Relative.LAST_MONTH)


@pytest.fixture
async def quick(new_house: OpenHouse) -> House:
    return await quick_house(new_house)


async def test_the_list_shows_ones_own_and_the_channels(quick: House) -> None:
    """With what each asks, and with the buttons of what the person may; nothing of others and of other channels."""
    ana, ben = quick.member("ana"), quick.member("ben")
    await ana.types("#finance", "/tokenflex templates")
    await ana.hears("#finance", "There are no templates of yours or of this channel yet.", private=True)
    await saves(quick, "ana", "Mine", MONTHLY, sentence="For the <!channel> meeting")
    await saves(quick, "ana", "Ours", MONTHLY, shared=True)
    await saves(quick, "ben", "His", MONTHLY)
    await saves(quick, "ana", "Elsewhere", MONTHLY, channel="#general", shared=True)
    await ana.types("#finance", "/tokenflex templates")
    shown = await ana.hears("#finance", "Mine", "Ours", private=True)
    assert "Tokens by product, last month, only Revit." in shown.visible_text()
    assert "For the <!channel> meeting" in shown.visible_text()
    assert not {"His", "Elsewhere"} & set(shown.visible_text().split())
    own = ["Run", "Schedule", "Edit", "Rename", "Share", "Delete"]
    assert shown.buttons() == [*own, "Run", "Schedule", "Edit", "Rename", "Stop sharing", "Delete"]
    await ben.types("#finance", "/tokenflex templates")
    shown = await ben.hears("#finance", "His", "Ours", "saved by @ana", private=True)
    assert shown.buttons() == [*own, "Run", "Schedule"]
    await ana.types("@tokenflex", "/tokenflex templates")
    shown = await ana.hears("@tokenflex", "Mine", private=True)
    assert shown.buttons() == ["Run", "Schedule", "Edit", "Rename", "Delete"]
    await ana.types("#finance", "/tokenflex templates all")
    told = await ana.hears("#finance", "Nothing follows /tokenflex templates; leave “all” out.", private=True)
    await ana.presses(told, "/tokenflex templates")
    await ana.waits(lambda: sum("Stop sharing" in each.buttons() for each in ana.sees("#finance")) == 2)


async def test_many_are_shown_on_pages(quick: House) -> None:
    """Fifteen on each, in the place of the page before."""
    ana = quick.member("ana")
    for number in range(1, 18):
        await saves(quick, "ana", f"Number {number:02}", MONTHLY)
    await ana.types("#finance", "/tokenflex templates")
    shown = await ana.hears("#finance", "1 to 15 of 17.", private=True)
    assert "Number 16" not in shown.visible_text()
    await ana.presses(shown, "Next")
    await ana.waits(lambda: "16 to 17 of 17." in shown.visible_text())
    assert shown.buttons()[-1] == "Previous"
    await ana.presses(shown, "Previous")
    await ana.waits(lambda: "1 to 15 of 17." in shown.visible_text())


@pytest.mark.parametrize("action", [actions.TEMPLATES, actions.RUN, actions.LIST])
async def test_a_button_that_holds_nonsense_is_answered(quick: House, action: str) -> None:
    """Like all that goes wrong: with an apology, whoever made it up."""
    ana = quick.member("ana")
    answer = await ana.presses(old_button(quick, "#finance", action, "nonsense"), "Press me")
    assert answer.error is None
    await ana.hears("#finance", "Sorry, something went wrong on my side.", private=True)


async def test_run(quick: House) -> None:
    """Who sees a template runs it, after a look at what it will be; who does not hears that there is none."""
    ana, ben, carla = quick.member("ana"), quick.member("ben"), quick.member("carla")
    await saves(quick, "ana", "Monthly", MONTHLY, shared=True)
    await ben.types("#finance", "/tokenflex templates")
    asked = submissions(quick)
    await ben.presses(await ben.hears("#finance", "Monthly", private=True), "Run")
    modal = await ben.sees_modal(SHORT)
    assert modal.value("What do you want to know?") == "Monthly"
    days = periods.days_of(periods.Relative.LAST_MONTH, quick.clock.now().date())
    await modal.shows(f"Tokens by product, {periods.words(days)}, only Revit")
    modal.fill("Contract", modal.options("Contract")[0])
    await modal.settled()
    await modal.submit()
    await ben.hears("#finance", "@ben, export #1 is ready", private=False, timeout=20)
    assert asked[0][1]["where"] == f"{periods.clause(days)} AND productName = 'Revit'"
    await carla.presses(old_button(quick, "#general", actions.RUN), "Press me")
    await carla.hears("#general", "That template is not there any more. /tokenflex templates lists those", private=True)
    assert carla.modal is None
    rows = await acts(quick, Act.REFUSED)
    assert [(row[0], row[-1]) for row in rows] == [("carla", "template.run: the template is not theirs to see")]
    await ana.presses(old_button(quick, "#general", actions.RUN), "Press me")
    modal = await ana.sees_modal(SHORT)
    assert modal.value("What do you want to know?") == "Tokens by product"
    await modal.shows("only Revit")


async def test_edit(quick: House) -> None:
    """Its owner changes what it asks, with errors at the fields; another is told whose it is."""
    ana, ben = quick.member("ana"), quick.member("ben")
    await saves(quick, "ana", "Monthly", MONTHLY, shared=True)
    await ana.types("#finance", "/tokenflex templates")
    await ana.presses(await ana.hears("#finance", "Monthly", private=True), "Edit")
    modal = await opens_menus(await ana.sees_modal("Edit template"))
    assert modal.labels() == ["Usage categories", "Columns", "Numbers", "Only rows where", "Period"]
    assert modal.value("Only rows where") == "productName = 'Revit'"
    modal.fill("Only rows where", "productName =")
    await modal.submit()
    assert set(modal.errors) == {"Only rows where"}
    modal.fill("Only rows where", "")
    modal.fill("Columns", [])
    modal.fill("Numbers", [])
    await modal.submit()
    assert "Pick at least one column or number" in modal.errors["Columns"]
    modal.fill("Columns", ["userName"])
    modal.fill("Period", "This contract year")
    await modal.submit()
    await modal.shows("Monthly asks this now: User, this contract year")
    question = Question(("userName",), period=periods.Relative.THIS_CONTRACT_YEAR)
    assert await stored(quick, "Monthly") == question
    await ben.presses(old_button(quick, "#finance", actions.CHANGE), "Press me")
    await ben.hears("#finance", "Only @ana, who saved Monthly, can change it.", private=True)
    assert ben.modal is None
    assert await done(quick) == [("ana", "saved"), ("ana", "edited"), ("ben", "refused")]


async def test_rename(quick: House) -> None:
    """Its owner gives it another name and sentence, with errors at the fields; another is told whose it is."""
    ana, ben = quick.member("ana"), quick.member("ben")
    await saves(quick, "ana", "Monthly", MONTHLY, shared=True)
    await saves(quick, "ana", "Weekly", MONTHLY, shared=True)
    await ana.presses(old_button(quick, "#finance", actions.RENAME), "Press me")
    modal = await ana.sees_modal("Rename template")
    assert modal.value("Name") == "Monthly"
    modal.fill("Name", "weekly")
    await modal.submit()
    assert modal.errors == {"Name": 'This channel has a template "weekly" already: choose another name.'}
    modal.fill("Name", "Revit")
    modal.fill("What it is for", "For the meeting")
    await modal.submit()
    await modal.shows("It is called Revit now.")
    assert {each.name: each.sentence for each in (await saved_by(quick, "ben")).values()} == {
        "Revit": "For the meeting",
        "Weekly": "",
    }
    await ben.presses(old_button(quick, "#finance", actions.RENAME), "Press me")
    await ben.hears("#finance", "Only @ana, who saved Revit, can change it.", private=True)
    assert await done(quick) == [("ana", "saved"), ("ana", "saved"), ("ana", "renamed"), ("ben", "refused")]


async def test_share_and_take_back(quick: House) -> None:
    """Its owner alone gives it to the channel where they are, and takes it back; the list says what it is then."""
    ana, ben = quick.member("ana"), quick.member("ben")
    await saves(quick, "ana", "Monthly", MONTHLY)
    await ana.types("#finance", "/tokenflex templates")
    shown = await ana.hears("#finance", "Monthly", private=True)
    await ana.presses(shown, "Share")
    await ana.waits(lambda: "Monthly is #finance's now: everybody there can run it." in shown.visible_text())
    assert "Stop sharing" in shown.buttons()
    assert set(await saved_by(quick, "ben")) == {"Monthly"}
    for action in (actions.UNSHARE, actions.SHARE):
        await ben.presses(old_button(quick, "#finance", action), "Press me")
    await ben.waits(lambda: sum("who saved" in each.text for each in ben.sees("#finance")) == 2)
    await ana.presses(shown, "Stop sharing")
    await ana.waits(lambda: "Monthly is yours alone now." in shown.visible_text())
    assert await saved_by(quick, "ben") == {}
    refused = [("ben", "refused"), ("ben", "refused")]
    assert await done(quick) == [("ana", "saved"), ("ana", "shared"), *refused, ("ana", "no longer shared")]


async def test_delete(quick: House) -> None:
    """After a question, by its owner; another is told whose it is, and what is gone is told as gone."""
    ana, ben = quick.member("ana"), quick.member("ben")
    await saves(quick, "ana", "Monthly", MONTHLY, shared=True)
    await ben.presses(old_button(quick, "#finance", actions.REMOVE), "Press me")
    await ben.hears("#finance", "Only @ana, who saved Monthly, can change it.", private=True)
    await ana.types("#finance", "/tokenflex templates")
    shown = await ana.hears("#finance", "Monthly", private=True)
    assert "Delete this template?" in (shown.confirmation("Delete") or "")
    await ana.presses(shown, "Delete", confirm=False)
    assert set(await saved_by(quick, "ana")) == {"Monthly"}
    await ana.presses(shown, "Delete")
    await ana.waits(lambda: "Monthly is deleted." in shown.visible_text())
    assert await saved_by(quick, "ana") == {}
    gone = (actions.RUN, actions.CHANGE, actions.RENAME, actions.SHARE, actions.UNSHARE, actions.REMOVE)
    for action in gone:
        await ana.presses(old_button(quick, "#finance", action), "Press me")
    said = "That template is not there any more."
    await ana.waits(lambda: sum(said in each.text for each in ana.sees("#finance")) == len(gone))
    assert await done(quick) == [("ana", "saved"), ("ben", "refused"), ("ana", "deleted")]


async def test_one_that_is_deleted_while_a_form_shows_it(quick: House) -> None:
    """That is told at the question, before and after it is sent; all else stays, and another question can be chosen."""
    ana = quick.member("ana")
    await saves(quick, "ana", "Monthly", MONTHLY)
    modal = await open_questions(quick)
    modal.fill("What do you want to know?", "Monthly")
    await modal.settled()
    await ana.presses(old_button(quick, "#finance", actions.REMOVE), "Press me")
    await ana.hears("#finance", "Monthly is deleted", private=True)
    await modal.submit()
    gone = "That template is not there any more"
    assert gone in modal.errors["What do you want to know?"]
    modal.fill("Period", "All")
    await modal.settled()
    await modal.shows(f"{gone}: choose another question.")
    modal.fill("What do you want to know?", "Tokens by day")
    await modal.settled()
    await modal.submit()
    await modal.shows("Got it: export #1.")


async def test_administrators_may_change_those_of_others(new_house: OpenHouse) -> None:
    """They see and change every template where it lives, as they do with exports."""
    house = await house_where(new_house, ADMINISTRATORS="{carla}")
    carla = house.member("carla")
    await saves(house, "ben", "Monthly", MONTHLY, shared=True)
    await carla.types("#finance", "/tokenflex templates")
    shown = await carla.hears("#finance", "Monthly", private=True)
    assert shown.buttons() == ["Run", "Schedule", "Edit", "Rename", "Stop sharing", "Delete"]
    await carla.presses(shown, "Delete")
    await carla.waits(lambda: "Monthly is deleted." in shown.visible_text())


async def stored(house: House, name: str) -> Question:
    """What a template asks."""
    return templates.read((await saved_by(house, "ana"))[name])


async def done(house: House) -> list[tuple[str, str]]:
    """Who did what with templates, in one word or two."""
    rows = await acts(house, Act.TEMPLATE, Act.REFUSED)
    return [
        (row[0], "refused" if row[1] is Act.REFUSED else row[-1].partition(", ")[0].split(" ", 2)[2]) for row in rows
    ]
