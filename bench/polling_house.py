"""One day of a case in a house of the real parts: use cases, budget, worker, poller, dispatcher, SQLite file."""

import asyncio
import logging
from collections.abc import Callable
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import partial
from pathlib import Path
from random import Random
from tempfile import TemporaryDirectory
from typing import Any, TypeVar

import structlog
from sqlite_utils import Database as Connection

from bench.cases import Asked, Day
from bench.reports import Reported, report, scheduling
from bench.stand_ins import LATENCY, EverybodyOnPaper, SlackOnPaper, TokenFlexOnPaper
from bot.assembly import Loop, Parts, assemble
from bot.calls.gateway import TokenFlexCalls, Work
from bot.calls.turns import Turns
from bot.delivery.kinds import Words
from bot.exports import announcements
from bot.exports.poll_policy import next_poll
from bot.exports.poller import Policy
from bot.exports.use_cases import Described
from bot.people.access import Access
from bot.people.permissions import Rules
from bot.runtime.server_time import ServerTime
from bot.settings import CallPace, LinkAudience, SharedChannels
from bot.tokenflex.models import ExportRequest
from storage import exports as export_store
from storage import outbox
from storage.database import Database
from storage.models import Export, NewExport
from tests.harness import virtual_time
from tests.harness.reading import ReadOnPaper
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
    waits: list[tuple[datetime, float]] = field(default_factory=list)  #: of people: since when each, and how long
    reports: list[Reported] = field(default_factory=list)


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


@dataclass(frozen=True, slots=True)
class House:
    """A day's two stand-ins and the parts between them."""

    clock: VirtualClock
    token_flex: TokenFlexOnPaper
    slack: SlackOnPaper
    parts: Parts


#: Makes a loop that polls in a house.
Polling = Callable[[House], Loop]


@dataclass(frozen=True, slots=True)
class World:
    """How fast the bot calls, and which reading of the limit refuses it."""

    pace: CallPace = CallPace.CAREFUL
    obeyed: str = "B"


_STRICT = World()


def live_through(
    day: Day,
    *,
    policy: Policy = next_poll,
    polling: Polling | None = None,
    turns: type[Turns] = Turns,
    world: World = _STRICT,
) -> Outcome:
    """Run the bot through a day and return what came of it; `polling` takes the place of its own poller."""
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.CRITICAL))
    clock = VirtualClock(day.begins)
    with TemporaryDirectory(dir=_memory()) as folder:
        return virtual_time.run(clock, _day(day, clock, Path(folder), policy, polling, turns, world))


def _memory() -> str | None:
    """Return a folder in memory, where there is one: the bench is not about the disk."""
    shared_memory = Path("/dev/shm")  # noqa: S108
    return str(shared_memory) if shared_memory.is_dir() else None


async def _day(
    day: Day,
    clock: VirtualClock,
    folder: Path,
    policy: Policy,
    polling: Polling | None,
    turns: type[Turns],
    world: World,
) -> Outcome:
    async with AsyncExitStack() as ending:
        house = await _house(day, clock, folder, policy, turns, world, ending)
        house.parts.run(**({} if polling is None else {"polling": polling(house)}))
        outcome = Outcome()
        people = [_person(house, index, asked, outcome) for index, asked in enumerate(day.asked)]
        reports = [_report(house, index, asked, outcome) for index, asked in enumerate(day.reports)]
        everybody = asyncio.gather(*people, *reports)
        late = asyncio.create_task(clock.sleep(_LONGEST_DAY))
        await asyncio.wait((everybody, late), return_when=asyncio.FIRST_COMPLETED)
        if late.done():
            raise TimeoutError(f"{day.case.name}, seed {day.seed}: not over after {_LONGEST_DAY:.0f} s")
        late.cancel()
        await everybody
    _sum_up(house, outcome)
    return outcome


async def _house(
    day: Day,
    clock: VirtualClock,
    folder: Path,
    policy: Policy,
    turns_class: type[Turns],
    world: World,
    ending: AsyncExitStack,
) -> House:
    database = Database(folder / "bench.db")
    ending.push_async_callback(database.close)
    await database.open()
    turns = turns_class(database, clock, ServerTime(clock), world.pace)
    await turns.load()
    token_flex = TokenFlexOnPaper(clock, _durations(day), day.case.link_life, world.obeyed)
    slack = SlackOnPaper(clock)
    posts: Any = slack
    everybody: Any = EverybodyOnPaper()
    access = Access(Rules(shared_channels=SharedChannels.ALLOW), everybody, everybody, "T1", database, clock)
    parts = await assemble(
        database=database,
        calls=CallsOnPaper(token_flex, turns, clock),
        posts=posts,
        slack_time=ServerTime(clock),
        access=access,
        clock=clock,
        audience=LinkAudience.CHANNEL,
        words=Words(),
        reading=lambda links: ReadOnPaper(links, clock),
        describe=lambda _: Described(),
        schedule=partial(scheduling, database, access, clock) if day.reports else None,
        ending=ending,
        policy=policy,
    )
    return House(clock, token_flex, slack, parts)


