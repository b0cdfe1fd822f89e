"""The check of a where clause before it is sent, token by token; the clause itself is never changed.

Only what Autodesk's examples show passes: comparisons of a field with a literal, IN, LIKE, BETWEEN, AND, OR and
parentheses (source: Fields and Metrics, where; what is not documented is refused).
"""

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Final

from sqlglot.errors import TokenError
from sqlglot.tokens import Tokenizer

from bot.signs import as_data_has_it
from bot.tokenflex.catalogue import Catalogue, Field
from bot.tokenflex.literal import check_literal, check_pattern
from bot.tokenflex.problem import Problem

#: Characters; ours, Autodesk publishes none.
MAX_LENGTH: Final = 4000

_LITERAL: Final = re.compile(r"'(?:[^']|'')*'")
_WORD: Final = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
_PLAIN: Final = re.compile(r"[A-Za-z0-9_ \t\r\n=!<>(),]")
_COMPARISONS: Final = frozenset({"=", "!=", "<", "<=", ">", ">="})
_KEYWORDS: Final = frozenset({"AND", "OR", "IN", "LIKE", "BETWEEN"})
_INSTEAD: Final = {
    "NOT": "use != instead",
    "IS": "compare the field with a value instead",
    "NULL": "compare the field with a value instead",
    "CURRENT_DATE": "write the day, such as '2024-01-31'",
    "WHERE": "leave the word out",
}
#: How people begin to say a period.
_PERIODS: Final = re.compile(
    r"last|this|next|previous|current|today|yesterday|since|months?|quarters?|years?|weeks?|january|february|march|april"
    r"|may|june|july|august|september|october|november|december",
    re.IGNORECASE,
)
#: What people write who want every row: values, and what joins them, but no field.
_EVERYTHING: Final = re.compile(
    r"(?:[\s0-9.()=<>!*%,;-]|\b(?:true|false|null|is|not|and|or|in|like|between|all|any|every|everything|rows)\b)*",
    re.IGNORECASE,
)
_ANYTHING: Final = re.compile(r"[0-9*%']|\b(?:true|false|null|all|any|every|everything)\b", re.IGNORECASE)
_ODD_CHARACTERS: Final = {
    ";": "leave it out",
    '"': "put text into single quotes, such as 'Revit'",
    "`": "write field names without quotes",
    "\\": "double a quote inside a text, such as 'O''Brien'",
    "-": "put dates into single quotes, such as '2024-01-31'; there are no negative numbers and no arithmetic",
    "#": "leave comments out",
    "%": "put patterns into single quotes, such as 'cad%'",
} | dict.fromkeys("‘’‚‛′´“”„‟«»", "put straight single quotes (') around texts")
_ALL_ROWS: Final = "compares no field with a value: leave it out for all rows"
#: Enough for a person to mend at once; also bounds the work on nonsense.
_MOST_PROBLEMS: Final = 5


@dataclass(frozen=True, slots=True)
class _Token:
    """A piece of the clause as it was typed; `at` counts characters from 1."""

    source: str
    at: int

    @property
    def upper(self) -> str:
        return self.source.upper()


class _NotUnderstood(Exception):  # noqa: N818
    """The clause breaks off or has the wrong thing in a place; the text says what to do."""


def check_where(clause: str, catalogue: Catalogue) -> tuple[Problem, ...]:
    """Return what is wrong with a where clause, and warnings; nothing for a clause that is empty.

    Any text gets an answer, none raises.
    """
    if not clause:
        return ()
    if _names_no_field(clause):
        return (Problem("where", f'"{clause.strip()[:40]}" {_ALL_ROWS}'),)
    sentences = list(islice(_first_findings(clause, catalogue), _MOST_PROBLEMS))
    problems = dict.fromkeys(Problem("where", sentence) for sentence in sentences)
    if not any(True for _ in _surface(clause)):
        problems |= dict.fromkeys(
            Problem("where", sentence, warning=True) for sentence in islice(_warnings(clause), _MOST_PROBLEMS)
        )
    return tuple(problems)


