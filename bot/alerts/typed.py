"""What a person typed or chose for an alert becomes what is watched for, or sentences on what is wrong with it."""

import re
from collections.abc import Callable, Collection
from dataclasses import dataclass
from typing import Final, Literal, TypeVar

from bot.cards.alert_watched import AlertError, Every, Limit, Shares, Shortage, Surplus, Unusual, Watched
from bot.cards.names import Names
from bot.signs import SPACES, visible
from bot.tokenflex.catalogue import Catalogue, Field

Kind = Literal["shares", "shortage", "unusual", "limit", "surplus"]
Part = Literal["kind", "shares", "every", "percent", "field", "value", "tokens", "period", "left"]
_Value = TypeVar("_Value")
#: Fields that an alert watches one value of, besides the customer's own: products, by name or by code.
_PRODUCTS: Final = ("productName", "productLineCode")
_OWN: Final = "Your own categories"
_MOST_DIGITS: Final = 12  #: of a number of tokens: far more than anybody has
_BETWEEN: Final = re.compile(rf"[\s{SPACES},;/]+|\band\b|\bor\b", re.IGNORECASE)
_PERCENT: Final = re.compile(rf"\s*(\d{{1,5}})[\s{SPACES}]*(?:%|per ?cent)?\s*", re.ASCII | re.IGNORECASE)
#: Digits, alone or in threes with one sign between them that people put there; `k` means thousands.
_TOKENS: Final = re.compile(
    rf"(?P<digits>\d{{1,{_MOST_DIGITS}}}|\d{{1,3}}(?:(?P<sign>[,.'’_{SPACES} ])\d{{3}}(?:(?P=sign)\d{{3}})*))"
    rf"[\s{SPACES}]*(?P<thousands>k)?[\s{SPACES}]*(?:tokens?)?",
    re.ASCII | re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class Typed:
    """What a form holds: of each only what its kind needs is looked at. Numbers are as they were typed."""

    kind: Kind = "shares"
    shares: str = "50, 75, 90"
    every: Every = Every.MONTH
    percent: str = "30"  #: of `unusual`
    field: str = _PRODUCTS[0]  #: of `limit`
    value: str = ""  #: of `limit`: a product, a cost centre
    tokens: str = ""  #: of `limit`
    period: Every = Every.MONTH  #: of `limit`
    left: str = "10"  #: of `surplus`: per cent


@dataclass(frozen=True, slots=True)
class AlertProblem:
    """What is wrong in one part of what was typed, and how to mend it: plain text that may quote what was typed."""

    part: Part
    message: str


def read(typed: Typed) -> Watched | tuple[AlertProblem, ...]:
    """Return what is to be watched for, else everything that is wrong."""
    problems: list[AlertProblem] = []
    watched: Watched | None = None
    match typed.kind:
        case "shares":
            watched = _tried("shares", lambda: Shares(shares_of(typed.shares)), problems)
        case "shortage":
            watched = Shortage()
        case "unusual":
            watched = _tried("percent", lambda: Unusual(typed.every, percent_of(typed.percent)), problems)
        case "limit":
            watched = _limit(typed, problems)
        case "surplus":
            watched = _tried("left", lambda: Surplus(percent_of(typed.left)), problems)
    return tuple(problems) if watched is None else watched


def typed_of(watched: Watched) -> Typed:
    """Return what somebody would have typed for something that is watched for."""
    match watched:
        case Shares():
            return Typed("shares", shares=", ".join(map(str, watched.percents)))
        case Shortage():
            return Typed("shortage")
        case Unusual():
            return Typed("unusual", every=watched.every, percent=str(watched.percent))
        case Limit():
            tokens = f"{watched.tokens:,}"
            return Typed("limit", field=watched.field, value=watched.value, tokens=tokens, period=watched.every)
        case Surplus():
            return Typed("surplus", left=str(watched.percent))


def watchable(catalogue: Catalogue, names: Names, personal: Collection[str]) -> tuple[str, ...]:
    """Return the fields of which a value can be watched: products, and the customer's own, such as a cost centre.

    Of the customer's own those that have a name, or all where none has one; none that names people.
    """
    own = [field for field in catalogue.fields if field.group == _OWN]
    named = [field for field in own if field.name in names.labelled] or own
    known = [*filter(None, map(catalogue.field, _PRODUCTS)), *named]
    return tuple(field.name for field in known if _is_watchable(field, personal))


def is_watchable(name: str, catalogue: Catalogue, personal: Collection[str]) -> bool:
    """Return whether a value of this field may be watched, whether it has a name or not."""
    field = catalogue.field(name)
    known = field is not None and (field.name in _PRODUCTS or field.group == _OWN)
    return known and field is not None and _is_watchable(field, personal)


def shares_of(text: str) -> tuple[int, ...]:
    """Return shares in per cent as people write several: 50, 75, 90; 50 % and 75 %.

    Raises:
        AlertError: they are none.

    """
    parts = [part for part in _BETWEEN.split(visible(text).replace("%", " ")) if part]
    if not parts:
        raise AlertError("Which shares? Write them as in 50, 75, 90.")
    return tuple(_share(part) for part in parts)


def percent_of(text: str) -> int:
    """Return a number of per cent: 30, 30 %.

    Raises:
        AlertError: it is none.

    """
    found = _PERCENT.fullmatch(visible(text))
    if found is None:
        said = f"{_quoted(text)} is not a whole number of per cent" if text.strip() else "How many per cent"
        raise AlertError(f"{said}: write it in digits, as in 30." if text.strip() else f"{said}? Write it as in 30.")
    return int(found[1])


def tokens_of(text: str) -> int:
    """Return a number of tokens as people write it: 10000, 10,000, 10.000, 10 000, 10k.

    Raises:
        AlertError: it is none.

    """
    found = _TOKENS.fullmatch(visible(text).strip())
    if found is None:
        said = f"{_quoted(text)} is not a whole number of tokens: write" if text.strip() else "How many tokens? Write"
        raise AlertError(f"{said} it in digits, as in 10,000.")
    number = int(re.sub(r"\D", "", found["digits"], flags=re.ASCII))
    return number * 1000 if found["thousands"] else number


def _limit(typed: Typed, problems: list[AlertProblem]) -> Limit | None:
    tokens = _tried("tokens", lambda: tokens_of(typed.tokens), problems)
    if not typed.value.strip():
        problems.append(AlertProblem("value", "Choose which one, or type its name."))
    if tokens is None or problems:
        return None
    return _tried("tokens", lambda: Limit(typed.field, typed.value, tokens, typed.period), problems)


def _is_watchable(field: Field, personal: Collection[str]) -> bool:
    return not field.personal_data and field.name not in personal


def _share(part: str) -> int:
    if not re.fullmatch(r"\d{1,5}", part, re.ASCII):
        raise AlertError(f"{_quoted(part)} is not a whole number of per cent: write shares as in 50, 75, 90.")
    return int(part)


def _tried(part: Part, make: Callable[[], _Value], problems: list[AlertProblem]) -> _Value | None:
    try:
        return make()
    except AlertError as error:
        problems.append(AlertProblem(part, str(error)))
        return None


def _quoted(text: str) -> str:
    return f"“{text.strip()[:40]}”"
