"""The store of alerts. What is watched for, and how it stands, are texts here, written and read by `bot.alerts`."""

import json
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime

from sqlite_utils import Database as Connection

from . import channels, rows
from .models import Stored, mark_of, to_text


class UnknownAlertError(LookupError):
    """There is no alert of that id (any more)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class NewAlert:
    """What is needed to have something watched; `origin` names the one act of a person that wants it."""

    origin: str
    contract: str
    channel: str
    owner: str
    watched: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Alert(NewAlert, Stored):
    """Something that is watched."""

    id: int
    standing: str  #: how it stands; "" where nothing was told yet
    paused_why: str  #: in one word; "" where it is not paused
    useless: int  #: how often people said that it is not useful
    edition: int  #: grows with each change of how it stands, or by a person
    looked_at: datetime | None  #: as of when the figures were that it was looked at by last
    created_at: datetime
    changed_at: datetime

    @property
    def mark(self) -> str:
        """What tells it from an alert of the same id in another life of the database."""
        return mark_of(self.origin)


def add(db: Connection, new: NewAlert, now: datetime) -> tuple[Alert, bool]:
    """Store an alert and return it with True; the same act again returns the first one with False."""
    for row in db.query("SELECT * FROM alerts WHERE origin = ?", [new.origin]):
        return Alert.from_row(row), False
    columns = {name: getattr(new, name) for name in NewAlert.__dataclass_fields__}
    columns["channel"] = channels.current(db, new.channel)
    return get(db, rows.insert(db, "alerts", {**columns, "created_at": now, "changed_at": now})), True


def get(db: Connection, alert_id: int) -> Alert:
    """Return one alert.

    Raises:
        UnknownAlertError: there is none of that id (any more).

    """
    known = find(db, alert_id)
    if known is None:
        raise UnknownAlertError(alert_id)
    return known


def find(db: Connection, alert_id: int) -> Alert | None:
    """Return the alert of this id, None where there is none (any more)."""
    return next(map(Alert.from_row, db.query("SELECT * FROM alerts WHERE id = ?", [alert_id])), None)


def made_by(db: Connection, origin: str) -> Alert | None:
    """Return the alert that an act of a person has made, None where that has made none (that is there still)."""
    return next(map(Alert.from_row, db.query("SELECT * FROM alerts WHERE origin = ?", [origin])), None)


def seen_from(db: Connection, channels: Collection[str], person: str) -> tuple[Alert, ...]:
    """Return the alerts of some channels and those of a person, by contract; what is paused is last."""
    sql = """
        SELECT * FROM alerts WHERE channel IN (SELECT value FROM json_each(?)) OR owner = ?
        ORDER BY paused_why <> '', contract, id
    """
    return tuple(map(Alert.from_row, db.query(sql, [json.dumps(sorted(channels)), person])))


def everywhere(db: Connection) -> tuple[Alert, ...]:
    """Return all alerts, oldest first."""
    return tuple(map(Alert.from_row, db.query("SELECT * FROM alerts ORDER BY id")))


def of_contract(db: Connection, contract: str) -> tuple[Alert, ...]:
    """Return the alerts on a contract that are not paused, oldest first."""
    sql = "SELECT * FROM alerts WHERE contract = ? AND paused_why = '' ORDER BY id"
    return tuple(map(Alert.from_row, db.query(sql, [contract])))


def watching(db: Connection) -> tuple[Alert, ...]:
    """Return all alerts that are not paused, by contract, oldest first."""
    return tuple(map(Alert.from_row, db.query("SELECT * FROM alerts WHERE paused_why = '' ORDER BY contract, id")))


def contracts(db: Connection) -> tuple[str, ...]:
    """Return the contracts that are watched."""
    sql = "SELECT DISTINCT contract FROM alerts WHERE paused_why = '' ORDER BY contract"
    return tuple(row["contract"] for row in db.query(sql))


def stand(
    db: Connection, alert: Alert, standing: str, now: datetime, looked_at: datetime | None = None
) -> Alert | None:
    """Note how an alert stands after a look at figures of a moment, or after an act of a person, which has none.

    None where it has changed since it was read, or is gone. What people are told of that is stored in the same
    transaction, and only where this returns the alert.
    """
    known = find(db, alert.id)
    if known is None or known.edition != alert.edition or known.origin != alert.origin:
        return None
    changes: dict[str, object] = {} if looked_at in {None, known.looked_at} else {"looked_at": looked_at}
    if standing != known.standing:
        changes |= {"standing": standing, "edition": known.edition + 1, "changed_at": now}
    if changes:
        rows.update(db, "alerts", "id", alert.id, changes)
    return get(db, alert.id)


def change(db: Connection, alert_id: int, changes: Mapping[str, object], now: datetime) -> Alert:
    """Change an alert by the names of its fields.

    Raises:
        UnknownAlertError: there is none of that id (any more).

    """
    grown = {"edition": get(db, alert_id).edition + 1, "changed_at": now}
    rows.update(db, "alerts", "id", alert_id, {**changes, **grown})
    return get(db, alert_id)


def pause(db: Connection, alert_id: int, why: str, now: datetime) -> Alert | None:
    """Pause an alert for a reason in one word; None where it is paused already, or gone."""
    known = find(db, alert_id)
    if known is None or known.paused_why:
        return None
    return change(db, alert_id, {"paused_why": why}, now)


def resume(db: Connection, alert_id: int, owner: str, now: datetime) -> Alert | None:
    """Let an alert go on as that of a person; None where it is not paused, or gone."""
    known = find(db, alert_id)
    if known is None or not known.paused_why:
        return None
    return change(db, alert_id, {"paused_why": "", "owner": owner}, now)


def is_first(db: Connection, alert_id: int, origin: str, now: datetime) -> bool:
    """Put one act of a person on an alert on record by its `origin`, and return whether it was not there yet."""
    sql = "INSERT OR IGNORE INTO alert_acts (origin, alert, at) VALUES (?, ?, ?)"
    return bool(db.execute(sql, [origin, alert_id, to_text(now)]).rowcount)


def count_useless(db: Connection, alert_id: int) -> None:
    """Count that a person said that an alert is not useful."""
    db.execute("UPDATE alerts SET useless = useless + 1 WHERE id = ?", [alert_id])


def remove(db: Connection, alert_id: int) -> None:
    """Remove an alert and the record of what people did about it."""
    db.execute("DELETE FROM alert_acts WHERE alert = ?", [alert_id])
    db.execute("DELETE FROM alerts WHERE id = ?", [alert_id])
