"""From what Slack sends back to what was typed.

Slack escapes `&`, `<` and `>` in the text of a command and wraps what it recognises in angle brackets:
`<@U012|ana>`, `<#C012|general>`, `<https://x.y/|x.y>`, `<!here>`. The fields of a modal arrive unescaped.
"""

import re

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

_DOUBLE = dict.fromkeys(map(ord, "“”„‟«»"), '"')
_SINGLE = dict.fromkeys(map(ord, "‘‚‛"), "'")
_SPACES = dict.fromkeys(map(ord, "\u00a0\u2007\u202f"), " ")
_STRAIGHT = {**_DOUBLE, **_SINGLE, **_SPACES}
_CLOSING_QUOTE = re.compile(r"(?<!\w)’|’(?!\w)")


def as_typed(text: str) -> str:
    """Return a command's text as the person typed it: brackets of Slack's own taken off, entities decoded once.

    Brackets that Slack did not make, as in `a < 3 and b > 2`, stay.
    """
    return _ENTITY.sub(lambda found: _CHARACTERS[found.group(1)], _WRAPPED.sub(_unwrapped, text))


def straight_quotes(text: str) -> str:
    """Return the text with the quotation marks and the spaces that phones type made plain.

    A `’` between two letters is an apostrophe and stays (O’Brien); long dashes stay as well.
    """
    return _CLOSING_QUOTE.sub("'", text).translate(_STRAIGHT)


def _unwrapped(found: re.Match[str]) -> str:
    part = found.groupdict()
    if part["sign"]:
        return str(part["sign"] + (part["name"] or part["id"]))
    if part["group"]:
        return f"@{part['group']}"
    if part["special"]:
        return str(part["shown"] or part["special"].partition("^")[2])
    return str(part["label"] or re.sub("^(mailto|tel):", "", part["url"]))
