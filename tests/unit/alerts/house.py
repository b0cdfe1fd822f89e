"""Alerts in a house: as the one of schedules, with what Token Flex counts of a contract and what stands in files."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any

from bot.alerts.watcher import AlertWatcher
from bot.answers import announcing, kept
from bot.answers.engine.document import Count, Found, Group, Grouped, Grouping, Moment
from bot.answers.plan import Plan, plan
from bot.answers.shown import Shown
from bot.calls.budget import Rank
from bot.cards import alert_watched
from bot.cards.alert_watched import Limit, Shares, Watched
from bot.contracts import usage_cache
from bot.contracts.usage import Counted
from bot.delivery.kinds import Words, load
from bot.people.permissions import Rules
from bot.runtime.bell import Bell
from bot.settings import AnswerDetail, LinkAudience
from bot.tokenflex.catalogue import Catalogue
from bot.tokenflex.models import ExportRequest, MonthOfUse, TokenYear
from storage import alerts, answers, calls, exports, tellings
from storage.alerts import Alert, NewAlert
from storage.answers import Figures
from storage.models import Delivery, Export, MessageKind
from storage.tellings import Telling
from tests.harness.stored import CONTRACT
from tests.unit.schedules import house

OWNER, CHANNEL, ADMINISTRATOR = house.OWNER, house.CHANNEL, house.ADMINISTRATOR
YEAR = (date(2026, 2, 1), date(2027, 1, 31))
REVIT = Limit("productName", "Revit", 1_000)


@dataclass
class Usage:
    """What Token Flex has counted: known is what was asked; `used` of 10,000 tokens is what the next one would be told.

    `used` is None while Token Flex counts nothing.
    """

    house: "House"
    used: int | None = 1_000
    months: tuple[int, ...] = ()  #: those before this one, oldest first
    has_login: bool = True  #: without one no call is made
    asked: list[datetime] = field(default_factory=list)

    async def known(self, contract: str) -> Counted | None:
        return usage_cache.known(self.house.db, contract)

    def is_asked(self, _contract: str) -> bool:
        return False

    def ask_ahead(self, contract: str) -> None:
        """Make both calls of a look."""
        now, db = self.house.clock.now(), self.house.db
        self.asked.append(now)
        if not self.has_login:
            return
        for _ in range(1 if self.used is None else 2):
            name = usage_cache.for_alerts(contract)
            call = calls.start(db, name=name, rank=Rank.AHEAD, person="", burst=False, now=now)
            calls.end(db, call, now=now, rate_limited=False, retry_after=None)
        self.is_counted(contract)

    def is_counted(self, contract: str = CONTRACT) -> None:
        """Let a contract be counted, as also people have it done."""
        now = self.house.clock.now()
        if self.used is None:
            return
        year = TokenYear(3, *YEAR, 10_000, self.used, 10_000 - self.used)
        this = now.date().replace(day=1)
        firsts = [this]
        for _ in self.months:
            firsts.insert(0, (firsts[0] - timedelta(days=1)).replace(day=1))
        months = tuple(
            MonthOfUse(*each, 1) for each in zip(firsts, ["DESKTOP_PRODUCT"] * 99, self.months, strict=False)
        )
        usage_cache.keep(self.house.db, Counted(contract, now, now.date() - timedelta(days=1), (year,), months))


class House(house.House):
    """A database and what looks at alerts."""

    def __init__(
        self,
        rules: Rules | None = None,
        detail: AnswerDetail = AnswerDetail.FIGURES,
        audience: LinkAudience = LinkAudience.CHANNEL,
    ) -> None:
        self.shown = Shown(Catalogue(), detail=detail, audience=audience)
        self.usage = Usage(self)
        super().__init__(rules)

    def begin(self) -> None:
        """Begin a process on the database that there is."""
        super().begin()
        some: Any = self
        self.watcher = AlertWatcher(
            self.database, self.exports, some.contracts, some.usage, self.access, self.shown, self.clock,
            Bell(self.clock),
        )  # fmt: skip

    async def looks(self, times: int = 3) -> None:
        """Do what is due, as the loop does, until nothing changes any more."""
        for _ in range(times):
            await self.watcher.look()

    async def passes(self, **length: float) -> None:
        """Let time pass, with a look each hour."""
        end = self.clock.now() + timedelta(**length)
        while self.clock.now() < end:
            self.clock._now = min(end, self.clock.now() + timedelta(hours=1))
            await self.looks(2)

    def alert(self, watched: Watched | None = None, **changes: Any) -> Alert:
        """Store an alert."""
        count = self.db.execute("SELECT count(*) FROM alerts").fetchone()[0]
        fields: dict[str, Any] = {
            "origin": f"form:{count}",
            "contract": CONTRACT,
            "channel": CHANNEL,
            "owner": OWNER,
            "watched": alert_watched.as_text(watched or Shares((50, 75))),
        }
        return alerts.add(self.db, NewAlert(**(fields | changes)), self.clock.now())[0]

    def stands(self, alert: Alert) -> Alert:
        """The alert as it stands."""
        return alerts.get(self.db, alert.id)

    def newest(self, alert: Alert) -> Telling:
        """What its newest message says."""
        found = tellings.newest(self.db, alert.id, alert.mark)
        assert found is not None
        return found

    def said(self, row: Delivery, **drawing: Any) -> str:
        """What a message says, if it were drawn now."""
        return load(self.db, row).message(None, Words(answers=self.shown, **drawing)).text

    def messages(self) -> list[str]:
        """What all messages of alerts say, if they were drawn now."""
        return [self.said(row) for row in self.told(MessageKind.ALERT)]

    async def is_read(self, export: Export, used: Mapping[date, int]) -> None:
        """Let the file of an export have this use by day."""
        await self.ends(export.number)
        await self.database.write(_is_read, export.number, used, self.shown.audience, self.clock.now())


def _is_read(db: Any, number: int, used: Mapping[date, int], audience: LinkAudience, now: datetime) -> None:
    export = exports.get(db, number)
    answer = answers.of(db, number, export.announcement)
    assert answer is not None
    asked = plan(export.request, Catalogue(), keeps=True)
    found = found_of(export.request, asked, used)
    announcing.found(db, answer.id, Figures(document=kept.figures(found, asked), sha256=found.sha256), audience, now)


def found_of(request: ExportRequest, asked: Plan, used: Mapping[date, int]) -> Found:
    """Return what the engine finds in the file of a request with this use by day."""
    by_month: dict[date, int] = {}
    for day, tokens in used.items():
        by_month[day.replace(day=1)] = by_month.get(day.replace(day=1), 0) + tokens
    total = Decimal(sum(used.values()))
    return Found(
        rows=len(used),
        kept=len(used),
        size=99,
        sha256="ab" * 32,
        totals={"tokensConsumed": total},
        first_day=min(used, default=None),
        last_day=max(used, default=None),
        grouped=tuple(_grouped(grouping, request, used) for grouping in asked.task.groupings),
        timelines=(_moments(used), _moments(by_month)),
    )


def _grouped(grouping: Grouping, request: ExportRequest, used: Mapping[date, int]) -> Grouped:
    assert [each.count for each in grouping.measures] == [Count.SUM]
    if grouping.by == ("usageDate",):
        groups = [Group((day,), (Decimal(tokens),)) for day, tokens in used.items()]
    else:
        assert grouping.by == request.fields[:1]
        groups = [Group(("Revit",), (Decimal(sum(used.values())),))] if used else []
    return Grouped(grouping, tuple(groups), len(groups), is_single=False)


def _moments(used: Mapping[date, int]) -> tuple[Moment, ...]:
    return tuple(Moment(day, (Decimal(tokens),)) for day, tokens in sorted(used.items()))
