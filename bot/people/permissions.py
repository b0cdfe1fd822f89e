"""Who may do what: pure rules over the settings, an export and a person; asked on the server side of every act."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from enum import Enum, auto

from bot.settings import LinkAudience, Settings, SharedChannels
from bot.slack.channels import Sharing
from storage.alerts import Alert
from storage.models import Export
from storage.schedules import Schedule
from storage.templates import Template

MEMBERS = "members"  #: the word for every full member of the workspace
_ALL = "all"


@dataclass(frozen=True, slots=True)
class Named:
    """People as a setting names them: by account, by user group, and perhaps all full members."""

    accounts: frozenset[str] = frozenset()
    groups: frozenset[str] = frozenset()
    members: bool = False

    @classmethod
    def of(cls, names: Iterable[str]) -> "Named":
        """Return what these names mean; the IDs of user groups begin with S (source: Slack, usergroups.list)."""
        rest = frozenset(names) - {MEMBERS}
        groups = frozenset(name for name in rest if name.startswith("S"))
        return cls(rest - groups, groups, MEMBERS in names)


class Posting(Enum):
    """What of an export may be posted to a channel."""

    ALL = auto()
    DISCREET = auto()  #: nothing of the data: no where clause, no names, no link
    NOTHING = auto()


@dataclass(frozen=True, slots=True)
class Rules:
    """The settings of who may; None as a set of contracts or channels means all of them."""

    people: Named = Named(members=True)
    administrators: Named = Named()
    contracts: frozenset[str] | None = None
    channels: frozenset[str] | None = None
    shared_channels: SharedChannels = SharedChannels.PRIVATE
    shared_channels_are_set: bool = False  #: whether somebody wrote that down

    @classmethod
    def of(cls, settings: Settings) -> "Rules":
        """Return the rules that the settings make."""
        return cls(
            Named.of(settings.allowed_people),
            Named.of(settings.administrators),
            _some(settings.allowed_contracts),
            _some(settings.allowed_channels),
            settings.shared_channels,
            settings.shared_channels_are_set,
        )

    @property
    def only_channels(self) -> tuple[str, ...]:
        """The only channels that exports may be posted to; none: any."""
        return tuple(sorted(self.channels or ()))

    def allows_contract(self, number: str) -> bool:
        """Return whether exports of this contract may be asked for."""
        return self.contracts is None or number in self.contracts

    def allows_channel(self, channel: str) -> bool:
        """Return whether exports may be posted to this channel."""
        return self.channels is None or channel in self.channels

    def posting(self, sharing: Sharing) -> Posting:
        """Return what may be posted to a channel of which Slack says this.

        A restriction that somebody wrote down counts also where Slack does not tell; the default does not.
        """
        untold = sharing is Sharing.UNTOLD and not self.shared_channels_are_set
        if self.shared_channels is SharedChannels.ALLOW or sharing is Sharing.ALONE or untold:
            return Posting.ALL
        return Posting.DISCREET if self.shared_channels is SharedChannels.PRIVATE else Posting.NOTHING

    def with_ids(self, changed: Mapping[str, str]) -> "Rules":
        """Return the rules that mean the same channels by the ids that they have now; `changed` has those of before."""
        if self.channels is None:
            return self
        return replace(self, channels=frozenset(changed.get(each, each) for each in self.channels))


def _some(names: Iterable[str]) -> frozenset[str] | None:
    found = frozenset(names)
    return None if _ALL in found else found


def may_see(export: Export, person: str, channel: str) -> bool:
    """Return whether this person may hear of the export, asking from this channel; administrators may in any case.

    A command or a press can only come from a channel that the person is in, so the channel itself is the proof.
    """
    return person == export.requester or channel == export.channel


def may_have_link(export: Export, person: str, channel: str, audience: LinkAudience) -> bool:
    """Return whether this person may have a download link, asking from this channel.

    To administer is not to read: an administrator is a person like any other here.
    """
    if audience is LinkAudience.REQUESTER:
        return person == export.requester
    return may_see(export, person, channel)


def may_delete(export: Export, person: str) -> bool:
    """Return whether this person may delete the export: who asked for it; administrators may in any case."""
    return person == export.requester


def may_see_template(template: Template, person: str, channel: str) -> bool:
    """Return whether this person may see and use a saved question, asking from this channel; administrators may."""
    return person == template.owner or channel == template.home


def may_see_owned(one: Schedule | Alert, person: str, channel: str) -> bool:
    """Return whether this person may see a schedule or an alert, asking from this channel; administrators may."""
    return person == one.owner or channel == one.channel


def may_change_owned(one: Template | Schedule | Alert, person: str) -> bool:
    """Return whether this person may change a saved question, a schedule or an alert: its owner; administrators may."""
    return person == one.owner
