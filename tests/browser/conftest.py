"""A house with the real bot, its page, and people who look at it, each in a browser context of their own."""

import os
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio
from playwright.async_api import Browser, BrowserContext, async_playwright, expect

from sandbox import installed
from sandbox.page.server import Page as Workspace
from sandbox.tokenflex.usage_data import UsageData
from scripts import chromium
from tests.browser.person import PATIENCE, Person
from tests.browser.travelling import TimeOfHouse
from tests.harness.house import House, close_house, open_house

PersonAt = Callable[..., Awaitable[Person]]


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Browser tests wait for a real bot on a shared machine: let them take longer than others.

    They share one Chromium, so they share its event loop.
    """
    for item in items:
        if "tests/browser" in item.path.as_posix():
            item.add_marker(pytest.mark.timeout(600))
            item.add_marker(pytest.mark.asyncio(loop_scope="session"), append=False)


@pytest.fixture(scope="session")
def browser_path() -> Path:
    """Where Chromium is; without one the tests are skipped, but never in CI."""
    found = chromium.find()
    if found is None:
        (pytest.fail if os.environ.get("CI") == "true" else pytest.skip)(chromium.MISSING)
    return found


@pytest_asyncio.fixture(loop_scope="session")
async def house(browser_path: Path, tmp_path: Path, usage_data: UsageData) -> AsyncIterator[House]:
    """A house with a running bot; exports take 20 virtual seconds, links live 300, the clock runs 20 times as fast."""
    opened = await open_house(tmp_path, data=usage_data, token_flex={"link_life": 300.0})
    await opened.start_bot()
    yield opened
    await close_house(opened)


@pytest_asyncio.fixture(loop_scope="session")
async def workspace(house: House) -> AsyncIterator[Workspace]:
    """The page's server."""
    served = Workspace(
        house.slack, house.token_flex, house.clock, commands=installed.commands(), time=TimeOfHouse(house)
    )
    await served.start()
    yield served
    await served.stop()


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def browser(browser_path: Path) -> AsyncIterator[Browser]:
    """A running Chromium, started once: its start takes longer than most tests."""
    expect.set_options(timeout=PATIENCE)
    async with async_playwright() as playwright:
        launched = await playwright.chromium.launch(executable_path=browser_path, args=chromium.ARGUMENTS)
        yield launched
        await launched.close()


@pytest_asyncio.fixture(loop_scope="session")
async def person(browser: Browser, workspace: Workspace) -> AsyncIterator[PersonAt]:
    """Open the page as somebody, in a context of their own; further arguments are of the context.

    In the end nobody's page may have failed, or have asked another machine for anything.
    """
    people: list[Person] = []
    contexts: list[BrowserContext] = []

    async def _open(name: str = "ana", **more: Any) -> Person:
        contexts.append(await browser.new_context(**more))
        tab = await contexts[-1].new_page()
        tab.set_default_timeout(PATIENCE)
        opened = Person(tab, name)
        people.append(opened)
        await opened.comes_to(workspace.url)
        return opened

    yield _open
    troubles = [trouble for each in people for trouble in each.troubles]
    for context in contexts:
        await context.close()
    assert troubles == []


@pytest_asyncio.fixture(loop_scope="session")
async def ana(person: PersonAt) -> Person:
    """Ana, at the page, in #finance."""
    return await person("ana")
