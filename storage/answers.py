"""The store of answers: which files are to be read for figures, and what was found in them.

What was found is a text here, written and read by `bot.answers`; it holds counts and totals, and no name of a person.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum

from sqlite_utils import Database as Connection

from . import rows
from .models import Export, Stored, from_text, to_text

_RUNS = 400  #: of a question that are looked at: one for each day of more than a year


class AnswerState(StrEnum):
    """How far the reading of a file is."""

    WANTED = "wanted"
    FOUND = "found"  #: there are figures
    UNREAD = "unread"  #: there are none, for good


class UnknownAnswerError(LookupError):
    """There is no answer of that id (any more)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class NewAnswer:
    """What is needed to want an answer; `origin` names the one announcement, or act of a person, that wants it."""

    origin: str
    export: int  #: its number
    announcement: int  #: which of the export's
    asked: str = ""  #: by what, how many and where, as a text; "": as fits the export
    person: str = ""  #: who asked for it by an act of their own; "": it belongs to the announcement


@dataclass(frozen=True, slots=True, kw_only=True)
class Figures:
    """What was found in a file, as in `Answer`."""

    document: str
    sha256: str
    question_key: str = ""
    first_day: date | None = None
    last_day: date | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer(NewAnswer, Stored):
    """The figures of a file, or that they are wanted."""

    id: int
    state: AnswerState
    wanted_at: datetime
    changed_at: datetime
    attempts: int = 0  #: how often in a row the file was fetched in vain
    next_try_at: datetime | None = None  #: the end of its pause; None: it has none
    fault: str = ""  #: why there are no figures, in one word
    document: str = ""  #: what was found, or what is known of the fault; "": nothing, or it was forgotten
    sha256: str = ""  #: of the file
    question_key: str = ""  #: the same for all runs of one question, whatever their period; "" until it is found
    first_day: date | None = None  #: of the days that were asked for; None: all
    last_day: date | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class RunBefore(Stored):
    """An earlier answer to a question, without its figures; all but the last as in `Answer`."""

    id: int
    changed_at: datetime
    first_day: date | None
    last_day: date | None
    known_through: date | None  #: as of its export


def origin_of(export: int, announcement: int) -> str:
    """Return the origin of the answer that belongs to an announcement."""
    return f"answer:{export}:{announcement}"


def add_wanted(db: Connection, new: NewAnswer, now: datetime) -> tuple[Answer, bool]:
    """Store that an answer is wanted and return it with True; the same origin again returns the first with False."""
    for row in db.query("SELECT * FROM answers WHERE origin = ?", [new.origin]):
        return Answer.from_row(row), False
    columns: Mapping[str, object] = {
        "origin": new.origin,
        "export": new.export,
        "announcement": new.announcement,
        "asked": new.asked,
        "person": new.person,
        "state": AnswerState.WANTED.value,
        "wanted_at": now,
        "changed_at": now,
    }
    return get(db, rows.insert(db, "answers", columns)), True


def get(db: Connection, answer_id: int) -> Answer:
    """Return one answer.

    Raises:
        UnknownAnswerError: there is none of that id (any more).

    """
    known = find(db, answer_id)
    if known is None:
        raise UnknownAnswerError(answer_id)
    return known


def find(db: Connection, answer_id: int) -> Answer | None:
    """Return the answer of this id, None where there is none (any more)."""
    return next(map(Answer.from_row, db.query("SELECT * FROM answers WHERE id = ?", [answer_id])), None)


def of(db: Connection, export: int, announcement: int) -> Answer | None:
    """Return the answer that belongs to an announcement of an export, if there is one."""
    found = db.query("SELECT * FROM answers WHERE origin = ?", [origin_of(export, announcement)])
    return next(map(Answer.from_row, found), None)


def of_export(db: Connection, export: int) -> tuple[Answer, ...]:
    """Return all answers of an export, oldest first."""
    found = db.query("SELECT * FROM answers WHERE export = ? ORDER BY announcement, id", [export])
    return tuple(map(Answer.from_row, found))


