"""The store of exports: rows never leave this file, records do.

Every function works inside the transaction of its caller (`Database.write` or `Database.read`).
"""

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Final

from sqlite_utils import Database as Connection

from . import channels, rows
from .models import Export, NewExport, from_text, made_file_name, to_text
from .states import Event, ExportState, Note, next_state

#: States that hold, or may hold, one of Token Flex's outstanding places.
OUTSTANDING = (ExportState.SUBMITTING, ExportState.REQUESTED)


Column = str | int | float | datetime | None

#: What is forgotten of an export's waiting when it goes on.
CALM: Final[Mapping[str, Column]] = {"note": Note.NONE.value, "noted_at": None, "attempts": 0, "next_try_at": None}


class UnknownExportError(LookupError):
    """There is no export of that number."""


def accept(db: Connection, new: NewExport, now: datetime) -> tuple[Export, bool]:
    """Store a new export and return it with True; the same act again returns the first one with False.

    Without a file name the export gets one that says what is in it and ends with its number.
    """
    for row in db.query("SELECT * FROM exports WHERE origin = ?", [new.origin]):
        return Export.from_row(row), False
    number = _insert(db, new, to_text(now))
    if not new.request.file_name:
        named = replace(new.request, file_name=made_file_name(number, new.stem))
        made: dict[str, Column] = {
            "file_name": named.file_name,
            "request_body": json.dumps(named.body()),
            "is_named_by_us": True,
        }
        _update(db, number, made)
    if new.replaces is not None:
        _update(db, new.replaces, {"replaced_by": number})
    return get(db, number), True


def _insert(db: Connection, new: NewExport, now: str) -> int:
    row = {
        "origin": new.origin,
        "state": ExportState.QUEUED.value,
        "contract_number": new.request.contract_number,
        "file_name": new.request.file_name,
        "request_body": json.dumps(new.request.body()),
        "requester": new.requester,
        "channel": channels.current(db, new.channel),
        "accepted_at": now,
        "changed_at": now,
        "replaces": new.replaces,
        "known_through": None if new.known_through is None else new.known_through.isoformat(),
        "period": new.period,
        "wants_answer": new.wants_answer,
        "run": new.run,
        "alert": new.alert,
    }
    return rows.insert(db, "exports", row)


def get(db: Connection, number: int) -> Export:
    """Return one export.

    Raises:
        UnknownExportError: there is none of that number.

    """
    for row in db.query("SELECT * FROM exports WHERE number = ?", [number]):
        return Export.from_row(row)
    raise UnknownExportError(number)


def move(db: Connection, number: int, event: Event, now: datetime, **changes: Column) -> Export | None:
    """Apply an event to an export, with changed columns; None where the event means nothing in its state."""
    export = get(db, number)
    state = next_state(export.state, event)
    if state is None:
        return None
    _update(db, number, {"state": state.value, "changed_at": to_text(now), **changes})
    return get(db, number)


def change(db: Connection, number: int, **changes: Column) -> Export:
    """Change columns of an export without moving it."""
    _update(db, number, changes)
    return get(db, number)


def _update(db: Connection, number: int, changes: Mapping[str, Column]) -> None:
    values = {name: to_text(value) if isinstance(value, datetime) else value for name, value in changes.items()}
    rows.update(db, "exports", "number", number, values)


def in_states(db: Connection, states: Iterable[ExportState]) -> tuple[Export, ...]:
    """Return the exports at work that are in one of these states, oldest first."""
    # SQLite takes the partial index `exports_at_work` only where its own condition stands there word for word.
    sql = """
        SELECT * FROM exports
        WHERE state IN ('queued', 'submitting', 'requested', 'retrying', 'deleting')
            AND state IN (SELECT value FROM json_each(?))
        ORDER BY number
    """
    return tuple(Export.from_row(row) for row in db.query(sql, [json.dumps([state.value for state in states])]))


def abandoned(db: Connection, since: datetime) -> tuple[Export, ...]:
    """Return what was given up since then while nobody knew whether Token Flex had it."""
    sql = "SELECT * FROM exports WHERE state = 'abandoned' AND changed_at >= ? ORDER BY changed_at"
    return tuple(map(Export.from_row, db.query(sql, [to_text(since)])))


