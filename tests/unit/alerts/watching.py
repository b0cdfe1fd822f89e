"""Alerts in a house: the real watcher, exports and rules of who may; a contract whose usage a test knows by days."""

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any, Final

from bot.alerts.watcher import AlertWatcher
from bot.answers import announcing, kept
from bot.answers.engine.document import Grouped, Moment
from bot.answers.shown import Shown
from bot.calls.budget import Rank
from bot.cards import alert_watched
from bot.cards.alert_watched import Watched
from bot.contracts import usage_cache
from bot.contracts.usage import Counted
from bot.questions.identity import days_asked
from bot.questions.periods import Days
from bot.runtime.bell import Bell
from bot.settings import LinkAudience
from bot.tokenflex.catalogue import Catalogue
from bot.tokenflex.models import Contract, MonthOfUse, TokenYear
from storage import alerts, answers, calls, exports
from storage.alerts import Alert, NewAlert
from storage.answers import AnswerState, Figures
from storage.models import Export
from storage.states import ExportState
from storage.tellings import Telling
from tests.harness.rows import FOUND
from tests.harness.stored import CONTRACT, MemoryDatabase
from tests.unit.schedules.house import CHANNEL, OWNER, House, _ends

FIRST: Final = date(2024, 2, 1)
TOKENS: Final = 36_500  #: of each contract year
_DAY: Final = timedelta(days=1)


class World:
    """A contract whose years begin in February, and what is used of it each day; its clock is always right."""

    def __init__(self, today: date) -> None:
        self.today = today
        self.used: Counter[date] = Counter()
        self.unknown = 0  #: of each thousand tokens so many are not counted just now
        self.is_away = False  #: and answers no call

    def passes(self, until: date, rate: int) -> None:
        """Let days pass on which so many tokens are used."""
        while self.today < until:
            self.used[self.today] = rate
            self.today += _DAY

    def counted(self, first: date, last: date) -> int:
        """Return what is counted of some days."""
        used = sum(tokens for day, tokens in self.used.items() if first <= day <= last)
        return used * (1000 - self.unknown) // 1000

    def years(self) -> tuple[TokenYear, ...]:
        """Return the contract's years, as Token Flex would tell them."""
        begins = [FIRST.replace(year=year) for year in range(FIRST.year, FIRST.year + 17)]
        ends = [each - _DAY for each in begins[1:]]
        used = [self.counted(*days) for days in zip(begins, ends, strict=False)]
        return tuple(
            TokenYear(n + 1, first, last, TOKENS, tokens, TOKENS - tokens)
            for n, (first, last, tokens) in enumerate(zip(begins, ends, used, strict=False))
        )

    def months(self) -> tuple[MonthOfUse, ...]:
        """Return what each month used."""
        months = Counter[date]()
        for day, tokens in self.used.items():
            months[day.replace(day=1)] += tokens
        return tuple(MonthOfUse(month, "DESKTOP_PRODUCT", tokens, 9) for month, tokens in sorted(months.items()))


@dataclass(frozen=True, slots=True)
class File:
    """What was read of an export of an alert: when, of which days, and how much was used on each."""

    at: datetime
    days: Days
    used: Mapping[date, int]

    def month(self) -> tuple[date, int]:
        """Return the month of the last day that may be known, and what it used."""
        first = (self.days.last - _DAY).replace(day=1)
        return first, sum(
            tokens for day, tokens in self.used.items() if (day.year, day.month) == (first.year, first.month)
        )


class Usage:
    """What Token Flex has counted: asked at once where it is not away, and paid for in the log of calls."""

    def __init__(self, house: "AlertHouse") -> None:
        self._house = house

    async def known(self, contract: str) -> Counted | None:
        return await self._house.database.read(usage_cache.known, contract)

    def is_asked(self, contract: str) -> bool:
        return contract in self._house.wanted

    def ask_ahead(self, contract: str) -> None:
        self._house.wanted.add(contract)


