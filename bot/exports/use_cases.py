"""The use cases: what a person can do with exports. Each stores an intention; the loops carry it out."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime, timedelta

import structlog
from sqlite_utils import Database as Connection

from bot.calls.health import Health
from bot.calls.turns import Turns
from bot.cards.actions import MadeFor
from bot.cards.home import AT_HOME, ExportsAtHome
from bot.cards.waiting import InLine
from bot.errors import OldButtonError, RequesterOnlyError, Wish, WrongStateError
from bot.exports import announcements, removal
from bot.exports.durations import learn
from bot.exports.fresh_links import FreshLinks
from bot.exports.patience import NOTICED_AFTER, kept, note_for, noted
from bot.exports.slots import SLOTS, Slots
from bot.people import permissions
from bot.people.access import Access
from bot.people.asker import Asker
from bot.runtime.clock import Clock
from bot.tokenflex.errors import LONGEST_WAIT, RateLimitedError
from bot.tokenflex.models import ExportRequest
from storage import answers, audit
from storage import exports as export_store
from storage.answers import Answer
from storage.audit import Act, Entry
from storage.database import Database
from storage.exports import UnknownExportError
from storage.models import Export, NewExport
from storage.states import Event, ExportState, Note, next_state

log = structlog.get_logger(__name__)

#: So long after a call has met trouble it is certain; while the rate is waited out none is made.
_IS_NEWS, _RATE_IS_NEWS = timedelta(minutes=2), timedelta(seconds=LONGEST_WAIT)
#: What each act of a person on one export does to it, and its name in the audit.
_ACTS = {Wish.RETRY: Act.RETRIED, Wish.DELETE: Act.DELETED, Wish.GIVE_UP: Act.GIVEN_UP}
_EVENTS = {Wish.RETRY: Event.RETRY, Wish.DELETE: Event.DELETE}


@dataclass(frozen=True, slots=True)
class Accepted:
    """An export that was stored, and its place in the line."""

    export: Export
    is_new: bool
    line: InLine


@dataclass(frozen=True, slots=True)
class Described:
    """What can be said of a request beforehand.

    `stem` is the name of its file without the number. `known_through` is the last day of which usage is known now,
    where the request asks for more days than that.
    """

    stem: str = ""
    known_through: date | None = None


class Exports:
    """Everything that commands, buttons and forms do with exports but show their links."""

    def __init__(
        self,
        database: Database,
        links: FreshLinks,
        turns: Turns,
        slots: Slots,
        clock: Clock,
        access: Access,
        health: Health,
        describe: Callable[[ExportRequest], Described],
    ) -> None:
        self._database = database
        self._links = links
        self._turns = turns
        self._slots = slots
        self._clock = clock
        self._access = access
        self._health = health
        self._describe = describe

    async def accept(
        self,
        request: ExportRequest,
        asker: Asker,
        *,
        channel: str,
        origin: str,
        replaces: MadeFor | None = None,
        period: str = "",
        wants_answer: bool = True,
        stem: str = "",
        run: int | None = None,
        alert: int | None = None,
    ) -> Accepted:
        """Store a request; from here on it is never lost. The same `origin` again is the same export.

        `period` is how its days were said, as in a command; `wants_answer`: its file is to be read for figures. `stem`
        is the name of its file without the number where that is chosen; `run` of a schedule, or `alert`, is what asks.

        Raises:
            ContractNotAllowedError, ChannelNotAllowedError, ChannelSharedError: the settings do not permit it.
            MembershipUnknownError: Slack does not say now whether they do.
            WrongStateError: the export that this one replaces was replaced already.
            OldButtonError: it is not known any more.
            StorageFullError: there is no room; nothing was accepted.

        """
        self._access.check_contract(request.contract_number)
        await self._access.check_channel(channel)
        now, described = self._clock.now(), self._describe(request)
        new = NewExport(
            request,
            asker.person,
            channel,
            origin,
            None if replaces is None else replaces.number,
            stem or described.stem,
            described.known_through,
            period,
            wants_answer,
            run,
            alert,
        )
        slots = self._slots.left_to_us(now)
        export, is_new, before, until_a_slot = await self._database.write(_accept, new, replaces, asker, slots, now)
        structlog.contextvars.bind_contextvars(export=export.number)  # what the log says of the rest of this act
        if is_new:
            log.info("an export was accepted", person=asker.person)
        ahead = max(before, self._turns.ahead_of(asker.person))
        return Accepted(export, is_new, self._in_line(ahead, until_a_slot))

    @property
    def channels(self) -> tuple[str, ...]:
        """The only channels that exports may be posted to; none: any."""
        return self._access.rules.only_channels

    async def at_home(self, asker: Asker) -> ExportsAtHome:
        """Return what the asker's Home tab shows of exports: their own, and those of the channels they are in.

        Where Slack does not tell which these are, it is their own alone.
        """
        channels = await self._access.channels_of(asker)
        slots = self._slots.left_to_us(self._clock.now())
        told = sorted(channels or ())
        at_work, count, mine, others = await self._database.read(_at_home, asker.person, told, slots)
        running = tuple(
            (export, None if before is None else self._in_line(before, until_a_slot))
            for export, before, until_a_slot in at_work
        )
        return ExportsAtHome(running, count, mine, others, channels_are_told=channels is not None)

    async def details(self, number: int, asker: Asker) -> tuple[Export, InLine | None, Answer | None]:
        """Return an export, its place in the line where it waits to be submitted, and the answer to it, if any.

        Raises:
            NoSuchExportError: there is none, or it is not theirs to see.

        """
        export = await self._access.see(number, asker)
        slots = self._slots.left_to_us(self._clock.now())
        before, until_a_slot = await self._database.read(_place_in_line, number, slots)
        answer = await self._database.read(answers.of, number, export.announcement)
        return export, None if before is None else self._in_line(before, until_a_slot), answer

    async def edit(self, number: int, asker: Asker) -> Export:
        """Return the export of which a person is about to send an edited copy in its place.

        Raises:
            NoSuchExportError: there is none, or it is not theirs to see.
            RequesterOnlyError: it is somebody else's.
            WrongStateError: it was sent again already, or there is no need to.

        """
        export = await self._access.see(number, asker)
        if asker.person != export.requester:
            raise RequesterOnlyError(export, Wish.EDIT)
        if export.replaced_by is not None or export.state not in {ExportState.REFUSED, ExportState.VANISHED}:
            raise WrongStateError(export, Wish.EDIT)
        return export

    async def retry(self, number: int, asker: Asker) -> Export:
        """Ask Token Flex to try a failed export again.

        Raises:
            NoSuchExportError: there is none, or it is not theirs to see.
            ContractNotAllowedError, ChannelNotAllowedError, ChannelSharedError: the settings do not permit it any more.
            WrongStateError: it has not failed, or somebody was faster.

        """
        export = await self._access.see(number, asker)
        self._access.check_contract(export.request.contract_number)
        await self._access.check_channel(export.channel)
        return await self._move(number, asker, Wish.RETRY)

    async def ask_to_delete(self, number: int, asker: Asker) -> Export:
        """Return the export that a person may delete, and is to be asked about before.

        Raises:
            NoSuchExportError: there is none, or it is not theirs to see.
            RequesterOnlyError: it is somebody else's.
            WrongStateError: it is being deleted or is gone already.

        """
        return await self._own(number, asker, Wish.DELETE)

    async def give_up(self, number: int, asker: Asker) -> Export:
        """Have a retry or a deletion that still waits not made after all.

        Raises:
            UseCaseError: as `ask_to_delete`.

        """
        await self._own(number, asker, Wish.GIVE_UP)
        return await self._move(number, asker, Wish.GIVE_UP)

    async def _own(self, number: int, asker: Asker, wish: Wish) -> Export:
        export = await self._access.see(number, asker)
        if not permissions.may_delete(export, asker.person) and not await self._access.is_administrator(asker):
            raise RequesterOnlyError(export, wish)
        if next_state(export.state, _event(export, wish)) is None:
            raise WrongStateError(export, wish)
        return export

    async def delete(self, number: int, asker: Asker) -> Export:
        """Delete an export, here and at Token Flex.

        Raises:
            UseCaseError: as `ask_to_delete`.

        """
        await self.ask_to_delete(number, asker)
        deleted = await self._move(number, asker, Wish.DELETE)
        self._links.forget(number)
        return deleted

    async def _move(self, number: int, asker: Asker, wish: Wish) -> Export:
        moved = await self._database.write(_move, number, asker, wish, self._clock.now())
        log.info("an export was changed by a person", export=number, act=_ACTS[wish].value, person=asker.person)
        return moved

    def _in_line(self, ahead: int, until_a_slot: float | None) -> InLine:
        wait = max(self._turns.likely_wait(ahead), until_a_slot or 0.0)
        return InLine(ahead, wait, until_a_slot is not None, self._trouble(), self._health.trouble is None)

    def _trouble(self) -> Note:
        """Return what a call of the last minutes has shown to keep everything waiting; before that, it may be over."""
        health, now = self._health, self._clock.now()
        if health.trouble is None or health.since is None or health.seen_at is None:
            return Note.NONE
        is_rate = isinstance(health.trouble, RateLimitedError)
        if now - health.seen_at > (_RATE_IS_NEWS if is_rate else _IS_NEWS) or (
            is_rate and now - health.since < NOTICED_AFTER
        ):
            return Note.NONE  # a short pause is told by the place in the line
        return note_for(health.trouble)


def entry(asker: Asker, act: Act, export: Export, now: datetime, result: str) -> Entry:
    """Return the row of the audit for what a person did with an export."""
    return Entry(now, asker.person, act, export.number, asker.channel, asker.source, result)


def _accept(
    db: Connection, new: NewExport, replaces: MadeFor | None, asker: Asker, slots: int, now: datetime
) -> tuple[Export, bool, int, float | None]:
    """Store a request; `slots` are those that there are for all of ours.

    Return the export, whether it is new, how many are before it, and in how many seconds a slot is likely to be free
    for it; None where there is one.
    """
    _check_replaceable(db, new.origin, replaces)
    before = export_store.ahead_in_line(db, new.requester)
    until_a_slot = _until_a_slot(db, before, slots)
    export, is_new = export_store.accept(db, new, now)
    if is_new:
        if until_a_slot is not None:
            export = export_store.change(db, export.number, **noted(export, Note.SLOTS, now))
        announcements.card_changed(db, export, now)
        audit.add(db, entry(asker, Act.REQUESTED, export, now, f"for channel {new.channel}"))
    if is_new and new.replaces is not None:
        old = export_store.get(db, new.replaces)
        audit.add(db, entry(asker, Act.EDITED, old, now, f"sent again as {export.label}"))
        announcements.everything_changed(db, old, now)
    return export, is_new, before, until_a_slot


def _check_replaceable(db: Connection, origin: str, replaces: MadeFor | None) -> None:
    if replaces is None:
        return
    try:
        old = export_store.get(db, replaces.number)
    except UnknownExportError:
        raise OldButtonError(replaces.number) from None
    if replaces.mark not in {"", old.mark}:
        raise OldButtonError(replaces.number)
    if old.replaced_by is not None and not export_store.is_origin(db, origin):
        raise WrongStateError(old, Wish.EDIT)


def _at_home(
    db: Connection, person: str, channels: list[str], slots: int
) -> tuple[list[tuple[Export, int | None, float | None]], int, tuple[Export, ...], tuple[Export, ...]]:
    """Return what is under way with its place in the line, how much that is, and the newest of this person and others.

    Of the newest there is one more than is shown, where there are more.
    """
    at_work, count = export_store.at_work_for(db, person, channels, AT_HOME)
    places = export_store.places_in_line(db, [each.number for each in at_work])
    first_slot = _until_a_slot(db, 0, slots) if places else None
    placed = [(each, (before := places.get(each.number)), _later(first_slot, before)) for each in at_work]
    mine = export_store.done_of(db, person, AT_HOME + 1)
    return placed, count, mine, export_store.done_by_others(db, person, channels, AT_HOME + 1)


def _later(first_slot: float | None, before: int | None) -> float | None:
    return None if first_slot is None or before is None else first_slot * (before + 1)


def _place_in_line(db: Connection, number: int, slots: int) -> tuple[int | None, float | None]:
    before = export_store.ahead_of(db, number)
    return before, None if before is None else _until_a_slot(db, before, slots)


def _until_a_slot(db: Connection, ahead: int, slots: int) -> float | None:
    """Return about how many seconds it takes until so many and one more of the exports at work have ended.

    None where one of the slots is free now.
    """
    if export_store.count_outstanding(db) < slots:
        return None
    return (ahead + 1) * learn(export_store.newest_durations(db)).mean / SLOTS


def _event(export: Export, wish: Wish) -> Event:
    return _EVENTS.get(wish) or kept(export)


def _move(db: Connection, number: int, asker: Asker, wish: Wish, now: datetime) -> Export:
    export = export_store.get(db, number)
    moved = export_store.move(db, number, _event(export, wish), now, **export_store.CALM)
    if moved is None:
        raise WrongStateError(export, wish)
    audit.add(db, entry(asker, _ACTS[wish], moved, now, moved.state.value))
    announcements.everything_changed(db, moved, now)
    if wish is Wish.DELETE:
        removal.ours(db, moved, now)
    return moved
