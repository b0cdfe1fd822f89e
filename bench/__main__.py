"""All benchmarks: prints the tables, writes `build/bench.json`, and ends with status 1 when a target is missed.

`python -m bench polling start` runs some of them; `policy` is run only by its name.
"""

import os
import sys
import time
from collections.abc import Callable
from pathlib import Path

from bench import (
    answer_speed,
    form_speed,
    home_speed,
    list_speed,
    month_end,
    pace_bench,
    policy_bench,
    polling_bench,
    slack_speed,
    start_speed,
    usage_speed,
)
from bench.figures import Table, Target, write

_PARTS: dict[str, Callable[[], tuple[list[Table], list[Target]]]] = {
    "acknowledging": slack_speed.measure,
    "start": start_speed.measure,
    "list": list_speed.measure,
    "home": home_speed.measure,
    "form": form_speed.measure,
    "answers": answer_speed.measure,
    "usage": usage_speed.measure,
    "polling": polling_bench.measure,
    "month-end": month_end.measure,
    "pace": pace_bench.measure,
    "policy": policy_bench.measure,
}
_BY_NAME_ALONE = {"policy"}  # who changes the policy of looks wants to know, and waits for it
_REPORT = Path("build/bench.json")


def main(names: list[str]) -> int:
    """Run the named parts, or all, and return the exit status."""
    unknown = set(names) - set(_PARTS)
    if unknown:
        print(f"There is no {', '.join(sorted(unknown))}; there are {', '.join(_PARTS)}.")
        return 2
    tables: list[Table] = []
    targets: list[Target] = []
    for name in names or [each for each in _PARTS if each not in _BY_NAME_ALONE]:
        began, busy = time.monotonic(), os.getloadavg()[0]
        new_tables, new_targets = _PARTS[name]()
        for table in new_tables:
            print(table.text(), flush=True)
        print(f"({name}: {time.monotonic() - began:.0f} s; load of the machine before it {busy:.1f})\n", flush=True)
        tables += new_tables
        targets += new_targets
    write(_REPORT, tables, targets)
    print("\n".join(target.text() for target in targets))
    missed = sum(1 for target in targets if not target.is_met)
    print(f"{len(targets) - missed} of {len(targets)} targets met; {_REPORT} has all figures.")
    return 1 if missed else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
