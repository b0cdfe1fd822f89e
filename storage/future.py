"""Moments that lie ahead of now: the machine's clock was set back since. Work must not wait for it to catch up."""

from datetime import datetime, timedelta

from sqlite_utils import Database as Connection

from .models import to_text

_FURTHEST = """
    SELECT max(moment) FROM (
        SELECT max(changed_at) AS moment FROM exports
        WHERE state IN ('queued', 'submitting', 'requested', 'retrying', 'deleting')
        UNION ALL
        SELECT max(created_at) FROM outbox WHERE state IN ('waiting', 'sending')
    )
"""
_EXPORTS = """
    UPDATE exports SET
        accepted_at = min(accepted_at, :now),
        changed_at = min(changed_at, :now),
        unanswered_since = min(unanswered_since, :now),
        last_list_at = min(last_list_at, :now)
    WHERE state IN ('queued', 'submitting', 'requested', 'retrying', 'deleting') AND changed_at > :now
"""
_LINKS = """
    UPDATE messages SET link_expires_at = min(link_expires_at, :now)
    WHERE 'expiry:' || subject IN (
        SELECT subject FROM outbox WHERE state IN ('waiting', 'sending') AND created_at > :now
    )
"""
_DELIVERIES = """
    UPDATE outbox SET due_at = :now, created_at = :now
    WHERE state IN ('waiting', 'sending') AND created_at > :now
"""


def bring_back(db: Connection, now: datetime) -> timedelta:
    """Move to `now` what unfinished work has ahead of it; return how far the furthest was, nothing where none was.

    What is due later on purpose stays: only a row that was written in the future is taken for wrong.
    """
    at = to_text(now)
    (furthest,) = db.execute(_FURTHEST).fetchone()
    if furthest is None or furthest <= at:
        return timedelta()
    for change in (_EXPORTS, _LINKS, _DELIVERIES):
        db.execute(change, {"now": at})
    return datetime.fromisoformat(furthest) - now
