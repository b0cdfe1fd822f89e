"""What people wish of exports that Token Flex has, carried out: failed ones are retried, others deleted.

Both calls are safe to repeat, so a lost answer needs no care. What is refused is never taken for done.
"""

from collections.abc import Callable
from datetime import datetime
from typing import TypeVar

import structlog
from sqlite_utils import Database as Connection

from bot.calls import retry
from bot.calls.budget import Rank
from bot.calls.gateway import TokenFlexCalls
from bot.cards.explanations import explain
from bot.exports import announcements, removal
from bot.exports.hold import Hold
from bot.exports.patience import is_at_its_end, kept, pauses, tried_at
from bot.exports.progress import Progress
from bot.exports.slots import Slots
from bot.exports.submissions import explanation, refuse
from bot.runtime.clock import Clock
from bot.tokenflex.client import TokenFlexClient
from bot.tokenflex.errors import RefusedError, TokenFlexError
from storage import exports as export_store
from storage.database import Database
from storage.models import Export, MessageKind
from storage.states import Event, ExportState, Note

T = TypeVar("T")

log = structlog.get_logger(__name__)


class Changes:
    """Makes the calls, and says what has become of the export."""

    def __init__(
        self, database: Database, calls: TokenFlexCalls, progress: Progress, slots: Slots, clock: Clock, hold: Hold
    ) -> None:
        self._database = database
        self._calls = calls
        self._progress = progress
        self._slots = slots
        self._clock = clock
        self._hold = hold

    async def retry(self, export: Export) -> None:
        """Have Token Flex make a failed export once more."""
        try:
            record = await self._call("retry", export, lambda client, *of: client.retry_export(*of))
        except RefusedError as error:
            if await self._progress.is_absent(export, error):
                await self._progress.vanish(export)
            else:
                await self._database.write(refuse, export.number, explanation(error), self._clock.now())
            return
        except TokenFlexError as error:
            await self._not_made(export, error)
            return
        now = self._clock.now()
        await self._database.write(_retried, export.number, record.request_status, now)
        await self._progress.observe_one(export, record)
        self._hold.went_well()

    async def delete(self, export: Export) -> None:
        """Delete an export at Token Flex; it is deleted when Token Flex says so, or lists do not show it any more."""
        try:
            await self._call("delete", export, lambda client, *of: client.delete_export(*of))
        except RefusedError as error:
            if not await self._progress.is_absent(export, error):
                await self._not_made(export, error)
                return
            log.info("an export was gone already when it was deleted", export=export.number)
        except TokenFlexError as error:
            await self._not_made(export, error)
            return
        await self._database.write(_deleted, export.number, self._clock.now())
        self._hold.went_well()
        self._slots.freed()

    async def _call(self, name: str, export: Export, method: Callable[[TokenFlexClient, str, str], T]) -> T:
        """Make a call about an export, at first also anew at once: trouble that passes is over in seconds."""
        contract, key = export.request.contract_number, export.request_key or ""
        attempts = retry.MAX_ATTEMPTS if export.next_try_at is None else 1
        return await self._calls.call(
            name,
            lambda client: method(client, contract, key),
            rank=Rank.PEOPLE,
            person=export.requester,
            attempts=attempts,
        )

    async def _not_made(self, export: Export, error: TokenFlexError) -> None:
        """Keep a change waiting, or end it where trying again does not help."""
        log.warning("a change was not made", export=export.number, error=type(error).__name__)
        error = self._calls.health.judged(error, tried_at(export))
        await self._database.write(_not_made, export, error, self._clock.now())
        self._hold.failed(error)


def _retried(db: Connection, number: int, status: str, now: datetime) -> None:
    if status == "Error":
        return  # what Token Flex shows is applied next
    moved = export_store.move(db, number, Event.TAKEN, now, upstream_status=status, explanation="", **export_store.CALM)
    if moved is not None:
        announcements.everything_changed(db, moved, now)


def _deleted(db: Connection, number: int, now: datetime) -> None:
    before = export_store.get(db, number)
    moved = export_store.move(db, number, Event.GONE, now, **export_store.CALM)
    if moved is None:
        return
    announcements.everything_changed(db, moved, now)
    if before.state is not ExportState.DELETING:  # a person had given that up, and it was made all the same
        removal.ours(db, moved, now)


def _not_made(db: Connection, before: Export, error: TokenFlexError, now: datetime) -> None:
    export = export_store.get(db, before.number)
    if export.state is not before.state:
        return  # a person has thought better of it
    if not is_at_its_end(export, error):
        announcements.card_changed(db, export_store.change(db, export.number, **pauses(export, error, now)), now)
    elif export.state is ExportState.RETRYING:
        refuse(db, export.number, f"I asked {export.attempts + 1} times. {explain(error)}", now)
    else:
        _keep(db, export, error, now)


def _keep(db: Connection, export: Export, error: TokenFlexError, now: datetime) -> None:
    """End a deletion that Token Flex does not make: the export is what it was before, and the requester is told."""
    changes = {**export_store.CALM, "note": Note.NOT_DELETED, "explanation": explain(error)}
    moved = export_store.move(db, export.number, kept(export), now, **changes)
    if moved is not None:
        announcements.everything_changed(db, moved, now)
        announcements.tell(db, moved, now, MessageKind.NOT_DELETED, occasion=now.isoformat())
