"""The store of saved questions."""

from collections.abc import Iterator
from dataclasses import replace

import pytest
from sqlite_utils import Database as Connection

from storage import templates
from storage.migrations import migrations
from storage.templates import NameTakenError, NewTemplate, UnknownTemplateError
from tests.harness.rows import NOW, after

ANA, BOB, FINANCE = "U0SBX00001", "U0SBX00002", "C0SBX00006"
MONTHLY = NewTemplate(
    name="Monthly", sentence="For the books", question='{"period": "all"}', owner=ANA, home=ANA, origin="view:1"
)


@pytest.fixture
def db() -> Iterator[Connection]:
    """A database in memory."""
    connection = Connection(memory=True)
    migrations.apply(connection)
    yield connection
    connection.close()


def test_what_is_added_is_there(db: Connection) -> None:
    """Whole, once for an act of a person, and found by its name in any case."""
    added, is_new = templates.add(db, MONTHLY, NOW)
    assert is_new
    assert (added.id, added.created_at, added.changed_at) == (1, NOW, NOW)
    assert (added.name, added.sentence, added.question, added.owner, added.home) == (
        *("Monthly", "For the books", '{"period": "all"}', ANA, ANA),
    )
    assert templates.add(db, replace(MONTHLY, name="Other"), after(1)) == (added, False)
    assert templates.get(db, 1) == templates.named(db, "  MONTHLY ", [ANA]) == added
    assert templates.named(db, "Monthly", [BOB, FINANCE]) is None
    with pytest.raises(UnknownTemplateError):
        templates.get(db, 2)


def test_a_name_is_the_only_one_of_its_home(db: Connection) -> None:
    """Whatever its case; elsewhere it is free."""
    templates.add(db, MONTHLY, NOW)
    elsewhere, _ = templates.add(db, replace(MONTHLY, home=FINANCE, origin="view:2"), NOW)
    other, _ = templates.add(db, replace(MONTHLY, name="Weekly", origin="view:3"), NOW)
    with pytest.raises(NameTakenError):
        templates.add(db, replace(MONTHLY, name="monthly", origin="view:4"), NOW)
    with pytest.raises(NameTakenError):
        templates.change(db, other.id, NOW, name="MONTHLY")
    with pytest.raises(NameTakenError):
        templates.change(db, elsewhere.id, NOW, home=ANA)
    assert templates.change(db, 1, NOW, name="monthly").name == "monthly"


def test_changes_are_those_that_were_asked_for(db: Connection) -> None:
    """One column more or less, and when."""
    added, _ = templates.add(db, MONTHLY, NOW)
    changed = templates.change(db, 1, after(5), home=FINANCE, name="Yearly")
    assert changed == replace(added, home=FINANCE, name="Yearly", changed_at=after(5))
    assert changed.is_shared
    assert not added.is_shared
    templates.remove(db, 1)
    with pytest.raises(UnknownTemplateError):
        templates.change(db, 1, NOW, name="x")


def test_lists_go_home_by_home(db: Connection) -> None:
    """One's own first, each home by name."""
    for number, (name, home) in enumerate([("b", FINANCE), ("B2", ANA), ("a", ANA), ("c", BOB)]):
        templates.add(db, replace(MONTHLY, name=name, home=home, owner=ANA, origin=f"view:{number}"), NOW)
    assert [each.name for each in templates.at_home(db, [ANA, FINANCE])] == ["a", "B2", "b"]
    assert [each.name for each in templates.everywhere(db)] == ["b", "a", "B2", "c"]


def test_what_is_put_takes_the_place_of_its_name(db: Connection) -> None:
    """An import changes what is there and adds what is not."""
    first = templates.put(db, replace(MONTHLY, origin=None), NOW)
    again = templates.put(db, replace(MONTHLY, name="MONTHLY", sentence="New", owner=BOB, origin=None), after(1))
    other = templates.put(db, replace(MONTHLY, home=FINANCE, origin=None), NOW)
    assert (again.id, again.name, again.sentence, again.owner, again.created_at) == (1, "MONTHLY", "New", BOB, NOW)
    assert (first.id, other.id) == (1, 2)