def next_try(db: Connection, now: datetime) -> datetime | None:
    """Return when the first pause of an export ends that is tried again; None where none pauses."""
    sql = """
        SELECT min(next_try_at) FROM exports
        WHERE state IN ('queued', 'submitting', 'requested', 'retrying', 'deleting')
            AND state IN ('queued', 'retrying', 'deleting') AND next_try_at > ?
    """
    return from_text(db.execute(sql, [to_text(now)]).fetchone()[0])


def queued_fairly(db: Connection, limit: int, now: datetime) -> tuple[Export, ...]:
    """Return queued exports in the order of their turn: everybody's first, then everybody's second, and so on.

    What schedules and alerts ask for comes after all that people do, likewise by owners. One that pauses lets others
    by.
    """
    sql = """
        SELECT exports.* FROM (
            SELECT number,
                row_number() OVER (PARTITION BY requester, coalesce(run, alert) IS NOT NULL ORDER BY number) AS turn
            FROM exports
            WHERE state IN ('queued', 'submitting', 'requested', 'retrying', 'deleting') AND state = 'queued'
                AND (next_try_at IS NULL OR next_try_at <= ?)
        ) AS line JOIN exports USING (number) ORDER BY coalesce(run, alert) IS NOT NULL, turn, number LIMIT ?
    """
    return tuple(Export.from_row(row) for row in db.query(sql, [to_text(now), limit]))


def ahead_in_line(db: Connection, requester: str) -> int:
    """Return how many queued exports come before the next one that this person asks for."""
    sql = """
        WITH line AS (
            SELECT requester, count(*) AS exports FROM exports
            WHERE state IN ('queued', 'submitting', 'requested', 'retrying', 'deleting') AND state = 'queued'
                AND coalesce(run, alert) IS NULL
            GROUP BY requester
        )
        SELECT coalesce(sum(min(exports, 1 + coalesce((SELECT exports FROM line WHERE requester = ?), 0))), 0) FROM line
    """
    return int(db.execute(sql, [requester]).fetchone()[0])


def ahead_of(db: Connection, number: int) -> int | None:
    """Return how many queued exports come before this one, None where it is not queued itself."""
    return places_in_line(db, [number]).get(number)


def places_in_line(db: Connection, numbers: Sequence[int]) -> dict[int, int]:
    """Return for each of these that is queued how many queued exports come before it."""
    sql = """
        SELECT number, place - 1 AS before FROM (
            SELECT number, row_number() OVER (ORDER BY scheduled, turn, number) AS place FROM (
                SELECT number, coalesce(run, alert) IS NOT NULL AS scheduled,
                    row_number() OVER (PARTITION BY requester, coalesce(run, alert) IS NOT NULL ORDER BY number) AS turn
                FROM exports
                WHERE state IN ('queued', 'submitting', 'requested', 'retrying', 'deleting') AND state = 'queued'
            )
        ) WHERE number IN (SELECT value FROM json_each(?))
    """
    return {row["number"]: row["before"] for row in db.query(sql, [json.dumps(list(numbers))])}


def count_outstanding(db: Connection) -> int:
    """Return how many exports hold, or may hold, one of Token Flex's outstanding places."""
    sql = """
        SELECT count(*) FROM exports
        WHERE state IN ('queued', 'submitting', 'requested', 'retrying', 'deleting')
            AND state IN (SELECT value FROM json_each(?))
    """
    return int(db.execute(sql, [json.dumps([state.value for state in OUTSTANDING])]).fetchone()[0])


def count_by_state(db: Connection) -> dict[ExportState, int]:
    """Return how many exports there are in each state, in the order of an export's life."""
    counts = {row["state"]: row["n"] for row in db.query("SELECT state, count(*) AS n FROM exports GROUP BY state")}
    return {state: counts[state.value] for state in ExportState if state.value in counts}


def newest(db: Connection, limit: int) -> tuple[Export, ...]:
    """Return the newest exports of all people."""
    return tuple(
        Export.from_row(row) for row in db.query("SELECT * FROM exports ORDER BY number DESC LIMIT ?", [limit])
    )


