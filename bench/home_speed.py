"""The Home tab: from the event that somebody has opened it to the view on its way to them, with ten thousand exports.

The stand-in and the people are this process, the bot is one of its own. The first opening of each person asks Slack who
they are and which channels they are in; later ones know that for some minutes. Token Flex is away, so that what is
under way stays so.
"""

import asyncio
import time
from pathlib import Path
from tempfile import TemporaryDirectory

from sqlite_utils import Database as Connection

from bench.figures import Table, Target, percentile
from bench.filling import fill
from bench.programs import autodesk, environment, program, workspace
from sandbox.slack.changes import Change
from sandbox.slack.people import User
from sandbox.slack.server import SlackSandbox
from storage.database import Database

_FINISHED, _QUEUED = 9_900, 100
_PEOPLE, _CHANNELS = 40, 100
_ROUNDS = 4  #: openings of each person
_PAUSE = 3.2  #: seconds; for a person something is published once in three
_PATIENCE = 30.0


class _Readers:
    """People who open the app, and a stopwatch for each."""

    def __init__(self, slack: SlackSandbox) -> None:
        self._slack = slack
        names = [f"reader-{index}" for index in range(_PEOPLE)]
        self.people: list[User] = [slack.workspace.add_member(name) for name in names]
        self.channels = [slack.workspace.add_channel(f"#home-{index}", names).id for index in range(_CHANNELS)]
        self._began: dict[str, float] = {}
        self.took: list[float] = []
        slack.events.subscribed = frozenset({"app_home_opened"})
        slack.changes.subscribe(self._seen)

    def _seen(self, change: Change) -> None:
        if change.kind == "home_published" and (began := self._began.pop(change.subject.user.id, None)):
            self.took.append((time.perf_counter() - began) * 1000)

    async def open_one_by_one(self) -> list[float]:
        """Have each open the app when the one before sees it; return the milliseconds that each waited."""
        self.took = []
        for person in self.people:
            self._open(person)
            await self._slack.changes.until(lambda: not self._began or None, _PATIENCE)
        return self.took

    async def open_together(self) -> list[float]:
        """Have all open the app at once; return the milliseconds that each waited."""
        self.took = []
        for person in self.people:
            self._open(person)
        await self._slack.changes.until(lambda: not self._began or None, _PATIENCE)
        return self.took

    def _open(self, person: User) -> None:
        self._began[person.id] = time.perf_counter()
        self._slack.member(person.id).opens_app()


def _belong(db: Connection, people: list[str], channels: list[str]) -> None:
    """Have the exports asked for by these people, in these channels."""
    for index, person in enumerate(people):
        db.execute("UPDATE exports SET requester = ? WHERE number % ? = ?", [person, len(people), index])
    for index, channel in enumerate(channels):
        db.execute("UPDATE exports SET channel = ? WHERE number % ? = ?", [channel, len(channels), index])


async def _measure(path: Path) -> tuple[list[float], list[float], list[float]]:
    await fill(path, finished=_FINISHED, queued=_QUEUED)
    async with workspace() as slack, autodesk() as token_flex:
        token_flex.controls.answer_always(503)
        readers = _Readers(slack)
        database = Database(path)
        await database.open()
        await database.write(_belong, [each.id for each in readers.people], readers.channels)
        await database.close()
        async with program(slack, "bot", "run", settings=environment(slack, token_flex, path)):
            first = await readers.open_one_by_one()
            later: list[float] = []
            for _ in range(_ROUNDS - 1):
                await asyncio.sleep(_PAUSE)
                later += await readers.open_one_by_one()
            await asyncio.sleep(_PAUSE)
            return first, later, await readers.open_together()


def measure() -> tuple[list[Table], list[Target]]:
    """Return the table and the target of the Home tab."""
    with TemporaryDirectory() as folder:
        first, later, together = asyncio.run(_measure(Path(folder) / "home.db"))
    exports = _FINISHED + _QUEUED
    table = Table(f"Home: opened to published, {exports} exports (milliseconds)", ["", "p50", "p95", "slowest"])
    rows = {
        f"first opening of each of {_PEOPLE} people": first,
        "later openings": later,
        f"all {_PEOPLE} at once": together,
    }
    for name, times in rows.items():
        table.row(name, percentile(times, 0.5), percentile(times, 0.95), max(times))
    return [table], [
        Target(f"Home published with {exports} exports, first opening, p95 (ms)", percentile(first, 0.95), 300),
        Target(f"Home published with {exports} exports, later openings, p95 (ms)", percentile(later, 0.95), 300),
    ]
