"""What has happened lately, from the database: calls spent, the last poll, exports, answers and messages that wait."""

from datetime import datetime, timedelta
from typing import Final

from sqlite_utils import Database as Connection

from bot.calls.budget import Limits
from bot.cards.faces import FACES, NOTES
from bot.cards.figures import FAULTS, Fault
from bot.operate.checks.running_bot import ago, ahead
from bot.operate.findings import Finding, ok, skipped, warning, wrong
from bot.operate.vital_signs import Recorded
from bot.settings import CallPace
from storage import attachments, calls, inspection, refusals, troubles
from storage.refusals import RefusedPace

BUDGET, POLL, EXPORTS, ANSWERS = "Call budget", "Last poll", "Exports", "Answers"
POST, FILES = "Last message", "Files in Slack"
_LATE: Final = timedelta(minutes=10)
_WEEK: Final = timedelta(days=7)


def check_activity(
    db: Connection, now: datetime, *, bot_runs: bool, pace: CallPace = CallPace.CAREFUL
) -> list[Finding]:
    """Return what the database shows."""
    noted = Recorded.load(db)
    poll = _poll(db, noted, now, bot_runs=bot_runs)
    return [_budget(db, now, pace), poll, _exports(db, now), _answers(db, now), _post(db, noted, now), *_files(db, now)]


def _budget(db: Connection, now: datetime, pace: CallPace) -> Finding:
    limits = Limits()
    past = calls.since(db, now - timedelta(seconds=limits.eight_hours))
    minute = sum(call.started_at > now - timedelta(seconds=limits.window) for call in past)
    refused = [call.started_at for call in past if call.rate_limited]
    of_minute = f" of {limits.per_minute}" if pace is CallPace.CAREFUL else ""
    found = f"{minute}{of_minute} calls in the last minute, {len(past)} of {limits.per_eight_hours} in the last 8 hours"
    if pace is CallPace.BUCKET:
        first = next((call for call in past if call.rate_limited), None)
        if first is None:
            return ok(BUDGET, f"{found}; CALL_PACE is bucket, and none was refused.")
        before = calls.since(db, first.started_at - timedelta(hours=8))
        numbers = refusals.counted(first.started_at, first.retry_after, (call.started_at for call in before))
        return _given_up(found, numbers, refused, now, timedelta(seconds=limits.eight_hours))
    if refused and now - refused[-1] < timedelta(seconds=limits.caution):
        mend = (
            "The bot slows down for an hour by itself. If it happens again, look for other programs that use the same "
            "Autodesk user: they share the limit."
        )
        return warning(BUDGET, f"{found}; Token Flex refused one for its rate at {ago(refused[-1], now)}.", mend)
    return ok(BUDGET, f"{found}; refused for their rate: {len(refused)}.")


def _given_up(
    found: str, first: RefusedPace, refused: list[datetime], now: datetime, careful_for: timedelta
) -> Finding:
    """Say that the pace `bucket` does not hold now, and with which numbers Autodesk can be asked why."""
    mend = (
        "If no other program uses the same Autodesk user, set CALL_PACE=careful, or ask Autodesk with the numbers of "
        "the first refusal how its limit of 5 a minute with a burst of 50 is meant."
    )
    until = ahead(refused[-1] + careful_for, now)
    numbers = f"{first.minute} in a minute, {first.ten_minutes} in ten minutes, {first.eight_hours} in eight hours"
    said = f"refused for their rate: {len(refused)}, the last at {ago(refused[-1], now)}"
    said += f", so CALL_PACE is careful instead of bucket until {until}"
    return warning(BUDGET, f"{found}; {said}. Calls up to the first refusal: {numbers}.", mend)


