"""Schedules as a file: what is written is read again, and every mistake has its line and its field."""

import json
import re
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import fields, replace
from datetime import UTC, datetime, time, timedelta
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlite_utils import Database as Connection

from bot.alerts.alert_file import Watchable
from bot.cards.pauses import Paused
from bot.operate import schedule_files
from bot.people.by_itself import MOST
from bot.people.permissions import Rules
from bot.questions import templates, yaml_file
from bot.questions.file_fields import Allowed, Done
from bot.questions.periods import Relative
from bot.questions.questions import Question
from bot.questions.yaml_file import YamlFileError
from bot.schedules import decisions, drafts, importing, schedule_file
from bot.schedules.drafts import Draft
from bot.schedules.due import Missed
from bot.schedules.rule import Cron, Daily, MonthDay, NthWeekday, Rule, Timed, Weekday, Weekly, WorkingDay
from bot.schedules.schedule_file import SHAPE, Written
from bot.tokenflex.catalogue import Catalogue
from storage import audit, channels, runs, schedules
from storage.audit import Act, Source
from storage.database import DatabaseError
from storage.migrations import migrations
from storage.runs import Due, RunState
from storage.schedules import NewSchedule, Schedule
from tests.harness.house import ROOT
from tests.harness.rows import NOW, opened

WATCHABLE = Watchable(Catalogue(), (), reads_files=True)
ALLOWED = Allowed(Rules(), {})
ANA, BOB, FINANCE = "U0SBX00001", "W0SBX00002", "C0SBX00006"
BERLIN = "Europe/Berlin"
FILE = """\
# Ours
schedules:
  - name: Tokens by product
    owner: U0SBX00001
    channel: C0SBX00006
    contract: 110000123456
    runs: working-day
    nth: first
    at: 8:00
    zone: Europe/Berlin
    fields: [productName]
    metrics:
      - tokensConsumed
    where: productName = 'Revit'
    period: last-month
    waits-until: 12:00
    only-changes: yes
    file: tokens_{month}
  - name: Weekly
    owner: W0SBX00002
    channel: C0SBX00006
    contract: RomeoAgree-0
    runs: weekly
    days: [Monday, friday]
    at: 7 am
    zone: london
    fields: [userName]
    period: last-7-days
    missed: skip
    paused: person
"""
TIMES = st.times().map(lambda each: each.replace(second=0, microsecond=0))
DAYS = (
    st.just(Daily())
    | st.lists(st.sampled_from(Weekday), min_size=1, max_size=7).map(lambda days: Weekly(tuple(days)))
    | st.integers(1, 31).map(MonthDay)
    | st.builds(NthWeekday, st.sampled_from([1, 2, 3, 4, -1]), st.sampled_from(Weekday))
    | st.sampled_from([1, -1]).map(WorkingDay)
)
ZONES = st.sampled_from([BERLIN, "UTC", "America/Argentina/Ushuaia", "Etc/GMT+5"])
LINES = st.sampled_from(["0 8 * * 1", "5 0 L * *", "30 6 1,15 jan-mar mon#1"])
RULES: st.SearchStrategy[Rule] = st.builds(Timed, DAYS, TIMES, ZONES) | st.builds(Cron, LINES, ZONES)
NAMES = st.text(st.characters(categories=["L", "N", "P", "S", "Zs"]), max_size=30).map(
    lambda text: templates.tidy(f"x{text}")
)
DRAFTS = st.builds(
    Draft,
    name=NAMES,
    question=st.builds(
        lambda period, where: Question(("productName",), ("tokensConsumed",), (), where, period),
        st.sampled_from(Relative),
        st.sampled_from(["", "productName = 'Revit'", "userName = ': #o''brien' OR contractYear < 3"]),
    ),
    contract=st.sampled_from(["110000123456", "RomeoAgree-0", "0123", "1e5", "Romeo Agree: #0", "größe-0"]),
    channel=st.sampled_from([FINANCE, "G0SBX00007"]),
    rule=RULES,
    missed=st.sampled_from(Missed),
    file_name=st.sampled_from(["", "tokens_{month}_{year}"]),
    waits_until=st.none() | TIMES,
    only_changes=st.booleans(),
)
WRITTEN = st.builds(
    lambda draft, owner, paused: Written(0, draft, owner, "", paused),
    DRAFTS,
    st.sampled_from([ANA, BOB]),
    st.none() | st.sampled_from(Paused),
)
FILES = st.lists(WRITTEN, max_size=4)


