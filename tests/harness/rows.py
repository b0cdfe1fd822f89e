"""Short ways to fill a database in tests of the stores."""

from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

from sqlite_utils import Database as Connection

from bot.answers import kept
from bot.answers.engine.document import Found, Group, Grouped
from bot.answers.plan import plan
from bot.cards import alert_told, alert_watched
from bot.cards.alert_told import Phase, ShareUsed, Told
from bot.cards.alert_watched import Shares
from bot.contracts import usage_cache
from bot.contracts.usage import Counted
from bot.tokenflex.catalogue import Catalogue
from bot.tokenflex.models import ExportRequest, MonthOfUse, TokenYear
from storage import alerts, answers, audit, exports, outbox, runs, schedules, tellings
from storage.alerts import Alert, NewAlert
from storage.answers import Figures, NewAnswer
from storage.audit import Act, Entry, Source
from storage.database import Database
from storage.migrations import migrations
from storage.models import About, Delivery, DeliveryState, Export, MessageKind, NewDelivery, NewExport, SentMessage
from storage.runs import Run, RunState
from storage.schedules import NewSchedule
from storage.tellings import NewTelling, Telling

NOW = datetime(2026, 3, 4, 5, 6, 7, 890123, tzinfo=UTC)
REQUEST = ExportRequest(
    "110000123456", ("productName",), ("tokensConsumed",), ("DESKTOP_PRODUCT",), "userName = 'O''Brien'", "year1"
)


def after(seconds: float) -> datetime:
    """A time that many seconds after `NOW`."""
    return NOW + timedelta(seconds=seconds)


@asynccontextmanager
async def opened(path: Path) -> AsyncIterator[Database]:
    """A database that is closed afterwards."""
    database = Database(path)
    await database.open()
    try:
        yield database
    finally:
        await database.close()


@contextmanager
def empty() -> Iterator[Connection]:
    """A database in memory without anything in it."""
    db = Connection(memory=True)
    migrations.apply(db)
    try:
        yield db
    finally:
        db.close()


def accepted(
    db: Connection,
    origin: str = "command:1",
    *,
    requester: str = "U1",
    channel: str = "C1",
    request: ExportRequest = REQUEST,
    replaces: int | None = None,
) -> Export:
    """A queued export."""
    return exports.accept(db, NewExport(request, requester, channel, origin, replaces), NOW)[0]


#: What Token Flex had counted of a contract.
COUNTED = Counted(
    REQUEST.contract_number,
    NOW,
    NOW.date(),
    (TokenYear(3, NOW.date() - timedelta(days=200), NOW.date() + timedelta(days=164), 98765, 43210, 55555, 700, 70),),
    tuple(MonthOfUse(date(2026, month, 1), "DESKTOP_PRODUCT", 7000, 17) for month in (1, 2)),
)


FOUND = Found(
    3,
    3,
    99,
    "ab" * 32,
    {"tokensConsumed": Decimal("1234.5")},
    grouped=(
        Grouped(
            plan(REQUEST, Catalogue()).task.groupings[0],
            (Group(("Revit",), (Decimal("1000.5"),)), Group(("Maya",), (Decimal(234),))),
            2,
            is_single=False,
        ),
    ),
)


def answered(db: Connection, export_number: int = 1, announcement: int = 1) -> answers.Answer:
    """The answer that belongs to an announcement, with figures."""
    origin = answers.origin_of(export_number, announcement)
    wanted = NewAnswer(origin=origin, export=export_number, announcement=announcement)
    answer, _ = answers.add_wanted(db, wanted, NOW)
    if answer.state is answers.AnswerState.WANTED:
        document = kept.figures(FOUND, plan(REQUEST, Catalogue()))
        answers.found(db, answer.id, Figures(document=document, sha256=FOUND.sha256), NOW)
    return answers.get(db, answer.id)


def run_of(db: Connection, export_number: int = 1, *, state: RunState = RunState.FAILED, why: str = "error") -> Run:
    """A run of a schedule that has asked for an export."""
    new = NewSchedule(
        origin="form:schedule",
        name="Maria's tokens",
        question='{"period": "last-month"}',
        contract=REQUEST.contract_number,
        channel=exports.get(db, export_number).channel,
        owner="U1",
        rule='{"kind": "daily", "at": "08:00", "zone": "Europe/Berlin"}',
        missed="once",
    )
    schedule, _ = schedules.add(db, new, "2026-03-03T08:00", after(60), NOW)
    known = runs.of_export(db, export_number)
    if known is not None:
        return known
    started = runs.start(db, schedule.id, f"press:{export_number}", NOW)
    assert started is not None
    moved = runs.move(db, started, state, NOW, export=export_number, why=why)
    assert moved is not None
    return moved


