"""What people are told of schedules: rows of the outbox and of the audit, in the transaction of what happened."""

from datetime import datetime

from sqlite_utils import Database as Connection

from bot.people import by_itself
from bot.people.by_itself import SCHEDULES
from storage import audit, outbox, runs
from storage.audit import Act, Entry, Source
from storage.models import About, MessageKind, NewDelivery
from storage.runs import Run
from storage.schedules import Schedule


def of_run(db: Connection, run: Run, schedule: Schedule, now: datetime, *, to_owner: bool) -> None:
    """Have it told once what became of a run: privately to the owner, or in the channel."""
    message = NewDelivery(
        subject=f"run:{run.id}:{'owner' if to_owner else 'channel'}",
        kind=MessageKind.PRIVATE_SCHEDULE if to_owner else MessageKind.SCHEDULE,
        about=About.RUN,
        about_id=run.id,
        recipient=schedule.owner if to_owner else schedule.channel,
    )
    outbox.put_once(db, message, now)


def handed_over(db: Connection, schedule: Schedule, by: str, now: datetime) -> None:
    """Have it told to who owns a schedule now, and by whom it was given to them."""
    by_itself.tell(db, SCHEDULES, schedule, schedule.owner, SCHEDULES.to_person, now, detail=by)


def changed(db: Connection, schedule: Schedule, now: datetime) -> None:
    """Have all messages about a schedule, and its newest runs, drawn again that stand in Slack: no old button stays."""
    outbox.edit_about(db, About.SCHEDULE, schedule.id, now)
    for run in runs.of_schedule(db, schedule.id):
        run_changed(db, run, now)


def run_changed(db: Connection, run: Run, now: datetime) -> None:
    """Have all messages about a run drawn again that stand in Slack."""
    outbox.edit_about(db, About.RUN, run.id, now)


def note(db: Connection, schedule: Schedule, run: Run, what: str, now: datetime) -> None:
    """Put on record what became of a run, in the name of its owner."""
    result = f"run {run.identity} of schedule {schedule.id} {what}"
    audit.add(db, Entry(now, schedule.owner, Act.RUN, run.export, schedule.channel, Source.SCHEDULE, result))
