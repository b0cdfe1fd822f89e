"""A report by itself, seen in the browser: set up in a form, through a year, and what each month looks like."""

from collections.abc import AsyncIterator
from datetime import date, timedelta
from pathlib import Path

import pytest_asyncio
from playwright.async_api import Locator, expect

from tests.browser.person import Person
from tests.browser.travelling import KNOWN_LATER, house_of_the_demo, travels
from tests.harness.house import CONTRACT, House

PRODUCTS = f"/tokenflex export products contract={CONTRACT} period=last-month"


@pytest_asyncio.fixture(loop_scope="session")
async def house(browser_path: Path, tmp_path: Path) -> AsyncIterator[House]:
    """A house to travel in."""
    async with house_of_the_demo(tmp_path) as opened:
        yield opened


async def _opens_the_form(ana: Person) -> None:
    """Ask once, and have the form opened that lets the same come by itself."""
    await ana.types(PRODUCTS)
    await ana.hears("export #1 is ready")
    card = ana.message("Export #1", "Asked by")
    await ana.sees_the_answer(card)  # nothing moves under the pointer any more
    await ana.presses(card, "Schedule")
    await expect(ana.form).to_contain_text("It runs on the first working day of each month at 08:00, Europe/Berlin")


async def _saves(ana: Person) -> None:
    await ana.form.get_by_role("button", name="Save", exact=True).click()
    await expect(ana.form).to_contain_text("Saved: Tokens by product.")
    await ana.form.get_by_role("button", name="Close", exact=True).click()
    await expect(ana.form).to_be_hidden()


def _first_working_day(month: date) -> date:
    return next(day for day in (month + timedelta(number) for number in range(3)) if day.weekday() < 5)


def _tokens(house: House, month: date, known: date) -> str:
    """Return what was used in a month until a day, by the rows of the data set, as answers write numbers."""
    sql = "SELECT sum(tokens) FROM usage WHERE contract = ? AND usageMonth = ? AND usageDate <= ?"
    ((tokens,),) = house.token_flex.data.query(sql, (CONTRACT, month.isoformat(), known.isoformat()))
    return f"{tokens:,.1f}".removesuffix(".0")


def _reports(ana: Person) -> Locator:
    return ana.tab.locator("#messages > .message").filter(has_text="Tokens by product, is ready")


async def test_a_report_travels_through_a_year(house: House, ana: Person) -> None:
    """Each month has its own report, on time, with the figures of the month before in its thread."""
    await _opens_the_form(ana)
    await expect(ana.form).to_contain_text("Monday, 2 November 2026, 08:00")
    await ana.form.get_by_label("Name", exact=True).fill("Tokens by product")
    await _saves(ana)
    await travels(ana, "A year from now")
    reports = _reports(ana)
    await expect(reports).to_have_count(12)
    month = date(2026, 10, 1)
    for number in range(12):
        report, following = reports.nth(number), (month + timedelta(days=32)).replace(day=1)
        due = _first_working_day(following)
        await expect(report.locator("> .day")).to_contain_text(f"{due:%A}, {due:%B} {due.day}")
        await expect(ana.own(report)).not_to_contain_text("It was due")
        answer = ana.replies(report).filter(has_text="SHA-256")
        tokens = _tokens(house, month, due - KNOWN_LATER)
        await expect(answer).to_contain_text(f"{tokens} tokens, {month:%B %Y}")
        await expect(answer.locator(".canvas svg")).to_be_visible()
        month = following


async def test_when_it_runs_is_shown_before_it_is_saved(ana: Person) -> None:
    """Enter in a field shows the runs and saves nothing; what is saved is given to somebody chosen from a menu."""
    await _opens_the_form(ana)
    await ana.form.get_by_label("Name", exact=True).fill("Tokens by product")
    await ana.chooses("How often", "Every day")
    at = ana.form.get_by_label("At", exact=True)
    await at.fill("7:30")
    await at.press("Enter")
    await expect(ana.form).to_contain_text("It runs every day at 07:30, Europe/Berlin")
    await expect(ana.form.get_by_role("button", name="Save", exact=True)).to_be_visible()
    await expect(at).to_be_focused()
    await _saves(ana)
    await ana.types("/tokenflex schedules")
    await ana.presses(await ana.hears("Only visible to you", "It runs every day at 07:30"), "Hand over")
    await expect(ana.form.get_by_role("heading", name="Hand over")).to_be_visible()
    await ana.chooses("New owner", "@ben")
    await ana.form.get_by_role("button", name="Hand over", exact=True).click()
    await expect(ana.form).to_contain_text("Tokens by product is @ben's now.")
