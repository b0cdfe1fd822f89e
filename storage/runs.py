"""The store of what becomes of the runs of schedules: each is decided once, by its identity."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Final

from sqlite_utils import Database as Connection

from . import rows, schedules
from .models import Stored, from_text, to_text
from .schedules import Schedule
from .states import ExportState

MOST_FAILURES: Final = 3  #: in a row, after which a schedule pauses
FAILING: Final = "failing"  #: why it pauses then
_ASKED: Final = "asked"  #: why a run is left out that a person said to


class RunState(StrEnum):
    """How far a run is."""

    AHEAD = "ahead"  #: it is not due yet, and a person said to leave it out
    WANTED = "wanted"
    WAITING = "waiting"  #: for its data
    ASKED = "asked"  #: its export is on its way
    DONE = "done"
    UNCHANGED = "unchanged"  #: it found what the last one did
    FAILED = "failed"
    LEFT_OUT = "left-out"


OPEN: Final = frozenset({RunState.WANTED, RunState.WAITING, RunState.ASKED})
#: Of exports: no run has anything to do before they go on from these.
ON_ITS_WAY: Final = (ExportState.QUEUED, ExportState.SUBMITTING, ExportState.REQUESTED, ExportState.RETRYING)
_HAPPENED: Final = frozenset(RunState) - {RunState.AHEAD, RunState.LEFT_OUT}


@dataclass(frozen=True, slots=True, kw_only=True)
class Due:
    """A run that has come due: its written time as its identity; one that is left out says why in one word."""

    identity: str
    due_at: datetime
    late: bool = False
    left_out: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Run(Stored):
    """What becomes of one run."""

    id: int
    schedule: int
    identity: str  #: the local date and time as written in the rule; of one that a person started, their act
    due_at: datetime
    state: RunState
    late: bool
    why: str
    export: int | None
    decided_at: datetime
    changed_at: datetime
    next_try_at: datetime | None


def get(db: Connection, run_id: int) -> Run | None:
    """Return the run of this id, None where there is none (any more)."""
    return next(map(Run.from_row, db.query("SELECT * FROM runs WHERE id = ?", [run_id])), None)


def of_export(db: Connection, export: int) -> Run | None:
    """Return the run that asked for an export, None where none did."""
    return next(map(Run.from_row, db.query("SELECT * FROM runs WHERE export = ?", [export])), None)


def of_schedule(db: Connection, schedule_id: int, limit: int = 20) -> tuple[Run, ...]:
    """Return the newest runs of a schedule, the newest first."""
    sql = "SELECT * FROM runs WHERE schedule = ? ORDER BY due_at DESC, id DESC LIMIT ?"
    return tuple(map(Run.from_row, db.query(sql, [schedule_id, limit])))


def still_open(db: Connection, now: datetime) -> tuple[Run, ...]:
    """Return the runs that are under way, do not pause and have something to do, the oldest first.

    A run has nothing to do while its export is on its way: with many of them each commit would look at all.
    """
    # SQLite takes the partial index `runs_open` only where its own condition stands there word for word.
    sql = """
        SELECT * FROM runs WHERE state IN ('wanted', 'waiting', 'asked') AND coalesce(next_try_at, '') <= ?
            AND coalesce((SELECT state FROM exports WHERE number = runs.export), '') NOT IN (?, ?, ?, ?)
        ORDER BY id
    """
    return tuple(map(Run.from_row, db.query(sql, [to_text(now), *ON_ITS_WAY])))


def came_in_the_end(db: Connection) -> tuple[Run, ...]:
    """Return the runs that failed and whose exports are ready all the same: somebody had them tried again."""
    sql = """
        SELECT runs.* FROM runs JOIN exports ON exports.number = runs.export
        WHERE runs.state = 'failed' AND exports.state = 'ready' ORDER BY runs.id
    """
    return tuple(map(Run.from_row, db.query(sql)))


def told_before(db: Connection, run: Run) -> Run | None:
    """Return the newest run before this one of which a report was posted, None where there is none."""
    sql = """
        SELECT * FROM runs WHERE schedule = ? AND id < ? AND state = 'done' AND export IS NOT NULL
        ORDER BY id DESC LIMIT 1
    """
    return next(map(Run.from_row, db.query(sql, [run.schedule, run.id])), None)


def unchanged_since(db: Connection, run: Run) -> Run | None:
    """Return the newest run that found what this one did, None where there is none."""
    sql = "SELECT * FROM runs WHERE schedule = ? AND id > ? ORDER BY id"
    newest = None
    for later in map(Run.from_row, db.query(sql, [run.schedule, run.id])):
        if later.state is RunState.DONE:
            break
        newest = later if later.state is RunState.UNCHANGED else newest
    return newest


def left_out_at(db: Connection, schedule_id: int, moment: datetime) -> tuple[Run, ...]:
    """Return the runs of a schedule of which it was decided at a moment that they do not happen."""
    sql = "SELECT * FROM runs WHERE schedule = ? AND state = 'left-out' AND changed_at = ? ORDER BY id"
    return tuple(map(Run.from_row, db.query(sql, [schedule_id, to_text(moment)])))


def open_of(db: Connection, schedule_id: int) -> tuple[Run, ...]:
    """Return the runs of a schedule that are under way."""
    sql = "SELECT * FROM runs WHERE schedule = ? AND state IN ('wanted', 'waiting', 'asked') ORDER BY id"
    return tuple(map(Run.from_row, db.query(sql, [schedule_id])))


def waiting_of(db: Connection, contract: str) -> tuple[Run, ...]:
    """Return the runs that wait for data of a contract."""
    sql = """
        SELECT runs.* FROM runs JOIN schedules ON schedules.id = runs.schedule
        WHERE runs.state IN ('wanted', 'waiting', 'asked') AND runs.state = 'waiting' AND contract = ? ORDER BY runs.id
    """
    return tuple(map(Run.from_row, db.query(sql, [contract])))


def next_try(db: Connection, now: datetime) -> datetime | None:
    """Return when the first pause of a run ends; None where none pauses."""
    sql = "SELECT min(next_try_at) FROM runs WHERE state IN ('wanted', 'waiting', 'asked') AND next_try_at > ?"
    return from_text(db.execute(sql, [to_text(now)]).fetchone()[0])


def happened_after(db: Connection, schedule_id: int, identity: str) -> frozenset[str]:
    """Return the identities of the runs that happened by themselves and whose written time is after another."""
    sql = "SELECT identity, state FROM runs WHERE schedule = ? AND identity > ? AND identity GLOB '[0-9]*'"
    found = db.query(sql, [schedule_id, identity])
    return frozenset(row["identity"] for row in found if RunState(row["state"]) in _HAPPENED)


def asked_not(db: Connection, schedule_id: int) -> frozenset[str]:
    """Return the identities of the runs ahead that a person said to leave out."""
    sql = "SELECT identity FROM runs WHERE schedule = ? AND state = 'ahead'"
    return frozenset(row["identity"] for row in db.query(sql, [schedule_id]))


def leave_out(db: Connection, schedule_id: int, due: Due, now: datetime) -> bool:
    """Note that a run that lies ahead is not to happen; return whether that is new."""
    if db.execute("SELECT 1 FROM runs WHERE schedule = ? AND identity = ?", [schedule_id, due.identity]).fetchone():
        return False
    _insert(db, schedule_id, due, RunState.AHEAD, now)
    return True


def start(db: Connection, schedule_id: int, act: str, now: datetime) -> Run | None:
    """Store a run that a person started by an act of their own; None where that act has started one already.

    The name of an act begins with a letter, so that it is none of a written time.
    """
    if db.execute("SELECT 1 FROM runs WHERE schedule = ? AND identity = ?", [schedule_id, act]).fetchone():
        return None
    return get(db, _insert(db, schedule_id, Due(identity=act, due_at=now), RunState.WANTED, now))


def decide(
    db: Connection, schedule: Schedule, due: Sequence[Due], through: str, next_at: datetime | None, now: datetime
) -> tuple[Run, ...]:
    """Store what was decided of runs that came due, and return those that happen and did not before.

    Nothing is stored where a person has changed the schedule since it was read: it is to be read again. `through` is
    its new mark; of what lies after it, since the clock was set back, nothing stays left out that nobody asked for.
    """
    known = schedules.find(db, schedule.id)
    if known is None or known.is_paused or (known.edition, known.through) != (schedule.edition, schedule.through):
        return ()
    _withdraw(db, schedule.id, through, now)
    happen = [run for each in due if (run := _decided(db, schedule.id, each, now))]
    schedules.moved_on(db, schedule.id, through, next_at)
    return tuple(happen)


def move(db: Connection, /, run: Run, state: RunState, now: datetime, **changes: object) -> Run | None:
    """Move a run on from the state that it was read in; None where it is in another by now, or gone."""
    known = get(db, run.id)
    if known is None or known.state is not run.state:
        return None
    pause: Mapping[str, object] = {"next_try_at": None, **changes}
    rows.update(db, "runs", "id", run.id, {"state": state.value, "changed_at": now, **pause})
    return get(db, run.id)


def end(db: Connection, run: Run, state: RunState, why: str, now: datetime) -> tuple[Run | None, Schedule | None]:
    """End a run, and count failures in a row; return it, and its schedule where that pauses because of them.

    The run is None where it is in another state by now, or gone.
    """
    ended = move(db, run, state, now, why=why)
    schedule = schedules.find(db, run.schedule)
    if ended is None or schedule is None:
        return ended, None
    failures = schedule.failures + 1 if state is RunState.FAILED else 0
    schedules.count_failures(db, schedule.id, failures)
    return ended, schedules.pause(db, schedule.id, FAILING, now) if failures >= MOST_FAILURES else None


def mend(db: Connection, run: Run, now: datetime) -> Run | None:
    """Note that a run came which had failed; of failures in a row those after it remain. None where it had not."""
    mended = move(db, run, RunState.DONE, now, why="") if run.state is RunState.FAILED else None
    schedule = schedules.find(db, run.schedule)
    if mended is not None and schedule is not None:
        sql = "SELECT count(*) FROM runs WHERE schedule = ? AND state = 'failed' AND id > ?"
        (after,) = db.execute(sql, [schedule.id, run.id]).fetchone()
        schedules.count_failures(db, schedule.id, min(schedule.failures, after))
    return mended


def forget(db: Connection, before: datetime) -> int:
    """Forget runs that ended, or were left out, before a time; return how many."""
    states = ", ".join(f"'{state}'" for state in sorted(OPEN | {RunState.AHEAD}))
    sql = f"DELETE FROM runs WHERE state NOT IN ({states}) AND changed_at < ?"  # noqa: S608 - states are ours
    return int(db.execute(sql, [to_text(before)]).rowcount)


def _decided(db: Connection, schedule_id: int, due: Due, now: datetime) -> Run | None:
    """Store a decision; return the run where it happens and did not before."""
    sql = "SELECT * FROM runs WHERE schedule = ? AND identity = ?"
    known = next(map(Run.from_row, db.query(sql, [schedule_id, due.identity])), None)
    if known is None:
        state = RunState.LEFT_OUT if due.left_out else RunState.WANTED
        added = _insert(db, schedule_id, due, state, now)
        return None if due.left_out else get(db, added)
    if known.state is RunState.AHEAD:
        move(db, known, RunState.LEFT_OUT, now, why=_ASKED)
    return None


def _withdraw(db: Connection, schedule_id: int, through: str, now: datetime) -> None:
    """Take back what was left out and lies ahead again; a person's wish stays one."""
    values = {"schedule": schedule_id, "through": through, "now": to_text(now), "asked": _ASKED}
    ahead = "schedule = :schedule AND state = 'left-out' AND identity > :through"
    db.execute(f"UPDATE runs SET state = 'ahead', changed_at = :now WHERE {ahead} AND why = :asked", values)  # noqa: S608
    db.execute(f"DELETE FROM runs WHERE {ahead}", values)  # noqa: S608 - the condition is ours


def _insert(db: Connection, schedule_id: int, due: Due, state: RunState, now: datetime) -> int:
    columns: Mapping[str, object] = {
        "schedule": schedule_id,
        "identity": due.identity,
        "due_at": due.due_at,
        "state": state.value,
        "late": due.late,
        "why": due.left_out,
        "decided_at": now,
        "changed_at": now,
    }
    return rows.insert(db, "runs", columns)
