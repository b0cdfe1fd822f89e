"""A whole export's life as a person lives it: asks, reads, waits, presses, deletes; and tries again, as people do.

Where it is lived in a private channel, that gets another id on the way. A person can also give one up in doubt, and
type to the bot.
"""

import asyncio
import re
import sqlite3
from collections.abc import Callable
from contextlib import closing
from datetime import datetime
from functools import partial
from typing import Any, TypeVar

from sandbox.slack.member import Member
from sandbox.slack.messages import Message
from tests.harness.house import House, open_house
from tests.harness.talk import AS_IT_IS, export
from tests.torture.checks import US, Made, Verdict, accepted, answers, bot_messages, check, files_of, subject

T = TypeVar("T")

SPEED = 100.0
TOKEN_FLEX = {"durations": (3.0, 5.0), "link_life": 75.0}
_GIVEN_UP = "Given up."  #: what the card of one that was given up in doubt says
_TRY_AGAIN = 2.5  #: real seconds until a person tries again what had no effect
_APOLOGY = re.compile(r"something went wrong|could not store|disk is full|could not get a link|just being restarted")


class StuckError(Exception):
    """Something that was promised did not happen in time."""


async def fast_house(
    folder: Any, data: Any, speed: float = SPEED, begins: datetime | None = None, **token_flex: Any
) -> House:
    """Open a house for a life that takes some real seconds."""
    folder.mkdir(parents=True, exist_ok=True)
    return await open_house(folder, speed=speed, token_flex={**TOKEN_FLEX, **token_flex}, data=data, begins=begins)


