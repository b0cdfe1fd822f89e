"""What a check of the installation says: what was found and, where something is wrong, how to mend it."""

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum


class Level(StrEnum):
    """How a check ended."""

    OK = "ok"
    WARNING = "warning"  #: the bot works, but something should be looked at
    WRONG = "wrong"  #: the bot does not work, or not all of it
    SKIPPED = "skipped"  #: not looked at, `found` says why


@dataclass(frozen=True, slots=True)
class Finding:
    """One line of a report. `found` and `mend` are sentences for people and hold no secret."""

    name: str
    level: Level
    found: str
    mend: str = ""


def ok(name: str, found: str) -> Finding:
    """Return the finding that all is well."""
    return Finding(name, Level.OK, found)


def warning(name: str, found: str, mend: str) -> Finding:
    """Return the finding that something should be looked at."""
    return Finding(name, Level.WARNING, found, mend)


def wrong(name: str, found: str, mend: str) -> Finding:
    """Return the finding that something does not work."""
    return Finding(name, Level.WRONG, found, mend)


def skipped(name: str, found: str, mend: str = "") -> Finding:
    """Return the finding that something was not looked at."""
    return Finding(name, Level.SKIPPED, found, mend)


def exit_status(findings: Iterable[Finding]) -> int:
    """Return 1 when anything is wrong, else 0; warnings and skipped checks are no failure."""
    return int(any(finding.level is Level.WRONG for finding in findings))
