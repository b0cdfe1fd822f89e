"""The ids of channels: what was stored under an old one is under the new, whatever comes in whichever order."""

from collections.abc import AsyncIterator, Callable, Sequence
from dataclasses import replace
from datetime import datetime
from itertools import permutations, product
from pathlib import Path

import pytest
from sqlite_utils import Database as Connection

from storage import alerts, channels, events, exports, outbox, schedules, templates
from storage.alerts import NewAlert
from storage.database import Database
from storage.models import DeliveryState, MessageKind, SentMessage
from storage.schedules import NewSchedule
from storage.templates import NewTemplate
from tests.harness.rows import NOW, accepted, after, delivery, known, opened, posted

#: Every column that may hold the id of a channel, and whether it is moved: what was, stays in the audit.
COLUMNS = {
    ("exports", "channel"): True,
    ("outbox", "recipient"): True,
    ("messages", "channel"): True,
    ("facts", "value"): True,
    ("audit", "channel"): False,
    ("templates", "home"): True,
    ("schedules", "channel"): True,
    ("alerts", "channel"): True,
    ("channel_ids", "old"): False,
    ("channel_ids", "new"): True,
}
#: Tables without any such column.
WITHOUT = {"alert_acts", "answers", "attachments", "calls", "logins", "events", "runs", "tellings"}


@pytest.fixture
async def database(tmp_path: Path) -> AsyncIterator[Database]:
    async with opened(tmp_path / "a.db") as database:
        yield database


def filled(db: Connection) -> None:
    """An export with a card that stands in Slack, a result that waits, and the end of its link."""
    accepted(db)
    card = delivery(db)
    outbox.keep_message(db, SentMessage(card.id, "C1", "1.5", after(60)))
    outbox.mark_sent(db, card)
    outbox.plan_expiry(db, card, NOW, after(60))
    delivery(db, "result:1:1", kind=MessageKind.RESULT, due_at=after(600), after="card:1")
    templates.add(db, TEMPLATE, NOW)
    schedules.add(db, SCHEDULE, "2026-01-01T08:00", None, NOW)
    alerts.add(db, NewAlert(origin="form:2", contract="1", channel="C1", owner="U1", watched="{}"), NOW)


SCHEDULE = NewSchedule(
    origin="form:1", name="Tokens", question="{}", contract="1", channel="C1", owner="U1", rule="{}", missed="once"
)
TEMPLATE = NewTemplate(name="Monthly", sentence="", question="{}", owner="U1", home="C1")


def columns(db: Connection) -> set[tuple[str, str]]:
    """All columns of all tables of ours."""
    ours = set(db.table_names()) - {"_sqlite_migrations", "sqlite_sequence"}
    return {(table, column.name) for table in ours for column in db.table(table).columns}


async def test_every_table_is_thought_of(database: Database) -> None:
    """A new table, or a new column named like those of channels, has to be added above, and to `channels.move`."""
    found = await database.read(columns)
    assert {table for table, _ in found} == {table for table, _ in COLUMNS} | WITHOUT
    assert {each for each in found if each[1] in {"channel", "recipient"}} <= set(COLUMNS)


async def test_everything_moves(database: Database) -> None:
    """Afterwards nothing that can change has the old id, and as much has the new one as had the old."""

    def holding(db: Connection, channel: str) -> dict[tuple[str, str], int]:
        count = "SELECT count(*) FROM {} WHERE {} = ?"
        return {each: db.execute(count.format(*each), [channel]).fetchone()[0] for each in COLUMNS if COLUMNS[each]}

    await database.write(lambda db: channels.find_out(db, "C0", "C1", NOW))
    await database.write(filled)
    before = await database.read(lambda db: holding(db, "C1"))
    assert all(before.values()), before
    assert await database.write(lambda db: channels.move(db, "C1", "C2", NOW))
    assert not any((await database.read(lambda db: holding(db, "C1"))).values())
    moved = await database.read(lambda db: holding(db, "C2"))
    assert moved == before | {("channel_ids", "new"): 2}