class AlertHouse(House):
    """A database, what runs schedules, and what watches."""

    def __init__(self, today: date | None = None) -> None:
        self.wanted: set[str] = set()  #: contracts that are to be counted
        self.paid: list[datetime] = []  #: when calls were made for that
        self.files: list[File] = []
        super().__init__()
        self.world = World(today or self.clock.now().date())
        self.contracts.offered = (Contract(CONTRACT, start_date=FIRST.isoformat(), end_date="2041-01-31"),)

    def begin(self) -> None:
        """Begin a process on the database that there is."""
        super().begin()
        some: Any = self
        self.shown = Shown(Catalogue())
        self.watcher = AlertWatcher(
            self.database, self.exports, some.contracts, some.usage(), self.access, self.shown, self.clock,
            Bell(self.clock),
        )  # fmt: skip

    def usage(self) -> Usage:
        """What a process knows of what Token Flex has counted."""
        self.wanted.clear()
        return Usage(self)

    def alert(self, watched: Watched, **changes: Any) -> Alert:
        """Store an alert."""
        count = self.db.execute("SELECT count(*) FROM alerts").fetchone()[0]
        fields = {"contract": CONTRACT, "channel": CHANNEL, "owner": OWNER, "watched": alert_watched.as_text(watched)}
        new = NewAlert(**({"origin": f"form:{count}"} | fields | changes))
        return alerts.add(self.db, new, self.clock.now())[0]

    def alert_now(self, alert: Alert) -> Alert:
        """The alert as it stands."""
        return alerts.get(self.db, alert.id)

    def tellings(self, alert: Alert) -> list[Telling]:
        """What it has told, oldest first."""
        rows = self.db.query("SELECT * FROM tellings WHERE alert = ? AND mark = ? ORDER BY id", [alert.id, alert.mark])
        return list(map(Telling.from_row, rows))

    async def watches(self) -> tuple[datetime | None, ...]:
        """Look until nothing more follows: what it asks is answered between; return when it wants to look again."""
        while True:
            moments = await self.watcher.look()
            if not (await self._counts() | await self._reads()):
                return moments

    async def _counts(self) -> bool:
        """Count the contracts that are wanted; return whether anything is new."""
        wanted, was_away = sorted(self.wanted), self.world.is_away
        self.wanted.clear()
        for contract in wanted:
            made = [self.clock.now()] * (1 if was_away else 2)
            self.paid += made
            await self._stores(_pay, usage_cache.for_alerts(contract), made)
            if not was_away:
                counted = Counted(contract, self.clock.now(), None, self.world.years(), self.world.months())
                await self._stores(usage_cache.keep, counted)
        return bool(wanted) and not was_away

    async def _reads(self) -> bool:
        """Make the files that are asked for, and read them; return whether anything is new."""
        waiting = [each for each in self.made() if each.state is ExportState.QUEUED] if not self.world.is_away else []
        for export in waiting:
            self.clock._now += timedelta(seconds=1)
            await self._stores(_ends, export.number, "Download", self.clock.now())
            await self._stores(self._file(exports.get(self.db, export.number)), export.number, self.clock.now())
        return bool(waiting)

    async def _stores(self, work: Callable[..., Any], *given: Any) -> None:
        """Store what the world does, whatever keeps the process from storing anything."""
        await MemoryDatabase.write(self.database, work, *given)

    def _file(self, export: Export) -> Callable[[Any, int, datetime], None]:
        """Return what stores the figures of an export by days."""
        asked = days_asked(export.request, Catalogue())
        assert asked is not None
        known = [day for day in sorted(self.world.used) if asked.first <= day <= asked.last]
        used = {day: self.world.counted(day, day) for day in known}
        self.files.append(File(self.clock.now(), asked, used))
        line = tuple(Moment(day, (Decimal(tokens),)) for day, tokens in used.items())
        plan = self.shown.plan(export)
        lines = tuple(line if each.unit == "day" else () for each in plan.task.timelines)
        grouped = tuple(Grouped(each, (), 0, is_single=False) for each in plan.task.groupings)
        found = replace(FOUND, grouped=grouped, timelines=lines, sha256=f"{export.number:064x}")
        document = kept.figures(found, plan)

        def store(db: Any, number: int, now: datetime) -> None:
            answer = answers.of(db, number, exports.get(db, number).announcement)
            assert answer is not None
            assert answer.state is AnswerState.WANTED
            figures = Figures(document=document, sha256=found.sha256)
            announcing.found(db, answer.id, figures, LinkAudience.CHANNEL, now)

        return store


def _pay(db: Any, name: str, made: Sequence[datetime]) -> None:
    for now in made:
        call = calls.start(db, name=name, rank=Rank.AHEAD, person="", burst=False, now=now)
        calls.end(db, call, now=now, rate_limited=False, retry_after=None)
