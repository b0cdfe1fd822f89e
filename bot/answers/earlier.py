"""Which earlier answers one is compared with: those that everybody could see who sees it.

That is, answers of the same contract and question in the same channel, whoever asked; for the eyes of one person alone
only their own among these. What the settings keep from a channel is decided before, by who sees an answer at all.
"""

from dataclasses import dataclass

from sqlite_utils import Database as Connection

from bot.answers.comparison import Run, earlier
from bot.questions.periods import Days, PeriodError
from storage import answers
from storage.answers import Answer, AnswerState, RunBefore
from storage.models import Export


@dataclass(frozen=True, slots=True)
class Before:
    """The run that an answer is of, and those that it is compared with, each with what was kept of it."""

    now: Run
    runs: tuple[tuple[Run, str], ...] = ()


def before(db: Connection, export: Export, answer: Answer, *, private: bool) -> Before:
    """Return what an answer is compared with where everybody in its channel sees it, or its requester alone."""
    now = Run(answer.id, _days(answer), answer.changed_at, export.known_through)
    known = answers.runs_before(db, answer, export, person=export.requester if private else "")
    found = earlier(now, [Run(each.id, _days(each), each.changed_at, each.known_through) for each in known])
    chosen = [run for run in (found.other, found.same) if run is not None]
    return Before(now, tuple((run, answers.get(db, run.answer).document) for run in chosen))


def of_export(db: Connection, export: Export, *, private: bool) -> Before | None:
    """Return what the answer to an export is compared with, as `before`; None where that answer is not kept."""
    answer = answers.of(db, export.number, export.announcement)
    if answer is None or answer.state is not AnswerState.FOUND:
        return None
    return before(db, export, answer, private=private)


def _days(of: Answer | RunBefore) -> Days | None:
    """Return the days that were asked for; None: all."""
    if of.first_day is None or of.last_day is None:
        return None
    try:
        return Days(of.first_day, of.last_day)
    except PeriodError:  # of a version that meant other days
        return None
