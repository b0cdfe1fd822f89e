"""What follows when Slack refuses a message: thread → channel → private → administrator, and nobody is told an untruth.

Two tables: what each meaning of a refusal is about, and what follows from that on each way. A refusal holds up the
message that was refused, for as long as its own pause lasts, and no other; only what is about the whole workspace
holds up what would meet the same.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import Enum, auto
from typing import Final

from bot.runtime.backoff import SHARED, Backoff
from bot.slack import errors
from bot.slack.errors import SlackRefusedError
from storage.models import Delivery, MessageKind, Refusal


class Way(Enum):
    """How a message is handed to Slack."""

    REPLY = auto()  #: in a thread, shown in its channel as well
    POST = auto()  #: in a channel, by itself
    EDIT = auto()
    PRIVATE = auto()  #: to one person, in our conversation
    WHISPER = auto()  #: to one person, in the channel that it is about


class Then(Enum):
    """What is done with a message that was refused."""

    OTHER_WAY = auto()  #: at once, on the next way
    LATER = auto()  #: tried again, after pauses that grow
    TOLD = auto()  #: the same, and the requester is told privately what keeps it from its channel
    NOTHING = auto()  #: what was to be edited is gone, or stays as it is for ever
    GIVEN_UP = auto()  #: administrators see it, and can have it sent again


#: What each meaning is about. Those of forms, files and groups are never met here, and count for the one message.
ABOUT: Final[Mapping[type[SlackRefusedError], Refusal]] = {
    SlackRefusedError: Refusal.MESSAGE,
    errors.ChannelClosedError: Refusal.PLACE,
    errors.PersonClosedError: Refusal.PERSON,
    errors.TokenRefusedError: Refusal.WORKSPACE,
    errors.SuspendedError: Refusal.WORKSPACE,
    errors.NotToldError: Refusal.WORKSPACE,
    errors.ScopeMissingError: Refusal.WORKSPACE,
    errors.SwitchedOffError: Refusal.WORKSPACE,
    errors.NoRoomError: Refusal.WORKSPACE,
    errors.FileRefusedError: Refusal.MESSAGE,
    errors.FileGoneError: Refusal.MESSAGE,
    errors.MessageGoneError: Refusal.GONE,
    errors.ThreadGoneError: Refusal.GONE,
    errors.BlocksRefusedError: Refusal.MESSAGE,
    errors.MalformedError: Refusal.MESSAGE,
    errors.TriggerLateError: Refusal.MESSAGE,
    errors.FormOpenError: Refusal.MESSAGE,
    errors.ViewOvertakenError: Refusal.MESSAGE,
    errors.UrlSpentError: Refusal.MESSAGE,
    errors.NobodyError: Refusal.PERSON,
    errors.AccountUnknownError: Refusal.PERSON,
    errors.NoGroupError: Refusal.MESSAGE,
}
_R, _T = Refusal, Then
_COURSES: Final[Mapping[Way, Mapping[Refusal, Then]]] = {
    Way.REPLY: dict.fromkeys(_R, _T.OTHER_WAY) | {_R.WORKSPACE: _T.LATER},
    Way.POST: dict.fromkeys(_R, _T.TOLD) | {_R.WORKSPACE: _T.LATER},
    Way.EDIT: dict.fromkeys(_R, _T.LATER) | {_R.GONE: _T.NOTHING},
    Way.PRIVATE: dict.fromkeys(_R, _T.OTHER_WAY) | {_R.WORKSPACE: _T.LATER},
    Way.WHISPER: dict.fromkeys(_R, _T.GIVEN_UP) | {_R.WORKSPACE: _T.LATER},
}

_ALONE: Final = Backoff(SHARED.first, timedelta(minutes=10))  #: for what holds up nothing but itself
_SELDOM: Final = Backoff(SHARED.first, timedelta(hours=1))
_DAY: Final = timedelta(days=1)
#: An old message is given up no sooner than after so many tries, also where an administrator has it sent again.
_GIVE_UP_AFTER, _TRIES_AT_LEAST = timedelta(days=30), 5
#: A refusal of one message that may be a whim is told only when it has lasted for so long.
_A_WHIM: Final = timedelta(minutes=1)


@dataclass(frozen=True, slots=True)
class Course:
    """What a refusal is about, and what follows from it."""

    about: Refusal
    then: Then


def course(way: Way, error: SlackRefusedError) -> Course:
    """Return what follows when a message is refused on this way."""
    about = ABOUT[type(error)]
    return Course(about, _COURSES[way][about])


def pause(delivery: Delivery, about: Refusal, now: datetime, *, stands: bool) -> timedelta:
    """Return how long a message waits that was refused; what a person may mend any moment waits least.

    One that `stands` already is edited seldom: a link that it shows has ended by itself.
    """
    tries = delivery.attempts + 1
    if about is Refusal.WORKSPACE:
        return SHARED.after(tries)
    if stands or now - delivery.created_at > _DAY:
        return _SELDOM.after(tries)
    return (SHARED if about is Refusal.PLACE else _ALONE).after(tries)


def is_over(delivery: Delivery, now: datetime) -> bool:
    """Return whether a message has been tried for long enough; a link has ended by itself long before."""
    patience = _DAY if delivery.kind is MessageKind.EXPIRY else _GIVE_UP_AFTER
    return now - delivery.created_at > patience and delivery.attempts >= _TRIES_AT_LEAST


def is_told(delivery: Delivery, about: Refusal, now: datetime) -> bool:
    """Return whether it is time to tell that a message was refused."""
    since = delivery.refused_since
    return about is Refusal.PLACE or (since is not None and now - since >= _A_WHIM)
