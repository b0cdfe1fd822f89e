"""Words of a command: marks that phones type are made straight, then `shlex` reads.

Whatever stands between straight marks stays as typed, other marks and spaces included. Curly marks delimit as well
(`name=“my report”`). A mark that could belong to the text instead is asked about: nothing is left out in silence.
"""

import re
import shlex
from typing import Final

from bot.signs import CURLY_DOUBLE, CURLY_SINGLE, SPACES, UNSEEN

_BLANKS: Final = rf" \t\r\n{SPACES}"
_MARKS: Final = rf"\"'{CURLY_DOUBLE}{CURLY_SINGLE}"
_BEGINS: Final = rf"(?<![^{_BLANKS}=,])"
_ENDS: Final = rf"(?=[{UNSEEN}]*(?:[{_BLANKS},]|\Z))"
_APOSTROPHE: Final = r"(?<=\w)’(?=\w)"
_PIECE: Final = re.compile(
    rf"""
      (?P<straight>\\. | "(?:[^"\\]|\\.)*"{_ENDS} | '[^']*' | (?<=')"'"(?='))
    | (?P<bare>(?<![^{_BLANKS}])where=)  # no marks around it all: the single ones are its own
      (?P<whole>(?=[^{_MARKS}]) (?: [^{_BLANKS}\\{_MARKS}] | {_APOSTROPHE} | '[^']*'
        | {_BEGINS}[{CURLY_SINGLE}](?:[^'{CURLY_SINGLE}]|{_APOSTROPHE})*['{CURLY_SINGLE}]{_ENDS} )+ ) (?=[{_BLANKS}]|\Z)
    | {_BEGINS}[{CURLY_DOUBLE}](?P<double>[^"{CURLY_DOUBLE}]*)["{CURLY_DOUBLE}]{_ENDS}
    | {_BEGINS}[{CURLY_SINGLE}](?P<single>(?:[^'{CURLY_SINGLE}]|{_APOSTROPHE})*)['{CURLY_SINGLE}]{_ENDS}
    | (?P<apostrophe>{_APOSTROPHE})
    | (?P<space>[{SPACES}])
    | (?P<stray>[\\{_MARKS}])
    """,
    re.VERBOSE | re.DOTALL | re.IGNORECASE,
)


class UnreadableError(ValueError):
    """The quotation marks of a text cannot be followed; the text says why and what to do, for the person."""


def split(text: str) -> list[str]:
    """Return the words of a text.

    Raises:
        UnreadableError: a mark is never closed, or may be meant in two ways.

    """
    return shlex.split(_PIECE.sub(_straight, text))


def _straight(piece: re.Match[str]) -> str:
    if piece["stray"]:
        raise UnreadableError(_why(piece["stray"], piece.string[piece.end() :]))
    if piece["space"]:
        return " "
    within = piece[piece.lastgroup or 0]
    quoted = piece.group() if piece.lastgroup in {"straight", "apostrophe"} else shlex.quote(within)
    return f"{piece['bare'] or ''}{quoted}"


def _why(mark: str, rest: str) -> str:
    if mark == "\\":
        return "A backslash at the end stands before nothing; leave it out."
    if mark in "\"'" and mark not in rest:
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
