"""What people can do with alerts; each act is done once, by its origin, and on record."""

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from bot.alerts import changes, daily, episodes, kept, typed
from bot.alerts.episodes import State
from bot.cards import alert_watched, pages
from bot.cards.actions import MadeFor
from bot.cards.alert_told import Delay
from bot.cards.alert_watched import AlertError, Limit, Watched
from bot.cards.pages import Page
from bot.cards.pauses import TAKES_OVER, Paused
from bot.errors import AlertOwnerOnlyError, AlertRefusedError
from bot.people import permissions
from bot.people.access import Access
from bot.people.asker import Asker
from bot.people.by_itself import ALERTS
from bot.people.owned import Owned
from bot.runtime.clock import Clock
from bot.tokenflex.catalogue import Catalogue
from storage import alerts as store
from storage.alerts import Alert, NewAlert
from storage.database import Database

MOST_AT_HOME: Final = 5


@dataclass(frozen=True, slots=True, kw_only=True)
class Draft:
    """What an alert is to be."""

    contract: str
    channel: str
    watched: Watched


@dataclass(frozen=True, slots=True)
class Listed:
    """An alert as somebody sees it: what it watches for, how it stands, what they may do with it."""

    alert: Alert
    watched: Watched | None  #: None where what is stored is understood no more
    state: State
    may_change: bool


@dataclass(frozen=True, slots=True)
class AtHome:
    """What a Home tab shows of alerts, of so many."""

    shown: tuple[Listed, ...] = ()
    count: int = 0


