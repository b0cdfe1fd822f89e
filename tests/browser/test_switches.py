"""Each switch of the panel leads to what a person should see in the channel."""

from playwright.async_api import expect

from tests.browser.person import Person
from tests.harness.files import rows
from tests.harness.house import CONTRACT, House

EXPORT = f"/tokenflex export contract={CONTRACT} fields=productName metrics=tokensConsumed name={{}}"
READY = "export #1 is ready"


async def test_an_expired_link_is_refused_and_renewed(house: House, ana: Person) -> None:
    """The dead link shows the download host's refusal in a tab of its own; later the bot gives a new one."""
    await ana.types(EXPORT.format("short") + " answer=no")  # the bot's own download would be counted below
    await ana.hears(READY, "This link works until")
    house.clock.run_at(1)
    done = ana.message(READY)
    await ana.panel_button("Expire this link: short.csv").click()
    await expect(ana.tab.locator("#panel")).to_contain_text("Newest link has expired.")
    async with ana.tab.expect_popup() as waiting:
        await done.get_by_role("link", name="Download").click()
    refusal = await waiting.value
    await expect(refusal.locator("body")).to_contain_text("Request has expired")
    house.clock.run_at(60)
    await expect(done.get_by_role("link")).to_have_count(0)
    house.clock.run_at(1)
    await ana.presses(done, "Get a fresh link")
    assert rows(await ana.downloads(done))[0] == ["productName", "tokensConsumed"]
    await expect(ana.tab.locator("#panel")).to_contain_text("Downloaded 1×")


async def test_failing_this_export(house: House, ana: Person) -> None:
    """The export fails in the channel, and Retry mends it."""
    house.token_flex.controls.hold()
    await ana.types(EXPORT.format("doomed"))
    await ana.panel_button("Fail this export: doomed.csv").click()
    await ana.presses(await ana.hears("export #1 failed"), "Retry")
    house.token_flex.controls.release()
    await ana.hears(READY)


async def test_a_file_that_goes_wrong(house: House, ana: Person) -> None:
    """Whoever downloads it then gets what was chosen, until it is well again."""
    await ana.types(EXPORT.format("spoilt"))
    done = await ana.hears(READY, "This link works until")
    house.clock.run_at(1)
    await ana.switch("A file that is downloaded").select_option("is a web page")
    assert b"Please sign in" in await ana.downloads(done)
    await ana.switch("A file that is downloaded").select_option("comes as it should")
    assert rows(await ana.downloads(done))[0] == ["productName", "tokensConsumed"]


async def test_failing_the_next_export(ana: Person) -> None:
    """The next export that is asked for ends in a failure."""
    await ana.panel_button("Let the next export fail").click()
    await expect(ana.tab.locator("#status")).to_have_text("The next export will fail.")
    await ana.types(EXPORT.format("next"))
    await ana.hears("export #1 failed")


async def test_finishing_an_export_now(house: House, ana: Person) -> None:
    """A held export is ready at the press of a button."""
    house.token_flex.controls.hold()
    await ana.types(EXPORT.format("now"))
    await ana.panel_button("Finish now: now.csv").click()
    await ana.hears(READY)


async def test_token_flex_answers_429(ana: Person) -> None:
    """The card says why the export waits; when Token Flex takes calls again it goes on by itself."""
    await ana.switch("429, too many calls").check()
    await ana.types(EXPORT.format("patient"))
    await ana.hears("Export #1", "Autodesk takes no more requests from us")
    await expect(ana.tab.locator(".calls .bad").first).to_have_text("429")
    await ana.switch("as it should").check()
    await ana.hears(READY)


async def test_token_flex_answers_503(ana: Person) -> None:
    """The card says that something is wrong at Token Flex, and the export gets there in the end."""
    await ana.switch("503, out of order").check()
    await ana.types(EXPORT.format("stormy"))
    await ana.hears("Export #1", "Asked by", "Autodesk did not answer")
    await ana.switch("as it should").check()
    await ana.hears(READY)


