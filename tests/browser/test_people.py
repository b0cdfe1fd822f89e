"""Two people in two browsers; and the page without a mouse, without a keyboard, small and dark."""

import re

from playwright.async_api import expect

from tests.browser.conftest import PersonAt
from tests.browser.person import Person, saved
from tests.harness.files import rows
from tests.harness.house import CONTRACT, House

EXPORT = f"/tokenflex export contract={CONTRACT} fields=productName metrics=tokensConsumed name={{}}"


async def test_two_people_see_one_channel_and_only_their_own_private_messages(ana: Person, person: PersonAt) -> None:
    """What is said in the channel reaches both at once; private answers reach one."""
    ben = await person("ben")
    await ana.types("Good morning")
    await ben.hears("Good morning")
    await ana.types(EXPORT.format("shared"))
    await ana.hears("Only visible to you", "Got it: export #1")
    await ben.hears("Export #1", "Asked by", "@ana")
    await ben.types("/tokenflex list")
    await ben.hears("Only visible to you", "#1")
    await expect(ben.message("Got it: export #1")).to_have_count(0)
    await expect(ana.tab.locator(".message.private")).to_have_count(1)
    await ben.hears("export #1 is ready")
    await ana.hears("export #1 is ready")


async def test_a_form_and_its_errors_are_seen_by_one_person(ana: Person, person: PersonAt) -> None:
    """A modal opens for whoever asked for it, also when two are at it at once."""
    ben = await person("ben")
    await ana.chooses_everything()
    await expect(ben.form).to_be_hidden()
    await ben.chooses_everything()
    await ben.form.get_by_label("File name").fill("bens")
    await expect(ana.form.get_by_label("File name")).to_have_value("")


async def test_a_guest_sees_only_their_channels(person: PersonAt) -> None:
    """The guest is marked as one and is in #finance alone."""
    gus = await person("gus")
    await expect(gus.tab.get_by_label("You are").locator("option:checked")).to_have_text("gus (guest)")
    await expect(gus.tab.locator("#channels li")).to_have_text(["#finance", "@tokenflex"])


async def test_news_of_other_channels_is_counted(ana: Person, person: PersonAt) -> None:
    """A channel that is not in front shows how much is new in it, until it is opened."""
    ben = await person("ben")
    await ben.goes_to("#general")
    await ben.types("One")
    await ben.types("Two")
    await expect(ana.tab.get_by_label("2 new")).to_be_visible()
    await ana.goes_to("#general")
    await ana.hears("Two")
    await expect(ana.tab.get_by_label("2 new")).to_have_count(0)


async def test_with_the_mouse_alone(house: House, ana: Person) -> None:
    """From an empty channel to a downloaded CSV without a key being pressed."""
    await ana.tab.get_by_role("button", name="Type /tokenflex for me").click()
    await ana.tab.get_by_role("button", name="Send").click()
    await ana.menu("What do you want to know?").click()
    await ana.form.get_by_role("option", name="Tokens by day").click()
    await ana.menu("Period").click()
    await ana.form.get_by_role("option", name="Last 7 days").click()
    await ana.menu("Only …").click()
    await ana.form.get_by_role("option").first.click()
    await ana.form.get_by_role("button", name=re.compile("^Remove ")).click()
    await ana.form.get_by_role("heading", name="New export").click()
    await ana.form.get_by_role("button", name="Export", exact=True).click()
    await ana.form.get_by_role("button", name="Close", exact=True).click()
    done = await ana.hears("export #1 is ready", "This link works until")
    house.clock.run_at(1)
    assert rows(await ana.downloads(done))[0] == ["usageDate", "tokensConsumed"]


