"""The store of answers: wanted once, taken oldest first, ended once."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import date

import pytest
from sqlite_utils import Database as Connection

from storage import answers, exports
from storage.answers import AnswerState, Figures, NewAnswer, UnknownAnswerError
from storage.migrations import migrations
from tests.harness.rows import NOW, REQUEST, accepted, after


@pytest.fixture
def db() -> Iterator[Connection]:
    """A database in memory with two exports."""
    connection = Connection(memory=True)
    migrations.apply(connection)
    accepted(connection)
    accepted(connection, "command:2")
    yield connection
    connection.close()


def wanted(db: Connection, export: int = 1, announcement: int = 1) -> answers.Answer:
    """The answer that an announcement wants."""
    new = NewAnswer(origin=answers.origin_of(export, announcement), export=export, announcement=announcement)
    return answers.add_wanted(db, new, NOW)[0]


def found(db: Connection, answer: answers.Answer, key: str = "question") -> answers.Answer | None:
    """The same with figures."""
    days = {"first_day": date(2026, 1, 1), "last_day": date(2026, 1, 31)}
    figures = Figures(document='{"rows": 3}', sha256="ab" * 32, question_key=key, **days)
    return answers.found(db, answer.id, figures, after(9))


def test_an_announcement_wants_one_answer(db: Connection) -> None:
    """However often its change is applied."""
    first = wanted(db)
    assert answers.add_wanted(db, NewAnswer(origin=first.origin, export=1, announcement=1), after(5)) == (first, False)
    assert (first.state, first.wanted_at, first.attempts, first.next_try_at) == (AnswerState.WANTED, NOW, 0, None)
    assert answers.of(db, 1, 1) == first
    assert answers.of(db, 1, 2) is None


def test_one_that_a_person_asked_for_belongs_to_no_announcement(db: Connection) -> None:
    """It is found with the export, and not as the answer of the announcement."""
    own = wanted(db)
    new = NewAnswer(origin="press:1", export=1, announcement=1, asked='{"top": 25}', person="U1")
    asked, is_new = answers.add_wanted(db, new, NOW)
    assert (is_new, asked.asked, asked.person) == (True, '{"top": 25}', "U1")
    assert answers.of(db, 1, 1) == own
    assert answers.of_export(db, 1) == (own, asked)


def test_the_oldest_is_first_and_one_that_pauses_lets_others_by(db: Connection) -> None:
    """Until its pause ends."""
    first, second = wanted(db), wanted(db, 2)
    assert answers.wanted(db, NOW) == (first, second)
    answers.pause(db, first.id, 1, after(60), after(1))
    assert answers.wanted(db, after(59)) == (second,)
    assert answers.next_try(db, after(59)) == after(60)
    (again,) = answers.wanted(db, after(60), 1)
    assert (again.id, again.attempts, again.changed_at) == (first.id, 1, after(1))
    assert answers.next_try(db, after(60)) is None


def test_what_was_found_is_kept_once(db: Connection) -> None:
    """The second reading of the same file changes nothing."""
    answer = wanted(db)
    answers.pause(db, answer.id, 1, after(5), after(1))
    kept = found(db, answer)
    assert kept is not None
    assert (kept.state, kept.document, kept.next_try_at) == (AnswerState.FOUND, '{"rows": 3}', None)
    assert (kept.first_day, kept.last_day) == (date(2026, 1, 1), date(2026, 1, 31))
    assert found(db, answer, "other") is None
    assert answers.unread(db, answer.id, "empty", after(20)) is None
    assert answers.get(db, answer.id) == kept
    assert answers.wanted(db, after(99)) == ()


def test_a_file_without_figures_ends_too(db: Connection) -> None:
    """With the reason in a word."""
    answer = wanted(db)
    ended = answers.unread(db, answer.id, "columns", after(9), document='{"line": 3}')
    assert ended is not None
    assert (ended.state, ended.fault, ended.changed_at) == (AnswerState.UNREAD, "columns", after(9))
    assert answers.wanted(db, after(99)) == ()


def test_earlier_answers_of_a_question_are_found_newest_first(db: Connection) -> None:
    """Neither other questions nor later answers nor files without figures."""
    before = [wanted(db, 1, 1), wanted(db, 2, 1), wanted(db, 1, 2), wanted(db, 2, 2), wanted(db, 1, 3)]
    for answer, key in zip(before, ("a", "b", "a", "a", "a"), strict=True):
        found(db, answer, key)
    now = answers.get(db, before[3].id)
    assert [each.id for each in answers.runs_before(db, now, exports.get(db, 2))] == [before[2].id, before[0].id]


#: Whose earlier answers are found for the export of U1 in C1, for everybody there and for U1 alone.
OTHERS: dict[str, tuple[str, str, bool, bool]] = {
    "of the same person in the same channel": ("U1", "C1", True, True),
    "of somebody else there": ("U2", "C1", True, False),
    "of another channel": ("U1", "C2", False, False),
}


@pytest.mark.parametrize(("person", "channel", "for_all", "for_one"), OTHERS.values(), ids=list(OTHERS))
def test_whose_earlier_answers_are_found(
    db: Connection, person: str, channel: str, for_all: bool, for_one: bool
) -> None:
    """Those that everybody could see who sees this one; never those of another contract."""
    other = accepted(db, "command:3", requester=person, channel=channel)
    elsewhere = accepted(db, "command:4", request=replace(REQUEST, contract_number="22"))
    earlier = [wanted(db, each.number) for each in (other, elsewhere)]
    answer = wanted(db)
    for each in (*earlier, answer):
        found(db, each)
    now, export = answers.get(db, answer.id), exports.get(db, 1)
    assert [each.id for each in answers.runs_before(db, now, export)] == [earlier[0].id] * for_all
    assert [each.id for each in answers.runs_before(db, now, export, person="U1")] == [earlier[0].id] * for_one


def test_an_answer_to_no_question_of_an_export_has_no_earlier_ones(db: Connection) -> None:
    """As one that somebody asked of a file."""
    found(db, wanted(db, 2), "")
    answer = wanted(db)
    found(db, answer, "")
    assert answers.runs_before(db, answers.get(db, answer.id), exports.get(db, 1)) == ()


def test_what_is_removed_is_not_found_again(db: Connection) -> None:
    """Reading its file to the end stores nothing."""
    answer = wanted(db)
    answers.remove(db, answer.id)
    with pytest.raises(UnknownAnswerError):
        answers.get(db, answer.id)
    assert found(db, answer) is None
    assert wanted(db).id > answer.id  # a button of the old one means no other


def test_what_is_old_is_forgotten_and_what_is_wanted_is_not(db: Connection) -> None:
    """Of one contract, or of all; what could not be read is as old as it was found out."""
    first, second, third = wanted(db), wanted(db, announcement=2), wanted(db, export=2)
    found(db, first)
    answers.unread(db, second.id, "gone", after(20))
    assert answers.forget(db, after(9)) == 0
    assert answers.forget(db, after(10), "another contract") == 0
    assert answers.forget(db, after(10), "110000123456") == 1
    assert answers.find(db, first.id) is None
    assert answers.forget(db, after(9999)) == 1
    assert [each.id for each in answers.of_export(db, 2)] == [third.id]
