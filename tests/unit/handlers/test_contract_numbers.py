"""Numbers of contracts are opaque: each way in takes what Token Flex lists, and it comes through unchanged.

Source: Token Flex, what was seen in a recorded run (`RomeoAgree-0`).
"""

from urllib.parse import unquote

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlite_utils import Database as Connection

from bot import settings
from bot.cards import export_card
from bot.tokenflex.catalogue import Catalogue
from bot.tokenflex.client import _segment
from bot.tokenflex.models import Contract, ExportRequest
from bot.tokenflex.rules import MAX_CONTRACT_NUMBER, check_request
from handlers.forms import export_modal
from handlers.forms.export_modal import Choices, Draft
from handlers.words.asked import Export, Usage
from handlers.words.grammar import parse
from storage import exports
from storage.migrations import migrations
from tests.harness.rows import accepted
from tests.unit.handlers.test_export_modal import submitted
from tests.unit.settings.test_settings import GOOD

CATALOGUE = Catalogue()
#: As Autodesk has them, or had them.
SEEN = ["110000123456", "11000099871", "RomeoAgree-0"]
#: As people may type them without a list that has them.
PLAIN = [*SEEN, "1", "A", "romeo_agree.0", "9" * MAX_CONTRACT_NUMBER]
#: As only the list could give them.
STRANGE = ["Romeo Agree 0", "Romeo/Agree#0", "größe-0", "a,b", "a=b", "“0”", "contract", "x|y<z>", "١٢"]


def request(number: str) -> ExportRequest:
    """Return a request for a contract."""
    return ExportRequest(number, metrics=("tokensConsumed",))


def typed(number: str, *known: str) -> str:
    """Return the contract of a command in which this number stands between quotation marks; the list has `known`."""
    command = parse(f'export contract="{number}" metrics=tokensConsumed', CATALOGUE, [Contract(one) for one in known])
    assert isinstance(command, Export), command
    return command.request.contract_number


@pytest.mark.parametrize("number", [*PLAIN, *STRANGE])
def test_usage_of_any_contract_that_is_listed(number: str) -> None:
    """As the only one that is known, and by its number."""
    known = [Contract(number), Contract("other", is_active=False)]
    assert parse("usage", CATALOGUE, known) == Usage(number)
    assert parse(f"usage {number}", CATALOGUE, known) == Usage(number)
    assert parse(f"usage contract={number}", CATALOGUE, known) == Usage(number)


@pytest.mark.parametrize("number", PLAIN)
def test_typed_without_a_list(number: str) -> None:
    """In a command, with and without quotation marks, and in the form's text field."""
    assert check_request(request(number), CATALOGUE) == ()
    assert typed(number) == number
    command = parse(f"export contract={number} metrics=tokensConsumed", CATALOGUE)
    assert isinstance(command, Export)
    assert command.request.contract_number == number
    view = export_modal.build(Draft(request(number)), Choices(), type_contract=True)
    assert export_modal.parse(submitted(view)).request.contract_number == number


@pytest.mark.parametrize("number", [*PLAIN, *STRANGE])
def test_chosen_from_the_list(number: str) -> None:
    """The menu offers it, it comes back as it is, and the rules take what Token Flex gave."""
    view = export_modal.build(Draft(request(number)), Choices((Contract(number, "Example AG"),)))
    assert export_modal.parse(submitted(view)).request.contract_number == number
    assert check_request(request(number), CATALOGUE, {number}) == ()
    command = parse("export metrics=tokensConsumed", CATALOGUE, [Contract(number)])
    assert isinstance(command, Export)
    assert command.request.contract_number == number


@pytest.mark.parametrize("number", [each for each in STRANGE if '"' not in each and "“" not in each])
def test_a_strange_number_of_the_list_can_be_typed(number: str) -> None:
    """Between quotation marks."""
    assert typed(number, number, "another") == number


@given(st.text(min_size=1))
def test_whatever_it_is_it_is_stored_sent_and_shown(number: str) -> None:
    """The database gives it back, the path names it once and undivided, and the card does not break on it."""
    memory = Connection(memory=True)
    migrations.apply(memory)
    export = accepted(memory, request=request(number))
    assert exports.get(memory, export.number).request.contract_number == number
    assert str(export.number) in export_card.card(export).text
    memory.close()
    if number not in {".", ".."} and number.isprintable():
        assert "/" not in _segment(number)
        assert unquote(_segment(number)) == number


@pytest.mark.parametrize("number", PLAIN)
def test_named_in_the_settings(number: str) -> None:
    """`ALLOWED_CONTRACTS` names any that may be typed."""
    assert settings.read(GOOD | {"ALLOWED_CONTRACTS": f"12345, {number}"}).allowed_contracts == ("12345", number)


@pytest.mark.parametrize(
    "number", ["", " ", "null", "NULL", ".", "..", "../1", "1 2", "1\n", "-1", "１２", "1;2", "#1", "9" * 101]
)
def test_what_cannot_be_one_is_told(number: str) -> None:
    """`null` stands for the account portal, dots for other addresses; the rest nobody has seen and nobody listed."""
    (problem,) = check_request(request(number), CATALOGUE)
    assert (problem.part, problem.warning) == ("contract", False)
