"""Templates as a file: what is written is read again, and every mistake has its line and its field."""

import stat
from contextlib import suppress
from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.cards.names import Names
from bot.operate import template_files
from bot.questions import template_file, templates
from bot.questions.periods import Days, Relative
from bot.questions.starters import starters
from bot.questions.templates import MOST, name_problems
from bot.questions.yaml_file import MAX_SIZE, YamlFileError
from bot.tokenflex.catalogue import Catalogue
from storage import templates as template_store
from storage.database import Database, DatabaseError
from storage.templates import NewTemplate, Template
from tests.harness.rows import NOW, opened

CATALOGUE = Catalogue()
ANA, BOB, FINANCE = "U0SBX00001", "W0SBX00002", "C0SBX00006"
FILE = """\
# Ours
templates:
  - name: Monthly by product
    sentence: For the books
    owner: U0SBX00001
    home: C0SBX00006
    fields: [productName]
    metrics:
      - tokensConsumed
    where: productName = 'Revit'
    period: last-month
  - name: 2026
    owner: U0SBX00001
    fields: [userName]
    period: 2026-10
"""


def whole(number: int, new: NewTemplate) -> Template:
    """The template as the store would give it out."""
    said = {name: getattr(new, name) for name in ("name", "sentence", "question", "owner", "home")}
    return Template(**said, id=number, created_at=NOW, changed_at=NOW)


NAMES = st.text(
    st.characters(categories=["L", "N", "P", "S", "Zs"], exclude_characters="=\\\"'`“”„«»‘’‚‛"), max_size=30
).map(lambda text: templates.tidy(f"x{text}"))
WRITABLE = st.builds(
    lambda starter, period, where: replace(starter.question, period=period, where=where),
    st.sampled_from(starters(Names(CATALOGUE))),
    st.sampled_from(Relative) | st.builds(lambda day: Days(day, day), st.dates(date(2020, 1, 1), date(2026, 12, 31))),
    st.sampled_from(["", "productName = 'Revit'", "userName = ': #o''brien' OR contractYear < 3"]),
)
KNOWN = st.lists(
    st.builds(
        lambda name, sentence, question, owner, home: NewTemplate(
            name=name, sentence=sentence, question=templates.write(question), owner=owner, home=home or owner
        ),
        NAMES,
        st.just("") | NAMES,
        WRITABLE,
        st.sampled_from([ANA, BOB]),
        st.sampled_from(["", FINANCE]),
    ),
    max_size=4,
    unique_by=lambda new: (new.home, new.name.casefold()),
)


@settings(max_examples=30)
@given(KNOWN)
def test_what_is_written_is_read_again(known: list[NewTemplate]) -> None:
    """Whatever is in the names and the conditions."""
    text = template_file.write([whole(number, new) for number, new in enumerate(known, 1)])
    assert template_file.read(text, CATALOGUE) == tuple(known)


def test_what_people_write_is_read() -> None:
    """Comments, both kinds of lists, a name that YAML would take for a number."""
    monthly, october = template_file.read(FILE, CATALOGUE)
    assert (monthly.name, monthly.sentence, monthly.owner, monthly.home) == (
        *("Monthly by product", "For the books", ANA, FINANCE),
    )
    assert (october.name, october.home) == ("2026", ANA)
    assert '"period": "2026-10"' in october.question
    assert template_file.read("templates: []", CATALOGUE) == ()


def changed(old: str, new: str) -> str:
    assert old in FILE
    return FILE.replace(old, new, 1)


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("", "line 1: the file has to begin with templates:"),
        ("[]", "line 1: the file has to begin with templates:"),
        ("templates: {}", "line 1: the file has to begin with templates:"),
        ("templates: []\nmore: 1", "line 1: the file has to begin with templates:"),
        ("templates:\n  - name: [", "line 2: "),
        ("templates:\n\t- name: x", "line 2: "),
        ("templates: []\n---\ntemplates: []", "line 2: "),
        ("a\x00b", "a character that YAML does not take"),
        ("templates: [" + "[" * 100_000, "line 1: this is nested too deeply"),
        ("templates:\n  - &a x\n  - *a", "line 2: & and * stand for other parts"),
        ("x" * (MAX_SIZE + 1), "larger than 500,000 bytes"),
        ("templates:\n  - Monthly", "line 2: a template has a name:"),
        (changed("    owner: U0SBX00001\n", ""), "line 3: owner is missing"),
        (changed("    period: last-month\n", ""), "line 3: period is missing"),
        (changed("period: last-month", "period: last-mnth"), "line 11, period: I don't know the period “last-mnth”"),
        (changed("period: last-month", "period: October"), "line 11, period: Of which year is “october”? Write it as"),
        (changed("sentence:", "sentance:"), "line 4: there is no 'sentance'; a template has name,"),
        (changed("fields: [productName]", "fields: productName"), "line 7, fields: write a list such as"),
        (changed("fields: [productName]", "fields: [[productName]]"), "line 7: this is nested too deeply"),
        (changed("fields: [productName]", "fields: [productname]"), 'line 7, fields: "productname" is not a field'),
        (changed("- tokensConsumed", "- productName"), "line 8, metrics: productName is a field"),
        (changed("'Revit'", "Revit"), 'line 10, where: Put "Revit" into single quotes'),
        (changed("name: Monthly by product", "name: [x]"), "line 3, name: write a text"),
        (changed("name: Monthly by product", "name: ''"), "line 3, name: Give the template a name"),
        (changed("owner: U0SBX00001", "owner: ana"), "line 5, owner: write an ID of Slack"),
        (changed("home: C0SBX00006", "home: '#finance'"), "line 6, home: write an ID of Slack"),
        (changed("    fields: [userName]\n", ""), "fields: "),
        (changed("name: 2026", "name: monthly  BY product\n    home: C0SBX00006"), "stands in line 3 already"),
        (changed("    sentence:", "    name: x\n    sentence:"), "line 4, name: it stands in line 3 already"),
        (changed("home: C0SBX00006", "categories: [CLOUD]"), "line 6, categories: CLOUD is for Autodesk's schedules"),
    ],
)
def test_a_mistake_has_its_line_and_its_field(text: str, says: str) -> None:
    """And what to write instead."""
    with pytest.raises(YamlFileError) as caught:
        template_file.read(text, CATALOGUE)
    assert says in str(caught.value)


