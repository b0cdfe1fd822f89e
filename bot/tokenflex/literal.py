"""Whether a value in a where clause fits its field (source: Fields and Metrics; types as the examples show them)."""

import re
from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Final

from bot.tokenflex.catalogue import CATEGORIES, Field, nearest

#: What `%` patterns must have besides `%` and `_` (source: where, documented restriction).
MIN_PATTERN: Final = 3
#: Of an integer; ours, so that it fits any database.
MAX_DIGITS: Final = 9


def check_literal(literal: str, field: Field) -> tuple[str, ...]:
    """Return the sentence that says what is wrong with a literal as typed (quotes included), or nothing."""
    check = _CHECKS.get(field.value_type)
    sentence = _empty(literal) or (check(literal, field) if check else None)
    return (sentence,) if sentence else ()


def check_pattern(literal: str, field: Field) -> tuple[str, ...]:
    """Return the sentence that says what is wrong with the pattern of a LIKE, or nothing."""
    sentence = _empty(literal) or _pattern(literal, field)
    return (sentence,) if sentence else ()


def _empty(literal: str) -> str | None:
    return "An empty text '' is not allowed: compare with a value" if literal == "''" else None


def _pattern(literal: str, field: Field) -> str | None:
    if field.value_type == "enum":
        wild = f"% is not allowed with {field.name}: use = or IN with whole values"
        return wild if "%" in literal else _enum(literal, field)
    if field.value_type not in {"text", "any", "enum"}:
        return f"LIKE is for text: compare {field.name} with =, <, <=, > or >="
    if not _is_text(literal):
        return f"Put the pattern into single quotes: '{literal}'"
    if "%" in literal and len(re.sub("[%_]", "", _inside(literal))) < MIN_PATTERN:
        return f"The pattern {literal[:40]} is too short: {_longer(literal)}"
    return None


def _longer(literal: str) -> str:
    everything = not _inside(literal).strip("%")
    return "leave it out for all rows" if everything else f"give at least {MIN_PATTERN} characters besides %"


def _is_text(literal: str) -> bool:
    return literal.startswith("'")


def _inside(literal: str) -> str:
    return literal[1:-1].replace("''", "'")


def _text(literal: str, field: Field) -> str | None:
    return None if _is_text(literal) else f"{field.name} is text: put {literal[:40]} into single quotes"


def _integer(literal: str, field: Field) -> str | None:
    if _is_text(literal):
        return f"{field.name} is a number: write it without quotes, such as 1"
    return f"{literal[:40]} is too large for {field.name}" if len(literal) > MAX_DIGITS else None


def _date(literal: str, field: Field) -> str | None:
    if _is_text(literal) and _is_day(_inside(literal)):
        return None
    return f"{field.name} takes a day in single quotes, such as '2026-10-31', not {literal[:40]}"


def _month(literal: str, field: Field) -> str | None:
    if _is_text(literal) and _is_day(_inside(literal)) and _inside(literal).endswith("-01"):
        return None
    known = re.match(r"'?([0-9]{4}-(?:0[1-9]|1[0-2]))\b", literal)
    wanted = f": write '{known[1]}-01'" if known else f", such as '2026-10-01', not {literal[:40]}"
    return f"{field.name} takes the first day of a month in single quotes{wanted}"


def _datetime(literal: str, field: Field) -> str | None:
    if _is_text(literal) and (_is_day(_inside(literal)) or _is_moment(_inside(literal))):
        return None
    return f"{field.name} takes a time in single quotes, such as '2026-10-31T08:00:00', not {literal[:40]}"


def _enum(literal: str, field: Field) -> str | None:
    if not _is_text(literal):
        return _text(literal, field)
    value = _inside(literal)
    if not field.values or value in field.values:
        return None
    near = _renamed(value) if field.name == "usageCategory" else None
    near = near or nearest(value, field.values)
    hint = f"did you mean '{near}'?" if near else f"choose one of {', '.join(field.values)}"
    return f"{field.name} is never {literal[:40]}: {hint}"


def _renamed(value: str) -> str | None:
    return next((category.name for category in CATEGORIES if category.old_name == value.upper()), None)


def _is_day(text: str) -> bool:
    return _is_moment(f"{text}T00:00:00")


def _is_moment(text: str) -> bool:
    if not re.fullmatch(r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}", text):
        return False
    try:
        # The API gives session times without a zone, so they are only looked at, never compared.
        datetime.fromisoformat(text)
    except ValueError:
        return False
    return True


_CHECKS: Final[Mapping[str, Callable[[str, Field], str | None]]] = {
    "text": _text,
    "integer": _integer,
    "date": _date,
    "month": _month,
    "datetime": _datetime,
    "enum": _enum,
}
