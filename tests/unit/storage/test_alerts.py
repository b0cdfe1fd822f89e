"""The store of alerts."""

from collections.abc import Iterator
from dataclasses import replace
from typing import Any, Final

import pytest
from sqlite_utils import Database as Connection

from storage import alerts
from storage.alerts import Alert, NewAlert, UnknownAlertError
from storage.migrations import migrations
from tests.harness.rows import NOW, after

NEW: Final = NewAlert(origin="press:1", contract="9", channel="C1", owner="U1", watched="{}")


@pytest.fixture
def db() -> Iterator[Connection]:
    """A database in memory."""
    connection = Connection(memory=True)
    migrations.apply(connection)
    yield connection
    connection.close()


def added(db: Connection, origin: str = "press:1", **more: Any) -> Alert:
    return alerts.add(db, replace(NEW, origin=origin, **more), NOW)[0]


def test_an_act_makes_one_alert(db: Connection) -> None:
    first = added(db)
    assert alerts.add(db, NEW, after(5)) == (first, False)
    assert (first.standing, first.paused_why, first.useless, first.looked_at) == ("", "", 0, None)
    with pytest.raises(UnknownAlertError):
        alerts.get(db, 99)


def test_how_it_stands_is_noted_by_whoever_read_it_last(db: Connection) -> None:
    """A look and a press at the same time: one of them is to read it again."""
    read = added(db)
    stands = alerts.stand(db, read, '{"1": 1}', after(1), after(0.5))
    assert stands
    assert (stands.standing, stands.edition, stands.looked_at, stands.changed_at) == (
        '{"1": 1}',
        2,
        after(0.5),
        after(1),
    )
    assert alerts.stand(db, read, "{}", after(2)) is None
    same = alerts.stand(db, stands, '{"1": 1}', after(3))
    assert same
    assert (same.edition, same.looked_at, same.changed_at) == (2, after(0.5), after(1))


def test_which_are_watched_and_who_sees_them(db: Connection) -> None:
    here, mine = added(db, "a", owner="U2"), added(db, "b", channel="C2", contract="8")
    added(db, "c", channel="C2", owner="U2", contract="7")
    assert alerts.seen_from(db, ["C1"], "U1") == (mine, here)
    assert alerts.contracts(db) == ("7", "8", "9")
    assert alerts.of_contract(db, "9") == (here,)
    paused = alerts.pause(db, here.id, "owner", after(1))
    assert (alerts.of_contract(db, "9"), alerts.contracts(db)) == ((), ("7", "8"))
    assert alerts.seen_from(db, ["C1"], "U1") == (mine, paused)


def test_it_is_paused_once_and_goes_on_as_somebody_s(db: Connection) -> None:
    alert = added(db)
    assert alerts.resume(db, alert.id, "U7", NOW) is None
    assert alerts.pause(db, alert.id, "owner", NOW)
    assert alerts.pause(db, alert.id, "other", NOW) is None
    resumed = alerts.resume(db, alert.id, "U7", after(1))
    assert resumed
    assert (resumed.owner, resumed.paused_why) == ("U7", "")
    assert alerts.stand(db, alert, "{}", after(2)) is None


def test_that_it_is_not_useful_is_counted_and_it_can_be_removed(db: Connection) -> None:
    alert = added(db)
    alerts.count_useless(db, alert.id)
    alerts.count_useless(db, alert.id)
    assert alerts.get(db, alert.id).useless == 2
    alerts.remove(db, alert.id)
    assert alerts.find(db, alert.id) is None
    assert alerts.stand(db, alert, "{}", NOW) is None
    assert alerts.pause(db, alert.id, "owner", NOW) is None
