"""`python -m bot answers forget`: what is kept of answers is forgotten by hand."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from sqlite_utils import Database as Connection

from bot.tokenflex.models import ExportRequest
from storage import answers, exports
from storage.answers import Figures, NewAnswer
from storage.database import Database
from storage.models import NewExport
from tests.integration.test_backup import command

_SLACK = "What stands in Slack stays there; Delete, in the details of an export, takes that away too."


async def _answered(path: Path) -> None:
    """Make a database with two answers of one contract and one of another, a day, a year and two years old."""
    database = Database(path)
    await database.open()
    now = datetime.now(UTC)
    for number, (contract, days) in enumerate((("11", 1), ("11", 365), ("22", 730)), 1):
        await database.write(_answer, number, contract, now - timedelta(days=days))
    await database.close()


def _answer(db: Connection, number: int, contract: str, at: datetime) -> None:
    request = ExportRequest(contract, ("productName",), ("tokensConsumed",))
    exports.accept(db, NewExport(request, "U1", "C1", f"command:{number}"), at)
    new = NewAnswer(origin=answers.origin_of(number, 1), export=number, announcement=1)
    wanted, _ = answers.add_wanted(db, new, at)
    answers.found(db, wanted.id, Figures(document="{}", sha256=""), at)


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ((), "The figures of 1 answer are forgotten."),
        (("--older-than", "30"), "The figures of 2 answers are forgotten."),
        (("--contract", "11"), "The figures of 2 answers are forgotten."),
        (("--all",), "The figures of 3 answers are forgotten."),
    ],
)
async def test_figures_are_forgotten(words: tuple[str, ...], said: str, tmp_path: Path) -> None:
    """Those that are older than the setting, than so many days, of a contract, or all; and it says how many."""
    await _answered(tmp_path / "data" / "tokenflex.db")
    forgotten = await command(tmp_path, "answers", "forget", *words)
    assert (forgotten.process.returncode, forgotten.out.splitlines()) == (0, [said, _SLACK])
    again = await command(tmp_path, "answers", "forget", *words)
    assert again.out.startswith("The figures of 0 answers are forgotten.")


async def test_without_a_database_nothing_is_made(tmp_path: Path) -> None:
    """It says that there is none."""
    refused = await command(tmp_path, "answers", "forget", "--all")
    assert refused.process.returncode == 2
    assert refused.lines == ["There is no database at data/tokenflex.db yet, so there are no answers."]
    assert not (tmp_path / "data" / "tokenflex.db").exists()
