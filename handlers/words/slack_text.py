"""From what Slack sends back to what was typed.

Slack escapes `&`, `<` and `>` in the text of a command and wraps what it recognises in angle brackets:
`<@U012|ana>`, `<#C012|general>`, `<https://x.y/|x.y>`, `<!here>`. The fields of a modal arrive unescaped.
"""

import re
from typing import Final

from bot.signs import CURLY_SINGLE, SPACES, visible

_WRAPPED = re.compile(
    r"""<(?:
        (?P<sign>[@\#]) (?P<id>[A-Z][A-Z0-9]+) (?:\|(?P<name>[^<>]*))?
      | !(?P<group>here|channel|everyone) (?:\|[^<>]*)?
      | !(?P<special>[a-z]+\^[^<>|]*) (?:\|(?P<shown>[^<>]*))?
      | (?P<url>(?:https?|ftp|mailto|tel|slack):[^<>|\s]+) (?:\|(?P<label>[^<>]*))?
    )>""",
    re.VERBOSE | re.ASCII,
)
_ENTITY = re.compile("&(lt|gt|amp);")
_CHARACTERS = {"lt": "<", "gt": ">", "amp": "&"}

_OF_A_CLAUSE: Final = re.compile(
    rf"""
      (?P<straight>'(?:[^']|'')*')
    | (?<!\w)[{CURLY_SINGLE}]
      (?P<curly>(?:[^'{CURLY_SINGLE}]|''|(?<=\w)’{{1,2}}(?=\w))*)
      ['{CURLY_SINGLE}](?=[\s,)]|\Z)
    | (?P<space>[{SPACES}])
    | [^'{CURLY_SINGLE}]
    """,
    re.VERBOSE,
)


def as_typed(text: str) -> str:
    """Return a command's text as the person typed it: brackets of Slack's own taken off, entities decoded once.

    Brackets that Slack did not make, as in `a < 3 and b > 2`, stay.
    """
    return _ENTITY.sub(lambda found: _CHARACTERS[found.group(1)], _WRAPPED.sub(_unwrapped, text))


def straight_clause(clause: str) -> str:
    """Return a where clause with straight marks around its texts, and plain spaces between them.

    What stands inside a text stays as typed. From the first mark on that could be meant in two ways, all stays as
    typed: it then stands outside of any text, where the check of the clause finds it.
    """
    straight, at = "", 0
    while piece := _OF_A_CLAUSE.match(clause, at):
        straight += _straight(piece)
        at = piece.end()
    return straight + clause[at:]


def _straight(piece: re.Match[str]) -> str:
    if piece["curly"] is not None:
        # Two in a row inside a word are a phone's way to write SQL's doubled quote; one is an apostrophe.
        return f"'{piece['curly'].replace('’’', chr(39) * 2)}'"
    return " " if piece["space"] else piece["straight"] or visible(piece.group())


def _unwrapped(found: re.Match[str]) -> str:
    part = found.groupdict()
    if part["sign"]:
        return str(part["sign"] + (part["name"] or part["id"]))
    if part["group"]:
        return f"@{part['group']}"
    if part["special"]:
        return str(part["shown"] or part["special"].partition("^")[2])
    return str(part["label"] or re.sub("^(mailto|tel):", "", part["url"]))
