"""One day of a case in a house of the real parts: use cases, budget, worker, poller, dispatcher, SQLite file."""

import asyncio
import logging
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from random import Random
from tempfile import TemporaryDirectory
from typing import TypeVar

import structlog
from sqlite_utils import Database as Connection

from bench.cases import Asked, Day
from bench.stand_ins import LATENCY, SlackOnPaper, TokenFlexOnPaper
from bot.calls.gateway import TokenFlexCalls, Work
from bot.calls.turns import Turns
from bot.delivery.dispatcher import Dispatcher
from bot.exports import announcements
from bot.exports.fresh_links import FreshLinks
from bot.exports.poller import Poller
from bot.exports.progress import Progress
from bot.exports.slots import Slots
from bot.exports.worker import Worker
from bot.runtime.bell import Bell
from bot.runtime.server_time import ServerTime
from bot.runtime.supervision import Supervisor
from bot.settings import LinkAudience
from bot.tokenflex.models import ExportRequest
from storage import exports as export_store
from storage import outbox
from storage.database import Database
from storage.models import Export, NewExport
from tests.harness import virtual_time
from tests.harness.virtual_time import VirtualClock

T = TypeVar("T")
_AT_ONCE = 12  #: worker threads for calls, as in `bot.calls.gateway`
_LONGEST_DAY = 3 * 86_400.0  #: seconds; a day that lasts longer is a fault


@dataclass(slots=True)
class Outcome:
    """What one day came to; all times in seconds."""

    noticed: list[float] = field(default_factory=list)  #: from ready to stored by the bot
    posted: list[float] = field(default_factory=list)  #: from ready to the announcement in Slack
    submits: list[float] = field(default_factory=list)  #: from accepted to taken by Token Flex
    presses: list[float] = field(default_factory=list)  #: from the press to a link
    calls: dict[str, int] = field(default_factory=dict)
    refused: dict[str, int] = field(default_factory=dict)  #: calls that each reading of the limit refuses
    slack_refused: int = 0


class _NoTokens:
    """Nobody has to sign in here."""

    def access_token(self) -> str:
        return ""

    def invalidate(self) -> None:
        """There is nothing to forget."""


class CallsOnPaper(TokenFlexCalls):
    """Calls that take virtual time instead of a thread; the server acts halfway."""

    def __init__(self, client: TokenFlexOnPaper, turns: Turns, clock: VirtualClock) -> None:
        super().__init__(client, _NoTokens(), turns, clock, Random(1))  # type: ignore[arg-type]
        self._paper = client
        self._free = asyncio.Semaphore(_AT_ONCE)

    async def _in_thread(self, work: Work[T]) -> T:
        async with self._free:
            await self._clock.sleep(LATENCY / 2)
            try:
                return work(self._paper)  # type: ignore[arg-type]
            finally:
                await self._clock.sleep(LATENCY / 2)


@dataclass(slots=True)
class House:
    """The parts that a day needs."""

    clock: VirtualClock
    token_flex: TokenFlexOnPaper
    slack: SlackOnPaper
    database: Database
    turns: Turns
    calls: TokenFlexCalls
    progress: Progress
    links: FreshLinks
    slots: Slots
    server_time: ServerTime
    worker: Worker
    poll: Bell
    deliveries: Bell


#: Makes a poller in a house and returns its loop.
Polling = Callable[[House], Callable[[], Awaitable[None]]]


def real_poller(house: House, **options: object) -> Poller:
    """Return the bot's own poller in this house."""
    return Poller(
        house.database,
        house.calls,
        house.progress,
        house.links,
        house.slots,
        house.server_time,
        house.clock,
        house.poll,
        house.worker.work,
        house.deliveries,
        **options,  # type: ignore[arg-type]
    )


def live_through(day: Day, polling: Polling, turns: type[Turns] = Turns) -> Outcome:
    """Run the bot through a day and return what came of it."""
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.CRITICAL))
    clock = VirtualClock(day.begins)
    with TemporaryDirectory(dir=_memory()) as folder:
        return virtual_time.run(clock, _day(day, polling, turns, clock, Path(folder)))


def _memory() -> str | None:
    """Return a folder in memory, where there is one: the bench is not about the disk."""
    shared_memory = Path("/dev/shm")  # noqa: S108
    return str(shared_memory) if shared_memory.is_dir() else None