class Life:
    """One person and their exports in one channel."""

    _more = AS_IT_IS  #: words of the command besides the question

    def __init__(
        self,
        house: House,
        name: str = "ana",
        channel: str = "#finance",
        file_name: str = "year",
        patience: float = 40.0,
        *,
        files: bool = False,
    ) -> None:
        """`patience` is how many real seconds the harness waits before it calls a promise broken.

        With `files` the file of an export is waited for in its thread.
        """
        self.house = house
        self.member: Member = house.member(name)
        self.channel = channel
        self._file_name = file_name
        self._patience = patience
        self._files = files
        self.numbers: list[int] = []
        self.given_up: set[int] = set()  #: numbers of those that nobody waited for
        self.typed = 0  #: how often they wrote to the bot

    async def all(self) -> None:
        """Live through all that is there for one person.

        Raises:
            StuckError: something did not happen.

        """
        await self.whole()
        await self.types_to_the_bot()
        await self.gives_up()

    def judged(self, made: Made) -> Verdict:
        """Return what was kept of what this person was promised."""
        return check(self.house, made, given_up=self.given_up, typed=self.typed)

    async def whole(self) -> None:
        """Live through the life of an export.

        Raises:
            StuckError: something did not happen.

        """
        number = await self.asks()
        result = await self.announced(number)
        if self._files:
            await self._must(lambda: files_of(self.house, number) or None, f"the file of #{number}")
        await self.link_goes(result)
        await self.answered(number)
        if self.house.slack.workspace.channel(self.channel).kind == "private":
            self.house.slack.workspace.change_id(self.channel)
        await self.presses_for_link(number, result)
        await self.link_goes(result)
        self.house.token_flex.controls.answer_next(403, "DELETE")  # for a moment: it is tried again by itself
        await self.deletes(number)
        await self.settled()

    async def asks(self, file_name: str = "") -> int:
        """Ask until a number is seen; return it."""
        for attempt in range(1, 9):
            await self._connected()
            name = f"{file_name or self._file_name}-{attempt}"
            await self.member.types(self.channel, export(name, more=self._more))
            number = await self._sees(partial(self._number, name))
            if number is not None:
                self.numbers.append(number)
                return number
        raise StuckError(f"{self.member.name} never saw a number")

    def _number(self, name: str) -> int | None:
        return next((number for number, known in accepted(self.house).items() if known == name), None)

    async def announced(self, number: int) -> Message:
        """Wait for the announcement."""
        return await self._must(lambda: self.message(f"result:{number}:1"), f"the announcement of #{number}")

    async def answered(self, number: int) -> Message:
        """Wait for the figures of the file."""
        begin = f"Answer to export #{number}: "

        def found() -> Message | None:
            return next((each for each in bot_messages(self.house) if each.text.startswith(begin)), None)

        return await self._must(found, f"the figures of #{number}")

    def message(self, wanted: str) -> Message | None:
        """Return the first message of a subject."""
        return next((each for each in bot_messages(self.house) if subject(each) == wanted), None)

    async def link_goes(self, message: Message) -> None:
        """Wait until a message shows no link any more."""
        await self._must(lambda: not message.links() or None, f"the link leaving {subject(message)}")

    async def presses_for_link(self, number: int, message: Message) -> None:
        """Press until there is a fresh link, in the message or privately."""
        before = self._private_links()

        def fresh() -> bool | None:
            return bool(message.links()) or self._private_links() > before or None

        await self._insists(message, "Get a fresh link", fresh, f"a fresh link for #{number}")

    def _private_links(self) -> int:
        return sum(bool(each.links()) for each in self.member.sees(self.channel) if each.ephemeral_for)

    async def deletes(self, number: int) -> None:
        """Press Delete until the card says that it is done."""
        card = await self._must(lambda: self.message(f"card:{number}"), f"the card of #{number}")

        def pressed() -> bool | None:
            return "delete" in card.visible_text().lower() or None

        await self._insists_on_deleting(number, card, pressed, f"#{number} being deleted")
        await self._must(lambda: "Deleted." in card.visible_text() or None, f"#{number} deleted")

    async def types_to_the_bot(self) -> None:
        """Write to the bot without a command, again where no answer comes."""
        for _ in range(8):
            await self._connected()
            self.typed += 1
            await self.member.types(US, "which tokens did we use?")
            if await self._sees(lambda: answers(self.house) or None) is not None:
                return
        raise StuckError(f"{self.member.name} was never answered")

    async def gives_up(self) -> None:
        """Give an export up while nobody knows whether it has arrived; if it has, it is deleted there in the end."""
        controls = self.house.token_flex.controls
        controls.drop_answer_next("POST", "/requests")
        lift = controls.answer_always(403, "GET", path_end="requests")
        try:
            number = await self.asks("doubt")
            self.given_up.add(number)
            await self._sees(lambda: self._made(number) or None)
            card = await self._must(lambda: self.message(f"card:{number}"), f"the card of #{number}")

            def given_up() -> bool | None:
                return any(word in card.visible_text() for word in (_GIVEN_UP, "Deleted.")) or None

            await self._insists_on_deleting(number, card, given_up, f"#{number} being given up")
        finally:
            lift()

        await self._must(
            lambda: not self._made(number) or None, f"what came of #{number} being deleted there", looking=0.05
        )
        for other in accepted(self.house).keys() - self.given_up:  # they asked more than once
            await self.announced(other)
        await self.settled()

    def _made(self, number: int) -> bool:
        """Return whether Token Flex has the file of an export."""
        name = accepted(self.house)[number]
        return any(_letters(name) in _letters(each.file_name) for each in self.house.token_flex.exports.all())

    async def settled(self) -> None:
        """Wait until the bot has nothing more to post."""
        await self._must(lambda: not undelivered(self.house) or None, "the outbox being empty", looking=0.05)

    async def _insists(self, message: Message, label: str, done: Callable[[], Any], what: str) -> None:
        for _ in range(12):
            await self._connected()
            if label in message.buttons():
                await self.member.presses(message, label)
            if await self._sees(done) is not None:
                return
        raise StuckError(f"{self.member.name} pressed in vain: {what}")

    async def _insists_on_deleting(self, number: int, card: Message, done: Callable[[], Any], what: str) -> None:
        """Press Details, and Delete there, until it is so: what is shown privately may be lost on its way."""

        def shown() -> Message | None:
            private = [each for each in self.member.sees(self.channel) if each.ephemeral_for]
            details = (each for each in reversed(private) if f"Export #{number} " in each.visible_text())
            return next((each for each in details if "Delete" in each.buttons()), None)

        for _ in range(12):
            if not done():
                await self._insists(card, "Details", lambda: shown() or done(), f"the details of #{number}")
            details = shown()
            if details is not None:
                await self.member.presses(details, "Delete")
            if await self._sees(done) is not None:
                return
        raise StuckError(f"{self.member.name} pressed in vain: {what}")

    async def _connected(self) -> None:
        await self._must(lambda: self.house.slack.sockets.connections or None, "the bot being connected")

    async def _sees(self, look: Callable[[], T | None]) -> T | None:
        """Return what a person sees before they try again, None where that is nothing, or an apology."""
        apologies = self._apologies()
        try:
            seen: Any = await self.house.slack.changes.until(
                lambda: look() or (self._apologies() > apologies and "apology") or None, _TRY_AGAIN
            )
        except TimeoutError:
            return None
        found: T | None = look() if seen == "apology" else seen
        return found

    def _apologies(self) -> int:
        seen = (each for each in self.member.sees(self.channel) if each.ephemeral_for)
        return len(self.member.errors) + sum(bool(_APOLOGY.search(each.visible_text())) for each in seen)

    async def _must(self, look: Callable[[], T | None], what: str, looking: float = 0.0) -> T:
        try:
            if not looking:
                return await self.house.slack.changes.until(look, self._patience)
            async with asyncio.timeout(self._patience):
                while (seen := look()) is None:  # noqa: ASYNC110 - there is nobody who could ring
                    await asyncio.sleep(looking)
                return seen
        except TimeoutError:
            raise StuckError(f"{self.member.name} did not see {what}") from None


def undelivered(house: House) -> list[str]:
    """Return what is still to be posted, edited or read, by subject and origin; links that expire later apart."""
    path = house.folder / "tokenflex.db"
    with closing(sqlite3.connect(f"{path.as_uri()}?mode=ro", uri=True, timeout=10)) as db:
        rows = db.execute("SELECT subject FROM outbox WHERE state IN ('waiting', 'sending') AND kind <> 'expiry'")
        wanted = db.execute("SELECT origin FROM answers WHERE state = 'wanted'")
        return [name for (name,) in (*rows, *wanted)]


def _letters(name: str) -> str:
    """Return what Token Flex leaves of a name."""
    return "".join(filter(str.isalnum, name))
