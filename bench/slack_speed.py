"""`/tokenflex export` under load over a real Socket Mode WebSocket, beside an app that only acknowledges.

The stand-ins and the people who type are this process; the bot and the bare app are processes of their own. Timed are
the acknowledgement (from the envelope's departure to the acknowledgement's arrival) and the private answer, which the
bot gives only when the request is stored. Cards follow Slack's one post a second per channel and are not timed.
"""

import asyncio
import statistics
import time
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory

from bench.figures import Table, Target, percentile
from bench.programs import CONTRACT, autodesk, environment, program, workspace
from sandbox.slack.changes import Change
from sandbox.slack.channels import Channel
from sandbox.slack.people import User
from sandbox.slack.server import SlackSandbox

_CHANNELS, _PEOPLE = 100, 25
_RUNS, _PER_SECOND, _SECONDS = 3, 50, 8
_STORM_PER_SECOND, _STORM_SECONDS = 200, 30
_WARM_UP = 50
_COMMAND = f"export contract={CONTRACT} fields=productName,usageMonth metrics=tokensConsumed name=load-%d"
_PATIENCE = 60.0


@dataclass(slots=True)
class Timed:
    """Milliseconds of one run."""

    acknowledged: list[float] = field(default_factory=list)
    answered: list[float] = field(default_factory=list)
    failed: list[str] = field(default_factory=list)


class Typists:
    """People in a hundred channels, and a stopwatch for each command."""

    def __init__(self, slack: SlackSandbox) -> None:
        self._slack = slack
        names = [f"typist-{index}" for index in range(_PEOPLE)]
        self._people: list[User] = [slack.workspace.add_member(name) for name in names]
        self._channels: list[Channel] = [
            slack.workspace.add_channel(f"#load-{index}", names) for index in range(_CHANNELS)
        ]
        self._member = {user.id: slack.member(user.id) for user in self._people}
        self._started: dict[str, float] = {}
        self._timed = Timed()
        self._count = 0
        slack.changes.subscribe(self._seen)

    def _seen(self, change: Change) -> None:
        if change.kind != "message_posted" or change.subject.ephemeral_for is None:
            return
        text = change.subject.content.text
        name = text.partition("load-")[2].partition(".")[0].partition("`")[0]
        started = self._started.pop(name, None)
        if started is not None:
            self._timed.answered.append((time.perf_counter() - started) * 1000)

    async def type_for(self, seconds: float, per_second: int, *, answers: bool) -> Timed:
        """Type so many commands a second, evenly, and wait for all that comes of them."""
        self._timed, self._started = Timed(), {}
        began, typing = time.perf_counter(), []
        for index in range(int(seconds * per_second)):
            await asyncio.sleep(max(0.0, began + index / per_second - time.perf_counter()))
            typing.append(asyncio.create_task(self._type()))
        await asyncio.gather(*typing)
        if answers:
            await self._slack.changes.until(lambda: not self._started or None, _PATIENCE)
        return self._timed

    async def _type(self) -> None:
        self._count += 1
        index = self._count
        person = self._people[index % _PEOPLE]
        channel = self._channels[index % _CHANNELS]
        started = self._started[str(index)] = time.perf_counter()
        answer = await self._member[person.id].types(channel.name, f"/tokenflex {_COMMAND % index}")
        self._timed.acknowledged.append((time.perf_counter() - started) * 1000)
        if answer.error:
            self._timed.failed.append(answer.error)


async def _bare(seconds: float) -> Timed:
    async with workspace() as slack, program(slack, "bench.bare_bolt", slack.api_url):
        typists = Typists(slack)
        await typists.type_for(1.0, _WARM_UP, answers=False)
        return await typists.type_for(seconds, _PER_SECOND, answers=False)


async def _bot(seconds: float, per_second: int) -> Timed:
    with TemporaryDirectory() as folder:
        async with workspace() as slack, autodesk() as token_flex:
            settings = environment(slack, token_flex, Path(folder) / "bench.db")
            async with program(slack, "bot", "run", settings=settings):
                typists = Typists(slack)
                await typists.type_for(1.0, _WARM_UP, answers=True)
                return await typists.type_for(seconds, per_second, answers=True)


async def _measure() -> tuple[list[Timed], list[Timed], Timed]:
    bare, bot = [], []
    for _ in range(_RUNS):
        bare.append(await _bare(_SECONDS))
        bot.append(await _bot(_SECONDS, _PER_SECOND))
    return bare, bot, await _bot(_STORM_SECONDS, _STORM_PER_SECOND)


def _middle(runs: list[list[float]], share: float) -> float:
    return statistics.median(percentile(run, share) for run in runs)


def measure() -> tuple[list[Table], list[Target]]:
    """Return the tables and the targets of acknowledging under load."""
    bare, bot, storm = asyncio.run(_measure())
    bare_acks, bot_acks = [run.acknowledged for run in bare], [run.acknowledged for run in bot]
    answers = [run.answered for run in bot]
    table = Table(
        f"/tokenflex export over Socket Mode, {_CHANNELS} channels (milliseconds)",
        ["", "p50", "p95", "p99", "slowest", "failed"],
    )
    rows = {
        f"bare Bolt app, acknowledged, {_PER_SECOND} a second": (bare_acks, sum(len(run.failed) for run in bare)),
        f"bot, acknowledged, {_PER_SECOND} a second": (bot_acks, sum(len(run.failed) for run in bot)),
        f"bot, stored and privately answered, {_PER_SECOND} a second": (answers, 0),
        f"bot, acknowledged, {_STORM_PER_SECOND} a second for {_STORM_SECONDS} s": (
            [storm.acknowledged],
            len(storm.failed),
        ),
        f"bot, stored and answered, {_STORM_PER_SECOND} a second": ([storm.answered], 0),
    }
    for name, (runs, failed) in rows.items():
        slowest = max(max(run) for run in runs)
        table.row(name, *(_middle(runs, share) for share in (0.5, 0.95, 0.99)), slowest, failed)
    ratio_50 = _middle(bot_acks, 0.5) / _middle(bare_acks, 0.5)
    ratio_99 = _middle(bot_acks, 0.99) / _middle(bare_acks, 0.99)
    return [table], [
        Target("acknowledgement p50, times the bare app", ratio_50, 1.3),
        Target("acknowledgement p99, times the bare app", ratio_99, 2.0),
        Target(f"slowest acknowledgement at {_STORM_PER_SECOND} a second (s)", max(storm.acknowledged) / 1000, 3.0),
        Target(f"commands that failed at {_STORM_PER_SECOND} a second", len(storm.failed), 0),
    ]
