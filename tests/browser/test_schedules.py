"""A report by itself, seen in the browser: set up in a form, through a year, and what each month looks like."""

from collections.abc import AsyncIterator
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest_asyncio
from playwright.async_api import Locator, expect

from sandbox.tokenflex.usage_data import UsageData
from tests.browser.person import Person
from tests.harness.house import CONTRACT, House, close_house, open_house

TODAY = datetime(2026, 10, 19, 8, 30, tzinfo=UTC)
PRODUCTS = f"/tokenflex export products contract={CONTRACT} period=last-month"


@pytest_asyncio.fixture(loop_scope="session")
async def house(browser_path: Path, tmp_path: Path) -> AsyncIterator[House]:
    """A house on the day of `make demo`, where Token Flex learns of usage two days later; people work in Berlin."""

    def _known_day() -> date:
        return (opened.clock.now() - timedelta(days=2)).date()

    data = UsageData(through=_known_day)
    opened = await open_house(tmp_path, data=data, begins=TODAY)
    for user in opened.slack.workspace.users.values():
        user.tz = "Europe/Berlin"
    await opened.start_bot()
    yield opened
    await close_house(opened)
    data.close()


async def _schedules_products(ana: Person) -> None:
    """Ask once, and have the same come each month."""
    await ana.types(PRODUCTS)
    await ana.hears("export #1 is ready")
    card = ana.message("Export #1", "Asked by")
    await ana.sees_the_answer(card)  # nothing moves under the pointer any more
    await ana.presses(card, "Schedule")
    await expect(ana.form).to_contain_text("It runs on the first working day of each month at 08:00, Europe/Berlin")
    await expect(ana.form).to_contain_text("Monday, 2 November 2026, 08:00")
    await ana.form.get_by_label("Name", exact=True).fill("Tokens by product")
    await ana.form.get_by_role("button", name="Save", exact=True).click()
    await expect(ana.form).to_contain_text("Saved: Tokens by product.")
    await ana.form.get_by_role("button", name="Close", exact=True).click()
    await expect(ana.form).to_be_hidden()


async def _travels(ana: Person, where: str) -> None:
    await ana.panel_button(where).click()
    panel = ana.tab.locator("#panel")
    await expect(panel).to_contain_text("On the way to")
    await expect(panel).not_to_contain_text("On the way to", timeout=300_000)


def _first_working_day(month: date) -> date:
    return next(day for day in (month + timedelta(number) for number in range(3)) if day.weekday() < 5)


def _tokens(house: House, month: date, known: date) -> float:
    """Return what was used in a month until a day, by the rows of the data set."""
    sql = "SELECT sum(tokens) FROM usage WHERE contract = ? AND usageMonth = ? AND usageDate <= ?"
    ((tokens,),) = house.token_flex.data.query(sql, (CONTRACT, month.isoformat(), known.isoformat()))
    return float(tokens)


def _reports(ana: Person) -> Locator:
    return ana.tab.locator("#messages > .message").filter(has_text="Tokens by product, is ready")


async def test_a_report_travels_through_a_year(house: House, ana: Person) -> None:
    """Each month has its own report, on time, with the figures of the month before in its thread."""
    await _schedules_products(ana)
    await _travels(ana, "A year from now")
    reports = _reports(ana)
    await expect(reports).to_have_count(12)
    month = date(2026, 10, 1)
    for number in range(12):
        report, following = reports.nth(number), (month + timedelta(days=32)).replace(day=1)
        due = _first_working_day(following)
        await expect(report.locator("> .day")).to_contain_text(f"{due:%A}, {due:%B} {due.day}")
        await expect(ana.own(report)).not_to_contain_text("It was due")
        answer = ana.replies(report).filter(has_text="SHA-256")
        tokens = _tokens(house, month, due - timedelta(days=2))
        await expect(answer).to_contain_text(f"{tokens:,.1f}".removesuffix(".0") + f" tokens, {month:%B %Y}")
        await expect(answer.locator(".canvas svg")).to_be_visible()
        month = following
