"""Who may: the rules of the settings, applied to people as Slack knows them."""

import structlog

from bot import errors
from bot.errors import MembershipUnknownError, UseCaseError
from bot.people import permissions
from bot.people.asker import Asker, Sender
from bot.people.permissions import Named, Rules
from bot.runtime.clock import Clock
from bot.slack.members import Members, Standing
from storage import audit
from storage import exports as export_store
from storage.audit import Act, Entry
from storage.database import Database
from storage.exports import UnknownExportError
from storage.models import Export

#: Why something was refused, in the words of the audit; the first that fits.
_REASONS: tuple[tuple[type[UseCaseError], str], ...] = (
    (errors.PersonNotAllowedError, "the person may not use the bot"),
    (errors.ContractNotAllowedError, "the contract is not allowed"),
    (errors.ChannelNotAllowedError, "the channel is not allowed"),
    (errors.HiddenExportError, "the export is not theirs to see"),
    (errors.NotAllowedError, "that is for others"),
)

log = structlog.get_logger(__name__)


class Access:
    """Asked before anything is done for anybody."""

    def __init__(self, rules: Rules, members: Members, team_id: str, database: Database, clock: Clock) -> None:
        self.rules = rules
        self._members = members
        self._team_id = team_id
        self._database = database
        self._clock = clock

    async def admit(self, sender: Sender) -> Asker:
        """Let a person in who may use the bot.

        Raises:
            PersonNotAllowedError: they may not.
            MembershipUnknownError: Slack does not say now whether they may.

        """
        unknown: MembershipUnknownError | None = None
        for named in (self.rules.people, self.rules.administrators):
            try:
                if await self._is_one_of(named, sender.person, sender.team):
                    return Asker(sender.person, sender.channel, sender.source, sender.team)
            except MembershipUnknownError as error:
                unknown = error
        raise unknown or errors.PersonNotAllowedError(self._whom, self.rules.people.members)

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
        seen = permissions.may_see(export, asker.person, asker.channel)
        if not seen and not await self.is_administrator(asker):
            raise errors.HiddenExportError(number)
        return export

    async def is_administrator(self, asker: Asker) -> bool:
        """Return whether this person administers the bot.

        Raises:
            MembershipUnknownError: Slack does not say now.

        """
        return await self._is_one_of(self.rules.administrators, asker.person, "")

    async def check_administrator(self, asker: Asker) -> None:
        """Check that this person administers the bot.

        Raises:
            NotAllowedError: they do not.
            MembershipUnknownError: Slack does not say now.

        """
        if not await self.is_administrator(asker):
            raise errors.AdministratorsOnlyError(self._whom)

    def check_contract(self, number: str) -> None:
        """Check that exports of this contract may be asked for, shown and repeated.

        Raises:
            ContractNotAllowedError: they may not.

        """
        if not self.rules.allows_contract(number):
            raise errors.ContractNotAllowedError(number, self._whom)

    def check_channel(self, channel: str) -> None:
        """Check that exports may be posted to this channel.

        Raises:
            ChannelNotAllowedError: they may not.

        """
        if not self.rules.allows_channel(channel):
            raise errors.ChannelNotAllowedError(self.rules.only_channels, self._whom)

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
        unknown: MembershipUnknownError | None = None
        try:
            if named.members and await self._is_member(person, team_id):
                return True
        except MembershipUnknownError as error:
            unknown = error
        try:
            if named.groups and await self._members.is_in_one_of(person, named.groups):
                return True
        except MembershipUnknownError as error:
            unknown = error
        if unknown is not None:
            raise unknown
        return False

    async def _is_member(self, person: str, team_id: str) -> bool:
        """Where Slack does not tell this app who people are, the envelope has to do: it shows the organisation only."""
        standing = await self._members.standing(person)
        if standing is Standing.UNTOLD:
            return team_id in {"", self._team_id}
        return standing is Standing.MEMBER
