"""Tables, charts and files on the page: sorted, paged, read by keys, by ear and on a phone."""

import re
from typing import Any

import aiohttp
import pytest
from playwright.async_api import Locator, expect

from sandbox.page.server import Page as Workspace
from tests.browser.app import post, section
from tests.browser.conftest import PersonAt
from tests.browser.person import Person, saved
from tests.browser.test_axe import findings
from tests.harness.house import CONTRACT, House

USAGE = f"/tokenflex usage {CONTRACT}"
YEAR = "contractYear=2"
NAMES = ("Revit", "AutoCAD", "Maya", "Civil 3D", "*VRED* <!here>")


def number(value: float) -> dict[str, Any]:
    """Return a cell."""
    return {"type": "raw_number", "value": value, "text": f"{value:,}"}


def text(content: str) -> dict[str, Any]:
    """Return a cell."""
    return {"type": "raw_text", "text": content}


def table(**more: Any) -> dict[str, Any]:
    """Return a table whose numbers are in another order as text."""
    rows = [[text(name), number(value)] for name, value in zip(NAMES, (1_900, 20, 10_000, 300, 4), strict=True)]
    header = [text("Product"), text("Tokens")]
    return {"type": "data_table", "caption": "Tokens by product", "rows": [header, *rows], **more}


def chart(kind: str, *values: float) -> dict[str, Any]:
    """Return a chart of two series, the second twice the first."""
    labels = [f"2026-{month:02}" for month in range(1, len(values) + 1)]
    of = {"Desktop": values, "Cloud": [2 * value for value in values]}
    series = [
        {"name": name, "data": [{"label": label, "value": value} for label, value in zip(labels, each, strict=True)]}
        for name, each in of.items()
    ]
    axes = {"categories": labels, "x_label": "Month", "y_label": "Tokens"}
    return {
        "type": "data_visualization",
        "title": "Tokens by month",
        "chart": {"type": kind, "series": series, "axis_config": axes},
    }


PIE = {
    "type": "data_visualization",
    "title": "Share of tokens",
    "chart": {"type": "pie", "segments": [{"label": "Revit", "value": 3}, {"label": "other", "value": 1}]},
}


def first_column(message: Locator) -> Locator:
    """The names of the rows that are shown."""
    return message.locator(".table tbody th")


async def test_a_table_is_sorted_and_paged(house: House, ana: Person) -> None:
    """By a click or by keys, numbers as numbers; each header says the order; what a cell holds is shown as it is."""
    await post(house, table(page_size=3, row_header_column_index=0))
    message = await ana.hears("Tokens by product", "Rows ")
    await expect(message.get_by_role("table", name=re.compile("^Tokens by product"))).to_be_visible()
    await expect(first_column(message)).to_have_text(NAMES[:3])
    tokens = message.get_by_role("columnheader", name="Tokens")
    await expect(tokens).to_have_attribute("aria-sort", "none")
    await tokens.get_by_role("button").click()
    await expect(tokens).to_have_attribute("aria-sort", "ascending")
    await expect(first_column(message)).to_have_text(["*VRED* <!here>", "AutoCAD", "Civil 3D"])
    await ana.tab.keyboard.press("Enter")
    await expect(tokens).to_have_attribute("aria-sort", "descending")
    await expect(first_column(message)).to_have_text(["Maya", "Revit", "Civil 3D"])
    await message.get_by_role("button", name="Next rows").focus()
    await ana.tab.keyboard.press("Enter")
    await ana.tab.keyboard.press("Enter")
    await expect(message).to_contain_text("Rows 4 to 5 of 5")
    await expect(first_column(message)).to_have_text(["AutoCAD", "*VRED* <!here>"])
    await ana.tab.keyboard.press("Shift+Tab")
    await ana.tab.keyboard.press("Space")
    await expect(message).to_contain_text("Rows 1 to 3 of 5")
    await message.get_by_role("columnheader", name="Product").get_by_role("button").click()
    await expect(tokens).to_have_attribute("aria-sort", "none")
    await expect(first_column(message)).to_have_text(["*VRED* <!here>", "AutoCAD", "Civil 3D"])


async def test_a_sorted_table_stays_sorted(house: House, ana: Person) -> None:
    """A further reply draws its thread anew; order, page and focus stay."""
    first = await post(house, section("a thread"))
    await post(house, table(page_size=2), thread_ts=first["ts"])
    reply = ana.tab.locator(".replies .message").first
    await reply.get_by_role("columnheader", name="Tokens").get_by_role("button").click()
    await post(house, section("later"), thread_ts=first["ts"])
    await expect(ana.tab.locator(".replies .message")).to_have_count(2)
    await expect(reply.get_by_role("columnheader", name="Tokens")).to_have_attribute("aria-sort", "ascending")
    await expect(reply.get_by_role("columnheader", name="Tokens").get_by_role("button")).to_be_focused()


