"""Whether a POST without an answer arrived at Token Flex: lists tell, by file name and by the server's clock."""

import re
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import structlog
from sqlite_utils import Database as Connection

from bot.exports import announcements
from bot.exports.patience import SOUGHT, noted
from bot.runtime.backoff import OWN
from bot.tokenflex.models import UpstreamExport
from storage import exports as export_store
from storage.models import Export
from storage.states import Event, ExportState, Note

#: The server may still be working on a POST whose answer was lost, so these decide when it has not arrived
#: (source: house plan, "Submitting exactly once").
FIRST_LIST_AFTER = timedelta(seconds=30)
LISTS_APART = timedelta(seconds=20)
LISTS_NEEDED = 2
#: How much earlier than our intent an adopted export may have been requested: our idea of the server's clock is rough.
_CLOCK_SLACK = timedelta(seconds=5)

#: A list begins this much before the oldest that it is to show, and ends this much ahead of now: clocks differ.
_BEFORE, _AHEAD = timedelta(minutes=5), timedelta(minutes=10)
#: What was given up in doubt is taken for ours only if it was made so soon after our POST: else it is somebody else's.
_MADE_WITHIN = timedelta(minutes=10)

_SIGNS = re.compile(r"[^A-Za-z0-9]+")
_EXTENSIONS = re.compile(r"(?:csv)+$")
#: What a file is called that was asked for without a name (source: Token Flex reference, gaps).
_NAMELESS = "apicustomexport"
_LATER = datetime.max.replace(tzinfo=UTC)

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class ListCall:
    """One list call: when it was made, by our clock, and its `fromDate` and `toDate`, which are the server's times."""

    made_at: datetime
    start: datetime
    end: datetime

    @classmethod
    def reaching(cls, oldest: datetime, now: datetime, ahead: timedelta) -> "ListCall":
        """Return the call, now, that shows what is not older than this; the server's clock is `ahead` of ours."""
        return cls(now, min(oldest, oldest + ahead) - _BEFORE, max(now, now + ahead) + _AHEAD)


@dataclass(frozen=True, slots=True)
class Seen:
    """A list, when it was applied, by our clock, and how far the server's is ahead of that, its answer included."""

    call: ListCall
    now: datetime
    server_ahead: timedelta
    whole: bool  #: whether each of its entries could be read


def arrived(export: Export, strangers: Iterable[UpstreamExport], server_ahead: timedelta) -> UpstreamExport | None:
    """Return the record that a POST without an answer made: same file name, not older than our intent.

    A name that is the same to the letter is preferred to one that only reads the same. A record whose time is not known
    counts too: to send the same again and again would be worse.
    """
    sent_at = _sent_at(export, server_ahead)
    asked = readings(export.request.file_name)
    matching = [
        record
        for record in strangers
        if record.request_key
        and not asked.isdisjoint(readings(record.download_file_name))
        and sent_at is not None
        and (record.requested_at is None or record.requested_at >= sent_at - _CLOCK_SLACK)
    ]
    name = _bare(export.request.file_name)
    return min(
        matching,
        key=lambda record: (_bare(record.download_file_name) != name, record.requested_at or _LATER),
        default=None,
    )


def _sent_at(export: Export, server_ahead: timedelta) -> datetime | None:
    """Return when the POST went out, by the server's clock.

    Where that was not known then, our clock may have been set since, and what is known now has to do.
    """
    if export.intent_server_at is not None or export.intent_at is None:
        return export.intent_server_at
    return export.intent_at + server_ahead


def sought(
    export: Export, strangers: Iterable[UpstreamExport], rivals: Iterable[Export], server_ahead: timedelta
) -> UpstreamExport | None:
    """Return the record that is certainly of an export that was given up in doubt: it is going to be deleted.

    A time that is not known, or that fits another submission of the same name (`rivals`), proves nothing.
    """
    names, sent_at = readings(export.request.file_name), _sent_at(export, server_ahead)
    if sent_at is None:
        return None
    others = [_sent_at(each, server_ahead) for each in rivals if readings(each.request.file_name) & names]
    ends = min([sent_at + _MADE_WITHIN, *(at - _CLOCK_SLACK for at in others if at is not None)])
    return arrived(
        export, [each for each in strangers if each.requested_at is not None and each.requested_at < ends], server_ahead
    )


