"""The answer to an export, as people read it: nothing is said twice."""

from decimal import Decimal

from bot.cards import answer_card
from bot.cards.figures import Answer, Fact, Receipt
from bot.tokenflex.models import ExportRequest
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
    return str(blocks["facts"]["text"]["text"]).splitlines() if "facts" in blocks else []


def test_a_total_that_the_sentence_begins_with_is_not_repeated() -> None:
    """Several totals stand together; the period is there once."""
    tokens, hours = Fact("Tokens", Decimal(1823)), Fact("Hours of use", 12)
    assert facts("1,823 tokens, September 2026; most for Maya.", tokens, period="September 2026") == []
    assert facts("1,823 tokens and 12 hours of use.", tokens, hours) == ["Tokens: 1,823 · Hours of use: 12"]
    assert facts("Longest without use: Maya.", tokens, period="2026") == ["Tokens: 1,823", "Period: 2026"]
