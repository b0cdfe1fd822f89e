"""What an alert has asked for itself, one export a day, and what came of it."""

from dataclasses import dataclass
from datetime import datetime
from typing import Final

from sqlite_utils import Database as Connection

from storage import answers, exports
from storage.alerts import Alert
from storage.answers import Answer, AnswerState
from storage.models import Export
from storage.states import ExportState

MOST_FAILURES: Final = 3  #: in a row, after which an alert pauses
_LOOKED_AT: Final = MOST_FAILURES + 1
_S = ExportState
_UNDER_WAY: Final = frozenset({_S.QUEUED, _S.SUBMITTING, _S.REQUESTED, _S.RETRYING})
_NO_FIGURES: Final = frozenset({_S.FAILED, _S.REFUSED, _S.VANISHED})


@dataclass(frozen=True, slots=True)
class Own:
    """The newest exports of an alert with the answers to them, the newest first."""

    asked: tuple[tuple[Export, Answer | None], ...]
    origin: str  #: by which today's is asked for
    has_asked: bool  #: today

    @property
    def is_under_way(self) -> bool:
        """Whether figures may still come of the newest."""
        if not self.asked:
            return False
        export, answer = self.asked[0]
        return export.state in _UNDER_WAY or (answer is not None and answer.state is AnswerState.WANTED)

    @property
    def newest(self) -> tuple[Export, Answer] | None:
        """The newest one with figures."""
        found = ((export, answer) for export, answer in self.asked if answer and answer.state is AnswerState.FOUND)
        return next(found, None)

    def fails(self, since: datetime) -> bool:
        """Return whether so many in a row came to an end without figures, all of them asked for since then."""
        newest = [each for each in self.asked if each[0].accepted_at >= since][:MOST_FAILURES]
        return len(newest) == MOST_FAILURES and all(_has_failed(*each) for each in newest)


def of(db: Connection, alert: Alert, now: datetime) -> Own:
    """Return what an alert has asked for itself, and what it asks by today.

    What was asked on a day that the clock showed too early does not count for that day: the newest one does. Nor does
    what was asked by the rights of somebody else, who owned it before.
    """
    begin = f"alert:{alert.mark}:"
    origin = f"{begin}{now.date().isoformat()}"
    found = exports.of_alert(db, alert.id, _LOOKED_AT)
    newest = [each for each in found if each.origin.startswith(begin) and each.requester == alert.owner]
    asked = tuple((each, answers.of(db, each.number, each.announcement)) for each in newest)
    of_today = exports.count_of_day(db, alert.id, origin)
    has_asked = bool(newest) and newest[0].origin.startswith(origin)
    return Own(asked, origin=f"{origin}:{of_today}" if of_today else origin, has_asked=has_asked)


def _has_failed(export: Export, answer: Answer | None) -> bool:
    if answer is not None and answer.state is not AnswerState.UNREAD:
        return False  # there are figures, whatever became of the file since
    return export.state in _NO_FIGURES or (export.state is _S.READY and answer is not None)
