"""What stands under the fields of a form that was submitted: each fault where it can be mended.

Slack takes errors on input blocks of the submitted view alone (source: Slack, view submissions).
"""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final

from bot.cards import refusals
from bot.cards.names import Names
from bot.cards.text import sentence, shorten
from bot.tokenflex.problem import Part, Problem
from handlers.forms import filled
from handlers.forms.export_modal import CHANNEL, CONTRACT_TYPED

#: Parts of a request that are chosen from menus.
_CHOSEN: Final[frozenset[Part]] = frozenset({"fields", "metrics", "categories"})
#: Characters of what stands under a field; ours.
MAX_ERROR: Final = 600
#: For what the short form has no input of.
_ELSEWHERE: Final = "That stands under Choose everything myself."


def at(wrong: Mapping[str, Sequence[str]]) -> dict[str, str]:
    """Return what `response_action: errors` takes for sentences at input blocks; without any at one, it is well."""
    return {block: shorten(" ".join(map(sentence, said)), MAX_ERROR) for block, said in wrong.items() if said}


def errors_by_block(problems: Iterable[Problem], view: Mapping[str, Any], names: Names) -> dict[str, str]:
    """Return what `response_action: errors` takes for the view that was submitted; warnings are no errors.

    Slack shows errors on input blocks of that very view alone, so the contract's goes to the block that is there. What
    is chosen from menus is called as it is there; what is typed, as it has to be typed.
    """
    shown = filled.inputs(view)
    said: dict[str, list[str]] = {}
    for problem in problems:
        if not problem.warning:
            told = names.spoken(problem.message) if problem.part in _CHOSEN else problem.message
            block = _block_of(problem.part, shown)
            more = [_ELSEWHERE] if block.partition(".")[0] == "question" else []
            said.setdefault(block, []).extend([sentence(told), *more])
    return {
        block: shorten(" ".join(dict.fromkeys(sorted(texts, key=_ELSEWHERE.__eq__))), MAX_ERROR)
        for block, texts in said.items()
    }


def trouble(text: str) -> dict[str, str]:
    """Return what `response_action: errors` takes when nothing is wrong with the form but it could not be stored.

    The text stands under the last field, beside the button that was pressed; all that was typed stays.
    """
    return {CHANNEL: shorten(text.replace("`", ""), MAX_ERROR)}


def no_days(text: str, view: Mapping[str, Any]) -> dict[str, str]:
    """Return what `response_action: errors` takes where there are no days to ask for."""
    block = next((block for block in filled.inputs(view) if block.startswith("period.")), CHANNEL)
    return {block: shorten(text, MAX_ERROR)}


def no_question(text: str, view: Mapping[str, Any]) -> dict[str, str]:
    """Return what `response_action: errors` takes where the question that was chosen is not there any more."""
    return {_block_of("fields", filled.inputs(view)): text}


def contract_not_allowed(view: Mapping[str, Any]) -> dict[str, str]:
    """Return what `response_action: errors` takes for a contract that may not be exported; no mention shows there."""
    return {_block_of("contract", filled.inputs(view)): refusals.CONTRACT_IN_FORM}


def no_channel() -> dict[str, str]:
    """Return the same for a form that was opened in no channel, and in which none was chosen."""
    return {CHANNEL: "Choose the channel where I should post it."}


def channel_not_allowed(*, shared: bool) -> dict[str, str]:
    """Return what `response_action: errors` takes for a channel that exports may not be posted to."""
    return {CHANNEL: refusals.SHARED_IN_FORM if shared else refusals.CHANNEL_IN_FORM}


def _block_of(part: Part, shown: Sequence[str]) -> str:
    """Return the id of the input in which a part can be mended; in the short form these begin with what they are."""
    by_name = {block.partition(".")[0]: block for block in shown}
    homes = ({"contract": CONTRACT_TYPED}.get(part, part), part, {"where": "only"}.get(part, part), "question")
    return next((by_name[name] for name in homes if name in by_name), part)
