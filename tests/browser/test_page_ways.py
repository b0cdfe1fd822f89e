"""Ways through the page that end well: nothing typed is lost, nothing is out of sight, the focus is somewhere."""

import asyncio

from playwright.async_api import Locator, expect

from tests.browser.conftest import PersonAt
from tests.browser.person import Person
from tests.harness.house import CONTRACT, House

EXPORT = f"/tokenflex export contract={CONTRACT} fields=productName metrics=tokensConsumed name={{}}"
AT_END = """() => {
    const log = document.getElementById("log");
    return log.scrollHeight - log.scrollTop - log.clientHeight < 2;
}"""


async def test_tab_leaves_an_open_menu_for_the_next_field(ana: Person) -> None:
    """The menu closes, what is typed next goes into the next field, and Escape ends no more than the form."""
    await ana.chooses_everything()
    columns = ana.menu("Columns")
    await ana.finds("Columns", "productN")
    await columns.press("Enter")
    await expect(ana.form.get_by_role("listbox")).to_be_visible()
    await columns.press("Tab")
    await expect(ana.form.get_by_role("listbox")).to_have_count(0)
    await expect(ana.menu("Numbers")).to_be_focused()


async def _fill_channel(house: House, ana: Person) -> None:
    for number in range(30):
        await house.slack.member("ben").types("#finance", f"older {number}")
    await ana.hears("older 29")


async def test_the_last_message_is_whole_after_a_load(house: House, ana: Person) -> None:
    """The end of the list is in sight after a load, and stays so when something takes room away from it."""
    await _fill_channel(house, ana)
    await ana.tab.reload()
    await ana.hears("older 29")
    await ana.tab.wait_for_function(AT_END)
    await ana.tab.locator("#line").fill("\n\n\n\n")
    await ana.tab.wait_for_function(AT_END)
    await ana.tab.set_viewport_size({"width": 900, "height": 500})
    await ana.tab.wait_for_function(AT_END)


async def test_an_answer_is_scrolled_to_and_other_news_is_told(house: House, ana: Person) -> None:
    """Who reads further up sees the answer to what they did at once; of what others say a button tells."""
    await _fill_channel(house, ana)
    await ana.message("older 0").first.evaluate("(it) => { it.closest('#log').scrollTop = 0; }")
    newer = ana.tab.get_by_role("button", name="New messages below")
    await ana.tab.wait_for_timeout(100)  # the page is told of scrolling at its next frame
    await house.slack.member("ben").types("#finance", "said by ben")
    await expect(newer).to_be_visible()
    await newer.click()
    await expect(ana.message("said by ben")).to_be_in_viewport()
    await expect(newer).to_be_hidden()
    await ana.message("older 0").first.evaluate("(it) => { it.closest('#log').scrollTop = 0; }")
    await ana.types("/tokenflex list")
    await expect(await ana.hears("Only visible to you")).to_be_in_viewport()


async def test_time_is_real_time_again_when_a_link_comes(house: House, ana: Person) -> None:
    """A rush ends with the link, so that it lives long enough to be clicked; another rush may begin."""
    house.clock.run_at(1)
    await expect(ana.switch("as it does")).to_be_checked()
    await ana.switch("20 times as fast, until a link comes").check()
    await ana.types(EXPORT.format("slowly"))
    await ana.hears("export #1 is ready", "This link works until")
    await expect(ana.switch("as it does")).to_be_checked()
    assert house.clock.factor == 1
    await ana.switch("20 times as fast").check()
    await expect(ana.message("export #1 is ready").get_by_role("link")).to_have_count(0)


async def test_a_reload_loses_nothing(ana: Person) -> None:
    """The channel and what was entered in the form are there again."""
    await ana.goes_to("#general")
    await ana.chooses_everything()
    columns = ana.menu("Columns")
    await ana.finds("Columns", "productName")
    await columns.press("Enter")
    await columns.press("Escape")
    await ana.form.get_by_label("File name").fill("kept")
    await ana.tab.reload()
    await expect(ana.tab.locator("#place")).to_have_text("#general")
    await expect(ana.form.get_by_label("File name")).to_have_value("kept")
    await expect(ana.form.locator(".chips li").filter(has_text="Product name")).to_have_count(1)
    await ana.form.get_by_role("button", name="Close the form").click()
    await expect(ana.form).to_be_hidden()
    await ana.chooses_everything()
    await expect(ana.form.get_by_label("File name")).to_have_value("")


