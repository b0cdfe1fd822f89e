"""The form is submitted: what is wrong comes back on its field, what is right becomes one export."""

import asyncio
import threading

import pytest

from sandbox.slack.modal import Modal
from tests.harness.files import download, rows
from tests.harness.forms import WALKTHROUGH, fill, fill_walkthrough, open_form, submissions
from tests.harness.house import CONTRACT, House
from tests.harness.stored import limit_pages
from tests.harness.talk import OpenHouse, calls, eventually

LABELS = ["Contract", "Usage categories", "Columns", "Numbers", "Only rows where", "File name", "Post to channel"]
FILLED = {
    "Usage_categories": ["DESKTOP_PRODUCT"],
    "Columns": ["productName"],
    "Numbers": ["tokensConsumed"],
    "Only_rows_where": "contractYear = 1",
    "File_name": "mine",
    "Post_to_channel": "#general",
}

# Field, what is entered beside FILLED, and what stands under the field then.
MISTAKES = [
    (
        "Columns",
        {"Columns": [], "Numbers": []},
        "Pick at least one column or number, for example Tokens.",
    ),
    (
        "Usage categories",
        {"Usage_categories": ["DESKTOP_PRODUCT", "CLOUD_PRODUCT"], "Columns": ["chargedItemID"]},
        "Session or transaction ID is a session-level field: choose exactly one usage category",
    ),
    ("Usage categories", {"Usage_categories": [], "Columns": ["hubId"]}, "choose exactly one usage category."),
    (
        "Usage categories",
        {"Usage_categories": [], "Columns": ["reasonType"]},
        "(or Manual adjustments with Manual consumption).",
    ),
    ("Usage categories", {"Columns": ["tokenPool"]}, "Token pool needs the usage category Manual adjustments"),
    (
        "Columns",
        {"Usage_categories": ["CLOUD_SERVICE"], "Columns": ["machineName"]},
        "Machine name is only there for Desktop products: choose that category or leave it out.",
    ),
    (
        "Numbers",
        {"Columns": ["chargedItemID"], "Numbers": ["uniqueUsers"]},
        "choose among Tokens, Hours of use, Minutes of use.",
    ),
    ("Only rows where", {"Only_rows_where": "not contractYear = 1"}, "NOT is not allowed at character 1: use !="),
    ("Only rows where", {"Only_rows_where": "productname = 'Revit'"}, "is not a field: did you mean productName?"),
    ("Only rows where", {"Only_rows_where": "productName = 'Revit"}, "character 15 is never closed"),
    ("Only rows where", {"Only_rows_where": "contractYear = 1 -- all"}, "Comments are not allowed: leave out --"),
    ("Only rows where", {"Only_rows_where": "contractYear = 1; drop"}, "; is not allowed at character 17: leave"),
    ("Only rows where", {"Only_rows_where": "userName LIKE 'a%'"}, "at least 3 characters besides %."),
    ("File name", {"File_name": "a/b: c"}, "must not contain / : (use _ instead)."),
    ("File name", {"File_name": ".hidden"}, "begins with a dot"),
    ("File name", {"File_name": "\u202egnp.exe"}, "has an invisible character: type it anew."),
]


async def correct(modal: Modal) -> None:
    fill(modal, **FILLED)
    await modal.submit()
    await modal.shows("Got it: export #1.", "#general")


@pytest.mark.parametrize(("label", "entered", "complaint"), MISTAKES)
async def test_a_mistake_comes_back_on_its_field(
    house: House, label: str, entered: dict[str, str | list[str]], complaint: str
) -> None:
    """Under that field alone, with all that was typed still there; corrected, it is accepted."""
    modal = await open_form(house)
    fill(modal, **{**FILLED, **entered})
    typed = {each: modal.value(each) for each in LABELS}
    assert (await modal.submit()).error is None
    assert set(modal.errors) == {label}
    assert complaint in modal.errors[label]
    assert {each: modal.value(each) for each in LABELS} == typed
    assert not modal.closed
    await correct(modal)
    assert house.member("ana").errors == []


