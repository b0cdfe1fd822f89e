"""Somebody in front of the page: everything by the labels that a person reads."""

import asyncio
import re

from playwright.async_api import Download, Locator, Page, expect

PATIENCE = 90_000  #: milliseconds; a full machine is slow


class Person:
    """One tab.

    `troubles` gathers errors of the page's own code, requests to other machines, and what the page could not draw.
    """

    def __init__(self, tab: Page, name: str) -> None:
        self.tab = tab
        self.name = name
        self.troubles: list[str] = []
        tab.on("pageerror", lambda error: self.troubles.append(str(error)))
        tab.on("console", lambda said: self._read(said.text))
        tab.on("request", lambda request: self._saw(request.url))

    def _saw(self, url: str) -> None:
        if not url.startswith("http://127.0.0.1:"):
            self.troubles.append(url)

    def _read(self, said: str) -> None:
        if said.startswith("This page cannot draw"):
            self.troubles.append(said)

    async def comes_to(self, url: str) -> None:
        """Open the page and choose who to be."""
        await self.tab.goto(url)
        await expect(self.tab.locator("#place")).to_have_text("#finance")
        if self.name != "ana":
            await self.tab.get_by_label("You are").select_option(self.name)
        await expect(self.tab.get_by_label("You are")).to_have_value(self.name)

    async def goes_to(self, channel: str) -> None:
        """Open a channel."""
        await self.tab.locator("#channels").get_by_role("button", name=channel).click()
        await expect(self.tab.locator("#place")).to_have_text(channel)

    async def types(self, text: str) -> None:
        """Send a line."""
        await self.tab.locator("#line").fill(text)
        await self.tab.locator("#line").press("Enter")

    def message(self, *containing: str) -> Locator:
        """The newest message of the channel with all these texts."""
        found = self.tab.locator("#messages > .message")
        for text in containing:
            found = found.filter(has_text=text)
        return found.last

    async def hears(self, *containing: str) -> Locator:
        """Wait for a message with all these texts."""
        found = self.message(*containing)
        await expect(found).to_be_visible()
        return found

    def own(self, message: Locator) -> Locator:
        """What a message itself says, without its thread: that opens by itself when the bot replies there."""
        return message.locator("> .content")

    def replies(self, message: Locator) -> Locator:
        """The replies in the thread of a message."""
        return message.locator(".replies > .message")

    async def sees_the_answer(self, card: Locator) -> Locator:
        """Wait for the answer in the thread of a card, with which that opens; return it."""
        answer = self.replies(card).filter(has_text="SHA-256")
        await expect(answer).to_be_visible()
        return answer

    async def presses(self, message: Locator, label: str) -> None:
        """Press a button in a message by its visible label."""
        await self.own(message).locator("button").filter(has_text=label).click()

    async def agrees(self, label: str) -> None:
        """Answer the dialog that a button asked."""
        await self.tab.locator("#confirm").get_by_role("button", name=label).click()

    @property
    def form(self) -> Locator:
        """The modal."""
        return self.tab.locator("#modal")

    async def opens_the_form(self) -> None:
        """Open the bot's form by its command."""
        await self.types("/tokenflex")
        await expect(self.form.get_by_role("heading", name="New export")).to_be_visible()

    async def chooses_everything(self) -> None:
        """Open the form, and from there the one of columns and numbers, with nothing chosen in it."""
        await self.opens_the_form()
        await self.form.get_by_role("button", name="Choose everything myself").click()
        await expect(self.form.get_by_role("heading", name="Export usage data")).to_be_visible()
        for label in ("Columns", "Numbers"):
            await self.takes_all_out(label)
        await self.form.get_by_label("Only rows where").fill("")

    async def takes_all_out(self, label: str) -> None:
        """Remove what is chosen in a menu, by keys."""
        chips = self.form.get_by_role("list", name=f"{label}: chosen").get_by_role("listitem")
        for count in range(await chips.count(), 0, -1):
            await self.menu(label).press("Backspace")
            await expect(chips).to_have_count(count - 1)

    def menu(self, label: str) -> Locator:
        """The field of a menu in the form."""
        return self.form.get_by_role("combobox", name=label)

    async def finds(self, label: str, text: str) -> None:
        """Type into a menu of the form that searches, and wait for what it finds."""
        await self.menu(label).fill(text)
        await self.has_found(label, text)

    async def has_found(self, label: str, text: str) -> None:
        """Wait for what a menu of the form finds for what was typed last, so that Enter chooses it."""
        await expect(self.form.get_by_role("option", name=text).first).to_be_visible()
        await expect(self.menu(label)).to_have_attribute("aria-activedescendant", re.compile("option"))

    async def picks(self, label: str, *options: str) -> None:
        """Search and choose options of a menu in the form."""
        for option in options:
            await self.finds(label, option)
            await self.menu(label).press("Enter")
        await self.menu(label).press("Escape")

    async def chooses(self, label: str, option: str) -> None:
        """Search and choose the one option of a menu in the form."""
        await self.finds(label, option)
        await self.menu(label).press("Enter")
        await expect(self.menu(label)).to_have_value(option)

    def error_of(self, label: str) -> Locator:
        """What stands under a field of the form."""
        return self.form.locator(".field").filter(has=self.tab.get_by_text(label, exact=False)).locator(".error")

    async def downloads(self, message: Locator) -> bytes:
        """Click the link in a message and return the file."""
        async with self.tab.expect_download() as waiting:
            await message.get_by_role("link", name="Download").click()
        return await saved(await waiting.value)

    def switch(self, label: str) -> Locator:
        """A control of the panel."""
        return self.tab.locator("#panel").get_by_label(label)

    def panel_button(self, label: str) -> Locator:
        """A button of the panel."""
        return self.tab.locator("#panel").get_by_role("button", name=label)


async def saved(download: Download) -> bytes:
    """Return what a finished download holds."""
    path = await download.path()
    return await asyncio.to_thread(path.read_bytes)
