"""Schedules as a file: what is written is read again, and every mistake has its line and its field."""

import re
from contextlib import suppress
from dataclasses import fields, replace
from datetime import time, timedelta
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.cards.pauses import Paused
from bot.people.permissions import Rules
from bot.questions import templates
from bot.questions.file_fields import Allowed, Done
from bot.questions.periods import Relative
from bot.questions.questions import Question
from bot.questions.yaml_file import YamlFileError
from bot.schedules import importing, schedule_file
from bot.schedules.drafts import Draft
from bot.schedules.due import Missed
from bot.schedules.rule import Cron, Daily, MonthDay, NthWeekday, Rule, Timed, Weekday, Weekly, WorkingDay
from bot.schedules.schedule_file import SHAPE, Written
from storage import schedules
from storage.schedules import NewSchedule
from tests.harness.house import ROOT
from tests.harness.rows import NOW, empty
from tests.unit.schedules.files import ANA, BERLIN, BOB, FILE, FINANCE, changed, found, put, said, written

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
