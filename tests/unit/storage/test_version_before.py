"""A database that the version before has written: nothing in it is lost, and each message is still what it was."""

import shutil
import sqlite3
from collections.abc import AsyncIterator
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from sqlite_utils import Database as Connection
from sqlite_utils import Migrations

from bot.delivery.kinds import URGENT, Words, load
from bot.tokenflex.models import DownloadLink
from storage import audit, backup, calls, exports, facts, inspection, logins, outbox
from storage import database as database_module
from storage.database import Database, NewerDatabaseError
from storage.migrations import migrations
from storage.models import About, DeliveryState, MessageKind, to_text
from storage.states import ExportState, Note
from tests.harness.house import ROOT
from tests.harness.rows import known, opened, posted

BEFORE = ROOT / "tests" / "fixtures" / "version_006.db"
NOW = datetime(2026, 11, 20, 9, 45, 10, tzinfo=UTC)
NEWEST = migrations.pending(Connection(memory=True))[-1].name
_K = MessageKind
ADDED_SINCE = {
    _K.PACE_REFUSED,
    _K.REPORT,
    _K.SCHEDULE,
    _K.PRIVATE_SCHEDULE,
    _K.ALERT,
    _K.PRIVATE_ALERT,
    _K.ALERT_FIGURES,
    _K.PRIVATE_ALERT_FIGURES,
    _K.ALERT_PAUSED,
    _K.PRIVATE_ALERT_PAUSED,
    _K.PRIVATE_RESULT,
    _K.LONG_WAIT,
    _K.NOT_DELETED,
    _K.NOT_REMOVED,
    _K.USAGE,
    _K.USAGE_TROUBLE,
    _K.ANSWER,
    _K.PRIVATE_ANSWER,
    _K.NO_FILE,
    _K.PRIVATE_NO_FILE,
}

#: What rows said in their subject and their words: kind, edition, detail, link, and the row that they come after.
MEANT: dict[str, tuple[MessageKind, int, str, bool, str]] = {
    "card:1": (_K.CARD, 0, "", False, ""),
    "card:25": (_K.CARD, 0, "", False, ""),
    "result:2:1": (_K.RESULT, 1, "", True, "card:2"),
    "result:5:1": (_K.RESULT, 1, "", False, "card:5"),
    "result:5:2": (_K.RESULT, 2, "", True, "card:5"),
    "result:17:1": (_K.RESULT, 1, "", True, "card:17"),
    "direct:1:channel trouble:is_archived:": (_K.CHANNEL_TROUBLE, 0, "is_archived", False, ""),
    "direct:26:channel trouble:not_in_channel:": (_K.CHANNEL_TROUBLE, 0, "not_in_channel", False, ""),
    "direct:6:post in doubt:result:6:1": (_K.POST_IN_DOUBT, 0, "", False, ""),
    "direct:8:refused:2026-11-20T08:40:05.500000+00:00": (_K.REFUSAL, 0, "", False, ""),
    "direct:13:refused:2026-11-20T08:58:33+00:00": (_K.REFUSAL, 0, "", False, ""),
    "direct:19:link:1": (_K.PRIVATE_LINK, 0, "", True, ""),
    "direct:login needed:2026-11-20T09:38:05+00:00:U0CARLA004": (_K.LOGIN_LOST, 0, "", False, ""),
    "expiry:result:16:1": (_K.EXPIRY, 0, "", False, "result:16:1"),
    "expiry:direct:19:link:1": (_K.EXPIRY, 0, "", False, "direct:19:link:1"),
}


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """A copy of the file."""
    return Path(shutil.copy(BEFORE, tmp_path / "tokenflex.db"))


@pytest.fixture
async def database(path: Path) -> AsyncIterator[Database]:
    """The copy, opened by the program of today."""
    async with opened(path) as today:
        yield today


def rows_before(table: str) -> list[dict[str, Any]]:
    """Every row of a table as the version before left it."""
    with closing(sqlite3.connect(f"{BEFORE.as_uri()}?mode=ro", uri=True)) as db:
        db.row_factory = sqlite3.Row
        return [dict(row) for row in db.execute(f"SELECT * FROM {table} ORDER BY rowid")]


@pytest.mark.parametrize("table", ["exports", "logins", "facts", "calls", "audit"])
async def test_what_the_step_is_not_about_is_as_it_was(database: Database, table: str) -> None:
    """Columns have been added, empty but since when it waits, whether its name is ours, that it wants an answer."""
    now = await database.read(lambda db: list(db.query(f"SELECT * FROM {table} ORDER BY rowid")))
    before = rows_before(table)
    assert [{name: row[name] for name in was} for row, was in zip(now, before, strict=True)] == before
    for row, was in zip(now, before, strict=True):
        filled = {name for name in row.keys() - was.keys() if row[name]}
        is_made = was.get("file_name") == f"tokenflex-export-{was.get('number')}"
        assert filled == {
            *(name for name, is_filled in (("noted_at", was.get("note")), ("is_named_by_us", is_made)) if is_filled),
            *({"wants_answer"} if table == "exports" else ()),
        }
        assert row.get("noted_at") == (was["changed_at"] if was.get("note") else None)
    assert now