def of_keys(db: Connection, keys: Sequence[str]) -> tuple[Export, ...]:
    """Return those of our exports that have one of these request keys."""
    sql = "SELECT * FROM exports WHERE request_key IN (SELECT value FROM json_each(?))"
    return tuple(map(Export.from_row, db.query(sql, [json.dumps(list(keys))])))


def at_work_for(db: Connection, requester: str, channels: Sequence[str], limit: int) -> tuple[tuple[Export, ...], int]:
    """Return the exports at work of this person and of these channels, this person's first, and how many there are."""
    where = """
        FROM exports WHERE state IN ('queued', 'submitting', 'requested', 'retrying', 'deleting')
            AND (requester = ? OR channel IN (SELECT value FROM json_each(?))) AND alert IS NULL
    """
    told = [requester, json.dumps(list(channels))]
    newest_first = f"SELECT * {where} ORDER BY requester = ? DESC, number DESC LIMIT ?"
    found = tuple(Export.from_row(row) for row in db.query(newest_first, [*told, requester, limit]))
    return found, int(db.execute(f"SELECT count(*) {where}", told).fetchone()[0])


def done_of(db: Connection, requester: str, limit: int) -> tuple[Export, ...]:
    """Return the newest exports of this person that are neither at work nor deleted."""
    sql = """
        SELECT * FROM exports WHERE requester = ? AND alert IS NULL
            AND state NOT IN ('queued', 'submitting', 'requested', 'retrying', 'deleting', 'deleted')
        ORDER BY number DESC LIMIT ?
    """
    return tuple(Export.from_row(row) for row in db.query(sql, [requester, limit]))


def done_by_others(db: Connection, requester: str, channels: Sequence[str], limit: int) -> tuple[Export, ...]:
    """Return the newest exports of these channels that others have asked for, neither at work nor deleted."""
    sql = """
        SELECT exports.* FROM json_each(?) AS here CROSS JOIN exports WHERE exports.number IN (
            SELECT number FROM exports AS there WHERE there.channel = here.value AND there.requester <> ?
                AND alert IS NULL
                AND state NOT IN ('queued', 'submitting', 'requested', 'retrying', 'deleting', 'deleted')
            ORDER BY number DESC LIMIT ?
        ) ORDER BY exports.number DESC LIMIT ?
    """
    found = db.query(sql, [json.dumps(list(channels)), requester, limit, limit])
    return tuple(Export.from_row(row) for row in found)


def of_alert(db: Connection, alert: int, limit: int) -> tuple[Export, ...]:
    """Return the newest exports that an alert has asked for, the newest first."""
    sql = "SELECT * FROM exports WHERE alert = ? AND alert IS NOT NULL ORDER BY number DESC LIMIT ?"
    return tuple(map(Export.from_row, db.query(sql, [alert, limit])))


def count_of_day(db: Connection, alert: int, origin: str) -> int:
    """Return how many exports an alert has asked for by the origin of a day, or by one that begins with that."""
    sql = "SELECT count(*) FROM exports WHERE alert = ? AND alert IS NOT NULL AND origin GLOB ? || '*'"
    return int(db.execute(sql, [alert, origin]).fetchone()[0])


def is_origin(db: Connection, origin: str) -> bool:
    """Return whether an export was accepted for this act of a person."""
    return any(db.query("SELECT 1 FROM exports WHERE origin = ?", [origin]))


def newest_durations(db: Connection, limit: int = 200) -> tuple[float, ...]:
    """Return how many seconds the newest exports took from our request until we saw their end.

    Those that were retried tell nothing, since their times are of different attempts.
    """
    sql = """
        SELECT intent_at, finished_at FROM (SELECT * FROM exports ORDER BY number DESC LIMIT ?)
        WHERE intent_at IS NOT NULL AND finished_at IS NOT NULL AND announcement = 1 LIMIT ?
    """
    found = db.query(sql, [10 * limit, limit])
    times = ((datetime.fromisoformat(row["intent_at"]), datetime.fromisoformat(row["finished_at"])) for row in found)
    return tuple((finished - intent).total_seconds() for intent, finished in times)
