"""Moments that lie ahead of now: the machine's clock was set back since. Work must not wait for it to catch up."""

from datetime import datetime, timedelta

from sqlite_utils import Database as Connection

from . import calls
from .models import to_text

#: No message is put off for longer than this on purpose; the end of a link may be later.
_LATEST = timedelta(hours=1)
#: Where a message that may have been posted has no time of Slack's own, it is looked for as far back as this.
_LOOK_BACK = timedelta(days=1)
_FURTHEST = """
    SELECT max(moment) FROM (
        SELECT max(max(
            changed_at, coalesce(unanswered_since, ''), coalesce(last_list_at, ''), coalesce(noted_at, '')
        )) AS moment FROM exports
        WHERE state IN ('queued', 'submitting', 'requested', 'retrying', 'deleting')
        UNION ALL
        SELECT max(CASE WHEN due_at > :latest AND kind <> 'expiry' THEN due_at ELSE created_at END) FROM outbox
        WHERE state IN ('waiting', 'sending')
        UNION ALL
        SELECT max(changed_at) FROM answers WHERE state = 'wanted'
        UNION ALL
        SELECT max(changed_at) FROM attachments
        WHERE state IN ('wanted', 'uploading', 'uploaded', 'handing', 'handed', 'deleting')
        UNION ALL
        SELECT max(changed_at) FROM runs WHERE state IN ('wanted', 'waiting', 'asked')
        UNION ALL
        SELECT max(looked_at) FROM alerts
        UNION ALL
        SELECT max(saved_at) FROM facts
    )
"""
_EXPORTS = """
    UPDATE exports SET
        accepted_at = min(accepted_at, :now),
        changed_at = min(changed_at, :now),
        unanswered_since = min(unanswered_since, :now),
        last_list_at = min(last_list_at, :now),
        noted_at = min(noted_at, :now),
        next_try_at = min(next_try_at, :now)
    WHERE state IN ('queued', 'submitting', 'requested', 'retrying', 'deleting')
        AND (changed_at > :now OR unanswered_since > :now OR last_list_at > :now OR noted_at > :now)
"""
_LINKS = """
    UPDATE messages SET link_expires_at = min(link_expires_at, :now)
    WHERE delivery IN (
        SELECT after FROM outbox WHERE state IN ('waiting', 'sending') AND kind = 'expiry' AND created_at > :now
    )
"""
_DELIVERIES = """
    UPDATE outbox SET
        due_at = :now,
        refused_since = min(refused_since, :now),
        created_at = min(created_at, CASE state WHEN 'sending' THEN :look_back ELSE :now END)
    WHERE state IN ('waiting', 'sending') AND (created_at > :now OR (due_at > :latest AND kind <> 'expiry'))
"""
_ANSWERS = """
    UPDATE answers SET wanted_at = min(wanted_at, :now), changed_at = :now, next_try_at = min(next_try_at, :now)
    WHERE state = 'wanted' AND changed_at > :now
"""
_ATTACHMENTS = """
    UPDATE attachments SET wanted_at = min(wanted_at, :now), changed_at = :now, next_try_at = min(next_try_at, :now)
    WHERE state IN ('wanted', 'uploading', 'uploaded', 'handing', 'handed', 'deleting') AND changed_at > :now
"""
_RUNS = """
    UPDATE runs SET decided_at = min(decided_at, :now), changed_at = :now, next_try_at = min(next_try_at, :now)
    WHERE state IN ('wanted', 'waiting', 'asked') AND changed_at > :now
"""
_ALERTS = "UPDATE alerts SET looked_at = :now WHERE looked_at > :now"
_FACTS = "UPDATE facts SET saved_at = :now WHERE saved_at > :now"


def bring_back(db: Connection, now: datetime) -> timedelta:
    """Move to `now` what lies ahead of it; return how far the furthest was, nothing where none was.

    What is due later on purpose stays: only what was written in the future, or is due later than anything is put off,
    is taken for wrong. The log of calls is shifted as a whole. When a schedule runs next, a run that is left out ahead
    of its time, until when an alert is put off: these lie ahead on purpose, and `bot.schedules` knows clocks.
    """
    moments = {"now": now, "latest": now + _LATEST, "look_back": now - _LOOK_BACK}
    at = {name: to_text(moment) for name, moment in moments.items()}
    shifted = calls.bring_back(db, now)
    (furthest,) = db.execute(_FURTHEST, at).fetchone()
    if furthest is None or furthest <= at["now"]:
        return shifted
    for change in (_EXPORTS, _LINKS, _DELIVERIES, _ANSWERS, _ATTACHMENTS, _RUNS, _ALERTS, _FACTS):
        db.execute(change, at)
    return max(shifted, datetime.fromisoformat(furthest) - now)
