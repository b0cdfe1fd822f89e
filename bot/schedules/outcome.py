"""What becomes of a run: decided by its export and its figures, stored in one transaction with what people are told."""

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Final

from sqlite_utils import Database as Connection

from bot.answers import announcing, kept
from bot.cards.pauses import Paused
from bot.cards.schedule_card import NotDone
from bot.exports import announcements
from bot.people import by_itself
from bot.people.by_itself import SCHEDULES
from bot.schedules import decisions, telling
from bot.settings import LinkAudience
from bot.tokenflex.models import DOWNLOAD
from storage import answers, attachments, exports, outbox, runs, schedules
from storage.answers import Answer, AnswerState
from storage.models import About, Export, MessageKind, Refusal
from storage.runs import Run, RunState
from storage.schedules import Schedule
from storage.states import ExportState

_S = ExportState
_ENDS: Final[Mapping[ExportState, NotDone]] = {
    _S.FAILED: NotDone.ERROR,
    _S.REFUSED: NotDone.REFUSED,
    _S.VANISHED: NotDone.GONE,
    _S.ABANDONED: NotDone.DELETED,
    _S.DELETING: NotDone.DELETED,
    _S.DELETED: NotDone.DELETED,
}
#: Failures that a report in the channel says, and those that its owner hears of by the export itself.
_REPORTED, _OWNER_KNOWS = frozenset({NotDone.ERROR, NotDone.GONE}), frozenset({NotDone.REFUSED})


def settle(db: Connection, schedule: Schedule, now: datetime) -> tuple[Run, ...]:
    """Decide what has come due of a schedule, put on record what is left out, and return the runs that happen.

    Raises:
        RuleError: what is stored is no rule, or its zone is not known any more.

    """
    before = frozenset(run.id for run in runs.left_out_at(db, schedule.id, now))
    happen = decisions.settle(db, schedule, now)
    for run in runs.left_out_at(db, schedule.id, now):
        if run.id not in before:
            telling.note(db, schedule, run, f"was left out: {run.why}", now)
    return happen


def follow(db: Connection, run_id: int, audience: LinkAudience, now: datetime) -> None:
    """End a run whose export has come to an end; one whose figures are still awaited goes on."""
    run = runs.get(db, run_id)
    schedule = None if run is None else schedules.find(db, run.schedule)
    if run is None or schedule is None or run.state is not RunState.ASKED or run.export is None:
        return
    export = exports.get(db, run.export)
    if export.state is _S.READY or (export.state is _S.VANISHED and export.upstream_status == DOWNLOAD):
        _came(db, run, schedule, export, audience, now)
    elif (why := _ENDS.get(export.state)) is NotDone.DELETED:
        _moved(db, run, schedule, RunState.LEFT_OUT, why, now)
    elif why is not None:
        fail(db, run, why, now)


def mend(db: Connection, run: Run, now: datetime) -> None:
    """Note that a run came which had failed, since somebody had its export tried again."""
    mended, schedule = runs.mend(db, run, now), schedules.find(db, run.schedule)
    if mended is not None and schedule is not None:
        telling.note(db, schedule, mended, "came in the end", now)
        telling.run_changed(db, mended, now)


def let_go(db: Connection, schedule: Schedule, now: datetime) -> None:
    """Have reports posted that wait for their figures, since nobody compares these any more."""
    for run in runs.open_of(db, schedule.id):
        export = None if run.export is None else exports.get(db, run.export)
        if export is not None and export.state is _S.READY:
            announcements.announce(db, export, now)


def fail(db: Connection, run: Run, why: NotDone, now: datetime) -> None:
    """End a run that failed finally; who owns it hears that once, the channel reads it, three in a row pause it."""
    ended, paused = runs.end(db, run, RunState.FAILED, why.value, now)
    schedule = schedules.find(db, run.schedule)
    if ended is None or schedule is None:
        return
    telling.note(db, schedule, ended, f"failed: {why.value}", now)
    if why not in _OWNER_KNOWS:
        telling.of_run(db, ended, schedule, now, to_owner=True)
    if why not in _REPORTED:
        telling.of_run(db, ended, schedule, now, to_owner=False)
    if paused is not None:
        by_itself.note_pause(db, SCHEDULES, paused, now)
    if paused is not None and why in _REPORTED:
        by_itself.tell_of_pause(db, SCHEDULES, paused, (), now)


