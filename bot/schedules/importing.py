"""Schedules of a file are stored: each is made once, or changed to what the file says; all of them or none."""

from collections.abc import Iterable, Sequence
from datetime import datetime

from sqlite_utils import Database as Connection

from bot.people.by_itself import SCHEDULES
from bot.questions import imported, templates, yaml_file
from bot.questions.file_fields import Done
from bot.questions.imported import Imported, noted
from bot.schedules import decisions, drafts, outcome, telling
from bot.schedules.schedule_file import Written
from storage import outbox, schedules
from storage.schedules import NewSchedule, Schedule


def put(db: Connection, found: Sequence[Written], now: datetime) -> tuple[Imported[Schedule], ...]:
    """Store the schedules of a file; the same file again changes nothing.

    Raises:
        YamlFileError: it is not known which one is meant, or there are too many; then nothing is stored.
        RuleError: one of them is no rule any more.

    """
    known, problems = schedules.everywhere(db), list[str]()
    meant = _meant(found, known, problems)
    yaml_file.refuse(problems)
    done = tuple(_put(db, written, meant.get(place), now) for place, written in enumerate(found))
    imported.check_room(SCHEDULES, schedules.everywhere(db), done)
    return done


def _meant(found: Sequence[Written], known: Iterable[Schedule], problems: list[str]) -> dict[int, Schedule]:
    """Return which schedules are those of a file, by where they stand in it; what is left is new."""
    left = {schedule.id: schedule for schedule in known}
    meant: dict[int, Schedule] = {}
    for is_it in (_is_marked, _is_made_of, _is_called):
        for place, written in enumerate(found):
            same = [] if place in meant else [each for each in left.values() if is_it(written, each)]
            if len(same) == 1:
                meant[place] = left.pop(same[0].id)
            elif same:
                marks = " or ".join(each.mark for each in same)
                said = f"there are several of that name in {written.draft.channel}; add mark: with {marks}"
                problems.append(f"line {written.line}, name: {said}")
    return meant


def _is_marked(written: Written, known: Schedule) -> bool:
    return written.mark == known.mark


def _is_made_of(written: Written, known: Schedule) -> bool:
    """Return whether an earlier import made it of this."""
    return known.origin == _origin(written)


def _is_called(written: Written, known: Schedule) -> bool:
    return _called(written) == (known.channel, known.name.casefold())


def _origin(written: Written) -> str:
    return f"file:{written.mark or ':'.join(_called(written))}"


def _called(written: Written) -> tuple[str, str]:
    """Return by what people tell a schedule from others."""
    return written.draft.channel, templates.tidy(written.draft.name).casefold()


def _put(db: Connection, written: Written, known: Schedule | None, now: datetime) -> Imported[Schedule]:
    columns = {**drafts.columns(written.draft), "owner": written.owner}
    begins = decisions.begins(written.draft.rule, now)
    if known is None:
        made, _ = schedules.add(db, NewSchedule(origin=_origin(written), **columns), *begins, now)
        return noted(db, SCHEDULES, _paused(db, made, written, now), Done.MADE, now)
    changes = {name: value for name, value in columns.items() if getattr(known, name) != value}
    if not changes and known.paused_why == (written.paused or ""):
        return Imported(known, Done.AS_IT_WAS)
    goes_on = known.is_paused and written.paused is None
    changed = schedules.change(db, known.id, changes, begins if "rule" in changes else None, now)
    if goes_on:
        changed = schedules.resume(db, known.id, changed.owner, begins, now) or changed
        outbox.take_up(db, changed.channel, now, edits_only=False)
    changed = _paused(db, changed, written, now)
    telling.changed(db, changed, now)
    return noted(db, SCHEDULES, changed, Done.CHANGED, now)


def _paused(db: Connection, schedule: Schedule, written: Written, now: datetime) -> Schedule:
    """Return a schedule as it is when it is paused where the file says so."""
    if written.paused is None or schedule.paused_why == written.paused:
        return schedule
    if schedule.is_paused:
        return schedules.change(db, schedule.id, {"paused_why": written.paused.value}, None, now)
    paused = schedules.pause(db, schedule.id, written.paused.value, now) or schedule
    outcome.leave_out_open(db, paused, now)
    return paused
