"""What somebody may mean who types into a menu of filters: "rev", "cost CC-101", "user begins with cad", "not Maya"."""

import re
from collections.abc import Iterator, Mapping, Sequence
from itertools import chain, islice
from typing import Final

from bot.cards.names import Names
from bot.questions import filters
from bot.questions.filters import OPERATORS, Filter, Operator
from bot.signs import CURLY_DOUBLE, CURLY_SINGLE, visible
from bot.tokenflex.catalogue import Catalogue, Field

#: Options of a menu (source: Slack, block suggestions).
MOST: Final = 100
_MARKS: Final = f"\"'{CURLY_DOUBLE}{CURLY_SINGLE}"  #: which stand around what is typed, and are seldom part of it
#: What is looked for first.
_FIRST: Final = ("productName", "userName")
_WORDS: Final[Mapping[str, Operator]] = {
    **{operator.value: operator for operator in Operator},
    **dict.fromkeys(("not", "without"), Operator.IS_NOT),
    **dict.fromkeys(("starts with", "like"), Operator.BEGINS_WITH),
    **dict.fromkeys(("from", "since", ">="), Operator.AT_LEAST),
    **dict.fromkeys(("until", "to", "<="), Operator.AT_MOST),
    "=": Operator.IS,
}
_OPERATORS: Final = "|".join(map(re.escape, sorted(_WORDS, key=len, reverse=True)))
_SAID: Final = re.compile(rf"^(?P<field>.*?)(?:^|\s)(?P<operator>{_OPERATORS})\s+(?P<value>.+)$", re.IGNORECASE)
#: Those with which a known value is a likely one.
_OF_KNOWN: Final = (Operator.IS, Operator.ONE_OF, Operator.IS_NOT)


def suggest(text: str, known: Mapping[str, Sequence[str]], catalogue: Catalogue, names: Names) -> tuple[Filter, ...]:
    """Return filters that a text may mean, the likeliest first; `known` are values by their fields.

    Every one of them may be sent, as far as it alone decides that; fields that make a request one of single sessions
    are only meant where they are named.
    """
    typed = visible(text).strip()
    bare = " ".join(word.strip(_MARKS) for word in typed.split())
    readings = chain.from_iterable(_meant(each, known, catalogue, names) for each in dict.fromkeys((bare, typed)))
    found = dict.fromkeys(islice(readings, 10 * MOST))
    return tuple(islice((one for one in found if filters.fits(one, catalogue, names)), MOST))


def _meant(text: str, known: Mapping[str, Sequence[str]], catalogue: Catalogue, names: Names) -> Iterator[Filter]:
    for fields, operator, value in _readings(text, catalogue, names):
        for field in fields:
            yield from _known(field, operator or Operator.IS, value, (*field.values, *known.get(field.name, ())))
        for field in fields if value else ():
            yield from _typed(field, operator, value)


def _readings(text: str, catalogue: Catalogue, names: Names) -> Iterator[tuple[Sequence[Field], Operator | None, str]]:
    """Yield which fields, operator and value a text may say: as a condition, as a field and a value, as a value."""
    usual = sorted(
        (field for field in catalogue.fields if not field.session_level and field.value_type != "any"),
        key=lambda field: (field.name not in _FIRST, field.name not in names.labelled),
    )
    if said := _SAID.match(text):
        fields = _named(said["field"], catalogue, names) if said["field"].strip() else usual
        yield fields, _WORDS[said["operator"].lower()], said["value"].strip()
    head, _, value = text.rpartition(" ")
    if head:
        yield _named(head, catalogue, names), None, value
    yield usual, None, text
    if text:
        yield _named(text, catalogue, names), None, ""


def _named(text: str, catalogue: Catalogue, names: Names) -> Sequence[Field]:
    found = names.search(text, [field.name for field in catalogue.fields])
    return [field for name in found if (field := catalogue.field(name))]


def _known(field: Field, operator: Operator, value: str, among: Sequence[str]) -> Iterator[Filter]:
    """Yield the known values that have the text in them; those that begin with it go first."""
    if operator in _OF_KNOWN:
        operator = Operator.IS if operator is Operator.ONE_OF else operator
        wanted = value.casefold()
        fitting = [each for each in among if wanted in each.casefold()]
        for each in sorted(fitting, key=lambda each: not each.casefold().startswith(wanted)):
            yield Filter(field.name, operator, (each,))


def _typed(field: Field, operator: Operator | None, value: str) -> Iterator[Filter]:
    for each in (operator,) if operator else OPERATORS[field.value_type]:
        if each is not Operator.ONE_OF and each in OPERATORS[field.value_type]:
            yield Filter(field.name, each, (value,))
