"""The usage data set in SQLite, and what is read from it: CSV files, distinct values, consumed tokens."""

import csv
import io
import sqlite3  # noqa: TID251 - the sandbox shares no code with the bot, its storage least of all
import threading
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from sandbox.tokenflex.catalogue import METRICS
from sandbox.tokenflex.contracts import CONTRACTS
from sandbox.tokenflex.recorded import POOLS
from sandbox.tokenflex.synthesis import COLUMNS, LAST_DAY, rows_of
from sandbox.tokenflex.where import Condition


@dataclass(frozen=True, slots=True)
class Report:
    """What a CSV file shows; names are checked before they come here. Empty `categories` means all of them.

    `table` is `usage`, or `recorded_usage` with the names of the recording for token pools.
    """

    contract: str
    fields: tuple[str, ...]
    metrics: tuple[str, ...]
    categories: tuple[str, ...] = ()
    where: Condition | None = None
    region: str | None = None
    table: str = "usage"

    def sql(self) -> tuple[str, list[Any]]:
        """Return the query of the report: one row per distinct combination of its fields."""
        names = [f'"{name}"' for name in self.fields]
        columns = names + [f'{METRICS[name]} AS "{name}"' for name in self.metrics]
        conditions, parameters = self._conditions()
        group = ", ".join(names) or "NULL"
        order = f" ORDER BY {', '.join(names)}" if names else ""
        sql = f"SELECT {', '.join(columns)} FROM {self.table} WHERE {' AND '.join(conditions)} GROUP BY {group}{order}"  # noqa: S608 - names come from the catalogue
        return sql, parameters

    def _conditions(self) -> tuple[list[str], list[Any]]:
        conditions: list[str] = ["contract = ?"]
        parameters: list[Any] = [self.contract]
        if self.categories:
            conditions.append(f"usageCategory IN ({', '.join('?' * len(self.categories))})")
            parameters.extend(self.categories)
        if self.region is not None:
            conditions.append("customField2 = ?")
            parameters.append(self.region)
        if self.where is not None:
            conditions.append(self.where.sql)
            parameters.extend(self.where.parameters)
        return conditions, parameters


class UsageData:
    """The data set; built in memory when it is first read. Every method blocks: call it from a thread.

    One instance may serve several stand-ins at the same time. What was used after the day `through` is not known.
    """

    def __init__(self, seed: int = 2026, *, through: date = LAST_DAY) -> None:
        self._seed = seed
        self._through = through
        self._lock = threading.Lock()
        self._connection: sqlite3.Connection | None = None

    def query(self, sql: str, parameters: Sequence[Any] = ()) -> list[tuple[Any, ...]]:
        """Return the rows of any query on the table `usage`."""
        with self._lock:
            if self._connection is None:
                self._connection = _built(self._seed, self._through)
            return self._connection.execute(sql, parameters).fetchall()

    def csv(self, report: Report, *, bom: bool = False) -> bytes:
        """Return the file of a report: UTF-8, commas, RFC 4180 quotes, fields before metrics in the order asked."""
        text = io.StringIO()
        writer = csv.writer(text, lineterminator="\r\n")
        writer.writerow((*report.fields, *report.metrics))
        writer.writerows(self.query(*report.sql()))
        return text.getvalue().encode("utf-8-sig" if bom else "utf-8")

    def distinct(self, contract: str, column: str, *, category: str | None, region: str | None) -> list[str]:
        """Return the distinct values of a column that have usage, empty ones left out."""
        report = Report(contract, (column,), (), (category,) if category else (), None, region)
        return [value for (value,) in self.query(*report.sql()) if value]

    def consumed(self, contract: str) -> dict[int, float]:
        """Return the tokens consumed in each contract year."""
        sql = "SELECT contractYear, SUM(tokens) FROM usage WHERE contract = ? GROUP BY contractYear"
        return dict(self.query(sql, (contract,)))

    def last_days(self, contract: str, region: str | None) -> list[tuple[str, str | None, str, str]]:
        """Return category, charge category, last day of usage and last day of entry of each pair that has usage."""
        sql = (
            "SELECT usageCategory, chargeCategory, MAX(usageDate), COALESCE(MAX(transactionDate), MAX(usageDate)) "
            "FROM usage WHERE contract = ? AND (? IS NULL OR customField2 = ?) GROUP BY 1, 2 ORDER BY 1, 2"
        )
        return [(row[0], row[1], row[2], row[3]) for row in self.query(sql, (contract, region, region))]

    def close(self) -> None:
        """Free the data; it would be built anew."""
        with self._lock:
            if self._connection is not None:
                self._connection.close()
                self._connection = None


def _built(seed: int, through: date) -> sqlite3.Connection:
    connection = sqlite3.connect(":memory:", check_same_thread=False)
    connection.execute("PRAGMA case_sensitive_like = ON")
    kinds = {"contractYear": "INTEGER", "uses": "INTEGER", "tokens": "REAL", "minutes": "REAL", "quantity": "REAL"}
    columns = ", ".join(f'"{name}" {kinds.get(name, "TEXT")}' for name in COLUMNS)
    connection.execute(f"CREATE TABLE usage ({columns})")
    marks = ", ".join(f":{name}" for name in COLUMNS)
    for contract in CONTRACTS:
        rows = (row for row in rows_of(contract, seed) if row["usageDate"] <= through.isoformat())
        connection.executemany(f"INSERT INTO usage VALUES ({marks})", rows)  # noqa: S608 - our own columns
    pool = "CASE tokenPool " + " ".join(f"WHEN '{old}' THEN '{new}'" for old, new in POOLS.items()) + " END"
    shown = ", ".join(f"{pool} AS tokenPool" if name == "tokenPool" else f'"{name}"' for name in COLUMNS)
    connection.execute(f"CREATE VIEW recorded_usage AS SELECT {shown} FROM usage")  # noqa: S608 - our own columns
    connection.commit()
    return connection
