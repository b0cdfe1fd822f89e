"""Words of a command with their quotation marks put right, for the person to copy; nothing is sent in this form."""

from collections.abc import Iterator
from typing import Final

from bot.signs import CURLY_DOUBLE, CURLY_SINGLE
from bot.tokenflex.catalogue import Catalogue
from bot.tokenflex.where import check_where
from handlers.words.slack_text import straight_clause

#: Characters; a longer word would drown the sentence that it stands in.
_LONGEST: Final = 200
_MARKS: Final = f"\"'{CURLY_DOUBLE}{CURLY_SINGLE}"
_ALL_SINGLE: Final = dict.fromkeys(map(ord, _MARKS), "'")


def requoted_clause(typed: str, catalogue: Catalogue) -> str:
    """Return the word that passes and was most likely meant by a where clause as typed, marks and all; or nothing."""
    for clause in _readings(typed) if len(typed) <= _LONGEST else ():  # so that nonsense costs nothing
        word = _between_marks("where", clause)
        if word and not any(not problem.warning for problem in check_where(clause, catalogue)):
            return word
    return ""


def requoted_name(typed: str) -> str:
    """Return the word that gives a name of several words as typed, or nothing where no word can."""
    return _between_marks("name", typed.replace('"', "").replace("\\", ""))


def _between_marks(key: str, value: str) -> str:
    fits = value.strip() and len(value) <= _LONGEST and not set(value) & {'"', "\\"}
    return f'{key}="{value}"' if fits else ""


def _readings(typed: str) -> Iterator[str]:
    """Yield what may have been meant, beginning with what changes least."""
    inner = typed[1:-1] if typed[:1] in _MARKS and typed[-1:] in _MARKS else typed
    yield straight_clause(typed)
    yield straight_clause(inner)
    yield straight_clause(inner.replace('"', "'"))
    yield inner.translate(_ALL_SINGLE)
    yield inner.translate(_ALL_SINGLE).replace("''", "'")