def wanted(db: Connection, now: datetime, limit: int = 100) -> tuple[Answer, ...]:
    """Return the answers that are wanted and do not pause, the oldest first."""
    sql = """
        SELECT * FROM answers WHERE state = 'wanted' AND (next_try_at IS NULL OR next_try_at <= ?) ORDER BY id LIMIT ?
    """
    return tuple(map(Answer.from_row, db.query(sql, [to_text(now), limit])))


def next_try(db: Connection, now: datetime) -> datetime | None:
    """Return when the first pause of an answer ends that is wanted; None where none pauses."""
    sql = "SELECT min(next_try_at) FROM answers WHERE state = 'wanted' AND next_try_at > ?"
    return from_text(db.execute(sql, [to_text(now)]).fetchone()[0])


def runs_before(db: Connection, answer: Answer, export: Export, *, person: str = "") -> tuple[RunBefore, ...]:
    """Return the newest answers to the question of an answer that came before it, in the channel of its export.

    They are of other exports, of a `person` alone where one is given, and of none that an alert has asked for; none for
    an answer to no question of an export.
    """
    sql = """
        SELECT answers.id, answers.changed_at, answers.first_day, answers.last_day, exports.known_through
        FROM answers JOIN exports ON exports.number = answers.export
        WHERE answers.state = 'found' AND answers.question_key = :key AND answers.id < :id AND :key <> ''
            AND exports.number <> :export AND exports.contract_number = :contract AND exports.channel = :channel
            AND :person IN ('', exports.requester) AND exports.alert IS NULL
        ORDER BY answers.id DESC LIMIT :most
    """
    values = {"key": answer.question_key, "id": answer.id, "export": export.number, "person": person}
    values |= {"contract": export.request.contract_number, "channel": export.channel, "most": _RUNS}
    return tuple(map(RunBefore.from_row, db.query(sql, values)))


def pause(db: Connection, answer_id: int, attempts: int, next_try_at: datetime, now: datetime) -> None:
    """Note that a file could not be had, how often it was tried in vain, and when it is tried again."""
    sql = "UPDATE answers SET attempts = ?, next_try_at = ?, changed_at = ? WHERE id = ? AND state = 'wanted'"
    db.execute(sql, [attempts, to_text(next_try_at), to_text(now), answer_id])


def found(db: Connection, answer_id: int, figures: Figures, now: datetime) -> Answer | None:
    """Store what was found; None where it is not wanted any more."""
    days = {"first_day": figures.first_day, "last_day": figures.last_day}
    changes = {
        "document": figures.document,
        "sha256": figures.sha256,
        "question_key": figures.question_key,
        **{name: None if day is None else day.isoformat() for name, day in days.items()},
    }
    return _ended(db, answer_id, AnswerState.FOUND, changes, now)


def unread(db: Connection, answer_id: int, fault: str, now: datetime, *, document: str = "") -> Answer | None:
    """Store why there are no figures of a file; None where they are not wanted any more."""
    return _ended(db, answer_id, AnswerState.UNREAD, {"fault": fault, "document": document}, now)


def remove(db: Connection, answer_id: int) -> None:
    """Forget an answer altogether."""
    db.execute("DELETE FROM answers WHERE id = ?", [answer_id])


def forget(db: Connection, before: datetime, contract: str = "") -> int:
    """Forget the answers that were found, or could not be, before a time, of one contract or all; return how many."""
    sql = "DELETE FROM answers WHERE state <> 'wanted' AND changed_at < :before"
    if contract:
        sql += " AND export IN (SELECT number FROM exports WHERE contract_number = :contract)"
    return int(db.execute(sql, {"before": to_text(before), "contract": contract}).rowcount)


def with_figures(db: Connection) -> tuple[Answer, ...]:
    """Return every answer of which figures are kept."""
    return tuple(map(Answer.from_row, db.query("SELECT * FROM answers WHERE state = 'found' ORDER BY id")))


def _ended(
    db: Connection, answer_id: int, state: AnswerState, changes: Mapping[str, object], now: datetime
) -> Answer | None:
    known = find(db, answer_id)
    if known is None or known.state is not AnswerState.WANTED:
        return None
    ended = {"state": state.value, "changed_at": now, "next_try_at": None}
    rows.update(db, "answers", "id", answer_id, {**changes, **ended})
    return get(db, answer_id)
