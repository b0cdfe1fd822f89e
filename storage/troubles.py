"""What Slack refuses us as a whole: since when, and whom we have told; kept as one fact until it is over."""

import json
from dataclasses import asdict, dataclass, replace
from datetime import datetime

from sqlite_utils import Database as Connection

from . import facts
from .models import to_text

_NAME = "slack trouble"


@dataclass(frozen=True, slots=True)
class Trouble:
    """Slack takes no messages of ours, or no edits, whomever they are for."""

    code: str  #: Slack's own word
    since: datetime
    edits: bool  #: edits are refused; else what is to be posted
    told: tuple[str, ...] = ()  #: people who have been told


def standing(db: Connection) -> Trouble | None:
    """Return the trouble that there is."""
    value = facts.get(db, _NAME)
    if value is None:
        return None
    kept = json.loads(value)
    return Trouble(kept["code"], datetime.fromisoformat(kept["since"]), kept["edits"], tuple(kept["told"]))


def note(db: Connection, code: str, now: datetime, *, edits: bool) -> None:
    """Note that Slack refuses us as a whole; the beginning stays, also where its word for it changes."""
    known = standing(db)
    if known is None:
        _keep(db, Trouble(code, now, edits), now)
    elif (known.code, known.edits) != (code, edits and known.edits):
        _keep(db, replace(known, code=code, edits=edits and known.edits), now)


def over(db: Connection, *, edits: bool) -> None:
    """Note that Slack has taken something again; an edit says nothing about what is to be posted."""
    known = standing(db)
    if known is not None and (known.edits or not edits):
        facts.forget(db, _NAME)


def tell(db: Connection, person: str, now: datetime) -> Trouble | None:
    """Return the trouble where this person has not been told of it yet, and note that they are now."""
    known = standing(db)
    if known is None or person in known.told:
        return None
    _keep(db, replace(known, told=(*known.told, person)), now)
    return known


def _keep(db: Connection, trouble: Trouble, now: datetime) -> None:
    value = json.dumps(asdict(trouble) | {"since": to_text(trouble.since)})
    facts.put(db, _NAME, value, now)