async def test_token_flex_is_slow(ana: Person) -> None:
    """A slow answer is waited for: the call is seen to be under way, then the card moves on."""
    await ana.switch("after 8 seconds").check()
    await ana.types(EXPORT.format("slow"))
    submitted = ana.tab.locator(".calls li").filter(has_text="submit").locator("code")
    await expect(submitted).to_have_text("…")
    await expect(submitted).to_have_text("200")
    await ana.hears("Export #1", "In progress.")
    await ana.switch("as it should").check()
    await ana.hears(READY)


async def test_autodesk_refuses_the_login(ana: Person) -> None:
    """The card asks for an administrator; when the login works again the export goes on."""
    await ana.switch("Autodesk refuses the bot's login").check()
    await ana.types(EXPORT.format("locked"))
    await ana.hears("Export #1", "Autodesk does not accept our login")
    await ana.switch("Autodesk refuses the bot's login").uncheck()
    await ana.hears(READY)


async def test_slack_has_revoked_the_token(ana: Person) -> None:
    """No form opens and a private answer says so, since that needs no token; later all is well again."""
    await ana.switch("Slack has revoked the bot's token").check()
    await ana.types("/tokenflex")
    await ana.hears("Only visible to you", "Try again in a minute")
    await expect(ana.form).to_be_hidden()
    await ana.switch("Slack has revoked the bot's token").uncheck()
    await ana.opens_the_form()


async def test_the_socket_is_lost(ana: Person) -> None:
    """A command says that nobody heard it; when the bot is back it works."""
    await ana.switch("The bot's socket to Slack is lost").check()
    await expect(ana.tab.get_by_text("Not connected")).to_be_visible()
    await ana.types("/tokenflex")
    trouble = ana.tab.locator(".trouble")
    await expect(trouble).to_contain_text("The app is not connected")
    await trouble.get_by_role("button", name="Dismiss").click()
    await expect(trouble).to_have_count(0)
    await ana.switch("The bot's socket to Slack is lost").uncheck()
    await expect(ana.tab.get_by_text("Connected to this page's Slack")).to_be_visible()
    await ana.opens_the_form()


async def test_the_bot_is_kicked_and_invited(ana: Person) -> None:
    """The requester is told privately which line lets the bot in; typed, it brings the card and the result."""
    await ana.switch("#finance").uncheck()
    await expect(ana.tab.locator("#presence")).to_contain_text("Type /invite @tokenflex")
    await ana.types(EXPORT.format("outside"))
    await expect(ana.tab.locator("#channels .count")).to_be_visible()
    await ana.goes_to("@tokenflex")
    await ana.hears("I am not in that channel", "/invite @tokenflex")
    await ana.goes_to("#finance")
    await ana.types("/invite @tokenflex")
    await expect(ana.switch("#finance")).to_be_checked()
    await ana.hears(READY)


async def test_time_runs_faster_and_slower(house: House, ana: Person) -> None:
    """The speed of time is chosen in the panel."""
    await ana.switch("as it does").check()
    await expect(ana.switch("as it does")).to_be_checked()
    assert house.clock.factor == 1
    await ana.switch("5 times as fast").check()
    await ana.types("tick")
    await ana.hears("tick")
    assert house.clock.factor == 5


async def test_the_panel_counts_as_token_flex_does(house: House, ana: Person) -> None:
    """Calls, outstanding exports and downloads are those of the stand-in."""
    house.token_flex.controls.hold()
    await ana.types(EXPORT.format("counted"))
    await ana.hears("Export #1", "In progress.")
    panel = ana.tab.locator("#panel")
    await expect(panel.locator(".gauge").filter(has_text="Exports being made")).to_contain_text("1 of 50")
    await expect(panel.locator(".calls li").filter(has_text="submit")).to_have_count(1)
    await expect(panel.locator(".exports .state")).to_have_text("Requested")
    house.token_flex.controls.release()
    await ana.hears(READY)
    await expect(panel.locator(".exports .state")).to_have_text("Download")