def _names_no_field(clause: str) -> bool:
    """Return whether a clause is of values alone; a text by itself, such as 'Revit', may be meant for a field."""
    is_text = _LITERAL.fullmatch(clause.strip()) is not None and any(map(str.isalpha, clause))
    return not is_text and bool(_ANYTHING.search(clause) and _EVERYTHING.fullmatch(_blank_literals(clause)))


def fields_used(clause: str, catalogue: Catalogue) -> tuple[str, ...]:
    """Return the known fields that the clause names outside of its texts, each once, in its order."""
    words = _WORD.findall(_blank_literals(clause))
    return tuple(dict.fromkeys(word for word in words if catalogue.field(word)))


def _first_findings(clause: str, catalogue: Catalogue) -> Iterator[str]:
    """Yield the findings of the first stage that has any: a later one would only misread the same mistake."""
    found = list(islice(_surface(clause), _MOST_PROBLEMS))
    if not found:
        tokens = _tokens(clause)
        found = list(islice(_words(tokens, catalogue), _MOST_PROBLEMS)) or list(_Grammar(tokens, catalogue).check())
    yield from found


def _blank_literals(clause: str) -> str:
    """Return the clause with each text in quotes replaced by as many blanks, so that positions stay."""
    return _LITERAL.sub(lambda match: " " * len(match.group()), clause)


def _surface(clause: str) -> Iterator[str]:
    """Look at the bare text: length, quotes, comments and characters. sqlglot hides comments, so not with it."""
    if not clause.strip():
        yield "There are only blanks: leave it empty"
    if len(clause) > MAX_LENGTH:
        yield f"The condition has {len(clause)} characters: shorten it to {MAX_LENGTH}"
    outside = _blank_literals(clause)
    for comment in re.finditer(r"--|/\*|\*/", outside):
        yield f"Comments are not allowed: leave out {comment.group()} at character {comment.start() + 1}"
    yield from _odd_characters(re.sub(r"--|/\*|\*/", "  ", outside))
    yield from _hidden_characters(clause)


def _odd_characters(outside: str) -> Iterator[str]:
    seen = set()
    for at, character in enumerate(outside, 1):
        if character == "'":
            yield f"The single quote at character {at} is never closed: add one at the end of the text"
            return
        if not _PLAIN.match(character) and character not in seen:
            seen.add(character)
            hint = _ODD_CHARACTERS.get(character, "put text into single quotes, or leave it out")
            yield f"{_shown(character)} is not allowed at character {at}: {hint}"


def _hidden_characters(clause: str) -> Iterator[str]:
    for match in _LITERAL.finditer(clause):
        hidden = re.search(r"[\x00-\x1f\x7f-\x9f\ud800-\udfff]", match.group())
        if hidden:
            yield f"There is an invisible character at character {match.start() + hidden.start() + 1}: delete it"


def _shown(character: str) -> str:
    return character if character.isprintable() and character != " " else f"The character U+{ord(character):04X}"


def _tokens(clause: str) -> tuple[_Token, ...]:
    """Return sqlglot's tokens, each as it was typed: their types do not tell `<>` from `!=`."""
    try:
        found = Tokenizer().tokenize(clause)
    except TokenError:
        # Its message quotes the clause and helps nobody; the grammar then says where it stops.
        return ()
    return tuple(_Token(clause[token.start : token.end + 1], token.start + 1) for token in found)


def _words(tokens: tuple[_Token, ...], catalogue: Catalogue) -> Iterator[str]:
    """Yield what is wrong with the words and operators on their own, wherever they stand."""
    tokens = _joined(tokens, catalogue)
    for place, token in enumerate(tokens):
        if token.source == "<>":
            yield f"<> is not allowed at character {token.at}: use != instead"
        elif _begins_word(token):
            following = tokens[place + 1].source if place + 1 < len(tokens) else ""
            sentence = _word(token, tokens[:place], following, catalogue)
            if sentence:
                yield sentence


def _begins_word(token: _Token) -> bool:
    return token.source[:1].isalpha() or token.source[:1] == "_"


