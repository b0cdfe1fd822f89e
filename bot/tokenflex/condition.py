"""A where clause as a tree: read by sqlglot's parser through a white list of nodes, and written down again.

The parser takes more than Token Flex does (`==`, `<>`, an alias, a comma too many), so whatever it understood is
written down and compared with what was typed; and it knows words of SQL that may be fields here, so it sees no word.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import reduce
from typing import Final, Literal

from sqlglot import ErrorLevel, ParseError, Parser, Token, TokenError, Tokenizer, TokenType, exp

KEYWORDS: Final = frozenset({"AND", "OR", "IN", "LIKE", "BETWEEN"})
#: Parentheses inside each other; ours, the parser needs some thirty frames for each.
MAX_DEPTH: Final = 20

_SIGNS: Final[dict[type[exp.Expr], str]] = {
    exp.EQ: "=",
    exp.NEQ: "!=",
    exp.LT: "<",
    exp.LTE: "<=",
    exp.GT: ">",
    exp.GTE: ">=",
    exp.Like: "LIKE",
}
_JOINTS: Final[dict[type[exp.Expr], Literal["AND", "OR"]]] = {exp.And: "AND", exp.Or: "OR"}
_BEFORE_A_VALUE: Final = frozenset({*_SIGNS.values(), "BETWEEN", ","})


@dataclass(frozen=True, slots=True)
class Comparison:
    """A field, its operator (`=`, `IN`, `BETWEEN`, …) and the literals as a clause writes them, quotes included."""

    field: str
    operator: str
    literals: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Joint:
    """Two or more conditions, of which all have to hold or one; none of them is a joint of the same word."""

    word: Literal["AND", "OR"]
    parts: tuple["Condition", ...]


Condition = Comparison | Joint


@dataclass(frozen=True, slots=True)
class Piece:
    """A piece of a clause as it was typed; `at` counts characters from 1."""

    source: str
    at: int

    @property
    def upper(self) -> str:
        """The source as keywords are compared."""
        return self.source.upper()

    @property
    def is_word(self) -> bool:
        """Whether it is a word and no sign, text or number."""
        return self.source[0].isalpha() or self.source[0] == "_"


class ConditionError(ValueError):
    """The clause is not understood; the text says where and what to write, for the person who typed it."""


def is_literal(source: str) -> bool:
    """Return whether this is a text between single quotes or a whole number."""
    return re.fullmatch(r"'(?:[^']|'')*'|[0-9]+", source) is not None


def pieces(clause: str) -> tuple[Piece, ...]:
    """Return the pieces of a clause; none where quotes make it unreadable."""
    return tuple(Piece(clause[token.start : token.end + 1], token.start + 1) for token in _tokens(clause))


def read(clause: str) -> Condition:
    """Return the tree of a clause, whatever the fields are called.

    Raises:
        ConditionError: Token Flex would not understand it.

    """
    found = pieces(clause)
    _check_parentheses(found)
    _check_end(found)
    try:
        (tree,) = Parser(error_level=ErrorLevel.IMMEDIATE).parse_into(exp.Condition, _without_words(clause), clause)
    except ParseError as error:
        raise _misplaced(found, _position(clause, error)) from None
    condition = _condition(tree, clause, found)
    _compare(found, pieces(write(condition)))
    return condition


def write(condition: Condition) -> str:
    """Return the clause of a tree, written as Autodesk's examples are."""
    if isinstance(condition, Joint):
        return f" {condition.word} ".join(map(_part, condition.parts))
    if condition.operator == "IN":
        return f"{condition.field} IN ({', '.join(condition.literals)})"
    return f"{condition.field} {condition.operator} {' AND '.join(condition.literals)}"


def joined(word: Literal["AND", "OR"], conditions: Sequence[Condition]) -> Condition:
    """Return conditions, at least one, as one."""
    parts = tuple(part for each in conditions for part in _apart(word, each))
    return parts[0] if len(parts) == 1 else Joint(word, parts)


def comparisons(condition: Condition) -> Iterator[Comparison]:
    """Yield each comparison of a tree, in the order of its clause."""
    if isinstance(condition, Comparison):
        yield condition
    else:
        for part in condition.parts:
            yield from comparisons(part)


def _part(condition: Condition) -> str:
    written = write(condition)
    return f"({written})" if isinstance(condition, Joint) and condition.word == "OR" else written


def _apart(word: str, condition: Condition) -> tuple[Condition, ...]:
    return condition.parts if isinstance(condition, Joint) and condition.word == word else (condition,)


# --- what the parser is given -------------------------------------------------------------------------------------


def _tokens(clause: str) -> list[Token]:
    try:
        return Tokenizer().tokenize(_one_line(clause))
    except TokenError:
        # Its message quotes the clause and helps nobody; nothing is left, so that the clause "breaks off".
        return []


def _one_line(clause: str) -> str:
    """Return the clause on one line, so that the parser's columns are positions."""
    return re.sub(r"\s", " ", clause)


def _without_words(clause: str) -> list[Token]:
    """Return the tokens with every word that is no keyword here made into a plain name."""
    return [
        Token(TokenType.VAR, "word", token.line, token.col, token.start, token.end)
        if piece.is_word and piece.upper not in KEYWORDS
        else token
        for token, piece in zip(_tokens(clause), pieces(clause), strict=True)
    ]


def _position(clause: str, error: ParseError) -> int:
    """Return the character, counted from 1, of what the parser stumbled over: it gives the column of its end."""
    (first, *_) = error.errors
    at = int(first["col"] or 0) - len(first["highlight"] or "")
    return min(max(at, 0), len(clause)) + 1


