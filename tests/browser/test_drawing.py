"""What the page draws of messages: mrkdwn, dates, and an unmistakable error for everything else."""

import re
from typing import Any

from playwright.async_api import expect
from yarl import URL

from sandbox.page.server import Page as Workspace
from tests.browser.app import post, section
from tests.browser.conftest import PersonAt
from tests.browser.person import Person
from tests.harness.house import House


async def test_mrkdwn(house: House, ana: Person) -> None:
    """Styles, code, links, mentions, quotes and entities look as in Slack."""
    ben, place = house.slack.workspace.user("ben").id, house.slack.workspace.channel("#general").id
    await post(
        house,
        section(f"*bold <@{ben}>* _it_ ~gone~ `a &lt;b&gt; *c*` <#{place}> <!here> snake_case_name 2*3*4"),
        section("<https://example.com/a?b=1&amp;c=2|a link> and https://bare.example"),
        section("&gt; quoted\nnot"),
        section("```two\nlines```"),
    )
    message = await ana.hears("bold @ben")
    await expect(message.locator("strong", has_text="bold")).to_have_text("bold @ben")
    await expect(message.locator("em")).to_have_text("it")
    await expect(message.locator("s")).to_have_text("gone")
    await expect(message.locator("code")).to_have_text("a <b> *c*")
    await expect(message.locator(".mention")).to_have_text(["@ben", "#general", "@here"])
    await expect(message.get_by_role("link")).to_have_count(1)
    await expect(message.get_by_role("link", name="a link")).to_have_attribute("href", "https://example.com/a?b=1&c=2")
    await expect(message).to_contain_text("snake_case_name 2*3*4")
    await expect(message.locator("blockquote")).to_have_text("quoted")
    await expect(message.locator("pre")).to_have_text("two\nlines")


async def test_a_button_opens_its_address(house: House, ana: Person) -> None:
    """A button with an address opens it in a tab of its own, and nothing else than a web address."""
    row: dict[str, Any] = {"type": "actions", "elements": []}
    for name, url in (("Good", f"{house.slack.api_url}api.test"), ("Bad", "javascript:document.title='taken'")):
        label = {"type": "plain_text", "text": name}
        row["elements"].append({"type": "button", "action_id": f"export.{name}", "text": label, "url": url})
    await post(house, section("Two buttons."), row)
    message = await ana.hears("Two buttons.")
    await message.get_by_role("button", name="Bad").click()
    async with ana.tab.expect_popup() as opened:
        await message.get_by_role("button", name="Good").click()
    await expect(await opened.value).to_have_url(re.compile("api.test"))


async def test_foreign_text_stays_text(house: House, ana: Person) -> None:
    """Neither HTML nor a javascript address in a message becomes part of the page."""
    await post(house, section("<b onclick=x>fat</b> <javascript:alert(1)|press> <img src=x onerror=alert(1)>"))
    message = await ana.hears("fat")
    await expect(message.locator("b, img")).to_have_count(0)
    await expect(message.get_by_role("link")).to_have_count(0)
    await ana.types("<script>document.title = 'taken'</script>")
    await ana.hears("<script>")
    await expect(ana.tab).to_have_title("Local stand-in, not Slack")


async def test_dates_are_in_the_zone_of_whoever_looks(house: House, person: PersonAt) -> None:
    """One message, two zones; unknown tokens show the fallback."""
    moment = 1_767_225_600  # 2026-01-01 00:00 UTC
    shown = "{date_num} {time_secs}|fallback"
    await post(
        house, section(f"<!date^{moment}^{shown}> <!date^{moment}^{{odd}}|as written> <!date^{moment}^{{date_long}}|x>")
    )
    kathmandu = await person("ana", timezone_id="Asia/Kathmandu")
    denver = await person("ben", timezone_id="America/Denver")
    await kathmandu.hears("2026-01-01 5:45:00 AM", "as written", "Thursday, January 1st")
    await denver.hears("2025-12-31 5:00:00 PM", "Wednesday, December 31st")


async def test_today_is_the_day_of_the_stand_ins_clock(house: House, ana: Person) -> None:
    """Relative words follow the time of the stand-ins, not that of the browser."""
    now = int(house.clock.now().timestamp())
    await post(house, section(f"<!date^{now}^{{date_short_pretty}}|x> and <!date^{now - 86400}^{{date_pretty}}|x>"))
    await ana.hears("today and yesterday")


async def test_a_block_that_the_page_cannot_draw(house: House, ana: Person) -> None:
    """Slack takes it, the page does not: an error says which, and the rest of the message is there."""
    image = {"type": "image", "image_url": "https://example.com/a.png", "alt_text": "a"}
    clock = {"type": "timepicker", "action_id": "o"}
    said = {"type": "rich_text_section", "elements": [{"type": "text", "text": "x"}]}
    rich = {"type": "rich_text", "elements": [said]}
    await post(house, section("before"), image, section("with a clock") | {"accessory": clock}, rich)
    message = await ana.hears("before")
    errors = message.get_by_role("alert")
    await expect(errors).to_have_count(3)
    await expect(errors.nth(0)).to_contain_text("a block of type “image”")
    await expect(errors.nth(1)).to_contain_text("an element of type “timepicker”")
    assert len(ana.troubles) == 3
    ana.troubles.clear()


async def test_an_element_that_the_page_cannot_draw(house: House, ana: Person) -> None:
    """A picker in a row of buttons is named in an error; the button beside it works."""
    clock = {"type": "timepicker", "action_id": "d"}
    button = {"type": "button", "action_id": "b", "text": {"type": "plain_text", "text": "Fine"}}
    await post(house, {"type": "actions", "elements": [clock, button]})
    message = await ana.hears("cannot draw an element of type “timepicker”")
    await expect(message.get_by_role("button", name="Fine")).to_be_visible()
    ana.troubles.clear()


async def test_a_payload_that_slack_refuses(house: House, ana: Person) -> None:
    """What the bot sent and Slack would refuse is shown with the reason, in red, for everybody."""
    answer = await post(house, section("x" * 3001))
    assert answer["error"] == "invalid_blocks"
    trouble = ana.tab.locator(".trouble")
    await expect(trouble).to_contain_text("Slack would refuse what the bot sent.")
    await expect(trouble).to_contain_text(re.compile(r"chat\.postMessage: invalid_blocks"))
    await expect(trouble.locator("li")).to_contain_text("/blocks/0/text/text")


async def test_an_unknown_command(ana: Person) -> None:
    """A command that no app has is told as such, and nothing is posted."""
    await ana.types("/nonsense")
    await expect(ana.tab.locator(".trouble")).to_contain_text("There is no such command here.")
    await expect(ana.tab.locator(".message")).to_have_count(0)


async def test_the_page_finds_back_after_its_server_was_away(house: House, ana: Person, workspace: Workspace) -> None:
    """A lost event stream comes back by itself, with everything that was said meanwhile; what was typed stays."""
    await ana.tab.locator("#line").fill("half a thought")
    await workspace.stop()
    await post(house, text="while you were away")
    await expect(ana.tab.locator("#status")).to_contain_text("The connection to the demo is gone.")
    await workspace.start(URL(workspace.url).port or 0)
    await ana.hears("while you were away")
    await expect(ana.tab.locator("#line")).to_have_value("half a thought")