TOLD = Told(REQUEST.contract_number, ShareUsed(3, 75, 74_100, 98_765, 0.55), Phase.OPEN)
_ALERTS = frozenset({MessageKind.ALERT_PAUSED, MessageKind.PRIVATE_ALERT_PAUSED})
_TELLINGS = frozenset(
    {
        *(MessageKind.ALERT, MessageKind.PRIVATE_ALERT),
        *(MessageKind.ALERT_FIGURES, MessageKind.PRIVATE_ALERT_FIGURES),
    }
)


def alert_of(db: Connection, **more: Any) -> Alert:
    """An alert on the contract of the exports."""
    fields = {"origin": "form:alert", "contract": REQUEST.contract_number, "channel": "C1", "owner": "U1"}
    watched = alert_watched.as_text(Shares((75,)))
    return alerts.add(db, NewAlert(**{**fields, "watched": watched, **more}), NOW)[0]


def telling_of(db: Connection, alert: Alert) -> Telling:
    """What an alert has told in its newest message."""
    known = tellings.newest(db, alert.id, alert.mark)
    told = alert_told.as_text(TOLD)
    new = NewTelling(alert=alert.id, mark=alert.mark, told=told, counted=COUNTED.as_json())
    return known or tellings.add(db, new, NOW)


def matter_of(db: Connection, kind: MessageKind, export_number: int = 1) -> dict[str, Any]:
    """What a row of this kind is about; the act of a person who had the usage of a contract posted is made."""
    if kind in {MessageKind.LOGIN_LOST, MessageKind.PACE_REFUSED}:
        return {"about": About.LOGIN}
    if kind in {MessageKind.ANSWER, MessageKind.PRIVATE_ANSWER}:
        return {"about": About.EXPORT, "about_id": export_number, "detail": str(answered(db, export_number).id)}
    if kind in {MessageKind.SCHEDULE, MessageKind.PRIVATE_SCHEDULE}:
        return {"about": About.RUN, "about_id": run_of(db, export_number).id}
    if kind in _ALERTS:
        return {"about": About.ALERT, "about_id": alert_of(db).id}
    if kind in _TELLINGS:
        return {"about": About.TELLING, "about_id": telling_of(db, alert_of(db)).id}
    if kind not in {MessageKind.USAGE, MessageKind.USAGE_TROUBLE}:
        return {"about": About.EXPORT, "about_id": export_number}
    usage_cache.keep(db, COUNTED)
    act = audit.add(db, Entry(NOW, "U1", Act.USAGE, None, "C1", Source.BUTTON, "for the channel"))
    detail = COUNTED.contract if kind is MessageKind.USAGE else "not_in_channel"
    return {"about": About.USAGE, "about_id": act, "detail": detail}


def delivery(
    db: Connection,
    subject: str = "card:1",
    *,
    kind: MessageKind = MessageKind.CARD,
    export_number: int = 1,
    recipient: str = "C1",
    due_at: datetime = NOW,
    after: str = "",
) -> Delivery:
    """A waiting row of the outbox, about what its kind is; `after` is the subject of the row that it comes after."""
    new = NewDelivery(
        subject=subject,
        kind=kind,
        **matter_of(db, kind, export_number),
        recipient=recipient,
        after=known(db, after).id if after else None,
    )
    outbox.put(db, new, NOW, due_at)
    return known(db, subject)


def known(db: Connection, subject: str) -> Delivery:
    """The row of this subject, which is there."""
    found = outbox.find(db, subject)
    assert found is not None, subject
    return found


def posted(db: Connection, subject: str) -> SentMessage | None:
    """The message that stands in Slack for the row of this subject."""
    return outbox.message(db, known(db, subject).id)


def is_open(db: Connection, subject: str) -> bool:
    """Whether there is a row of this subject whose message is still to be posted or edited."""
    row = outbox.find(db, subject)
    return row is not None and row.state in {DeliveryState.WAITING, DeliveryState.SENDING}
