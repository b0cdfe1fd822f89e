"""Schedules of a file are stored once, changed where it says so, all of them or none; and the commands for that."""

import json
from dataclasses import fields
from datetime import UTC, datetime, time, timedelta
from pathlib import Path

import pytest
from sqlite_utils import Database as Connection

from bot.cards.pauses import Paused
from bot.operate import schedule_files
from bot.people.by_itself import MOST
from bot.people.permissions import Rules
from bot.questions.file_fields import Allowed, Done
from bot.questions.yaml_file import YamlFileError
from bot.schedules import decisions, drafts, importing
from bot.schedules.rule import Timed, WorkingDay
from storage import audit, channels, runs, schedules
from storage.audit import Act, Source
from storage.database import DatabaseError
from storage.runs import Due, RunState
from storage.schedules import NewSchedule, Schedule
from tests.harness.rows import NOW, empty, opened
from tests.unit.schedules.files import (
    ANA,
    BERLIN,
    BOB,
    FILE,
    FINANCE,
    WATCHABLE,
    changed,
    found,
    put,
    said,
    written,
)


def test_a_file_makes_each_once_and_changes_what_it_says_otherwise() -> None:
    """By the name in its channel, or by its mark, which keeps a new name the same schedule; all on record."""
    with empty() as db:
        assert put(db, FILE) == [Done.MADE, Done.MADE]
        assert put(db, FILE) == [Done.AS_IT_WAS, Done.AS_IT_WAS]
        assert put(db, changed("at: 8:00", "at: 9:00")) == [Done.CHANGED, Done.AS_IT_WAS]
        monthly, weekly = schedules.everywhere(db)
        assert decisions.rule_of(monthly) == Timed(WorkingDay(1), time(9), BERLIN)
        assert (weekly.paused_why, weekly.owner) == (Paused.PERSON, BOB)
        file = written(db).replace("Tokens by product", "Tokens").replace(f"owner: {ANA}", f"owner: {BOB}")
        assert put(db, file) == [Done.CHANGED, Done.AS_IT_WAS]
        assert [(each.id, each.name, each.owner) for each in schedules.everywhere(db)] == [
            *((monthly.id, "Tokens", BOB), (weekly.id, "Weekly", BOB)),
        ]
        noted = [(entry.source, entry.person, entry.result) for entry in audit.since(db) if entry.act is Act.SCHEDULE]
        done = [(1, "made"), (2, "made"), (1, "changed"), (1, "changed")]
        assert noted == [(Source.HOST, "", f"schedule {n} {did} by an import, for {FINANCE}") for n, did in done]


def test_one_that_was_renamed_in_slack_is_the_same_still() -> None:
    """An earlier import of this very entry made it."""
    with empty() as db:
        put(db, FILE)
        schedules.change(db, 1, {"name": "Another"}, None, NOW)
        assert put(db, FILE) == [Done.CHANGED, Done.AS_IT_WAS]
        assert [each.name for each in schedules.everywhere(db)] == ["Tokens by product", "Weekly"]


def test_what_cannot_be_told_apart_is_asked_for() -> None:
    """By their marks; nothing is stored then."""
    with empty() as db:
        for number in range(2):
            columns = {each.name: getattr(made(db, number), each.name) for each in fields(NewSchedule)}
            assert columns["name"] == "Tokens by product"
        before = schedules.everywhere(db)
        with pytest.raises(YamlFileError, match="line 3, name: there are several of that name in C0SBX00006; add mark"):
            put(db, FILE)
        assert schedules.everywhere(db) == before
        marked = changed("    owner: U0SBX00001", f"    mark: {before[1].mark}\n    owner: U0SBX00001")
        assert put(db, marked) == [Done.CHANGED, Done.MADE]


def made(db: Connection, number: int) -> Schedule:
    """A schedule that somebody made in Slack, as the file has its first one but for its hour."""
    draft = found(changed("at: 8:00", "at: 10:00"))[0].draft
    new = NewSchedule(origin=f"form:{number}", owner=ANA, **drafts.columns(draft))
    return schedules.add(db, new, *decisions.begins(draft.rule, NOW), NOW)[0]


def test_nothing_of_the_past_comes_due_and_what_happened_stays() -> None:
    """A schedule of a file begins with its import; one that goes on forgets nothing, and runs nothing twice."""
    later = datetime(2026, 11, 24, 12, 0, tzinfo=UTC)
    with empty() as db:
        put(db, FILE, later)
        monthly, _ = schedules.everywhere(db)
        assert monthly.next_at == datetime(2026, 12, 1, 7, 0, tzinfo=UTC)
        assert decisions.settle(db, monthly, later) == ()
        put(db, changed("name: Weekly", "name: Every week"), later + timedelta(days=30))
        assert schedules.get(db, monthly.id) == monthly