async def _focus_is_within(ana: Person, place: Locator) -> None:
    await expect(place.locator(":focus").or_(place.and_(ana.tab.locator(":focus")))).to_have_count(1)


async def test_the_focus_is_in_the_message_after_a_deletion(house: House, ana: Person) -> None:
    """Delete by keyboard takes its own button away; the focus does not fall out of the messages."""
    await ana.types(EXPORT.format("gone"))
    await ana.hears("export #1 is ready")
    card = ana.message("Export #1", "Asked by")
    await ana.sees_the_answer(card)  # nothing moves under the pointer any more
    await ana.presses(card, "Details")
    details = ana.message("Export #1", "Posted to")
    await details.locator(".content button").filter(has_text="Delete").focus()
    await ana.tab.keyboard.press("Enter")
    await expect(ana.tab.locator("#confirm").get_by_role("button", name="Keep it")).to_be_focused()
    await ana.tab.keyboard.press("Tab")
    await ana.tab.keyboard.press("Enter")
    await expect(ana.tab.locator(".content button").filter(has_text="Delete")).to_have_count(0)
    await _focus_is_within(ana, ana.tab.locator("#log"))


async def test_the_focus_begins_and_ends_in_the_line(ana: Person) -> None:
    """On arrival, after a notice was dismissed; and from the messages `/` leads to it, as does the first link."""
    line = ana.tab.locator("#line")
    await expect(line).to_be_focused()
    await ana.types("/nonsense")
    await ana.tab.locator(".trouble").get_by_role("button", name="Dismiss").click()
    await expect(line).to_be_focused()
    await ana.tab.locator("#log").focus()
    await ana.tab.keyboard.press("/")
    await expect(line).to_be_focused()
    await expect(line).to_have_value("/")
    await ana.tab.get_by_role("link", name="Skip to the message line").focus()
    await ana.tab.keyboard.press("Enter")
    await expect(line).to_be_focused()


async def test_a_notice_about_an_act_goes_with_the_next_act(ana: Person) -> None:
    """What was mistyped is forgotten when something else was sent."""
    await ana.types("/nonsense")
    await expect(ana.tab.locator(".trouble")).to_be_visible()
    await ana.types("Never mind")
    await expect(ana.tab.locator(".trouble")).to_have_count(0)


async def test_switches_stay_in_sight_however_many_exports_there_are(house: House, ana: Person) -> None:
    """The list of exports grows below them, and shows the newest ten."""
    place = ana.tab.get_by_role("button", name="Let the next export fail")
    before = await place.bounding_box()
    for number in range(12):
        await house.slack.member("ana").types("#finance", EXPORT.format(f"many{number}"))
    async with asyncio.timeout(100):
        while len(house.token_flex.exports.all()) < 12:  # noqa: ASYNC110 - the stand-in tells nobody
            await asyncio.sleep(0.2)
    await expect(ana.tab.get_by_text("2 earlier ones are not shown.")).to_be_visible()
    assert await place.bounding_box() == before


async def test_what_is_wrong_is_in_sight_with_its_field(person: PersonAt) -> None:
    """An error below a field is not hidden by the foot of the form."""
    ana = await person("ana", viewport={"width": 390, "height": 420})
    await ana.chooses_everything()
    await ana.form.locator("textarea").first.fill("contractYear=1; drop table usage")
    await ana.form.get_by_role("button", name="Export", exact=True).click()
    await expect(ana.form.locator(".error").last).to_be_visible()
    focused = ana.form.locator(".field.wrong").filter(has=ana.tab.locator(":focus"))
    error = await focused.locator(".error").bounding_box()
    foot = await ana.form.locator("footer").bounding_box()
    assert error is not None
    assert foot is not None
    assert error["y"] + error["height"] <= foot["y"]


async def test_zoomed_in_the_panel_does_not_cover_the_messages(ana: Person) -> None:
    """Where there is no room beside them any more, it folds away."""
    await expect(ana.tab.locator("#panel")).to_be_visible()
    await ana.tab.set_viewport_size({"width": 640, "height": 400})
    await expect(ana.tab.locator("#panel")).to_be_hidden()
