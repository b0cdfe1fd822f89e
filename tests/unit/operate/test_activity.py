"""What `doctor` says of exports that wait, from the database."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlite_utils import Database as Connection

from bot.cards.faces import NOTES
from bot.cards.figures import FAULTS, Fault
from bot.operate.checks.activity import ANSWERS, EXPORTS, FILES, POLL, check_activity
from bot.operate.findings import Finding, Level
from storage import answers, attachments, exports
from storage.answers import Figures, NewAnswer
from storage.migrations import migrations
from storage.states import ExportState, Note
from tests.harness.rows import NOW, accepted, after

#: States in which somebody waits for the bot or for Token Flex.
AT_WORK = (
    ExportState.QUEUED,
    ExportState.SUBMITTING,
    ExportState.REQUESTED,
    ExportState.RETRYING,
    ExportState.DELETING,
)


@pytest.fixture
def db(tmp_path: Path) -> Iterator[Connection]:
    """A database with the schema of today."""
    connection = Connection(tmp_path / "bot.db")
    migrations.apply(connection)
    yield connection
    connection.close()


def found(db: Connection, seconds: float) -> dict[str, Finding]:
    """What is said so many seconds later."""
    return {each.name: each for each in check_activity(db, after(seconds), bot_runs=True)}


def waiting(db: Connection, state: ExportState, note: Note) -> None:
    """One export that waits in this state since `NOW`."""
    export = accepted(db)
    exports.change(db, export.number, state=state.value, note=note, noted_at=NOW if note else None)


@pytest.mark.parametrize("state", ExportState)
@pytest.mark.parametrize("note", Note)
def test_what_is_stuck_is_named(db: Connection, state: ExportState, note: Note) -> None:
    """After ten minutes, with its number, since when and why; never what rests, and what is just being prepared."""
    waiting(db, state, note)
    assert found(db, 599)[EXPORTS].level is Level.OK
    said = found(db, 601)[EXPORTS]
    if state not in AT_WORK or (state is ExportState.REQUESTED and note is Note.NONE):
        assert said.level is Level.OK
        return
    assert said.level is Level.WARNING
    assert said.found.startswith("One is waiting for more than 10 minutes: #1 (")
    assert "since 2026-03-04 05:06 UTC (10 min ago)." in said.found
    assert said.found.endswith(NOTES[note] or ".")


def test_the_longest_is_named_of_many(db: Connection) -> None:
    """And how many there are; beside them nothing is said that could be read as if there were none."""
    for number in range(3):
        accepted(db, f"command:{number}")
    exports.change(db, 2, note=Note.SLOTS, noted_at=after(-60))
    said = found(db, 700)
    assert said[EXPORTS].found.startswith("3 are waiting for more than 10 minutes: #2 (waiting its turn) since")
    assert "no export" not in said[POLL].found


def test_a_file_that_waits_is_named_with_what_keeps_it(db: Connection) -> None:
    """After ten minutes; nothing is said of files where none waits."""
    accepted(db)
    wanted = attachments.want(db, 1, 1, "csv", NOW)
    assert FILES not in found(db, 599)
    attachments.pause(db, wanted, after(700), after(1), "file_uploads_disabled")
    said = found(db, 601)[FILES]
    assert said.level is Level.WARNING
    assert said.found == (
        "One is waiting for more than 10 minutes: that of #1 since 2026-03-04 05:06 UTC (10 min ago) "
        "(file_uploads_disabled)."
    )
    attachments.refused(db, wanted.id, "vain", after(602))
    assert FILES not in found(db, 9999)


def wanted_answer(db: Connection, number: int) -> int:
    """One answer that is wanted since `NOW`, of an export that need not be there."""
    answer, _ = answers.add_wanted(db, NewAnswer(origin=f"answer:{number}:1", export=number, announcement=1), NOW)
    return answer.id


def test_answers_that_are_waited_for(db: Connection) -> None:
    """How many and since when, after ten minutes as a warning; how many are kept, and since when."""
    assert found(db, 0)[ANSWERS].found == "None is kept."
    first = wanted_answer(db, 1)
    wanted_answer(db, 2)
    answers.pause(db, first, 3, after(900), after(1))
    assert (found(db, 599)[ANSWERS].level, found(db, 599)[ANSWERS].found) == (
        Level.OK,
        "2 being read. None is kept.",
    )
    said = found(db, 601)[ANSWERS]
    assert said.level is Level.WARNING
    assert said.found == (
        "2 waiting, the first since 2026-03-04 05:06 UTC (10 min ago), tried in vain 3 times. None is kept."
    )
    answers.found(db, first, Figures(document="{}", sha256=""), after(120))
    assert found(db, 240)[ANSWERS].found == "1 being read. 1 kept, since 2026-03-04 05:08 UTC (2 min ago)."


@pytest.mark.parametrize("fault", [*Fault, "of a version to come"])
def test_files_without_figures_are_counted_by_why(db: Connection, fault: str) -> None:
    """In words, for a week."""
    for number in (1, 2):
        answers.unread(db, wanted_answer(db, number), fault, after(number))
    said = found(db, 60)[ANSWERS]
    assert said.level is Level.WARNING
    in_words = FAULTS[Fault(fault)] if fault in FAULTS else fault
    assert said.found == f"None is kept. No figures in the last 7 days: 2 × {in_words}."
    assert found(db, 7 * 86_400 + 60)[ANSWERS].level is Level.OK