def not_found(db: Connection, export: Export, now: datetime) -> Export:
    """Have an export that was given up in doubt looked for again, less and less often."""
    attempts = export.attempts + 1
    return export_store.change(db, export.number, attempts=attempts, next_try_at=now + SOUGHT.after(attempts))


def lacked(db: Connection, export: Export, seen: Seen) -> Export:
    """Count a list without this export, if it says anything."""
    if not would_show(seen, export):
        return export
    lists = export.lists_without + 1
    return export_store.change(db, export.number, lists_without=lists, last_list_at=seen.call.made_at)


def would_show(seen: Seen, export: Export) -> bool:
    """Return whether a list shows this export if it is there: it reaches from its request to the server's present.

    The dates of a list are made from what was known before it; its own answer may tell that they were wrong. An entry
    that could not be read may be any export.
    """
    if not seen.whole:
        return False
    requested_at = export.requested_at or _sent_at(export, seen.server_ahead)
    reaches_back = requested_at is None or seen.call.start <= requested_at
    return reaches_back and seen.now + seen.server_ahead < seen.call.end


def readings(file_name: str) -> frozenset[str]:
    """Return what a file name may be recognised by: names that share a reading could be the same name.

    Signs, capitals and extensions do not count, since the server takes signs out, or writes others in their place, and
    adds `.csv` to what is left (source: Token Flex, what was seen in a recorded run). What it does to letters beyond
    ASCII is not known: it may take them out too, keep them, or write plain ones.
    """
    plain = unicodedata.normalize("NFKD", file_name.upper())
    found = {_EXTENSIONS.sub("", _SIGNS.sub("", text).lower()) for text in (file_name, plain)}
    return frozenset(found | {_NAMELESS} if "" in found else found)


def _bare(file_name: str) -> str:
    return file_name[: -len(".csv")] if file_name.lower().endswith(".csv") else file_name


def begin(db: Connection, export: Export, now: datetime) -> None:
    """Note that nobody knows whether the POST of an export arrived; lists count from now on."""
    waits = export_store.get(db, export.number).state is ExportState.SUBMITTING  # else it was given up meanwhile
    doubted = export_store.change(
        db,
        export.number,
        unanswered_since=now,
        lists_without=0,
        last_list_at=None,
        **(noted(export, Note.UNANSWERED, now) if waits else export_store.CALM),
    )
    announcements.card_changed(db, doubted, now)


def not_arrived(db: Connection, export: Export, seen: Seen) -> Export:
    """Count a list without this export; put it back into the line once enough of them have told.

    It is sent again a minute after the POST before, and later each time, since something about it may be wrong there.
    """
    if seen.call.made_at < next_list_for(export):
        return export
    before, export = export, lacked(db, export, seen)
    if export.lists_without == before.lists_without:
        return _told_nothing(db, export, seen)
    if export.lists_without < LISTS_NEEDED:
        return export_store.change(db, export.number, next_try_at=None)
    log.info("a request did not reach Token Flex and waits again", export=export.number)
    attempts = export.attempts + 1
    until = (export.unanswered_since or seen.now) + OWN.after(attempts)
    waits = noted(export, Note.FAILING, seen.now, until) if until > seen.now else noted(export, Note.NONE, seen.now)
    back = export_store.move(
        db,
        export.number,
        Event.NOT_TAKEN,
        seen.now,
        unanswered_since=None,
        lists_without=0,
        last_list_at=None,
        attempts=attempts,
        **waits,
    )
    if back is None:
        return export
    announcements.card_changed(db, back, seen.now)
    return back


def _told_nothing(db: Connection, export: Export, seen: Seen) -> Export:
    """Wait longer for the next list, the longer lists have told nothing: one of them may be unreadable for good."""
    for_long = seen.now - (export.unanswered_since or seen.now)
    until = seen.now + min(OWN.longest, max(LISTS_APART, for_long))
    export = export_store.change(db, export.number, next_try_at=until)
    if until - seen.now >= OWN.first:
        announcements.card_changed(db, export, seen.now)
    return export


def next_list_for(export: Export) -> datetime:
    """Return from when on a list says something about a POST whose answer was lost."""
    if export.last_list_at is not None:
        return export.last_list_at + LISTS_APART
    return (export.unanswered_since or export.changed_at) + FIRST_LIST_AFTER
