"""An alert, seen in the browser: set up in a form, it comes, is acknowledged, grows, and ends."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest_asyncio
from playwright.async_api import expect

from tests.browser.person import Person
from tests.browser.travelling import house_of_the_demo, travels
from tests.harness.house import House


@pytest_asyncio.fixture(loop_scope="session")
async def house(browser_path: Path, tmp_path: Path) -> AsyncIterator[House]:
    """A house to travel in."""
    async with house_of_the_demo(tmp_path) as opened:
        yield opened


async def _watches_revit(ana: Person) -> None:
    await ana.types("/tokenflex alerts")
    await ana.presses(await ana.hears("Nothing is watched here yet."), "New alert")
    await expect(ana.form.get_by_role("heading", name="New alert")).to_be_visible()
    await ana.chooses("Tell the channel when", "A product or a cost centre is over a number of tokens")
    await ana.chooses("Product name", "Revit")
    await ana.form.get_by_label("More tokens than").fill("140")
    await ana.form.get_by_role("button", name="Save", exact=True).click()
    await expect(ana.form).to_contain_text("Saved: Revit over 140 tokens in a month")
    await ana.form.get_by_role("button", name="Close", exact=True).click()


async def test_an_alert_comes_is_acknowledged_and_ends(ana: Person) -> None:
    """One message, in place: what is over the limit, who has seen to it, the newest number, and that it is over."""
    await _watches_revit(ana)
    alert = ana.tab.locator("#messages > .message").filter(has_text="over the limit of 140")
    await travels(ana, "Next Monday")
    await expect(alert).to_have_count(1)
    await expect(ana.own(alert)).to_contain_text("Revit used 150 tokens in October 2026, over the limit of 140.")
    await expect(ana.replies(alert)).to_contain_text("tokens")
    await ana.presses(alert, "Acknowledge")
    await expect(ana.own(alert)).to_contain_text("@ana has seen to it.")
    await expect(ana.own(alert).get_by_role("button", name="Acknowledge")).to_have_count(0)
    await travels(ana, "Next Monday")
    await expect(ana.own(alert)).to_contain_text("Revit used 200 tokens in October 2026")
    await travels(ana, "Next Monday")
    over = await ana.hears("Over:", "October 2026")
    await expect(ana.own(over).get_by_role("button")).to_have_count(0)
    told = ana.tab.locator("#messages > .message").filter(has_not_text="Only visible to you")
    await expect(told).to_have_count(1)
