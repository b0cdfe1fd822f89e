"""Alerts in a file: what is written is read again, and every mistake has its line and its field."""

import re
from contextlib import suppress
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import get_args

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlite_utils import Database as Connection

from bot.alerts import alert_file, importing
from bot.alerts.alert_file import Watchable, Written
from bot.alerts.use_cases import Draft
from bot.cards import alert_watched
from bot.cards.alert_watched import Every, Limit, Shares, Shortage, Surplus, Unusual, Watched
from bot.cards.pauses import Paused
from bot.operate import schedule_files
from bot.people.by_itself import MOST
from bot.people.permissions import Rules
from bot.questions import yaml_file
from bot.questions.file_fields import Allowed, Done
from bot.questions.yaml_file import YamlFileError
from bot.tokenflex.catalogue import Catalogue
from storage import alerts, audit, channels, schedules
from storage.alerts import Alert, NewAlert
from storage.audit import Act, Source
from tests.harness.house import ROOT
from tests.harness.rows import NOW, empty, opened

WATCHABLE = Watchable(Catalogue(), ["customField2"], reads_files=True)
ALLOWED = Allowed(Rules(), {})
ANA, BOB, FINANCE = "U0SBX00001", "W0SBX00002", "C0SBX00006"
FILE = """\
alerts:
  - watches: shares
    owner: U0SBX00001
    channel: C0SBX00006
    contract: 110000123456
    shares: 75 %, 90
  - watches: limit
    owner: W0SBX00002
    channel: C0SBX00006
    contract: RomeoAgree-0
    field: productName
    value: Revit
    tokens: 10k
    every: week
    paused: person
  - {watches: unusual, owner: U0SBX00001, channel: C0SBX00006, contract: '1', every: month, percent: 30}
  - {watches: shortage, owner: U0SBX00001, channel: C0SBX00006, contract: '1'}
  - {watches: surplus, owner: U0SBX00001, channel: C0SBX00006, contract: '1', percent: 10 %}
"""
PERCENT = st.integers(1, 100)
VALUES = st.text(st.characters(categories=["L", "N", "P", "S", "Zs"]), max_size=30).map(lambda text: f"x{text}x")
WATCHED: st.SearchStrategy[Watched] = (
    st.lists(PERCENT, min_size=1, max_size=5).map(lambda each: Shares(tuple(each)))
    | st.just(Shortage())
    | st.builds(Unusual, st.sampled_from([Every.MONTH, Every.WEEK]), st.integers(1, 10_000))
    | st.builds(
        Limit,
        st.sampled_from(["productName", "customField1"]),
        VALUES,
        st.integers(1, 10**11),
        st.sampled_from(Every),
    )
    | PERCENT.map(Surplus)
)
WRITTEN = st.builds(
    lambda owner, paused, **said: Written(0, Draft(**said), owner, paused),
    owner=st.sampled_from([ANA, BOB]),
    paused=st.none() | st.sampled_from(Paused),
    contract=st.sampled_from(["110000123456", "RomeoAgree-0", "0123", "1e5"]),
    channel=st.sampled_from([FINANCE, "G0SBX00007"]),
    watched=WATCHED,
)


def found(text: str, allowed: Allowed = ALLOWED, watchable: Watchable = WATCHABLE) -> tuple[Written, ...]:
    """What a file holds."""
    return schedule_files.found(text, watchable, allowed).alerts


def put(db: Connection, text: str) -> list[Done]:
    """Import a file, and say what that did to each."""
    return [each.done for each in importing.put(db, found(text), NOW)]


def written(db: Connection) -> str:
    """The file of a database."""
    return yaml_file.write({"alerts": alert_file.write(alerts.everywhere(db))})


def said(db: Connection) -> list[Alert]:
    """The alerts of a database, but for what tells one database from another."""
    return [replace(each, origin="", edition=0) for each in alerts.everywhere(db)]


@settings(max_examples=40, deadline=None)
@given(st.lists(WRITTEN, max_size=5, unique_by=lambda each: each.key))
def test_what_is_written_is_read_again_and_changes_nothing(known: list[Written]) -> None:
    """Whatever is in it; in another database it makes the same, once."""
    with empty() as here, empty() as there:
        importing.put(here, known, NOW)
        before, file = alerts.everywhere(here), written(here)
        assert put(here, file) == [Done.AS_IT_WAS] * len(known)
        assert alerts.everywhere(here) == before
        for done in (Done.MADE, Done.AS_IT_WAS):
            assert put(there, file) == [done] * len(known)
            assert said(there) == said(here)


