"""A Token Flex that refuses, is away or has lost something for as long as a test likes; a bot that lives with it."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Any, Final

from bot.tokenflex import errors
from bot.tokenflex.models import ExportRequest, UpstreamExport
from storage import exports as export_store
from storage.models import Export
from storage.states import ExportState
from tests.harness.paper import Process, Slack, TokenFlex, started
from tests.harness.people import admitted
from tests.harness.virtual_time import VirtualClock

BEGIN: Final = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
CONTRACT: Final = "110000123456"
#: Each call that is made for an export, and the client's method for it.
METHODS: Final = {
    "submit": "submit",
    "retry": "retry_export",
    "delete": "delete_export",
    "list": "list_exports",
    "get": "get_export",
    "refreshUrl": "refresh_link",
}


@dataclass(frozen=True)
class Made:
    """A call that reached Token Flex: its method, and the contract and the key or file name that it was about."""

    method: str
    contract: str
    about: str
    at: datetime


class Erring(TokenFlex):
    """A Token Flex that has an error for some of its calls, for as long as it likes."""

    def __init__(self, clock: VirtualClock) -> None:
        super().__init__(clock)
        self.errors: dict[str, errors.TokenFlexError] = {}  #: by the method
        self.calls: list[Made] = []
        self.spoilt: set[str] = set()  #: contracts whose lists have an entry that cannot be read

    def error(self, made: Made) -> errors.TokenFlexError | None:
        """Return what a call ends with."""
        return self.errors.get(made.method)

    def __getattribute__(self, name: str) -> Any:
        found = super().__getattribute__(name)
        return partial(self._called, found, name) if name in METHODS.values() else found

    def _called(self, work: Callable[..., Any], method: str, *given: Any) -> Any:
        if method == "submit":
            contract, about = given[0].contract_number, given[0].file_name
        else:
            contract, about = given[:2]  # of lists that is when they begin
        made = Made(method, contract, str(about), self.clock.now())
        self.calls.append(made)
        error = self.error(made)
        if error is not None:
            raise error
        shown = work(*given)
        if method == "list_exports" and contract in self.spoilt:
            return (*shown, UpstreamExport("", "Requested", "", None))
        return shown

    def since(self, moment: datetime, method: str = "") -> int:
        """Return how many calls have been made since then, all or those of one method."""
        return sum(made.at >= moment and method in {"", made.method} for made in self.calls)


class World:
    """A bot between a Token Flex that errs and a Slack."""

    def __init__(self, folder: Path, clock: VirtualClock) -> None:
        self.clock, self.folder = clock, folder
        self.token_flex, self.slack = Erring(clock), Slack(clock)
        self.bot: Process

    async def begin(self) -> None:
        """Start the bot."""
        self.bot = await started(self.folder / "bot.db", self.clock, self.token_flex, self.slack)

    async def end(self) -> None:
        """Stop everything."""
        self.bot.kill()
        self.bot.gate.end()
        for task in asyncio.all_tasks() - {asyncio.current_task()}:
            task.cancel()

    async def asks(self, name: str = "year1", *, contract: str = CONTRACT) -> int:
        """Ask for an export and return its number."""
        request = ExportRequest(contract, ("productName",), file_name=name)
        accepted = await self.bot.parts.exports.accept(
            request, admitted("U1", "C1"), channel="C1", origin=f"{name} {self.clock.now()}"
        )
        return accepted.export.number

    async def export(self, number: int = 1) -> Export:
        """Return how an export stands."""
        return await self.bot.parts.database.read(export_store.get, number)

    async def has(self, status: str, name: str = "year1") -> int:
        """Have an export that has ended like that, and return its number."""
        number, before = await self.asks(name), len(self.token_flex.exports)
        while len(self.token_flex.exports) == before:
            await self.clock.sleep(1)
        self.token_flex.end(self.token_flex.exports[-1], status)
        while (await self.export(number)).state in {ExportState.QUEUED, ExportState.SUBMITTING, ExportState.REQUESTED}:
            await self.clock.sleep(5)
        return number

    def said(self, words: str) -> list[str]:
        """Return the subjects of messages that hold these words."""
        return [each.subject for each in self.slack.messages if words in f"{each.message.text} {each.message.blocks}"]
