"""What somebody may mean who types into a menu of filters: "rev", "cost CC-101", "user begins with cad", "not Maya"."""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
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
    **dict.fromkeys(("from", "since"), Operator.AT_LEAST),
    **dict.fromkeys(("until", "to"), Operator.AT_MOST),
}
_SIGNS: Final[Mapping[str, Operator]] = {
    "!=": Operator.IS_NOT,
    "<>": Operator.IS_NOT,
    ">=": Operator.AT_LEAST,
    "<=": Operator.AT_MOST,
    "=": Operator.IS,
}
_OPERATORS: Final = "|".join(map(re.escape, sorted(_WORDS, key=len, reverse=True)))
_SAID: Final = (
    re.compile(rf"(?P<field>[^=<>!]*?)\s*(?P<operator>{'|'.join(_SIGNS)})\s*(?P<value>.+)"),
    re.compile(rf"(?P<field>.*?)(?:^|\s)(?P<operator>{_OPERATORS})\s+(?P<value>.+)", re.IGNORECASE),
)
_BETWEEN: Final = re.compile(r"\s*,\s*|\s+or\s+", re.IGNORECASE)
#: Those with which a known value is a likely one.
_OF_KNOWN: Final = (Operator.IS, Operator.ONE_OF, Operator.IS_NOT)


def suggest(text: str, known: Mapping[str, Sequence[str]], catalogue: Catalogue, names: Names) -> tuple[Filter, ...]:
    """Return filters that a text may mean, the likeliest first; `known` are values by their fields.

    Every one of them may be sent, as far as it alone decides that; where a condition is said plainly that may not, it
    is the only one, since who chooses it is told why. Fields that make a request one of single sessions are only meant
    where they are named.
    """
    typed = visible(text).strip()
    bare = " ".join(word.strip(_MARKS) for word in typed.split())
    readings = chain.from_iterable(_meant(each, known, catalogue, names) for each in dict.fromkeys((bare, typed)))
    found = dict.fromkeys(islice(readings, 10 * MOST))
    fitting = tuple(islice((one for one in found if filters.fits(one, catalogue, names)), MOST))
    said = None if fitting else _condition(bare, catalogue, names)
    return (next(_typed(said.fields[0], said.operator, said.value, known)),) if said else fitting


@dataclass(frozen=True, slots=True)
class _Reading:
    """Which fields, operator and value a text may say."""

    fields: Sequence[Field]
    operator: Operator | None
    value: str


def _condition(text: str, catalogue: Catalogue, names: Names) -> _Reading | None:
    """Return what a text says that names a field and an operator; None for one that does not."""
    for said in filter(None, (pattern.fullmatch(text) for pattern in _SAID)):
        if said["field"].strip() and (fields := _named(said["field"], catalogue, names)):
            return _read(said, fields)
    return None


def _meant(text: str, known: Mapping[str, Sequence[str]], catalogue: Catalogue, names: Names) -> Iterator[Filter]:
    said = _condition(text, catalogue, names)
    for reading in [said] if said else _readings(text, catalogue, names):
        for field in reading.fields:
            among = (*field.values, *known.get(field.name, ()))
            yield from _known(field, reading.operator or Operator.IS, reading.value, among)
        for field in reading.fields if reading.value else ():
            yield from _typed(field, reading.operator, reading.value, known)
    for field in _usual(catalogue, names) if said else ():
        yield from _known(field, Operator.IS, text, known.get(field.name, ()))


def _usual(catalogue: Catalogue, names: Names) -> Sequence[Field]:
    return sorted(
        (field for field in catalogue.fields if not field.session_level and field.value_type != "any"),
        key=lambda field: (field.name not in _FIRST, field.name not in names.labelled),
    )


def _readings(text: str, catalogue: Catalogue, names: Names) -> Iterator[_Reading]:
    """Yield what a text may say: an operator and a value, a field and a value, a value, a field."""
    usual = _usual(catalogue, names)
    for said in filter(None, (pattern.fullmatch(text) for pattern in _SAID)):
        if not said["field"].strip():
            yield _read(said, usual)
    head, _, value = text.rpartition(" ")
    if head:
        yield _Reading(_named(head, catalogue, names), None, value)
    yield _Reading(usual, None, text)
    if text:
        yield _Reading(_named(text, catalogue, names), None, "")


def _read(said: re.Match[str], fields: Sequence[Field]) -> _Reading:
    """Return a condition; marks around its value are none of it."""
    word = said["operator"].lower()
    return _Reading(fields, _SIGNS.get(word) or _WORDS[word], said["value"].strip().strip(_MARKS))


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


def _typed(field: Field, operator: Operator | None, value: str, known: Mapping[str, Sequence[str]]) -> Iterator[Filter]:
    if operator is Operator.ONE_OF:
        written = {each.casefold(): each for each in (*known.get(field.name, ()), *field.values)}
        values = [written.get(each.casefold(), each) for each in _BETWEEN.split(value) if each] or [value]
        yield Filter(field.name, operator if len(values) > 1 else Operator.IS, tuple(values))
        return
    for each in (operator,) if operator else OPERATORS[field.value_type]:
        if each is not Operator.ONE_OF:
            yield Filter(field.name, each, (value,))