@pytest.mark.parametrize("number", ["null", "１２３", "12345; drop", "#42", "-1", "../1"])
async def test_a_number_that_is_none_comes_back_on_the_typed_field(house: House, number: str) -> None:
    """A contract is letters, digits and hyphens; what is typed otherwise stays to be corrected."""
    modal = await open_form(house)
    await modal.presses("Type the number instead")
    await modal.shows("stands in your Autodesk account")
    modal.fill("Contract", number)
    await modal.submit()
    assert modal.errors == {
        "Contract": "A contract number has letters, digits and hyphens: copy it from your Autodesk account."
    }
    assert modal.value("Contract") == number
    modal.fill("Contract", CONTRACT)
    await correct(modal)


async def test_a_number_with_blanks_is_told_without_them(house: House) -> None:
    """As it may stand on a page; what is to be typed stands under the field."""
    modal = await open_form(house)
    await modal.presses("Type the number instead")
    modal.fill("Contract", "1100 0012 3456")
    await modal.submit()
    assert modal.errors == {"Contract": f"Write the contract's number without blanks: {CONTRACT}."}


async def test_several_mistakes_are_told_at_once(house: House) -> None:
    """Each on its own field, so that one correction is enough."""
    modal = await open_form(house)
    fill(modal, Columns=[], Numbers=[], Only_rows_where="contractYear is null", File_name="a*b")
    await modal.submit()
    assert set(modal.errors) == {"Columns", "Only rows where", "File name"}
    await correct(modal)


async def test_what_slack_checks_itself_never_reaches_the_bot(house: House) -> None:
    """A required field left empty and a text that is too long stay in the form."""
    modal = await open_form(house)
    fill(modal, Contract=None, File_name="x" * 101, Only_rows_where="x" * 3001, Post_to_channel=None)
    assert (await modal.submit()).error == "incomplete_form"
    assert set(modal.errors) == {"Contract", "File name", "Only rows where", "Post to channel"}


async def test_the_walkthroughs_request_goes_through_unchanged(house: House) -> None:
    """What Token Flex receives is the documented request, and its file holds what the data set says."""
    seen = submissions(house)
    modal = await open_form(house, place="#general")
    fill_walkthrough(modal)
    modal.fill("Post to channel", "#finance")
    await modal.submit()
    await modal.shows("Got it: export #1.", "You'll find it in #finance.")
    ana = house.member("ana")
    result = await ana.hears("#finance", "export #1 is ready", "myYear1Adjustments.csv", private=False, timeout=20)
    assert seen == [(CONTRACT, WALKTHROUGH)]
    assert ana.sees("#general") == []
    header, *lines = rows((await download(result.links()[0]))[1])
    assert header == [*WALKTHROUGH["fields"], *WALKTHROUGH["metrics"]]
    assert {line[0] for line in lines} == {"1"}
    assert {line[4] for line in lines} <= set(WALKTHROUGH["usageCategory"])


async def test_what_is_left_empty_is_left_out(house: House) -> None:
    """No category means all, and a name is made that holds the export's number."""
    seen = submissions(house)
    modal = await open_form(house)
    fill(modal, Columns=["usageMonth", "productName"])
    await modal.submit()
    await modal.shows("Got it: export #1.")
    await eventually(lambda: bool(seen))
    body = {
        "fields": ["usageMonth", "productName"],
        "metrics": ["tokensConsumed"],
        "downloadFileName": "tokens_by_month_product_1",
    }
    assert seen == [(CONTRACT, body)]


async def test_columns_come_in_the_order_in_which_they_were_chosen(house: House) -> None:
    """The catalogue's own order does not matter."""
    seen = submissions(house)
    modal = await open_form(house)
    fields = ["productName", "customField2", "usageMonth"]
    fill(modal, Columns=fields, Numbers=["usageHours", "tokensConsumed"])
    await modal.submit()
    await eventually(lambda: bool(seen))
    assert seen[0][1]["fields"] == fields
    assert seen[0][1]["metrics"] == ["usageHours", "tokensConsumed"]