async def _person(house: House, index: int, asked: Asked, outcome: Outcome) -> None:
    """Ask for an export, wait for its announcement, press the button some time later."""
    if asked.at:
        await house.clock.sleep(asked.at)
    name = _file_name(index)
    accepted = await _accept(house, asked, name)
    number = accepted.number
    posted_at = await house.slack.posted(outbox.result_subject(number, 1))
    export = await house.parts.database.read(export_store.get, number)
    ready = house.token_flex.ready_at(name)
    outcome.noticed.append(_seconds(ready, export.finished_at))
    outcome.posted.append(_seconds(ready, posted_at))
    taken = house.token_flex.requested_at(name) + timedelta(seconds=LATENCY / 2)
    outcome.submits.append(_seconds(accepted.accepted_at, taken))
    pressed_at, waited = await _press(house, asked, export)
    outcome.presses.append(waited)
    outcome.waits += [(accepted.accepted_at, outcome.submits[-1]), (pressed_at, waited)]


async def _report(house: House, index: int, asked: Asked, outcome: Outcome) -> None:
    """Store a schedule, wait for its report when it has come due, press the button some time later."""
    due_at = house.clock.now() + timedelta(seconds=asked.at)
    number = await report(house.parts.database, house.clock, _report_name(index), asked)
    posted_at = await house.slack.posted(outbox.result_subject(number, 1))
    export = await house.parts.database.read(export_store.get, number)
    name = export.request.file_name
    taken = house.token_flex.requested_at(name) + timedelta(seconds=LATENCY / 2)
    noticed = _seconds(house.token_flex.ready_at(name), export.finished_at)
    _, waited = await _press(house, asked, export)
    outcome.reports.append(Reported(_seconds(due_at, taken), noticed, _seconds(due_at, posted_at), waited))


async def _press(house: House, asked: Asked, export: Export) -> tuple[datetime, float]:
    """Press the button of an announcement some time after it; return when that was, and how many seconds it took."""
    await house.clock.sleep(asked.press_after)
    pressed_at = house.clock.now()
    await house.parts.fresh_links.fresh(export.number, asked.person)
    waited = _seconds(pressed_at, house.clock.now())
    await _show_link(house, export)
    return pressed_at, waited


async def _accept(house: House, asked: Asked, name: str) -> Export:
    """Store a request, as the use case does."""
    now = house.clock.now()
    request = ExportRequest(asked.contract, fields=("productName",), metrics=("tokensConsumed",), file_name=name)
    new = NewExport(request, asked.person, asked.channel, origin=name)
    return await house.parts.database.write(_accepted, new, now)


def _accepted(db: Connection, new: NewExport, now: datetime) -> Export:
    export, _ = export_store.accept(db, new, now)
    announcements.card_changed(db, export, now)
    return export


async def _show_link(house: House, export: Export) -> None:
    """Have the announcement edited to show the link, as the button does."""
    now = house.clock.now()
    await house.parts.database.write(announcements.result_changed, export, now, shows_link=True)


def _sum_up(house: House, outcome: Outcome) -> None:
    if house.parts.supervisor.crashes:
        raise RuntimeError(f"loops crashed: {house.parts.supervisor.crashes}")
    outcome.calls = house.token_flex.calls
    outcome.refused = house.token_flex.refused
    outcome.slack_refused = house.slack.refused


def _seconds(earlier: datetime, later: datetime | None) -> float:
    if later is None:
        raise ValueError("an export was announced that nobody saw ready")
    return (later - earlier).total_seconds()


def _file_name(index: int) -> str:
    return f"export-{index}"


def _report_name(index: int) -> str:
    return f"report_{index}"


def _durations(day: Day) -> Callable[[str], float]:
    """Return what tells by an export's file name how long it takes; names of reports have their numbers behind."""
    known = {_file_name(index): asked.duration for index, asked in enumerate(day.asked)}
    known |= {_report_name(index): asked.duration for index, asked in enumerate(day.reports)}
    return lambda name: known[name] if name in known else known[name.rpartition("_")[0]]