@contextmanager
def empty() -> Iterator[Connection]:
    """A database without anything in it."""
    db = Connection(memory=True)
    migrations.apply(db)
    try:
        yield db
    finally:
        db.close()


def found(text: str, allowed: Allowed = ALLOWED) -> tuple[Written, ...]:
    """What a file holds."""
    return schedule_files.found(text, WATCHABLE, allowed).schedules


def said(db: Connection) -> list[Schedule]:
    """The schedules of a database, but for what tells one database from another."""
    known = schedules.everywhere(db)
    return sorted(
        (replace(each, id=0, origin="", created_at=NOW, changed_at=NOW, edition=0) for each in known), key=repr
    )


def put(db: Connection, text: str, now: datetime = NOW) -> list[Done]:
    """Import a file, and say what that did to each."""
    return [each.done for each in importing.put(db, found(text), now)]


def written(db: Connection) -> str:
    """The file of a database."""
    return yaml_file.write({"schedules": schedule_file.write(schedules.everywhere(db))})


@settings(max_examples=40, deadline=None)
@given(FILES)
def test_what_is_written_is_read_again_and_changes_nothing(known: list[Written]) -> None:
    """Whatever is in it, also where several have one name; in another database it makes the same, once."""
    with empty() as here, empty() as there:
        importing.put(here, [replace(each, line=line, mark=f"{line:010}") for line, each in enumerate(known)], NOW)
        before, file = schedules.everywhere(here), written(here)
        assert put(here, file, NOW + timedelta(days=40)) == [Done.AS_IT_WAS] * len(known)
        assert schedules.everywhere(here) == before
        assert put(there, file) == [Done.MADE] * len(known)
        assert said(there) == said(here)
        assert put(there, file) == [Done.AS_IT_WAS] * len(known)
        assert said(there) == said(here)


def test_what_people_write_is_read() -> None:
    """Times and zones as they write them; what they leave out is as the form has it at first."""
    monthly, weekly = found(FILE)
    assert monthly.draft == Draft(
        name="Tokens by product",
        question=Question(("productName",), ("tokensConsumed",), (), "productName = 'Revit'", Relative.LAST_MONTH),
        contract="110000123456",
        channel=FINANCE,
        rule=Timed(WorkingDay(1), time(8), BERLIN),
        waits_until=time(12),
        only_changes=True,
        file_name="tokens_{month}",
    )
    assert (monthly.owner, monthly.mark, monthly.paused) == (ANA, "", None)
    assert weekly.draft.rule == Timed(Weekly((Weekday.MONDAY, Weekday.FRIDAY)), time(7), "Europe/London")
    assert (weekly.draft.missed, weekly.draft.only_changes, weekly.paused) == (Missed.SKIP, False, Paused.PERSON)
    assert found("schedules: []") == ()


