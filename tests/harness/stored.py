"""The database and its exports in the shape that a test needs."""

import asyncio
from collections.abc import Callable
from datetime import datetime
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Concatenate, ParamSpec, TypeVar

from sqlite_utils import Database as Connection

from bot.tokenflex.models import ExportRequest
from storage import exports as export_store
from storage.database import Database, Table, _open_for_reading, _open_for_writing
from storage.models import Export, NewExport
from storage.states import Event
from tests.harness.moved_clock import under_way

T = TypeVar("T")
P = ParamSpec("P")
CONTRACT = "110000123456"


def _folder() -> "TemporaryDirectory[str]":
    memory = Path("/dev/shm")
    return TemporaryDirectory(dir=memory if memory.is_dir() else None)


@cache
def _migrated() -> bytes:
    """Return the file of a new database; all migrations take longer than most of the tests that begin with one."""
    with _folder() as folder:
        path = Path(folder) / "new.db"
        _open_for_writing(path, set[Table]().add).close()
        return path.read_bytes()


class MemoryDatabase(Database):
    """A real database with its threads, in a folder in memory where there is one; `MovedClock` waits for its work."""

    def __init__(self) -> None:
        self._folder = _folder()
        super().__init__(Path(self._folder.name) / "test.db")
        self.path.write_bytes(_migrated())
        self.db = self._write_connection = _open_for_writing(self.path, self._changed.add)
        self._read_connection = _open_for_reading(self.path)

    async def write(self, work: Callable[Concatenate[Connection, P], T], *args: P.args, **kwargs: P.kwargs) -> T:
        """Run `work` in a transaction."""
        self._loop = asyncio.get_running_loop()
        with under_way():
            return await super().write(work, *args, **kwargs)

    async def read(self, work: Callable[Concatenate[Connection, P], T], *args: P.args, **kwargs: P.kwargs) -> T:
        """Run `work`."""
        with under_way():
            return await super().read(work, *args, **kwargs)

    async def close(self) -> None:
        """Forget everything."""
        await super().close()
        self._folder.cleanup()


def accepted(db: Connection, now: datetime, name: str = "year1", *, contract: str = CONTRACT) -> Export:
    """Store a new export; each call is another act."""
    request = ExportRequest(contract, metrics=("tokensConsumed",), file_name=name)
    origin = f"test {db.execute('SELECT count(*) FROM exports').fetchone()[0]}"
    return export_store.accept(db, NewExport(request, "U0ANA00001", "C0FINANCE1", origin), now)[0]


def in_doubt(db: Connection, now: datetime, name: str = "year1", *, contract: str = CONTRACT) -> Export:
    """Store an export whose POST went out at `now` and was not answered."""
    export = accepted(db, now, name, contract=contract)
    export_store.move(db, export.number, Event.TAKE, now, intent_at=now)
    return export_store.change(db, export.number, unanswered_since=now)


def requested(db: Connection, now: datetime, key: str, name: str = "year1", *, contract: str = CONTRACT) -> Export:
    """Store an export that Token Flex took at `now`."""
    export = accepted(db, now, name, contract=contract)
    export_store.move(db, export.number, Event.TAKE, now, intent_at=now)
    changes: dict[str, export_store.Column] = {"request_key": key, "requested_at": now, "upstream_status": "Requested"}
    taken = export_store.move(db, export.number, Event.TAKEN, now, **changes)
    assert taken is not None
    return taken


def limit_pages(db: Connection, pages: int) -> int:
    """Let the file grow to that many pages (never less than it has) and return what the limit was.

    Pages that a migration has freed are filled first, so that there is no room inside either.
    """
    db.execute("CREATE TABLE IF NOT EXISTS filling (content BLOB)")
    while db.execute("PRAGMA freelist_count").fetchone()[0]:
        db.execute("INSERT INTO filling VALUES (zeroblob(4000))")
    before = db.execute("PRAGMA max_page_count").fetchone()[0]
    db.execute(f"PRAGMA max_page_count = {pages}").fetchone()
    return int(before)