def pause(
    db: Connection, schedule_id: int, why: Paused, administrators: Iterable[str], now: datetime
) -> Schedule | None:
    """Pause a schedule by itself and have that told; what has not begun is left out. None where it is paused, or gone.

    Who is told of a channel that takes no messages are the `administrators`.
    """
    paused = schedules.pause(db, schedule_id, why.value, now)
    if paused is not None:
        leave_out_open(db, paused, now)
        by_itself.note_pause(db, SCHEDULES, paused, now)
        by_itself.tell_of_pause(db, SCHEDULES, paused, administrators, now)
    return paused


def leave_out_open(db: Connection, schedule: Schedule, now: datetime) -> None:
    """Leave out the runs of a schedule that have not asked for anything yet, since it is paused."""
    for run in runs.open_of(db, schedule.id):
        if run.state is not RunState.ASKED:
            _moved(db, run, schedule, RunState.LEFT_OUT, NotDone.PAUSED, now)


def look_again(db: Connection, schedule: Schedule, now: datetime) -> None:
    """Have the runs of a schedule looked at that wait for their data, since it was edited."""
    for run in runs.open_of(db, schedule.id):
        if run.state is RunState.WAITING:
            runs.move(db, run, RunState.WAITING, now)


def closed(db: Connection) -> tuple[int, ...]:
    """Return the schedules of which a report waits that its channel does not take, since a person last changed them.

    Who has let one go on says that the channel takes messages again: what it refused before is tried again.
    """
    sql = """
        SELECT DISTINCT schedules.id FROM outbox JOIN exports ON exports.number = outbox.about_id
            JOIN runs ON runs.id = exports.run JOIN schedules ON schedules.id = runs.schedule
        WHERE outbox.state IN ('waiting', 'sending') AND outbox.kind = ? AND outbox.about = ? AND outbox.refusal = ?
            AND schedules.paused_why = '' AND outbox.refused_since >= schedules.changed_at
            AND outbox.id NOT IN (SELECT delivery FROM messages)
    """
    wanted = [MessageKind.REPORT.value, About.EXPORT.value, Refusal.PLACE.value]
    return tuple(row["id"] for row in db.query(sql, wanted))


def _came(db: Connection, run: Run, schedule: Schedule, export: Export, audience: LinkAudience, now: datetime) -> None:
    """End a run whose file is there; where its report waits for figures, have it posted only if they are others."""
    if outbox.find(db, outbox.result_subject(export.number, export.announcement)) is not None:
        _moved(db, run, schedule, RunState.DONE, None, now)
        return
    answer = answers.of(db, export.number, export.announcement)
    if answer is not None and answer.state is AnswerState.WANTED:
        return
    before = runs.told_before(db, run)
    told = None if before is None or before.export is None else exports.get(db, before.export)
    if told is not None and answer is not None and _reads(told, export) and _is_same(db, answer, told):
        _moved(db, run, schedule, RunState.UNCHANGED, None, now)
        announcements.result_changed(db, told, now)
        for attachment in attachments.of_export(db, export.number):
            attachments.delete(db, attachment.id, now)  # there is no thread that it belongs to
        return
    announcements.announce(db, export, now)
    if answer is not None:
        announcing.announce(db, answer, audience, now)
    _moved(db, run, schedule, RunState.DONE, None, now)


def _reads(told: Export, export: Export) -> bool:
    """Return whether who would read a report reads a line on the one that was told before."""
    return told.channel == export.channel and told.state is _S.READY


def _is_same(db: Connection, answer: Answer, told: Export) -> bool:
    known = answers.of(db, told.number, told.announcement)
    if known is None or known.state is not AnswerState.FOUND or answer.state is not AnswerState.FOUND:
        return False
    return (known.sha256 == answer.sha256 != "") or kept.is_same(known.document, answer.document)


def _moved(db: Connection, run: Run, schedule: Schedule, state: RunState, why: NotDone | None, now: datetime) -> None:
    """End a run that did not fail."""
    if state is RunState.LEFT_OUT:
        ended = runs.move(db, run, state, now, why=why.value if why else "")
    else:
        ended, _ = runs.end(db, run, state, run.why, now)
    if ended is not None:
        telling.note(db, schedule, ended, f"{state.value}{f': {why.value}' if why else ''}", now)
