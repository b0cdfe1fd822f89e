"""Each pace of calling under each reading of the limit: what it notices, how long people wait, what is refused."""

import gc
from concurrent.futures import ProcessPoolExecutor
from statistics import fmean

from bench.cases import CASES, Case, day
from bench.figures import Cell, Table, Target, percentile
from bench.polling_bench import late, pair, together
from bench.polling_house import Outcome, World, live_through
from bench.stand_ins import READINGS
from bot.settings import CallPace

_SEEDS = 8
_PROCESSES = 2
_QUIET, _OFFICE = CASES[:2]
#: What `bucket` has to reach where the limit is a bucket: noticed, mean and p95, in seconds.
_GOALS = {_QUIET: (3.5, 8.0), _OFFICE: (10.0, 25.0)}
_SAVING = World(CallPace.BUCKET, "E")
_COLUMNS = [
    "seconds, mean / p95 or p95 / slowest",
    "ready → noticed",
    "ready → posted",
    "people wait",
    "calls per export",
    "refused",
]


def _worlds(case: Case) -> list[World]:
    """Return what is lived through: readings that refuse neither pace anything make no difference."""
    strict = [World(CallPace.BUCKET, reading) for reading in READINGS if reading != _SAVING.obeyed]
    return [World(), _SAVING, *(strict if case is _OFFICE else strict[:1])]


def _live(case: Case, seed: int, world: World) -> Outcome:
    return live_through(day(case, seed), world=world)


def _row(world: World, whole: Outcome, days: int) -> list[Cell]:
    return [
        f"{world.pace.value} under {world.obeyed}",
        pair(whole.noticed),
        pair(whole.posted),
        late(whole.submits + whole.presses),
        f"{sum(whole.calls.values()) / len(whole.noticed):.1f}",
        f"{whole.refused[world.obeyed] / days:.1f} a day" if whole.refused[world.obeyed] else "none",
    ]


def _targets(case: Case, careful: Outcome, saving: Outcome) -> list[Target]:
    mean, p95 = fmean(saving.noticed), percentile(saving.noticed, 0.95)
    mean_limit, p95_limit = _GOALS.get(case) or (fmean(careful.noticed), percentile(careful.noticed, 0.95))
    people, before = (percentile(each.submits + each.presses, 0.95) for each in (saving, careful))
    return [
        Target(f"{case.name}, bucket: noticed, mean (s)", mean, mean_limit),
        Target(f"{case.name}, bucket: noticed, p95 (s)", p95, p95_limit),
        Target(f"{case.name}, bucket: people wait, p95 (s)", people, before),
        Target(f"{case.name}, bucket: refused calls, E", saving.refused[_SAVING.obeyed], 0),
    ]


def measure(seeds: int = _SEEDS) -> tuple[list[Table], list[Target]]:
    """Return the tables and the targets of both paces."""
    tables, targets = [], list[Target]()
    with ProcessPoolExecutor(_PROCESSES, initializer=gc.freeze) as pool:
        lived = {
            (case, world): [pool.submit(_live, case, seed, world) for seed in range(seeds)]
            for case in CASES
            for world in _worlds(case)
        }
        for case in CASES:
            table = Table(f"{case.name}, {seeds} seeds", _COLUMNS)
            wholes = {world: together(each.result() for each in lived[case, world]) for world in _worlds(case)}
            for world, whole in wholes.items():
                table.row(*_row(world, whole, seeds))
            targets += _targets(case, wholes[World()], wholes[_SAVING])
            tables.append(table)
    return tables, targets
