"""The store of events: Slack may deliver one more than once, and says by its id that it is the same."""

from datetime import datetime, timedelta

from sqlite_utils import Database as Connection

from .models import to_text

#: Slack repeats an event for some minutes at most (source: Slack, Events API, retries); kept long enough to be sure.
_KEPT = timedelta(days=2)


def hear(db: Connection, event_id: str, now: datetime) -> bool:
    """Put an event on record, in the transaction of its effect; False where it is there already."""
    db.execute("DELETE FROM events WHERE heard_at < ?", [to_text(now - _KEPT)])
    cursor = db.execute("INSERT OR IGNORE INTO events (id, heard_at) VALUES (?, ?)", [event_id, to_text(now)])
    return cursor.rowcount == 1
