"""Nobody waits in silence: cards say what keeps everything waiting, and who waits for long hears privately why."""

from datetime import datetime, timedelta

from sqlite_utils import Database as Connection

from bot.calls.health import Health
from bot.exports import announcements
from bot.exports.patience import EVERYBODYS, LONG, NOTICED_AFTER, OFTEN, note_for, noted
from bot.exports.poller import Poller, calm
from bot.runtime.bell import Bell
from bot.runtime.clock import Clock
from bot.tokenflex.errors import LONGEST_WAIT, RateLimitedError
from storage import exports as export_store
from storage.database import Database
from storage.models import Export, MessageKind
from storage.states import ExportState, Note

_S = ExportState
_AT_WORK = (_S.QUEUED, _S.SUBMITTING, _S.REQUESTED, _S.RETRYING, _S.DELETING)
#: What schedules wait for behind people, at times for more than an hour, as it should be.
_TURNS = frozenset({Note.RATE, Note.SLOTS})
#: While calls are refused for their rate none is made, for so long at most; so nobody learns whether it is over.
_PAUSE = timedelta(seconds=LONGEST_WAIT)


class Silence:
    """Ends it."""

    def __init__(self, database: Database, health: Health, poller: Poller, clock: Clock, wake: Bell) -> None:
        self._database = database
        self._health = health
        self._poller = poller
        self._clock = clock
        self._wake = wake

    async def run(self) -> None:
        """Look whenever exports change, trouble begins or ends, or somebody has waited for long."""
        while True:
            await self._wake.wait(*await self.look())

    async def look(self) -> list[datetime]:
        """Tell those whom something is to be told, and return when there may be more to tell."""
        now = self._clock.now()
        exports, long = await self._database.read(_at_work, now)
        for export in exports:
            note = self._note(export, now)
            if note is not None and note is not export.note:
                await self._database.write(_tell, export, note, self._health.since or now, now)
            elif export.number in long:
                await self._database.write(_tell_privately, export, now)
        moments = [export.noted_at + LONG for export in exports if export.noted_at is not None and export.note]
        if self._health.since is not None:
            moments.append(self._health.since + NOTICED_AFTER)
        return [moment for moment in moments if moment > now]

    def _note(self, export: Export, now: datetime) -> Note | None:
        """Return what the card is to say of trouble that concerns all; None where it is not for this to say.

        Only what has been waiting since before that trouble was last seen is certain to suffer from it.
        """
        health = self._health
        if not health.is_known or not _is_open_to(export):
            return None
        if health.trouble is None or health.since is None or health.seen_at is None:
            is_told = export.note in EVERYBODYS and not self._still_fails(export)
            return Note.NONE if is_told else None
        goes_on = isinstance(health.trouble, RateLimitedError) and now - health.seen_at <= _PAUSE
        is_sure = export.changed_at <= health.seen_at or goes_on
        return note_for(health.trouble) if is_sure and now - health.since >= NOTICED_AFTER else None

    def _still_fails(self, export: Export) -> bool:
        """Return whether the next try of this export alone tells how it stands with it."""
        if export.state in {_S.RETRYING, _S.DELETING}:
            return export.next_try_at is not None
        lists_tell = export.state is _S.REQUESTED or export.in_doubt
        return lists_tell and self._poller.is_failing(export.request.contract_number)


def _is_open_to(export: Export) -> bool:
    """Return whether an export says nothing of its own, which is more than what concerns all."""
    if export.state is _S.SUBMITTING and not export.in_doubt:
        return False
    return export.note in EVERYBODYS | {Note.NONE, Note.UNANSWERED} and not (
        export.state is _S.QUEUED and export.next_try_at is not None
    )


def _tell(db: Connection, before: Export, note: Note, since: datetime, now: datetime) -> None:
    export = export_store.get(db, before.number)
    if (export.state, export.note) != (before.state, before.note):
        return
    if note is Note.NONE:
        calm(db, export, now)
        return
    changes = noted(export, note, max(since, export.changed_at), export.next_try_at)
    announcements.card_changed(db, export_store.change(db, export.number, **changes), now)


def _at_work(db: Connection, now: datetime) -> tuple[tuple[Export, ...], frozenset[int]]:
    """Return what is under way, and the numbers of those whose requesters have to hear why they wait for so long."""
    exports = export_store.in_states(db, _AT_WORK)
    long = [export for export in exports if _is_long(export, now)]
    kind = MessageKind.LONG_WAIT
    told = {each.number for each in long if announcements.was_told(db, each, kind, occasion=_occasion(each))}
    return exports, frozenset(export.number for export in long) - told


def _occasion(export: Export) -> str:
    return "" if export.noted_at is None else export.noted_at.isoformat()


def _is_long(export: Export, now: datetime) -> bool:
    if export.noted_at is None or export.note is Note.NONE or export.alert is not None:
        return False
    if export.asks_by_itself and export.note in _TURNS:
        return False
    has_no_end = export.state in {_S.QUEUED, _S.SUBMITTING}  # others end by themselves, which is told then
    return now - export.noted_at >= LONG or (has_no_end and export.attempts >= OFTEN)


def _tell_privately(db: Connection, before: Export, now: datetime) -> None:
    export = export_store.get(db, before.number)
    if export.noted_at is not None and export.noted_at == before.noted_at:
        announcements.tell(db, export, now, MessageKind.LONG_WAIT, occasion=_occasion(export))
