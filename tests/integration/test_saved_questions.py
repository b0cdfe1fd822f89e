"""What is asked again: by a period, by the name of a question, from a template, from an export of before."""

from typing import Any

import pytest

from bot.cards import actions
from bot.questions import periods
from bot.questions.questions import Question
from bot.questions.templates import Templates
from bot.tokenflex.catalogue import Catalogue
from storage import exports as export_store
from storage.audit import Act
from storage.templates import Template
from tests.harness.allowed import old_button, pass_time
from tests.harness.forms import SHORT, TITLE, open_questions, submissions
from tests.harness.house import CONTRACT, House
from tests.harness.people import admitted
from tests.harness.talk import OpenHouse, asks, gets, quick_house
from tests.integration.test_audit_of_acts import acts


@pytest.fixture
async def quick(new_house: OpenHouse) -> House:
    return await quick_house(new_house)


def clause_of(house: House, word: str) -> str:
    """The where clause of a period, by the clock of the house; everybody there lives in UTC."""
    today = house.clock.now().date()
    return periods.clause(periods.days_of(periods.parse(word, today), today))


# --- periods


async def test_a_period_becomes_days_when_the_export_is_made(quick: House) -> None:
    """Beside what else has to hold; what no days can be made of is told, with what to write."""
    ana, asked = quick.member("ana"), submissions(quick)
    wanted = f"/tokenflex export contract={CONTRACT} fields=productName"
    words = ("last-month", "2025-10", "2025-10-01..2025-10-15", "october")
    for number, word in enumerate(words, 1):
        await ana.types("#finance", f'{wanted} period={word} where="contractYear=1 OR contractYear=2"')
        await ana.hears("#finance", f"export #{number} is ready", private=False, timeout=30)
    loose = "(contractYear=1 OR contractYear=2)"
    assert [body["where"] for _, body in asked] == [f"{clause_of(quick, word)} AND {loose}" for word in words]
    await ana.types("#finance", f"{wanted} period=2099")
    await (await ana.sees_modal("There is no usage of 2099 yet: today is left out. Choose an earlier")).dismiss()
    await ana.types("#finance", f"{wanted} period=last-mnth metrics=hours")
    await ana.sees_modal("did you mean last-month?", '"hours" is not a metric')


# --- by name


def store_of(house: House) -> Templates:
    """The templates of a house."""
    return Templates(house.side.database, house.side.exports._access, Catalogue(), house.clock)


async def saves(
    house: House, who: str, name: str, question: Question, *, channel: str = "#finance", **more: Any
) -> None:
    """Have somebody save a question."""
    place = house.slack.workspace.channel(channel).id
    asker = admitted(house.member(who).id, place)
    await store_of(house).save(question, asker, name=name, origin=f"test:{who}:{name}", **more)


async def test_a_question_is_exported_by_its_name(quick: House) -> None:
    """One's own template before the channel's, that before the bot's; with another period and further conditions."""
    ana, asked = quick.member("ana"), submissions(quick)
    october = periods.parse("2025-10", periods.ANY_DAY)
    await saves(quick, "ben", "Users", Question(("productName",), ("uniqueUsers",)), shared=True)
    await saves(quick, "ana", "My Report", Question(("userName",), ("usageHours",), (), "contractYear=1", october))
    for number, typed in enumerate(
        (
            "products",
            "Which products use the tokens? period=2025-10",
            "tokens by day period=all",
            "users",
            "“my report” where=“productName='Revit'”",
            "My Report period=2025-11 name=mine",
        ),
        1,
    ):
        await ana.types("#finance", f"/tokenflex export {typed} contract={CONTRACT}")
        await ana.hears("#finance", f"export #{number} is ready", private=False, timeout=30)
    bodies = [{name: body.get(name, []) for name in ("fields", "metrics", "where")} for _, body in asked]
    moved = periods.clause(periods.days_of(periods.Relative.LAST_MONTH, quick.clock.now().date()))
    revit = "productName='Revit'"
    assert [(*body["fields"], *body["metrics"], body["where"]) for body in bodies] == [
        ("productName", "tokensConsumed", clause_of(quick, "last-month")),
        ("productName", "tokensConsumed", clause_of(quick, "2025-10")),
        ("usageDate", "tokensConsumed", []),
        ("productName", "uniqueUsers", []),
        ("userName", "usageHours", f"{moved} AND contractYear=1 AND {revit}"),
        ("userName", "usageHours", f"{clause_of(quick, '2025-11')} AND contractYear=1"),
    ]


