"""What people change of schedules: each act in one transaction, with its row of the audit and what is told of it."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Final

from sqlite_utils import Database as Connection

from bot.cards.pauses import Paused
from bot.errors import ScheduleRefusedError
from bot.people.asker import Asker
from bot.people.by_itself import SCHEDULES, check_room, note_act, still_of, there
from bot.schedules import decisions, listing, outcome, telling
from storage import outbox, runs
from storage import schedules as store
from storage.runs import Due
from storage.schedules import NewSchedule, Schedule

#: The mark of a schedule that begins, or goes on, and when it runs next.
Begins = tuple[str, datetime | None]
#: What whoever edits a schedule is asked anew, so that it is not why it is paused any more.
_CHECKED: Final = frozenset({Paused.RULE, Paused.CONTRACT, Paused.CHANNEL})
_GOES_ON: Final[Mapping[str, Any]] = {"paused_why": "", "failures": 0}


def create(db: Connection, new: NewSchedule, begins: Begins, asker: Asker, now: datetime) -> Schedule:
    """Store a schedule once."""
    schedule, is_new = store.add(db, new, *begins, now)
    if is_new:
        check_room(db, SCHEDULES, schedule, asker)
        note_act(db, SCHEDULES, schedule, asker, "made", now)
    return schedule


def edit(
    db: Connection, schedule_id: int, columns: Mapping[str, Any], begins: Begins, asker: Asker, now: datetime
) -> Schedule:
    """Change a schedule; one that is paused for a reason that is mended with that goes on."""
    known = there(db, SCHEDULES, schedule_id)
    goes_on = _mends(known, columns, asker)
    if not goes_on and all(getattr(known, name) == value for name, value in columns.items()):
        return known
    begins_anew = goes_on or columns["rule"] != known.rule
    changes = {**columns, **(_GOES_ON if goes_on else {})}
    edited = store.change(db, known.id, changes, begins if begins_anew else None, now)
    if edited.channel != known.channel:
        check_room(db, SCHEDULES, edited, asker)
    note_act(db, SCHEDULES, edited, asker, "edited, and goes on" if goes_on else "edited", now)
    telling.changed(db, edited, now)
    outcome.look_again(db, edited, now)
    return edited


def run_now(db: Connection, schedule_id: int, act: str, asker: Asker, now: datetime) -> None:
    """Have a schedule run once more, once for each act."""
    known = there(db, SCHEDULES, schedule_id)
    if runs.start(db, known.id, act, now) is not None:
        note_act(db, SCHEDULES, known, asker, "started by hand", now)


def pause(db: Connection, schedule_id: int, asker: Asker, now: datetime) -> Schedule:
    """Pause a schedule; what has not begun is left out."""
    paused = store.pause(db, schedule_id, Paused.PERSON.value, now)
    if paused is not None:
        outcome.leave_out_open(db, paused, now)
        note_act(db, SCHEDULES, paused, asker, "paused by hand", now)
    return paused or there(db, SCHEDULES, schedule_id)


def resume(
    db: Connection, known: Schedule, begins: Begins, asker: Asker, now: datetime, *, owner: str
) -> Schedule:  # fmt: skip
    """Let a schedule go on as that of a person, and have tried at once what its channel did not take.

    Raises:
        ScheduleOwnerOnlyError: somebody else was faster, and it is theirs.

    """
    resumed = store.resume(db, known.id, owner, begins, now)
    if resumed is None:
        return still_of(db, SCHEDULES, known.id, owner)
    note_act(
        db, SCHEDULES, resumed, asker, "resumed" if owner == known.owner else f"taken over from {known.owner}", now
    )
    telling.changed(db, resumed, now)
    outbox.take_up(db, resumed.channel, now, edits_only=False)
    return resumed


def hand_over(
    db: Connection, schedule_id: int, to: str, begins: Begins | None, asker: Asker, now: datetime
) -> Schedule:  # fmt: skip
    """Give a schedule to somebody else, who is told; one that is paused because of who owned it goes on."""
    known = there(db, SCHEDULES, schedule_id)
    if to == known.owner:
        return known
    goes_on = known.paused_why == Paused.OWNER and begins is not None
    changes = {"owner": to, **(_GOES_ON if goes_on else {})}
    given = store.change(db, known.id, changes, begins if goes_on else None, now)
    check_room(db, SCHEDULES, given, asker)
    note_act(db, SCHEDULES, given, asker, f"handed over to {to}", now)
    telling.changed(db, given, now)
    if to != asker.person:
        telling.handed_over(db, given, asker.person, now)
    return given


def skip(db: Connection, schedule_id: int, identity: str, asker: Asker, now: datetime) -> Schedule:
    """Leave out the next run, by its identity."""
    known = there(db, SCHEDULES, schedule_id)
    left_out = runs.asked_not(db, known.id)
    if identity in left_out:
        return known
    ahead = None if known.is_paused else listing.next_run(decisions.rule_of(known), left_out, now)
    if ahead is None or ahead.identity != identity:
        raise ScheduleRefusedError(("That is not the next run any more: look at the list again",))
    runs.leave_out(db, known.id, Due(identity=identity, due_at=ahead.moment), now)
    note_act(db, SCHEDULES, known, asker, f"leaves out {identity}", now)
    return known


def delete(db: Connection, schedule: Schedule, asker: Asker, now: datetime) -> None:
    """Remove a schedule; reports that it has asked for are still posted."""
    if store.find(db, schedule.id) is None:
        return
    note_act(db, SCHEDULES, schedule, asker, "deleted", now)
    outcome.let_go(db, schedule, now)
    telling.changed(db, schedule, now)
    store.remove(db, schedule.id)


def _mends(known: Schedule, columns: Mapping[str, Any], asker: Asker) -> bool:
    """Return whether a schedule is paused for a reason that is none any more once it is edited so."""
    match known.paused_why:
        case Paused.CLOSED:
            return bool(columns["channel"] != known.channel)
        case Paused.OWNER:
            return asker.person == known.owner
        case why:
            return why in _CHECKED
