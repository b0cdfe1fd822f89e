"""How files are called that are made again and again: a name with `{period}`, `{month}` and `{year}` in it.

The export's number always comes behind (`storage.models.made_file_name`), so that no two files bear one name.
"""

import re
from datetime import date
from typing import Final

from bot.questions import periods
from bot.questions.periods import Days
from bot.tokenflex.problem import Problem
from bot.tokenflex.rules import MAX_FILE_NAME, check_file_name, plain_file_name

#: What may stand in a name, and an example of it that is as long as it can be.
EXAMPLES: Final = {"period": "2026_10_15_to_2026_11_14", "month": "11", "year": "2026"}
_NUMBER: Final = len("_1234567")
_BRACED: Final = re.compile(r"\{([^{}]*)\}")
_OFFERED: Final = ", ".join(f"{{{word}}}" for word in EXAMPLES)


def check(name: str) -> tuple[Problem, ...]:
    """Return everything that is wrong with such a name; nothing when each file that it gives may be called so."""
    plain = plain_file_name(name)
    unknown = [f"{{{word}}}" for word in dict.fromkeys(_BRACED.findall(plain)) if _key(word) not in EXAMPLES]
    if unknown:
        said = f"I don't know {' and '.join(unknown)[:60]} in a file name: it may have {_OFFERED}"
        return (Problem("file_name", said),)
    longest = _filled(plain, EXAMPLES)
    if re.search(r"[{}]", longest):
        return (Problem("file_name", f"The file name has a lonely brace: it may have {_OFFERED}"),)
    if len(longest) > (room := MAX_FILE_NAME - _NUMBER):
        said = f"The file name may have up to {len(longest)} characters: shorten it by {len(longest) - room}"
        return (Problem("file_name", f"{said}, since the export's number comes behind"),)
    return tuple(check_file_name(longest))


def stem(name: str, days: Days | None, today: date) -> str:
    """Return what a file is called, less its number, by the days that it is about; all days are called by today's.

    A month or year is that of the last day. The name is one that `check` has nothing against.
    """
    last = days.last if days else today
    said = {"period": periods.slug(days) or "all_days", "month": f"{last:%m}", "year": f"{last.year}"}
    return _filled(plain_file_name(name), said)


def _filled(name: str, said: dict[str, str]) -> str:
    return _BRACED.sub(lambda found: said.get(_key(found[1]), found[0]), name)


def _key(word: str) -> str:
    return word.strip().lower()
