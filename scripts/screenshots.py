"""`make screenshots`: the pictures of the README, taken of the real bot in the page of `make demo`."""

import asyncio
import re
import sys
import tempfile
from pathlib import Path

from playwright.async_api import Browser, Locator, Page, async_playwright, expect

from sandbox import installed
from sandbox.demo_house import ZONE, DemoHouse
from sandbox.page.server import Page as Workspace
from sandbox.tokenflex.settings import SandboxSettings
from scripts import chromium

FOLDER = Path(__file__).parents[1] / "docs" / "images"
WIDTH, HEIGHT = 1280, 800
PATIENCE = 60_000  #: milliseconds


async def _open(browser: Browser, url: str, scheme: str) -> Page:
    context = await browser.new_context(
        viewport={"width": WIDTH, "height": HEIGHT},
        color_scheme="dark" if scheme == "dark" else "light",
        timezone_id=ZONE,
    )
    page = await context.new_page()
    await page.goto(url)
    await expect(page.get_by_text("tokenflex is a member")).to_be_visible()
    return page


async def _say(page: Page, text: str) -> None:
    await page.locator("#line").fill(text)
    await page.locator("#line").press("Enter")


async def _shoot(page: Page, name: str, part: Locator | None = None) -> None:
    """Take a picture of what is on the screen, or of a part of the page."""
    await page.evaluate("document.activeElement.blur()")
    await page.mouse.move(0, 0)
    await (part or page).screenshot(path=FOLDER / f"{name}.png")
    print(f"docs/images/{name}.png", flush=True)


async def _form(page: Page) -> None:
    """Fill in the form for two products, take its picture, and save it as a template."""
    await page.set_viewport_size({"width": WIDTH, "height": 940})
    form = await _opened(page)
    only = form.get_by_role("combobox", name="Only")
    for typed in ("AutoCAD", "Revit"):
        await only.fill(typed)
        await expect(form.get_by_role("option", name=f"only {typed}", exact=True)).to_be_visible(timeout=PATIENCE)
        await only.press("Enter")
    await only.press("Escape")
    await expect(form.get_by_text("only AutoCAD or Revit")).to_be_visible(timeout=PATIENCE)
    await _shoot_form(page, form)
    await _save(form)
    await form.get_by_role("button", name="Cancel").click()


async def _opened(page: Page) -> Locator:
    await _say(page, "/tokenflex")
    form = page.get_by_role("dialog")
    await expect(form.get_by_role("combobox", name="Contract")).to_have_value(re.compile("Example"), timeout=PATIENCE)
    return form


async def _answer(page: Page, house: DemoHouse) -> None:
    """Ask the first question of the form, and take a picture of its link and its answer, compared with one before."""
    answer = page.locator(".replies .message").filter(has_text="SHA-256")
    house.run_at(5.0)
    await _say(page, "/tokenflex export products period=2026-08")
    await expect(answer.locator(".canvas svg")).to_be_visible(timeout=PATIENCE)
    form = await _opened(page)
    await form.get_by_role("button", name="Export", exact=True).click()
    await form.get_by_role("button", name="Close", exact=True).click()
    await expect(answer.nth(1).locator(".canvas svg")).to_be_visible(timeout=PATIENCE)
    house.run_at(1.0)
    await expect(page.locator(".message").filter(has_text="Asked by").last).to_contain_text("Ready.", timeout=PATIENCE)
    await page.set_viewport_size({"width": WIDTH, "height": 1500})
    await _shoot(page, "answer", page.locator(".replies").last)


async def _save(form: Locator) -> None:
    """Save the question as a template, so that Home has one to show."""
    await form.get_by_role("button", name="Save as template").click()
    await form.get_by_label("Name").fill("monthly")
    await form.get_by_label("What it is for").fill("What the finance meeting looks at")
    await form.get_by_role("button", name="Save", exact=True).click()
    await form.get_by_role("button", name="Close", exact=True).click()
    await expect(form.get_by_role("heading", name="New export")).to_be_visible(timeout=PATIENCE)


async def _shoot_form(page: Page, form: Locator) -> None:
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


