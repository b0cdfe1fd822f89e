"""What a command is about: an export by its number, a contract that is named or meant."""

import re
from collections.abc import Sequence
from typing import Final

from bot.cards.text import shorten
from bot.signs import CURLY_DOUBLE, CURLY_SINGLE, visible
from bot.tokenflex.models import Contract
from handlers.words.asked import Mistake, quoted

#: Marks that stand around a word in sentences and on pages.
MARKS: Final = f"\"'{CURLY_DOUBLE}{CURLY_SINGLE}"
AROUND: Final = f" `*_~<>()[]/.,;:!…{MARKS}"
#: The words by which a contract is named.
CONTRACT_KEYS: Final = ("contract", "contract_number", "contractnumber")
_KNOWN_SHOWN: Final = 5


def export_number(word: str, typed: str) -> int | Mistake:
    """Return the number of the export that follows a word of the command, or what is wrong with it."""
    typed = visible(typed).strip().strip(AROUND)
    found = re.fullmatch(r"#?\s*0*([1-9][0-9]{0,17})", typed)
    if found:
        return int(found.group(1))
    if not typed:
        said = f"Which export? Write /tokenflex {word} #42; /tokenflex list shows the numbers."
    else:
        said = f"{quoted(typed)} is not the number of an export; write it like /tokenflex {word} #42."
    return Mistake((said,), likely="list")


def meant_contract(contracts: Sequence[Contract]) -> str:
    """Return the contract that is meant where none is named: the only one, or the only one that has not ended."""
    meant = [one for one in contracts if one.is_active] if len(contracts) > 1 else contracts
    return meant[0].number if len(meant) == 1 else ""


def which_contract(contracts: Sequence[Contract]) -> str:
    """Return what is said to who named no contract where several may be meant."""
    if not contracts:
        return "Say which contract, as in contract=12345."
    shown = sorted(contracts, key=lambda contract: not contract.is_active)[:_KNOWN_SHOWN]
    names = [f"contract={one.number}" + (f" ({shorten(one.name, 60)})" if one.name else "") for one in shown]
    more = f" and {len(contracts) - len(shown)} more" if len(contracts) > len(shown) else ""
    return f"Say which contract: {', '.join(names)}{more}."
