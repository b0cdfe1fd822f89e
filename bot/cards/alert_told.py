"""What an alert tells, as values and as a text that is stored: of contracts, products, cost centres, never of people.

A message of an alert is drawn from these whenever it is posted or edited, also long after its alert is gone.
"""

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import date, datetime
from enum import StrEnum
from typing import Any, Final


@dataclass(frozen=True, slots=True)
class ShareUsed:
    """So many per cent of a contract year's tokens are used; `over` is the part of the year that is over, up to 1."""

    year: int
    percent: int
    used: int
    provisioned: int
    over: float


@dataclass(frozen=True, slots=True)
class RunsOut:
    """At this pace a contract year's tokens are used up on a day before it ends; None: they are used up."""

    year: int
    on: date | None
    ends: date
    provisioned: int


@dataclass(frozen=True, slots=True)
class OverUsual:
    """A month or a week used more than usual; one that is not `whole` is not over, or not all of it is known yet.

    `of_file`: that was counted from the file of an export, which not everybody may see.
    """

    period: str
    tokens: int
    usual: int
    whole: bool
    of_file: bool = False


@dataclass(frozen=True, slots=True)
class OverLimit:
    """A product or a cost centre used more tokens in a period than somebody had set; `of` says which."""

    of: str
    period: str
    tokens: int
    limit: int


@dataclass(frozen=True, slots=True)
class LeftUnused:
    """So many of a contract year's tokens are likely to be left when it ends, four times out of five within a range."""

    year: int
    left: int
    least: int
    most: int
    provisioned: int
    ends: date


Matter = ShareUsed | RunsOut | OverUsual | OverLimit | LeftUnused


class Phase(StrEnum):
    """How an alert stands that was told."""

    OPEN = "open"
    ACKNOWLEDGED = "acknowledged"
    PUT_OFF = "put-off"
    OVER = "over"


class Ending(StrEnum):
    """Why an alert is over."""

    EASED = "eased"  #: what it was about holds no more
    PERIOD_OVER = "period-over"  #: another month, week or contract year has begun
    NEXT_STEP = "next-step"  #: a higher step was told in its place
    DELETED = "deleted"  #: nobody watches any more
    CHANGED = "changed"  #: something else is watched for in its place


@dataclass(frozen=True, slots=True)
class Told:
    """An alert as its message shows it; `person` acknowledged it or put it off until a moment.

    `again`: it was put off, and it still holds.
    """

    contract: str
    matter: Matter
    phase: Phase
    person: str = ""
    until: datetime | None = None
    ending: Ending | None = None
    again: bool = False


class Delay(StrEnum):
    """For how long an alert may be put off; these words stand in menus of messages."""

    DAY = "day"
    WEEK = "week"
    MONTH = "month"  #: until the next one begins


# --- as a text ----------------------------------------------------------------------------------------------------

_MATTERS: Final[Mapping[str, type[Matter]]] = {
    "share-used": ShareUsed,
    "runs-out": RunsOut,
    "over-usual": OverUsual,
    "over-limit": OverLimit,
    "left-unused": LeftUnused,
}
_DAYS: Final = frozenset({"on", "ends"})


def matter_as_json(matter: Matter) -> dict[str, Any]:
    """Return what `matter_of_json` reads, once its dates are texts."""
    return {**asdict(matter), "kind": next(name for name, made in _MATTERS.items() if isinstance(matter, made))}


def matter_of_json(kept: Mapping[str, Any]) -> Matter:
    """Return what `matter_as_json` wrote."""
    said: dict[str, Any] = {
        name: _day(value) if name in _DAYS else value for name, value in kept.items() if name != "kind"
    }
    return _MATTERS[kept["kind"]](**said)


def as_text(told: Told) -> str:
    """Return the text that `of_text` reads."""
    kept = {**asdict(told), "matter": matter_as_json(told.matter)}
    return json.dumps(kept, default=lambda moment: moment.isoformat())


def of_text(text: str) -> Told:
    """Return what a text of `as_text` says.

    Raises:
        ValueError: another version has written it, and this one does not understand it.

    """
    try:
        return _told(json.loads(text))
    except (KeyError, TypeError) as error:
        raise ValueError("what an alert has told is not understood") from error


def _told(kept: Mapping[str, Any]) -> Told:
    return Told(
        contract=kept["contract"],
        matter=matter_of_json(kept["matter"]),
        phase=Phase(kept["phase"]),
        person=kept["person"],
        until=None if kept["until"] is None else datetime.fromisoformat(kept["until"]),
        ending=None if kept["ending"] is None else Ending(kept["ending"]),
        again=kept["again"],
    )


def _day(text: str | None) -> date | None:
    return None if text is None else date.fromisoformat(text)