def test_several_mistakes_are_told_at_once() -> None:
    """Up to a number that somebody can read."""
    text = "templates:\n" + "  - name: x\n" * 30
    with pytest.raises(YamlFileError) as caught:
        template_file.read(text, CATALOGUE)
    assert len(caught.value.problems) == 21
    assert caught.value.problems[-1].startswith("and ")


@given(st.text(max_size=200) | st.lists(st.sampled_from(FILE.splitlines(keepends=True))).map("".join))
def test_any_text_is_read_or_refused(text: str) -> None:
    """Nothing else is raised, whatever somebody has put there."""
    with suppress(YamlFileError):
        found = template_file.read(text, CATALOGUE)
        assert all(not name_problems(new.name, new.sentence) for new in found)


# --- the commands -------------------------------------------------------------------------------------------------


async def stored(database: Database) -> list[tuple[str, str]]:
    return [(each.home, each.name) for each in await database.read(template_store.everywhere)]


async def test_a_file_goes_from_one_database_to_another_beside_a_bot(tmp_path: Path) -> None:
    """Both are open all the while; the file is for its owner alone, and none is written over."""
    source, target = tmp_path / "source.yaml", tmp_path / "target.yaml"
    source.write_text(FILE, encoding="utf-8")
    async with opened(tmp_path / "one.db") as one, opened(tmp_path / "two.db") as two:
        assert await template_files.read(one.path, source, CATALOGUE, NOW) == 2
        assert await stored(one) == [(FINANCE, "Monthly by product"), (ANA, "2026")]
        assert template_files.write(one.path, target) == 2
        assert stat.S_IMODE(target.stat().st_mode) == 0o600
        assert await template_files.read(two.path, target, CATALOGUE, NOW) == 2
        assert await template_files.read(two.path, target, CATALOGUE, NOW) == 2
        assert await stored(two) == await stored(one)
        with pytest.raises(YamlFileError, match="cannot be written"):
            template_files.write(one.path, target)


async def test_an_import_is_all_or_nothing(tmp_path: Path) -> None:
    """Also where the last of many is one too many."""
    file = tmp_path / "many.yaml"
    entries = [f"  - {{name: n{number}, owner: {ANA}, fields: [userName], period: all}}" for number in range(MOST + 1)]
    async with opened(tmp_path / "one.db") as database:
        file.write_text("\n".join(["templates:", *entries]), encoding="utf-8")
        with pytest.raises(YamlFileError, match="more than 100 templates"):
            await template_files.read(database.path, file, CATALOGUE, NOW)
        file.write_text(changed("period: 2026-10", "period: soon"), encoding="utf-8")
        with pytest.raises(YamlFileError, match="line 15, period"):
            await template_files.read(database.path, file, CATALOGUE, NOW)
        assert await stored(database) == []


async def test_what_cannot_be_read_is_told(tmp_path: Path) -> None:
    """No file, no text, no database."""
    with pytest.raises(YamlFileError, match="cannot be read"):
        await template_files.read(tmp_path / "one.db", tmp_path / "no.yaml", CATALOGUE, NOW)
    (tmp_path / "bad.yaml").write_bytes(b"templates: \xff")
    with pytest.raises(YamlFileError, match="no text in UTF-8"):
        await template_files.read(tmp_path / "one.db", tmp_path / "bad.yaml", CATALOGUE, NOW)
    with pytest.raises(DatabaseError, match="no database"):
        template_files.write(tmp_path / "one.db", tmp_path / "all.yaml")
    assert not (tmp_path / "all.yaml").exists()