async def test_a_template_of_a_name_that_was_given_meanwhile_is_told_apart(database: Database) -> None:
    """Neither is lost: what was saved under the new id keeps its name."""
    await database.write(templates.add, replace(TEMPLATE, sentence="old"), NOW)
    await database.write(templates.add, replace(TEMPLATE, home="C2", sentence="new"), NOW)
    await database.write(channels.move, "C1", "C2", NOW)
    found = await database.read(templates.everywhere)
    assert [(each.home, each.name, each.sentence) for each in found] == [
        ("C2", "Monthly", "new"),
        ("C2", "Monthly 1", "old"),
    ]


async def test_what_waits_goes_out_at_once_and_an_end_of_a_link_in_its_time(database: Database) -> None:
    """The refusal that it waits for may have been that of the old id."""
    await database.write(filled)
    await database.write(lambda db: channels.move(db, "C1", "C2", after(10)))
    result, expiry = await database.read(lambda db: (known(db, "result:1:1"), known(db, "expiry:card:1")))
    assert (result.due_at, result.state) == (after(10), DeliveryState.WAITING)
    assert expiry.due_at == after(60)


async def test_what_still_names_the_old_id_is_stored_under_the_new(database: Database) -> None:
    """A request that was being typed, a message that was on its way as the id changed."""
    await database.write(lambda db: channels.move(db, "C1", "C2", NOW))
    await database.write(filled)
    assert (await database.read(exports.get, 1)).channel == "C2"
    card = await database.read(lambda db: posted(db, "card:1"))
    assert card is not None
    assert card.channel == "C2"
    assert (await database.read(known, "card:1")).recipient == "C2"


@pytest.mark.parametrize("order", [*permutations([("C1", "C2"), ("C2", "C3"), ("C3", "C4")])])
async def test_changes_are_heard_of_in_any_order(database: Database, order: tuple[tuple[str, str], ...]) -> None:
    """All of it ends under the newest id, and each older one leads there."""
    await database.write(filled)
    for old, new in order:
        await database.write(channels.move, old, new, NOW)
    assert (await database.read(exports.get, 1)).channel == "C4"
    assert await database.read(channels.changed_ids) == {"C1": "C4", "C2": "C4", "C3": "C4"}


@pytest.mark.parametrize("count", range(4))
async def test_where_it_was_found_stays_known_whatever_is_heard_later(database: Database, count: int) -> None:
    """A press has shown where the channel is; events of before come late and some never: its id leads there."""
    changes = [("C1", "C2"), ("C2", "C3"), ("C3", "C4")]
    for order in permutations(changes, count):
        for pressed, read in product(range(count + 1), ("", "C1")):  # it may have been heard of since it was read
            told = [(channels.hear, *change) for change in order]
            told.insert(pressed, (channels.find_out, read, "C4"))
            assert await database.write(_leads_to, told) == ("C4", "C4")


def _leads_to(
    db: Connection, told: Sequence[tuple[Callable[[Connection, str, str, datetime], bool], str, str]]
) -> tuple[str, str]:
    """Return where an export of the channel C1 is in the end, and where that id leads."""
    db.execute("SAVEPOINT told")
    filled(db)
    for act, old, new in told:
        act(db, old or exports.get(db, 1).channel, new, NOW)
    ends = exports.get(db, 1).channel, channels.current(db, "C1")
    db.execute("ROLLBACK TO told")
    return ends


async def test_a_change_that_is_known_changes_nothing(database: Database) -> None:
    """Nor does one to itself; a channel that has its former id again is found under that."""
    await database.write(filled)
    assert await database.write(channels.move, "C1", "C2", NOW)
    for old, new in (("C1", "C2"), ("C2", "C2")):
        assert not await database.write(channels.move, old, new, NOW)
    assert await database.write(channels.move, "C2", "C1", NOW)
    assert await database.read(channels.changed_ids) == {"C2": "C1"}
    assert (await database.read(exports.get, 1)).channel == "C1"


async def test_an_event_is_heard_once_for_two_days(database: Database) -> None:
    """Slack repeats one for minutes; after two days its id is forgotten, so that the table stays small."""
    assert await database.write(events.hear, "Ev1", NOW)
    assert not await database.write(events.hear, "Ev1", after(86_400))
    assert await database.write(events.hear, "Ev2", after(3 * 86_400))
    assert await database.read(lambda db: [row["id"] for row in db.query("SELECT id FROM events")]) == ["Ev2"]
