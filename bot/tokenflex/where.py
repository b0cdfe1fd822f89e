"""The check of a where clause before it is sent, stage by stage; the clause itself is never changed.

Only what Autodesk's examples show passes: comparisons of a field with a literal, IN, LIKE, BETWEEN, AND, OR and
parentheses (source: Fields and Metrics, where; what is not documented is refused).
"""

import re
from collections.abc import Iterable, Iterator, Sequence
from itertools import islice
from typing import Final

from bot.signs import as_data_has_it
from bot.tokenflex import condition
from bot.tokenflex.catalogue import Catalogue, Field
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
    pieces = _joined(pieces, catalogue)
    for place, piece in enumerate(pieces):
        if piece.source == "<>":
            yield f"<> is not allowed at character {piece.at}: use != instead"
        elif piece.is_word:
            following = pieces[place + 1].source if place + 1 < len(pieces) else ""
            sentence = _word(piece, pieces[:place], following, catalogue)
            if sentence:
                yield sentence


def _joined(pieces: Iterable[Piece], catalogue: Catalogue) -> tuple[Piece, ...]:
    """Return the pieces with bare words in the place of one value as one, such as AutoCAD LT or last month."""
    joined: list[Piece] = []
    for piece in pieces:
        goes_on = (piece.is_word or piece.source.isdigit()) and not _is_known(piece, catalogue)
        last = joined[-1] if joined else None
        if last and goes_on and last.is_word and not _is_known(last, catalogue) and _is_value_next(joined[:-1]):
            joined[-1] = Piece(f"{last.source} {piece.source}", last.at)
        else:
            joined.append(piece)
    return tuple(joined)


def _is_known(piece: Piece, catalogue: Catalogue) -> bool:
    return piece.upper in KEYWORDS | _INSTEAD.keys() or catalogue.field(piece.source) is not None


def _is_value_next(before: Sequence[Piece]) -> bool:
    """Return whether a value stands behind these pieces."""
    last, last_but_one = (*(piece.upper for piece in reversed(before[-2:])), "", "")[:2]
    return last in _COMPARISONS | {"LIKE", "BETWEEN", ","} or (last_but_one, last) == ("IN", "(")


def _subject(before: Sequence[Piece], catalogue: Catalogue) -> Field | None:
    """Return the field that a value behind these pieces is compared with."""
    return next((field for piece in reversed(before) if (field := catalogue.field(piece.source))), None)


def _bare_value(piece: Piece, subject: Field | None) -> str:
    """Say how a value is written that is a bare word; in quotes it has to fit its field as well."""
    quoted = f"'{piece.source[:40]}'"
    if subject is not None and subject.value_type == "integer":
        return f"{subject.name} is a number, such as 1, not {piece.source[:40]}"
    wrong = check_literal(quoted, subject) if subject is not None else ()
    return wrong[0] if wrong else f"Put {_quoted(piece)} into single quotes: {quoted}"


def _no_field(pieces: Sequence[Piece]) -> Iterator[str]:
    """Yield what compares two values, or a field with itself: it holds for every row or for none."""
    for first, sign, second in zip(pieces, pieces[1:], pieces[2:], strict=False):
        of_values = is_literal(first.source) and (
            is_literal(second.source) or (sign.upper, second.source) == ("IN", "(")
        )
        if sign.upper in _COMPARISONS | KEYWORDS - {"AND", "OR"} and (of_values or first.source == second.source):
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


def _word(piece: Piece, before: Sequence[Piece], following: str, catalogue: Catalogue) -> str | None:
    first = piece.upper.split()[0].partition("'")[0]
    if first in _INSTEAD:
        return f"{first} is not allowed at character {piece.at}: {_INSTEAD[first]}"
    if piece.upper in KEYWORDS or catalogue.field(piece.source):
        return None
    if following == "(":
        return f"Functions are not allowed: leave out {_quoted(piece)} or work out its value yourself"
    if _is_value_next(before):
        return _bare_value(piece, _subject(before, catalogue))
    if catalogue.metric(piece.source):
        return f"{piece.source} is a metric: a condition takes fields only"
    return _unknown(piece, catalogue.nearest_field(piece.source))


def _unknown(piece: Piece, near: str | None) -> str:
    if piece.upper in {"TRUE", "FALSE"}:
        return f"{_quoted(piece)} {_ALL_ROWS}"
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
        plain, has = as_data_has_it(text)
        if has:
            known = plain.replace("''", "'")
            copied = known.replace("'", "''")
            yield f"{text[:40]} has {has}, the data probably has {known[:40]}: to find it write '{copied[:80]}'"
        if "_" in text and re.search(r"\blike\s*$", clause[: literal.start()], re.IGNORECASE):
            yield f'The _ in "{text[:40]}" may stand for any one character'