async def test_who_is_at_work_in_a_reply_stays_there(house: House, ana: Person) -> None:
    """A further reply takes nothing from an earlier one: neither the focus, though names repeat, nor what is typed."""
    first = await post(house, section("a thread"))
    options = [{"text": {"type": "plain_text", "text": f"Top {count}"}, "value": str(count)} for count in (10, 25)]
    label = {"type": "plain_text", "text": "Top …"}
    menu = {"type": "static_select", "action_id": "top", "placeholder": label, "options": options}
    button = {"type": "button", "action_id": "people", "text": {"type": "plain_text", "text": "Show people"}}
    for _ in range(2):
        await post(house, {"type": "actions", "elements": [menu, button]}, thread_ts=first["ts"])
    replies = ana.replies(ana.message("a thread"))
    await expect(replies).to_have_count(2)
    await replies.nth(1).get_by_role("button", name="Show people").focus()
    await post(house, section("later"), thread_ts=first["ts"])
    await expect(replies).to_have_count(3)
    await expect(replies.nth(1).get_by_role("button", name="Show people")).to_be_focused()
    typed = replies.nth(1).get_by_role("combobox", name="Top …")
    await typed.fill("Top 2")
    await post(house, section("still later"), thread_ts=first["ts"])
    await expect(replies).to_have_count(4)
    await expect(typed).to_be_focused()
    await expect(typed).to_have_value("Top 2")


@pytest.mark.parametrize("kind", ["bar", "line", "area"])
async def test_a_chart_is_read(house: House, ana: Person, kind: str) -> None:
    """By arrow keys, under the pointer, and as a table by who does not see it; parts differ beyond their colour."""
    await post(house, chart(kind, 1_200, 20.5, 0))
    message = await ana.hears("Tokens by month")
    plot, reading = message.get_by_role("group", name="Tokens by month"), message.locator(".reading")
    await expect(plot.locator(f".tone-1{'[stroke-dasharray]' if kind != 'bar' else ''}").first).to_be_attached()
    await plot.focus()
    await expect(reading).to_be_hidden()
    await ana.tab.keyboard.press("ArrowRight")
    await expect(reading).to_have_text(re.compile("2026-01.*Desktop: 1,200.*Cloud: 2,400"))
    await ana.tab.keyboard.press("End")
    await expect(reading).to_contain_text("2026-03")
    await ana.tab.keyboard.press("Escape")
    await expect(reading).to_be_hidden()
    await plot.locator(".band").nth(1).hover()
    await expect(reading).to_have_text(re.compile("2026-02.*Desktop: 20.5.*Cloud: 41"))
    values = message.get_by_role("table", name="Values of: Tokens by month").get_by_role("row")
    await expect(values).to_have_text(
        [re.compile("Month.*Desktop.*Cloud"), "2026-011,2002,400", "2026-0220.541", "2026-0300"]
    )


async def test_a_pie_is_read(house: House, ana: Person) -> None:
    """Each part has its name, its value and its share beside it."""
    await post(house, PIE)
    message = await ana.hears("Share of tokens")
    await expect(message.locator(".legend li")).to_have_text(["Revit3, 75 %", "other1, 25 %"])
    await message.locator(".canvas svg").hover(position={"x": 130, "y": 150})
    await expect(message.locator(".reading")).to_have_text("Revit375 %")
    await expect(message.get_by_role("table", name="Values of: Share").get_by_role("row")).to_have_count(3)


@pytest.mark.parametrize("scheme", ["light", "dark"])
async def test_figures_are_for_everybody(house: House, person: PersonAt, scheme: str) -> None:
    """What axe-core finds, and no wider than a phone: the usage of a contract, and everything else that is drawn."""
    ana = await person("ana", color_scheme=scheme, viewport={"width": 390, "height": 700})
    await post(house, PIE, chart("line", 3, 1, 2), table(page_size=2, row_header_column_index=0))
    await ana.hears("Rows 1 to 2 of 5")
    await ana.types(USAGE)
    glance = await ana.hears("Only visible to you", "tokens of contract year 3 are used")
    await expect(glance.locator(".canvas svg")).to_be_visible()
    await glance.locator(".plot").focus()
    await ana.tab.keyboard.press("End")
    assert await findings(ana.tab) == []
    for place in ("document.documentElement", "document.querySelector('#log')"):
        assert await ana.tab.evaluate(f"{place}.scrollWidth <= {place}.clientWidth")
    assert await glance.locator(".scrolls").evaluate("(each) => each.scrollWidth > each.clientWidth")


