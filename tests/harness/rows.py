"""Short ways to fill a database in tests of the stores."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

from sqlite_utils import Database as Connection

from bot.tokenflex.models import ExportRequest
from storage import exports, outbox
from storage.database import Database
from storage.models import Delivery, Export, MessageKind, NewExport

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


def delivery(
    db: Connection,
    subject: str = "card:1",
    *,
    kind: MessageKind = MessageKind.CARD,
    export_number: int = 1,
    recipient: str = "C1",
    due_at: datetime = NOW,
) -> Delivery:
    """A waiting row of the outbox; its export has to be there."""
    outbox.put(db, subject=subject, kind=kind, export_number=export_number, recipient=recipient, now=NOW, due_at=due_at)
    return outbox.get(db, subject)
