"""Who may: the rules of the settings, applied to people as Slack knows them. Refusals are sentences for people."""

import structlog

from bot.cards.text import code, mention
from bot.errors import (
    ChannelNotAllowedError,
    ContractNotAllowedError,
    HiddenExportError,
    MembershipUnknownError,
    NotAllowedError,
    PersonNotAllowedError,
    UseCaseError,
)
from bot.people.asker import Asker
from bot.people.permissions import Named, Rules
from bot.runtime.clock import Clock
from bot.slack.members import Members, Standing
from storage import audit
from storage.audit import Act, Entry
from storage.database import Database

_NAMED_AT_MOST = 5  #: administrators, or channels, in one sentence
#: Why something was refused, in the words of the audit; the first that fits.
_REASONS: tuple[tuple[type[UseCaseError], str], ...] = (
    (PersonNotAllowedError, "the person may not use the bot"),
    (ContractNotAllowedError, "the contract is not allowed"),
    (ChannelNotAllowedError, "the channel is not allowed"),
    (HiddenExportError, "the export is not theirs to see"),
    (NotAllowedError, "that is for others"),
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

    async def admit(self, asker: Asker) -> None:
        """Let a person in who may use the bot.

        Raises:
            PersonNotAllowedError: they may not.
            MembershipUnknownError: Slack does not say now whether they may.

        """
        unknown: MembershipUnknownError | None = None
        for named in (self.rules.people, self.rules.administrators):
            try:
                if await self._is_one_of(named, asker.person, asker.team):
                    return
            except MembershipUnknownError as error:
                unknown = error
        raise unknown or PersonNotAllowedError(self._not_admitted())

    async def is_administrator(self, person: str) -> bool:
        """Return whether this person administers the bot.

        Raises:
            MembershipUnknownError: Slack does not say now.

        """
        return await self._is_one_of(self.rules.administrators, person, "")

    async def check_administrator(self, person: str) -> None:
        """Check that this person administers the bot.

        Raises:
            NotAllowedError: they do not.
            MembershipUnknownError: Slack does not say now.

        """
        if not await self.is_administrator(person):
            raise NotAllowedError(f"That is for administrators. Ask {self.whom}.")

    def check_contract(self, number: str) -> None:
        """Check that exports of this contract may be asked for, shown and repeated.

        Raises:
            ContractNotAllowedError: they may not.

        """
        if not self.rules.allows_contract(number):
            raise ContractNotAllowedError(
                f"Contract {code(number)} is not one of those that may be exported from here. Ask {self.whom}."
            )

    def check_channel(self, channel: str) -> None:
        """Check that exports may be posted to this channel.

        Raises:
            ChannelNotAllowedError: they may not.

        """
        if not self.rules.allows_channel(channel):
            allowed = _listed([f"<#{each}>" for each in sorted(self.rules.channels or ())], "and")
            raise ChannelNotAllowedError(
                f"Exports may be posted only in {allowed}, so not here. Ask for them there, or ask {self.whom}."
            )

    async def note_refusal(self, asker: Asker, attempted: str, error: UseCaseError, export: int | None) -> None:
        """Put on record that somebody was not allowed something; what is no matter of permission is not recorded."""
        reason = next((words for kind, words in _REASONS if isinstance(error, kind)), None)
        if reason is None:
            return
        log.info("refused", person=asker.person, attempted=attempted, reason=reason)
        result = f"{attempted}: {reason}"
        entry = Entry(self._clock.now(), asker.person, Act.REFUSED, export, asker.channel, asker.source, result)
        await self._database.write(lambda db: audit.add(db, entry))

    @property
    def whom(self) -> str:
        """Whom a person can ask, as mrkdwn that stands in a sentence."""
        administrators = self.rules.administrators
        accounts = [mention(each) for each in sorted(administrators.accounts)]
        groups = [f"<!subteam^{each}>" for each in sorted(administrators.groups)]
        return _listed([*accounts, *groups], "or") or "whoever installed me"

    def _not_admitted(self) -> str:
        members = "full members of this workspace and for " if self.rules.people.members else ""
        return (
            f"Usage data names people, so I work only for {members}people who were let in by name. If you need it, "
            f"ask {self.whom}."
        )

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
            if await self._members.is_in_one_of(person, named.groups):
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


def _listed(names: list[str], word: str) -> str:
    shown = names if len(names) <= _NAMED_AT_MOST else [*names[: _NAMED_AT_MOST - 1], "others"]
    if len(shown) < 2:
        return "".join(shown)
    return f"{', '.join(shown[:-1])} {word} {shown[-1]}"
