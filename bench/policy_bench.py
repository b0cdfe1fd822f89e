"""What each part of the policy of looks is worth: the same days without it, one part after another.

A part stays in `bot/exports/poll_policy.py` where it is worth more than 2 % somewhere and does not cost as much
elsewhere. It is taken out from outside: by what the policy is told, or by what is made of its answer.
"""

import gc
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, replace
from datetime import datetime
from math import exp
from random import Random
from statistics import fmean, stdev

from bench.cases import CASES, LIKE_CLOCKWORK, Case, day
from bench.figures import Cell, Table, Target, percentile
from bench.polling_bench import together
from bench.polling_house import Outcome, World, live_through
from bot.calls.turns import Room
from bot.exports.durations import Durations
from bot.exports.poll_policy import Target as Contract
from bot.exports.poll_policy import next_poll
from bot.exports.poller import Policy
from bot.settings import CallPace

_SEEDS = 20
_PROCESSES = 2
_RESAMPLED = 200
_AS_IT_IS = "as it is"
_CAREFUL, _SAVING = World(), World(CallPace.BUCKET, "E")
_COLUMNS = ["without", "noticed, mean", "noticed, p95", "people wait, mean", "people wait, p95", "calls per export"]


@dataclass(frozen=True, slots=True)
class _AtAnyAge(Durations):
    """Durations that do not say when an export will end: it may at any age alike."""

    def survival(self, seconds: float) -> float:
        """Return the share of exports that take longer than that."""
        return exp(-max(0.0, seconds) / self.mean)


def _in_turn(found: Sequence[Contract], room: Room, durations: Durations, now: datetime) -> tuple[Contract, datetime]:
    """Look at the contract that was looked at longest ago instead of the one where most has probably waited."""
    target, at = next_poll(found, room, durations, now)
    due = [each for each in found if each.due_at <= now]
    return (min(due, key=lambda each: each.due_at), at) if at <= now and due else (target, at)


_LEARNED = "learned durations (those of the prior)"
_POLICIES: Mapping[str, Policy] = {
    _AS_IT_IS: next_poll,
    _LEARNED: lambda found, room, _, now: next_poll(found, room, Durations(), now),
    "ages (plain time alone)": lambda found, room, _, now: next_poll(found, room, _AtAnyAge(), now),
    "leaving a second call to people": lambda found, room, durations, now: next_poll(
        found, replace(room, busy=False), durations, now
    ),
    "an early first look": lambda found, room, durations, now: next_poll(
        [replace(each, must_at=None) for each in found], room, durations, now
    ),
    "the contract that waits longest (in turn)": _in_turn,
}
#: Nothing but exports that hardly differ shows what learning is worth, by each pace.
_ONLY_LEARNED = (_AS_IT_IS, _LEARNED)
_DAYS: tuple[tuple[Case, World, Sequence[str]], ...] = (
    *((case, _CAREFUL, tuple(_POLICIES)) for case in CASES),
    (LIKE_CLOCKWORK, _CAREFUL, _ONLY_LEARNED),
    (LIKE_CLOCKWORK, _SAVING, _ONLY_LEARNED),
)


def _live(case: Case, seed: int, world: World, name: str) -> Outcome:
    return live_through(day(case, seed), policy=_POLICIES[name], world=world)


_FIGURES: tuple[Callable[[Outcome], float], ...] = (
    lambda whole: fmean(whole.noticed),
    lambda whole: percentile(whole.noticed, 0.95),
    lambda whole: fmean(whole.submits + whole.presses),
    lambda whole: percentile(whole.submits + whole.presses, 0.95),
    lambda whole: sum(whole.calls.values()) / len(whole.noticed),
)


def _change(figure: Callable[[Outcome], float], days: Sequence[tuple[Outcome, Outcome]]) -> float:
    """Return by how many per cent a figure is higher on the second days than on the first."""
    before, after = (figure(together(each)) for each in zip(*days, strict=True))
    return 100 * (after / before - 1)


def _changes(before: Sequence[Outcome], after: Sequence[Outcome]) -> list[Cell]:
    """Return the changes in per cent, each with its standard error: how it varies with the choice of days."""
    days = list(zip(before, after, strict=True))
    random, cells = Random(1), list[Cell]()
    for figure in _FIGURES:
        varied = [_change(figure, random.choices(days, k=len(days))) for _ in range(_RESAMPLED)]
        cells.append(f"{_change(figure, days):+.1f} ± {stdev(varied):.1f}")
    return cells


def measure(seeds: int = _SEEDS) -> tuple[list[Table], list[Target]]:
    """Return the tables; there are no targets."""
    tables = []
    with ProcessPoolExecutor(_PROCESSES, initializer=gc.freeze) as pool:
        lived = {
            (case, world, name): [pool.submit(_live, case, seed, world, name) for seed in range(seeds)]
            for case, world, names in _DAYS
            for name in names
        }
        for case, world, names in _DAYS:
            outcomes = {name: [each.result() for each in lived[case, world, name]] for name in names}
            as_it_is = outcomes.pop(_AS_IT_IS)
            title = f"{case.name}, {world.pace.value}, {seeds} seeds: changes in per cent, + is worse"
            table = Table(title, _COLUMNS)
            table.row(_AS_IT_IS, *(f"{figure(together(as_it_is)):.1f}" for figure in _FIGURES))
            for name, outcome in outcomes.items():
                table.row(name, *_changes(as_it_is, outcome))
            tables.append(table)
    return tables, []
