"""The where clause: what the rules of Token Flex let pass, compiled to SQL with parameters.

condition  := conjunction (OR conjunction)*
conjunction:= predicate (AND predicate)*
predicate  := "(" condition ")" | field comparison literal | field IN "(" literal ("," literal)* ")"
            | field LIKE string | field BETWEEN literal AND literal
"""

import re
from dataclasses import dataclass
from datetime import date, datetime
from typing import NoReturn

from sandbox.tokenflex.catalogue import DATE, DATETIME, ENUM, FIELDS, INTEGER, MONTH, TEXT, Field

_TOKEN = re.compile(
    r"""\s*(?:
      (?P<string>'(?:[^']|'')*')
    | (?P<number>\d{1,9})(?![\w.])
    | (?P<word>[A-Za-z_][A-Za-z0-9_]*)
    | (?P<sign><=|>=|!=|=|<(?!>)|>|\(|\)|,)
    )""",
    re.VERBOSE | re.ASCII,
)
_KEYWORDS = frozenset({"AND", "OR", "IN", "LIKE", "BETWEEN"})
_COMPARISONS = frozenset({"=", "!=", "<", "<=", ">", ">="})
_DEEPEST, _MOST_VALUES = 50, 900


class WhereError(ValueError):
    """The clause breaks a rule; the text says which."""


@dataclass(frozen=True, slots=True)
class Condition:
    """A clause as SQL with its parameters, and the names of the fields in it."""

    sql: str
    parameters: tuple[str | int, ...]
    fields: frozenset[str]


@dataclass(frozen=True, slots=True)
class _Token:
    kind: str
    text: str


def compile_where(text: str) -> Condition:
    """Return the SQL of a where clause.

    Raises:
        WhereError: the clause is not one that Token Flex takes.

    """
    return _Parser(_tokens(text)).whole()


def _tokens(text: str) -> list[_Token]:
    tokens, at, end = [], 0, len(text.rstrip())
    while at < end:
        match = _TOKEN.match(text, at)
        if match is None or match.lastgroup is None:
            raise WhereError("a character or number that has no place in a where clause")
        kind, found = match.lastgroup, match.group(match.lastgroup)
        if kind == "word" and found.upper() in _KEYWORDS:
            kind, found = "keyword", found.upper()
        if kind == "word" and found.upper() == "NOT":
            raise WhereError("the keyword NOT is refused; use !=")
        tokens.append(_Token(kind, found))
        at = match.end()
    return tokens


class _Parser:
    def __init__(self, tokens: list[_Token]) -> None:
        self._tokens = tokens
        self._at = 0
        self._depth = 0
        self._parameters: list[str | int] = []
        self._fields: set[str] = set()

    def whole(self) -> Condition:
        sql = self._condition()
        if self._at < len(self._tokens):
            raise WhereError("something is left over behind the clause")
        return Condition(sql, tuple(self._parameters), frozenset(self._fields))

    def _condition(self) -> str:
        parts = [self._conjunction()]
        while self._take("keyword", "OR"):
            parts.append(self._conjunction())
        return f"({' OR '.join(parts)})"

    def _conjunction(self) -> str:
        parts = [self._predicate()]
        while self._take("keyword", "AND"):
            parts.append(self._predicate())
        return f"({' AND '.join(parts)})"

    def _predicate(self) -> str:
        if self._take("sign", "("):
            return self._parenthesis()
        field = self._field()
        if self._take("keyword", "IN"):
            return f'"{field.name}" IN {self._list(field)}'
        if self._take("keyword", "LIKE"):
            return f'"{field.name}" LIKE {self._bind(_pattern(field, self._next("string").text))}'
        if self._take("keyword", "BETWEEN"):
            low = self._literal(field)
            self._expect("keyword", "AND")
            return f'"{field.name}" BETWEEN {low} AND {self._literal(field)}'
        return f'"{field.name}" {self._comparison()} {self._literal(field)}'

    def _parenthesis(self) -> str:
        self._depth += 1
        if self._depth > _DEEPEST:
            raise WhereError("too many parentheses inside each other")
        sql = self._condition()
        self._expect("sign", ")")
        self._depth -= 1
        return sql

    def _field(self) -> Field:
        name = self._next("word").text
        field = FIELDS.get(name)
        if field is None:
            raise WhereError(f"{name} is no field")
        self._fields.add(name)
        return field

    def _comparison(self) -> str:
        sign = self._next("sign").text
        if sign not in _COMPARISONS:
            raise WhereError("a comparison is missing")
        return sign

    def _list(self, field: Field) -> str:
        self._expect("sign", "(")
        items = [self._literal(field)]
        while self._take("sign", ","):
            items.append(self._literal(field))
        self._expect("sign", ")")
        return f"({', '.join(items)})"

    def _literal(self, field: Field) -> str:
        token = self._next("string", "number")
        if (token.kind == "number") != (field.kind == INTEGER):
            raise WhereError(f"{field.name} is compared with the wrong kind of value")
        return self._bind(int(token.text) if token.kind == "number" else _text_value(field, token.text))

    def _bind(self, value: str | int) -> str:
        self._parameters.append(value)
        if len(self._parameters) > _MOST_VALUES:
            raise WhereError("too many values")
        return "?"

    def _take(self, kind: str, text: str) -> bool:
        found = self._at < len(self._tokens) and self._tokens[self._at] == _Token(kind, text)
        self._at += found
        return found

    def _expect(self, kind: str, text: str) -> None:
        if not self._take(kind, text):
            raise WhereError(f"{text} is missing")

    def _next(self, *kinds: str) -> _Token:
        if self._at >= len(self._tokens):
            _refuse("the clause ends too early")
        token = self._tokens[self._at]
        if token.kind not in kinds:
            _refuse(f"{token.text} has no place there")
        self._at += 1
        return token


def _refuse(why: str) -> NoReturn:
    raise WhereError(why)


def _unquoted(token: str) -> str:
    return token[1:-1].replace("''", "'")


def _text_value(field: Field, token: str) -> str:
    value = _unquoted(token)
    if field.kind in (DATE, MONTH, DATETIME):
        _check_date(field, value)
    if field.kind == ENUM:
        _check_enum(field, value)
    if not value:
        raise WhereError("an empty text is not offered")
    return value


def _check_date(field: Field, value: str) -> None:
    with_time = field.kind == DATETIME and len(value) > 10
    form = r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d" if with_time else r"\d{4}-\d\d-\d\d"
    if not re.fullmatch(form, value, re.ASCII):
        raise WhereError(f"{field.name} takes 'YYYY-MM-DD'")
    try:
        datetime.fromisoformat(value) if with_time else date.fromisoformat(value)
    except ValueError as error:
        raise WhereError(f"{value} is no date") from error
    if field.kind == MONTH and not value.endswith("-01"):
        raise WhereError("usageMonth is compared with the first of a month")


def _check_enum(field: Field, value: str) -> None:
    if field.values and value not in field.values:
        raise WhereError(f"{value} is no {field.name}")


def _pattern(field: Field, token: str) -> str:
    pattern = _unquoted(token)
    if field.kind == ENUM and "%" not in pattern:
        _check_enum(field, pattern)
        return pattern
    if field.kind != TEXT:
        raise WhereError(f"no pattern on {field.name}")
    if "%" in pattern and len(pattern.replace("%", "").replace("_", "")) < 3:
        raise WhereError("a pattern needs three characters beside %")
    if not pattern:
        raise WhereError("an empty text is not offered")
    return pattern
