"""The input of a contract where it is chosen: a menu, a text field where none is known, nothing where there is one."""

from typing import Any

from bot.cards.blocks import plain
from bot.tokenflex.rules import MAX_CONTRACT_NUMBER
from handlers.forms import export_modal, pieces
from handlers.forms.export_modal import Choices

_HINT = "The number as it stands in your Autodesk account."


#: The id of a block, and that of the element in it.
Ids = tuple[str, str]


def build(number: str, choices: Choices, *, menu: Ids, typed: Ids) -> list[dict[str, Any]]:
    """Return the input with a number in it, by the ids for what it is; the menu acts when something is chosen."""
    if len(choices.contracts) == 1 and number in {"", choices.contracts[0].number}:
        return []
    offered = choices.contracts if len(choices.contracts) <= pieces.MAX_OPTIONS else ()
    options = [pieces.option(one.number, export_modal.contract_text(one)) for one in offered]
    if not options:
        element = pieces.text_field(typed[1], number, MAX_CONTRACT_NUMBER, placeholder="12345")
        return [pieces.input_block(typed[0], "Contract", element, hint=_HINT)]
    element = {
        "type": "static_select",
        "action_id": menu[1],
        "options": options,
        "placeholder": plain("Choose a contract"),
    }
    if chosen := [option for option in options if option["value"] == number]:
        element["initial_option"] = chosen[0]
    return [pieces.input_block(menu[0], "Contract", element) | {"dispatch_action": True}]
