"""The words of `/tokenflex answer`: an export, by which columns, how many rows, of which rows; in any order.

A condition needs no marks around it: it goes on until another of the words stands outside of its texts.
"""

import re
from typing import Final

from bot.cards.drawing import MOST_ROWS
from bot.cards.query import Query
from bot.cards.text import sentence
from bot.signs import CURLY_DOUBLE, CURLY_SINGLE, visible
from bot.tokenflex.catalogue import Catalogue, nearest
from bot.tokenflex.where import check_where
from handlers.words.asked import Ask, Mistake, quoted
from handlers.words.slack_text import straight_clause
from handlers.words.targets import AROUND, MARKS, export_number

_KEYS: Final = ("by", "top", "where")
_DOUBLE: Final = f'"{CURLY_DOUBLE}'
#: What stands between marks, else one sign; an apostrophe within a word is none.
_PIECE: Final = re.compile(
    rf"""
      (?P<text> [{_DOUBLE}][^{_DOUBLE}]*[{_DOUBLE}] | (?<!\w)'(?:[^']|'')*'
        | (?<!\w)[{CURLY_SINGLE}](?:[^'{CURLY_SINGLE}]|(?<=\w)’(?=\w))*['{CURLY_SINGLE}] )
    | .
    """,
    re.VERBOSE | re.DOTALL,
)
_PART: Final = re.compile(rf"(?<!\S)(?P<key>{'|'.join(_KEYS)})(?:\s*=|(?=\s|\Z))", re.IGNORECASE)
_BETWEEN: Final = re.compile(r"\s*,\s*|\s+and\s+", re.IGNORECASE)
_AS_MANY_AS_FIT: Final = frozenset({"all", "max", "everything", "as many as fit"})
_CONDITION: Final = re.compile(r"[=<>]|\b(?:in|like|between)\b", re.IGNORECASE)
_NUMBER: Final = re.compile(r"(?P<number>[^\w#]*#?\s*\d+[^\w\s]*)(?P<rest>(?:\s.*)?)", re.DOTALL)


def number_of(rest: str) -> str:
    """Return what stands where the number of the export should."""
    stray = _apart(rest)[0]
    found = _NUMBER.fullmatch(stray)
    return found["number"] if found else stray


def ask_of(rest: str, catalogue: Catalogue) -> Ask | Mistake:
    """Return what follows the word `answer` asks for."""
    stray, given = _apart(rest)
    number = export_number("answer", number_of(rest))
    if isinstance(number, Mistake):
        return number
    found = _NUMBER.fullmatch(stray)
    stray = found["rest"].strip() if found else ""
    wrong = _twice_or_empty(given)
    by = _names(given.get("by", [""])[0], catalogue)
    top = _top(given["top"][0], wrong) if "top" in given else Query().top
    where = _clause(given.get("where", [""])[0])
    problems = [sentence(each.message) for each in check_where(where, catalogue) if not each.warning]
    query = Query(by, top, "" if problems else where)
    if stray.strip(AROUND):
        query, near = _with(stray, query, catalogue)
        wrong.insert(0, f"{quoted(stray)} belongs to nothing; did you mean {near}?")
    if wrong or problems:
        return Mistake((*wrong, *problems), likely=f"answer #{number} {query.words}".strip())
    return Ask(number, query)


def _apart(rest: str) -> tuple[str, dict[str, list[str]]]:
    """Return what stands before all words that have a meaning here, and what stands behind each of them."""
    pieces = [*_PIECE.finditer(rest)]
    seen = "".join(each.group() if each["text"] else visible(each.group()) for each in pieces)
    masked = _PIECE.sub(lambda each: "x" * len(each.group()) if each["text"] else each.group(), seen)
    parts = [*_PART.finditer(masked)]
    ends = [*(part.start() for part in parts), len(seen)][1:]
    given: dict[str, list[str]] = {}
    for part, end in zip(parts, ends, strict=True):
        given.setdefault(part["key"].lower(), []).append(seen[part.end() : end].strip())
    return seen[: parts[0].start() if parts else None].strip(), given


def _twice_or_empty(given: dict[str, list[str]]) -> list[str]:
    said = []
    for key, values in given.items():
        if len(values) > 1:
            said.append(f"{key} stands there {len(values)} times; give it once.")
        elif not values[0].strip(" ,") and key != "where":  # an empty condition means all rows
            said.append(f"Nothing follows {key}; write it as in /tokenflex answer #42 by userName top 25.")
    return said


def _names(typed: str, catalogue: Catalogue) -> tuple[str, ...]:
    """Return the columns that are named: between commas or "and"; Autodesk's names have no blanks within."""
    pieces = ["\x00".join(each.split()) if _is_marked(each) else each for each in _marked(typed)]
    named = [each.replace("\x00", " ").strip(f" {MARKS}") for each in _BETWEEN.split("".join(pieces))]
    apart = (each.split() if all(map(catalogue.field, each.split())) else [each] for each in named)
    return tuple(dict.fromkeys(name for each in apart for name in each if name))


def _marked(typed: str) -> list[str]:
    return [each.group() for each in _PIECE.finditer(typed)]


def _is_marked(piece: str) -> bool:
    return len(piece) > 1


def _top(typed: str, wrong: list[str]) -> int:
    """Return how many rows are meant; what cannot be one is told."""
    said = typed.strip(AROUND).casefold()
    if said in _AS_MANY_AS_FIT:
        return MOST_ROWS
    if re.fullmatch(r"0*[1-9][0-9]{0,8}", said, re.ASCII):
        return int(said)
    if said:
        wrong.append(f"{quoted(typed)} is no number of rows; write it as in top 25, or top all for as many as fit.")
    return Query().top


def _clause(typed: str) -> str:
    is_whole = len(typed) > 1 and typed[0] in _DOUBLE and typed[-1] in _DOUBLE
    return straight_clause(typed[1:-1] if is_whole else typed).strip()


def _with(stray: str, query: Query, catalogue: Catalogue) -> tuple[Query, str]:
    """Return the query that may be meant with words that stand behind no other, and the word that is missing."""
    first, _, others = stray.partition(" ")
    key = nearest(first, _KEYS) if others else None
    rest = others if key else stray
    if not query.where and key != "by" and (key == "where" or _CONDITION.search(rest)):
        clause = _clause(rest)
        is_one = not any(not each.warning for each in check_where(clause, catalogue))
        return (Query(query.by, query.top, clause) if is_one else query), "where …"
    rest = rest.strip(AROUND)
    if key != "by" and re.fullmatch(r"[1-9][0-9]{0,8}", rest, re.ASCII):
        return Query(query.by, int(rest), query.where), f"top {rest}"
    return Query(query.by or _names(rest, catalogue), query.top, query.where), f"by {rest}"