async def test_an_answer_stands_under_its_link(house: House, ana: Person) -> None:
    """Without anybody having opened the thread; its menus show more of it, to who asked alone."""
    await ana.types(f'/tokenflex export contract={CONTRACT} fields=productName metrics=tokensConsumed where="{YEAR}"')
    await ana.hears("export #1 is ready", "This link works until")
    answer = ana.tab.locator(".replies .message").filter(has_text="SHA-256")
    await expect(answer.get_by_role("table", name=re.compile("^Tokens by product"))).to_be_visible()
    await expect(answer.locator(".canvas svg")).to_be_visible()
    await expect(first_column(answer)).to_have_count(10)
    house.clock.run_at(1)
    assert await findings(ana.tab) == []
    more = answer.get_by_role("combobox", name="Top …")
    await more.fill("25")
    await expect(answer.get_by_role("option", name="Top 25")).to_be_visible()
    await more.press("Enter")
    own = ana.tab.locator(".message.private").filter(has_text="SHA-256")
    await expect(own.get_by_role("table", name=re.compile("^Tokens by product"))).to_be_visible()
    await expect(own).to_contain_text("Rows 1 to 12 of")


async def test_figures_that_nobody_wants(house: House, ana: Person) -> None:
    """The box stays as it was left while the form changes; the next answer comes, and none has come before it."""
    await ana.opens_the_form()
    box = ana.form.get_by_role("checkbox", name="Show totals, a chart and a table")
    await expect(box).to_be_checked()
    await box.uncheck()
    sentence = ana.form.locator("p").filter(has_text="Tokens by product")
    before = await sentence.inner_text()
    await ana.finds("Period", "Last 90 days")
    await ana.menu("Period").press("Enter")
    await expect(sentence).not_to_have_text(before)
    await expect(box).not_to_be_checked()
    await ana.form.get_by_role("button", name="Export", exact=True).click()
    await expect(ana.form).to_contain_text("#1")
    await ana.form.get_by_role("button", name="Close", exact=True).click()
    await ana.hears("export #1 is ready")
    await ana.types(f'/tokenflex export contract={CONTRACT} fields=usageMonth metrics=tokensConsumed where="{YEAR}"')
    answers = ana.tab.locator(".replies .message").filter(has_text="SHA-256")
    await expect(answers).to_have_count(1)
    await expect(answers).to_contain_text("Tokens by month")


async def test_without_tables_and_charts(ana: Person) -> None:
    """Where Slack refuses them the same is said in plain blocks, and nothing is called wrong."""
    await ana.switch("Slack refuses tables and charts").check()
    await ana.types(USAGE)
    glance = await ana.hears("tokens of contract year 3 are used")
    await expect(glance.locator("pre")).to_contain_text("2026-12")
    await expect(glance.locator(".table, .chart")).to_have_count(0)
    await expect(ana.tab.locator(".trouble")).to_have_count(0)


async def test_a_file_in_a_thread(house: House, ana: Person, workspace: Workspace) -> None:
    """It has a name, a size and its bytes; one whose share is lost never shows."""
    house.slack.grant(["chat:write", "files:write"])
    parent = await post(house, section("a thread"))
    await ana.panel_button("Lose the next file that is shared").click()
    await expect(ana.tab.locator("#status")).to_contain_text("never shown")
    await share(house, "lost.csv", parent["ts"])
    await share(house, "usage.csv", parent["ts"])
    file = ana.tab.locator(".replies .file")
    await expect(file).to_contain_text("12 bytes")
    await expect(file).to_have_count(1)
    async with ana.tab.expect_download() as waiting:
        await file.get_by_role("link", name="Download usage.csv").click()
    assert await saved(await waiting.value) == b"a,b\r\n1,2\r\n\r\n"


async def share(house: House, name: str, thread_ts: str) -> None:
    """Share a file in a thread of #finance as the app does."""
    content, headers = b"a,b\r\n1,2\r\n\r\n", {"Authorization": f"Bearer {house.slack.bot_token}"}
    async with aiohttp.ClientSession() as session:
        url = f"{house.slack.api_url}files."
        begun = {"filename": name, "length": str(len(content))}
        async with session.post(f"{url}getUploadURLExternal", data=begun, headers=headers) as answer:
            given = await answer.json()
        async with session.post(given["upload_url"], data=content) as answer:
            assert answer.status == 200
        place = house.slack.workspace.channel("#finance").id
        done = {"files": [{"id": given["file_id"]}], "channel_id": place, "thread_ts": thread_ts}
        async with session.post(f"{url}completeUploadExternal", json=done, headers=headers) as answer:
            assert (await answer.json())["ok"]
    await house.slack.files.settled()
