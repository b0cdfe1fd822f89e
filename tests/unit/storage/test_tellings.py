"""The store of what alerts have told."""

from collections.abc import Iterator

import pytest
from sqlite_utils import Database as Connection

from storage import alerts, tellings
from storage.migrations import migrations
from storage.tellings import NewTelling, Telling
from tests.harness.rows import NOW, after, alert_of

DAY = 24 * 3600


@pytest.fixture
def db() -> Iterator[Connection]:
    connection = Connection(memory=True)
    migrations.apply(connection)
    yield connection
    connection.close()


def told(db: Connection, alert: int, mark: str, text: str, at: float = 0) -> Telling:
    return tellings.add(db, NewTelling(alert=alert, mark=mark, told=text, counted="{}"), after(at))


def test_the_newest_message_of_an_alert(db: Connection) -> None:
    """Not of one of the same id in another life of the database."""
    first, second = told(db, 1, "a", "one"), told(db, 1, "a", "two", 5)
    told(db, 1, "b", "of another life")
    told(db, 2, "a", "of another")
    assert tellings.newest(db, 1, "a") == second
    assert tellings.newest(db, 3, "a") is None
    tellings.change(db, first.id, "edited", after(9))
    assert tellings.find(db, first.id) == Telling(
        id=1, alert=1, mark="a", told="edited", counted="{}", told_at=NOW, changed_at=after(9)
    )
    assert tellings.find(db, 99) is None


def test_old_ones_are_forgotten_but_the_newest_of_an_alert_that_there_is(db: Connection) -> None:
    alert = alert_of(db)
    old, newest = told(db, alert.id, alert.mark, "old"), told(db, alert.id, alert.mark, "newest")
    gone = told(db, 7, "gone", "of an alert that was deleted")
    fresh = told(db, 7, "gone", "later", 3 * DAY)
    assert tellings.forget(db, after(DAY)) == 2
    kept = [tellings.find(db, each.id) for each in (old, newest, gone, fresh)]
    assert kept == [None, newest, None, fresh]
    alerts.remove(db, alert.id)
    assert tellings.forget(db, after(9 * DAY)) == 2