def _poll(db: Connection, noted: Recorded, now: datetime, *, bot_runs: bool) -> Finding:
    last = "None yet" if noted.last_poll is None else ago(noted.last_poll, now)
    oldest = inspection.oldest_outstanding(db)
    if oldest is None:
        return ok(POLL, f"{last}; Token Flex is preparing nothing for the bot, so there is nothing to look at.")
    seen = max(moment for moment in (noted.last_poll, oldest) if moment is not None)
    if not bot_runs:
        return warning(POLL, f"{last}; exports are outstanding, and no bot runs to look at them.", "Start the bot.")
    if now - seen > _LATE:
        mend = "The bot's log says why polling fails; “Autodesk token” and “Call budget” above may, too."
        return wrong(POLL, f"{last}, although exports are outstanding.", mend)
    return ok(POLL, f"{last}.")


def _exports(db: Connection, now: datetime) -> Finding:
    """Name the export that has been waiting for longest, and what for."""
    stuck = inspection.stuck(db, now - _LATE)
    if not stuck:
        return ok(EXPORTS, "None has been waiting for more than 10 minutes.")
    oldest = stuck[0]
    count = "One is" if len(stuck) == 1 else f"{len(stuck)} are"
    waits = f"{oldest.label} ({FACES[oldest.state].inside}) since {ago(oldest.noted_at or oldest.changed_at, now)}"
    mend = "The log says more of its number. Its requester and administrators can give it up by a button of its card."
    return warning(EXPORTS, f"{count} waiting for more than 10 minutes: {waits}. {NOTES[oldest.note]}".strip(), mend)


def _answers(db: Connection, now: datetime) -> Finding:
    """Say which figures are waited for, why files of the last week had none, and what is kept."""
    known = inspection.answers(db, now - _WEEK)
    kept = "None is kept." if known.kept_since is None else f"{known.kept} kept, since {ago(known.kept_since, now)}."
    faults = "; ".join(
        f"{count} × {FAULTS[Fault(fault)] if fault in FAULTS else fault}" for fault, count in known.faults.items()
    )
    unread = f" No figures in the last 7 days: {faults}." if faults else ""
    if known.wanted_since is not None and now - known.wanted_since > _LATE:
        tried = f", tried in vain {known.attempts} times" if known.attempts else ""
        since = f"the first since {ago(known.wanted_since, now)}{tried}"
        mend = "A running bot tries for a day; announcements do not wait for that. The log says more of each export."
        return warning(ANSWERS, f"{known.wanted} waiting, {since}. {kept}{unread}", mend)
    waiting = f"{known.wanted} being read. " if known.wanted else ""
    if faults:
        mend = "`/tokenflex answer` with an export's number reads its file again; docs/settings.md has the limits."
        return warning(ANSWERS, f"{waiting}{kept}{unread}", mend)
    return ok(ANSWERS, f"{waiting}{kept}")


def _post(db: Connection, noted: Recorded, now: datetime) -> Finding:
    last = "None yet" if noted.last_post is None else ago(noted.last_post, now)
    trouble = troubles.standing(db)
    if trouble is not None:
        what = "changes of messages" if trouble.edits else "messages"
        found = f"{last}; Slack takes no {what} of the bot since {ago(trouble.since, now)} (it says: {trouble.code})."
        return wrong(POST, found, "Mend what Slack says, in its settings or by a new token; what waits then goes out.")
    waiting, reason = inspection.undelivered(db, now - _LATE)
    if waiting:
        mend = "Mend what Slack says; the messages then go out by themselves. In a channel: /invite @tokenflex."
        said = f" (Slack says: {reason})" if reason else ""
        return warning(POST, f"{last}; {waiting} waiting for more than 10 minutes{said}.", mend)
    return skipped(POST, "None yet.") if noted.last_post is None else ok(POST, f"{last}.")


def _files(db: Connection, now: datetime) -> list[Finding]:
    """Name the file that has been on its way to its thread for longest; nothing is said where none is."""
    waiting = attachments.waiting(db, now - _LATE)
    if not waiting:
        return []
    oldest = waiting[0]
    count = "One is" if len(waiting) == 1 else f"{len(waiting)} are"
    why = f" ({oldest.reason})" if oldest.reason else ""
    found = (
        f"{count} waiting for more than 10 minutes: that of #{oldest.export} since {ago(oldest.wanted_at, now)}{why}."
    )
    mend = "It is tried again for a day. The log says more of the export's number; its link works all the same."
    return [warning(FILES, found, mend)]
