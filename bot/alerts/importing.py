"""Alerts of a file are stored: each is made once, or becomes what the file says; all of them or none."""

from collections.abc import Sequence
from datetime import datetime

from sqlite_utils import Database as Connection

from bot.alerts import telling
from bot.alerts.alert_file import Written
from bot.cards import alert_watched
from bot.people.by_itself import ALERTS
from bot.questions import imported
from bot.questions.file_fields import Done
from bot.questions.imported import Imported, noted
from storage import alerts
from storage.alerts import Alert, NewAlert


def put(db: Connection, found: Sequence[Written], now: datetime) -> tuple[Imported[Alert], ...]:
    """Store the alerts of a file; the same file again changes nothing.

    Raises:
        YamlFileError: there are too many; then nothing is stored.

    """
    known = {_key(each): each for each in reversed(alerts.everywhere(db))}
    done = tuple(_put(db, written, known.get(written.key), now) for written in found)
    imported.check_room(ALERTS, alerts.everywhere(db), done)
    return done


def _key(alert: Alert) -> tuple[str, ...]:
    """Return what `Written.key` is of the same alert in a file."""
    return alert.channel, alert.contract, alert.watched


def _put(db: Connection, written: Written, known: Alert | None, now: datetime) -> Imported[Alert]:
    if known is None:
        return _made(db, written, now)
    goes_on = written.paused is None
    if known.owner == written.owner and goes_on != bool(known.paused_why):
        return Imported(known, Done.AS_IT_WAS)
    changed = alerts.change(db, known.id, {"owner": written.owner}, now) if known.owner != written.owner else known
    if goes_on:
        changed = alerts.resume(db, known.id, written.owner, now) or changed
    elif written.paused is not None:
        changed = alerts.pause(db, known.id, written.paused.value, now) or changed
    telling.changed(db, changed, now)
    return noted(db, ALERTS, changed, Done.CHANGED, now)


def _made(db: Connection, written: Written, now: datetime) -> Imported[Alert]:
    draft = written.draft
    new = NewAlert(
        origin=f"file:{':'.join(written.key)}",
        contract=draft.contract,
        channel=draft.channel,
        owner=written.owner,
        watched=alert_watched.as_text(draft.watched),
    )
    made, _ = alerts.add(db, new, now)
    paused = None if written.paused is None else alerts.pause(db, made.id, written.paused.value, now)
    return noted(db, ALERTS, paused or made, Done.MADE, now)