async def _day(day: Day, polling: Polling, turns: type[Turns], clock: VirtualClock, folder: Path) -> Outcome:
    durations = {_file_name(index): asked.duration for index, asked in enumerate(day.asked)}
    database = Database(folder / "bench.db")
    await database.open()
    house = _house(clock, database, TokenFlexOnPaper(clock, durations), turns)
    await house.turns.load()
    supervisor = Supervisor(clock)
    dispatcher = Dispatcher(
        database,
        house.slack,  # type: ignore[arg-type]
        house.links,
        house.server_time,
        ServerTime(clock),
        clock,
        LinkAudience.CHANNEL,
        house.deliveries,
    )
    for name, loop in {"submit": house.worker.run, "poll": polling(house), "deliver": dispatcher.run}.items():
        supervisor.start(name, loop)
    outcome = Outcome()
    people = [asyncio.ensure_future(_person(house, index, asked, outcome)) for index, asked in enumerate(day.asked)]
    everybody = asyncio.gather(*people)
    late = asyncio.create_task(clock.sleep(_LONGEST_DAY))
    await asyncio.wait((everybody, late), return_when=asyncio.FIRST_COMPLETED)
    if late.done():
        raise TimeoutError(f"{day.case.name}, seed {day.seed}: not over after {_LONGEST_DAY:.0f} s")
    late.cancel()
    await everybody
    await supervisor.stop()
    house.turns.close()
    for task in asyncio.all_tasks() - {asyncio.current_task()}:
        task.cancel()
    await asyncio.sleep(0)
    house.calls.close()
    await database.close()
    _sum_up(house, supervisor, outcome)
    return outcome


def _house(clock: VirtualClock, database: Database, token_flex: TokenFlexOnPaper, turns_class: type[Turns]) -> House:
    server_time = ServerTime(clock)
    turns = turns_class(database, clock, server_time)
    calls = CallsOnPaper(token_flex, turns, clock)
    progress = Progress(database, calls, clock)
    links = FreshLinks(database, calls, server_time, progress, clock)
    slots, poll, deliveries = Slots(), Bell(clock), Bell(clock)
    worker = Worker(database, calls, progress, slots, server_time, clock, poll, deliveries)
    slack = SlackOnPaper(clock)
    return House(
        clock, token_flex, slack, database, turns, calls, progress, links, slots, server_time, worker, poll,
        deliveries,
    )  # fmt: skip


async def _person(house: House, index: int, asked: Asked, outcome: Outcome) -> None:
    """Ask for an export, wait for its announcement, press the button some time later."""
    if asked.at:
        await house.clock.sleep(asked.at)
    name = _file_name(index)
    accepted = await _accept(house, asked, name)
    number = accepted.number
    posted_at = await house.slack.posted(outbox.result_subject(number, 1))
    export = await house.database.read(lambda db: export_store.get(db, number))
    ready = house.token_flex.ready_at(name)
    outcome.noticed.append(_seconds(ready, export.finished_at))
    outcome.posted.append(_seconds(ready, posted_at))
    taken = house.token_flex.requested_at(name) + timedelta(seconds=LATENCY / 2)
    outcome.submits.append(_seconds(accepted.accepted_at, taken))
    await house.clock.sleep(asked.press_after)
    pressed_at = house.clock.now()
    await house.links.fresh(number, asked.person)
    outcome.presses.append(_seconds(pressed_at, house.clock.now()))
    await _show_link(house, export)


async def _accept(house: House, asked: Asked, name: str) -> Export:
    """Store a request and ring, as the use case does."""
    now = house.clock.now()
    request = ExportRequest(asked.contract, fields=("productName",), metrics=("tokensConsumed",), file_name=name)
    new = NewExport(request, asked.person, asked.channel, origin=name)

    def accept(db: Connection) -> Export:
        export, _ = export_store.accept(db, new, now)
        announcements.card_changed(db, export, now)
        return export

    accepted = await house.database.write(accept)
    house.worker.work.ring()
    house.deliveries.ring()
    return accepted


async def _show_link(house: House, export: Export) -> None:
    """Have the announcement edited to show the link, as the button does."""
    now = house.clock.now()
    await house.database.write(lambda db: announcements.result_changed(db, export, now, words=announcements.WITH_LINK))
    house.deliveries.ring()


def _sum_up(house: House, supervisor: Supervisor, outcome: Outcome) -> None:
    if supervisor.crashes:
        raise RuntimeError(f"loops crashed: {supervisor.crashes}")
    outcome.calls = house.token_flex.calls
    outcome.refused = house.token_flex.refused
    outcome.slack_refused = house.slack.refused


def _seconds(earlier: datetime, later: datetime | None) -> float:
    if later is None:
        raise ValueError("an export was announced that nobody saw ready")
    return (later - earlier).total_seconds()


def _file_name(index: int) -> str:
    return f"export-{index}"
