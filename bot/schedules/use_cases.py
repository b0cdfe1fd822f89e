"""What people can do with schedules; each act is done once, by its origin, and on record."""

from collections.abc import Iterable

from bot.cards.pages import Page
from bot.cards.pauses import TAKES_OVER, Paused
from bot.cards.text import is_direct_message
from bot.errors import PersonNotAllowedError, ScheduleOwnerOnlyError, ScheduleRefusedError
from bot.people import permissions
from bot.people.access import Access
from bot.people.asker import Asker
from bot.people.by_itself import MOST, SCHEDULES
from bot.people.owned import Owned
from bot.questions import templates
from bot.runtime.clock import Clock
from bot.schedules import changes, decisions, drafts, listing
from bot.schedules.drafts import Draft
from bot.schedules.listing import AtHome, Listed, Seen
from bot.schedules.rule import RuleError
from bot.tokenflex.catalogue import Catalogue
from storage.database import Database
from storage.schedules import NewSchedule, Schedule


class Schedules(Owned[Schedule]):
    """Everything that commands, buttons and forms do with schedules."""

    def __init__(self, database: Database, access: Access, catalogue: Catalogue, clock: Clock) -> None:
        super().__init__(SCHEDULES, database, access)
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
        return await self._database.write(changes.create, new, decisions.begins(draft.rule, now), asker, now)

    async def edit(self, schedule_id: int, asker: Asker, draft: Draft) -> Schedule:
        """Change a schedule; it concerns later runs alone, and may mend what it is paused for.

        Raises:
            UseCaseError: as `change` and `create`.

        """
        known = await self.change(schedule_id, asker)
        await self._check(draft)
        now = self._clock.now()
        begins = decisions.begins(draft.rule, now)
        return await self._database.write(changes.edit, known.id, drafts.columns(draft), begins, asker, now)

    async def listing(self, asker: Asker, first: int = 0, most: int = MOST, *, holds: int = 0) -> Page[Listed]:
        """Return schedules of the channel where somebody asks, and their own, the next due first.

        Outside of channels they are those of all channels that the asker is in. There are so many at `most`, from the
        `first` on, or those among which one is that it `holds`.
        """
        channels, now = await self._access.places_of(asker), self._clock.now()
        page = await self._database.read(listing.page, channels, asker.person, now, first, most, holds)
        return Page(await self._listed(page.shown, asker), page.first, page.count)

    async def at_home(self, asker: Asker) -> AtHome:
        """Return what the asker's Home tab shows of schedules: their own, and those of the channels they are in."""
        channels = await self._access.channels_of(asker) or frozenset()
        found, count = await self._database.read(listing.at_home, channels, asker.person, self._clock.now())
        return AtHome(await self._listed(found, asker), count)

    async def zone(self, asker: Asker) -> str:
        """Return the IANA name of the zone that a new schedule of somebody is in at first: their own in Slack."""
        return await self._access.zone(asker) or "UTC"

    async def run_now(self, schedule_id: int, asker: Asker, *, origin: str) -> Schedule:
        """Have a schedule run once more, by the rights of its owner; the same `origin` again is the same run.

        Raises:
            UseCaseError: as `change`; ScheduleRefusedError: it is paused.

        """
        schedule = await self.change(schedule_id, asker)
        if schedule.is_paused:
            raise ScheduleRefusedError(("It is paused: resume it first",))
        await self._database.write(changes.run_now, schedule.id, f"press:{origin}", asker, self._clock.now())
        return schedule

    async def pause(self, schedule_id: int, asker: Asker) -> Schedule:
        """Let nothing come due until somebody resumes it; what is under way goes on.

        Raises:
            UseCaseError: as `change`.

        """
        schedule = await self.change(schedule_id, asker)
        return await self._database.write(changes.pause, schedule.id, asker, self._clock.now())

    async def resume(self, schedule_id: int, asker: Asker) -> Schedule:
        """Let a schedule go on; what would have come due meanwhile does not.

        Raises:
            UseCaseError: as `change`; ScheduleRefusedError: nobody understands when it is to run, or its channel
                takes no messages.

        """
        schedule = await self.change(schedule_id, asker)
        return await self._go_on(schedule, asker, owner=schedule.owner)

    async def take_over(self, schedule_id: int, asker: Asker) -> Schedule:
        """Make a schedule one's own that has paused because of who owned it, or of its place, and let it go on.

        Raises:
            UseCaseError: as `see`, as `create` and as `resume`; ScheduleOwnerOnlyError: it needs nobody else.

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
            UseCaseError: as `change`; ScheduleRefusedError: they may not use the bot, or do not read its reports.

        """
        schedule = await self.change(schedule_id, asker)
        if is_direct_message(schedule.channel):
            raise ScheduleRefusedError(("It posts to a direct message with me. Edit it: choose a channel first",))
        try:
            await self._access.admit_owner(to, schedule.channel)
        except PersonNotAllowedError:
            raise ScheduleRefusedError(("That person may not use me: choose another one",)) from None
        now = self._clock.now()
        try:
            begins = decisions.begins(decisions.rule_of(schedule), now)
        except RuleError:
            begins = None
        return await self._database.write(changes.hand_over, schedule.id, to, begins, asker, now)

    async def skip(self, schedule_id: int, asker: Asker, identity: str) -> Schedule:
        """Leave out one run that lies ahead, which is known by its written time; no other than the next one is.

        Raises:
            UseCaseError: as `change`; ScheduleRefusedError: it is not the next one any more.

        """
        schedule = await self.change(schedule_id, asker)
        return await self._database.write(changes.skip, schedule.id, identity, asker, self._clock.now())

    async def delete(self, schedule_id: int, asker: Asker) -> Schedule:
        """Delete a schedule; exports that it asked for stay, and are still reported.

        Raises:
            UseCaseError: as `change`.

        """
        schedule = await self.change(schedule_id, asker)
        await self._database.write(changes.delete, schedule, asker, self._clock.now())
        return schedule

    async def _listed(self, found: Iterable[Seen], asker: Asker) -> tuple[Listed, ...]:
        all_of_them = await self._access.administers(asker)
        return tuple(
            Listed(*each, may_change=all_of_them or permissions.may_change_owned(each[0], asker.person))
            for each in found
        )

    async def _check(self, draft: Draft) -> None:
        if found := [*drafts.problems(draft), *templates.sentences_on(draft.question, self._catalogue)]:
            raise ScheduleRefusedError(tuple(found))
        self._access.check_contract(draft.contract)
        await self._access.check_channel(draft.channel)

    async def _go_on(self, schedule: Schedule, asker: Asker, *, owner: str) -> Schedule:
        if await self.is_closed(schedule.channel):
            raise ScheduleRefusedError(("I am not in its channel: invite me there first",))
        now = self._clock.now()
        try:
            begins = decisions.begins(decisions.rule_of(schedule), now)
        except RuleError as error:
            raise ScheduleRefusedError((f"{error} Edit it",)) from None
        return await self._database.write(changes.resume, schedule, begins, asker, now, owner=owner)
