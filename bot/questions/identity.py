"""Which requests ask the same question, whatever their period: a key that is equal for all of them."""

import json
from collections.abc import Iterable
from hashlib import sha256
from typing import Final

from bot.questions import questions
from bot.questions.periods import Days
from bot.tokenflex import condition
from bot.tokenflex.catalogue import NEW_NAMES, Catalogue
from bot.tokenflex.condition import Comparison, Condition, ConditionError, Joint
from bot.tokenflex.models import ExportRequest

_CATEGORY: Final = "usageCategory"


def question_key(made: ExportRequest, catalogue: Catalogue) -> str:
    """Return what is the same for all requests of one question: one contract, the same columns, numbers and conditions.

    The period is left out where it can be told from the other conditions, and so is the file's name; in which order
    columns and conditions were written makes no difference.
    """
    asked = questions.of_request(made, catalogue)
    categories = sorted({NEW_NAMES.get(name, name) for name in asked.categories})
    parts = [made.contract_number, sorted(set(asked.fields)), sorted(set(asked.metrics)), categories]
    return sha256(json.dumps([*parts, _where(asked.where)]).encode()).hexdigest()


def days_asked(made: ExportRequest, catalogue: Catalogue) -> Days | None:
    """Return the days that a request asks for; None: all, or it does not say so in a way that can be told."""
    period = questions.of_request(made, catalogue).period
    return period if isinstance(period, Days) else None


def _where(clause: str) -> str:
    """Return a clause in a form that others which say the same have too; one that is not understood stays text."""
    if not clause:
        return ""
    try:
        return _normal(condition.read(clause))
    except ConditionError:
        return clause


def _normal(tree: Condition) -> str:
    if isinstance(tree, Joint):
        return _joined(tree.word, [_normal(part) for part in tree.parts])
    literals = [_literal(tree.field, each) for each in tree.literals]
    if tree.operator in {"IN", "="}:
        return _joined("OR", [_compared(tree, "=", each) for each in literals])
    if tree.operator == "BETWEEN":
        bounds = zip((">=", "<="), literals, strict=True)
        return _joined("AND", [_compared(tree, sign, each) for sign, each in bounds])
    return _compared(tree, tree.operator, literals[0])


def _joined(word: str, parts: Iterable[str]) -> str:
    """Return conditions in one order, each once; those of the same word that stand inside come out of it."""
    apart = {each for part in parts for each in (json.loads(part)[1:] if part.startswith(f'["{word}"') else [part])}
    return next(iter(apart)) if len(apart) == 1 else json.dumps([word, *sorted(apart)])


def _compared(tree: Comparison, sign: str, literal: str) -> str:
    return json.dumps([sign, tree.field, literal])


def _literal(field: str, literal: str) -> str:
    """Return a literal; of categories the name that they have today."""
    if field != _CATEGORY:
        return literal
    plain = literal.strip("'")
    return f"'{NEW_NAMES.get(plain, plain)}'"