# --- what the parser gives ----------------------------------------------------------------------------------------


def _condition(node: exp.Expr | None, clause: str, found: Sequence[Piece]) -> Condition:
    """Return the condition of a node; the depth is bounded by that of the parentheses."""
    if isinstance(node, exp.Paren):
        return _condition(node.this, clause, found)
    if node and type(node) in _JOINTS:
        return joined(_JOINTS[type(node)], [_condition(part, clause, found) for part in _flat(node)])
    comparison = _comparison(node, clause) if node else None
    if comparison is None:
        raise _no_condition(node, found)
    return comparison


def _flat(node: exp.Expr) -> list[exp.Expr]:
    """Return the parts of a chain of one word, which the parser hangs on the left one after the other."""
    parts: list[exp.Expr] = []
    left: exp.Expr = node
    while type(left) is type(node):
        parts.append(left.expression)
        left = left.this
    return [left, *reversed(parts)]


def _comparison(node: exp.Expr, clause: str) -> Comparison | None:
    field = _source(node.this, clause) if isinstance(node.this, exp.Column) else None
    if field is None:
        return None
    if type(node) in _SIGNS:
        return _compared(field, _SIGNS[type(node)], [node.expression], clause)
    if isinstance(node, exp.In):
        return _compared(field, "IN", node.expressions, clause)
    if isinstance(node, exp.Between):
        return _compared(field, "BETWEEN", [node.args["low"], node.args["high"]], clause)
    return None


def _compared(field: str, operator: str, values: Sequence[exp.Expr], clause: str) -> Comparison | None:
    typed = [_source(value, clause) or "" for value in values if isinstance(value, exp.Literal)]
    literals = tuple(text for text in typed if is_literal(text))
    return Comparison(field, operator, literals) if literals and len(literals) == len(values) else None


def _source(node: exp.Expr, clause: str) -> str | None:
    """Return what was typed for a name or a literal; None for what has parts."""
    leaf = node.this if isinstance(node, exp.Column) and isinstance(node.this, exp.Identifier) else node
    if "start" not in leaf.meta or any(node.args.get(part) for part in ("table", "db", "catalog")):
        return None
    return clause[leaf.meta["start"] : leaf.meta["end"] + 1]


# --- what is wrong ------------------------------------------------------------------------------------------------


def _check_parentheses(found: Sequence[Piece]) -> None:
    depth = deepest = 0
    for piece in found:
        depth += (piece.source == "(") - (piece.source == ")")
        deepest = max(deepest, depth)
        if depth < 0:
            total = sum((each.source == ")") - (each.source == "(") for each in found)
            raise ConditionError(f"There are more ) than (: leave out {max(total, 1)} of them")
    if depth:
        raise ConditionError(f"A ( is never closed: add {depth} )")
    if deepest > MAX_DEPTH:
        raise ConditionError(f"More than {MAX_DEPTH} parentheses stand inside each other: take some away")


def _check_end(found: Sequence[Piece]) -> None:
    last, before = ([*reversed(found[-2:])] + [Piece("(", 0)] * 2)[:2]
    is_end = before.upper in _BEFORE_A_VALUE if last.is_word else last.source[0] in "')0123456789"
    if not is_end:
        raise ConditionError(f"The condition breaks off: {_wanted(found, len(found))} is missing at its end")


def _no_condition(node: exp.Expr | None, found: Sequence[Piece]) -> ConditionError:
    """Return what to say of something that the parser understands and Token Flex does not."""
    starts = [leaf.meta["start"] for leaf in node.walk() if "start" in leaf.meta] if node else []
    at = min(starts, default=0) + 1
    piece = next((each for each in found if each.at == at), found[0])
    if not piece.is_word:
        return _misplaced(found, at)
    said = f'What begins with "{piece.source[:40]}" at character {at} is no condition'
    return ConditionError(f"{said}: write it as in productName = 'Revit' or contractYear IN (1, 2)")


def _compare(found: Sequence[Piece], understood: Sequence[Piece]) -> None:
    """Refuse what the parser took for something else than what stands there; parentheses are checked already."""
    typed = [piece for piece in found if piece.source not in "()"]
    meant = [piece for piece in understood if piece.source not in "()"]
    for piece, other in zip(typed, [*meant, Piece(" ", 0)], strict=False):
        if piece.upper != other.upper:
            raise _misplaced(found, piece.at)


def _misplaced(found: Sequence[Piece], at: int) -> ConditionError:
    place = reduce(lambda last, piece: last + (piece.at <= at), found, -1)
    piece = found[max(place, 0)]
    advice = "leave it out" if piece.source == "," else f"write {_wanted(found, max(place, 0))} instead"
    return ConditionError(f'"{piece.source[:40]}" at character {piece.at} does not belong there: {advice}')


def _wanted(found: Sequence[Piece], place: int) -> str:
    """Return what belongs behind the pieces before a place."""
    before = [piece.upper for piece in found[max(place - 2, 0) : place]]
    last = before[-1] if before else ""
    if last in _BEFORE_A_VALUE or before == ["IN", "("]:
        return "a value, such as 'Revit' or 1"
    if last == "IN":
        return "("
    if last in {"", "AND", "OR", "("}:
        return "a field"
    if before[:-1] == ["BETWEEN"]:
        return "AND"
    return "one of = != < <= > >= IN LIKE BETWEEN" if found[place - 1].is_word else "AND or OR"
