"""What people change of alerts: each act in one transaction, with its row of the audit and what is told of it."""

from datetime import datetime, timedelta
from typing import Final

from sqlite_utils import Database as Connection

from bot.alerts import episodes, kept, telling
from bot.alerts.episodes import Episode, State
from bot.cards.alert_told import Ending, Phase
from bot.cards.pauses import Paused
from bot.errors import AlertOverError, AlertRefusedError
from bot.people.asker import Asker
from bot.people.by_itself import ALERTS, check_room, note_act, still_of, there
from storage import alerts as store
from storage import outbox, tellings
from storage.alerts import Alert, NewAlert
from storage.models import About

_SAME: Final = timedelta(minutes=1)  #: apart: who presses twice means it once


def create(db: Connection, new: NewAlert, asker: Asker, now: datetime) -> Alert:
    """Store an alert once."""
    alert, is_new = store.add(db, new, now)
    if is_new:
        _check_new(db, alert, asker)
        note_act(db, ALERTS, alert, asker, "made", now)
    return alert


def edit(db: Connection, alert_id: int, new: NewAlert, asker: Asker, now: datetime) -> Alert:
    """Store another alert in the place of one, once, where it is another: figures of that one say nothing about it.

    What that one told is closed; where a person had paused it, the other one is paused too.
    """
    known = there(db, ALERTS, alert_id)
    if not known.paused_why and all(getattr(known, name) == getattr(new, name) for name in _CHANGES):
        return known
    telling.removed(db, known, now, Ending.CHANGED)
    alert, _ = store.add(db, new, now)
    _check_new(db, alert, asker)
    note_act(db, ALERTS, alert, asker, f"made in the place of alert {known.id}", now)
    if known.paused_why == Paused.PERSON:
        return store.pause(db, alert.id, known.paused_why, now) or alert
    return alert


def pause(db: Connection, alert_id: int, asker: Asker, now: datetime) -> Alert:
    """Pause an alert."""
    paused = store.pause(db, alert_id, Paused.PERSON.value, now)
    if paused is not None:
        note_act(db, ALERTS, paused, asker, "paused by hand", now)
        telling.changed(db, paused, now)
    return paused or there(db, ALERTS, alert_id)


def resume(db: Connection, known: Alert, asker: Asker, now: datetime, *, owner: str) -> Alert:
    """Let an alert go on as that of a person.

    Raises:
        AlertOwnerOnlyError: somebody else was faster, and it is theirs.

    """
    resumed = store.resume(db, known.id, owner, now)
    if resumed is None:
        return still_of(db, ALERTS, known.id, owner)
    what = "resumed" if owner == known.owner else f"taken over from {known.owner}"
    note_act(db, ALERTS, resumed, asker, what, now)
    telling.changed(db, resumed, now)
    return resumed


def delete(db: Connection, alert_id: int, asker: Asker, now: datetime) -> None:
    """Remove an alert; what it told is closed."""
    known = store.find(db, alert_id)
    if known is not None:
        note_act(db, ALERTS, known, asker, "deleted", now)
        telling.removed(db, known, now)


def acknowledge(db: Connection, alert_id: int, message: str, asker: Asker, origin: str, now: datetime) -> Alert:
    """Note that somebody has seen to what an alert told in a message; nothing changes where somebody has."""
    alert = there(db, ALERTS, alert_id)
    state, episode = _lasts(db, alert, asker.channel, message)
    if episode.phase is Phase.ACKNOWLEDGED or not store.is_first(db, alert.id, origin, now):
        return alert
    state, acts = episodes.acknowledged(state, asker.person, now)
    note_act(db, ALERTS, alert, asker, "acknowledged", now)
    return telling.stands(db, alert, state, acts, now) or there(db, ALERTS, alert_id)


def put_off(
    db: Connection, alert_id: int, message: str, until: datetime, asker: Asker, origin: str, now: datetime
) -> datetime:
    """Put off what an alert told in a message; return until when."""
    alert = there(db, ALERTS, alert_id)
    state, episode = _lasts(db, alert, asker.channel, message)
    is_so = episode.until is not None and episode.person == asker.person and abs(until - episode.until) < _SAME
    if not store.is_first(db, alert.id, origin, now) or is_so:
        return episode.until or until
    state, acts = episodes.put_off(state, asker.person, until, now)
    note_act(db, ALERTS, alert, asker, f"put off until {until:%Y-%m-%d %H:%M} UTC", now)
    telling.stands(db, alert, state, acts, now)
    return until


def not_useful(db: Connection, alert_id: int, message: str, asker: Asker, now: datetime) -> Alert:
    """Count that what an alert told in a message is not useful: of one person once for each message."""
    alert = there(db, ALERTS, alert_id)
    told = _telling(db, alert, asker.channel, message)
    if store.is_first(db, alert.id, f"not useful {told} {asker.person}", now):
        store.count_useless(db, alert.id)
        note_act(db, ALERTS, alert, asker, "said not to be useful", now)
    return there(db, ALERTS, alert_id)


#: What makes another alert of one.
_CHANGES: Final = ("contract", "channel", "watched")


def _check_new(db: Connection, alert: Alert, asker: Asker) -> None:
    """Refuse the same again, or one too many; what was stored of it is undone with the transaction."""
    others = [each for each in store.seen_from(db, [alert.channel], alert.owner) if each.id != alert.id]
    if any(all(getattr(each, name) == getattr(alert, name) for name in _CHANGES) for each in others):
        raise AlertRefusedError(("That channel has this alert already",))
    check_room(db, ALERTS, alert, asker)


def _lasts(db: Connection, alert: Alert, channel: str, message: str) -> tuple[State, Episode]:
    """Return how an alert stands, and what it tells in a message.

    Raises:
        AlertOverError: that is over, or something else is told by now.

    """
    state, newest = kept.of_text(alert.standing), tellings.newest(db, alert.id, alert.mark)
    if state.episode is None or newest is None or _telling(db, alert, channel, message) != newest.id:
        raise AlertOverError
    return state, state.episode


def _telling(db: Connection, alert: Alert, channel: str, message: str) -> int:
    """Return which telling a message of an alert is; of one that nobody knows the newest."""
    standing = outbox.message_at(db, channel, message)
    row = None if standing is None else outbox.get(db, standing.delivery)
    if row is not None and row.about is About.TELLING and row.about_id is not None:
        return row.about_id
    newest = tellings.newest(db, alert.id, alert.mark)
    return 0 if newest is None else newest.id
