"""What people are told of alerts: rows of the outbox and of the audit, in the transaction of what happened.

An episode has one message, posted when it begins, edited while it lasts and closed in place; where it was put off and
still holds, a new one takes its place. In its thread stands once what was counted at that moment.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlite_utils import Database as Connection

from bot.alerts import kept
from bot.alerts.episodes import Act, Close, Edit, State, Tell
from bot.answers import announcing
from bot.cards import alert_told
from bot.cards.alert_told import Ending, Phase, Told
from bot.settings import LinkAudience
from storage import alerts, answers, audit, outbox, tellings
from storage.alerts import Alert
from storage.audit import Act as Done
from storage.audit import Entry, Source
from storage.models import About, MessageKind, NewDelivery
from storage.tellings import NewTelling, Telling


@dataclass(frozen=True, slots=True)
class Seen:
    """The figures that an alert was looked at by: as of when, and what its thread shows of them.

    Either `counted`, how its contract stood, as a text, or the id of the `answer` to its own export.
    """

    at: datetime
    counted: str = ""
    answer: int | None = None


def stands(db: Connection, alert: Alert, state: State, acts: Sequence[Act], now: datetime) -> Alert | None:
    """Store how an alert stands after an act of a person, and have its message show that.

    None where it has changed since it was read, or is gone: then nothing is stored, and it is to be read again.
    """
    stored = alerts.stand(db, alert, kept.as_text(state), now)
    if stored is not None:
        for act in acts:
            _tell(db, stored, act, None, now)
    return stored


def looked(
    db: Connection, alert: Alert, state: State, acts: Sequence[Act], seen: Seen, audience: LinkAudience, now: datetime
) -> Alert | None:
    """Store how an alert stands after a look at figures, and have people told what follows; None as in `stands`."""
    stored = alerts.stand(db, alert, kept.as_text(state), now, seen.at)
    if stored is None:
        return None
    for act in acts:
        telling = _tell(db, stored, act, seen, now)
        if isinstance(act, Tell):
            note(db, stored, "told again" if act.again else "told", now)
            if not act.again:
                _show(db, stored, telling, seen, audience, now)
        if isinstance(act, Close):
            note(db, stored, f"over: {act.ending.value}", now)
    return stored


def changed(db: Connection, alert: Alert, now: datetime) -> None:
    """Have the messages of an alert drawn again that stand in Slack, since it was paused, goes on or is somebody's."""
    outbox.edit_about(db, About.ALERT, alert.id, now)
    newest = tellings.newest(db, alert.id, alert.mark)
    if newest is not None and not _is_over(newest):
        _edit(db, newest, now)
    if not alert.paused_why:  # who lets it go on says that its channel takes messages
        outbox.take_up(db, alert.channel, now, edits_only=False)


def removed(db: Connection, alert: Alert, now: datetime, ending: Ending = Ending.DELETED) -> None:
    """Remove an alert, and close its message in place."""
    newest = tellings.newest(db, alert.id, alert.mark)
    episode = kept.of_text(alert.standing).episode
    if newest is not None and episode is not None:
        _says(db, newest, Close(episode, ending), alert, now)
    alerts.remove(db, alert.id)
    outbox.edit_about(db, About.ALERT, alert.id, now)


def note(db: Connection, alert: Alert, what: str, now: datetime) -> None:
    """Put on record what an alert did by itself, in the name of its owner."""
    result = f"alert {alert.id} {what}"
    audit.add(db, Entry(now, alert.owner, Done.ALERT_TOLD, None, alert.channel, Source.ALERT, result))


# --- messages -----------------------------------------------------------------------------------------------------


def _tell(db: Connection, alert: Alert, act: Act, seen: Seen | None, now: datetime) -> Telling | None:
    """Have the messages of an alert say what follows from an act; return the one that is new."""
    before = tellings.newest(db, alert.id, alert.mark)
    if not isinstance(act, Tell):
        if before is not None:
            _says(db, before, act, alert, now)
        return None
    told = act.episode.told(alert.contract, again=act.again)
    counted = "" if seen is None else seen.counted
    new = NewTelling(alert=alert.id, mark=alert.mark, told=alert_told.as_text(told), counted=counted)
    telling = tellings.add(db, new, now)
    message = NewDelivery(
        subject=_subject(telling),
        kind=MessageKind.ALERT,
        about=About.TELLING,
        about_id=telling.id,
        recipient=alert.channel,
    )
    outbox.put_once(db, message, now)
    if before is not None and not _is_over(before):
        _edit(db, before, now)  # what can be done stands below the new one
    return telling


def _says(db: Connection, telling: Telling, act: Edit | Close, alert: Alert, now: datetime) -> None:
    ending = act.ending if isinstance(act, Close) else None
    before = _told(telling)
    told = act.episode.told(alert.contract, ending=ending, again=before is not None and before.again)
    tellings.change(db, telling.id, alert_told.as_text(told), now)
    _edit(db, telling, now)


def _edit(db: Connection, telling: Telling, now: datetime) -> None:
    """Have a message edited; where it is still to be posted it says by then what is so."""
    known = outbox.find(db, _subject(telling))
    if known is not None:
        outbox.put(db, known, now)


def _show(
    db: Connection, alert: Alert, telling: Telling | None, seen: Seen, audience: LinkAudience, now: datetime
) -> None:
    """Have posted in the thread of a new message what was counted at that moment."""
    message = None if telling is None else outbox.find(db, _subject(telling))
    if telling is None or message is None:
        return
    if seen.answer is not None:
        answer = answers.find(db, seen.answer)
        if answer is not None:
            announcing.in_thread(db, answer, message, audience, now)
        return
    figures = NewDelivery(
        subject=f"{_subject(telling)}:figures",
        kind=MessageKind.ALERT_FIGURES,
        about=About.TELLING,
        about_id=telling.id,
        recipient=alert.channel,
        thread=message.id,
        after=message.id,
    )
    outbox.put_once(db, figures, now)


def _is_over(telling: Telling) -> bool:
    told = _told(telling)
    return told is not None and told.phase is Phase.OVER


def _told(telling: Telling) -> Told | None:
    try:
        return alert_told.of_text(telling.told)
    except ValueError:  # another version has written it
        return None


def _subject(telling: Telling) -> str:
    return f"told:{telling.id}:{telling.mark}"