async def test_the_way_phones_type_is_understood(house: House) -> None:
    """Curly quotes become straight ones, `.csv` is taken off the name; the rest is sent as typed."""
    seen = submissions(house)
    modal = await open_form(house)
    fill(modal, Only_rows_where=" productName IN (‘Revit’, ’O’’Brien & <Co>’) ", File_name=" year 1.CSV ")
    await modal.submit()
    await eventually(lambda: bool(seen))
    assert seen[0][1]["where"] == "productName IN ('Revit', 'O''Brien & <Co>')"
    assert seen[0][1]["downloadFileName"] == "year 1"


async def test_a_contract_that_ended_can_still_be_asked(house: House) -> None:
    """It is marked in the menu and works like any other."""
    seen = submissions(house)
    modal = await open_form(house)
    modal.fill("Contract", "11000099871 · Example AG (until 2025) (ended)")
    await modal.submit()
    await eventually(lambda: bool(seen))
    assert seen[0][0] == "11000099871"


async def test_a_submission_delivered_twice_is_one_export(house: House) -> None:
    """Both deliveries find the same export, and Token Flex hears of one."""
    seen = submissions(house)
    modal = await open_form(house)
    house.slack.controls.deliver_twice()
    await modal.submit()
    await modal.shows("Got it: export #1.")
    ana = house.member("ana")
    await ana.hears("#finance", "export #1 is ready", timeout=20)
    await ana.types("#finance", "/tokenflex list")
    await ana.hears("#finance", "#1", "tokens_1.csv", private=True)
    assert len(seen) == 1
    assert not any("#2" in message.visible_text() for message in ana.sees("#finance"))


async def test_two_people_at_once_have_two_exports(house: House) -> None:
    """Each sees the number of their own."""
    forms = [await open_form(house, who=who) for who in ("ana", "ben")]
    await asyncio.gather(*(form.submit() for form in forms))
    for form in forms:
        await form.shows("Got it: export")
    numbers = [form.visible_text().partition("Got it: export #")[2][0] for form in forms]
    assert sorted(numbers) == ["1", "2"]


async def test_what_may_surprise_is_told_with_the_number(house: House) -> None:
    """A warning stops nothing, and nobody misses it."""
    modal = await open_form(house)
    fill(modal, Only_rows_where="productName LIKE 'not_used%'")
    await modal.submit()
    await modal.shows("Got it: export #1.", "Please note: The _ in", "may stand for any one character.")


async def test_why_an_export_waits_is_told_with_the_number(house: House) -> None:
    """With all fifty places taken, the person reads its place in the line."""
    house.token_flex.controls.hold()
    house.token_flex.controls.outstanding_elsewhere(50)
    first = await open_form(house)
    await first.submit()
    await house.member("ana").hears("#finance", "takes no more for now")
    modal = await open_form(house)
    await modal.submit()
    await modal.shows("Got it: export #2.", "number 2 in line", "likely to go out in about")


async def test_a_contract_that_the_login_does_not_see_comes_back_on_its_field(house: House) -> None:
    """Nothing is sent; the person reads what is seen, and a button leads back to the menu of it."""
    modal = await open_form(house)
    modal.fill("Numbers", ["tokensConsumed"])
    await modal.presses("Type the number instead")
    await modal.shows("stands in your Autodesk account")
    modal.fill("Contract", "99")
    await modal.submit()
    assert "does not see contract 99; it sees 110000123456" in modal.errors["Contract"]
    await modal.presses("Choose from the list instead")
    await modal.shows("Choose a contract")
    modal.fill("Contract", "110000123456 · Example AG")
    await modal.submit()
    await modal.shows("Got it: export #1.")
    ana = house.member("ana")
    await ana.types("#finance", "/tokenflex export contract=99 fields=productName")
    command = await ana.sees_modal("does not see contract 99; it sees 110000123456")
    assert command.value("Contract") is None
    await eventually(lambda: calls(house, "POST", "/requests") == 1)


