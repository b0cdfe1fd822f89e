"""A reader that is slow: the loop goes on meanwhile, and what was read is older than what it knows by then."""

import asyncio
import dataclasses
import time
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable
from datetime import UTC, date, datetime, timedelta
from enum import Enum
from functools import partial
from pathlib import Path
from random import Random
from types import FunctionType
from typing import Any

import pytest

from bot.exports.submissions import _take
from bot.exports.worker import _next_in_line
from bot.tokenflex.errors import TokenFlexError
from bot.tokenflex.models import DOWNLOAD, DownloadLink, ExportRequest
from sandbox.clock import ScaledClock
from storage import exports as export_store
from storage.states import ExportState
from tests.harness.paper import GatedDatabase, Process, Slack, TokenFlex, started
from tests.harness.people import admitted

SPEED = 100.0
EXPORTS = 15
PATIENCE = 40.0  #: real seconds


#: Errors and links are made once and never changed.
_UNCHANGING = str | int | float | Enum | date | timedelta | FunctionType | TokenFlexError | DownloadLink


def is_value(given: object) -> bool:
    """Whether a thread may be given this: nothing in it can change, whoever holds it too."""
    if isinstance(given, tuple | frozenset):
        return all(map(is_value, given))
    if isinstance(given, partial):  # how a card is drawn, and of what
        return isinstance(given.func, FunctionType) and all(map(is_value, (*given.args, *given.keywords.values())))
    if getattr(type(given), "__dataclass_params__", None) is not None:
        is_frozen: bool = type(given).__dataclass_params__.frozen  # type: ignore[attr-defined]
        return is_frozen and all(is_value(getattr(given, each.name)) for each in dataclasses.fields(given))  # type: ignore[arg-type]
    return given is None or isinstance(given, _UNCHANGING)


class SlowReader(GatedDatabase):
    """Takes its time before it reads, and afterwards; in it, submissions begin and end."""

    def __init__(self, path: Path) -> None:
        super().__init__(path)
        self.random = Random(3)
        self.shared: set[str] = set()  #: functions that were given what the loop may change meanwhile

    async def read(self, work: Callable[..., Any], *args: Any, **kwargs: Any) -> Any:
        self._look_at(work, args, kwargs)
        return await super().read(work, *args, **kwargs)

    async def write(self, work: Callable[..., Any], *args: Any, **kwargs: Any) -> Any:
        self._look_at(work, args, kwargs)
        return await super().write(work, *args, **kwargs)

    def _look_at(self, work: Callable[..., Any], args: tuple[Any, ...], kwargs: dict[str, Any]) -> None:
        if not all(map(is_value, (*args, *kwargs.values()))):
            self.shared.add(work.__name__)

    def _reading(self, work: Callable[..., Any], *args: Any, **kwargs: Any) -> Any:
        time.sleep(self.random.choice([0.0, 0.01, 0.03]))
        found = super()._reading(work, *args, **kwargs)
        time.sleep(self.random.choice([0.0, 0.01, 0.03]))
        return found


class LateLine(GatedDatabase):
    """Reads the line at once, and says so when a submission that began meanwhile has long ended."""

    def _reading(self, work: Callable[..., Any], *args: Any, **kwargs: Any) -> Any:
        found = super()._reading(work, *args, **kwargs)
        if work is _next_in_line:
            time.sleep(0.15)
        return found

    def _in_transaction(self, work: Callable[..., Any], *args: Any, **kwargs: Any) -> Any:
        if work is _take:
            time.sleep(0.04)  # so that the line is read before
        return super()._in_transaction(work, *args, **kwargs)


@pytest.fixture
async def start(tmp_path: Path) -> AsyncIterator[Callable[[type[GatedDatabase]], Awaitable[tuple[Process, TokenFlex]]]]:
    """Start a bot whose database is of this kind."""
    bots = []

    async def _start(kind: type[GatedDatabase]) -> tuple[Process, TokenFlex]:
        clock: Any = ScaledClock(SPEED, origin=datetime(2026, 3, 2, 9, 0, tzinfo=UTC))
        token_flex = TokenFlex(clock)
        bots.append(await started(tmp_path / "bot.db", clock, token_flex, Slack(clock), database_type=kind))
        return bots[0], token_flex

    yield _start
    parts = bots[0].parts
    await parts.supervisor.stop()
    parts.calls.turns.close()
    await asyncio.gather(parts.worker.tasks.settle(1.0), parts.dispatcher.tasks.settle(1.0))
    await parts.database.close()


Start = Callable[[type[GatedDatabase]], Awaitable[tuple[Process, TokenFlex]]]


async def test_what_the_loop_changes_meanwhile_is_shared_with_no_thread(start: Start) -> None:
    """Requests of the same name, lost answers: each export is made once, and no loop stumbles."""
    bot, token_flex = await start(SlowReader)
    token_flex.faults = ["lost after", "", "lost before", "", "unreachable", ""]
    for number in range(EXPORTS):
        await ask(bot, number, f"year{number % 4}")
        await asyncio.sleep(0.02)
    await all_made(bot, token_flex, EXPORTS)
    assert isinstance(bot.parts.database, SlowReader)
    assert bot.parts.database.shared == set()


async def test_a_name_in_doubt_is_not_sent_again_because_the_line_was_read_before_the_doubt(start: Start) -> None:
    """The second request of that name waits until lists have told what became of the first."""
    bot, token_flex = await start(LateLine)
    token_flex.faults = ["lost before"]
    for number in range(2):
        await ask(bot, number, "year1")
    async with asyncio.timeout(PATIENCE):
        while not bot.parts.worker._under_way:  # noqa: ASYNC110 - the bot is watched
            await asyncio.sleep(0)
    bot.parts.slots.freed()  # the line is read again
    await all_made(bot, token_flex, 2)
    assert [(await bot.parts.database.read(export_store.get, each)).request_key for each in (1, 2)] == ["key1", "key2"]


async def ask(bot: Process, number: int, name: str) -> None:
    """Ask for an export; its where clause is its number."""
    request = ExportRequest("110000123456", ("productName",), where=str(number), file_name=name)
    await bot.parts.exports.accept(request, admitted(f"U{number % 3}", "C1"), channel="C1", origin=str(number))


async def all_made(bot: Process, token_flex: TokenFlex, count: int) -> None:
    """Wait until each is ready, and check that each was made once."""
    async with asyncio.timeout(PATIENCE):
        while await bot.parts.database.read(export_store.count_by_state) != {ExportState.READY: count}:
            await asyncio.sleep(0.02)
            assert bot.parts.supervisor.crashes == {}
            for export in token_flex.exports:
                token_flex.end(export, DOWNLOAD)
    assert token_flex.made == Counter(str(number) for number in range(count))
