"""The usage data set in SQLite, and what is read from it: CSV files, distinct values, consumed tokens."""

import csv
import io
import sqlite3  # noqa: TID251 - the sandbox shares no code with the bot, its storage least of all
import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from sandbox.tokenflex.catalogue import METRICS
from sandbox.tokenflex.contracts import CONTRACTS
from sandbox.tokenflex.recorded import POOLS
from sandbox.tokenflex.synthesis import COLUMNS, rows_of
from sandbox.tokenflex.where import Condition

#: Where nobody says otherwise, usage ends on this day: what comes later has not been delivered yet.
THROUGH = date(2026, 12, 31)


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

    One instance may serve several stand-ins at the same time. What was used after the day `through` is not known; where
    that is a function it is asked at each reading, and what was used until then is delivered.
    """

    def __init__(self, seed: int = 2026, *, through: date | Callable[[], date] = THROUGH) -> None:
        self._seed = seed
        self._through = through
        self._delivered = date.min
        self._lock = threading.Lock()
        self._connection: sqlite3.Connection | None = None

    def query(self, sql: str, parameters: Sequence[Any] = ()) -> list[tuple[Any, ...]]:
        """Return the rows of any query on the table `usage`."""
        with self._lock:
            if self._connection is None:
                self._connection = _built(self._seed)
            self._deliver(self._connection)
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
                self._delivered = date.min

    def _deliver(self, connection: sqlite3.Connection) -> None:
        """Let be known what has been used until the day that is known by now; what is known once stays."""
        through = self._through if isinstance(self._through, date) else self._through()
        if through <= self._delivered:
            return
        days = (self._delivered.isoformat(), through.isoformat())
        connection.execute("INSERT INTO usage SELECT * FROM made WHERE usageDate > ? AND usageDate <= ?", days)
        connection.commit()
        self._delivered = through


def _built(seed: int) -> sqlite3.Connection:
    """Return all usage that is made, of which none is known yet."""
    connection = sqlite3.connect(":memory:", check_same_thread=False)
    connection.execute("PRAGMA case_sensitive_like = ON")
    kinds = {"contractYear": "INTEGER", "uses": "INTEGER", "tokens": "REAL", "minutes": "REAL", "quantity": "REAL"}
    columns = ", ".join(f'"{name}" {kinds.get(name, "TEXT")}' for name in COLUMNS)
    for table in ("made", "usage"):
        connection.execute(f"CREATE TABLE {table} ({columns})")
    marks = ", ".join(f":{name}" for name in COLUMNS)
    for contract in CONTRACTS:
        connection.executemany(f"INSERT INTO made VALUES ({marks})", rows_of(contract, seed))  # noqa: S608 - our own columns
    pool = "CASE tokenPool " + " ".join(f"WHEN '{old}' THEN '{new}'" for old, new in POOLS.items()) + " END"
    shown = ", ".join(f"{pool} AS tokenPool" if name == "tokenPool" else f'"{name}"' for name in COLUMNS)
    connection.execute(f"CREATE VIEW recorded_usage AS SELECT {shown} FROM usage")  # noqa: S608 - our own columns
    connection.commit()
    return connection
