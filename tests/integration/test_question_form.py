"""The short form: a question is chosen, what will be exported stands below it, and the file comes."""

from datetime import UTC, datetime, timedelta

import pytest

from bot.questions import periods
from sandbox.slack.modal import Modal
from tests.harness.forms import SHORT, TITLE, choose_everything, open_questions, opens_menus, submissions
from tests.harness.house import CONTRACT, House
from tests.harness.talk import eventually, knows_contracts
from tests.integration.conftest import OpenHouse

ENDED_NUMBER = "11000099871"
ACTIVE, ENDED = f"{CONTRACT} · Example AG", f"{ENDED_NUMBER} · Example AG (until 2025) (ended)"
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
    """As it opens it asks for something, and says what; six inputs at most."""
    modal = await open_questions(house)
    assert modal.labels() == [QUESTION, "Contract", PERIOD, ONLY, "Post to channel", "Figures"]
    days = last_month(house)
    await says(modal, f"Tokens by product, {periods.words(days)}, contract {CONTRACT}.")
    asked = submissions(house)
    await modal.submit()
    await modal.shows("Got it: export #1.")
    await house.member("ana").hears("#finance", "export #1 is ready")
    assert asked[0][0] == CONTRACT
    assert asked[0][1]["fields"] == ["productName"]
    assert asked[0][1]["where"] == periods.clause(days)


async def test_a_form_from_before_the_contracts_were_known(new_house: OpenHouse) -> None:
    """With the next choice the one that is meant stands in its menu, and the form can be sent."""
    house = await new_house()
    house.token_flex.controls.answer_next(503, "GET", "contract")
    await house.start_bot()
    await house.member("ana").types("#finance", "/tokenflex")
    modal = await house.member("ana").sees_modal(SHORT)
    assert modal.value("Contract") is None
    await knows_contracts(house)
    modal.fill(QUESTION, "Tokens by day")
    await says(modal, f"contract {CONTRACT}")
    assert modal.value("Contract") == ACTIVE
    await modal.submit()
    await modal.shows("Got it: export #1.")


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


async def test_a_condition_that_is_refused_is_told_in_words(house: House) -> None:
    """At once, and at its field when it is sent all the same; it stays where it was chosen."""
    modal = await open_questions(house)
    assert await modal.search(ONLY, "product begins with Re") == ["only product beginning with Re"]
    modal.fill(ONLY, ["only product beginning with Re"])
    await says(modal, '"begins with" needs at least 3 characters')
    await modal.submit()
    assert "at least 3 characters" in modal.errors[ONLY]
    assert modal.value(ONLY) == ["only product beginning with Re"]


async def test_what_has_no_input_in_the_short_form_is_told_with_where_it_has(house: House) -> None:
    """A condition on single sessions needs a usage category."""
    modal = await open_questions(house)
    assert await modal.search(ONLY, "charge category is CASUAL")
    modal.fill(ONLY, ["only kind of charge CASUAL"])
    await modal.settled()
    await modal.submit()
    assert "choose exactly one usage category. That stands under Choose everything myself." in modal.errors[QUESTION]


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
    assert modal.value("Columns") == ["Product name"]
    await opens_menus(modal)
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


async def test_a_period_is_not_lost_on_the_way(house: House) -> None:
    """One that moves stays one that moves, saved from either form; where there are no days the long form says so."""
    modal = await open_questions(house)
    modal.fill(QUESTION, "Tokens by day")
    await says(modal, "Tokens by day, ")
    await modal.presses("Choose everything myself")
    modal = await house.member("ana").sees_modal(TITLE)
    await modal.presses("Save as template")
    saving = await house.member("ana").sees_modal("Save as template", "Tokens by day, last 30 days.")
    await saving.close()
    await modal.presses("Back to the questions")
    modal = await house.member("ana").sees_modal(SHORT)
    assert modal.value(PERIOD) == "Last 30 days"
    today = house.clock.now().date()
    later, first = (today + timedelta(days=9)).isoformat(), (today - timedelta(days=3)).isoformat()
    for begins, ends, sentence in (
        (first, "", "Choose both days of the range."),
        (today.isoformat(), first, "ends before it begins"),
        (later, later, "There is no usage of"),
    ):
        modal.fill(PERIOD, "A range of days …")
        await says(modal, "First day", "Last day")
        for label, day in (("First day", begins), ("Last day", ends)):
            modal.fill(label, day or None)
        await says(modal, sentence)
        await modal.presses("Choose everything myself")
        modal = await house.member("ana").sees_modal(TITLE)
        await modal.shows(sentence, "Until then this asks for all days.")
        assert not modal.value("Only rows where")
        await modal.presses("Back to the questions")
        modal = await house.member("ana").sees_modal(SHORT)
        await says(modal, sentence)


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


