"""Three ways of polling through the same days, judged by the stand-in's own limiters."""

import gc
from collections.abc import Callable, Iterable
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from statistics import fmean

from bench.baselines import OneGetEach, TurnsForAnybody, every_15_seconds
from bench.cases import CASES, LIKE_CLOCKWORK, SHORT_LINKS, Case, day
from bench.figures import Cell, Table, Target, percentile
from bench.polling_house import Outcome, live_through

_SEEDS = 20
_OTHERS = (LIKE_CLOCKWORK, SHORT_LINKS)
_PROCESSES = 2
_TOLERANCE = 1.05

PER_EXPORT, EVERY_15_S, BOT = "one GET per export every 60 s", "one list every 15 s", "the bot"


@dataclass(frozen=True, slots=True)
class _Limits:
    """What the simplest policy under the same budget reached in a study; seconds."""

    noticed_mean: float
    noticed_p95: float
    people_p95: float


_STUDY = dict(
    zip(
        (case.name for case in CASES),
        (_Limits(8.2, 15.5, 0.5), _Limits(19.4, 52.4, 6.8), _Limits(61.7, 142.6, 88.6), _Limits(91.4, 222.0, 88.7)),
        strict=True,
    )
)


def _per_export(seed_of_case: tuple[Case, int]) -> Outcome:
    return live_through(day(*seed_of_case), polling=lambda house: OneGetEach(house).run, turns=TurnsForAnybody)


def _every_15_s(seed_of_case: tuple[Case, int]) -> Outcome:
    return live_through(day(*seed_of_case), policy=every_15_seconds)


def _bot(seed_of_case: tuple[Case, int]) -> Outcome:
    return live_through(day(*seed_of_case))


_WAYS: dict[str, Callable[[tuple[Case, int]], Outcome]] = {PER_EXPORT: _per_export, EVERY_15_S: _every_15_s, BOT: _bot}


def together(outcomes: Iterable[Outcome]) -> Outcome:
    """Return what several days came to."""
    whole = Outcome()
    for each in outcomes:
        whole.noticed += each.noticed
        whole.posted += each.posted
        whole.submits += each.submits
        whole.presses += each.presses
        whole.slack_refused += each.slack_refused
        whole.reports += each.reports
        for name, count in each.calls.items():
            whole.calls[name] = whole.calls.get(name, 0) + count
        for reading, count in each.refused.items():
            whole.refused[reading] = whole.refused.get(reading, 0) + count
    return whole


def pair(values: list[float]) -> str:
    """Return the mean and the p95 of some values."""
    return f"{fmean(values):.1f} / {percentile(values, 0.95):.1f}"


def late(values: list[float]) -> str:
    """Return the p95 and the largest of some values."""
    return f"{percentile(values, 0.95):.1f} / {max(values):.1f}"


def refused(whole: Outcome) -> str:
    """Return which readings of the limit refused how many calls."""
    return ", ".join(f"{reading} {count}" for reading, count in whole.refused.items() if count) or "none"


def _row(way: str, whole: Outcome) -> list[Cell]:
    return [
        way,
        pair(whole.noticed),
        pair(whole.posted),
        late(whole.submits),
        late(whole.presses),
        late(whole.submits + whole.presses),
        f"{sum(whole.calls.values()) / len(whole.noticed):.1f}",
        refused(whole),
    ]


_COLUMNS = [
    "seconds, mean / p95 or p95 / slowest",
    "ready → noticed",
    "ready → posted",
    "submit waits",
    "press waits",
    "people wait",
    "calls per export",
    "refused under readings B to G",
]


def _targets(case: Case, whole: Outcome) -> list[Target]:
    limits, people = _STUDY[case.name], whole.submits + whole.presses
    return [
        Target(f"{case.name}: noticed, mean (s)", fmean(whole.noticed), limits.noticed_mean * _TOLERANCE),
        Target(f"{case.name}: noticed, p95 (s)", percentile(whole.noticed, 0.95), limits.noticed_p95 * _TOLERANCE),
        Target(f"{case.name}: people wait, p95 (s)", percentile(people, 0.95), limits.people_p95 * _TOLERANCE),
        Target(f"{case.name}: refused calls, B to G", sum(whole.refused.values()), 0),
        Target(f"{case.name}: refused posts", whole.slack_refused, 0),
    ]


def measure(seeds: int = _SEEDS) -> tuple[list[Table], list[Target]]:
    """Return the tables and the targets of polling."""
    tables, targets = [], []
    with ProcessPoolExecutor(_PROCESSES, initializer=gc.freeze) as pool:
        lived = {
            (case, way): [pool.submit(live, (case, seed)) for seed in range(seeds)]
            for case, way, live in _runs()
        }  # fmt: skip
        for case in (*CASES, *_OTHERS):
            table = Table(f"{case.name}, {seeds} seeds", _COLUMNS)
            for way in _WAYS:
                if (case, way) not in lived:
                    continue
                whole = together(future.result() for future in lived[case, way])
                table.row(*_row(way, whole))
                if way == BOT and case in CASES:
                    targets += _targets(case, whole)
            tables.append(table)
    return tables, targets


def _runs() -> list[tuple[Case, str, Callable[[tuple[Case, int]], Outcome]]]:
    """Return what is to be run; the others are there for what is learned, not for the oldest way."""
    all_ways = [(case, way, live) for case in CASES for way, live in _WAYS.items()]
    return all_ways + [(case, way, live) for case in _OTHERS for way, live in _WAYS.items() if way != PER_EXPORT]