async def test_a_contract_that_only_token_flex_can_judge_is_told_privately(new_house: OpenHouse) -> None:
    """A contract that the settings name goes out, and what comes of it is a private message with the way to mend it."""
    house = await new_house()
    await house.start_bot(ALLOWED_CONTRACTS="99,110000123456")
    modal = await open_form(house)
    await modal.presses("Type the number instead")
    await modal.shows("stands in your Autodesk account")
    modal.fill("Contract", "99")
    await modal.submit()
    await modal.shows("Got it: export #1.")
    message = await house.member("ana").hears("@tokenflex", "did not accept", "#1", "Check the number")
    assert "Edit and send again" in message.buttons()


async def test_a_slow_database_costs_nothing_that_was_typed(house: House) -> None:
    """The form stays and says so; pressed once more, it shows the export that was stored meanwhile."""
    modal = await open_form(house)
    fill(modal, **FILLED)
    gate = threading.Event()
    stuck = asyncio.ensure_future(house.side.database.write(lambda _db: gate.wait(20)))
    try:
        assert (await modal.submit()).error is None
        assert "That takes unusually long. Press Export again in a moment" in modal.errors["Post to channel"]
        assert modal.value("File name") == "mine"
    finally:
        gate.set()
        await stuck
    await modal.submit()
    await modal.shows("Got it: export #1.", "#general")
    await house.member("ana").hears("#general", "export #1 is ready", timeout=20)
    assert len(house.token_flex.exports.states()) == 1


async def test_a_form_changed_after_a_slow_answer_is_a_new_request(house: House) -> None:
    """Nobody is shown the number of an export that asks for something else."""
    seen = submissions(house)
    modal = await open_form(house)
    gate = threading.Event()
    stuck = asyncio.ensure_future(house.side.database.write(lambda _db: gate.wait(20)))
    try:
        await modal.submit()
    finally:
        gate.set()
        await stuck
    modal.fill("File name", "changed")
    await modal.submit()
    await modal.shows("Got it: export #2.")
    await eventually(lambda: len(seen) == 2)
    assert {body["downloadFileName"] for _, body in seen} == {"tokens_1", "changed"}


async def test_a_full_disk_is_told_in_the_form(house: House) -> None:
    """SQLite itself finds no room: nothing is accepted, nothing is lost, and with room again it goes through."""
    modal = await open_form(house)
    fill(modal, **FILLED)
    long = f"contractYear = 1 AND productName != '{'é' * 2900}'"  # too much for the pages that there are
    modal.fill("Only rows where", long)
    before = await house.side.database.write(lambda db: limit_pages(db, 1))
    await modal.submit()
    assert modal.errors == {
        "Post to channel": "My disk is full, so nothing was kept of that. Please tell an administrator."
    }
    assert modal.value("Only rows where") == long
    await house.side.database.write(lambda db: limit_pages(db, before))
    await modal.submit()
    await modal.shows("Got it: export #1.", "#general")


async def test_an_error_that_nobody_foresaw_has_a_reference(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    """The form stays with everything in it, and the person has a number to tell an administrator."""

    async def broken(_work: object) -> None:
        raise RuntimeError("out of order")

    modal = await open_form(house)
    fill(modal, **FILLED)
    with monkeypatch.context() as patch:
        patch.setattr(house.side.database, "write", broken)
        await modal.submit()
    told = modal.errors["Post to channel"]
    assert "something went wrong on my side" in told
    assert "reference" in told
    assert "out of order" not in told
    assert "`" not in told
    await correct(modal)


async def test_the_accepted_view_is_closed_by_the_person(house: House) -> None:
    """It has one button, Close; afterwards nothing is open."""
    modal = await open_form(house)
    await modal.submit()
    await modal.shows("Got it: export #1.")
    assert modal.labels() == []
    await modal.close()
    await house.member("ana").sees_no_modal()