async def test_with_the_keyboard_alone(house: House, ana: Person) -> None:
    """The same with keys only; each stop of the Tab key is a control with a name."""
    keyboard, tab = ana.tab.keyboard, ana.tab
    await _tab_to(ana, "Message #finance")
    await keyboard.type("/tok")
    await expect(tab.get_by_role("option", name="/tokenflex list")).to_be_visible()
    await keyboard.press("Enter")
    await expect(tab.locator("#line")).to_have_value("/tokenflex")
    await keyboard.press("Enter")
    await expect(ana.menu("What do you want to know?")).to_be_focused()
    await _tab_to(ana, "Choose everything myself")
    await keyboard.press("Enter")
    await expect(ana.menu("Columns")).to_be_visible()
    await ana.takes_all_out("Columns")
    await ana.takes_all_out("Numbers")
    await _tab_to(ana, "Columns")
    await keyboard.type("usageMonth")
    await ana.has_found("Columns", "usageMonth")
    await keyboard.press("Enter")
    await keyboard.press("ArrowDown")
    await keyboard.press("Escape")
    await expect(ana.form).to_be_visible()
    await _tab_to(ana, "Numbers")
    await keyboard.type("tokens")
    await ana.has_found("Numbers", "tokensConsumed")
    await keyboard.press("Enter")
    await _tab_to(ana, "File name")
    await keyboard.type("by-keyboard")
    await keyboard.press("Enter")
    await expect(ana.form).to_contain_text("#1")
    await keyboard.press("Escape")
    await expect(ana.form).to_be_hidden()
    await ana.hears("export #1 is ready", "This link works until")
    house.clock.run_at(1)
    await _tab_to(ana, "Download bykeyboard.csv")
    async with tab.expect_download() as waiting:
        await keyboard.press("Enter")
    assert rows(await saved(await waiting.value))[0] == ["usageMonth", "tokensConsumed"]


async def _tab_to(who: Person, name: str) -> None:
    """Press Tab until the control of that name has the focus."""
    for _ in range(80):
        await who.tab.keyboard.press("Tab")
        focused = await who.tab.evaluate(
            """() => {
                const control = document.activeElement;
                return control.getAttribute("aria-label") ?? control.labels?.[0]?.textContent ?? control.textContent;
            }"""
        )
        if focused.startswith(name):
            return
    raise AssertionError(f"Tab never came to {name!r}.")


async def test_the_focus_stays_where_it_was_when_a_message_changes(house: House, ana: Person) -> None:
    """An edit replaces the buttons of a card; who was on one of them is on its successor, also when answers come."""
    house.token_flex.controls.hold()
    await ana.types(EXPORT.format("focus"))
    await ana.hears("Export #1", "Asked by", "In progress.")
    card = ana.message("Export #1", "Asked by")
    details = ana.own(card).get_by_role("button", name="Details, export #")
    await details.focus()
    house.token_flex.controls.release()
    await expect(ana.own(card)).to_contain_text("Ready.")
    await expect(details).to_be_focused()
    await ana.sees_the_answer(card)
    await expect(details).to_be_focused()


async def test_at_phone_width_nothing_is_cut_off(person: PersonAt) -> None:
    """Nothing has to be scrolled sideways; channels and panel fold away and come when asked for."""
    ana = await person("ana", viewport={"width": 360, "height": 700})
    await ana.types("/tokenflex help")
    await ana.hears("Examples to copy")
    assert await ana.tab.evaluate("document.documentElement.scrollWidth") <= 360
    await expect(ana.tab.locator("#channels")).to_be_hidden()
    await ana.tab.get_by_role("button", name="Channels").click()
    await ana.goes_to("#general")
    await expect(ana.tab.locator("#channels")).to_be_hidden()
    await ana.tab.get_by_role("button", name="Behind the scenes").click()
    await expect(ana.tab.get_by_text("Calls, last minute")).to_be_visible()


async def test_dark_and_light(person: PersonAt) -> None:
    """The page follows the system's colours until somebody chooses; the choice survives a reload."""
    ana = await person("ana", color_scheme="dark")
    html = ana.tab.locator("html")
    await expect(html).to_have_attribute("data-theme", "dark")
    await ana.tab.get_by_role("button", name="Change to light colours").click()
    await ana.tab.reload()
    await expect(html).to_have_attribute("data-theme", "light")


async def test_it_says_what_it_is(ana: Person) -> None:
    """Nobody can take the page for Slack."""
    await expect(ana.tab).to_have_title("Local stand-in, not Slack")
    await expect(ana.tab.get_by_text("A local stand-in, not Slack.")).to_be_visible()
