"""A month's first working day: fifty reports come due at once in an office, beside the same office without them."""

import gc
from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor
from datetime import timedelta

from bench.cases import PRESS_AFTER, WITH_REPORTS, Case, day, with_reports
from bench.figures import Cell, Table, Target, percentile
from bench.polling_bench import late, pair, refused, together
from bench.polling_house import Outcome, live_through

_SEEDS = 8
_PROCESSES = 2
_AT_MOST = timedelta(minutes=90)  #: from the moment they are due until Token Flex has taken all fifty
_WORSE, _LATER = 1.2, 2.0  #: how much longer people may wait because of them: so many times, or by so many seconds

_COLUMNS = [
    "seconds, p95 / slowest or mean / p95",
    "people wait in these 90 min",
    "people's exports noticed",
    "reports: last taken after, min (median, slowest day)",
    "reports noticed",
    "their presses wait",
    "calls in all",
    "refused under readings B to G",
]


def _without(case: Case, seed: int) -> Outcome:
    return live_through(day(case, seed))


def _with(case: Case, seed: int) -> Outcome:
    return live_through(with_reports(day(case, seed)))


def _with_readers(case: Case, seed: int) -> Outcome:
    """Live through a day on which reports are read like what somebody waits for: fifty acts more, in the same time."""
    return live_through(with_reports(day(case, seed), PRESS_AFTER))


def people_wait(case: Case, outcomes: Sequence[Outcome]) -> list[float]:
    """Return how long people waited who began to within the time in which reports are asked for."""
    due = day(case, 0).reports_due
    return [waited for each in outcomes for since, waited in each.waits if due <= since <= due + _AT_MOST]


def _row(way: str, case: Case, outcomes: Sequence[Outcome]) -> list[Cell]:
    whole = together(outcomes)
    reports = whole.reports
    return [
        way,
        late(people_wait(case, outcomes)),
        pair(whole.noticed),
        _last_taken(outcomes) if reports else "",
        pair([each.noticed for each in reports]) if reports else "",
        late([each.pressed for each in reports]) if reports else "",
        sum(whole.calls.values()) // len(outcomes),
        refused(whole),
    ]


def _last_taken(outcomes: Sequence[Outcome]) -> str:
    last = sorted(max(each.taken for each in outcome.reports) / 60 for outcome in outcomes)
    return f"{last[len(last) // 2]:.0f}, {last[-1]:.0f}"


def _targets(case: Case, without: Sequence[Outcome], outcomes: Sequence[Outcome]) -> list[Target]:
    before, after = (percentile(people_wait(case, each), 0.95) for each in (without, outcomes))
    whole = together(outcomes)
    waits = Target(f"{case.name}: people wait beside 50 reports, p95 (s)", after, max(before * _WORSE, before + _LATER))
    return [
        *([waits] if case is not WITH_REPORTS[-1] else []),
        Target(
            f"{case.name}: all 50 reports taken after (s)",
            max(each.taken for each in whole.reports),
            _AT_MOST.total_seconds(),
        ),
        Target(f"{case.name}: refused calls, B to G", sum(whole.refused.values()), 0),
        Target(f"{case.name}: refused posts", whole.slack_refused, 0),
    ]


def measure(seeds: int = _SEEDS) -> tuple[list[Table], list[Target]]:
    """Return the table and the targets of a month's first reports."""
    table, targets = Table(f"a month's first 50 reports, {seeds} seeds", _COLUMNS), list[Target]()
    with ProcessPoolExecutor(_PROCESSES, initializer=gc.freeze) as pool:
        lived = {
            case: [
                [pool.submit(live, case, seed) for seed in range(seeds)] for live in (_without, _with, _with_readers)
            ]
            for case in WITH_REPORTS
        }
        for case, begun in lived.items():
            without, outcomes, read_at_once = ([each.result() for each in days] for days in begun)
            table.row(*_row(f"{case.name}, without reports", case, without))
            table.row(*_row(f"{case.name}, with them", case, outcomes))
            table.row(*_row("the same, each report's button pressed after 10 min on average", case, read_at_once))
            targets += _targets(case, without, outcomes)
    return [table], targets
