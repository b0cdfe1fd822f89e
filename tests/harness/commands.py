"""What a typed command is read as."""

from bot.tokenflex.catalogue import Catalogue
from bot.tokenflex.models import Contract, ExportRequest
from handlers.words.asked import Export, Mistake
from handlers.words.grammar import parse

CATALOGUE = Catalogue()


def request_of(text: str, *contracts: Contract) -> ExportRequest:
    command = parse(text, CATALOGUE, contracts)
    assert isinstance(command, Export), command
    return command.request


def mistakes_of(text: str, *contracts: Contract) -> tuple[str, ...]:
    command = parse(text, CATALOGUE, contracts)
    assert isinstance(command, Mistake), command
    return command.messages
