"""What becomes of an export whose call failed: why it waits, for how long, and how often it is tried: a pure rule.

A pause that holds up others is never longer than a minute; an export's own pauses grow to ten. What Token Flex does
not do for one export, though it is well otherwise, is tried `TRIES` times: then a retry or a deletion ends where it
began, and the person is told. A submission has no such end, but a person can give it up.
"""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Final

from bot.runtime.backoff import OWN, SHARED, Backoff
from bot.tokenflex.errors import (
    NotAuthorisedError,
    QuotaExceededError,
    RateLimitedError,
    RefusedError,
    TimedOutError,
    TokenFlexError,
    UnreachableError,
    UpstreamBrokenError,
)
from bot.tokenflex.models import DOWNLOAD, ERROR
from storage.exports import Column
from storage.models import Export
from storage.states import Event, ExportState, Note

#: How often a retry or a deletion is tried: by their pauses that is about half an hour.
TRIES: Final = 6
#: Trouble that is over before is told on no card; what is told later would be news to nobody.
NOTICED_AFTER: Final = timedelta(seconds=45)
#: Who has been waiting for so long, or was tried so often in vain, hears privately why.
LONG: Final = timedelta(minutes=30)
OFTEN: Final = 4
#: After the first lists that failed: lists settle doubts, and tell of slots that others wait for.
_LISTS: Final = Backoff(timedelta(seconds=2), timedelta(seconds=30))
_FIRST_LISTS: Final = 8
#: Between looks for what was given up in doubt, and for how long it is looked for.
SOUGHT: Final = Backoff(timedelta(minutes=1), timedelta(hours=1))
SOUGHT_FOR: Final = timedelta(days=1)

#: The first kind that fits.
_NOTES: Final[Mapping[type[TokenFlexError], Note]] = {
    RefusedError: Note.PERMISSION,
    NotAuthorisedError: Note.LOGIN,
    RateLimitedError: Note.RATE,
    QuotaExceededError: Note.SLOTS,
    UpstreamBrokenError: Note.FAILING,
    TimedOutError: Note.FAILING,
    UnreachableError: Note.UNREACHABLE,
}
#: Notes of trouble that concerns all.
EVERYBODYS: Final = frozenset({Note.RATE, Note.LOGIN, Note.UNREACHABLE})
#: Notes of exports that lists tell of, while those fail.
OF_LISTS: Final = EVERYBODYS | {Note.PERMISSION, Note.FAILING, Note.SLOTS}
_KEPT: Final = {DOWNLOAD: Event.KEEP_READY, ERROR: Event.KEEP_FAILED}


def note_for(error: TokenFlexError) -> Note:
    """Return what says on the card why an export waits.

    Raises:
        NotImplementedError: the table lacks this kind of error.

    """
    if isinstance(error, UpstreamBrokenError) and error.concerns_all:
        return Note.UNREACHABLE
    for kind, note in _NOTES.items():
        if isinstance(error, kind):
            return note
    raise NotImplementedError(type(error).__name__)


def home(export: Export) -> Note:
    """Return the note of an export that nothing else is the matter with."""
    return Note.UNANSWERED if export.in_doubt else Note.NONE


def noted(export: Export, note: Note, now: datetime, until: datetime | None = None) -> dict[str, Column]:
    """Return the columns of an export that waits for this reason, and pauses until then.

    It has been waiting since it began to wait for any reason.
    """
    return {"note": note, "noted_at": export.noted_at or now, "next_try_at": until}


def pauses(export: Export, error: TokenFlexError, now: datetime) -> dict[str, Column]:
    """Return the columns of an export for which something was tried in vain, and which is tried again by itself.

    What concerns all says nothing of this one: it does not count as a try of its own.
    """
    if error.concerns_all:
        return noted(export, note_for(error), now, now + _in_outage(now - (export.noted_at or now)))
    attempts = export.attempts + 1
    return {**noted(export, note_for(error), now, now + OWN.after(attempts)), "attempts": attempts}


def tried_at(export: Export) -> datetime | None:
    """Return when something was last tried in vain for an export that pauses since then; None where it does not."""
    if export.next_try_at is None or export.noted_at is None:
        return None
    if export.note in EVERYBODYS:
        return export.next_try_at - _in_outage((export.next_try_at - export.noted_at) / 2)
    return export.next_try_at - OWN.after(export.attempts)


def _in_outage(waited: timedelta) -> timedelta:
    """Return the pause of one that has waited for so long: as long again, so that each is twice the one before."""
    return min(SHARED.longest, max(SHARED.first, waited))


def list_pause(error: TokenFlexError, failures: int) -> timedelta:
    """Return the pause after so many lists of a contract that failed; where all is well but that contract, its own."""
    if isinstance(error, RefusedError):
        return OWN.after(failures)
    return SHARED.longest if failures > _FIRST_LISTS else _LISTS.after(failures)


def is_at_its_end(export: Export, error: TokenFlexError) -> bool:
    """Return whether a change is not tried any more; what concerns all, or needs a place, is waited out."""
    waits = error.concerns_all or isinstance(error, QuotaExceededError)
    return not waits and export.attempts + 1 >= TRIES


def kept(export: Export) -> Event:
    """Return the event that leads a change that is not made back to where the export was before."""
    if export.state is ExportState.RETRYING:
        return Event.KEEP_FAILED
    return _KEPT.get(export.upstream_status or "", Event.KEEP_OPEN)
