"""Which runs of a question an answer is compared with, as the database has them."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import date, timedelta

import pytest
from sqlite_utils import Database as Connection

from bot.answers import earlier
from bot.answers.comparison import Run
from bot.questions.periods import Days
from storage import answers, exports
from storage.answers import Answer, Figures, NewAnswer
from storage.migrations import migrations
from storage.models import NewExport
from tests.harness.rows import NOW, REQUEST

AUGUST, SEPTEMBER, OCTOBER = (
    Days(date(2026, month, 1), date(2026, month, last)) for month, last in ((8, 31), (9, 30), (10, 31))
)
KNOWN = date(2026, 10, 29)


@pytest.fixture
def db() -> Iterator[Connection]:
    """An empty database in memory."""
    connection = Connection(memory=True)
    migrations.apply(connection)
    yield connection
    connection.close()


def run(db: Connection, number: int, days: Days | None, *, person: str = "U1", known: date | None = None) -> Answer:
    """An answer to the question, found at an hour of its own, with a document that says its number."""
    new = NewExport(replace(REQUEST, file_name=f"f{number}"), person, "C1", f"command:{number}", known_through=known)
    exports.accept(db, new, NOW)
    wanted, _ = answers.add_wanted(db, NewAnswer(origin=f"answer:{number}:1", export=number, announcement=1), NOW)
    figures = Figures(
        document=f"document {number}",
        sha256="",
        question_key="question",
        first_day=None if days is None else days.first,
        last_day=None if days is None else days.last,
    )
    found = answers.found(db, wanted.id, figures, NOW + timedelta(hours=number))
    assert found is not None
    return found


def of(db: Connection, answer: Answer, *, private: bool = False) -> earlier.Before:
    """What an answer is compared with."""
    return earlier.before(db, exports.get(db, answer.export), answer, private=private)


def test_the_period_before_comes_first_and_then_the_same_days(db: Connection) -> None:
    """Each with what was kept of it, and with what was not known then."""
    run(db, 1, AUGUST)
    run(db, 2, SEPTEMBER)
    run(db, 3, OCTOBER, known=KNOWN)
    found = of(db, run(db, 4, OCTOBER))
    assert found.now == Run(4, OCTOBER, NOW + timedelta(hours=4))
    assert found.runs == (
        (Run(2, SEPTEMBER, NOW + timedelta(hours=2)), "document 2"),
        (Run(3, OCTOBER, NOW + timedelta(hours=3), KNOWN), "document 3"),
    )


def test_later_runs_do_not_count(db: Connection) -> None:
    """An answer says what was so when it was given."""
    first = run(db, 1, OCTOBER)
    run(db, 2, SEPTEMBER)
    assert of(db, first).runs == ()


def test_a_private_answer_is_compared_with_runs_of_the_same_person(db: Connection) -> None:
    """What others asked may have been shown to them alone."""
    run(db, 1, SEPTEMBER, person="U2")
    answer = run(db, 2, OCTOBER)
    assert [document for _, document in of(db, answer).runs] == ["document 1"]
    assert of(db, answer, private=True).runs == ()


def test_a_private_look_is_compared_as_the_answer_of_its_export_is(db: Connection) -> None:
    """As long as that is kept: until it is read, and when it is forgotten, nothing is."""
    run(db, 1, SEPTEMBER, person="U2")
    answer = run(db, 2, OCTOBER)
    export = exports.get(db, 2)
    exports.change(db, 2, announcement=1)
    for private in (True, False):
        looked = earlier.of_export(db, exports.get(db, 2), private=private)
        assert looked == of(db, answer, private=private)
    assert earlier.of_export(db, export, private=False) is None  # another announcement's
    answers.add_wanted(db, NewAnswer(origin="answer:2:2", export=2, announcement=2), NOW)
    exports.change(db, 2, announcement=2)
    assert earlier.of_export(db, exports.get(db, 2), private=False) is None


def test_all_days_are_compared_with_all_days(db: Connection) -> None:
    """And with nothing else."""
    run(db, 1, SEPTEMBER)
    run(db, 2, None)
    assert [document for _, document in of(db, run(db, 3, None)).runs] == ["document 2"]


def test_days_that_no_calendar_means_are_none(db: Connection) -> None:
    """A version that meant something else by them is no error."""
    answer = run(db, 1, None)
    odd = replace(answer, first_day=date(2026, 10, 2), last_day=date(2026, 10, 1))
    assert of(db, odd).now.days is None