async def test_a_name_that_is_not_known_is_told_with_the_nearest(quick: House) -> None:
    """Of what the person may see alone: a template of somebody else is no nearer than none."""
    ana, ben = quick.member("ana"), quick.member("ben")
    await saves(quick, "ben", "Secret figures", Question(("productName",)))
    contract = f"contract={CONTRACT}"
    for typed, said in (
        ("prodcts", "I know of no question and no template “prodcts” here; did you mean products?"),
        ("colour of money", "I know of no question and no template “colour of money” here."),
        ("secret figurs", "I know of no question and no template “secret figurs” here"),
        ("Secret figures", "I know of no question and no template “Secret figures” here"),
        ("products where=productNam='Revit'", "did you mean productName?"),
        ("this-contract-year period=2099", "no template “this-contract-year” here"),
    ):
        await ana.types("#finance", f"/tokenflex export {typed} {contract}")
        modal = await ana.sees_modal(said)
        assert "you mean Secret" not in modal.visible_text()
        await modal.dismiss()
    await ben.types("#finance", f"/tokenflex export secret figurs {contract}")
    modal = await ben.sees_modal("did you mean Secret figures?")
    assert modal.value("What do you want to know?") == "Secret figures"
    assert quick.token_flex.exports.states() == {}


# --- Save as template


async def saved_by(house: House, who: str, channel: str = "#finance") -> dict[str, Template]:
    """What somebody sees of templates in a channel, by name."""
    asker = admitted(house.member(who).id, house.slack.workspace.channel(channel).id)
    return {template.name: template for template in await store_of(house).listing(asker)}


async def test_a_card_is_saved_as_a_template(quick: House) -> None:
    """With the days as they were said, for oneself; what is wrong with the name stands at its field."""
    ana, ben = quick.member("ana"), quick.member("ben")
    await ana.types("#finance", f"/tokenflex export products contract={CONTRACT} where=productName='Revit'")
    result = await ana.hears("#finance", "export #1 is ready", private=False, timeout=20)
    await ben.presses(result, "Save as template")
    modal = await ben.sees_modal("Save as template", "Tokens by product, last month, only Revit.")
    modal.fill("Name", 'The "best"')
    modal.fill("What it is for", "x" * 150)
    await modal.submit()
    assert modal.errors == {"Name": 'The name must not contain ", so that it can stand in a command.'}
    modal.fill("Name", "Revit monthly")
    await modal.submit()
    await modal.shows("Saved: Revit monthly. /tokenflex export Revit monthly asks it again")
    assert set(await saved_by(quick, "ben")) == {"Revit monthly"}
    assert await saved_by(quick, "ana") == {}
    await ben.presses(result, "Save as template")
    modal = await ben.sees_modal("Save as template", "Name")
    modal.fill("Name", "REVIT  monthly")
    await modal.submit()
    assert modal.errors == {"Name": 'You have a template "REVIT monthly" already: choose another name.'}
    modal.fill("Whose it is", "This channel's: everybody here sees it")
    await modal.submit()
    await modal.shows("Saved: REVIT monthly.")
    assert set(await saved_by(quick, "ana")) == {"REVIT monthly"}
    assert await saved_by(quick, "ana", "#general") == {}
    await ana.types("#finance", f"/tokenflex export revit monthly contract={CONTRACT}")
    await ana.hears("#finance", "export #2 is ready", private=False, timeout=20)
    assert [row[-1] for row in await acts(quick, Act.TEMPLATE)] == [
        f"template 1 saved, for {ben.id}",
        f"template 2 saved, for {quick.slack.workspace.channel('#finance').id}",
    ]