def _joined(tokens: Iterable[_Token], catalogue: Catalogue) -> tuple[_Token, ...]:
    """Return the tokens with bare words in the place of one value as one, such as AutoCAD LT or last month."""
    joined: list[_Token] = []
    for token in tokens:
        goes_on = (_begins_word(token) or token.source.isdigit()) and not _is_known(token, catalogue)
        last = joined[-1] if joined else None
        if last and goes_on and _begins_word(last) and not _is_known(last, catalogue) and _is_value_next(joined[:-1]):
            joined[-1] = _Token(f"{last.source} {token.source}", last.at)
        else:
            joined.append(token)
    return tuple(joined)


def _is_known(token: _Token, catalogue: Catalogue) -> bool:
    return token.upper in _KEYWORDS | _INSTEAD.keys() or catalogue.field(token.source) is not None


def _is_value_next(before: Sequence[_Token]) -> bool:
    """Return whether a value stands behind these tokens."""
    last, last_but_one = (*(token.upper for token in reversed(before[-2:])), "", "")[:2]
    return last in _COMPARISONS | {"LIKE", "BETWEEN", ","} or (last_but_one, last) == ("IN", "(")


def _subject(before: Sequence[_Token], catalogue: Catalogue) -> Field | None:
    """Return the field that a value behind these tokens is compared with."""
    return next((field for token in reversed(before) if (field := catalogue.field(token.source))), None)


def _bare_value(token: _Token, subject: Field | None) -> str:
    """Say how a value is written that is a bare word; in quotes it has to fit its field as well."""
    quoted = f"'{token.source[:40]}'"
    if subject is not None and subject.value_type == "integer":
        return f"{subject.name} is a number, such as 1, not {token.source[:40]}"
    wrong = check_literal(quoted, subject) if subject is not None else ()
    return wrong[0] if wrong else f"Put {_quoted(token)} into single quotes: {quoted}"


def _word(token: _Token, before: Sequence[_Token], following: str, catalogue: Catalogue) -> str | None:
    first = token.upper.split()[0].partition("'")[0]
    if first in _INSTEAD:
        return f"{first} is not allowed at character {token.at}: {_INSTEAD[first]}"
    if token.upper in _KEYWORDS or catalogue.field(token.source):
        return None
    if following == "(":
        return f"Functions are not allowed: leave out {_quoted(token)} or work out its value yourself"
    if _is_value_next(before):
        return _bare_value(token, _subject(before, catalogue))
    if catalogue.metric(token.source):
        return f"{token.source} is a metric: a condition takes fields only"
    return _unknown(token, catalogue.nearest_field(token.source))


def _unknown(token: _Token, near: str | None) -> str:
    if token.upper in {"TRUE", "FALSE"}:
        return f"{_quoted(token)} {_ALL_ROWS}"
    if near is None and _PERIODS.fullmatch(token.source):
        return f"I don't know {_quoted(token)}: for October 2026 write usageMonth = '2026-10-01'"
    hint = f"did you mean {near}?" if near else "the menu Columns of the form (/tokenflex) lists them all"
    return f"{_quoted(token)} at character {token.at} is not a field: {hint}"


def _quoted(token: _Token) -> str:
    return f'"{token.source[:40]}"'


def _warnings(clause: str) -> Iterator[str]:
    for literal in _LITERAL.finditer(clause):
        text = literal.group()[1:-1]
        if re.search(r"\bnot\b", text, re.IGNORECASE):
            yield f'"{text[:40]}" contains the word not, which Token Flex may refuse even inside quotes'
        plain, has = as_data_has_it(text)
        if has:
            known = plain.replace("''", "'")
            copied = known.replace("'", "''")
            yield f"{text[:40]} has {has}, the data probably has {known[:40]}: to find it write '{copied[:80]}'"
        if "_" in text and re.search(r"\blike\s*$", clause[: literal.start()], re.IGNORECASE):
            yield f'The _ in "{text[:40]}" may stand for any one character'