async def test_it_is_read_as_records_of_today(database: Database) -> None:
    """Exports in every state, notes included, acts, calls, and a login that the key opens."""
    every = await database.read(exports.newest, 100)
    assert {export.state for export in every} == set(ExportState) - {ExportState.ABANDONED}  # which is newer
    assert {export.note for export in every} >= {Note.SLOTS, Note.LOGIN, Note.UNANSWERED, Note.PERMISSION}
    assert len(await database.read(lambda db: list(audit.since(db)))) == 48
    assert len(await database.read(calls.since, NOW.replace(month=1))) == 34
    assert await database.read(facts.get, "login lost") == "2026-11-20T09:38:05+00:00"
    key = "a key of the version before"
    login = await database.write(lambda db: logins.load(db, logins.cipher(db, key, NOW)))
    assert login is not None
    assert login.refresh_token == "refresh-of-the-version-before"


async def test_every_row_of_the_outbox_is_there(database: Database) -> None:
    """Under its id and subject, due when it was, about what it was about; what was given up in doubt still is."""
    for old in rows_before("outbox"):
        row = await database.read(known, old["subject"])
        about_login = old["words"] == "login needed"
        assert (row.about, row.about_id) == (
            (About.LOGIN, None) if about_login else (About.EXPORT, old["export_number"])
        )
        in_doubt = old["last_error"].startswith("in doubt: ")
        assert row.state == (DeliveryState.LEFT_IN_DOUBT if in_doubt else old["state"])
        assert row.last_error == old["last_error"].removeprefix("in doubt: ")
        for column in ("id", "recipient", "version", "attempts"):
            assert getattr(row, column) == old[column]
        assert (to_text(row.due_at), to_text(row.created_at)) == (old["due_at"], old["created_at"])
        assert (row.handed_over_at and to_text(row.handed_over_at)) == old["handed_over_at"]
    assert await database.read(lambda db: db.table("outbox").count) == 59


async def test_what_rows_meant_is_in_columns(database: Database) -> None:
    """One of each kind; all others mean the same as one of these."""
    assert {kind for kind, *_ in MEANT.values()} == set(MessageKind) - ADDED_SINCE
    for subject, (kind, edition, detail, shows_link, after) in MEANT.items():
        row = await database.read(known, subject)
        assert (row.kind, row.edition, row.detail, row.shows_link) == (kind, edition, detail, shows_link)
        assert row.after == ((await database.read(known, after)).id if after else None)
        assert row.thread == (row.after if kind is _K.RESULT else None)
    for old in rows_before("outbox"):
        row = await database.read(known, old["subject"])
        assert row.shows_link == (old["words"] == "link")
        assert (row.after is None) == (old["kind"] in {"card", "direct"})


async def test_messages_stand_where_they_stood(database: Database) -> None:
    """Each belongs to the row that it was posted for, with the link that it shows."""
    for old in rows_before("messages"):
        message = await database.read(posted, old["subject"])
        assert message is not None
        shown = message.link_expires_at and to_text(message.link_expires_at)
        assert (message.channel, message.ts, shown) == (old["channel"], old["ts"], old["link_expires_at"])
    assert await database.read(lambda db: db.table("messages").count) == 43
    assert await database.read(lambda db: db.execute("PRAGMA foreign_key_check").fetchall()) == []


async def test_every_row_can_be_drawn(database: Database) -> None:
    """With a link and without one; no blocks are missing and the link is where it belongs."""
    link = DownloadLink("https://files.example/a", NOW)
    for old in rows_before("outbox"):
        row = await database.read(known, old["subject"])
        letter = await database.read(load, row)
        assert letter.message(None, Words()).text
        shows = "https://files.example/a" in str(letter.message(link, Words()).blocks)
        assert not shows or row.kind in {_K.CARD, _K.RESULT, _K.PRIVATE_LINK}
        if row.kind is not _K.EXPIRY:
            assert (letter.thread is not None) == (row.kind is _K.RESULT and row.subject != "result:17:1")


async def test_what_is_due_is_what_was_due(database: Database) -> None:
    """Messages in doubt are to be looked for; what comes after one that is not posted waits for it."""
    due = await database.read(outbox.due, NOW, URGENT)
    assert {row.subject: row.state.value for row, _ in due} == {
        "result:16:1": "sending",
        "card:17": "waiting",
        "card:25": "sending",
        "card:28": "sending",
        "direct:13:refused:2026-11-20T08:58:33+00:00": "sending",
    }
    later = await database.read(outbox.due, NOW.replace(hour=10), URGENT)
    assert {row.subject for row, _ in later if row.kind in URGENT} == {
        "expiry:result:18:1", "expiry:direct:19:link:1", "result:16:1",
    }  # fmt: skip
    assert (await database.read(outbox.next_due, NOW)) == NOW.replace(second=30)


def test_the_version_before_refuses_what_today_has_written(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A downgrade says so, and changes nothing; the backup that it asks for can be made beforehand."""
    backup.back_up(path, path.with_name("backup.db"), NOW)
    backup.restore(path, path.with_name("backup.db"), NOW)
    before = path.read_bytes()
    old, step = Migrations("tokenflex-slack"), migrations
    for each in step.pending(Connection(memory=True))[:-1]:
        old()(each.fn)
    monkeypatch.setattr(database_module, "migrations", old)
    with pytest.raises(NewerDatabaseError, match=rf"newer version .*\(it knows {NEWEST}\); start that version"):
        database_module.check(path)
    assert path.read_bytes() == before


def test_a_backup_of_the_version_before_can_be_restored(path: Path) -> None:
    """It becomes today's as it is put in place, and what it was about to post is looked for first."""
    target = path.with_name("new.db")
    backup.restore(target, path, NOW)
    found = inspection.inspect(target)
    assert found is not None
    assert (found.applied[-1], found.pending) == (NEWEST, ())
    with database_module.read_only(target) as db:
        assert known(db, "card:17").state is DeliveryState.SENDING
        assert known(db, "expiry:result:18:1").state is DeliveryState.WAITING
