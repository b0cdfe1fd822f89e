"""`make screenshots`: the pictures of the README, taken of the real bot in the page of `make demo`."""

import asyncio
import sys
import tempfile
from pathlib import Path

from playwright.async_api import Browser, Page, async_playwright, expect

from sandbox import installed
from sandbox.demo_house import DemoHouse
from sandbox.page.server import Page as Workspace
from sandbox.tokenflex.settings import SandboxSettings
from scripts import chromium

FOLDER = Path(__file__).parents[1] / "docs" / "images"
WIDTH, HEIGHT = 1280, 800
PATIENCE = 60_000  #: milliseconds
EXPORT = (
    "/tokenflex export contract=110000123456 fields=productName,usageMonth metrics=tokensConsumed,uniqueUsers "
    'where="contractYear=1" name={}'
)


async def _open(browser: Browser, url: str, scheme: str) -> Page:
    context = await browser.new_context(
        viewport={"width": WIDTH, "height": HEIGHT}, color_scheme="dark" if scheme == "dark" else "light"
    )
    page = await context.new_page()
    await page.goto(url)
    await expect(page.get_by_text("tokenflex is a member")).to_be_visible()
    return page


async def _say(page: Page, text: str) -> None:
    await page.locator("#line").fill(text)
    await page.locator("#line").press("Enter")


async def _shoot(page: Page, name: str) -> None:
    await page.evaluate("document.activeElement.blur()")
    await page.screenshot(path=FOLDER / f"{name}.png")
    print(f"docs/images/{name}.png", flush=True)


async def _main_line(page: Page, house: DemoHouse) -> None:
    house.run_at(5.0)
    await _say(page, EXPORT.format("year1-by-product"))
    await expect(page.get_by_role("link", name="Download")).to_be_visible(timeout=PATIENCE)
    house.run_at(1.0)
    card = page.locator(".message").filter(has_text="Asked by")
    await expect(card).to_contain_text("Ready.", timeout=PATIENCE)
    await _shoot(page, "light")


async def _form(page: Page) -> None:
    await page.set_viewport_size({"width": WIDTH, "height": 1160})
    await _say(page, "/tokenflex")
    form = page.get_by_role("dialog")
    await expect(form).to_be_visible()
    metrics = form.get_by_role("combobox", name="Numbers")
    await metrics.fill("tokensConsumed")
    await metrics.press("Enter")
    await form.get_by_label("Only rows where").fill("contractYear=1; drop table usage")
    await form.get_by_role("button", name="Export", exact=True).click()
    await expect(form.locator(".error").first).to_be_visible(timeout=PATIENCE)
    fields = form.get_by_role("combobox", name="Columns")
    await fields.fill("month")
    await fields.press("Enter")
    await fields.fill("machine")
    box = await form.bounding_box()
    assert box is not None
    margin = 12
    await page.screenshot(
        path=FOLDER / "form.png",
        clip={
            "x": box["x"] - margin,
            "y": box["y"] - margin,
            "width": box["width"] + 2 * margin,
            "height": box["height"] + 2 * margin,
        },
    )
    print("docs/images/form.png", flush=True)
    await page.keyboard.press("Escape")
    await page.keyboard.press("Escape")


async def _things_go_wrong(page: Page, house: DemoHouse) -> None:
    await page.locator("#me").select_option("ben")
    await expect(page.get_by_text("tokenflex is a member")).to_be_visible()
    house.token_flex.controls.fail_next()
    house.run_at(5.0)
    await _say(page, "I'll get us the numbers by month.")
    await _say(page, EXPORT.format("by-month"))
    await expect(page.get_by_role("button", name="Retry, export #2")).to_have_count(2, timeout=PATIENCE)
    house.run_at(1.0)
    await _shoot(page, "dark")


async def _take() -> None:
    browser_path = chromium.find()
    if browser_path is None:
        raise SystemExit(chromium.MISSING)
    FOLDER.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix="tokenflex-pictures-") as folder:
        house = DemoHouse(Path(folder), SandboxSettings(durations=(20.0, 20.0)))
        workspace = Workspace(
            house.slack, house.token_flex, house.clock, commands=installed.commands(), set_speed=house.run_at
        )
        async with async_playwright() as playwright:
            browser = await playwright.chromium.launch(executable_path=browser_path, args=chromium.ARGUMENTS)
            try:
                await house.start()
                await workspace.start()
                light = await _open(browser, workspace.url, "light")
                await _main_line(light, house)
                await _form(light)
                await _things_go_wrong(await _open(browser, workspace.url, "dark"), house)
            finally:
                await browser.close()
                await workspace.stop()
                await house.stop()


if __name__ == "__main__":
    sys.exit(asyncio.run(_take()))