def test_what_people_write_is_read() -> None:
    """Numbers as they write them."""
    assert [(each.draft.watched, each.owner, each.paused) for each in found(FILE)] == [
        (Shares((75, 90)), ANA, None),
        (Limit("productName", "Revit", 10_000, Every.WEEK), BOB, Paused.PERSON),
        (Unusual(Every.MONTH, 30), ANA, None),
        (Shortage(), ANA, None),
        (Surplus(10), ANA, None),
    ]
    assert found("schedules: []") == found("alerts: []") == ()


def test_the_example_for_administrators_is_read() -> None:
    """As it stands in the guide, with its remarks: each kind of alert."""
    (example,) = re.findall(r"```yaml\n(alerts:.*?)```", Path(ROOT, "docs/install.md").read_text(), re.DOTALL)
    assert {type(each.draft.watched) for each in found(example)} == set(get_args(Watched))


def changed(old: str, new: str) -> str:
    assert old in FILE
    return FILE.replace(old, new, 1)


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("alert: []", "line 1: the file has to begin with schedules: or alerts: and a list below it"),
        ("alerts:\n  - x", "line 2: an alert has a watches:"),
        (changed("    owner: U0SBX00001\n", ""), "line 2: owner is missing"),
        (changed("owner: U0SBX00001", "owner: ana"), "line 3, owner: write an ID of Slack"),
        (changed("contract: 110000123456", "contract: 7"), "line 5, contract: ALLOWED_CONTRACTS does not have 7"),
        (changed("channel: C0SBX00006", "channel: C0OTHER01"), "line 4, channel: ALLOWED_CHANNELS does not have C0"),
        (changed("watches: shares", "watches: people"), "line 2, watches: write one of shares, shortage, unusual, "),
        (changed("shares: 75 %, 90", "shares: most"), "line 6, shares: “most” is not a whole number of per cent"),
        (changed("shares: 75 %, 90", "shares: 101"), "line 6, shares: Choose shares between 1 and 100 %."),
        (changed("    shares: 75 %, 90\n", ""), "line 2: shares is missing"),
        (changed("shares: 75 %, 90", "percent: 75"), "line 6, percent: what watches shares has none"),
        (changed("tokens: 10k", "tokens: many"), "line 13, tokens: “many” is not a whole number of tokens"),
        (changed("value: Revit", "value: ' '"), "line 12, value: Choose which one, or type its name."),
        (changed("every: week", "every: day"), "line 14, every: write one of month, week, contract-year"),
        (changed("every: month", "every: contract-year"), "line 16, every: write one of month, week"),
        (changed("field: productName", "field: userName"), "line 11, field: only a product or a cost centre"),
        (changed("field: productName", "field: customField2"), "line 11, field: only a product or a cost centre"),
        (changed("field: productName", "field: nonsense"), "line 11, field: only a product or a cost centre"),
        (changed("paused: person", "paused: yes"), "line 15, paused: write one of person, "),
        (changed("percent: 10 %", "percent: ten"), "line 18, percent: “ten” is not a whole number of per cent"),
        (FILE + FILE.partition("\n")[2], "line 19, watches: \"75 and 90 % of the year's tokens used\" stands in line"),
        (changed("    shares:", "    name: x\n    shares:"), "line 6: there is no 'name'; an alert has watches, "),
    ],
)  # fmt: skip
def test_a_mistake_has_its_line_and_its_field(text: str, says: str) -> None:
    """And what to write instead; nobody is watched."""
    rules = Rules(contracts=frozenset({"110000123456", "RomeoAgree-0", "1"}), channels=frozenset({FINANCE}))
    with pytest.raises(YamlFileError) as caught:
        found(text, Allowed(rules, {}))
    assert says in str(caught.value)


def test_where_no_files_are_read_nothing_watches_them() -> None:
    """It would be paused at once."""
    with pytest.raises(YamlFileError) as caught:
        found(FILE, watchable=replace(WATCHABLE, reads_files=False))
    assert caught.value.problems == (
        "line 7, watches: it needs figures of files, which ANSWER_DETAIL says not to read",
    )


@given(st.text(max_size=200) | st.lists(st.sampled_from(FILE.splitlines(keepends=True))).map("".join))
def test_any_text_is_read_or_refused(text: str) -> None:
    """Nothing else is raised, whatever somebody has put there."""
    with suppress(YamlFileError):
        found(text)


# --- stored -------------------------------------------------------------------------------------------------------


