"""What people can do with schedules; each act is done once, by its origin, and on record."""

from collections.abc import Iterable
from datetime import datetime
from typing import Any, Final

import structlog
from sqlite_utils import Database as Connection

from bot.cards.actions import MadeFor
from bot.cards.schedule_card import TAKES_OVER, Paused
from bot.errors import (
    HiddenScheduleError,
    MembershipUnknownError,
    NoSuchScheduleError,
    PersonNotAllowedError,
    ScheduleOwnerOnlyError,
    ScheduleRefusedError,
)
from bot.people import permissions
from bot.people.access import Access
from bot.people.asker import Asker
from bot.questions import templates
from bot.runtime.clock import Clock
from bot.schedules import decisions, drafts, listing, outcome, telling
from bot.schedules.drafts import Draft
from bot.schedules.listing import AtHome, Listed, Seen
from bot.schedules.rule import RuleError
from bot.tokenflex.catalogue import Catalogue
from storage import runs
from storage import schedules as store
from storage.database import Database
from storage.runs import Due
from storage.schedules import NewSchedule, Schedule, UnknownScheduleError

MOST: Final = 100  #: in one channel, or of one owner
_BEGINS = tuple[str, datetime | None]

log = structlog.get_logger(__name__)


class Schedules:
    """Everything that commands, buttons and forms do with schedules."""

    def __init__(self, database: Database, access: Access, catalogue: Catalogue, clock: Clock) -> None:
        self._database = database
        self._access = access
        self._catalogue = catalogue
        self._clock = clock

    async def create(self, draft: Draft, asker: Asker, *, origin: str) -> Schedule:
        """Have something asked by itself; the same `origin` again is the same schedule.

        Raises:
            ScheduleRefusedError: it cannot be as it is, or there are too many.
            ContractNotAllowedError, ChannelNotAllowedError, ChannelSharedError: the settings do not permit it.
            MembershipUnknownError: Slack does not say now whether they do.
            StorageFullError: there is no room.

        """
        await self._check(draft)
        now = self._clock.now()
        new = NewSchedule(origin=origin, owner=asker.person, **drafts.columns(draft))
        return await self._database.write(_create, new, decisions.begins(draft.rule, now), asker, now)

    async def edit(self, schedule_id: int, asker: Asker, draft: Draft) -> Schedule:
        """Change a schedule; it concerns later runs alone.

        Raises:
            UseCaseError: as `change` and `create`.

        """
        known = await self.change(schedule_id, asker)
        await self._check(draft)
        now, columns = self._clock.now(), drafts.columns(draft)
        begins = decisions.begins(draft.rule, now) if columns["rule"] != known.rule else None
        return await self._database.write(_edit, known, columns, begins, asker, now)

    async def listing(self, asker: Asker) -> tuple[Listed, ...]:
        """Return the schedules of the channel where somebody asks, and their own, the next due first.

        Outside of channels they are those of all channels that the asker is in.
        """
        channels = await self._access.places_of(asker)
        found = await self._database.read(listing.seen, channels, asker.person, self._clock.now())
        return await self._listed(found, asker)

    async def at_home(self, asker: Asker) -> AtHome:
        """Return what the asker's Home tab shows of schedules: their own, and those of the channels they are in."""
        channels = await self._access.channels_of(asker) or frozenset()
        found, count = await self._database.read(listing.at_home, channels, asker.person, self._clock.now())
        return AtHome(await self._listed(found, asker), count)

    async def zone(self, asker: Asker) -> str:
        """Return the IANA name of the zone that a new schedule of somebody is in at first: their own in Slack."""
        return await self._access.zone(asker) or "UTC"

    async def see(self, schedule_id: int, asker: Asker) -> Schedule:
        """Return a schedule that this person may see.

        Raises:
            NoSuchScheduleError: there is none, or it is not theirs to see.
            MembershipUnknownError: Slack does not say now whether it is.

        """
        try:
            schedule = await self._database.read(store.get, schedule_id)
        except UnknownScheduleError:
            raise NoSuchScheduleError from None
        place = await self._access.place_in(schedule.channel, asker)
        seen = permissions.may_see_schedule(schedule, asker.person, place)
        if not seen and not await self._access.is_administrator(asker):
            raise HiddenScheduleError
        return schedule

    async def change(self, schedule_id: int, asker: Asker) -> Schedule:
        """Return a schedule that this person may change.

        Raises:
            NoSuchScheduleError: there is none, or it is not theirs to see.
            ScheduleOwnerOnlyError: it is somebody else's.

        """
        schedule = await self.see(schedule_id, asker)
        if permissions.may_change_schedule(schedule, asker.person) or await self._access.is_administrator(asker):
            return schedule
        raise ScheduleOwnerOnlyError(schedule)

    async def recognise(self, made_for: MadeFor) -> int:
        """Return the id of the schedule that a button was made for.

        Raises:
            NoSuchScheduleError: it was another one, before the database was replaced by a copy of it.

        """
        schedule = await self._database.read(store.find, made_for.number)
        if schedule is None or made_for.mark not in {"", schedule.mark}:
            raise NoSuchScheduleError
        return schedule.id

    async def run_now(self, schedule_id: int, asker: Asker, *, origin: str) -> Schedule:
        """Have a schedule run once more, by the rights of its owner; the same `origin` again is the same run.

        Raises:
            UseCaseError: as `change`; ScheduleRefusedError: it is paused.

        """
        schedule = await self.change(schedule_id, asker)
        if schedule.is_paused:
            raise ScheduleRefusedError(("It is paused: resume it first",))
        await self._database.write(_run_now, schedule, f"press:{origin}", asker, self._clock.now())
        return schedule

    async def pause(self, schedule_id: int, asker: Asker) -> Schedule:
        """Let nothing come due until somebody resumes it; what is under way goes on.

        Raises:
            UseCaseError: as `change`.

        """
        schedule = await self.change(schedule_id, asker)
        return await self._database.write(_pause, schedule, asker, self._clock.now())

    async def resume(self, schedule_id: int, asker: Asker) -> Schedule:
        """Let a schedule go on; what would have come due meanwhile does not.

        Raises:
            UseCaseError: as `change`; ScheduleRefusedError: nobody understands when it is to run.

        """
        return await self._go_on(await self.change(schedule_id, asker), asker, owner="")

    async def take_over(self, schedule_id: int, asker: Asker) -> Schedule:
        """Make a schedule one's own that has paused because of who owned it, or of its place, and let it go on.

        Raises:
            UseCaseError: as `see`, and as `create`; ScheduleOwnerOnlyError: it needs nobody else.

        """
        schedule = await self.see(schedule_id, asker)
        if not schedule.is_paused or Paused(schedule.paused_why) not in TAKES_OVER:
            if schedule.owner == asker.person:
                return schedule
            raise ScheduleOwnerOnlyError(schedule)
        self._access.check_contract(schedule.contract)
        await self._access.check_channel(schedule.channel)
        return await self._go_on(schedule, asker, owner=asker.person)

    async def hand_over(self, schedule_id: int, asker: Asker, to: str) -> Schedule:
        """Give a schedule to somebody else, by whose rights it runs from then on.

        Raises:
            UseCaseError: as `change`; ScheduleRefusedError: they may not use the bot.

        """
        schedule = await self.change(schedule_id, asker)
        try:
            await self._access.admit_owner(to, schedule.channel)
        except PersonNotAllowedError:
            raise ScheduleRefusedError(("That person may not use me: choose another one",)) from None
        return await self._database.write(_hand_over, schedule, to, asker, self._clock.now())

    async def skip(self, schedule_id: int, asker: Asker, identity: str) -> Schedule:
        """Leave out one run that lies ahead, which is known by its written time; no other than the next one is.

        Raises:
            UseCaseError: as `change`; ScheduleRefusedError: it is not the next one any more.

        """
        schedule = await self.change(schedule_id, asker)
        return await self._database.write(_skip, schedule, identity, asker, self._clock.now())

    async def delete(self, schedule_id: int, asker: Asker) -> Schedule:
        """Delete a schedule; exports that it asked for stay.

        Raises:
            UseCaseError: as `change`.

        """
        schedule = await self.change(schedule_id, asker)
        await self._database.write(_delete, schedule, asker, self._clock.now())
        return schedule

    async def _listed(self, found: Iterable[Seen], asker: Asker) -> tuple[Listed, ...]:
        try:
            all_of_them = await self._access.is_administrator(asker)
        except MembershipUnknownError:
            all_of_them = False
        return tuple(
            Listed(*each, may_change=all_of_them or permissions.may_change_schedule(each[0], asker.person))
            for each in found
        )

    async def _check(self, draft: Draft) -> None:
        if found := [*drafts.problems(draft), *templates.sentences_on(draft.question, self._catalogue)]:
            raise ScheduleRefusedError(tuple(found))
        self._access.check_contract(draft.contract)
        await self._access.check_channel(draft.channel)

    async def _go_on(self, schedule: Schedule, asker: Asker, *, owner: str) -> Schedule:
        now = self._clock.now()
        try:
            begins = decisions.begins(decisions.rule_of(schedule), now)
        except RuleError as error:
            raise ScheduleRefusedError((f"{error} Edit it",)) from None
        return await self._database.write(_resume, schedule, owner or schedule.owner, begins, asker, now)


