"""The check of a where clause before it is sent, stage by stage; the clause itself is never changed.

Only what Autodesk's examples show passes: comparisons of a field with a literal, IN, LIKE, BETWEEN, AND, OR and
parentheses (source: Fields and Metrics, where; what is not documented is refused).
"""

import re
from collections.abc import Iterator, Sequence
from itertools import islice
from typing import Final

from bot.tokenflex import condition
from bot.tokenflex.catalogue import Catalogue
from bot.tokenflex.condition import KEYWORDS, ConditionError, Piece, is_literal
from bot.tokenflex.literal import check_literal, check_pattern
from bot.tokenflex.problem import Problem

#: Characters; ours, Autodesk publishes none.
MAX_LENGTH: Final = 4000

_LITERAL: Final = re.compile(r"'(?:[^']|'')*'")
_WORD: Final = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
_PLAIN: Final = re.compile(r"[A-Za-z0-9_ \t\r\n=!<>(),]")
_COMPARISONS: Final = frozenset({"=", "!=", "<", "<=", ">", ">="})
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
#: What people write who want every row, besides comparing a value with a value.
_EVERYTHING: Final = re.compile(r"\s*(?:[*%]|true|all|any|every|everything|[0-9]+)\s*;?\s*", re.IGNORECASE)
_ODD_CHARACTERS: Final = {
    ";": "leave it out",
    '"': "put text into single quotes, such as 'Revit'",
    "`": "write field names without quotes",
    "\\": "double a quote inside a text, such as 'O''Brien'",
    "-": "put dates into single quotes, such as '2024-01-31'; there are no negative numbers and no arithmetic",
    "#": "leave comments out",
    "%": "put patterns into single quotes, such as 'cad%'",
} | dict.fromkeys("‘’‚‛′´“”„‟«»", "put straight single quotes (') around texts")
#: What phones write for an apostrophe and a quotation mark.
_STRAIGHT: Final = dict.fromkeys(map(ord, "‘’‚‛ʼ"), "'") | dict.fromkeys(map(ord, "“”„‟"), '"')
_ALL_ROWS: Final = "compares no field with a value: leave it out for all rows"
#: Enough for a person to mend at once; also bounds the work on nonsense.
_MOST_PROBLEMS: Final = 5


def check_where(clause: str, catalogue: Catalogue) -> tuple[Problem, ...]:
    """Return what is wrong with a where clause, and warnings; nothing for a clause that is empty.

    Any text gets an answer, none raises.
    """
    if not clause:
        return ()
    if _EVERYTHING.fullmatch(clause):
        return (Problem("where", f'"{clause.strip()}" {_ALL_ROWS}'),)
    sentences = list(islice(_first_findings(clause, catalogue), _MOST_PROBLEMS))
    problems = dict.fromkeys(Problem("where", sentence) for sentence in sentences)
    if not any(True for _ in _surface(clause)):
        problems |= dict.fromkeys(
            Problem("where", sentence, warning=True) for sentence in islice(_warnings(clause), _MOST_PROBLEMS)
        )
    return tuple(problems)


def fields_used(clause: str, catalogue: Catalogue) -> tuple[str, ...]:
    """Return the known fields that the clause names outside of its texts, each once, in its order."""
    words = _WORD.findall(_blank_literals(clause))
    return tuple(dict.fromkeys(word for word in words if catalogue.field(word)))


def _first_findings(clause: str, catalogue: Catalogue) -> Iterator[str]:
    """Yield the findings of the first stage that has any: a later one would only misread the same mistake."""
    found = list(islice(_surface(clause), _MOST_PROBLEMS))
    if not found:
        pieces = condition.pieces(clause)
        found = list(islice(_words(pieces, catalogue), _MOST_PROBLEMS)) or list(islice(_no_field(pieces), 1))
    yield from found or _conditions(clause, catalogue)


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


def _words(pieces: Sequence[Piece], catalogue: Catalogue) -> Iterator[str]:
    """Yield what is wrong with the words and operators on their own, wherever they stand."""
    for place, piece in enumerate(pieces):
        following = pieces[place + 1].source if place + 1 < len(pieces) else ""
        before = pieces[place - 1].upper if place else ""
        if piece.source == "<>":
            yield f"<> is not allowed at character {piece.at}: use != instead"
        elif piece.is_word:
            sentence = _word(piece, before, following, catalogue)
            if sentence:
                yield sentence


def _no_field(pieces: Sequence[Piece]) -> Iterator[str]:
    """Yield what compares two values, or a field with itself: it holds for every row or for none."""
    for first, sign, second in zip(pieces, pieces[1:], pieces[2:], strict=False):
        without = is_literal(first.source) and is_literal(second.source)
        if sign.source in _COMPARISONS and (first.source == second.source or without):
            yield f'"{first.source[:40]} {sign.source} {second.source[:40]}" {_ALL_ROWS}'


def _conditions(clause: str, catalogue: Catalogue) -> Iterator[str]:
    """Yield what is wrong with the values, or the first thing that breaks the grammar."""
    try:
        tree = condition.read(clause)
    except ConditionError as error:
        yield str(error)
        return
    for one in condition.comparisons(tree):
        field = catalogue.field(one.field)
        check = check_pattern if one.operator == "LIKE" else check_literal
        yield from (sentence for literal in one.literals if field for sentence in check(literal, field))


def _word(piece: Piece, before: str, following: str, catalogue: Catalogue) -> str | None:
    first = piece.upper.split()[0].partition("'")[0]
    if first in _INSTEAD:
        return f"{first} is not allowed at character {piece.at}: {_INSTEAD[first]}"
    if piece.upper in KEYWORDS or catalogue.field(piece.source):
        return None
    if following == "(":
        return f"Functions are not allowed: leave out {_quoted(piece)} or work out its value yourself"
    if before in _COMPARISONS | {"LIKE", "BETWEEN", ","}:
        return f"Put {_quoted(piece)} into single quotes: '{piece.source[:40]}'"
    if catalogue.metric(piece.source):
        return f"{piece.source} is a metric: a condition takes fields only"
    return _unknown(piece, catalogue.nearest_field(piece.source))


def _unknown(piece: Piece, near: str | None) -> str:
    if near is None and _PERIODS.fullmatch(piece.source):
        return f"I don't know {_quoted(piece)}: for October 2026 write usageMonth = '2026-10-01'"
    hint = f"did you mean {near}?" if near else "the menu Columns of the form (/tokenflex) lists them all"
    return f"{_quoted(piece)} at character {piece.at} is not a field: {hint}"


def _quoted(piece: Piece) -> str:
    return f'"{piece.source[:40]}"'


def _warnings(clause: str) -> Iterator[str]:
    for literal in _LITERAL.finditer(clause):
        text = literal.group()[1:-1]
        if re.search(r"\bnot\b", text, re.IGNORECASE):
            yield f'"{text[:40]}" contains the word not, which Token Flex may refuse even inside quotes'
        straight = text.translate(_STRAIGHT)
        if straight != text:
            known = straight.replace("''", "'")
            copied = known.replace("'", "''")
            yield f"{text[:40]} has a curly mark, the data probably has {known[:40]}: to find it write '{copied[:80]}'"
        if "_" in text and re.search(r"\blike\s*$", clause[: literal.start()], re.IGNORECASE):
            yield f'The _ in "{text[:40]}" may stand for any one character'
