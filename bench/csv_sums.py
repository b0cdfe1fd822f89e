"""The baseline in plain Python: `csv.reader` with the sums of three tables. `python -m bench.csv_sums FILE`."""

import csv
import json
import os
import sys
from collections import defaultdict
from pathlib import Path

from bench.session_export import FIELDS, METRICS, TABLES


def main(path: str) -> None:
    """Print the totals and how many groups each table has; amounts are floats, which is quicker than it may be."""
    columns = [*FIELDS, *METRICS]
    places = [columns.index(name) for name in TABLES]
    minutes, tokens = columns.index("usageMinutes"), columns.index("tokensConsumed")
    tables: list[dict[str, list[float]]] = [defaultdict(lambda: [0.0, 0.0, 0]) for _ in places]
    with Path(path).open(encoding="utf-8", newline="") as file:
        rows = csv.reader(file)
        next(rows)
        for row in rows:
            for table, place in zip(tables, places, strict=True):
                sums = table[row[place]]
                sums[0] += float(row[minutes])
                sums[1] += float(row[tokens])
                sums[2] += 1
    print(json.dumps([sum(each[1] for each in tables[0].values()), [len(table) for table in tables]]))


if __name__ == "__main__":
    os.nice(10)  # as the engine
    main(sys.argv[1])
