"""What Token Flex refused of the pace that was chosen, as it was told to administrators."""

import json
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlite_utils import Database as Connection

from . import facts
from .models import to_text

_FACT = "pace refused"  #: there is one, of the last refusal that was told
_CHOSEN = "pace chosen"  #: the pace by which calls are made; kept since it was chosen


@dataclass(frozen=True, slots=True)
class RefusedPace:
    """A call that was refused for its rate, and how many had been made before it, itself included."""

    at: datetime
    minute: int
    ten_minutes: int
    eight_hours: int
    retry_after: float | None  #: seconds that Token Flex asked for, None where it did not say


def counted(at: datetime, retry_after: float | None, started: Iterable[datetime]) -> RefusedPace:
    """Return a refusal of a call made at that time, by when calls started: those of eight hours before it, and it."""
    spans = [at - each for each in started if each <= at]
    minute, ten_minutes, eight_hours = (
        sum(span < longest for span in spans)
        for longest in (timedelta(minutes=1), timedelta(minutes=10), timedelta(hours=8))
    )
    return RefusedPace(at, minute, ten_minutes, eight_hours, retry_after)


def chosen_since(db: Connection, pace: str, now: datetime) -> datetime:
    """Note by which pace calls are made from now on; return since when that is so, never later than now."""
    if facts.get(db, _CHOSEN) != pace:
        facts.put(db, _CHOSEN, pace, now)
    return min(now, facts.saved_at(db, _CHOSEN) or now)


def told(db: Connection) -> RefusedPace | None:
    """Return the refusal that was told last, None where none was."""
    text = facts.get(db, _FACT)
    if text is None:
        return None
    known = json.loads(text)
    return RefusedPace(**{**known, "at": datetime.fromisoformat(known["at"])})


def note(db: Connection, refused: RefusedPace, now: datetime) -> None:
    """Note that a refusal is told."""
    fields = {name: getattr(refused, name) for name in RefusedPace.__dataclass_fields__}
    facts.put(db, _FACT, json.dumps({**fields, "at": to_text(refused.at)}), now)
