"""Conditions that people choose instead of typing: to a where clause and back, as far as choices can say it."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from bot.cards.names import Names
from bot.cards.text import shorten
from bot.tokenflex import condition
from bot.tokenflex.catalogue import Catalogue, Field, ValueType
from bot.tokenflex.condition import Comparison, Condition, ConditionError, Joint
from bot.tokenflex.literal import MIN_PATTERN, check_literal, check_pattern
from bot.tokenflex.problem import Problem
from bot.tokenflex.where import check_where


class Operator(StrEnum):
    """How a field is compared; the values are what a menu shows."""

    IS = "is"
    ONE_OF = "is one of"
    IS_NOT = "is not"
    BEGINS_WITH = "begins with"
    CONTAINS = "contains"
    AT_LEAST = "at least"
    AT_MOST = "at most"


_O: Final = Operator
_EQUAL: Final = (_O.IS, _O.ONE_OF, _O.IS_NOT)
_TEXT: Final = (*_EQUAL, _O.BEGINS_WITH, _O.CONTAINS)
_ORDERED: Final = (*_EQUAL, _O.AT_LEAST, _O.AT_MOST)
#: Which comparisons make sense; no pattern on enumerations and dates (source: Token Flex, where).
OPERATORS: Final[dict[ValueType, tuple[Operator, ...]]] = {
    "text": _TEXT,
    "any": _TEXT,
    "enum": _EQUAL,
    "integer": _ORDERED,
    "date": _ORDERED,
    "month": _ORDERED,
    "datetime": _ORDERED,
}
_SIGNS: Final = {_O.IS: "=", _O.IS_NOT: "!=", _O.AT_LEAST: ">=", _O.AT_MOST: "<="}
_BY_SIGN: Final = {sign: operator for operator, sign in _SIGNS.items()}
_PATTERNS: Final = {_O.BEGINS_WITH: "{}%", _O.CONTAINS: "%{}%"}
_SAID: Final = {
    _O.IS: "only {}",
    _O.ONE_OF: "only {}",
    _O.IS_NOT: "without {}",
    _O.BEGINS_WITH: "only {} beginning with",
    _O.CONTAINS: "only {} containing",
    _O.AT_LEAST: "{} at least",
    _O.AT_MOST: "{} at most",
}
_VALUES_SAID: Final = 3  #: in a sentence


@dataclass(frozen=True, slots=True)
class Filter:
    """One condition on a field; only `ONE_OF` has more than one value. Values are plain, without quotes or signs."""

    field: str
    operator: Operator
    values: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Filtered:
    """A where clause in choices; `rest` is the part of it that only text can say. All of both have to hold."""

    filters: tuple[Filter, ...] = ()
    rest: str = ""


# --- to a clause and back -----------------------------------------------------------------------------------------


def clause_of(filters: Sequence[Filter], catalogue: Catalogue) -> str:
    """Return the where clause of filters on known fields; "" for none."""
    written = [_comparison(each, field) for each in filters if (field := catalogue.field(each.field))]
    return condition.write(condition.joined("AND", written)) if written else ""


def all_of(*clauses: str) -> str:
    """Return the clause that holds where all of these hold; empty ones say nothing."""
    given = [clause.strip() for clause in clauses if clause.strip()]
    return given[0] if len(given) == 1 else " AND ".join(f"({each})" if _is_loose(each) else each for each in given)


def filters_of(clause: str, catalogue: Catalogue) -> Filtered:
    """Return a clause in choices; one that is not understood stays text, and so does what Token Flex would refuse."""
    clause = clause.strip()
    if not clause or any(not problem.warning for problem in check_where(clause, catalogue)):
        return Filtered(rest=clause)
    tree = condition.read(clause)
    filters: list[Filter] = []
    rest: list[Condition] = []
    for part in tree.parts if isinstance(tree, Joint) and tree.word == "AND" else (tree,):
        read = tuple(_filters(part, catalogue))
        filters += read
        rest += [] if read else [part]
    return Filtered(tuple(filters), condition.write(condition.joined("AND", rest)) if rest else "")


def _comparison(one: Filter, field: Field) -> Comparison:
    if one.operator is Operator.ONE_OF:
        return Comparison(one.field, "IN", tuple(_literal(value, field) for value in one.values))
    (value,) = one.values
    if one.operator in _PATTERNS:
        return Comparison(one.field, "LIKE", (_literal(_PATTERNS[one.operator].format(value), field),))
    return Comparison(one.field, _SIGNS[one.operator], (_literal(value, field),))


def _literal(value: str, field: Field) -> str:
    is_bare = field.value_type == "integer" and _is_number(value)
    return value if is_bare else "'" + value.replace("'", "''") + "'"


def _is_number(value: str) -> bool:
    return value.isascii() and value.isdigit()


def _is_loose(clause: str) -> bool:
    """Return whether a clause would be torn apart by an AND beside it."""
    try:
        tree = condition.read(clause)
    except ConditionError:
        return True
    return isinstance(tree, Joint) and tree.word == "OR"


def _filters(part: Condition, catalogue: Catalogue) -> Iterator[Filter]:
    """Yield the filters that say the same as one condition; nothing where none do."""
    one = _one_of(part) if isinstance(part, Joint) else part
    field = catalogue.field(one.field) if one else None
    if one is None or field is None or not _is_plain(one.literals, field):
        return
    values = tuple(_value(literal) for literal in one.literals)
    if one.operator == "BETWEEN":
        read = [(Operator.AT_LEAST, values[:1]), (Operator.AT_MOST, values[1:])]
    elif one.operator == "IN":
        read = [(Operator.ONE_OF if len(values) > 1 else Operator.IS, values)]
    elif one.operator == "LIKE":
        read = _pattern(values[0])
    else:
        read = [(_BY_SIGN[one.operator], values)] if one.operator in _BY_SIGN else []
    if all(operator in OPERATORS[field.value_type] for operator, _ in read):
        yield from (Filter(field.name, operator, found) for operator, found in read)


def _one_of(joint: Joint) -> Comparison | None:
    """Return the list that a choice between values of one field is."""
    parts = [part for part in joint.parts if isinstance(part, Comparison) and part.operator in {"=", "IN"}]
    if joint.word != "OR" or len(parts) < len(joint.parts) or len({part.field for part in parts}) != 1:
        return None
    return Comparison(parts[0].field, "IN", tuple(literal for part in parts for literal in part.literals))


def _pattern(pattern: str) -> list[tuple[Operator, tuple[str, ...]]]:
    inside = pattern.strip("%")
    if inside and "%" not in inside:
        return [(each, (inside,)) for each, form in _PATTERNS.items() if form.format(inside) == pattern]
    return []


def _is_plain(literals: Sequence[str], field: Field) -> bool:
    """Return whether these literals are written as those of the field's values are."""
    return all(literal.startswith("'") is (field.value_type != "integer") for literal in literals)