async def test_a_form_is_saved_as_a_template_and_stays(quick: House) -> None:
    """From the short form and from that of fields and metrics; what was chosen there stands there still."""
    modal = await open_questions(quick)
    modal.fill("What do you want to know?", "Tokens by day")
    await modal.settled()
    await modal.presses("Save as template")
    saving = await quick.member("ana").sees_modal("Save as template", "Tokens by day, last 30 days.")
    saving.fill("Name", "Daily")
    await saving.submit()
    await saving.shows("Saved: Daily.")
    await saving.close()
    assert quick.member("ana").modal is modal
    assert modal.value("What do you want to know?") == "Tokens by day"
    await modal.presses("Choose everything myself")
    long = await quick.member("ana").sees_modal(TITLE)
    long.fill("Columns", [])
    long.fill("Numbers", [])
    await long.presses("Save as template")
    saving = await quick.member("ana").sees_modal("Save as template", "Nothing yet")
    saving.fill("Name", "Empty")
    await saving.submit()
    assert "Pick at least one column or number" in saving.errors["Name"]
    await saving.close()
    assert long.value("Only rows where")
    assert set(await saved_by(quick, "ana")) == {"Daily"}


async def test_a_template_is_for_oneself_alone_in_a_direct_message(quick: House) -> None:
    """There nobody else is, so nothing is asked."""
    modal = await open_questions(quick, place="@tokenflex")
    await modal.presses("Save as template")
    saving = await quick.member("ana").sees_modal("Save as template", "Name")
    assert saving.labels() == ["Name", "What it is for"]


# --- Run again


async def test_run_again_moves_the_period_on_after_one_look(quick: House) -> None:
    """By anybody who sees the card; the form says what it will be, and nothing is sent before it is."""
    ana, ben, asked = quick.member("ana"), quick.member("ben"), submissions(quick)
    typed = "fields=productName metrics=tokensConsumed period=2025-10 where=productName='Revit' name=mine"
    await ana.types("#finance", f"/tokenflex export contract={CONTRACT} {typed}")
    result = await ana.hears("#finance", "export #1 is ready", private=False, timeout=20)
    await ben.presses(result, "Run again")
    modal = await ben.sees_modal(SHORT)
    days = periods.days_of(periods.Relative.LAST_MONTH, quick.clock.now().date())
    assert days is not None
    await modal.shows(f"Tokens by product, {periods.words(days)}, only Revit, contract {CONTRACT}.")
    assert modal.value("Post to channel") == "#finance"
    assert len(asked) == 1
    await modal.submit()
    await modal.shows("Got it: export #2.")
    await ben.hears("#finance", "@ben, export #2 is ready", private=False, timeout=20)
    assert asked[1][1] == {**asked[0][1], "where": f"{periods.clause(days)} AND productName = 'Revit'"}
    stored = [await quick.side.database.read(export_store.get, number) for number in (1, 2)]
    assert [export.period for export in stored] == ["2025-10", periods.as_word(days)]


async def test_run_again_does_not_post_where_the_person_is_no_longer(quick: House) -> None:
    """It goes to the channel of the export for who is there, else to where it is asked; a deleted one is as good."""
    ana = quick.member("ana")
    await gets(ana)
    await ana.types("#finance", "/tokenflex delete 1")
    confirm = await ana.hears("#finance", "Delete export #1", private=True)
    await ana.presses(confirm, "Delete")
    await ana.hears("#finance", "Export #1 is being deleted", private=True)
    await ana.presses(old_button(quick, "#general", actions.AGAIN), "Press me")
    modal = await ana.sees_modal(SHORT)
    assert modal.value("Post to channel") == "#finance"
    await modal.dismiss()
    quick.slack.workspace.leave("#finance", "ana")
    pass_time(quick, 6)  # what Slack says of people is kept for five minutes
    await ana.presses(old_button(quick, "#general", actions.AGAIN), "Press me")
    modal = await ana.sees_modal(SHORT)
    assert modal.value("Post to channel") == "#general"


async def test_nothing_of_an_export_of_another_channel_is_run_again_or_saved(quick: House) -> None:
    """A button of it elsewhere says that there is none."""
    ben, carla = quick.member("ben"), quick.member("carla")
    await asks(ben, channel="#general")
    for action in (actions.AGAIN, actions.SAVE):
        await carla.presses(old_button(quick, "#finance", action), "Press me")
        await carla.hears("#finance", "I know of no export #1 here.", private=True)
        assert carla.modal is None
