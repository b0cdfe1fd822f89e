"""Views on the page, whoever publishes them: forms that change while they are filled, searches, Home, shortcuts."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import aiohttp
import pytest_asyncio
from playwright.async_api import expect
from slack_bolt.async_app import AsyncApp

from sandbox import installed
from sandbox.page.server import Page as Workspace
from tests.browser.conftest import PersonAt
from tests.browser.person import Person
from tests.browser.test_axe import findings
from tests.harness.house import House, close_house, open_house
from tests.sandbox.slack_support import actions, button, client_of, field, modal, option, plain, running, section

MONTHS = {"type": "static_select", "options": [option("January"), option("May")]}
PEOPLE = {"type": "multi_external_select", "min_query_length": 1}
NAMES = ["Ana", "Anton", "Berta", "Boris"]


@pytest_asyncio.fixture(loop_scope="session")
async def house(browser_path: Path, tmp_path: Path) -> AsyncIterator[House]:
    """A house without the bot; its app has a Home tab and a shortcut."""
    own = {"home_tab": True, "shortcuts": {"New export": "new"}, "events": ["app_home_opened"], "commands": ["/x"]}
    opened = await open_house(tmp_path, speed=1, slack=installed.arguments() | own)
    yield opened
    await close_house(opened)


@pytest_asyncio.fixture(loop_scope="session")
async def app(house: House, workspace: Workspace) -> AsyncIterator[AsyncApp]:
    """An app that runs."""
    async with aiohttp.ClientSession() as session:
        made = AsyncApp(client=client_of(house.slack, session))
        async with running(made, house.slack):
            yield made


def opens(app: AsyncApp, view: dict[str, Any]) -> None:
    """Let the command open that form."""

    @app.command("/x")
    async def command(ack: Any, body: dict[str, Any]) -> None:
        await ack()
        await app.client.views_open(trigger_id=body["trigger_id"], view=view)


def finds(app: AsyncApp, *, waits: asyncio.Event | None = None) -> list[str]:
    """Answer searches by prefix, grouped by first letter, each when it may; return the list of what was searched."""
    asked: list[str] = []

    @app.options("v")
    async def options(ack: Any, payload: dict[str, Any]) -> None:
        asked.append(payload["value"])
        if waits is not None:
            await waits.wait()
        found = [name for name in NAMES if name.lower().startswith(payload["value"].lower())]
        groups = [[name for name in found if name.startswith(letter)] for letter in "AB"]
        shown = [{"label": plain(group[0][0]), "options": list(map(option, group))} for group in groups if group]
        await ack(option_groups=shown) if shown else await ack(options=[])

    return asked


async def test_a_form_changes_while_somebody_types(app: AsyncApp, ana: Person) -> None:
    """What is typed, what is open and where the focus is stay so; what is new stands in its place."""
    text = field("Name", {"type": "plain_text_input"}, "n", optional=True)
    people = field("People", PEOPLE, "p", optional=True)
    kind = field("Month", MONTHS | {"action_id": "kind"}, "k", dispatch_action=True)
    said = section("Nothing is chosen.", block_id="said")
    opens(app, modal(kind, text, people, said))
    finds(app)
    goes_on = asyncio.Event()

    @app.action("kind")
    async def chosen(ack: Any, body: dict[str, Any]) -> None:
        await ack()
        await goes_on.wait()
        name = body["actions"][0]["selected_option"]["value"]
        kept = field("Month", MONTHS | {"action_id": "kind", "initial_option": option(name)}, "k", dispatch_action=True)
        day = field("Day", {"type": "datepicker", "initial_date": "2026-05-01"}, "d", optional=True)
        view = modal(kept, day, text, people, section(f"{name} is chosen.", block_id="said"), title="Changed")
        await app.client.views_update(view_id=body["view"]["id"], hash=body["view"]["hash"], view=view)

    @app.action("v")
    async def other(ack: Any) -> None:
        await ack()

    await ana.types("/x")
    await ana.menu("Month").fill("may")
    await ana.menu("Month").press("Enter")
    await ana.form.get_by_label("Name").fill("mine")
    await ana.menu("People").fill("b")
    await expect(ana.form.get_by_role("option")).to_have_count(2)
    await ana.tab.keyboard.press("ArrowDown")
    goes_on.set()
    await expect(ana.form.get_by_role("heading", name="Changed")).to_be_visible()
    await expect(ana.form.get_by_text("May is chosen.")).to_be_visible()
    await expect(ana.form.get_by_label("Day")).to_have_value("2026-05-01")
    await expect(ana.form.get_by_label("Name")).to_have_value("mine")
    await expect(ana.menu("People")).to_be_focused()
    await expect(ana.menu("People")).to_have_value("b")
    await ana.tab.keyboard.press("Enter")
    await expect(ana.form.get_by_role("list", name="People: chosen")).to_have_text("Boris×")


async def test_a_search_by_keys_and_its_words(app: AsyncApp, ana: Person) -> None:
    """From one letter on, with groups and a count that is read out; Backspace takes out what was chosen last."""
    opens(app, modal(field("People", PEOPLE, "p", dispatch_action=True)))
    finds(app)
    heard: list[list[str]] = []

    @app.action("v")
    async def chosen(ack: Any, body: dict[str, Any]) -> None:
        await ack()
        heard.append([each["value"] for each in body["actions"][0]["selected_options"]])

    await ana.types("/x")
    keyboard, status = ana.tab.keyboard, ana.form.get_by_role("status")
    await expect(ana.menu("People")).to_be_focused()
    await keyboard.press("ArrowDown")
    await expect(status).to_have_text("Type at least 1 letters.")
    await keyboard.type("a")
    await expect(status).to_have_text("2 options")
    await expect(ana.form.get_by_role("group", name="A")).to_be_visible()
    first = await ana.form.get_by_role("option", name="Ana").get_attribute("id")
    await expect(ana.menu("People")).to_have_attribute("aria-activedescendant", first or "")
    assert await findings(ana.tab) == []
    await keyboard.press("Enter")
    await keyboard.type("bo")
    await expect(status).to_have_text("1 option")
    await keyboard.press("Enter")
    await keyboard.type("x")
    await expect(status).to_have_text("Nothing of that name.")
    await keyboard.press("Escape")
    await expect(ana.form).to_be_visible()
    await keyboard.press("Backspace")
    await expect(ana.form.get_by_role("list", name="People: chosen")).to_have_text("Ana×")
    await expect(status).to_have_text("Boris removed, 1 left.")
    assert heard == [["Ana"], ["Ana", "Boris"], ["Ana"]]


async def test_a_search_that_is_overtaken_by_what_is_typed(app: AsyncApp, ana: Person) -> None:
    """One search at a time; of an earlier one nothing can be chosen by mistake; no answer is said."""
    opens(app, modal(field("People", PEOPLE, "p")))
    waits = asyncio.Event()
    asked = finds(app, waits=waits)
    await ana.types("/x")
    await ana.menu("People").press_sequentially("bert")
    await ana.tab.keyboard.press("Enter")
    await expect(ana.form.get_by_role("status")).to_have_text("Searching …")
    waits.set()
    await expect(ana.form.get_by_role("option")).to_have_text(["Berta"])
    assert asked == ["b", "bert"]
    waits.clear()
    await ana.menu("People").press_sequentially("a")
    await expect(ana.form.get_by_role("status")).to_have_text("The app did not answer. Type again.")
    waits.set()


def with_home(app: AsyncApp, pressed: list[str]) -> None:
    """Have the app publish a Home tab with buttons, a menu and a form, and note what is pressed."""
    more = {"type": "overflow", "action_id": "more", "options": [option("Rename"), option("Delete")]}

    def home(*blocks: dict[str, Any]) -> dict[str, Any]:
        return {"type": "home", "blocks": list(blocks)}

    rows = [section(f"Export #{n}", accessory=button("Run again", "run", value=str(n))) for n in (1, 2)]
    head = actions(button("New export", "open")) | {"block_id": "head"}

    @app.event("app_home_opened")
    async def opened(event: dict[str, Any]) -> None:
        if event["tab"] == "home":
            view = home(head, {"type": "divider"}, *rows, section("A template", accessory=more))
            await app.client.views_publish(user_id=event["user"], view=view)

    @app.action("run")
    async def run(ack: Any, body: dict[str, Any]) -> None:
        await ack()
        pressed.append(body["actions"][0]["value"])
        await app.client.views_publish(
            user_id=body["user"]["id"], view=home(head, section("Running", block_id="r"), *rows)
        )

    @app.action("more")
    async def chosen(ack: Any, body: dict[str, Any]) -> None:
        await ack()
        pressed.append(body["actions"][0]["selected_option"]["value"])

    @app.action("open")
    async def opens_form(ack: Any, body: dict[str, Any]) -> None:
        await ack()
        await app.client.views_open(trigger_id=body["trigger_id"], view=modal(section("The form")))


async def test_the_home_tab(house: House, app: AsyncApp, ana: Person, person: PersonAt) -> None:
    """Opened, published, pressed in by key, published anew under the finger; and it is one person's."""
    pressed: list[str] = []
    with_home(app, pressed)
    await ana.goes_to("@tokenflex")
    await ana.tab.get_by_role("navigation", name="Tabs of the app").get_by_role("button", name="Home").click()
    shown = ana.tab.get_by_role("region", name="Home")
    await expect(shown.get_by_text("Export #2")).to_be_visible()
    await expect(ana.tab.locator("#composer")).to_be_hidden()
    assert await findings(ana.tab) == []
    await shown.get_by_role("button", name="More for A template").focus()
    await ana.tab.keyboard.press("Enter")
    await ana.tab.keyboard.press("ArrowDown")
    assert await findings(ana.tab) == []
    await ana.tab.keyboard.press("Enter")
    await shown.get_by_role("button", name="New export").press("Enter")
    await expect(ana.form.get_by_text("The form")).to_be_visible()
    await ana.tab.keyboard.press("Escape")
    await expect(shown.get_by_role("button", name="New export")).to_be_focused()
    await shown.get_by_role("button", name="Run again").nth(1).press("Enter")
    await expect(shown.get_by_text("Running")).to_be_visible()
    await expect(shown.locator(":focus")).to_have_text("Run again")
    assert pressed == ["Delete", "2"]
    ben = await person("ben")
    await expect(ben.tab.get_by_text("Running")).to_be_hidden()
    await ana.tab.reload()
    await expect(shown.get_by_text("Export #1")).to_be_visible()


async def test_a_shortcut_from_the_line(app: AsyncApp, ana: Person) -> None:
    """It stands with the commands, is found by its name, and runs at once."""

    @app.shortcut("new")
    async def new(ack: Any, body: dict[str, Any]) -> None:
        await ack()
        await app.client.views_open(trigger_id=body["trigger_id"], view=modal(section("The form")))

    await ana.tab.get_by_role("button", name="Show the commands and shortcuts").click()
    await expect(ana.tab.get_by_role("option", name="New export")).to_be_visible()
    await ana.tab.keyboard.type("new")
    await ana.tab.keyboard.press("Enter")
    await expect(ana.form.get_by_text("The form")).to_be_visible()
    await expect(ana.tab.locator("#line")).to_have_value("")