def _create(db: Connection, new: NewSchedule, begins: _BEGINS, asker: Asker, now: datetime) -> Schedule:
    schedule, is_new = store.add(db, new, *begins, now)
    if is_new:
        _check_room(db, schedule)
        _note(db, schedule, asker, "made", now)
    return schedule


def _check_room(db: Connection, schedule: Schedule) -> None:
    """Refuse one too many; what was stored of it is undone with the transaction."""
    seen = store.seen_from(db, [schedule.channel], schedule.owner)
    if sum(each.channel == schedule.channel for each in seen) > MOST:
        raise ScheduleRefusedError((f"This channel has {MOST} schedules already: delete one first",))
    if sum(each.owner == schedule.owner for each in seen) > MOST:
        raise ScheduleRefusedError((f"You have {MOST} schedules already: delete one first",))


def _edit(
    db: Connection, known: Schedule, columns: dict[str, Any], begins: _BEGINS | None, asker: Asker,
    now: datetime,
) -> Schedule:  # fmt: skip
    edited = _changed(db, known, columns, begins, now)
    _note(db, edited, asker, "edited", now)
    telling.changed(db, edited, now)
    return edited


def _changed(
    db: Connection, known: Schedule, changes: dict[str, Any], begins: _BEGINS | None, now: datetime
) -> Schedule:
    try:
        return store.change(db, known.id, changes, begins, now)
    except UnknownScheduleError:
        raise NoSuchScheduleError from None


