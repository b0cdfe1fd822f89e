"""Words as a shell reads them, also with the quotation marks that phones type.

Whatever stands between straight marks stays as typed, other marks and spaces included. Curly marks delimit as well
(`name=“my report”`), but only where they can be nothing else: a mark that could belong to the text is asked about.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from bot.signs import CURLY_DOUBLE, CURLY_SINGLE, SPACES

_BLANKS: Final = rf" \t\r\n{SPACES}"
_BEGINS: Final = rf"(?<![^{_BLANKS}=,])"
_ENDS: Final = rf"(?=[{_BLANKS},]|\Z)"
_APOSTROPHE: Final = r"(?<=\w)’(?=\w)"
_PIECE: Final = re.compile(
    rf"""
      (?P<blank>[{_BLANKS}]+)
    | \\(?P<escaped>.)
    | "(?P<double>(?:[^"\\]|\\.)*)"
    | '(?P<single>[^']*)'
    | {_BEGINS}[{CURLY_DOUBLE}](?P<curly_double>[^"{CURLY_DOUBLE}]*)["{CURLY_DOUBLE}]{_ENDS}
    | {_BEGINS}[{CURLY_SINGLE}](?P<curly_single>(?:[^'{CURLY_SINGLE}]|{_APOSTROPHE})*)['{CURLY_SINGLE}]{_ENDS}
    | (?P<plain>[^{_BLANKS}\\"'{CURLY_DOUBLE}{CURLY_SINGLE}]+|{_APOSTROPHE})
    """,
    re.VERBOSE | re.DOTALL,
)
#: A clause without marks around it, in which single quotes are the clause's own: `where=productName='Revit'`.
_BARE_CLAUSE: Final = re.compile(rf"where=[^\"'{CURLY_DOUBLE}{CURLY_SINGLE}]", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Word:
    """What a word says, and the typed text that it was read from."""

    text: str
    source: str


class UnreadableError(ValueError):
    """The quotation marks of a text cannot be followed; the text says why and what to do, for the person."""


def split(text: str) -> list[Word]:
    """Return the words of a text.

    Raises:
        UnreadableError: a mark is never closed, or may be meant in two ways.

    """
    words: list[Word] = []
    pieces: list[re.Match[str]] = []
    for piece in (*_pieces(text), None):
        if piece and piece["blank"] is None:
            pieces.append(piece)
        elif pieces:
            words.append(_word(pieces))
            pieces = []
    return words


def _pieces(text: str) -> Iterator[re.Match[str]]:
    at = 0
    while at < len(text):
        piece = _PIECE.match(text, at)
        if piece is None:
            raise UnreadableError(_why(text[at]))
        yield piece
        at = piece.end()


def _word(pieces: Sequence[re.Match[str]]) -> Word:
    source, said = "", ""
    for piece in pieces:
        said += _said(piece, source)
        source += piece.group()
    return Word(said, source)


def _said(piece: re.Match[str], before: str) -> str:
    kind = piece.lastgroup or ""
    if kind in {"single", "curly_single"} and _BARE_CLAUSE.match(before):
        return piece.group()
    return re.sub(r'\\(["\\])', r"\1", piece[kind]) if kind == "double" else str(piece[kind])


def _why(mark: str) -> str:
    if mark == "\\":
        return "A backslash at the end stands before nothing; leave it out."
    if mark in "\"'":
        other = "'" if mark == '"' else '"'
        return (
            f"A quotation mark {mark} is opened and never closed. Close it with the same mark, "
            f"or, where it belongs to the text, put {other} around the whole value."
        )
    return (
        f'The quotation mark {mark} may stand around a value or inside it. Put straight double quotes (") around the '
        "whole value; inside where=, straight single quotes (') around texts. "
        "On a phone, hold the key of the mark to get straight ones."
    )
