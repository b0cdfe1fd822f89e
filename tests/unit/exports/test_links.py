"""A link for a person: who may not gets none, and none is shown that is not on record."""

import asyncio
import sqlite3
from collections.abc import AsyncIterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlite_utils import Database as Connection

from bot.errors import ChannelOnlyError, NoSuchExportError, RequesterOnlyError, WrongStateError
from bot.exports.links import Links, Shown
from bot.exports.showings import Showings
from bot.people.access import Access
from bot.people.permissions import Named, Rules
from bot.settings import LinkAudience
from bot.tokenflex.models import DownloadLink
from storage import audit
from storage import exports as export_store
from storage.audit import Act
from storage.database import Database
from storage.states import Event
from tests.harness.people import admitted
from tests.harness.rows import NOW, accepted, opened

OWNER, NEIGHBOUR, STRANGER = admitted("U1", "C1"), admitted("U2", "C1"), admitted("U1", "C9")
LINK = DownloadLink("https://files.example/1", NOW + timedelta(minutes=5))


class Fresh:
    """The links that are known, of which there is one; `asked` are the people who got it."""

    def __init__(self) -> None:
        self.asked: list[str] = []
        self.held: asyncio.Event | None = None

    async def fresh(self, _number: int, person: str) -> DownloadLink:
        self.asked.append(person)
        if self.held is not None:
            await self.held.wait()
        return LINK

    def ends_at(self, _number: int) -> Any:
        return LINK.expires_at


class Impatient:
    """A clock on which every moment is over at once, after what can go on has gone on."""

    def now(self) -> datetime:
        return NOW

    async def sleep(self, _seconds: float) -> None:
        for _ in range(5):
            await asyncio.sleep(0)


@pytest.fixture
async def database(tmp_path: Path) -> AsyncIterator[Database]:
    async with opened(tmp_path / "links.db") as database:
        yield database


@pytest.fixture
def fresh() -> Fresh:
    return Fresh()


def links(
    database: Database, fresh: Any, audience: LinkAudience = LinkAudience.CHANNEL, rules: Rules | None = None
) -> Links:
    nobody: Any = None
    clock = Impatient()
    return Links(
        database, fresh, Showings(), clock, audience, Access(rules or Rules(), nobody, nobody, "T1", database, clock)
    )


def moved(db: Connection, number: int, event: Event) -> bool:
    return export_store.move(db, number, event, NOW) is not None


async def export(database: Database, *events: Event) -> int:
    """Store an export of U1 in C1 and let these events happen to it."""
    kept = await database.write(accepted)
    for event in events:
        assert await database.write(moved, kept.number, event)
    return kept.number


READY = (Event.TAKE, Event.TAKEN, Event.FINISH)


async def never() -> None:
    raise AssertionError("nobody waits here")


async def rows(database: Database) -> list[tuple[str, Act, str]]:
    found = await database.read(lambda db: list(audit.since(db)))
    return [(entry.person, entry.act, entry.result) for entry in found]


async def test_a_link_is_on_record_before_it_is_shown(database: Database, fresh: Fresh) -> None:
    """What comes back says where it is to be seen, and the row is there already."""
    number = await export(database, *READY)
    shown = await links(database, fresh).show(number, NEIGHBOUR, never)
    assert (shown.export.number, shown.link, shown.where) == (number, LINK, Shown.PRIVATELY)
    assert await rows(database) == [("U2", Act.LINK_SHOWN, Shown.PRIVATELY.value)]


async def test_a_link_that_cannot_be_recorded_is_not_shown(
    database: Database, fresh: Fresh, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The use case fails as a whole: no caller has a link that is not on record."""
    number = await export(database, *READY)

    def broken(*_: object) -> None:
        raise sqlite3.OperationalError("broken")

    monkeypatch.setattr(audit, "add", broken)
    with pytest.raises(sqlite3.OperationalError):
        await links(database, fresh).show(number, OWNER, never)


async def test_who_may_not_have_a_link_costs_no_call(database: Database, fresh: Fresh) -> None:
    """Each is refused for its reason, before Token Flex is asked, and nothing is recorded as shown."""
    number = await export(database, *READY)
    for_requester = links(database, fresh, LinkAudience.REQUESTER)
    with pytest.raises(RequesterOnlyError):
        await for_requester.show(number, NEIGHBOUR, never)
    with pytest.raises(NoSuchExportError):
        await for_requester.show(number, admitted("U2", "C9"), never)
    with pytest.raises(NoSuchExportError):
        await for_requester.show(number + 1, OWNER, never)
    assert (fresh.asked, await rows(database)) == ([], [])
    assert (await for_requester.show(number, STRANGER, never)).where is Shown.PRIVATELY


async def test_an_administrator_elsewhere_is_sent_to_the_channel(database: Database, fresh: Fresh) -> None:
    """To administer is not to read: they see the export, not its file."""
    number = await export(database, *READY)
    rules = Rules(administrators=Named(frozenset({"U7"})))
    with pytest.raises(ChannelOnlyError):
        await links(database, fresh, rules=rules).show(number, admitted("U7", "C9"), never)


async def test_who_waits_is_told_and_gets_the_link_all_the_same(database: Database, fresh: Fresh) -> None:
    """After a moment `waiting` is called, once; what then comes is on record as ever."""
    number = await export(database, *READY)
    fresh.held = asyncio.Event()
    told: list[None] = []

    async def waiting() -> None:
        told.append(None)
        assert fresh.held is not None
        fresh.held.set()

    shown = await links(database, fresh).show(number, OWNER, waiting)
    assert (shown.link, told) == (LINK, [None])
    assert await rows(database) == [("U1", Act.LINK_SHOWN, Shown.PRIVATELY.value)]


async def test_no_file_no_link(database: Database, fresh: Fresh) -> None:
    """A failed export has none, and Token Flex is not asked for one."""
    number = await export(database, Event.TAKE, Event.TAKEN, Event.FAIL)
    with pytest.raises(WrongStateError) as refused:
        await links(database, fresh).show(number, OWNER, never)
    assert refused.value.export.number == number
    assert fresh.asked == []
