"""What axe-core finds on every page that a person comes to: nothing that is more than minor."""

import socket
from collections.abc import AsyncIterator, Iterator
from importlib.resources import files
from urllib.parse import quote, urlencode

import pytest
import pytest_asyncio
from playwright.async_api import Browser, Page, expect

from bot.login.loopback import Loopback
from tests.browser.conftest import PersonAt
from tests.browser.person import Person
from tests.harness.house import CONTRACT, House

_AXE = files("axe_playwright_python").joinpath("axe.min.js").read_text(encoding="utf-8")
#: The rule is experimental there; without it, whoever speaks to the computer says what they see and nothing happens.
_OPTIONS = {"resultTypes": ["violations"], "rules": {"label-content-name-mismatch": {"enabled": True}}}
EXPORT = f"/tokenflex export contract={CONTRACT} fields=productName metrics=tokensConsumed name={{}}"


@pytest_asyncio.fixture(loop_scope="session")
async def tab(browser: Browser) -> AsyncIterator[Page]:
    """An empty tab in a context of its own."""
    opened = await browser.new_page()
    yield opened
    await opened.close()


async def findings(tab: Page) -> list[str]:
    """Return what is wrong on a page as it stands, a line each: the rule, its weight, and where."""
    await tab.evaluate(_AXE)
    result = await tab.evaluate("(options) => axe.run(options)", _OPTIONS)
    return list(_lines(result["violations"]))


def _lines(violations: list[dict[str, object]]) -> Iterator[str]:
    for each in violations:
        nodes = each["nodes"]
        if each["impact"] != "minor" and isinstance(nodes, list):
            yield f"{each['id']} ({each['impact']}): " + "; ".join(f"{n['html']} {n['failureSummary']}" for n in nodes)


@pytest.mark.parametrize("scheme", ["light", "dark"])
async def test_the_page(house: House, person: PersonAt, scheme: str) -> None:
    """Empty, with messages of every kind and the panel, with a thread, and while a button asks back."""
    ana = await person("ana", color_scheme=scheme)
    assert await findings(ana.tab) == []
    await ana.tab.locator("#channels").get_by_role("button", name="#finance").hover()
    assert await findings(ana.tab) == []
    await ana.types("/tokenflex help")
    await ana.types(EXPORT.format("seen"))
    await ana.hears("export #1 is ready", "This link works until")
    house.clock.run_at(1)
    card = ana.message("Export #1", "Asked by")
    await card.hover()
    await ana.types("/nonsense")
    await expect(ana.tab.locator(".trouble")).to_be_visible()
    await ana.sees_the_answer(card)
    assert await findings(ana.tab) == []
    await ana.presses(card, "Details")
    await ana.presses(ana.message("Export #1", "Posted to"), "Delete")
    await expect(ana.tab.locator("#confirm")).to_be_visible()
    assert await findings(ana.tab) == []


@pytest.mark.parametrize("scheme", ["light", "dark"])
async def test_the_form(person: PersonAt, scheme: str) -> None:
    """Fresh, with an open menu, with chosen things and with an error; and the answer that has no field."""
    ana = await person("ana", color_scheme=scheme)
    await ana.opens_the_form()
    assert await findings(ana.tab) == []
    only = ana.menu("Only …")
    await only.fill("revit")
    await only.press("Enter")
    await only.fill("a")
    await expect(ana.form.get_by_role("option").first).to_be_visible()
    assert await findings(ana.tab) == []
    await only.press("Escape")
    await ana.menu("Period").fill("nothing has that name")
    await expect(ana.form.get_by_role("option", name="Nothing of that name.")).to_be_visible()
    assert await findings(ana.tab) == []
    await ana.menu("Period").fill("range")
    await ana.menu("Period").press("Enter")
    await expect(ana.form.get_by_label("First day")).to_be_visible()
    assert await findings(ana.tab) == []
    await ana.form.get_by_role("button", name="Cancel").click()
    await expect(ana.form).to_be_hidden()
    await ana.chooses_everything()
    assert await findings(ana.tab) == []
    menu = ana.menu("Columns")
    await ana.finds("Columns", "product")
    await menu.press("Enter")
    await menu.fill("u")
    await expect(ana.form.get_by_role("listbox")).to_be_visible()
    assert await findings(ana.tab) == []
    await menu.press("Escape")
    await ana.form.locator("textarea").first.fill("contractYear=1; drop table usage")
    await ana.form.get_by_role("button", name="Export", exact=True).click()
    await expect(ana.form.locator(".error").first).to_be_visible()
    assert await findings(ana.tab) == []
    await ana.form.locator("textarea").first.fill("contractYear=1")
    await ana.form.get_by_role("button", name="Export", exact=True).click()
    await expect(ana.form).to_contain_text("#1")
    assert await findings(ana.tab) == []


async def test_on_a_phone(person: PersonAt) -> None:
    """Messages, the channels and the panel, each in front of the others."""
    ana = await person("ana", viewport={"width": 390, "height": 700})
    await ana.types("/tokenflex help")
    await ana.hears("/tokenflex list")
    assert await findings(ana.tab) == []
    await ana.tab.get_by_role("button", name="Channels").click()
    assert await findings(ana.tab) == []
    await ana.tab.get_by_role("button", name="Channels").click()
    await ana.tab.get_by_role("button", name="Behind the scenes").click()
    await expect(ana.tab.get_by_text("Calls, last minute")).to_be_visible()
    assert await findings(ana.tab) == []
    await ana.tab.get_by_role("button", name="Behind the scenes").click()
    await ana.tab.get_by_role("button", name="Channels").click()
    await ana.goes_to("@tokenflex")
    await ana.tab.get_by_role("button", name="Home").click()
    await ana.tab.get_by_role("region", name="Home").get_by_role("button", name="New export").click()
    await expect(ana.form.get_by_role("heading", name="New export")).to_be_visible()
    assert await findings(ana.tab) == []
    assert await ana.tab.evaluate("document.documentElement.scrollWidth") <= 390


async def test_commands_that_are_offered(ana: Person) -> None:
    """The list above the line."""
    await ana.tab.locator("#line").fill("/")
    await expect(ana.tab.locator("#completions")).to_be_visible()
    assert await findings(ana.tab) == []


async def test_the_consent_page(house: House, tab: Page) -> None:
    """Where somebody lets the bot in, and where it says that a request is not right."""
    client = next(each for each in house.token_flex.settings.clients if each.tied_user is None and each.callback_urls)
    asked = {"client_id": client.client_id, "redirect_uri": client.callback_urls[0], "scope": "data:read"}
    address = f"{house.token_flex.aps_base_url}/authorize?"
    for query in (asked | {"response_type": "code", "state": "s"}, {}):
        await tab.goto(address + urlencode(query, quote_via=quote))
        await expect(tab.get_by_role("main").get_by_role("heading")).to_have_text("Sign in")
        assert await findings(tab) == []


async def test_the_page_after_signing_in(tab: Page) -> None:
    """What the bot itself answers to the browser: to the right answer, and to one of another attempt."""
    with socket.create_server(("127.0.0.1", 0)) as lent:
        port = lent.getsockname()[1]
    address = f"http://127.0.0.1:{port}/callback"
    with Loopback(address, lambda query: query == "state=ours"):
        for query in ("state=ours", "state=theirs"):
            await tab.goto(f"{address}?{query}")
            await expect(tab.get_by_role("main").get_by_role("heading")).to_have_text("Token Flex for Slack")
            assert await findings(tab) == []
