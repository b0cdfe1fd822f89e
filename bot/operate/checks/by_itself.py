"""What runs by itself, from the database: the next runs of schedules, alerts, what is paused and why."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Final

from sqlite_utils import Database as Connection

from bot.cards import alert_watched
from bot.cards.pauses import WHY_PAUSED, Paused
from bot.cards.text import flat, shorten
from bot.operate.checks.running_bot import ago, ahead
from bot.operate.findings import Finding, ok, warning, wrong
from storage.alerts import Alert
from storage.by_itself import AlertsNow, SchedulesNow, alerts_now, schedules_now
from storage.schedules import Schedule

SCHEDULES: Final = "Schedules"
ALERTS: Final = "Alerts"
_LATE: Final = timedelta(minutes=10)
_UNSEEN: Final = timedelta(days=2)  #: figures are looked at each day
_NAMED: Final = 3
_NAME: Final = 100  #: characters


def check_by_itself(db: Connection, now: datetime, *, bot_runs: bool) -> list[Finding]:
    """Return what the database shows of schedules and of alerts."""
    return [
        _schedules(schedules_now(db, _NAMED, now - _LATE), now, bot_runs=bot_runs),
        _alerts(alerts_now(db, _NAMED), now, bot_runs=bot_runs),
    ]


def _schedules(known: SchedulesNow, now: datetime, *, bot_runs: bool) -> Finding:
    if not known.count:
        return ok(SCHEDULES, "There are none yet.")
    paused = _paused(known.paused, known.paused_count, now)
    said = " ".join(filter(None, (_count(known), _next(known, now), _waiting(known), paused)))
    first = known.next_runs[0] if known.next_runs else None
    if first is not None and first.next_at is not None and now - first.next_at > _LATE:
        late = f"{_named(first)} was due on {ago(first.next_at, now)} and has not run."
        if not bot_runs:
            return warning(SCHEDULES, f"{late} {said}", "Start the bot: what was missed runs as its schedule says.")
        return wrong(SCHEDULES, f"{late} {said}", "The bot's log says why; restart the bot if this lasts.")
    if bot_runs and known.begin_late_since is not None:
        many = "One run has" if known.begin_late == 1 else f"{known.begin_late} runs have"
        late = f"{many} not begun, the first since {ago(known.begin_late_since, now)}."
        return warning(SCHEDULES, f"{late} {said}", "It is tried again by itself. The bot's log says why.")
    if any(each.paused_why != Paused.PERSON for each in known.paused):
        mend = "“Take over”, “Resume” or “Edit” in `/tokenflex schedules`, typed in its channel, lets one go on."
        return warning(SCHEDULES, said, mend)
    return ok(SCHEDULES, said)


def _alerts(known: AlertsNow, now: datetime, *, bot_runs: bool) -> Finding:
    if not known.count:
        return ok(ALERTS, "There are none yet.")
    paused = _paused(known.paused, known.paused_count, now)
    said = " ".join(filter(None, (_count(known), paused, _useless(known))))
    unseen = known.unseen
    since = None if unseen is None else unseen.looked_at or unseen.created_at
    if bot_runs and unseen is not None and since is not None and now - since > _UNSEEN:
        late = f"{_named(unseen)} has had no figures to look at since {ago(since, now)}."
        mend = "The log says why; “Contracts” above may, too. An alert on figures of files needs ANSWER_DETAIL."
        return warning(ALERTS, f"{late} {said}", mend)
    if any(each.paused_why != Paused.PERSON for each in known.paused):
        mend = "“Take over” or “Resume” in `/tokenflex alerts`, typed in its channel, lets one go on."
        return warning(ALERTS, said, mend)
    return ok(ALERTS, said)


def _useless(known: AlertsNow) -> str:
    if not known.useless:
        return ""
    said = "; ".join(f"{each.useless} × {_named(each)}" for each in known.useless)
    return f"People found not useful what was told: {said}."


def _count(known: SchedulesNow | AlertsNow) -> str:
    return f"{known.count}{f', of which {known.paused_count} paused' if known.paused_count else ''}."


def _next(known: SchedulesNow, now: datetime) -> str:
    said = [f"{_named(each)} on {ahead(each.next_at, now)}" for each in known.next_runs if each.next_at is not None]
    return f"Next: {'; '.join(said)}." if said else "None runs again."


def _waiting(known: SchedulesNow) -> str:
    return f"Runs that wait for their data: {known.wait_for_data}." if known.wait_for_data else ""


def _paused(paused: Sequence[Schedule | Alert], count: int, now: datetime) -> str:
    if not paused:
        return ""
    said = [f"{_named(each)}, {_why(each)}, since {ago(each.changed_at, now)}" for each in paused]
    more = count - len(said)
    return f"Paused: {'; '.join(said)}{f'; and {more} more' if more else ''}."


def _named(one: Schedule | Alert) -> str:
    what = one.name if isinstance(one, Schedule) else f"{alert_watched.said(one.watched)}, contract {one.contract}"
    return f"“{shorten(flat(what), _NAME)}” of {one.owner} in {one.channel}"


def _why(one: Schedule | Alert) -> str:
    return WHY_PAUSED[Paused(one.paused_why)]
