"""What one process of the torture does, and what it came to."""

import asyncio
import logging
import sys
from collections.abc import Callable
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any

from bot.runtime import logs
from sandbox.tokenflex.usage_data import UsageData
from tests.torture.boundaries import Run, moments
from tests.torture.checks import Verdict
from tests.torture.crossings import AFTER, BEFORE, by_themselves, of_files
from tests.torture.faults import HTTP, KINDS, SLACK, STATEMENT
from tests.torture.processes import Plan, forge
from tests.torture.runner import Runner
from tests.torture.ways_out import WAYS, moments_of

PROCESSES = 2
_BY_THEMSELVES = (Plan(schedules=True), Plan(alerts=True))
#: Of so many calls of a layer one fails in those lives, which have much in common with that of an export.
_SOME = {STATEMENT: 12, HTTP: 2, SLACK: 4}
_UNLOOKED = 5  #: random runs of each process without periodic looks
_ADDED = (
    "kills_before",
    "kills_after",
    "moments_not_reached",
    "ways_out",
    "kills_on_ways_out",
    "logins_told_lost",
    "random_runs",
    "random_kills",
    "exports",
)


@dataclass(frozen=True, slots=True)
class Order:
    """What one of the processes has to do: its share of everything."""

    share: int
    parts: tuple[str, ...]
    seeds: tuple[int, ...]
    every: bool
    folder: str


@dataclass
class Report:
    """What it came to, added up."""

    crossings_numbered: int = 0
    kills_before: int = 0
    kills_after: int = 0
    moments_not_reached: int = 0
    ways_out: int = 0
    kills_on_ways_out: int = 0
    logins_told_lost: int = 0  #: killed between Autodesk's answer and its storing; the next process says so
    faults_injected: dict[str, int] = field(default_factory=dict)
    random_runs: int = 0
    random_kills: int = 0
    exports: int = 0
    seeds: list[int] = field(default_factory=list)
    failures: list[str] = field(default_factory=list)
    verdict: Verdict = field(default_factory=Verdict)

    def add(self, other: "Report") -> None:
        """Count what another process counted."""
        for name in _ADDED:
            setattr(self, name, getattr(self, name) + getattr(other, name))
        self.crossings_numbered = max(self.crossings_numbered, other.crossings_numbered)
        self.faults_injected |= {
            layer: self.faults_injected.get(layer, 0) + count for layer, count in other.faults_injected.items()
        }
        self.seeds += other.seeds
        self.failures += other.failures
        self.verdict.add(other.verdict)

    def as_json(self) -> dict[str, Any]:
        """Return everything, the verdict's counts on the top level."""
        shown = asdict(self)
        del shown["verdict"]
        return shown | self.verdict.as_json()


def share(order: Order) -> Report:
    """Do the share of one process."""
    logging.getLogger("aiohttp.server").setLevel(logging.CRITICAL)  # bots that die leave half a request behind
    logs.configure("ERROR", "text", ())
    return asyncio.run(_share(order))


async def _share(order: Order) -> Report:
    report = Report()
    data = UsageData()
    async with forge() as made:
        runner = Runner(made, Path(order.folder) / str(order.share), data, lambda run: say(f"  {run}"))
        if "boundaries" in order.parts:
            await _boundaries(runner, order, report)
            await _files(runner, order, report)
            await _by_themselves(runner, order, report)
        if "exits" in order.parts:
            await _exits(runner, order, report)
        if "faults" in order.parts:
            await _faults(runner, order, report)
        if "random" in order.parts:
            await _random(runner, order, report)
        if "bells" in order.parts:
            await _bells(runner, order, report)
    data.close()
    return report


async def _boundaries(runner: Runner, order: Order, report: Report) -> None:
    clean = await runner.clean()
    report.crossings_numbered = len(clean.crossings)
    # Both processes number the crossings for themselves; sorted by name, they share them without a gap.
    mine = moments(sorted(clean.crossings)[order.share :: PROCESSES])
    runs = await runner.plans([Plan(kill=moment) for moment in mine])
    for run in [clean, *runs]:
        _count(report, run)
    for when, name in ((BEFORE, "kills_before"), (AFTER, "kills_after")):
        died = [run.plan.kill for run in runs if run.died]
        setattr(report, name, sum(kill is not None and kill.when == when for kill in died))
    report.moments_not_reached = sum(not run.died for run in runs)
    _say(order, f"boundaries: {len(runs)} kills at {len(clean.crossings)} crossings")