async def test_labels_are_those_of_the_contract_that_is_chosen(house: House) -> None:
    """With several contracts, one of which has ended: in the questions, in what is found, and in the long form."""
    await eventually(lambda: bool(house.values.labels(CONTRACT) and house.values.labels(ENDED_NUMBER)))
    modal = await open_questions(house)
    assert "Charge-back by Cost centre" in modal.options(QUESTION)
    assert "only Büro Denver" in await modal.search(ONLY, "büro is Denver")
    modal.fill(QUESTION, "Charge-back by Büro")
    await says(modal, "Tokens and hours of use by Büro and month")
    modal.fill("Contract", ENDED)
    await says(modal, f"by custom field 4 and month, October 2026, contract {ENDED_NUMBER}")
    assert {"Charge-back by Department", "Charge-back by custom field 4"} <= set(modal.options(QUESTION))
    assert "Charge-back by Cost centre" not in modal.options(QUESTION)
    assert "only Department Denver" in await modal.search(ONLY, "department is Denver")
    await modal.presses("Choose everything myself")
    modal = await house.member("ana").sees_modal(TITLE)
    assert "Department" in await modal.search("Columns", "")
    modal.fill("Contract", ACTIVE)
    await modal.settled()
    assert {"Cost centre", "Büro"} <= set(await modal.search("Columns", ""))
    assert modal.value("Columns") == ["Büro", "Month"]


async def test_values_are_found_and_freshness_is_said(new_house: OpenHouse) -> None:
    """What was fetched for the contract is suggested as it is typed; what was not can be typed all the same."""
    house = await new_house(begins=datetime(2027, 1, 10, 12, tzinfo=UTC), speed=60)
    await house.start_bot()
    modal = await open_questions(house)
    await eventually(lambda: "userName" in house.values.values(CONTRACT))
    person = "ajensen"
    assert f"only user {person}" in await modal.search(ONLY, person[:4])
    assert "only user nobody.knows" in await modal.search(ONLY, "user nobody.knows")
    modal.fill(QUESTION, "Tokens by day")
    await says(modal, "Tokens by day, 11 December 2026 to 9 January 2027", "Usage is known through 31 December 2026.")
    await modal.submit()
    await modal.shows("Got it: export #1.", "Usage is known through 31 December 2026.")
    await house.member("ana").hears("#finance", "usage was known through 31 December 2026 then")


async def test_values_are_for_those_who_may_ask_for_the_contract(new_house: OpenHouse) -> None:
    """Names of people are suggested to who may ask for that contract; where that ends they are not, known or not."""
    house = await new_house(speed=60)
    bot = await house.start_bot(ALLOWED_CONTRACTS=f"{CONTRACT},{ENDED_NUMBER}", ALLOWED_PEOPLE="members")
    modal = await open_questions(house)
    await eventually(lambda: "userName" in house.values.values(CONTRACT))
    person, known = "ajensen", house.values._known
    assert f"only user {person}" in await modal.search(ONLY, person[:4])
    ben = house.member("ben").user.id
    for narrowed in ({"ALLOWED_CONTRACTS": ENDED_NUMBER}, {"ALLOWED_CONTRACTS": "all", "ALLOWED_PEOPLE": ben}):
        await house.stop_bot()
        bot = await house.start_bot(**narrowed)
        assert bot.values is not None
        bot.values._known = dict(known)
        found = await modal.search(ONLY, person[:4])
        assert not any(person in option for option in found), narrowed
    assert found == []


async def test_cards_call_custom_fields_as_the_customer_does(house: House) -> None:
    """With Autodesk's name beside; so do the details. In a channel that others read the words are everybody's."""
    await eventually(lambda: bool(house.values.labels(CONTRACT)))
    ana = house.member("ana")
    await ana.types("#finance", f"/tokenflex export contract={CONTRACT} fields=customField4 metrics=tokensConsumed")
    await ana.hears("#finance", "Export #1 · tokens_by_buro_1.csv", "Büro (customField4)", "Tokens (tokensConsumed)")
    await ana.types("#finance", "/tokenflex status 1")
    await ana.hears("#finance", "Posted to", "Büro (customField4)", private=True)