def test_a_file_pauses_and_lets_go_on() -> None:
    """As it says; what had not begun of one that it pauses does not."""
    with empty() as db:
        put(db, FILE)
        monthly, _ = schedules.everywhere(db)
        run = runs.start(db, monthly.id, "press:1", NOW)
        assert run is not None
        assert put(db, changed("    nth: first", "    paused: person\n    nth: first")) == [
            Done.CHANGED,
            Done.AS_IT_WAS,
        ]
        assert schedules.get(db, monthly.id).paused_why == Paused.PERSON
        assert [each.state for each in runs.of_schedule(db, monthly.id)] == [RunState.LEFT_OUT]
        assert put(db, FILE.replace("    paused: person\n", "")) == [Done.CHANGED, Done.CHANGED]
        assert [each.paused_why for each in schedules.everywhere(db)] == ["", ""]


def test_a_run_that_is_to_be_left_out_stays_so_where_the_rule_does() -> None:
    """An import that changes something else does not bring back what a person skipped."""
    with empty() as db:
        put(db, FILE)
        due = Due(identity="2026-04-01T08:00", due_at=NOW + timedelta(days=28))
        runs.leave_out(db, 1, due, NOW)
        put(db, changed("only-changes: yes", "only-changes: no"))
        assert runs.asked_not(db, 1) == {due.identity}
        put(db, changed("at: 8:00", "at: 9:00"))
        assert runs.asked_not(db, 1) == frozenset()


def test_a_channel_is_known_by_its_old_id() -> None:
    """Also where the settings name the new one alone."""
    with empty() as db:
        channels.hear(db, FINANCE, "C0SBX00099", NOW)
        allowed = Allowed(Rules(channels=frozenset({"C0SBX00099"})), channels.changed_ids(db))
        importing.put(db, found(FILE, allowed), NOW)
        assert {each.channel for each in schedules.everywhere(db)} == {"C0SBX00099"}
        assert [each.done for each in importing.put(db, found(FILE, allowed), NOW)] == [Done.AS_IT_WAS] * 2


# --- the commands -------------------------------------------------------------------------------------------------


async def test_a_file_goes_from_one_database_to_another_beside_a_bot(tmp_path: Path) -> None:
    """Both are open all the while; what it did is said, line by line."""
    source, target = tmp_path / "source.yaml", tmp_path / "target.yaml"
    source.write_text(FILE, encoding="utf-8")
    async with opened(tmp_path / "one.db") as one, opened(tmp_path / "two.db") as two:
        done = await schedule_files.read(one.path, source, WATCHABLE, Rules(), NOW)
        when = "on the first working day of each month at 08:00, Europe/Berlin"
        assert [schedule_files.said(each) for each in done] == [
            f"made: Tokens by product, of {ANA} in {FINANCE}; it runs {when}",
            f"made: Weekly, of {BOB} in {FINANCE}; paused by a person",
        ]
        assert schedule_files.write(one.path, target) == (2, 0)
        await schedule_files.read(two.path, target, WATCHABLE, Rules(), NOW)
        assert await two.read(said) == await one.read(said)


async def test_an_import_is_all_or_nothing(tmp_path: Path) -> None:
    """Also where the last of many is one too many; what cannot be read is told."""
    file = tmp_path / "many.yaml"
    more = f"contract: '1', runs: daily, at: 8, zone: UTC, fields: [userName], period: all, owner: {ANA}"
    entries = [f"  - {{name: n{number}, channel: {FINANCE}, {more}}}" for number in range(MOST + 1)]
    async with opened(tmp_path / "one.db") as database:
        file.write_text("\n".join(["schedules:", *entries]), encoding="utf-8")
        with pytest.raises(YamlFileError, match="C0SBX00006 would have more than 100 schedules"):
            await schedule_files.read(database.path, file, WATCHABLE, Rules(), NOW)
        assert await database.read(schedules.everywhere) == ()
    with pytest.raises(DatabaseError, match="no database"):
        schedule_files.write(tmp_path / "no.db", tmp_path / "all.yaml")
    assert not (tmp_path / "all.yaml").exists()


async def test_what_nobody_understands_is_not_written(tmp_path: Path) -> None:
    """It is named, so that somebody can mend it."""
    async with opened(tmp_path / "one.db") as database:
        await database.write(importing.put, found(FILE), NOW)
        await database.write(schedules.change, 2, {"rule": json.dumps({"kind": "yearly"})}, None, NOW)
        with pytest.raises(YamlFileError, match=r"Nobody understands schedule 2 \(Weekly\) of C0SBX00006 any more"):
            schedule_files.write(database.path, tmp_path / "all.yaml")
