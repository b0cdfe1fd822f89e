"""`make torture`: boundaries, ways out, faults, random moments under load; prints and writes build/torture.json.

Environment: `RUNS` (100) random runs from `SEED_FROM` (1) on; `SEED=n` replays one; `EVERY=1` fails each statement in
each kind; `ONLY` picks of `boundaries`, `exits`, `faults`, `random`, `bells` (no periodic looks), by comma.
"""

import json
import os
import sys
import tempfile
import time
from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from pathlib import Path
from typing import Any

from tests.torture.shares import PROCESSES, Order, Report, say, share

_REPORT = Path("build/torture.json")


def _orders(folder: str) -> list[Order]:
    variables = os.environ
    first, runs = int(variables.get("SEED_FROM", "1")), int(variables.get("RUNS", "100"))
    seeds = [int(variables["SEED"])] if variables.get("SEED") else list(range(first, first + runs))
    default = "random" if variables.get("SEED") else "boundaries,exits,faults,random,bells"
    parts = tuple((variables.get("ONLY") or default).split(","))
    every = bool(variables.get("EVERY"))
    return [Order(n, parts, tuple(seeds[n::PROCESSES]), every, folder) for n in range(PROCESSES)]


def main() -> int:
    """Run everything; return 1 where any promise was broken, or nothing was tried."""
    started = time.monotonic()
    folder = tempfile.mkdtemp(prefix="torture-")
    report = Report()
    with ProcessPoolExecutor(PROCESSES, mp_context=get_context("spawn")) as processes:
        for each in processes.map(share, _orders(folder)):
            report.add(each)
    shown = report.as_json() | {"seconds": round(time.monotonic() - started)}
    _REPORT.parent.mkdir(exist_ok=True)
    _REPORT.write_text(json.dumps(shown, indent=2) + "\n")
    _say(shown)
    if report.failures:
        say(f"Databases and logs of what failed are in {folder}.")
    return 1 if report.verdict.bad or not (report.exports or report.ways_out) else 0


def _say(shown: dict[str, Any]) -> None:
    for name, value in shown.items():
        say(f"{name.replace('_', ' '):24}{_listed(value) if isinstance(value, list) else value}")
    say(f"Written to {_REPORT}.")


def _listed(values: Sequence[object]) -> str:
    numbers = [value for value in values if isinstance(value, int)]
    if numbers and len(numbers) == len(values):
        ordered = sorted(numbers)
        return f"{ordered[0]} to {ordered[-1]}" if len(ordered) == ordered[-1] - ordered[0] + 1 else str(ordered)
    return "none" if not values else "\n    " + "\n    ".join(map(str, values))


if __name__ == "__main__":
    sys.exit(main())
