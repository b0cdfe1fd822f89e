"""What an alert watches for, as values, as a text that is stored, and as people read it.

Alerts are about contracts, products and cost centres, never about a person.
"""

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from enum import StrEnum
from typing import Any, Final

from bot.cards.text import flat, shorten

_VALUE: Final = 80  #: characters of the name of a product or a cost centre


class AlertError(ValueError):
    """There is no such alert; the text says why and what to choose, for the person."""


class Every(StrEnum):
    """Stretches of time that begin anew, one after the other."""

    MONTH = "month"
    WEEK = "week"  #: from Monday on
    YEAR = "contract-year"


@dataclass(frozen=True, slots=True)
class Shares:
    """Some shares of the year's tokens, in per cent: each is told once as it is reached."""

    percents: tuple[int, ...]

    def __post_init__(self) -> None:
        if not self.percents or not all(1 <= each <= 100 for each in self.percents):
            raise AlertError("Choose shares between 1 and 100 %.")
        object.__setattr__(self, "percents", tuple(sorted(set(self.percents))))


@dataclass(frozen=True, slots=True)
class Shortage:
    """Whether the tokens run out before the contract year ends, by the forecast that `usage` shows."""


@dataclass(frozen=True, slots=True)
class Unusual:
    """Whether a month or a week is so many per cent over the usual: the median of the last six."""

    every: Every
    percent: int

    def __post_init__(self) -> None:
        if not 1 <= self.percent <= 10_000:
            raise AlertError("Choose a number of per cent over the usual, from 1 to 10,000.")
        if self.every is Every.YEAR:
            raise AlertError("Choose a month or a week.")


@dataclass(frozen=True, slots=True)
class Limit:
    """Whether one value of a field, a product or a cost centre, is over a number of tokens in each such period."""

    field: str
    value: str
    tokens: int
    every: Every = Every.MONTH

    def __post_init__(self) -> None:
        if self.tokens < 1:
            raise AlertError("Choose a number of tokens, from 1 on.")
        if not self.value.strip():
            raise AlertError("Choose a product or a cost centre.")


@dataclass(frozen=True, slots=True)
class Surplus:
    """Whether so many per cent of the year's tokens are likely to end unused; told as the year's end comes near."""

    percent: int

    def __post_init__(self) -> None:
        if not 1 <= self.percent <= 100:
            raise AlertError("Choose a share between 1 and 100 %.")


Watched = Shares | Shortage | Unusual | Limit | Surplus
_KINDS: Final[Mapping[str, type[Watched]]] = {
    "shares": Shares,
    "shortage": Shortage,
    "unusual": Unusual,
    "limit": Limit,
    "surplus": Surplus,
}


# --- as a text ----------------------------------------------------------------------------------------------------


def as_json(watched: Watched) -> dict[str, Any]:
    """Return what `of_json` reads."""
    kind = next(name for name, made in _KINDS.items() if isinstance(watched, made))
    return {"kind": kind, **asdict(watched)}


def of_json(kept: Mapping[str, Any]) -> Watched:
    """Return what `as_json` wrote.

    Raises:
        AlertError: it is nothing that can be watched for.

    """
    said = {name: value for name, value in kept.items() if name != "kind"}
    try:
        if kept["kind"] == "shares":
            return Shares(tuple(map(int, said["percents"])))
        if kept["kind"] == "unusual":
            return Unusual(Every(said["every"]), int(said["percent"]))
        if kept["kind"] == "limit":
            return Limit(**{**said, "every": Every(said["every"])})
        return _KINDS[kept["kind"]](**said)
    except AlertError:
        raise
    except (KeyError, TypeError, ValueError) as error:
        raise AlertError("This is no alert.") from error


def as_text(watched: Watched) -> str:
    """Return the text that `of_text` reads."""
    return json.dumps(as_json(watched))


def of_text(text: str) -> Watched:
    """Return what `as_text` wrote.

    Raises:
        AlertError: it is nothing that can be watched for.

    """
    try:
        kept = json.loads(text)
    except ValueError:
        kept = None
    if not isinstance(kept, dict):
        raise AlertError("This is no alert.")
    return of_json(kept)


# --- for people ---------------------------------------------------------------------------------------------------

_PERIODS: Final[Mapping[Every, str]] = {
    Every.MONTH: "a month",
    Every.WEEK: "a week",
    Every.YEAR: "a contract year",
}


def said(text: str) -> str:
    """Return what is watched for by its text, whatever that is, as `words` do."""
    try:
        return words(of_text(text))
    except AlertError:
        return "what nobody understands any more"


def words(watched: Watched) -> str:
    """Return what is watched for: "Revit over 5,000 tokens in a month". Plain text with a value as it was typed."""
    match watched:
        case Shares():
            *most, last = (str(each) for each in watched.percents)
            shares = f"{', '.join(most)} and {last}" if most else last
            return f"{shares} % of the year's tokens used"
        case Shortage():
            return "tokens that run out before the contract year ends"
        case Unusual():
            return f"{_PERIODS[watched.every]} that is {watched.percent:,} % over the usual"
        case Limit():
            of = shorten(flat(watched.value), _VALUE)
            return f"{of} over {watched.tokens:,} tokens in {_PERIODS[watched.every]}"
        case Surplus():
            return f"{watched.percent} % of the year's tokens or more that end unused"
