"""What a use case can answer instead of a result: values, which `bot.cards.refusals` puts into a sentence each."""

from dataclasses import dataclass
from enum import Enum, auto

from bot.tokenflex.errors import TokenFlexError
from storage.alerts import Alert
from storage.models import Export
from storage.schedules import Schedule
from storage.templates import Template


class Wish(Enum):
    """What a person wants of one export."""

    LINK = auto()
    ANSWER = auto()  #: the figures of its file
    RETRY = auto()
    DELETE = auto()
    EDIT = auto()  #: send it again, changed or not
    GIVE_UP = auto()  #: have a retry or a deletion that still waits not made after all


class UseCaseError(Exception):
    """Something that the person has to be told."""


@dataclass(eq=False)
class NoSuchExportError(UseCaseError):
    """There is no such export, or it is not theirs to see: the two are not told apart on purpose."""

    number: int


class HiddenExportError(NoSuchExportError):
    """It is there, and not theirs to see; people hear the same, the audit does not."""


class OrganisationWideError(UseCaseError):
    """The app is installed for a whole Enterprise organisation, so nobody knows whose members may use it."""


@dataclass(eq=False)
class OldButtonError(UseCaseError):
    """A button was made for something of the same number that we do not know (any more): the database was replaced."""

    number: int | None  #: of the export; None: it is about a message


class NotAllowedError(UseCaseError):
    """This person may not do that."""


@dataclass(eq=False)
class PersonNotAllowedError(NotAllowedError):
    """This person may not do anything."""

    whom: tuple[str, ...]  #: who may be asked: IDs of people and of user groups
    members: bool  #: whether full members of the workspace may


@dataclass(eq=False)
class AdministratorsOnlyError(NotAllowedError):
    """That is for administrators."""

    whom: tuple[str, ...]


@dataclass(eq=False)
class ContractNotAllowedError(NotAllowedError):
    """Nobody may have exports of this contract from here."""

    contract: str
    whom: tuple[str, ...]


@dataclass(eq=False)
class ChannelNotAllowedError(NotAllowedError):
    """Exports may not be posted to this channel."""

    allowed: tuple[str, ...]
    whom: tuple[str, ...]


@dataclass(eq=False)
class ChannelSharedError(NotAllowedError):
    """Exports may not be posted to channels that are shared with other organisations."""

    channel: str
    is_known: bool  #: that it is one; else Slack does not tell, and it counts as one
    whom: tuple[str, ...]


class FiguresSharedError(ChannelSharedError):
    """Figures may not be shown in channels that other organisations read."""


@dataclass(eq=False)
class RequesterOnlyError(NotAllowedError):
    """Only the person who asked for the export may do that."""

    export: Export
    wish: Wish


@dataclass(eq=False)
class OwnerOnlyError(NotAllowedError):
    """Only the person who saved the template may do that."""

    template: Template


@dataclass(eq=False)
class ScheduleOwnerOnlyError(NotAllowedError):
    """Only the person who owns the schedule may do that."""

    schedule: Schedule


@dataclass(eq=False)
class AlertOwnerOnlyError(NotAllowedError):
    """Only the person who owns the alert may do that."""

    alert: Alert


@dataclass(eq=False)
class ChannelOnlyError(NotAllowedError):
    """Links and figures of the export can be had in its channel alone."""

    export: Export
    wish: Wish = Wish.LINK


class MembershipUnknownError(UseCaseError):
    """Whether this person may cannot be said at the moment."""


@dataclass(eq=False)
class WrongStateError(UseCaseError):
    """The export is not in a state where that makes sense."""

    export: Export
    wish: Wish


@dataclass(eq=False)
class NoSuchTemplateError(UseCaseError):
    """There is no such template, or it is not theirs to see: the two are not told apart on purpose."""

    name: str  #: as it was asked for; "" where it was pressed
    near: str = ""  #: the name that is most like it


class HiddenTemplateError(NoSuchTemplateError):
    """It is there, and not theirs to see; people hear the same, the audit does not."""


@dataclass(eq=False)
class TemplateRefusedError(UseCaseError):
    """A template cannot be saved as it is; plain sentences say why, and may quote what was typed."""

    problems: tuple[str, ...]


class NoSuchScheduleError(UseCaseError):
    """There is no such schedule, or it is not theirs to see: the two are not told apart on purpose."""


class HiddenScheduleError(NoSuchScheduleError):
    """It is there, and not theirs to see; people hear the same, the audit does not."""


@dataclass(eq=False)
class ScheduleRefusedError(UseCaseError):
    """A schedule cannot be as it is meant; plain sentences say why, and may quote what was typed."""

    problems: tuple[str, ...]


class NoSuchAlertError(UseCaseError):
    """There is no such alert, or it is not theirs to see: the two are not told apart on purpose."""


class HiddenAlertError(NoSuchAlertError):
    """It is there, and not theirs to see; people hear the same, the audit does not."""


class AlertOverError(UseCaseError):
    """What an alert had told is over, or it tells something else by now: nothing can be done about that any more."""


@dataclass(eq=False)
class AlertRefusedError(UseCaseError):
    """An alert cannot be as it is meant; plain sentences say why, and may quote what was typed."""

    problems: tuple[str, ...]


class NotGivenUpError(UseCaseError):
    """A message that is to be sent again is not one of those that were given up."""


class NoLink(Enum):
    """Why there is no link to be had at the moment."""

    NO_CALL = auto()  #: no call to spare in the time that there was
    STOPPING = auto()
    ERROR = auto()  #: of Token Flex
    NOT_GIVEN = auto()
    EXPIRED = auto()  #: the one that was given
    GONE = auto()  #: Token Flex no longer shows the export
    UNUSABLE = auto()  #: no message can hold it, or it is no web address


@dataclass(eq=False)
class LinkUnavailableError(UseCaseError):
    """There is no link to be had at the moment."""

    number: int
    why: NoLink
    cause: TokenFlexError | None = None
    status: str = ""  #: Token Flex's own word


@dataclass(eq=False)
class UsageUnknownError(UseCaseError):
    """How a contract stands cannot be said now; without a cause it is because the bot is being stopped."""

    contract: str
    cause: TokenFlexError | None = None


class FiguresOffError(UseCaseError):
    """The settings say that no file is read for figures."""


@dataclass(eq=False)
class QueryRefusedError(UseCaseError):
    """The file of the export cannot be asked that; plain sentences say why, and quote what was typed."""

    number: int
    problems: tuple[str, ...]
    likely: str  #: what may be meant, as it is typed after `/tokenflex`


@dataclass(eq=False)
class FormNotOpenedError(UseCaseError):
    """Slack did not open the form, through no fault of the person; trying again helps."""

    too_late: bool  #: we were too slow for Slack; else it had a problem of its own
