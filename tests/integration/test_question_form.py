"""The short form: a question is chosen, what will be exported stands below it, and the file comes."""

from datetime import timedelta

import pytest

from bot.questions import periods
from sandbox.slack.modal import Modal
from tests.harness.forms import SHORT, TITLE, choose_everything, open_questions, submissions
from tests.harness.house import CONTRACT, House

QUESTION, PERIOD, ONLY = "What do you want to know?", "Period", "Only …"


def last_month(house: House) -> periods.Days:
    """The days of the month before today, by the clock of the house."""
    days = periods.days_of(periods.Relative.LAST_MONTH, house.clock.now().date())
    assert days is not None
    return days


async def says(modal: Modal, *texts: str) -> None:
    """Wait until what was chosen is answered, and the form says these texts."""
    await modal.settled()
    await modal.shows(*texts)


async def test_one_press_is_an_answer(house: House) -> None:
    """As it opens it asks for something, and says what; five inputs at most."""
    modal = await open_questions(house)
    assert modal.labels() == [QUESTION, "Contract", PERIOD, ONLY, "Post to channel"]
    days = last_month(house)
    await says(modal, f"Tokens by product, {periods.words(days)}, contract {CONTRACT}.")
    asked = submissions(house)
    await modal.submit()
    await modal.shows("Got it: export #1.")
    await house.member("ana").hears("#finance", "export #1 is ready")
    assert asked[0][0] == CONTRACT
    assert asked[0][1]["fields"] == ["productName"]
    assert asked[0][1]["where"] == periods.clause(days)


async def test_the_sentence_follows_what_is_chosen(house: House) -> None:
    """Question, period and filters change it at once; a question brings its own period, unless one was chosen."""
    modal = await open_questions(house)
    modal.fill(QUESTION, "Tokens by day")
    await says(modal, "Tokens by day")
    assert modal.value(PERIOD) == "Last 30 days"
    modal.fill(PERIOD, "All")
    await says(modal, "Tokens by day, all days")
    modal.fill(QUESTION, "Who are the top users?")
    await says(modal, "Tokens by user, all days")
    assert modal.value(PERIOD) == "All"
    assert await modal.search(ONLY, "not Maya")
    modal.fill(ONLY, ["without Maya"])
    await says(modal, "Tokens by user, all days, without Maya")


async def test_a_range_asks_for_two_days(house: House) -> None:
    """Until both are there the form says so; then they are what is asked for."""
    modal = await open_questions(house)
    modal.fill(PERIOD, "A range of days …")
    await says(modal, "Choose both days of the range.")
    await modal.submit()
    assert set(modal.errors) == {"First day", "Last day"}
    today = house.clock.now().date()
    first, last = today - timedelta(days=40), today - timedelta(days=31)
    modal.fill("First day", first.isoformat())
    modal.fill("Last day", last.isoformat())
    await says(modal, periods.words(periods.Days(first, last)))
    asked = submissions(house)
    await modal.submit()
    await modal.shows("Got it: export #1.")
    await house.member("ana").hears("#finance", "export #1 is ready")
    assert asked[0][1]["where"] == periods.clause(periods.Days(first, last))


async def test_filters_are_found_and_sent(house: House) -> None:
    """Values of one field mean any of these; conditions on others have to hold as well."""
    modal = await open_questions(house)
    modal.fill(PERIOD, "All")
    await modal.settled()
    chosen = []
    for typed, option in (
        ("product is Revit", "only Revit"),
        ("product is Maya", "only Maya"),
        ("user begins with cad", "only user beginning with cad"),
    ):
        assert option in await modal.search(ONLY, typed)
        chosen.append(option)
        modal.fill(ONLY, chosen)
        await modal.settled()
    await says(modal, "only Revit or Maya, only user beginning with cad")
    asked = submissions(house)
    await modal.submit()
    await house.member("ana").hears("#finance", "export #1 is ready")
    assert asked[0][1]["where"] == "productName IN ('Revit', 'Maya') AND userName LIKE 'cad%'"


async def test_everything_can_be_chosen_and_nothing_is_lost_on_the_way(house: House) -> None:
    """To the form of fields and metrics and back, with what was chosen in each."""
    modal = await open_questions(house)
    assert await modal.search(ONLY, "not Maya")
    modal.fill(ONLY, ["without Maya"])
    await modal.settled()
    await modal.presses("Choose everything myself")
    modal = await house.member("ana").sees_modal(TITLE)
    days = last_month(house)
    assert modal.value("Only rows where") == f"{periods.clause(days)} AND productName != 'Maya'"
    assert modal.value("Columns") == ["productName"]
    modal.fill("Only rows where", f"{periods.clause(days)} AND productName != 'Maya' AND contractYear < 9")
    modal.fill("Columns", ["userName", "productName"])
    modal.fill("File name", "mine")
    await modal.presses("Back to the questions")
    modal = await house.member("ana").sees_modal(SHORT)
    assert modal.value(QUESTION) == "Tokens by user and product"
    assert modal.value(ONLY) == ["without Maya"]
    await says(modal, periods.words(days), "only where contractYear < 9", "without Maya")
    asked = submissions(house)
    await modal.submit()
    await house.member("ana").hears("#finance", "export #1 is ready", "mine.csv")
    assert asked[0][1]["fields"] == ["userName", "productName"]
    assert asked[0][1]["where"] == f"{periods.clause(days)} AND contractYear < 9 AND productName != 'Maya'"


@pytest.mark.parametrize("where", ["October", "productName = Revit AND ("])
async def test_what_is_wrong_stays_as_it_was_typed(house: House, where: str) -> None:
    """On the way there and back, and it is told at its place when it is sent."""
    await open_questions(house)
    modal = await choose_everything(house)
    modal.fill("Columns", ["productName"])
    modal.fill("Only rows where", where)
    await modal.presses("Back to the questions")
    modal = await house.member("ana").sees_modal(SHORT)
    await says(modal, where)
    await modal.submit()
    assert modal.errors[ONLY]
    await modal.presses("Choose everything myself")
    modal = await house.member("ana").sees_modal(TITLE)
    assert where in modal.value("Only rows where")
