"""What Token Flex refused of the pace that was chosen, as it was told to administrators."""

import json
from dataclasses import dataclass
from datetime import datetime

from sqlite_utils import Database as Connection

from . import facts
from .models import to_text

_FACT = "pace refused"  #: there is one, of the last refusal that was told


@dataclass(frozen=True, slots=True)
class RefusedPace:
    """A call that was refused for its rate, and how many had been made before it, itself included."""

    at: datetime
    minute: int
    ten_minutes: int
    eight_hours: int
    retry_after: float | None  #: seconds that Token Flex asked for, None where it did not say


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
