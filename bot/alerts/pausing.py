"""Alerts that pause by themselves, since their owner, their place or their figures are not what they were."""

from collections.abc import Iterable
from datetime import datetime

from sqlite_utils import Database as Connection

from bot.alerts import telling
from bot.cards.pauses import Paused
from bot.people import by_itself
from bot.people.by_itself import ALERTS
from storage import alerts
from storage.alerts import Alert
from storage.models import About, MessageKind, Refusal


def pause(db: Connection, alert: Alert, why: Paused, administrators: Iterable[str], now: datetime) -> Alert | None:
    """Pause an alert and have that told once; None where it is paused, gone, or was changed since it was read.

    Who is told of a channel that takes no messages are the `administrators`.
    """
    known = alerts.find(db, alert.id)
    if known is None or known.edition != alert.edition or known.origin != alert.origin:
        return None
    paused = alerts.pause(db, alert.id, why.value, now)
    if paused is not None:
        by_itself.note_pause(db, ALERTS, paused, now)
        telling.changed(db, paused, now)
        by_itself.tell_of_pause(db, ALERTS, paused, administrators, now)
    return paused


def closed(db: Connection) -> tuple[Alert, ...]:
    """Return the alerts of which a message waits that their channel does not take, since they last changed.

    Who has let one go on says that the channel takes messages again: what it refused before is tried again.
    """
    sql = """
        SELECT DISTINCT alerts.* FROM outbox JOIN tellings ON tellings.id = outbox.about_id
            JOIN alerts ON alerts.id = tellings.alert
        WHERE outbox.state IN ('waiting', 'sending') AND outbox.kind = ? AND outbox.about = ? AND outbox.refusal = ?
            AND alerts.paused_why = '' AND outbox.refused_since >= alerts.changed_at
            AND outbox.id NOT IN (SELECT delivery FROM messages)
    """
    found = db.query(sql, [MessageKind.ALERT.value, About.TELLING.value, Refusal.PLACE.value])
    return tuple(map(Alert.from_row, found))
