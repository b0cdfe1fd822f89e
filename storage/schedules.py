"""The store of schedules. Rules and questions are texts here, written and read by `bot.schedules`, `bot.questions`."""

import json
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime

from sqlite_utils import Database as Connection

from . import channels, rows
from .models import Stored, from_text, mark_of, to_text


class UnknownScheduleError(LookupError):
    """There is no schedule of that id (any more)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class NewSchedule:
    """What is needed to have something asked by itself; `origin` names the one act of a person that wants it."""

    origin: str
    name: str
    question: str
    contract: str
    channel: str
    owner: str
    rule: str  #: when, as a text
    missed: str  #: what becomes of runs that were missed, in one word
    file_name: str = ""  #: how its files are called, less their numbers; "" where they are named by what is in them
    waits_until: str = ""  #: the local time until which a run waits for its data; "" where it does not
    only_changes: bool = False  #: whether a run that found what the last one did leaves a line there alone


@dataclass(frozen=True, slots=True, kw_only=True)
class Schedule(NewSchedule, Stored):
    """Something that is asked by itself."""

    id: int
    through: str  #: all runs up to this written time are decided
    next_at: datetime | None  #: when the next one is due; None: never again
    paused_why: str  #: in one word; "" where it is not paused
    failures: int  #: how many runs in a row failed finally
    edition: int  #: grows with each change by a person
    created_at: datetime
    changed_at: datetime

    @property
    def mark(self) -> str:
        """What tells it from a schedule of the same id in another life of the database."""
        return mark_of(self.origin)

    @property
    def is_paused(self) -> bool:
        """Whether nothing comes due."""
        return bool(self.paused_why)


def add(
    db: Connection, new: NewSchedule, through: str, next_at: datetime | None, now: datetime
) -> tuple[Schedule, bool]:
    """Store a schedule and return it with True; the same act again returns the first one with False."""
    for row in db.query("SELECT * FROM schedules WHERE origin = ?", [new.origin]):
        return Schedule.from_row(row), False
    columns = {name: getattr(new, name) for name in NewSchedule.__dataclass_fields__}
    columns["channel"] = channels.current(db, new.channel)
    times = {"through": through, "next_at": next_at, "created_at": now, "changed_at": now}
    return get(db, rows.insert(db, "schedules", {**columns, **times})), True


def get(db: Connection, schedule_id: int) -> Schedule:
    """Return one schedule.

    Raises:
        UnknownScheduleError: there is none of that id (any more).

    """
    known = find(db, schedule_id)
    if known is None:
        raise UnknownScheduleError(schedule_id)
    return known


def find(db: Connection, schedule_id: int) -> Schedule | None:
    """Return the schedule of this id, None where there is none (any more)."""
    return next(map(Schedule.from_row, db.query("SELECT * FROM schedules WHERE id = ?", [schedule_id])), None)


def seen_from(db: Connection, channels: Collection[str], person: str) -> tuple[Schedule, ...]:
    """Return the schedules of some channels and those of a person, the next due first and what is paused last."""
    sql = """
        SELECT * FROM schedules WHERE channel IN (SELECT value FROM json_each(?)) OR owner = ?
        ORDER BY paused_why <> '', next_at IS NULL, next_at, id
    """
    return tuple(map(Schedule.from_row, db.query(sql, [json.dumps(sorted(channels)), person])))


def everywhere(db: Connection) -> tuple[Schedule, ...]:
    """Return all schedules, oldest first."""
    return tuple(map(Schedule.from_row, db.query("SELECT * FROM schedules ORDER BY id")))


def due(db: Connection, now: datetime) -> tuple[Schedule, ...]:
    """Return the schedules of which something has come due, the longest ago first."""
    sql = "SELECT * FROM schedules WHERE paused_why = '' AND next_at <= ? ORDER BY next_at, id"
    return tuple(map(Schedule.from_row, db.query(sql, [to_text(now)])))


def next_due(db: Connection) -> datetime | None:
    """Return when the next run of any schedule is due; None where none is."""
    return from_text(db.execute("SELECT min(next_at) FROM schedules WHERE paused_why = ''").fetchone()[0])


def change(
    db: Connection,
    schedule_id: int,
    changes: Mapping[str, object],
    begins: tuple[str, datetime | None] | None,
    now: datetime,
) -> Schedule:
    """Change a schedule by the names of its fields; `begins` is its new mark and next run, where its rule changed.

    It concerns later runs alone: those that happened stay as they are, and do not happen again. What was left out, or
    was to be, after the new mark is forgotten with the rule that it was written in.

    Raises:
        UnknownScheduleError: there is none of that id (any more).

    """
    known = get(db, schedule_id)
    place = {"channel": channels.current(db, str(changes["channel"]))} if "channel" in changes else {}
    times = {} if begins is None else {"through": begins[0], "next_at": begins[1]}
    grown = {"edition": known.edition + 1, "changed_at": now}
    if begins is not None:
        sql = "DELETE FROM runs WHERE schedule = ? AND (state = 'ahead' OR (state = 'left-out' AND identity > ?))"
        db.execute(sql, [schedule_id, begins[0]])
    rows.update(db, "schedules", "id", schedule_id, {**changes, **place, **times, **grown})
    return get(db, schedule_id)


def pause(db: Connection, schedule_id: int, why: str, now: datetime) -> Schedule | None:
    """Pause a schedule for a reason in one word; None where it is paused already, or gone."""
    known = find(db, schedule_id)
    if known is None or known.is_paused:
        return None
    return change(db, schedule_id, {"paused_why": why}, None, now)


def resume(
    db: Connection, schedule_id: int, owner: str, begins: tuple[str, datetime | None], now: datetime
) -> Schedule | None:
    """Let a schedule go on as that of a person, from a mark and a next run on; None where it is not paused, or gone.

    What would have come due meanwhile does not.
    """
    known = find(db, schedule_id)
    if known is None or not known.is_paused:
        return None
    return change(db, schedule_id, {"paused_why": "", "failures": 0, "owner": owner}, begins, now)


def remove(db: Connection, schedule_id: int) -> None:
    """Remove a schedule and what is known of its runs; the exports that it asked for stay."""
    db.execute("DELETE FROM runs WHERE schedule = ?", [schedule_id])
    db.execute("DELETE FROM schedules WHERE id = ?", [schedule_id])


def moved_on(db: Connection, schedule_id: int, through: str, next_at: datetime | None) -> None:
    """Note up to which written time runs are decided, and when the next one is due."""
    rows.update(db, "schedules", "id", schedule_id, {"through": through, "next_at": next_at})


def count_failures(db: Connection, schedule_id: int, failures: int) -> None:
    """Note how many runs in a row failed finally."""
    rows.update(db, "schedules", "id", schedule_id, {"failures": failures})
