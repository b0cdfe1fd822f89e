"""What a bot has to do by itself, as its database says: a journey of the page stops at each such moment."""

from datetime import datetime, timedelta
from itertools import chain
from typing import Final

from sqlite_utils import Database as Connection

from sandbox.journey import Ahead
from storage import alerts, runs, schedules
from storage.models import from_text, to_text

#: Whether there is something of a kind that goes on as soon as it can.
_UNDER_WAY: Final = (
    "SELECT 1 FROM exports WHERE state IN ('queued', 'submitting', 'requested', 'retrying', 'deleting')",
    "SELECT 1 FROM outbox WHERE state IN ('waiting', 'sending') AND due_at <= :now",
    "SELECT 1 FROM answers WHERE state = 'wanted' AND coalesce(next_try_at, '') <= :now",
    """
    SELECT 1 FROM attachments WHERE state IN ('wanted', 'uploading', 'uploaded', 'handing', 'handed', 'deleting')
        AND coalesce(next_try_at, '') <= :now
    """,
)
#: When something else comes due.
_NEXT: Final = (
    "SELECT min(next_try_at) FROM answers WHERE state = 'wanted' AND next_try_at > :now",
    """
    SELECT min(next_try_at) FROM attachments WHERE next_try_at > :now
        AND state IN ('wanted', 'uploading', 'uploaded', 'handing', 'handed', 'deleting')
    """,
)
_A_DAY: Final = timedelta(days=1)  #: after which each alert has been looked at once more, at the latest


def ahead(db: Connection, now: datetime) -> Ahead:
    """Return whether something is due or under way now, and when the next thing is due."""
    values = {"now": to_text(now)}
    under_way = any(db.execute(sql, values).fetchone() for sql in _UNDER_WAY) or bool(runs.still_open(db, now))
    looks = [each.looked_at + _A_DAY if each.looked_at else now for each in alerts.watching(db)]
    others = [from_text(db.execute(sql, values).fetchone()[0]) for sql in _NEXT]
    moments = [each for each in chain(others, looks, [schedules.next_due(db), runs.next_try(db, now)]) if each]
    due = any(each <= now for each in moments)
    return Ahead(busy=under_way or due, next_at=min((each for each in moments if each > now), default=None))