async def _home(page: Page) -> None:
    await page.set_viewport_size({"width": WIDTH, "height": HEIGHT})
    await expect(page.get_by_label("as it does")).to_be_checked()
    await page.locator("#channels").get_by_role("button", name="@tokenflex").click()
    await page.locator("#tab-home").click()
    await expect(page.get_by_role("region", name="Home").get_by_text("Export #2")).to_be_visible(timeout=PATIENCE)
    await expect(page.get_by_role("region", name="Home").get_by_text("Ready.")).to_have_count(2, timeout=PATIENCE)
    await _shoot(page, "home")


async def _report(page: Page) -> None:
    """Have the answer come by itself each month, and take a picture of the first of these reports."""
    await page.set_viewport_size({"width": WIDTH, "height": 1800})
    await page.locator("#channels").get_by_role("button", name="#finance").click()
    form = page.get_by_role("dialog")
    await page.locator(".message > .content").get_by_role("button", name="Schedule").last.click()
    await form.get_by_label("Name", exact=True).fill("Tokens by product")
    await form.get_by_role("button", name="Save", exact=True).click()
    await expect(form).to_contain_text("Saved:", timeout=PATIENCE)
    await form.get_by_role("button", name="Close", exact=True).click()
    for where in ("The first of next month", "Next Monday"):
        await _travel(page, where)
    await page.get_by_label("20 times as fast").check()
    report = page.locator("#messages > .message").filter(has_text="Tokens by product, is ready")
    await expect(report.locator(".canvas svg")).to_be_visible(timeout=PATIENCE)
    await _shoot(page, "report", report)


async def _travel(page: Page, where: str) -> None:
    panel, button = page.locator("#panel"), page.get_by_role("button", name=where)
    day, _, _ = (await panel.locator("li").filter(has=button).locator("small").inner_text()).rpartition(",")
    await button.click()
    await expect(panel.locator(".it-is")).to_contain_text(day, timeout=PATIENCE)
    await expect(panel).not_to_contain_text("On the way to", timeout=PATIENCE)


async def _usage(page: Page) -> None:
    """Ask how many tokens are left."""
    await page.locator("#me").select_option("ben")
    await expect(page.get_by_text("tokenflex is a member")).to_be_visible()
    await page.set_viewport_size({"width": WIDTH, "height": 1400})
    await _say(page, "/tokenflex usage")
    await _shows_usage(page)
    await _shoot(page, "usage", page.locator(".message.private").last)


async def _phone(page: Page) -> None:
    await page.set_viewport_size({"width": 390, "height": 940})
    await page.locator("#me").evaluate("(each) => { each.value = 'carla'; each.dispatchEvent(new Event('change')); }")
    await _say(page, "/tokenflex usage")
    await _shows_usage(page)
    await page.locator(".message.private").last.evaluate("(each) => each.scrollIntoView()")
    await _shoot(page, "phone")


async def _shows_usage(page: Page) -> None:
    await expect(page.locator(".message.private .canvas svg").last).to_be_visible(timeout=PATIENCE)


async def _take() -> None:
    browser_path = chromium.find()
    if browser_path is None:
        raise SystemExit(chromium.MISSING)
    FOLDER.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix="tokenflex-pictures-") as folder:
        house = DemoHouse(Path(folder), SandboxSettings(durations=(20.0, 20.0)))
        workspace = Workspace(house.slack, house.token_flex, house.clock, commands=installed.commands(), time=house)
        async with async_playwright() as playwright:
            browser = await playwright.chromium.launch(executable_path=browser_path, args=chromium.ARGUMENTS)
            try:
                await house.start()
                await workspace.start()
                light = await _open(browser, workspace.url, "light")
                await _form(light)
                await _answer(light, house)
                await _home(light)
                await _report(light)
                await _usage(await _open(browser, workspace.url, "dark"))
                await _phone(await _open(browser, workspace.url, "light"))
            finally:
                await browser.close()
                await workspace.stop()
                await house.stop()


if __name__ == "__main__":
    sys.exit(asyncio.run(_take()))
