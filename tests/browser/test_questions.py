"""The short form on the page: by keys and labels alone, from a question to its file."""

import asyncio
import re

from playwright.async_api import Request, Route, expect

from tests.browser.person import Person, saved
from tests.harness.files import rows
from tests.harness.house import House

#: Questions 3 to 9 of what people ask, as the form words them, and the columns of their files.
QUESTIONS = {
    "Which products use the tokens?": ["productName", "tokensConsumed"],
    "Who are the top users?": ["userName", "tokensConsumed"],
    "Tokens by day": ["usageDate", "tokensConsumed"],
    "Charge-back by": ["customField1", "usageMonth", "tokensConsumed", "usageHours"],
    "Use by product and version": ["productName", "productVersion", "uniqueUsers", "usageHours"],
    "Use by licence server and person": ["licenseServerName", "userName", "usageHours"],
    "Manual adjustments and consumptions": [
        *("contractYear", "chargedItemID", "reasonType", "reasonComment", "usageCategory", "usageDate"),
        *("transactionDate", "productLineCode", "productName", "tokensConsumed", "quantity"),
    ],
}


async def _asks(ana: Person, question: str, number: int) -> None:
    """Type the command, search for the question, read what it will be, and send it."""
    keyboard = ana.tab.keyboard
    await expect(ana.tab.get_by_role("textbox", name="Message #finance")).to_be_focused()
    await keyboard.type("/tokenflex\n")
    await expect(ana.menu("What do you want to know?")).to_be_focused()
    await keyboard.type(question)
    await expect(ana.menu("What do you want to know?")).to_have_attribute("aria-activedescendant", re.compile("option"))
    title = await ana.form.get_by_role("option").first.locator("span").inner_text()
    await keyboard.press("Enter")
    await expect(ana.menu("What do you want to know?")).to_have_value(title)
    await keyboard.press("ControlOrMeta+Enter")
    await expect(ana.form).to_contain_text(f"#{number}")
    await keyboard.press("Escape")
    await expect(ana.form).to_be_hidden()


async def test_questions_are_answered_by_keyboard(house: House, ana: Person) -> None:
    """Typed into the line, chosen, exported, downloaded, and no name of a field is typed anywhere."""
    for number, (question, columns) in enumerate(QUESTIONS.items(), 1):
        house.clock.run_at(20)
        await _asks(ana, question, number)
        await ana.hears(f"export #{number} is ready", "This link works until")
        house.clock.run_at(1)
        await ana.message(f"export #{number} is ready").get_by_role("link", name=re.compile("Download")).focus()
        async with ana.tab.expect_download() as waiting:
            await ana.tab.keyboard.press("Enter")
        answered = rows(await saved(await waiting.value))
        assert answered[0] == columns
        assert len(answered) > 1
        await ana.tab.get_by_role("textbox", name="Message #finance").focus()


async def test_to_the_long_form_and_back(ana: Person) -> None:
    """Nothing that was chosen is lost on the way, and the focus is always in the form."""
    await ana.opens_the_form()
    await ana.menu("What do you want to know?").fill("top users")
    await ana.tab.keyboard.press("Enter")
    only = ana.menu("Only …")
    await only.fill("Revit")
    await expect(ana.form.get_by_role("option", name="only Revit", exact=True)).to_be_visible()
    await ana.form.get_by_role("option", name="only Revit", exact=True).click()
    await only.press("Escape")
    await expect(ana.form.get_by_text("by user")).to_contain_text("Revit")
    await ana.form.get_by_role("button", name="Choose everything myself").press("Enter")
    await expect(ana.form.get_by_role("list", name="Columns: chosen")).to_contain_text("user", ignore_case=True)
    await expect(ana.form.get_by_label("Only rows where")).to_have_value(re.compile("Revit"))
    await expect(ana.form.locator(":focus")).to_have_count(1)
    await ana.form.get_by_role("button", name="Back to the questions").press("Enter")
    await expect(ana.form.get_by_text("by user")).to_contain_text("Revit")
    await expect(ana.form.get_by_role("list", name="Only …: chosen")).to_contain_text("Revit")
    await expect(ana.form.locator(":focus")).to_have_count(1)


async def test_a_choice_counts_whatever_is_searched_for_next(ana: Person) -> None:
    """The page tells of it late, and a menu of which several are chosen searches anew at once."""

    async def late(route: Route) -> None:
        await asyncio.sleep(0.5)
        await route.continue_()

    def is_choice(request: Request) -> bool:
        return request.url.endswith("/act") and '"act_in_view"' in (request.post_data or "")

    await ana.opens_the_form()
    await ana.tab.route(lambda _: True, lambda route: late(route) if is_choice(route.request) else route.continue_())
    only = ana.menu("Only …")
    for typed in ("revit", "autocad"):
        await only.fill(typed)
        await expect(ana.form.get_by_role("option", name=re.compile(typed, re.IGNORECASE)).first).to_be_visible()
        await only.press("Enter")
        await expect(ana.form.get_by_text("Tokens by product")).to_contain_text(re.compile(typed, re.IGNORECASE))
    await expect(ana.form.get_by_role("list", name="Only …: chosen").get_by_role("listitem")).to_have_count(2)


async def test_what_is_typed_replaces_what_a_menu_shows(ana: Person) -> None:
    """As the form opens the focus is in its first menu: what is typed is searched for at once, and so it is again."""
    await ana.opens_the_form()
    menu, keyboard = ana.menu("What do you want to know?"), ana.tab.keyboard
    await expect(menu).to_be_focused()
    for typed, title in {"top": "Who are the top users?", "version": "Use by product and version"}.items():
        await keyboard.type(typed)
        await expect(ana.form.get_by_role("option")).to_have_text([title])
        await keyboard.press("Enter")
        await expect(menu).to_have_value(title)