def changed(old: str, new: str) -> str:
    assert old in FILE
    return FILE.replace(old, new, 1)


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("", "line 1: the file has to begin with schedules:"),
        ("templates: []", "line 1: the file has to begin with schedules:"),
        ("schedules:\n  - x", "line 2: a schedule has a name:"),
        (changed("    zone: Europe/Berlin\n", ""), "line 3: zone is missing"),
        (changed("zone: Europe/Berlin", "zone: CET+1"), "line 10, zone: I don't know the zone"),
        (changed("    owner: U0SBX00001\n", ""), "line 3: owner is missing"),
        (changed("owner: U0SBX00001", "owner: ana"), "line 4, owner: write an ID of Slack"),
        (changed("owner: U0SBX00001", "owner: C0SBX00006"), "line 4, owner: write an ID of Slack"),
        (changed("channel: C0SBX00006", "channel: U0SBX00001"), "line 5, channel: write an ID of Slack"),
        (changed("contract: 110000123456", "contract: ''"), "line 6, contract: write the number of a contract"),
        (changed("contract: 110000123456", "contract: 7"), "line 6, contract: ALLOWED_CONTRACTS does not have 7"),
        (changed("channel: C0SBX00006", "channel: C0OTHER01"), "line 5, channel: ALLOWED_CHANNELS does not have C0"),
        (changed("name: Tokens by product", "name: ' - '"), "line 3, name: Give the schedule a name"),
        (changed("name: Weekly", "name: tokens BY  product"), "line 19, name: 'tokens by product' stands in line 3"),
        (changed("runs: working-day", "runs: sometimes"), "line 7, runs: write one of daily, weekly, month-day, "),
        (changed("nth: first", "nth: second"), "line 8, nth: Choose the first or the last working day."),
        (changed("nth: first", "nth: fifth"), "line 8, nth: write one of first, second, third, fourth, last"),
        (changed("    nth: first\n", ""), "line 3, nth: Choose the first or the last working day."),
        (changed("nth: first", "day: 1"), "line 8, day: what runs working-day has none"),
        (changed("days: [Monday, friday]", "days: [Mon, friday]"), "line 24, days: write days such as monday"),
        (changed("days: [Monday, friday]", "days: Monday"), "line 24, days: write a list such as [monday, friday]"),
        (changed("    days: [Monday, friday]\n", ""), "line 19, days: Choose at least one day of the week."),
        (changed("at: 8:00", "at: 25:00"), "line 9, at: “25:00” is not a time of day"),
        (changed("runs: weekly", "runs: cron\n    line: 0 8 *"), "line 25, days: what runs cron has none"),
        (changed("runs: weekly", "runs: cron\n    line: 0 8 *"), "line 24, line: A cron line has five fields"),
        (changed("waits-until: 12:00", "waits-until: noon"), "line 16, waits-until: “noon” is not a time of day"),
        (changed("only-changes: yes", "only-changes: often"), "line 17, only-changes: write one of yes, true, no"),
        (changed("file: tokens_{month}", "file: '{week}'"), "line 18, file: "),
        (changed("missed: skip", "missed: later"), "line 29, missed: write one of once, skip, all"),
        (changed("paused: person", "paused: yes"), "line 30, paused: write one of person, failing, "),
        (changed("period: last-month", "period: last-mnth"), "line 15, period: I don't know the period “last-mnth”"),
        (changed("period: last-month", "period: 2026-10"), "line 15, period: Choose a period that moves on"),
        (changed("fields: [productName]", "fields: [productname]"), 'line 11, fields: "productname" is not a field'),
        (changed("zone: london", "zone: london\n    mark: x"), "line 27, mark: it has ten signs"),
        (changed("zone: london", "zone: london\n    next: x"), "line 27: there is no 'next'; a schedule has name,"),
    ],
)  # fmt: skip
def test_a_mistake_has_its_line_and_its_field(text: str, says: str) -> None:
    """And what to write instead; what the settings do not allow is one."""
    rules = Rules(contracts=frozenset({"110000123456", "RomeoAgree-0"}), channels=frozenset({FINANCE}))
    with pytest.raises(YamlFileError) as caught:
        found(text, Allowed(rules, {}))
    assert says in str(caught.value)


def test_the_example_for_administrators_is_read() -> None:
    """As it stands in the guide, with its remarks."""
    (example,) = re.findall(r"```yaml\n(schedules:.*?)```", Path(ROOT, "docs/install.md").read_text(), re.DOTALL)
    (new,) = found(example)
    assert new.draft.rule == Timed(WorkingDay(1), time(8), BERLIN)
    assert (new.draft.waits_until, new.draft.only_changes) == (time(12), True)


def test_no_field_is_forgotten() -> None:
    """Whatever is stored of a schedule that a person chose has its place in the file."""
    of_people = {each.name for each in fields(NewSchedule)} - {"origin", "rule", "question", "file_name"}
    names = {name.replace("-", "_") for name in (*SHAPE.texts, *SHAPE.lists)}
    assert of_people <= names
    assert {each.name for each in fields(Question)} <= names
    assert {name for kind in schedule_file._OF_KIND.values() for name in kind} <= names
    assert "file" in names


@given(st.text(max_size=200) | st.lists(st.sampled_from(FILE.splitlines(keepends=True))).map("".join))
def test_any_text_is_read_or_refused(text: str) -> None:
    """Nothing else is raised, whatever somebody has put there."""
    with suppress(YamlFileError):
        found(text)


# --- stored -------------------------------------------------------------------------------------------------------


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