class Alerts(Owned[Alert]):
    """Everything that commands, buttons and forms do with alerts."""

    def __init__(
        self,
        database: Database,
        access: Access,
        catalogue: Catalogue,
        clock: Clock,
        *,
        personal: Collection[str] = (),
        reads_files: bool = True,
    ) -> None:
        """`personal` are fields that name people besides those of the catalogue; both are as the settings say."""
        super().__init__(ALERTS, database, access)
        self.personal = frozenset(personal)
        self._catalogue = catalogue
        self._clock = clock
        self._reads_files = reads_files

    async def create(self, draft: Draft, asker: Asker, *, origin: str) -> Alert:
        """Have something watched; the same `origin` again is the same alert.

        Raises:
            AlertRefusedError: it would watch people, is there already, or there are too many.
            ContractNotAllowedError, ChannelNotAllowedError, ChannelSharedError: the settings do not permit it.
            MembershipUnknownError: Slack does not say now whether they do.
            StorageFullError: there is no room.

        """
        await self._check(draft)
        return await self._database.write(changes.create, _new(draft, asker.person, origin), asker, self._clock.now())

    async def edit(self, made_for: MadeFor, asker: Asker, draft: Draft, *, origin: str) -> Alert:
        """Have something else watched in the place of an alert; the same `origin` again is the same change.

        Raises:
            UseCaseError: as `recognise`, `change` and `create`.

        """
        done = await self._database.read(store.made_by, origin)
        if done is not None:
            return done
        known = await self.change(await self.recognise(made_for), asker)
        await self._check(draft)
        new = _new(draft, known.owner, origin)
        return await self._database.write(changes.edit, known.id, new, asker, self._clock.now())

    async def listing(self, asker: Asker, first: int = 0, *, holds: int = 0) -> Page[Listed]:
        """Return a page of the alerts of the channel where somebody asks, and their own; what is paused is last.

        Outside of channels they are those of all channels that the asker is in. It is the page that has the `first`, or
        the one among which is that it `holds`.
        """
        channels = await self._access.places_of(asker)
        found = await self._database.read(store.seen_from, channels, asker.person)
        place = next((place for place, each in enumerate(found) if each.id == holds), None)
        page = pages.cut(found, first, place=place)
        return Page(await self._listed(page.shown, asker), page.first, page.count)

    async def at_home(self, asker: Asker) -> AtHome:
        """Return what the asker's Home tab shows of alerts: their own, and those of the channels they are in."""
        channels = await self._access.channels_of(asker) or frozenset()
        found = await self._database.read(store.seen_from, channels, asker.person)
        return AtHome(await self._listed(sorted(found, key=_matters_less)[:MOST_AT_HOME], asker), len(found))

    async def pause(self, alert_id: int, asker: Asker) -> Alert:
        """Have nothing looked at and nothing told until somebody resumes it.

        Raises:
            UseCaseError: as `change`.

        """
        alert = await self.change(alert_id, asker)
        return await self._database.write(changes.pause, alert.id, asker, self._clock.now())

    async def resume(self, alert_id: int, asker: Asker) -> Alert:
        """Let an alert go on, by the rights of its owner.

        Raises:
            UseCaseError: as `change`; AlertRefusedError: its channel takes no messages.

        """
        alert = await self.change(alert_id, asker)
        return await self._go_on(alert, asker, owner=alert.owner)

    async def take_over(self, alert_id: int, asker: Asker) -> Alert:
        """Make an alert one's own that has paused because of who owned it, or of its place, and let it go on.

        Raises:
            UseCaseError: as `see`, and as `create`; AlertOwnerOnlyError: it needs nobody else.

        """
        alert = await self.see(alert_id, asker)
        if not alert.paused_why or Paused(alert.paused_why) not in TAKES_OVER:
            if alert.owner == asker.person:
                return alert
            raise AlertOwnerOnlyError(alert)
        self._access.check_contract(alert.contract)
        await self._access.check_channel(alert.channel)
        return await self._go_on(alert, asker, owner=asker.person)

    async def delete(self, alert_id: int, asker: Asker) -> Alert:
        """Delete an alert; what it told before stays.

        Raises:
            UseCaseError: as `change`.

        """
        alert = await self.change(alert_id, asker)
        await self._database.write(changes.delete, alert.id, asker, self._clock.now())
        return alert

    async def acknowledge(self, alert_id: int, asker: Asker, *, message: str, origin: str) -> Alert:
        """Note that somebody has seen to what an alert told in the message of this `ts`, in the channel of the asker.

        Raises:
            UseCaseError: as `see`; AlertOverError: that is over.

        """
        alert = await self.see(alert_id, asker)
        return await self._database.write(changes.acknowledge, alert.id, message, asker, origin, self._clock.now())

    async def put_off(self, alert_id: int, asker: Asker, delay: Delay, *, message: str, origin: str) -> datetime:
        """Have nothing more said of what an alert told in a message, until a moment that is returned.

        Raises:
            UseCaseError: as `see`; AlertOverError: that is over.

        """
        alert = await self.see(alert_id, asker)
        now, zone = self._clock.now(), await self._access.zone(asker)
        until = episodes.end_of(delay, now, zone)
        return await self._database.write(changes.put_off, alert.id, message, until, asker, origin, now)

    async def not_useful(self, alert_id: int, asker: Asker, *, message: str) -> Alert:
        """Count that what an alert told in a message is not useful to somebody: of one person once for each message.

        Raises:
            UseCaseError: as `see`.

        """
        alert = await self.see(alert_id, asker)
        return await self._database.write(changes.not_useful, alert.id, message, asker, self._clock.now())

    async def _go_on(self, alert: Alert, asker: Asker, *, owner: str) -> Alert:
        if alert.paused_why and await self.is_closed(alert.channel):
            raise AlertRefusedError(("I am not in its channel: invite me there first",))
        return await self._database.write(changes.resume, alert, asker, self._clock.now(), owner=owner)

    async def _check(self, draft: Draft) -> None:
        watched = draft.watched
        if isinstance(watched, Limit) and not typed.is_watchable(watched.field, self._catalogue, self.personal):
            raise AlertRefusedError(("I watch products and cost centres, never people: choose another field",))
        if daily.reads_files(watched) and not self._reads_files:
            raise AlertRefusedError(("I am set up to read no files, so I cannot count that: choose something else",))
        self._access.check_contract(draft.contract)
        await self._access.check_figures(draft.channel)

    async def _listed(self, found: Iterable[Alert], asker: Asker) -> tuple[Listed, ...]:
        all_of_them = await self._access.administers(asker)
        return tuple(
            Listed(
                each,
                watched_of(each),
                kept.of_text(each.standing),
                may_change=all_of_them or permissions.may_change_owned(each, asker.person),
            )
            for each in found
        )


def _new(draft: Draft, owner: str, origin: str) -> NewAlert:
    watched = alert_watched.as_text(draft.watched)
    return NewAlert(origin=origin, contract=draft.contract, channel=draft.channel, owner=owner, watched=watched)


def _matters_less(alert: Alert) -> int:
    """Return where an alert stands in a Home tab: what has paused by itself first, then what tells something."""
    if alert.paused_why:
        return 3 if alert.paused_why == Paused.PERSON else 0
    return 1 if kept.of_text(alert.standing).episode else 2


def watched_of(alert: Alert) -> Watched | None:
    """Return what an alert watches for; None where nobody understands it any more."""
    try:
        return alert_watched.of_text(alert.watched)
    except AlertError:
        return None