def _value(literal: str) -> str:
    return literal[1:-1].replace("''", "'") if literal.startswith("'") else literal


# --- for people ---------------------------------------------------------------------------------------------------


def check(one: Filter, catalogue: Catalogue, names: Names) -> tuple[Problem, ...]:
    """Return what is wrong with a filter, in the words of who chose it; warnings too."""
    sentence = _wrong(one, catalogue, names)
    return (Problem("where", sentence),) if sentence else check_where(clause_of([one], catalogue), catalogue)


def fits(one: Filter, catalogue: Catalogue, names: Names) -> bool:
    """Return whether `check` finds nothing wrong, without reading a clause: for many at once."""
    field = catalogue.field(one.field)
    if field is None or _wrong(one, catalogue, names) or not all(map(str.isprintable, one.values)):
        return False
    comparison = _comparison(one, field)
    judge = check_pattern if comparison.operator == "LIKE" else check_literal
    return not any(judge(literal, field) for literal in comparison.literals)


def said(one: Filter, names: Names) -> str:
    """Return a filter as part of a sentence: "only Revit", "without Maya", "only user beginning with cad"."""
    noun, values = names.noun(one.field), _listed(one.values)
    if one.field == "productName" and one.operator in _EQUAL:
        return _SAID[one.operator].format(values)
    return f"{_SAID[one.operator].format(noun)} {values}"


def _wrong(one: Filter, catalogue: Catalogue, names: Names) -> str | None:
    title, field = names.title(one.field), catalogue.field(one.field)
    if field is None:
        return f'"{one.field[:40]}" is not a field any more: choose another'
    if one.operator not in OPERATORS[field.value_type]:
        return f'{title} takes no "{one.operator}": choose {" or ".join(OPERATORS[field.value_type])}'
    return _wrong_values(one, field, title)


def _wrong_values(one: Filter, field: Field, title: str) -> str | None:
    if not one.values or not all(value.strip() for value in one.values):
        return f"Choose or type what {title} {one.operator}"
    if one.operator is not Operator.ONE_OF and len(one.values) > 1:
        return f'"{one.operator}" takes one value: leave one of {title}, or choose "{Operator.ONE_OF}"'
    if field.value_type == "integer" and not all(map(_is_number, one.values)):
        return f"{title} is a number: write it in digits, such as 1"
    return _wrong_pattern(one.values[0], one.operator) if one.operator in _PATTERNS else None


def _wrong_pattern(value: str, operator: Operator) -> str | None:
    if "%" in value:
        return f'Leave % out of "{value[:40]}": "{operator}" needs no sign'
    if len(value.replace("_", "")) < MIN_PATTERN:
        return f'"{operator}" needs at least {MIN_PATTERN} characters: "{value}" is too short'
    return None


def _listed(values: Sequence[str]) -> str:
    shown = [shorten(value, 60) for value in values[:_VALUES_SAID]]
    if len(values) > _VALUES_SAID:
        return f"{', '.join(shown)} or {len(values) - _VALUES_SAID} more"
    return " or ".join([", ".join(shown[:-1]), shown[-1]] if len(shown) > 1 else shown)
