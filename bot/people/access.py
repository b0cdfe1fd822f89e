"""Who may: the rules of the settings, applied to people as Slack knows them."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import TypeVar

import structlog

from bot import errors
from bot.cards.text import is_direct_message
from bot.errors import MembershipUnknownError, UseCaseError
from bot.people import permissions
from bot.people.asker import Asker, Sender, Source
from bot.people.permissions import Named, Posting, Rules
from bot.runtime.clock import Clock
from bot.settings import SharedChannels
from bot.slack.channels import Channels, Sharing
from bot.slack.members import Account, Members, Standing
from storage import audit
from storage import exports as export_store
from storage.audit import Act, Entry
from storage.database import Database
from storage.exports import UnknownExportError
from storage.models import Export

T = TypeVar("T")

#: Why something was refused, in the words of the audit; the first that fits.
_REASONS: tuple[tuple[type[UseCaseError], str], ...] = (
    (errors.OrganisationWideError, "the app is installed for a whole organisation"),
    (errors.PersonNotAllowedError, "the person may not use the bot"),
    (errors.ContractNotAllowedError, "the contract is not allowed"),
    (errors.ChannelNotAllowedError, "the channel is not allowed"),
    (errors.ChannelSharedError, "the channel is shared with another organisation"),
    (errors.HiddenExportError, "the export is not theirs to see"),
    (errors.HiddenTemplateError, "the template is not theirs to see"),
    (errors.HiddenScheduleError, "the schedule is not theirs to see"),
    (errors.HiddenAlertError, "the alert is not theirs to see"),
    (errors.NotAllowedError, "that is for others"),
)

log = structlog.get_logger(__name__)


class Access:
    """Asked before anything is done for anybody."""

    def __init__(
        self, rules: Rules, members: Members, channels: Channels, team_id: str, database: Database, clock: Clock
    ) -> None:
        self.rules = self._as_set = rules
        self._changed_ids: Mapping[str, str] = {}
        self._members = members
        self._channels = channels
        self._team_id = team_id
        self._database = database
        self._clock = clock

    def know_changed_ids(self, changed: Mapping[str, str]) -> None:
        """Have channels whose id has changed, from what it was to what it is, mean the same as before."""
        for old in (self._as_set.channels or frozenset()) & (changed.keys() - self._changed_ids.keys()):
            log.warning("ALLOWED_CHANNELS names a channel by its old id: set the new id", old=old, new=changed[old])
        self._changed_ids = changed
        self.rules = self._as_set.with_ids(changed)

    def current_channel(self, channel: str) -> str:
        """Return the id that this channel has now."""
        return self._changed_ids.get(channel, channel)

    async def admit(self, sender: Sender) -> Asker:
        """Let a person in who may use the bot.

        Raises:
            OrganisationWideError: nobody may, by an installation that shows no workspace.
            PersonNotAllowedError: they may not.
            MembershipUnknownError: Slack does not say now whether they may.

        """
        if sender.org_wide:
            raise errors.OrganisationWideError
        unknown: MembershipUnknownError | None = None
        for named in (self.rules.people, self.rules.administrators):
            try:
                if await self._is_one_of(named, sender.person, sender.team):
                    return Asker(sender.person, self.current_channel(sender.channel), sender.source, sender.team)
            except MembershipUnknownError as error:
                unknown = error
        raise unknown or errors.PersonNotAllowedError(self._whom, self.rules.people.members)

    async def admit_owner(self, person: str, channel: str, source: Source = Source.SCHEDULE) -> Asker:
        """Let in the owner of something that acts by itself for a channel, by what they may do now.

        Who is gone from the workspace may do nothing, also where a setting still names them.

        Raises:
            UseCaseError: as `admit`.

        """
        if (await self._members.account(person)).is_gone:
            raise errors.PersonNotAllowedError(self._whom, self.rules.people.members)
        return await self.admit(Sender(person, channel, source, self._team_id))

    async def is_closed(self, channel: str) -> bool:
        """Return whether Slack does not let the bot look into a channel, where it cannot post either.

        Raises:
            MembershipUnknownError: Slack does not say now.

        """
        return await self._channels.sharing(self.current_channel(channel)) is Sharing.HIDDEN

    async def seems_closed(self, channel: str) -> bool:
        """Return the same as far as Slack tells now: not of a channel that is not known to be closed."""
        try:
            return await self.is_closed(channel)
        except MembershipUnknownError:
            return False

    async def administrators(self) -> frozenset[str]:
        """Return the accounts of who administers the bot, as far as the settings name them or their groups.

        Raises:
            MembershipUnknownError: Slack does not say now.

        """
        named = self.rules.administrators
        groups = await asyncio.gather(*(self._members.of_group(group) for group in sorted(named.groups)))
        return named.accounts.union(*groups)

    async def channels_of(self, asker: Asker) -> frozenset[str] | None:
        """Return the channels that the asker is in, None where Slack does not tell."""
        try:
            return await self._channels.of_person(asker.person)
        except MembershipUnknownError:
            return None

    async def names_of_channels(self, asker: Asker) -> Mapping[str, str]:
        """Return the names of the channels that the asker is in, by their ids; none where Slack does not tell."""
        try:
            return await self._channels.names_for(asker.person)
        except MembershipUnknownError:
            return {}

    async def names_of_people(self, people: Sequence[str]) -> Mapping[str, frozenset[str]]:
        """Return what these people are called, in small letters; nothing of those of whom Slack does not tell."""
        accounts = await asyncio.gather(*(_or_error(self._members.account, person) for person in people))
        named = zip(people, accounts, strict=True)
        return {person: each.names if isinstance(each, Account) else frozenset() for person, each in named}

    async def place_of(self, export: Export, asker: Asker) -> str:
        """Return the channel that an act on an export counts as done in.

        That is where it was done; outside of any channel, as in the Home tab, it is the export's own for who is in it.
        """
        if asker.channel or asker.person == export.requester:
            return asker.channel
        return export.channel if export.channel in (await self.channels_of(asker) or ()) else ""

    async def place_in(self, channel: str, asker: Asker) -> str:
        """Return the channel that an act on something that belongs to a channel counts as done in.

        That is where it was done; outside of channels, in the Home tab or a direct message, it is that one for who is
        in it.
        """
        if asker.channel == channel or not _is_outside(asker.channel):
            return asker.channel
        return channel if channel in (await self.channels_of(asker) or ()) else asker.channel

    async def places_of(self, asker: Asker) -> frozenset[str]:
        """Return the channels of which the asker sees what belongs to them: where they are, outside those they are in.

        Outside of channels none but the asker reads what is shown.
        """
        here = frozenset({asker.channel})
        return here | (await self.channels_of(asker) or frozenset()) if _is_outside(asker.channel) else here

    async def see(self, number: int, asker: Asker) -> Export:
        """Return an export that this person may see.

        Raises:
            NoSuchExportError: there is none, or it is not theirs to see.
            MembershipUnknownError: whether they administer is not known now.

        """
        try:
            export = await self._database.read(export_store.get, number)
        except UnknownExportError:
            raise errors.NoSuchExportError(number) from None
        seen = permissions.may_see(export, asker.person, await self.place_of(export, asker))
        if not seen and not await self.is_administrator(asker):
            raise errors.HiddenExportError(number)
        return export

    async def is_administrator(self, asker: Asker) -> bool:
        """Return whether this person administers the bot.

        Raises:
            MembershipUnknownError: Slack does not say now.

        """
        return await self._is_one_of(self.rules.administrators, asker.person, "")

    async def administers(self, asker: Asker) -> bool:
        """Return whether this person administers the bot, as far as Slack tells now: not who is known not to be one."""
        try:
            return await self.is_administrator(asker)
        except MembershipUnknownError:
            return False

    async def check_administrator(self, asker: Asker) -> None:
        """Check that this person administers the bot.

        Raises:
            NotAllowedError: they do not.
            MembershipUnknownError: Slack does not say now.

        """
        if not await self.is_administrator(asker):
            raise errors.AdministratorsOnlyError(self._whom)

    async def zone(self, asker: Asker) -> str:
        """Return the IANA name of the asker's time zone, "" where Slack does not tell."""
        try:
            return (await self._members.account(asker.person)).zone
        except MembershipUnknownError:
            return ""

    def check_contract(self, number: str) -> None:
        """Check that exports of this contract may be asked for, shown and repeated.

        Raises:
            ContractNotAllowedError: they may not.

        """
        if not self.rules.allows_contract(number):
            raise errors.ContractNotAllowedError(number, self._whom)

    async def check_channel(self, channel: str) -> None:
        """Check that exports may be posted to this channel.

        Raises:
            ChannelNotAllowedError: they may not.
            ChannelSharedError: they may not, since others read there.
            MembershipUnknownError: Slack does not say now whether others do.

        """
        if not self.rules.allows_channel(self.current_channel(channel)):
            raise errors.ChannelNotAllowedError(self.rules.only_channels, self._whom)
        if self.rules.shared_channels is not SharedChannels.REFUSE:
            return
        sharing = await self._channels.sharing(channel)
        if self.rules.posting(sharing) is Posting.NOTHING:
            is_known = sharing in {Sharing.SHARED, Sharing.PENDING}
            raise errors.ChannelSharedError(channel, is_known, self._whom)

    async def check_figures(self, channel: str) -> None:
        """Check that figures of the data may be shown in this channel.

        Of one that we are not in Slack says nothing yet; that is found out when they are posted.

        Raises:
            ChannelNotAllowedError, ChannelSharedError: they may not.
            MembershipUnknownError: Slack does not say now whether they may.

        """
        await self.check_channel(channel)
        if self.rules.shared_channels is SharedChannels.ALLOW:
            return
        sharing = await self._channels.sharing(channel)
        if sharing is not Sharing.HIDDEN and self.rules.posting(sharing) is not Posting.ALL:
            raise errors.FiguresSharedError(channel, sharing is not Sharing.UNTOLD, self._whom)

    async def posting(self, channel: str) -> Posting:
        """Return what of an export may be posted to this channel, or to this person.

        Raises:
            MembershipUnknownError: Slack does not say now.

        """
        if self.rules.shared_channels is SharedChannels.ALLOW:
            return Posting.ALL
        return self.rules.posting(await self._channels.sharing(channel))

    async def note_refusal(self, sender: Sender, attempted: str, error: UseCaseError, export: int | None) -> None:
        """Put on record that somebody was not allowed something; what is no matter of permission is not recorded."""
        reason = next((words for kind, words in _REASONS if isinstance(error, kind)), None)
        if reason is None:
            return
        log.info("refused", person=sender.person, attempted=attempted, reason=reason)
        result = f"{attempted}: {reason}"
        entry = Entry(self._clock.now(), sender.person, Act.REFUSED, export, sender.channel, sender.source, result)
        await self._database.write(audit.add, entry)

    @property
    def _whom(self) -> tuple[str, ...]:
        administrators = self.rules.administrators
        return *sorted(administrators.accounts), *sorted(administrators.groups)

    async def _is_one_of(self, named: Named, person: str, team_id: str) -> bool:
        """Say whether a person is meant; what Slack leaves open counts only where nothing else decides."""
        if person in named.accounts:
            return True
        if named == Named():
            return False
        account, groups = await asyncio.gather(
            _or_error(self._members.account, person),
            asyncio.gather(*(_or_error(self._members.of_group, group) for group in named.groups)),
        )
        ids = {person}
        if isinstance(account, Account):
            ids |= account.ids
            if named.members and self._is_member(account, team_id):
                return True
        if ids & named.accounts.union(*(each for each in groups if isinstance(each, frozenset))):
            return True
        for each in (account, *groups):
            if isinstance(each, MembershipUnknownError):
                raise each
        return False

    def _is_member(self, account: Account, team_id: str) -> bool:
        """Where Slack does not say whose an account is, the envelope has to do; without a team it may not be silent."""
        if account.standing is Standing.UNTOLD:
            return team_id in {"", self._team_id}
        return account.standing is Standing.MEMBER or (
            account.standing is Standing.OF_NO_TEAM and team_id == self._team_id
        )


def _is_outside(channel: str) -> bool:
    return not channel or is_direct_message(channel)


async def _or_error(ask: Callable[[str], Awaitable[T]], about: str) -> T | MembershipUnknownError:
    try:
        return await ask(about)
    except MembershipUnknownError as error:
        return error