async def _files(runner: Runner, order: Order, report: Report) -> None:
    """Kill at each crossing on the way of a file to its thread."""
    (clean,) = await runner.plans([Plan(files=True)])
    mine = moments(sorted(of_files(clean.crossings))[order.share :: PROCESSES])
    runs = await runner.plans([Plan(kill=moment, files=True) for moment in mine])
    for run in [clean, *runs]:
        _count(report, run)
    _say(order, f"files: {len(runs)} kills at {len(of_files(clean.crossings))} crossings")


async def _by_themselves(runner: Runner, order: Order, report: Report) -> None:
    """Kill at the crossings of what is asked, and of what is told, by itself."""
    for plan in _BY_THEMSELVES:
        (clean,) = await runner.plans([plan])
        crossings = sorted(by_themselves(clean.crossings))
        mine = moments(crossings[order.share :: PROCESSES])
        runs = await runner.plans([replace(plan, kill=moment) for moment in mine])
        for run in [clean, *runs]:
            _count(report, run)
        what = "schedules" if plan.schedules else "alerts"
        _say(order, f"{what}: {len(runs)} kills at {len(crossings)} crossings")


async def _exits(runner: Runner, order: Order, report: Report) -> None:
    ways = WAYS[order.share :: PROCESSES]
    clean = await runner.exits([(way, None) for way in ways])
    killed = await runner.exits([(each.way, moment) for each in clean for moment in moments_of(each.crossings)])
    report.ways_out += len(clean)
    report.kills_on_ways_out += sum(each.died for each in killed)
    report.logins_told_lost += sum(not each.kept for each in killed)
    broken = [str(each) for each in (*clean, *killed) if each.problem]
    report.verdict.logins_lost += len(broken)
    report.failures += broken
    _say(order, f"ways out: {len(clean)}, {len(killed)} kills on them")


async def _faults(runner: Runner, order: Order, report: Report) -> None:
    for layer in KINDS:
        runs = await runner.faults(layer, _picked(order, 1), every=order.every)
        for plan in _BY_THEMSELVES:
            runs += await runner.faults(layer, _picked(order, _SOME[layer]), plan=plan)
        report.faults_injected[layer] = len(runs)
        for run in runs:
            _count(report, run)
        _say(order, f"{layer}: {len(runs)} faults")


def _picked(order: Order, one_of: int) -> Callable[[int], bool]:
    """Return which numbers are this process's, where all of them together take one of so many."""
    return lambda number: number % (one_of * PROCESSES) == order.share


async def _bells(runner: Runner, order: Order, report: Report) -> None:
    """Live without the periodic looks, which would hide a bell that nobody rings."""
    unlooked = Plan(breaks=("looks",))
    (clean,) = await runner.plans([unlooked])
    some = moments(sorted(clean.crossings)[order.share :: PROCESSES])[:: 2 * PROCESSES + 1]
    runs = await runner.plans([replace(unlooked, kill=moment) for moment in some])
    for run in [clean, *runs]:
        _count(report, run)
    await _random(runner, replace(order, seeds=order.seeds[:_UNLOOKED]), report, breaks=unlooked.breaks)
    _say(order, f"without periodic looks: {1 + len(runs)} lives")


async def _random(runner: Runner, order: Order, report: Report, breaks: tuple[str, ...] = ()) -> None:
    runs = await runner.seeds(order.seeds, breaks=breaks)
    for run in runs:
        report.random_runs += 1
        report.random_kills += run.kills
        report.exports += run.exports
        report.seeds.append(run.seed)
        report.verdict.add(run.verdict)
        if run.verdict.bad:
            report.failures.append(str(run))
    _say(order, f"random moments: {len(runs)} runs")


def _count(report: Report, run: Run) -> None:
    report.exports += 1
    report.verdict.add(run.verdict)
    if run.verdict.bad:
        report.failures.append(str(run))


def _say(order: Order, text: str) -> None:
    say(f"[{order.share + 1}/{PROCESSES}] {text}")


def say(text: str) -> None:
    """Print a line at once."""
    sys.stdout.write(f"{text}\n")
    sys.stdout.flush()
