"""The ids of channels: that of a private one changes for good when sharing it with another organisation begins.

Everything stored under the old id moves to the new one, and whatever still names the old one is stored under the new.
"""

from collections.abc import Mapping
from datetime import datetime

from sqlite_utils import Database as Connection

from . import facts
from .models import to_text

_UNTOLD = "a channel's new id that Slack did not tell"
_MOVES = (
    "UPDATE exports SET channel = :new WHERE channel = :old",
    # What waits has perhaps been refused because of the change, so it is due; an expired link is taken out in its time.
    """
    UPDATE outbox SET due_at = min(due_at, :now), refusal = ''
    WHERE recipient = :old AND state IN ('waiting', 'sending') AND kind <> 'expiry'
    """,
    "UPDATE outbox SET recipient = :new WHERE recipient = :old",
    "UPDATE OR REPLACE messages SET channel = :new WHERE channel = :old",
    "UPDATE OR IGNORE templates SET home = :new WHERE home = :old",
    # A name that was given there meanwhile stays; the older one is told apart.
    """
    UPDATE templates SET home = :new, name = name || ' ' || id, name_key = name_key || ' ' || id WHERE home = :old
    """,
    "UPDATE schedules SET channel = :new WHERE channel = :old",
    "UPDATE alerts SET channel = :new WHERE channel = :old",
    "UPDATE facts SET value = :new WHERE value = :old",
    "UPDATE channel_ids SET new = :new WHERE new = :old",
    "INSERT OR REPLACE INTO channel_ids (old, new, changed_at) VALUES (:old, :new, :now)",
)


def current(db: Connection, channel: str) -> str:
    """Return the id that a channel has now; what is no channel, or has not changed, is returned as it is."""
    for row in db.query("SELECT new FROM channel_ids WHERE old = ?", [channel]):
        return str(row["new"])
    return channel


def changed_ids(db: Connection) -> Mapping[str, str]:
    """Return, for each id that a channel had before, the one that it has now."""
    return {row["old"]: row["new"] for row in db.query("SELECT old, new FROM channel_ids")}


def find_out(db: Connection, old: str, new: str, now: datetime) -> bool:
    """Do as `move` does where Slack has not told, and note that until it does."""
    moved = move(db, current(db, old), new, now)  # it may have been heard of since `old` was read
    if moved:
        facts.put(db, _UNTOLD, new, now)
    return moved


def hear(db: Connection, old: str, new: str, now: datetime) -> bool:
    """Do as `move` does where Slack has told."""
    facts.forget(db, _UNTOLD)
    return move(db, old, new, now)


def untold(db: Connection) -> str | None:
    """Return the channel of whose new id Slack has not told, although it had one; None where it tells."""
    return facts.get(db, _UNTOLD)


def move(db: Connection, old: str, new: str, now: datetime) -> bool:
    """Carry everything from the old id of a channel over to its new one; False where that was done before.

    Changes may be heard of in any order: where the new id has been left since, everything goes on to the newest.
    """
    newest = current(db, new)
    if newest == old:  # it has its former id again
        db.execute("DELETE FROM channel_ids WHERE old = ?", [new])
        newest = new
    known = current(db, old)
    if newest in {old, known}:
        return False
    if known != old:  # it was found farther on already, so it had the new id in between
        return move(db, newest, known, now)
    values = {"old": old, "new": newest, "now": to_text(now)}
    for statement in _MOVES:
        db.execute(statement, {name: value for name, value in values.items() if f":{name}" in statement})
    db.execute("DELETE FROM channel_ids WHERE old = new")
    return True
