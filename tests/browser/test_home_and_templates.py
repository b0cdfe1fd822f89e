"""The bot's Home, its templates, its shortcut and mentions, on the page; and what axe-core finds there."""

import re

from playwright.async_api import Locator, expect

from tests.browser.person import Person
from tests.browser.test_axe import findings


async def _goes_home(ana: Person) -> Locator:
    await ana.goes_to("@tokenflex")
    await ana.tab.get_by_role("navigation", name="Tabs of the app").get_by_role("button", name="Home").click()
    return ana.tab.get_by_role("region", name="Home")


async def _saves(ana: Person, name: str) -> None:
    """Save what the form asks as a template of one's own."""
    await ana.form.get_by_role("button", name="Save as template").click()
    await expect(ana.form.get_by_role("heading", name="Save as template")).to_be_visible()
    assert await findings(ana.tab) == []
    await ana.form.get_by_label("Name").fill(name)
    await ana.form.get_by_role("radio", name=re.compile("^Mine")).check()
    await ana.form.get_by_role("button", name="Save", exact=True).click()
    await expect(ana.form.get_by_text(name, exact=True)).to_be_visible()
    await ana.form.get_by_role("button", name="Close", exact=True).click()
    await ana.form.get_by_role("button", name="Cancel").click()
    await expect(ana.form).to_be_hidden()


async def test_from_a_template_to_the_home_tab(ana: Person) -> None:
    """Saved in the form, listed in the channel, run from Home; the export stands there with its buttons."""
    home = await _goes_home(ana)
    await expect(home.get_by_role("button", name="New export")).to_be_visible()
    assert await findings(ana.tab) == []
    await ana.goes_to("#finance")
    await ana.opens_the_form()
    await _saves(ana, "monthly")
    await ana.types("/tokenflex templates")
    listed = await ana.hears("Only visible to you", "monthly")
    await expect(listed.get_by_role("button", name=re.compile("^Rename"))).to_be_visible()
    assert await findings(ana.tab) == []
    home = await _goes_home(ana)
    await home.get_by_role("button", name=re.compile("^Run")).press("Enter")
    await expect(ana.menu("What do you want to know?")).to_have_value("monthly")
    if not await ana.menu("Post to channel").input_value():
        await ana.menu("Post to channel").fill("#finance")
        await ana.menu("Post to channel").press("Enter")
    await ana.form.get_by_role("button", name="Export", exact=True).click()
    await expect(ana.form).to_contain_text("#1")
    await ana.tab.keyboard.press("Escape")
    await expect(home.get_by_text("Export #1")).to_be_visible()
    await expect(home.get_by_role("button", name=re.compile("^Get"))).to_be_visible()
    assert await findings(ana.tab) == []


async def test_other_ways_to_the_form(ana: Person) -> None:
    """The shortcut, and the button under what the bot answers to a mention."""
    await ana.tab.locator("#line").fill("/new")
    await ana.tab.get_by_role("option", name="New export").click()
    await expect(ana.form.get_by_role("heading", name="New export")).to_be_visible()
    await ana.form.get_by_role("button", name="Cancel").click()
    await ana.types("@tokenflex how many tokens?")
    answer = await ana.hears("Only visible to you", "/tokenflex")
    await answer.get_by_role("button").first.click()
    await expect(ana.form.get_by_role("heading", name="New export")).to_be_visible()