def test_a_file_makes_each_once_and_says_whose_it_is_and_whether_it_goes_on() -> None:
    """How it stands stays; what the file does not have stays as well; all on record."""
    with empty() as db:
        assert put(db, FILE) == [Done.MADE] * 5
        first = alerts.get(db, 1)
        assert alerts.stand(db, first, "{}", NOW, NOW) is not None
        text = changed("owner: U0SBX00001", "owner: W0SBX00002").replace("    paused: person\n", "")
        assert put(db, text) == [Done.CHANGED, Done.CHANGED, *[Done.AS_IT_WAS] * 3]
        one, two, *_ = alerts.everywhere(db)
        assert (one.owner, one.standing, one.looked_at, two.paused_why) == (BOB, "{}", NOW, "")
        assert put(db, FILE) == [Done.CHANGED, Done.CHANGED, *[Done.AS_IT_WAS] * 3]
        assert alerts.get(db, 2).paused_why == Paused.PERSON
        assert put(db, changed("shares: 75 %, 90", "shares: 80")) == [Done.MADE, *[Done.AS_IT_WAS] * 4]
        assert len(alerts.everywhere(db)) == 6
        noted = [(entry.source, entry.person) for entry in audit.since(db) if entry.act is Act.ALERT]
        assert noted == [(Source.HOST, "")] * 10


def test_one_that_a_person_made_is_known() -> None:
    """By what it watches for, in which channel."""
    with empty() as db:
        watched = alert_watched.as_text(Shares((90, 75)))
        new = NewAlert(origin="form:1", contract="110000123456", channel=FINANCE, owner=ANA, watched=watched)
        alerts.add(db, new, NOW)
        assert put(db, FILE) == [Done.AS_IT_WAS, *[Done.MADE] * 4]


def test_a_channel_is_known_by_its_old_id() -> None:
    """Also where the settings name the new one alone."""
    with empty() as db:
        channels.hear(db, FINANCE, "C0SBX00099", NOW)
        allowed = Allowed(Rules(channels=frozenset({"C0SBX00099"})), channels.changed_ids(db))
        for done in (Done.MADE, Done.AS_IT_WAS):
            assert [each.done for each in importing.put(db, found(FILE, allowed), NOW)] == [done] * 5
        assert {each.channel for each in alerts.everywhere(db)} == {"C0SBX00099"}


# --- the commands -------------------------------------------------------------------------------------------------

DAILY = "runs: daily, at: 8, zone: UTC, period: all, fields: [userName]"
BOTH = f"""\
schedules:
  - {{name: Daily, owner: {ANA}, channel: {FINANCE}, contract: '1', {DAILY}}}
{FILE}"""


async def test_schedules_and_alerts_stand_in_one_file(tmp_path: Path) -> None:
    """All of it or nothing, beside a bot; what it did is said, line by line."""
    source, target = tmp_path / "source.yaml", tmp_path / "target.yaml"
    async with opened(tmp_path / "one.db") as one, opened(tmp_path / "two.db") as two:
        source.write_text(BOTH.replace("tokens: 10k", "tokens: 0"), encoding="utf-8")
        with pytest.raises(YamlFileError, match="line 15, tokens: Choose a number of tokens, from 1 on"):
            await schedule_files.read(one.path, source, WATCHABLE, Rules(), NOW)
        assert await one.read(schedules.everywhere) == ()
        source.write_text(BOTH, encoding="utf-8")
        done = await schedule_files.read(one.path, source, WATCHABLE, Rules(), NOW)
        revit = "Revit over 10,000 tokens in a week, contract RomeoAgree-0"
        assert [schedule_files.said(each) for each in done][:3] == [
            f"made: Daily, of {ANA} in {FINANCE}; it runs every day at 08:00, UTC",
            f"made: 75 and 90 % of the year's tokens used, contract 110000123456, of {ANA} in {FINANCE}",
            f"made: {revit}, of {BOB} in {FINANCE}; paused by a person",
        ]
        assert schedule_files.write(one.path, target) == (1, 5)
        await schedule_files.read(two.path, target, WATCHABLE, Rules(), NOW)
        assert await two.read(said) == await one.read(said)


async def test_too_many_are_refused(tmp_path: Path) -> None:
    """Then nothing is stored, no schedule either."""
    source = tmp_path / "many.yaml"
    more = [
        f"  - {{watches: surplus, owner: {ANA}, channel: {FINANCE}, contract: '{number}', percent: 5}}"
        for number in range(2, MOST)
    ]
    source.write_text("\n".join([BOTH.rstrip(), *more]), encoding="utf-8")
    async with opened(tmp_path / "one.db") as database:
        with pytest.raises(YamlFileError, match="C0SBX00006 would have more than 100 alerts; nothing was stored"):
            await schedule_files.read(database.path, source, WATCHABLE, Rules(), NOW + timedelta(days=1))
        assert await database.read(schedules.everywhere) == ()


async def test_what_nobody_understands_is_not_written(tmp_path: Path) -> None:
    """It is named, so that somebody can delete it."""
    async with opened(tmp_path / "one.db") as database:
        new = NewAlert(origin="form:1", contract="1", channel=FINANCE, owner=ANA, watched="{}")
        await database.write(alerts.add, new, NOW)
        with pytest.raises(YamlFileError, match="Nobody understands alert 1 of C0SBX00006 any more"):
            schedule_files.write(database.path, tmp_path / "all.yaml")
