"""Findings on a terminal, in colour where that is wanted, or as JSON for machines; never with a secret in them."""

import json
import textwrap
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, replace
from typing import Final

from bot.operate.findings import Finding, Level, exit_status
from bot.runtime.invocation import as_typed
from bot.runtime.logs import Redactor
from bot.settings import secrets_of

_SIGNS: Final = {Level.OK: "✓", Level.WARNING: "!", Level.WRONG: "✗", Level.SKIPPED: "-"}
_COLOURS: Final = {Level.OK: "32", Level.WARNING: "33", Level.WRONG: "1;31", Level.SKIPPED: "2"}
_NAME_WIDTH: Final = 18
_INDENT: Final = 13 + _NAME_WIDTH  #: where what was found begins


def without_secrets(findings: Iterable[Finding], variables: Mapping[str, str]) -> list[Finding]:
    """Return the findings with every secret of the settings, and whatever looks like one, hidden.

    The commands in them are as the reader types them here.
    """
    clean = Redactor(secrets_of(variables)).clean
    return [replace(one, found=as_typed(clean(one.found)), mend=as_typed(clean(one.mend))) for one in findings]


@dataclass(frozen=True, slots=True)
class Style:
    """How lines are to look: in colour, and not wider than so many characters (0: as wide as they are)."""

    colours: bool = False
    width: int = 0


def as_text(findings: Iterable[Finding], style: Style) -> str:
    """Return the lines for people: sign, word, name, what was found; beneath it how to mend it."""
    return "\n".join(_lines(finding, style) for finding in findings)


def as_json(findings: list[Finding]) -> str:
    """Return one JSON object: `ok`, and `findings` with `name`, `level`, `found` and `mend`."""
    body = {"ok": exit_status(findings) == 0, "findings": [asdict(finding) for finding in findings]}
    return json.dumps(body, ensure_ascii=False, indent=2)


def summary(findings: list[Finding]) -> str:
    """Return the last line: how much is wrong."""
    bad = sum(finding.level is Level.WRONG for finding in findings)
    doubtful = sum(finding.level is Level.WARNING for finding in findings)
    if bad:
        return f"{bad} of {len(findings)} checks found something wrong; the lines that begin with → say how to mend it."
    if doubtful:
        return f"Nothing is wrong; {doubtful} {'warning' if doubtful == 1 else 'warnings'} should be looked at."
    return "Nothing is wrong."


def _lines(finding: Finding, style: Style) -> str:
    mark = f"{_SIGNS[finding.level]} {finding.level.value:<7}"
    if style.colours:
        mark = f"\033[{_COLOURS[finding.level]}m{mark}\033[0m"
    lines = _wrapped(finding.found, style.width) + _wrapped(f"→ {finding.mend}" if finding.mend else "", style.width)
    return f"{mark}  {finding.name:<{_NAME_WIDTH}}  " + f"\n{' ' * _INDENT}".join(lines)


def _wrapped(text: str, width: int) -> list[str]:
    room = max(30, width - _INDENT) if width else 1_000_000
    return textwrap.wrap(text, room, break_long_words=False, break_on_hyphens=False)
