"""Alerts of a file are stored: each is made once, or becomes what the file says; all of them or none."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlite_utils import Database as Connection

from bot.alerts import telling
from bot.alerts.alert_file import Written
from bot.alerts.changes import MOST
from bot.cards import alert_watched
from bot.questions.file_fields import Done
from bot.questions.yaml_file import YamlFileError
from storage import alerts, audit
from storage.alerts import Alert, NewAlert
from storage.audit import Act, Entry, Source


@dataclass(frozen=True, slots=True)
class Imported:
    """An alert that a file has, and what that did."""

    alert: Alert
    done: Done


def put(db: Connection, found: Sequence[Written], now: datetime) -> tuple[Imported, ...]:
    """Store the alerts of a file; the same file again changes nothing.

    Raises:
        YamlFileError: there are too many; then nothing is stored.

    """
    known = {_key(each): each for each in reversed(alerts.everywhere(db))}
    imported = tuple(_put(db, written, known.get(written.key), now) for written in found)
    _check_room(db, imported)
    return imported


def _key(alert: Alert) -> tuple[str, ...]:
    """Return what `Written.key` is of the same alert in a file."""
    return alert.channel, alert.contract, alert.watched


def _put(db: Connection, written: Written, known: Alert | None, now: datetime) -> Imported:
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
    return _noted(db, changed, Done.CHANGED, now)


def _made(db: Connection, written: Written, now: datetime) -> Imported:
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
    return _noted(db, paused or made, Done.MADE, now)


def _noted(db: Connection, alert: Alert, done: Done, now: datetime) -> Imported:
    result = f"alert {alert.id} {done} by an import, for {alert.channel}"
    audit.add(db, Entry(now, "", Act.ALERT, None, alert.channel, Source.HOST, result))
    return Imported(alert, done)


def _check_room(db: Connection, imported: Sequence[Imported]) -> None:
    known = alerts.everywhere(db)
    for of in ("channel", "owner"):
        counted = Counter(getattr(each, of) for each in known)
        for whose in dict.fromkeys(getattr(each.alert, of) for each in imported):
            if counted[whose] > MOST:
                raise YamlFileError(f"{whose} would have more than {MOST} alerts; nothing was stored.")
