"""A member gets usage data out of Token Flex, seen in the browser."""

from playwright.async_api import expect

from tests.browser.person import Person
from tests.harness.files import rows
from tests.harness.house import CONTRACT, House

EXPORT = f"/tokenflex export contract={CONTRACT} fields=productName metrics=tokensConsumed name={{}}"


async def test_from_the_form_to_a_fresh_link(house: House, ana: Person) -> None:
    """A mistake is shown on its field; corrected, the export is made, announced, downloaded, and its link renewed."""
    await ana.chooses_everything()
    await ana.picks("Columns", "productName", "usageMonth")
    await ana.form.get_by_label("Only rows where").fill("contractYear=1; drop")
    await ana.form.get_by_label("File name").fill("year1")
    await ana.form.get_by_role("button", name="Export", exact=True).click()
    await expect(ana.error_of("Only rows where")).to_contain_text(";")
    await expect(ana.form.locator(".error")).to_have_count(1)
    where = ana.form.get_by_label("Only rows where")
    await expect(where).to_be_focused()
    await expect(where).to_have_attribute("aria-invalid", "true")
    await expect(ana.form.get_by_label("File name")).to_have_value("year1")

    await where.fill("contractYear=1")
    await ana.form.get_by_role("button", name="Export", exact=True).click()
    await expect(ana.form).to_contain_text("#1")
    await ana.form.get_by_role("button", name="Close", exact=True).click()
    await expect(ana.form).to_be_hidden()
    await ana.hears("export #1 is ready", "This link works until")
    house.clock.run_at(1)
    done = ana.message("export #1 is ready")
    await expect(await ana.hears("Export #1", "Asked by", "@ana", "year1.csv")).to_contain_text("Ready.")

    lines = rows(await ana.downloads(done))
    assert lines[0][:2] == ["productName", "usageMonth"]
    assert len(lines) > 100
    await ana.sees_the_answer(ana.message("Export #1", "Asked by"))
    key = house.token_flex.exports.all()[0].key
    assert house.token_flex.downloads == [key, key]  # hers, and the bot's for the answer

    house.clock.run_at(20)
    await expect(done.get_by_role("link")).to_have_count(0)
    house.clock.run_at(1)
    await ana.presses(done, "Get a fresh link")
    assert rows(await ana.downloads(done)) == lines


async def test_a_failed_export_is_retried(house: House, ana: Person) -> None:
    """A failure offers Retry, and the retried export becomes ready."""
    house.token_flex.controls.fail_next()
    await ana.types(EXPORT.format("second-try"))
    failed = await ana.hears("export #1 failed")
    await ana.presses(failed, "Retry")
    await ana.hears("export #1 is ready", "This link works until")
    await expect(ana.message("Export #1", "Asked by")).to_contain_text("Ready.")


async def test_an_export_is_deleted_after_a_question(house: House, ana: Person) -> None:
    """Delete asks first; Esc and the second button change nothing, the first one deletes here and at Token Flex."""
    await ana.types(EXPORT.format("unwanted"))
    await ana.hears("export #1 is ready")
    card = ana.tab.locator("#messages > .message").filter(has_text="Asked by").filter(has_not_text="Posted to")
    details = ana.message("Export #1", "Posted to")
    await ana.sees_the_answer(card)  # nothing moves under the pointer any more
    await ana.presses(card, "Details")
    await ana.presses(details, "Delete")
    await expect(ana.tab.locator("#confirm")).to_contain_text("Delete export #1?")
    await ana.tab.keyboard.press("Escape")
    await expect(ana.tab.locator("#confirm")).to_be_hidden()
    await ana.presses(details, "Delete")
    await ana.agrees("Keep it")
    assert len(house.token_flex.exports.all()) == 1
    await ana.presses(details, "Delete")
    await ana.agrees("Delete")
    await expect(card).to_contain_text("Deleted.")
    await expect(ana.tab.locator(".content button").filter(has_text="Delete")).to_have_count(0)
    assert house.token_flex.exports.all() == []


async def test_a_thread_holds_the_announcement(ana: Person) -> None:
    """The announcement stands in the card's thread and in the channel, then the answer; people can reply there."""
    await ana.types(EXPORT.format("threaded"))
    await ana.hears("export #1 is ready")
    card = ana.message("Export #1", "Asked by")
    answer = await ana.sees_the_answer(card)
    await card.get_by_role("button", name="Close thread").click()
    await expect(answer).to_be_hidden()
    await card.get_by_role("button", name="2 replies").click()
    await expect(ana.replies(card)).to_contain_text(["export #1 is ready", "SHA-256"])
    await card.get_by_label("Reply to tokenflex").fill("Thanks!")
    await card.get_by_label("Reply to tokenflex").press("Enter")
    await expect(ana.replies(card)).to_have_count(3)
    await expect(ana.tab.locator("#messages > .message").filter(has_text="Thanks!")).to_have_count(1)


async def test_what_was_entered_survives_a_change_of_the_form(ana: Person) -> None:
    """The button "Type the number instead" turns the menu of contracts into a text field and keeps the rest."""
    await ana.chooses_everything()
    await ana.picks("Columns", "userName")
    await ana.form.get_by_label("File name").fill("kept")
    await ana.form.get_by_role("button", name="Type the number instead").click()
    await expect(ana.form.get_by_label("Contract", exact=True)).to_have_attribute("type", "text")
    await expect(ana.form.locator(".chips").filter(has_text="User name")).to_be_visible()
    await expect(ana.form.get_by_label("File name")).to_have_value("kept")


async def test_the_form_is_sent_again_after_token_flex_refused(house: House, ana: Person) -> None:
    """What Token Flex refuses arrives as a direct message, whose button opens the form filled in."""
    house.token_flex.controls.answer_next(400, "POST", "requests")
    await ana.types(EXPORT.format("again"))
    await ana.goes_to("@tokenflex")
    refusal = await ana.hears("did not accept", "#1")
    await ana.presses(refusal, "Edit and send again")
    await expect(ana.form.get_by_label("File name")).to_have_value("again")
    await ana.form.get_by_role("button", name="Export", exact=True).click()
    await expect(ana.form).to_contain_text("#2")
    await ana.tab.keyboard.press("Escape")
    await ana.goes_to("#finance")
    await ana.hears("export #2 is ready")
