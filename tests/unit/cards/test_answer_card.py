"""The answer to an export, as people read it: nothing is said twice."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal

import pytest

from bot.cards import actions, answer_card, export_card
from bot.cards.figures import FAULTS, Answer, Fact, Fault, Receipt, Unread
from bot.tokenflex.models import ExportRequest
from storage import answers
from storage.answers import AnswerState
from storage.models import Export
from storage.states import ExportState
from tests.harness.rows import NOW

EXPORT = Export(
    42, ExportState.READY, ExportRequest("1", ("productName",), ("tokensConsumed",)), "U1", "C1", NOW, NOW, origin="act"
)


def facts(finding: str, *facts: Fact, period: str = "") -> list[str]:
    """Return the lines below the sentence, without the receipt."""
    answer = Answer(finding, facts, Receipt(1, 1, "ab"), period)
    blocks = {block["block_id"]: block for block in answer_card.figures(EXPORT, answer).blocks}
    return str(blocks["facts.0"]["text"]["text"]).splitlines() if "facts.0" in blocks else []


def test_a_total_that_the_sentence_begins_with_is_not_repeated() -> None:
    """Several totals stand together; the period is there once."""
    tokens, hours = Fact("Tokens", Decimal(1823)), Fact("Hours of use", 12)
    assert facts("1,823 tokens, September 2026; most for Maya.", tokens, period="September 2026") == []
    assert facts("1,823 tokens and 12 hours of use.", tokens, hours) == ["Tokens: 1,823 · Hours of use: 12"]
    assert facts("Longest without use: Maya.", tokens, period="2026") == ["Tokens: 1,823", "Period: 2026"]


@pytest.mark.parametrize(
    ("known", "last", "said"),
    [
        (None, None, "1 row, 1 byte; SHA-256"),
        (None, date(2026, 9, 30), "1 row, 1 byte, data through 30 September 2026; SHA-256"),
        (date(2026, 9, 28), None, "1 row, 1 byte, data through 28 September 2026; SHA-256"),
        (date(2026, 9, 28), date(2026, 9, 27), "1 row, 1 byte, data through 27 September 2026; SHA-256"),
    ],
)
def test_the_receipt_says_through_which_day_the_data_are(known: date | None, last: date | None, said: str) -> None:
    """The last one in the file, else the last of which usage was known as it was asked for, where some was not."""
    answer = Answer("Nothing.", (), Receipt(1, 1, "ab", last))
    message = answer_card.figures(replace(EXPORT, known_through=known), answer)
    assert said in message.bare


WANTED = answers.Answer(
    origin="answer:42:1", export=42, announcement=1, id=7, state=AnswerState.WANTED, wanted_at=NOW, changed_at=NOW
)
LATER = NOW + timedelta(minutes=5)
#: Where an answer stands, and how details say it.
STANDING: Mapping[str, answers.Answer] = {
    "Its figures follow as soon as its file is read, one file after another.": WANTED,
    "There is no link to its file now; I try again at ": replace(WANTED, next_try_at=LATER),
    "Its file could not be read so far (tried once); I try again at ": replace(WANTED, next_try_at=LATER, attempts=1),
    "Its file could not be read so far (tried 3 times); I try again at ": replace(
        WANTED, next_try_at=LATER, attempts=3
    ),
    "There are no figures of this file. *Show": replace(WANTED, state=AnswerState.UNREAD, fault="of another version"),
    **{
        f"There are no figures of this file: {said}.": replace(WANTED, state=AnswerState.UNREAD, fault=fault)
        for fault, said in FAULTS.items()
    },
}


@pytest.mark.parametrize("said", STANDING)
def test_details_say_where_figures_stand(said: str) -> None:
    """And what can be done about it, with the button for that; only as long as there is a file."""
    answer = STANDING[said]
    blocks = str(export_card.details(EXPORT, answer=answer).blocks)
    assert said in blocks
    assert "*Show the answer* reads it" in blocks
    assert "'answer.show'" in blocks
    for state in set(ExportState) - {ExportState.READY}:
        assert export_card.details(replace(EXPORT, state=state), answer=answer) == export_card.details(
            replace(EXPORT, state=state)
        )


def test_details_do_not_repeat_figures() -> None:
    """They stand in the thread."""
    found = replace(WANTED, state=AnswerState.FOUND)
    assert export_card.details(EXPORT, answer=found) == export_card.details(EXPORT)


@pytest.mark.parametrize("fault", Fault)
def test_a_file_without_figures_says_what_happened_what_follows_and_what_to_do(fault: Fault) -> None:
    """In three sentences at least; the acts that it names exist."""
    said = answer_card.unread(EXPORT, Unread(fault)).text
    assert said.startswith(f"Answer to export #42: There are no figures of this file: {FAULTS[fault]}. ")
    assert " all the same. " in said
    helps = said.partition(" all the same. ")[2]
    assert helps.endswith(".")
    assert "{" not in helps
    assert "run the export again" not in helps or actions.AGAIN in export_card.offered(EXPORT)