def _run_now(db: Connection, schedule: Schedule, act: str, asker: Asker, now: datetime) -> None:
    if store.find(db, schedule.id) is None:
        raise NoSuchScheduleError
    if runs.start(db, schedule.id, act, now) is not None:
        _note(db, schedule, asker, "started by hand", now)


def _pause(db: Connection, schedule: Schedule, asker: Asker, now: datetime) -> Schedule:
    paused = store.pause(db, schedule.id, Paused.PERSON.value, now)
    if paused is not None:
        outcome.leave_out_open(db, paused, now)
        _note(db, paused, asker, "paused by hand", now)
    return paused or _there(db, schedule)


def _resume(db: Connection, schedule: Schedule, owner: str, begins: _BEGINS, asker: Asker, now: datetime) -> Schedule:
    resumed = store.resume(db, schedule.id, owner, begins, now)
    if resumed is not None:
        _note(db, resumed, asker, "resumed" if owner == schedule.owner else f"taken over from {schedule.owner}", now)
        telling.changed(db, resumed, now)
    return resumed or _there(db, schedule)


def _hand_over(db: Connection, schedule: Schedule, to: str, asker: Asker, now: datetime) -> Schedule:
    given = _changed(db, schedule, {"owner": to}, None, now)
    if to != schedule.owner:
        _check_room(db, given)
        _note(db, given, asker, f"handed over to {to}", now)
    return given


def _skip(db: Connection, schedule: Schedule, identity: str, asker: Asker, now: datetime) -> Schedule:
    known = _there(db, schedule)
    left_out = runs.asked_not(db, known.id)
    if identity in left_out:
        return known
    ahead = None if known.is_paused else listing.next_run(decisions.rule_of(known), left_out, now)
    if ahead is None or ahead.identity != identity:
        raise ScheduleRefusedError(("That is not the next run any more: look at the list again",))
    runs.leave_out(db, known.id, Due(identity=identity, due_at=ahead.moment), now)
    _note(db, known, asker, f"leaves out {identity}", now)
    return known


def _delete(db: Connection, schedule: Schedule, asker: Asker, now: datetime) -> None:
    if store.find(db, schedule.id) is None:
        return
    _note(db, schedule, asker, "deleted", now)
    telling.changed(db, schedule, now)
    store.remove(db, schedule.id)


def _there(db: Connection, schedule: Schedule) -> Schedule:
    known = store.find(db, schedule.id)
    if known is None:
        raise NoSuchScheduleError
    return known


def _note(db: Connection, schedule: Schedule, asker: Asker, what: str, now: datetime) -> None:
    telling.note_change(db, schedule, what, now, person=asker.person, channel=asker.channel, source=asker.source)
    log.info("a schedule was changed by a person", schedule=schedule.id, person=asker.person, what=what)