class _Grammar:
    """Walks the tokens once, from left to right; no recursion, so that depth costs nothing."""

    def __init__(self, tokens: Iterable[_Token], catalogue: Catalogue) -> None:
        self._tokens = tuple(tokens)
        self._catalogue = catalogue
        self._next = 0
        self._values: list[str] = []

    def check(self) -> tuple[str, ...]:
        """Return what is wrong with the values, or the first thing that breaks the grammar."""
        try:
            self._expression()
        except _NotUnderstood as error:
            return (*self._values, str(error))
        return tuple(self._values)

    def _expression(self) -> None:
        depth = 0
        while True:
            depth += self._skip("(")
            self._condition()
            depth -= self._skip(")")
            if depth < 0:
                raise _NotUnderstood(f"There are more ) than (: leave out {-depth} of them")
            if self._next == len(self._tokens):
                break
            self._joint()
        if depth:
            raise _NotUnderstood(f"A ( is never closed: add {depth} )")

    def _skip(self, sign: str) -> int:
        start = self._next
        while self._next < len(self._tokens) and self._tokens[self._next].source == sign:
            self._next += 1
        return self._next - start

    def _joint(self) -> None:
        token = self._take("AND or OR")
        if token.upper not in {"AND", "OR"}:
            raise _expected("AND or OR", token)

    def _condition(self) -> None:
        self._no_field()
        subject = self._take("a field")
        if not self._catalogue.field(subject.source):
            raise _expected("a field", subject)
        operator = self._take("a sign such as =")
        if operator.source in _COMPARISONS:
            self._value(subject)
        elif operator.upper == "IN":
            self._list(subject)
        elif operator.upper == "LIKE":
            self._pattern(subject)
        elif operator.upper == "BETWEEN":
            self._range(subject)
        else:
            raise _expected("one of = != < <= > >= IN LIKE BETWEEN", operator)

    def _no_field(self) -> None:
        """Refuse a condition that compares two values, or a field with itself: it holds for every row or for none."""
        first, sign, second = (*self._tokens[self._next : self._next + 3], *[_Token("", 0)] * 3)[:3]
        of_values = _is_value(first) and (_is_value(second) or (sign.upper, second.source) == ("IN", "("))
        if sign.upper in _COMPARISONS | _KEYWORDS - {"AND", "OR"} and (of_values or first.source == second.source):
            raise _NotUnderstood(f'"{first.source[:40]} {sign.source} {second.source[:40]}" {_ALL_ROWS}')

    def _list(self, subject: _Token) -> None:
        self._sign("(")
        self._value(subject)
        while self._skip_one(","):
            self._value(subject)
        self._sign(")")

    def _range(self, subject: _Token) -> None:
        self._value(subject)
        self._sign("AND")
        self._value(subject)

    def _skip_one(self, sign: str) -> bool:
        found = self._next < len(self._tokens) and self._tokens[self._next].source == sign
        self._next += found
        return found

    def _sign(self, sign: str) -> None:
        token = self._take(sign)
        if token.upper != sign:
            raise _expected(sign, token)

    def _value(self, subject: _Token) -> None:
        token = self._literal()
        field = self._catalogue.field(subject.source)
        self._values += check_literal(token.source, field) if field else ()

    def _pattern(self, subject: _Token) -> None:
        token = self._literal()
        field = self._catalogue.field(subject.source)
        self._values += check_pattern(token.source, field) if field else ()

    def _literal(self) -> _Token:
        wanted = "a value, such as 'Revit' or 1"
        token = self._take(wanted)
        if not _is_value(token):
            raise _expected(wanted, token)
        return token

    def _take(self, wanted: str) -> _Token:
        if self._next == len(self._tokens):
            raise _NotUnderstood(f"The condition breaks off: {wanted} is missing at its end")
        self._next += 1
        return self._tokens[self._next - 1]


def _is_value(token: _Token) -> bool:
    return bool(_LITERAL.fullmatch(token.source) or re.fullmatch(r"[0-9]+", token.source))


def _expected(wanted: str, token: _Token) -> _NotUnderstood:
    return _NotUnderstood(f"{_quoted(token)} at character {token.at} does not belong there: write {wanted} instead")
