"""The queries of a stand-in and their life: queued, processing, done for a while; by the clock that was handed in."""

from collections import deque
from dataclasses import dataclass, field
from datetime import datetime
from random import Random
from typing import Any

from sandbox.clock import Clock
from sandbox.tokenflex.settings import SandboxSettings
from sandbox.tokenflex.usage_data import Report

QUEUED, PROCESSING, DONE, FAILED, TIMEOUT, EXPIRED = "QUEUED", "PROCESSING", "DONE", "FAILED", "TIMEOUT", "EXPIRED"
#: The longest that a query may be worked on (source: Token Flex, limits).
LONGEST = 300.0
_QUEUED_SHARE = 0.25


@dataclass(slots=True)
class Query:
    """One query; `seconds` is how long it takes, `detail_uri` is what is answered, which leads nowhere in one form.

    `rows` are there once somebody has read them.
    """

    id: str
    detail_uri: str
    owner: tuple[str, str]
    report: Report
    asked: datetime
    seconds: float
    will_fail: bool
    life: float
    rows: list[list[Any]] | None = field(default=None, repr=False)

    def status(self, now: datetime) -> str:
        """Return what the query is doing at a moment."""
        age = (now - self.asked).total_seconds()
        if age < self.seconds * _QUEUED_SHARE:
            return QUEUED
        if age < min(self.seconds, LONGEST):
            return PROCESSING
        if self.seconds > LONGEST:
            return TIMEOUT
        if self.will_fail:
            return FAILED
        return DONE if age < self.seconds + self.life else EXPIRED


class QueryBook:
    """All queries; `to_fail` counts those that are to end in `FAILED`, `next_durations` are taken one by one."""

    def __init__(self, clock: Clock, settings: SandboxSettings, random: Random) -> None:
        self._clock = clock
        self._settings = settings
        self._random = random
        self._queries: dict[str, Query] = {}
        self.to_fail = 0
        self.next_durations: deque[float] = deque()

    def status(self, query: Query) -> str:
        """Return what a query is doing now."""
        return query.status(self._clock.now())

    def get(self, query_id: str, contract: str, owner: tuple[str, str]) -> Query | None:
        """Return the query of that id if it was made for this contract, by this user and client."""
        query = self._queries.get(query_id)
        return query if query and query.report.contract == contract and query.owner == owner else None

    def submit(self, report: Report, owner: tuple[str, str]) -> Query:
        """Return the same query of the same owner that is done already, or else a new one."""
        for known in self._queries.values():
            if known.report == report and known.owner == owner and self.status(known) == DONE:
                return known
        query = self._made(report, owner)
        self._queries[query.id] = query
        return query

    def _made(self, report: Report, owner: tuple[str, str]) -> Query:
        number = f"{self._random.getrandbits(160):040x}"
        forms = {"reference": False, "walkthrough": True}
        prefixed = forms.get(self._settings.query_ids, self._random.random() < 0.5)
        query_id = f"query:{number}" if prefixed else number
        base = "/v1" if prefixed else "/tokenflex/v1"
        fails, self.to_fail = self.to_fail > 0, max(0, self.to_fail - 1)
        return Query(
            query_id,
            f"{base}/usage/{report.contract}/query/{query_id}",
            owner,
            report,
            self._clock.now(),
            self._duration(),
            fails,
            self._settings.query_life,
        )

    def _duration(self) -> float:
        if self.next_durations:
            return self.next_durations.popleft()
        return self._settings.draw_query_duration(self._random)
